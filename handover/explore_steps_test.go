package handover_test

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// step is something that can happen, and what comes of it; an error is a fault.
type step struct {
	name string
	kind stepKind
	do   func(w *world) error
}

type stepKind int

const (
	ordinary stepKind = iota // somebody writes, engages, asks; the platform answers
	unlucky                  // an answer is lost, or late; somebody else interferes
	byHand                   // somebody who knows says who has control
)

// errRefused says that a step was refused: nothing has happened.
var errRefused = errors.New("refused")

func (w *world) decide(in handover.Input) func(*world) error {
	return func(w *world) error {
		in.ID = w.id()
		d, err := handover.Decide(w.control, in, w.known())
		if err != nil {
			if !reflect.DeepEqual(d.Control, w.control) {
				return fmt.Errorf("a refusal changes the control: %+v, %+v", w.control, d.Control)
			}
			return errRefused
		}
		return w.take(d)
	}
}

// change lets an intervention become what it is given as, as the Engine does: what the
// settings take for a trigger is decided, and may refuse it.
func (w *world) change(after handover.Engaged) error {
	before, _ := w.intervention(after.InterventionID)
	trigger := w.settings().Engagement(before, after)
	if after.SourceID != w.control.SourceID {
		trigger = w.settings().EngagementElsewhere(before, after)
	}
	list := w.with(after)
	if trigger == "" || !w.sameContact(after) {
		w.engaged = list
		return w.sound()
	}
	in := handover.Input{Trigger: trigger, Engages: after, ID: w.id()}
	d, err := handover.Decide(w.control, in, w.knownWith(list))
	if err != nil {
		return errRefused
	}
	if trigger != handover.EngagedEnds { // it makes no difference whether it is in the list already
		if left, err := handover.Decide(w.control, in, w.known()); err != nil || !reflect.DeepEqual(left, d) {
			return fmt.Errorf("not in the list yet: %+v, %w; in the list: %+v", left, err, d)
		}
	}
	if d.Act == handover.DoDoubt || d.Act == handover.DoAssume { // the doubt comes first
		if err := w.may(d); err != nil {
			return err
		}
		w.engaged = list
		return w.adopt(d)
	}
	w.engaged = list
	return w.take(d)
}

func person(typ interaction.ActorType) interaction.Actor {
	return interaction.Actor{Type: typ, ID: "ann"}
}

// steps are all that can happen in a world.
func (w *world) steps() []step {
	var list []step
	add := func(kind stepKind, name string, do func(*world) error) { list = append(list, step{name, kind, do}) }
	c := w.control

	add(ordinary, "customer writes", func(w *world) error {
		if w.facts.Platform && w.truth.Owner == handover.Idle && w.settings().Primary != "" {
			w.truth = agents
			if w.settings().Primary == handover.Bot {
				w.truth = botA
			}
		}
		return w.decide(handover.Input{Trigger: handover.CustomerWrites})(w)
	})
	list = append(list, w.interventionSteps("n", "")...)
	if w.has(another) {
		list = append(list, w.interventionSteps("m", "another: ")...)
	}
	if w.has(elsewhere) {
		list = append(list, w.interventionSteps("elsewhere", "elsewhere: ")...)
	}
	if c.Sending > 0 {
		add(ordinary, "delivered", func(w *world) error {
			return w.take(handover.Delivered(w.control, w.control.Round+1, w.id(), w.known()))
		})
	}
	add(ordinary, "bot to agent", w.decide(handover.Input{Trigger: handover.HandoverToAgent}))
	add(ordinary, "agent to bot", w.decide(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"}))
	if w.has(virtualBots) {
		add(ordinary, "bot sends", w.decide(handover.Input{Trigger: handover.BotSends, App: "bot-v", Epoch: c.Epoch}))
		add(ordinary, "agent to virtual bot", w.decide(handover.Input{Trigger: handover.HandoverToBot, App: "bot-v", Virtual: true}))
		if e, at := w.intervention("n"); at >= 0 && e.Owner.Type == interaction.ActorAgent {
			add(ordinary, "agent to virtual bot, with the intervention",
				w.decide(handover.Input{Trigger: handover.HandoverToBot, App: "bot-v", Virtual: true, InterventionID: "n"}))
		}
	}
	if w.has(recounts) && !w.recounted {
		add(ordinary, "what counts changes", (*world).recount)
	}
	if w.has(waits) {
		add(ordinary, "agent to bot when free", w.decide(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a", WhenFree: true}))
	}
	add(ordinary, "bot accepts", w.decide(handover.Input{Trigger: handover.BotAccepts, App: c.App}))
	add(ordinary, "bot declines", w.decide(handover.Input{Trigger: handover.BotDeclines, App: c.App}))
	add(ordinary, "silence", func(w *world) error {
		w.now = w.now.Add(handover.DefaultInactivity.Duration())
		return w.decide(handover.Input{Trigger: handover.Inactivity})(w)
	})
	if v := c.Verb; v != nil && !v.Deadline.IsZero() && !w.overdue() {
		kind := unlucky
		if w.facts.Platform && !w.canAsk() { // without an answer nothing else is left
			kind = ordinary
		}
		add(kind, "the deadline comes", func(w *world) error { w.now = w.control.Verb.Deadline; return nil })
	}
	if at := c.AgainAt; !at.IsZero() {
		add(ordinary, "it is tried again", func(w *world) error {
			if w.now.Before(at) {
				w.now = at
			}
			return w.take(handover.Again(w.control, w.id(), w.known()))
		})
	}
	if w.overdue() {
		add(ordinary, "the deadline is noticed", func(w *world) error {
			return w.take(handover.Expire(w.control, w.control.Verb.ID, w.id(), w.known()))
		})
	}
	return append(list, w.platformSteps()...)
}

// interventionSteps are what can happen to an intervention. prefix is in their names.
func (w *world) interventionSteps(id, prefix string) []step {
	var list []step
	e, at := w.intervention(id)
	become := func(name string, owner interaction.Actor, status interaction.InterventionStatus) {
		after := e
		after.Owner, after.Status = owner, status
		list = append(list, step{prefix + name, ordinary, func(w *world) error { return w.change(after) }})
	}
	byAgent := e.Owner.Type == interaction.ActorAgent
	several := w.has(another) || w.has(elsewhere)
	switch {
	case at < 0:
		become("agent engages", person(interaction.ActorAgent), interaction.InterventionOpen)
		become("bot engages", person(interaction.ActorBot), interaction.InterventionOpen)
	case !byAgent:
		become("agent engages", person(interaction.ActorAgent), interaction.InterventionOpen)
		if several && e.Status == interaction.InterventionOpen {
			become("it is deferred", e.Owner, interaction.InterventionDeferred)
		} else if several {
			become("it is resumed", e.Owner, interaction.InterventionOpen)
		}
	case e.Status == interaction.InterventionDeferred:
		become("agent resumes", e.Owner, interaction.InterventionOpen)
	default:
		become("agent defers", e.Owner, interaction.InterventionDeferred)
		if e.SourceID == w.control.SourceID && w.control.Held+w.control.Sending == 0 {
			list = append(list, step{prefix + "agent sends", ordinary, w.decide(handover.Input{Trigger: handover.AgentSends})})
		}
	}
	if at >= 0 {
		become("intervention ends", e.Owner, interaction.InterventionClosed)
	}
	return list
}

// recount lets the rule count what it did not: the settings ignore nothing any more, or, where
// the whole contact counts, another identity joins, and the Engine tells of that.
func (w *world) recount() error {
	w.recounted = true
	if v := w.control.Verb; v != nil && v.Kind == handover.VerbPass && w.inTheWay(v.InterventionID) {
		w.surprised = surprise{verb: v.ID, told: v.Stage == handover.StageSent}
	}
	if !w.settings().WholeContact {
		return w.sound()
	}
	return w.take(handover.Recount(w.control, false, w.id(), w.known()))
}
