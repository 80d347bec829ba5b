package broken

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// readers are about what shows while others write.
func readers() []Store {
	return []Store{
		// A position is taken when a commit begins, and shows when it ends.
		faulty("events-monotonic", "gives positions away before the commit", func() *methods {
			var underWay sync.Map
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					if len(b.Events) != 2 || len(b.Puts) == 0 || len(b.Checks)+len(b.Deletes) > 0 {
						return s.Commit(ctx, b)
					}
					for _, e := range b.Events {
						underWay.Store(e.ID, true)
					}
					err := s.Commit(ctx, b)
					linger(5 * len(b.Puts))
					for _, e := range b.Events {
						underWay.Delete(e.ID)
					}
					return err
				},
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					for {
						events, err := s.Events(ctx, tenant, after, limit)
						if len(events) == 0 {
							return events, err
						}
						after = events[len(events)-1].Position
						events = slices.DeleteFunc(events, func(e store.Event) bool {
							_, hidden := underWay.Load(e.ID)
							return hidden
						})
						if len(events) > 0 {
							return events, nil
						}
					}
				},
			}
		}),
		faulty("events-records", "logs the events before it writes the records", func() *methods {
			var mu sync.Mutex
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					mu.Lock()
					defer mu.Unlock()
					if len(b.Events) == 0 || !s.ready(ctx, b) {
						return s.Commit(ctx, b)
					}
					s.aside(ctx, b.Tenant, b.Events...)
					linger(2)
					b.Events = nil
					return s.Commit(context.WithoutCancel(ctx), b)
				},
				close: func(s *inner) error {
					mu.Lock()
					defer mu.Unlock()
					return s.Close()
				},
			}
		}),
		// The record that is read by its ID is there, and the index lags.
		faulty("events-records", "writes an index after the events", func() *methods {
			var mu sync.Mutex
			behind := map[store.Key]bool{}
			return &methods{
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					if len(b.Events) != 1 || len(b.Puts) != 2 || !s.ready(ctx, b) {
						return s.Commit(ctx, b)
					}
					k := b.Puts[1].Key
					mu.Lock()
					behind[k] = true
					mu.Unlock()
					err := s.Commit(ctx, b)
					linger(10)
					mu.Lock()
					defer mu.Unlock()
					delete(behind, k)
					return err
				},
				find: func(ctx context.Context, s *inner, q store.Query) (store.Page, error) {
					page, err := s.Find(ctx, q)
					mu.Lock()
					defer mu.Unlock()
					if len(page.Records) == 1 && page.Next == "" && q.From != "" && behind[page.Records[0].Key] {
						page.Records = nil
					}
					return page, err
				},
			}
		}),
	}
}

// trims are about what Trim forgets, and what it says then.
func trims() []Store {
	return []Store{
		inEvents("events-trimmed", "goes on with what is left, for readers of usual pages that are not at the very beginning", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok && after > 0 && limit == 0 {
				return s.Events(ctx, tenant, trimmed.Mark, limit)
			}
			return events, err
		}),
		inEvents("events-trimmed", "says of another tenant that its events were trimmed", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
				return nil, &store.TrimmedError{Mark: trimmed.Mark}
			}
			return events, err
		}),
		inEvents("events-trimmed", "gives what is left beside the error", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
				events, _ = s.Events(ctx, tenant, trimmed.Mark, limit)
			}
			return events, err
		}),

		faulty("trim-mark", "takes for its mark the position that it was asked for", func() *methods {
			var mu sync.Mutex
			asked := map[string]int64{}
			return &methods{
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					err := s.Trim(ctx, tenant, upTo)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						asked[tenant] = upTo
					}
					return err
				},
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after, limit)
					mu.Lock()
					defer mu.Unlock()
					upTo := asked[tenant]
					if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok && trimmed.Mark < upTo && upTo-trimmed.Mark < 1<<20 {
						trimmed.Mark = cmp.Or(upTo, trimmed.Mark)
					}
					return events, err
				},
			}
		}),
		faulty("trim-mark", "forgets on a restart that it was trimmed, if nothing is left", func() *methods {
			var mu sync.Mutex
			reopened := false
			return &methods{
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after, limit)
					mu.Lock()
					defer mu.Unlock()
					if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok && reopened && after == 0 {
						if left, err := s.Events(ctx, tenant, trimmed.Mark, 1); err == nil && len(left) == 0 {
							return nil, nil
						}
					}
					return events, err
				},
				reopen: func(s *inner) *memory.Store {
					mu.Lock()
					defer mu.Unlock()
					reopened = true
					return s.Peer()
				},
			}
		}),
		inTrim("trim-mark", "deletes the records that were put with the events", func(ctx context.Context, s *inner, tenant string, upTo int64) error {
			events, _ := s.Events(ctx, tenant, 0, 2)
			if err := s.Trim(ctx, tenant, upTo); err != nil {
				return err
			}
			for _, e := range events {
				if e.Position > upTo || len(e.ID) < 5 || upTo < 3 {
					continue
				}
				k := store.Key{Tenant: tenant, Kind: "doc", ID: e.ID[:len(e.ID)-4]}
				now, err := s.Get(ctx, k)
				if err == nil && now[0].Exists() {
					_ = s.Commit(ctx, store.Batch{ID: "trim-" + k.ID, Tenant: tenant, Deletes: []store.Check{{Key: k, Version: now[0].Version}}})
				}
			}
			return nil
		}),
	}
}
