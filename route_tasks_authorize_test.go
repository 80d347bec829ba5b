package engage_test

import (
	"context"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// preparedTasks is what prepareTasks made: SIDs.
type preparedTasks struct {
	workspace, worker                   string
	waiting, assigned                   string // tasks
	offer, offeredTask, accepted, spare string // reservations of ada, and the task of the offer; spare is another offer
}

// prepareTasks prepares a workspace with a worker, ada, who has accepted a task and is offered
// two others, and a task that is for nobody.
func prepareTasks(tb testing.TB, eng *engage.Engine) (at preparedTasks) {
	tb.Helper()
	ctx := tb.Context()
	at.workspace = must(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Tasks"}))(tb).SID
	activities := must(eng.Activities.List(ctx, at.workspace, 0, ""))(tb).Items
	available := ""
	for _, a := range activities {
		if a.Available {
			available = a.SID
		}
	}
	all := must(eng.Queues.Create(ctx, at.workspace, engage.NewQueue{FriendlyName: "All"}))(tb).SID
	nobody := must(eng.Queues.Create(ctx, at.workspace, engage.NewQueue{FriendlyName: "Nobody", TargetWorkers: "1==2"}))(tb).SID
	must(eng.Workflows.Create(ctx, at.workspace, engage.NewWorkflow{FriendlyName: "All", Configuration: leadingTo(all)}))(tb)
	at.worker = must(eng.Workers.Create(ctx, at.workspace, engage.NewWorker{
		FriendlyName: "ada", ActivitySID: available, Capacities: map[string]int{"default": 3},
	}))(tb).SID
	makes := func(queueSID string) string {
		sid := must(eng.Tasks.Create(ctx, at.workspace, engage.NewTask{RoutingTarget: queueSID}))(tb).SID
		must(eng.RunDue(ctx))(tb)
		return sid
	}
	offerOf := func(taskSID string) string {
		return must(eng.Reservations.List(ctx, engage.ReservationFilter{TaskSID: taskSID}))(tb).Items[0].SID
	}
	at.waiting, at.assigned, at.offeredTask = makes(nobody), makes(all), makes(all)
	at.accepted, at.offer, at.spare = offerOf(at.assigned), offerOf(at.offeredTask), offerOf(makes(all))
	must(eng.Reservations.Accept(ctx, at.accepted, engage.Answer{}))(tb)
	return at
}

// taskMethods returns the methods of tasks and reservations, and those that explain.
func taskMethods(at preparedTasks) map[string]method {
	workspace, worker, waiting := about("workspace", at.workspace), about("worker", at.worker), about("task", at.waiting)
	assigned, offer, accepted := about("task", at.assigned), about("reservation", at.offer), about("reservation", at.accepted)
	of := func(action engage.Action, r engage.Resource, call func(context.Context, services) (any, error)) method {
		return method{action: action, resource: r, call: func(ctx context.Context, s services, _ prepared) (any, error) { return call(ctx, s) }}
	}
	priority := 3
	return map[string]method{
		"Tasks.Create": of(engage.ActionTasksCreate, workspace, func(ctx context.Context, s services) (any, error) {
			made, err := s.Tasks.Create(ctx, at.workspace, engage.NewTask{})
			return either(err == nil, made), err
		}),
		"Tasks.Get": of(engage.ActionTasksRead, waiting, func(ctx context.Context, s services) (any, error) {
			task, err := s.Tasks.Get(ctx, at.waiting)
			return either(err == nil, task), err
		}),
		"Tasks.List": of(engage.ActionTasksRead, workspace, func(ctx context.Context, s services) (any, error) {
			return s.Tasks.List(ctx, engage.TaskFilter{WorkspaceSID: at.workspace, Status: routing.TaskPending})
		}),
		"Tasks.Explain": of(engage.ActionTasksRead, waiting, func(ctx context.Context, s services) (any, error) {
			return s.Tasks.Explain(ctx, at.waiting)
		}),
		"Tasks.Update": of(engage.ActionTasksUpdate, waiting, func(ctx context.Context, s services) (any, error) {
			return s.Tasks.Update(ctx, at.waiting, engage.TaskUpdate{Priority: &priority})
		}),
		"Tasks.Cancel": of(engage.ActionTasksUpdate, waiting, func(ctx context.Context, s services) (any, error) {
			return s.Tasks.Cancel(ctx, at.waiting, engage.Ending{Reason: "enough"})
		}),
		"Tasks.WrapUp": of(engage.ActionTasksUpdate, assigned, func(ctx context.Context, s services) (any, error) {
			return s.Tasks.WrapUp(ctx, at.assigned, engage.Ending{})
		}),
		"Tasks.Complete": of(engage.ActionTasksUpdate, assigned, func(ctx context.Context, s services) (any, error) {
			return s.Tasks.Complete(ctx, at.assigned, engage.Completion{Reason: "done"})
		}),

		"Reservations.Get": of(engage.ActionReservationsRead, offer, func(ctx context.Context, s services) (any, error) {
			return s.Reservations.Get(ctx, at.offer)
		}),
		"Reservations.Explain": of(engage.ActionReservationsRead, offer, func(ctx context.Context, s services) (any, error) {
			return s.Reservations.Explain(ctx, at.offer)
		}),
		"Reservations.List": of(engage.ActionReservationsRead, worker, func(ctx context.Context, s services) (any, error) {
			return s.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: at.worker, Live: true})
		}),
		"Reservations.Accept": of(engage.ActionReservationsUpdate, offer, func(ctx context.Context, s services) (any, error) {
			return s.Reservations.Accept(ctx, at.offer, engage.Answer{})
		}),
		"Reservations.Reject": of(engage.ActionReservationsUpdate, offer, func(ctx context.Context, s services) (any, error) {
			return s.Reservations.Reject(ctx, at.offer, engage.Rejection{})
		}),
		"Reservations.Cancel": {
			action: engage.ActionReservationsUpdate, resource: offer, also: offer, alsoFor: engage.ActionReservationsManage,
			call: func(ctx context.Context, s services, _ prepared) (any, error) {
				return s.Reservations.Cancel(ctx, at.offer, engage.Answer{})
			},
		},
		"Reservations.WrapUp": of(engage.ActionReservationsUpdate, accepted, func(ctx context.Context, s services) (any, error) {
			return s.Reservations.WrapUp(ctx, at.accepted, engage.Answer{})
		}),
		"Reservations.Complete": of(engage.ActionReservationsUpdate, accepted, func(ctx context.Context, s services) (any, error) {
			return s.Reservations.Complete(ctx, at.accepted, engage.Completion{Reason: "done"})
		}),

		"Workers.Explain": of(engage.ActionWorkersRead, worker, func(ctx context.Context, s services) (any, error) {
			return s.Workers.Explain(ctx, at.worker)
		}),
	}
}
