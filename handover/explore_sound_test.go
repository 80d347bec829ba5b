package handover_test

import (
	"errors"
	"fmt"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// take takes a decision over, and checks it.
func (w *world) take(d handover.Decision) error {
	if err := w.may(d); err != nil {
		return err
	}
	return w.adopt(d)
}

// may checks a decision against the rule: none begins a pass from the agents to a bot, or
// brings it about, while an intervention is engaged. What the platform has done by itself is no
// decision; what it answers, or says when it is asked, counts for that only if it had not been
// told of such a pass that is under way.
func (w *world) may(d handover.Decision) error {
	before := w.control
	for _, change := range d.Changes {
		mirrored := change.Cause == "report"
		switch v := before.Verb; change.Cause {
		case "owner", "answer":
			mirrored = v == nil || v.Kind != handover.VerbPass || v.To != change.To || v.Stage != handover.StageSent
		case "no_answer": // nobody knows
			mirrored = w.isSurprised()
		}
		if change.From.Owner == handover.Agent && change.To.Owner == handover.Bot && w.inTheWay(d.Goes) && !mirrored {
			return fmt.Errorf("control went from the agents to a bot although an intervention is engaged, by %s", change.Cause)
		}
	}
	if v := d.Control.Verb; v != nil && v.Kind == handover.VerbPass && (before.Verb == nil || before.Verb.ID != v.ID) && w.inTheWay(v.InterventionID) {
		return errors.New("a pass was decided although an intervention is engaged")
	}
	if d.Control.Epoch < before.Epoch || (d.Control.Epoch == before.Epoch) != (len(d.Changes) == 0) {
		return fmt.Errorf("the epoch went from %d to %d with %d changes", before.Epoch, d.Control.Epoch, len(d.Changes))
	}
	return nil
}

// adopt takes a decision over, with what follows from it.
func (w *world) adopt(d handover.Decision) error {
	w.control = d.Control
	if d.AskOwner {
		if !w.canAsk() {
			return errors.New("a platform that cannot be asked is asked")
		}
		w.query = &question{asked: d.Control.Revision}
	}
	if err := w.follow(d); err != nil { // in the same commit
		return err
	}
	return w.sound()
}

// follow lets interventions go with control: from a bot to nobody, and to a virtual bot.
func (w *world) follow(d handover.Decision) error {
	for _, e := range w.engaged {
		to := e.Owner
		switch {
		case d.Returned && e.Owner.Type == interaction.ActorBot && e.SourceID == w.control.SourceID:
			to = interaction.Actor{}
		case d.Goes == e.InterventionID:
			to = interaction.Actor{Type: interaction.ActorBot, ID: d.Control.App}
		}
		if to == e.Owner {
			continue
		}
		after := e
		after.Owner = to
		if err := w.change(after); err != nil {
			return fmt.Errorf("intervention %s does not go with control: %v", e.InterventionID, err) //nolint:errorlint // it is a fault, and no refusal
		}
	}
	return nil
}

// sound checks what holds in every state.
func (w *world) sound() error {
	c := w.control
	v := c.Verb
	goes := ""
	if v != nil {
		goes = v.InterventionID
	}
	engaged := w.inTheWay(goes)
	switch {
	case c.Held < 0 || c.Sending < 0:
		return fmt.Errorf("contents are counted below zero: %d, %d", c.Held, c.Sending)
	case c.Held > 0 && v == nil:
		return fmt.Errorf("%d contents wait for nothing", c.Held)
	case c.Sending > 0 && c.Owner != handover.Agent:
		return fmt.Errorf("agents send while %v has control", c.Party)
	case c.WhenFree != nil && !engaged && v == nil && c.AgainAt.IsZero() && (c.Owner == handover.Agent || c.Owner == handover.Idle):
		return errors.New("a pass waits although no intervention is engaged")
	case v != nil && v.Kind == handover.VerbPass && v.Stage != handover.StageSent && engaged && !w.isSurprised():
		return fmt.Errorf("a pass is %s while an intervention is engaged", v.Stage)
	case c.Phase() == handover.Passing && engaged && !w.overdue() && !(w.isSurprised() && w.surprised.told):
		return errors.New("an intervention is engaged while control is passed")
	case v != nil && !w.facts.Platform && v.Stage != handover.StageAsked && v.Stage != handover.StageDraining:
		return fmt.Errorf("%s is %s without a platform", v.Kind, v.Stage)
	case v != nil && v.Stage == handover.StageDraining && c.Sending == 0:
		return fmt.Errorf("%s waits for nothing", v.Kind)
	case c.Postponed && (v == nil || v.Kind != handover.VerbPass):
		return errors.New("what the customer wrote waits for nothing")
	}
	return nil
}

// sides are what control can be brought to, and when it is there: nothing is under way,
// and the platform sees it as we do.
func (w *world) sides() (withAgents, withBot bool) {
	c := w.control
	if c.Verb != nil {
		return false, false
	}
	mirrors := !w.facts.Platform || w.truth.Ours() == c.Ours()
	return c.Owner == handover.Agent && mirrors, c.Owner == handover.Bot && mirrors
}
