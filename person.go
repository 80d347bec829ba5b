package engage

import (
	"context"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// Whom a contact's name stands for, and lists that stay true to it while others merge,
// unmerge and move.
//
// A list of a contact first finds out whom the name stands for, which identities that
// person has, and who holds the person's interactions; then it reads the lists of these.
// That takes several reads, which nothing confirms for those who only look. What is
// promised to them: what is the person's throughout is listed, and what never is, is not.
// This is why it is so.
//
//   - The name and the contact that it stands for are read at one moment (standing).
//     Between two moments the name could be parted from the contact, and be given the
//     list of a stranger.
//   - When the page has been read, it is asked again whom the name stands for. What
//     happened with an identity is listed if the person had the identity at both moments.
//     An identity that is the person's throughout is so at both. And what was read before
//     the second moment, of an identity that is the person's then, is the person's then.
//   - What happened with an identity stays with it. Interactions, and what is in
//     quarantine, go from contact to contact, but, while a name is one for the same
//     contact, one way only: from the contact that is being merged into that one. Of
//     these two, the first is read as far as the page goes before the second is begun
//     (see readMerged). So what is not in the first any more is found in the second.
//   - If the name did not stand for the same contact throughout, as is told for certain
//     by storedContact.Turned, these were perhaps the wrong holders, and the page is read
//     again (undisturbed).
//
// Each page rests on moments of its own, and a continuation is a place in an order that
// does not depend on whose list it is.

// standing is whom a name stood for at one moment.
type standing struct {
	name   string
	turned int64
	who    *storedContact // nil: not known
}

// standing finds out whom a name stands for. The records of the other keys are of the
// same moment. It reads again until the one that the name stands for is among what it
// reads: as often as there are contacts that the name comes to stand for meanwhile.
func (t *turn) standing(ctx context.Context, name string, with ...store.Key) (standing, error) {
	s := standing{name: name}
	keys := append([]store.Key{contacts.Key(t.Work, plain(name))}, with...)
	for {
		if err := t.LoadTogether(ctx, keys...); err != nil {
			return s, err
		}
		c, err := contacts.Get(ctx, t.Work, plain(name))
		if s.who = c; err != nil || c == nil {
			return s, err
		}
		if s.turned = c.Turned; !c.isName() {
			return s, nil
		}
		into := contacts.Key(t.Work, plain(c.MergedInto))
		if slices.Contains(keys, into) {
			s.who, err = need(contacts.Get(ctx, t.Work, plain(c.MergedInto)))(contactResource(c.MergedInto))
			return s, err
		}
		keys = append(keys, into)
	}
}

// person returns the contact that a name stands for: the contact with that ID, or the
// one that it was merged into. Nil: it is not known.
func (t *turn) person(ctx context.Context, contactID string) (*storedContact, error) {
	s, err := t.standing(ctx, contactID)
	return s.who, err
}

// named returns the ID of the contact that a name stands for; the name itself if it is
// not known.
func (t *turn) named(ctx context.Context, contactID string) (string, error) {
	if contactID == "" {
		return "", nil
	}
	who, err := t.person(ctx, contactID)
	if err != nil || who == nil {
		return contactID, err
	}
	return who.ID, nil
}

// identities returns those of the person, none if there is no such.
func (s standing) identities() []string {
	if s.who == nil {
		return nil
	}
	return s.who.IdentityIDs
}

// both returns the identities that the person had at both of two moments.
func (s standing) both(now standing) []string {
	return slices.DeleteFunc(slices.Clone(s.identities()), func(id string) bool {
		return !slices.Contains(now.identities(), id)
	})
}

// holders returns the contacts that have what was recorded for the person. A name shows
// all of it also while another contact is being merged into the one that it stands for;
// that one itself shows what has gone over (see Contacts.Merge).
func (s standing) holders() []string {
	switch {
	case s.who == nil:
		return []string{s.name}
	case s.who.ID != s.name && s.who.joining():
		return []string{s.who.Moving.FromID, s.who.ID}
	default:
		return []string{s.who.ID}
	}
}

// again finds out whom a name stands for now that something was read which rests on
// whom it stood for.
func (t *turn) again(ctx context.Context, before standing) (standing, error) {
	var with []store.Key
	for _, id := range before.holders() {
		with = append(with, contacts.Key(t.Work, plain(id)))
	}
	return t.standing(ctx, before.name, with...)
}

// accounts are the identities that a list is about.
type accounts struct {
	ids []string
	of  *standing // nil: of no contact
}

// accounts returns the identities that a list is about: one, or those of a contact; none
// if there can be none.
func (t *turn) accounts(ctx context.Context, identityID, contactID string) (accounts, error) {
	switch {
	case identityID != "" && isID(identityID):
		return accounts{ids: []string{identityID}}, nil
	case identityID != "" || contactID == "":
		return accounts{}, nil
	}
	of, err := t.standing(ctx, contactID)
	return accounts{of.identities(), &of}, err
}

// remaining returns those accounts that the contact which they were of has now, too. It
// is asked when all else has been read.
func (t *turn) remaining(ctx context.Context, a accounts) (accounts, error) {
	if a.of == nil {
		return a, nil
	}
	now, err := t.again(ctx, *a.of)
	return accounts{a.of.both(now), &now}, err
}

// stood reports, as errOvertaken, that the holders of what was recorded for a person have
// not been the same all the time until now.
func (t *turn) stood(ctx context.Context, before, now standing) error {
	if now.turned != before.turned || before.who != nil && now.who == nil {
		return errOvertaken
	}
	for _, id := range before.holders() {
		if id == before.name || id == now.who.ID {
			continue
		}
		// It was being merged. It may have been unmerged again by now, and have things
		// of its own.
		c, err := contacts.Get(ctx, t.Work, plain(id))
		if err != nil {
			return err
		}
		if c == nil || c.MergedInto != now.who.ID {
			return errOvertaken
		}
	}
	return nil
}
