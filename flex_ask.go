package engage

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/routing"
)

// ask asks for an agent on a channel: by an invite with a task of its own, which has the known
// attributes beside those that it is given. While the channel is being set up, it is held.
func (t *turn) ask(ctx context.Context, r *routed, spec newTask) error {
	invite := routing.Invite{SID: t.sid(routing.PrefixInvite), TaskSID: spec.SID}
	if invite.TaskSID == "" {
		invite.TaskSID = t.sid(routing.PrefixTask)
	}
	if routing.PrefixWorker.Valid(spec.WorkerSID) {
		invite.WorkerSID = routing.PrefixWorker.Alike(spec.WorkerSID)
	}
	next, err := r.work.Invite(invite, t.now)
	if err != nil {
		return refusal(err, channelResource(r.channel.SID))
	}
	spec.SID = invite.TaskSID
	if spec, err = r.known(spec, invite.SID); err != nil {
		return err
	}
	r.work = next
	return t.addAsked(ctx, r, spec)
}

// addAsked adds the task of somebody who is asked to come to a channel. Who is there already is
// not asked, as long as the task waits.
func (t *turn) addAsked(ctx context.Context, r *routed, spec newTask) error {
	spec.InteractionSID, spec.ChannelSID = r.work.Channel.InteractionSID, r.work.Channel.SID
	spec.Held = r.work.Channel.Status == routing.ChannelSetup
	sid, err := t.addTask(ctx, r, spec)
	if err != nil {
		return err
	}
	if a := r.assignment(sid); !routing.PrefixWorker.Valid(a.Task.RoutingTarget) {
		a.Task = r.work.KeptFromAgents(a.Task)
	}
	return nil
}

// known gives a task the attributes that every task of an interaction has.
func (r *routed) known(spec newTask, inviteSID string) (newTask, error) {
	c := r.work.Channel
	known := r.channel.Request.Known(routing.CreatedSIDs{Interaction: c.InteractionSID, Channel: c.SID, Invite: inviteSID, Conversation: c.MediaChannelSID})
	if n := slices.IndexFunc(r.work.Participants, func(p routing.Participant) bool { return p.Type == routing.ParticipantCustomer && p.Media != nil }); n >= 0 && known.Address == "" {
		media := r.work.Participants[n].Media
		known.Address, known.Name = cmp.Or(media.Address, media.Identity), media.Name
	}
	spec.InviteSID = inviteSID
	merged, err := known.Merge(spec.Attributes)
	if err != nil {
		var wrong problems
		wrong.add(spec.at("attributes"), strings.TrimPrefix(err.Error(), "attributes: "))
		return spec, wrong.err()
	}
	spec.Attributes = merged
	return spec, nil
}

// knownOf gives a task the attributes that every task of an interaction has, where it takes the
// place of another one without an invite of its own.
func (r *routed) knownOf(spec newTask, old *storedTask) (newTask, error) {
	invite, _ := old.Attributes["flexChannelInviteSid"].(string)
	spec, err := r.known(spec, invite)
	spec.InviteSID = ""
	return spec, err
}

// keepFromWhoCame keeps the tasks that wait on a channel from workers who have accepted another
// one of it in this call, and withdraws what they are offered of these: nobody is on a channel
// twice.
func (t *turn) keepFromWhoCame(r *routed) (err error) {
	if r.channel == nil {
		return nil
	}
	for _, a := range slices.Clone(r.work.Assignments) {
		for _, is := range a.Reservations {
			if was := r.reservations[is.SID]; is.Status != routing.ReservationAccepted || was != nil && was.Status == is.Status {
				continue
			}
			if r.work, err = r.work.Came(is.WorkerSID, a.Task.SID, t.now); err != nil {
				return err
			}
			for _, other := range slices.Clone(r.work.Assignments) {
				if other.Task.SID == a.Task.SID || routing.PrefixWorker.Valid(other.Task.RoutingTarget) {
					continue
				}
				if err := t.keepOtherFrom(r, other, is.WorkerSID); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// keepOtherFrom keeps one task, if nobody has it yet, from who came to its channel otherwise.
func (t *turn) keepOtherFrom(r *routed, other routing.Assignment, workerSID string) (err error) {
	if s := other.Task.Status; s != routing.TaskPending && s != routing.TaskReserved {
		return nil
	}
	other.Task = other.Task.KeepFrom(workerSID)
	r.draft(other.Task.SID).Behind = true
	for _, is := range other.Reservations {
		if is.WorkerSID == workerSID && is.Status == routing.ReservationPending {
			if other, err = other.Answer(is.SID, routing.ReservationCancels, "", t.now); err != nil {
				return err
			}
		}
	}
	return r.with(other, t.now)
}
