package engage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// priority, start and attributes are settings of a new task.

func priority(n int) func(*engage.NewTask) { return func(k *engage.NewTask) { k.Priority = n } }

func attributes(text string) func(*engage.NewTask) {
	return func(k *engage.NewTask) { k.Attributes, _ = routing.ParseAttributes(text) }
}

// inTurn wants tasks to be offered to a worker in an order: each as soon as they have completed
// the one before.
func (f *floor) inTurn(w routing.Worker, tasks ...routing.Task) {
	f.t.Helper()
	for _, task := range tasks {
		f.runs()
		f.completes(f.accepts(f.offeredTo(task.SID, w)))
	}
}

// leads has a workflow of one filter with one target lead to a queue.
func (f *floor) leads(name, target string) {
	f.t.Helper()
	f.workflow = f.newWorkflow(name, `{"task_routing":{"filters":[{"expression":"1==1","targets":[`+target+`]}]}}`)
	f.runs()
}

func TestTheHighestPriorityIsOfferedFirstAndThenWhoHasWaitedForLongest(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	low, other := f.asks(), f.asks()
	early := f.asks(func(n *engage.NewTask) { n.VirtualStart = f.clock.read().Add(-time.Hour) })
	high := f.asks(priority(3))
	f.runs()
	f.inTurn(f.hires("ann", 1), high, early, low, other)
}

func TestLIFOOffersTheNewestFirstWhateverItsPriority(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	lifo := f.newQueue("New first", "", func(q *engage.NewQueue) { q.TaskOrder = routing.LIFO })
	f.leads("LIFO", fmt.Sprintf(`{"queue":%q}`, lifo.SID))
	first := f.asks(priority(9))
	f.passes(time.Second)
	second := f.asks()
	f.passes(time.Second)
	third := f.asks(priority(1))
	f.inTurn(f.hires("ann", 1), third, second, first)
}

func TestPrioritiesAge(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ageing := f.newQueue("Ageing", "", func(q *engage.NewQueue) { q.Matching.PriorityAgeing = 10 })
	f.leads("Ageing", fmt.Sprintf(`{"queue":%q}`, ageing.SID))
	old := f.asks()
	f.passes(35 * time.Second)
	two, four := f.asks(priority(2)), f.asks(priority(4))
	f.inTurn(f.hires("ann", 1), four, old, two)
}

func TestWhoIsIdleForLongestIsAskedFirst(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann, bob, cid := f.hires("ann", 1), f.hires("bob", 1), f.hires("cid", 1)
	f.runs()
	for _, w := range []routing.Worker{ann, bob, cid} { // nobody had one: who is first there
		task := f.asks()
		f.runs()
		f.accepts(f.offeredTo(task.SID, w))
		f.clock.pass(time.Second)
	}
	for _, w := range []routing.Worker{bob, cid, ann} {
		for _, r := range must(f.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: w.SID, Live: true}))(t).Items {
			f.completes(r)
		}
		f.clock.pass(time.Second)
	}
	for _, w := range []routing.Worker{bob, cid, ann} {
		task := f.asks()
		f.runs()
		f.offeredTo(task.SID, w)
	}
}

func TestOrderByComesBeforeIdleTime(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.leads("Order", fmt.Sprintf(`{"queue":%q,"order_by":"worker.level DESC"}`, f.queue.SID))
	one, three, two := f.hires("one", 1, `{"level":1}`), f.hires("three", 1, `{"level":3}`), f.hires("two", 1, `{"level":2}`)
	none := f.hires("none", 1)
	f.runs()
	for _, w := range []routing.Worker{three, two, one, none} {
		task := f.asks()
		f.runs()
		f.offeredTo(task.SID, w)
	}
}

func TestATaskWaitsForItsKnownWorkerUntilItsTargetTimesOut(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.leads("Known", fmt.Sprintf(`{"queue":%q,"known_worker_sid":"task.agent","timeout":30},{"queue":%[1]q}`, f.queue.SID))
	ann, bob := f.hires("ann", 1), f.hires("bob", 1)
	busy := f.asks(attributes(fmt.Sprintf(`{"agent":%q}`, ann.SID)))
	f.runs()
	doing := f.accepts(f.offeredTo(busy.SID, ann))
	waits := f.asks(attributes(fmt.Sprintf(`{"agent":%q}`, ann.SID)))
	expires := f.asks(attributes(fmt.Sprintf(`{"agent":%q}`, ann.SID)))
	f.passes(29 * time.Second)
	if offers := f.offers(waits.SID); len(offers) > 0 {
		t.Fatalf("it is offered to %v", names(offers))
	}
	f.completes(doing)
	f.runs()
	f.offeredTo(waits.SID, ann)
	f.passes(time.Second)
	f.offeredTo(expires.SID, bob)
}

func TestWithAFallbackOthersTakeWhatTheKnownWorkerCannot(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	queue := f.newQueue("Sticky", "", func(q *engage.NewQueue) { q.Matching.KnownWorkerFallback = true })
	f.leads("Sticky", fmt.Sprintf(`{"queue":%q,"known_worker_friendly_name":"task.agent"}`, queue.SID))
	bob, ann := f.hires("bob", 1), f.hires("ann", 1)
	f.runs()
	for _, w := range []routing.Worker{ann, bob} {
		task := f.asks(attributes(`{"agent":"ann"}`))
		f.runs()
		f.offeredTo(task.SID, w)
	}
}

func TestATaskGoesFromTargetToTargetAndKeepsItsPriority(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	never := f.newQueue("Never", "1==2")
	f.leads("Steps", fmt.Sprintf(`{"queue":%q,"timeout":10,"priority":7},{"timeout":10},{"queue":%q,"timeout":10}`, never.SID, f.queue.SID))
	task := f.asks()
	f.runs()
	if task.QueueSID != never.SID || task.Priority != 7 {
		t.Fatalf("it begins as %+v", task)
	}
	f.passes(10 * time.Second)
	f.passes(9 * time.Second)
	if is := f.task(task.SID); is.QueueSID != never.SID || is.Waiting.Step.Target != 1 {
		t.Fatalf("the second target is %+v", is.Waiting.Step)
	}
	f.passes(time.Second)
	if is := f.task(task.SID); is.QueueSID != f.queue.SID || is.Priority != 7 || !is.QueueEnteredAt.Equal(f.clock.read()) {
		t.Fatalf("the third target is %+v", is)
	}
	f.passes(10 * time.Second)
	if is := f.task(task.SID); is.Status != routing.TaskCanceled || is.Reason != routing.ReasonWorkflow {
		t.Errorf("at the end of its workflow it is %s: %s", is.Status, is.Reason)
	}
}

func TestATargetIsSkippedWhereNobodyCanTakeATaskAtOnce(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	level := f.newQueue("Level", "level > 1")
	f.leads("Skip", fmt.Sprintf(`{"queue":%q,"skip_if":"workers.available == 0"},{"queue":%q}`, level.SID, f.queue.SID))
	ann := f.hires("ann", 1, `{"level":2}`)
	f.runs()
	first := f.asks()
	f.runs()
	f.offeredTo(first.SID, ann)
	second := f.asks()
	f.runs()
	if is := f.task(second.SID); is.QueueSID != level.SID {
		t.Errorf("somebody is there, though busy, and it is in %s", is.QueueSID)
	}
	f.puts(ann.SID, "Break")
	f.runs()
	third := f.asks()
	f.runs()
	if is := f.task(third.SID); is.QueueSID != f.queue.SID {
		t.Errorf("nobody is there, and it is in %s", is.QueueSID)
	}
	if is := f.task(second.SID); is.QueueSID != level.SID {
		t.Errorf("once it waits, it is not asked again, but it is in %s", is.QueueSID)
	}
}

func TestATaskExpires(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	f.runs()
	offered := f.asks(func(n *engage.NewTask) { n.Timeout = 60 })
	f.runs()
	r := f.offeredTo(offered.SID, ann)
	waiting := f.asks(func(n *engage.NewTask) { n.Timeout = 60 })
	f.passes(59 * time.Second)
	if s := f.task(waiting.SID).Status; s != routing.TaskPending {
		t.Errorf("before its time is over, it is %s", s)
	}
	f.passes(time.Second)
	for _, task := range []routing.Task{waiting, offered} {
		if is := f.task(task.SID); is.Status != routing.TaskCanceled || is.Reason != routing.ReasonTTL {
			t.Errorf("after it, it is %s: %s", is.Status, is.Reason)
		}
	}
	if r := must(f.Reservations.Get(t.Context(), r.SID))(t); r.Status != routing.ReservationCanceled {
		t.Errorf("its offer is %s", r.Status)
	}
}

func TestSeveralAreAskedAndTheFirstWhoAcceptsHasIt(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	many := f.newQueue("Many", "", func(q *engage.NewQueue) { q.MaxReservedWorkers = 2 })
	f.leads("Many", fmt.Sprintf(`{"queue":%q}`, many.SID))
	ann, bob, cid := f.hires("ann", 1), f.hires("bob", 1), f.hires("cid", 1)
	f.runs()
	task := f.asks()
	f.runs()
	offers := f.offers(task.SID)
	if len(offers) != 2 || f.task(task.SID).Assignments != 1 {
		t.Fatalf("it is offered to %v", names(offers))
	}
	f.rejects(offers[0])
	f.runs()
	if is := f.task(task.SID); is.Status != routing.TaskReserved {
		t.Errorf("while one of them thinks, it is %s", is.Status)
	}
	f.accepts(offers[1])
	other := f.asks()
	f.runs()
	if got := names(f.offers(other.SID)); len(got) != 2 {
		t.Errorf("the next is offered to %v", got)
	}
	last := f.offers(other.SID)
	f.accepts(last[0])
	if r := must(f.Reservations.Get(t.Context(), last[1].SID))(t); r.Status != routing.ReservationRescinded {
		t.Errorf("who was slower has it %s", r.Status)
	}
	_, _, _ = ann, bob, cid
}

func TestACoolDownKeepsATaskFromWhoHasRejectedIt(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	cool := f.newQueue("Cool", "", func(q *engage.NewQueue) { q.Matching.RejectCoolDown = 30 })
	f.leads("Cool", fmt.Sprintf(`{"queue":%q}`, cool.SID))
	ann := f.hires("ann", 1)
	f.runs()
	first, second := f.asks(), f.asks()
	f.runs()
	f.rejects(f.offeredTo(first.SID, ann))
	f.runs()
	f.completes(f.accepts(f.offeredTo(second.SID, ann))) // it goes past the first
	f.passes(29 * time.Second)
	if offers := f.offers(first.SID); len(offers) > 0 {
		t.Fatal("it is offered again before the cool-down is over")
	}
	f.passes(time.Second)
	f.offeredTo(first.SID, ann)
}

// TestACoolDownKeepsNoOtherTaskWaiting: the one behind a task that is kept from a worker is
// offered to them.
func TestACoolDownKeepsNoOtherTaskWaiting(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	cool := f.newQueue("Cool", "", func(q *engage.NewQueue) { q.Matching.RejectCoolDown = 30 })
	f.leads("Cool", fmt.Sprintf(`{"queue":%q}`, cool.SID))
	ann := f.hires("ann", 1)
	f.runs()
	f.rejects(f.offeredTo(f.asksNow().SID, ann))
	f.runs()
	f.offeredTo(f.asksNow().SID, ann)
}

// TestEachCoolDownEndsInItsTime: who has rejected a task first is offered it first again.
func TestEachCoolDownEndsInItsTime(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	cool := f.newQueue("Cool", "", func(q *engage.NewQueue) { q.Matching.RejectCoolDown = 30 })
	f.leads("Cool", fmt.Sprintf(`{"queue":%q}`, cool.SID))
	ann := f.hires("ann", 1)
	f.passes(time.Second)
	bob := f.hires("bob", 1)
	task := f.asksNow()
	f.rejects(f.offeredTo(task.SID, ann))
	f.runs()
	f.clock.pass(20 * time.Second)
	f.rejects(f.offeredTo(task.SID, bob))
	f.runs()
	f.passes(10 * time.Second)
	f.offeredTo(task.SID, ann)
}

func TestARejectedTaskIsOfferedAtOnceAgainWithoutACoolDown(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	task := f.asks()
	f.runs()
	f.rejects(f.offeredTo(task.SID, ann))
	f.runs()
	r := f.offeredTo(task.SID, ann)
	must(f.As(engage.Agent("ann")).Reservations.Reject(t.Context(), r.SID, engage.Rejection{ActivitySID: f.activities["Break"].SID}))(t)
	f.runs()
	if offers := f.offers(task.SID); len(offers) > 0 || f.worker(ann.SID).ActivityName != "Break" {
		t.Errorf("to who has gone to a break it is offered: %v", names(offers))
	}
}

func TestInAWorkspaceForSingleTasksNobodyHasTwo(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	yes := true
	must(f.Workspaces.Update(t.Context(), f.workspace.SID, engage.WorkspaceUpdate{SingleTask: &yes}))(t)
	ann := f.hires("ann", 5)
	f.runs()
	chat := f.asks()
	f.runs()
	voice := f.asks(func(n *engage.NewTask) { n.TaskChannel = "voice" })
	f.runs()
	r := f.offeredTo(chat.SID, ann)
	if offers := f.offers(voice.SID); len(offers) > 0 {
		t.Fatal("another task is offered meanwhile")
	}
	f.completes(f.accepts(r))
	f.runs()
	f.offeredTo(voice.SID, ann)
}

func TestATaskForAWorkerIgnoresTheirCapacityAndTheirQueues(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	never := f.newQueue("Never", "1==2")
	f.leads("Never", fmt.Sprintf(`{"queue":%q}`, never.SID))
	ann := f.hires("ann", 1)
	f.runs()
	for range 2 {
		task := f.asks(func(n *engage.NewTask) { n.RoutingTarget = ann.SID })
		f.runs()
		f.accepts(f.offeredTo(task.SID, ann))
	}
	counts := f.asks(func(n *engage.NewTask) { n.RoutingTarget, n.QueueSID, n.IgnoreCapacity = ann.SID, never.SID, new(bool) })
	f.runs()
	if offers := f.offers(counts.SID); len(offers) > 0 || counts.QueueSID != never.SID {
		t.Errorf("one whose capacity counts is offered: %v, in %s", names(offers), counts.QueueSID)
	}
	for _, r := range must(f.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: ann.SID, Live: true}))(t).Items {
		f.completes(r)
	}
	f.runs()
	f.offeredTo(counts.SID, ann)
}

func TestATaskIsCanceledThatIsForNobody(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.workflow = f.newWorkflow("Few", fmt.Sprintf(`{"task_routing":{"filters":[{"expression":"kind == 'a'","targets":[{"queue":%q}]}]}}`, f.queue.SID))
	if task := f.asks(); task.Status != routing.TaskCanceled || task.Reason != routing.ReasonWorkflow {
		t.Errorf("it is %s: %s", task.Status, task.Reason)
	}
}

// TestATaskWaitsForAWorkerByTheirName, who comes later.
func TestATaskWaitsForAWorkerByTheirName(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.leads("Known", fmt.Sprintf(`{"queue":%q,"known_worker_friendly_name":"task.last"}`, f.queue.SID))
	f.hires("ann", 1)
	bob := f.hires("Bob", 1)
	f.puts(bob.SID, "Break")
	f.runs()
	task := f.asksNow(attributes(`{"last":"bob"}`))
	if task.Status != routing.TaskPending {
		t.Fatalf("it is %s", task.Status)
	}
	f.puts(bob.SID, "Available")
	f.runs()
	f.offeredTo(task.SID, bob)
}

// TestWhatIsOverIsNotOffered to a worker who comes in the moment in which its time is over, though
// its own job has not noted that yet.
func TestWhatIsOverIsNotOffered(t *testing.T) {
	t.Parallel()
	for _, timeout := range []bool{false, true} { // of the target; else the time to live
		f := newFloor(t)
		next := f.newQueue("Next", "level > 100")
		f.leads("Steps", fmt.Sprintf(`{"queue":%q,"timeout":60},{"queue":%q}`, f.queue.SID, next.SID))
		ann := f.hires("ann", 1)
		f.puts(ann.SID, "Break")
		task := f.asksNow(func(n *engage.NewTask) {
			if n.Timeout = 60; timeout {
				n.Timeout = 600
			}
		})
		f.puts(ann.SID, "Available")
		f.clock.pass(time.Minute)
		engage.SeekTasks(t, f.Engine, ann.SID)
		is := f.task(task.SID)
		if want := map[bool]routing.TaskStatus{true: routing.TaskPending, false: routing.TaskCanceled}[timeout]; is.Status != want || is.Assignments != 0 {
			t.Errorf("timeout %v: %+v", timeout, is)
		}
		if timeout && is.QueueSID != next.SID {
			t.Errorf("it is in %s", is.QueueSID)
		}
		f.runs()
		atPeace(t, f.Engine, f.st, f.workspace.SID, f.clock.read())
	}
}

// TestWhoComesBackIsOfferedWhatIsForThemWhateverElseTheyDo, all of it, though they have no room.
func TestWhoComesBackIsOfferedWhatIsForThemWhateverElseTheyDo(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann, one := f.hires("ann", 0), 1
	must(f.Workers.SetChannel(t.Context(), ann.SID, "default", engage.WorkerChannelUpdate{Capacity: &one}))(t)
	f.runs()
	f.taken(f.asksNow().SID)
	f.puts(ann.SID, "Break")
	f.runs()
	var waiting []routing.Task
	for range 3 {
		waiting = append(waiting, f.asksNow(func(n *engage.NewTask) { n.RoutingTarget = ann.SID }))
	}
	if is := waiting[0].Status; is != routing.TaskPending {
		t.Fatalf("it is %s", is)
	}
	f.puts(ann.SID, "Available")
	f.runs()
	for _, task := range waiting {
		f.offeredTo(task.SID, ann)
	}
}
