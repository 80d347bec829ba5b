package engage

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// What becomes of what a worker has when they go: what was offered to them is offered to
// others, and what they have accepted ends. Both can be much, and is done in steps.

const (
	jobRemoveWorker  = "worker.remove"         // a worker was deleted
	jobRejectPending = "worker.reject_pending" // a worker leaves, and rejects what was offered
)

// ReasonWorkerDeleted is why tasks are completed whose worker was deleted, and canceled that
// were for that worker and no other.
const ReasonWorkerDeleted = "Worker deleted"

type removeWorker struct {
	WorkerSID string `json:"worker_sid"`
	// Behind is the term of the task that was looked at last, of those that wait for the
	// worker and nobody else.
	Behind string `json:"behind,omitempty"`
}

type rejectPending struct {
	WorkerSID string `json:"worker_sid"`
}

// Delete removes a worker. They are offered nothing from then on, and their name is free.
// What they have is seen to by a job soon after: what was offered to them is offered to
// others; tasks that they have accepted cannot be canceled any more, and are completed with
// ReasonWorkerDeleted; tasks that were for them and no other are canceled with it, but a channel
// that they were to take over is handed over to the next agent. A customer to whom nobody else is
// talking then, nor is invited, is not left alone: an agent is sought anew.
func (s Workers) Delete(ctx context.Context, sid string) error {
	if err := s.allow(ctx, ActionWorkersDelete, workerResource(sid)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		before, err := t.worker(ctx, sid)
		if err != nil {
			return err
		}
		in, err := t.workspace(ctx, before.WorkspaceSID)
		if err != nil {
			return err
		}
		after := before.clone()
		after.Gone = true
		_, err = t.later(ctx, jobRemoveWorker, time.Time{}, removeWorker{WorkerSID: after.SID})
		return errors.Join(err, t.rename(ctx, nameOfWorker, after.WorkspaceSID, after.SID, after.FriendlyName, "", workerResource),
			t.keepWorker(ctx, in, before, after), t.tellWorker(EventWorkerDeleted, after, ""))
	})
}

// leavingPage is how many reservations of a worker who goes are seen to in one step.
const leavingPage = 20

// removeWorker sees to some of what a deleted worker has, and removes them when there is
// nothing left. Nothing is added meanwhile: whoever offers them something reads that they are
// gone.
func (t *turn) removeWorker(ctx context.Context, d *removeWorker) (again time.Time, err error) {
	w, err := workers.Get(ctx, t.Work, d.WorkerSID)
	if err != nil || w == nil || !w.Gone {
		return time.Time{}, err
	}
	live, _, err := t.liveOf(ctx, w.SID)
	if err != nil {
		return time.Time{}, err
	}
	for n, is := range live {
		if n > 0 && t.Size() > maxStep {
			break
		}
		if err := t.withdrawFrom(ctx, is); err != nil {
			return time.Time{}, err
		}
	}
	if len(live) > 0 {
		return atOnce, nil
	}
	q := waitingIn(byKnown, forKey(w.WorkspaceSID, routing.KnownWorker{SID: w.SID}), t.Share(leavingPage), d.Behind)
	waiting, next, err := tasks.Find(ctx, t.Work, q)
	if err != nil {
		return time.Time{}, err
	}
	for n, k := range waiting {
		if n > 0 && t.Size() > maxStep {
			return atOnce, nil
		}
		d.Behind = knownTerm(k)
		if routing.PrefixWorker.Valid(k.RoutingTarget) { // others go on in their workflow
			if err := t.cancelFor(ctx, k.SID); err != nil {
				return time.Time{}, err
			}
		}
	}
	if next != "" {
		return atOnce, nil
	}
	return time.Time{}, workers.Delete(t.Work, w)
}

// liveOf returns the first reservations of a worker that have not ended. Whatever happens to
// one rewrites the worker.
func (t *turn) liveOf(ctx context.Context, workerSID string) (list []*storedReservation, next string, err error) {
	return reservations.Find(ctx, t.Work, store.Query{Index: byWorkerLive, Prefix: idTerm(workerSID).String(), Limit: t.Share(leavingPage)})
}

// withdrawFrom takes a reservation from a worker who was deleted: what they have not
// accepted is offered to others.
func (t *turn) withdrawFrom(ctx context.Context, is *storedReservation) error {
	r, _, err := t.routedReservation(ctx, is.SID)
	if err != nil {
		return err
	}
	if is.Status == routing.ReservationPending {
		a, err := r.assignment(is.TaskSID).Answer(is.SID, routing.ReservationCancels, "", t.now)
		if err != nil {
			return err
		}
		return t.turnedDown(ctx, r, is, a)
	}
	if err := t.replaceAgent(ctx, r, is.TaskSID); err != nil {
		return err
	}
	return t.keepRouted(ctx, r)
}

// cancelFor ends a task that waits for a deleted worker and no other.
func (t *turn) cancelFor(ctx context.Context, taskSID string) error {
	r, err := t.routedTask(ctx, taskSID)
	if err != nil {
		return err
	}
	if err := t.withoutWorker(ctx, r, taskSID); err != nil {
		return err
	}
	return t.keepRouted(ctx, r)
}

// rejectsPending rejects what is offered to a worker: some of it at once, the rest by a job.
func (t *turn) rejectsPending(ctx context.Context, workerSID string) error {
	again, err := t.rejectPending(ctx, workerSID)
	if err != nil || again.IsZero() {
		return err
	}
	_, err = t.add(ctx, jobs.Job{Type: jobRejectPending}, rejectPending{WorkerSID: workerSID})
	return err
}

// rejectPending rejects some of what is offered to a worker, as long as they are away.
func (t *turn) rejectPending(ctx context.Context, workerSID string) (again time.Time, err error) {
	w, err := t.worker(ctx, workerSID)
	if err != nil || w.Available {
		return time.Time{}, gone(err)
	}
	pending, next, err := reservations.Find(ctx, t.Work, store.Query{
		Index: byWorkerPending, Prefix: idTerm(workerSID).String(), Limit: t.Share(leavingPage),
	})
	if err != nil {
		return time.Time{}, err
	}
	for n, is := range pending {
		if n > 0 && t.Size() > maxStep {
			return atOnce, nil
		}
		r, _, err := t.routedReservation(ctx, is.SID)
		if err != nil {
			return time.Time{}, err
		}
		if err := t.rejects(ctx, r, is); err != nil {
			return time.Time{}, err
		}
	}
	if next != "" {
		return atOnce, nil
	}
	return time.Time{}, nil
}
