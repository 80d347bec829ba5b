package routing_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// newTask is a task that has been created and has not entered its workflow.
func newTask(tb testing.TB, change func(*routing.Task)) routing.Assignment {
	tb.Helper()
	task := routing.Task{
		SID: numbered("WT", 1), WorkflowSID: numbered("WW", 1), TaskChannelSID: numbered("TC", 1),
		Attributes: attributes(tb, `{"type":"Support"}`), Timeout: 100,
	}
	if change != nil {
		change(&task)
	}
	a, err := routing.Assignment{Task: task}.Happen(routing.TaskStarts, routing.TaskChange{}, start)
	if err != nil {
		tb.Fatal(err)
	}
	a.Happenings = nil
	return a
}

// advance does what is to be done, and says what happened in one line.
func advance(tb testing.TB, c routing.Configuration, a routing.Assignment, tried routing.Tried, now time.Time) (routing.Assignment, routing.Outcome, string) {
	tb.Helper()
	o := c.Advance(a.Task, tried, now)
	before := len(a.Happenings)
	next, err := a.Follow(o, now)
	if err != nil {
		tb.Fatalf("%v of %+v: %v", o, a.Task, err)
	}
	// What is kept of it is all that is needed to go on.
	kept, err := json.Marshal(next.Task)
	if err != nil {
		tb.Fatal(err)
	}
	next.Task = routing.Task{}
	if err := json.Unmarshal(kept, &next.Task); err != nil {
		tb.Fatal(err)
	}
	words := []string{string(o.Do)}
	for _, h := range next.Happenings[before:] {
		words = append(words, h.Type+" "+short(h.SID))
	}
	return next, o, strings.Join(words, ", ")
}

const waysThrough = `{"task_routing":{"filters":[
	{"expression":"type=='Support'","filter_friendly_name":"Support","targets":[
		{"queue":"WQ1","timeout":10,"priority":7,"skip_if":"workers.available == 0"},{"timeout":20,"skip_if":"1==1"}]},
	{"expression":"1==1","filter_friendly_name":"All","targets":[{"queue":"WQ2","timeout":30}]}],
	"default_filter":{"queue":"WQ3"}}}`

// A task's way from the first target to its end, in time.
func TestATaskGoesThroughItsWorkflow(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	a := newTask(t, nil)
	nobody := routing.Tried{Nobody: true, Workers: routing.WorkersFacts{Available: 1}}
	for n, step := range []struct {
		at       int
		tried    routing.Tried
		want     string
		queue    int
		priority int
		until    int
	}{
		{0, routing.Tried{}, "offer, workflow.entered WW1, workflow.target-matched WW1, task-queue.entered WQ1", 1, 7, 10},
		{0, nobody, "wait", 1, 7, 10}, // skip_if does not hold
		// It is asked once.
		{5, routing.Tried{Nobody: true}, "wait", 1, 7, 10},
		{9, routing.Tried{}, "offer", 1, 7, 10}, // a worker has come
		{9, nobody, "wait", 1, 7, 10},
		// The queue is inherited: the task is there already.
		{10, routing.Tried{}, "offer, task-queue.timeout WQ1, workflow.target-matched WW1", 1, 7, 30},
		{10, nobody, "offer, workflow.skipped WW1, workflow.target-matched WW1, task-queue.moved WQ2", 2, 7, 40},
		{11, nobody, "wait", 2, 7, 40},
		{40, nobody, "end, task-queue.timeout WQ2, workflow.timeout WW1, task.canceled WT1", 2, 7, 0},
		{41, nobody, "nothing", 2, 7, 0},
	} {
		var o routing.Outcome
		var got string
		a, o, got = advance(t, c, a, step.tried, after(step.at))
		until := time.Time{}
		if step.until > 0 {
			until = after(step.until)
		}
		if got != step.want || a.Task.QueueSID != queueSID(step.queue) || a.Task.Priority != step.priority || !o.Until.Equal(until) {
			t.Errorf("%d: %s, in %s with %d until %v\nwant %s", n, got, short(a.Task.QueueSID), a.Task.Priority, o.Until, step.want)
		}
	}
	if a.Task.Status != routing.TaskCanceled || a.Task.Reason != routing.ReasonWorkflow {
		t.Errorf("%+v", a.Task)
	}
	if all := routing.Doings(); !slices.Equal(all, []routing.Doing{"offer", "wait", "end", "nothing"}) {
		t.Errorf("%v", all)
	}
}

// The default filter takes what was skipped everywhere, and keeps it until it expires, also
// if somebody has put a skip_if into it.
func TestWhatIsSkippedEverywhereWaitsInTheDefaultFilter(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	c.Filters[1].Targets[0].SkipIf = c.Filters[0].Targets[1].SkipIf
	c.Default.SkipIf = c.Filters[0].Targets[1].SkipIf
	a := newTask(t, func(task *routing.Task) { task.Priority = 3 })
	var o routing.Outcome
	var all []string
	a, o, _ = advance(t, c, a, routing.Tried{}, start)
	for o.Do == routing.DoOffer {
		var got string
		a, o, got = advance(t, c, a, routing.Tried{Nobody: true}, start)
		all = append(all, got)
	}
	want := []string{
		"offer, workflow.skipped WW1, workflow.target-matched WW1",
		"offer, workflow.skipped WW1, workflow.target-matched WW1, task-queue.moved WQ2",
		"offer, workflow.skipped WW1, workflow.target-matched WW1, task-queue.moved WQ3",
		"wait",
	}
	if !slices.Equal(all, want) {
		t.Errorf("%s", strings.Join(all, "\n"))
	}
	if !o.Until.Equal(after(100)) || !o.Waiting.Settled || !o.Waiting.Step.Default {
		t.Errorf("%+v", o)
	}
	a, _, got := advance(t, c, a, routing.Tried{}, after(100))
	if got != "end, task.canceled WT1" || a.Task.Reason != routing.ReasonTTL {
		t.Errorf("%s: %+v", got, a.Task)
	}
}

// What a trace says of the way.
func TestATraceExplainsTheWay(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	a := newTask(t, func(task *routing.Task) { task.Attributes = attributes(t, `{"type":"Sales"}`) })
	_, o, _ := advance(t, c, a, routing.Tried{}, start)
	var lines []string
	for _, l := range o.Trace {
		lines = append(lines, l.String())
	}
	const want = `Support, task_routing.filters[0]: not matched: type == 'Support', type is 'Sales'
All, task_routing.filters[1]: matched
All, task_routing.filters[1].targets[0]: entered`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// While a task is offered it stays where it is. When it comes back, it goes on if the time of
// its target is over; when its own time is over, the offers end with it.
func TestATaskThatIsOfferedStaysWhereItIs(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	a, _, _ := advance(t, c, newTask(t, nil), routing.Tried{}, start)
	offer := func(a routing.Assignment, n, at int) routing.Assignment {
		t.Helper()
		a, err := a.Offer(routing.Reservation{
			SID: numbered("WR", n), WorkerSID: numbered("WK", n), DueAt: routing.Workflow{ReservationTimeout: 5}.OfferedUntil(after(at)),
		}, after(at))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a = offer(a, 1, 8)
	// Somebody changes the priority meanwhile; it is its last reservation.
	a.Task.Priority = 9
	a.Task.Assignments = routing.MaxAssignments
	a, o, got := advance(t, c, a, routing.Tried{}, after(12))
	if got != "wait" || !o.Until.Equal(after(100)) || a.Task.Status != routing.TaskReserved {
		t.Fatalf("%s: %+v", got, o)
	}
	if a.Task.Priority != 9 {
		t.Errorf("has the priority %d", a.Task.Priority)
	}
	a.Task.Assignments = 1
	back, err := a.Answer(numbered("WR", 1), routing.ReservationTimesOut, "", after(13))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, got = advance(t, c, back, routing.Tried{}, after(13)); got != "offer, task-queue.timeout WQ1, workflow.target-matched WW1" {
		t.Error(got)
	}
	a, _, got = advance(t, c, offer(a, 2, 98), routing.Tried{}, after(100))
	if got != "end, task.canceled WT1, reservation.canceled WR1, reservation.canceled WR2" || a.Task.Reason != routing.ReasonTTL {
		t.Errorf("%s: %+v", got, a.Task)
	}
	// What is assigned is not canceled by time.
	accepted, err := back.Answer(numbered("WR", 1), routing.ReservationAccepts, "", after(14))
	if err == nil {
		t.Fatalf("%+v", accepted)
	}
	back = offer(back, 3, 14)
	if back, err = back.Answer(numbered("WR", 3), routing.ReservationAccepts, "", after(15)); err != nil {
		t.Fatal(err)
	}
	if _, o, got = advance(t, c, back, routing.Tried{}, after(1000)); got != "nothing" || !o.Until.IsZero() {
		t.Errorf("%s: %+v", got, o)
	}
}

func TestATaskThatWasOfferedTooOftenEnds(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	a, _, _ := advance(t, c, newTask(t, nil), routing.Tried{}, start)
	a.Task.Assignments = routing.MaxAssignments - 1
	if _, _, got := advance(t, c, a, routing.Tried{}, start); got != "offer" {
		t.Error(got)
	}
	a.Task.Assignments++
	a, _, got := advance(t, c, a, routing.Tried{}, start)
	if got != "end, task.canceled WT1" || a.Task.Reason != routing.ReasonAssignments {
		t.Errorf("%s: %+v", got, a.Task)
	}
}

// A routing target that is a worker or a queue goes around the workflow; one that is a
// workflow does not.
func TestRoutingTargets(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	for _, target := range []struct{ sid, queue, want string }{
		{numbered("WK", 1), queueSID(3), "offer"}, // it was created in its queue
		{numbered("WK", 1), "", "offer"},
		{queueSID(3), "", "offer, task-queue.entered WQ3"},
		{numbered("WW", 1), "", "offer, workflow.entered WW1, workflow.target-matched WW1, task-queue.entered WQ1"},
	} {
		a := newTask(t, func(task *routing.Task) {
			task.RoutingTarget, task.QueueSID, task.Priority = target.sid, target.queue, 2
		})
		a, o, got := advance(t, c, a, routing.Tried{}, start)
		if got != target.want {
			t.Errorf("%s: %s", target.sid, got)
		}
		if strings.HasPrefix(target.sid, "WW") {
			continue
		}
		if !o.Until.Equal(after(100)) || o.Waiting.Step.Priority != 2 || o.Waiting.Step.EnteredAt != start {
			t.Errorf("%s: %+v", target.sid, o)
		}
		if a, o, got = advance(t, c, a, routing.Tried{Nobody: true}, after(50)); got != "wait" || !o.Waiting.Settled {
			t.Errorf("%s: %s", target.sid, got)
		}
		if _, _, got = advance(t, c, a, routing.Tried{Nobody: true}, after(100)); got != "end, task.canceled WT1" {
			t.Errorf("%s: %s", target.sid, got)
		}
	}
}

// A workflow that was changed is entered again, on request or if nothing is any more where
// the task was. Somebody who changes the priority has the last word.
func TestATaskEntersAgain(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	a, _, _ := advance(t, c, newTask(t, nil), routing.Tried{}, start)
	a.Task = a.Task.Cool("WK1", routing.Matching{RejectCoolDown: 60}, start)
	a.Task.Priority = 9
	a, o, got := advance(t, c, a, routing.Tried{Nobody: true, Workers: routing.WorkersFacts{Available: 1}}, after(1))
	if got != "wait" || a.Task.Priority != 9 || o.Waiting.Step.Priority != 9 {
		t.Errorf("%s: %+v", got, a.Task)
	}
	other := configuration(t, `{"task_routing":{"default_filter":{"queue":"WQ2"}}}`)
	const want = "offer, workflow.entered WW1, workflow.target-matched WW1, task-queue.moved WQ2"
	changed, _, got := advance(t, other, a, routing.Tried{Nobody: true}, after(2))
	if got != want || changed.Task.Priority != 9 || changed.Task.Waiting.Settled {
		t.Errorf("%s: %+v", got, changed.Task)
	}
	a.Task = a.Task.Again()
	a, _, got = advance(t, other, a, routing.Tried{}, after(3))
	if got != want || !a.Task.Waiting.Step.EnteredAt.Equal(after(3)) || len(a.Task.Waiting.CoolDowns) != 1 {
		t.Errorf("%s: %+v", got, a.Task)
	}
	// Nowhere to go.
	if _, _, got = advance(t, routing.Configuration{}, newTask(t, nil), routing.Tried{}, start); got != "end, workflow.entered WW1, workflow.timeout WW1, task.canceled WT1" {
		t.Error(got)
	}
}

// Whatever happens, advancing ends, and a task that is to wait is looked at again in time.
func TestAdvancingEnds(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	rapid.Check(t, func(t *rapid.T) {
		a := routing.Assignment{Task: routing.Task{
			SID: numbered("WT", 1), WorkflowSID: numbered("WW", 1), Timeout: rapid.IntRange(1, 90).Draw(t, "timeout"),
			Attributes: routing.Attributes{"type": rapid.SampledFrom([]string{"Support", "Sales"}).Draw(t, "type")},
		}}
		a, err := a.Happen(routing.TaskStarts, routing.TaskChange{}, start)
		if err != nil {
			t.Fatal(err)
		}
		now, looks := start, 0
		for a.Task.Status == routing.TaskPending {
			o := c.Advance(a.Task, routing.Tried{}, now)
			for offers := 0; o.Do == routing.DoOffer; offers++ {
				if offers > 4 {
					t.Fatalf("%+v does not end", o)
				}
				if a, err = a.Follow(o, now); err != nil {
					t.Fatal(err)
				}
				o = c.Advance(a.Task, routing.Tried{Nobody: true, Workers: routing.WorkersFacts{
					Available: rapid.IntRange(0, 1).Draw(t, "available"),
				}}, now)
			}
			if a, err = a.Follow(o, now); err != nil {
				t.Fatal(err)
			}
			if o.Do == routing.DoWait && !o.Until.After(now) {
				t.Fatalf("waits until %v at %v", o.Until, now)
			}
			looks++
			if looks > 6 {
				t.Fatalf("is looked at for ever: %+v", o)
			}
			now = o.Until
		}
		if a.Task.Status != routing.TaskCanceled || a.Task.EndedAt.After(a.Task.ExpiresAt()) {
			t.Fatalf("%+v", a.Task)
		}
	})
}

// An outcome that comes too late changes nothing.
func TestAnOutcomeThatComesTooLateIsRefused(t *testing.T) {
	t.Parallel()
	c := configuration(t, waysThrough)
	a := newTask(t, nil)
	enter := c.Advance(a.Task, routing.Tried{}, start)
	end := c.Advance(a.Task, routing.Tried{}, after(100))
	nowhere := routing.Configuration{}.Advance(a.Task, routing.Tried{}, start)
	a, err := a.Offer(routing.Reservation{SID: numbered("WR", 1), WorkerSID: numbered("WK", 1)}, start)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = a.Answer(numbered("WR", 1), routing.ReservationAccepts, "", start); err != nil {
		t.Fatal(err)
	}
	for _, o := range []routing.Outcome{enter, end, nowhere} {
		got, err := a.Follow(o, after(100))
		if _, ok := errors.AsType[*routing.RefusedError](err); !ok || got.Task.Status != routing.TaskAssigned ||
			len(got.Happenings) != len(a.Happenings) || got.Task.Waiting.Step != (routing.Step{}) {
			t.Errorf("%s: %v, %+v", o.Do, err, got)
		}
	}
}

func TestHowLongAnOfferLasts(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int]int{0: 120, 1: 1, 86_400: 86_400} {
		if got := (routing.Workflow{ReservationTimeout: seconds}).OfferedUntil(start); !got.Equal(after(want)) {
			t.Errorf("%d: %v", seconds, got)
		}
	}
}
