package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// errLost says that an attempt's lease is over, and nobody has settled it.
var errLost = fmt.Errorf("%w: its process died, or could not reach the store", ErrNoAnswer)

// errNotBegun says that an attempt was claimed, and Do not called.
var errNotBegun = errors.New("the attempt was not begun: when its claim was committed, the time that its lease leaves it was over")

// errStopped says the same of an attempt whose process was told to stop meanwhile.
var errStopped = errors.New("the attempt was not begun: the process stops")

// errUnclaimed says the same of an attempt that its process gave up before the store had
// said whether it was claimed: so that it will not begin is certain.
var errUnclaimed = errors.New("the attempt was not begun: the store did not say in time whether it was claimed")

// errUnprepared says the same of an attempt for which the store did not say in time what
// it needs.
var errUnprepared = errors.New("the attempt was not begun: the store did not give what it needs")

// errOutdated says the same of an attempt whose handler found that it must not begin any more.
var errOutdated = errors.New("the attempt was not begun: things have changed since it was claimed")

// notBegun reports whether an attempt says that it was claimed, or may have been, and Do
// not called.
func notBegun(err error) bool {
	return errors.Is(err, errNotBegun) || errors.Is(err, errStopped) || errors.Is(err, errUnclaimed) || errors.Is(err, errUnprepared) ||
		errors.Is(err, errOutdated)
}

// attempt is one attempt at a job with an effect outside.
type attempt struct {
	id      string
	job     Job // as it was claimed
	handler handler
}

// answer is what an attempt came to.
type answer struct {
	value any
	err   error
}

// doOutside claims a job, does it, and settles it. It reports whether there was
// anything to do. The error is the store's.
func (q *Jobs) doOutside(ctx context.Context, id string, of sort, h handler, patient bool) (did bool, err error) {
	attemptID := q.runner.NewID()
	a, t, doubt, err := q.claim(ctx, id, of, attemptID, h)
	switch {
	case doubt && (err != nil || a == nil && t.lost == nil):
		return t.did, q.deliver(ctx, &attempt{id: attemptID, job: Job{ID: id}, handler: h}, answer{err: errUnclaimed}, patient)
	case a == nil || err != nil:
		return q.afterwards(ctx, id, h, t, err)
	}
	return true, q.deliver(ctx, a, q.try(ctx, a), patient)
}

// claim begins an attempt, if the job can be done now. It is not cut short when ctx
// ends: nobody could tell then whether the attempt has begun. If nobody can, all the same,
// there is doubt.
func (q *Jobs) claim(ctx context.Context, id string, of sort, attemptID string, h handler) (a *attempt, t turn, doubt bool, err error) {
	whole, cancel := q.outlast(ctx)
	defer cancel()
	whole, cancel = context.WithTimeout(whole, q.opts.storeTime())
	defer cancel()
	for n := 1; ; n++ {
		err = q.runner.Do(whole, func(w *work.Work) error {
			a, t = nil, turn{}
			r, err := get(whole, w, id)
			if err != nil {
				return err
			}
			if r.begun(attemptID) { // by the try before, whose answer was lost
				a = &attempt{id: attemptID, job: r.Job, handler: h}
				return nil
			}
			if r, err = t.begin(whole, w, q, id, of); err != nil || r == nil {
				return err
			}
			a, err = q.lend(whole, w, r, h, attemptID, &t)
			return err
		})
		doubt = doubt || errors.Is(err, store.ErrUnknownOutcome)
		if err == nil || !passes(err) || n == claimTries {
			return a, t, doubt, err
		}
	}
}

// claimTries is how often a claim is tried when the store gives no clear answer.
const claimTries = 3

// lend asks the handler, and gives the job to the attempt if it agrees.
func (q *Jobs) lend(ctx context.Context, w *work.Work, r *record, h handler, attemptID string, t *turn) (a *attempt, err error) {
	j, verdict := r.Job, Go()
	if h.outside.Claim != nil {
		t.refused, err = part(ctx, w, func() (err error) {
			verdict, err = h.outside.Claim(ctx, w, &j)
			return err
		})
		if err := cmp.Or(err, t.refused); err != nil {
			return nil, err
		}
		if r, err = get(ctx, w, r.ID); err != nil || r == nil {
			return nil, err
		}
	}
	now := q.now()
	switch r.Data = j.Data; {
	case verdict.end:
		return nil, q.remove(ctx, w, r)
	case verdict.fail != nil:
		return nil, q.conclude(ctx, w, h, r, r.Job, Outcome{State: Failed, Err: verdict.fail}, nil)
	case !verdict.wait.IsZero():
		soonest := now.Add(q.opts.Poll) // it would be asked again and again
		if verdict.wait.After(soonest) {
			soonest = verdict.wait
		}
		return nil, q.write(ctx, w, r, Outcome{State: Pending, When: moment(soonest)})
	}
	if r.Attempts == 0 {
		r.Error = "" // if somebody could not do it, that is over
	}
	r.State, r.Updated, r.Taken, r.Last = Running, now, now, attemptID
	r.Attempts++
	r.Lease = q.lease.Take(attemptID, now)
	r.Over = q.lease.Free(r.Lease)
	return &attempt{id: attemptID, job: r.Job, handler: h}, jobTable.Put(w, r)
}

// try does the job of an attempt, and returns its answer. An attempt that has begun is
// not cut short when ctx ends: nobody could tell then what it has done. It waits until
// shortly after the attempt's deadline; an answer that comes still later is settled then.
func (q *Jobs) try(ctx context.Context, a *attempt) answer {
	do, err := q.prepare(ctx, a)
	left := min(q.opts.Timeout, q.lease.Left(a.job.Lease, q.now()))
	switch {
	case ctx.Err() != nil:
		return answer{err: errStopped}
	case err != nil:
		return answer{err: err}
	case left <= 0:
		return answer{err: errNotBegun}
	}
	// A Do that returns because its context ends is still heard.
	patience := time.NewTimer(left + min(q.opts.Lease/20, 2*time.Second))
	defer patience.Stop()
	var decided atomic.Bool // by who comes first: the answer, or the end of patience
	answered := make(chan answer, 1)
	go func() {
		timed, cancel := context.WithTimeout(context.WithoutCancel(ctx), left)
		defer cancel()
		got := heard(timed, do)
		if decided.CompareAndSwap(false, true) {
			answered <- got
			return
		}
		q.late(ctx, a, got)
	}()
	select {
	case got := <-answered:
		return got
	case <-patience.C:
	}
	if decided.CompareAndSwap(false, true) {
		return answer{err: fmt.Errorf("%w in %v", ErrNoAnswer, left)}
	}
	return <-answered
}

// prepare returns what does the job of an attempt. What it reads for that takes nothing of
// the attempt's own time, and is cut short when ctx ends: nothing has been done by then.
func (q *Jobs) prepare(ctx context.Context, a *attempt) (do func(context.Context) (any, error), err error) {
	h := a.handler.outside
	if h.Prepare == nil {
		return func(ctx context.Context) (any, error) { return h.Do(ctx, a.job) }, nil
	}
	left := q.lease.Left(a.job.Lease, q.now())
	if left <= 0 {
		return nil, errNotBegun
	}
	timed, cancel := context.WithTimeout(ctx, min(q.opts.storeTime(), left))
	defer cancel()
	err = calm(func() (err error) { do, err = h.Prepare(timed, a.job); return err })
	switch {
	case err == nil:
		return do, nil
	case errors.Is(err, errOutdated):
		return nil, err
	case passes(err) || mendless(err) || timed.Err() != nil:
		return nil, fmt.Errorf("%w: %w", errUnprepared, err)
	}
	return nil, NotDone(err)
}

// heard calls what does a job, and answers whatever it does: return, panic, or end its
// goroutine.
func heard(ctx context.Context, do func(context.Context) (any, error)) (got answer) {
	done := make(chan answer, 1)
	go func() {
		got := answer{err: fmt.Errorf("%w: it ended its goroutine", ErrNoAnswer)}
		defer func() { done <- got }()
		got.err = calm(func() (err error) {
			got.value, err = do(ctx)
			return err
		})
	}()
	return <-done
}

// late settles an answer that nobody waits for any more, if it says anything.
func (q *Jobs) late(ctx context.Context, a *attempt, got answer) {
	if got.err != nil && unknown(got.err) {
		return
	}
	ctx = context.WithoutCancel(ctx) // it may come after Run has ended
	if err := q.deliver(ctx, a, got, false); err != nil {
		q.opts.Logger.ErrorContext(ctx, "the late answer of an attempt is not settled", slog.String("job", a.job.ID),
			slog.String("type", a.job.Type), slog.Any("error", err))
	}
	q.Wake()
}
