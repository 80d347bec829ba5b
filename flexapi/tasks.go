package flexapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func (c *call) task() (routing.Task, error) {
	t, err := c.eng.Tasks.Get(c.Context(), c.PathValue("task"))
	return t, firstOf(err, c.in(t.WorkspaceSID))
}

// viewTask returns what is shown of a task.
func (c *call) viewTask(t routing.Task) (routing.TaskView, error) {
	n, err := c.names.of(c.Context(), t)
	return t.View(c.base, n, c.now), err
}

// showTask answers with a task, and with its version.
func (c *call) showTask(status int, t routing.Task) (answer, error) {
	view, err := c.viewTask(t)
	return answer{status: status, body: view, version: &t.Version}, err
}

func listTasks(c *call) (answer, error) {
	q := &c.query
	q.cannot("EvaluateTaskAttributes", "Ordering")
	if or(q.truth("HasAddons"), false) {
		q.cannot("HasAddons")
	}
	statuses := q.statuses("AssignmentStatus")
	filter := engage.TaskFilter{WorkspaceSID: c.PathValue("workspace")}
	if len(statuses) == 1 {
		filter.Status = statuses[0]
	}
	priority, target := q.number("Priority", 0, routing.MaxPriority), q.text("RoutingTarget")
	workflow, queue := q.text("WorkflowSid"), q.text("TaskQueueSid")
	workflowName, queueName := q.text("WorkflowName"), q.text("TaskQueueName")
	if queue != "" {
		filter.WorkspaceSID, filter.QueueSID = "", queue
	}
	if err := c.workspaceIsThere(); err != nil {
		return answer{}, err
	}
	return list(c, c.base.TaskRouter, "tasks", func(limit int, continuation string) (engage.Page[routing.TaskView], error) {
		filter.Limit, filter.Continuation = limit, continuation
		page, err := c.eng.Tasks.List(c.Context(), filter)
		shown := engage.Page[routing.TaskView]{Continuation: page.Continuation}
		for _, t := range page.Items {
			if c.in(t.WorkspaceSID) != nil || len(statuses) > 0 && !slices.Contains(statuses, t.Status) || t.Priority != or(priority, t.Priority) ||
				target != "" && !strings.EqualFold(t.RoutingTarget, target) ||
				workflow != "" && !strings.EqualFold(t.WorkflowSID, workflow) {
				continue
			}
			view, err := c.viewTask(t)
			if err != nil {
				return shown, err
			}
			if named(view.WorkflowFriendlyName, workflowName) && named(or(view.TaskQueueFriendlyName, ""), queueName) {
				shown.Items = append(shown.Items, view)
			}
		}
		return shown, err
	}, func(v routing.TaskView) (routing.TaskView, error) { return v, nil })
}

// statuses returns the states of tasks that a list is to have; none: all.
func (p *params) statuses(name string) []routing.TaskStatus {
	var all []routing.TaskStatus
	for _, given := range p.values[name] {
		for text := range strings.SplitSeq(given, ",") {
			status := routing.TaskStatus(strings.TrimSpace(text))
			if !slices.Contains(routing.TaskStatuses(), status) {
				p.problem(name, "must be of pending, reserved, assigned, wrapping, completed, canceled")
				return nil
			}
			all = append(all, status)
		}
	}
	return all
}

func createTask(c *call) (answer, error) {
	f := &c.form
	t := engage.NewTask{
		WorkflowSID: f.text("WorkflowSid"), TaskChannel: f.text("TaskChannel"), Attributes: or(f.attributes(), nil),
		Priority: or(f.number("Priority", 0, routing.MaxPriority), 0), Timeout: or(f.number("Timeout", 1, routing.MaxTaskTimeout), 0),
		RoutingTarget: f.text("RoutingTarget"), IgnoreCapacity: f.truth("IgnoreCapacity"), QueueSID: f.text("TaskQueueSid"),
	}
	if start := f.time("VirtualStartTime"); start != nil {
		t.VirtualStart = *start
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	made, err := c.eng.Tasks.Create(c.Context(), c.PathValue("workspace"), t)
	if err != nil {
		return answer{}, err
	}
	return c.showTask(http.StatusCreated, made)
}

func getTask(c *call) (answer, error) {
	t, err := c.task()
	if err != nil {
		return answer{}, err
	}
	return c.showTask(http.StatusOK, t)
}

// updateTask changes what is said of a task, or its state: never both, as the platform has
// it (TaskRouter's documentation, "Update a Task").
func updateTask(c *call) (answer, error) {
	f := &c.form
	f.cannot("TaskChannel")
	seen, other := c.seen()
	u := engage.TaskUpdate{
		Attributes: f.attributes(), Priority: f.number("Priority", 0, routing.MaxPriority), VirtualStart: f.time("VirtualStartTime"), IfVersion: seen,
	}
	reason, status := f.text("Reason"), routing.TaskStatus(f.text("AssignmentStatus"))
	var change func(sid string) (routing.Task, error)
	switch status {
	case "":
		change = func(sid string) (routing.Task, error) { return c.eng.Tasks.Update(c.Context(), sid, u) }
	case routing.TaskCanceled:
		change = func(sid string) (routing.Task, error) {
			return c.eng.Tasks.Cancel(c.Context(), sid, engage.Ending{Reason: reason, IfVersion: seen})
		}
	case routing.TaskWrapping:
		change = func(sid string) (routing.Task, error) {
			return c.eng.Tasks.WrapUp(c.Context(), sid, engage.Ending{Reason: reason, IfVersion: seen})
		}
	case routing.TaskCompleted:
		change = func(sid string) (routing.Task, error) {
			return c.eng.Tasks.Complete(c.Context(), sid, engage.Completion{Reason: reason, DispositionIDs: f.values["DispositionId"], IfVersion: seen})
		}
	case routing.TaskPending, routing.TaskReserved, routing.TaskAssigned:
		f.problem("AssignmentStatus", "must be canceled, wrapping or completed: what becomes of a reservation is said to that")
	default:
		f.problem("AssignmentStatus", "must be canceled, wrapping or completed")
	}
	if status != "" && (u.Attributes != nil || u.Priority != nil || u.VirtualStart != nil) {
		f.problem("AssignmentStatus", "cannot be changed together with Attributes, Priority or VirtualStartTime: make two requests")
	}
	t, err := c.task()
	if err := firstOf(err, f.err(), other); err != nil {
		return answer{}, err
	}
	if t, err = change(t.SID); err != nil {
		return answer{}, err
	}
	return c.showTask(http.StatusOK, t)
}
