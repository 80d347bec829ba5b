package engage_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func TestAllThatIsWrongWithATaskIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	other := must(f.Workspaces.Create(t.Context(), engage.NewWorkspace{FriendlyName: "Other"}))(t)
	theirs := must(f.Queues.Create(t.Context(), other.SID, engage.NewQueue{FriendlyName: "Theirs"}))(t)
	ann := f.hires("ann", 1)
	f.newWorkflow("Another", leadingTo(f.queue.SID))
	for name, of := range map[string]struct {
		task  engage.NewTask
		paths []string
	}{
		"bounds": {
			engage.NewTask{WorkflowSID: f.workflow.SID, Priority: -1, Timeout: routing.MaxTaskTimeout + 1, VirtualStart: f.clock.read().Add(time.Second)},
			[]string{"priority", "timeout", "virtual_start_time"},
		},
		"too early": {engage.NewTask{WorkflowSID: f.workflow.SID, VirtualStart: time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)}, []string{"virtual_start_time"}},
		"attributes": {
			engage.NewTask{WorkflowSID: f.workflow.SID, Attributes: routing.Attributes{"f": func() {}}}, []string{"attributes"},
		},
		"one of several workflows": {engage.NewTask{}, []string{"workflow_sid"}},
		"unknown": {
			engage.NewTask{WorkflowSID: "WW0", TaskChannel: "fax", QueueSID: theirs.SID, RoutingTarget: ann.SID},
			[]string{"queue_sid", "workflow_sid", "task_channel_unique_name"},
		},
		"a target of another workspace": {engage.NewTask{WorkflowSID: f.workflow.SID, RoutingTarget: theirs.SID}, []string{"routing_target"}},
		"no target":                     {engage.NewTask{WorkflowSID: f.workflow.SID, RoutingTarget: "ann"}, []string{"routing_target"}},
		"two queues":                    {engage.NewTask{WorkflowSID: f.workflow.SID, RoutingTarget: f.queue.SID, QueueSID: theirs.SID}, []string{"queue_sid"}},
	} {
		_, err := f.Tasks.Create(t.Context(), f.workspace.SID, of.task)
		all, ok := errors.AsType[*routing.ProblemsError](err)
		if !ok || !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var paths []string
		for _, p := range all.Problems {
			paths = append(paths, p.Path)
		}
		slices.Sort(paths)
		slices.Sort(of.paths)
		if !slices.Equal(paths, of.paths) {
			t.Errorf("%s: %v, want %v", name, all.Problems, of.paths)
		}
	}
	if _, err := f.Tasks.Create(t.Context(), "WS0", engage.NewTask{}); !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("in no workspace: %v", err)
	}
}

func TestSIDsAreTakenInEitherCase(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	upper := func(sid string) string { return sid[:2] + string(upperHex(sid[2:])) }
	ann := f.hires("ann", 1)
	task := must(f.Tasks.Create(t.Context(), upper(f.workspace.SID), engage.NewTask{
		WorkflowSID: upper(f.workflow.SID), RoutingTarget: upper(ann.SID), QueueSID: upper(f.queue.SID), TaskChannel: upper(f.channels["chat"].SID),
	}))(t)
	if task.RoutingTarget != ann.SID || task.QueueSID != f.queue.SID || task.WorkflowSID != f.workflow.SID || task.TaskChannelSID != f.channels["chat"].SID {
		t.Errorf("it is %+v", task)
	}
	f.runs()
	r := f.offeredTo(upper(task.SID), ann)
	must(f.Reservations.Accept(t.Context(), upper(r.SID), engage.Answer{}))(t)
	must(f.Tasks.Complete(t.Context(), upper(task.SID), engage.Completion{Reason: "done"}))(t)
}

func upperHex(s string) []byte {
	b := []byte(s)
	for n, c := range b {
		if 'a' <= c && c <= 'f' {
			b[n] = c - 'a' + 'A'
		}
	}
	return b
}

func TestAnOfferIsItsWorkersToAnswer(t *testing.T) {
	t.Parallel()
	denied := errors.New("only the boss")
	f := newFloor(t, func(o *engage.Options) {
		o.Authorize = func(_ context.Context, actor engage.Actor, action engage.Action, _ engage.Resource) error {
			if action == engage.ActionReservationsManage && actor != engage.Agent("boss") {
				return denied
			}
			return nil
		}
	})
	ann := f.hires("ann", 3)
	for _, who := range []engage.Actor{engage.Agent("ann"), engage.Agent("boss"), engage.System()} {
		task := f.asks()
		f.runs()
		r := f.offeredTo(task.SID, ann)
		_, err := f.As(engage.Agent("bob")).Reservations.Accept(t.Context(), r.SID, engage.Answer{})
		if !errors.Is(err, engage.ErrRefused) || !errors.Is(err, denied) {
			t.Errorf("another agent: %v", err)
		}
		must(f.As(who).Reservations.Accept(t.Context(), r.SID, engage.Answer{}))(t)
	}
}

// TestAnOfferIsWithdrawnByWhoOffersIt: its worker rejects it, and has what follows from that.
func TestAnOfferIsWithdrawnByWhoOffersIt(t *testing.T) {
	t.Parallel()
	denied := errors.New("only the boss")
	for name, authorize := range map[string]engage.Authorize{
		"by the system only": nil,
		"by the boss, too": func(_ context.Context, actor engage.Actor, action engage.Action, _ engage.Resource) error {
			if action == engage.ActionReservationsManage && actor != engage.Agent("boss") {
				return denied
			}
			return nil
		},
	} {
		f := newFloor(t, func(o *engage.Options) { o.Authorize = authorize })
		ann := f.hires("ann", 1)
		task := f.asks()
		f.runs()
		r := f.offeredTo(task.SID, ann)
		_, err := f.As(engage.Agent("ann")).Reservations.Cancel(t.Context(), r.SID, engage.Answer{})
		refused, ok := errors.AsType[*engage.RefusedError](err)
		if !ok || !errors.Is(err, engage.ErrRefused) || errors.Is(err, denied) != (authorize != nil) || !strings.Contains(refused.Remedy, "Reservations.Reject") {
			t.Errorf("%s: ann: %v", name, err)
		}
		if got := f.offeredTo(task.SID, ann); got.SID != r.SID {
			t.Errorf("%s: she is offered %s now", name, got.SID)
		}
		who := engage.System()
		if authorize != nil {
			who = engage.Agent("boss")
		}
		if got := must(f.As(who).Reservations.Cancel(t.Context(), r.SID, engage.Answer{}))(t); got.Status != routing.ReservationCanceled {
			t.Errorf("%s: it is %s", name, got.Status)
		}
	}
}

func TestWhoHasSeenAnotherVersionChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	ann := f.hires("ann", 1)
	task := f.asks()
	f.runs()
	old, high := task.Version, 5
	if _, err := f.Tasks.Update(t.Context(), task.SID, engage.TaskUpdate{Priority: &high, IfVersion: &old}); !errors.Is(err, engage.ErrConflict) {
		t.Errorf("the task: %v", err)
	}
	now := f.task(task.SID).Version
	if is := must(f.Tasks.Update(t.Context(), task.SID, engage.TaskUpdate{Priority: &high, IfVersion: &now}))(t); is.Version != now+1 || is.Priority != 5 {
		t.Errorf("the task is %+v", is)
	}
	r := f.offeredTo(task.SID, ann)
	wrong := r.Version + 1
	if _, err := f.Reservations.Accept(t.Context(), r.SID, engage.Answer{IfVersion: &wrong}); !errors.Is(err, engage.ErrConflict) {
		t.Errorf("the reservation: %v", err)
	}
	if r = must(f.Reservations.Accept(t.Context(), r.SID, engage.Answer{IfVersion: &r.Version}))(t); r.Version != wrong {
		t.Errorf("the reservation is %+v", r)
	}
}

// TestAcceptAndTimeOutInTheSameMoment: one of them counts, and who comes second is told.
func TestAcceptAndTimeOutInTheSameMoment(t *testing.T) {
	t.Parallel()
	for range 20 {
		f := newFloor(t)
		ann := f.hires("ann", 1)
		task := f.asks()
		f.runs()
		r := f.offeredTo(task.SID, ann)
		f.clock.pass(routing.DefaultReservationTimeout * time.Second)
		var wg sync.WaitGroup
		var err error
		wg.Go(func() { f.runs() })
		wg.Go(func() { _, err = f.As(engage.Agent("ann")).Reservations.Accept(t.Context(), r.SID, engage.Answer{}) })
		wg.Wait()
		f.runs()
		is, status := must(f.Reservations.Get(t.Context(), r.SID))(t), f.task(task.SID).Status
		refused, told := errors.AsType[*routing.RefusedError](err)
		wasAccepted := is.Status == routing.ReservationAccepted && err == nil && status == routing.TaskAssigned
		timedOut := is.Status == routing.ReservationTimeout && told && refused.Code == routing.CodeInvalid && status == routing.TaskPending
		if !wasAccepted && !timedOut {
			t.Errorf("it is %s, its worker is told %v, and the task is %s", is.Status, err, status)
		}
		atPeace(t, f.Engine, f.st, f.workspace.SID, f.clock.read())
	}
}

func TestATaskIsCanceledThatWasOfferedTooOften(t *testing.T) {
	t.Parallel()
	large(t)
	f := newFloor(t, func(o *engage.Options) { o.Jobs.Concurrency = 1 })
	ann := f.hires("ann", 1)
	task := f.asks()
	for range routing.MaxAssignments {
		f.runs()
		f.rejects(f.offeredTo(task.SID, ann))
	}
	f.runs()
	if is := f.task(task.SID); is.Status != routing.TaskCanceled || is.Reason != routing.ReasonAssignments {
		t.Errorf("it is %s: %s", is.Status, is.Reason)
	}
}
