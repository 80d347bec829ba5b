package flexapi

import (
	"net/http"
	"slices"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// reservation finds the reservation that the path names, by its task or by its worker.
func (c *call) reservation() (routing.Reservation, error) {
	r, err := c.eng.Reservations.Get(c.Context(), c.PathValue("reservation"))
	if err := firstOf(err, c.in(r.WorkspaceSID)); err != nil {
		return r, err
	}
	if !sameSID(c.PathValue("task"), r.TaskSID) || !sameSID(c.PathValue("worker"), r.WorkerSID) {
		return r, notFound(c.Request)
	}
	return r, nil
}

// sameSID reports whether a SID in a path, which may not be there, is that of something.
func sameSID(named, sid string) bool {
	return named == "" || len(named) == len(sid) && named[:2] == sid[:2] && strings.EqualFold(named, sid)
}

// showReservation answers with a reservation, and with its version.
func (c *call) showReservation(r routing.Reservation) (answer, error) {
	return answer{status: http.StatusOK, body: r.View(c.base), version: &r.Version}, nil
}

// listReservations lists those of a task, or of a worker.
func listReservations(c *call) (answer, error) {
	q := &c.query
	status, worker := choice(q, "ReservationStatus", routing.ReservationStatuses()), q.text("WorkerSid")
	filter := engage.ReservationFilter{}
	if c.PathValue("task") != "" {
		t, err := c.own.Tasks.Get(c.Context(), c.PathValue("task"))
		if err := firstOf(err, c.in(t.WorkspaceSID)); err != nil {
			return answer{}, err
		}
		filter.TaskSID = t.SID
	} else {
		w, err := c.own.Workers.Get(c.Context(), c.PathValue("worker"))
		if err := firstOf(err, c.in(w.WorkspaceSID)); err != nil {
			return answer{}, err
		}
		filter.WorkerSID = w.SID
	}
	return list(c, c.base.TaskRouter, "reservations", func(limit int, continuation string) (engage.Page[routing.Reservation], error) {
		filter.Limit, filter.Continuation = limit, continuation
		return only(c.eng.Reservations.List(c.Context(), filter))(func(r routing.Reservation) bool {
			return (status == "" || r.Status == status) && (worker == "" || strings.EqualFold(worker, r.WorkerSID))
		})
	}, func(r routing.Reservation) (routing.ReservationView, error) { return r.View(c.base), nil })
}

func getReservation(c *call) (answer, error) {
	r, err := c.reservation()
	if err != nil {
		return answer{}, err
	}
	return c.showReservation(r)
}

// updateReservation answers an offer, or ends what was accepted. Instructions, which are
// about telephone calls, are refused.
func updateReservation(c *call) (answer, error) {
	f := &c.form
	f.cannot(f.others("ReservationStatus", "WorkerActivitySid", "Reason", "DispositionId")...)
	seen, other := c.seen()
	activity := f.text("WorkerActivitySid")
	status := routing.ReservationStatus(f.needed("ReservationStatus"))
	var change func(sid string) (routing.Reservation, error)
	switch status {
	case routing.ReservationAccepted:
		change = func(sid string) (routing.Reservation, error) {
			return c.eng.Reservations.Accept(c.Context(), sid, engage.Answer{IfVersion: seen})
		}
	case routing.ReservationRejected:
		change = func(sid string) (routing.Reservation, error) {
			return c.eng.Reservations.Reject(c.Context(), sid, engage.Rejection{ActivitySID: activity, IfVersion: seen})
		}
	case routing.ReservationCanceled:
		change = func(sid string) (routing.Reservation, error) {
			return c.eng.Reservations.Cancel(c.Context(), sid, engage.Answer{IfVersion: seen})
		}
	case routing.ReservationWrapping:
		change = func(sid string) (routing.Reservation, error) {
			return c.eng.Reservations.WrapUp(c.Context(), sid, engage.Answer{IfVersion: seen})
		}
	case routing.ReservationCompleted:
		change = func(sid string) (routing.Reservation, error) {
			return c.eng.Reservations.Complete(c.Context(), sid, engage.Completion{Reason: f.text("Reason"), DispositionIDs: f.values["DispositionId"], IfVersion: seen})
		}
	case "":
	case routing.ReservationPending, routing.ReservationTimeout, routing.ReservationRescinded:
		f.problem("ReservationStatus", "must be accepted, rejected, canceled, wrapping or completed: the others come by themselves")
	default:
		f.problem("ReservationStatus", "must be accepted, rejected, canceled, wrapping or completed")
	}
	if activity != "" && status != routing.ReservationRejected {
		f.problem("WorkerActivitySid", "is for a reservation that is rejected")
	}
	r, err := c.reservation()
	if err := firstOf(err, f.err(), other); err != nil {
		return answer{}, err
	}
	if r, err = change(r.SID); err != nil {
		return answer{}, err
	}
	return c.showReservation(r)
}

// others returns the names of the parameters that are not among some.
func (p *params) others(known ...string) []string {
	var others []string
	for name := range p.values {
		if !slices.Contains(known, name) {
			others = append(others, name)
		}
	}
	slices.Sort(others)
	return others
}
