package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Workspaces keeps what belongs together in routing: workers, the queues and workflows that
// bring them tasks, and what these are made of (TaskRouter's documentation, "Workspaces").
// A tenant may have several; nothing in one knows of another.
type Workspaces struct{ scope }

// What there can be at most in a workspace, so that what there is of it is read at once, and
// whatever changes for two workers at a time fits into one commit: each stands ready once for
// each crew and task channel.
const (
	MaxActivities   = 100
	MaxTaskChannels = 10
	MaxQueues       = 1_000
	MaxWorkflows    = 1_000
	// MaxCrews is how many different expressions its queues can have, and MaxExpressions
	// how many bytes they can come to.
	MaxCrews       = 200
	MaxExpressions = 1 << 20
)

// maxURL and maxEventsFilter are how long these can be, in bytes.
const (
	maxURL          = 2_048
	maxEventsFilter = 4_096
)

// NewWorkspace is a workspace to be created.
type NewWorkspace struct {
	// FriendlyName is unique in the tenant, whatever the case; up to 64 characters.
	FriendlyName string
	// PrioritizeQueueOrder says in which order the queues are looked at for a worker who
	// can take from several. Empty: FIFO.
	PrioritizeQueueOrder routing.TaskOrder
	// SingleTask lets a worker have one task at a time only, whatever their capacities.
	SingleTask bool
	// EventCallbackURL and EventsFilter are kept and shown; events come by Engine.Events.
	EventCallbackURL string
	EventsFilter     string
	// Joins switch off what routing does to conversations.
	Joins Joins
}

// Create makes a workspace with what one of Flex begins with: the activities Offline,
// Available, Unavailable and Break, and the task channels default, voice, chat, sms and
// video. New workers are Offline, and so are those who let the time to answer go by.
//
// The error wraps ErrInvalid for what a workspace cannot have, ErrConflict if another one
// has the name.
func (s Workspaces) Create(ctx context.Context, n NewWorkspace) (routing.Workspace, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, workspaceResource("")); err != nil {
		return routing.Workspace{}, err
	}
	var created routing.Workspace
	err := s.do(ctx, func(t *turn) error {
		if n.PrioritizeQueueOrder == "" {
			n.PrioritizeQueueOrder = routing.FIFO
		}
		w := &storedWorkspace{Joins: n.Joins, Workspace: routing.Workspace{
			SID: t.sid(routing.PrefixWorkspace), AccountSID: t.accountSID(), FriendlyName: n.FriendlyName,
			PrioritizeQueueOrder: n.PrioritizeQueueOrder, MultiTask: !n.SingleTask,
			EventCallbackURL: n.EventCallbackURL, EventsFilter: n.EventsFilter, CreatedAt: t.now, UpdatedAt: t.now,
		}}
		if err := checkWorkspace(w); err != nil {
			return err
		}
		if err := t.rename(ctx, nameOfWorkspace, "", w.SID, "", w.FriendlyName, workspaceResource); err != nil {
			return err
		}
		for _, a := range routing.DefaultActivities() {
			if err := t.newActivity(ctx, w, &a); err != nil {
				return err
			}
			if w.DefaultActivitySID == "" { // the first one is Offline
				w.DefaultActivitySID, w.TimeoutActivitySID = a.SID, a.SID
			}
		}
		for _, name := range routing.DefaultTaskChannels() {
			if err := t.newTaskChannel(ctx, w, &routing.TaskChannel{FriendlyName: name, UniqueName: name}); err != nil {
				return err
			}
		}
		err := errors.Join(workspaces.Insert(t.Work, w), crews.Insert(t.Work, &storedCrews{WorkspaceSID: w.SID}),
			t.tellWorkspace(EventWorkspaceCreated, workspaceResource(w.SID), w.SID, w.FriendlyName))
		if err != nil {
			return err
		}
		return showWorkspace(ctx, t, w, &created)
	})
	if err != nil {
		return routing.Workspace{}, err
	}
	return created, nil
}

// Get returns a workspace.
func (s Workspaces) Get(ctx context.Context, sid string) (routing.Workspace, error) {
	if err := s.allow(ctx, ActionWorkspacesRead, workspaceResource(sid)); err != nil {
		return routing.Workspace{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Workspace, error) { return t.shownWorkspace(ctx, sid) })
}

// shownWorkspace reads a workspace as it is shown.
func (t *turn) shownWorkspace(ctx context.Context, sid string) (*routing.Workspace, error) {
	w, err := t.workspace(ctx, sid)
	if err != nil {
		return nil, err
	}
	shown := &routing.Workspace{}
	return shown, showWorkspace(ctx, t, w, shown)
}

// List returns one page of workspaces, in the order of their SIDs.
func (s Workspaces) List(ctx context.Context, limit int, continuation string) (Page[routing.Workspace], error) {
	if err := s.allow(ctx, ActionWorkspacesRead, workspaceResource("")); err != nil {
		return Page[routing.Workspace]{}, err
	}
	return showPage(ctx, s.scope, &workspaces, store.Query{Limit: limit, Cursor: continuation}, everything, showWorkspace)
}

// WorkspaceUpdate is what is to change of a workspace. What is nil stays.
type WorkspaceUpdate struct {
	FriendlyName         *string
	PrioritizeQueueOrder *routing.TaskOrder
	SingleTask           *bool
	DefaultActivitySID   *string
	TimeoutActivitySID   *string
	EventCallbackURL     *string
	EventsFilter         *string
	Joins                *Joins
}

// Update changes a workspace. Whether workers can have several tasks at a time is soon known
// of all of them: a job goes through them.
//
// The error wraps ErrInvalid for what a workspace cannot have, ErrConflict if another one
// has the name.
func (s Workspaces) Update(ctx context.Context, sid string, u WorkspaceUpdate) (routing.Workspace, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, workspaceResource(sid)); err != nil {
		return routing.Workspace{}, err
	}
	var updated routing.Workspace
	err := s.do(ctx, func(t *turn) error {
		w, err := t.workspace(ctx, sid)
		if err != nil {
			return err
		}
		before := w.Workspace
		set(&w.FriendlyName, u.FriendlyName)
		set(&w.PrioritizeQueueOrder, u.PrioritizeQueueOrder)
		set(&w.EventCallbackURL, u.EventCallbackURL)
		set(&w.EventsFilter, u.EventsFilter)
		set(&w.Joins, u.Joins)
		set(&w.DefaultActivitySID, u.DefaultActivitySID)
		set(&w.TimeoutActivitySID, u.TimeoutActivitySID)
		if u.SingleTask != nil {
			w.MultiTask = !*u.SingleTask
		}
		w.UpdatedAt = t.now
		var wrong problems
		if err := wrong.check(checkWorkspace(w)); err != nil {
			return err
		}
		if err := t.namedActivity(ctx, &wrong, "default_activity_sid", w.SID, &w.DefaultActivitySID); err != nil {
			return err
		}
		if err := t.namedActivity(ctx, &wrong, "timeout_activity_sid", w.SID, &w.TimeoutActivitySID); err != nil {
			return err
		}
		if err := wrong.err(); err != nil {
			return err
		}
		if err := t.rename(ctx, nameOfWorkspace, "", w.SID, before.FriendlyName, w.FriendlyName, workspaceResource); err != nil {
			return err
		}
		if before.MultiTask != w.MultiTask {
			if err := t.bringUpToDate(ctx, w.SID); err != nil {
				return err
			}
		}
		err = errors.Join(workspaces.Put(t.Work, w), t.tellWorkspace(EventWorkspaceUpdated, workspaceResource(w.SID), w.SID, w.FriendlyName))
		if err != nil {
			return err
		}
		return showWorkspace(ctx, t, w, &updated)
	})
	if err != nil {
		return routing.Workspace{}, err
	}
	return updated, nil
}

// Delete removes a workspace with its activities and task channels. It is refused while
// there are queues, workflows or workers in it, and so tasks that have not ended.
//
// The error wraps ErrRefused then, and says what needs it.
func (s Workspaces) Delete(ctx context.Context, sid string) error {
	if err := s.allow(ctx, ActionWorkspacesManage, workspaceResource(sid)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		w, err := t.workspace(ctx, sid)
		if err != nil {
			return err
		}
		c, err := t.crewsOf(ctx, w.SID)
		if err != nil {
			return err
		}
		resource := workspaceResource(w.SID)
		if len(w.WorkflowSIDs) > 0 {
			return inUse(resource, "it has the workflow "+w.WorkflowSIDs[0], "delete its workflows")
		}
		for _, crew := range c.Crews {
			if len(crew.QueueSIDs) > 0 {
				return inUse(resource, "it has the queue "+crew.QueueSIDs[0], "delete its queues")
			}
		}
		facts, err := t.crewCounts(ctx, w.SID)
		if err != nil {
			return err
		}
		if len(facts.ByActivity) > 0 {
			return inUse(resource, "it has workers", "delete its workers")
		}
		if err := t.liveChannelOf(ctx, w.SID); err != nil {
			return err
		}
		for _, sid := range w.ActivitySIDs {
			if err := t.dropActivity(ctx, sid); err != nil {
				return err
			}
		}
		for _, sid := range w.TaskChannelSIDs {
			if err := t.dropTaskChannel(ctx, sid); err != nil {
				return err
			}
		}
		if c.Job != "" {
			if err := t.withdraw(ctx, c.Job); err != nil {
				return err
			}
		}
		for _, of := range append(crewIDs(c), w.SID) {
			if err := dropCounts(ctx, t, &workerCounts, of); err != nil {
				return err
			}
		}
		return errors.Join(t.rename(ctx, nameOfWorkspace, "", w.SID, w.FriendlyName, "", workspaceResource),
			workspaces.Delete(t.Work, w), crews.Delete(t.Work, c),
			t.tellWorkspace(EventWorkspaceDeleted, resource, w.SID, w.FriendlyName))
	})
}

// checkWorkspace says what is wrong with a workspace.
func checkWorkspace(w *storedWorkspace) error {
	var wrong problems
	if err := wrong.check(w.Check()); err != nil {
		return err
	}
	wrong.text("event_callback_url", w.EventCallbackURL, maxURL)
	wrong.text("events_filter", w.EventsFilter, maxEventsFilter)
	return wrong.err()
}

// showWorkspace returns what is shown of a workspace: with the names that its activities
// have now.
func showWorkspace(ctx context.Context, t *turn, w *storedWorkspace, shown *routing.Workspace) (err error) {
	*shown = w.Workspace
	if shown.DefaultActivityName, err = t.activityName(ctx, w.DefaultActivitySID); err != nil {
		return err
	}
	shown.TimeoutActivityName, err = t.activityName(ctx, w.TimeoutActivitySID)
	return err
}

// accountSID is the account that all of the tenant belongs to.
func (t *turn) accountSID() string {
	if sid := t.core.opts.AccountSID; sid != "" {
		return sid
	}
	return routing.PrefixAccount.Of(digits(t.core.opts.Tenant))
}

// tellWorkspace tells of a workspace, or of what is in it.
func (t *turn) tellWorkspace(typ EventType, resource Resource, workspaceSID, name string) error {
	return t.emit(typ, resource, WorkspaceEvent{WorkspaceSID: workspaceSID, FriendlyName: name})
}

// set changes a value, if there is another one.
func set[T any](v, to *T) {
	if to != nil {
		*v = *to
	}
}

// liveChannelOf refuses to let a workspace go that has a live channel, such as one that rests.
// Whoever creates one reads the workspace; and none that rests comes back without a workflow.
func (t *turn) liveChannelOf(ctx context.Context, workspaceSID string) error {
	for _, status := range routing.ChannelStatuses() {
		if !status.Live() {
			continue
		}
		found, _, err := flexChannels.Find(ctx, t.Work, store.Query{Index: byWorkspaceStatus, Prefix: idTerm(workspaceSID).Text(string(status)).String(), Limit: 1})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			return inUse(workspaceResource(workspaceSID), "it has the live channel "+found[0].SID, "close its channels")
		}
	}
	return nil
}
