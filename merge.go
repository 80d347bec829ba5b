package engage

import (
	"context"

	"github.com/engage-interactions/engage/interaction"
)

// Merge makes two contacts one, because they turned out to be the same person: from
// becomes a name for into. Its identities go over at once; its interactions, and what
// is in quarantine for it, in bounded steps, each of which is committed with a note of
// how far it came (see Merging). Counts are added, and first times united: what one of
// both did before is not done for the first time again, and no trigger fires twice.
// What had been merged into from is merged into into.
//
// If it is interrupted, the next Merge of the two continues it, or Run does. While it
// is under way, what is asked of into is true of what has gone over, and so is what is
// asked of from, or of another name for into, but for timelines and the lists of
// Interactions and Quarantine, which are whole.
// Another merge or unmerge of one of the two is seen through first. It is not possible
// within Atomically.
//
// Options.Authorize is asked for ActionContactsMerge of both contacts, and of nothing
// that they have. The same goes for Unmerge and the one contact that it names.
//
// Merging what is merged already changes nothing. The error wraps ErrNotFound if one of
// the two is not known, ErrInvalid if they are the same ID, and ErrRefused if from was
// merged into another contact, if they were merged the other way around, or if there
// would be more than interaction.MaxIdentities identities or interaction.MaxMerged names. Then
// nothing has changed.
func (s Contacts) Merge(ctx context.Context, intoID, fromID string) (Progress, error) {
	for _, id := range []string{intoID, fromID} {
		if err := s.allow(ctx, ActionContactsMerge, contactResource(id)); err != nil {
			return Progress{}, err
		}
	}
	if intoID == fromID {
		return Progress{}, invalid("fromID", "is the contact that it is to be merged into")
	}
	return s.part(ctx, TaskMerge, fromID, func(t *turn) (*moving, error) { return t.beginMerge(ctx, intoID, fromID) })
}

// Merging returns how far the last Merge of a contact into another one is, and false if
// there was none.
func (s Contacts) Merging(ctx context.Context, fromID string) (Progress, bool, error) {
	if err := s.allow(ctx, ActionContactsRead, contactResource(fromID)); err != nil {
		return Progress{}, false, err
	}
	return s.progress(ctx, TaskMerge, contactResource(fromID))
}

// Unmerge parts a contact again from the one that it was merged into, in steps as Merge
// does. What it had brought along goes back to it: its identities, but for those that
// Move took away, and what was recorded for it; and also the identities that were linked
// under its name since (Account.ContactID, Move) and what was recorded under it. What was
// merged into it before stays where it is, and can be unmerged by itself. Each of
// the two has then done what was ever recorded under its own names. A trigger that had
// fired for one of the two when they were merged stays fired for the one that the other
// was merged into.
//
// If one of the two was made for an identity and is left with nothing, it is no longer
// known then, as Move says. While an unmerge is under way, the other one still lists
// what has not gone back yet.
//
// Unmerging what was unmerged changes nothing. The error wraps ErrNotFound if the
// contact is not known, and ErrRefused if it was never merged.
func (s Contacts) Unmerge(ctx context.Context, contactID string) (Progress, error) {
	if err := s.allow(ctx, ActionContactsMerge, contactResource(contactID)); err != nil {
		return Progress{}, err
	}
	return s.part(ctx, TaskUnmerge, contactID, func(t *turn) (*moving, error) { return t.beginUnmerge(ctx, contactID) })
}

// Unmerging returns how far the last Unmerge of a contact is, and false if there was
// none.
func (s Contacts) Unmerging(ctx context.Context, contactID string) (Progress, bool, error) {
	if err := s.allow(ctx, ActionContactsRead, contactResource(contactID)); err != nil {
		return Progress{}, false, err
	}
	return s.progress(ctx, TaskUnmerge, contactResource(contactID))
}

// part begins a task and sees it through. What begin finds in its way is seen through
// first.
func (s Contacts) part(ctx context.Context, task Task, fromID string, begin func(*turn) (inTheWay *moving, err error)) (Progress, error) {
	if s.work != nil {
		return Progress{}, notAtomically(contactResource(fromID))
	}
	for {
		var first *moving
		err := s.do(ctx, func(t *turn) (err error) {
			first, err = begin(t)
			return err
		})
		if err != nil {
			return Progress{}, err
		}
		if first == nil {
			return s.seeThrough(ctx, task, contactResource(fromID))
		}
		if _, err := s.seeThrough(ctx, first.Task, contactResource(first.FromID)); err != nil {
			return Progress{}, err
		}
	}
}

// beginMerge makes from a name for into, unless it is already.
func (t *turn) beginMerge(ctx context.Context, intoID, fromID string) (inTheWay *moving, err error) {
	if err := t.Load(ctx, contacts.Key(t.Work, plain(intoID)), contacts.Key(t.Work, plain(fromID))); err != nil {
		return nil, err
	}
	into, err := need(t.person(ctx, intoID))(contactResource(intoID))
	if err != nil {
		return nil, err
	}
	from, err := need(contacts.Get(ctx, t.Work, plain(fromID)))(contactResource(fromID))
	switch {
	case err != nil:
		return nil, err
	case from.MergedInto == into.ID:
		return nil, nil // it is done, or goes on
	case from.isName():
		return nil, &RefusedError{Rule: "it was merged into another contact", Resource: contactResource(fromID), Remedy: "unmerge it first"}
	case into.ID == from.ID:
		return nil, &RefusedError{
			Rule: "the other contact was merged into this one", Resource: contactResource(fromID), Remedy: "unmerge that one first",
		}
	case into.Moving != nil:
		return into.Moving, nil
	case from.Moving != nil:
		return from.Moving, nil
	}
	stored, err := t.namesOf(ctx, from)
	if err != nil {
		return nil, err
	}
	names := make([]interaction.Contact, len(stored))
	before := map[string]*storedContact{from.ID: from}
	for n, name := range stored {
		names[n], before[name.ID] = name.Contact, name
	}
	whole, aliases, err := interaction.Merge(into.Contact, from.Contact, names)
	if err != nil {
		return nil, refusal(err, contactResource(into.ID))
	}
	if err := t.assignAll(ctx, from.IdentityIDs, into.ID, EventIdentityMerged); err != nil {
		return nil, err
	}
	under := &moving{Task: TaskMerge, FromID: from.ID, IntoID: into.ID}
	into.Contact, into.Moving = whole, under
	into.Watched = into.Watched || from.Watched
	t.regroup(into)
	if err := contacts.Put(t.Work, into); err != nil {
		return nil, err
	}
	for _, alias := range aliases {
		was := before[alias.ID]
		name := &storedContact{Contact: alias, Minted: was.Minted, Turned: was.Turned + 1}
		if alias.ID == from.ID {
			name.Moving = under
		}
		if err := contacts.Put(t.Work, name); err != nil {
			return nil, err
		}
	}
	return nil, t.begin(ctx, TaskMerge, contactResource(from.ID), storedProgress{IntoID: into.ID})
}

// namesOf reads the contacts that were merged into one.
func (t *turn) namesOf(ctx context.Context, c *storedContact) ([]*storedContact, error) {
	ids := make([]string, len(c.Merged))
	for n, id := range c.Merged {
		ids[n] = plain(id)
	}
	found, err := contacts.All(ctx, t.Work, ids...)
	if err != nil {
		return nil, err
	}
	for n, name := range found {
		if name == nil {
			return nil, &NotFoundError{Resource: contactResource(c.Merged[n])}
		}
	}
	return found, nil
}

// assignAll makes identities belong to a contact that lists them.
func (t *turn) assignAll(ctx context.Context, ids []string, contactID string, event EventType) error {
	found, err := t.identitiesOf(ctx, ids)
	for _, identity := range found {
		if err := t.assign(identity, contactID, event); err != nil {
			return err
		}
	}
	return err
}

// beginUnmerge makes a name a contact again, unless it is already.
func (t *turn) beginUnmerge(ctx context.Context, contactID string) (inTheWay *moving, err error) {
	from, err := need(contacts.Get(ctx, t.Work, plain(contactID)))(contactResource(contactID))
	if err != nil {
		return nil, err
	}
	if !from.isName() {
		last, err := progresses.Get(ctx, t.Work, progressID(TaskUnmerge, contactResource(contactID)))
		if err == nil && last == nil {
			err = &RefusedError{Rule: "it is not merged into another contact", Resource: contactResource(contactID)}
		}
		return nil, err
	}
	into, err := need(contacts.Get(ctx, t.Work, plain(from.MergedInto)))(contactResource(from.MergedInto))
	if err != nil {
		return nil, err
	}
	if into.Moving != nil {
		return into.Moving, nil
	}
	under := &moving{Task: TaskUnmerge, FromID: from.ID, IntoID: into.ID}
	rest, out := interaction.Unmerge(into.Contact, from.Contact)
	into.Contact, into.Moving = rest, under
	from.Contact, from.Moving, from.Turned = out, under, from.Turned+1
	t.regroup(into, from)
	if err := t.assignAll(ctx, from.IdentityIDs, from.ID, EventIdentityUnmerged); err != nil {
		return nil, err
	}
	for _, c := range []*storedContact{into, from} {
		if err := contacts.Put(t.Work, c); err != nil {
			return nil, err
		}
	}
	return nil, t.begin(ctx, TaskUnmerge, contactResource(from.ID), storedProgress{IntoID: into.ID})
}
