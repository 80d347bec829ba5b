package engage

import (
	"context"

	"github.com/engage-interactions/engage/routing"
)

// Transfer hands a channel over from one agent to another (the Flex Interactions API,
// "Interaction Transfers"): by a task like that of the first, for the worker, the queue or the
// workflow that it is handed over to.
//
// Cold: when somebody has accepted it, the first agent's task is completed. Warm: they are both
// there then, until one leaves. Who does not want it (rejects it, lets the time go by, or is
// deleted) is not asked again, and the next agent in the workflow is; if nobody is left to be
// asked, it has failed, and the first agent keeps the customer. An agent who is on the channel
// already takes it over at once. One who comes to it while they are asked to take it over takes it over when
// they accept that, and their first task is completed.
//
// Attributes of the request take the place of those of the first agent's task, but for the known
// ones where these are absent ([routing.Known]). A transfer has no invite: flexChannelInviteSid
// stays that by which the first agent was asked.
//
// The error wraps ErrInvalid, with a [*routing.ProblemsError] of all that is wrong, such as the
// type external; ErrRefused if nobody is there to hand it over, another transfer of the same
// task is open, or [routing.MaxLiveTasks] of the channel's tasks are live.
func (s Flex) Transfer(ctx context.Context, channelSID string, request routing.TransferRequest) (routing.Transfer, error) {
	if err := s.allow(ctx, ActionFlexTransfer, channelResource(channelSID)); err != nil {
		return routing.Transfer{}, err
	}
	if err := request.Check(); err != nil {
		return routing.Transfer{}, problemsError(err)
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Transfer, error) {
		r, err := t.routedChannel(ctx, channelSID)
		if err != nil {
			return nil, err
		}
		from, err := t.handsOver(ctx, r, request)
		if err != nil {
			return nil, err
		}
		x := routing.Transfer{
			SID: t.sid(routing.PrefixTransfer), Type: request.Type, From: from.SID, To: lowered(request.To), FromTaskSID: from.TaskSID,
			InstanceSID: request.InstanceSID, ExecutionSID: request.ExecutionSID, NoteSID: request.NoteSID, SummarySID: request.SummarySID,
		}
		if err := t.handOver(ctx, r, from, x, request); err != nil {
			return nil, refusal(err, channelResource(r.channel.SID))
		}
		if err := t.keepRouted(ctx, r); err != nil {
			return nil, err
		}
		return t.transfer(ctx, x.SID)
	})
}

// lowered returns the SID that a checked request names as it is kept.
func lowered(sid string) string { return routing.Prefix(sid[:2]).Alike(sid) }

// handsOver returns the participant who hands a channel over: the one who is named, the actor,
// or the only agent who is there.
func (t *turn) handsOver(ctx context.Context, r *routed, request routing.TransferRequest) (from routing.Participant, err error) {
	if request.From == "" {
		if from, err = t.agentOn(ctx, r); err != nil {
			return from, err
		}
	}
	for _, p := range r.work.Participants {
		if request.From != "" && p.SID == routing.PrefixParticipant.Alike(request.From) {
			from = p
		}
	}
	switch {
	case from.SID == "" && request.From != "":
		var wrong problems
		wrong.add("from", "is no participant of the channel")
		return from, wrong.err()
	case from.WorkerSID == "" || from.Status != routing.ParticipantActive || r.assignment(from.TaskSID) == nil:
		return from, &RefusedError{
			Rule: "who hands a channel over is an agent on it", Resource: channelResource(r.channel.SID), Remedy: "name the agent's participant in from",
		}
	}
	err = t.mayActFor(ctx, &from)
	return from, err
}

// handOver begins a transfer.
func (t *turn) handOver(ctx context.Context, r *routed, from routing.Participant, x routing.Transfer, request routing.TransferRequest) error {
	spec := r.tasks[from.TaskSID].likewise()
	if request.Attributes != nil {
		spec.Attributes = request.Attributes
	}
	var wrong problems
	var err error
	switch to := request.To; {
	case routing.PrefixParticipant.Valid(to):
		err = &NotFoundError{Resource: participantResource(to)}
		for _, p := range r.work.Agents() {
			if p.SID == routing.PrefixParticipant.Alike(to) {
				spec.WorkerSID, err = p.WorkerSID, nil
			}
		}
	case routing.PrefixWorker.Valid(to):
		var w *storedWorker
		if w, err = t.workerIn(ctx, r.workspace.SID, to); err == nil {
			spec.WorkerSID = w.SID
		}
	case routing.PrefixQueue.Valid(to):
		_, err = t.queueIn(ctx, r.workspace.SID, to)
		spec.QueueSID = to
	case routing.PrefixWorkflow.Valid(to):
		_, err = t.workflowIn(ctx, r.workspace.SID, to)
		spec.WorkflowSID = to
	}
	if err := wrong.exists("to", "such worker, queue, workflow or agent on the channel:", request.To, err); err != nil {
		return err
	}
	if spec.WorkerSID == from.WorkerSID {
		wrong.add("to", "is who hands it over")
	}
	if err := wrong.err(); err != nil {
		return err
	}
	for _, p := range r.work.Agents() {
		if p.WorkerSID == spec.WorkerSID && r.assignment(p.TaskSID) != nil {
			return t.handOverTo(r, x, p)
		}
	}
	if spec.WorkerSID != "" {
		spec.QueueSID = r.tasks[from.TaskSID].QueueSID
	}
	if request.Attributes != nil {
		if spec, err = r.knownOf(spec, r.tasks[from.TaskSID]); err != nil {
			return err
		}
	}
	x.TaskSID = t.sid(routing.PrefixTask)
	next, err := r.work.Transfer(x, t.now)
	if err != nil {
		return err
	}
	r.work, spec.SID = next, x.TaskSID
	return t.addAsked(ctx, r, spec)
}

// handOverTo hands a channel over to an agent who is on it: they have accepted their task.
func (t *turn) handOverTo(r *routed, x routing.Transfer, to routing.Participant) error {
	x.TaskSID = to.TaskSID
	next, err := r.work.Transfer(x, t.now)
	if err != nil {
		return err
	}
	r.work = next
	return r.with(*r.assignment(to.TaskSID), t.now)
}

// transfer reads a transfer that must be there.
func (t *turn) transfer(ctx context.Context, sid string) (*routing.Transfer, error) {
	return routingRecord(ctx, t, transfers.Get, routing.PrefixTransfer, sid, transferResource)
}

// GetTransfer returns a transfer.
func (s Flex) GetTransfer(ctx context.Context, sid string) (routing.Transfer, error) {
	if err := s.allow(ctx, ActionFlexRead, transferResource(sid)); err != nil {
		return routing.Transfer{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Transfer, error) { return t.transfer(ctx, sid) })
}

// Transfers returns one page of the transfers of a channel, in the order in which they began.
func (s Flex) Transfers(ctx context.Context, channelSID string, limit int, continuation string) (Page[routing.Transfer], error) {
	return listParts(ctx, s, channelSID, &transfers, limit, continuation, shownAsIs)
}

// CancelTransfer gives a transfer up: its task is canceled, and whoever has the channel keeps
// it. One that was given up, or has failed, stays so: to say it twice does no harm.
//
// The error wraps ErrRefused, with a [*routing.RefusedError], if somebody has accepted it.
func (s Flex) CancelTransfer(ctx context.Context, sid string) (routing.Transfer, error) {
	if err := s.allow(ctx, ActionFlexTransfer, transferResource(sid)); err != nil {
		return routing.Transfer{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Transfer, error) {
		x, err := t.transfer(ctx, sid)
		if err != nil || x.Status == routing.TransferFailed {
			return x, err
		}
		if x.Status != routing.TransferActive {
			_, _, err := x.Apply(routing.TransferCancels, t.now)
			return nil, refusal(err, transferResource(x.SID))
		}
		from, err := t.flexParticipant(ctx, x.From)
		if err == nil {
			err = t.mayActFor(ctx, from)
		}
		if err != nil {
			return nil, err
		}
		r, err := t.routedChannel(ctx, x.ChannelSID)
		if err != nil {
			return nil, err
		}
		if err := t.askInstead(ctx, r, x.TaskSID); err != nil {
			return nil, err
		}
		next, err := r.work.CancelTransfer(x.SID, t.now)
		if err != nil {
			return nil, refusal(err, transferResource(x.SID))
		}
		r.work = next
		if err := t.keepRouted(ctx, r); err != nil {
			return nil, err
		}
		return t.transfer(ctx, x.SID)
	})
}
