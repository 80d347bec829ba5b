package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/engage-interactions/engage/internal/bell"
	"github.com/engage-interactions/engage/internal/lease"
	"github.com/engage-interactions/engage/internal/work"
)

// farewell is how long those who do not wait for the store to come back, or stop, go on
// trying to reach it.
const farewell = 10 * time.Second

// outlast returns a context that ends a farewell after ctx.
func (q *Jobs) outlast(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, end := context.WithCancel(context.WithoutCancel(ctx))
	forget := context.AfterFunc(ctx, func() {
		_ = bell.Wait(longer, nil, farewell)
		end()
	})
	return longer, func() { forget(); end() }
}

// deliver settles an attempt. As long as the store cannot take the answer, it tries
// again: without end if it is patient and ctx lasts, else for a farewell, from when the
// store has failed or ctx has ended. What is not settled by then is owed.
func (q *Jobs) deliver(ctx context.Context, a *attempt, got answer, patient bool) error {
	whole, cancel := q.outlast(ctx)
	defer cancel()
	end := time.AfterFunc(ages, cancel)
	defer end.Stop()
	for n := 0; ; n++ {
		err := q.settle(whole, a, got)
		if err == nil || !untaken(err) && whole.Err() == nil {
			return err
		}
		q.opts.Logger.WarnContext(ctx, "the answer of an attempt could not be settled", slog.String("job", a.job.ID),
			slog.String("type", a.job.Type), slog.Any("error", err))
		if n == 0 && !patient {
			end.Reset(farewell)
		}
		if patient && ctx.Err() == nil {
			_ = bell.Wait(ctx, nil, pause(n)) // if it ends, that is no reason to drop the answer
		} else {
			_ = bell.Wait(whole, nil, soon(n))
		}
		if whole.Err() != nil {
			q.owe(a, got)
			return err
		}
	}
}

// pause is how long to wait for the store before the n-th new try, n = 0, 1, ….
func pause(n int) time.Duration {
	return min(100*time.Millisecond<<min(n, 10), 30*time.Second)
}

// settle takes the answer of an attempt in one commit.
func (q *Jobs) settle(ctx context.Context, a *attempt, got answer) error {
	ctx, cancel := context.WithTimeout(ctx, q.opts.storeTime())
	defer cancel()
	return q.commit(ctx, func(w *work.Work, mute error) error {
		r, err := get(ctx, w, a.job.ID)
		if err != nil {
			return err
		}
		a := a
		if r != nil && errors.Is(got.err, errUnclaimed) { // it did not see what it claimed
			a = &attempt{id: a.id, job: r.Job, handler: a.handler}
		}
		o := q.judge(a, got)
		switch {
		case r.begun(a.id) && r.Known && o.State != Done:
			return q.remove(ctx, w, r) // the domain knows of the success
		case r.begun(a.id):
			if notBegun(got.err) {
				r.Attempts--
			}
			if errors.Is(got.err, errStopped) || errors.Is(got.err, errOutdated) {
				o.still = r.Error // it says nothing new
			}
			return q.conclude(ctx, w, a.handler, r, a.job, o, mute)
		case o.State == Done:
			o.Late = true
			return q.conclude(ctx, w, a.handler, r, a.job, o, mute)
		case r != nil && r.State == Uncertain && r.Last == a.id && !unknown(got.err):
			o.Late = true
			if notBegun(got.err) {
				r.Attempts--
			}
			return q.conclude(ctx, w, a.handler, r, a.job, o, mute)
		case r != nil && r.State == Pending && errors.Is(got.err, errUnclaimed):
			return jobTable.Put(w, r) // as it is: a claim that is still on its way cannot land any more
		}
		return nil // a failure of the past
	})
}

// judge returns what an answer means.
func (q *Jobs) judge(a *attempt, got answer) Outcome {
	now, policy := q.now(), q.policyOf(a.handler)
	switch {
	case errors.Is(got.err, errStopped):
		return Outcome{State: Pending, NotBegun: true, When: a.job.Due} // nothing has happened
	case errors.Is(got.err, errOutdated): // the next claim decides what becomes of it
		return Outcome{State: Pending, NotBegun: true, When: now}
	case notBegun(got.err): // if the next is as slow, it must not follow at once
		return Outcome{State: Pending, NotBegun: true, Err: got.err, When: now.Add(max(policy.wait(a.job.Attempts), time.Second))}
	}
	idempotent := false
	if err := calm(func() error { idempotent = a.handler.idempotent(a.job); return nil }); err != nil {
		idempotent = false // the careful way
	}
	o := policy.judge(a.job.Attempts, idempotent, got.value, got.err, now)
	if o.State == Pending && errors.Is(got.err, errLost) {
		o.When = now // it has waited for the lease to end
	}
	return o
}

// commit runs a work that asks a handler what else to write. If that is what keeps it
// from being committed, it runs once more, without: mute is then the reason.
func (q *Jobs) commit(ctx context.Context, decide func(w *work.Work, mute error) error) error {
	err := q.runner.Do(ctx, func(w *work.Work) error { return decide(w, nil) })
	if err == nil || passes(err) || mendless(err) || ctx.Err() != nil {
		return err
	}
	return q.runner.Do(ctx, func(w *work.Work) error { return decide(w, err) })
}

// conclude writes what an outcome means: for the domain, which the handler knows,
// and for the job r, which is nil if it is gone. The handler gets the job as it was.
func (q *Jobs) conclude(ctx context.Context, w *work.Work, h handler, r *record, was Job, o Outcome, mute error) error {
	refused := mute
	if mute == nil {
		var err error
		refused, err = part(ctx, w, func() error { return h.settle(ctx, w, was, o) })
		if err != nil {
			return err
		}
	}
	if refused != nil {
		q.opts.Logger.ErrorContext(ctx, "the outcome of a job could not be settled by its handler",
			slog.String("job", was.ID), slog.String("type", was.Type), slog.String("outcome", string(o.State)), slog.Any("error", refused))
		if o.State == Done {
			o = Outcome{State: Uncertain, Late: o.Late, Err: fmt.Errorf("it was done, and could not be settled: %w", refused)}
		} else {
			o.Err = errors.Join(o.Err, refused)
		}
	}
	if r == nil {
		return nil
	}
	now, err := get(ctx, w, r.ID) // the handler may have changed its lane
	if err != nil || now == nil {
		return err
	}
	now.Attempts = r.Attempts
	if o.Late && now.State == Running { // another attempt is under way: its end is the job's
		now.Known = now.Known || o.State == Done
		now.Error = say(o.Err)
		return jobTable.Put(w, now)
	}
	return q.write(ctx, w, now, o)
}

// write writes what an outcome means for the job.
func (q *Jobs) write(ctx context.Context, w *work.Work, r *record, o Outcome) error {
	r.Lease = lease.Lease{}
	r.Over, r.Taken, r.Known = time.Time{}, time.Time{}, false
	r.State, r.Error, r.Updated = o.State, cmp.Or(say(o.Err), o.still), q.now()
	switch o.State {
	case Done:
		return q.remove(ctx, w, r)
	case Failed:
		r.Due = moment(o.When) // zero: never
		if err := q.leave(ctx, w, r); err != nil {
			return err
		}
	case Pending:
		r.Due = moment(o.When)
		q.tell(w, r)
	case Uncertain: // it keeps its place, and those behind it wait
		r.Due = time.Time{}
	case Running: // no outcome
	}
	return jobTable.Put(w, r)
}
