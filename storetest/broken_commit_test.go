package storetest

import (
	"context"
	"errors"
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
		{"commit-resend", "remembers what it has applied", func() *hooks {
			var applied sync.Map
			return &hooks{commit: func(ctx context.Context, s *memory.Store, b store.Batch) error {
				if _, ok := applied.Load(b.ID); ok {
					return nil
				}
				err := s.Commit(ctx, b)
				if err == nil {
					applied.Store(b.ID, true)
				}
				return err
			}}
		}},
		brokenCommit("commit-resend", "logs again what it has applied", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			err := s.Commit(ctx, b)
			if errors.Is(err, store.ErrConflict) && len(b.Puts) > 0 {
				now, err := s.Get(ctx, b.Puts[0].Key)
				if err == nil && now[0].Version == store.Version(b.ID) {
					again := b.Puts[0]
					again.Version = now[0].Version
					_ = s.Commit(ctx, store.Batch{ID: b.ID, Tenant: b.Tenant, Puts: []store.Record{again}, Events: b.Events})
				}
			}
			return err
		}),
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
	}
}
