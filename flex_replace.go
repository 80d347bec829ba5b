package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
)

// replaceAgent completes a task whose worker was deleted. If they were talking to the customer,
// and nobody else is, another agent is asked for: the customer is not left alone.
func (t *turn) replaceAgent(ctx context.Context, r *routed, taskSID string) error {
	if r.assignment(taskSID).Task.Status == routing.TaskAssigned {
		if err := t.askAnew(ctx, r); err != nil {
			return err
		}
	}
	return t.endFor(r, taskSID, routing.TaskCompletes)
}

// withoutWorker cancels a task that waits for a deleted worker and no other. Where it is the
// last of a channel, another agent is asked for. If they were to take a channel over, the next
// agent is, as if they did not want it.
func (t *turn) withoutWorker(ctx context.Context, r *routed, taskSID string) error {
	for _, x := range r.work.Transfers {
		if x.Status == routing.TransferActive && x.TaskSID == taskSID {
			return t.transferDeclined(ctx, r, x, r.assignment(taskSID).Task.RoutingTarget)
		}
	}
	if err := t.askAnew(ctx, r); err != nil {
		return err
	}
	return t.endFor(r, taskSID, routing.TaskCancels)
}

// endFor ends a task because its worker was deleted.
func (t *turn) endFor(r *routed, taskSID string, by routing.TaskVerb) error {
	a, err := r.assignment(taskSID).Happen(by, routing.TaskChange{Reason: ReasonWorkerDeleted}, t.now)
	if err != nil {
		return err
	}
	return r.with(a, t.now)
}

// askAnew asks for an agent in place of one who is gone, if the channel has nobody else, nor is
// being handed over.
func (t *turn) askAnew(ctx context.Context, r *routed) error {
	if r.work.Channel.OpenTransfers > 0 {
		return nil
	}
	return t.askForLast(ctx, r)
}

// askInstead asks for an agent before the task of a transfer ends that nobody has taken over, if
// who was to hand over was deleted meanwhile: the customer would be left alone. Who has ended
// their own task had decided that it is for the transfer to say what becomes of the customer.
func (t *turn) askInstead(ctx context.Context, r *routed, taskSID string) error {
	for _, x := range r.work.Transfers {
		if x.Status != routing.TransferActive || x.TaskSID != taskSID {
			continue
		}
		from, err := t.task(ctx, x.FromTaskSID)
		if err != nil || from.Reason != ReasonWorkerDeleted {
			return gone(err)
		}
		return t.askForLast(ctx, r)
	}
	return nil
}

// askForLast asks for an agent if one task only is live on the channel, which is about to end,
// unless no workflow is left that would find anybody.
func (t *turn) askForLast(ctx context.Context, r *routed) error {
	if c := r.work.Channel; r.channel == nil || c.LiveTasks != 1 || !routing.ChannelLifecycle.Possible(c.Status, routing.ChannelSettles) {
		return nil
	}
	before := r.work
	another := routing.Invite{SID: t.sid(routing.PrefixInvite), TaskSID: t.sid(routing.PrefixTask)}
	next, err := r.work.Invite(another, t.now)
	if err != nil {
		return err
	}
	r.work = next
	err = t.addAnew(ctx, r, r.anew(), another)
	if errors.Is(err, ErrInvalid) {
		r.work, err = before, nil
	}
	return err
}
