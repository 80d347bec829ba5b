package engage_test

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

func schemaIDs(all []engage.Schema) string {
	var ids []string
	for _, s := range all {
		ids = append(ids, fmt.Sprintf("%s@%d", s.ID, s.Version))
	}
	return strings.Join(ids, " ")
}

// oddSchemaIDs are schema IDs that no schema has.
var oddSchemaIDs = []string{"unknown", "a b", "a@000000001", "é", "\x00", "a\xff", strings.Repeat("a", 128), strings.Repeat("a", 100_000), "sha256:" + strings.Repeat("0", 64)}

func TestAnUnknownSchemaIsNotFoundWhateverItsID(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, declaring("a", `"p":{"type":"string"}`))
		ctx := t.Context()
		unchanged(t, st, func() {
			for _, id := range oddSchemaIDs {
				_, get := eng.Schemas.Get(ctx, id)
				_, versions := eng.Schemas.Versions(ctx, id)
				_, recorded := eng.Interactions.Record(ctx, submission("ann", id, `{}`))
				_, checked := eng.Interactions.Check(ctx, submission("ann", id, `{}`))
				_, replayed := eng.Quarantine.ReplayAll(ctx, id)
				_, registered := eng.Triggers.Register(ctx, id, "p", []byte(`"x"`))
				_, triggers := eng.Triggers.List(ctx, id)
				for i, err := range []error{get, versions, recorded, checked, replayed, registered, triggers, eng.Triggers.Remove(ctx, id, "x")} {
					if _, ok := errors.AsType[*engage.NotFoundError](err); !ok || !errors.Is(err, engage.ErrNotFound) {
						t.Errorf("%.20q, call %d: %v", id, i, err)
					}
				}
				if err := eng.Schemas.Delete(ctx, id, nil); err != nil {
					t.Errorf("%.20q: deleting it: %v", id, err)
				}
				if err := eng.Schemas.Delete(ctx, id, &engage.DeleteOptions{Erase: true}); err != nil {
					t.Errorf("%.20q: erasing it: %v", id, err)
				}
				if page, err := eng.Interactions.List(ctx, engage.InteractionFilter{SchemaID: id, ContactID: "ann"}); err != nil || len(page.Items) != 0 {
					t.Errorf("%.20q: %+v, %v", id, page, err)
				}
			}
		})
	})
}

func TestASchemaIsSupersededOnlyCompatiblyUnlessForced(t *testing.T) {
	t.Parallel()
	const before = `"p":{"type":"integer","minimum":1},"q":{"type":"string"}`
	for _, c := range []struct {
		name, properties string
		required         []string
		breaking         schema.ChangeCode // "" is compatible
		version          int
	}{
		{"nothing changes", before, []string{"q"}, "", 1},
		{"a property is added", before + `,"r":{"type":"string"}`, []string{"q"}, "", 2},
		{"a property is removed", `"q":{"type":"string"}`, []string{"q"}, schema.ChangePropertyRemoved, 2},
		{"what was required is optional", before, nil, "", 2},
		{"what was optional is required", before, []string{"p", "q"}, schema.ChangeRequired, 2},
		{"a rule is tighter", `"p":{"type":"integer","minimum":2},"q":{"type":"string"}`, []string{"q"}, schema.ChangeRule, 2},
		{"a rule is looser", `"p":{"type":"integer","minimum":0},"q":{"type":"string"}`, []string{"q"}, "", 2},
		{"a label changes", `"p":{"type":"integer","minimum":1,"displayName":"P"},"q":{"type":"string"}`, []string{"q"}, "", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newMemory(t)
			eng := newEngine(t, st, nil)
			first := declare(t, eng, declaring("s", before, "q"))
			next := definition(t, declaring("s", c.properties, c.required...))
			if c.breaking != "" {
				unchanged(t, st, func() {
					for _, opts := range []*engage.SupersedeOptions{nil, {}} {
						_, err := eng.Schemas.Supersede(t.Context(), next, opts)
						why, ok := errors.AsType[*engage.IncompatibleError](err)
						if !ok || !errors.Is(err, engage.ErrRefused) || len(why.Changes) != 1 || why.Changes[0].Code != c.breaking || !why.Changes[0].Breaking {
							t.Errorf("%v", err)
						}
					}
				})
			}
			got, err := eng.Schemas.Supersede(t.Context(), next, &engage.SupersedeOptions{Force: c.breaking != ""})
			if err != nil || got.Version != c.version {
				t.Errorf("%+v, %v", got, err)
			}
			if c.version == 1 && !reflect.DeepEqual(got.Definition, first.Definition) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestADisplayNameAloneMakesANewVersion(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	def := declare(t, eng, seedSchema).Definition
	def.DisplayName = "Other"
	if got, err := eng.Schemas.Supersede(t.Context(), def, nil); err != nil || got.Version != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnInteractionKeepsTheVersionThatItWasRecordedUnder(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, declaring("s", `"p":{"type":"integer","displayName":"Old","showInContactCard":"true"}`))
		old := accepted(t, eng, submission("ann", "s", `{"p":1}`))
		next := definition(t, declaring("s", `"p":{"type":"string","displayName":"New","showInContactCard":true}`))
		next.DisplayName = "Renamed"
		if _, err := eng.Schemas.Supersede(t.Context(), next, &engage.SupersedeOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
		recent := accepted(t, eng, submission("ann", "s", `{"p":"x"}`))
		if err := eng.Schemas.Delete(t.Context(), "s", nil); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			recorded           engage.Recorded
			version            int
			name, label, value string
		}{{old, 1, "s", "Old", `1`}, {recent, 2, "Renamed", "New", `"x"`}} {
			i, err := eng.Interactions.Get(t.Context(), c.recorded.ID)
			if err != nil || i.SchemaVersion != c.version || c.recorded.SchemaVersion != c.version {
				t.Errorf("%+v, %v", i, err)
			}
			card, err := eng.Interactions.Card(t.Context(), c.recorded.ID)
			if err != nil || card.DisplayName != c.name || len(card.Fields) != 1 || card.Fields[0].Label != c.label || string(card.Fields[0].Value) != c.value {
				t.Errorf("%+v, %v", card, err)
			}
		}
	})
}

func TestTheLimitOfSchemasHoldsForConcurrentCreates(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		opts := &engage.Options{Schema: schema.Options{Limits: schema.VoyadoLimits()}}
		engines := []*engage.Engine{newEngine(t, st, opts), newEngine(t, st, opts)}
		var created, refused atomic.Int64
		var wg sync.WaitGroup
		for n := range 24 {
			wg.Go(func() {
				_, err := engines[n%2].Schemas.Create(t.Context(), definition(t, declaring(fmt.Sprintf("s%d", n), `"p":{"type":"string"}`)))
				_, typed := errors.AsType[*engage.RefusedError](err)
				switch {
				case err == nil:
					created.Add(1)
				case typed && errors.Is(err, engage.ErrRefused):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if created.Load() != 15 || refused.Load() != 9 {
			t.Errorf("%d created, %d refused", created.Load(), refused.Load())
		}
		all, err := engines[0].Schemas.List(t.Context(), nil)
		if err != nil || len(all) != 15 {
			t.Fatalf("%d, %v", len(all), err)
		}
		if err := engines[0].Schemas.Delete(t.Context(), all[3].ID, nil); err != nil {
			t.Fatal(err)
		}
		declare(t, engines[1], declaring("one-more", ``))
		if _, err := engines[1].Schemas.Create(t.Context(), all[3].Definition); !errors.Is(err, engage.ErrRefused) {
			t.Errorf("re-creating beyond the limit: %v", err)
		}
	})
}

func TestAllProblemsOfADefinitionAreToldAtOnce(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), &engage.Options{Schema: schema.Options{Limits: schema.VoyadoLimits()}})
	var properties []string
	for n := range 7 {
		properties = append(properties, fmt.Sprintf(`"p%d":{"type":"string","addToSegmentation":"true"}`, n))
	}
	for text, want := range map[string]int{
		declaring("a b", `"p":{"type":"array"},"q":{"type":"integer","format":"date"}`, "r"): 4,
		declaring("s", strings.Join(properties, ",")):                                        1,
		`{}`: 3,
	} {
		_, err := eng.Schemas.Create(t.Context(), definition(t, text))
		wrong, typed := errors.AsType[*schema.DefinitionError](err)
		if !typed || len(wrong.Problems) < want || !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestReturnedValuesShareNoMemoryWithTheEngine(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		ctx := t.Context()
		spoil := func(b []byte) {
			for i := range b {
				b[i] = '#'
			}
		}
		def := definition(t, seedSchema)
		created, err := eng.Schemas.Create(ctx, def)
		if err != nil {
			t.Fatal(err)
		}
		spoil(def.JSONSchema)
		spoil(created.JSONSchema)
		want, err := eng.Schemas.Get(ctx, seedID)
		if err != nil || !sameJSON(t, want.JSONSchema, definition(t, seedSchema).JSONSchema) {
			t.Fatalf("%s, %v", want.JSONSchema, err)
		}
		value := []byte(`"x"`)
		trigger, err := eng.Triggers.Register(ctx, seedID, "name", value)
		if err != nil {
			t.Fatal(err)
		}
		spoil(value)
		spoil(trigger.Value)
		payload := []byte(`{ "name":"x","price":"<"}`)
		recorded := accepted(t, eng, interaction.Submission{ContactID: "ann", SchemaID: seedID, Payload: payload})
		spoil(payload)
		for range 2 { // the second time sees what the first has done
			got, err := eng.Schemas.Get(ctx, seedID)
			if err != nil || string(got.JSONSchema) != string(want.JSONSchema) {
				t.Fatalf("%s, %v", got.JSONSchema, err)
			}
			all, err := eng.Schemas.List(ctx, nil)
			if err != nil || string(all[0].JSONSchema) != string(want.JSONSchema) {
				t.Fatalf("%+v, %v", all, err)
			}
			versions, err := eng.Schemas.Versions(ctx, seedID)
			if err != nil || string(versions[0].JSONSchema) != string(want.JSONSchema) {
				t.Fatalf("%+v, %v", versions, err)
			}
			same, err := eng.Schemas.Supersede(ctx, definition(t, seedSchema), nil)
			if err != nil || string(same.JSONSchema) != string(want.JSONSchema) {
				t.Fatalf("%+v, %v", same, err)
			}
			triggers, err := eng.Triggers.List(ctx, seedID)
			if err != nil || len(triggers) != 1 || string(triggers[0].Value) != `"x"` {
				t.Fatalf("%q, %v", triggers, err)
			}
			again, err := eng.Triggers.Register(ctx, seedID, "name", []byte(`"x"`))
			if err != nil || string(again.Value) != `"x"` || again.ID != trigger.ID {
				t.Fatalf("%q, %v", again, err)
			}
			i, err := eng.Interactions.Get(ctx, recorded.ID)
			if err != nil || string(i.Original()) != `{ "name":"x","price":"<"}` {
				t.Fatalf("%s, %v", i.Original(), err)
			}
			for _, b := range [][]byte{got.JSONSchema, all[0].JSONSchema, versions[0].JSONSchema, same.JSONSchema, triggers[0].Value, again.Value, i.Raw, i.Payload} {
				spoil(b)
			}
		}
	})
}

// A definition that was never committed must not be what later interactions are
// judged by.
func TestADefinitionThatWasRolledBackIsForgotten(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	enough := errors.New("enough")
	attempt := func(do func(w *engage.Work) error) {
		t.Helper()
		err := eng.Atomically(t.Context(), func(w *engage.Work) error {
			if err := do(w); err != nil {
				return err
			}
			if recorded, err := w.Interactions.Record(t.Context(), submission("ann", "s", `{"p":1}`)); err != nil || !recorded.Accepted {
				return fmt.Errorf("%+v, %w", recorded, err)
			}
			return enough
		})
		if !errors.Is(err, enough) {
			t.Fatal(err)
		}
	}
	number, text := definition(t, declaring("s", `"p":{"type":"integer"}`, "p")), definition(t, declaring("s", `"p":{"type":"string"}`, "p"))
	attempt(func(w *engage.Work) error {
		_, err := w.Schemas.Create(t.Context(), number)
		return err
	})
	if _, err := eng.Schemas.Create(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	accepted(t, eng, submission("ann", "s", `{"p":"x"}`))
	rejected(t, eng, submission("ann", "s", `{"p":1}`))
	force := &engage.SupersedeOptions{Force: true}
	attempt(func(w *engage.Work) error {
		_, err := w.Schemas.Supersede(t.Context(), number, force)
		return err
	})
	yes := definition(t, declaring("s", `"p":{"type":"boolean"}`, "p"))
	if _, err := eng.Schemas.Supersede(t.Context(), yes, force); err != nil {
		t.Fatal(err)
	}
	accepted(t, eng, submission("ann", "s", `{"p":true}`))
	rejected(t, eng, submission("ann", "s", `{"p":1}`))
}

// The sizes of what the erasing tests record.
const (
	erasedInteractions = 230
	erasedRejections   = 120
)

// fillForErasing records under a schema that will be erased, and a little under
// another that stays.
func fillForErasing(tb testing.TB, eng *engage.Engine) {
	tb.Helper()
	declare(tb, eng, declaring("gone", `"p":{"type":"string","addToSegmentation":true},"q":{"type":"integer"}`, "q"))
	declare(tb, eng, declaring("stays", `"p":{"type":"string","addToSegmentation":true}`))
	var all []interaction.Submission
	for n := range erasedInteractions + erasedRejections {
		payload := fmt.Sprintf(`{"p":"v%d","q":%d}`, n%3, n)
		if n >= erasedInteractions {
			payload = `{"p":"v1"}`
		}
		all = append(all, submission(fmt.Sprintf("contact %d", n%7), "gone", payload))
	}
	all = append(all, submission("contact 1", "stays", `{"p":"v1"}`))
	for _, outcome := range eng.Interactions.RecordMany(tb.Context(), all) {
		if outcome.Err != nil {
			tb.Fatal(outcome.Err)
		}
	}
}

// checkErased fails if anything is left of the schema, or missing of the other.
func checkErased(tb testing.TB, st store.Store, eng *engage.Engine) {
	tb.Helper()
	if n, q, v := len(find(tb, st, kindInteraction)), len(find(tb, st, kindQuarantine)), len(find(tb, st, kindSegmentValue)); n != 1 || q != 0 || v != 1 {
		tb.Errorf("%d interactions, %d quarantined, %d segment values are left", n, q, v)
	}
	var total int64
	for n := range 7 {
		contact := fmt.Sprintf("contact %d", n)
		of, err := eng.Interactions.Tally(tb.Context(), contact, "gone")
		if err != nil || of.Count != 0 || of.Ever == 0 || !of.First.IsZero() || !of.Last.IsZero() {
			tb.Errorf("%+v, %v", of, err)
		}
		all, err := eng.Interactions.Tally(tb.Context(), contact, "")
		if err != nil {
			tb.Error(err)
		}
		total += all.Count
	}
	if total != 1 {
		tb.Errorf("the tallies count %d", total)
	}
	if n := len(events(tb, eng, engage.EventSchemaErased)); n != 1 {
		tb.Errorf("erased %d times", n)
	}
	if n := len(events(tb, eng, engage.EventInteractionDeleted)); n != erasedInteractions {
		tb.Errorf("%d interactions were deleted", n)
	}
	p, found, err := eng.Schemas.Erasing(tb.Context(), "gone")
	if err != nil || !found || p.State != engage.StateDone || p.Handled != erasedInteractions+erasedRejections || p.Task != engage.TaskErase {
		tb.Errorf("%+v, %v, %v", p, found, err)
	}
}

// Each is judged by the version that it says.
func TestRecordingNeverCrossesAChangeOfTheSchema(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		engines := []*engage.Engine{newEngine(t, st, nil), newEngine(t, st, nil)}
		types := []string{"integer", "string"} // of the versions, in turn
		declare(t, engines[0], declaring("s", `"p":{"type":"integer"}`))
		stop := make(chan struct{})
		var mu sync.Mutex
		var ids []string
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				for {
					got, err := engines[n%2].Interactions.Record(t.Context(), submission(strconv.Itoa(n), "s", []string{`{"p":1}`, `{"p":"x"}`}[n/2]))
					if err != nil || !got.Accepted {
						t.Errorf("%+v, %v", got, err)
						return
					}
					mu.Lock()
					ids = append(ids, got.ID)
					mu.Unlock()
					select {
					case <-stop:
						return
					default:
					}
				}
			})
		}
		for n := 1; n <= 10; n++ {
			next := definition(t, declaring("s", fmt.Sprintf(`"p":{"type":%q}`, types[n%2])))
			if _, err := engines[n%2].Schemas.Supersede(t.Context(), next, &engage.SupersedeOptions{Force: true}); err != nil {
				t.Error(err)
			}
		}
		close(stop)
		wg.Wait()
		for _, id := range ids {
			i, err := engines[0].Interactions.Get(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			isText := string(i.Original()) == `{"p":"x"}`
			if wantsText := i.SchemaVersion%2 == 0; (isText == wantsText) != (len(i.Omitted) == 0) {
				t.Errorf("%s under version %d: %+v", i.Original(), i.SchemaVersion, i.Omitted)
			}
		}
	})
}
