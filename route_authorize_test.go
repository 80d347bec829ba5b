package engage_test

import (
	"context"
	"testing"

	"github.com/engage-interactions/engage"
)

// preparedRoute is what prepareRoute made: SIDs. What is spare is used by nothing.
type preparedRoute struct {
	workspace, spareWorkspace string
	spareActivity             string
	spareChannel              string
	queue, spareQueue         string
	workflow                  string
	worker                    string
}

// prepareRoute prepares a workspace with a queue, a workflow and a worker.
func prepareRoute(tb testing.TB, eng *engage.Engine) (at preparedRoute) {
	tb.Helper()
	ctx := tb.Context()
	at.workspace = must(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support"}))(tb).SID
	at.spareActivity = must(eng.Activities.Create(ctx, at.workspace, engage.NewActivity{FriendlyName: "Lunch"}))(tb).SID
	at.spareChannel = must(eng.TaskChannels.Create(ctx, at.workspace, engage.NewTaskChannel{UniqueName: "fax"}))(tb).SID
	at.queue = must(eng.Queues.Create(ctx, at.workspace, engage.NewQueue{FriendlyName: "All"}))(tb).SID
	at.spareQueue = must(eng.Queues.Create(ctx, at.workspace, engage.NewQueue{FriendlyName: "Few", TargetWorkers: "level > 3"}))(tb).SID
	at.workflow = must(eng.Workflows.Create(ctx, at.workspace, engage.NewWorkflow{FriendlyName: "All", Configuration: leadingTo(at.queue)}))(tb).SID
	at.worker = must(eng.Workers.Create(ctx, at.workspace, engage.NewWorker{FriendlyName: "ann"}))(tb).SID
	at.spareWorkspace = must(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Nobody"}))(tb).SID
	return at
}

// routingMethods returns the methods of the services of routing.
func routingMethods(at preparedRoute) map[string]method {
	workspace, worker := about("workspace", at.workspace), about("worker", at.worker)
	activity, channel := about("activity", at.spareActivity), about("task_channel", at.spareChannel)
	queue, workflow := about("task_queue", at.spareQueue), about("workflow", at.workflow)
	name := "Other"
	of := func(action engage.Action, r engage.Resource, call func(context.Context, services) (any, error)) method {
		return method{action: action, resource: r, call: func(ctx context.Context, s services, _ prepared) (any, error) { return call(ctx, s) }}
	}
	manage := func(r engage.Resource, call func(context.Context, services) (any, error)) method {
		return of(engage.ActionWorkspacesManage, r, call)
	}
	look := func(r engage.Resource, call func(context.Context, services) (any, error)) method {
		return of(engage.ActionWorkspacesRead, r, call)
	}
	return map[string]method{
		"Workspaces.Create": manage(about("workspace", ""), func(ctx context.Context, s services) (any, error) {
			return s.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Sales"})
		}),
		"Workspaces.Get":  look(workspace, func(ctx context.Context, s services) (any, error) { return s.Workspaces.Get(ctx, at.workspace) }),
		"Workspaces.List": look(about("workspace", ""), func(ctx context.Context, s services) (any, error) { return s.Workspaces.List(ctx, 0, "") }),
		"Workspaces.Update": manage(workspace, func(ctx context.Context, s services) (any, error) {
			return s.Workspaces.Update(ctx, at.workspace, engage.WorkspaceUpdate{FriendlyName: &name})
		}),
		"Workspaces.Delete": manage(about("workspace", at.spareWorkspace), func(ctx context.Context, s services) (any, error) {
			return nil, s.Workspaces.Delete(ctx, at.spareWorkspace)
		}),

		"Workspaces.FindByName": look(about("workspace", ""), func(ctx context.Context, s services) (any, error) { return s.Workspaces.FindByName(ctx, "Support") }),
		"Activities.FindByName": look(workspace, func(ctx context.Context, s services) (any, error) {
			return s.Activities.FindByName(ctx, at.workspace, "Lunch")
		}),
		"TaskChannels.FindByName": look(workspace, func(ctx context.Context, s services) (any, error) {
			return s.TaskChannels.FindByName(ctx, at.workspace, "fax")
		}),
		"Queues.FindByName": look(workspace, func(ctx context.Context, s services) (any, error) {
			return s.Queues.FindByName(ctx, at.workspace, "Few")
		}),
		"Workflows.FindByName": look(workspace, func(ctx context.Context, s services) (any, error) {
			return s.Workflows.FindByName(ctx, at.workspace, "All")
		}),
		"Workers.FindByName": of(engage.ActionWorkersRead, workspace, func(ctx context.Context, s services) (any, error) {
			return s.Workers.FindByName(ctx, at.workspace, "ann")
		}),

		"Activities.Create": manage(workspace, func(ctx context.Context, s services) (any, error) {
			return s.Activities.Create(ctx, at.workspace, engage.NewActivity{FriendlyName: "Training"})
		}),
		"Activities.Get":  look(activity, func(ctx context.Context, s services) (any, error) { return s.Activities.Get(ctx, at.spareActivity) }),
		"Activities.List": look(workspace, func(ctx context.Context, s services) (any, error) { return s.Activities.List(ctx, at.workspace, 0, "") }),
		"Activities.Update": manage(activity, func(ctx context.Context, s services) (any, error) {
			return s.Activities.Update(ctx, at.spareActivity, engage.ActivityUpdate{FriendlyName: &name})
		}),
		"Activities.Delete": manage(activity, func(ctx context.Context, s services) (any, error) {
			return nil, s.Activities.Delete(ctx, at.spareActivity)
		}),

		"TaskChannels.Create": manage(workspace, func(ctx context.Context, s services) (any, error) {
			return s.TaskChannels.Create(ctx, at.workspace, engage.NewTaskChannel{UniqueName: "email"})
		}),
		"TaskChannels.Get": look(channel, func(ctx context.Context, s services) (any, error) { return s.TaskChannels.Get(ctx, at.spareChannel) }),
		"TaskChannels.List": look(workspace, func(ctx context.Context, s services) (any, error) {
			return s.TaskChannels.List(ctx, at.workspace, 0, "")
		}),
		"TaskChannels.Update": manage(channel, func(ctx context.Context, s services) (any, error) {
			return s.TaskChannels.Update(ctx, at.spareChannel, engage.TaskChannelUpdate{FriendlyName: &name})
		}),
		"TaskChannels.Delete": manage(channel, func(ctx context.Context, s services) (any, error) {
			return nil, s.TaskChannels.Delete(ctx, at.spareChannel)
		}),

		"Queues.Create": manage(workspace, func(ctx context.Context, s services) (any, error) {
			return s.Queues.Create(ctx, at.workspace, engage.NewQueue{FriendlyName: "Many"})
		}),
		"Queues.Get":  look(queue, func(ctx context.Context, s services) (any, error) { return s.Queues.Get(ctx, at.spareQueue) }),
		"Queues.List": look(workspace, func(ctx context.Context, s services) (any, error) { return s.Queues.List(ctx, at.workspace, 0, "") }),
		"Queues.Update": manage(queue, func(ctx context.Context, s services) (any, error) {
			return s.Queues.Update(ctx, at.spareQueue, engage.QueueUpdate{FriendlyName: &name})
		}),
		"Queues.Delete": manage(queue, func(ctx context.Context, s services) (any, error) { return nil, s.Queues.Delete(ctx, at.spareQueue) }),
		"Queues.Counts": look(queue, func(ctx context.Context, s services) (any, error) {
			counts, err := s.Queues.Counts(ctx, at.spareQueue)
			return either(err == nil, counts), err
		}),

		"Workflows.Create": manage(workspace, func(ctx context.Context, s services) (any, error) {
			return s.Workflows.Create(ctx, at.workspace, engage.NewWorkflow{FriendlyName: "More", Configuration: leadingTo(at.queue)})
		}),
		"Workflows.Get":  look(workflow, func(ctx context.Context, s services) (any, error) { return s.Workflows.Get(ctx, at.workflow) }),
		"Workflows.List": look(workspace, func(ctx context.Context, s services) (any, error) { return s.Workflows.List(ctx, at.workspace, 0, "") }),
		"Workflows.Update": manage(workflow, func(ctx context.Context, s services) (any, error) {
			return s.Workflows.Update(ctx, at.workflow, engage.WorkflowUpdate{FriendlyName: &name})
		}),
		"Workflows.Delete": manage(workflow, func(ctx context.Context, s services) (any, error) { return nil, s.Workflows.Delete(ctx, at.workflow) }),

		"Workers.Create": of(engage.ActionWorkersCreate, workspace, func(ctx context.Context, s services) (any, error) {
			return s.Workers.Create(ctx, at.workspace, engage.NewWorker{FriendlyName: "bob"})
		}),
		"Workers.Get": of(engage.ActionWorkersRead, worker, func(ctx context.Context, s services) (any, error) { return s.Workers.Get(ctx, at.worker) }),
		"Workers.List": of(engage.ActionWorkersRead, workspace, func(ctx context.Context, s services) (any, error) {
			return s.Workers.List(ctx, engage.WorkerFilter{WorkspaceSID: at.workspace})
		}),
		"Workers.Update": of(engage.ActionWorkersUpdate, worker, func(ctx context.Context, s services) (any, error) {
			return s.Workers.Update(ctx, at.worker, engage.WorkerUpdate{FriendlyName: &name})
		}),
		"Workers.SetChannel": of(engage.ActionWorkersUpdate, worker, func(ctx context.Context, s services) (any, error) {
			return s.Workers.SetChannel(ctx, at.worker, "sms", engage.WorkerChannelUpdate{})
		}),
		"Workers.Delete": of(engage.ActionWorkersDelete, worker, func(ctx context.Context, s services) (any, error) { return nil, s.Workers.Delete(ctx, at.worker) }),
	}
}
