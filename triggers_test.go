package engage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

func triggerSchema(properties string) string { return declaring("t", properties) }

const triggerProperties = `"n":{"type":"number"},"i":{"type":"integer"},"s":{"type":"string"},"b":{"type":"boolean"}`

func register(tb testing.TB, eng *engage.Engine, property, value string) interaction.Trigger {
	tb.Helper()
	trigger, err := eng.Triggers.Register(tb.Context(), "t", property, json.RawMessage(value))
	if err != nil {
		tb.Fatalf("registering %s = %s: %v", property, value, err)
	}
	return trigger
}

// fired returns for whom triggers fired, in order.
func fired(tb testing.TB, eng *engage.Engine) []string {
	tb.Helper()
	var all []string
	for _, e := range events(tb, eng, engage.EventTriggerFired) {
		data := decode[engage.TriggerEvent](tb, e)
		all = append(all, fmt.Sprintf("%s of %s", data.Property, data.ContactID))
	}
	return all
}

func TestATriggerFiresForEqualValuesHoweverTheyAreSpelled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		property, value string
		matching        []string
		others          []string
	}{
		{"n", `1`, []string{`1`, `1.0`, `1e0`, `10e-1`, `0.1e1`}, []string{`1.0000001`, `-1`, `"1"`, `true`, `10`}},
		{"n", `-0.0`, []string{`0`, `0.0`, `-0`, `0e5`}, []string{`1e-300`}},
		{"i", `100`, []string{`1e2`, `100.0`}, []string{`1e3`, `"100"`}},
		{"i", `9007199254740993`, []string{`9007199254740993.0`}, []string{`9007199254740992`}},
		{"s", `"é"`, []string{`"\u00e9"`, `"\u00E9"`, `"é"`}, []string{`"e\u0301"`, `"É"`, `""`}},
		{"s", `"<a\/\"\n>"`, []string{`"\u003ca/\u0022\u000a\u003e"`}, []string{`"<a/\"n>"`}},
		{"s", `""`, []string{`""`}, []string{`" "`}},
		{"b", `true`, []string{` true `}, []string{`false`, `"true"`, `1`}},
	} {
		t.Run(c.property+" "+c.value, func(t *testing.T) {
			t.Parallel()
			eng := newEngine(t, newMemory(t), nil)
			declare(t, eng, triggerSchema(triggerProperties))
			trigger := register(t, eng, c.property, c.value)
			if again := register(t, eng, c.property, c.matching[0]); again.ID != trigger.ID {
				t.Errorf("%+v and %+v", trigger, again)
			}
			for _, value := range c.others {
				accepted(t, eng, submission("other", "t", fmt.Sprintf(`{%q:%s}`, c.property, value)))
			}
			if got := fired(t, eng); len(got) != 0 {
				t.Errorf("fired %q", got)
			}
			for n, value := range c.matching {
				contact := fmt.Sprintf("c%d", n)
				for m := range 2 {
					id := accepted(t, eng, submission(contact, "t", fmt.Sprintf(`{"x":0,%q:%s}`, c.property, value))).ID
					all := events(t, eng, engage.EventTriggerFired)
					if len(all) != n+1 {
						t.Fatalf("%s: fired %q", value, fired(t, eng))
					}
					last := all[n]
					want := engage.TriggerEvent{InteractionID: id, ContactID: contact, SchemaID: "t", Property: c.property}
					if m == 0 && (decode[engage.TriggerEvent](t, last) != want || last.Resource.ID != trigger.ID || last.Resource.Type != "trigger") {
						t.Errorf("%+v", last)
					}
				}
			}
		})
	}
}

func TestATriggerFiresOncePerContactWhateverIsDeletedOrRegisteredAgain(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		ctx := t.Context()
		declare(t, eng, triggerSchema(triggerProperties))
		accepted(t, eng, submission("before", "t", `{"s":"x"}`))
		trigger := register(t, eng, "s", `"x"`)
		register(t, eng, "b", `true`)
		check := func(what string, want ...string) {
			t.Helper()
			same(t, what, fired(t, eng), want)
		}
		check("what was before does not count")
		rejected := accepted(t, eng, submission("ann", "t", `{"s":"y"}`))
		check("another value")
		first := accepted(t, eng, submission("ann", "t", `{"s":"x","b":true}`))
		check("the first time", "s of ann", "b of ann")
		accepted(t, eng, submission("ann", "t", `{"s":"x","b":true}`))
		check("the second time", "s of ann", "b of ann")
		for _, id := range []string{first.ID, rejected.ID} {
			if err := eng.Interactions.Delete(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		accepted(t, eng, submission("ann", "t", `{"s":"x"}`))
		check("deletion arms nothing", "s of ann", "b of ann")
		for range 2 {
			if err := eng.Triggers.Remove(ctx, "t", trigger.ID); err != nil {
				t.Fatal(err)
			}
		}
		accepted(t, eng, submission("bob", "t", `{"s":"x"}`))
		check("a removed one is silent", "s of ann", "b of ann")
		again := register(t, eng, "s", `"x"`)
		if again.ID == trigger.ID {
			t.Errorf("%+v", again)
		}
		accepted(t, eng, submission("ann", "t", `{"s":"x"}`))
		accepted(t, eng, submission("before", "t", `{"s":"x"}`))
		accepted(t, eng, submission("bob", "t", `{"s":"x"}`))
		check("registered again", "s of ann", "b of ann", "s of before", "s of bob")
		if err := eng.Schemas.Delete(ctx, "t", &engage.DeleteOptions{Erase: true}); err != nil {
			t.Fatal(err)
		}
		declare(t, eng, triggerSchema(triggerProperties))
		if all, err := eng.Triggers.List(ctx, "t"); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
		register(t, eng, "s", `"x"`)
		accepted(t, eng, submission("ann", "t", `{"s":"x"}`))
		check("a schema created again", "s of ann", "b of ann", "s of before", "s of bob")
	})
}

func TestSupersedingKeepsTheTriggersThatStillFit(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, triggerSchema(`"a":{"type":"integer"},"b":{"type":"integer"},"c":{"type":"string","enum":["x","y"]}`))
	keep := register(t, eng, "a", `1`)
	register(t, eng, "b", `1`)
	y := register(t, eng, "c", `"y"`)
	register(t, eng, "c", `"x"`)
	next := definition(t, triggerSchema(`"a":{"type":"number"},"b":{"type":"string"},"c":{"type":"string","enum":["z","y"]}`))
	if _, err := eng.Schemas.Supersede(t.Context(), next, &engage.SupersedeOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	all, err := eng.Triggers.List(t.Context(), "t")
	if err != nil || len(all) != 2 || all[0].ID != keep.ID || all[1].ID != y.ID {
		t.Errorf("%+v, %v", all, err)
	}
	accepted(t, eng, submission("ann", "t", `{"a":1.0,"b":"1","c":"y"}`))
	same(t, "superseded", fired(t, eng), []string{"a of ann", "c of ann"})
}

func TestATriggerThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, nil)
	declare(t, eng, triggerSchema(triggerProperties))
	unchanged(t, st, func() {
		for _, c := range [][2]string{
			{"n", `"1"`},
			{"n", `null`},
			{"n", ``},
			{"n", `[1]`},
			{"n", `1 2`},
			{"n", `1e1000001`},
			{"i", `1.5`},
			{"s", `1`},
			{"s", `"\ud800"`},
			{"b", `"true"`},
			{"b", `0`},
			{"unknown", `1`},
			{"", `1`},
			{"s", `{}`},
		} {
			got, err := eng.Triggers.Register(t.Context(), "t", c[0], json.RawMessage(c[1]))
			if _, ok := errors.AsType[*engage.InvalidError](err); !ok || !errors.Is(err, engage.ErrInvalid) || got.ID != "" {
				t.Errorf("%s = %s: %+v, %v", c[0], c[1], got, err)
			}
		}
		if err := eng.Triggers.Remove(t.Context(), "t", "unknown"); err != nil {
			t.Error(err)
		}
	})
}

func TestASchemaHasAtMostAHundredTriggers(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, triggerSchema(triggerProperties))
	for n := range engage.MaxTriggers {
		register(t, eng, "i", strconv.Itoa(n))
	}
	if _, err := eng.Triggers.Register(t.Context(), "t", "i", []byte(`-1`)); !errors.Is(err, engage.ErrRefused) {
		t.Error(err)
	}
	all, err := eng.Triggers.List(t.Context(), "t")
	if err != nil || len(all) != engage.MaxTriggers || string(all[42].Value) != "42" {
		t.Fatalf("%d, %v", len(all), err)
	}
	register(t, eng, "i", `42.0`) // is there already
	if err := eng.Triggers.Remove(t.Context(), "t", all[0].ID); err != nil {
		t.Fatal(err)
	}
	register(t, eng, "i", `-1`)
}

func TestConcurrentMatchesFireOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		engines := []*engage.Engine{newEngine(t, st, nil), newEngine(t, st, nil)}
		declare(t, engines[0], triggerSchema(triggerProperties))
		register(t, engines[0], "n", `1`)
		var wg sync.WaitGroup
		for n := range 32 {
			wg.Go(func() {
				got, err := engines[n%2].Interactions.Record(t.Context(), submission("ann", "t", []string{`{"n":1}`, `{"n":1.0}`}[n/2%2]))
				if err != nil || !got.Accepted {
					t.Errorf("%+v, %v", got, err)
				}
			})
		}
		wg.Wait()
		same(t, "fired", fired(t, engines[0]), []string{"n of ann"})
		firsts := 0
		for _, e := range events(t, engines[1], engage.EventInteractionCreated) {
			if decode[engage.InteractionEvent](t, e).First {
				firsts++
			}
		}
		if tally, err := engines[1].Interactions.Tally(t.Context(), "ann", ""); err != nil || tally.Count != 32 || firsts != 1 {
			t.Errorf("%+v, %d firsts, %v", tally, firsts, err)
		}
	})
}
