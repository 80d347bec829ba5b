package engage

import (
	"context"
	"strconv"

	"github.com/engage-interactions/engage/routing"
)

// FindByName returns the activity of a workspace that has a friendly name, whatever its case:
// such as Available, which each begins with.
//
// The error wraps ErrNotFound if none has it, or there is no such workspace.
func (s Activities) FindByName(ctx context.Context, workspaceSID, friendlyName string) (routing.Activity, error) {
	of := byName[routing.Activity]{ActionWorkspacesRead, nameOfActivity, activityResource, (*turn).activity}
	return of.find(ctx, s.scope, workspaceSID, friendlyName)
}

// FindByName returns the task channel of a workspace that has a unique name, whatever its case:
// such as default, which each begins with.
//
// The error wraps ErrNotFound if none has it, or there is no such workspace.
func (s TaskChannels) FindByName(ctx context.Context, workspaceSID, uniqueName string) (routing.TaskChannel, error) {
	of := byName[routing.TaskChannel]{ActionWorkspacesRead, nameOfUnique, taskChannelResource, (*turn).taskChannel}
	return of.find(ctx, s.scope, workspaceSID, uniqueName)
}

// FindByName returns the queue of a workspace that has a friendly name, whatever its case.
//
// The error wraps ErrNotFound if none has it, or there is no such workspace.
func (s Queues) FindByName(ctx context.Context, workspaceSID, friendlyName string) (routing.Queue, error) {
	of := byName[routing.Queue]{ActionWorkspacesRead, nameOfQueue, queueResource, (*turn).shownQueue}
	return of.find(ctx, s.scope, workspaceSID, friendlyName)
}

// FindByName returns the workflow of a workspace that has a friendly name, whatever its case.
//
// The error wraps ErrNotFound if none has it, or there is no such workspace.
func (s Workflows) FindByName(ctx context.Context, workspaceSID, friendlyName string) (routing.Workflow, error) {
	of := byName[routing.Workflow]{ActionWorkspacesRead, nameOfWorkflow, workflowResource, (*turn).shownWorkflow}
	return of.find(ctx, s.scope, workspaceSID, friendlyName)
}

// FindByName returns the worker of a workspace who has a friendly name, whatever its case. (By
// their agent, workers are listed: see WorkerFilter.)
//
// The error wraps ErrNotFound if nobody has it, or there is no such workspace.
func (s Workers) FindByName(ctx context.Context, workspaceSID, friendlyName string) (routing.Worker, error) {
	of := byName[routing.Worker]{ActionWorkersRead, nameOfWorker, workerResource, (*turn).shownWorker}
	return of.find(ctx, s.scope, workspaceSID, friendlyName)
}

// FindByName returns the workspace of the tenant that has a friendly name, whatever its case.
//
// The error wraps ErrNotFound if none has it.
func (s Workspaces) FindByName(ctx context.Context, friendlyName string) (routing.Workspace, error) {
	of := byName[routing.Workspace]{ActionWorkspacesRead, nameOfWorkspace, workspaceResource, (*turn).shownWorkspace}
	return of.find(ctx, s.scope, "", friendlyName)
}

// byName is how something is found by its name.
type byName[T any] struct {
	action   Action
	of       string
	resource func(sid string) Resource
	get      func(t *turn, ctx context.Context, sid string) (*T, error)
}

// find returns what has the name: in a workspace, or, if that is what is looked for, in the tenant.
// As of a list, Options.Authorize is asked about the workspace.
func (b byName[T]) find(ctx context.Context, s scope, workspaceSID, name string) (T, error) {
	if err := s.allow(ctx, b.action, workspaceResource(workspaceSID)); err != nil {
		var none T
		return none, err
	}
	return read(ctx, s, func(t *turn) (*T, error) {
		within := ""
		if b.of != nameOfWorkspace {
			w, err := t.workspace(ctx, workspaceSID)
			if err != nil {
				return nil, err
			}
			within = w.SID
		}
		sid, err := t.routingName(ctx, b.of, within, name)
		if err == nil && sid == "" {
			err = &NotFoundError{Resource: b.resource(""), Reason: "none has the name " + strconv.Quote(clipped(name))}
		}
		if err != nil {
			return nil, err
		}
		return b.get(t, ctx, sid)
	})
}
