package engage

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// Joins switch off what routing does to conversations and they to it, one by one, for all
// interactions of a workspace. The zero value has all of it done, in the commit of what
// causes it:
//
//	what happens                          what follows                                            switched off by
//	a worker accepts                      their agent engages: in a new intervention, the closed  NoEngaging
//	                                      one, or one that a bot or nobody owns; and becomes its
//	                                      owner in place of who leaves in that moment, or was on
//	                                      the channel before. Else they join the one who has it.
//	                                      A deferred intervention is resumed
//	the owner's task ends, others go on   who has been on the channel for longest becomes owner,  NoLeaving
//	                                      of those who wrap up only if nobody else is there
//	the owner's task ends, none goes on,  the intervention has no owner until somebody engages    NoLeaving
//	  but somebody is sought
//	another's task ends                   they take part no longer                                NoLeaving
//	the last task of a channel ends, or   the intervention is closed; one without a reply is      NoEnding
//	  the channel becomes inactive        canceled
//	the channel is paused                 the intervention is deferred until the pause ends       NoPausing
//	the channel is closed, or settles     the thread is closed                                    NoThreadClosing
//	the thread is closed                  its channel is closed, as by Flex.UpdateChannel         NoChannelClosing
//	a customer writes, or a bot hands     an agent is sought anew                                 NoReturning
//	  over, while the channel rests
//
// A task ends when it is completed, not when it goes to wrapping: who finishes the work still
// takes part. So where a channel is closed while somebody wraps up, the thread is closed, and
// the intervention stays until they complete it. A channel that fails ends nothing: its thread
// goes on without it.
//
// What is done to the conversation is allowed to who is allowed what causes it: nobody is
// asked about it once more.
//
// # The agent
//
// A worker acts as the agent that routing.Worker.AgentID names. For one who names none, nothing
// is done to interventions. One whom the host does not know (Options.OwnerExists) cannot
// accept: the error is that of Interventions.Engage.
//
// # Accepting and control
//
// Accepting engages, with all that this means on a source with thread control: while a bot or
// another app has control, it is requested or taken in the same commit. While the platform is
// passing it to a bot, nobody can become engaged whom the rule counts: then the acceptance is
// refused whole, by handover.CodeInProgress, and the reservation is pending still. Who joins an
// intervention, or takes it over, counts as engaging where control is about to go to a virtual bot
// that gets just this one: it does not go then. In a thread that is closed nobody engages.
//
// # The end
//
// Who completes the last task closes the intervention: the dispositions that come with it
// count, and where one is demanded and missing, completing is refused, with the
// [*interaction.CategoryError] of Interventions.Close; the task stays what it is. An agent who
// ends it with the channel, by Flex.UpdateChannel, gives it in the same way. What the system ends,
// or what ends because nobody is sought any more, has a cause instead
// (interaction.CauseTaskCompleted, interaction.CauseChannelClosed,
// interaction.CauseChannelInactive), and DispositionMissing says what is missing. What comes with
// the completion of a task that is not the last is not kept.
//
// Where somebody was sought for the channel, and nobody has come and answered the customer when
// the last task is canceled or its time to live is over, that is the end all the same, also if the
// customer had come back: the cause of the thread, which content.thread_closed tells, is
// interaction.CauseNobodyCame then. What the customer writes next begins a new thread.
//
// What somebody has done by hand stays so. An intervention that was closed or canceled, and a
// thread that was closed, need no end any more, and completing the tasks just completes them.
// One that belongs to an agent who got it otherwise, because they engaged, or were assigned,
// while the task waited or after it was accepted, is theirs: those who accept join it, and
// nothing ends it but they themselves. Its thread is closed with the channel all the same.
// Tasks do not care: a task goes on waiting for a worker though somebody has engaged, and
// whose intervention was assigned to somebody else has their task still. What bots own ends
// with the channel, and stays when it becomes inactive.
//
// # Threads
//
// As long as a channel is active, or is being set up or handed over, its thread does not close
// by itself. While it is inactive or paused, it does so after interaction.MaxResting; then the
// channel is closed with it.
type Joins struct {
	NoEngaging       bool `json:"no_engaging,omitempty"`
	NoLeaving        bool `json:"no_leaving,omitempty"`
	NoEnding         bool `json:"no_ending,omitempty"`
	NoPausing        bool `json:"no_pausing,omitempty"`
	NoThreadClosing  bool `json:"no_thread_closing,omitempty"`
	NoChannelClosing bool `json:"no_channel_closing,omitempty"`
	NoReturning      bool `json:"no_returning,omitempty"`
}

// joint is what routing does to the conversation of a channel, in one call.
type joint struct {
	*turn

	r *routed
	k *talk
	// came and went are whose tasks were accepted, and have ended; on is who is on the
	// channel afterwards: who talks before who wraps up, and then who has been for longest.
	came, went, on []Actor
	ended          []string // the tasks of those who went
}

// joinConversation does to the conversation what follows from what has happened to
// reservations, tasks and the channel.
func (t *turn) joinConversation(ctx context.Context, r *routed, changed []happening) error {
	switch {
	case r.channel == nil:
		return nil
	case r.fresh:
		return t.bindNew(ctx, r)
	}
	j := joint{turn: t, r: r}
	if err := j.look(ctx, changed); err != nil {
		return err
	}
	moves := len(j.came)+len(j.went) > 0
	if !moves && r.channel.Status == r.work.Channel.Status {
		return nil
	}
	// What becomes of a channel rests on its conversation, also where nothing becomes of that.
	thread, err := threads.Get(ctx, t.Work, r.channel.ThreadID)
	if err != nil || thread == nil { // the channel has not come as far as that
		return err
	}
	if !moves && !j.over() && !j.rests() && !j.returns() {
		return nil
	}
	if j.k, err = t.talk(ctx, thread, thread.IdentityID); err != nil {
		return err
	}
	for _, do := range []func(context.Context) error{j.arrive, j.leave, j.end, j.bind} {
		if err := do(ctx); err != nil {
			return err
		}
	}
	return t.keep(ctx, j.k)
}

// look finds out who has come to the channel, who has gone, and who is on it.
func (j *joint) look(ctx context.Context, changed []happening) error {
	for _, h := range changed {
		was := h.from == routing.ReservationAccepted || h.from == routing.ReservationWrapping
		came, went := h.reservation.Status == routing.ReservationAccepted, was && !h.reservation.Status.Live()
		if !came && !went {
			continue
		}
		who, err := j.agentOf(ctx, h.reservation.WorkerSID)
		if err != nil {
			return err
		}
		switch {
		case went:
			j.ended, j.went = append(j.ended, h.reservation.TaskSID), append(j.went, who)
		case !who.IsZero():
			j.came = append(j.came, who)
		}
	}
	if err := j.takeOver(ctx); err != nil {
		return err
	}
	if len(j.went)+len(j.came) == 0 {
		return nil
	}
	var busy []routing.Assignment
	for _, a := range j.r.work.Assignments {
		if a.Task.Status == routing.TaskAssigned || a.Task.Status == routing.TaskWrapping {
			busy = append(busy, a)
		}
	}
	slices.SortStableFunc(busy, func(a, b routing.Assignment) int {
		wraps := func(a routing.Assignment) int {
			if a.Task.Status == routing.TaskWrapping {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(wraps(a), wraps(b)), a.Task.AssignedAt.Compare(b.Task.AssignedAt))
	})
	for _, a := range busy {
		for _, is := range a.Reservations {
			if is.Status != routing.ReservationAccepted && is.Status != routing.ReservationWrapping {
				continue
			}
			who, err := j.agentOf(ctx, is.WorkerSID)
			if err != nil {
				return err
			}
			if !who.IsZero() && !slices.Contains(j.on, who) {
				j.on = append(j.on, who)
			}
		}
	}
	return nil
}

// takeOver lets those come to whom the channel was handed over, in place of somebody else, and
// who were on it before.
func (j *joint) takeOver(ctx context.Context) error {
	for _, x := range j.r.work.Transfers {
		if was, there := j.r.transfers[x.SID]; x.Type != routing.TransferCold || x.Status != routing.TransferCompleted || there && was.Status == x.Status {
			continue
		}
		for _, is := range j.r.assignment(x.TaskSID).Reservations {
			if is.Status != routing.ReservationAccepted {
				continue
			}
			who, err := j.agentOf(ctx, is.WorkerSID)
			if err != nil {
				return err
			}
			if !who.IsZero() && !slices.Contains(j.came, who) {
				j.came = append(j.came, who)
			}
		}
	}
	return nil
}

// agentOf returns the agent as whom a worker acts; nobody, if they act as none.
func (j *joint) agentOf(ctx context.Context, workerSID string) (Actor, error) {
	w := j.r.workers[workerSID]
	if w == nil { // to whom nothing happens
		var err error
		if w, err = workers.Get(ctx, j.Work, workerSID); err != nil {
			return Actor{}, err
		}
	}
	if w == nil {
		return Actor{}, nil
	}
	return w.agent(), nil
}

// busy reports whether somebody is on the channel still: who acts as no agent counts, too.
func (j *joint) busy() bool {
	return slices.ContainsFunc(j.r.work.Assignments, func(a routing.Assignment) bool {
		return a.Task.Status == routing.TaskAssigned || a.Task.Status == routing.TaskWrapping
	})
}

// over reports whether the channel has ended in this moment.
func (j *joint) over() bool { return j.r.channel.Status.Live() && !j.r.work.Channel.Status.Live() }

// rests reports whether the channel has become inactive or paused in this moment, returns
// whether that has ended.
func (j *joint) rests() bool {
	return !j.r.channel.Status.Resting() && j.r.work.Channel.Status.Resting()
}

func (j *joint) returns() bool {
	return j.r.channel.Status.Resting() && j.r.work.Channel.Status.Live() && !j.r.work.Channel.Status.Resting()
}

// overBecause says why all ends with the channel.
func (j *joint) overBecause() interaction.CloseCause {
	if !j.r.closes && len(j.ended) == 0 && j.k.with.Unanswered > 0 {
		return interaction.CauseNobodyCame
	}
	return interaction.CauseChannelClosed
}

// bind writes down in the thread what has become of its channel, and closes it with it.
func (j *joint) bind(context.Context) error {
	thread := j.k.thread
	if thread.ChannelSID != j.r.channel.SID {
		return nil
	}
	*thread = j.r.bound(*thread, j.now)
	if j.over() && j.r.work.Channel.Status == routing.ChannelClosed && thread.Status == interaction.ThreadOpen && !j.r.workspace.Joins.NoThreadClosing {
		return j.closeThread(thread, j.overBecause())
	}
	return nil
}

// bindNew binds a conversation that was there to its new channel. It is the guard of having one
// live channel at most.
func (t *turn) bindNew(ctx context.Context, r *routed) error {
	thread, err := threads.Get(ctx, t.Work, r.channel.ThreadID)
	if err != nil || thread == nil || thread.ChannelSID != "" || !r.work.Channel.Status.Live() {
		return err
	}
	*thread = r.bound(*thread, t.now)
	return threads.Put(t.Work, thread)
}

// bound returns the thread of a channel with what it knows of that: whether it is live, and
// whether it rests.
func (r *routed) bound(thread interaction.Thread, now time.Time) interaction.Thread {
	c := r.work.Channel
	if !c.Status.Live() {
		return thread.Bind("", false, now)
	}
	return thread.Bind(c.SID, c.Status.Resting(), now)
}

// closeChannelOf closes the live channel of a thread that was closed otherwise, if it has
// one: those who are on it wrap up, and nobody is sought any more. The thread must have been
// written before; it is afterwards.
func (t *turn) closeChannelOf(ctx context.Context, thread *interaction.Thread) error {
	if thread.ChannelSID == "" {
		return nil
	}
	r, err := t.routedChannel(ctx, thread.ChannelSID)
	if err != nil || r.workspace.Joins.NoChannelClosing || !r.channel.Status.Live() {
		return err
	}
	r.closes = true
	if r.work, err = r.work.Happen(routing.ChannelCloses, routing.ChannelChange{}, t.now); err != nil {
		return err
	}
	return t.keepRouted(ctx, r)
}

// closeChannelIn is closeChannelOf for the thread of a talk, which is read anew.
func (t *turn) closeChannelIn(ctx context.Context, k *talk) error {
	if k.thread.ChannelSID == "" {
		return nil
	}
	if err := errors.Join(t.keep(ctx, k), t.closeChannelOf(ctx, k.thread)); err != nil {
		return err
	}
	again, err := t.talkOf(ctx, k.intervention.ID)
	if err == nil {
		*k = *again
	}
	return err
}
