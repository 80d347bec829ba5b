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
	causeRemoved  = "removed"   // control is not kept any more

	causeNotInControl = "not_in_control" // the platform did not take a content because of that
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
	t := turn{Decision: d, facts: f, uncertain: c.Uncertain}
	t.in.ID = id
	return d, t
}

// Begin says that the platform is about to be told of a verb. It reports whether it is to
// be: a verb that has been withdrawn, is past its deadline, or is a pass or a release while
// an intervention is engaged, is not.
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
	if v.Revision == 0 && v.Kind != VerbRequest { // the first time: the deadline stays, however often it is told
		v.Deadline = f.Now.Add(f.Settings.verbTimeout())
	}
	d.Control.Revision++ // what is answered to an older question may be of the time before
	v.Stage, v.Unanswered, v.Revision = StageSent, false, d.Control.Revision
	if w := d.Control.WhenFree; w != nil && v.Kind == VerbPass && w.is(v.To) {
		d.Control.WhenFree = nil
	}
	return t.done(), true
}

// done ends a decision. What the customer wrote during a pass is decided once it is
// settled.
func (t *turn) done() Decision {
	c := &t.Control
	if t.uncertain && !c.Uncertain {
		t.Certain = true
		t.tell(ControlCertain)
	}
	if c.Postponed && (c.Verb == nil || c.Verb.Kind != VerbPass) {
		c.Postponed, t.Postponed = false, true
		t.Side = t.side()
	}
	return *t.Decision
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
	case outcome == Done && c.Epoch != current.Epoch && !current.Withdrawn: // who was asked does not have it any more
		t.again(*current, t.wanted(), nil)
	case outcome == Done:
		current.Stage, current.Unanswered = StageAsked, false
		if t.overdue() { // and nobody looks again
			t.fallBack(tooLate)
			break
		}
		t.tell(ControlRequested)
	case outcome == Rejected:
		t.rejected(reason)
	case outcome == NotTold && current.Stage == StageSent && current.Revision == v.Revision: // and nobody else tells it meanwhile
		current.Stage, current.Unanswered = StageQueued, false
		switch {
		case current.Withdrawn || t.overdue():
			t.untold()
		case t.blocked():
			t.withdraw()
			t.next(false)
		}
	case outcome == NotTold:
	default:
		current.Unanswered = true
		t.ask()
	}
	return t.done()
}

// late deals with the answer to a verb that is not under way any more. What it did is to
// be seen by asking. Where that is not possible, it did it just now if nothing has changed
// since it was decided; and what was assumed because it had no answer is known now.
func (t *turn) late(v Verb, outcome Outcome) {
	c := &t.Control
	landed := outcome == Granted || outcome == Done && v.Kind != VerbRequest
	assumed := c.Uncertain && v.To.is(c.Holder())
	switch {
	case outcome == NoAnswer, !landed && !assumed:
	case t.facts.canAsk():
		t.AskOwner = true
	case landed && assumed:
		t.become(c.Holder(), causeAnswer, v.By)
	case landed && c.Epoch == v.Epoch:
		t.mirror(v.To, causeAnswer)
	case !landed && !v.Reaches(): // the agents have what they did not give
		t.mirror(Party{Owner: Agent}, causeAnswer)
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
		t.AskOwner = t.facts.canAsk()
		t.fails("the platform refused: "+reason, false)
		return
	}
	tried := append(slices.Clone(v.Tried), v.Kind)
	other, may := t.facts.Settings.instead(v.Kind)
	switch {
	case may && !slices.Contains(tried, other) && !v.Withdrawn && t.facts.Now.Before(v.Deadline):
		t.again(v, other, tried)
	case t.facts.canAsk(): // perhaps because our app has it already
		c.Verb.Refused, c.Verb.Unanswered, t.AskOwner = reason, true, true
	default:
		t.giveUp(refusedBecause(reason))
	}
}

// instead returns what else brings control to our app than a verb that was refused, and
// whether that may be: a request instead of a take, or the event that asks the bot where
// the platform has none.
func (s Settings) instead(of VerbKind) (VerbKind, bool) {
	switch {
	case of != VerbTake:
		return VerbTake, s.mayTake()
	case s.NoRequest:
		return VerbAsk, true
	default:
		return VerbRequest, true
	}
}

func refusedBecause(reason string) string { return "the platform refused to give control: " + reason }

// fails ends a pass or a release that has come to nothing. Where trying later may help, a
// bot that waited for control waits on, and a release is not forgotten.
func (t *turn) fails(reason string, later bool) {
	c := &t.Control
	v := *c.Verb
	c.Verb = nil
	t.Reason = reason
	t.tell(ControlFailed)
	if c.WhenFree != nil && v.Waited && c.WhenFree.is(v.To) { // not at once again
		c.WhenFree = nil
	}
	t.next(!c.Holder().Ours())
	waits := later && v.Waited && c.WhenFree == nil && !v.To.is(c.Holder())
	if waits {
		c.WhenFree = &Waiting{Party: v.To, InterventionID: v.InterventionID, By: v.By}
	}
	if !later || c.Verb != nil || !waits && (v.Kind != VerbRelease || c.Owner != Agent) {
		return
	}
	c.Failures++
	c.AgainAt = t.facts.Now.Add(min(time.Minute<<min(c.Failures-1, 10), time.Hour))
}

// Again says that it is time to begin anew what the platform could not be told of
// ([Control.AgainAt]): the pass to a bot that waits, or the release.
func Again(c Control, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	if at := d.Control.AgainAt; at.IsZero() || f.Now.Before(at) {
		return t.done()
	}
	d.Control.AgainAt = time.Time{}
	t.next(true)
	return t.done()
}

// untold ends a verb of which the platform has not been told, and will not be.
func (t *turn) untold() {
	c := &t.Control
	v := c.Verb
	switch {
	case v.Reaches():
		t.fallBack("the platform could not be told in time")
	case v.Withdrawn:
		c.Verb = nil
		t.next(false)
	default:
		t.fails("the platform could not be told in time", true)
	}
}

// tooLate is why a request has come to nothing that was not answered.
const tooLate = "the app in control did not pass it in time"

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
		t.fallBack(tooLate)
	case StageQueued:
		t.untold()
	case StageDraining: // nobody can say when, if ever: one of which it is not known was sent, say
		t.fails("what agents have written was not delivered in time", true)
	}
	return t.done()
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
	if c.Owner == Agent && c.Held > 0 {
		t.Held = Sends
		c.Held, c.Sending = 0, c.Sending+c.Held
	}
	if c.WhenFree != nil && c.WhenFree.is(c.Holder()) {
		c.WhenFree = nil
	}
	switch {
	case c.Owner != Agent && c.Held > 0:
		t.reach(AgentSends, t.wanted())
	case (c.Owner == Bot || c.Owner == Other) && over && agentEngaged(*c, t.facts.Engaged):
		t.reach(AgentEngages, t.wanted())
	case c.WhenFree != nil && c.Owner != Other && len(t.facts.Settings.InTheWay(t.facts.Engaged, c.WhenFree.InterventionID)) == 0:
		t.pass(*c.WhenFree, true)
	case c.Owner == Agent && over && c.WhenFree == nil && len(withIdentity(*c, t.facts.Engaged)) == 0:
		t.start(Verb{Kind: VerbRelease, To: Party{Owner: Idle}, Cause: EngagedEnds})
	}
}
