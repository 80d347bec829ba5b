package broken

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// What goes wrong in one method only, and remembers nothing.

func inPrepare(clause, fault string, f func(ctx context.Context, s *inner, kinds ...store.Kind) error) Store {
	return faulty(clause, fault, func() *methods { return &methods{prepare: f} })
}

func inGet(clause, fault string, f func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error)) Store {
	return faulty(clause, fault, func() *methods { return &methods{get: f} })
}

func inFind(clause, fault string, f func(ctx context.Context, s *inner, q store.Query) (store.Page, error)) Store {
	return faulty(clause, fault, func() *methods { return &methods{find: f} })
}

func inCommit(clause, fault string, f func(ctx context.Context, s *inner, b store.Batch) error) Store {
	return faulty(clause, fault, func() *methods { return &methods{commit: f} })
}

func inEvents(clause, fault string, f func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error)) Store {
	return faulty(clause, fault, func() *methods { return &methods{events: f} })
}

func inTrim(clause, fault string, f func(ctx context.Context, s *inner, tenant string, upTo int64) error) Store {
	return faulty(clause, fault, func() *methods { return &methods{trim: f} })
}

// uses are about calls at the same time.
func uses() []Store {
	return []Store{
		faulty("concurrent-use", "cannot prepare while it trims and finds", func() *methods {
			var trims, finds atomic.Int64
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					for range 20 {
						if trims.Load() > 0 && finds.Load() > 0 {
							return errors.New("the catalog is in use")
						}
						linger(1)
					}
					return s.Prepare(ctx, kinds...)
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					finds.Add(1)
					defer finds.Add(-1)
					linger(5)
					return s.Find(ctx, q)
				},
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					trims.Add(1)
					defer trims.Add(-1)
					linger(5)
					return s.Trim(ctx, tenant, upTo)
				},
			}
		}),
	}
}

// latest are about what one handle sees of another's commits.
func latest() []Store {
	return []Store{
		// A cache of hot records that hears of a commit a read too late. Only Get
		// of one key goes to it, so that what is read together still fits.
		faulty("read-latest", "gives a second handle the last version but one of what is often written", func() *methods {
			var mu sync.Mutex
			writes := map[store.Key]int{}
			first := map[*memory.Store]bool{} // those that have committed
			cache := map[*memory.Store]map[store.Key]store.Record{}
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					err := s.Commit(ctx, b)
					mu.Lock()
					defer mu.Unlock()
					first[s.Store] = true
					for _, put := range b.Puts {
						writes[put.Key]++
					}
					return err
				},
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					records, err := s.Get(ctx, keys...)
					mu.Lock()
					defer mu.Unlock()
					if err != nil || len(keys) != 1 || first[s.Store] || writes[keys[0]] < 8 {
						return records, err
					}
					if cache[s.Store] == nil {
						cache[s.Store] = map[store.Key]store.Record{}
					}
					before, known := cache[s.Store][keys[0]]
					cache[s.Store][keys[0]] = records[0]
					if known {
						records[0] = before
					}
					return records, nil
				},
			}
		}),
	}
}

// tenants mix up those whose names are alike, in one method each.
func tenants() []Store {
	return []Store{
		inGet("tenant-isolation", "gives the record of the tenant in lower case if there is one", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			for i := range records {
				if lower := strings.ToLower(keys[i].Tenant); lower != keys[i].Tenant {
					other, err := s.Get(ctx, store.Key{Tenant: lower, Kind: keys[i].Kind, ID: keys[i].ID})
					if err == nil && other[0].Exists() {
						records[i] = other[0]
					}
				}
			}
			return records, err
		}),
		inFind("tenant-isolation", "trims the tenant in Find", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			if q.Cursor == "" && q.Tenant != "" {
				q.Tenant = strings.TrimRight(q.Tenant, " ")
			}
			return s.Find(ctx, q)
		}),
		inEvents("tenant-isolation", "reads the events of all tenants that fold to the same", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			if lower := strings.ToLower(tenant); lower != tenant {
				if events, err := s.Events(ctx, lower, after, limit); err == nil && len(events) > 0 {
					return events, nil
				}
			}
			return s.Events(ctx, tenant, after, limit)
		}),
		faulty("tenant-isolation", "trims events by prefix of the tenant", func() *methods {
			var logs sync.Map
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					logs.Store(b.Tenant, true)
					return s.Commit(ctx, b)
				},
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					logs.Range(func(other, _ any) bool {
						if other, _ := other.(string); other != tenant && strings.HasPrefix(other, tenant) && tenant != "" {
							_ = s.Trim(ctx, other, upTo)
						}
						return true
					})
					return s.Trim(ctx, tenant, upTo)
				},
			}
		}),
		faulty("tenant-isolation", "takes the version of any tenant's record of that ID for the right one", func() *methods {
			var logs sync.Map
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				logs.Store(b.Tenant, true)
				err := s.Commit(ctx, b)
				c, ok := errors.AsType[*store.ConflictError](err)
				if !ok || c.Expected == "" || len(b.Puts) != 1 {
					return err
				}
				held := false
				logs.Range(func(other, _ any) bool {
					k := c.Key
					k.Tenant, _ = other.(string)
					now, err := s.Get(ctx, k)
					held = k.Tenant != c.Key.Tenant && err == nil && now[0].Version == c.Expected
					return !held
				})
				if !held {
					return err
				}
				return nil // and keeps what there is
			}}
		}),
		faulty("tenant-isolation", "deletes the record of that ID in all tenants", func() *methods {
			var logs sync.Map
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				logs.Store(b.Tenant, true)
				err := s.Commit(ctx, b)
				if err != nil || len(b.Deletes) == 0 {
					return err
				}
				logs.Range(func(other, _ any) bool {
					for _, del := range b.Deletes {
						k := del.Key
						k.Tenant, _ = other.(string)
						if now, err := s.Get(ctx, k); err == nil && now[0].Exists() && k.Tenant != b.Tenant {
							_ = s.Commit(ctx, store.Batch{ID: b.ID, Tenant: k.Tenant, Deletes: []store.Check{{Key: k, Version: now[0].Version}}})
						}
					}
					return true
				})
				return nil
			}}
		}).and("commit-delete"),
	}
}
