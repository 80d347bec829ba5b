package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

func TestSeveralCallsAreOneCommit(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, inner store.Store) {
		st := &counting{Store: inner}
		eng := newEngine(t, st, nil)
		st.on(nil, nil)
		var first, second engage.Recorded
		err := eng.As(engage.Agent("ada")).Atomically(t.Context(), func(w *engage.Work) (err error) {
			if _, err := w.Schemas.Create(t.Context(), unmarshalled(visitDefinition)); err != nil {
				return err
			}
			if _, err := w.Triggers.Register(t.Context(), "visit", "page", []byte(`"/b"`)); err != nil {
				return err
			}
			if first, err = w.Interactions.Record(t.Context(), visit("ann", "/a", "key")); err != nil {
				return err
			}
			second, err = w.Interactions.Record(t.Context(), visit("ann", "/b", ""))
			return err
		})
		if err != nil || st.commits.Load() != 1 {
			t.Fatalf("%v, in %d commits", err, st.commits.Load())
		}
		var got []string
		for _, e := range events(t, eng) {
			if e.Actor != engage.Agent("ada") {
				t.Errorf("%+v", e)
			}
			got = append(got, string(e.Type))
		}
		want := []string{
			"interaction_schema.created", "contact.created", "interaction.created", "interaction.created", "interaction.trigger_fired",
		}
		if !slices.Equal(got, want) {
			t.Errorf("events %v, want %v", got, want)
		}
		for _, r := range []engage.Recorded{first, second} {
			if _, err := eng.Interactions.Get(t.Context(), r.ID); err != nil || !r.Accepted {
				t.Errorf("%+v, %v", r, err)
			}
		}
	})
}

func TestErrorOfTheFunctionLeavesNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		at := prepareScenario(t, eng)
		no := errors.New("changed my mind")
		unchanged(t, st, func() {
			err := eng.Atomically(t.Context(), func(w *engage.Work) error {
				accepts(t, w, visit("ann", "/old", "k"))
				if err := w.Interactions.Delete(t.Context(), at.interaction); err != nil {
					return err
				}
				if _, err := w.Quarantine.Replay(t.Context(), at.quarantined); err != nil {
					return err
				}
				if err := w.Schemas.Delete(t.Context(), "visit", nil); err != nil {
					return err
				}
				return no
			})
			if !errors.Is(err, no) {
				t.Errorf("%v, want the function's error", err)
			}
		})
	})
}

// accepts is accepted within a Work.
func accepts(t *testing.T, w *engage.Work, s interaction.Submission) engage.Recorded {
	t.Helper()
	recorded, err := w.Interactions.Record(t.Context(), s)
	if err != nil || !recorded.Accepted {
		t.Errorf("recording: %+v, %v", recorded, err)
	}
	return recorded
}

// view is what a caller sees of the contacts, through an Engine or a Work.
func view(t *testing.T, s services, contacts ...string) string {
	t.Helper()
	var b strings.Builder
	for _, contact := range contacts {
		for _, filter := range []engage.InteractionFilter{
			{ContactID: contact},
			{ContactID: contact, SchemaID: "visit"},
			{ContactID: contact, OldestFirst: true, Limit: 2},
			{ContactID: contact, ByReceived: true},
			{ContactID: contact, SchemaID: "visit", ByReceived: true, OldestFirst: true},
		} {
			filter.Limit = 2
			for {
				page, err := s.Interactions.List(t.Context(), filter)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range page.Items {
					fmt.Fprintf(&b, "%s %s; ", i.ID, i.Payload)
					if same, err := s.Interactions.Get(t.Context(), i.ID); err != nil || same.ContactID != contact {
						t.Errorf("%+v, %v", same, err)
					}
				}
				if filter.Continuation = page.Continuation; filter.Continuation == "" {
					break
				}
			}
			b.WriteString("\n")
		}
		for _, schemaID := range []string{"", "visit"} {
			tally, err := s.Interactions.Tally(t.Context(), contact, schemaID)
			fmt.Fprintf(&b, "tally %+v, %v\n", tally, err)
		}
	}
	quarantined, err := s.Quarantine.List(t.Context(), engage.QuarantineFilter{SchemaID: "visit"})
	fmt.Fprintf(&b, "quarantine %+v, %v\n", quarantined, err)
	for _, seg := range []engage.CountSegment{
		{AtLeast: 1}, {AtLeast: 2}, {}, {SchemaID: "visit", AtLeast: 1}, {AtLeast: 1, From: time.Unix(0, 0)}, {From: time.Unix(0, 0)},
	} {
		members, err := gather(s.Segments.ByCount(t.Context(), seg))
		fmt.Fprintf(&b, "%+v %v, %v\n", seg, members, err)
	}
	for _, value := range []string{"", `"/home"`, `"/shop"`, `"/old"`, `"/x"`} {
		members, err := gather(s.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "visit", Property: "page", Equals: []byte(value)}))
		if value == "" {
			members, err = gather(s.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "visit", Property: "page"}))
		}
		fmt.Fprintf(&b, "%s %v, %v\n", value, members, err)
	}
	all, err := s.Schemas.List(t.Context(), nil)
	fmt.Fprintf(&b, "schemas %+v, %v\n", all, err)
	return b.String()
}

// TestWorkSeesWhatItWrote: what it sees at the end is what all see after the
// commit, and nobody sees it before.
func TestWorkSeesWhatItWrote(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		at := prepareScenario(t, eng)
		contacts := []string{"ann", "bob", "cid", "dan", "nobody"}
		before := view(t, servicesOf(eng), contacts...)
		var within string
		err := eng.Atomically(t.Context(), func(w *engage.Work) error {
			s := servicesWithin(w)
			if got := view(t, s, contacts...); got != before {
				t.Errorf("at the beginning it sees\n%s\nall see\n%s", got, before)
			}
			for i := range 5 {
				accepts(t, w, visit("dan", "/x", strconv.Itoa(i)))
				accepts(t, w, visit("ann", "/old", ""))
			}
			if again := accepts(t, w, visit("dan", "/x", "3")); !again.Repeated {
				t.Errorf("%+v, want it repeated", again)
			}
			recorded, err := w.Quarantine.Replay(t.Context(), at.quarantined)
			if err != nil || !recorded.Accepted {
				t.Errorf("%+v, %v", recorded, err)
			}
			if err := w.Interactions.Delete(t.Context(), at.interaction); err != nil {
				t.Error(err)
			}
			if err := w.Interactions.Delete(t.Context(), at.interaction); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("deleted twice: %v", err)
			}
			if err := w.Interactions.Delete(t.Context(), at.lastInteraction); err != nil {
				t.Error(err)
			}
			within = view(t, s, contacts...)
			if got := view(t, servicesOf(eng), contacts...); got != before {
				t.Errorf("before the commit, others see\n%s\nwant\n%s", got, before)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if after := view(t, servicesOf(eng), contacts...); after != within || after == before {
			t.Errorf("after the commit\n%s\nwithin\n%s", after, within)
		}
	})
}

// TestFailedCallLeavesNothingInTheBatch, and the function may go on after it.
func TestFailedCallLeavesNothingInTheBatch(t *testing.T) {
	t.Parallel()
	stranger := errors.New("a stranger")
	options := func() *engage.Options {
		opts := &engage.Options{NewID: counted("minted"), NewContact: func(_ context.Context, id string) error {
			if id == "stranger" {
				return stranger
			}
			return nil
		}}
		opts.Schema.Limits.Schemas = 2
		return opts
	}
	good := func(t *testing.T, w *engage.Work, contact string) {
		t.Helper()
		accepts(t, w, visit(contact, "/x", ""))
	}
	bad := map[string]struct {
		call func(ctx context.Context, w *engage.Work) error
		want error
	}{
		"a contact that is refused": {func(ctx context.Context, w *engage.Work) error {
			_, err := w.Interactions.Record(ctx, visit("stranger", "/old", "key"))
			return err
		}, engage.ErrRefused},
		"no such schema": {func(ctx context.Context, w *engage.Work) error {
			_, err := w.Interactions.Record(ctx, submission("ann", "none", `{}`))
			return err
		}, engage.ErrNotFound},
		"no object": {func(ctx context.Context, w *engage.Work) error {
			_, err := w.Interactions.Record(ctx, submission("ann", "visit", `[]`))
			return err
		}, engage.ErrInvalid},
		"a schema that exists": {func(ctx context.Context, w *engage.Work) error {
			_, err := w.Schemas.Create(ctx, unmarshalled(visitDefinition))
			return err
		}, engage.ErrConflict},
		"a change that breaks": {func(ctx context.Context, w *engage.Work) error {
			_, err := w.Schemas.Supersede(ctx, unmarshalled(declaring("visit", ``)), nil)
			return err
		}, engage.ErrRefused},
		"erasing": {func(ctx context.Context, w *engage.Work) error {
			return w.Schemas.Delete(ctx, "visit", &engage.DeleteOptions{Erase: true})
		}, engage.ErrRefused},
		"replaying all": {func(ctx context.Context, w *engage.Work) error {
			_, err := w.Quarantine.ReplayAll(ctx, "visit")
			return err
		}, engage.ErrRefused},
		"a damaged continuation": {func(ctx context.Context, w *engage.Work) error {
			_, err := w.Interactions.List(ctx, engage.InteractionFilter{ContactID: "ann", Continuation: "%"})
			return err
		}, engage.ErrInvalid},
		"a schema too many": {func(ctx context.Context, w *engage.Work) error {
			_, first := w.Schemas.Create(ctx, unmarshalled(declaring("one", ``)))
			_, err := w.Schemas.Create(ctx, unmarshalled(declaring("two", ``)))
			return errors.Join(err, first, w.Schemas.Delete(ctx, "one", nil))
		}, engage.ErrRefused},
	}
	for name, test := range bad {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var contents []string
			for _, withBad := range []bool{false, true} {
				st := newMemory(t)
				eng := newEngine(t, st, options())
				prepareScenario(t, eng)
				err := eng.Atomically(t.Context(), func(w *engage.Work) error {
					good(t, w, "ann")
					if withBad {
						if err := test.call(t.Context(), w); !errors.Is(err, test.want) {
							t.Errorf("%v, want %v", err, test.want)
						}
					} else if strings.HasPrefix(name, "a schema too many") {
						_, err := w.Schemas.Create(t.Context(), unmarshalled(declaring("one", ``)))
						if err := errors.Join(err, w.Schemas.Delete(t.Context(), "one", nil)); err != nil {
							t.Error(err)
						}
					}
					good(t, w, "dan")
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				contents = append(contents, content(t, st))
			}
			if contents[0] != contents[1] {
				t.Error(difference(contents[1], contents[0]))
			}
		})
	}
}

// TestFunctionRunsAgainWhenWhatItReadHasChanged: a rival records between its
// reading and the commit.
func TestFunctionRunsAgainWhenWhatItReadHasChanged(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		eng, rival := newEngine(t, a, nil), newEngine(t, b, nil)
		declare(t, eng, visitDefinition)
		for changes, other := range []*engage.Engine{eng, rival, rival} {
			// From within, the Engine itself may be called only while the Work does
			// not wait in line, which it does from its second run on.
			before, err := eng.Interactions.Tally(t.Context(), "ann", "")
			if err != nil {
				t.Fatal(err)
			}
			runs := 0
			var id string
			err = eng.Atomically(t.Context(), func(w *engage.Work) error {
				runs++
				tally, err := w.Interactions.Tally(t.Context(), "ann", "")
				if err != nil {
					return err
				}
				if runs <= max(changes, 1) {
					accepted(t, other, visit("ann", "/rival", ""))
				}
				recorded, err := w.Interactions.Record(t.Context(), visit("ann", fmt.Sprintf("/after-%d", tally.Count), ""))
				id = recorded.ID
				return err
			})
			if err != nil || runs <= max(changes, 1) { // once for each change, at least
				t.Fatalf("%v, after %d runs", err, runs)
			}
			got, err := eng.Interactions.Get(t.Context(), id)
			if want := fmt.Sprintf(`"/after-%d"`, before.Count+int64(max(changes, 1))); err != nil || !strings.Contains(string(got.Payload), want) {
				t.Errorf("%s, %v; want %s", got.Payload, err, want)
			}
		}
		if n := len(events(t, eng, engage.EventInteractionCreated)); n != 7 {
			t.Errorf("%d recorded, want 7", n)
		}
	})
}

// TestWorkThatOnlyReadsSeesOneMoment: two contacts always have as many
// interactions as each other.
func TestWorkThatOnlyReadsSeesOneMoment(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		eng, rival := newEngine(t, a, nil), newEngine(t, b, nil)
		declare(t, eng, visitDefinition)
		var wg sync.WaitGroup
		wg.Go(func() {
			for range 40 {
				err := rival.Atomically(t.Context(), func(w *engage.Work) error {
					accepts(t, w, visit("ann", "/", ""))
					accepts(t, w, visit("bob", "/", ""))
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
		for range 100 {
			var ann, bob interaction.Tally
			err := eng.Atomically(t.Context(), func(w *engage.Work) (err error) {
				if ann, err = w.Interactions.Tally(t.Context(), "ann", ""); err != nil {
					return err
				}
				bob, err = w.Interactions.Tally(t.Context(), "bob", "visit")
				return err
			})
			if err != nil {
				// The rival may be too busy: then it says so.
				if !errors.Is(err, engage.ErrConflict) {
					t.Error(err)
				}
				continue
			}
			if ann.Count != bob.Count {
				t.Errorf("%d and %d", ann.Count, bob.Count)
			}
		}
		wg.Wait()
	})
}

func TestTenantsWithTheSameIDsAreApart(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		// Both mint the same IDs, and use the same names for everything.
		engines := map[string]*engage.Engine{}
		for tenant, st := range map[string]store.Store{"acme": a, "umbrella": b, "ac": a, "acme\x01": b} {
			engines[tenant] = newEngine(t, st, &engage.Options{Tenant: tenant, NewID: counted("minted")})
		}
		contacts := []string{"ann", "bob", "cid"}
		var wg sync.WaitGroup
		for _, eng := range engines {
			wg.Go(func() { prepareScenario(t, eng) })
		}
		wg.Wait()
		want := view(t, servicesOf(engines["acme"]), contacts...)
		all := events(t, engines["acme"])
		at := prepared{interaction: all[2].Resource.ID}
		for tenant, eng := range engines {
			if got := view(t, servicesOf(eng), contacts...); got != want || eng.Tenant() != tenant {
				t.Errorf("%s sees\n%s\nwant\n%s", tenant, got, want)
			}
			if got := events(t, eng); len(got) != len(all) || got[len(got)-1].ID != all[len(all)-1].ID {
				t.Errorf("%s has %d events, want %d", tenant, len(got), len(all))
			}
		}
		// What one does changes nothing for the others.
		acme := engines["acme"]
		for _, e := range all {
			if e.Type == engage.EventInteractionCreated {
				at.interaction = e.Resource.ID
				if err := acme.Interactions.Delete(t.Context(), at.interaction); err != nil {
					t.Error(err)
				}
			}
		}
		consumeUntil(t, acme, "reader", 5)
		if _, err := acme.Events.Trim(t.Context()); err != nil {
			t.Error(err)
		}
		if err := acme.Schemas.Delete(t.Context(), "visit", &engage.DeleteOptions{Erase: true}); err != nil {
			t.Error(err)
		}
		for tenant, eng := range engines {
			if tenant == "acme" {
				continue
			}
			if got := view(t, servicesOf(eng), contacts...); got != want {
				t.Errorf("%s sees\n%s\nwant\n%s", tenant, got, want)
			}
			if got := events(t, eng); len(got) != len(all) {
				t.Errorf("%s has %d events, want %d", tenant, len(got), len(all))
			}
			if consumers, err := eng.Events.Consumers(t.Context()); err != nil || len(consumers) != 0 {
				t.Errorf("%s has consumers %v, %v", tenant, consumers, err)
			}
		}
	})
}

func TestTenantOfTheOptions(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	for _, tenant := range []string{"\x00", "a\x00b", "\xff", strings.Repeat("x", 513)} {
		eng, err := engage.New(t.Context(), st, &engage.Options{Tenant: tenant})
		typed, ok := errors.AsType[*engage.InvalidError](err)
		if eng != nil || !ok || !errors.Is(err, engage.ErrInvalid) || typed.Field != "Options.Tenant" {
			t.Errorf("%q: %v", tenant, err)
		}
	}
	for _, tenant := range []string{"a", " ", "\x01", "Ünï / ", strings.Repeat("x", 512)} {
		eng := newEngine(t, st, &engage.Options{Tenant: tenant})
		prepareScenario(t, eng)
		consumeUntil(t, eng, "reader", 3)
		if eng.Tenant() != tenant {
			t.Errorf("%q", eng.Tenant())
		}
	}
	for _, opts := range []*engage.Options{nil, {}} {
		eng, err := engage.New(t.Context(), newMemory(t), opts)
		if err != nil || eng.Tenant() != engage.DefaultTenant || eng.Actor() != engage.System() {
			t.Fatalf("%v", err)
		}
		prepareScenario(t, eng)
		consumeUntil(t, eng, "reader", 3)
	}
}

func TestNewNeedsAWorkingStore(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engage.New(ctx, st, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := engage.New(t.Context(), st, nil); !errors.Is(err, engage.ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}
}

// TestIDsGrowWhateverTheClockDoes: it may stand still, go backwards, and show
// times before 1970.
func TestIDsGrowWhateverTheClockDoes(t *testing.T) {
	t.Parallel()
	clock := newClock()
	eng := newEngine(t, newMemory(t), &engage.Options{Clock: clock.Now})
	declare(t, eng, visitDefinition)
	var ids []string
	for _, move := range []time.Duration{0, 0, -time.Hour, -100 * 365 * 24 * time.Hour, -150 * 365 * 24 * time.Hour, time.Nanosecond, 290 * 365 * 24 * time.Hour, -time.Millisecond, 0} {
		clock.Advance(move)
		for range 20 {
			ids = append(ids, accepted(t, eng, visit("ann", "/", "")).ID)
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("%v", ids)
	}
	for _, e := range events(t, eng) {
		ids = append(ids, e.ID)
	}
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Error("an ID was used twice")
	}
}

// TestTimesAreThoseOfTheClockInUTC, wherever the clock is.
func TestTimesAreThoseOfTheClockInUTC(t *testing.T) {
	t.Parallel()
	moment := time.Date(2024, 2, 29, 23, 30, 0, 1, time.FixedZone("", -(5*3600+30*60+17)))
	eng := newEngine(t, newMemory(t), &engage.Options{Clock: func() time.Time { return moment }})
	declared := declare(t, eng, visitDefinition)
	recorded := accepted(t, eng, visit("ann", "/", ""))
	found, err := eng.Interactions.Get(t.Context(), recorded.ID)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := eng.Schemas.Get(t.Context(), "visit")
	if err != nil {
		t.Fatal(err)
	}
	tally, err := eng.Interactions.Tally(t.Context(), "ann", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]time.Time{
		"declared": declared.CreatedDate, "schema": schema.CreatedDate, "created": found.CreatedDate, "received": found.ReceivedDate,
		"first": tally.First, "event": events(t, eng)[0].Time,
	} {
		if !at.Equal(moment) || at.Location() != time.UTC {
			t.Errorf("%s: %v, want %v", name, at, moment.UTC())
		}
	}
}
