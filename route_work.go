package engage

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
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

	closes bool   // somebody closes the channel
	fresh  bool   // the channel is new
	doing  string // the job that does this, if it looks after a task or times a reservation out
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
	keys := []store.Key{}
	for _, sid := range r.channel.InviteSIDs {
		keys = append(keys, invites.Key(t.Work, sid))
	}
	for _, sid := range r.channel.ParticipantSIDs {
		keys = append(keys, participants.Key(t.Work, sid))
	}
	for _, sid := range r.channel.TransferSIDs {
		keys = append(keys, transfers.Key(t.Work, sid))
	}
	sids := slices.Clone(r.channel.TaskSIDs)
	for _, sid := range also {
		if !slices.Contains(sids, sid) {
			sids = append(sids, sid)
		}
	}
	if err := t.readRouted(ctx, r, r.channel.WorkspaceSID, sids, keys...); err != nil {
		return nil, err
	}
	for _, sid := range r.channel.InviteSIDs {
		i, err := need(invites.Get(ctx, t.Work, sid))(inviteResource(sid))
		if err != nil {
			return nil, err
		}
		r.invites[sid] = *i
		r.work.Invites = append(r.work.Invites, *i)
	}
	for _, sid := range r.channel.ParticipantSIDs {
		p, err := need(participants.Get(ctx, t.Work, sid))(participantResource(sid))
		if err != nil {
			return nil, err
		}
		r.participants[sid] = *p
		r.work.Participants = append(r.work.Participants, *p)
	}
	for _, sid := range r.channel.TransferSIDs {
		x, err := need(transfers.Get(ctx, t.Work, sid))(transferResource(sid))
		if err != nil {
			return nil, err
		}
		r.transfers[sid] = *x
		r.work.Transfers = append(r.work.Transfers, *x)
	}
	return r, nil
}

// readRouted reads tasks with their reservations, their workspace, and whatever else is
// named.
func (t *turn) readRouted(ctx context.Context, r *routed, workspaceSID string, sids []string, also ...store.Key) error {
	keys := slices.Concat(also, []store.Key{workspaces.Key(t.Work, workspaceSID)})
	for _, sid := range sids {
		keys = append(keys, tasks.Key(t.Work, sid))
	}
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
		for _, sid := range task.ReservationSIDs {
			keys = append(keys, reservations.Key(t.Work, sid))
		}
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

// keepTask writes a task that has changed, and what of it there is.
func (t *turn) keepTask(ctx context.Context, r *routed, a *routing.Assignment) error {
	was, drafted := r.tasks[a.Task.SID], r.drafts[a.Task.SID] != nil
	if was != nil && !drafted && len(a.Happenings) == 0 && was.Status == a.Task.Status && slices.Equal(was.ReservationSIDs, a.Task.ReservationSIDs) {
		return nil
	}
	after := r.draft(a.Task.SID)
	if was != nil && (len(a.Happenings) > 0 || was.Status != a.Task.Status) {
		a.Task.Version++
	}
	after.Task = a.Task
	if !after.waits() {
		after.Accept, after.Held = false, false
	}
	if err := t.keepWaiting(ctx, r, was, after); err != nil {
		return err
	}
	if err := t.countTask(ctx, was, after); err != nil {
		return err
	}
	for _, h := range a.Happenings {
		if err := t.tellHappening(a, h); err != nil {
			return err
		}
	}
	a.Happenings = nil
	if was == nil {
		return tasks.Insert(t.Work, after)
	}
	return tasks.Put(t.Work, after)
}

// comesLater is how tasks are counted in a queue that they are for, and have not entered yet.
const comesLater routing.TaskStatus = "later"

// countTask counts a task in its queue, by its state, and in its workflow and on its task
// channel while it has not ended: whoever deletes one of them reads all shards, so that no
// task can come meanwhile. One that is for a queue and not there yet, because its channel is being
// set up, is counted there by itself.
func (t *turn) countTask(ctx context.Context, was, is *storedTask) error {
	type at struct {
		of     string
		status routing.TaskStatus
	}
	changes := map[at]int64{}
	count := func(k *storedTask, by int64) {
		if k == nil || !k.Status.Live() {
			return
		}
		if k.QueueSID == "" && routing.PrefixQueue.Valid(k.RoutingTarget) {
			changes[at{k.RoutingTarget, comesLater}] += by
		}
		changes[at{k.QueueSID, k.Status}] += by
		changes[at{k.WorkflowSID, routing.TaskPending}] += by
		changes[at{k.TaskChannelSID, routing.TaskPending}] += by
	}
	count(was, -1)
	count(is, 1)
	maps.DeleteFunc(changes, func(a at, by int64) bool { return by == 0 || a.of == "" })
	of := map[string]bool{}
	for a := range changes {
		of[a.of] = true
	}
	sorted, shard := sortedKeys(of), shardOf(is.SID)
	ids := make([]string, len(sorted))
	for n, sid := range sorted {
		ids[n] = shardID(sid, shard)
	}
	counts, err := taskCounts.All(ctx, t.Work, ids...)
	if err != nil {
		return err
	}
	for n, sid := range sorted {
		count := counts[n]
		if count == nil {
			count = &shardedTasks{QueueSID: sid, Shard: shard}
		}
		if count.Tasks == nil {
			count.Tasks = map[routing.TaskStatus]int64{}
		}
		for a, by := range changes {
			if a.of != sid {
				continue
			}
			if count.Tasks[a.status] += by; count.Tasks[a.status] == 0 {
				delete(count.Tasks, a.status)
			}
		}
		if err := taskCounts.Put(t.Work, count); err != nil {
			return err
		}
	}
	return nil
}

// keepChannel writes the channel, if there is one, and what has changed of what belongs to it.
func (t *turn) keepChannel(ctx context.Context, r *routed) error {
	if r.channel == nil {
		return nil
	}
	after := *r.channel
	after.Channel = r.work.Channel
	after.TaskSIDs, after.InviteSIDs, after.ParticipantSIDs, after.TransferSIDs = nil, nil, nil, nil
	for _, a := range r.work.Assignments {
		if a.Task.Status.Live() {
			after.TaskSIDs = append(after.TaskSIDs, a.Task.SID)
		}
	}
	for _, i := range r.work.Invites {
		if i.Status == routing.InvitePending {
			after.InviteSIDs = append(after.InviteSIDs, i.SID)
		}
		if err := keepPart(t, &invites, r.invites, i.SID, i); err != nil {
			return err
		}
	}
	for _, p := range r.work.Participants {
		if p.Status != routing.ParticipantClosed {
			after.ParticipantSIDs = append(after.ParticipantSIDs, p.SID)
		}
		if err := keepPart(t, &participants, r.participants, p.SID, p); err != nil {
			return err
		}
	}
	for _, x := range r.work.Transfers {
		if x.Status == routing.TransferActive {
			after.TransferSIDs = append(after.TransferSIDs, x.SID)
		}
		if err := keepPart(t, &transfers, r.transfers, x.SID, x); err != nil {
			return err
		}
	}
	if err := t.tellChannel(r); err != nil {
		return err
	}
	if err := t.followChannel(ctx, r, &after); err != nil {
		return err
	}
	if r.fresh {
		return flexChannels.Insert(t.Work, &after)
	}
	return flexChannels.Put(t.Work, &after)
}

// tellChannel tells of what has happened to the channel, if there is one: before what that does to
// the conversation and the tasks, so that nobody hears of a task of a channel that they have not
// heard of.
func (t *turn) tellChannel(r *routed) error {
	for _, h := range r.work.Happenings {
		if err := t.tellFlex(r, h); err != nil {
			return err
		}
	}
	r.work.Happenings = nil
	return nil
}

// keepPart writes a part of a channel, if it is new or has changed.
func keepPart[T comparable](t *turn, table *work.Table[T], read map[string]T, sid string, is T) error {
	switch was, there := read[sid]; {
	case !there:
		return table.Insert(t.Work, &is)
	case was != is:
		return table.Put(t.Work, &is)
	}
	return nil
}

// sortedKeys returns the keys of a map in their order, so that what is done for each is done
// in the same order every time.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
