package engage

import (
	"github.com/engage-interactions/engage/handover"
)

// The events of thread control, each with [ControlEvent]. The resource is the control of
// the conversation: "source/identity".
const (
	// EventControlChanged: the owner is another.
	EventControlChanged = EventType(handover.ControlChanged)
	// EventControlStarted: the platform is to be told to take, request, pass or release control.
	EventControlStarted = EventType(handover.ControlStarted)
	// EventControlRequested: the app in control is asked to pass it.
	EventControlRequested = EventType(handover.ControlRequested)
	// EventControlDeclined: it does not want to.
	EventControlDeclined = EventType(handover.ControlDeclined)
	// EventControlFailed: what was under way has come to nothing; contents that waited
	// for it fail.
	EventControlFailed = EventType(handover.ControlFailed)
	// EventControlWithdrawn: what was under way is not wanted any more.
	EventControlWithdrawn = EventType(handover.ControlWithdrawn)
	// EventControlUncertain: nobody can tell who has control.
	EventControlUncertain = EventType(handover.ControlUncertain)
	// EventControlCertain: it is known again. Interventions that were contested
	// (interaction.Intervention.Contested) are not any more.
	EventControlCertain = EventType(handover.ControlCertain)
	// EventControlWaiting: a pass waits until no intervention is engaged.
	EventControlWaiting = EventType(handover.ControlWaiting)
	// EventControlContested: an agent engages while nobody can tell who has control. The
	// intervention is marked so: the event that it is opened, reopened, … says so, too.
	EventControlContested = EventType(handover.ControlContested)
	// EventControlRefused: a bot asked for control on the platform, and did not get it.
	EventControlRefused EventType = "control.refused"
	// EventControlConfigured, with [SourceEvent]: how control is passed on a source was
	// set. The resource is the source.
	EventControlConfigured EventType = "control.configured"
	// EventControlRemoved, with [SourceEvent]: control is not kept on a source any more. The
	// resource is the source.
	EventControlRemoved EventType = "control.removed"
)

// ControlEvent is the data of events about control.
type ControlEvent struct {
	SourceID   string         `json:"source_id"`
	IdentityID string         `json:"identity_id"`
	Owner      handover.Owner `json:"owner"`
	AppID      string         `json:"app_id,omitempty"`
	Epoch      int64          `json:"epoch"`
	Uncertain  bool           `json:"uncertain,omitempty"`
	// Previous is who had control before, and Cause why it went over, of
	// EventControlChanged.
	Previous *handover.Party `json:"previous,omitempty"`
	Cause    string          `json:"cause,omitempty"`
	// Verb is what is under way.
	Verb *handover.Verb `json:"verb,omitempty"`
	// WhenFree is the bot that waits for control.
	WhenFree *handover.Waiting `json:"when_free,omitempty"`
	// Reason is why something has failed or was refused, InTheWay the interventions
	// that were in the way.
	Reason   string             `json:"reason,omitempty"`
	InTheWay []handover.Engaged `json:"interventions,omitempty"`
	// Trigger is what the request named as the bot's rule that caused it: of the events of
	// the request itself, not of what the platform answers later.
	Trigger string `json:"trigger,omitempty"`
}

// tellControl tells of a decision.
func (t *turn) tellControl(s *steering, before handover.Control, d handover.Decision) error {
	changes := d.Changes
	for _, kind := range d.Events {
		e := s.event()
		switch kind {
		case handover.ControlChanged:
			change := changes[0]
			changes = changes[1:]
			e.Owner, e.AppID, e.Epoch, e.Previous, e.Cause = change.To.Owner, change.To.App, change.Epoch, &change.From, change.Cause
		case handover.ControlFailed:
			e.Reason, e.Verb = d.Reason, before.Verb
		case handover.ControlDeclined, handover.ControlWithdrawn:
			e.Verb = before.Verb
		case handover.ControlStarted, handover.ControlRequested, handover.ControlUncertain, handover.ControlCertain,
			handover.ControlWaiting, handover.ControlContested:
		}
		if err := t.tellOfControl(EventType(kind), s, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *steering) event() ControlEvent {
	c := s.control
	return ControlEvent{
		SourceID: s.source.ID, IdentityID: s.identity, Owner: c.Holder().Owner, AppID: c.App, Epoch: c.Epoch,
		Uncertain: c.Uncertain, Verb: c.Verb, WhenFree: c.WhenFree, Trigger: s.rule,
	}
}

func (t *turn) tellOfControl(typ EventType, s *steering, e ControlEvent) error {
	in := scene{identityID: s.identity, sourceID: s.source.ID, then: e.then()}
	return t.tell(typ, t.now, controlResource(s.source.ID, s.identity), in, e)
}

// then returns what a timeline keeps of it.
func (e ControlEvent) then() Then {
	then := Then{
		Control: handover.Party{Owner: e.Owner, App: e.AppID}, ControlUncertain: e.Uncertain, ControlCause: e.Cause, ControlReason: e.Reason,
	}
	if e.Previous != nil {
		then.PreviousControl = *e.Previous
	}
	if e.Verb != nil {
		then.ControlVerb = e.Verb.Kind
	}
	return then
}
