package flexapi

import (
	"errors"
	"net/http"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func (c *call) worker() (routing.Worker, error) {
	w, err := c.eng.Workers.Get(c.Context(), c.PathValue("worker"))
	return w, firstOf(err, c.in(w.WorkspaceSID))
}

// showWorker answers with a worker, and with their version.
func (c *call) showWorker(status int, w routing.Worker) (answer, error) {
	return answer{status: status, body: w.View(c.base), version: &w.Version}, nil
}

func listWorkers(c *call) (answer, error) {
	q := &c.query
	q.cannot("TargetWorkersExpression", "TaskQueueName", "TaskQueueSid", "Ordering")
	activity, name, available := q.text("ActivityName"), q.text("FriendlyName"), q.truth("Available")
	filter := engage.WorkerFilter{ActivitySID: q.text("ActivitySid")}
	if filter.ActivitySID == "" {
		filter.WorkspaceSID = c.PathValue("workspace")
	}
	if err := c.workspaceIsThere(); err != nil {
		return answer{}, err
	}
	if activity != "" && filter.ActivitySID == "" { // few may be in it, and far apart
		doing, err := c.eng.Activities.FindByName(c.Context(), c.PathValue("workspace"), activity)
		switch {
		case err == nil:
			filter.ActivitySID, filter.WorkspaceSID = doing.SID, ""
		case !errors.Is(err, engage.ErrNotFound):
			return answer{}, err
		}
	}
	from := called(name, func(name string) (routing.Worker, error) {
		return c.eng.Workers.FindByName(c.Context(), c.PathValue("workspace"), name)
	}, func(limit int, continuation string) (engage.Page[routing.Worker], error) {
		filter.Limit, filter.Continuation = limit, continuation
		return c.eng.Workers.List(c.Context(), filter)
	})
	return list(c, c.base.TaskRouter, "workers", func(limit int, continuation string) (engage.Page[routing.Worker], error) {
		return only(from(limit, continuation))(func(w routing.Worker) bool {
			return c.in(w.WorkspaceSID) == nil && (filter.ActivitySID == "" || strings.EqualFold(w.ActivitySID, filter.ActivitySID)) &&
				named(w.ActivityName, activity) && w.Available == or(available, w.Available)
		})
	}, func(w routing.Worker) (routing.WorkerView, error) { return w.View(c.base), nil })
}

func createWorker(c *call) (answer, error) {
	f := &c.form
	w := engage.NewWorker{
		FriendlyName: f.needed("FriendlyName"), AgentID: f.text("AgentId"),
		ActivitySID: f.text("ActivitySid"), Attributes: or(f.attributes(), nil),
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	made, err := c.eng.Workers.Create(c.Context(), c.PathValue("workspace"), w)
	if err != nil {
		return answer{}, err
	}
	return c.showWorker(http.StatusCreated, made)
}

func getWorker(c *call) (answer, error) {
	w, err := c.worker()
	if err != nil {
		return answer{}, err
	}
	return c.showWorker(http.StatusOK, w)
}

func updateWorker(c *call) (answer, error) {
	f := &c.form
	seen, other := c.seen()
	u := engage.WorkerUpdate{
		FriendlyName: f.textIf("FriendlyName"), AgentID: f.textIf("AgentId"), Attributes: f.attributes(),
		ActivitySID: given(f.text("ActivitySid")), RejectPendingReservations: or(f.truth("RejectPendingReservations"), false), IfVersion: seen,
	}
	w, err := c.worker()
	if err := firstOf(err, f.err(), other); err != nil {
		return answer{}, err
	}
	if w, err = c.eng.Workers.Update(c.Context(), w.SID, u); err != nil {
		return answer{}, err
	}
	return c.showWorker(http.StatusOK, w)
}

func deleteWorker(c *call) (answer, error) {
	seen, other := c.seen()
	w, err := c.worker()
	if err := firstOf(err, other); err != nil {
		return answer{}, err
	}
	return gone(c.eng.Atomically(c.Context(), func(work *engage.Work) error {
		is, err := work.Workers.Get(c.Context(), w.SID)
		if err == nil && is.Version != or(seen, is.Version) {
			err = otherVersion()
		}
		if err != nil {
			return err
		}
		return work.Workers.Delete(c.Context(), w.SID)
	}))
}
