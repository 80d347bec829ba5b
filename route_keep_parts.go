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
