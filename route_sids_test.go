package engage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// inCapitals returns a SID with its digits in upper case: it names the same.
func inCapitals(sid string) string { return sid[:2] + strings.ToUpper(sid[2:]) }

// TestQueuesAndWorkersAreNamedInEitherCase names whom a task is for with other digits than those
// that are kept.
func TestQueuesAndWorkersAreNamedInEitherCase(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	ada := l.hires("Ada", 9)
	known := l.newWorkflow("Known", fmt.Sprintf(
		`{"task_routing":{"filters":[{"expression":"1==1","targets":[{"queue":%q,"known_worker_sid":"task.last"}]}]}}`, inCapitals(l.queue.SID)))
	for what, n := range map[string]engage.NewTask{
		"a queue":                 {QueueSID: inCapitals(l.queue.SID)},
		"a queue as a target":     {RoutingTarget: inCapitals(l.queue.SID), QueueSID: l.queue.SID},
		"a worker and a queue":    {RoutingTarget: inCapitals(ada.SID), QueueSID: inCapitals(l.queue.SID)},
		"the worker who is known": {WorkflowSID: known.SID, Attributes: routing.Attributes{"last": inCapitals(ada.SID)}},
	} {
		if n.WorkflowSID == "" {
			n.WorkflowSID = inCapitals(l.workflow.SID)
		}
		task := must(l.Tasks.Create(t.Context(), inCapitals(l.workspace.SID), n))(t)
		l.runs()
		if got := l.task(task.SID); got.Status != routing.TaskReserved || got.QueueSID != l.queue.SID {
			t.Errorf("a task for %s is %s in %s", what, got.Status, got.QueueSID)
		}
	}
	r := l.request(1)
	r.Routing.Properties.QueueSID = inCapitals(l.queue.SID)
	i := l.creates(r)
	l.runs()
	for _, o := range l.offered(ada) {
		if o.TaskSID == i.TaskSID {
			l.Engine.Reservations.Accept(t.Context(), o.SID, engage.Answer{}) //nolint:errcheck // that is seen next
		}
	}
	if _, err := l.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: inCapitals(l.queue.SID)}); err != nil {
		t.Error(err)
	}
}

// TestAuthorizeIsAskedByTheSIDThatIsKept forbids one record of each kind: nobody gets at it by
// other digits, or by another prefix.
func TestAuthorizeIsAskedByTheSIDThatIsKept(t *testing.T) {
	t.Parallel()
	secret := ""
	l := newLobby(t, func(o *engage.Options) {
		o.Authorize = func(_ context.Context, _ engage.Actor, _ engage.Action, r engage.Resource) error {
			if r.ID != "" && r.ID == secret {
				return errors.New("secret")
			}
			return nil
		}
	})
	ctx := t.Context()
	ada := l.hires("Ada", 5)
	i := l.begins()
	r := l.accepts(ada)
	for sid, call := range map[string]func(sid string) error{
		l.workspace.SID: func(sid string) error { return second(l.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: sid})) },
		l.queue.SID:     func(sid string) error { return second(l.Tasks.List(ctx, engage.TaskFilter{QueueSID: sid})) },
		l.workflow.SID:  func(sid string) error { return l.Workflows.Delete(ctx, sid) },
		r.TaskSID: func(sid string) error {
			return second(l.Reservations.List(ctx, engage.ReservationFilter{TaskSID: sid}))
		},
		r.SID:        func(sid string) error { return second(l.Reservations.Complete(ctx, sid, engage.Completion{})) },
		ada.SID:      func(sid string) error { return second(l.Workers.Get(ctx, sid)) },
		i.SID:        func(sid string) error { return second(l.Flex.Get(ctx, sid)) },
		i.ChannelSID: func(sid string) error { return second(l.Flex.Pause(ctx, sid)) },
	} {
		secret = sid
		for _, named := range []string{sid, inCapitals(sid), "ZZ" + sid[2:], strings.ToLower(sid[:2]) + sid[2:]} {
			switch err := call(named); {
			case errors.Is(err, engage.ErrForbidden), named[:2] != sid[:2] && errors.Is(err, engage.ErrNotFound):
			case err != nil || named[:2] == sid[:2]:
				t.Errorf("%s by %s: %v", sid, named, err)
			}
		}
	}
	for _, sid := range []string{"ZZ" + l.workspace.SID[2:], "ws" + l.workspace.SID[2:]} { // what is no SID is nothing
		if page := must(l.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: sid}))(t); len(page.Items) > 0 {
			t.Errorf("%s has tasks", sid)
		}
	}
}

// TestErrorsDoNotRepeatWhatIsTooLong sends what is far too long to be a SID or a name.
func TestErrorsDoNotRepeatWhatIsTooLong(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	long, ctx := strings.Repeat("W", 1<<20), t.Context()
	for what, err := range map[string]error{
		"a task":       second(f.Tasks.Get(ctx, long)),
		"a workflow":   second(f.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{WorkflowSID: long})),
		"a channel":    second(f.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{TaskChannel: long})),
		"a state":      second(f.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: f.workspace.SID, Status: routing.TaskStatus(long)})),
		"a capacity":   second(f.Workers.Create(ctx, f.workspace.SID, engage.NewWorker{FriendlyName: "w", Capacities: map[string]int{long: 1}})),
		"a flex one":   second(f.Flex.Get(ctx, long)),
		"a transfer":   second(f.Flex.CancelTransfer(ctx, long)),
		"a worker too": second(f.Workers.Explain(ctx, long)),
	} {
		switch {
		case err == nil:
			t.Errorf("%s: nothing is wrong", what)
		case len(err.Error()) > 1000:
			t.Errorf("%s: an error of %d bytes: %.200v", what, len(err.Error()), err)
		}
	}
}
