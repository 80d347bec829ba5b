package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// asks makes a task.
func (f *floor) asks(settings ...func(*engage.NewTask)) routing.Task {
	f.t.Helper()
	task := engage.NewTask{WorkflowSID: f.workflow.SID}
	for _, set := range settings {
		set(&task)
	}
	return must(f.Tasks.Create(f.t.Context(), f.workspace.SID, task))(f.t)
}

// task returns a task as it is.
func (f *floor) task(sid string) routing.Task {
	f.t.Helper()
	return must(f.Tasks.Get(f.t.Context(), sid))(f.t)
}

// offers returns the reservations of a task that have not ended.
func (f *floor) offers(taskSID string) []routing.Reservation {
	f.t.Helper()
	return must(f.Reservations.List(f.t.Context(), engage.ReservationFilter{TaskSID: taskSID, Live: true}))(f.t).Items
}

// offeredTo wants a task to be offered to one worker, and returns the reservation.
func (f *floor) offeredTo(taskSID string, w routing.Worker) routing.Reservation {
	f.t.Helper()
	offers := f.offers(taskSID)
	if len(offers) != 1 || offers[0].WorkerSID != w.SID {
		f.t.Fatalf("task %s, %s, is offered to %v, want %s", taskSID, f.task(taskSID).Status, names(offers), w.FriendlyName)
	}
	return offers[0]
}

func names(offers []routing.Reservation) (list []string) {
	for _, r := range offers {
		list = append(list, r.WorkerName)
	}
	return list
}

// accepts has its worker accept an offer.
func (f *floor) accepts(r routing.Reservation) routing.Reservation {
	f.t.Helper()
	return must(f.As(engage.Agent(r.WorkerName)).Reservations.Accept(f.t.Context(), r.SID, engage.Answer{}))(f.t)
}

// rejects has its worker reject an offer.
func (f *floor) rejects(r routing.Reservation) {
	f.t.Helper()
	must(f.As(engage.Agent(r.WorkerName)).Reservations.Reject(f.t.Context(), r.SID, engage.Rejection{}))(f.t)
}

// completes has its worker complete what they have accepted.
func (f *floor) completes(r routing.Reservation) {
	f.t.Helper()
	must(f.As(engage.Agent(r.WorkerName)).Reservations.Complete(f.t.Context(), r.SID, engage.Completion{Reason: "done"}))(f.t)
}

func TestATaskIsOfferedAcceptedWrappedUpAndCompleted(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	f.runs()
	task := f.asks()
	if task.Status != routing.TaskPending || task.QueueSID != f.queue.SID || task.Version != 0 {
		t.Fatalf("a new task is %+v", task)
	}
	f.runs()
	if task = f.task(task.SID); task.Status != routing.TaskReserved || task.Assignments != 1 {
		t.Fatalf("once it is offered, it is %+v", task)
	}
	offer := f.offeredTo(task.SID, ann)
	if want := f.clock.read().Add(routing.DefaultReservationTimeout * time.Second); !offer.DueAt.Equal(want) {
		t.Errorf("it can be accepted until %v, want %v", offer.DueAt, want)
	}
	f.accepts(offer)
	if is := f.worker(ann.SID); is.Channels[0].Accepted+is.Channels[1].Accepted+is.Channels[2].Accepted+is.Channels[3].Accepted+is.Channels[4].Accepted != 1 {
		t.Errorf("the worker has %+v", is.Channels)
	}
	other := f.asks()
	f.runs()
	if offers := f.offers(other.SID); len(offers) > 0 {
		t.Errorf("while the worker is busy, another task is offered: %+v", offers)
	}
	agent := f.As(engage.Agent("ann"))
	wrapping := must(agent.Reservations.WrapUp(t.Context(), offer.SID, engage.Answer{}))(t)
	if wrapping.Status != routing.ReservationWrapping || f.task(task.SID).Status != routing.TaskWrapping {
		t.Errorf("wrapping up: %v, %v", wrapping.Status, f.task(task.SID).Status)
	}
	f.runs()
	if offers := f.offers(other.SID); len(offers) > 0 {
		t.Errorf("while the worker wraps up, another task is offered: %+v", offers)
	}
	must(agent.Reservations.Complete(t.Context(), offer.SID, engage.Completion{Reason: "solved"}))(t)
	if task = f.task(task.SID); task.Status != routing.TaskCompleted || task.Reason != "solved" {
		t.Errorf("in the end it is %+v", task)
	}
	f.runs()
	f.offeredTo(other.SID, ann)
	again := must(f.Tasks.Complete(t.Context(), task.SID, engage.Completion{Reason: "twice", IfVersion: new(int64)}))(t)
	if again.Reason != "solved" || again.Version != task.Version {
		t.Errorf("completed twice, it is %+v", again)
	}
}

func TestATaskIsCanceledWithItsOffers(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	task := f.asks()
	f.runs()
	offer := f.offeredTo(task.SID, ann)
	if _, err := f.Tasks.Cancel(t.Context(), task.SID, engage.Ending{}); !errors.Is(err, engage.ErrRefused) {
		t.Errorf("without a reason: %v", err)
	}
	must(f.Tasks.Cancel(t.Context(), task.SID, engage.Ending{Reason: "gave up"}))(t)
	if r := must(f.Reservations.Get(t.Context(), offer.SID))(t); r.Status != routing.ReservationCanceled {
		t.Errorf("its offer is %v", r.Status)
	}
	_, err := f.As(engage.Agent("ann")).Reservations.Accept(t.Context(), offer.SID, engage.Answer{})
	refused, ok := errors.AsType[*routing.RefusedError](err)
	if !ok || refused.Text != "Reservation "+offer.SID+" is already in state [canceled] and cannot be updated to [accepted]" {
		t.Errorf("accepting it then: %v", err)
	}
	other := f.asks()
	f.runs()
	f.offeredTo(other.SID, ann)
}

func TestAnOfferTimesOut(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	task := f.asks()
	f.runs()
	offer := f.offeredTo(task.SID, ann)
	f.passes(routing.DefaultReservationTimeout*time.Second - time.Second)
	f.offeredTo(task.SID, ann)
	f.passes(time.Second)
	if r := must(f.Reservations.Get(t.Context(), offer.SID))(t); r.Status != routing.ReservationTimeout {
		t.Errorf("when its time is over, it is %v", r.Status)
	}
	if is := f.worker(ann.SID); is.Available || is.ActivitySID != f.workspace.TimeoutActivitySID {
		t.Errorf("the worker is %q", is.ActivityName)
	}
	if is := f.task(task.SID); is.Status != routing.TaskPending {
		t.Errorf("the task is %v", is.Status)
	}
	f.puts(ann.SID, "Available")
	f.runs()
	f.offeredTo(task.SID, ann)
}

// The version of a task grows with every change, and is kept: who has seen an older one is told.
func TestTaskVersionsAreKept(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ctx := t.Context()
	task := must(f.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{}))(t)
	for n := range 3 {
		seen := must(f.Tasks.Get(ctx, task.SID))(t).Version
		if seen != int64(n) {
			t.Fatalf("version %d after %d changes", seen, n)
		}
		priority := n
		must(f.Tasks.Update(ctx, task.SID, engage.TaskUpdate{Priority: &priority, IfVersion: &seen}))(t)
		if _, err := f.Tasks.Update(ctx, task.SID, engage.TaskUpdate{Priority: &priority, IfVersion: &seen}); !errors.Is(err, engage.ErrConflict) {
			t.Fatalf("whoever has seen version %d changes another one: %v", seen, err)
		}
	}
}
