package engage

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// Channels that rest, because they are paused or inactive, and how they come back. Whoever
// brings one back asks for an agent in the same commit: else nobody would answer the customer.

// Pause lets an agent put a channel aside (TaskRouter's documentation, "Pause and resume"):
// the tasks are completed, and the conversation stays open. It comes back by Resume, when the
// customer writes, or after 14 days ([routing.MaxPause]).
//
// Who has paused it is the actor, if that is one of its agents; else its only agent; else, if
// there are several or none, nobody.
//
// The error wraps ErrRefused, with a [*routing.RefusedError], if the channel is not active.
func (s Flex) Pause(ctx context.Context, sid string) (FlexChannel, error) {
	return s.changeChannel(ctx, ActionFlexUpdate, sid, func(t *turn, r *routed) error {
		p, err := t.agentOn(ctx, r)
		if err != nil {
			return err
		}
		if r.work, err = r.work.Happen(routing.ChannelPauses, routing.ChannelChange{}, t.now); err != nil {
			return err
		}
		r.channel.RestedWorker, r.channel.RestedTask = p.WorkerSID, p.TaskSID
		return nil
	})
}

// Resume brings a paused channel back to the agent who has paused it (TaskRouter's
// documentation, "Pause and resume"): a new task, with the attributes of the one they had, is
// accepted for them as soon as they can take one more. If nobody has paused it, or they were
// deleted, the workflow finds somebody.
//
// The error wraps ErrRefused, with a [*routing.RefusedError], if the channel is not paused.
func (s Flex) Resume(ctx context.Context, sid string) (FlexChannel, error) {
	return s.changeChannel(ctx, ActionFlexUpdate, sid, func(t *turn, r *routed) error {
		spec, _, err := t.resting(ctx, r)
		if err != nil {
			return err
		}
		spec.Accept = spec.WorkerSID != ""
		return t.comeBack(ctx, r, routing.ChannelResumes, spec)
	})
}

// agentOn returns the participant who is the actor, or the only agent on a channel. Zero:
// nobody is.
func (t *turn) agentOn(ctx context.Context, r *routed) (routing.Participant, error) {
	agents := r.work.Agents()
	for _, p := range agents {
		w, err := workers.Get(ctx, t.Work, p.WorkerSID)
		if err != nil || w != nil && t.actsFor(w) {
			return p, err
		}
	}
	if len(agents) == 1 {
		return agents[0], nil
	}
	return routing.Participant{}, nil
}

// resting returns the task by which a paused channel comes back to who has paused it, and
// that worker. If there is no such worker any more, the task is for whoever the workflow finds.
func (t *turn) resting(ctx context.Context, r *routed) (newTask, *storedWorker, error) {
	anew := r.anew()
	if r.channel.RestedWorker == "" {
		return anew, nil, nil
	}
	w, err := t.worker(ctx, r.channel.RestedWorker)
	if err != nil {
		return anew, nil, gone(err)
	}
	old, err := t.task(ctx, r.channel.RestedTask)
	if err != nil {
		return anew, nil, gone(err)
	}
	spec := old.likewise()
	spec.WorkerSID, spec.QueueSID = w.SID, old.QueueSID
	respects := false
	spec.IgnoreCapacity = &respects
	return spec, w, nil
}

// likewise returns a task that is to be like another one: in the same workflow, on the same task
// channel, with the same attributes and as urgent.
//
// The invite of the other one is not this one's: what is made of it says which it has.
func (k *storedTask) likewise() newTask {
	attributes := maps.Clone(k.Attributes)
	if k.InviteSID != "" && attributes["flexChannelInviteSid"] == k.InviteSID {
		delete(attributes, "flexChannelInviteSid")
	}
	return newTask{TaskRequest: routing.TaskRequest{
		WorkspaceSID: k.WorkspaceSID, WorkflowSID: k.WorkflowSID, TaskChannelSID: k.TaskChannelSID,
		Attributes: attributes, Priority: k.Priority, Timeout: k.Timeout,
	}}
}

// anew returns the task by which an agent is asked for in place of one who is gone: that of the
// request which has created the interaction, but for whoever the workflow finds.
func (r *routed) anew() newTask {
	spec := newTask{TaskRequest: r.channel.Request.Routing.Properties}
	spec.WorkerSID, spec.WorkflowSID = "", r.channel.WorkflowSID
	if r.channel.Request.Channel.InitiatedBy == routing.ByAgent {
		spec.QueueSID = "" // it was that of the agent
	}
	return spec
}

// comeBack makes a channel active that rests, and asks for an agent.
func (t *turn) comeBack(ctx context.Context, r *routed, by routing.ChannelVerb, spec newTask) error {
	invite := routing.Invite{SID: t.sid(routing.PrefixInvite), TaskSID: t.sid(routing.PrefixTask), WorkerSID: spec.WorkerSID}
	next, err := r.work.Return(by, invite, t.now)
	if err != nil {
		return err
	}
	r.work = next
	r.channel.RestedWorker, r.channel.RestedTask = "", ""
	return t.addAnew(ctx, r, spec, invite)
}

// addAnew adds the task of an invite that asks for an agent in place of one who is gone. What
// it was to be like may be gone as well, and only that is left out: then the workflow says the
// rest.
func (t *turn) addAnew(ctx context.Context, r *routed, spec newTask, invite routing.Invite) error {
	spec.SID, spec.InviteSID = invite.TaskSID, invite.SID
	if known, err := r.known(spec, invite.SID); err == nil {
		spec = known
	}
	err := t.addAsked(ctx, r, spec)
	if !errors.Is(err, ErrInvalid) {
		return err
	}
	if spec, err = t.withoutWhatIsGone(ctx, r, spec); err != nil {
		return err
	}
	return t.addAsked(ctx, r, spec)
}

// withoutWhatIsGone returns a task without the worker, the queue, the task channel and the
// workflow that are not there any more.
func (t *turn) withoutWhatIsGone(ctx context.Context, r *routed, spec newTask) (newTask, error) {
	in := r.workspace.SID
	_, noQueue := t.queueIn(ctx, in, spec.QueueSID)
	_, noWorker := t.workerIn(ctx, in, spec.WorkerSID)
	_, noWorkflow := t.workflowIn(ctx, in, spec.WorkflowSID)
	var wrong problems
	noTaskChannel := t.taskChannelFor(ctx, &routing.Task{WorkspaceSID: in}, spec, &wrong)
	if err := errors.Join(gone(noQueue), gone(noWorker), gone(noWorkflow), noTaskChannel); err != nil {
		return spec, err
	}
	if noQueue != nil {
		spec.QueueSID = ""
	}
	if noWorker != nil {
		spec.WorkerSID, spec.Accept, spec.IgnoreCapacity = "", false, nil
	}
	if noWorkflow != nil {
		spec.WorkflowSID = ""
		if len(r.workspace.WorkflowSIDs) > 0 {
			spec.WorkflowSID = r.workspace.WorkflowSIDs[0] // the oldest one that is left
		}
	}
	if wrong.err() != nil {
		spec.TaskChannelSID, spec.TaskChannel = "", ""
	}
	return spec, nil
}

// customerWrote sees to it that an agent is asked for, because the customer has written in a
// thread whose channel rests.
func (t *turn) customerWrote(ctx context.Context, thread *interaction.Thread) error {
	if thread.ChannelSID == "" || !thread.ChannelResting {
		return nil
	}
	_, err := t.later(ctx, jobReturn, time.Time{}, channelReturn{ChannelSID: thread.ChannelSID, RestingSince: thread.RestingSince})
	return err
}

// channelReturn is a channel that is to come back from the rest that began at a time. A job that
// failed may be tried again after it has come back otherwise, and rests once more.
type channelReturn struct {
	ChannelSID   string    `json:"channel_sid"`
	RestingSince time.Time `json:"resting_since,omitzero"` // zero in jobs of earlier versions: any
}

// returnWritten brings a channel back because the customer has written. Whoever has paused it
// is asked first, if they can take it now.
func (t *turn) returnWritten(ctx context.Context, d channelReturn) error {
	r, err := t.routedChannel(ctx, d.ChannelSID)
	if err != nil {
		return gone(err)
	}
	thread, err := t.thread(ctx, r.channel.ThreadID)
	if err != nil {
		return err
	}
	if !d.RestingSince.IsZero() && !thread.RestingSince.Equal(d.RestingSince) {
		return nil
	}
	spec := r.anew()
	switch r.work.Channel.Status {
	case routing.ChannelInactive:
	case routing.ChannelPause:
		own, w, err := t.resting(ctx, r)
		if err != nil {
			return err
		}
		if w != nil && slices.Contains(w.Open(!r.workspace.MultiTask), own.TaskChannelSID) {
			spec = own
		}
	case routing.ChannelSetup, routing.ChannelActive, routing.ChannelTransfer, routing.ChannelFailed, routing.ChannelClosed:
		return nil // it was brought back already, or is over
	}
	if err := t.comeBack(ctx, r, routing.ChannelIsWrittenTo, spec); err != nil {
		return err
	}
	return t.keepRouted(ctx, r)
}

// reroute brings back a channel that has been paused for too long.
func (t *turn) reroute(ctx context.Context, sid string) (time.Time, error) {
	r, err := t.routedChannel(ctx, sid)
	if err != nil {
		return time.Time{}, gone(err)
	}
	if r.work.Channel.Status != routing.ChannelPause {
		return time.Time{}, nil
	}
	if due := r.work.Channel.PausedAt.Add(routing.MaxPause); t.now.Before(due) {
		return due, nil
	}
	if err := t.comeBack(ctx, r, routing.ChannelIsRerouted, r.anew()); err != nil {
		return time.Time{}, err
	}
	return time.Time{}, t.keepRouted(ctx, r)
}
