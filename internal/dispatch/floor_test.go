package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// floor is a contact centre with several Engines on one store.
type floor struct {
	*books

	t          *testing.T
	st         store.Store // without the ledger
	clock      *trials.Clock
	options    engage.Options
	engines    []*engage.Engine
	workspace  string
	activities map[string]string
	queues     []string
	workflow   string
	source     string
	calm       bool // no settings are changed
	shaky      bool // the store may fail
	lied       bool // the store breaks its promises, and so do the answers
	contexts   func() context.Context
}

// ctx is the context of a call.
func (f *floor) ctx() context.Context {
	if f.contexts != nil {
		return f.contexts()
	}
	return f.t.Context()
}

// newFloor opens Engines on handles, with a workspace that is settled by luck.
func newFloor(t *testing.T, rng *rand.Rand, handles ...store.Store) *floor {
	t.Helper()
	return newFloorOver(t, rng, func(st store.Store) store.Store { return st }, handles...)
}

// newFloorOver opens Engines on what is made of handles that the books are kept of.
func newFloorOver(t *testing.T, rng *rand.Rand, over func(store.Store) store.Store, handles ...store.Store) *floor {
	t.Helper()
	f := &floor{books: newBooks(), t: t, st: handles[0], clock: trials.NewClock(began), activities: map[string]string{}, source: "sms"}
	f.options = engage.Options{Clock: f.clock.Now, Platforms: map[string]engage.Platform{"sms": engage.InApp{}, "messenger": engage.InApp{}}}
	for _, st := range handles {
		f.engines = append(f.engines, must(engage.New(t.Context(), over(f.on(st)), &f.options))(t))
	}
	f.furnish(rng)
	return f
}

func (f *floor) furnish(rng *rand.Rand) {
	t, ctx, eng := f.t, f.t.Context(), f.engines[0]
	t.Helper()
	workspace := must(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support", SingleTask: rng.IntN(4) == 0}))(t)
	f.workspace = workspace.SID
	for _, a := range must(eng.Activities.List(ctx, f.workspace, 0, ""))(t).Items {
		f.activities[a.FriendlyName] = a.SID
	}
	for n, expression := range []string{"", `skills HAS "tea"`, `level > 1`} {
		q := engage.NewQueue{FriendlyName: fmt.Sprint("queue ", n), TargetWorkers: expression, Matching: f.matching(rng)}
		if rng.IntN(3) == 0 {
			q.MaxReservedWorkers = 3
		}
		if rng.IntN(3) == 0 {
			q.TaskOrder = routing.LIFO
		}
		f.queues = append(f.queues, must(eng.Queues.Create(ctx, f.workspace, q))(t).SID)
	}
	f.workflow = must(eng.Workflows.Create(ctx, f.workspace, engage.NewWorkflow{
		FriendlyName: "Support", Configuration: f.configuration(rng), ReservationTimeout: 30,
	}))(t).SID
	must(eng.Sources.Create(ctx, interaction.Source{ID: f.source, Type: "sms", Active: true}))(t)
	must(eng.Sources.Create(ctx, interaction.Source{ID: "page", Type: "messenger", Active: true}))(t)
	if rng.IntN(2) == 0 { // the Engine says who has control there
		if err := eng.Control.Configure(ctx, "page", handover.Settings{Primary: []handover.Owner{handover.Agent, handover.Bot}[rng.IntN(2)], BotApp: "bot"}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 5 {
		f.hires(rng, eng, fmt.Sprint("worker ", n))
	}
}

func (f *floor) matching(rng *rand.Rand) (m routing.Matching) {
	if rng.IntN(2) == 0 {
		m.RejectCoolDown = 60
	}
	if rng.IntN(3) == 0 {
		m.PriorityAgeing = 30
	}
	m.KnownWorkerFallback = rng.IntN(2) == 0
	return m
}

// configuration is one of some that a workflow can have.
func (f *floor) configuration(rng *rand.Rand) string {
	q := f.queues
	switch rng.IntN(4) {
	case 0:
		return fmt.Sprintf(`{"task_routing":{"default_filter":{"queue":%q}}}`, q[0])
	case 1:
		return fmt.Sprintf(`{"task_routing":{"filters":[{"filter_friendly_name":"vip","expression":"vip == true","targets":[
			{"queue":%q,"priority":5,"timeout":60},{"queue":%q,"priority":10,"timeout":120}]}],"default_filter":{"queue":%q}}}`, q[2], q[0], q[0])
	case 2:
		return fmt.Sprintf(`{"task_routing":{"filters":[
			{"filter_friendly_name":"tea","expression":"wants == 'tea'","targets":[{"queue":%q,"skip_if":"workers.available == 0","expression":"task.level <= worker.level","timeout":90}]},
			{"filter_friendly_name":"known","expression":"known != null","targets":[{"queue":%q,"known_worker_friendly_name":"task.known","timeout":90},{"queue":%q}]}
			],"default_filter":{"queue":%q}}}`, q[1], q[0], q[0], q[0])
	default:
		return fmt.Sprintf(`{"task_routing":{"filters":[{"filter_friendly_name":"all","expression":"1 == 1","targets":[
			{"queue":%q,"timeout":45,"expression":"task.level <= worker.level","order_by":"worker.level DESC"},{"queue":%q,"timeout":400}]}]}}`, q[1], q[0])
	}
}

func (f *floor) attributes(rng *rand.Rand) routing.Attributes {
	a := routing.Attributes{"level": rng.IntN(3)}
	if rng.IntN(3) == 0 {
		a["vip"] = true
	}
	if rng.IntN(2) == 0 {
		a["wants"] = "tea"
	}
	if rng.IntN(3) == 0 {
		a["known"] = fmt.Sprint("worker ", rng.IntN(5))
	}
	return a
}

func (f *floor) abilities(rng *rand.Rand) routing.Attributes {
	a := routing.Attributes{"level": rng.IntN(3)}
	if rng.IntN(2) == 0 {
		a["skills"] = []any{"tea"}
	}
	return a
}

func (f *floor) hires(rng *rand.Rand, eng *engage.Engine, name string) {
	_, err := eng.Workers.Create(f.ctx(), f.workspace, engage.NewWorker{
		FriendlyName: name, ActivitySID: f.activities["Available"], Attributes: f.abilities(rng), Capacities: map[string]int{"default": 1 + rng.IntN(3)},
	})
	f.expects(err)
}

// rests lets all be done that is due, and looks whether all is well then.
func (f *floor) rests() {
	f.t.Helper()
	f.settles(f.engines[0])
	wrong, err := atRest(f.t.Context(), f.st, f.clock.Now())
	if err != nil {
		f.t.Fatal(err)
	}
	for n, what := range wrong {
		if n == 5 {
			f.t.Errorf("and %d more", len(wrong)-n)
			break
		}
		f.t.Error(what)
	}
}

// settles lets all be done that is due.
func (f *floor) settles(eng *engage.Engine) {
	f.t.Helper()
	for n := 0; ; n++ {
		done, err := eng.RunDue(f.t.Context())
		if err != nil {
			f.t.Fatal(err)
		}
		if done == 0 {
			return
		}
		if n == 50 {
			f.t.Fatal("it never comes to rest")
		}
	}
}

// ends lets so much time go by that all ends that ends by itself, and ends the rest.
func (f *floor) ends() {
	f.t.Helper()
	for range 4 {
		f.clock.Pass(time.Minute)
		f.rests()
	}
}

// newEngine opens one more Engine.
func newEngine(f *floor, st store.Store) (*engage.Engine, error) {
	return engage.New(f.t.Context(), st, &f.options)
}
