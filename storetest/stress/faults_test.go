package stress

import (
	"context"
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// faultyStore is a store with one fault, the part of Run that must find it, and
// what the report says.
type faultyStore struct {
	name, part string
	says       string // as a regular expression
	data       func() *data
}

const (
	noOrder   = "No order explains this answer"
	manyFaces = "" // what is stored is wrong, and any call may be the first to show it
)

func faultyStores() []faultyStore {
	return []faultyStore{
		{"lost update", "histories", noOrder, func() *data {
			return &data{commit: func(ctx context.Context, s *faulty, b store.Batch) error {
				now := versions(ctx, s, b)
				for _, c := range expectations(b) {
					if now[c.Key] != c.Version {
						return &store.ConflictError{Key: c.Key, Expected: c.Version}
					}
				}
				runtime.Gosched()
				return force(ctx, s, b)
			}}
		}},
		{"stale reads through other handles", "sequences", "the (version|terms) of", stale},
		{"stale reads in a history", "histories", noOrder, stale},
		{"a Get that is torn", "batches", noOrder, func() *data {
			return &data{get: func(ctx context.Context, s *faulty, keys ...store.Key) ([]store.Record, error) {
				all := make([]store.Record, 0, len(keys))
				for _, key := range keys {
					one, err := s.Store.Get(ctx, key)
					if err != nil {
						return nil, err
					}
					all = append(all, one...)
					runtime.Gosched()
				}
				return all, nil
			}}
		}},
		{"a Find that is torn", "batches", noOrder, func() *data {
			return &data{find: func(ctx context.Context, s *faulty, q store.Query) (store.Page, error) {
				page, err := s.Store.Find(ctx, q)
				var now []store.Record
				for _, r := range page.Records {
					runtime.Gosched()
					one, err := s.Store.Get(ctx, r.Key)
					if err != nil {
						return page, err
					}
					if one[0].Exists() {
						now = append(now, one[0])
					}
				}
				page.Records = now
				return page, err
			}}
		}},
		{"a cursor that skips one when its record is gone", "sequences", `want \[`, func() *data {
			var mu sync.Mutex
			last := map[string]store.Key{} // by cursor
			return &data{find: func(ctx context.Context, s *faulty, q store.Query) (store.Page, error) {
				mu.Lock()
				defer mu.Unlock()
				page, err := s.Store.Find(ctx, q)
				if key, ok := last[q.Cursor]; ok && err == nil {
					if r, err := s.Store.Get(ctx, key); err == nil && !r[0].Exists() && len(page.Records) > 0 {
						page.Records = page.Records[1:]
					}
				}
				if page.Next != "" && len(page.Records) > 0 {
					last[page.Next] = page.Records[len(page.Records)-1].Key
				}
				return page, err
			}}
		}},
		{"a restart that forgets the last commit", "sequences", manyFaces, forgetful},
		{"a restart that forgets the last commit of a history", "batches", noOrder, forgetful},
		{"events that come before their records", "batches", noOrder, early},
		{"a conflict that has applied the rest", "sequences", manyFaces, func() *data {
			return &data{commit: func(ctx context.Context, s *faulty, b store.Batch) error {
				err := s.Store.Commit(ctx, b)
				refused, ok := errors.AsType[*store.ConflictError](err)
				if ok {
					b.Puts = slices.DeleteFunc(slices.Clone(b.Puts), func(r store.Record) bool { return r.Key == refused.Key })
					b.Deletes, b.Checks = nil, nil
					_ = s.Store.Commit(ctx, b)
				}
				return err
			}}
		}},
		{"an unknown outcome that applies a part", "sequences", manyFaces, func() *data {
			return &data{commit: func(ctx context.Context, s *faulty, b store.Batch) error {
				done := ended(ctx)
				err := s.Store.Commit(ctx, b)
				if done != nil || err == nil || !errors.Is(err, ended(ctx)) || len(b.Puts) < 2 {
					return err
				}
				half := b
				half.Puts = b.Puts[:1]
				if s.Store.Commit(context.WithoutCancel(ctx), half) != nil {
					return err
				}
				return errors.Join(store.ErrUnknownOutcome, err)
			}}
		}},
		{"a batch that succeeds again when it is sent again", "sequences", "want a ConflictError", func() *data {
			var applied sync.Map
			return &data{commit: func(ctx context.Context, s *faulty, b store.Batch) error {
				err := s.Store.Commit(ctx, b)
				if _, again := applied.Load(b.ID); again && errors.Is(err, store.ErrConflict) {
					return nil
				}
				if err == nil {
					applied.Store(b.ID, true)
				}
				return err
			}}
		}},
		{"a version that holds for what looks the same", "sequences", "want a ConflictError", func() *data {
			values := map[store.Version]string{}
			return &data{commit: func(ctx context.Context, s *faulty, b store.Batch) error {
				b = copyBatch(b)
				for i, put := range b.Puts {
					now, err := s.Store.Get(ctx, put.Key)
					if err == nil && now[0].Exists() && put.Version != "" && values[put.Version] == string(now[0].Value) {
						b.Puts[i].Version = now[0].Version
					}
				}
				err := s.Store.Commit(ctx, b)
				for _, put := range b.Puts {
					values[store.Version(b.ID)] = string(put.Value)
				}
				return err
			}}
		}},
		{"tenants that differ by a space", "sequences", `want \[`, func() *data {
			return &data{find: func(ctx context.Context, s *faulty, q store.Query) (store.Page, error) {
				q.Tenant = strings.TrimSpace(q.Tenant)
				return s.Store.Find(ctx, q)
			}}
		}},
		{"values that are kept as they were given", "sequences", "the value of", func() *data {
			kept := map[string][]byte{}
			return &data{
				commit: func(ctx context.Context, s *faulty, b store.Batch) error {
					err := s.Store.Commit(ctx, b)
					for _, put := range b.Puts {
						if err == nil {
							kept[b.ID+put.ID] = put.Value
						}
					}
					return err
				},
				get: func(ctx context.Context, s *faulty, keys ...store.Key) ([]store.Record, error) {
					records, err := s.Store.Get(ctx, keys...)
					for i, r := range records {
						records[i].Value = kept[string(r.Version)+r.ID]
					}
					return records, err
				},
			}
		}},
		{"positions that are used again after a restart", "sequences", "position", func() *data {
			return &data{events: func(ctx context.Context, s *faulty, tenant string, after int64, limit int) ([]store.Event, error) {
				events, err := s.Store.Events(ctx, tenant, after, limit)
				for i := range events {
					events[i].Position += int64(s.number) // each handle counts in its own way
				}
				return events, err
			}}
		}},
	}
}

// versions returns those of all records that a batch names.
func versions(ctx context.Context, s *faulty, b store.Batch) map[store.Key]store.Version {
	all := map[store.Key]store.Version{}
	for _, c := range expectations(b) {
		if r, err := s.Store.Get(ctx, c.Key); err == nil {
			all[c.Key] = r[0].Version
		}
	}
	return all
}

// force commits a batch whatever versions it expects.
func force(ctx context.Context, s *faulty, b store.Batch) error {
	for {
		now := versions(ctx, s, b)
		next := copyBatch(b)
		for i := range next.Checks {
			next.Checks[i].Version = now[next.Checks[i].Key]
		}
		for i := range next.Puts {
			next.Puts[i].Version = now[next.Puts[i].Key]
		}
		for i := range next.Deletes {
			next.Deletes[i].Version = now[next.Deletes[i].Key]
		}
		err := s.Store.Commit(ctx, next)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

// stale is a store whose second handle keeps what it has read until it writes
// itself.
func stale() *data {
	var mu sync.Mutex
	kept := map[store.Key]store.Record{}
	return &data{
		get: func(ctx context.Context, s *faulty, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Store.Get(ctx, keys...)
			if s.number != 1 || err != nil {
				return records, err
			}
			mu.Lock()
			defer mu.Unlock()
			for i, r := range records {
				if old, ok := kept[r.Key]; ok {
					old.Value = slices.Clone(old.Value)
					old.Terms = maps.Clone(old.Terms)
					records[i] = old
					continue
				}
				r.Value, r.Terms = slices.Clone(r.Value), maps.Clone(r.Terms)
				kept[r.Key] = r
			}
			return records, nil
		},
		commit: func(ctx context.Context, s *faulty, b store.Batch) error {
			err := s.Store.Commit(ctx, b)
			if s.number == 1 {
				mu.Lock()
				defer mu.Unlock()
				clear(kept)
			}
			return err
		},
	}
}

// forgetful is a store that replays all batches but the last one at a restart.
func forgetful() *data {
	var mu sync.Mutex
	var journal []store.Batch
	var kinds []store.Kind
	for _, name := range append(kindNames(), kindName) {
		kinds = append(kinds, store.Kind{Name: name, Indexes: append(indexes(), byOwn, byBatch)})
	}
	return &data{
		commit: func(ctx context.Context, s *faulty, b store.Batch) error {
			mu.Lock()
			defer mu.Unlock()
			err := s.Store.Commit(ctx, b)
			if err == nil {
				journal = append(journal, copyBatch(b))
			}
			return err
		},
		reopen: func(*faulty) *memory.Store {
			s := memory.New()
			if err := s.Prepare(context.Background(), kinds...); err != nil {
				panic(err)
			}
			if len(journal) > 0 {
				journal = journal[:len(journal)-1]
			}
			for _, b := range journal {
				if err := s.Commit(context.Background(), b); err != nil {
					panic(err)
				}
			}
			return s.Peer()
		},
	}
}

// early is a store whose events can be read while their batch is being applied.
func early() *data {
	var mu sync.Mutex
	var coming []store.Event
	return &data{
		commit: func(ctx context.Context, s *faulty, b store.Batch) error {
			if len(b.Events) == 0 {
				return s.Store.Commit(ctx, b)
			}
			mu.Lock()
			defer mu.Unlock()
			now := versions(ctx, s, b)
			for _, c := range expectations(b) {
				if now[c.Key] != c.Version {
					return &store.ConflictError{Key: c.Key, Expected: c.Version}
				}
			}
			coming = b.Events
			mu.Unlock()
			for range 10 {
				runtime.Gosched()
			}
			mu.Lock()
			err := s.Store.Commit(context.WithoutCancel(ctx), b)
			coming = nil
			return err
		},
		events: func(ctx context.Context, s *faulty, tenant string, after int64, limit int) ([]store.Event, error) {
			mu.Lock()
			defer mu.Unlock()
			events, err := s.Store.Events(ctx, tenant, after, limit)
			last := after
			if all, err := s.Store.Events(ctx, tenant, 0, store.MaxLimit); err == nil && len(all) > 0 {
				last = all[len(all)-1].Position
			}
			for _, e := range coming {
				if e.Tenant == tenant {
					last++
					e.Position = last
					events = append(events, e)
				}
			}
			return events, err
		},
	}
}
