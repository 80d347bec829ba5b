package engage

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// newTask is a task that is to be made.
type newTask struct {
	routing.TaskRequest

	// Path is where it stands in a request, such as "routing.properties"; empty: it is the
	// request.
	Path string
	// SID is the task's, if it was minted before.
	SID string
	// InteractionSID, ChannelSID and InviteSID are what it is for.
	InteractionSID, ChannelSID, InviteSID string
	// RoutingTarget is the worker, queue or workflow that it is for; see [NewTask].
	RoutingTarget string
	// IgnoreCapacity lets its worker be offered it whatever else they do. Nil: true.
	IgnoreCapacity *bool
	VirtualStart   time.Time // since when it has been waiting; zero: since now
	Held           bool      // it is routed once it is released
	Accept         bool      // it is accepted as soon as it is offered
}

// routedIn returns what a workspace has of tasks before there is one: what begins with a new
// task.
func (t *turn) routedIn(ctx context.Context, workspaceSID string) (*routed, error) {
	r := newRouted()
	var err error
	r.workspace, err = t.workspace(ctx, workspaceSID)
	return r, err
}

// addTask makes a task, and adds it to r, which has its workspace, and its channel if it is of
// one: the one way in which tasks are made. It is in its queue at once, unless it is held.
//
// Whom it is for: the worker that is named (worker_sid), and nobody else, whether they are in
// the queue or not; else the queue that is named (queue_sid), without going through the
// workflow; else whoever the workflow finds. All that is wrong comes at once, in an
// [*InvalidError] of a [*routing.ProblemsError].
func (t *turn) addTask(ctx context.Context, r *routed, spec newTask) (sid string, err error) {
	var wrong problems
	task := routing.Task{
		SID: cmp.Or(spec.SID, t.sid(routing.PrefixTask)), AccountSID: r.workspace.AccountSID, WorkspaceSID: r.workspace.SID,
		InteractionSID: spec.InteractionSID, ChannelSID: spec.ChannelSID, InviteSID: spec.InviteSID,
		Priority: spec.Priority, Timeout: spec.Timeout, VirtualStart: spec.VirtualStart,
	}
	if task.Attributes, err = checkAttributes(spec.Attributes); err != nil {
		wrong.add(spec.at("attributes"), err.Error())
	}
	spec.checkBounds(&wrong, t.now)
	if err := t.aim(ctx, r, &task, spec, &wrong); err != nil {
		return "", err
	}
	workflow, err := t.workflowFor(ctx, r, &task, spec, &wrong)
	if err != nil {
		return "", err
	}
	if err := t.taskChannelFor(ctx, &task, spec, &wrong); err != nil {
		return "", err
	}
	if err := wrong.err(); err != nil {
		return "", err
	}
	a, err := routing.Assignment{Task: task}.Happen(routing.TaskStarts, routing.TaskChange{}, t.now)
	if err != nil {
		return "", err
	}
	if task.QueueSID != "" { // it is there from the beginning
		a.Task.QueueEnteredAt = t.now
		a.Happenings = append(a.Happenings, routing.Happening{Type: string(EventTaskQueueEntered), SID: task.QueueSID})
	}
	draft := r.draft(task.SID)
	draft.ConfigurationVersion, draft.Held, draft.Accept = workflow.Version, spec.Held, spec.Accept
	if !spec.Held {
		if a, err = t.enter(ctx, a, workflow.Version); err != nil {
			return "", err
		}
	}
	return task.SID, r.with(a, t.now)
}

// release lets a task be routed that was held, now that its channel is set up. One that has
// ended meanwhile, or was never held, stays as it is.
func (t *turn) release(ctx context.Context, r *routed, sid string) error {
	draft := r.draft(sid)
	if !draft.Held || r.assignment(sid).Task.Status != routing.TaskPending {
		return nil
	}
	draft.Held = false
	a, err := t.enter(ctx, *r.assignment(sid), draft.ConfigurationVersion)
	if err != nil {
		return err
	}
	return r.with(a, t.now)
}

// enter sends a task to where its workflow has it first: from the beginning, whatever was so
// before. If it is for nobody, it ends.
func (t *turn) enter(ctx context.Context, a routing.Assignment, version int64) (routing.Assignment, error) {
	configuration, err := t.configuration(ctx, a.Task.WorkflowSID, version)
	if err != nil {
		return a, err
	}
	a.Task = a.Task.Again()
	return a.Follow(configuration.Advance(a.Task, routing.Tried{}, t.now), t.now)
}

// at is where a field of the task stands in the request.
func (n newTask) at(field string) string {
	if n.Path == "" {
		return field
	}
	return n.Path + "." + field
}

// firstStart is the earliest virtual start (TaskRouter's documentation, "Task Resource").
var firstStart = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)

// checkBounds looks at what can be looked at without the store.
func (n newTask) checkBounds(wrong *problems, now time.Time) {
	if n.Priority < 0 || n.Priority > routing.MaxPriority {
		wrong.add(n.at("priority"), "must be 0 to 2147483647")
	}
	if n.Timeout < 0 || n.Timeout > routing.MaxTaskTimeout {
		wrong.add(n.at("timeout"), "must be 1 to 1209600, or 0 for the default of 86400")
	}
	checkStart(wrong, n.at("virtual_start_time"), n.VirtualStart, now)
}

// checkStart looks at since when a task is to have been waiting.
func checkStart(wrong *problems, path string, start, now time.Time) {
	switch {
	case start.IsZero():
	case start.After(now):
		wrong.add(path, "must not be in the future")
	case start.Before(firstStart):
		wrong.add(path, "must not be before 1900")
	}
}

// checkAttributes returns the attributes of a task as they are kept, and says what is wrong
// with them.
func checkAttributes(a routing.Attributes) (routing.Attributes, error) {
	text, err := a.MarshalJSON()
	if err != nil {
		return nil, errors.New("are not JSON")
	}
	read, err := routing.ParseAttributes(text)
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "attributes: "))
	}
	return read, nil
}

// aim finds out whom the task is for, other than by its workflow.
func (t *turn) aim(ctx context.Context, r *routed, task *routing.Task, spec newTask, wrong *problems) error {
	if routing.PrefixQueue.Valid(spec.QueueSID) {
		spec.QueueSID = routing.PrefixQueue.Alike(spec.QueueSID)
	}
	target, path := spec.RoutingTarget, spec.at("routing_target")
	switch {
	case target != "":
	case spec.WorkerSID != "":
		target, path = spec.WorkerSID, spec.at("worker_sid")
	case spec.QueueSID != "":
		target, path = spec.QueueSID, spec.at("queue_sid")
	}
	if spec.QueueSID != "" && spec.QueueSID != target {
		_, err := t.queueIn(ctx, r.workspace.SID, spec.QueueSID)
		if err := wrong.exists(spec.at("queue_sid"), "queue", spec.QueueSID, err); err != nil {
			return err
		}
	}
	var err error
	switch {
	case target == "":
		return nil
	case routing.PrefixWorker.Valid(target):
		var w *storedWorker
		if w, err = t.workerIn(ctx, r.workspace.SID, target); err == nil {
			task.RoutingTarget, task.QueueSID = w.SID, spec.QueueSID
			task.IgnoreCapacity = spec.IgnoreCapacity == nil || *spec.IgnoreCapacity
		}
	case routing.PrefixQueue.Valid(target):
		var queue *storedQueue
		if queue, err = t.queueIn(ctx, r.workspace.SID, target); err == nil {
			task.RoutingTarget = queue.SID
		}
		if spec.QueueSID != "" && err == nil && spec.QueueSID != queue.SID {
			wrong.add(spec.at("queue_sid"), "is not the queue of routing_target")
		}
	case routing.PrefixWorkflow.Valid(target):
		var workflow *storedWorkflow
		if workflow, err = t.workflowIn(ctx, r.workspace.SID, target); err == nil {
			task.RoutingTarget = workflow.SID
		}
		if spec.QueueSID != "" {
			wrong.add(spec.at("queue_sid"), "cannot be said of a task that is for a workflow, which says the queue")
		}
	default:
		wrong.add(path, "must be the SID of a worker, a queue or a workflow")
	}
	return wrong.exists(path, "such thing as", target, err)
}

// workflowFor finds the workflow of the task: the one that is named, or the only one that there
// is.
func (t *turn) workflowFor(ctx context.Context, r *routed, task *routing.Task, spec newTask, wrong *problems) (*storedWorkflow, error) {
	sid, path := spec.WorkflowSID, spec.at("workflow_sid")
	switch {
	case routing.PrefixWorkflow.Valid(task.RoutingTarget):
		if sid != "" && (!routing.PrefixWorkflow.Valid(sid) || routing.PrefixWorkflow.Alike(sid) != task.RoutingTarget) {
			wrong.add(path, "is not the workflow of routing_target")
		}
		sid = task.RoutingTarget
	case sid == "" && len(r.workspace.WorkflowSIDs) == 1:
		sid = r.workspace.WorkflowSIDs[0]
	case sid == "":
		wrong.add(path, "is missing: it is needed unless the workspace has one workflow only")
		return nil, nil //nolint:nilnil // what is wrong is noted
	}
	workflow, err := t.workflowIn(ctx, r.workspace.SID, sid)
	if err != nil {
		return nil, wrong.exists(path, "workflow", sid, err)
	}
	task.WorkflowSID = workflow.SID
	return workflow, nil
}

// taskChannelFor finds the task channel: by its SID, or by its unique name.
func (t *turn) taskChannelFor(ctx context.Context, task *routing.Task, spec newTask, wrong *problems) error {
	sid, path := spec.TaskChannelSID, spec.at("task_channel_sid")
	if sid == "" {
		path = spec.at("task_channel_unique_name")
		var err error
		if sid, err = t.routingName(ctx, nameOfUnique, task.WorkspaceSID, cmp.Or(spec.TaskChannel, routing.DefaultTaskChannel)); err != nil {
			return err
		}
	}
	c, err := t.taskChannel(ctx, sid)
	if err == nil && c.WorkspaceSID != task.WorkspaceSID {
		err = &NotFoundError{Resource: taskChannelResource(sid)}
	}
	if err != nil {
		return wrong.exists(path, "task channel", cmp.Or(spec.TaskChannelSID, spec.TaskChannel, routing.DefaultTaskChannel), err)
	}
	task.TaskChannelSID = c.SID
	if name := spec.TaskChannel; spec.TaskChannelSID != "" && name != "" && !routing.SameName(name, c.UniqueName) {
		wrong.add(spec.at("task_channel_unique_name"), "is not the name of task_channel_sid")
	}
	return nil
}

// queueIn, workerIn and workflowIn read what must be in a workspace.

func (t *turn) queueIn(ctx context.Context, workspaceSID, sid string) (*storedQueue, error) {
	q, err := t.queue(ctx, sid)
	if err == nil && q.WorkspaceSID != workspaceSID {
		return nil, &NotFoundError{Resource: queueResource(sid)}
	}
	return q, err
}

func (t *turn) workerIn(ctx context.Context, workspaceSID, sid string) (*storedWorker, error) {
	w, err := t.worker(ctx, sid)
	if err == nil && w.WorkspaceSID != workspaceSID {
		return nil, &NotFoundError{Resource: workerResource(sid)}
	}
	return w, err
}

func (t *turn) workflowIn(ctx context.Context, workspaceSID, sid string) (*storedWorkflow, error) {
	w, err := t.sharedWorkflow(ctx, sid)
	if err == nil && w.WorkspaceSID != workspaceSID {
		return nil, &NotFoundError{Resource: workflowResource(sid)}
	}
	return w, err
}
