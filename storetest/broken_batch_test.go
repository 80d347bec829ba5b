package storetest

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

func brokenBatches() []brokenStore {
	return []brokenStore{
		{"put-terms", "keeps the terms of indexes that it has not prepared", func() *hooks {
			var catalogs sync.Map // of each handle
			catalog := func(s *memory.Store) *store.Catalog {
				c, _ := catalogs.LoadOrStore(s, &store.Catalog{})
				return c.(*store.Catalog)
			}
			return &hooks{
				prepare: func(ctx context.Context, s *memory.Store, kinds ...store.Kind) error {
					_ = catalog(s).Add(kinds...)
					return s.Prepare(ctx, kinds...)
				},
				commit: func(ctx context.Context, s *memory.Store, b store.Batch) error {
					knowing := s.Peer() // all indexes
					if err := knowing.Prepare(ctx, kinds()...); err != nil {
						return err
					}
					b.Puts = slices.Clone(b.Puts)
					for i, put := range b.Puts {
						old, err := knowing.Get(ctx, put.Key)
						if err != nil {
							return err
						}
						known, _ := catalog(s).Indexes(put.Kind)
						all := maps.Clone(old[0].Terms)
						maps.DeleteFunc(all, func(index, _ string) bool { return slices.Contains(known, index) })
						if all == nil {
							all = terms{}
						}
						maps.Copy(all, put.Terms)
						b.Puts[i].Terms = all
					}
					return knowing.Commit(ctx, b)
				},
			}
		}},
		{"commit-durable", "forgets its last batch", func() *hooks {
			var mu sync.Mutex
			var done []func(s *memory.Store)
			return &hooks{
				commit: func(ctx context.Context, s *memory.Store, b store.Batch) error {
					mu.Lock()
					defer mu.Unlock()
					done = append(done, func(s *memory.Store) { _ = s.Commit(ctx, b) })
					return s.Commit(ctx, b)
				},
				trim: func(ctx context.Context, s *memory.Store, tenant string, upTo int64) error {
					mu.Lock()
					defer mu.Unlock()
					done = append(done, func(s *memory.Store) { _ = s.Trim(ctx, tenant, upTo) })
					return s.Trim(ctx, tenant, upTo)
				},
				reopen: func(*memory.Store) *memory.Store {
					s := memory.New()
					_ = s.Prepare(context.Background(), kinds()...)
					for _, do := range done[:len(done)-1] {
						do(s)
					}
					return s
				},
			}
		}},
		brokenCommit("commit-put", "keeps terms that a put leaves out", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			b.Puts = slices.Clone(b.Puts)
			for i, put := range b.Puts {
				old, err := s.Get(ctx, put.Key)
				if err != nil {
					return err
				}
				all := maps.Clone(old[0].Terms)
				if all == nil {
					all = terms{}
				}
				maps.Copy(all, put.Terms)
				b.Puts[i].Terms = all
			}
			return s.Commit(ctx, b)
		}),
		brokenCommit("commit-delete", "puts null for a delete", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			b.Puts = slices.Clone(b.Puts)
			for _, del := range b.Deletes {
				b.Puts = append(b.Puts, store.Record{Key: del.Key, Version: del.Version, Value: []byte("null")})
			}
			b.Deletes = nil
			return s.Commit(ctx, b)
		}),
		brokenCommit("commit-version", "does not write what stays the same", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			if len(b.Puts) == 1 && len(b.Events) == 0 {
				old, err := s.Get(ctx, b.Puts[0].Key)
				if err == nil && sameRecord(old[0], b.Puts[0]) {
					return nil
				}
			}
			return s.Commit(ctx, b)
		}),
		brokenCommit("commit-invalid", "lets the last put of a key win", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			b.Puts = slices.CompactFunc(slices.Clone(b.Puts), func(x, y store.Record) bool { return x.Key == y.Key })
			return s.Commit(ctx, b)
		}),
		brokenCommit("commit-limits", "refuses the longest ID", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			if len(b.ID) == store.MaxText {
				return &store.InvalidError{Field: "ID", Reason: "is too long"}
			}
			return s.Commit(ctx, b)
		}),
		brokenCommit("commit-limits", "does not count checks", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			if len(b.Checks) > 500 {
				b.Checks = b.Checks[:500]
			}
			return s.Commit(ctx, b)
		}),
	}
}
