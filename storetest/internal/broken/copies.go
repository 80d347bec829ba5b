package broken

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// kept is what a store keeps of others' memory, under a lock of its own.
type kept[T any] struct {
	mu sync.Mutex
	at map[string]T
}

// first returns what is kept under a name, which is v if nothing is yet.
func (k *kept[T]) first(name string, v T) T {
	k.mu.Lock()
	defer k.mu.Unlock()
	if before, ok := k.at[name]; ok {
		return before
	}
	k.keep(name, v)
	return v
}

func (k *kept[T]) set(name string, v T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keep(name, v)
}

func (k *kept[T]) keep(name string, v T) {
	if k.at == nil {
		k.at = map[string]T{}
	}
	k.at[name] = v
}

func (k *kept[T]) get(name string) (T, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok := k.at[name]
	return v, ok
}

func written(k store.Key, version string) string { return fmt.Sprintf("%q at %q", k, version) }

// copies share memory with their callers, each in one place.
func copies() []Store {
	return []Store{
		faulty("bytes-copy", "hands out the value that it keeps, in Get", func() *methods {
			var values kept[[]byte]
			return &methods{get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
				records, err := s.Get(ctx, keys...)
				for i, r := range records {
					records[i].Value = values.first(written(r.Key, string(r.Version)), r.Value)
				}
				return records, err
			}}
		}),
		faulty("bytes-copy", "hands out the value that it keeps, in Find", func() *methods {
			var values kept[[]byte]
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				page, err := s.Find(ctx, q)
				for i, r := range page.Records {
					page.Records[i].Value = values.first(written(r.Key, string(r.Version)), r.Value)
				}
				return page, err
			}}
		}),
		faulty("bytes-copy", "hands out the terms that it keeps, in Get", func() *methods {
			var all kept[map[string]string]
			return &methods{get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
				records, err := s.Get(ctx, keys...)
				for i, r := range records {
					if r.Terms != nil {
						records[i].Terms = all.first(written(r.Key, string(r.Version))+strconv.Itoa(len(r.Terms)), r.Terms)
					}
				}
				return records, err
			}}
		}),
		faulty("bytes-copy", "hands out the terms that it keeps, in Find", func() *methods {
			var all kept[map[string]string]
			return &methods{find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
				page, err := s.Find(ctx, q)
				for i, r := range page.Records {
					if r.Terms != nil {
						page.Records[i].Terms = all.first(written(r.Key, string(r.Version))+strconv.Itoa(len(r.Terms)), r.Terms)
					}
				}
				return page, err
			}}
		}),
		faulty("bytes-copy", "hands out the value of an event that it keeps", func() *methods {
			var values kept[[]byte]
			return &methods{events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
				events, err := s.Events(ctx, tenant, after, limit)
				for i, e := range events {
					events[i].Value = values.first(fmt.Sprintf("%q, %d", tenant, e.Position), e.Value)
				}
				return events, err
			}}
		}),
		inGet("bytes-copy", "gives one memory for a key that is named twice", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			for i := range records {
				records[i] = records[slices.Index(keys, keys[i])]
			}
			return records, err
		}),
		faulty("bytes-copy", "keeps the value that it is given", func() *methods {
			var values kept[[]byte]
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					err := s.Commit(ctx, b)
					for _, put := range b.Puts {
						if err == nil && len(put.Value) < 1<<10 {
							values.set(written(put.Key, b.ID), put.Value)
						}
					}
					return err
				},
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					records, err := s.Get(ctx, keys...)
					for i, r := range records {
						if v, ok := values.get(written(r.Key, string(r.Version))); ok {
							records[i].Value = bytes.Clone(v)
						}
					}
					return records, err
				},
			}
		}),
		faulty("bytes-copy", "keeps the terms that it is given", func() *methods {
			var all kept[map[string]string]
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					err := s.Commit(ctx, b)
					for _, put := range b.Puts {
						if err == nil && len(put.Terms) == 2 {
							all.set(written(put.Key, b.ID), put.Terms)
						}
					}
					return err
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					for i, r := range page.Records {
						if terms, ok := all.get(written(r.Key, string(r.Version))); ok && len(r.Terms) == 2 {
							page.Records[i].Terms = maps.Clone(terms)
						}
					}
					return page, err
				},
			}
		}),
		faulty("bytes-copy", "keeps the value of an event that it is given", func() *methods {
			var values kept[[]byte]
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					err := s.Commit(ctx, b)
					for _, e := range b.Events {
						if err == nil && len(b.Events) == 1 && len(e.Value) < 1<<10 {
							values.set(e.Tenant+" "+e.ID, e.Value)
						}
					}
					return err
				},
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after, limit)
					for i, e := range events {
						if v, ok := values.get(tenant + " " + e.ID); ok && len(v) == len(e.Value) {
							events[i].Value = bytes.Clone(v)
						}
					}
					return events, err
				},
			}
		}),
		faulty("bytes-copy", "keeps the list of indexes that it is given", func() *methods {
			var given kept[[]string]
			name := func(s *inner, kind string) string { return fmt.Sprintf("%p %s", s, kind) }
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					err := s.Prepare(ctx, kinds...)
					for _, kind := range kinds {
						var list []string
						if all, _ := s.catalog.Indexes(kind.Name); len(all) == len(kind.Indexes) {
							list = kind.Indexes
						}
						given.set(name(s, kind.Name), list)
					}
					return err
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					if list, _ := given.get(name(s, q.Kind)); err == nil && q.Index != "" && list != nil && !slices.Contains(list, q.Index) {
						return store.Page{}, &store.InvalidError{Field: "Index", Reason: "is not prepared"}
					}
					return page, err
				},
			}
		}),
		inGet("bytes-copy", "swaps a key that is named twice with one of another tenant, in the list that it is given", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			if n := len(keys); err == nil && n > 1 && keys[n-1].Tenant != keys[0].Tenant && slices.Contains(keys[1:], keys[0]) {
				keys[0], keys[n-1] = keys[n-1], keys[0]
			}
			return records, err
		}),
		inCommit("bytes-copy", "sets the positions in the batch that it is given, if it deletes something", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			if err == nil && len(b.Deletes) > 0 {
				for i := range b.Events {
					b.Events[i].Position = int64(i) + 1
				}
			}
			return err
		}),
	}
}
