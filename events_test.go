package engage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// everyEvent makes one event of each type at least, and returns the Engine's
// clock, which was moved on between the calls.
func everyEvent(t *testing.T, st store.Store) (eng *engage.Engine, at prepared, replayed string) {
	t.Helper()
	clock := newClock()
	eng = newEngine(t, st, &engage.Options{
		Clock:     func() time.Time { clock.Advance(time.Second); return clock.Now() },
		Consumers: engage.ConsumerOptions{Abandoned: time.Millisecond},
	})
	at = prepareScenario(t, eng)
	accepted(t, eng.As(engage.Customer("ann")), visit("ann", "/old", "")) // fires the trigger
	recorded, err := eng.As(engage.Agent("ada")).Quarantine.Replay(t.Context(), at.quarantined)
	if err != nil {
		t.Fatal(err)
	}
	if err := eng.As(engage.Bot("r2")).Interactions.Delete(t.Context(), at.interaction); err != nil {
		t.Fatal(err)
	}
	consumeUntil(t, eng, "reader", 3)
	if _, err := eng.Events.Trim(t.Context()); err != nil { // drops the reader
		t.Fatal(err)
	}
	if err := eng.As(engage.Agent("ada")).Schemas.Delete(t.Context(), "visit", &engage.DeleteOptions{Erase: true}); err != nil {
		t.Fatal(err)
	}
	return eng, at, recorded.ID
}

// consumeUntil consumes up to a position.
func consumeUntil(t *testing.T, eng *engage.Engine, name string, position int64) (got []engage.Event) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := eng.Events.Consume(ctx, name, func(_ context.Context, event engage.Event) error {
		got = append(got, event)
		if event.Position >= position {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("consuming: %v", err)
	}
	return got
}

func TestEventsTellWhoDidWhatWhen(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng, at, replayed := everyEvent(t, st)
		all := events(t, eng)
		type line struct {
			typ      engage.EventType
			actor    engage.Actor
			resource engage.Resource
		}
		find := func(typ engage.EventType, actor engage.Actor, resource engage.Resource) engage.Event {
			t.Helper()
			for _, e := range all {
				if (line{e.Type, e.Actor, e.Resource}) == (line{typ, actor, resource}) {
					return e
				}
			}
			t.Errorf("there is no %s of %v about %v", typ, actor, resource)
			return engage.Event{Data: json.RawMessage(`{}`)}
		}
		system, ada, bot, ann := engage.System(), engage.Agent("ada"), engage.Bot("r2"), engage.Customer("ann")
		schemaOf := about("interaction_schema", "visit")
		for _, want := range []struct {
			event   engage.Event
			version int
		}{
			{find(engage.EventSchemaCreated, system, schemaOf), 1},
			{find(engage.EventSchemaSuperseded, system, schemaOf), 2},
			{find(engage.EventSchemaDeleted, ada, schemaOf), 2},
			{find(engage.EventSchemaErased, ada, schemaOf), 2},
		} {
			if got := decode[engage.SchemaEvent](t, want.event); got != (engage.SchemaEvent{SchemaID: "visit", Version: want.version}) {
				t.Errorf("%s: %+v", want.event.Type, got)
			}
		}
		for _, want := range []struct {
			event                engage.Event
			contact              string
			version              int
			first, firstOfSchema bool
		}{
			{find(engage.EventInteractionCreated, system, about("interaction", at.interaction)), "ann", 1, true, true},
			{find(engage.EventInteractionCreated, ada, about("interaction", replayed)), "cid", 2, true, true},
			{find(engage.EventInteractionRejected, system, about("quarantined_interaction", at.quarantined)), "cid", 1, false, false},
			{find(engage.EventInteractionDeleted, bot, about("interaction", at.interaction)), "ann", 1, false, false},
			{find(engage.EventInteractionDeleted, ada, about("interaction", replayed)), "cid", 2, false, false},
		} {
			got := decode[engage.InteractionEvent](t, want.event)
			if got.CreatedDate.IsZero() || got.CreatedDate.After(want.event.Time) {
				t.Errorf("%s at %v: created %v", want.event.Type, want.event.Time, got.CreatedDate)
			}
			got.CreatedDate = time.Time{}
			if want := (engage.InteractionEvent{
				ContactID: want.contact, SchemaID: "visit", SchemaVersion: want.version, First: want.first, FirstOfSchema: want.firstOfSchema,
			}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		}
		fired := decode[engage.TriggerEvent](t, find(engage.EventTriggerFired, ann, about("trigger", at.trigger)))
		if fired.ContactID != "ann" || fired.SchemaID != "visit" || fired.Property != "page" || fired.InteractionID == "" {
			t.Errorf("%+v", fired)
		}
		if known := decode[engage.ContactEvent](t, find(engage.EventContactCreated, ada, about("contact", "cid"))); known.ContactID != "cid" {
			t.Errorf("%+v", known)
		}
		dropped := decode[engage.ConsumerEvent](t, find(engage.EventConsumerDropped, system, about("consumer", "reader")))
		if dropped != (engage.ConsumerEvent{Name: "reader", Position: 3}) {
			t.Errorf("%+v", dropped)
		}
		// Positions and IDs grow, and so does the time.
		for i, e := range all {
			if e.ID == "" || e.Time.IsZero() || e.Time.Location() != time.UTC || !json.Valid(e.Data) {
				t.Errorf("%+v", e)
			}
			if i > 0 && (e.Position <= all[i-1].Position || e.ID <= all[i-1].ID || e.Time.Before(all[i-1].Time)) {
				t.Errorf("%+v comes after %+v", e, all[i-1])
			}
		}
	})
}

func TestAfterReadsFromAnyPosition(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng, _, _ := everyEvent(t, st)
		all := events(t, eng)
		read := func(after int64, atMost int) (ids []string) {
			for e, err := range eng.Events.After(t.Context(), after) {
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, e.ID)
				if len(ids) == atMost {
					break
				}
			}
			return ids
		}
		for i, e := range all {
			var want []string
			for _, later := range all[i+1:] {
				want = append(want, later.ID)
			}
			if got := read(e.Position, 0); !slices.Equal(got, want) {
				t.Errorf("after %d: %v", e.Position, got)
			}
			if got := read(0, i+1); len(got) != i+1 || got[i] != e.ID {
				t.Errorf("broke off at %d: %v", i, got)
			}
		}
		if got := read(1<<40, 0); got != nil {
			t.Errorf("beyond the end: %v", got)
		}
		// A sequence may be read twice.
		seq := eng.Events.After(t.Context(), 0)
		for range 2 {
			if got, err := gather(seq); err != nil || len(got) != len(all) {
				t.Errorf("%d of %d, %v", len(got), len(all), err)
			}
		}
	})
}

func TestAfterEndsWithAnError(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		prepareScenario(t, eng)
		consumeUntil(t, eng, "reader", 5)
		if mark, err := eng.Events.Trim(t.Context()); err != nil || mark != 5 {
			t.Fatalf("trimmed to %d, %v", mark, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, test := range []struct {
			ctx      context.Context //nolint:containedctx // a column of the table
			position int64
			want     error
		}{
			{t.Context(), 0, engage.ErrTrimmed},
			{t.Context(), 4, engage.ErrTrimmed},
			{t.Context(), -1, engage.ErrInvalid},
			{ended, 5, context.Canceled},
		} {
			n := 0
			for e, err := range eng.Events.After(test.ctx, test.position) {
				n++
				if !errors.Is(err, test.want) || e.ID != "" {
					t.Errorf("after %d: %+v, %v; want %v", test.position, e, err, test.want)
				}
			}
			if n != 1 {
				t.Errorf("after %d: %d steps", test.position, n)
			}
		}
		if got, err := gather(eng.Events.After(t.Context(), 5)); err != nil || len(got) == 0 || got[0].Position != 6 {
			t.Errorf("after the mark: %v, %v", got, err)
		}
	})
}

func TestAfterSeesWhatIsAppendedWhileItReads(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	prepareScenario(t, eng)
	before := len(events(t, eng))
	n := 0
	for _, err := range eng.Events.After(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if n <= 3 {
			accepted(t, eng, visit("ann", "/more", "")) // one event each
		}
	}
	if n != before+3 {
		t.Errorf("%d events, want %d", n, before+3)
	}
}

// TestWhoSeesAnEventCanReadWhatItTellsOf, through another handle on the store.
func TestWhoSeesAnEventCanReadWhatItTellsOf(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		writer, reader := newEngine(t, a, nil), newEngine(t, b, nil)
		declare(t, writer, visitDefinition)
		const many = 60
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for j := range many / 4 {
					accepted(t, writer, visit(fmt.Sprintf("c%d", (i+j)%5), "/", ""))
				}
			})
		}
		position, seen := int64(0), 0
		for seen < many {
			for e, err := range reader.Events.After(t.Context(), position) {
				if err != nil {
					t.Fatal(err)
				}
				position = e.Position
				if e.Type != engage.EventInteractionCreated {
					continue
				}
				seen++
				if i, err := reader.Interactions.Get(t.Context(), e.Resource.ID); err != nil || i.ContactID != decode[engage.InteractionEvent](t, e).ContactID {
					t.Errorf("%+v: %+v, %v", e, i, err)
				}
			}
		}
		wg.Wait()
	})
}

// eachPair runs a test on two handles on the same data, of every kind of store.
func eachPair(t *testing.T, test func(t *testing.T, a, b store.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		a := newMemory(t)
		test(t, a, a.Peer())
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "engage.db")
		test(t, openSQLite(t, path), openSQLite(t, path))
	})
}

// TestConsumersOfTwoEnginesShareTheWork: both engines stand by for one name; one
// at a time handles, each event is handled in order, none is left out.
func TestConsumersOfTwoEnginesShareTheWork(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		quick := &engage.Options{
			Clock:     time.Now, //nolint:forbidigo // leases of real processes; none of them ends here
			Consumers: engage.ConsumerOptions{Poll: time.Millisecond},
		}
		engines := []*engage.Engine{newEngine(t, a, quick), newEngine(t, b, quick)}
		declare(t, engines[0], visitDefinition)
		const many = 80
		var mu sync.Mutex
		var got []int64
		inside := false
		done := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var wg sync.WaitGroup
		for _, eng := range engines {
			wg.Go(func() {
				for turns := 1; ctx.Err() == nil; turns++ {
					// Each handles ten, and lets go.
					turn, end := context.WithCancel(ctx)
					n := 0
					err := eng.Events.Consume(turn, "reader", func(_ context.Context, e engage.Event) error {
						mu.Lock()
						defer mu.Unlock()
						if inside {
							t.Error("two at work")
						}
						inside = true
						defer func() { inside = false }()
						got = append(got, e.Position)
						n++
						if n == 10 {
							end()
						}
						if len(got) == 1+5+many {
							close(done)
						}
						return nil
					})
					end()
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
						return
					}
				}
			})
		}
		for i := range many {
			accepted(t, engines[i%2], visit(fmt.Sprintf("c%d", i%5), "/", ""))
		}
		<-done
		cancel()
		wg.Wait()
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("handled %v", got)
		}
		all, err := engines[0].Events.Consumers(t.Context())
		if err != nil || len(all) != 1 || all[0].Name != "reader" || all[0].Active || all[0].Position != got[len(got)-1] {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestHandlersFailureIsLoggedAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		eng := newEngine(t, memory.New(), &engage.Options{Logger: slog.New(slog.NewTextHandler(&out, nil))})
		declare(t, eng, visitDefinition)
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		err := eng.Events.Consume(ctx, "reader", func(context.Context, engage.Event) error {
			calls++
			if calls < 3 {
				return errors.New("the printer is on fire")
			}
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) || calls != 3 {
			t.Errorf("%v after %d calls", err, calls)
		}
		if n := strings.Count(out.String(), "the printer is on fire"); n != 2 || !strings.Contains(out.String(), "consumer=reader") {
			t.Errorf("the log says %s", out.String())
		}
	})
}

func TestConsumerIsActiveWhileItIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := memory.New()
		opts := &engage.Options{Clock: time.Now} //nolint:forbidigo // the bubble's
		dying := &lossy{Store: st}
		eng, other := newEngine(t, dying, opts), newEngine(t, st.Peer(), opts)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() {
			done <- eng.Events.Consume(ctx, "reader", func(context.Context, engage.Event) error { return nil })
		}()
		synctest.Wait()
		active := func() bool {
			all, err := other.Events.Consumers(t.Context())
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			return all[0].Active
		}
		if !active() {
			t.Error("it is not active")
		}
		if err := other.Events.Forget(t.Context(), "reader"); !errors.Is(err, engage.ErrConflict) {
			t.Errorf("%v, want ErrConflict", err)
		}
		// Its process dies: nothing of it is stored any more.
		dying.deaf.Store(true)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time
		if active() {
			t.Error("it is active, and dead for a minute")
		}
		if err := other.Events.Forget(t.Context(), "reader"); err != nil {
			t.Errorf("forgetting it: %v", err)
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestNamesOfConsumers(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, visitDefinition)
	for _, name := range []string{"", "\x00", "a\nb", "\xff", strings.Repeat("x", 129), "sha256:0"} {
		err := eng.Events.Consume(t.Context(), name, func(context.Context, engage.Event) error { return nil })
		if !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%q: %v, want ErrInvalid", name, err)
		}
		if err := eng.Events.Forget(t.Context(), name); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("forgetting %q: %v, want ErrInvalid", name, err)
		}
	}
	for _, name := range []string{"a", "billing/eu 1", "Ünï", strings.Repeat("x", 128)} {
		if got := consumeUntil(t, eng, name, 1); len(got) != 1 {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestEventsOfDroppedConsumerAreRefused(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng, _, _ := everyEvent(t, st)
		err := eng.Events.Consume(t.Context(), "reader", func(context.Context, engage.Event) error { return nil })
		if !errors.Is(err, engage.ErrDropped) {
			t.Errorf("%v, want ErrDropped", err)
		}
		all, err := eng.Events.Consumers(t.Context())
		if err != nil || len(all) != 1 || all[0].Dropped.IsZero() || all[0].Active {
			t.Errorf("%+v, %v", all, err)
		}
		if err := eng.Events.Forget(t.Context(), "reader"); err != nil {
			t.Error(err)
		}
		if got := consumeUntil(t, eng, "reader", 1); len(got) == 0 {
			t.Error("nothing came anew")
		}
	})
}
