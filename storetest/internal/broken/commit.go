package broken

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// atomics apply a part of a batch that fails.
func atomics() []Store {
	const portion = 2 // of the deletes that are checked together
	return []Store{
		inCommit("commit-atomic", "checks deletes in portions, and has applied one when the next fails", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			if c, ok := errors.AsType[*store.ConflictError](err); ok && len(b.Deletes) > portion && c.Key == b.Deletes[portion].Key {
				_ = s.Commit(ctx, store.Batch{ID: b.ID, Tenant: b.Tenant, Deletes: b.Deletes[:portion]})
			}
			return err
		}),
		inCommit("commit-atomic", "logs the events of a batch whose last delete fails", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			if c, ok := errors.AsType[*store.ConflictError](err); ok && len(b.Deletes) > portion && c.Key == b.Deletes[portion].Key {
				s.aside(ctx, b.Tenant, b.Events...)
			}
			return err
		}),
		// What it shows, it takes back before it answers.
		faulty("commit-atomic", "shows a batch before it checks the deletes", func() *methods {
			var mu sync.Mutex
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				mu.Lock()
				defer mu.Unlock()
				if len(b.Deletes) <= portion || len(b.Puts) == 0 || b.Puts[0].Version == "" {
					return s.Commit(ctx, b)
				}
				now, err := s.Get(ctx, b.Puts[0].Key)
				if err != nil || now[0].Version != b.Puts[0].Version {
					return s.Commit(ctx, b)
				}
				err = s.Commit(ctx, b)
				c, ok := errors.AsType[*store.ConflictError](err)
				if !ok || !slices.ContainsFunc(b.Deletes, func(del store.Check) bool { return del.Key == c.Key }) {
					return err
				}
				early := store.Version(b.ID + "-early")
				if s.Commit(ctx, store.Batch{ID: string(early), Tenant: b.Tenant, Puts: b.Puts[:1]}) != nil {
					return err
				}
				linger(3)
				back := now[0]
				back.Version = early
				_ = s.Commit(ctx, store.Batch{ID: string(now[0].Version), Tenant: b.Tenant, Puts: []store.Record{back}})
				return err
			}}
		}),
		// The answer is right, but what it says nothing of is applied later.
		faulty("commit-atomic", "tries a batch that failed once more, behind another that deletes", func() *methods {
			var mu sync.Mutex
			var failed []store.Batch
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				err := s.Commit(ctx, b)
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, store.ErrInvalid) && len(b.Puts) == 3 && b.Puts[2].Version != "" {
					failed = append(failed, store.Batch{ID: b.ID, Tenant: b.Tenant, Puts: b.Puts[:1]})
				}
				for len(failed) > 0 && err == nil {
					_ = s.Commit(ctx, failed[0])
					failed = failed[1:]
				}
				return err
			}}
		}),
	}
}

// conflicts miss one, or tell it wrong.
func conflicts() []Store {
	// alike commits with the versions that there are in place of those that are
	// alike.
	alike := func(fault string, alike func(expected, version store.Version) bool) Store {
		return inCommit("commit-conflict", fault, func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			if !errors.Is(err, store.ErrConflict) {
				return err
			}
			now := func(c *store.Check) {
				if r, err := s.Get(ctx, c.Key); err == nil && r[0].Exists() && c.Version != "" && alike(c.Version, r[0].Version) {
					c.Version = r[0].Version
				}
			}
			b.Checks, b.Puts, b.Deletes = slices.Clone(b.Checks), slices.Clone(b.Puts), slices.Clone(b.Deletes)
			for i := range b.Checks {
				now(&b.Checks[i])
			}
			for i := range b.Puts {
				c := store.Check{Key: b.Puts[i].Key, Version: b.Puts[i].Version}
				now(&c)
				b.Puts[i].Version = c.Version
			}
			for i := range b.Deletes {
				now(&b.Deletes[i])
			}
			return s.Commit(ctx, b)
		})
	}
	return []Store{
		alike("compares versions without their case", func(expected, version store.Version) bool {
			return expected != version && strings.EqualFold(string(expected), string(version))
		}),
		alike("compares versions without the space behind", func(expected, version store.Version) bool {
			return strings.TrimRight(string(expected), " ") == string(version)
		}),
		alike("compares the beginning of versions", func(expected, version store.Version) bool {
			return len(expected) == len(version)-1 && strings.HasPrefix(string(version), string(expected))
		}),
		inCommit("commit-conflict", "does not compare the version of what it deletes, once it was replaced", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			c, ok := errors.AsType[*store.ConflictError](err)
			if !ok || len(b.Deletes) != 1 || c.Key != b.Deletes[0].Key || c.Expected != "never" {
				return err
			}
			if now, err := s.Get(ctx, c.Key); err == nil && now[0].Exists() {
				b.Deletes = []store.Check{{Key: c.Key, Version: now[0].Version}}
				return s.Commit(ctx, b)
			}
			return err
		}),
		inCommit("commit-conflict", "takes a check of what never was for one that holds", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			c, ok := errors.AsType[*store.ConflictError](err)
			if i := slices.IndexFunc(b.Checks, func(check store.Check) bool { return ok && check.Key == c.Key }); i >= 0 && c.Expected != "" && len(b.Checks) == 3 && len(b.Puts) == 2 {
				if now, err := s.Get(ctx, c.Key); err == nil && !now[0].Exists() {
					b.Checks = slices.Delete(slices.Clone(b.Checks), i, i+1)
					return s.Commit(ctx, b)
				}
			}
			return err
		}),
		inCommit("commit-conflict", "says that a record which is gone was expected to be absent", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			if c, ok := errors.AsType[*store.ConflictError](err); ok && len(b.Puts) == 3 && c.Key == b.Puts[1].Key && c.Key.ID == "gone" {
				return &store.ConflictError{Key: c.Key}
			}
			return err
		}),
		inCommit("commit-conflict", "gives a conflict without saying of what, in a check between others", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			if c, ok := errors.AsType[*store.ConflictError](err); ok && len(b.Checks) == 3 && c.Key == b.Checks[1].Key && c.Expected == "" {
				return store.ErrConflict
			}
			return err
		}),
		faulty("commit-resend", "remembers what it has applied", func() *methods {
			var applied sync.Map
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				if _, ok := applied.Load(b.Tenant + " " + b.ID); ok && ctx.Err() == nil {
					return nil
				}
				err := s.Commit(ctx, b)
				if err == nil {
					applied.Store(b.Tenant+" "+b.ID, true)
				}
				return err
			}}
		}),
		inCommit("commit-resend", "logs again what it has applied", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			if errors.Is(err, store.ErrConflict) && len(b.Puts) > 0 {
				now, err := s.Get(ctx, b.Puts[0].Key)
				if err == nil && now[0].Version == store.Version(b.ID) {
					s.aside(ctx, b.Tenant, b.Events...)
				}
			}
			return err
		}),
	}
}

// durables forget on a restart.
func durables() []Store {
	return []Store{
		// The log is replayed without its last entry, if that is a small one: it
		// was still in the buffer of the file that Trim has begun.
		faulty("commit-durable", "forgets its last batch, once its log was trimmed", func() *methods {
			var mu sync.Mutex
			var done []func(s *memory.Store)
			var last, trimmed bool
			var knows store.Catalog
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					err := s.Prepare(ctx, kinds...)
					if err == nil {
						_ = knows.Add(kinds...)
					}
					return err
				},
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					mu.Lock()
					defer mu.Unlock()
					err := s.Commit(ctx, b)
					if err == nil {
						b.Puts = slices.Clone(b.Puts)
						last = len(b.Puts) == 1 && b.Puts[0].Version == "" && len(b.Events) == 1 && len(b.Deletes) == 0
						done = append(done, func(s *memory.Store) { _ = s.Commit(context.WithoutCancel(ctx), b) })
					}
					return err
				},
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					mu.Lock()
					defer mu.Unlock()
					last, trimmed = false, true
					err := s.Trim(ctx, tenant, upTo)
					if err == nil {
						done = append(done, func(s *memory.Store) { _ = s.Trim(context.WithoutCancel(ctx), tenant, upTo) })
					}
					return err
				},
				reopen: func(*inner) *memory.Store {
					mu.Lock()
					defer mu.Unlock()
					s := memory.New()
					for _, kind := range knows.Kinds() {
						indexes, _ := knows.Indexes(kind)
						_ = s.Prepare(context.Background(), store.Kind{Name: kind, Indexes: indexes})
					}
					if last && trimmed {
						done = done[:len(done)-1]
					}
					for _, do := range done {
						do(s)
					}
					return s.Peer()
				},
			}
		}),
		faulty("commit-durable", "has on a restart what was deleted by itself", func() *methods {
			var mu sync.Mutex
			deleted := map[store.Key]store.Record{}
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					var was []store.Record
					for _, del := range b.Deletes {
						if now, err := s.Get(ctx, del.Key); err == nil {
							was = append(was, now...)
						}
					}
					err := s.Commit(ctx, b)
					mu.Lock()
					defer mu.Unlock()
					for _, r := range was {
						if err == nil && len(named(b)) == 1 && len(b.Events) == 0 {
							deleted[r.Key] = r
						}
					}
					return err
				},
				reopen: func(s *inner) *memory.Store {
					mu.Lock()
					defer mu.Unlock()
					p := s.Peer()
					for key, r := range deleted {
						version := string(r.Version)
						r.Version = ""
						for index := range r.Terms {
							_ = p.Prepare(context.Background(), store.Kind{Name: key.Kind, Indexes: []string{index}})
						}
						_ = p.Commit(context.Background(), store.Batch{ID: version, Tenant: key.Tenant, Puts: []store.Record{r}})
					}
					clear(deleted)
					return s.Peer()
				},
			}
		}),
	}
}
