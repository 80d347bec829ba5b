package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// onTo adapts a task for a task channel; by, for a workflow.
func onTo(taskChannel string) func(*engage.NewTask) {
	return func(n *engage.NewTask) { n.TaskChannel = taskChannel }
}

func by(workflowSID string) func(*engage.NewTask) {
	return func(n *engage.NewTask) { n.WorkflowSID = workflowSID }
}

// taken has the one to whom a task is offered accept it.
func (f *floor) taken(taskSID string) routing.Reservation {
	f.t.Helper()
	offers := f.offers(taskSID)
	if len(offers) != 1 {
		f.t.Fatalf("task %s is offered to %q", taskSID, names(offers))
	}
	return must(f.Reservations.Accept(f.t.Context(), offers[0].SID, engage.Answer{}))(f.t)
}

func TestAWorkspaceBeginsWithWhatOneOfFlexHas(t *testing.T) {
	t.Parallel()
	f := newFloor(t, func(o *engage.Options) { o.AccountSID = "AC" + strings.Repeat("0a", 16) })
	w := f.workspace
	if w.AccountSID != f.opts.AccountSID || !w.MultiTask || w.PrioritizeQueueOrder != routing.FIFO || w.DefaultActivityName != "Offline" || w.TimeoutActivityName != "Offline" {
		t.Errorf("%+v", w)
	}
	if len(f.activities) != 4 || !f.activities["Available"].Available || f.activities["Break"].Available || len(f.channels) != 5 {
		t.Errorf("%+v, %+v", f.activities, f.channels)
	}
	if got := f.queue; got.TargetWorkers != "1==1" || got.MaxReservedWorkers != 1 || got.TaskOrder != routing.FIFO {
		t.Errorf("%+v", got)
	}
	if f.workflow.ReservationTimeout != 120 {
		t.Errorf("%+v", f.workflow)
	}
	ann := must(f.Workers.Create(t.Context(), w.SID, engage.NewWorker{FriendlyName: "ann", Capacities: map[string]int{"Chat": 3}}))(t)
	if ann.ActivityName != "Offline" || ann.Available || ann.AgentID != "ann" || len(ann.Channels) != 5 {
		t.Errorf("%+v", ann)
	}
	for _, c := range ann.Channels {
		if want := map[bool]int{true: 3, false: 1}[c.TaskChannel == "chat"]; c.Capacity != want || !c.Available {
			t.Errorf("%+v", c)
		}
	}
	if got := f.hired(ann.SID); len(got) != 5 || got["chat"] != 3 || got["sms"] != 1 {
		t.Errorf("the event tells of capacities %v", got)
	}
	if _, err := engage.New(t.Context(), f.st, &engage.Options{AccountSID: "AC1"}); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("an account that is none: %v", err)
	}
	if sid := must(newEngine(t, newMemory(t), nil).Workspaces.Create(t.Context(), engage.NewWorkspace{FriendlyName: "a"}))(t).AccountSID; !routing.PrefixAccount.Valid(sid) {
		t.Errorf("the account of the tenant is %q", sid)
	}
}

// hired returns the capacities that the event tells of by which a worker was created.
func (f *floor) hired(sid string) map[string]int {
	f.t.Helper()
	for _, event := range must(gather(f.Events.After(f.t.Context(), 0)))(f.t) {
		if event.Type == engage.EventWorkerCreated && event.Resource.ID == sid {
			var d engage.WorkerEvent
			if err := event.Decode(&d); err != nil {
				f.t.Fatal(err)
			}
			return d.Capacities
		}
	}
	return nil
}

// TestListsHaveAllOnce reads every list page by page.
func TestListsHaveAllOnce(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	for n := range 7 {
		f.newQueue(fmt.Sprint("queue ", n), "")
		f.newWorkflow(fmt.Sprint("workflow ", n), leadingTo(f.queue.SID))
		f.hires(fmt.Sprint("worker ", n), 1)
	}
	gone := f.hires("gone", 1)
	if err := f.Workers.Delete(t.Context(), gone.SID); err != nil {
		t.Fatal(err)
	}
	for what, row := range map[string]struct {
		page func(continuation string) (sids []string, next string, err error)
		want int
	}{
		"queues": {func(c string) ([]string, string, error) {
			p, err := f.Queues.List(t.Context(), f.workspace.SID, 3, c)
			return sidsOf(p.Items, func(q routing.Queue) string { return q.SID }), p.Continuation, err
		}, 8},
		"workflows": {func(c string) ([]string, string, error) {
			p, err := f.Workflows.List(t.Context(), f.workspace.SID, 3, c)
			return sidsOf(p.Items, func(q routing.Workflow) string { return q.SID }), p.Continuation, err
		}, 8},
		"activities": {func(c string) ([]string, string, error) {
			p, err := f.Activities.List(t.Context(), f.workspace.SID, 3, c)
			return sidsOf(p.Items, func(q routing.Activity) string { return q.SID }), p.Continuation, err
		}, 4},
		"workers": {func(c string) ([]string, string, error) {
			p, err := f.Workers.List(t.Context(), engage.WorkerFilter{WorkspaceSID: f.workspace.SID, Limit: 3, Continuation: c})
			return sidsOf(p.Items, func(q routing.Worker) string { return q.SID }), p.Continuation, err
		}, 7},
		"workers in an activity": {func(c string) ([]string, string, error) {
			p, err := f.Workers.List(t.Context(), engage.WorkerFilter{ActivitySID: f.activities["Available"].SID, Limit: 3, Continuation: c})
			return sidsOf(p.Items, func(q routing.Worker) string { return q.SID }), p.Continuation, err
		}, 7},
		"workers of an agent": {func(c string) ([]string, string, error) {
			p, err := f.Workers.List(t.Context(), engage.WorkerFilter{AgentID: "worker 3", Limit: 3, Continuation: c})
			return sidsOf(p.Items, func(q routing.Worker) string { return q.SID }), p.Continuation, err
		}, 1},
		"all workers": {func(c string) ([]string, string, error) {
			p, err := f.Workers.List(t.Context(), engage.WorkerFilter{Limit: 3, Continuation: c})
			return sidsOf(p.Items, func(q routing.Worker) string { return q.SID }), p.Continuation, err
		}, 7},
	} {
		var all []string
		for c := ""; ; {
			sids, next, err := row.page(c)
			if err != nil {
				t.Fatal(what, err)
			}
			all = append(all, sids...)
			if c = next; next == "" {
				break
			}
		}
		if len(all) != row.want || !slices.IsSorted(all) || len(slices.Compact(all)) != row.want {
			t.Errorf("%s: %q", what, all)
		}
	}
	if _, err := f.Workers.List(t.Context(), engage.WorkerFilter{WorkspaceSID: "a", AgentID: "b"}); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("two filters: %v", err)
	}
	if _, err := f.Queues.List(t.Context(), f.workspace.SID, 0, "no"); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("a continuation that is none: %v", err)
	}
}

func sidsOf[T any](items []T, sid func(T) string) (sids []string) {
	for _, item := range items {
		sids = append(sids, sid(item))
	}
	return sids
}

// TestWhatIsInUseIsNotDeleted deletes everything while it is needed, and then once it is not.
func TestWhatIsInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ctx, lunch := t.Context(), must(f.Activities.Create(t.Context(), f.workspace.SID, engage.NewActivity{FriendlyName: "Lunch"}))(t)
	ann := f.hires("ann", 1)
	refused := func(what string, err error, rule string) {
		t.Helper()
		if no, ok := errors.AsType[*engage.RefusedError](err); !ok || !strings.Contains(no.Rule, rule) {
			t.Errorf("%s: %v, want it refused, for %q", what, err, rule)
		}
	}
	done := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("the default activity", f.Activities.Delete(ctx, f.activities["Offline"].SID), "its workspace names it")
	f.activities["Lunch"] = lunch
	f.puts(ann.SID, "Lunch")
	refused("an activity with workers", f.Activities.Delete(ctx, lunch.SID), "there are workers in it")
	f.puts(ann.SID, "Available")
	none := ""
	must(f.Queues.Update(ctx, f.queue.SID, engage.QueueUpdate{AssignmentActivitySID: &lunch.SID}))(t)
	refused("an activity of a queue", f.Activities.Delete(ctx, lunch.SID), "the queue "+f.queue.SID)
	must(f.Queues.Update(ctx, f.queue.SID, engage.QueueUpdate{AssignmentActivitySID: &none}))(t)
	done("an activity", f.Activities.Delete(ctx, lunch.SID))

	refused("the task channel of all", f.TaskChannels.Delete(ctx, f.channels["default"].SID), "tasks that name none")
	task := f.asks(onTo("sms"))
	f.runs()
	f.taken(task.SID)
	refused("a task channel with a task", f.TaskChannels.Delete(ctx, f.channels["sms"].SID), "not ended")
	refused("a workflow with a task", f.Workflows.Delete(ctx, f.workflow.SID), "not ended")
	refused("a queue that a workflow names", f.Queues.Delete(ctx, f.queue.SID), f.workflow.SID)
	second := f.newQueue("Second", "")
	configuration := leadingTo(second.SID)
	must(f.Workflows.Update(ctx, f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration}))(t)
	refused("a queue that an older configuration names", f.Queues.Delete(ctx, f.queue.SID), f.workflow.SID)
	f.runs()
	refused("a queue with a task", f.Queues.Delete(ctx, f.queue.SID), "not ended")
	must(f.Tasks.Complete(ctx, task.SID, engage.Completion{Reason: "done"}))(t)
	done("a queue", f.Queues.Delete(ctx, f.queue.SID))
	done("a task channel", f.TaskChannels.Delete(ctx, f.channels["sms"].SID))
	f.runs()
	if len(f.worker(ann.SID).Channels) != 4 {
		t.Errorf("%+v", f.worker(ann.SID).Channels)
	}
	reckoned(t, f)

	refused("a workspace with a workflow", f.Workspaces.Delete(ctx, f.workspace.SID), f.workflow.SID)
	done("a workflow", f.Workflows.Delete(ctx, f.workflow.SID))
	refused("a workspace with a queue", f.Workspaces.Delete(ctx, f.workspace.SID), second.SID)
	done("a queue", f.Queues.Delete(ctx, second.SID))
	refused("a workspace with a worker", f.Workspaces.Delete(ctx, f.workspace.SID), "workers")
	done("a worker", f.Workers.Delete(ctx, ann.SID))
	done("a workspace", f.Workspaces.Delete(ctx, f.workspace.SID))
	f.runs()
	reckoned(t, f)
	for what, err := range map[string]error{
		"activity": second1(f.Activities.Get(ctx, f.activities["Break"].SID)), "task channel": second1(f.TaskChannels.Get(ctx, f.channels["chat"].SID)),
		"workspace": second1(f.Workspaces.Get(ctx, f.workspace.SID)), "worker": second1(f.Workers.Get(ctx, ann.SID)),
	} {
		if !errors.Is(err, engage.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	must(f.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support"}))(t)
}

func second1[T any](_ T, err error) error { return err }

// TestQueuesAreCounted compares the counts with what happens.
func TestQueuesAreCounted(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	experts := f.newQueue("Experts", "level > 2")
	if c := must(f.Queues.Counts(t.Context(), experts.SID))(t); c.Settled {
		t.Error("it is settled at once")
	}
	f.newWorkflow("Experts", leadingTo(experts.SID))
	workflow := must(f.Workflows.List(t.Context(), f.workspace.SID, 0, ""))(t).Items[1]
	f.hires("ann", 1, `{"level":3}`)
	bob := f.hires("bob", 1, `{"level":5}`)
	f.hires("cid", 1, `{"level":1}`)
	f.puts(bob.SID, "Break")
	f.runs()
	var tasks []routing.Task
	for range 3 {
		tasks = append(tasks, f.asks(by(workflow.SID)))
		f.passes(1e9)
	}
	f.taken(tasks[0].SID)
	f.runs()
	c := must(f.Queues.Counts(t.Context(), experts.SID))(t)
	if !c.Settled || c.EligibleWorkers != 2 || c.AvailableWorkers != 1 || c.Activities[f.activities["Break"].SID] != 1 || len(c.Activities) != 2 {
		t.Errorf("%+v", c)
	}
	if c.Waiting != 2 || c.Tasks[routing.TaskAssigned] != 1 || c.Tasks[routing.TaskPending] != 2 || c.LongestWaiting != tasks[1].SID || !c.WaitingSince.Equal(tasks[1].CreatedAt) {
		t.Errorf("%+v", c)
	}
	within := engage.QueueCounts{}
	err := f.Atomically(t.Context(), func(w *engage.Work) (err error) {
		within, err = w.Queues.Counts(t.Context(), experts.SID)
		return err
	})
	if err != nil || within.Waiting != 2 {
		t.Errorf("%+v, %v", within, err)
	}
}

// TestLimitsOfAWorkspace fills a workspace.
func TestLimitsOfAWorkspace(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ctx := t.Context()
	full := func(what string, most int, one func(ctx context.Context, n int) error) {
		t.Helper()
		for n := range most {
			if err := one(ctx, n); err != nil {
				t.Fatal(what, n, err)
			}
		}
		if err := one(ctx, most); !errors.Is(err, engage.ErrRefused) {
			t.Errorf("one more of the %s: %v", what, err)
		}
	}
	full("activities", engage.MaxActivities-4, func(ctx context.Context, n int) error {
		_, err := f.Activities.Create(ctx, f.workspace.SID, engage.NewActivity{FriendlyName: fmt.Sprint("a", n)})
		return err
	})
	full("task channels", engage.MaxTaskChannels-5, func(ctx context.Context, n int) error {
		_, err := f.TaskChannels.Create(ctx, f.workspace.SID, engage.NewTaskChannel{UniqueName: fmt.Sprint("c", n)})
		return err
	})
	full("expressions", engage.MaxCrews-1, func(ctx context.Context, n int) error {
		_, err := f.Queues.Create(ctx, f.workspace.SID, engage.NewQueue{FriendlyName: fmt.Sprint("q", n), TargetWorkers: fmt.Sprint("level > ", n)})
		return err
	})
	// Somebody who can do everything, on every task channel; and many of them, asked at once.
	ann := f.hires("ann", 2, `{"level":1000}`)
	f.runs()
	if ann = f.worker(ann.SID); len(ann.Channels) != engage.MaxTaskChannels {
		t.Errorf("%d channels", len(ann.Channels))
	}
	task := f.asksNow()
	f.taken(task.SID)
	f.puts(ann.SID, "Break")
	f.puts(ann.SID, "Available")
	single, all := true, routing.MaxReservedWorkers
	must(f.Workspaces.Update(ctx, f.workspace.SID, engage.WorkspaceUpdate{SingleTask: &single}))(t)
	must(f.Queues.Update(ctx, f.queue.SID, engage.QueueUpdate{MaxReservedWorkers: &all}))(t)
	for n := range 5 {
		f.hires(fmt.Sprint("worker ", n), 2, `{"level":1000}`)
	}
	task = f.asksNow()
	must(f.Reservations.Accept(ctx, f.offers(task.SID)[0].SID, engage.Answer{}))(t)
	f.runs()
	reckoned(t, f)
}
