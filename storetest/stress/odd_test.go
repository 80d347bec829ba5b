package stress

import (
	"context"
	"errors"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// oddStores do nothing that the contract forbids.
func oddStores() []faultyStore {
	return []faultyStore{
		{name: "nothing odd", data: func() *data { return &data{} }},
		{name: "short pages", data: func() *data {
			return &data{
				find: func(ctx context.Context, s *faulty, q store.Query) (store.Page, error) {
					if q.Limit == 0 || q.Limit > 1 && q.Limit <= store.MaxLimit {
						q.Limit = 1
					}
					return s.Store.Find(ctx, q)
				},
				events: func(ctx context.Context, s *faulty, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Store.Events(ctx, tenant, after, limit)
					return events[:min(len(events), 1)], err
				},
			}
		}},
		{name: "commits of unknown outcome", data: unsure},
	}
}

// unsure is a store that does not know how every third commit ends: it is
// applied at once, or before the next commit, or never if that comes through
// another handle after this one was closed, or changes what it expects.
func unsure() *data {
	var mu sync.Mutex
	var calls int
	var waiting func()
	return &data{commit: func(ctx context.Context, s *faulty, b store.Batch) error {
		mu.Lock()
		defer mu.Unlock()
		if waiting != nil {
			waiting()
			waiting = nil
		}
		calls++
		if calls%3 != 0 || ctx.Err() != nil {
			return s.Store.Commit(ctx, b)
		}
		if calls%2 == 0 {
			if err := s.Store.Commit(ctx, b); err != nil {
				return err
			}
		} else {
			if err := s.Store.Commit(ctx, invalidated(b)); !errors.Is(err, store.ErrConflict) {
				return err // it would be refused in any case
			}
			late := copyBatch(b)
			waiting = func() { _ = s.Store.Commit(context.WithoutCancel(ctx), late) }
		}
		return errors.Join(store.ErrUnknownOutcome, ctx.Err())
	}}
}

// invalidated returns a batch that is as valid as b, and in conflict.
func invalidated(b store.Batch) store.Batch {
	b = copyBatch(b)
	for i, put := range b.Puts {
		if brokenTerm("", string(put.Version)) == "" {
			b.Puts[i].Version = "never"
		}
	}
	for i, del := range b.Deletes {
		if brokenText("", string(del.Version)) == "" {
			b.Deletes[i].Version = "never"
		}
	}
	return b
}
