package engage

import (
	"context"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
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
// asked of from, but for the lists of Interactions and Quarantine. Another merge or
// unmerge of one of the two is seen through first. It is not possible within
// Atomically.
//
// Merging what is merged already changes nothing. The error wraps ErrNotFound if one of
// the two is not known, ErrInvalid if they are the same ID, and ErrRefused if from was
// merged into another contact, or into into the other way around, or if there would be
// more than interaction.MaxIdentities identities or interaction.MaxMerged names. Then
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
// does. What it had brought along goes back to it: the identities that are still there,
// what was recorded for it, and also what has been recorded under its name since. What
// was merged into it before stays where it is, and can be unmerged by itself. Each of
// the two has then done what was ever recorded under its own names. A trigger that had
// fired for one of the two when they were merged stays fired for the one that the other
// was merged into.
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
	names, err := t.namesOf(ctx, from)
	if err != nil {
		return nil, err
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
	if err := contacts.Put(t.Work, into); err != nil {
		return nil, err
	}
	for _, alias := range aliases {
		name := &storedContact{Contact: alias}
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
func (t *turn) namesOf(ctx context.Context, c *storedContact) ([]interaction.Contact, error) {
	ids := make([]string, len(c.Merged))
	for n, id := range c.Merged {
		ids[n] = plain(id)
	}
	found, err := contacts.All(ctx, t.Work, ids...)
	if err != nil {
		return nil, err
	}
	names := make([]interaction.Contact, len(found))
	for n, name := range found {
		if name == nil {
			return nil, &NotFoundError{Resource: contactResource(c.Merged[n])}
		}
		names[n] = name.Contact
	}
	return names, nil
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
	from.Contact, from.Moving = out, under
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

// mergeStep gives some of what a contact has to the one that it is a name for. Nobody
// adds to what it has meanwhile: all who record for it find out first that it is a
// name. What has gone over is no longer found, so these stages begin at the beginning.
func (t *turn) mergeStep(ctx context.Context, p *storedProgress) error {
	from, into := p.Subject.ID, p.IntoID
	return t.stages(ctx, p, EventContactMerged,
		func() (int, error) {
			return 0, t.settleTallies(ctx, p, func(name, whole *storedTally) {
				joined := name.Ever - name.Lent
				whole.Ever += joined
				whole.Joined += joined
				name.Ever -= name.Joined // the names that it had are names for the other one now
				name.Joined = 0
				name.Lent = name.Ever
			})
		},
		func() (int, error) {
			q := store.Query{Index: byContactCreated, Prefix: contactTerm(from).String()}
			return t.giveInteractions(ctx, p, q, from, into)
		},
		func() (int, error) {
			q := store.Query{Index: byContactReceived, Prefix: contactTerm(from).String()}
			return t.giveQuarantined(ctx, p, q, from, into)
		},
		func() (int, error) { return 0, t.copyFirings(ctx, p) },
	)
}

// unmergeStep takes back some of what was recorded under the name that a contact was.
func (t *turn) unmergeStep(ctx context.Context, p *storedProgress) error {
	out, rest := p.Subject.ID, p.IntoID
	q := store.Query{Index: byRecordedFor, Prefix: contactTerm(out).String()}
	return t.stages(ctx, p, EventContactUnmerged,
		func() (int, error) { return t.giveInteractions(ctx, p, q, rest, out) },
		func() (int, error) { return t.giveQuarantined(ctx, p, q, rest, out) },
		func() (int, error) {
			return 0, t.settleTallies(ctx, p, func(name, whole *storedTally) {
				whole.Ever -= name.Lent
				whole.Joined -= name.Lent
				name.Lent = 0
			})
		},
	)
}

// stages goes through the stages of a task, as many as are done at once, or a part of
// one. Each says how many it gave away, and sets p.Cursor if it has more to look at.
func (t *turn) stages(ctx context.Context, p *storedProgress, end EventType, all ...func() (int, error)) error {
	for p.Stage < len(all) {
		given, err := all[p.Stage]()
		if err != nil {
			return err
		}
		if p.Handled += int64(given); given > 0 || p.Cursor != "" {
			return nil // the next step goes on
		}
		p.Stage++
	}
	return t.endMoving(ctx, p, end)
}

// maxGiveOperations is how much a step may have come to before it takes on one more
// interaction, which may have 1,000 values to count for each of two contacts. The
// tallies of a step, and what is read for them, have room beside that.
const maxGiveOperations = store.MaxOperations - 3_200

// giveInteractions gives some of the interactions that q selects from one contact to
// another, with all that they count for.
func (t *turn) giveInteractions(ctx context.Context, p *storedProgress, q store.Query, fromID, toID string) (int, error) {
	q.Limit = p.limit(t)
	given, _, err := interactions.Find(ctx, t.Work, q)
	if err != nil {
		return 0, err
	}
	size := 0
	next := make([]*interaction.Interaction, 0, len(given))
	for n, i := range given {
		if size += len(i.Payload) + len(i.Raw); n > 0 && (t.Size() > maxGiveOperations || size > maxRunBytes) {
			given = given[:n]
			break
		}
		to := *i
		to.ContactID, to.RecordedFor = toID, formerly(i.RecordedFor, fromID, toID)
		if err := t.recountValues(ctx, i, -1); err != nil {
			return 0, err
		}
		if err := t.recountValues(ctx, &to, +1); err != nil {
			return 0, err
		}
		next = append(next, &to)
	}
	if err := t.giveTallies(ctx, fromID, toID, given); err != nil {
		return 0, err
	}
	for _, i := range next {
		if err := interactions.Put(t.Work, i); err != nil {
			return 0, err
		}
	}
	return len(given), nil
}

// giveTallies counts interactions that are about to go from one contact to another.
// What each of both ever had is settled at another stage.
func (t *turn) giveTallies(ctx context.Context, fromID, toID string, given []*interaction.Interaction) error {
	sums := map[string]interaction.Tally{} // by schema
	ids := make(map[string]bool, len(given))
	for _, i := range given {
		ids[i.ID] = true
		for _, schemaID := range []string{"", i.SchemaID} {
			sums[schemaID], _ = sums[schemaID].Add(i.CreatedDate)
		}
	}
	for _, schemaID := range slices.Sorted(maps.Keys(sums)) {
		sum := sums[schemaID]
		sum.Ever = 0
		from, err := t.tally(ctx, fromID, schemaID)
		if err != nil {
			return err
		}
		if err := t.lower(ctx, from, sum, ids); err != nil {
			return err
		}
		to, err := t.tally(ctx, toID, schemaID)
		if err != nil {
			return err
		}
		to.Tally = to.Merge(sum)
		if err := tallies.Put(t.Work, to); err != nil {
			return err
		}
	}
	return nil
}

// formerly returns what something is said to be recorded for when it goes from one
// contact to another: the first one it was recorded for, unless it comes back there.
func formerly(recordedFor, fromID, toID string) string {
	if recordedFor == "" {
		recordedFor = fromID
	}
	if recordedFor == toID {
		return ""
	}
	return recordedFor
}

// giveQuarantined gives some of the rejected submissions that q selects to another
// contact.
func (t *turn) giveQuarantined(ctx context.Context, p *storedProgress, q store.Query, fromID, toID string) (int, error) {
	q.Limit = p.limit(t)
	found, _, err := quarantine.Find(ctx, t.Work, q)
	if err != nil {
		return 0, err
	}
	size := 0
	for done, entry := range found {
		if size += len(entry.Raw); done > 0 && size > maxRunBytes {
			return done, nil
		}
		entry.ContactID, entry.RecordedFor = toID, formerly(entry.RecordedFor, fromID, toID)
		if err := quarantine.Put(t.Work, entry); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// settleTallies settles what contacts ever had, in some of their tallies.
func (t *turn) settleTallies(ctx context.Context, p *storedProgress, settle func(name, whole *storedTally)) error {
	found, next, err := tallies.Find(ctx, t.Work, store.Query{
		Prefix: contactTerm(p.Subject.ID).String(), Limit: p.limit(t), Cursor: p.Cursor,
	})
	if err != nil {
		return err
	}
	for _, name := range found {
		whole, err := t.tally(ctx, p.IntoID, name.SchemaID)
		if err != nil {
			return err
		}
		settle(name, whole)
		if err := tallies.Put(t.Work, name); err != nil {
			return err
		}
		if err := tallies.Put(t.Work, whole); err != nil {
			return err
		}
	}
	p.Cursor = next
	return nil
}

// copyFirings makes some of the triggers that have fired for a name have fired for the
// contact that it stands for.
func (t *turn) copyFirings(ctx context.Context, p *storedProgress) error {
	found, next, err := firings.Find(ctx, t.Work, store.Query{
		Index: byContact, Prefix: contactTerm(p.Subject.ID).String(), Limit: p.limit(t), Cursor: p.Cursor,
	})
	if err != nil {
		return err
	}
	for _, f := range found {
		same := f.of(p.IntoID)
		there, err := firings.Get(ctx, t.Work, same.ID)
		if err != nil {
			return err
		}
		if there == nil {
			if err := firings.Put(t.Work, same); err != nil {
				return err
			}
		}
	}
	p.Cursor = next
	return nil
}

// endMoving ends a task, and tells of it.
func (t *turn) endMoving(ctx context.Context, p *storedProgress, event EventType) error {
	for _, id := range []string{p.IntoID, p.Subject.ID} {
		c, err := need(contacts.Get(ctx, t.Work, plain(id)))(contactResource(id))
		if err != nil {
			return err
		}
		c.Moving = nil
		if err := contacts.Put(t.Work, c); err != nil {
			return err
		}
	}
	p.State = StateDone
	return t.emit(event, p.Subject, ContactMergeEvent{ContactID: p.Subject.ID, IntoID: p.IntoID, Moved: p.Handled})
}
