package broken

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

// closes are about what Close waits for, leaves behind and says.
func closes() []Store {
	return []Store{
		faulty("close-waits", "lets commits go on behind Close", func() *methods {
			var closed sync.Map
			gone := func(s *inner) error {
				if _, ok := closed.Load(s); ok {
					return store.ErrClosed
				}
				return nil
			}
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					if err := gone(s); err != nil {
						return err
					}
					linger(10)
					return s.Commit(ctx, b)
				},
				// The memory store inside stays open; the others must not get at it.
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					if err := gone(s); err != nil {
						return err
					}
					return s.Prepare(ctx, kinds...)
				},
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					if err := gone(s); err != nil {
						return nil, err
					}
					return s.Get(ctx, keys...)
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					if err := gone(s); err != nil {
						return store.Page{}, err
					}
					return s.Find(ctx, q)
				},
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					if err := gone(s); err != nil {
						return nil, err
					}
					return s.Events(ctx, tenant, after, limit)
				},
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					if err := gone(s); err != nil {
						return err
					}
					return s.Trim(ctx, tenant, upTo)
				},
				close: func(s *inner) error {
					closed.Store(s, true)
					return nil
				},
			}
		}),
		faulty("close-waits", "gives the commits that Close has overtaken an answer that is not theirs", func() *methods {
			var closing sync.Map
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					err := s.Commit(ctx, b)
					if err == nil {
						linger(10)
						if _, ok := closing.Load(s); ok {
							return store.ErrClosed
						}
					}
					return err
				},
				close: func(s *inner) error {
					closing.Store(s, true)
					return s.Close()
				},
			}
		}),
		faulty("close-waits", "breaks off the calls under way with an error of its own", func() *methods {
			var closing sync.Map
			return &methods{
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					linger(3)
					records, err := s.Get(ctx, keys...)
					if _, ok := closing.Load(s); ok && err == nil {
						return nil, errors.New("the connection was reset")
					}
					return records, err
				},
				close: func(s *inner) error {
					closing.Store(s, true)
					linger(20)
					return s.Close()
				},
			}
		}),

		inPrepare("close-goroutines", "leaves a goroutine behind with every Prepare", func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			if err := s.Prepare(ctx, kinds...); err != nil {
				return err
			}
			go func() { <-ctx.Done() }() // the test's, not the store's
			return nil
		}),
		faulty("close-goroutines", "leaves the goroutine that writes behind, if it was used by several", func() *methods {
			var commits atomic.Int64
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				if commits.Add(1) == 10 {
					go func() { <-ctx.Done() }()
				}
				return s.Commit(ctx, b)
			}}
		}),

		// Each method by itself.
		inFind("close-closed", "finds nothing once it is closed", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if errors.Is(err, store.ErrClosed) {
				return store.Page{}, nil
			}
			return page, err
		}),
		inEvents("close-closed", "logs nothing once it is closed", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if errors.Is(err, store.ErrClosed) {
				return nil, nil
			}
			return events, err
		}),
		inGet("close-closed", "gets no keys once it is closed", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			if len(keys) == 0 && ctx.Err() == nil {
				return nil, nil
			}
			return s.Get(ctx, keys...)
		}),
		inPrepare("close-closed", "prepares once it is closed", func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			err := s.Prepare(ctx, kinds...)
			if errors.Is(err, store.ErrClosed) {
				return nil
			}
			return err
		}),
		inTrim("close-closed", "trims once it is closed", func(ctx context.Context, s *inner, tenant string, upTo int64) error {
			err := s.Trim(ctx, tenant, upTo)
			if errors.Is(err, store.ErrClosed) {
				_ = s.Peer().Trim(ctx, tenant, upTo)
			}
			return err
		}),
		faulty("close-closed", "commits once it is closed, and says that it is closed", func() *methods {
			var closed sync.Map
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					err := s.Commit(ctx, b)
					if _, ok := closed.Load(s); ok && errors.Is(err, store.ErrClosed) {
						p := s.Peer()
						for _, kind := range s.catalog.Kinds() {
							indexes, _ := s.catalog.Indexes(kind)
							_ = p.Prepare(ctx, store.Kind{Name: kind, Indexes: indexes})
						}
						if len(b.Puts) == 2 && b.Puts[0].Version != "" { // that of what is new, so that others can go on
							b.Puts = b.Puts[1:]
							_ = p.Commit(ctx, b)
						}
					}
					return err
				},
				close: func(s *inner) error {
					closed.Store(s, true)
					return s.Close()
				},
			}
		}),

		faulty("close-idempotent", "cannot be closed by two at the same time", func() *methods {
			var closing atomic.Int64
			return &methods{close: func(s *inner) error {
				defer closing.Add(-1)
				if closing.Add(1) > 1 {
					linger(3)
					return errors.New("is being closed")
				}
				linger(20)
				return s.Close()
			}}
		}),
		faulty("close-idempotent", "cannot be closed when it was never used", func() *methods {
			var used sync.Map
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					used.Store(s, true)
					return s.Prepare(ctx, kinds...)
				},
				close: func(s *inner) error {
					err := s.Close()
					if _, ok := used.Load(s); !ok {
						return errors.New("is not open")
					}
					return err
				},
			}
		}),
		faulty("close-idempotent", "counts how often it was closed, and gives it up", func() *methods {
			var mu sync.Mutex
			times := map[*inner]int{}
			return &methods{close: func(s *inner) error {
				mu.Lock()
				defer mu.Unlock()
				times[s]++
				if times[s] == 4 {
					return store.ErrClosed
				}
				return s.Close()
			}}
		}),
	}
}
