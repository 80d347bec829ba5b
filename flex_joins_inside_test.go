package engage

import (
	"context"

	"github.com/engage-interactions/engage/routing"
)

// What the tests of the joins do to channels and tasks from within.

func (e *Engine) joint(ctx context.Context, call func(t *turn) error) error {
	return scope{core: e.core, actor: e.actor}.do(ctx, call)
}

// JointOpen binds a new channel to a thread, and has a worker asked.
func (e *Engine) JointOpen(ctx context.Context, workspaceSID, threadID, workerSID string) (channelSID, taskSID string, err error) {
	err = e.joint(ctx, func(t *turn) error {
		r, err := t.routedIn(ctx, workspaceSID)
		if err != nil {
			return err
		}
		c := routing.Channel{SID: t.sid(routing.PrefixChannel), InteractionSID: t.sid(routing.PrefixInteraction), AccountSID: r.workspace.AccountSID, Type: routing.ChannelMessenger}
		for _, by := range []routing.ChannelVerb{routing.ChannelStarts, routing.ChannelIsSetUp} {
			if c, _, err = c.Apply(by, routing.ChannelChange{}, t.now); err != nil {
				return err
			}
		}
		r.fresh, r.channel, r.work.Channel = true, &storedChannel{Channel: c, WorkspaceSID: workspaceSID, ThreadID: threadID}, c
		thread, err := t.thread(ctx, threadID)
		if err != nil {
			return err
		}
		channelSID, thread.ChannelSID = c.SID, c.SID
		if err := threads.Put(t.Work, thread); err != nil {
			return err
		}
		taskSID, err = t.addTask(ctx, r, newTask{ChannelSID: c.SID, InteractionSID: c.InteractionSID, RoutingTarget: workerSID})
		if err != nil {
			return err
		}
		return t.keepRouted(ctx, r)
	})
	return channelSID, taskSID, err
}

// JointChannel lets something happen to a channel.
func (e *Engine) JointChannel(ctx context.Context, channelSID string, by routing.ChannelVerb, c routing.ChannelChange) error {
	return e.joint(ctx, func(t *turn) error {
		r, err := t.routedChannel(ctx, channelSID)
		if err != nil {
			return err
		}
		if r.work, err = r.work.Happen(by, c, t.now); err != nil {
			return err
		}
		return t.keepRouted(ctx, r)
	})
}

// JointAsk invites a worker to a channel: by a verb, if it rests; in place of somebody, if a
// task is named that is to be handed over.
func (e *Engine) JointAsk(ctx context.Context, channelSID, workerSID string, by routing.ChannelVerb, cold string) (taskSID string, err error) {
	err = e.joint(ctx, func(t *turn) error {
		r, err := t.routedChannel(ctx, channelSID)
		if err != nil {
			return err
		}
		taskSID = t.sid(routing.PrefixTask)
		invite := routing.Invite{SID: t.sid(routing.PrefixInvite), TaskSID: taskSID, WorkerSID: workerSID}
		switch {
		case by != "":
			r.work, err = r.work.Return(by, invite, t.now)
		case cold != "":
			r.work, err = r.work.Transfer(routing.Transfer{SID: t.sid(routing.PrefixTransfer), Type: routing.TransferCold, To: workerSID, FromTaskSID: cold, TaskSID: taskSID}, t.now)
		default:
			r.work, err = r.work.Invite(invite, t.now)
		}
		if err != nil {
			return err
		}
		if _, err = t.addTask(ctx, r, newTask{SID: taskSID, ChannelSID: channelSID, InteractionSID: r.channel.InteractionSID, RoutingTarget: workerSID}); err != nil {
			return err
		}
		return t.keepRouted(ctx, r)
	})
	return taskSID, err
}

// JointTask lets something happen to the live reservation of a task.
func (e *Engine) JointTask(ctx context.Context, taskSID string, by routing.ReservationVerb, dispositions ...string) error {
	return e.joint(ctx, func(t *turn) error {
		r, err := t.routedTask(ctx, taskSID)
		if err != nil {
			return err
		}
		a := *r.assignment(taskSID)
		if len(a.Reservations) == 0 {
			return &NotFoundError{Resource: reservationResource("of " + taskSID)}
		}
		r.dispositions = map[string][]string{taskSID: dispositions}
		if a, err = a.Answer(a.Reservations[0].SID, by, "done", t.now); err != nil {
			return err
		}
		if err := r.with(a, t.now); err != nil {
			return err
		}
		return t.keepRouted(ctx, r)
	})
}

// JointCancel cancels a task that waits.
func (e *Engine) JointCancel(ctx context.Context, taskSID string) error {
	return e.joint(ctx, func(t *turn) error {
		r, err := t.routedTask(ctx, taskSID)
		if err != nil {
			return err
		}
		a, err := r.assignment(taskSID).Happen(routing.TaskCancels, routing.TaskChange{Reason: "enough"}, t.now)
		if err != nil {
			return err
		}
		if err := r.with(a, t.now); err != nil {
			return err
		}
		return t.keepRouted(ctx, r)
	})
}

// JointSwitch sets what is not to be joined in a workspace.
func (e *Engine) JointSwitch(ctx context.Context, workspaceSID string, joins Joins) error {
	return e.joint(ctx, func(t *turn) error {
		w, err := t.workspace(ctx, workspaceSID)
		if err != nil {
			return err
		}
		w.Joins = joins
		return workspaces.Put(t.Work, w)
	})
}

// JointStates returns the state of a channel, and of a task.
func (e *Engine) JointStates(ctx context.Context, channelSID, taskSID string) (channel routing.ChannelStatus, task routing.TaskStatus, err error) {
	err = e.joint(ctx, func(t *turn) error {
		c, err := t.flexChannel(ctx, channelSID)
		if err != nil {
			return err
		}
		k, err := t.task(ctx, taskSID)
		if err != nil {
			return err
		}
		channel, task = c.Status, k.Status
		return nil
	})
	return channel, task, err
}
