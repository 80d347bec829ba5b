package engage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// What happens by itself when its time has come. Each is a job that looks whether it is
// still wanted: nobody needs to take it back when it is not. One that has failed looks
// again every day, so that nothing rests for ever, and no failed job stays once what it
// was for has happened otherwise.

const (
	jobFallDue = "intervention.fall_due" // a deferred intervention is reactivated
	jobTimeOut = "thread.time_out"       // a silent thread is closed
	jobRetime  = "source.retime"         // the threads of a source may close earlier than it said
)

type fallDue struct {
	InterventionID string    `json:"intervention_id"`
	DeferredAt     time.Time `json:"deferred_at"` // one that was deferred anew has another job
}

type timeOut struct {
	ThreadID string    `json:"thread_id"`
	CheckAt  time.Time `json:"check_at"` // one whose check was moved has another job
}

type retime struct {
	SourceID string `json:"source_id"`
	Cursor   string `json:"cursor,omitempty"` // behind the thread that was looked at last
}

// later adds a job that falls due at a time, or at once if that is zero.
func (t *turn) later(ctx context.Context, typ string, at time.Time, data any) (jobID string, err error) {
	return t.add(ctx, jobs.Job{Type: typ, Due: at}, data)
}

func (c *core) registerTimers() {
	c.jobs.Within(jobFallDue, within(c, func(ctx context.Context, t *turn, d *fallDue) (time.Time, error) {
		i, err := t.intervention(ctx, d.InterventionID)
		if err != nil {
			return time.Time{}, err
		}
		if i.Status != interaction.InterventionDeferred || !i.DeferredAt.Equal(d.DeferredAt) {
			return time.Time{}, nil
		}
		k, err := t.talkOf(ctx, d.InterventionID)
		if err != nil {
			return time.Time{}, err
		}
		err = t.apply(ctx, k, interaction.InterventionFallsDue, interaction.Change{}, interaction.InterventionFacts{})
		if err != nil {
			return time.Time{}, err
		}
		return time.Time{}, t.keep(ctx, k)
	}))
	c.jobs.Within(jobTimeOut, within(c, func(ctx context.Context, t *turn, d *timeOut) (time.Time, error) {
		thread, err := t.thread(ctx, d.ThreadID)
		if err != nil {
			return time.Time{}, err
		}
		if !thread.TimeOutCheckAt.Equal(d.CheckAt) {
			return time.Time{}, nil
		}
		source, err := t.source(ctx, thread.SourceID)
		if err != nil {
			return time.Time{}, err
		}
		thread.TimeOutCheckAt = time.Time{}
		at, ever := thread.ClosesAt(*source)
		if thread.Status == interaction.ThreadOpen && !thread.Occupied() && ever && at.After(t.now) {
			thread.TimeOutCheckAt, d.CheckAt = at, at
			return at, threads.Put(t.Work, thread)
		}
		closed, events, err := thread.TimeOut(*source, t.now)
		if err != nil { // who ends the last intervention, reopens the thread, or updates the source sees to it
			return time.Time{}, threads.Put(t.Work, thread)
		}
		for _, typ := range events {
			if err := t.tellThread(EventType(typ), &closed); err != nil {
				return time.Time{}, err
			}
		}
		if err := errors.Join(t.follows(ctx, &closed), threads.Put(t.Work, &closed)); err != nil {
			return time.Time{}, err
		}
		return time.Time{}, t.closeChannelOf(ctx, &closed)
	}))
	c.jobs.Within(jobRetime, within(c, func(ctx context.Context, t *turn, d *retime) (time.Time, error) {
		source, err := t.source(ctx, d.SourceID)
		if err != nil {
			return time.Time{}, err
		}
		// Threads that are new, or said something in meanwhile, have read the source as it
		// is, and go to the end of this order.
		open, next, err := threads.Find(ctx, t.Work, store.Query{
			Index: bySourceStatusActive, Prefix: sourceTerm(source.ID).Text(string(interaction.ThreadOpen)).String(),
			Limit: t.Share(stepSize), Cursor: d.Cursor,
		})
		if err != nil {
			return time.Time{}, err
		}
		for _, thread := range open {
			before := thread.TimeOutCheckAt
			if err := t.watch(ctx, source, thread); err != nil {
				return time.Time{}, err
			}
			if thread.TimeOutCheckAt.Equal(before) {
				continue
			}
			if err := threads.Put(t.Work, thread); err != nil {
				return time.Time{}, err
			}
		}
		if next == "" {
			return time.Time{}, nil
		}
		d.Cursor = next
		return atOnce, nil
	}))
}

// retime sees to it that the silent threads of a source which was updated close when it
// says now. If that is later than before, the jobs that look at them find it out.
func (t *turn) retime(ctx context.Context, before, after *interaction.Source) error {
	was, ever := before.ClosesAt(t.now)
	is, does := after.ClosesAt(t.now)
	if !does || ever && !is.Before(was) {
		return nil
	}
	_, err := t.later(ctx, jobRetime, time.Time{}, retime{SourceID: after.ID})
	return err
}

// atOnce is a time that has always come, for jobs that have more to do.
var atOnce = time.Unix(0, 0)

// reviveAfter is after how long a job that has failed for good is tried once more.
const reviveAfter = 24 * time.Hour

// within is how a job is done that has data of one type, and no effect outside of the
// store.
func within[T any](c *core, do func(ctx context.Context, t *turn, data *T) (again time.Time, err error)) jobs.Within {
	return jobs.Within{
		Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
			var data T
			if err := json.Unmarshal(j.Data, &data); err != nil {
				return time.Time{}, fmt.Errorf("job %s: %w", j.ID, err)
			}
			var again time.Time
			err := c.system(w).whole(ctx, func(t *turn) (err error) {
				again, err = do(ctx, t, &data)
				return err
			})
			if err != nil || again.IsZero() {
				return again, err
			}
			j.Data, err = json.Marshal(data)
			return again, err
		},
		Failed: c.jobFailed,
		Revive: reviveAfter,
	}
}

// jobFailed tells of a job that has failed for good.
func (c *core) jobFailed(ctx context.Context, w *work.Work, j jobs.Job, err error) error {
	return errors.Join(ctx.Err(), c.system(w).emit(EventJobFailed, Resource{Type: ResourceJob, ID: j.ID}, JobEvent{
		JobType: j.Type, Attempts: j.Attempts, Error: brieflyOf(err),
	}))
}
