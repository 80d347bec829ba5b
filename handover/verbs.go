package handover

import (
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// give lets the primary's side have control: a platform does so by itself. Where this
// library is the arbiter, agents keep a customer in whom they are engaged, and a customer
// who comes back goes where the settings say; on a platform control is passed on to there.
func (t *turn) give() {
	if t.in.At.Before(t.Control.Since) && !t.in.At.IsZero() && t.facts.canAsk() {
		t.AskOwner = true // it was written before nobody had control, and may have given it to nobody
	}
	settings, engaged := t.facts.Settings, agentEngaged(t.Control, t.facts.Engaged)
	side := settings.Primary
	if !t.facts.Platform {
		side = t.sideFor(side)
		if engaged {
			side = Agent
		}
	}
	bot := Party{Owner: Bot, App: settings.BotApp, Virtual: settings.VirtualBot && t.facts.Platform}
	if side == Bot {
		t.arrive(bot, string(t.in.Trigger), interaction.Actor{})
	} else {
		t.arrive(Party{Owner: Agent}, string(t.in.Trigger), interaction.Actor{})
	}
	switch {
	case t.Control.Verb != nil:
	case engaged && side == Bot:
		t.reach(t.in.Trigger, t.wanted())
	case side == Agent && t.sideFor(side) == Bot && len(settings.InTheWay(t.facts.Engaged, "")) == 0:
		t.pass(Waiting{Party: bot}, false)
	}
}

// sideFor returns who is to deal with a customer who writes to whom nobody has control:
// the primary side, or for one who comes back whom the settings name.
func (t *turn) sideFor(primary Owner) Owner {
	if t.returns && t.facts.Settings.Returning != "" {
		return t.facts.Settings.Returning
	}
	return primary
}

// wanted returns the verb by which agents get control who want to write: they claim it
// from nobody, take it where they are primary, and request it else.
func (t *turn) wanted() VerbKind {
	if t.facts.Settings.Primary == Agent {
		return VerbTake
	}
	return t.requests()
}

// claims returns the verb that claims control from nobody.
func (t *turn) claims() VerbKind {
	if t.facts.Settings.Primary == "" && !t.facts.Settings.NoRequest {
		return VerbRequest
	}
	return VerbTake
}

// requests returns the verb that asks for control.
func (t *turn) requests() VerbKind {
	switch {
	case t.Control.Owner == Idle:
		return t.claims()
	case !t.facts.Settings.NoRequest:
		return VerbRequest
	case t.facts.Settings.mayTake():
		return VerbTake
	default:
		return VerbAsk
	}
}

// reach begins to bring control to the agents.
func (t *turn) reach(cause Trigger, kind VerbKind) {
	t.start(Verb{Kind: kind, To: Party{Owner: Agent}, Cause: cause})
}

// pass begins to bring control to a bot, which may have waited for it.
func (t *turn) pass(to Waiting, waited bool) {
	t.in.By = to.By
	t.start(Verb{Kind: VerbPass, To: to.Party, Cause: HandoverToBot, InterventionID: to.InterventionID, Waited: waited})
}

// grant lets the agents have control: the bot that has it says so.
func (t *turn) grant() {
	handed := t.in.Trigger == HandoverToAgent || t.Control.Verb != nil && t.Control.Verb.Cause == HandoverToAgent
	if v := t.Control.Verb; v != nil && !v.Reaches() {
		t.withdraw()
	}
	t.Control.Verb = nil
	if handed {
		t.moved()
	}
	t.arrive(Party{Owner: Agent}, string(t.in.Trigger), t.in.By)
}

// start begins a verb. Where this library is the arbiter it is done at once, but for a
// request, which the bot has to answer, and for what waits until agents' contents are
// delivered.
func (t *turn) start(v Verb) {
	c := &t.Control
	v.ID, v.Epoch, v.By, v.DecidedAt = t.in.ID, c.Epoch, t.in.By, t.facts.Now
	if v.Cause == "" {
		v.Cause = t.in.Trigger
	}
	if v.Reaches() {
		v.Deadline = t.facts.Now.Add(t.facts.Settings.requestTimeout())
	}
	c.Verb, c.AgainAt = &v, time.Time{}
	if c.Sending > 0 && !v.Reaches() {
		v.Stage, v.Deadline = StageDraining, t.facts.Now.Add(t.facts.Settings.requestTimeout())
		return
	}
	t.begin()
}

// beginsWithin is after how long a pass or a release has come to nothing that nobody began to
// tell the platform: no process that has the platform was there.
const beginsWithin = time.Hour

// begin begins the verb of the control.
func (t *turn) begin() {
	c := &t.Control
	v := c.Verb
	if t.blocked() {
		c.Verb = nil
		t.tell(ControlWithdrawn)
		t.next(false)
		return
	}
	from, to := c.Holder(), v.To
	local := !t.facts.Platform || from.Ours() && to.Ours()
	if !v.Reaches() {
		v.Deadline = t.facts.Now.Add(beginsWithin)
	}
	switch {
	case v.Kind == VerbAsk, local && v.Kind == VerbRequest && from.Owner != Idle:
		v.Stage = StageAsked
		t.tell(ControlRequested)
	case local:
		t.complete()
	default:
		v.Stage = StageQueued
		t.Start = true
		t.tell(ControlStarted)
	}
}

// withdraw ends what is under way as far as nobody outside knows of it, and else says
// that it is not wanted any more.
func (t *turn) withdraw() {
	c := &t.Control
	v := c.Verb
	switch {
	case v == nil:
		return
	case v.Stage == StageQueued, v.Stage == StageDraining, v.Stage == StageAsked && t.local():
		c.Verb = nil
	default:
		v.Withdrawn = true
	}
	t.tell(ControlWithdrawn)
}

func (t *turn) local() bool { return Case{Control: t.Control, Facts: t.facts}.local() }

// expire ends a control that nobody uses.
func (t *turn) expire() {
	c := &t.Control
	if t.facts.Platform && c.Holder().Ours() {
		t.start(Verb{Kind: VerbRelease, To: Party{Owner: Idle}})
		return
	}
	t.arrive(Party{Owner: Idle}, string(t.in.Trigger), interaction.Actor{})
}

// doubt takes the bot for the owner to which control was to pass: nobody knows, and a
// bot that is taken for the owner is asked, while agents that are would write.
func (t *turn) doubt() {
	v := t.Control.Verb
	t.Control.Verb = nil
	t.become(v.To, causeNoAnswer, v.By)
	t.Control.Uncertain = true
	t.AskOwner = t.facts.canAsk()
	t.tell(ControlUncertain)
}

// again tries another verb for the same.
func (t *turn) again(v Verb, kind VerbKind, tried []VerbKind) {
	t.in.By = v.By
	t.start(Verb{Kind: kind, To: v.To, Cause: v.Cause, Tried: tried})
}

// complete ends the verb under way: it is done.
func (t *turn) complete() {
	cause := string(t.Control.Verb.Cause)
	t.completeBy(cause)
}

func (t *turn) completeBy(cause string) {
	c := &t.Control
	v := *c.Verb
	to, blocked := v.To, v.Kind == VerbPass && t.blocked()
	if to.Owner == Bot && v.Reaches() && agentEngaged(*c, t.facts.Engaged) {
		to = Party{Owner: Agent} // the agents were faster
	}
	c.Verb = nil
	if blocked {
		cause = causeReport // it is no pass of ours any more
	} else if v.Kind == VerbPass {
		t.Goes = v.InterventionID
	}
	if (v.Cause == HandoverToAgent || v.Cause == HandoverToBot) && to != c.Holder() {
		t.moved()
	}
	t.become(to, cause, v.By)
	t.next(v.Withdrawn || v.Over || blocked)
}

// fallBack does what follows when control is not given.
func (t *turn) fallBack(reason string) {
	v := *t.Control.Verb
	s := t.facts.Settings
	if v.Withdrawn || s.Fallback != TakeOver || !s.mayTake() || v.Kind == VerbTake || slices.Contains(v.Tried, VerbTake) {
		t.giveUp(reason)
		return
	}
	t.again(v, VerbTake, append(v.Tried, v.Kind))
}

// giveUp ends the attempt to get control. What waited for it fails, for all to see.
func (t *turn) giveUp(reason string) {
	c := &t.Control
	withdrawn := c.Verb.Withdrawn
	c.Verb = nil
	c.Round++
	if c.Held > 0 {
		t.Held, t.Reason, c.Held = Fails, reason, 0
	}
	if !withdrawn {
		t.Reason = reason
		t.tell(ControlFailed)
	}
	if c.WhenFree != nil {
		t.next(false)
	}
}
