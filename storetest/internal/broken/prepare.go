package broken

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

// prepares go wrong in Prepare, or in what rests on it.
func prepares() []Store {
	return []Store{
		faulty("prepare-required", "finds by an index that another handle has prepared", func() *methods {
			var known store.Catalog // to all handles
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					err := s.Prepare(ctx, kinds...)
					if err == nil {
						_ = known.Add(kinds...)
					}
					return err
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					if _, mine := s.catalog.Indexes(q.Kind); !errors.Is(err, store.ErrInvalid) || !mine {
						return page, err
					}
					if all, _ := known.Indexes(q.Kind); q.Cursor == "" && slices.Contains(all, q.Index) {
						p := s.Peer()
						_ = p.Prepare(ctx, store.Kind{Name: q.Kind, Indexes: all})
						return p.Find(ctx, q)
					}
					return page, err
				},
			}
		}),
		inCommit("prepare-required", "leaves out the terms of unprepared indexes", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			invalid, ok := errors.AsType[*store.InvalidError](err)
			if !ok || len(b.Puts) != 1 || len(b.Puts[0].Terms) != 2 || !strings.Contains(invalid.Field, "Terms") {
				return err
			}
			put := b.Puts[0]
			put.Terms = nil
			b.Puts = []store.Record{put}
			return s.Commit(ctx, b)
		}),
		inPrepare("prepare-idempotent", "cannot prepare a kind twice in one call", func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			for i, kind := range kinds {
				if slices.ContainsFunc(kinds[:i], func(other store.Kind) bool { return other.Name == kind.Name }) {
					return errors.New("there is a table " + kind.Name)
				}
			}
			return s.Prepare(ctx, kinds...)
		}),
		faulty("prepare-additive", "takes a kind without indexes for the whole of it", func() *methods {
			var mu sync.Mutex
			without := map[*inner]string{}
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					mu.Lock()
					defer mu.Unlock()
					delete(without, s)
					if len(kinds) == 1 && len(kinds[0].Indexes) == 0 {
						without[s] = kinds[0].Name
					}
					return s.Prepare(ctx, kinds...)
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					mu.Lock()
					defer mu.Unlock()
					if kind, ok := without[s]; ok && kind == q.Kind && q.Index != "" {
						return store.Page{}, &store.InvalidError{Field: "Index", Reason: "is not prepared"}
					}
					return s.Find(ctx, q)
				},
			}
		}),
		faulty("prepare-concurrent", "lets one handle prepare at a time", func() *methods {
			var mu sync.Mutex
			var busy *inner
			calls := 0
			return &methods{prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
				mu.Lock()
				if busy != nil && busy != s {
					mu.Unlock()
					return errors.New("the catalog is locked")
				}
				busy = s
				calls++
				mu.Unlock()
				defer func() {
					mu.Lock()
					defer mu.Unlock()
					calls--
					if calls == 0 {
						busy = nil
					}
				}()
				linger(10)
				return s.Prepare(ctx, kinds...)
			}}
		}),
		faulty("prepare-concurrent", "cannot write an index while two handles prepare", func() *methods {
			var mu sync.Mutex
			var preparing atomic.Int64
			busy := map[*inner]int{}
			count := func(s *inner, by int) {
				mu.Lock()
				defer mu.Unlock()
				busy[s] += by
				handles := 0
				for _, n := range busy {
					if n > 0 {
						handles++
					}
				}
				preparing.Store(int64(handles))
			}
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					count(s, 1)
					defer count(s, -1)
					linger(20)
					return s.Prepare(ctx, kinds...)
				},
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					for range 20 {
						if preparing.Load() > 1 && len(b.Puts) == 1 && len(b.Puts[0].Terms) > 0 {
							return errors.New("the schema has changed")
						}
						linger(1)
					}
					return s.Commit(ctx, b)
				},
			}
		}),
		inPrepare("prepare-invalid", "prepares what comes before a malformed kind", func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			if len(kinds) == 0 {
				return s.Prepare(ctx)
			}
			for _, kind := range kinds {
				if err := s.Prepare(ctx, kind); err != nil {
					return err
				}
			}
			return nil
		}),
		inPrepare("prepare-invalid", "counts the length of names in characters, and one too many", func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			for _, kind := range kinds {
				if len(kind.Name) == 41 {
					return nil
				}
			}
			return s.Prepare(ctx, kinds...)
		}),
		inPrepare("prepare-invalid", "takes an index that is named twice for one", func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			kinds = slices.Clone(kinds)
			for i := range kinds {
				kinds[i].Indexes = slices.Compact(slices.Sorted(slices.Values(kinds[i].Indexes)))
			}
			return s.Prepare(ctx, kinds...)
		}),
		inPrepare("prepare-names", "does not quote names", func(ctx context.Context, s *inner, kinds ...store.Kind) error {
			for _, kind := range kinds {
				if slices.Contains(kind.Indexes, "order") {
					return errors.New("syntax error")
				}
			}
			return s.Prepare(ctx, kinds...)
		}),
		inFind("prepare-names", "finds nothing in a kind whose name ends like the beginning of another", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			if strings.HasSuffix(q.Kind, "_") {
				page.Records = nil
			}
			return page, err
		}),
	}
}

// gets go wrong in Get.
func gets() []Store {
	const portion = 1000
	return []Store{
		inGet("get-order", "reads many keys in portions, the last one first", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			if n := len(keys); n > portion {
				keys = slices.Concat(keys[portion:], keys[:portion])
			}
			return s.Get(ctx, keys...)
		}),
		inGet("get-order", "returns a key that is named twice once more at the end only", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			if len(keys) == 6 { // three keys, twice each
				keys = slices.Clone(keys)
				slices.SortStableFunc(keys, func(a, b store.Key) int { return strings.Compare(a.ID, b.ID) })
			}
			return s.Get(ctx, keys...)
		}),
		inGet("get-snapshot", "reads one record after the other", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			if len(keys) < 2 {
				return s.Get(ctx, keys...)
			}
			records := make([]store.Record, 0, len(keys))
			for _, key := range keys {
				one, err := s.Get(ctx, key)
				if err != nil {
					return nil, err
				}
				records = append(records, one...)
				linger(1)
			}
			return records, nil
		}),
		inGet("get-snapshot", "reads the records of each kind at a moment of its own", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			if n := len(keys); err == nil && n > 1 && keys[n-1].Kind != keys[0].Kind {
				linger(3)
				last, err := s.Get(ctx, keys[n-1])
				if err != nil {
					return nil, err
				}
				records[n-1] = last[0]
			}
			return records, err
		}),
		inGet("get-snapshot", "reads the value of the first record after all else", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			if err != nil || len(keys) < 2 {
				return records, err
			}
			linger(3)
			later, err := s.Get(ctx, keys...)
			if err == nil && records[0].Exists() && later[0].Exists() {
				records[0].Value = later[0].Value
			}
			return records, err
		}),
		strangers(),
		inGet("get-absent", "returns what it does not find without its key, among many kinds and tenants", func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
			records, err := s.Get(ctx, keys...)
			kinds, tenants := map[string]bool{}, map[string]bool{}
			for _, key := range keys {
				kinds[key.Kind], tenants[key.Tenant] = true, true
			}
			for i, r := range records {
				if !r.Exists() && len(kinds) > 1 && len(tenants) > 2 {
					records[i] = store.Record{}
				}
			}
			return records, err
		}),
	}
}

// strangers returns null for what is not there, of tenants that have written
// nothing.
func strangers() Store {
	return faulty("get-absent", "returns null for the records of a tenant that it does not know", func() *methods {
		var known sync.Map
		return &methods{
			commit: func(ctx context.Context, s *inner, b store.Batch) error {
				known.Store(b.Tenant, true)
				return s.Commit(ctx, b)
			},
			get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
				strange := map[string]bool{}
				for _, key := range keys {
					if _, looked := strange[key.Tenant]; !looked {
						_, ok := known.Load(key.Tenant)
						strange[key.Tenant] = !ok
					}
				}
				records, err := s.Get(ctx, keys...)
				for i, r := range records {
					if strange[r.Tenant] && !r.Exists() {
						records[i].Value = []byte(`null`)
					}
				}
				return records, err
			},
		}
	})
}
