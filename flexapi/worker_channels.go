package flexapi

import (
	"slices"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// workerChannel finds the channel of a worker that the path names: by its SID, or by that or
// the unique name of its task channel.
func (c *call) workerChannel() (routing.Worker, routing.WorkerChannel, error) {
	w, err := c.worker()
	if err != nil {
		return w, routing.WorkerChannel{}, err
	}
	name := c.PathValue("worker_channel")
	n := slices.IndexFunc(w.Channels, func(ch routing.WorkerChannel) bool {
		return ch.TaskChannel == name || strings.EqualFold(ch.SID, name) || strings.EqualFold(ch.TaskChannelSID, name)
	})
	if n < 0 {
		return w, routing.WorkerChannel{}, notFound(c.Request)
	}
	return w, w.Channels[n], nil
}

func listWorkerChannels(c *call) (answer, error) {
	w, err := c.worker()
	if err != nil {
		return answer{}, err
	}
	return list(c, c.base.TaskRouter, "channels", whole(w.Channels), func(ch routing.WorkerChannel) (routing.WorkerChannelView, error) { return ch.View(c.base, w), nil })
}

func getWorkerChannel(c *call) (answer, error) {
	w, ch, err := c.workerChannel()
	if err != nil {
		return answer{}, err
	}
	return ok(ch.View(c.base, w))
}

func updateWorkerChannel(c *call) (answer, error) {
	f := &c.form
	u := engage.WorkerChannelUpdate{Capacity: f.number("Capacity", 0, routing.MaxCapacity), Available: f.truth("Available")}
	w, ch, err := c.workerChannel()
	if err := firstOf(err, f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	if ch, err = c.eng.Workers.SetChannel(c.Context(), w.SID, ch.TaskChannelSID, u); err != nil {
		return answer{}, err
	}
	return ok(ch.View(c.base, w))
}
