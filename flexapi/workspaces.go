package flexapi

import (
	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// in says whether what was found is in the workspace that the path names.
func (c *call) in(workspaceSID string) error {
	named := c.PathValue("workspace")
	if !routing.PrefixWorkspace.Valid(named) || routing.PrefixWorkspace.Alike(named) != workspaceSID {
		return notFound(c.Request)
	}
	return nil
}

// workspaceIsThere says whether there is the workspace that the path names: a list in one that
// is not there would be empty.
func (c *call) workspaceIsThere() error {
	_, err := c.own.Workspaces.Get(c.Context(), c.PathValue("workspace"))
	return err
}

func listWorkspaces(c *call) (answer, error) {
	name := c.query.text("FriendlyName")
	return list(c, c.base.TaskRouter, "workspaces", called(name, func(name string) (routing.Workspace, error) {
		return c.eng.Workspaces.FindByName(c.Context(), name)
	}, func(limit int, continuation string) (engage.Page[routing.Workspace], error) {
		return c.eng.Workspaces.List(c.Context(), limit, continuation)
	}), func(w routing.Workspace) (routing.WorkspaceView, error) { return w.View(c.base), nil })
}

func createWorkspace(c *call) (answer, error) {
	f := &c.form
	w := engage.NewWorkspace{
		FriendlyName: f.needed("FriendlyName"), PrioritizeQueueOrder: choice(f, "PrioritizeQueueOrder", routing.TaskOrders()),
		SingleTask: !or(f.truth("MultiTaskEnabled"), true), EventCallbackURL: f.text("EventCallbackUrl"), EventsFilter: f.text("EventsFilter"),
	}
	if f.text("Template") != "NONE" {
		f.cannot("Template")
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	made, err := c.eng.Workspaces.Create(c.Context(), w)
	if err != nil {
		return answer{}, err
	}
	return created(made.View(c.base))
}

func getWorkspace(c *call) (answer, error) {
	w, err := c.eng.Workspaces.Get(c.Context(), c.PathValue("workspace"))
	if err != nil {
		return answer{}, err
	}
	return ok(w.View(c.base))
}

func updateWorkspace(c *call) (answer, error) {
	f := &c.form
	u := engage.WorkspaceUpdate{
		FriendlyName: f.textIf("FriendlyName"), PrioritizeQueueOrder: given(choice(f, "PrioritizeQueueOrder", routing.TaskOrders())),
		SingleTask: not(f.truth("MultiTaskEnabled")), EventCallbackURL: f.textIf("EventCallbackUrl"), EventsFilter: f.textIf("EventsFilter"),
		DefaultActivitySID: f.textIf("DefaultActivitySid"), TimeoutActivitySID: f.textIf("TimeoutActivitySid"),
	}
	if err := firstOf(f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	w, err := c.eng.Workspaces.Update(c.Context(), c.PathValue("workspace"), u)
	if err != nil {
		return answer{}, err
	}
	return ok(w.View(c.base))
}

func deleteWorkspace(c *call) (answer, error) {
	if err := c.unversioned(); err != nil {
		return answer{}, err
	}
	return gone(c.eng.Workspaces.Delete(c.Context(), c.PathValue("workspace")))
}
