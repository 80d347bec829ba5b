package engage

import (
	"context"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// jobTimeOutReservation ends a reservation that nobody answers.
const jobTimeOutReservation = "reservation.time_out"

type reservationTimeOut struct {
	ReservationSID string `json:"reservation_sid"`
}

// timeOutReservation ends a reservation whose time is over.
func (t *turn) timeOutReservation(ctx context.Context, job, sid string) (time.Time, error) {
	r, reservation, err := t.routedReservation(ctx, sid)
	if err != nil {
		return time.Time{}, gone(err)
	}
	switch {
	case reservation.Status != routing.ReservationPending:
		return time.Time{}, nil
	case t.now.Before(reservation.DueAt):
		return reservation.DueAt, nil
	}
	r.doing = job
	a, err := r.assignment(reservation.TaskSID).Answer(sid, routing.ReservationTimesOut, "", t.now)
	if err != nil {
		return time.Time{}, err
	}
	return time.Time{}, t.turnedDown(ctx, r, reservation, a)
}

// turnedDown writes what has become of a task that a worker did not want, or did not answer to.
func (t *turn) turnedDown(ctx context.Context, r *routed, reservation *storedReservation, a routing.Assignment) error {
	if err := r.with(a, t.now); err != nil {
		return err
	}
	if err := t.declined(ctx, r, reservation); err != nil {
		return err
	}
	return t.keepRouted(ctx, r)
}
