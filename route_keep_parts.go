package engage

import (
	"context"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
)

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
	if err := t.timeChannel(ctx, r, &after); err != nil {
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
