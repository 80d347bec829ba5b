package engage

import (
	"context"
	"slices"
	"time"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Tasks are what is to be done by somebody: to talk to a customer, or anything else that a host
// has routed. A task goes through its workflow into a queue, is offered to a worker (see
// [Reservations]), and ends when that one is done with it; see [routing.TaskLifecycle] for all
// that can happen to it (TaskRouter's documentation, "Task Resource" and "Task lifecycle").
//
// The tasks of interactions are made by Flex, and end with their channels. What happens to one
// of them by a call of Tasks happens to its channel as well.
//
// There is no way to delete a task, as TaskRouter has one, nor is it deleted some time after its
// end, or because it was assigned for long: its interaction, its invite and its transfer show it,
// and a host looks up what has happened. Cancel withdraws its offers just as well.
//
// Who waits is looked after by jobs, which Engine.Run does: without it, nobody is offered
// anything.
type Tasks struct{ scope }

// NewTask is a task that is to be made. The zero NewTask is one for the only workflow of a
// workspace, on its default task channel.
type NewTask struct {
	// WorkflowSID may be empty if the workspace has one workflow only.
	WorkflowSID string
	// TaskChannel is the SID or the unique name of a task channel. Empty: "default".
	TaskChannel string
	// Attributes are what workflows and expressions go by: at most routing.MaxAttributes
	// characters of JSON.
	Attributes routing.Attributes
	// Priority is 0 to routing.MaxPriority, the highest first.
	Priority int
	// Timeout is its time to live in seconds, 1 to routing.MaxTaskTimeout: who has not been
	// accepted by then is canceled. 0: routing.DefaultTimeout.
	Timeout int
	// VirtualStart is since when it counts as waiting, not before 1900 and not in the future.
	// Zero: since now.
	VirtualStart time.Time
	// RoutingTarget is the SID of the worker, the queue or the workflow that it is for, and no
	// other. A task for a worker is offered to them whether they are in its queue or not; one for
	// a queue waits there until it expires, whatever its workflow says.
	RoutingTarget string
	// IgnoreCapacity has a task for a worker offered whatever else they do. Nil: true, as
	// TaskRouter has it; without effect on others.
	IgnoreCapacity *bool
	// QueueSID is the queue of a task that is for a worker; alone, it is a RoutingTarget.
	QueueSID string
}

// Create makes a task in a workspace, and sends it to where its workflow has it. One that is for
// nobody there, because no filter matches and there is no default filter, is canceled at once.
//
// The error wraps ErrInvalid for what a task cannot have, or what the workspace does not: all of
// it at once, in a [*routing.ProblemsError] by the names of TaskRouter's REST API.
func (s Tasks) Create(ctx context.Context, workspaceSID string, task NewTask) (routing.Task, error) {
	if err := s.allow(ctx, ActionTasksCreate, workspaceResource(workspaceSID)); err != nil {
		return routing.Task{}, err
	}
	spec := newTask{
		TaskRequest: routing.TaskRequest{
			WorkflowSID: task.WorkflowSID, QueueSID: task.QueueSID, TaskChannel: task.TaskChannel,
			Attributes: task.Attributes, Priority: task.Priority, Timeout: task.Timeout,
		},
		RoutingTarget: task.RoutingTarget, IgnoreCapacity: task.IgnoreCapacity, VirtualStart: task.VirtualStart.UTC().Round(0),
	}
	if routing.PrefixTaskChannel.Valid(task.TaskChannel) {
		spec.TaskChannelSID, spec.TaskChannel = task.TaskChannel, ""
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Task, error) {
		r, err := t.routedIn(ctx, workspaceSID)
		if err != nil {
			return nil, err
		}
		sid, err := t.addTask(ctx, r, spec)
		if err != nil {
			return nil, err
		}
		if err := t.keepRouted(ctx, r); err != nil {
			return nil, err
		}
		return &r.assignment(sid).Task, nil
	})
}

// Get returns a task.
func (s Tasks) Get(ctx context.Context, sid string) (routing.Task, error) {
	if err := s.allow(ctx, ActionTasksRead, taskResource(sid)); err != nil {
		return routing.Task{}, err
	}
	stored, err := read(ctx, s.scope, func(t *turn) (*storedTask, error) { return t.task(ctx, sid) })
	return stored.Task, err
}

// TaskFilter says which tasks to list: those of a workspace, of a queue, or of a channel of an
// interaction; exactly one of them is given.
type TaskFilter struct {
	WorkspaceSID string
	QueueSID     string
	ChannelSID   string
	// Status lists those in one state only. Of a queue or a channel, a page may then be short,
	// even empty, and yet have a continuation.
	Status       routing.TaskStatus
	Limit        int // 0: DefaultPage
	Continuation string
}

// List returns one page of tasks, the oldest first. Threads.List says what a page promises.
func (s Tasks) List(ctx context.Context, filter TaskFilter) (Page[routing.Task], error) {
	q := store.Query{Limit: filter.Limit, Cursor: filter.Continuation}
	about := Resource{}
	given := 0
	for _, of := range []struct {
		sid, index string
		prefix     routing.Prefix
		resource   Resource
	}{
		{filter.WorkspaceSID, byWorkspace, routing.PrefixWorkspace, workspaceResource(filter.WorkspaceSID)},
		{filter.QueueSID, byQueue, routing.PrefixQueue, queueResource(filter.QueueSID)},
		{filter.ChannelSID, byChannel, routing.PrefixChannel, channelResource(filter.ChannelSID)},
	} {
		if of.sid == "" {
			continue
		}
		given++
		about, q.Index, q.Prefix = of.resource, of.index, sidTerm(of.prefix, of.sid).String()
	}
	switch {
	case given != 1:
		return Page[routing.Task]{}, invalid("WorkspaceSID", "one of WorkspaceSID, QueueSID and ChannelSID is to be given")
	case filter.Status != "" && !slices.Contains(routing.TaskStatuses(), filter.Status):
		return Page[routing.Task]{}, invalid("Status", "is none that a task can have")
	case filter.Status != "" && filter.WorkspaceSID != "":
		q.Index, q.Prefix = byWorkspaceStatus, string(store.Tuple(q.Prefix).Text(string(filter.Status)))
	}
	if err := s.allow(ctx, ActionTasksRead, about); err != nil {
		return Page[routing.Task]{}, err
	}
	wanted := func(k *storedTask) bool { return filter.Status == "" || k.Status == filter.Status }
	return showPage(ctx, s.scope, &tasks, q, wanted, shownPart(func(k *storedTask) *routing.Task { return &k.Task }))
}

// TaskUpdate is what is to be changed of a task. What is nil stays as it is.
type TaskUpdate struct {
	Attributes *routing.Attributes // in place of all that it has
	Priority   *int
	// VirtualStart is since when it counts as waiting, not before 1900 and not in the future.
	VirtualStart *time.Time
	// IfVersion is the version of the task that the caller has seen; see [routing.Task]. Nil:
	// whatever it is.
	IfVersion *int64
}

// Update changes a task, in any state. One that waits comes to where it belongs now: with other
// attributes it enters its workflow again, as it is now; with another priority or start it only
// takes another place in its queue. Of one that is offered, the offers stay, and it does so if
// nobody accepts.
//
// The error wraps ErrConflict if the task is at another version than the caller has seen (412
// over HTTP), ErrInvalid for what a task cannot have.
func (s Tasks) Update(ctx context.Context, sid string, update TaskUpdate) (routing.Task, error) {
	return s.change(ctx, sid, update.IfVersion, "", func(t *turn, r *routed, task routing.Task) (routing.Assignment, error) {
		a := *r.assignment(task.SID)
		var wrong problems
		if update.Attributes != nil {
			read, err := checkAttributes(*update.Attributes)
			if err != nil {
				wrong.add("attributes", err.Error())
			}
			a.Task.Attributes = read
		}
		if update.Priority != nil {
			newTask{TaskRequest: routing.TaskRequest{Priority: *update.Priority}}.checkBounds(&wrong, t.now)
			a.Task.Priority = *update.Priority
		}
		if update.VirtualStart != nil {
			a.Task.VirtualStart = update.VirtualStart.UTC().Round(0)
			if a.Task.VirtualStart.IsZero() { // of a new task it says that it waits since now
				wrong.add("virtual_start_time", "is missing")
			}
			checkStart(&wrong, "virtual_start_time", a.Task.VirtualStart, t.now)
		}
		if err := wrong.err(); err != nil {
			return a, err
		}
		a, err := a.Happen(routing.TaskUpdates, routing.TaskChange{}, t.now)
		if err != nil || update.Attributes == nil {
			return a, err
		}
		return t.enterAgain(ctx, r, a)
	})
}

// enterAgain has a task go through its workflow from the beginning, as that is now: at once, or,
// if it is offered, once nobody has accepted it.
func (t *turn) enterAgain(ctx context.Context, r *routed, a routing.Assignment) (routing.Assignment, error) {
	draft := r.draft(a.Task.SID)
	if !draft.waits() {
		return a, nil
	}
	workflow, err := t.workflow(ctx, a.Task.WorkflowSID)
	if err != nil {
		return a, err
	}
	draft.ConfigurationVersion = workflow.Version
	if draft.Held || a.Task.Status == routing.TaskReserved {
		a.Task = a.Task.Again()
		return a, nil
	}
	return t.enter(ctx, a, draft.ConfigurationVersion)
}

// Ending says why a task ends.
type Ending struct {
	// Reason is needed to cancel a task; it is not looked at otherwise. It is at most
	// routing.MaxReason bytes of text: see [routing.CheckReason].
	Reason string
	// IfVersion is the version of the task that the caller has seen. Nil: whatever it is.
	IfVersion *int64
}

// Cancel cancels a task that nobody has accepted, and withdraws its offers. What was accepted can
// only be completed: the error wraps ErrRefused, and a [*routing.RefusedError] with the words
// of the platform.
func (s Tasks) Cancel(ctx context.Context, sid string, e Ending) (routing.Task, error) {
	return s.change(ctx, sid, e.IfVersion, "", func(t *turn, r *routed, task routing.Task) (routing.Assignment, error) {
		if err := problemsError(routing.CheckReason(e.Reason)); err != nil {
			return routing.Assignment{}, err
		}
		if err := t.askInstead(ctx, r, task.SID); err != nil {
			return routing.Assignment{}, err
		}
		return r.assignment(task.SID).Happen(routing.TaskCancels, routing.TaskChange{Reason: e.Reason}, t.now)
	})
}

// WrapUp says that the talk is over, and the worker finishes the work: it takes up their capacity
// still. A task that is wrapping stays as it is.
//
// It is the worker's to say, as of their reservation: see [Reservations]. The error wraps
// ErrRefused, with a [*routing.RefusedError], if nobody has accepted it or it has ended.
func (s Tasks) WrapUp(ctx context.Context, sid string, e Ending) (routing.Task, error) {
	return s.change(ctx, sid, e.IfVersion, routing.TaskWrapping, func(t *turn, r *routed, task routing.Task) (routing.Assignment, error) {
		if err := t.mayEnd(ctx, r, task.SID); err != nil {
			return routing.Assignment{}, err
		}
		return r.assignment(task.SID).Happen(routing.TaskWrapsUp, routing.TaskChange{}, t.now)
	})
}

// Completion says how a task was completed.
type Completion struct {
	// Reason is needed of a task; of a reservation or a participant it may be empty. It is at
	// most routing.MaxReason bytes of text: see [routing.CheckReason].
	Reason string
	// DispositionIDs are the categories that say what came of it, for the conversation of a task
	// of an interaction.
	DispositionIDs []string
	// IfVersion is the version that the caller has seen, of the task or the reservation that is
	// named. Nil: whatever it is.
	IfVersion *int64
}

// Complete says that a task is done. A task that is completed stays as it is, whatever is said of
// it now: to complete it twice does no harm.
//
// It is the worker's to say, as of their reservation: see [Reservations]. The error wraps
// ErrRefused, with a [*routing.RefusedError], if nobody has accepted it, it was canceled or the
// reason is missing; where a disposition is demanded, it may be that of Interventions.Close: see
// [Joins].
func (s Tasks) Complete(ctx context.Context, sid string, c Completion) (routing.Task, error) {
	return s.change(ctx, sid, c.IfVersion, routing.TaskCompleted, func(t *turn, r *routed, task routing.Task) (routing.Assignment, error) {
		if err := t.mayEnd(ctx, r, task.SID); err != nil {
			return routing.Assignment{}, err
		}
		if err := problemsError(routing.CheckReason(c.Reason)); err != nil {
			return routing.Assignment{}, err
		}
		r.dispositions[task.SID] = c.DispositionIDs
		return r.assignment(task.SID).Happen(routing.TaskCompletes, routing.TaskChange{Reason: c.Reason}, t.now)
	})
}

// mayEnd refuses to end the work of a worker on a task to who may not answer for them.
func (t *turn) mayEnd(ctx context.Context, r *routed, sid string) error {
	for _, is := range r.assignment(sid).Reservations {
		if is.Status == routing.ReservationAccepted || is.Status == routing.ReservationWrapping {
			return t.mayAnswer(ctx, r.reservations[is.SID])
		}
	}
	return nil
}

// change does something to a task, and all that follows from it. One that is already what it is
// to be stays as it is.
func (s Tasks) change(
	ctx context.Context, sid string, seen *int64, already routing.TaskStatus, do func(t *turn, r *routed, task routing.Task) (routing.Assignment, error),
) (routing.Task, error) {
	if err := s.allow(ctx, ActionTasksUpdate, taskResource(sid)); err != nil {
		return routing.Task{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Task, error) {
		task, err := t.task(ctx, sid)
		if err != nil {
			return nil, err
		}
		if task.Status == already {
			return &task.Task, nil
		}
		if err := ifVersion(seen, task.Version, taskResource(task.SID)); err != nil {
			return nil, err
		}
		r, err := t.routedTask(ctx, task.SID)
		if err != nil {
			return nil, err
		}
		a, err := do(t, r, task.Task)
		if err != nil {
			return nil, refusal(err, taskResource(task.SID))
		}
		if err := r.with(a, t.now); err != nil {
			return nil, err
		}
		if err := t.keepRouted(ctx, r); err != nil {
			return nil, err
		}
		return &r.assignment(task.SID).Task, nil
	})
}
