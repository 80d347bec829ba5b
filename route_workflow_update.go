package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// jobRelined moves the tasks that wait by an older configuration of a workflow to the one
// that it has, and forgets the older ones then.
const jobRelined = "workflow.relined"

type relined struct {
	WorkflowSID string `json:"workflow_sid"`
	// Version is the one that tasks are being moved to.
	Version int64  `json:"version,omitempty"`
	Behind  string `json:"behind,omitempty"` // the term of the task that was looked at last
}

// maxVersions is how many configurations of a workflow can be waited by.
const maxVersions = 100

// WorkflowUpdate is what is to change of a workflow. What is nil stays.
type WorkflowUpdate struct {
	FriendlyName                  *string
	Configuration                 *string
	ReservationTimeout            *int // of the offers that are made from now on
	AssignmentCallbackURL         *string
	FallbackAssignmentCallbackURL *string
	// ReEvaluateTasks has the tasks that wait go through the workflow again from the
	// beginning; they keep their priorities. Without it they stay in the queue and in the
	// step that they are in, and go by what the new configuration says of that step. If it
	// has none there, they go through it from the beginning all the same.
	ReEvaluateTasks bool
}

// Update changes a workflow. Tasks that wait are moved to another configuration by a job soon
// after; those that come meanwhile go by the new one. (TaskRouter's documentation, "Workflow
// Resource".)
//
// The error wraps ErrInvalid for what a workflow cannot have (see Create), ErrConflict if
// another one has the name, and ErrRefused if a hundred configurations wait for that job.
func (s Workflows) Update(ctx context.Context, sid string, u WorkflowUpdate) (routing.Workflow, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, workflowResource(sid)); err != nil {
		return routing.Workflow{}, err
	}
	var updated routing.Workflow
	err := s.do(ctx, func(t *turn) error {
		f, err := t.workflow(ctx, sid)
		if err != nil {
			return err
		}
		before := f.Workflow
		set(&f.FriendlyName, u.FriendlyName)
		set(&f.ReservationTimeout, u.ReservationTimeout)
		set(&f.AssignmentCallbackURL, u.AssignmentCallbackURL)
		set(&f.FallbackAssignmentCallbackURL, u.FallbackAssignmentCallbackURL)
		f.UpdatedAt = t.now
		if err := t.checkWorkflow(ctx, f, u.Configuration); err != nil {
			return err
		}
		if err := t.rename(ctx, nameOfWorkflow, f.WorkspaceSID, f.SID, before.FriendlyName, f.FriendlyName, workflowResource); err != nil {
			return err
		}
		if before.Configuration.String() != f.Configuration.String() || u.ReEvaluateTasks {
			if err := t.newVersion(ctx, f, u.ReEvaluateTasks); err != nil {
				return err
			}
		}
		updated = f.Workflow
		return errors.Join(workflows.Put(t.Work, f), t.tellWorkspace(EventWorkflowUpdated, workflowResource(f.SID), f.WorkspaceSID, f.FriendlyName))
	})
	if err != nil {
		return routing.Workflow{}, err
	}
	return updated, nil
}

// newVersion adds the version of a workflow's configuration by which tasks are to go.
func (t *turn) newVersion(ctx context.Context, f *storedWorkflow, anew bool) (err error) {
	if f.Version-f.Oldest >= maxVersions-1 {
		return limitReached(workflowResource(f.SID), maxVersions, "configurations by which tasks may be waiting")
	}
	f.Version++
	if anew {
		f.Anew = f.Version
	}
	if f.Job, err = t.ensure(ctx, f.Job, jobRelined, relined{WorkflowSID: f.SID}); err != nil {
		return err
	}
	return errors.Join(t.nameQueues(ctx, f, f.Configuration.Queues()),
		configurations.Insert(t.Work, &storedConfiguration{WorkflowSID: f.SID, Version: f.Version, Configuration: f.Configuration}))
}

// Delete removes a workflow. It is refused while tasks go by it that have not ended.
//
// The error wraps ErrRefused then, and says what needs it.
func (s Workflows) Delete(ctx context.Context, sid string) error {
	if err := s.allow(ctx, ActionWorkspacesManage, workflowResource(sid)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		f, err := t.workflow(ctx, sid)
		if err != nil {
			return err
		}
		resource := workflowResource(f.SID)
		if err := t.noLiveTasks(ctx, f.SID, resource, "in it"); err != nil {
			return err
		}
		w, err := t.workspace(ctx, f.WorkspaceSID)
		if err != nil {
			return err
		}
		w.WorkflowSIDs = without(w.WorkflowSIDs, f.SID)
		for version := f.Oldest; version <= f.Version; version++ {
			if err := t.forgetVersion(ctx, f, version, nil); err != nil {
				return err
			}
		}
		if f.Job != "" {
			if err := t.withdraw(ctx, f.Job); err != nil {
				return err
			}
		}
		return errors.Join(workspaces.Put(t.Work, w), dropCounts(ctx, t, &taskCounts, f.SID),
			t.rename(ctx, nameOfWorkflow, f.WorkspaceSID, f.SID, f.FriendlyName, "", workflowResource), workflows.Delete(t.Work, f),
			t.tellWorkspace(EventWorkflowDeleted, resource, w.SID, f.FriendlyName))
	})
}

// forgetVersion removes a version of a workflow's configuration. The queues that it names are
// not needed for it any more, but for those that are still.
func (t *turn) forgetVersion(ctx context.Context, f *storedWorkflow, version int64, needed []string) error {
	c, err := configurations.Get(ctx, t.Work, configurationID(f.SID, version))
	if err != nil || c == nil {
		return err
	}
	named := slices.DeleteFunc(c.Configuration.Queues(), func(sid string) bool { return slices.Contains(needed, sid) })
	all, err := queues.All(ctx, t.Work, named...)
	if err != nil {
		return err
	}
	for _, q := range all {
		if q == nil {
			continue
		}
		q.WorkflowSIDs = without(q.WorkflowSIDs, f.SID)
		if err := queues.Put(t.Work, q); err != nil {
			return err
		}
	}
	return configurations.Delete(t.Work, c)
}

// relineAll moves some of the tasks that wait to the configuration that their workflow has now.
// Those that come meanwhile have read the workflow as it is.
func (t *turn) relineAll(ctx context.Context, d *relined) (again time.Time, err error) {
	f, err := t.workflow(ctx, d.WorkflowSID)
	if err != nil {
		return time.Time{}, gone(err)
	}
	if d.Version == 0 {
		d.Version = f.Version
	}
	list, next, err := tasks.Find(ctx, t.Work, waitingIn(byWorkflowWaiting, f.SID, t.Share(stepSize), d.Behind))
	if err != nil {
		return time.Time{}, err
	}
	for n, k := range list {
		if n > 0 && t.Size() > maxStep {
			return atOnce, nil
		}
		d.Behind = workflowWaitingTerm(k)
		if k.ConfigurationVersion >= f.Version {
			continue
		}
		anew := k.ConfigurationVersion < f.Anew
		err := t.reline(ctx, k, func(draft *storedTask, a *routing.Assignment) {
			draft.ConfigurationVersion = f.Version
			if anew {
				a.Task = a.Task.Again()
			}
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	switch {
	case next != "":
		return atOnce, nil
	case f.Version > d.Version: // there is another one
		d.Version, d.Behind = f.Version, ""
		return atOnce, nil
	case f.Oldest < f.Version: // one at a time, for each can name a thousand queues
		err := t.forgetVersion(ctx, f, f.Oldest, f.Configuration.Queues())
		f.Oldest++
		return atOnce, errors.Join(err, workflows.Put(t.Work, f))
	}
	f.Job = ""
	return time.Time{}, workflows.Put(t.Work, f)
}
