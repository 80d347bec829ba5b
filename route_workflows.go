package engage

import (
	"context"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/routing"
)

// Workflows say which queues tasks go to, and when (TaskRouter's documentation, "Workflow
// Resource").
type Workflows struct{ scope }

// NewWorkflow is a workflow to be created.
type NewWorkflow struct {
	// FriendlyName is unique in the workspace, whatever the case; up to 64 characters.
	FriendlyName string
	// Configuration is the JSON that [routing.ParseConfiguration] reads, of up to 1,038,576
	// bytes.
	Configuration string
	// ReservationTimeout is how long a worker has to accept, in seconds, 1 to 86,400.
	// 0: 120.
	ReservationTimeout int
	// AssignmentCallbackURL and FallbackAssignmentCallbackURL are kept and shown; offers are
	// told of by Engine.Events.
	AssignmentCallbackURL         string
	FallbackAssignmentCallbackURL string
}

// Create adds a workflow to a workspace, which can have MaxWorkflows.
//
// The error wraps ErrInvalid for what a workflow cannot have: of a configuration all that is
// wrong, each with its path in the JSON, queues that there are not included. It wraps
// ErrConflict if another one has the name.
func (s Workflows) Create(ctx context.Context, workspaceSID string, n NewWorkflow) (routing.Workflow, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, workspaceResource(workspaceSID)); err != nil {
		return routing.Workflow{}, err
	}
	var created routing.Workflow
	err := s.do(ctx, func(t *turn) error {
		w, err := t.workspace(ctx, workspaceSID)
		if err != nil {
			return err
		}
		if len(w.WorkflowSIDs) >= MaxWorkflows {
			return limitReached(workspaceResource(w.SID), MaxWorkflows, "workflows")
		}
		f := &storedWorkflow{Version: 1, Oldest: 1, Workflow: routing.Workflow{
			SID: t.sid(routing.PrefixWorkflow), AccountSID: w.AccountSID, WorkspaceSID: w.SID, FriendlyName: n.FriendlyName,
			ReservationTimeout: n.ReservationTimeout, AssignmentCallbackURL: n.AssignmentCallbackURL,
			FallbackAssignmentCallbackURL: n.FallbackAssignmentCallbackURL, CreatedAt: t.now, UpdatedAt: t.now,
		}}
		if f.ReservationTimeout == 0 {
			f.ReservationTimeout = routing.DefaultReservationTimeout
		}
		if err := t.checkWorkflow(ctx, f, &n.Configuration); err != nil {
			return err
		}
		if err := t.rename(ctx, nameOfWorkflow, w.SID, f.SID, "", f.FriendlyName, workflowResource); err != nil {
			return err
		}
		w.WorkflowSIDs = with(w.WorkflowSIDs, f.SID)
		created = f.Workflow
		return errors.Join(workspaces.Put(t.Work, w), workflows.Insert(t.Work, f), t.nameQueues(ctx, f, f.Configuration.Queues()),
			configurations.Insert(t.Work, &storedConfiguration{WorkflowSID: f.SID, Version: f.Version, Configuration: f.Configuration}),
			t.tellWorkspace(EventWorkflowCreated, workflowResource(f.SID), w.SID, f.FriendlyName))
	})
	if err != nil {
		return routing.Workflow{}, err
	}
	return created, nil
}

// Get returns a workflow.
func (s Workflows) Get(ctx context.Context, sid string) (routing.Workflow, error) {
	if err := s.allow(ctx, ActionWorkspacesRead, workflowResource(sid)); err != nil {
		return routing.Workflow{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Workflow, error) { return t.shownWorkflow(ctx, sid) })
}

// shownWorkflow reads a workflow as it is shown.
func (t *turn) shownWorkflow(ctx context.Context, sid string) (*routing.Workflow, error) {
	f, err := t.workflow(ctx, sid)
	if err != nil {
		return nil, err
	}
	return &f.Workflow, nil
}

// List returns one page of the workflows of a workspace, in the order of their SIDs.
func (s Workflows) List(ctx context.Context, workspaceSID string, limit int, continuation string) (Page[routing.Workflow], error) {
	if err := s.allow(ctx, ActionWorkspacesRead, workspaceResource(workspaceSID)); err != nil {
		return Page[routing.Workflow]{}, err
	}
	q := inWorkspaceQuery(workspaceSID, limit, continuation)
	return showPage(ctx, s.scope, &workflows, q, everything, shownPart(func(f *storedWorkflow) *routing.Workflow { return &f.Workflow }))
}

// checkWorkflow says what is wrong with a workflow, which gets a configuration if there is
// one.
func (t *turn) checkWorkflow(ctx context.Context, f *storedWorkflow, configuration *string) error {
	var wrong, inside problems
	switch {
	case configuration == nil:
	case *configuration == "":
		f.Configuration = routing.Configuration{} // which is missed below
	default:
		c, err := routing.ParseConfiguration(*configuration)
		if err := inside.check(err); err != nil {
			return err
		}
		if err == nil {
			f.Configuration = c
		}
		missing, err := t.missingQueues(ctx, f.WorkspaceSID, c)
		if err != nil {
			return err
		}
		if err := inside.check(c.Check(func(sid string) bool { return !slices.Contains(missing, sid) })); err != nil {
			return err
		}
	}
	if err := wrong.check(f.Check()); err != nil {
		return err
	}
	if len(inside.found) > 0 { // says more than that there is none
		wrong.found = slices.DeleteFunc(wrong.found, func(p routing.Problem) bool { return p.Path == "configuration" })
	}
	for _, p := range inside.found {
		if p.Path == "" { // it is none at all
			p.Path = "configuration"
		}
		wrong.found = append(wrong.found, p)
	}
	return wrong.err()
}

// missingQueues returns which of the queues that a configuration names are not in the
// workspace.
func (t *turn) missingQueues(ctx context.Context, workspaceSID string, c routing.Configuration) (missing []string, err error) {
	named := c.Queues()
	if len(named) > MaxQueues {
		return named, nil // they cannot all be there
	}
	all, err := queues.All(ctx, t.Work, named...)
	for n, q := range all {
		if q == nil || q.WorkspaceSID != workspaceSID {
			missing = append(missing, named[n])
		}
	}
	return missing, err
}

// nameQueues notes in queues that a workflow names them.
func (t *turn) nameQueues(ctx context.Context, f *storedWorkflow, sids []string) error {
	all, err := queues.All(ctx, t.Work, sids...)
	for _, q := range all {
		if q == nil || slices.Contains(q.WorkflowSIDs, f.SID) {
			continue
		}
		q.WorkflowSIDs = with(q.WorkflowSIDs, f.SID)
		err = errors.Join(err, queues.Put(t.Work, q))
	}
	return err
}
