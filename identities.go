package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Identities finds the accounts of customers on platforms (Engage Digital API,
// "Identities"). An identity becomes known when it first writes, or is written to.
type Identities struct{ scope }

// Get returns an identity by its ID.
func (s Identities) Get(ctx context.Context, id string) (interaction.Identity, error) {
	if err := s.allow(ctx, ActionIdentitiesRead, identityResource(id)); err != nil {
		return interaction.Identity{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Identity, error) { return t.identity(ctx, id) })
}

// Find returns the identities with a foreign ID on the sources of a type: one for each
// community that knows it, in the order in which they became known.
func (s Identities) Find(ctx context.Context, typ, foreignID string) ([]interaction.Identity, error) {
	if err := s.allow(ctx, ActionIdentitiesRead, Resource{Type: ResourceIdentity}); err != nil {
		return nil, err
	}
	var all []interaction.Identity
	err := s.do(ctx, func(t *turn) error {
		all = nil
		q := store.Query{Index: byTypeForeign, Prefix: typeForeignTerm(typ, foreignID).String(), Limit: store.MaxLimit}
		for {
			page, next, err := identities.Find(ctx, t.Work, q)
			if err != nil {
				return err
			}
			for _, i := range page {
				all = append(all, *i)
			}
			if q.Cursor = next; next == "" {
				return nil
			}
		}
	})
	return all, err
}

// Update adds to the profile of an identity what another one says. What the other
// leaves empty stays.
//
// The error wraps ErrNotFound for an unknown identity, ErrInvalid for what a profile
// cannot have.
func (s Identities) Update(ctx context.Context, id string, profile interaction.Profile) (interaction.Identity, error) {
	if err := s.allow(ctx, ActionIdentitiesUpdate, identityResource(id)); err != nil {
		return interaction.Identity{}, err
	}
	if err := profile.Check(); err != nil {
		return interaction.Identity{}, invalidField(err)
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Identity, error) {
		identity, err := t.identity(ctx, id)
		if err != nil {
			return nil, err
		}
		next := identity.Profile.Update(profile)
		if err := next.Check(); err != nil { // together they may be too much
			return nil, invalidField(err)
		}
		return identity, t.describe(identity, next)
	})
}

// identity reads an identity that must be there.
func (t *turn) identity(ctx context.Context, id string) (*interaction.Identity, error) {
	if !isID(id) {
		return nil, &NotFoundError{Resource: identityResource(id)}
	}
	return need(identities.Get(ctx, t.Work, id))(identityResource(id))
}

// describe gives an identity a profile, if that says something new.
func (t *turn) describe(identity *interaction.Identity, profile interaction.Profile) error {
	if profile.Equal(identity.Profile) {
		return nil
	}
	identity.Profile, identity.UpdatedAt = profile, t.now
	return errors.Join(
		identities.Put(t.Work, identity),
		t.emit(EventIdentityUpdated, identityResource(identity.ID), identityEvent(identity)),
	)
}

// meetIdentity returns the identity that a platform calls by a foreign ID, with what
// the platform says of it now. One that is not known becomes so, and belongs to the
// named contact, or to a new one of its own if none is named or the named one is full
// (interaction.MaxIdentities).
// The host is not asked whether it accepts the contact: what came in came in.
func (t *turn) meetIdentity(ctx context.Context, source *interaction.Source, foreignID string, profile interaction.Profile, contactID string) (*interaction.Identity, error) {
	id, err := t.lookup(ctx, &identityKeys, source.Community(), foreignID)
	if err != nil {
		return nil, err
	}
	if id != "" {
		identity, err := t.identity(ctx, id)
		if err != nil {
			return nil, err
		}
		next := identity.Profile.Update(profile)
		if next.Check() != nil { // what is new counts more than what was
			next.ExtraValues = profile.ExtraValues
		}
		return identity, t.describe(identity, next)
	}
	identity := &interaction.Identity{
		ID: t.ID(), CommunityID: source.Community(), Type: source.Type, ForeignID: foreignID,
		Profile: profile, CreatedAt: t.now, UpdatedAt: t.now,
	}
	who, err := t.meetPerson(ctx, contactID)
	if err != nil {
		return nil, err
	}
	linked, err := who.Link(identity.ID)
	if err != nil {
		contactID = ""
		if who, err = t.mintContact(); err != nil {
			return nil, err
		}
		if linked, err = who.Link(identity.ID); err != nil {
			return nil, err
		}
	}
	who.Contact, identity.ContactID = linked, who.ID
	t.regroup(who)
	if err := t.bring(ctx, who, contactID, identity.ID); err != nil {
		return nil, err
	}
	if _, err := t.bind(ctx, &identityKeys, identity.ID, identity.CommunityID, foreignID); err != nil {
		return nil, err
	}
	return identity, errors.Join(
		contacts.Put(t.Work, who),
		identities.Insert(t.Work, identity),
		t.emit(EventIdentityCreated, identityResource(identity.ID), identityEvent(identity)),
	)
}

// meetPerson returns the contact that a name stands for, whom it makes known if need
// be; one of a new name if none is given.
func (t *turn) meetPerson(ctx context.Context, contactID string) (*storedContact, error) {
	if contactID == "" {
		return t.mintContact()
	}
	if err := interaction.CheckContactID(contactID); err != nil {
		return nil, invalidField(err)
	}
	who, err := t.person(ctx, contactID)
	if err != nil || who != nil {
		return who, err
	}
	return t.newContact(contactID, contacts.Put)
}

func identityEvent(i *interaction.Identity) IdentityEvent {
	return IdentityEvent{CommunityID: i.CommunityID, ForeignID: i.ForeignID, ContactID: i.ContactID}
}
