package routing_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

var someday = time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)

// numbered returns the nth SID of a kind.
func numbered(p routing.Prefix, n int) string { return fmt.Sprintf("%s%032x", p, n) }

// waiting returns a task that waits in a queue.
func waiting(tb testing.TB, n int) routing.Assignment {
	tb.Helper()
	a, err := routing.Assignment{Task: routing.Task{
		SID: numbered(routing.PrefixTask, n), AccountSID: numbered(routing.PrefixAccount, 1), WorkspaceSID: numbered(routing.PrefixWorkspace, 1),
		WorkflowSID: numbered(routing.PrefixWorkflow, 1), TaskChannelSID: numbered(routing.PrefixTaskChannel, 1),
	}}.Happen(routing.TaskStarts, routing.TaskChange{}, someday)
	if err == nil {
		a, err = a.Happen(routing.TaskEnters, routing.TaskChange{QueueSID: numbered(routing.PrefixQueue, 1)}, someday)
	}
	if err != nil {
		tb.Fatal(err)
	}
	a.Happenings = nil
	return a
}

// offered returns a task that is offered to so many workers, until a minute later.
func offered(tb testing.TB, n, workers int) routing.Assignment {
	tb.Helper()
	a := waiting(tb, n)
	for w := range workers {
		var err error
		if a, err = a.Offer(offer(100*n+w), someday); err != nil {
			tb.Fatal(err)
		}
	}
	a.Happenings = nil
	return a
}

func offer(n int) routing.Reservation {
	return routing.Reservation{
		SID: numbered(routing.PrefixReservation, n), WorkerSID: numbered(routing.PrefixWorker, n), WorkerName: fmt.Sprint("worker ", n),
		DueAt: someday.Add(time.Minute),
	}
}

// told are the types of what has happened, in order.
func told(happenings []routing.Happening) string {
	var types []string
	for _, h := range happenings {
		types = append(types, h.Type)
	}
	return strings.Join(types, ", ")
}

// states are those of a task and of its reservations.
func states(a routing.Assignment) string {
	all := []string{string(a.Task.Status)}
	for _, r := range a.Reservations {
		all = append(all, string(r.Status))
	}
	return strings.Join(all, ",")
}

func TestTheFirstToAcceptHasTheTask(t *testing.T) {
	t.Parallel()
	a := offered(t, 1, 3)
	if got := states(a); got != "reserved,pending,pending,pending" || a.Task.Assignments != 1 {
		t.Fatalf("%s, reserved %d times", got, a.Task.Assignments)
	}
	b, err := a.Answer(a.Reservations[1].SID, routing.ReservationAccepts, "", someday.Add(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if got := states(b); got != "assigned,rescinded,accepted,rescinded" {
		t.Error(got)
	}
	if got := told(b.Happenings); got != "reservation.accepted, reservation.rescinded, reservation.rescinded" {
		t.Error(got)
	}
	if !slices.Equal(b.Task.ReservationSIDs, []string{a.Reservations[1].SID}) || !b.Task.AssignedAt.Equal(someday.Add(time.Second)) {
		t.Errorf("%+v", b.Task)
	}
	if got := states(a); got != "reserved,pending,pending,pending" {
		t.Errorf("changed in place: %s", got)
	}
	_, err = b.Answer(a.Reservations[0].SID, routing.ReservationAccepts, "", someday)
	wantRefusal(t, err, 20001, "Reservation "+a.Reservations[0].SID+" is already in state [rescinded] and cannot be updated to [accepted]")
}

func wantRefusal(tb testing.TB, err error, code int, text string) {
	tb.Helper()
	refused, ok := errors.AsType[*routing.RefusedError](err)
	if !ok || refused.Code != code || refused.Text != text {
		tb.Fatalf("%#v, want %d %q", err, code, text)
	}
	if _, ok := errors.AsType[*interaction.TransitionError](err); !ok || !strings.Contains(err.Error(), text) {
		tb.Fatalf("%v says neither the rule nor the text", err)
	}
}

func TestATaskWaitsAgainOnceAllHaveDeclined(t *testing.T) {
	t.Parallel()
	a := offered(t, 1, 3)
	for n, by := range []routing.ReservationVerb{routing.ReservationRejects, routing.ReservationTimesOut, routing.ReservationCancels} {
		if a.Task.Status != routing.TaskReserved {
			t.Fatalf("after %d: %s", n, states(a))
		}
		var err error
		if a, err = a.Answer(a.Reservations[n].SID, by, "", someday.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if got := states(a); got != "pending,rejected,timeout,canceled" {
		t.Error(got)
	}
	if got := told(a.Happenings); got != "reservation.rejected, reservation.timeout, reservation.canceled" {
		t.Error(got)
	}
	if a.Task.ReservationSIDs != nil {
		t.Error(a.Task.ReservationSIDs)
	}
}

func TestATaskIsOfferedAThousandTimes(t *testing.T) {
	t.Parallel()
	a := waiting(t, 1)
	for n := range routing.MaxAssignments {
		if a.Task.Status != routing.TaskPending {
			t.Fatalf("%s after %d", a.Task.Status, n)
		}
		a.Reservations = nil
		var err error
		if a, err = a.Offer(offer(n), someday); err != nil {
			t.Fatal(err)
		}
		if a, err = a.Answer(a.Reservations[0].SID, routing.ReservationRejects, "", someday); err != nil {
			t.Fatal(err)
		}
	}
	if a.Task.Status != routing.TaskCanceled || a.Task.Reason != "Max assignment count exceeded" || a.Happenings[len(a.Happenings)-1].Type != "task.canceled" {
		t.Errorf("%s because of %q", a.Task.Status, a.Task.Reason)
	}
}

func TestATaskIsOfferedToFiftyAtATime(t *testing.T) {
	t.Parallel()
	a := offered(t, 1, 50)
	if _, err := a.Offer(offer(50), someday); err == nil {
		t.Fatal("offered to 51")
	}
	a, err := a.Answer(a.Reservations[7].SID, routing.ReservationRejects, "", someday)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Offer(offer(50), someday); err != nil {
		t.Fatal(err)
	}
}

func TestOffersEndWithTheirTask(t *testing.T) {
	t.Parallel()
	late := someday.Add(routing.DefaultTimeout * time.Second)
	for by, want := range map[routing.TaskVerb]struct{ reason, told string }{
		routing.TaskCancels: {"nobody calls back", "task.canceled, reservation.canceled, reservation.canceled"},
		routing.TaskExpires: {"Task TTL Exceeded", "task.canceled, reservation.canceled, reservation.canceled"},
		routing.TaskRunsOut: {"Workflow timed out", "workflow.timeout, task.canceled, reservation.canceled, reservation.canceled"},
	} {
		a, err := offered(t, 1, 2).Happen(by, routing.TaskChange{Reason: "nobody calls back"}, late)
		if err != nil {
			t.Fatal(err)
		}
		if states(a) != "canceled,canceled,canceled" || a.Task.Reason != want.reason || told(a.Happenings) != want.told || !a.Task.EndedAt.Equal(late) {
			t.Errorf("%s: %s because of %q: %s", by, states(a), a.Task.Reason, told(a.Happenings))
		}
	}
	if _, err := offered(t, 1, 2).Happen(routing.TaskExpires, routing.TaskChange{}, late.Add(-1)); err == nil {
		t.Error("expired too early")
	}
}

func TestEventsSayWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	a := offered(t, 1, 1)
	a, err := a.Happen(routing.TaskRunsOut, routing.TaskChange{}, someday)
	if err != nil {
		t.Fatal(err)
	}
	want := []routing.Happening{
		{Type: "workflow.timeout", SID: a.Task.WorkflowSID},
		{Type: "task.canceled", SID: a.Task.SID},
		{Type: "reservation.canceled", SID: a.Reservations[0].SID},
	}
	if !slices.Equal(a.Happenings, want) {
		t.Error(a.Happenings)
	}
}

func TestThePlatformsWordsForRefusals(t *testing.T) {
	t.Parallel()
	accepted, err := offered(t, 1, 1).Answer(offer(100).SID, routing.ReservationAccepts, "", someday)
	if err != nil {
		t.Fatal(err)
	}
	reason := routing.TaskChange{Reason: "done"}
	who := "task " + accepted.Task.SID + " in workspace " + accepted.Task.WorkspaceSID + " for account " + accepted.Task.AccountSID
	_, err = accepted.Happen(routing.TaskCancels, reason, someday)
	wantRefusal(t, err, 20001, "Cannot cancel "+who+" because it is not pending or reserved.")
	_, err = waiting(t, 1).Happen(routing.TaskCompletes, reason, someday)
	wantRefusal(t, err, 20001, "Cannot complete "+who+" because it is not currently assigned.")
	_, err = waiting(t, 1).Happen(routing.TaskWrapsUp, reason, someday)
	wantRefusal(t, err, 20001, "Cannot wrap up a "+who+" because it is not currently assigned.")
	_, err = accepted.Happen(routing.TaskCompletes, routing.TaskChange{}, someday)
	wantRefusal(t, err, 20001, "Missing required parameter Reason in the post body")
	_, err = accepted.Answer(offer(100).SID, routing.ReservationCompletes, "", someday)
	wantRefusal(t, err, 20001, "Missing required parameter Reason in the post body")
}

func TestReservationsTimeOutWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	a := offered(t, 1, 1)
	_, err := a.Answer(a.Reservations[0].SID, routing.ReservationTimesOut, "", someday.Add(time.Minute-1))
	wantRefusal(t, err, 0, "")
	if _, err = a.Answer(a.Reservations[0].SID, routing.ReservationTimesOut, "", someday.Add(time.Minute)); err != nil {
		t.Error(err)
	}
	for _, sid := range []string{"nothing", a.Reservations[0].SID} {
		_, err = a.Answer(sid, routing.ReservationStarts, "", someday)
		wantRefusal(t, err, 0, "")
	}
}

func TestTasksEnterQueuesAndMove(t *testing.T) {
	t.Parallel()
	a := routing.Assignment{Task: routing.Task{SID: numbered("WT", 1), Status: routing.TaskPending}}
	enter := func(queue int) error {
		next, err := a.Happen(routing.TaskEnters, routing.TaskChange{QueueSID: numbered("WQ", queue)}, someday.Add(time.Duration(queue)))
		a = next
		return err
	}
	if err := enter(1); err != nil {
		t.Fatal(err)
	}
	if err := enter(1); err == nil {
		t.Error("entered where it is")
	}
	if err := enter(2); err != nil {
		t.Fatal(err)
	}
	want := []routing.Happening{{Type: "task-queue.entered", SID: numbered("WQ", 1)}, {Type: "task-queue.moved", SID: numbered("WQ", 2)}}
	if !slices.Equal(a.Happenings, want) || a.Task.QueueSID != numbered("WQ", 2) || !a.Task.QueueEnteredAt.Equal(someday.Add(2)) {
		t.Errorf("%v, %+v", a.Happenings, a.Task)
	}
}

func TestEverythingHasItsTimes(t *testing.T) {
	t.Parallel()
	later := someday.Add(time.Hour)
	times := func(created, updated time.Time, err error) {
		t.Helper()
		if err != nil || !created.Equal(someday) || !updated.Equal(later) {
			t.Errorf("created at %v, updated at %v, %v", created, updated, err)
		}
	}
	i, _, err := routing.Invite{}.Apply(routing.InviteStarts, someday)
	if err == nil {
		i, _, err = i.Apply(routing.InviteAccepts, later)
	}
	times(i.CreatedAt, i.UpdatedAt, err)
	p, _, err := routing.Participant{}.Apply(routing.ParticipantJoins, someday)
	if err == nil {
		p, _, err = p.Apply(routing.ParticipantCloses, later)
	}
	times(p.CreatedAt, p.UpdatedAt, err)
	x, _, err := routing.Transfer{}.Apply(routing.TransferStarts, someday)
	if err == nil {
		x, _, err = x.Apply(routing.TransferFails, later)
	}
	times(x.CreatedAt, x.UpdatedAt, err)
	c, _, err := routing.Channel{}.Apply(routing.ChannelStarts, routing.ChannelChange{}, someday)
	if err == nil {
		c, _, err = c.Apply(routing.ChannelFails, routing.ChannelChange{ErrorCode: 7, ErrorMessage: "no"}, later)
	}
	times(c.CreatedAt, c.UpdatedAt, err)
	if !c.ClosedAt.Equal(later) || c.ErrorCode != 7 || c.ErrorMessage != "no" {
		t.Errorf("%+v", c)
	}
	r, _, err := routing.Reservation{}.Apply(routing.ReservationStarts, someday)
	if err == nil {
		r, _, err = r.Apply(routing.ReservationRejects, later)
	}
	times(r.CreatedAt, r.UpdatedAt, err)
	if !r.EndedAt.Equal(later) {
		t.Errorf("%+v", r)
	}
	task, _, err := routing.Task{VirtualStart: someday.Add(-time.Hour), Timeout: 60}.Apply(routing.TaskStarts, routing.TaskChange{}, someday)
	if err == nil {
		task, _, err = task.Apply(routing.TaskUpdates, routing.TaskChange{}, later)
	}
	times(task.CreatedAt, task.UpdatedAt, err)
	if !task.VirtualStart.Equal(someday.Add(-time.Hour)) || !task.ExpiresAt().Equal(someday.Add(time.Minute)) || !task.EndedAt.IsZero() {
		t.Errorf("%+v", task)
	}
	for _, refused := range []error{
		func() error { _, _, err := i.Apply(routing.InviteAccepts, later); return err }(),
		func() error { _, _, err := p.Apply(routing.ParticipantCloses, later); return err }(),
		func() error { _, _, err := x.Apply(routing.TransferFails, later); return err }(),
	} {
		wantRefusal(t, refused, 0, "")
	}
}

// TestLivesOfTasks lives random lives: whatever happens, task and reservations fit each
// other, a refusal changes nothing, and nothing is changed in place.
func TestLivesOfTasks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, now := waiting(t, 1), someday
		if rapid.Bool().Draw(rt, "often") {
			a.Task.Assignments = routing.MaxAssignments - 2
		}
		for n := range rapid.IntRange(1, 60).Draw(rt, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "seconds")) * time.Second)
			before := states(a)
			var next routing.Assignment
			var err error
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0, 1:
				r := offer(n)
				r.DueAt = now.Add(time.Minute)
				next, err = a.Offer(r, now)
			case 2:
				sid := numbered(routing.PrefixReservation, rapid.IntRange(0, n).Draw(rt, "whose"))
				by := rapid.SampledFrom(routing.ReservationVerbs()).Draw(rt, "answer")
				next, err = a.Answer(sid, by, rapid.SampledFrom([]string{"", "done"}).Draw(rt, "reason"), now)
			default:
				by := rapid.SampledFrom(routing.TaskVerbs()).Draw(rt, "verb")
				next, err = a.Happen(by, routing.TaskChange{
					Reason:   rapid.SampledFrom([]string{"", "done"}).Draw(rt, "reason"),
					QueueSID: numbered(routing.PrefixQueue, rapid.IntRange(1, 2).Draw(rt, "queue")),
				}, now)
			}
			if states(a) != before {
				rt.Fatalf("changed in place: %s, %s", before, states(a))
			}
			if err != nil {
				if _, ok := errors.AsType[*routing.RefusedError](err); !ok || states(next) != before || len(next.Happenings) != len(a.Happenings) {
					rt.Fatalf("%v has changed %s to %s", err, before, states(next))
				}
				continue
			}
			checkAssignment(rt, next)
			a = next
		}
	})
}

func checkAssignment(t *rapid.T, a routing.Assignment) {
	t.Helper()
	count := map[routing.ReservationStatus]int{}
	var live []string
	for _, r := range a.Reservations {
		count[r.Status]++
		if r.Status == routing.ReservationPending || r.Status == routing.ReservationAccepted || r.Status == routing.ReservationWrapping {
			live = append(live, r.SID)
		} else if r.EndedAt.IsZero() {
			t.Fatalf("%+v has no end", r)
		}
	}
	type is struct{ pending, accepted, wrapping int }
	got := is{count[routing.ReservationPending], count[routing.ReservationAccepted], count[routing.ReservationWrapping]}
	ok := false
	switch a.Task.Status {
	case routing.TaskPending, routing.TaskCompleted, routing.TaskCanceled:
		ok = got == is{}
	case routing.TaskReserved:
		ok = got == is{pending: got.pending} && got.pending > 0 && got.pending <= 50
	case routing.TaskAssigned:
		ok = got == is{accepted: 1}
	case routing.TaskWrapping:
		ok = got == is{wrapping: 1}
	}
	if !ok || !slices.Equal(live, a.Task.ReservationSIDs) {
		t.Fatalf("%s, noted are %v", states(a), a.Task.ReservationSIDs)
	}
	if a.Task.EndedAt.IsZero() == (a.Task.Status == routing.TaskCanceled || a.Task.Status == routing.TaskCompleted) {
		t.Fatalf("%s, ended at %v", a.Task.Status, a.Task.EndedAt)
	}
	if a.Task.Assignments > routing.MaxAssignments {
		t.Fatalf("reserved %d times", a.Task.Assignments)
	}
}
