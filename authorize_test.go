package engage_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// TestEveryMethodIsInTheTable finds the methods by reflection, so that none is
// forgotten below.
func TestEveryMethodIsInTheTable(t *testing.T) {
	t.Parallel()
	var names []string
	all := reflect.TypeFor[services]()
	for field := range all.Fields() {
		typ := field.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		for method := range typ.Methods() {
			names = append(names, typ.Name()+"."+method.Name)
		}
	}
	slices.Sort(names)
	var table []string
	for name := range methods(prepared{}) { // one that can be about several things is there for each
		method, _, _ := strings.Cut(name, " ")
		table = append(table, method)
	}
	slices.Sort(table)
	if table = slices.Compact(table); !slices.Equal(names, table) {
		t.Errorf("the services have\n%s\nthe table\n%s", strings.Join(names, "\n"), strings.Join(table, "\n"))
	}
	for _, of := range []struct {
		typ  reflect.Type
		more int
	}{{reflect.TypeFor[engage.Engine](), 1}, {reflect.TypeFor[engage.Work](), 0}} {
		exported := 0
		for _, field := range reflect.VisibleFields(of.typ) {
			if field.IsExported() && !field.Anonymous {
				exported++
			}
		}
		if want := all.NumField() - 1 + of.more; exported != want {
			t.Errorf("%v has %d services, the table knows %d", of.typ, exported, want)
		}
	}
}

// question is one that Authorize was asked.
type question struct {
	actor    engage.Actor
	action   engage.Action
	resource engage.Resource
}

// guard is an Authorize that can be told to deny, and notes what it is asked.
type guard struct {
	mu    sync.Mutex
	deny  error
	spare question // is not denied, whoever asks it
	asked []question
}

func (g *guard) authorize(_ context.Context, actor engage.Actor, action engage.Action, resource engage.Resource) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, question{actor, action, resource})
	if g.spare.action == action && g.spare.resource == resource {
		return nil
	}
	return g.deny
}

func (g *guard) set(deny error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.deny, g.spare, g.asked = deny, question{}, nil
}

func TestAuthorizeGuardsEveryMethod(t *testing.T) {
	t.Parallel()
	ready := prepareStore(t)
	for name := range methods(prepared{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var g guard
			st := newMemory(t)
			eng := newEngine(t, st, &engage.Options{Authorize: g.authorize})
			at := ready.in(t, st)
			m := methods(at)[name]
			actor := engage.Agent("ada")
			denied := errors.New("she may not")

			first, second := question{actor, m.action, m.resource}, question{actor, m.action, m.also}
			if m.alsoFor != "" {
				second.action = m.alsoFor
			}
			asked := func(where string, want ...question) {
				t.Helper()
				if len(g.asked) == 0 || !slices.Equal(g.asked, want) {
					t.Errorf("%s: asked %+v, want %+v", where, g.asked, want)
				}
			}
			forbidden := func(where string, result any, err error, want question) {
				t.Helper()
				typed, ok := errors.AsType[*engage.ForbiddenError](err)
				if !ok || !errors.Is(err, engage.ErrForbidden) || !errors.Is(err, denied) {
					t.Fatalf("%s: %v, want it forbidden", where, err)
				}
				if got := (question{typed.Actor, typed.Action, typed.Resource}); got != want {
					t.Errorf("%s: the error says %+v, want %+v", where, got, want)
				}
				if v := reflect.ValueOf(result); v.IsValid() && !v.IsZero() {
					t.Errorf("%s: got %+v nevertheless", where, result)
				}
			}
			g.set(denied)
			unchanged(t, st, func() {
				result, err := m.call(t.Context(), servicesOf(eng.As(actor)), at)
				forbidden("alone", result, err, first)
				asked("alone", first)
				if m.also != (engage.Resource{}) {
					g.set(denied)
					g.spare = first
					result, err := m.call(t.Context(), servicesOf(eng.As(actor)), at)
					forbidden("half", result, err, second)
					asked("half", first, second)
				}
				if m.standalone {
					return
				}
				g.set(denied)
				failed := eng.As(actor).Atomically(t.Context(), func(w *engage.Work) error {
					result, err = m.call(t.Context(), servicesWithin(w), at)
					return nil // goes on regardless
				})
				if failed != nil {
					t.Errorf("atomically: %v", failed)
				}
				forbidden("atomically", result, err, first)
				asked("atomically", first)
			})
			// What is not there looks the same.
			g.set(denied)
			empty := newEngine(t, newMemory(t), &engage.Options{Authorize: g.authorize})
			result, err := m.call(t.Context(), servicesOf(empty.As(actor)), at)
			forbidden("where nothing is", result, err, first)
			asked("where nothing is", first)

			g.set(nil)
			if _, err := m.call(t.Context(), servicesOf(eng.As(actor)), at); err != nil {
				t.Errorf("allowed: %v", err)
			}
			if m.also != (engage.Resource{}) {
				asked("allowed", first, second)
			} else {
				asked("allowed", first)
			}
		})
	}
}

// TestDeadWorkRefusesEveryMethod: a Work is of no use once its function returned.
func TestDeadWorkRefusesEveryMethod(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, nil)
	at := prepareAll(t, eng)
	for _, outcome := range []error{nil, errors.New("no")} {
		var kept *engage.Work
		if err := eng.Atomically(t.Context(), func(w *engage.Work) error { kept = w; return outcome }); !errors.Is(err, outcome) {
			t.Fatal(err)
		}
		unchanged(t, st, func() {
			for name, m := range methods(at) {
				if m.standalone {
					continue
				}
				result, err := m.call(t.Context(), servicesWithin(kept), at)
				if !errors.Is(err, engage.ErrWorkDone) {
					t.Errorf("%s: %v, want ErrWorkDone", name, err)
				}
				if v := reflect.ValueOf(result); name != "Interactions.Tally" && v.IsValid() && !v.IsZero() {
					t.Errorf("%s: got %+v", name, result)
				}
			}
		})
	}
}

// TestEveryMethodHonoursItsContext and the closing of the store.
func TestEveryMethodHonoursItsContext(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, nil)
	at := prepareAll(t, eng)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	unchanged(t, st, func() {
		for name, m := range methods(at) {
			if name == "Events.Consume" {
				continue // the table takes the context's error for its end
			}
			if _, err := m.call(ctx, servicesOf(eng), at); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want the context's error", name, err)
			}
		}
	})
	closed := store.Store(newMemory(t))
	after := newEngine(t, closed, nil)
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for name, m := range methods(at) {
		if _, err := m.call(t.Context(), servicesOf(after), at); !errors.Is(err, engage.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
}

func TestAuthorizeDecidesForEachOfMany(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), &engage.Options{
		Authorize: func(_ context.Context, _ engage.Actor, _ engage.Action, r engage.Resource) error {
			if r == about("contact", "bob") {
				return errors.New("not him")
			}
			return nil
		},
	})
	declare(t, eng, visitDefinition)
	outcomes := eng.Interactions.RecordMany(t.Context(), []interaction.Submission{visit("ann", "/", ""), visit("bob", "/", ""), visit("cid", "/", "")})
	for i, o := range outcomes {
		if forbidden := i == 1; errors.Is(o.Err, engage.ErrForbidden) != forbidden || o.Accepted == forbidden {
			t.Errorf("%d: %+v", i, o)
		}
	}
	if n := len(events(t, eng, engage.EventInteractionCreated)); n != 2 {
		t.Errorf("%d recorded", n)
	}
}

func TestAuthorizeOfTheZeroActorIsOfTheSystem(t *testing.T) {
	t.Parallel()
	var g guard
	eng := newEngine(t, newMemory(t), &engage.Options{Authorize: g.authorize})
	for _, e := range []*engage.Engine{eng, eng.As(engage.Actor{}), eng.As(engage.System()), eng.As(engage.Bot("b")).As(engage.Actor{})} {
		g.set(nil)
		if _, err := e.Schemas.List(t.Context(), nil); err != nil {
			t.Error(err)
		}
		if len(g.asked) != 1 || g.asked[0].actor != engage.System() || e.Actor() != engage.System() {
			t.Errorf("asked %+v", g.asked)
		}
	}
}
