package storetest

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

func brokenCommits() []brokenStore {
	return []brokenStore{
		brokenCommit("commit-atomic", "keeps what came before the conflict", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			err := s.Commit(ctx, b)
			if errors.Is(err, store.ErrConflict) && len(b.Puts) > 1 {
				_ = s.Commit(ctx, store.Batch{ID: b.ID, Tenant: b.Tenant, Puts: b.Puts[:1]})
			}
			return err
		}),
		brokenCommit("commit-atomic", "shows a batch before it checks the deletes", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			if len(b.Deletes) == 0 || len(b.Puts) == 0 || b.Puts[0].Version == none {
				return s.Commit(ctx, b)
			}
			first := b.Puts[0]
			old, err := s.Get(ctx, first.Key)
			if err != nil || old[0].Version != first.Version {
				return s.Commit(ctx, b)
			}
			if err := s.Commit(ctx, store.Batch{ID: b.ID + "-early", Tenant: b.Tenant, Puts: b.Puts[:1]}); err != nil {
				return err
			}
			runtime.Gosched()
			undo := old[0]
			undo.Version = store.Version(b.ID + "-early")
			_ = s.Commit(ctx, store.Batch{ID: string(first.Version), Tenant: b.Tenant, Puts: []store.Record{undo}})
			return s.Commit(ctx, b)
		}),
		brokenCommit("commit-context", "says that nothing happened when the context ended", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			if err := s.Commit(ctx, b); err != nil {
				return err
			}
			runtime.Gosched()
			return ctx.Err()
		}),
		brokenCommit("commit-conflict", "ignores checks", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			b.Checks = nil
			return s.Commit(ctx, b)
		}),
		brokenCommit("commit-conflict", "names the first key whatever conflicts", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			err := s.Commit(ctx, b)
			if c, ok := errors.AsType[*store.ConflictError](err); ok && len(b.Puts) > 0 {
				c.Key = b.Puts[0].Key
			}
			return err
		}),
		{"commit-contention", "takes a batch that is under way for a conflict", func() *hooks {
			var mu sync.Mutex
			pending := map[store.Key]bool{}
			return &hooks{commit: func(ctx context.Context, s *memory.Store, b store.Batch) error {
				mu.Lock()
				for _, put := range b.Puts {
					if pending[put.Key] {
						mu.Unlock()
						return &store.ConflictError{Key: put.Key, Expected: put.Version}
					}
				}
				for _, put := range b.Puts {
					pending[put.Key] = true
				}
				mu.Unlock()
				runtime.Gosched()
				err := s.Commit(ctx, b)
				mu.Lock()
				defer mu.Unlock()
				for _, put := range b.Puts {
					delete(pending, put.Key)
				}
				return err
			}}
		}},
		brokenCommit("commit-exclusive", "checks versions before it writes", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			b.Puts = slices.Clone(b.Puts)
			for first := true; ; first = false {
				for i, put := range b.Puts {
					now, err := s.Get(ctx, put.Key)
					if err != nil {
						return err
					}
					if first && now[0].Version != put.Version {
						return &store.ConflictError{Key: put.Key, Expected: put.Version}
					}
					b.Puts[i].Version = now[0].Version
				}
				runtime.Gosched()
				if err := s.Commit(ctx, b); !errors.Is(err, store.ErrConflict) || len(b.Deletes)+len(b.Checks) > 0 {
					return err
				}
			}
		}),
		brokenCommit("commit-exclusive", "checks before it writes what it does not write", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			for _, check := range b.Checks {
				now, err := s.Get(ctx, check.Key)
				if err != nil {
					return err
				}
				if now[0].Version != check.Version {
					return &store.ConflictError{Key: check.Key, Expected: check.Version}
				}
			}
			runtime.Gosched()
			b.Checks = nil
			return s.Commit(ctx, b)
		}),
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
