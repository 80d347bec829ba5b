package handover

import (
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// What brought control somewhere, where it was no trigger.
const (
	causeReport   = "report"    // the platform has told of it by itself
	causeAnswer   = "answer"    // the platform's answer to a verb
	causeOwner    = "owner"     // the platform said so when it was asked
	causeSettled  = "settled"   // somebody said so
	causeNoAnswer = "no_answer" // nobody says: it is assumed
)

// Outcome is how a platform answers a verb.
type Outcome string

// The outcomes.
const (
	Done     Outcome = "done"     // it is done; a request: the owner has been asked
	Granted  Outcome = "granted"  // our app has control
	Rejected Outcome = "rejected" // the platform refuses it
	NoAnswer Outcome = "no_answer"
	// NotTold says that the platform has certainly not been told: it will be, until the
	// deadline.
	NotTold Outcome = "not_told"
)

// resume prepares a decision for which no trigger of the table stands.
func resume(c Control, id string, f Facts) (*Decision, turn) {
	d := &Decision{Control: c.clone(), Act: DoNothing}
	t := turn{Decision: d, facts: f}
	t.in.ID = id
	return d, t
}

// Begin says that the platform is about to be told of a verb. It reports whether it is to
// be: a verb that has been withdrawn, is past its deadline, or is a pass while an
// intervention is engaged, is not.
func Begin(c Control, verbID string, f Facts) (Decision, bool) {
	d, t := resume(c, "", f)
	v := d.Control.Verb
	if v == nil || v.ID != verbID || v.Stage != StageQueued {
		return t.done(), false
	}
	if !v.Deadline.IsZero() && !f.Now.Before(v.Deadline) {
		return t.done(), false // Expire ends it
	}
	if t.blocked() {
		d.Control.Verb = nil
		t.tell(ControlWithdrawn)
		t.next(false)
		return t.done(), false
	}
	v.Stage, v.Revision = StageSent, d.Control.Revision
	if v.Kind != VerbRequest && (v.Deadline.IsZero() || len(v.Tried) == 0 && v.Kind == VerbTake) {
		v.Deadline = f.Now.Add(f.Settings.verbTimeout())
	}
	return t.done(), true
}

// done ends a decision. What the customer wrote during a pass is decided once it is
// settled.
func (t *turn) done() Decision {
	c := &t.Control
	if c.Postponed && (c.Verb == nil || c.Verb.Kind != VerbPass) {
		c.Postponed, t.Postponed = false, true
		t.Side = t.side()
	}
	return *t.Decision
}

// blocked reports whether the verb under way is a pass to a bot and an intervention is
// engaged.
func (t *turn) blocked() bool {
	v := t.Control.Verb
	return v.Kind == VerbPass && len(t.facts.Settings.InTheWay(t.facts.Engaged, v.InterventionID)) > 0
}

// Answer says what the platform answered to a verb. id is the ID of what may begin after
// it.
func Answer(c Control, v Verb, outcome Outcome, reason, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	if c.Verb == nil || c.Verb.ID != v.ID {
		t.late(v, outcome)
		return t.done()
	}
	current := d.Control.Verb
	granted := outcome == Granted || outcome == Done && current.Kind != VerbRequest
	switch {
	case granted && c.Revision != current.Revision && f.canAsk(): // something was reported meanwhile: which came later?
		current.Unanswered, t.AskOwner = true, true
	case granted:
		t.complete()
	case outcome == Done:
		current.Stage, current.Unanswered = StageAsked, false
		t.tell(ControlRequested)
	case outcome == Rejected:
		t.rejected(reason)
	case outcome == NotTold:
		if current.Stage == StageSent {
			current.Stage = StageQueued
		}
	default:
		current.Unanswered = true
		t.ask()
	}
	return t.done()
}

// late deals with the answer to a verb that is not under way any more. What it did is to
// be seen by asking; where that is not possible, it did it just now if nothing has changed
// since it was decided.
func (t *turn) late(v Verb, outcome Outcome) {
	switch {
	case outcome != Done && outcome != Granted, outcome == Done && v.Kind == VerbRequest:
	case t.facts.canAsk():
		t.AskOwner = true
	case t.Control.Epoch == v.Epoch:
		t.mirror(v.To, causeAnswer)
	}
}

// ask asks the platform who has control, if it can be asked.
func (t *turn) ask() {
	if t.facts.canAsk() {
		t.AskOwner = true
	} else {
		t.unknown()
	}
}

// rejected ends a verb that the platform refuses: who has control is not who we take for
// it, or our app may not do so.
func (t *turn) rejected(reason string) {
	c := &t.Control
	v := *c.Verb
	if !v.Reaches() {
		c.Verb = nil
		t.tell(ControlFailed)
		t.AskOwner = t.facts.canAsk()
		t.next(false)
		return
	}
	tried := append(v.Tried, v.Kind)
	other := VerbRequest
	if v.Kind == VerbRequest {
		other = VerbTake
	}
	may := other == VerbRequest && !t.facts.Settings.NoRequest || other == VerbTake && t.facts.Settings.mayTake()
	if !may || slices.Contains(tried, other) || v.Withdrawn || !t.facts.Now.Before(v.Deadline) {
		t.giveUp("the platform refused to give control: " + reason)
		return
	}
	t.again(v, other, tried)
}

// again tries another verb for the same.
func (t *turn) again(v Verb, kind VerbKind, tried []VerbKind) {
	t.in.By = v.By
	t.start(Verb{Kind: kind, To: v.To, Cause: v.Cause, Tried: tried})
}

// OwnerIs says what the platform answered when it was asked who has control: somebody, or
// that it cannot be known. asked is Control.Revision at the time when it was asked.
func OwnerIs(c Control, asked int64, who *Party, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	v := d.Control.Verb
	switch {
	case asked != c.Revision: // something newer is known
		t.AskOwner = v != nil && v.Unanswered && f.canAsk()
	case who == nil:
		t.unknown()
	case v == nil || v.Stage != StageSent:
		t.mirror(*who, causeOwner)
	case t.fulfils(*who):
		t.completeBy(causeOwner)
	case who.same(c.Holder()):
		t.notLanded()
	default:
		t.mirror(*who, causeOwner)
	}
	return t.done()
}

// fulfils reports whether the verb under way has led to an owner.
func (t *turn) fulfils(who Party) bool {
	v := t.Control.Verb
	return v != nil && (v.Stage == StageSent || v.Stage == StageAsked) && who.same(v.To)
}

// same reports whether the platform sees the same app in control.
func (p Party) same(other Party) bool {
	if p.Ours() || other.Ours() {
		return p.Ours() == other.Ours()
	}
	return p.Owner == other.Owner && p.App == other.App
}

// notLanded deals with a verb that had no answer, when who has control is who had it: it
// is repeated until its deadline.
func (t *turn) notLanded() {
	c := &t.Control
	v := c.Verb
	t.Control.Revision++
	switch {
	case t.facts.Now.Before(v.Deadline) && !v.Withdrawn:
		v.Stage, v.Unanswered = StageQueued, false
		t.Start = true
	case v.Reaches():
		t.fallBack("the platform did not give control in time")
	default:
		c.Verb = nil
		t.tell(ControlFailed)
		t.next(false)
	}
}

// unknown deals with a verb of which nobody can say what it did: it waits for a report
// until its deadline, and for nothing more after it.
func (t *turn) unknown() {
	c := &t.Control
	v := c.Verb
	if v == nil || v.Stage != StageSent {
		return
	}
	if t.facts.Now.Before(v.Deadline) {
		t.AskOwner = t.facts.canAsk()
		return
	}
	switch {
	case v.Kind == VerbPass:
		t.doubt()
		t.next(true)
	case v.Kind == VerbRelease:
		t.doubt()
		t.next(false)
	default:
		t.fallBack("nobody can say whether control was given")
		c.Uncertain = true
		t.tell(ControlUncertain)
	}
}

// Expire says that the deadline of a verb has come.
func Expire(c Control, verbID, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	v := d.Control.Verb
	if v == nil || v.ID != verbID || v.Deadline.IsZero() || f.Now.Before(v.Deadline) {
		return t.done()
	}
	switch v.Stage {
	case StageSent:
		v.Unanswered = true
		t.ask()
	case StageAsked:
		t.fallBack("the app in control did not pass it in time")
	case StageQueued:
		t.Cancel = v.ID
		if v.Reaches() {
			t.fallBack("the platform could not be told in time")
			break
		}
		d.Control.Verb = nil
		t.tell(ControlFailed)
		t.next(false)
	case StageDraining:
	}
	return t.done()
}

// Report is what a platform tells by itself: who has control, at its own time.
type Report struct {
	Party Party
	At    time.Time
}

// Apply says what a platform has reported. What is older than what was reported before is
// ignored, as is what was reported already.
func Apply(c Control, r Report, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	if r.At.Before(c.ReportedAt) || r.At.Equal(c.ReportedAt) && !c.ReportedAt.IsZero() && r.Party == c.Reported {
		return t.done()
	}
	d.Control.ReportedAt, d.Control.Reported = r.At, r.Party
	if r.At.Before(c.Since) && !r.Party.same(c.Holder()) && f.canAsk() {
		t.AskOwner = true // control has changed since then, as our clock has it
		return t.done()
	}
	t.mirror(r.Party, causeReport)
	return t.done()
}

// Settle says who has control because somebody who knows says so. What is under way
// counts for nothing any more. From the agents to a bot it needs what every pass needs,
// that no intervention is engaged; else it is refused with a [*RefusedError].
func Settle(c Control, who Party, by interaction.Actor, id string, f Facts) (Decision, error) {
	d, t := resume(c, id, f)
	if in := f.Settings.InTheWay(f.Engaged, ""); len(in) > 0 && who.Owner == Bot && d.Control.Owner == Agent {
		return Decision{Control: c}, Case{Control: d.Control, Input: Input{Trigger: causeSettled}, Facts: f}.refusal(isFree)
	}
	if v := d.Control.Verb; v != nil {
		if v.Stage == StageQueued {
			t.Cancel = v.ID
		}
		d.Control.Verb = nil
		t.tell(ControlWithdrawn)
	}
	t.become(who, causeSettled, by)
	t.next(true)
	return t.done(), nil
}

// Delivered says that one of the contents of agents that were accepted in a round is
// delivered, or will not be.
func Delivered(c Control, round int64, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	switch {
	case round != c.Round: // it is not counted any more
	case d.Control.Sending > 0:
		d.Control.Sending--
	case d.Control.Held > 0:
		d.Control.Held--
	}
	if v := d.Control.Verb; v != nil && v.Stage == StageDraining && d.Control.Sending == 0 {
		t.in.By = v.By
		t.begin()
	}
	return t.done()
}

// mirror makes who the platform sees in control the owner.
func (t *turn) mirror(who Party, cause string) {
	c := &t.Control
	before := c.Holder()
	switch {
	case t.fulfils(who):
		t.completeBy(cause)
		return
	case who.same(before): // a virtual bot, too
		t.become(before, cause, interaction.Actor{})
		return
	}
	t.become(who, cause, interaction.Actor{})
	if v := c.Verb; v != nil {
		switch {
		case v.Stage == StageSent:
			return // its answer is to come
		case v.Stage == StageAsked && !v.Withdrawn && who.Owner != Agent:
			t.again(*v, t.wanted(), nil) // it was another that was asked
			return
		}
		t.withdraw()
		c.Verb = nil
	}
	t.next(before.Ours())
}

// complete ends the verb under way: it is done.
func (t *turn) complete() {
	cause := string(t.Control.Verb.Cause)
	t.completeBy(cause)
}

func (t *turn) completeBy(cause string) {
	c := &t.Control
	v := *c.Verb
	to, blocked := v.To, t.blocked()
	if to.Owner == Bot && v.Reaches() && agentEngaged(*c, t.facts.Engaged) {
		to = Party{Owner: Agent} // the agents were faster
	}
	c.Verb = nil
	if blocked {
		cause = causeReport // it is no pass of ours any more
	} else if v.Kind == VerbPass {
		t.Goes = v.InterventionID
	}
	t.become(to, cause, v.By)
	t.next(v.Withdrawn || blocked)
}

// arrive makes somebody the owner, and does what follows.
func (t *turn) arrive(to Party, cause string, by interaction.Actor) {
	t.become(to, cause, by)
	t.next(false)
}

// next does what follows when nothing is under way any more. over says, of agents who
// have control, that they need it no longer unless something waits; and of others, that
// they got it from agents who did not give it.
func (t *turn) next(over bool) {
	c := &t.Control
	if c.Verb != nil {
		return
	}
	free := len(t.facts.Settings.InTheWay(t.facts.Engaged, "")) == 0
	if c.Owner == Agent && c.Held > 0 {
		t.Held = Sends
		c.Held, c.Sending = 0, c.Sending+c.Held
	}
	switch {
	case c.Owner != Agent && c.Held > 0,
		(c.Owner == Bot || c.Owner == Other) && over && agentEngaged(*c, t.facts.Engaged):
		t.reach(AgentSends, t.wanted())
	case c.WhenFree != nil && free && c.WhenFree.same(c.Holder()) && c.Owner == Bot:
		c.WhenFree = nil
	case c.WhenFree != nil && free && c.Owner != Other:
		t.pass(*c.WhenFree, "")
	case c.Owner == Agent && over && free && len(t.facts.Engaged) == 0:
		t.start(Verb{Kind: VerbRelease, To: Party{Owner: Idle}, Cause: EngagedEnds})
	}
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

// Ticket goes with a content from when it is accepted until it is delivered.
type Ticket struct {
	By    interaction.ActorType `json:"by"`
	App   string                `json:"app_id,omitempty"` // the bot's
	Epoch int64                 `json:"epoch,omitempty"`  // in which a bot's may be delivered
	Round int64                 `json:"round,omitempty"`  // in which an agent's was written
}

// Ticket returns the ticket of a content that was accepted by the decision.
func (d Decision) Ticket(in Input) Ticket {
	ticket := Ticket{By: interaction.ActorAgent, Round: d.Control.Round}
	if in.Trigger == BotSends {
		ticket = Ticket{By: interaction.ActorBot, App: in.App, Epoch: d.Control.Epoch}
		if d.Content == Holds { // until its claim has made the bot the owner
			ticket.Epoch++
		}
	}
	return ticket
}

// Gate says what becomes of a content whose delivery is about to begin. No content of a
// bot is sent in another epoch than its own, and none of an agent while the agents do not
// have control, or are giving it away.
func (c Control) Gate(k Ticket) Fate {
	phase := c.Phase()
	if k.By == interaction.ActorBot {
		switch {
		case c.Holder().Owner == Bot && c.App == k.App && c.Epoch == k.Epoch:
			return Sends
		case c.Epoch < k.Epoch && phase == Reaching && c.Verb.To.Owner == Bot && c.Verb.To.App == k.App:
			return Holds
		}
		return Fails
	}
	switch {
	case k.Round != c.Round:
		return Fails
	case c.Holder().Owner == Agent && phase != Passing && phase != Releasing:
		return Sends
	default:
		return Holds
	}
}
