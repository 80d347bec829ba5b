package engage

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Quarantine keeps the submissions that their schema rejected, with the reasons and
// the raw bytes, until they are replayed or discarded.
type Quarantine struct{ scope }

// QuarantineFilter says which quarantined submissions to list: those of a schema,
// of a contact, or of both. With neither, all are listed, and From and To have no
// meaning.
type QuarantineFilter struct {
	SchemaID  string
	ContactID string
	// From and To bound the ReceivedDate: From <= received < To. Zero is open.
	From, To time.Time
	// OldestFirst turns the order around. Last received first is the default.
	OldestFirst bool
	// Limit is the length of a page; 0 means DefaultPage.
	Limit int
	// Continuation is that of the page before.
	Continuation string
}

// List returns one page of quarantined submissions, in the order in which they were
// received. Contacts that were merged are treated as in Interactions.List.
func (s Quarantine) List(ctx context.Context, filter QuarantineFilter) (Page[interaction.Quarantined], error) {
	if err := s.allowBoth(ctx, ActionQuarantineRead, ResourceQuarantine, filter.ContactID, filter.SchemaID); err != nil {
		return Page[interaction.Quarantined]{}, err
	}
	if filter.ContactID != "" {
		return listOfContact(ctx, s.scope, filter.ContactID, filter.ofContact())
	}
	return listPage(ctx, s.scope, &quarantine, filter.query(), everything)
}

// ofContact returns what is listed of a contact.
func (f QuarantineFilter) ofContact() contactList[interaction.Quarantined] {
	return contactList[interaction.Quarantined]{
		span:  span{from: f.From, to: f.To, oldestFirst: f.OldestFirst, limit: f.Limit, continuation: f.Continuation},
		table: &quarantine, kind: quarantine.Kind, schemaID: f.SchemaID, index: byContactReceived, within: contactTerm,
		key:  func(q *interaction.Quarantined) store.Tuple { return store.Tuple{}.Time(q.ReceivedDate).Text(q.ID) },
		keep: func(q *interaction.Quarantined) bool { return f.SchemaID == "" || q.SchemaID == f.SchemaID },
	}
}

// query returns what is listed of no contact in particular.
func (f QuarantineFilter) query() store.Query {
	q := store.Query{Reverse: !f.OldestFirst, Limit: f.Limit, Cursor: f.Continuation}
	if f.SchemaID == "" {
		return q
	}
	q.Index = bySchemaReceived
	return window(q, schemaTerm(plain(f.SchemaID)), f.From, f.To)
}

// Get returns a quarantined submission by its ID.
func (s Quarantine) Get(ctx context.Context, id string) (interaction.Quarantined, error) {
	if err := s.allow(ctx, ActionQuarantineRead, quarantineResource(id)); err != nil {
		return interaction.Quarantined{}, err
	}
	var found interaction.Quarantined
	err := s.do(ctx, func(t *turn) error {
		q, err := t.quarantined(ctx, id)
		if err == nil {
			found = *q
		}
		return err
	})
	return found, err
}

// Replay judges a quarantined submission again, by the schema as it is now. If it
// is accepted, it becomes an interaction that happened when it was submitted to
// have happened, and leaves the quarantine. If not, it stays, with the new reasons.
//
// If its idempotency key has been bound meanwhile, because the sender corrected the
// submission and sent it again, that one stands and this one goes.
func (s Quarantine) Replay(ctx context.Context, id string) (Recorded, error) {
	if err := s.allow(ctx, ActionQuarantineReplay, quarantineResource(id)); err != nil {
		return Recorded{}, err
	}
	var recorded Recorded
	err := s.do(ctx, func(t *turn) error {
		q, err := t.quarantined(ctx, id)
		if err != nil {
			return err
		}
		recorded, err = t.replay(ctx, q)
		return err
	})
	if err != nil {
		return Recorded{}, err
	}
	return recorded, nil
}

// ReplayAll judges all quarantined submissions of a schema again, the oldest first,
// and returns how many there were and how many were accepted.
//
// It goes in bounded steps, each of which is committed with a note of how far it
// came (see Replaying). If it is interrupted, the next ReplayAll continues it, or Run
// does; it begins anew if the schema has been superseded since. A submission that cannot be
// judged now, say because a limit was lowered, stays as it is. It is not possible
// within Atomically.
func (s Quarantine) ReplayAll(ctx context.Context, schemaID string) (Progress, error) {
	if err := s.allow(ctx, ActionQuarantineReplay, schemaResource(schemaID)); err != nil {
		return Progress{}, err
	}
	if s.work != nil {
		return Progress{}, notAtomically(schemaResource(schemaID))
	}
	err := s.do(ctx, func(t *turn) error {
		_, against, err := t.live(ctx, schemaID)
		if err != nil {
			return err
		}
		last, err := progresses.Get(ctx, t.Work, progressID(TaskReplay, schemaResource(schemaID)))
		if err != nil || last != nil && last.State == StateRunning && last.SchemaVersion == against.Version {
			return err
		}
		return t.begin(ctx, TaskReplay, schemaResource(schemaID), storedProgress{SchemaVersion: against.Version})
	})
	if err != nil {
		return Progress{}, err
	}
	return s.seeThrough(ctx, TaskReplay, schemaResource(schemaID))
}

// replayStep judges some of the quarantined submissions of a schema again.
func (t *turn) replayStep(ctx context.Context, p *storedProgress) error {
	q := store.Query{Index: bySchemaReceived, Prefix: schemaTerm(p.Subject.ID).String(), Cursor: p.Cursor, Limit: p.limit(t)}
	entries, next, err := quarantine.Find(ctx, t.Work, q)
	if err != nil {
		return err
	}
	size := 0
	for n, entry := range entries {
		if size += len(entry.Raw); n > 0 && (t.Size() > maxRunOperations || size > maxRunBytes) {
			return &tooMuchError{limit: n}
		}
		if entry.SchemaVersion == p.SchemaVersion && entry.ReceivedDate.After(p.StartedDate) {
			continue // it came in meanwhile, and was judged by the same version
		}
		var recorded Recorded
		err := t.Part(func() (err error) {
			recorded, err = t.replay(ctx, entry)
			return err
		})
		unfit := errors.Is(err, ErrInvalid) || errors.Is(err, ErrRefused) || errors.Is(err, ErrConflict)
		if err != nil && !unfit {
			return err
		}
		p.Handled++
		if err == nil && recorded.Accepted && !recorded.Repeated {
			p.Accepted++
		}
	}
	if p.Cursor = next; next == "" {
		p.State = StateDone
	}
	return nil
}

// Replaying returns how far the last ReplayAll of a schema is, and false if there
// was none.
func (s Quarantine) Replaying(ctx context.Context, schemaID string) (Progress, bool, error) {
	if err := s.allow(ctx, ActionQuarantineRead, schemaResource(schemaID)); err != nil {
		return Progress{}, false, err
	}
	return s.progress(ctx, TaskReplay, schemaResource(schemaID))
}

// Discard removes a quarantined submission for good.
func (s Quarantine) Discard(ctx context.Context, id string) error {
	if err := s.allow(ctx, ActionQuarantineDiscard, quarantineResource(id)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		q, err := t.quarantined(ctx, id)
		if err != nil {
			return err
		}
		return quarantine.Delete(t.Work, q)
	})
}

func (t *turn) quarantined(ctx context.Context, id string) (*interaction.Quarantined, error) {
	if !isID(id) {
		return nil, &NotFoundError{Resource: quarantineResource(id)}
	}
	q, err := quarantine.Get(ctx, t.Work, id)
	if err == nil && q == nil {
		err = &NotFoundError{Resource: quarantineResource(id)}
	}
	return q, err
}

// quarantine keeps a rejected submission.
func (t *turn) quarantine(q *interaction.Quarantined) error {
	if err := quarantine.Insert(t.Work, q); err != nil {
		return err
	}
	return t.emit(EventInteractionRejected, quarantineResource(q.ID), InteractionEvent{
		ContactID:     q.ContactID,
		SchemaID:      q.SchemaID,
		SchemaVersion: q.SchemaVersion,
		CreatedDate:   q.CreatedDate,
	})
}

// replay judges an entry again.
func (t *turn) replay(ctx context.Context, q *interaction.Quarantined) (Recorded, error) {
	submission := q.Submission()
	if err := t.prefetch(ctx, []interaction.Submission{submission}); err != nil {
		return Recorded{}, err
	}
	bound, err := t.bound(ctx, submission, q.Minted) // who named nobody may have named somebody since
	if err != nil {
		return Recorded{}, err
	}
	if bound != nil {
		return *bound, quarantine.Delete(t.Work, q)
	}
	stored, against, err := t.live(ctx, q.SchemaID)
	if err != nil {
		return Recorded{}, err
	}
	validation, who, err := t.judge(ctx, submission, against, t.ID(), q.ReceivedDate)
	if err != nil {
		return Recorded{}, err
	}
	if validation.Interaction != nil {
		if err := quarantine.Delete(t.Work, q); err != nil {
			return Recorded{}, err
		}
		return describe(validation), t.insert(ctx, validation, who, stored, against, q.Minted)
	}
	still := validation.Quarantined
	still.ID, still.Minted, still.Attempts = q.ID, q.Minted, q.Attempts+1
	return describe(validation), quarantine.Put(t.Work, still)
}

func quarantineResource(id string) Resource { return Resource{Type: ResourceQuarantine, ID: id} }
