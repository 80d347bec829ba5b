package engage

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/store"
)

// Task names a piece of work that may be too large for one commit.
type Task string

// The tasks.
const (
	TaskErase  Task = "erase"  // see Schemas.Delete
	TaskReplay Task = "replay" // see Quarantine.ReplayAll
)

// State says whether a task goes on.
type State string

// The states.
const (
	StateRunning State = "running"
	StateDone    State = "done"
)

// Progress is how far a task has come. It is written in the same commit as each of
// its steps, so that it is always true, and an interrupted task goes on behind its
// last step.
type Progress struct {
	Task        Task      `json:"task"`
	Subject     Resource  `json:"subject"` // what the task is done to
	State       State     `json:"state"`
	StartedDate time.Time `json:"startedDate"`
	UpdatedDate time.Time `json:"updatedDate"`
	// Handled counts what has been erased, or judged again.
	Handled int64 `json:"handled"`
	// Accepted counts those that were recorded; replays only.
	Accepted int64 `json:"accepted,omitempty"`
}

// storedProgress is a Progress with what the task needs to go on.
type storedProgress struct {
	Progress

	Cursor        string `json:"cursor,omitempty"`
	SchemaVersion int    `json:"schemaVersion,omitempty"` // that a replay judges by
}

// notAtomically refuses a task to a Work.
func notAtomically(subject Resource) error {
	return &RefusedError{
		Rule: "this takes more than one commit", Resource: subject, Remedy: "call it outside of Atomically",
	}
}

// stepSize is how many records one step of a task handles at most: fewer if they
// come to more than what a commit of RecordMany takes.
const stepSize = 100

func progressID(task Task, subject Resource) string {
	return string(task) + "@" + subject.Type + "@" + subject.ID
}

// progress reads how far a task is.
func (s scope) progress(ctx context.Context, task Task, subject Resource) (p Progress, found bool, err error) {
	if !isID(subject.ID) {
		return p, false, nil
	}
	err = s.do(ctx, func(t *turn) error {
		stored, err := progresses.Get(ctx, t.Work, progressID(task, subject))
		if found = stored != nil; found {
			p = stored.Progress
		}
		return err
	})
	return p, found, err
}

// begin starts a task, anew if there was one.
func (t *turn) begin(task Task, subject Resource, schemaVersion int) error {
	return progresses.Put(t.Work, &storedProgress{
		Progress: Progress{
			Task: task, Subject: subject, State: StateRunning, StartedDate: t.now, UpdatedDate: t.now,
		},
		SchemaVersion: schemaVersion,
	})
}

// steps runs the steps of a task, each in a commit of its own, until it is done.
// A step works behind p.Cursor, sets it, and sets the state when nothing is left.
func (s scope) steps(ctx context.Context, task Task, subject Resource, step func(t *turn, p *storedProgress) error) (last Progress, err error) {
	for {
		next := last
		err := s.do(ctx, func(t *turn) error {
			p, err := progresses.Get(ctx, t.Work, progressID(task, subject))
			if err != nil {
				return err
			}
			if p == nil || p.State == StateDone { // another process was faster
				next = Progress{Task: task, Subject: subject, State: StateDone}
				if p != nil {
					next = p.Progress
				}
				return nil
			}
			if err := step(t, p); err != nil {
				return err
			}
			p.UpdatedDate = t.now
			next = p.Progress
			return progresses.Put(t.Work, p)
		})
		if errors.Is(err, errTooMuch) {
			continue
		}
		if err != nil {
			return last, err
		}
		if last = next; last.State == StateDone {
			return last, nil
		}
	}
}

// errTooMuch says that a step does not fit into one commit, and will take less.
var errTooMuch = errors.New("too much for one step")

// erase removes what was recorded under a deleted schema. What is removed is no
// longer found, so every step begins at the beginning.
func (s scope) erase(ctx context.Context, schemaID string) error {
	_, err := s.steps(ctx, TaskErase, schemaResource(schemaID), func(t *turn, p *storedProgress) error {
		all := schemaTerm(schemaID).String()
		recorded, _, err := interactions.Find(ctx, t.Work, store.Query{Index: bySchemaReceived, Prefix: all, Limit: t.Share(stepSize)})
		if err != nil {
			return err
		}
		for n, i := range recorded {
			if n > 0 && t.Size() > maxRunOperations { // the next step goes on
				p.Handled += int64(n)
				return nil
			}
			if err := t.deleteInteraction(ctx, i); err != nil {
				return err
			}
		}
		p.Handled += int64(len(recorded))
		if len(recorded) > 0 {
			return nil
		}
		rejected, more, err := quarantine.Find(ctx, t.Work, store.Query{Index: bySchemaReceived, Prefix: all, Limit: t.Share(stepSize)})
		if err != nil {
			return err
		}
		for _, q := range rejected {
			if err := quarantine.Delete(t.Work, q); err != nil {
				return err
			}
		}
		p.Handled += int64(len(rejected))
		if more != "" {
			return nil
		}
		p.State = StateDone
		s, err := t.schema(ctx, schemaID)
		if err != nil {
			return err
		}
		return t.emitSchema(EventSchemaErased, s)
	})
	return err
}
