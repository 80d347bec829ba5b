package engage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/store"
)

// Task names a piece of work that may be too large for one commit.
type Task string

// The tasks.
const (
	TaskErase  Task = "erase"  // see Schemas.Delete
	TaskReplay Task = "replay" // see Quarantine.ReplayAll
	// TaskMerge and TaskUnmerge are those of Contacts.Merge and Contacts.Unmerge.
	TaskMerge   Task = "merge"
	TaskUnmerge Task = "unmerge"
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
// last step: when it is called for again, or soon after by Run. If that cannot go on with
// it either, it tries again later, and every day in the end: see Jobs. If the clock is put
// back meanwhile, Run may wait until it is there again (JobOptions.MaxClockSkew).
type Progress struct {
	Task        Task      `json:"task"`
	Subject     Resource  `json:"subject"` // what the task is done to
	State       State     `json:"state"`
	StartedDate time.Time `json:"startedDate"`
	UpdatedDate time.Time `json:"updatedDate"`
	// Handled counts what has been erased, judged again, or has gone over to another
	// contact.
	Handled int64 `json:"handled"`
	// Accepted counts those that were recorded; replays only.
	Accepted int64 `json:"accepted,omitempty"`
}

// storedProgress is a Progress with what the task needs to go on.
type storedProgress struct {
	Progress

	Actor         Actor  `json:"actor,omitzero"` // who began it
	Cursor        string `json:"cursor,omitempty"`
	SchemaVersion int    `json:"schemaVersion,omitempty"` // that a replay judges by
	IntoID        string `json:"intoId,omitempty"`        // the other contact of a merge or unmerge
	Stage         int    `json:"stage,omitempty"`         // of a merge or unmerge
	Limit         int    `json:"limit,omitempty"`         // of records that a step takes on; 0: stepSize
	JobID         string `json:"jobId,omitempty"`         // of the job that sees to it while it is running
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
	return string(task) + "@" + subject.Type + "@" + plain(subject.ID)
}

// progress reads how far a task is.
func (s scope) progress(ctx context.Context, task Task, subject Resource) (p Progress, found bool, err error) {
	err = s.do(ctx, func(t *turn) error {
		stored, err := progresses.Get(ctx, t.Work, progressID(task, subject))
		if found = stored != nil; found {
			p = stored.Progress
		}
		return err
	})
	return p, found, err
}

// begin starts a task, anew if there was one. The call that begins it usually sees it
// through at once; should it be interrupted, a job goes on.
func (t *turn) begin(ctx context.Context, task Task, subject Resource, with storedProgress) error {
	last, err := progresses.Get(ctx, t.Work, progressID(task, subject))
	if err != nil {
		return err
	}
	with.Progress = Progress{
		Task: task, Subject: subject, State: StateRunning, StartedDate: t.now, UpdatedDate: t.now,
	}
	with.Actor = t.actor
	if last != nil && last.State == StateRunning {
		with.JobID = last.JobID // which sees to it already
	} else {
		with.JobID, err = t.later(ctx, jobTask, t.now.Add(taskGrace), taskStep{Task: task, Subject: subject, Seen: t.now})
		if err != nil {
			return err
		}
	}
	return progresses.Put(t.Work, &with)
}

// resume takes up the job of a task that is running, if that has failed, so that Run goes
// on with the task should the call that is about to see it through be interrupted, too.
func (t *turn) resume(ctx context.Context, task Task, subject Resource) error {
	p, err := progresses.Get(ctx, t.Work, progressID(task, subject))
	if err != nil || p == nil || p.State == StateDone || p.JobID == "" {
		return err
	}
	j, err := t.core.jobs.Get(ctx, t.Work, p.JobID)
	if err != nil || j.State != jobs.Failed {
		return unless(err, jobs.ErrNotFound)
	}
	return t.core.jobs.Retry(ctx, t.Work, j.ID)
}

// end removes the job of a task that is done.
func (t *turn) end(ctx context.Context, p *storedProgress) error {
	if p.JobID == "" {
		return nil
	}
	err := t.core.jobs.Cancel(ctx, t.Work, p.JobID)
	p.JobID = ""
	return unless(err, jobs.ErrNotFound)
}

// unless returns an error, but for one that is as good as none.
func unless(err, none error) error {
	if errors.Is(err, none) {
		return nil
	}
	return err
}

// advance does one step of a task that is running. What the step cannot fit into one
// commit, later and smaller ones do.
func (t *turn) advance(ctx context.Context, p *storedProgress) error {
	before := *p
	err := t.Part(func() error { return t.step(ctx, p) })
	if tooMuch, ok := errors.AsType[*tooMuchError](err); ok {
		*p = before
		p.Limit = tooMuch.limit
		err = nil
	}
	if err != nil {
		return err
	}
	if p.State == StateDone {
		if err := t.end(ctx, p); err != nil {
			return err
		}
	}
	p.UpdatedDate = t.now
	return progresses.Put(t.Work, p)
}

// step does one step of a task. It works behind p.Cursor, sets it, and sets the state
// when nothing is left.
func (t *turn) step(ctx context.Context, p *storedProgress) error {
	switch p.Task {
	case TaskErase:
		return t.eraseStep(ctx, p)
	case TaskReplay:
		return t.replayStep(ctx, p)
	case TaskMerge:
		return t.mergeStep(ctx, p)
	case TaskUnmerge:
		return t.unmergeStep(ctx, p)
	default:
		return fmt.Errorf("task %q: %w", p.Task, ErrOutdated)
	}
}

// limit returns how many records the step takes on.
func (p *storedProgress) limit(t *turn) int {
	limit := p.Limit
	if limit == 0 {
		limit = stepSize
	}
	return t.Share(limit)
}

// tooMuchError says that a step does not fit into one commit, and what would.
type tooMuchError struct{ limit int }

// Error says so.
func (e *tooMuchError) Error() string { return "too much for one step" }

// seeThrough runs the steps of a task, each in a commit of its own, until it is done.
func (s scope) seeThrough(ctx context.Context, task Task, subject Resource) (last Progress, err error) {
	// In a commit of its own: the first step may be what cannot be done.
	err = s.do(ctx, func(t *turn) error { return t.resume(ctx, task, subject) })
	if err != nil {
		return last, err
	}
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
			err = t.advance(ctx, p)
			next = p.Progress
			return err
		})
		if err != nil {
			return last, err
		}
		if last = next; last.State == StateDone {
			return last, nil
		}
	}
}

// jobTask is the type of the jobs that see to tasks whose call was interrupted.
const jobTask = "task.step"

// taskGrace is for how long a task is left to the call that was last seen at it.
const taskGrace = 10 * time.Second

// taskStep is the data of a jobTask.
type taskStep struct {
	Task    Task     `json:"task"`
	Subject Resource `json:"subject"`
	// Seen is Progress.UpdatedDate as the job last saw it, or made it.
	Seen time.Time `json:"seen,omitzero"`
}

// registerTasks says how the jobs of tasks are done: one step after another, while nobody
// else is at them. A task that is done needs none.
func (c *core) registerTasks() {
	c.jobs.Within(jobTask, within(c, func(ctx context.Context, t *turn, d *taskStep) (again time.Time, err error) {
		p, err := progresses.Get(ctx, t.Work, progressID(d.Task, d.Subject))
		if err != nil || p == nil || p.State == StateDone {
			return time.Time{}, err
		}
		// Has somebody been at it since the last look, and lately? If that was in the
		// future, the clock was put back, and the next look tells whether he still is.
		since := max(t.now.Sub(p.UpdatedDate), 0)
		if !p.UpdatedDate.Equal(d.Seen) && since < taskGrace {
			d.Seen = p.UpdatedDate
			return t.now.Add(taskGrace - since), nil
		}
		t.actor = p.Actor
		if err := t.advance(ctx, p); err != nil || p.State == StateDone {
			return time.Time{}, err
		}
		d.Seen = p.UpdatedDate
		return atOnce, nil
	}))
}

// eraseStep removes some of what was recorded under a deleted schema. What is removed
// is no longer found, so every step begins at the beginning.
func (t *turn) eraseStep(ctx context.Context, p *storedProgress) error {
	all := schemaTerm(p.Subject.ID).String()
	recorded, _, err := interactions.Find(ctx, t.Work, store.Query{Index: bySchemaReceived, Prefix: all, Limit: p.limit(t)})
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
	rejected, more, err := quarantine.Find(ctx, t.Work, store.Query{Index: bySchemaReceived, Prefix: all, Limit: p.limit(t)})
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
	s, err := t.schema(ctx, p.Subject.ID)
	if err != nil {
		return err
	}
	return t.emitSchema(EventSchemaErased, s)
}
