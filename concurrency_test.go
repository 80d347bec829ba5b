package engage_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// TestManyCallersKeepTheBooks lets 64 callers record, repeat, delete, replay,
// discard, supersede and erase, all at once; on one contact and on many, through
// one Engine and through two that share their data.
func TestManyCallersKeepTheBooks(t *testing.T) {
	t.Parallel()
	for _, contacts := range []int{1, 20} {
		for _, two := range []bool{false, true} {
			t.Run(fmt.Sprintf("contacts %d, two engines %v", contacts, two), func(t *testing.T) {
				t.Parallel()
				eachPair(t, func(t *testing.T, a, b store.Store) {
					engines := []*engage.Engine{newEngine(t, a, nil)}
					if two {
						engines = append(engines, newEngine(t, b, nil))
					}
					keepBusy(t, engines, contacts)
					for _, eng := range engines {
						checkBooks(t, eng)
					}
				})
			})
		}
	}
}

func keepBusy(t *testing.T, engines []*engage.Engine, contacts int) {
	t.Helper()
	const callers, rounds = 64, 4
	declare(t, engines[0], visitDefinition)
	declare(t, engines[0], declaring("fleeting", visitSchema, "page"))
	if _, err := engines[0].Triggers.Register(t.Context(), "visit", "page", []byte(`"/2"`)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), uint64(contacts)))
			eng := engines[i%len(engines)]
			for range rounds {
				if err := doSomething(t, eng, random, contacts); err != nil && !expected(err) {
					t.Errorf("%v", err)
				}
			}
		})
	}
	wg.Wait()
}

// expected reports whether an error is one that the mixed calls may meet: what
// they name has gone, a schema exists or is deleted, or two engines were in each
// other's way for too long.
func expected(err error) bool {
	return errors.Is(err, engage.ErrNotFound) || errors.Is(err, engage.ErrConflict) || errors.Is(err, engage.ErrRefused)
}

func doSomething(t *testing.T, eng *engage.Engine, random *rand.Rand, contacts int) error {
	t.Helper()
	ctx := t.Context()
	contact := fmt.Sprintf("c%d", random.IntN(contacts))
	page := fmt.Sprintf("/%d", random.IntN(4))
	switch n := random.IntN(20); {
	case n < 7:
		_, err := eng.Interactions.Record(ctx, visit(contact, page, ""))
		return err
	case n < 9: // repeated by others
		_, err := eng.Interactions.Record(ctx, visit(contact, page, strconv.Itoa(random.IntN(5))))
		return err
	case n < 11: // rejected, unless the schema is loose just now
		_, err := eng.Interactions.Record(ctx, submission(contact, "visit", `{"seconds":1}`))
		return err
	case n < 12:
		s := visit(contact, page, "")
		s.SchemaID = "fleeting"
		_, err := eng.Interactions.Record(ctx, s)
		return err
	case n < 15:
		found, err := eng.Interactions.List(ctx, engage.InteractionFilter{ContactID: contact, Limit: 5})
		if err != nil || len(found.Items) == 0 {
			return err
		}
		return eng.Interactions.Delete(ctx, found.Items[random.IntN(len(found.Items))].ID)
	case n < 16:
		found, err := eng.Quarantine.List(ctx, engage.QuarantineFilter{SchemaID: "visit", Limit: 5})
		if err != nil || len(found.Items) == 0 {
			return err
		}
		_, err = eng.Quarantine.Replay(ctx, found.Items[random.IntN(len(found.Items))].ID)
		return err
	case n < 17:
		_, err := eng.Quarantine.ReplayAll(ctx, "visit")
		return err
	case n < 18:
		required := [][]string{{"page"}, nil}[random.IntN(2)]
		_, err := eng.Schemas.Supersede(ctx, definition(t, declaring("visit", visitSchema, required...)), &engage.SupersedeOptions{Force: true})
		return err
	case n < 19:
		err := eng.Schemas.Delete(ctx, "fleeting", &engage.DeleteOptions{Erase: true})
		if err != nil {
			return err
		}
		_, err = eng.Schemas.Create(ctx, definition(t, declaring("fleeting", visitSchema, "page")))
		return err
	default:
		return eng.Atomically(ctx, func(w *engage.Work) error {
			for _, o := range w.Interactions.RecordMany(ctx, []interaction.Submission{visit(contact, page, ""), visit(contact, "/2", "")}) {
				if o.Err != nil {
					return o.Err
				}
			}
			return nil
		})
	}
}

// checkBooks checks that events, interactions, tallies and segments tell the same
// story.
func checkBooks(t *testing.T, eng *engage.Engine) {
	t.Helper()
	stored := map[string]interaction.Interaction{}
	filter := engage.InteractionFilter{Limit: store.MaxLimit}
	for {
		page, err := eng.Interactions.List(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range page.Items {
			stored[i.ID] = i
		}
		if filter.Continuation = page.Continuation; filter.Continuation == "" {
			break
		}
	}
	type pair struct{ contact, schema string }
	created, deleted := map[string]int{}, map[string]int{}
	met, first, fired := map[string]int{}, map[string]int{}, map[string]int{}
	firstOf, ever := map[pair]int{}, map[pair]int64{}
	for _, e := range events(t, eng) {
		switch e.Type {
		case engage.EventInteractionCreated:
			data := decode[engage.InteractionEvent](t, e)
			created[e.Resource.ID]++
			ever[pair{data.ContactID, data.SchemaID}]++
			ever[pair{data.ContactID, ""}]++
			if data.First {
				first[data.ContactID]++
			}
			if data.FirstOfSchema {
				firstOf[pair{data.ContactID, data.SchemaID}]++
			}
			if was := ever[pair{data.ContactID, ""}] == 1; was != data.First {
				t.Errorf("%+v says first: %v", data, data.First)
			}
		case engage.EventInteractionDeleted:
			deleted[e.Resource.ID]++
		case engage.EventContactCreated:
			met[e.Resource.ID]++
		case engage.EventTriggerFired:
			fired[decode[engage.TriggerEvent](t, e).ContactID]++
		}
	}
	for id, n := range created {
		if _, there := stored[id]; n != 1 || deleted[id] > 1 || there == (deleted[id] == 1) {
			t.Errorf("interaction %s: created %d times, deleted %d times, stored: %v", id, n, deleted[id], there)
		}
	}
	for id := range stored {
		if created[id] != 1 {
			t.Errorf("interaction %s: stored, and created %d times", id, created[id])
		}
	}
	for of, n := range ever {
		if of.schema != "" && firstOf[of] != 1 {
			t.Errorf("%+v: %d were the first", of, firstOf[of])
		}
		if of.schema == "" && (first[of.contact] != 1 || met[of.contact] != 1) {
			t.Errorf("%+v: %d were the first, met %d times", of, first[of.contact], met[of.contact])
		}
		want := interaction.Tally{ContactID: of.contact, SchemaID: of.schema, Ever: n}
		for _, i := range stored {
			if i.ContactID == of.contact && (of.schema == "" || i.SchemaID == of.schema) {
				want.Count++
				if want.First.IsZero() || i.CreatedDate.Before(want.First) {
					want.First = i.CreatedDate
				}
				if i.CreatedDate.After(want.Last) {
					want.Last = i.CreatedDate
				}
			}
		}
		if got, err := eng.Interactions.Tally(t.Context(), of.contact, of.schema); err != nil || got != want {
			t.Errorf("tally %+v, %v; want %+v", got, err, want)
		}
	}
	for contact, n := range fired {
		if n != 1 {
			t.Errorf("the trigger fired %d times for %s", n, contact)
		}
	}
	for page := range 4 {
		value := fmt.Sprintf(`"/%d"`, page)
		var want []string
		for _, i := range stored {
			if i.SchemaID == "visit" && string(i.Payload[:len(`{"page":`)+len(value)]) == `{"page":`+value {
				want = append(want, i.ContactID)
			}
		}
		slices.Sort(want)
		got, err := gather(eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "visit", Property: "page", Equals: []byte(value)}))
		slices.Sort(got)
		if want = slices.Compact(want); err != nil || !slices.Equal(got, want) {
			t.Errorf("segment %s: %v, %v; want %v", value, got, err, want)
		}
	}
}

// TestSameKeyAtOnceIsRecordedOnce: 64 callers on two engines send one submission.
func TestSameKeyAtOnceIsRecordedOnce(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		engines := []*engage.Engine{newEngine(t, a, nil), newEngine(t, b, nil)}
		declare(t, engines[0], visitDefinition)
		got := make([]engage.Recorded, 64)
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { got[i] = accepted(t, engines[i%2], visit("ann", "/", "the key")) })
		}
		wg.Wait()
		news := 0
		for _, r := range got {
			if !r.Repeated {
				news++
			}
			if r.ID != got[0].ID {
				t.Errorf("%s and %s", r.ID, got[0].ID)
			}
		}
		if news != 1 || len(events(t, engines[0], engage.EventInteractionCreated)) != 1 {
			t.Errorf("%d were new", news)
		}
	})
}

// TestCallersWhoseContextEndsHarmNobody: each caller's context ends at some point
// of its call, and what was done has been done whole.
func TestCallersWhoseContextEndsHarmNobody(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, _ store.Store) {
		eng := newEngine(t, a, nil)
		declare(t, eng, visitDefinition)
		var wg sync.WaitGroup
		var mu sync.Mutex
		told, untold := 0, 0
		for i := range 64 {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%2 == 0 {
					go cancel()
				}
				_, err := eng.Interactions.Record(ctx, visit("ann", "/2", ""))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					told++
				case errors.Is(err, engage.ErrUnknownOutcome):
					untold++
				case !errors.Is(err, context.Canceled) || i%2 == 1:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		accepted(t, eng, visit("ann", "/2", ""))
		if n := len(events(t, eng, engage.EventInteractionCreated)); n < told+1 || n > told+untold+1 {
			t.Errorf("%d recorded, %d told, %d not known", n, told+1, untold)
		}
		checkBooks(t, eng)
	})
}

// TestConsumerSeesWhatManyCallersDo, all of it and in order.
func TestConsumerSeesWhatManyCallersDo(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		engines := []*engage.Engine{newEngine(t, a, nil), newEngine(t, b, &engage.Options{
			Consumers: engage.ConsumerOptions{Poll: time.Millisecond},
		})}
		ctx, cancel := context.WithCancel(t.Context())
		var got []int64
		arrived := make(chan int64, 1<<16)
		done := make(chan error)
		go func() {
			done <- engines[1].Events.Consume(ctx, "reader", func(_ context.Context, e engage.Event) error {
				got = append(got, e.Position)
				arrived <- e.Position
				return nil
			})
		}()
		keepBusy(t, engines, 5)
		all := events(t, engines[0])
		for at, last := int64(0), all[len(all)-1].Position; at != last; {
			at = <-arrived
		}
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		var want []int64
		for _, e := range all {
			want = append(want, e.Position)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}
