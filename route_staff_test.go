package engage_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func TestAnUpdateNamesTheVersionThatItHasSeen(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	seen, name := ann.Version, "Ann"
	first := must(f.Workers.Update(t.Context(), ann.SID, engage.WorkerUpdate{FriendlyName: &name, IfVersion: &seen}))(t)
	if first.Version == seen || first.FriendlyName != "Ann" || first.AgentID != "ann" {
		t.Errorf("%+v", first)
	}
	for what, err := range map[string]error{
		"update":  second1(f.Workers.Update(t.Context(), ann.SID, engage.WorkerUpdate{FriendlyName: &name, IfVersion: &seen})),
		"channel": second1(f.Workers.SetChannel(t.Context(), ann.SID, "sms", engage.WorkerChannelUpdate{IfVersion: &seen})),
	} {
		if !errors.Is(err, engage.ErrConflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// What tasks do to a worker does not count.
	f.runs()
	f.taken(f.asksNow().SID)
	if now := f.worker(ann.SID).Version; now != first.Version {
		t.Errorf("version %d, was %d", now, first.Version)
	}
}

// asksNow makes a task, and does what is due.
func (f *floor) asksNow(settings ...func(*engage.NewTask)) routing.Task {
	f.t.Helper()
	task := f.asks(settings...)
	f.runs()
	return f.task(task.SID)
}

func TestAttributesSayWhichQueuesAWorkerIsIn(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	experts := f.newQueue("Experts", "level > 2")
	workflow := f.newWorkflow("Experts", leadingTo(experts.SID))
	ann := f.hires("ann", 1, `{"level":1}`)
	task := f.asksNow(by(workflow.SID))
	if task.Status != routing.TaskPending {
		t.Fatalf("%+v", task)
	}
	better := must(routing.ParseAttributes(`{"level":3}`))(t)
	must(f.Workers.Update(t.Context(), ann.SID, engage.WorkerUpdate{Attributes: &better}))(t)
	f.runs()
	f.offeredTo(task.SID, ann)
	reckoned(t, f)
}

func TestWhoGoesAwayKeepsWhatIsOfferedUnlessTheyRejectIt(t *testing.T) {
	t.Parallel()
	for _, offered := range []int{0, 1, 45} { // the last in several steps
		t.Run(strconv.Itoa(offered), func(t *testing.T) {
			t.Parallel()
			f := newFloor(t)
			ann := f.hires("ann", 50)
			taken := f.asksNow()
			f.taken(taken.SID)
			var tasks []string
			for range offered {
				tasks = append(tasks, f.asks().SID)
			}
			f.runs()
			f.puts(ann.SID, "Break")
			f.runs()
			for _, sid := range tasks {
				f.offeredTo(sid, ann)
			}
			offline := f.activities["Offline"].SID
			must(f.Workers.Update(t.Context(), ann.SID, engage.WorkerUpdate{ActivitySID: &offline, RejectPendingReservations: true}))(t)
			f.runs()
			for _, sid := range tasks {
				if is := f.task(sid); is.Status != routing.TaskPending || len(is.ReservationSIDs) > 0 {
					t.Errorf("%+v", is)
				}
			}
			if is := f.task(taken.SID); is.Status != routing.TaskAssigned {
				t.Errorf("%+v", is)
			}
			if n := len(slices.DeleteFunc(types(t, f.Engine, 0), func(typ engage.EventType) bool { return typ != engage.EventReservationRejected })); n != offered {
				t.Errorf("%d were rejected", n)
			}
			reckoned(t, f)
		})
	}
}

func TestLessCapacityTakesNothingAway(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 2)
	one, two := f.asksNow(), f.asksNow()
	f.taken(one.SID)
	none, no, yes := 0, false, true
	if c := must(f.Workers.SetChannel(t.Context(), ann.SID, "DEFAULT", engage.WorkerChannelUpdate{Capacity: &none}))(t); c.Capacity != 0 || c.Reservations() != 2 || c.AvailablePercentage() != 0 {
		t.Errorf("%+v", c)
	}
	f.runs()
	f.taken(two.SID)
	many := 5
	must(f.Workers.SetChannel(t.Context(), ann.SID, f.channels["default"].SID, engage.WorkerChannelUpdate{Capacity: &many, Available: &no}))(t)
	three := f.asksNow()
	if three.Status != routing.TaskPending {
		t.Errorf("%+v", three)
	}
	c, _ := f.worker(ann.SID).Channel(f.channels["default"].SID)
	must(f.Workers.SetChannel(t.Context(), ann.SID, c.SID, engage.WorkerChannelUpdate{Available: &yes}))(t)
	f.runs()
	f.offeredTo(three.SID, ann)
	if _, err := f.Workers.SetChannel(t.Context(), ann.SID, "fax", engage.WorkerChannelUpdate{}); !errors.Is(err, engage.ErrNotFound) {
		t.Error(err)
	}
	reckoned(t, f)
}

// TestAWorkerVanishes deletes a worker who has something of everything, much of it.
func TestAWorkerVanishes(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 60)
	var offered, taken []string
	for range 50 {
		taken = append(taken, f.asks().SID)
	}
	f.runs()
	for n, sid := range taken {
		r := f.taken(sid)
		if n%2 == 0 {
			must(f.Reservations.WrapUp(t.Context(), r.SID, engage.Answer{}))(t)
		}
	}
	for range 10 {
		offered = append(offered, f.asks().SID)
	}
	f.runs()
	f.puts(ann.SID, "Break")
	var direct []string
	for range 3 {
		direct = append(direct, f.asksNow(func(n *engage.NewTask) { n.RoutingTarget = ann.SID }).SID)
	}
	if err := f.Workers.Delete(t.Context(), ann.SID); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"get": second1(f.Workers.Get(t.Context(), ann.SID)), "update": second1(f.Workers.Update(t.Context(), ann.SID, engage.WorkerUpdate{})),
		"delete": f.Workers.Delete(t.Context(), ann.SID),
	} {
		if !errors.Is(err, engage.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	bob := f.hires("ann", 60) // the name is free
	f.runs()
	for _, sid := range offered {
		f.offeredTo(sid, bob)
	}
	for _, sid := range taken {
		if is := f.task(sid); is.Status != routing.TaskCompleted || is.Reason != engage.ReasonWorkerDeleted {
			t.Errorf("%+v", is)
		}
	}
	for _, sid := range direct {
		if is := f.task(sid); is.Status != routing.TaskCanceled || is.Reason != engage.ReasonWorkerDeleted {
			t.Errorf("%+v", is)
		}
	}
	reckoned(t, f)
}

// TestWhoRejectsByLeavingHasRejected: the cool-down of the queue counts for them.
func TestWhoRejectsByLeavingHasRejected(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	cool := f.newQueue("Cool", "", func(q *engage.NewQueue) { q.Matching.RejectCoolDown = 30 })
	f.leads("Cool", fmt.Sprintf(`{"queue":%q}`, cool.SID))
	ann := f.hires("ann", 1)
	f.runs()
	task := f.asksNow()
	f.offeredTo(task.SID, ann)
	away := f.activities["Break"].SID
	must(f.Workers.Update(t.Context(), ann.SID, engage.WorkerUpdate{ActivitySID: &away, RejectPendingReservations: true}))(t)
	f.puts(ann.SID, "Available")
	f.runs()
	if offers := f.offers(task.SID); len(offers) > 0 {
		t.Error("it is offered to them again at once")
	}
	f.passes(30 * time.Second)
	f.offeredTo(task.SID, ann)
}

// TestWhoComesBackRejectsNoMore of what they were offered, which is rejected in steps.
func TestWhoComesBackRejectsNoMore(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 50)
	for range 50 {
		f.asks()
	}
	f.runs()
	away := f.activities["Break"].SID
	must(f.Workers.Update(t.Context(), ann.SID, engage.WorkerUpdate{ActivitySID: &away, RejectPendingReservations: true}))(t)
	rejected := func() (n int) {
		for _, r := range must(f.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: ann.SID, Limit: 1000}))(t).Items {
			if r.Status == routing.ReservationRejected {
				n++
			}
		}
		return n
	}
	before := rejected()
	if before == 0 || before == 50 {
		t.Fatalf("%d are rejected at once", before)
	}
	f.puts(ann.SID, "Available")
	f.runs()
	if after := rejected(); after != before {
		t.Errorf("%d are rejected, and were %d when they came back", after, before)
	}
	reckoned(t, f)
}

// TestOthersWaitOnForAKnownWorkerWhoIsDeleted: only what is for them by its routing target ends.
func TestOthersWaitOnForAKnownWorkerWhoIsDeleted(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.leads("Known", fmt.Sprintf(`{"queue":%q,"known_worker_sid":"task.last","timeout":60},{"queue":%q}`, f.queue.SID, f.queue.SID))
	ann := f.hires("ann", 1)
	f.puts(ann.SID, "Break")
	bob := f.hires("bob", 1)
	f.runs()
	task := f.asksNow(attributes(fmt.Sprintf(`{"last":%q}`, ann.SID)))
	if err := f.Workers.Delete(t.Context(), ann.SID); err != nil {
		t.Fatal(err)
	}
	f.runs()
	if is := f.task(task.SID); is.Status != routing.TaskPending {
		t.Fatalf("it is %s: %s", is.Status, is.Reason)
	}
	f.passes(time.Minute)
	f.offeredTo(task.SID, bob)
}

// TestWhoLetsTheTimeGoByIsToldToBeElsewhere: since when, and that it was not them.
func TestWhoLetsTheTimeGoByIsToldToBeElsewhere(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	f.asksNow()
	before := len(types(t, f.Engine, 0))
	f.passes(2 * time.Minute)
	if is := f.worker(ann.SID); is.ActivityName != "Offline" || is.Available || !is.StatusChangedAt.Equal(f.clock.read()) {
		t.Errorf("%+v", is)
	}
	if told := types(t, f.Engine, 0)[before:]; !contains(told, engage.EventWorkerActivityUpdated) {
		t.Errorf("told %v", told)
	}
}
