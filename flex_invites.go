package engage

import (
	"cmp"
	"context"

	"github.com/engage-interactions/engage/routing"
)

// FlexInvite is an invite with its task, as they are at a time.
type FlexInvite struct {
	routing.Invite

	Routed RoutedTask `json:"routed"`
	// Warnings are about the request, if it was made now.
	Warnings []routing.Problem `json:"-"`
}

// View returns what the Flex Interactions API shows of the invite.
func (i FlexInvite) View(b routing.Base) routing.InviteView {
	return i.Invite.View(b, i.Routed.View(b))
}

// Invite asks for one more agent on a channel (the Flex Interactions API, "Interaction Channel
// Invites"): by a task of its own, with the attributes that it is given. Those of the first
// task are not copied; but those that say what it is of are there.
//
// A request that names no workspace is for that of the channel. Who is on the channel already
// is not asked; if the request names them, that is refused, and so it is if it names who was
// asked by name before and has not answered (80102). One who accepts another task of the channel
// meanwhile is there, and the invite by their name is canceled.
//
// The error wraps ErrInvalid, with a [*routing.ProblemsError] of all that is wrong with the
// request; ErrRefused, with a [*routing.RefusedError], if the channel rests or is over (80906),
// or [routing.MaxLiveTasks] of its tasks are live.
func (s Flex) Invite(ctx context.Context, channelSID string, request routing.TaskRequest) (FlexInvite, error) {
	if err := s.allow(ctx, ActionFlexInvite, channelResource(channelSID)); err != nil {
		return FlexInvite{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*FlexInvite, error) {
		r, err := t.routedChannel(ctx, channelSID)
		if err != nil {
			return nil, err
		}
		asked := request
		asked.WorkspaceSID = cmp.Or(asked.WorkspaceSID, r.channel.WorkspaceSID)
		only := onlyWorkflow{turn: t}
		warnings, unfit := routing.CheckInvite(asked, only.find(ctx))
		if err := cmp.Or(only.failed, problemsError(unfit)); err != nil {
			return nil, err
		}
		var wrong problems
		if routing.PrefixWorkspace.Alike(asked.WorkspaceSID) != r.channel.WorkspaceSID {
			wrong.add("routing.properties.workspace_sid", "is not that of the channel, which is "+r.channel.WorkspaceSID)
		}
		if err := r.alreadyThere(asked.WorkerSID); err != nil {
			return nil, err
		}
		if err := wrong.join(t.ask(ctx, r, newTask{TaskRequest: asked, Path: "routing.properties"})); err != nil {
			return nil, err
		}
		made := r.work.Invites[len(r.work.Invites)-1]
		if err := t.keepRouted(ctx, r); err != nil {
			return nil, err
		}
		shown := &FlexInvite{Invite: made, Warnings: warnings}
		shown.Routed, err = t.showTask(ctx, made.TaskSID)
		return shown, err
	})
}

// alreadyThere refuses to invite a worker who is on the channel, or is asked by name to come.
func (r *routed) alreadyThere(workerSID string) error {
	if !routing.PrefixWorker.Valid(workerSID) {
		return nil
	}
	sid := routing.PrefixWorker.Alike(workerSID)
	return refusal(r.work.MayInvite(sid), workerResource(sid))
}

// Invites returns one page of the invites of a channel, in the order in which they were made.
func (s Flex) Invites(ctx context.Context, channelSID string, limit int, continuation string) (Page[FlexInvite], error) {
	return listParts(ctx, s, channelSID, &invites, limit, continuation, func(ctx context.Context, t *turn, i *routing.Invite, shown *FlexInvite) (err error) {
		shown.Invite = *i
		shown.Routed, err = t.showTask(ctx, i.TaskSID)
		return err
	})
}
