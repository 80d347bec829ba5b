package broken

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// batches apply one otherwise than it says, or another than they should.
func batches() []Store {
	return []Store{
		// An index that is cleaned up for some versions of a record only.
		faulty("commit-put", "leaves a record in its indexes when it lost all terms with its sixth version", func() *methods {
			var mu sync.Mutex
			puts := map[store.Key]int{}
			stale := map[string]map[store.Key]bool{}
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					var were map[string]string
					if len(b.Puts) == 1 && len(b.Puts[0].Terms) == 0 {
						if now, err := s.Get(ctx, b.Puts[0].Key); err == nil {
							were = now[0].Terms
						}
					}
					err := s.Commit(ctx, b)
					mu.Lock()
					defer mu.Unlock()
					for _, put := range b.Puts {
						if err != nil {
							continue
						}
						puts[put.Key]++
						for index := range were {
							if puts[put.Key] == 6 {
								stale[index] = map[store.Key]bool{put.Key: true}
							}
						}
						if len(were) == 0 {
							clear(stale)
						}
					}
					return err
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					mu.Lock()
					defer mu.Unlock()
					for k := range stale[q.Index] {
						if now, err := s.Get(ctx, k); err == nil && k.Tenant == q.Tenant && k.Kind == q.Kind {
							page.Records = append(page.Records, now...)
						}
					}
					return page, err
				},
			}
		}),
		inCommit("commit-put", "takes null for no value, when a record has no terms either", func(ctx context.Context, s *inner, b store.Batch) error {
			if len(b.Puts) == 1 && bytes.Equal(b.Puts[0].Value, []byte(`null`)) && len(b.Puts[0].Terms) == 0 && len(b.Events) == 0 && s.ready(ctx, b) {
				b.Puts = []store.Record{b.Puts[0]}
				b.Puts[0].Value = []byte(`{}`)
			}
			return s.Commit(ctx, b)
		}),
		inCommit("commit-delete", "deletes the records of that ID in all kinds", func(ctx context.Context, s *inner, b store.Batch) error {
			if !s.ready(ctx, b) {
				return s.Commit(ctx, b)
			}
			named := named(b)
			b.Deletes = slices.Clone(b.Deletes)
			for _, del := range b.Deletes {
				for _, kind := range s.catalog.Kinds() {
					k := del.Key
					k.Kind = kind
					now, err := s.Get(ctx, k)
					if err == nil && now[0].Exists() && !slices.ContainsFunc(named, func(c store.Check) bool { return c.Key == k }) {
						b.Deletes = append(b.Deletes, store.Check{Key: k, Version: now[0].Version})
					}
				}
			}
			return s.Commit(ctx, b)
		}),
		inCommit("commit-version", "does not write what stays the same, terms and all", func(ctx context.Context, s *inner, b store.Batch) error {
			if len(b.Puts) == 1 && len(b.Puts[0].Terms) == 2 && len(b.Events)+len(b.Deletes) == 0 && b.Puts[0].Version != "" && s.ready(ctx, b) {
				now, err := s.Get(ctx, b.Puts[0].Key)
				if err == nil && bytes.Equal(now[0].Value, b.Puts[0].Value) && maps.Equal(now[0].Terms, b.Puts[0].Terms) {
					return nil
				}
			}
			return s.Commit(ctx, b)
		}),
		inCommit("commit-version", "writes what it only checks", func(ctx context.Context, s *inner, b store.Batch) error {
			if len(b.Checks) != 1 || len(b.Puts) != 1 || len(b.Events)+len(b.Deletes) != 0 || b.Checks[0].Version != "1" || !s.ready(ctx, b) {
				return s.Commit(ctx, b)
			}
			now, err := s.Get(ctx, b.Checks[0].Key)
			if err != nil {
				return err
			}
			b.Puts = append(slices.Clone(b.Puts), now...)
			b.Checks = nil
			return s.Commit(ctx, b)
		}),
		inCommit("commit-invalid", "lets the last put of a key win", func(ctx context.Context, s *inner, b store.Batch) error {
			b.Puts = slices.CompactFunc(slices.Clone(b.Puts), func(x, y store.Record) bool { return x.Key == y.Key })
			return s.Commit(ctx, b)
		}),
		inCommit("commit-invalid", "checks and puts the same key", func(ctx context.Context, s *inner, b store.Batch) error {
			if s.catalog.Batch(b) != nil {
				b.Checks = slices.DeleteFunc(slices.Clone(b.Checks), func(c store.Check) bool {
					return slices.ContainsFunc(b.Puts, func(put store.Record) bool { return put.Key == c.Key && put.Version == c.Version })
				})
			}
			return s.Commit(ctx, b)
		}),
		inCommit("commit-invalid", "logs events by themselves", func(ctx context.Context, s *inner, b store.Batch) error {
			err := s.Commit(ctx, b)
			if errors.Is(err, store.ErrInvalid) && len(b.Puts)+len(b.Checks)+len(b.Deletes) == 0 && len(b.Events) > 0 {
				s.aside(ctx, b.Tenant, b.Events...)
				return nil
			}
			return err
		}),
		inCommit("commit-limits", "refuses the longest ID", func(ctx context.Context, s *inner, b store.Batch) error {
			if len(b.ID) == store.MaxText && len(b.Tenant) == store.MaxText {
				return &store.InvalidError{Field: "ID", Reason: "is too long"}
			}
			return s.Commit(ctx, b)
		}),
		inCommit("commit-limits", "does not count checks", func(ctx context.Context, s *inner, b store.Batch) error {
			if more := len(named(b)) + len(b.Events) - store.MaxOperations; more > 0 && more <= len(b.Checks) {
				b.Checks = b.Checks[more:]
			}
			return s.Commit(ctx, b)
		}),
		inCommit("commit-limits", "has no room for more than 999 events in a batch", func(ctx context.Context, s *inner, b store.Batch) error {
			if s.ready(ctx, b) && len(b.Events) > 999 {
				return store.ErrUnavailable
			}
			return s.Commit(ctx, b)
		}),
	}
}

// terms carry others than were put.
func terms() []Store {
	return []Store{
		faulty("put-terms", "keeps the terms of indexes that it has not prepared", func() *methods {
			var known store.Catalog // to all handles
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					err := s.Prepare(ctx, kinds...)
					if err == nil {
						_ = known.Add(kinds...)
					}
					return err
				},
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					if !s.ready(ctx, b) {
						return s.Commit(ctx, b)
					}
					knows := s.Peer()
					b.Puts = slices.Clone(b.Puts)
					more := false
					for i, put := range b.Puts {
						mine, _ := s.catalog.Indexes(put.Kind)
						all, _ := known.Indexes(put.Kind)
						if len(mine) == len(all) || put.Version == "" {
							continue
						}
						if err := knows.Prepare(ctx, store.Kind{Name: put.Kind, Indexes: all}); err != nil {
							return err
						}
						now, err := knows.Get(ctx, put.Key)
						if err != nil {
							return err
						}
						terms := maps.Clone(put.Terms)
						for index, term := range now[0].Terms {
							if !slices.Contains(mine, index) {
								if terms == nil {
									terms = map[string]string{}
								}
								terms[index] = term
								more = true
							}
						}
						b.Puts[i].Terms = terms
					}
					if more {
						return knows.Commit(ctx, b)
					}
					return s.Commit(ctx, b)
				},
			}
		}),
		inFind("read-terms", "carries in Find two terms at most", func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
			page, err := s.Find(ctx, q)
			for i, r := range page.Records {
				for index := range maps.Clone(r.Terms) {
					if index != q.Index && len(page.Records[i].Terms) > 2 {
						delete(page.Records[i].Terms, index)
					}
				}
			}
			return page, err
		}),
		faulty("read-terms", "carries all terms on a handle that has prepared no index", func() *methods {
			var known store.Catalog // to all handles
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					err := s.Prepare(ctx, kinds...)
					if err == nil {
						_ = known.Add(kinds...)
					}
					return err
				},
				get: func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error) {
					records, err := s.Get(ctx, keys...)
					if err != nil || len(keys) != 1 {
						return records, err
					}
					mine, _ := s.catalog.Indexes(keys[0].Kind)
					if all, _ := known.Indexes(keys[0].Kind); len(mine) == 0 && len(all) > 0 {
						p := s.Peer()
						_ = p.Prepare(ctx, store.Kind{Name: keys[0].Kind, Indexes: all})
						return p.Get(ctx, keys...)
					}
					return records, nil
				},
			}
		}),
	}
}
