package engage

import (
	"context"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// happening is a reservation that went from a state to another.
type happening struct {
	reservation routing.Reservation // as it is now
	from        routing.ReservationStatus
}

// keepRouted writes what has become of tasks, of their reservations and their workers, and of
// their channel, with all that follows: where tasks and workers wait, how they are counted,
// what is to happen later, and what happens to the conversation.
func (t *turn) keepRouted(ctx context.Context, r *routed) error {
	if err := t.keepFromWhoCame(r); err != nil {
		return err
	}
	if err := t.loadWorkers(ctx, r); err != nil {
		return err
	}
	var changed []happening
	for n := range r.work.Assignments {
		more, err := t.keepReservations(ctx, r, &r.work.Assignments[n])
		if err != nil {
			return err
		}
		changed = append(changed, more...)
	}
	if err := t.takePlace(ctx, r, changed); err != nil {
		return err
	}
	if err := t.agentsJoin(r, changed); err != nil {
		return err
	}
	if err := t.tellChannel(r); err != nil {
		return err
	}
	if err := t.joinConversation(ctx, r, changed); err != nil {
		return err
	}
	for n := range r.work.Assignments {
		if err := t.keepTask(ctx, r, &r.work.Assignments[n]); err != nil {
			return err
		}
	}
	for _, sid := range sortedKeys(r.workers) {
		if err := t.keepWorker(ctx, r.workspace, r.readWorkers[sid], r.workers[sid]); err != nil {
			return err
		}
	}
	return t.keepChannel(ctx, r)
}

// loadWorkers reads at once all workers to whose reservations something has happened.
func (t *turn) loadWorkers(ctx context.Context, r *routed) error {
	var keys []store.Key
	for _, a := range r.work.Assignments {
		for _, is := range a.Reservations {
			if was := r.reservations[is.SID]; was == nil || was.Status != is.Status {
				keys = append(keys, workers.Key(t.Work, is.WorkerSID))
			}
		}
	}
	return t.Load(ctx, keys...)
}

// keepReservations writes the reservations of a task that have changed, and counts them with
// their workers.
func (t *turn) keepReservations(ctx context.Context, r *routed, a *routing.Assignment) (changed []happening, err error) {
	for n := range a.Reservations {
		is, was := &a.Reservations[n], r.reservations[a.Reservations[n].SID]
		after := storedReservation{Reservation: *is, Decision: r.decisions[is.SID]}
		from := routing.ReservationStatus("")
		if was != nil {
			if from = was.Status; from == is.Status {
				continue
			}
			is.Version++
			after.Version, after.TimeOutJob, after.Decision = is.Version, was.TimeOutJob, was.Decision
		}
		if after.TimeOutJob, err = t.timeReservation(ctx, r, from, after); err != nil {
			return nil, err
		}
		w, err := t.workerOf(ctx, r, is.WorkerSID)
		if err != nil {
			return nil, err
		}
		if err := t.giveChannel(ctx, w, is.TaskChannelSID); err != nil {
			return nil, err
		}
		w.Worker = w.Count(is.TaskChannelSID, from, is.Status)
		switch {
		case is.Status == routing.ReservationAccepted, from == routing.ReservationAccepted && !is.Status.Live(), from == routing.ReservationWrapping:
			w.IdleSince = t.now
		}
		write := reservations.Put
		if was == nil {
			write = reservations.Insert
		}
		if err := write(t.Work, &after); err != nil {
			return nil, err
		}
		changed = append(changed, happening{reservation: *is, from: from})
	}
	return changed, nil
}

// timeReservation sees to it that a reservation ends that nobody answers, and returns the job
// that does.
func (t *turn) timeReservation(ctx context.Context, r *routed, from routing.ReservationStatus, is storedReservation) (string, error) {
	switch {
	case is.Status == routing.ReservationPending:
		return t.later(ctx, jobTimeOutReservation, is.DueAt, reservationTimeOut{ReservationSID: is.SID})
	case from == routing.ReservationPending && is.TimeOutJob != "" && is.TimeOutJob != r.doing:
		return "", t.withdraw(ctx, is.TimeOutJob)
	}
	return "", nil
}

// withdraw removes a job that is not wanted any more. One that is gone, or under way, finds
// out by itself.
func (t *turn) withdraw(ctx context.Context, jobID string) error {
	err := t.core.jobs.Cancel(ctx, t.Work, jobID)
	if errors.Is(err, jobs.ErrNotFound) || errors.Is(err, jobs.ErrState) {
		return nil
	}
	return err
}

// takePlace moves workers to the activities that what has happened takes them to: those of the
// queue for who was offered something or has accepted it, that of the workspace for who let the
// time go by, and what somebody has said.
func (t *turn) takePlace(ctx context.Context, r *routed, changed []happening) error {
	for _, h := range changed {
		w, err := t.workerOf(ctx, r, h.reservation.WorkerSID)
		if err != nil {
			return err
		}
		activity := ""
		switch h.reservation.Status {
		case routing.ReservationPending, routing.ReservationAccepted:
			if h.reservation.QueueSID == "" { // it is for the worker, whatever the queue
				continue
			}
			queue, err := t.queue(ctx, h.reservation.QueueSID)
			if err != nil {
				return err
			}
			activity = queue.ReservationActivitySID
			if h.reservation.Status == routing.ReservationAccepted {
				activity = queue.AssignmentActivitySID
			}
		case routing.ReservationTimeout:
			activity = r.workspace.TimeoutActivitySID
		case routing.ReservationRejected:
			activity = r.places[w.SID]
		case routing.ReservationCanceled, routing.ReservationRescinded, routing.ReservationWrapping, routing.ReservationCompleted:
		}
		if activity == "" || activity == w.ActivitySID {
			continue
		}
		if err := t.busy(ctx, w, activity); err != nil {
			return err
		}
	}
	return nil
}

// agentsJoin makes workers participants of the channel who have accepted a task on it: whatever
// way they have, this is where it passes.
func (t *turn) agentsJoin(r *routed, changed []happening) error {
	if r.channel == nil {
		return nil
	}
	for _, h := range changed {
		if h.reservation.Status != routing.ReservationAccepted {
			continue
		}
		agent, events, err := routing.Participant{
			SID: t.sid(routing.PrefixParticipant), AccountSID: r.work.Channel.AccountSID, InteractionSID: r.work.Channel.InteractionSID,
			ChannelSID: r.work.Channel.SID, Type: routing.ParticipantAgent,
			TaskSID: h.reservation.TaskSID, WorkerSID: h.reservation.WorkerSID, ReservationSID: h.reservation.SID,
		}.Apply(routing.ParticipantJoins, t.now)
		if err != nil {
			return err
		}
		r.work.Participants = append(slices.Clip(r.work.Participants), agent)
		for _, event := range events {
			r.work.Happenings = append(slices.Clip(r.work.Happenings), routing.Happening{Type: event, SID: agent.SID})
		}
	}
	return nil
}

// busy changes what a worker is doing, and tells of it.
func (t *turn) busy(ctx context.Context, w *storedWorker, activitySID string) error {
	a, err := t.activity(ctx, activitySID)
	if err != nil {
		return err
	}
	previous := w.ActivitySID
	w.ActivitySID, w.ActivityName, w.Available, w.StatusChangedAt = a.SID, a.FriendlyName, a.Available, t.now
	return t.tellWorker(EventWorkerActivityUpdated, w, previous)
}
