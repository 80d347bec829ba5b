package dispatch_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/routing"
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
				handles := trials.Stores()["memory"](t, nil, 2)
				s = &scene{floor: &floor{books: newBooks(), t: t, st: handles[0], clock: trials.NewClock(began), activities: map[string]string{}, source: "sms"}}
				s.options = engage.Options{Clock: s.clock.Now, Platforms: map[string]engage.Platform{"sms": engage.InApp{}}, Jobs: engage.JobOptions{Concurrency: 1}}
				s.engines = []*engage.Engine{must(newEngine(s.floor, s.on(handles[0])))(t), must(newEngine(s.floor, trial.Wrap(s.on(handles[1]))))(t)}
				s.plain()
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
