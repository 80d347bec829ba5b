package jobs

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// doWithin does a job in the commit that ends it. It reports whether there was
// anything to do. The error is the store's.
func (q *Jobs) doWithin(ctx context.Context, id string, of sort, h handler) (did bool, err error) {
	timed, cancel := context.WithTimeout(ctx, q.opts.storeTime())
	defer cancel()
	var t turn
	err = q.runner.Do(timed, func(w *work.Work) error {
		t = turn{}
		r, err := t.begin(timed, w, q, id, of)
		if err != nil || r == nil {
			return err
		}
		j, again := r.Job, time.Time{}
		t.refused, err = part(timed, w, func() (err error) {
			again, err = h.within.Do(timed, w, &j)
			return err
		})
		if err := cmp.Or(err, t.refused); err != nil {
			return err
		}
		r, err = get(timed, w, id) // the handler may have changed its lane
		switch {
		case err != nil || r == nil: // or canceled it
			return err
		case again.IsZero():
			return q.remove(timed, w, r)
		}
		if r.State == Failed { // and has left its lane
			if err := enter(timed, w, r); err != nil {
				return err
			}
		}
		r.Data, r.Attempts = j.Data, 0
		if now := q.now(); !again.After(now) {
			again = time.Time{} // whatever the clock says by then
			r.Since = now       // it has had its turn, and stands behind those that have waited
		}
		return q.write(timed, w, r, Outcome{State: Pending, When: again})
	})
	return q.afterwards(ctx, id, h, t, err)
}

// turn is one look at a job that is ripe, and what came of it.
type turn struct {
	did     bool          // there was something to do
	seen    store.Version // of the job
	lost    *Job          // with an attempt that gave no answer
	refused error         // by the handler
}

// begin reads a job, and returns it if it can be done now, and is still of the sort that it
// was found as: a lost attempt that another process has settled meanwhile may have left a
// job of a class that cannot be done here.
func (t *turn) begin(ctx context.Context, w *work.Work, q *Jobs, id string, of sort) (*record, error) {
	seen, _, err := jobTable.Peek(ctx, w, id)
	if err != nil {
		return nil, err
	}
	r, err := get(ctx, w, id)
	if err != nil || r == nil || r.sort() != of || !r.ripe(q.now()) && !q.suspects.lost(r) {
		return nil, err
	}
	t.did, t.seen = true, seen
	if r.State == Running {
		t.lost = &r.Job
		return nil, nil
	}
	return r, nil
}

// afterwards does what a turn left to do in a commit of its own: it settles an attempt
// that was lost, and records a refusal.
func (q *Jobs) afterwards(ctx context.Context, id string, h handler, t turn, err error) (did bool, _ error) {
	refused := t.refused
	switch {
	case err == nil && t.lost != nil:
		a := &attempt{id: t.lost.Lease.Holder, job: *t.lost, handler: h}
		whole, cancel := q.outlast(ctx)
		defer cancel()
		return true, q.settle(whole, a, answer{err: errLost})
	case err == nil:
		return t.did, nil
	case refused != nil && errors.Is(err, refused): // as the handler saw it
	case ctx.Err() != nil, passes(err), mendless(err), !t.did: // the store's, or nothing was begun
		return t.did, err
	default: // what it wrote cannot be committed, or it took too long
		refused = err
	}
	if ctx.Err() != nil {
		return t.did, ctx.Err() // no wonder
	}
	return t.did, q.refuse(ctx, id, h, t.seen, refused)
}

// refuse records that a job could not be done, unless somebody has changed it.
func (q *Jobs) refuse(ctx context.Context, id string, h handler, seen store.Version, cause error) error {
	return q.commit(ctx, func(w *work.Work, mute error) error {
		version, _, err := jobTable.Peek(ctx, w, id)
		if err != nil || version != seen {
			return err
		}
		r, err := get(ctx, w, id)
		if err != nil {
			return err
		}
		r.Attempts++
		// Nothing has left the store: whatever the error, there is no doubt.
		o := q.policyOf(h).judge(r.Attempts, true, nil, cause, q.now())
		if h.within != nil && h.within.Revive > 0 && (o.State == Failed || r.State == Failed) {
			o = Outcome{State: Failed, Err: cause, When: q.now().Add(h.within.Revive)}
		}
		return q.conclude(ctx, w, h, r, r.Job, o, mute)
	})
}
