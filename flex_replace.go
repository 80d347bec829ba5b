package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
)

// reasonWorkerGone is why a task is completed whose worker was deleted.
const reasonWorkerGone = "Worker deleted"

// replaceAgent completes a task whose worker was deleted. If they were talking to the customer,
// and nobody else is, another agent is asked for: the customer is not left alone.
func (t *turn) replaceAgent(ctx context.Context, r *routed, taskSID string) error {
	if c := r.work.Channel; r.channel != nil && r.assignment(taskSID).Task.Status == routing.TaskAssigned &&
		c.LiveTasks == 1 && c.OpenInvites == 0 && c.OpenTransfers == 0 && routing.ChannelLifecycle.Possible(c.Status, routing.ChannelSettles) {
		if err := t.askAnew(ctx, r); err != nil {
			return err
		}
	}
	a, err := r.assignment(taskSID).Happen(routing.TaskCompletes, routing.TaskChange{Reason: reasonWorkerGone}, t.now)
	if err != nil {
		return err
	}
	return r.with(a, t.now)
}

// askAnew asks for an agent in place of one who is gone, unless no workflow is left that would
// find anybody.
func (t *turn) askAnew(ctx context.Context, r *routed) error {
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
