package flexapi

import (
	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func (c *call) workflow() (routing.Workflow, error) {
	w, err := c.eng.Workflows.Get(c.Context(), c.PathValue("workflow"))
	return w, firstOf(err, c.in(w.WorkspaceSID))
}

func listWorkflows(c *call) (answer, error) {
	name := c.query.text("FriendlyName")
	if err := c.workspaceIsThere(); err != nil {
		return answer{}, err
	}
	return list(c, c.base.TaskRouter, "workflows", called(name, func(name string) (routing.Workflow, error) {
		return c.eng.Workflows.FindByName(c.Context(), c.PathValue("workspace"), name)
	}, func(limit int, continuation string) (engage.Page[routing.Workflow], error) {
		return c.eng.Workflows.List(c.Context(), c.PathValue("workspace"), limit, continuation)
	}), func(w routing.Workflow) (routing.WorkflowView, error) { return w.View(c.base), nil })
}

func createWorkflow(c *call) (answer, error) {
	f := &c.form
	w := engage.NewWorkflow{
		FriendlyName: f.needed("FriendlyName"), Configuration: f.needed("Configuration"),
		ReservationTimeout:    or(f.number("TaskReservationTimeout", 1, routing.MaxReservationTimeout), 0),
		AssignmentCallbackURL: f.text("AssignmentCallbackUrl"), FallbackAssignmentCallbackURL: f.text("FallbackAssignmentCallbackUrl"),
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	made, err := c.eng.Workflows.Create(c.Context(), c.PathValue("workspace"), w)
	if err != nil {
		return answer{}, err
	}
	return created(made.View(c.base))
}

func getWorkflow(c *call) (answer, error) {
	w, err := c.workflow()
	if err != nil {
		return answer{}, err
	}
	return ok(w.View(c.base))
}

func updateWorkflow(c *call) (answer, error) {
	f := &c.form
	u := engage.WorkflowUpdate{
		FriendlyName: f.textIf("FriendlyName"), Configuration: f.textIf("Configuration"),
		ReservationTimeout:    f.number("TaskReservationTimeout", 1, routing.MaxReservationTimeout),
		AssignmentCallbackURL: f.textIf("AssignmentCallbackUrl"), FallbackAssignmentCallbackURL: f.textIf("FallbackAssignmentCallbackUrl"),
		ReEvaluateTasks: or(f.truth("ReEvaluateTasks"), false),
	}
	w, err := c.workflow()
	if err := firstOf(err, f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	if w, err = c.eng.Workflows.Update(c.Context(), w.SID, u); err != nil {
		return answer{}, err
	}
	return ok(w.View(c.base))
}

func deleteWorkflow(c *call) (answer, error) {
	w, err := c.workflow()
	if err := firstOf(err, c.unversioned()); err != nil {
		return answer{}, err
	}
	return gone(c.eng.Workflows.Delete(c.Context(), w.SID))
}
