package jobs

import (
	"context"
	"fmt"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// Get returns a job, or ErrNotFound.
func (q *Jobs) Get(ctx context.Context, w *work.Work, id string) (Job, error) {
	r, err := need(ctx, w, id)
	if err != nil {
		return Job{}, err
	}
	return r.Job, nil
}

func need(ctx context.Context, w *work.Work, id string) (*record, error) {
	r, err := get(ctx, w, id)
	if err == nil && r == nil {
		err = fmt.Errorf("%w: %s", ErrNotFound, id)
	}
	return r, err
}

// List returns one page of the jobs of a type and in a state, each of any if it is empty,
// and the cursor of the next page. They come in the order of their IDs; those of a type in
// any state by state, and within each in that order. No job is read that is not on the page.
// A limit of 0 is store.DefaultLimit, and store.MaxLimit is the most.
func (q *Jobs) List(ctx context.Context, w *work.Work, typ string, state State, limit int, cursor string) (page []Job, next string, err error) {
	query := store.Query{Limit: limit, Cursor: cursor}
	switch of := (store.Tuple{}).Text(typ); {
	case typ != "" && state != "":
		query.Index, query.Prefix = byType, of.Text(string(state)).String()
	case typ != "":
		query.Index, query.Prefix = byType, of.String()
	case state != "":
		query.Index, query.Prefix = byState, string(state)
	}
	found, next, err := jobTable.Find(ctx, w, query)
	if err != nil {
		return nil, "", err
	}
	page = make([]Job, len(found))
	for i, r := range found {
		page[i] = r.Job
	}
	return page, next, nil
}

// Retry makes a job that is pending, uncertain or failed due now, with all its tries
// before it. One that failed goes to the end of its lane; the others keep their place,
// and those that stand behind others wait for them still. It gives ErrNotFound, and a
// [*StateError] while an attempt is under way.
func (q *Jobs) Retry(ctx context.Context, w *work.Work, id string) error {
	r, err := need(ctx, w, id)
	if err != nil {
		return err
	}
	if r.State == Running {
		return &StateError{ID: id, State: r.State, Act: "retry"}
	}
	if r.Turn == 0 {
		if err := enter(ctx, w, r); err != nil {
			return err
		}
	}
	r.Attempts = 0
	return q.write(ctx, w, r, Outcome{State: Pending})
}

// Hasten makes those of some jobs that are pending due now, whatever time they wait for,
// with the tries that they have left. All are read at once; those that are gone, or in
// another state, stay as they are.
func (q *Jobs) Hasten(ctx context.Context, w *work.Work, ids ...string) error {
	found, err := jobTable.All(ctx, w, ids...)
	if err != nil {
		return err
	}
	for _, r := range found {
		if r == nil || r.State != Pending {
			continue
		}
		if err := q.write(ctx, w, r, Outcome{State: Pending, still: r.Error}); err != nil {
			return err
		}
	}
	return nil
}

// Settle says what became of a job, as a person or a report of the world outside
// knows it, and lets the handler write what that means. Any job can be said to be
// done; an attempt under way goes on, but is the last. A job that is pending or
// uncertain can also be said to have failed, or to be tried again at o.When,
// at once if that is zero.
//
// It gives ErrNotFound, a [*StateError], ErrInvalid for an outcome that is none, the
// handler's own error, and ErrNotHere if the job's type has no handler in this
// process. A job that has no effect outside cannot be settled by hand: ErrInvalid.
func (q *Jobs) Settle(ctx context.Context, w *work.Work, id string, o Outcome) error {
	r, err := need(ctx, w, id)
	if err != nil {
		return err
	}
	h := q.handlers[r.Type]
	switch {
	case !h.known():
		return fmt.Errorf("%w: type %q has no handler", ErrNotHere, r.Type)
	case h.outside == nil:
		return fmt.Errorf("%w: job %s has no effect outside", ErrInvalid, id)
	case o.State != Done && o.State != Failed && o.State != Pending:
		return fmt.Errorf("%w: %q is no outcome to settle job %s with", ErrInvalid, o.State, id)
	case o.State != Done && r.State != Pending && r.State != Uncertain:
		return &StateError{ID: id, State: r.State, Act: "settle"}
	}
	return w.Part(func() error {
		if h.outside.Settle != nil {
			if err := h.outside.Settle(ctx, w, r.Job, o); err != nil {
				return err
			}
		}
		r, err := get(ctx, w, id)
		if err != nil || r == nil {
			return err
		}
		if r.State == Running {
			r.Known, r.Updated = true, q.now()
			return jobTable.Put(w, r)
		}
		return q.write(ctx, w, r, o)
	})
}

// Cancel removes a job, wherever it stands in its lane. It gives ErrNotFound, and a
// [*StateError] while an attempt is under way.
func (q *Jobs) Cancel(ctx context.Context, w *work.Work, id string) error {
	r, err := need(ctx, w, id)
	if err != nil {
		return err
	}
	if r.State == Running {
		return &StateError{ID: id, State: r.State, Act: "cancel"}
	}
	return q.remove(ctx, w, r)
}
