package engage

import (
	"context"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

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

// endMoving ends a task, and tells of it. After an unmerge, one of both may be nothing.
func (t *turn) endMoving(ctx context.Context, p *storedProgress, event EventType) error {
	var ended []*storedContact
	for _, id := range []string{p.IntoID, p.Subject.ID} {
		c, err := need(contacts.Get(ctx, t.Work, plain(id)))(contactResource(id))
		if err != nil {
			return err
		}
		c.Moving = nil
		ended = append(ended, c)
		if err := contacts.Put(t.Work, c); err != nil {
			return err
		}
	}
	p.State = StateDone
	data := ContactMergeEvent{ContactID: p.Subject.ID, IntoID: p.IntoID, Moved: p.Handled}
	if err := t.emit(event, p.Subject, data); err != nil {
		return err
	}
	for _, c := range ended {
		if err := t.forgetIfNothing(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
