package storetest

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

func brokenEvents() []brokenStore {
	return []brokenStore{
		brokenLog("events-page", "includes the position after which it reads", func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error) {
			if after > 0 && after < 1<<40 {
				after--
			}
			return s.Events(ctx, tenant, after, limit)
		}),
		brokenLog("events-exact", "keeps microseconds", func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			for i := range events {
				events[i].Time = events[i].Time.Truncate(time.Microsecond)
			}
			return events, err
		}),
		brokenLog("events-exact", "keeps 64 bits of nanoseconds", func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			for i := range events {
				events[i].Time = time.Unix(0, events[i].Time.UnixNano()).UTC()
			}
			return events, err
		}),
		brokenCommit("events-order", "logs the last event first", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			b.Events = slices.Clone(b.Events)
			slices.Reverse(b.Events)
			return s.Commit(ctx, b)
		}),
		{"events-positions", "counts from 1 when all is trimmed", func() *hooks {
			var base int64
			return &hooks{
				trim: func(ctx context.Context, s *memory.Store, tenant string, upTo int64) error {
					err := s.Trim(ctx, tenant, min(upTo, 1<<40)+base)
					if trimmed, ok := errors.AsType[*store.TrimmedError](second(s.Events(ctx, tenant, base, 1))); ok {
						if rest, err := s.Events(ctx, tenant, trimmed.Mark, 1); err == nil && len(rest) == 0 {
							base = trimmed.Mark
						}
					}
					return err
				},
				events: func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after+base, limit)
					for i := range events {
						events[i].Position -= base
					}
					if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
						trimmed.Mark -= base
					}
					return events, err
				},
			}
		}},
		{"events-monotonic", "gives positions away before the commit", func() *hooks {
			var underWay sync.Map // events that have their position, but do not show yet
			return &hooks{
				commit: func(ctx context.Context, s *memory.Store, b store.Batch) error {
					for _, e := range b.Events {
						underWay.Store(e.ID, true)
					}
					err := s.Commit(ctx, b)
					for range 5 * len(b.Puts) {
						runtime.Gosched()
					}
					for _, e := range b.Events {
						underWay.Delete(e.ID)
					}
					return err
				},
				events: func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error) {
					events, err := s.Events(ctx, tenant, after, store.MaxLimit)
					events = slices.DeleteFunc(events, func(e store.Event) bool {
						_, hidden := underWay.Load(e.ID)
						return hidden
					})
					return events[:min(limit, len(events))], err
				},
			}
		}},
		brokenCommit("events-records", "logs the events before it writes the records", func(ctx context.Context, s *memory.Store, b store.Batch) error {
			if len(b.Events) > 0 {
				early := store.Batch{ID: b.ID + "-log", Tenant: b.Tenant, Events: b.Events}
				early.Puts = []store.Record{{Key: store.Key{Tenant: b.Tenant, Kind: "note", ID: b.ID + "-log"}, Value: []byte("1")}}
				if err := s.Commit(ctx, early); err != nil {
					return err
				}
				b.Events = nil
				runtime.Gosched()
			}
			return s.Commit(ctx, b)
		}),
		brokenLog("events-trimmed", "goes on with what is left", func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
				return s.Events(ctx, tenant, trimmed.Mark, limit)
			}
			return events, err
		}),
		{"trim-mark", "trims what is not there yet", func() *hooks {
			var mark int64
			return &hooks{
				trim: func(ctx context.Context, s *memory.Store, tenant string, upTo int64) error {
					mark = max(mark, upTo)
					return s.Trim(ctx, tenant, upTo)
				},
				events: func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error) {
					_ = s.Trim(ctx, tenant, mark)
					return s.Events(ctx, tenant, after, limit)
				},
			}
		}},
	}
}

// second returns the error of a call.
func second[T any](_ T, err error) error { return err }
