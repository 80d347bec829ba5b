package storetest

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

func brokenCloses() []brokenStore {
	return []brokenStore{
		{"close-waits", "lets calls go on behind Close", func() *hooks {
			var closed sync.Map
			return &hooks{
				commit: func(ctx context.Context, s *memory.Store, b store.Batch) error {
					if _, ok := closed.Load(s); ok {
						return store.ErrClosed
					}
					for range 10 {
						runtime.Gosched()
					}
					return s.Commit(ctx, b)
				},
				get: func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
					if _, ok := closed.Load(s); ok {
						return nil, store.ErrClosed
					}
					return s.Get(ctx, keys...)
				},
				close: func(s *memory.Store) error {
					closed.Store(s, true)
					return nil
				},
			}
		}},
		{"close-goroutines", "leaves a goroutine behind", func() *hooks {
			return &hooks{prepare: func(ctx context.Context, s *memory.Store, kinds ...store.Kind) error {
				go func() { <-ctx.Done() }() // the test's, not the store's
				return s.Prepare(ctx, kinds...)
			}}
		}},
		brokenGet("close-closed", "finds nothing once it is closed", func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			if errors.Is(err, store.ErrClosed) {
				return make([]store.Record, len(keys)), nil
			}
			return records, err
		}),
		{"close-idempotent", "is closed once", func() *hooks {
			var closed sync.Map
			return &hooks{close: func(s *memory.Store) error {
				if _, again := closed.LoadOrStore(s, true); again {
					return store.ErrClosed
				}
				return s.Close()
			}}
		}},
	}
}
