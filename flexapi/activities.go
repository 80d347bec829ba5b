package flexapi

import (
	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func (c *call) activity() (routing.Activity, error) {
	a, err := c.eng.Activities.Get(c.Context(), c.PathValue("activity"))
	return a, firstOf(err, c.in(a.WorkspaceSID))
}

func listActivities(c *call) (answer, error) {
	name, available := c.query.text("FriendlyName"), c.query.truth("Available")
	if err := c.workspaceIsThere(); err != nil {
		return answer{}, err
	}
	return list(c, c.base.TaskRouter, "activities", func(limit int, continuation string) (engage.Page[routing.Activity], error) {
		return only(c.eng.Activities.List(c.Context(), c.PathValue("workspace"), limit, continuation))(func(a routing.Activity) bool {
			return named(a.FriendlyName, name) && a.Available == or(available, a.Available)
		})
	}, func(a routing.Activity) (routing.ActivityView, error) { return a.View(c.base), nil })
}

func createActivity(c *call) (answer, error) {
	f := &c.form
	a := engage.NewActivity{FriendlyName: f.needed("FriendlyName"), Available: or(f.truth("Available"), false)}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	made, err := c.eng.Activities.Create(c.Context(), c.PathValue("workspace"), a)
	if err != nil {
		return answer{}, err
	}
	return created(made.View(c.base))
}

func getActivity(c *call) (answer, error) {
	a, err := c.activity()
	if err != nil {
		return answer{}, err
	}
	return ok(a.View(c.base))
}

func updateActivity(c *call) (answer, error) {
	f := &c.form
	if f.has("Available") {
		f.problem("Available", "cannot be changed: create another activity")
	}
	u := engage.ActivityUpdate{FriendlyName: f.textIf("FriendlyName")}
	a, err := c.activity()
	if err := firstOf(err, f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	if a, err = c.eng.Activities.Update(c.Context(), a.SID, u); err != nil {
		return answer{}, err
	}
	return ok(a.View(c.base))
}

func deleteActivity(c *call) (answer, error) {
	a, err := c.activity()
	if err := firstOf(err, c.unversioned()); err != nil {
		return answer{}, err
	}
	return gone(c.eng.Activities.Delete(c.Context(), a.SID))
}
