package engage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// floor is a contact centre: a workspace with a queue for everybody, a workflow that leads
// to it, and whom the test employs, with a clock that the test moves.
type floor struct {
	*engage.Engine

	t         testing.TB
	st        store.Store
	opts      engage.Options
	clock     *handClock
	platform  *platformtest.Platform
	workspace routing.Workspace
	// activities and channels are those of the workspace, by their names.
	activities map[string]routing.Activity
	channels   map[string]routing.TaskChannel
	queue      routing.Queue
	workflow   routing.Workflow
}

// newFloor returns a floor on a memory store.
func newFloor(tb testing.TB, options ...func(*engage.Options)) *floor {
	tb.Helper()
	st := memory.New()
	tb.Cleanup(func() { _ = st.Close() })
	return newFloorOn(tb, st, options...)
}

// newFloorOn returns a floor on a store.
func newFloorOn(tb testing.TB, st store.Store, options ...func(*engage.Options)) *floor {
	tb.Helper()
	f := &floor{
		t: tb, st: st, platform: platformtest.New(), clock: &handClock{now: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)},
		activities: map[string]routing.Activity{}, channels: map[string]routing.TaskChannel{},
	}
	tb.Cleanup(f.platform.Close)
	f.opts = engage.Options{Clock: f.clock.read, Platforms: map[string]engage.Platform{"messenger": f.platform}}
	for _, option := range options {
		option(&f.opts)
	}
	f.restart()
	f.workspace = must(f.Workspaces.Create(tb.Context(), engage.NewWorkspace{FriendlyName: "Support"}))(tb)
	f.learn()
	f.queue = f.newQueue("Everybody", "")
	f.workflow = f.newWorkflow("Support", leadingTo(f.queue.SID))
	f.runs()
	return f
}

// restart gives the floor a new Engine on its store.
func (f *floor) restart() {
	f.t.Helper()
	f.Engine = must(engage.New(f.t.Context(), f.st, &f.opts))(f.t)
}

// learn looks up the activities and task channels that there are.
func (f *floor) learn() {
	f.t.Helper()
	for _, a := range must(f.Activities.List(f.t.Context(), f.workspace.SID, 0, ""))(f.t).Items {
		f.activities[a.FriendlyName] = a
	}
	for _, c := range must(f.TaskChannels.List(f.t.Context(), f.workspace.SID, 0, ""))(f.t).Items {
		f.channels[c.UniqueName] = c
	}
}

// newQueue adds a queue for the workers for whom an expression holds; empty: for all.
func (f *floor) newQueue(name, targetWorkers string, settings ...func(*engage.NewQueue)) routing.Queue {
	f.t.Helper()
	n := engage.NewQueue{FriendlyName: name, TargetWorkers: targetWorkers}
	for _, set := range settings {
		set(&n)
	}
	return must(f.Queues.Create(f.t.Context(), f.workspace.SID, n))(f.t)
}

// newWorkflow adds a workflow.
func (f *floor) newWorkflow(name, configuration string) routing.Workflow {
	f.t.Helper()
	return must(f.Workflows.Create(f.t.Context(), f.workspace.SID, engage.NewWorkflow{FriendlyName: name, Configuration: configuration}))(f.t)
}

// leadingTo is the configuration of a workflow that leads to a queue, whatever the task.
func leadingTo(queueSID string) string {
	return fmt.Sprintf(`{"task_routing":{"default_filter":{"queue":%q}}}`, queueSID)
}

// hires adds a worker who is available and can have a number of tasks at a time on each of
// the task channels.
func (f *floor) hires(name string, capacity int, attributes ...string) routing.Worker {
	f.t.Helper()
	w := engage.NewWorker{FriendlyName: name, ActivitySID: f.activities["Available"].SID, Capacities: map[string]int{}}
	for channel := range f.channels {
		w.Capacities[channel] = capacity
	}
	for _, text := range attributes {
		w.Attributes = must(routing.ParseAttributes(text))(f.t)
	}
	return must(f.Workers.Create(f.t.Context(), f.workspace.SID, w))(f.t)
}

// puts changes what a worker is doing.
func (f *floor) puts(workerSID, activity string) {
	f.t.Helper()
	sid := f.activities[activity].SID
	must(f.Workers.Update(f.t.Context(), workerSID, engage.WorkerUpdate{ActivitySID: &sid}))(f.t)
}

// worker returns a worker as they are.
func (f *floor) worker(sid string) routing.Worker {
	f.t.Helper()
	return must(f.Workers.Get(f.t.Context(), sid))(f.t)
}

// runs does all jobs that are due.
func (f *floor) runs() {
	f.t.Helper()
	must(f.RunDue(f.t.Context()))(f.t)
}

// passes lets time go by, and does what is due then.
func (f *floor) passes(d time.Duration) {
	f.t.Helper()
	f.clock.pass(d)
	f.runs()
}
