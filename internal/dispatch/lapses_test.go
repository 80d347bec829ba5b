package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// lapses are what somebody else does while a job is done that has found something, so that it
// comes to nothing. Ann is known to some tasks; others take them if she cannot.
var lapses = []struct {
	name    string
	prepare func(s *scene)
	rival   call
}{
	{"who is known comes once another was found", func(s *scene) {
		s.puts("Break", s.ann, s.bob)
		s.asks(1, "ann")
		s.asks(0, "")
		s.settles(s.engines[0])
		s.puts("Available", s.bob)
	}, func(s *scene, eng *engage.Engine) error {
		return end(eng.Workers.Update(s.t.Context(), s.ann, engage.WorkerUpdate{ActivitySID: new(s.activities["Available"])}))
	}},
	{"what is kept for who is known ends, and they have rejected the next", func(s *scene) {
		s.puts("Break", s.bob)
		s.asks(0, "ann")
		s.settles(s.engines[0])
		s.reservation = s.offered(s.ann)
		s.puts("Break", s.ann)
		if err := reject(s, s.engines[0]); err != nil {
			s.t.Fatal(err)
		}
		s.task = s.asks(1, "ann")
		s.settles(s.engines[0])
		s.puts("Available", s.bob, s.ann)
	}, cancelTask},
}

// puts changes what workers are doing.
func (s *scene) puts(activity string, workers ...string) {
	s.t.Helper()
	for _, sid := range workers {
		must(s.engines[0].Workers.Update(s.t.Context(), sid, engage.WorkerUpdate{ActivitySID: new(s.activities[activity])}))(s.t)
	}
}

// asks makes a task, for who is known, if anybody is.
func (s *scene) asks(priority int, known string) string {
	s.t.Helper()
	k := engage.NewTask{Priority: priority, Attributes: routing.Attributes{}}
	if known != "" {
		k.Attributes["known"] = known
	}
	return must(s.engines[0].Tasks.Create(s.t.Context(), s.workspace, k))(s.t).SID
}

// lapsing returns a plain scene whose second Engine meets with a trial, and does one job at a time.
func lapsing(t *testing.T, trial *faults.Trial) *scene {
	t.Helper()
	handles := trials.Stores()["memory"](t, nil, 2)
	s := &scene{floor: &floor{books: newBooks(), t: t, st: handles[0], clock: trials.NewClock(began), activities: map[string]string{}, source: "sms"}}
	s.options = engage.Options{Clock: s.clock.Now, Platforms: map[string]engage.Platform{"sms": engage.InApp{}}, Jobs: engage.JobOptions{Concurrency: 1}}
	s.engines = []*engage.Engine{must(newEngine(s.floor, s.on(handles[0])))(t), must(newEngine(s.floor, trial.Wrap(s.on(handles[1]))))(t)}
	s.plain()
	return s
}

// Whatever somebody else does at any call of the store while a worker is sought, or something
// for a worker, no task waits then that somebody could take.
func TestLapsesOnTheFloor(t *testing.T) {
	t.Parallel()
	for _, l := range lapses {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			var s *scene
			rival := func(context.Context, faults.Call) { s.expects(l.rival(s, s.engines[0])) }
			for trial := range faults.Sweep(faults.Before(l.name, rival).On(faults.Get, faults.Find, faults.Commit)) {
				s = lapsing(t, trial)
				s.knows()
				s.settles(s.engines[0])
				l.prepare(s)
				trial.Start()
				s.expects(end(s.engines[1].RunDue(t.Context())))
				trial.End()
				s.rests()
				s.holds(t)
				if t.Failed() {
					t.Fatal(trial)
				}
			}
		})
	}
}

// knows has tasks go first to whom they know, each worker having one at a time.
func (s *scene) knows() {
	s.t.Helper()
	ctx, eng := s.t.Context(), s.engines[0]
	must(eng.Queues.Update(ctx, s.queues[0], engage.QueueUpdate{Matching: &routing.Matching{KnownWorkerFallback: true, RejectCoolDown: 600}}))(s.t)
	c := fmt.Sprintf(`{"task_routing":{"filters":[{"expression":"known != null","targets":[{"queue":%q,"known_worker_friendly_name":"task.known"}]}],"default_filter":{"queue":%[1]q}}}`, s.queues[0])
	must(eng.Workflows.Update(ctx, s.workflow, engage.WorkflowUpdate{Configuration: &c}))(s.t)
	for _, sid := range []string{s.ann, s.bob} {
		must(eng.Workers.SetChannel(ctx, sid, "default", engage.WorkerChannelUpdate{Capacity: new(1)}))(s.t)
	}
}

// The same with whatever luck brings.
func TestLapsesByLuck(t *testing.T) {
	t.Parallel()
	for range often(t, 2) * storetest.Effort(t) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			before, between := rng.Uint64(), rng.Uint64()
			var s *scene
			rival := func(context.Context, faults.Call) { s.stirs(rand.New(rand.NewPCG(between, 0))) } //nolint:gosec // a test's luck
			for trial := range faults.Sweep(faults.Before("a rival", rival).On(faults.Get, faults.Find, faults.Commit)) {
				s = lapsing(t, trial)
				own := rand.New(rand.NewPCG(before, 0)) //nolint:gosec // a test's luck
				s.lucky(own)
				s.settles(s.engines[0])
				for range 6 {
					for range 3 {
						s.stirs(own)
					}
					s.settles(s.engines[0])
				}
				for range 1 + own.IntN(4) {
					s.stirs(own)
				}
				trial.Start()
				s.expects(end(s.engines[1].RunDue(t.Context())))
				trial.End()
				s.rests()
				s.holds(t)
				if t.Failed() {
					t.Fatal(trial)
				}
			}
		})
	}
}

// lucky settles the floor by luck.
func (s *scene) lucky(rng *rand.Rand) {
	ctx, eng := s.t.Context(), s.engines[0]
	m := routing.Matching{KnownWorkerFallback: rng.IntN(3) > 0, RejectCoolDown: []int{0, 600}[rng.IntN(2)], PriorityAgeing: []int{0, 60}[rng.IntN(2)]}
	must(eng.Queues.Update(ctx, s.queues[0], engage.QueueUpdate{Matching: &m, MaxReservedWorkers: new(1 + rng.IntN(2)), TaskOrder: new([]routing.TaskOrder{routing.FIFO, routing.FIFO, routing.LIFO}[rng.IntN(3)])}))(s.t)
	second := must(eng.Queues.Create(ctx, s.workspace, engage.NewQueue{FriendlyName: "second", TargetWorkers: `name != "bob"`, Matching: m, MaxReservedWorkers: 1 + rng.IntN(2)}))(s.t)
	s.queues = append(s.queues, second.SID)
	c := fmt.Sprintf(`{"task_routing":{"filters":[
		{"expression":"known != null","targets":[{"queue":%[1]q,"known_worker_friendly_name":"task.known"%[3]s},{"queue":%[2]q}]},
		{"expression":"level != null","targets":[{"queue":%[1]q,"expression":"worker.level >= task.level","order_by":"worker.level DESC","skip_if":%[4]q},{"queue":%[2]q}]}
		],"default_filter":{"queue":%[1]q}}}`, s.queues[0], s.queues[1], []string{"", `,"expression":"worker.level > 0"`}[rng.IntN(2)], []string{"1==1", "workers.available == 0", "1==2"}[rng.IntN(3)])
	must(eng.Workflows.Update(ctx, s.workflow, engage.WorkflowUpdate{Configuration: &c}))(s.t)
	must(eng.Workspaces.Update(ctx, s.workspace, engage.WorkspaceUpdate{SingleTask: new(rng.IntN(3) == 0)}))(s.t)
	for n, name := range []string{"cid", "dot"} {
		must(eng.Workers.Create(ctx, s.workspace, engage.NewWorker{FriendlyName: name, ActivitySID: s.activities["Available"], Capacities: map[string]int{"default": 1, "sms": 1}, Attributes: routing.Attributes{"name": name, "level": n + 1}}))(s.t)
	}
	for _, sid := range []string{s.ann, s.bob} {
		must(eng.Workers.SetChannel(ctx, sid, "default", engage.WorkerChannelUpdate{Capacity: new(1 + rng.IntN(2))}))(s.t)
	}
}

// stirs lets somebody do something that matters to who is offered what.
func (s *scene) stirs(rng *rand.Rand) {
	ctx, eng := s.t.Context(), s.engines[0]
	staff := must(eng.Workers.List(ctx, engage.WorkerFilter{WorkspaceSID: s.workspace}))(s.t)
	w, employed := one(s.floor, rng, staff, nil)
	has := engage.Page[routing.Reservation]{}
	if employed {
		has = must(eng.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: w.SID, Live: true}))(s.t)
	}
	r, busy := one(s.floor, rng, has, nil)
	waiting := must(eng.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: s.workspace, Status: routing.TaskPending}))(s.t)
	k, waits := one(s.floor, rng, waiting, nil)
	var err error
	switch n := rng.IntN(20); {
	case n < 5:
		a := routing.Attributes{}
		switch rng.IntN(4) {
		case 0, 1:
			a["known"] = []string{"ann", "bob", "cid", "dot"}[rng.IntN(4)]
		case 2:
			a["level"] = rng.IntN(3)
		}
		task := engage.NewTask{Priority: rng.IntN(3), Attributes: a, TaskChannel: []string{"", "", "sms"}[rng.IntN(3)]}
		if rng.IntN(5) == 0 && employed {
			task.RoutingTarget, task.IgnoreCapacity = w.SID, []*bool{nil, new(false)}[rng.IntN(2)]
		}
		err = end(eng.Tasks.Create(ctx, s.workspace, task))
	case n < 9 && employed:
		err = end(eng.Workers.Update(ctx, w.SID, engage.WorkerUpdate{ActivitySID: new(s.activities[[]string{"Available", "Available", "Break"}[rng.IntN(3)]])}))
	case n < 10 && employed:
		err = end(eng.Workers.Update(ctx, w.SID, engage.WorkerUpdate{Attributes: &routing.Attributes{"name": w.FriendlyName, "level": rng.IntN(3)}}))
	case n < 11 && employed:
		err = end(eng.Workers.SetChannel(ctx, w.SID, []string{"default", "sms"}[rng.IntN(2)], engage.WorkerChannelUpdate{Capacity: new(rng.IntN(3))}))
	case n < 12 && employed:
		err = end(eng.Workers.Update(ctx, w.SID, engage.WorkerUpdate{FriendlyName: new([]string{"ann", "bob", "cid", "dot", "eve"}[rng.IntN(5)])}))
	case n < 13 && waits:
		err = end(eng.Tasks.Cancel(ctx, k.SID, engage.Ending{Reason: "enough"}))
	case n < 14 && waits:
		err = end(eng.Tasks.Update(ctx, k.SID, engage.TaskUpdate{Priority: new(rng.IntN(3))}))
	case !busy:
	case r.Status != routing.ReservationPending:
		err = end(eng.Reservations.Complete(ctx, r.SID, engage.Completion{}))
	case n < 17:
		err = end(eng.Reservations.Reject(ctx, r.SID, engage.Rejection{}))
	default:
		err = end(eng.Reservations.Accept(ctx, r.SID, engage.Answer{}))
	}
	s.expects(err)
}
