package engage_test

import (
	"context"
	"errors"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// services is what an Engine and a Work both offer, and the Events of an Engine.
type services struct {
	Schemas      engage.Schemas
	Interactions engage.Interactions
	Quarantine   engage.Quarantine
	Triggers     engage.Triggers
	Segments     engage.Segments

	Sources       engage.Sources
	Identities    engage.Identities
	Contacts      engage.Contacts
	Categories    engage.Categories
	Threads       engage.Threads
	Contents      engage.Contents
	Interventions engage.Interventions
	Control       engage.Control
	Jobs          engage.Jobs

	Workspaces   engage.Workspaces
	Activities   engage.Activities
	TaskChannels engage.TaskChannels
	Queues       engage.Queues
	Workflows    engage.Workflows
	Workers      engage.Workers
	Tasks        engage.Tasks
	Reservations engage.Reservations
	Flex         engage.Flex

	Events *engage.Events // nil in a Work
}

func servicesOf(eng *engage.Engine) services { return both(eng.Services, &eng.Events) }

func servicesWithin(w *engage.Work) services { return both(w.Services, nil) }

func both(s engage.Services, events *engage.Events) services {
	return services{
		s.Schemas, s.Interactions, s.Quarantine, s.Triggers, s.Segments,
		s.Sources, s.Identities, s.Contacts, s.Categories, s.Threads, s.Contents, s.Interventions, s.Control, s.Jobs,
		s.Workspaces, s.Activities, s.TaskChannels, s.Queues, s.Workflows, s.Workers, s.Tasks, s.Reservations, s.Flex,
		events,
	}
}

// method is one method of a service: how to call it, and what Authorize must be
// asked then.
type method struct {
	action   engage.Action
	resource engage.Resource
	also     engage.Resource // asked about after it, unless it is zero
	alsoFor  engage.Action   // for which action; empty: the same
	call     func(ctx context.Context, s services, at prepared) (any, error)
	// standalone says that it is not for a Work.
	standalone bool
}

func about(typ, id string) engage.Resource { return engage.Resource{Type: typ, ID: id} }

// methods returns all methods of all services, by service and name, for what
// prepareAll made.
func methods(at prepared) map[string]method {
	all := interactionMethods(at)
	maps.Copy(all, conversationMethods(at.talk))
	maps.Copy(all, controlMethods(at.talk))
	maps.Copy(all, routingMethods(at.route))
	maps.Copy(all, taskMethods(at.tasks))
	maps.Copy(all, flexMethods(at.flex))
	return all
}

// interactionMethods returns those of what customers did, and of the log.
func interactionMethods(at prepared) map[string]method {
	visits := about("interaction_schema", "visit")
	ann := about("contact", "ann")
	first := about("interaction", at.interaction)
	rejected := about("quarantined_interaction", at.quarantined)
	reader := about("consumer", "reader")
	return map[string]method{
		"Schemas.Create": {action: engage.ActionSchemasCreate, resource: about("interaction_schema", "order"), call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.Create(ctx, unmarshalled(declaring("order", ``)))
		}},
		"Schemas.Supersede": {action: engage.ActionSchemasSupersede, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.Supersede(ctx, unmarshalled(declaring("visit", ``)), &engage.SupersedeOptions{Force: true})
		}},
		"Schemas.Get": {action: engage.ActionSchemasRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.Get(ctx, "visit")
		}},
		"Schemas.Versions": {action: engage.ActionSchemasRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.Versions(ctx, "visit")
		}},
		"Schemas.List": {action: engage.ActionSchemasRead, resource: about("interaction_schema", ""), call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Schemas.List(ctx, nil)
		}},
		"Schemas.Delete": {action: engage.ActionSchemasDelete, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return nil, s.Schemas.Delete(ctx, "visit", nil)
		}},
		"Schemas.Erasing": {action: engage.ActionSchemasRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			p, found, err := s.Schemas.Erasing(ctx, "visit")
			return either(found, p), err
		}},
		"Interactions.Record": {action: engage.ActionInteractionsRecord, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interactions.Record(ctx, visit("ann", "/new", ""))
		}},
		"Interactions.RecordMany": {action: engage.ActionInteractionsRecord, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			o := s.Interactions.RecordMany(ctx, []interaction.Submission{visit("ann", "/new", "")})
			return o[0].Recorded, o[0].Err
		}},
		"Interactions.Check": {action: engage.ActionInteractionsCheck, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interactions.Check(ctx, visit("ann", "/new", ""))
		}},
		"Interactions.Get": {action: engage.ActionInteractionsRead, resource: first, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return s.Interactions.Get(ctx, at.interaction)
		}},
		"Interactions.List": {action: engage.ActionInteractionsRead, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interactions.List(ctx, engage.InteractionFilter{ContactID: "ann", SchemaID: "visit"})
		}},
		"Interactions.Delete": {action: engage.ActionInteractionsDelete, resource: first, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return nil, s.Interactions.Delete(ctx, at.interaction)
		}},
		"Interactions.Tally": {action: engage.ActionInteractionsRead, resource: ann, also: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Interactions.Tally(ctx, "ann", "visit")
		}},
		"Interactions.Card": {action: engage.ActionInteractionsRead, resource: first, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return s.Interactions.Card(ctx, at.interaction)
		}},
		"Quarantine.List": {action: engage.ActionQuarantineRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Quarantine.List(ctx, engage.QuarantineFilter{SchemaID: "visit"})
		}},
		"Quarantine.Get": {action: engage.ActionQuarantineRead, resource: rejected, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return s.Quarantine.Get(ctx, at.quarantined)
		}},
		"Quarantine.Replay": {action: engage.ActionQuarantineReplay, resource: rejected, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return s.Quarantine.Replay(ctx, at.quarantined)
		}},
		"Quarantine.ReplayAll": {action: engage.ActionQuarantineReplay, resource: visits, standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Quarantine.ReplayAll(ctx, "visit")
		}},
		"Quarantine.Replaying": {action: engage.ActionQuarantineRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			p, found, err := s.Quarantine.Replaying(ctx, "visit")
			return either(found, p), err
		}},
		"Quarantine.Discard": {action: engage.ActionQuarantineDiscard, resource: rejected, call: func(ctx context.Context, s services, at prepared) (any, error) {
			return nil, s.Quarantine.Discard(ctx, at.quarantined)
		}},
		"Triggers.Register": {action: engage.ActionTriggersRegister, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Triggers.Register(ctx, "visit", "page", []byte(`"/x"`))
		}},
		"Triggers.List": {action: engage.ActionTriggersRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Triggers.List(ctx, "visit")
		}},
		"Triggers.Remove": {action: engage.ActionTriggersRemove, resource: about("trigger", at.trigger), call: func(ctx context.Context, s services, at prepared) (any, error) {
			return nil, s.Triggers.Remove(ctx, "visit", at.trigger)
		}},
		"Segments.ByCount": {action: engage.ActionSegmentsRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return gather(s.Segments.ByCount(ctx, engage.CountSegment{SchemaID: "visit", AtLeast: 1}))
		}},
		"Segments.ByValue": {action: engage.ActionSegmentsRead, resource: visits, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return gather(s.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "visit", Property: "page"}))
		}},
		"Events.After": {action: engage.ActionEventsRead, resource: about("events", ""), standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return gather(s.Events.After(ctx, 0))
		}},
		"Events.Consume": {action: engage.ActionEventsConsume, resource: reader, standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			var got []engage.Event
			err := s.Events.Consume(ctx, "reader", func(_ context.Context, event engage.Event) error {
				got = append(got, event)
				cancel()
				return nil
			})
			if errors.Is(err, context.Canceled) {
				err = nil
			}
			return got, err
		}},
		"Events.Register": {action: engage.ActionEventsConsume, resource: reader, standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Events.Register(ctx, "reader", engage.ConsumerStart{Latest: true})
		}},
		"Events.Consumers": {action: engage.ActionEventsRead, resource: about("consumer", ""), standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Events.Consumers(ctx)
		}},
		"Events.Forget": {action: engage.ActionEventsTrim, resource: reader, standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return nil, s.Events.Forget(ctx, "reader")
		}},
		"Events.Trim": {action: engage.ActionEventsTrim, resource: about("events", ""), standalone: true, call: func(ctx context.Context, s services, _ prepared) (any, error) {
			return s.Events.Trim(ctx)
		}},
	}
}

// either returns a value if it was found.
func either(found bool, value any) any {
	if found {
		return value
	}
	return nil
}

// gather reads a sequence up to its error.
func gather[T any](seq iter.Seq2[T, error]) (all []T, err error) {
	for v, err := range seq {
		if err != nil {
			return all, err
		}
		all = append(all, v)
	}
	return all, nil
}

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
	for name := range methods(prepared{}) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var g guard
			st := newMemory(t)
			eng := newEngine(t, st, &engage.Options{Authorize: g.authorize})
			at := prepareAll(t, eng)
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
