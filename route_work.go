package engage

import (
	"context"
	"slices"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// routed is a task, or a channel with all of its tasks, as a call finds it and changes it:
// what has not ended, and whom it concerns. What happens to it is decided by package routing
// in work; keepRouted writes all that has changed.
type routed struct {
	workspace *storedWorkspace
	channel   *storedChannel // as it was read; nil: the task is of no interaction
	work      routing.ChannelWork

	// As they were read, by SID. What is not here is new.
	tasks        map[string]*storedTask
	reservations map[string]*storedReservation
	invites      map[string]routing.Invite
	participants map[string]routing.Participant
	transfers    map[string]routing.Transfer

	// drafts are the tasks as they are to be written, with what only the Engine keeps of
	// them.
	drafts map[string]*storedTask
	// workers are as they are to be written, readWorkers as they were read.
	workers, readWorkers map[string]*storedWorker
	// places are the activities that workers go to who reject something, by their SIDs.
	places map[string]string

	// decisions say how the workers of new reservations were chosen, by the SIDs of these.
	decisions map[string]routing.Trace
	// dispositions say what came of the tasks that are completed, by their SIDs.
	dispositions map[string][]string

	// closes says that somebody closes the channel or makes it inactive, outcome are the
	// dispositions that they give.
	closes  bool
	outcome []string

	fresh bool   // the channel is new
	doing string // the job that does this, if it looks after a task or times a reservation out
}

func newRouted() *routed {
	return &routed{
		tasks: map[string]*storedTask{}, reservations: map[string]*storedReservation{}, invites: map[string]routing.Invite{},
		participants: map[string]routing.Participant{}, transfers: map[string]routing.Transfer{},
		drafts: map[string]*storedTask{}, workers: map[string]*storedWorker{}, readWorkers: map[string]*storedWorker{}, places: map[string]string{},
		dispositions: map[string][]string{}, decisions: map[string]routing.Trace{},
	}
}

// routedTask reads a task with all that changes with it.
func (t *turn) routedTask(ctx context.Context, sid string) (*routed, error) {
	task, err := t.task(ctx, sid)
	if err != nil {
		return nil, err
	}
	if task.ChannelSID != "" {
		return t.routedChannel(ctx, task.ChannelSID, task.SID)
	}
	r := newRouted()
	if err := t.readRouted(ctx, r, task.WorkspaceSID, []string{task.SID}); err != nil {
		return nil, err
	}
	return r, nil
}

// routedReservation reads a reservation with all that changes with it, also if it has ended.
func (t *turn) routedReservation(ctx context.Context, sid string) (*routed, *storedReservation, error) {
	reservation, err := t.reservation(ctx, sid)
	if err != nil {
		return nil, nil, err
	}
	r, err := t.routedTask(ctx, reservation.TaskSID)
	if err != nil {
		return nil, nil, err
	}
	if r.reservations[reservation.SID] == nil { // it has ended
		r.reservations[reservation.SID] = reservation
		a := r.assignment(reservation.TaskSID)
		a.Reservations = append(a.Reservations, reservation.Reservation)
	}
	return r, reservation, nil
}

// routedChannel reads a channel with all that has not ended on it, and with some of its
// tasks even if they have.
func (t *turn) routedChannel(ctx context.Context, sid string, also ...string) (*routed, error) {
	r := newRouted()
	var err error
	if r.channel, err = t.flexChannel(ctx, sid); err != nil {
		return nil, err
	}
	r.work.Channel = r.channel.Channel
	sids := slices.Clone(r.channel.TaskSIDs)
	for _, sid := range also {
		if !slices.Contains(sids, sid) {
			sids = append(sids, sid)
		}
	}
	c := r.channel
	keys := slices.Concat(recordKeys(t, &invites, c.InviteSIDs), recordKeys(t, &participants, c.ParticipantSIDs), recordKeys(t, &transfers, c.TransferSIDs))
	if err := t.readRouted(ctx, r, c.WorkspaceSID, sids, keys...); err != nil {
		return nil, err
	}
	if r.work.Invites, err = readParts(ctx, t, &invites, c.InviteSIDs, inviteResource, r.invites); err != nil {
		return nil, err
	}
	if r.work.Participants, err = readParts(ctx, t, &participants, c.ParticipantSIDs, participantResource, r.participants); err != nil {
		return nil, err
	}
	r.work.Transfers, err = readParts(ctx, t, &transfers, c.TransferSIDs, transferResource, r.transfers)
	return r, err
}

// recordKeys returns the keys of records of a table.
func recordKeys[T any](t *turn, table *work.Table[T], sids []string) []store.Key {
	keys := make([]store.Key, len(sids))
	for n, sid := range sids {
		keys[n] = table.Key(t.Work, sid)
	}
	return keys
}

// readParts reads parts of a channel that must be there, and notes them as they were read.
func readParts[T any](
	ctx context.Context, t *turn, table *work.Table[T], sids []string, resource func(string) Resource, read map[string]T,
) (parts []T, err error) {
	for _, sid := range sids {
		part, err := need(table.Get(ctx, t.Work, sid))(resource(sid))
		if err != nil {
			return nil, err
		}
		read[sid] = *part
		parts = append(parts, *part)
	}
	return parts, nil
}

// readRouted reads tasks with their reservations, their workspace, and whatever else is
// named.
func (t *turn) readRouted(ctx context.Context, r *routed, workspaceSID string, sids []string, also ...store.Key) error {
	keys := slices.Concat(also, []store.Key{workspaces.Key(t.Work, workspaceSID)}, recordKeys(t, &tasks, sids))
	if err := t.Load(ctx, keys...); err != nil {
		return err
	}
	var err error
	if r.workspace, err = t.workspace(ctx, workspaceSID); err != nil {
		return err
	}
	keys = nil
	for _, sid := range sids {
		task, err := t.task(ctx, sid)
		if err != nil {
			return err
		}
		r.tasks[sid] = task
		keys = append(keys, recordKeys(t, &reservations, task.ReservationSIDs)...)
	}
	if err := t.Load(ctx, keys...); err != nil {
		return err
	}
	for _, sid := range sids {
		task := r.tasks[sid]
		a := routing.Assignment{Task: task.Task}
		for _, sid := range task.ReservationSIDs {
			reservation, err := t.reservation(ctx, sid)
			if err != nil {
				return err
			}
			r.reservations[sid] = reservation
			a.Reservations = append(a.Reservations, reservation.Reservation)
		}
		r.work.Assignments = append(r.work.Assignments, a)
	}
	return nil
}

// assignment returns one of the tasks with its reservations, nil if there is none. It can be
// changed in place.
func (r *routed) assignment(taskSID string) *routing.Assignment {
	n := slices.IndexFunc(r.work.Assignments, func(a routing.Assignment) bool { return a.Task.SID == taskSID })
	if n < 0 {
		return nil
	}
	return &r.work.Assignments[n]
}

// with takes over what has happened to one of the tasks, or one that is new.
func (r *routed) with(a routing.Assignment, now time.Time) error {
	if a.Task.ChannelSID == "" {
		if old := r.assignment(a.Task.SID); old != nil {
			*old = a
		} else {
			r.work.Assignments = append(r.work.Assignments, a)
		}
		return nil
	}
	next, err := r.work.With(a, now)
	if err == nil {
		r.work = next
	}
	return err
}

// draft returns what is to be kept of a task beside what package routing decides.
func (r *routed) draft(taskSID string) *storedTask {
	if r.drafts[taskSID] == nil {
		draft := &storedTask{}
		if was := r.tasks[taskSID]; was != nil {
			*draft = *was
		}
		r.drafts[taskSID] = draft
	}
	return r.drafts[taskSID]
}

// workerOf returns a worker as they are to be written.
func (t *turn) workerOf(ctx context.Context, r *routed, sid string) (*storedWorker, error) {
	if w := r.workers[sid]; w != nil {
		return w, nil
	}
	w, err := need(workers.Get(ctx, t.Work, sid))(workerResource(sid))
	if err != nil {
		return nil, err
	}
	r.readWorkers[sid], r.workers[sid] = w, w.clone()
	return r.workers[sid], nil
}
