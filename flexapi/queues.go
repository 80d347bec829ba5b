package flexapi

import (
	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func (c *call) queue() (routing.Queue, error) {
	q, err := c.eng.Queues.Get(c.Context(), c.PathValue("queue"))
	return q, firstOf(err, c.in(q.WorkspaceSID))
}

func listQueues(c *call) (answer, error) {
	name := c.query.text("FriendlyName")
	c.query.cannot("EvaluateWorkerAttributes", "WorkerSid", "Ordering")
	if err := c.workspaceIsThere(); err != nil {
		return answer{}, err
	}
	return list(c, c.base.TaskRouter, "task_queues", called(name, func(name string) (routing.Queue, error) {
		return c.eng.Queues.FindByName(c.Context(), c.PathValue("workspace"), name)
	}, func(limit int, continuation string) (engage.Page[routing.Queue], error) {
		return c.eng.Queues.List(c.Context(), c.PathValue("workspace"), limit, continuation)
	}), func(q routing.Queue) (routing.QueueView, error) { return q.View(c.base), nil })
}

func createQueue(c *call) (answer, error) {
	f := &c.form
	q := engage.NewQueue{
		FriendlyName: f.needed("FriendlyName"), TargetWorkers: f.text("TargetWorkers"),
		MaxReservedWorkers: or(f.number("MaxReservedWorkers", 1, routing.MaxReservedWorkers), 0), TaskOrder: choice(f, "TaskOrder", routing.TaskOrders()),
		ReservationActivitySID: f.text("ReservationActivitySid"), AssignmentActivitySID: f.text("AssignmentActivitySid"),
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	made, err := c.eng.Queues.Create(c.Context(), c.PathValue("workspace"), q)
	if err != nil {
		return answer{}, err
	}
	return created(made.View(c.base))
}

func getQueue(c *call) (answer, error) {
	q, err := c.queue()
	if err != nil {
		return answer{}, err
	}
	return ok(q.View(c.base))
}

func updateQueue(c *call) (answer, error) {
	f := &c.form
	u := engage.QueueUpdate{
		FriendlyName: f.textIf("FriendlyName"), TargetWorkers: f.textIf("TargetWorkers"),
		MaxReservedWorkers: f.number("MaxReservedWorkers", 1, routing.MaxReservedWorkers), TaskOrder: given(choice(f, "TaskOrder", routing.TaskOrders())),
		ReservationActivitySID: f.textIf("ReservationActivitySid"), AssignmentActivitySID: f.textIf("AssignmentActivitySid"),
	}
	q, err := c.queue()
	if err := firstOf(err, f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	if q, err = c.eng.Queues.Update(c.Context(), q.SID, u); err != nil {
		return answer{}, err
	}
	return ok(q.View(c.base))
}

func deleteQueue(c *call) (answer, error) {
	q, err := c.queue()
	if err := firstOf(err, c.unversioned()); err != nil {
		return answer{}, err
	}
	return gone(c.eng.Queues.Delete(c.Context(), q.SID))
}
