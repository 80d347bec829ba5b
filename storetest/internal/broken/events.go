package broken

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// events are about what is in the log, and in which order.
func events() []Store {
	// shown changes the events that are read.
	shown := func(fault string, change func(e *store.Event)) Store {
		return inEvents("events-exact", fault, func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			for i := range events {
				change(&events[i])
			}
			return events, err
		})
	}
	return []Store{
		inEvents("events-page", "gives one event more than DefaultLimit", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			if limit == 0 {
				limit = store.DefaultLimit + 1
			}
			return s.Events(ctx, tenant, after, limit)
		}),
		inEvents("events-page", "gives one event more than the limit, when there are just so many", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if limit == 99 && len(events) == limit {
				return s.Events(ctx, tenant, after, limit+1)
			}
			return events, err
		}),
		inEvents("events-page", "counts positions with 32 bits", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			if after == math.MaxInt64 {
				after = 0
			}
			return s.Events(ctx, tenant, after, limit)
		}),
		inEvents("events-page", "skips an event where a page of 999 ends", func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
			events, err := s.Events(ctx, tenant, after, limit)
			if limit == 999 && len(events) == limit {
				events = slices.Delete(events, limit-2, limit-1)
			}
			return events, err
		}),

		shown("keeps microseconds", func(e *store.Event) { e.Time = e.Time.Truncate(time.Microsecond) }),
		shown("keeps 64 bits of nanoseconds", func(e *store.Event) { e.Time = time.Unix(0, e.Time.UnixNano()).UTC() }),
		shown("gives times in another zone", func(e *store.Event) { e.Time = e.Time.In(time.FixedZone("", 3600)) }),
		shown("takes the zero time for none", func(e *store.Event) {
			if e.Time.IsZero() {
				e.Time = time.Unix(0, 0).UTC()
			}
		}),
		shown("escapes values of events for HTML", func(e *store.Event) { e.Value = escaped(e.Value) }),
		inCommit("events-exact", "leaves out the zone of a time", func(ctx context.Context, s *inner, b store.Batch) error {
			b.Events = slices.Clone(b.Events)
			for i, e := range b.Events {
				if y := e.Time.UTC().Year(); y > 0 && y < 9999 {
					at := e.Time
					b.Events[i].Time = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
				}
			}
			return s.Commit(ctx, b)
		}),

		inCommit("events-order", "logs the events of a batch in portions of five, the last one first", func(ctx context.Context, s *inner, b store.Batch) error {
			if n := len(b.Events); n > 5 && n < 10 {
				b.Events = slices.Concat(b.Events[5:], b.Events[:5])
			}
			return s.Commit(ctx, b)
		}),
		faulty("events-order", "logs the events of batches that meet mixed", func() *methods {
			var mu sync.Mutex
			waiting := map[string]int{}
			count := func(tenant string, by int) (others int) {
				mu.Lock()
				defer mu.Unlock()
				waiting[tenant] += by
				return waiting[tenant]
			}
			return &methods{commit: func(ctx context.Context, s *inner, b store.Batch) error {
				if len(b.Events) != 3 || !s.ready(ctx, b) {
					return s.Commit(ctx, b)
				}
				defer count(b.Tenant, -1)
				count(b.Tenant, 1)
				linger(3)
				if count(b.Tenant, 0) < 3 {
					return s.Commit(ctx, b)
				}
				rest := b.Events[1:]
				b.Events = b.Events[:1]
				err := s.Commit(ctx, b)
				for _, e := range rest {
					linger(2)
					s.aside(ctx, b.Tenant, e)
				}
				return err
			}}
		}),

		// The log of a tenant begins again when nothing is left of it at all.
		faulty("events-positions", "finds the next position by what there is, on a restart", func() *methods {
			var mu sync.Mutex
			logs := map[string]int64{} // where the log of a tenant began
			var known store.Catalog
			return &methods{
				prepare: func(ctx context.Context, s *inner, kinds ...store.Kind) error {
					err := s.Prepare(ctx, kinds...)
					if err == nil {
						_ = known.Add(kinds...)
					}
					return err
				},
				commit: func(ctx context.Context, s *inner, b store.Batch) error {
					mu.Lock()
					logs[b.Tenant] += 0
					mu.Unlock()
					return s.Commit(ctx, b)
				},
				trim: func(ctx context.Context, s *inner, tenant string, upTo int64) error {
					mu.Lock()
					base := logs[tenant]
					mu.Unlock()
					if upTo > math.MaxInt64-base {
						base = 0
					}
					return s.Trim(ctx, tenant, upTo+base)
				},
				events: func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error) {
					mu.Lock()
					base := logs[tenant]
					mu.Unlock()
					if base == 0 {
						return s.Events(ctx, tenant, after, limit)
					}
					if after > math.MaxInt64-base {
						after -= base
					}
					events, err := s.Events(ctx, tenant, after+base, limit)
					for i := range events {
						events[i].Position -= base
					}
					if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
						trimmed.Mark -= base
					}
					return events, err
				},
				reopen: func(s *inner) *memory.Store {
					mu.Lock()
					defer mu.Unlock()
					ctx, p := context.Background(), s.Peer()
					for tenant := range logs {
						_, err := p.Events(ctx, tenant, 0, 1)
						trimmed, ok := errors.AsType[*store.TrimmedError](err)
						if !ok {
							continue
						}
						left, err := p.Events(ctx, tenant, trimmed.Mark, 1)
						if err != nil || len(left) > 0 {
							continue
						}
						records := 0
						for _, kind := range known.Kinds() {
							_ = p.Prepare(ctx, store.Kind{Name: kind})
							page, _ := p.Find(ctx, store.Query{Tenant: tenant, Kind: kind, Limit: 1})
							records += len(page.Records)
						}
						if records == 0 {
							logs[tenant] = trimmed.Mark
						}
					}
					return s.Peer()
				},
			}
		}),
	}
}
