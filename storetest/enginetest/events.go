package enginetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
)

// eventRoom is engage.Events.
func eventRoom() room {
	return room{
		name: "events",
		invariants: []Invariant{
			{ID: "event-order", Text: "Events must come in the order of positions, each once, with what they tell of.", check: checkEventOrder},
			{ID: "event-kept", Text: "No event may be forgotten that a consumer has still to handle.", check: checkEventKept},
		},
		// When a consumer was last heard of, how often any was changed, and how far it is,
		// which another invariant is about.
		fleeting: fleeting(`"seen":"[^"]*"`, `"position":\d+`, `"changes":\d+`),
		scenarios: []scenario{
			{
				name: "events are consumed", several: true, alone: "whoever comes late waits for an event that does not come",
				call: consume,
			},
			{
				name: "what was consumed is trimmed", several: true, alone: "it consumes", drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					if err := consume(ctx, eng, at); err != nil {
						return err
					}
					_, err := eng.Events.Trim(ctx)
					return err
				},
			},
			{
				name: "a consumer is forgotten", several: true, alone: "it consumes",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					if err := consume(ctx, eng, at); err != nil {
						return err
					}
					at.pass(time.Hour) // in case its lease was not given back
					return eng.Events.Forget(ctx, "reader")
				},
			},
		},
	}
}

// consume handles the events that there are, under the name "reader". It goes on
// behind what was handled before, and returns when the last one has been.
func consume(ctx context.Context, eng *engage.Engine, at place) error {
	var all []int64
	for e, err := range eng.Events.After(ctx, 0) {
		if errors.Is(err, engage.ErrTrimmed) {
			return nil // all had been handled
		}
		if err != nil {
			return err
		}
		all = append(all, e.Position)
	}
	last := all[len(all)-1]
	for {
		consumers, err := eng.Events.Consumers(ctx)
		if err != nil {
			return err
		}
		position := int64(0)
		for _, c := range consumers {
			position = c.Position
		}
		if position >= last {
			return nil
		}
		at.pass(time.Hour) // beyond the lease of one that could not give it back
		handled := position
		reading, enough := context.WithCancel(ctx)
		err = eng.Events.Consume(reading, "reader", func(_ context.Context, e engage.Event) error {
			if e.Position > handled {
				for _, p := range all {
					if p > handled && p < e.Position {
						return fmt.Errorf("enginetest: event %d was left out", p)
					}
				}
				handled = e.Position
			}
			if e.Position >= last {
				enough()
			}
			return nil
		})
		enough()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !errors.Is(err, context.Canceled) {
			return err
		}
	}
}

// events reads the log. Those that are trimmed are known from before the scenario;
// if mark is not nil, it is set.
func (p *party) events(tb testing.TB, eng *engage.Engine, mark *int64) []engage.Event {
	tb.Helper()
	list, err := gather(eng.Events.After(tb.Context(), 0))
	if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok && mark != nil {
		*mark = trimmed.Mark
		list, err = gather(eng.Events.After(tb.Context(), trimmed.Mark))
		for i, e := range p.before {
			if e.Position > trimmed.Mark {
				p.before = p.before[:i:i]
				break
			}
		}
		list = append(p.before[:len(p.before):len(p.before)], list...)
	}
	if err != nil {
		tb.Fatalf("enginetest: reading the events: %v", err)
	}
	return list
}

func checkEventOrder(b *books) {
	last, ids := int64(0), map[string]bool{}
	for _, e := range b.events {
		if e.Position <= last || ids[e.ID] {
			b.broken(fmt.Sprintf("event %s, known: %v, at position %d behind %d", e.ID, ids[e.ID], e.Position, last), "positions that grow, and new IDs")
		}
		last, ids[e.ID] = e.Position, true
		if e.Type == "" || e.Time.IsZero() || e.Actor.Type == "" || e.Resource.Type == "" || len(e.Data) == 0 {
			b.broken(fmt.Sprintf("%+v", e), "type, time, actor, resource and data")
		}
	}
}

func checkEventKept(b *books) {
	for _, c := range b.consumers {
		if c.Dropped.IsZero() && c.Position < b.mark {
			b.broken(fmt.Sprintf("trimmed up to %d", b.mark), fmt.Sprintf("at most %d, for %s", c.Position, c.Name))
		}
	}
}
