package jobs

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// enter puts a job at the end of its lane, if it names one. The caller writes it.
func enter(ctx context.Context, w *work.Work, r *record) error {
	if r.Lane == "" {
		return nil
	}
	guard, err := laneTable.Get(ctx, w, r.Lane)
	if err != nil {
		return err
	}
	if guard == nil {
		guard = &lane{Name: r.Lane}
	}
	r.Behind = guard.Count > 0
	guard.Count++
	guard.Turn++
	r.Turn = guard.Turn
	return laneTable.Put(w, guard)
}

// leave takes a job out of its lane, if it stands in one. If it was the head, the
// next one takes its place. The caller writes or deletes it.
func (q *Jobs) leave(ctx context.Context, w *work.Work, r *record) error {
	if r.Turn == 0 {
		return nil
	}
	guard, err := laneTable.Get(ctx, w, r.Lane)
	if err != nil {
		return err
	}
	if guard == nil {
		return errors.New("jobs: a lane with jobs has no guard") // not by this package
	}
	if !r.Behind {
		if err := q.advance(ctx, w, r); err != nil {
			return err
		}
	}
	r.Turn, r.Behind = 0, false
	guard.Count--
	if guard.Count > 0 {
		return laneTable.Put(w, guard)
	}
	return laneTable.Delete(w, guard)
}

// advance makes the one behind the head the head. The guard was read before: nobody
// joins or leaves the lane meanwhile.
func (q *Jobs) advance(ctx context.Context, w *work.Work, head *record) error {
	first, _, err := jobTable.Find(ctx, w, store.Query{
		Index: byLane, Prefix: store.Tuple{}.Text(head.Lane).String(), Limit: 2,
	})
	if err != nil {
		return err
	}
	for _, next := range first {
		if next.ID != head.ID {
			next.Behind = false
			q.tell(w, next)
			return jobTable.Put(w, next)
		}
	}
	return nil
}

// remove ends a job for good.
func (q *Jobs) remove(ctx context.Context, w *work.Work, r *record) error {
	if err := q.leave(ctx, w, r); err != nil {
		return err
	}
	return jobTable.Delete(w, r)
}
