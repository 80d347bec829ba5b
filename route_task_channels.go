package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
)

// TaskChannels are the kinds of work, by which workers' capacity is counted (TaskRouter's
// documentation, "TaskChannel Resource"). Each worker has one of their own for each.
//
// What the platform calls channel optimized routing, which prefers workers with the most
// room on the channel, is not here: workers stand ready in one order, who is idle for
// longest first, which is what keeps finding one cheap.
type TaskChannels struct{ scope }

// NewTaskChannel is a task channel to be created.
type NewTaskChannel struct {
	// FriendlyName is unique in the workspace, whatever the case; up to 64 characters.
	// Empty: the unique name.
	FriendlyName string
	// UniqueName is of letters, digits, _ and $, does not begin with a digit, and is unique
	// in the workspace, whatever the case. It never changes: expressions name it.
	UniqueName string
}

// Create adds a task channel to a workspace, which can have MaxTaskChannels. Each worker
// soon has one more channel, with a capacity of 1: a job goes through them.
//
// The error wraps ErrInvalid for what a task channel cannot have, ErrConflict if another one
// has a name.
func (s TaskChannels) Create(ctx context.Context, workspaceSID string, n NewTaskChannel) (routing.TaskChannel, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, workspaceResource(workspaceSID)); err != nil {
		return routing.TaskChannel{}, err
	}
	var created routing.TaskChannel
	err := s.do(ctx, func(t *turn) error {
		w, err := t.workspace(ctx, workspaceSID)
		if err != nil {
			return err
		}
		if len(w.TaskChannelSIDs) >= MaxTaskChannels {
			return limitReached(workspaceResource(w.SID), MaxTaskChannels, "task channels")
		}
		created = routing.TaskChannel{FriendlyName: n.FriendlyName, UniqueName: n.UniqueName}
		if created.FriendlyName == "" {
			created.FriendlyName = n.UniqueName
		}
		return errors.Join(t.newTaskChannel(ctx, w, &created), workspaces.Put(t.Work, w), t.bringUpToDate(ctx, w.SID))
	})
	if err != nil {
		return routing.TaskChannel{}, err
	}
	return created, nil
}

// Get returns a task channel.
func (s TaskChannels) Get(ctx context.Context, sid string) (routing.TaskChannel, error) {
	if err := s.allow(ctx, ActionWorkspacesRead, taskChannelResource(sid)); err != nil {
		return routing.TaskChannel{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.TaskChannel, error) { return t.taskChannel(ctx, sid) })
}

// List returns one page of the task channels of a workspace, in the order of their SIDs.
func (s TaskChannels) List(ctx context.Context, workspaceSID string, limit int, continuation string) (Page[routing.TaskChannel], error) {
	if err := s.allow(ctx, ActionWorkspacesRead, workspaceResource(workspaceSID)); err != nil {
		return Page[routing.TaskChannel]{}, err
	}
	return listPage(ctx, s.scope, &taskChannels, inWorkspaceQuery(workspaceSID, limit, continuation), everything)
}

// TaskChannelUpdate is what is to change of a task channel. What is nil stays.
type TaskChannelUpdate struct {
	FriendlyName *string
}

// Update changes the name of a task channel.
//
// The error wraps ErrInvalid for what a task channel cannot have, ErrConflict if another one
// has the name.
func (s TaskChannels) Update(ctx context.Context, sid string, u TaskChannelUpdate) (routing.TaskChannel, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, taskChannelResource(sid)); err != nil {
		return routing.TaskChannel{}, err
	}
	var updated routing.TaskChannel
	err := s.do(ctx, func(t *turn) error {
		c, err := t.taskChannel(ctx, sid)
		if err != nil {
			return err
		}
		before := c.FriendlyName
		set(&c.FriendlyName, u.FriendlyName)
		c.UpdatedAt = t.now
		var wrong problems
		if err := errors.Join(wrong.check(c.Check()), wrong.err()); err != nil {
			return err
		}
		if err := t.rename(ctx, nameOfTaskChannel, c.WorkspaceSID, c.SID, before, c.FriendlyName, taskChannelResource); err != nil {
			return err
		}
		updated = *c
		return errors.Join(taskChannels.Put(t.Work, c), t.tellWorkspace(EventTaskChannelUpdated, taskChannelResource(c.SID), c.WorkspaceSID, c.FriendlyName))
	})
	if err != nil {
		return routing.TaskChannel{}, err
	}
	return updated, nil
}

// Delete removes a task channel, and soon those that workers have for it. It is refused for
// the one that is called default, and while tasks are on it that have not ended.
//
// The error wraps ErrRefused then, and says what needs it.
func (s TaskChannels) Delete(ctx context.Context, sid string) error {
	if err := s.allow(ctx, ActionWorkspacesManage, taskChannelResource(sid)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		c, err := t.taskChannel(ctx, sid)
		if err != nil {
			return err
		}
		resource := taskChannelResource(c.SID)
		if c.UniqueName == routing.DefaultTaskChannel {
			return inUse(resource, "it is that of tasks that name none", "")
		}
		if err := t.noLiveTasks(ctx, c.SID, resource, "on it"); err != nil {
			return err
		}
		w, err := t.workspace(ctx, c.WorkspaceSID)
		if err != nil {
			return err
		}
		w.TaskChannelSIDs = without(w.TaskChannelSIDs, c.SID)
		return errors.Join(t.dropTaskChannel(ctx, c.SID), workspaces.Put(t.Work, w), t.bringUpToDate(ctx, w.SID),
			t.tellWorkspace(EventTaskChannelDeleted, resource, w.SID, c.FriendlyName))
	})
}

// newTaskChannel adds a task channel to a workspace, which is to be written.
func (t *turn) newTaskChannel(ctx context.Context, w *storedWorkspace, c *routing.TaskChannel) error {
	c.SID, c.AccountSID, c.WorkspaceSID, c.CreatedAt, c.UpdatedAt = t.sid(routing.PrefixTaskChannel), w.AccountSID, w.SID, t.now, t.now
	var wrong problems
	if err := errors.Join(wrong.check(c.Check()), wrong.err()); err != nil {
		return err
	}
	err := errors.Join(t.rename(ctx, nameOfUnique, w.SID, c.SID, "", c.UniqueName, taskChannelResource),
		t.rename(ctx, nameOfTaskChannel, w.SID, c.SID, "", c.FriendlyName, taskChannelResource))
	if err != nil {
		return err
	}
	w.TaskChannelSIDs = with(w.TaskChannelSIDs, c.SID)
	return errors.Join(taskChannels.Insert(t.Work, c), t.tellWorkspace(EventTaskChannelCreated, taskChannelResource(c.SID), w.SID, c.FriendlyName))
}

// dropTaskChannel removes a task channel, its names, and what was counted on it.
func (t *turn) dropTaskChannel(ctx context.Context, sid string) error {
	c, err := t.taskChannel(ctx, sid)
	if err != nil {
		return err
	}
	return errors.Join(t.rename(ctx, nameOfUnique, c.WorkspaceSID, c.SID, c.UniqueName, "", taskChannelResource),
		t.rename(ctx, nameOfTaskChannel, c.WorkspaceSID, c.SID, c.FriendlyName, "", taskChannelResource),
		taskChannels.Delete(t.Work, c), dropCounts(ctx, t, &taskCounts, sid))
}
