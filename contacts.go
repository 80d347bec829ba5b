package engage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Contacts knows the people behind identities and interactions, and who of them turned
// out to be the same (Engage Digital API, "Identity groups").
//
// A contact becomes known when an interaction is recorded for it, or with its first
// identity. One that was merged into another contact goes on as a name for that one:
// what is recorded or asked for under this name is recorded or asked for the other.
type Contacts struct{ scope }

// Get returns a contact as it is known: of one that was merged into another contact,
// only that.
func (s Contacts) Get(ctx context.Context, id string) (interaction.Contact, error) {
	if err := s.allow(ctx, ActionContactsRead, contactResource(id)); err != nil {
		return interaction.Contact{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Contact, error) {
		c, err := need(contacts.Get(ctx, t.Work, plain(id)))(contactResource(id))
		if err != nil {
			return nil, err
		}
		return &c.Contact, nil
	})
}

// ContactFilter says which contacts to list.
type ContactFilter struct {
	// Merged lists those, too, that were merged into others.
	Merged bool
	// Limit is the length of a page; 0 means DefaultPage.
	Limit int
	// Continuation is that of the page before.
	Continuation string
}

// List returns one page of the contacts that are known, in the order of their IDs (of
// long ones, in no particular order). Threads.List says what it promises.
func (s Contacts) List(ctx context.Context, filter ContactFilter) (Page[interaction.Contact], error) {
	if err := s.allow(ctx, ActionContactsRead, Resource{Type: ResourceContact}); err != nil {
		return Page[interaction.Contact]{}, err
	}
	all := []sortedList[*storedContact]{{
		find: contacts.Find, key: func(c *storedContact) store.Tuple { return store.Tuple(plain(c.ID)) },
	}}
	part := span{
		of:          []string{contacts.Kind, strconv.FormatBool(filter.Merged)},
		oldestFirst: true, limit: filter.Limit, continuation: filter.Continuation,
	}
	var page Page[storedContact]
	err := s.look(ctx, func(t *turn) (err error) {
		page, err = readKept(ctx, t, all, part, func(c *storedContact) bool { return filter.Merged || !c.isName() })
		return err
	})
	if err != nil {
		return Page[interaction.Contact]{}, err
	}
	found := Page[interaction.Contact]{Items: make([]interaction.Contact, len(page.Items)), Continuation: page.Continuation}
	for i, c := range page.Items {
		found.Items[i] = c.Contact
	}
	return found, nil
}

// Identities returns the identities of a contact, oldest link first; none if it is not
// known. All are as they were at one moment.
func (s Contacts) Identities(ctx context.Context, contactID string) ([]interaction.Identity, error) {
	if err := s.allow(ctx, ActionContactsRead, contactResource(contactID)); err != nil {
		return nil, err
	}
	var all []interaction.Identity
	err := s.look(ctx, func(t *turn) error {
		found, err := t.identitiesNamed(ctx, contactID)
		all = nil
		for _, identity := range found {
			all = append(all, *identity)
		}
		return err
	})
	return all, err
}

// identitiesNamed returns the identities of the contact that a name stands for, and the
// contact's list of them, as they are at one moment.
func (t *turn) identitiesNamed(ctx context.Context, contactID string) ([]*interaction.Identity, error) {
	var read []store.Key
	for {
		now, err := t.standing(ctx, contactID, read...)
		if err != nil || now.who == nil {
			return nil, err
		}
		// What the list had before, and has no longer, is read on: so this ends.
		known := len(read)
		all := []store.Key{contacts.Key(t.Work, plain(now.who.ID))}
		for _, id := range now.identities() {
			all = append(all, identities.Key(t.Work, id))
		}
		for _, key := range all {
			if !slices.Contains(read, key) {
				read = append(read, key)
			}
		}
		if len(read) == known {
			return t.identitiesOf(ctx, now.who.IdentityIDs)
		}
	}
}

// Move makes an identity belong to another contact, which becomes known if it is not;
// or, if contactID is empty, to a new one of its own. Its conversations go with it, the
// interactions of the contact do not. Where it belongs already, nothing happens; and a
// contact that was made for an identity, and is nothing but that, because nothing was
// ever recorded for it and nothing merged into it, is its own already.
//
// If contactID is a name of a contact, because it was merged into that, the identity is
// one that it brought along: Unmerge takes it back. One that belonged to another name
// of the same contact goes over to this one, without an event.
//
// A contact that was made for an identity and is left with nothing (no identity, no
// name, nothing in quarantine, and nothing ever recorded) is no longer known:
// EventContactDeleted. One whose ID the host gave stays.
//
// The event is EventIdentityMerged if it goes to a contact that is named, and
// EventIdentityUnmerged if it goes to one of its own.
//
// The error wraps ErrNotFound for an unknown identity, ErrInvalid for what cannot be the
// ID of a contact, ErrRefused if the contact has interaction.MaxIdentities already, or
// Options.NewContact refused it.
func (s Contacts) Move(ctx context.Context, identityID, contactID string) (interaction.Identity, error) {
	if err := s.allow(ctx, ActionContactsMerge, identityResource(identityID)); err != nil {
		return interaction.Identity{}, err
	}
	if contactID != "" {
		if err := s.allow(ctx, ActionContactsMerge, contactResource(contactID)); err != nil {
			return interaction.Identity{}, err
		}
		if err := interaction.CheckContactID(contactID); err != nil {
			return interaction.Identity{}, invalidField(err)
		}
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.Identity, error) {
		identity, err := t.identity(ctx, identityID)
		if err != nil {
			return nil, err
		}
		return identity, t.moveIdentity(ctx, identity, contactID)
	})
}

func (t *turn) moveIdentity(ctx context.Context, identity *interaction.Identity, contactID string) error {
	old, err := need(contacts.Get(ctx, t.Work, plain(identity.ContactID)))(contactResource(identity.ContactID))
	if err != nil {
		return err
	}
	var next *storedContact
	event := EventIdentityMerged
	switch {
	case contactID != "":
		if next, err = t.person(ctx, contactID); err == nil && next == nil {
			next, err = t.meet(ctx, contactID)
		}
	default:
		var alone bool
		if alone, err = t.isAlone(ctx, old); err != nil || alone {
			return err
		}
		event = EventIdentityUnmerged
		next, err = t.mintContact()
	}
	if err != nil {
		return err
	}
	if err := t.unbring(ctx, old, contactID, identity.ID); err != nil {
		return err
	}
	if next.ID == old.ID {
		return t.bring(ctx, next, contactID, identity.ID)
	}
	linked, err := next.Link(identity.ID)
	if err != nil {
		return refusal(err, contactResource(next.ID))
	}
	next.Contact, old.Contact = linked, old.Unlink(identity.ID)
	t.regroup(next, old)
	return errors.Join(
		contacts.Put(t.Work, next),
		t.bring(ctx, next, contactID, identity.ID),
		t.assign(identity, next.ID, event),
		contacts.Put(t.Work, old),
		t.forgetIfNothing(ctx, old),
	)
}

// mintContact makes a contact known for an identity that nobody has named one for.
func (t *turn) mintContact() (*storedContact, error) {
	c, err := t.newContact(t.ID(), contacts.Insert)
	c.Minted = true
	return c, errors.Join(err, contacts.Put(t.Work, c))
}

// bring makes an identity that a contact has one that a name of the contact brought
// along, if it is not the contact's own name.
func (t *turn) bring(ctx context.Context, who *storedContact, name, identityID string) error {
	if name == "" || name == who.ID {
		return nil
	}
	c, err := need(contacts.Get(ctx, t.Work, plain(name)))(contactResource(name))
	if err != nil || slices.Contains(c.Brought, identityID) {
		return err
	}
	c.Contact = c.Bring(identityID)
	return contacts.Put(t.Work, c)
}

// unbring makes an identity of a contact none that its names, but for one, brought along.
func (t *turn) unbring(ctx context.Context, who *storedContact, but, identityID string) error {
	names, err := t.namesOf(ctx, who)
	for _, c := range names {
		if c.ID == but || !slices.Contains(c.Brought, identityID) {
			continue
		}
		c.Contact = c.Unlink(identityID)
		if err := contacts.Put(t.Work, c); err != nil {
			return err
		}
	}
	return err
}

// isAlone reports whether a contact is nothing but the one identity that it was made for,
// or another one in its place.
func (t *turn) isAlone(ctx context.Context, c *storedContact) (bool, error) {
	if len(c.IdentityIDs) != 1 {
		return false, nil
	}
	return t.isBare(ctx, c)
}

// isBare reports whether a contact was made for an identity, and is nothing beside those
// that it has.
func (t *turn) isBare(ctx context.Context, c *storedContact) (bool, error) {
	if !c.Minted || c.isName() || len(c.Merged) > 0 || c.Moving != nil {
		return false, nil
	}
	tally, err := t.tally(ctx, c.ID, "")
	return err == nil && tally.Ever == 0, err
}

// forgetIfNothing removes a contact that was made for an identity, if it has nothing
// any more. Those who record for it rewrite its tally. What comes into quarantine for it
// at the same moment stays there, as for any contact that is not known.
func (t *turn) forgetIfNothing(ctx context.Context, c *storedContact) error {
	if len(c.IdentityIDs) > 0 {
		return nil
	}
	bare, err := t.isBare(ctx, c)
	if err != nil || !bare {
		return err
	}
	rejected, _, err := quarantine.Find(ctx, t.Work, store.Query{Index: byContactReceived, Prefix: contactTerm(c.ID).String(), Limit: 1})
	if err != nil || len(rejected) > 0 {
		return err
	}
	return errors.Join(
		contacts.Delete(t.Work, c),
		t.emit(EventContactDeleted, contactResource(c.ID), ContactEvent{ContactID: c.ID}),
	)
}

// assign makes an identity belong to a contact that lists it, and tells of it.
func (t *turn) assign(identity *interaction.Identity, contactID string, event EventType) error {
	data := IdentityMergeEvent{OldIdentityGroupID: identity.ContactID, NewIdentityGroupID: contactID}
	identity.ContactID, identity.UpdatedAt = contactID, t.now
	return errors.Join(identities.Put(t.Work, identity), t.emit(event, identityResource(identity.ID), data))
}

// identitiesOf reads identities that must be there.
func (t *turn) identitiesOf(ctx context.Context, ids []string) ([]*interaction.Identity, error) {
	found, err := identities.All(ctx, t.Work, ids...)
	if err != nil {
		return nil, err
	}
	for n, identity := range found {
		if identity == nil {
			return nil, fmt.Errorf("a contact has an identity that is not there: %w", &NotFoundError{Resource: identityResource(ids[n])})
		}
	}
	return found, nil
}

// isName reports whether it is a name for another contact.
func (c *storedContact) isName() bool { return c.MergedInto != "" }

// joining reports whether another contact is being merged into this one.
func (c *storedContact) joining() bool {
	return c.Moving != nil && c.Moving.Task == TaskMerge && c.Moving.IntoID == c.ID
}
