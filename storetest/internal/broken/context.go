package broken

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

// arguments let pass in one method what the contract refuses in all.
func arguments() []Store {
	return []Store{
		inGet("arguments-invalid", "looks at the last of its keys only", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			if n := len(keys); n > 1 && errors.Is(err, store.ErrInvalid) && s.catalog.Keys(keys[n-1]) == nil {
				return make([]store.Record, n), nil
			}
			return records, err
		}),
		inFind("arguments-invalid", "finds nothing in an empty range, whatever else it is asked", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if q.To != "" && q.From > q.To && errors.Is(err, store.ErrInvalid) {
				return store.Page{}, nil
			}
			return page, err
		}),
		inEvents("arguments-invalid", "reads an empty log with any limit", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if errors.Is(err, store.ErrInvalid) {
				if all, err := s.Events(ctx, tenant, 0, 1); err == nil && len(all) == 0 {
					return nil, nil
				}
			}
			return events, err
		}),
		inTrim("arguments-invalid", "trims an empty log up to anywhere", func(ctx context.Context, s *inner, tenant string, upTo int64) error {
			err := s.Trim(ctx, tenant, upTo)
			if errors.Is(err, store.ErrInvalid) {
				if all, err := s.Events(ctx, tenant, 0, 1); err == nil && len(all) == 0 {
					return nil
				}
			}
			return err
		}),
	}
}

// contexts are about one that is done before the call, or ends during it.
func contexts() []Store {
	const did = " whatever the context says"
	return []Store{
		inPrepare("context-done", "prepares"+did, func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			return s.Prepare(context.WithoutCancel(ctx), kinds...)
		}),
		inGet("context-done", "gets"+did, func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			return s.Get(context.WithoutCancel(ctx), keys...)
		}),
		inGet("context-done", "gets no keys"+did, func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			if len(keys) == 0 {
				ctx = context.WithoutCancel(ctx)
			}
			return s.Get(ctx, keys...)
		}),
		inFind("context-done", "finds"+did, func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			return s.Find(context.WithoutCancel(ctx), q)
		}),
		inCommit("context-done", "replaces records"+did, func(ctx context.Context, s *inner, b store.Batch) error {
			if len(b.Puts) > 0 && b.Puts[0].Version != "" {
				ctx = context.WithoutCancel(ctx)
			}
			return s.Commit(ctx, b)
		}),
		// Of the effect alone: the answer is right.
		inCommit("context-done", "replaces records and says that the context was done", func(ctx context.Context, s *inner, b store.Batch) error {
			if err := ctx.Err(); err != nil && len(b.Puts) > 0 && b.Puts[0].Version != "" {
				_ = s.Commit(context.WithoutCancel(ctx), b)
				return err
			}
			return s.Commit(ctx, b)
		}),
		inEvents("context-done", "reads events"+did, func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			return s.Events(context.WithoutCancel(ctx), tenant, after, limit)
		}),
		inTrim("context-done", "trims"+did, func(ctx context.Context, s *inner, tenant string, upTo int64) error {
			return s.Trim(context.WithoutCancel(ctx), tenant, upTo)
		}),
		inGet("context-done", "says that it is unavailable when the context is done and there is nothing to get", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			if err := ctx.Err(); err != nil && len(keys) == 0 {
				return nil, errors.Join(store.ErrUnavailable, err)
			}
			return s.Get(ctx, keys...)
		}),

		inFind("context-during", "gives half a page when the context ends", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if err == nil && endsDuring(ctx) {
				page.Records = page.Records[:len(page.Records)/2]
			}
			return page, err
		}),
		inGet("context-during", "gives records that are absent when the context ends", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			if err == nil && endsDuring(ctx) {
				for i, key := range keys {
					records[i] = store.Record{Key: key}
				}
			}
			return records, err
		}),
		inEvents("context-during", "gives no events when the context ends", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if err == nil && endsDuring(ctx) {
				return nil, nil
			}
			return events, err
		}),
		inFind("context-during", "is closed for a caller whose context ends", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if err == nil && endsDuring(ctx) {
				return store.Page{}, store.ErrClosed
			}
			return page, err
		}),
		// A lock that nobody gives back: with each context that ends, one fewer
		// may read.
		faulty("context-during", "loses a reader with every context that ends", func() *methods {
			var lost atomic.Int64
			return &methods{get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
				if lost.Load() >= 2 {
					return nil, store.ErrUnavailable
				}
				records, err := s.Get(ctx, keys...)
				if err == nil && endsDuring(ctx) {
					lost.Add(1)
					return nil, ctx.Err()
				}
				return records, err
			}}
		}),

		inCommit("commit-context", "says that nothing happened when the context ended", func(ctx context.Context, s *inner, b store.Batch) error {
			if err := s.Commit(ctx, b); err != nil {
				return err
			}
			linger(20)
			return ctx.Err()
		}),
		inCommit("commit-context", "does not say that the context has ended when the outcome is unknown", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			linger(20)
			if err == nil && ctx.Err() != nil {
				return store.ErrUnknownOutcome
			}
			return err
		}),
		inCommit("commit-context", "says that all went well when it gave up", func(ctx context.Context, s *inner, b store.Batch) error {
			if ctx.Err() == nil && endsDuring(ctx) {
				return nil
			}
			return s.Commit(ctx, b)
		}),
	}
}

// endsDuring gives a context the time to end, and reports whether it has.
func endsDuring(ctx context.Context) bool {
	for range 20 {
		if ctx.Err() != nil {
			return true
		}
		linger(1)
	}
	return false
}

// contextsAfter hold on to a context after the call.
func contextsAfter() []Store {
	return []Store{
		faulty("context-after", "lets a cursor end with the context that it was read with", func() *methods {
			var cursors sync.Map
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				if given, ok := cursors.Load(q.Cursor); ok && q.Cursor != "" {
					if given, _ := given.(context.Context); given.Err() != nil {
						return store.Page{}, nil //nolint:nilerr // the fault: it was to be read with that
					}
				}
				page, err := s.Find(ctx, q)
				if page.Next != "" {
					cursors.Store(page.Next, ctx)
				}
				return page, err
			}}
		}),
	}
}
