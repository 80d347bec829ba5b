package flexapi

import (
	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func (c *call) taskChannel() (routing.TaskChannel, error) {
	t, err := c.eng.TaskChannels.Get(c.Context(), c.PathValue("task_channel"))
	return t, firstOf(err, c.in(t.WorkspaceSID))
}

func listTaskChannels(c *call) (answer, error) {
	if err := c.workspaceIsThere(); err != nil {
		return answer{}, err
	}
	return list(c, c.base.TaskRouter, "channels", func(limit int, continuation string) (engage.Page[routing.TaskChannel], error) {
		return c.eng.TaskChannels.List(c.Context(), c.PathValue("workspace"), limit, continuation)
	}, func(t routing.TaskChannel) (routing.TaskChannelView, error) { return t.View(c.base), nil })
}

func createTaskChannel(c *call) (answer, error) {
	f := &c.form
	t := engage.NewTaskChannel{
		FriendlyName: f.needed("FriendlyName"), UniqueName: f.needed("UniqueName"),
	}
	f.notOptimized()
	if err := f.err(); err != nil {
		return answer{}, err
	}
	made, err := c.eng.TaskChannels.Create(c.Context(), c.PathValue("workspace"), t)
	if err != nil {
		return answer{}, err
	}
	return created(made.View(c.base))
}

func getTaskChannel(c *call) (answer, error) {
	t, err := c.taskChannel()
	if err != nil {
		return answer{}, err
	}
	return ok(t.View(c.base))
}

func updateTaskChannel(c *call) (answer, error) {
	f := &c.form
	u := engage.TaskChannelUpdate{FriendlyName: f.textIf("FriendlyName")}
	f.notOptimized()
	t, err := c.taskChannel()
	if err := firstOf(err, f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	if t, err = c.eng.TaskChannels.Update(c.Context(), t.SID, u); err != nil {
		return answer{}, err
	}
	return ok(t.View(c.base))
}

func deleteTaskChannel(c *call) (answer, error) {
	t, err := c.taskChannel()
	if err := firstOf(err, c.unversioned()); err != nil {
		return answer{}, err
	}
	return gone(c.eng.TaskChannels.Delete(c.Context(), t.SID))
}

// notOptimized refuses what the Engine has not got: to prefer workers with the most room.
func (p *params) notOptimized() {
	if or(p.truth("ChannelOptimizedRouting"), false) {
		p.cannot("ChannelOptimizedRouting")
	}
}
