package engage

import (
	"cmp"
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Reservations are the offers of tasks to workers. A worker accepts or rejects one until its time
// is over, and, once it is accepted, wraps up and completes the work; see
// [routing.ReservationLifecycle] (TaskRouter's documentation, "Reservation Resource").
//
// What is offered to a worker is theirs to answer: of the agent as whom they act
// (routing.Worker.AgentID), also by Tasks.WrapUp and Tasks.Complete. Others need
// ActionReservationsManage of Options.Authorize beside ActionReservationsUpdate; the system does
// not, and without Authorize nobody else may. The refusal is a [*RefusedError], which wraps what
// Authorize said.
//
// Of two answers at the same time one counts: the other is refused, with the words of the
// platform in a [*routing.RefusedError]. So it is with an answer and the end of the time. Who
// accepts when the time is over, but before that was noted, has the task.
//
// The errors of all answers wrap ErrRefused if the state of the reservation does not allow them, or
// they are not the actor's to give; ErrConflict if it is at another version than IfVersion;
// ErrInvalid for a reason or an activity that cannot be; ErrNotFound if there is no such
// reservation.
type Reservations struct{ scope }

// Get returns a reservation.
func (s Reservations) Get(ctx context.Context, sid string) (routing.Reservation, error) {
	if err := s.allow(ctx, ActionReservationsRead, reservationResource(sid)); err != nil {
		return routing.Reservation{}, err
	}
	stored, err := read(ctx, s.scope, func(t *turn) (*storedReservation, error) { return t.reservation(ctx, sid) })
	return stored.Reservation, err
}

// ReservationFilter says which reservations to list: those of a task, or those of a worker;
// exactly one of them is given.
type ReservationFilter struct {
	TaskSID   string
	WorkerSID string
	// Live leaves out those that have ended.
	Live         bool
	Limit        int // 0: DefaultPage
	Continuation string
}

// List returns one page of reservations, the oldest first. Threads.List says what a page
// promises. Of a task with Live, a page may be short, even empty, and yet have a continuation.
func (s Reservations) List(ctx context.Context, filter ReservationFilter) (Page[routing.Reservation], error) {
	q := store.Query{Limit: filter.Limit, Cursor: filter.Continuation}
	var about Resource
	switch {
	case (filter.TaskSID == "") == (filter.WorkerSID == ""):
		return Page[routing.Reservation]{}, invalid("TaskSID", "one of TaskSID and WorkerSID is to be given")
	case filter.TaskSID != "":
		about, q.Index, q.Prefix = taskResource(filter.TaskSID), byTask, sidTerm(routing.PrefixTask, filter.TaskSID).String()
	default:
		about, q.Index, q.Prefix = workerResource(filter.WorkerSID), byWorker, sidTerm(routing.PrefixWorker, filter.WorkerSID).String()
		if filter.Live {
			q.Index = byWorkerLive
		}
	}
	if err := s.allow(ctx, ActionReservationsRead, about); err != nil {
		return Page[routing.Reservation]{}, err
	}
	wanted := func(r *storedReservation) bool { return !filter.Live || r.Status.Live() }
	return showPage(ctx, s.scope, &reservations, q, wanted, shownPart(func(r *storedReservation) *routing.Reservation { return &r.Reservation }))
}

// Answer is an answer to an offer.
type Answer struct {
	// IfVersion is the version of the reservation that the caller has seen; see
	// [routing.Reservation]. Nil: whatever it is.
	IfVersion *int64
}

// Accept takes the task. It is assigned to the worker, who goes to the activity that the queue has
// for that; offers of the same task to others are rescinded. On a task of an interaction, the
// agent takes part in the conversation: what Interventions.Engage refuses is refused here, too, as
// [Joins] says, and the reservation is pending still.
func (s Reservations) Accept(ctx context.Context, sid string, answer Answer) (routing.Reservation, error) {
	return s.answer(ctx, sid, answer.IfVersion, "", func(t *turn, r *routed, is *storedReservation) error {
		return t.happens(ctx, r, is, routing.ReservationAccepts, "")
	})
}

// Rejection is how an offer is rejected.
type Rejection struct {
	// ActivitySID is what the worker does from now on; empty: what they did. Without one that is
	// not available, or a cool-down of the queue (routing.Matching), the task may be offered to
	// them again at once.
	ActivitySID string
	// IfVersion is the version of the reservation that the caller has seen. Nil: whatever it is.
	IfVersion *int64
}

// Reject turns the offer down. The task waits again, unless it is offered to others still.
func (s Reservations) Reject(ctx context.Context, sid string, rejection Rejection) (routing.Reservation, error) {
	return s.answer(ctx, sid, rejection.IfVersion, "", func(t *turn, r *routed, is *storedReservation) error {
		if rejection.ActivitySID != "" {
			var wrong problems
			activity, err := t.activityOf(ctx, &wrong, "worker_activity_sid", is.WorkspaceSID, rejection.ActivitySID)
			if err := errors.Join(err, wrong.err()); err != nil {
				return err
			}
			r.places[is.WorkerSID] = activity.SID
		}
		return t.rejects(ctx, r, is)
	})
}

// rejects turns an offer down, and keeps the task from the worker for as long as its queue says.
func (t *turn) rejects(ctx context.Context, r *routed, is *storedReservation) error {
	a, err := r.assignment(is.TaskSID).Answer(is.SID, routing.ReservationRejects, "", t.now)
	if err != nil {
		return err
	}
	if is.QueueSID != "" {
		queue, err := t.queue(ctx, is.QueueSID)
		if err != nil {
			return err
		}
		a.Task = a.Task.Cool(is.WorkerSID, queue.Matching, t.now)
	}
	return t.turnedDown(ctx, r, is, a)
}

// Cancel withdraws an offer that nobody has answered. The task waits again, unless it is offered
// to others still; it may be offered to the same worker at once.
//
// It is for who offers, not for who is offered: the system, and whoever Authorize allows
// ActionReservationsManage, such as a supervisor. The agent of the worker needs that, too: they
// reject it, with what follows from that (TaskRouter's documentation, "Reservation Resource").
func (s Reservations) Cancel(ctx context.Context, sid string, answer Answer) (routing.Reservation, error) {
	return s.change(ctx, sid, answer.IfVersion, "", (*turn).mayWithdraw, func(t *turn, r *routed, is *storedReservation) error {
		return t.happens(ctx, r, is, routing.ReservationCancels, "")
	})
}

// WrapUp says that the talk is over, and the worker finishes the work; see Tasks.WrapUp. One that
// is wrapping stays as it is.
func (s Reservations) WrapUp(ctx context.Context, sid string, answer Answer) (routing.Reservation, error) {
	return s.answer(ctx, sid, answer.IfVersion, routing.ReservationWrapping, func(t *turn, r *routed, is *storedReservation) error {
		return t.happens(ctx, r, is, routing.ReservationWrapsUp, "")
	})
}

// reasonCompleted is why a task is completed by its reservation, if nobody says why: the
// platform's update of a reservation has no reason.
const reasonCompleted = "Reservation completed"

// Complete says that the work is done; see Tasks.Complete. What is completed stays as it is.
func (s Reservations) Complete(ctx context.Context, sid string, c Completion) (routing.Reservation, error) {
	return s.answer(ctx, sid, c.IfVersion, routing.ReservationCompleted, func(t *turn, r *routed, is *storedReservation) error {
		if err := problemsError(routing.CheckReason(c.Reason)); err != nil {
			return err
		}
		r.dispositions[is.TaskSID] = c.DispositionIDs
		return t.happens(ctx, r, is, routing.ReservationCompletes, cmp.Or(c.Reason, reasonCompleted))
	})
}

// happens does something to a reservation, with all that follows from it.
func (t *turn) happens(ctx context.Context, r *routed, is *storedReservation, by routing.ReservationVerb, reason string) error {
	a, err := r.assignment(is.TaskSID).Answer(is.SID, by, reason, t.now)
	if err != nil {
		return err
	}
	if err := r.with(a, t.now); err != nil {
		return err
	}
	return t.keepRouted(ctx, r)
}

// answer does something to a reservation that is for the worker to do.
func (s Reservations) answer(
	ctx context.Context, sid string, seen *int64, already routing.ReservationStatus, do func(t *turn, r *routed, is *storedReservation) error,
) (routing.Reservation, error) {
	return s.change(ctx, sid, seen, already, (*turn).mayAnswer, do)
}

// change does something to a reservation, if the actor may. One that is already what it is to be
// stays as it is.
func (s Reservations) change(
	ctx context.Context, sid string, seen *int64, already routing.ReservationStatus,
	may func(t *turn, ctx context.Context, is *storedReservation) error, do func(t *turn, r *routed, is *storedReservation) error,
) (routing.Reservation, error) {
	if err := s.allow(ctx, ActionReservationsUpdate, reservationResource(sid)); err != nil {
		return routing.Reservation{}, err
	}
	stored, err := read(ctx, s.scope, func(t *turn) (*storedReservation, error) {
		r, is, err := t.routedReservation(ctx, sid)
		if err != nil {
			return nil, err
		}
		if err := may(t, ctx, is); err != nil {
			return nil, err
		}
		if is.Status == already {
			return is, nil
		}
		if err := ifVersion(seen, is.Version, reservationResource(is.SID)); err != nil {
			return nil, err
		}
		if err := do(t, r, is); err != nil {
			return nil, refusal(err, reservationResource(is.SID))
		}
		return t.reservation(ctx, is.SID)
	})
	return stored.Reservation, err
}

// mayAnswer refuses who may not answer for the worker of a reservation.
func (t *turn) mayAnswer(ctx context.Context, is *storedReservation) error {
	if t.actor.Type == ActorSystem {
		return nil
	}
	w, err := need(workers.Get(ctx, t.Work, is.WorkerSID))(workerResource(is.WorkerSID))
	if err != nil {
		return err
	}
	if t.actsFor(w) {
		return nil
	}
	return t.mayManageReservation(ctx, is, "what is offered to a worker is theirs to answer", "act for the agent of the worker with Engine.As")
}

// mayWithdraw refuses who may not take back what is offered to a worker.
func (t *turn) mayWithdraw(ctx context.Context, is *storedReservation) error {
	if t.actor.Type == ActorSystem {
		return nil
	}
	return t.mayManageReservation(ctx, is, "an offer is withdrawn by who offers it, and rejected by the worker", "reject it: Reservations.Reject")
}

// mayManageReservation refuses who may not do what is for others to do with a reservation.
func (t *turn) mayManageReservation(ctx context.Context, is *storedReservation, rule, remedy string) error {
	refused := &RefusedError{
		Rule: rule, Resource: reservationResource(is.SID), Remedy: remedy + ", or act for who may do " + string(ActionReservationsManage),
	}
	if t.core.opts.Authorize != nil {
		if refused.Err = t.allow(ctx, ActionReservationsManage, reservationResource(is.SID)); refused.Err == nil {
			return nil
		}
	}
	return refused
}
