package handover

import (
	"time"

	"github.com/engage-interactions/engage/interaction"
)

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
	case t.fulfils(*who):
		t.completeBy(causeOwner)
	case v != nil && v.Unanswered && who.same(c.Holder()):
		t.notLanded()
	default:
		t.mirror(*who, causeOwner)
	}
	return t.done()
}

// NotInControl says that the platform did not take a content because another app has control.
// It is asked which; where it cannot be asked, it is one that is not known.
func NotInControl(c Control, k Ticket, id string, f Facts) Decision {
	_, t := resume(c, id, f)
	switch {
	case !f.Platform:
	case f.canAsk():
		t.AskOwner = true
	case c.Verb == nil && c.Gate(k) == Sends: // nothing else is known since it was sent
		t.mirror(Party{Owner: Other}, causeNotInControl)
	}
	return t.done()
}

// fulfils reports whether the verb under way has led to an owner.
func (t *turn) fulfils(who Party) bool {
	v := t.Control.Verb
	return v != nil && (v.Stage == StageSent || v.Stage == StageAsked) && who.same(v.To)
}

// is reports whether it is the same owner: of two bots that post through this library
// each is its own.
func (p Party) is(other Party) bool {
	if p.Owner == Bot || other.Owner == Bot {
		return p.Owner == other.Owner && p.App == other.App
	}
	return p.same(other)
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
	c.Revision++
	c.Uncertain = false
	switch {
	case v.Refused != "":
		t.giveUp(refusedBecause(v.Refused))
	case t.overdue() || v.Withdrawn:
		t.ends()
	case t.blocked():
		c.Verb = nil
		t.tell(ControlWithdrawn)
		t.next(false)
	default:
		v.Stage, v.Unanswered = StageQueued, false
		t.Start = true
	}
}

// overdue reports whether the deadline of the verb under way has come.
func (t *turn) overdue() bool {
	v := t.Control.Verb
	return !v.Deadline.IsZero() && !t.facts.Now.Before(v.Deadline)
}

// ends takes a verb to its end that the platform was told, and that did not land.
func (t *turn) ends() {
	c := &t.Control
	switch {
	case c.Verb.Reaches():
		t.fallBack("the platform did not give control in time")
	case c.Verb.Withdrawn:
		c.Verb = nil
		t.next(!c.Holder().Ours())
	default:
		t.fails("it had not come about by its deadline", true)
	}
}

// unknown deals with a verb of which nobody can say what it did: it waits for a report
// until its deadline, and for nothing more after it.
func (t *turn) unknown() {
	c := &t.Control
	v := c.Verb
	if v == nil || !v.Unanswered {
		return
	}
	if v.Refused != "" {
		t.giveUp(refusedBecause(v.Refused))
		return
	}
	if !t.overdue() {
		t.AskOwner = t.facts.canAsk()
		return
	}
	switch v.Kind {
	case VerbPass:
		t.doubt()
		t.next(true)
	case VerbRelease:
		t.doubt()
		t.next(false)
	case VerbTake, VerbRequest, VerbAsk:
		t.fallBack("nobody can say whether control was given")
		c.Uncertain = true
		t.tell(ControlUncertain)
	}
}

// Report is what a platform tells by itself: who has control, at its own time.
type Report struct {
	Party Party
	At    time.Time
}

// Apply says what a platform has reported. What is older than what was reported before is
// ignored, as is what was reported already. Of two that say something else of the same
// moment nobody knows which was later: the one that came last counts, until the platform
// has said who has control, if it can be asked.
func Apply(c Control, r Report, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	if r.At.Before(c.ReportedAt) || r.At.Equal(c.ReportedAt) && !c.ReportedAt.IsZero() && r.Party == c.Reported {
		return t.done()
	}
	tie := r.At.Equal(c.ReportedAt) && !c.ReportedAt.IsZero()
	d.Control.ReportedAt, d.Control.Reported = r.At, r.Party
	if r.At.Before(c.Since) && !r.Party.same(c.Holder()) && f.canAsk() {
		t.AskOwner = true // control has changed since then, as our clock has it
		return t.done()
	}
	t.mirror(r.Party, causeReport)
	t.AskOwner = t.AskOwner || tie && f.canAsk()
	return t.done()
}

// Wrote says that somebody has written to the customer whom no trigger stands for: a bot, or
// another app, of whose content the platform tells. Control that is used does not end.
func Wrote(c Control, f Facts) Decision {
	d, t := resume(c, "", f)
	if d.Control.Owner != Idle {
		d.Control.ActiveAt = f.Now
	}
	return t.done()
}

// Lapse says that control of the conversation is not kept any more. Nobody has it, what is
// under way or waits counts for nothing, and no ticket that was given holds. The agents deal
// with what the customer wrote during a pass.
func Lapse(c Control, f Facts) Decision {
	d, t := resume(c, "", f)
	n := &d.Control
	if v := n.Verb; v != nil {
		n.Verb = nil
		t.tell(ControlWithdrawn)
	}
	n.WhenFree = nil
	t.become(Party{Owner: Idle}, causeRemoved, interaction.Actor{})
	n.Held, n.Sending = 0, 0
	n.Round++
	t.done()
	t.Side = Agent
	return *t.Decision
}

// settle is what a refusal of Settle calls it: no trigger of the table.
const settle = "settle"

// Settle says who has control because somebody who knows says so. What is under way
// counts for nothing any more. From the agents to a bot it needs what every pass needs,
// that no intervention is engaged; else it is refused with a [*RefusedError].
func Settle(c Control, who Party, by interaction.Actor, id string, f Facts) (Decision, error) {
	d, t := resume(c, id, f)
	if in := f.Settings.InTheWay(f.Engaged, ""); len(in) > 0 && who.Owner == Bot && d.Control.Owner == Agent {
		return Decision{Control: c}, Case{Control: d.Control, Input: Input{Trigger: settle}, Facts: f}.refusal(isFree)
	}
	if v := d.Control.Verb; v != nil {
		d.Control.Verb = nil
		t.tell(ControlWithdrawn)
	}
	t.become(who, causeSettled, by)
	t.next(who.Owner != Agent)
	return t.done(), nil
}

// Recount says that the rule counts other interventions than before, because the identities
// of a contact are others. ended says that the agents who have control need it only as long
// as an intervention elsewhere counts.
func Recount(c Control, ended bool, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	if ended {
		d.Act = DoNext
	}
	t.next(ended)
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
	v := c.Verb
	switch {
	case v == nil:
		t.next(before.Ours())
	case v.Stage == StageSent && v.Refused == "" && !(v.Unanswered && t.overdue()): // its answer is to come
	case v.Stage == StageSent && t.overdue():
		t.ends()
	case v.Reaches() && v.To.Owner == Agent && who.Owner == Agent: // it has come by itself
		t.withdraw()
		c.Verb = nil
		t.next(v.Withdrawn || v.Over)
	case v.Reaches() && v.To.Owner == Agent && !v.Withdrawn: // it was another that has to give it
		t.again(*v, t.wanted(), nil)
	default:
		t.withdraw()
		c.Verb = nil
		t.next(before.Ours())
	}
}
