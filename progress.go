package engage

import (
	"context"
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

// Progress is how far a task for a schema has come. It is written in the same
// commit as each of its steps, so that it is always true, and an interrupted task
// goes on behind its last step.
type Progress struct {
	Task        Task      `json:"task"`
	SchemaID    string    `json:"schemaId"`
	State       State     `json:"state"`
	StartedDate time.Time `json:"startedDate"`
	UpdatedDate time.Time `json:"updatedDate"`
	// Handled counts what has been erased, or judged again.
	Handled int64 `json:"handled"`
	// Accepted counts those that were recorded; replays only.
	Accepted int64 `json:"accepted,omitempty"`
	// Cursor is where the task goes on.
	Cursor string `json:"cursor,omitempty"`
}

// stepSize is how many records one step of a task handles at most. Each comes to
// some ten operations of a batch.
const stepSize = 100

func progressID(task Task, schemaID string) string { return string(task) + "@" + schemaID }

// progress reads how far a task is.
func (s scope) progress(ctx context.Context, task Task, schemaID string) (p Progress, found bool, err error) {
	if !isSchemaID(schemaID) {
		return p, false, nil
	}
	err = s.do(ctx, func(t *turn) error {
		stored, err := progresses.Get(ctx, t.Work, progressID(task, schemaID))
		if found = stored != nil; found {
			p = *stored
		}
		return err
	})
	return p, found, err
}

// begin starts a task, unless it is running.
func (t *turn) begin(ctx context.Context, task Task, schemaID string) error {
	p, err := progresses.Get(ctx, t.Work, progressID(task, schemaID))
	if err != nil || p != nil && p.State == StateRunning {
		return err
	}
	return progresses.Put(t.Work, &Progress{
		Task: task, SchemaID: schemaID, State: StateRunning, StartedDate: t.now, UpdatedDate: t.now,
	})
}

// steps runs the steps of a task, each in a commit of its own, until it is done.
// A step works behind p.Cursor, sets it, and sets the state when nothing is left.
func (s scope) steps(ctx context.Context, task Task, schemaID string, step func(t *turn, p *Progress) error) (last Progress, err error) {
	for {
		err := s.do(ctx, func(t *turn) error {
			p, err := progresses.Get(ctx, t.Work, progressID(task, schemaID))
			if err != nil {
				return err
			}
			if p == nil || p.State == StateDone { // another process was faster
				last = Progress{Task: task, SchemaID: schemaID, State: StateDone}
				if p != nil {
					last = *p
				}
				return nil
			}
			if err := step(t, p); err != nil {
				return err
			}
			p.UpdatedDate = t.now
			last = *p
			return progresses.Put(t.Work, p)
		})
		if err != nil || last.State == StateDone {
			return last, err
		}
	}
}

// erase removes what was recorded under a deleted schema. What is removed is no
// longer found, so every step begins at the beginning.
func (s scope) erase(ctx context.Context, schemaID string) error {
	_, err := s.steps(ctx, TaskErase, schemaID, func(t *turn, p *Progress) error {
		all := schemaTerm(schemaID).String()
		recorded, more, err := interactions.Find(ctx, t.Work, store.Query{Index: bySchemaReceived, Prefix: all, Limit: stepSize})
		if err != nil {
			return err
		}
		for _, i := range recorded {
			if err := t.deleteInteraction(ctx, i); err != nil {
				return err
			}
		}
		p.Handled += int64(len(recorded))
		if more != "" || len(recorded) == stepSize {
			return nil
		}
		rejected, more, err := quarantine.Find(ctx, t.Work, store.Query{Index: bySchemaReceived, Prefix: all, Limit: stepSize})
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
