package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
)

// declined does what follows when a worker does not want a task, or lets the time go by, after
// r has taken that over, and the task waits again.
//
// Who was invited by name has nobody behind them: the task is canceled, and if nothing else is
// left to be done on the channel, another agent is asked for: others first, and for
// [routing.DeclinedFor] not who has declined. Of a transfer, the next agent in
// the workflow is asked, and not who has declined.
func (t *turn) declined(ctx context.Context, r *routed, reservation *storedReservation) error {
	a := r.assignment(reservation.TaskSID)
	if r.channel == nil || a == nil || a.Task.Status != routing.TaskPending {
		return nil // others are still asked, or it is over
	}
	for _, x := range r.work.Transfers {
		if x.Status == routing.TransferActive && x.TaskSID == a.Task.SID {
			return t.transferDeclined(ctx, r, x, reservation.WorkerSID)
		}
	}
	for _, i := range r.work.Invites {
		if i.Status == routing.InvitePending && i.TaskSID == a.Task.SID && i.WorkerSID == reservation.WorkerSID {
			return t.inviteDeclined(ctx, r, i)
		}
	}
	return nil
}

// transferDeclined asks the next agent in the workflow to take a channel over.
func (t *turn) transferDeclined(ctx context.Context, r *routed, x routing.Transfer, workerSID string) error {
	next, err := r.work.DeclineTransfer(x.SID, t.now)
	if err != nil {
		return err
	}
	r.work = next
	a := *r.assignment(x.TaskSID)
	a.Task = r.work.KeptFromAgents(a.Task.KeepFrom(workerSID))
	if !routing.PrefixWorker.Valid(a.Task.RoutingTarget) {
		return r.with(a, t.now)
	}
	a.Task.RoutingTarget, a.Task.IgnoreCapacity = "", false
	if a, err = t.enter(ctx, a, r.draft(x.TaskSID).ConfigurationVersion); err != nil {
		return err
	}
	if !a.Task.Status.Live() {
		if err := t.askInstead(ctx, r, x.TaskSID); err != nil {
			return err
		}
	}
	return r.with(a, t.now)
}

// inviteDeclined ends the task of who was invited by name. The customer is not left alone: but
// an outbound interaction that its agent does not want is over, for nobody waits for it.
func (t *turn) inviteDeclined(ctx context.Context, r *routed, i routing.Invite) error {
	outbound := r.channel.Request.Channel.InitiatedBy == routing.ByAgent && r.channel.Request.Channel.Properties.MediaChannelSID == ""
	if outbound {
		thread, err := t.thread(ctx, r.channel.ThreadID)
		if err != nil {
			return err
		}
		outbound = thread.ContentsCount == 0
	}
	if outbound {
		return t.cancelDeclined(r, i)
	}
	before := r.work
	another := routing.Invite{SID: t.sid(routing.PrefixInvite), TaskSID: t.sid(routing.PrefixTask)}
	next, anew, err := r.work.Decline(i.SID, another, t.now)
	if err != nil {
		return err
	}
	r.work = next
	if !anew {
		return nil
	}
	err = t.addAnew(ctx, r, r.anew(), another)
	if errors.Is(err, ErrInvalid) { // no workflow is left that would find anybody
		r.work = before
		return t.cancelDeclined(r, i)
	}
	if err != nil {
		return err
	}
	a := r.assignment(another.TaskSID)
	a.Task = a.Task.KeepFromUntil(i.WorkerSID, t.now.Add(routing.DeclinedFor))
	return nil
}

// cancelDeclined ends the task of an invite in whose place nobody is asked.
func (t *turn) cancelDeclined(r *routed, i routing.Invite) error {
	a, err := r.assignment(i.TaskSID).Happen(routing.TaskCancels, routing.TaskChange{Reason: routing.ReasonDeclined}, t.now)
	if err != nil {
		return err
	}
	return r.with(a, t.now)
}
