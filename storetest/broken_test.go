package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// brokenStore is a store with one fault.
type brokenStore struct {
	clause string // which it breaks
	fault  string // "a store that …"
	hooks  func() *hooks
}

// brokenStores returns at least one store for each clause.
func brokenStores() []brokenStore {
	return slices.Concat(brokenBasics(), brokenPrepares(), brokenGets(), brokenCommits(), brokenBatches(), brokenFinds(), brokenEvents(), brokenCloses())
}

// brokenCommit is a store that goes wrong in Commit only, and remembers nothing.
func brokenCommit(clause, fault string, commit func(ctx context.Context, s *memory.Store, b store.Batch) error) brokenStore {
	return brokenStore{clause, fault, func() *hooks { return &hooks{commit: commit} }}
}

func brokenFind(clause, fault string, find func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error)) brokenStore {
	return brokenStore{clause, fault, func() *hooks { return &hooks{find: find} }}
}

func brokenGet(clause, fault string, get func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error)) brokenStore {
	return brokenStore{clause, fault, func() *hooks { return &hooks{get: get} }}
}

func brokenLog(clause, fault string, events func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error)) brokenStore {
	return brokenStore{clause, fault, func() *hooks { return &hooks{events: events} }}
}

func brokenBasics() []brokenStore {
	return []brokenStore{
		{"concurrent-use", "serves one Find at a time", func() *hooks {
			var busy atomic.Bool
			return &hooks{find: func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
				if !busy.CompareAndSwap(false, true) {
					return store.Page{}, errors.New("busy")
				}
				defer busy.Store(false)
				runtime.Gosched()
				return s.Find(ctx, q)
			}}
		}},
		brokenCommit("context-done", "commits whatever the context says", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			return errors.Join(s.Commit(context.WithoutCancel(ctx), b), ctx.Err())
		}),
		brokenGet("context-done", "reads whatever the context says", func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
			return s.Get(context.WithoutCancel(ctx), keys...)
		}),
		{"read-latest", "caches what only its own commits change", func() *hooks {
			var mu sync.Mutex
			cache := map[*memory.Store]map[store.Key]store.Record{}
			return &hooks{
				get: func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
					mu.Lock()
					defer mu.Unlock()
					if cache[s] == nil {
						cache[s] = map[store.Key]store.Record{}
					}
					records, err := s.Get(ctx, keys...)
					for i, r := range records {
						if cached, ok := cache[s][r.Key]; ok {
							records[i] = cached
						}
						cache[s][r.Key] = records[i]
					}
					return records, err
				},
				commit: func(ctx context.Context, s *memory.Store, b store.Batch) error {
					err := s.Commit(ctx, b)
					mu.Lock()
					defer mu.Unlock()
					for _, put := range b.Puts {
						delete(cache[s], put.Key)
					}
					return err
				},
			}
		}},
		brokenFind("tenant-isolation", "trims the tenant in Find", func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
			q.Tenant = strings.TrimRight(q.Tenant, " ")
			return s.Find(ctx, q)
		}),
		{"tenant-isolation", "trims events by prefix of the tenant", func() *hooks {
			return &hooks{trim: func(ctx context.Context, s *memory.Store, tenant string, upTo int64) error {
				for _, other := range likeTenants() {
					if other != tenant && strings.HasPrefix(other, tenant) {
						_ = s.Trim(ctx, other, upTo)
					}
				}
				return s.Trim(ctx, tenant, upTo)
			}}
		}},
		{"bytes-copy", "hands out the value that it keeps", func() *hooks {
			kept := map[store.Version][]byte{}
			return &hooks{get: func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
				records, err := s.Get(ctx, keys...)
				for i, r := range records {
					id := r.Version + store.Version(r.ID)
					if kept[id] == nil {
						kept[id] = r.Value
					}
					records[i].Value = kept[id]
				}
				return records, err
			}}
		}},
		{"bytes-copy", "keeps the terms that it is given", func() *hooks {
			kept := map[string]map[string]string{}
			return &hooks{
				commit: func(ctx context.Context, s *memory.Store, b store.Batch) error {
					err := s.Commit(ctx, b)
					for _, put := range b.Puts {
						if err == nil {
							kept[b.ID+put.ID] = put.Terms
						}
					}
					return err
				},
				get: func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
					records, err := s.Get(ctx, keys...)
					for i, r := range records {
						records[i].Terms = maps.Clone(kept[string(r.Version)+r.ID])
					}
					return records, err
				},
				find: func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					for i, r := range page.Records {
						page.Records[i].Terms = maps.Clone(kept[string(r.Version)+r.ID])
					}
					return page, err
				},
			}
		}},
		brokenCommit("bytes-exact", "compacts values", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			b.Puts = slices.Clone(b.Puts)
			for i := range b.Puts {
				var compact bytes.Buffer
				if json.Compact(&compact, b.Puts[i].Value) == nil {
					b.Puts[i].Value = compact.Bytes()
				}
			}
			return s.Commit(ctx, b)
		}),
		{"bytes-keys", "ignores the case of IDs", func() *hooks {
			return &hooks{
				get: func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error) {
					lower := slices.Clone(keys)
					for i := range lower {
						lower[i].ID = strings.ToLower(lower[i].ID)
					}
					records, err := s.Get(ctx, lower...)
					for i := range records {
						records[i].Key = keys[i]
					}
					return records, err
				},
			}
		}},
	}
}
