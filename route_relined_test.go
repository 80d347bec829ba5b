package engage_test

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// steps is the configuration of a workflow with one filter for all tasks, and one target for
// each of some queues.
func steps(expression string, timeout int, queueSIDs ...string) string {
	var targets strings.Builder
	for n, sid := range queueSIDs {
		if n > 0 {
			targets.WriteString(",")
		}
		fmt.Fprintf(&targets, `{"queue":%q,"expression":%q,"timeout":%d}`, sid, expression, timeout)
	}
	return fmt.Sprintf(`{"task_routing":{"filters":[{"filter_friendly_name":"all","expression":"1==1","targets":[%s]}]}}`, targets.String())
}

func TestTasksThatWaitGoByTheNewConfiguration(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	second := f.newQueue("Second", "level > 1")
	f.hires("ann", 5, `{"level":1}`)
	set := func(configuration string, anew bool) {
		t.Helper()
		must(f.Workflows.Update(t.Context(), f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration, ReEvaluateTasks: anew}))(t)
		f.runs()
		reckoned(t, f)
	}
	set(steps("worker.level > 1", 1000, f.queue.SID), false)
	task := f.asks()
	f.runs()
	if is := f.task(task.SID); is.Status != routing.TaskPending || is.QueueSID != f.queue.SID {
		t.Fatalf("%+v", is)
	}
	// In the step where it is, another expression holds for nobody either: it stays.
	set(steps("worker.level > 2", 1000, f.queue.SID), false)
	entered := f.task(task.SID).QueueEnteredAt
	f.passes(time.Minute)
	// The workflow leads elsewhere now; the task stays in its queue, unless it is to go through
	// the workflow again.
	set(steps("worker.level > 2", 1000, second.SID), false)
	if is := f.task(task.SID); is.QueueSID != f.queue.SID || !is.QueueEnteredAt.Equal(entered) {
		t.Errorf("%+v", is)
	}
	set(steps("worker.level > 2", 1000, second.SID), true)
	if is := f.task(task.SID); is.QueueSID != second.SID || is.Status != routing.TaskPending {
		t.Errorf("%+v", is)
	}
	// There is nothing any more where it is: it enters again, and ann can take it.
	set(steps("worker.level > 2", 10, f.queue.SID, second.SID), true)
	f.passes(11 * time.Second)
	if is := f.task(task.SID); is.QueueSID != second.SID {
		t.Errorf("%+v", is)
	}
	set(steps("1==1", 1000, f.queue.SID), false)
	if is := f.task(task.SID); is.QueueSID != f.queue.SID || is.Status != routing.TaskReserved {
		t.Errorf("%+v", is)
	}
	// What is accepted is not touched.
	f.taken(task.SID)
	set(leadingTo(second.SID), true)
	if is := f.task(task.SID); is.QueueSID != f.queue.SID || is.Status != routing.TaskAssigned {
		t.Errorf("%+v", is)
	}
}

func TestOfManyNewConfigurationsTheLastCounts(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	want := map[string]string{} // the queue of each task
	for range 3 {
		want[f.asks().SID] = ""
	}
	f.runs()
	queues := []routing.Queue{f.newQueue("a", "none == 1"), f.newQueue("b", "none == 2")}
	updated := 1
	for ; ; updated++ {
		configuration := leadingTo(queues[updated%2].SID)
		_, err := f.Workflows.Update(t.Context(), f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration, ReEvaluateTasks: updated == 3})
		if errors.Is(err, engage.ErrRefused) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if updated == 3 { // those that are there go through what there is in the end
			for sid := range want {
				want[sid] = ""
			}
		}
		want[f.asks().SID] = queues[updated%2].SID
	}
	if updated != 100 {
		t.Errorf("%d configurations can be waited by", updated)
	}
	f.runs()
	reckoned(t, f)
	for sid, queue := range want {
		if is := f.task(sid); is.QueueSID != cmp.Or(queue, queues[1].SID) {
			t.Errorf("task %s is in %s, want %s", sid, is.QueueSID, queue)
		}
	}
	must(f.Workflows.Update(t.Context(), f.workflow.SID, engage.WorkflowUpdate{ReEvaluateTasks: true}))(t)
	f.runs()
	reckoned(t, f)
	for sid := range want {
		if is := f.task(sid); is.QueueSID != queues[1].SID {
			t.Errorf("%+v", is)
		}
	}
}

// TestAnotherOrderReordersWhoWaits changes the order, the ageing and the expression of a queue
// in which tasks wait.
func TestAnotherOrderReordersWhoWaits(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	var tasks []string
	for n := range 150 { // more than one step
		tasks = append(tasks, f.asks(func(k *engage.NewTask) { k.Priority = n % 3 }).SID)
		f.clock.pass(time.Second)
	}
	f.runs()
	lifo, ageing := routing.LIFO, routing.Matching{PriorityAgeing: 10}
	must(f.Queues.Update(t.Context(), f.queue.SID, engage.QueueUpdate{TaskOrder: &lifo}))(t)
	must(f.Queues.Update(t.Context(), f.queue.SID, engage.QueueUpdate{Matching: &ageing}))(t)
	f.runs()
	reckoned(t, f)
	ann := f.hires("ann", 1)
	f.runs()
	f.offeredTo(tasks[149], ann)
	f.taken(tasks[149])

	fifo, few := routing.FIFO, "level > 3"
	must(f.Queues.Update(t.Context(), f.queue.SID, engage.QueueUpdate{TaskOrder: &fifo, TargetWorkers: &few}))(t)
	f.runs()
	reckoned(t, f)
	bob := f.hires("bob", 1, `{"level":4}`)
	f.runs()
	f.offeredTo(tasks[2], bob) // priority 2 is worth 20 s
	reckoned(t, f)

	// Another queue has the crew already: nothing happens to bob, and the tasks find him.
	other := f.newQueue("Other", "level > 100")
	workflow := f.newWorkflow("Other", leadingTo(other.SID))
	for _, sid := range tasks {
		if f.task(sid).Status == routing.TaskPending {
			must(f.Tasks.Cancel(t.Context(), sid, engage.Ending{Reason: "enough"}))(t)
		}
	}
	three := 3
	must(f.Workers.SetChannel(t.Context(), bob.SID, "default", engage.WorkerChannelUpdate{Capacity: &three}))(t)
	task := f.asksNow(by(workflow.SID))
	must(f.Queues.Update(t.Context(), other.SID, engage.QueueUpdate{TargetWorkers: &few}))(t)
	f.runs()
	f.offeredTo(task.SID, bob)
	reckoned(t, f)
}

// TestWhoHasOtherAttributesGoesByTheNewConfiguration at once, before the job comes to them.
func TestWhoHasOtherAttributesGoesByTheNewConfiguration(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	other := f.newQueue("Other", "")
	task := f.asksNow()
	configuration := leadingTo(other.SID)
	must(f.Workflows.Update(t.Context(), f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration}))(t)
	anew := must(routing.ParseAttributes(`{"new":1}`))(t)
	if is := must(f.Tasks.Update(t.Context(), task.SID, engage.TaskUpdate{Attributes: &anew}))(t); is.QueueSID != other.SID {
		t.Errorf("it is in %s", is.QueueSID)
	}
	f.runs()
	reckoned(t, f)
}

// TestAConfigurationThatComesMeanwhileCountsForAll: also for tasks that the job has been at. So
// does another order of a queue.
func TestAConfigurationThatComesMeanwhileCountsForAll(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	for n := range 250 { // more than two steps
		f.asks(priority(n % 7))
	}
	f.runs()
	second, third := f.newQueue("Second", ""), f.newQueue("Third", "")
	set := func(configuration string) {
		t.Helper()
		must(f.Workflows.Update(t.Context(), f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration, ReEvaluateTasks: true}))(t)
	}
	between := func(do func()) {
		t.Helper()
		done := false
		f.runsWhile(func(b store.Batch) {
			if !done && puts(b, "task", "") {
				done = true
				do()
			}
		})
		if !done {
			t.Error("nothing was done")
		}
		reckoned(t, f)
	}
	set(leadingTo(second.SID))
	between(func() { set(leadingTo(third.SID)) })
	if c := must(f.Queues.Counts(t.Context(), third.SID))(t); c.Waiting != 250 {
		t.Errorf("%+v", c)
	}
	lifo, fifo := routing.LIFO, routing.FIFO
	must(f.Queues.Update(t.Context(), third.SID, engage.QueueUpdate{TaskOrder: &lifo}))(t)
	between(func() { must(f.Queues.Update(t.Context(), third.SID, engage.QueueUpdate{TaskOrder: &fifo}))(t) })
	urgent := must(f.Tasks.List(t.Context(), engage.TaskFilter{QueueSID: third.SID, Limit: 1000}))(t).Items[0]
	for _, k := range must(f.Tasks.List(t.Context(), engage.TaskFilter{QueueSID: third.SID, Limit: 1000}))(t).Items {
		if k.OrderKey(routing.Ordering{}) < urgent.OrderKey(routing.Ordering{}) {
			urgent = k
		}
	}
	ann := f.hires("ann", 1)
	f.runs()
	f.offeredTo(urgent.SID, ann)
}

// TestAShorterTimeCountsForWhoWaits, though the task stays where it is in its queue.
func TestAShorterTimeCountsForWhoWaits(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	second := f.newQueue("Second", "level > 100")
	set := func(timeout int, anew bool) {
		t.Helper()
		configuration := steps("worker.level > 100", timeout, f.queue.SID, second.SID)
		must(f.Workflows.Update(t.Context(), f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration, ReEvaluateTasks: anew}))(t)
		f.runs()
	}
	set(1000, false)
	task := f.asksNow()
	set(10, true)
	f.passes(10 * time.Second)
	if is := f.task(task.SID); is.QueueSID != second.SID {
		t.Errorf("it is in %s still", is.QueueSID)
	}
}

// TestAnotherAgeingReordersWhoWaits, though nothing else of the queue has changed.
func TestAnotherAgeingReordersWhoWaits(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	first := f.asks()
	f.clock.pass(30 * time.Second)
	f.asks(priority(1))
	f.runs()
	ageing := routing.Matching{PriorityAgeing: 10} // 30 s are worth three levels
	must(f.Queues.Update(t.Context(), f.queue.SID, engage.QueueUpdate{Matching: &ageing}))(t)
	f.runs()
	ann := f.hires("ann", 1)
	f.runs()
	f.offeredTo(first.SID, ann)
}
