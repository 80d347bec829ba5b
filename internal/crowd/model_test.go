package crowd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// The model of a conversation for those who do one thing after another: the pure rules of
// packages handover and interaction, and nothing else. A history is right if its calls
// could have been made so, each at one moment between its call and its return.

// modeled is a conversation with one customer, who has one thread on one source.
type modeled struct {
	settings handover.Settings
	control  handover.Control
	latest   interaction.Intervention   // the zero one if there was none
	earlier  []interaction.Intervention // that were canceled
	waits    bool                       // the customer has written, and nobody has answered
}

// modelOf is the model of the conversations on a source.
func modelOf(sourceID, identityID string, settings handover.Settings) porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			return modeled{settings: settings, control: handover.Control{
				SourceID: sourceID, IdentityID: identityID, Party: handover.Party{Owner: handover.Idle}, ActiveAt: began,
			}}
		},
		Step: func(s, input, output any) (bool, any) {
			m := s.(modeled)
			ok := m.step(input.(*called), output.(answer))
			return ok, m
		},
		Equal:             reflect.DeepEqual,
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%v = %v", in, out) },
		DescribeState:     func(s any) string { m := s.(modeled); return m.String() },
	}
}

func (m *modeled) String() string {
	i := "no intervention"
	if m.latest.ID != "" {
		i = seen(m.latest)
	}
	return shown(m.control) + ", " + i
}

// step does what a call does, and reports whether it may have had this answer.
func (m *modeled) step(c *called, a answer) bool {
	if c.verb == jobActs {
		return m.job(c, a)
	}
	before := *m
	turn := modeledTurn{modeled: m, called: c}
	said, err := turn.do()
	if err == nil {
		err = turn.follow()
	}
	if err != nil {
		said, *m = refused(err), before
	}
	return a.open || said == a.said
}

// modeledTurn is a call on its way through the model.
type modeledTurn struct {
	*modeled
	*called

	afterwards []func() error
}

// follow does what follows from the decisions of the call.
func (t *modeledTurn) follow() error {
	for len(t.afterwards) > 0 {
		next := t.afterwards[0]
		t.afterwards = t.afterwards[1:]
		if err := next(); err != nil {
			return err
		}
	}
	return nil
}

func (t *modeledTurn) engaged() handover.Engaged {
	i := t.latest
	return handover.Engaged{InterventionID: i.ID, SourceID: t.control.SourceID, IdentityID: t.control.IdentityID, Owner: i.Owner, Status: i.Status}
}

func (t *modeledTurn) facts() handover.Facts {
	f := handover.Facts{Settings: t.settings, Now: t.now}
	if t.latest.Status.Live() {
		f.Engaged = []handover.Engaged{t.engaged()}
	}
	return f
}

func (t *modeledTurn) decide(in handover.Input) (handover.Decision, error) {
	in.ID, in.By = theVerb, t.actor()
	d, err := handover.Decide(t.control, in, t.facts())
	if err == nil {
		t.carry(d)
	}
	return d, err
}

// theVerb is the ID of all verbs: an answer never says it.
const theVerb = "verb"

// carry takes a decision, with what follows from it.
func (t *modeledTurn) carry(d handover.Decision) {
	t.control = d.Control
	if d.Returned {
		t.afterwards = append(t.afterwards, func() error {
			if !t.latest.Status.Live() || t.latest.Owner.Type != interaction.ActorBot {
				return nil
			}
			return t.apply(interaction.InterventionTransfers, interaction.Change{}, interaction.InterventionFacts{MayManage: true})
		})
	}
	if d.Postponed && d.Side == handover.Agent {
		t.afterwards = append(t.afterwards, func() error {
			if t.latest.Status == interaction.InterventionOpen || !t.waits {
				return nil
			}
			return t.wake()
		})
	}
}

// wake opens the intervention again because the customer has written. What a bot had closed
// or deferred has no owner then: it is the agents who deal with the customer.
func (t *modeledTurn) wake() error {
	if t.latest.ID == "" || !interaction.InterventionLifecycle.Possible(t.latest.Status, interaction.InterventionWritten) {
		return nil
	}
	gone := t.latest.Owner.Type == interaction.ActorBot && t.latest.Status != interaction.InterventionOpen
	return t.apply(interaction.InterventionWritten, interaction.Change{}, interaction.InterventionFacts{OwnerGone: gone})
}

// apply lets something happen to the latest intervention, and with it to control.
func (t *modeledTurn) apply(by interaction.InterventionVerb, change interaction.Change, facts interaction.InterventionFacts) error {
	facts.ThreadOpen = true
	before := t.engaged()
	after, events, err := t.latest.Apply(by, change, facts, t.now)
	if err != nil || len(events) == 0 {
		return err
	}
	t.latest = after
	is := t.engaged()
	if before.Owner == is.Owner && before.Status == is.Status {
		return nil
	}
	if trigger := t.settings.Engagement(before, is); trigger != "" {
		_, err = t.decide(handover.Input{Trigger: trigger, Engages: is})
	}
	return err
}

var mayManage = interaction.InterventionFacts{MayManage: true, Disposition: true}

// do does what was called for.
func (t *modeledTurn) do() (string, error) {
	switch t.verb {
	case "write":
		t.waits = true
		d, err := t.decide(handover.Input{Trigger: handover.CustomerWrites})
		if err != nil {
			return "", err
		}
		live := t.latest.Status.Live()
		wakes := d.Side == handover.Agent && t.latest.ID != "" && interaction.InterventionLifecycle.Possible(t.latest.Status, interaction.InterventionWritten)
		if wakes {
			if err := t.wake(); err != nil {
				return "", err
			}
		}
		if wakes || live {
			return "within " + t.latest.ID, nil
		}
		return "written", nil
	case "engage":
		return t.engages()
	case "post":
		return t.posts()
	case "hand over", "explain":
		in := handover.Input{Trigger: t.request.HandoverTrigger(), App: t.request.AppID, WhenFree: t.request.WhenFree}
		if t.verb == "explain" {
			in.ID, in.By = theVerb, t.actor()
			d, err := handover.Decide(t.control, in, t.facts())
			return string(d.Act) + ", " + shown(t.control), err
		}
		d, err := t.decide(in)
		return string(d.Act) + ", " + shown(d.Control), err
	case "accept", "decline":
		in := handover.Input{Trigger: handover.BotAccepts, App: t.control.App}
		if t.verb == "decline" {
			in.Trigger = handover.BotDeclines
		}
		if t.who.Type == interaction.ActorBot {
			in.App = t.who.ID
		}
		d, err := t.decide(in)
		return shown(d.Control), err
	case "settle":
		d, err := handover.Settle(t.control, t.party, t.actor(), theVerb, t.facts())
		if err == nil {
			t.carry(d)
		}
		return shown(d.Control), err
	case "report":
		d := handover.Apply(t.control, handover.Report{Party: t.party, At: t.at}, theVerb, t.facts())
		t.carry(d)
		return shown(d.Control), nil
	case "get":
		return shown(t.control), nil
	default:
		return t.deals()
	}
}

func (t *modeledTurn) engages() (string, error) {
	if t.latest.Status.Live() && t.latest.Owner == t.who {
		return seen(t.latest), nil
	}
	if t.latest.ID == "" || t.latest.Status == interaction.InterventionCanceled {
		if t.latest.ID != "" {
			t.earlier = append(slices.Clone(t.earlier), t.latest)
		}
		t.latest = interaction.Intervention{ID: t.minted, SourceID: t.control.SourceID, IdentityID: t.control.IdentityID}
	}
	err := t.apply(interaction.InterventionEngages, interaction.Change{Owner: t.who}, interaction.InterventionFacts{})
	return seen(t.latest), err
}

func (t *modeledTurn) posts() (string, error) {
	in := handover.Input{Trigger: handover.AgentSends}
	if t.who.Type == interaction.ActorBot {
		in = handover.Input{Trigger: handover.BotSends, App: t.who.ID, Epoch: t.epoch}
	}
	if in.Epoch == 0 {
		in.Epoch = t.control.Epoch
	}
	if err := t.latest.Reply(t.who); err != nil {
		if t.who.Type == interaction.ActorBot && (!t.latest.Status.Live() || t.latest.Owner.IsZero()) {
			if _, uncontrolled := t.decide(in); uncontrolled != nil {
				return "", uncontrolled
			}
		}
		return "", err
	}
	t.latest.Replies = t.latest.Add("", time.Time{}, t.now)
	t.waits = false
	d, err := t.decide(in)
	ticket := d.Ticket(in)
	return fmt.Sprintf("posted in epoch %d, round %d", ticket.Epoch, ticket.Round), err
}

// deals does something with an intervention, the latest or one that was canceled before.
func (t *modeledTurn) deals() (string, error) {
	change, facts := interaction.Change{}, mayManage
	switch t.verb {
	case defers:
		change.Until = t.at
	case assigns:
		change.Owner = t.who
	case reopens:
		facts = interaction.InterventionFacts{}
	}
	if t.id == t.latest.ID {
		err := t.apply(interaction.InterventionVerb(t.verb), change, facts)
		return seen(t.latest), err
	}
	for _, i := range t.earlier {
		if i.ID == t.id {
			facts.ThreadOpen, facts.Other = true, t.latest.Status.Live()
			_, _, err := i.Apply(interaction.InterventionVerb(t.verb), change, facts, t.now)
			return seen(i), err
		}
	}
	return "", errors.New("nobody can know it yet")
}

// job reports whether a job can have written what it has.
func (m *modeled) job(c *called, a answer) bool {
	before := *m
	for _, can := range []func(*modeledTurn) error{
		func(*modeledTurn) error { return nil },
		func(t *modeledTurn) error {
			if t.control.Verb != nil {
				t.carry(handover.Expire(t.control, theVerb, theVerb, t.facts()))
			}
			return nil
		},
		func(t *modeledTurn) error {
			t.carry(handover.Delivered(t.control, t.control.Round+1, theVerb, t.facts()))
			return nil
		},
		func(t *modeledTurn) error {
			_, err := t.decide(handover.Input{Trigger: handover.Inactivity})
			return err
		},
		func(t *modeledTurn) error {
			return t.apply(interaction.InterventionFallsDue, interaction.Change{}, interaction.InterventionFacts{})
		},
	} {
		*m = before
		turn := modeledTurn{modeled: m, called: c}
		if can(&turn) == nil && turn.follow() == nil && (a.control == "" || a.control == shown(m.control)) && (a.dealing == "" || a.dealing == seen(m.latest)) {
			return true
		}
	}
	*m = before
	return false
}

// shown is what a control says, but for the ID of its verb.
func shown(c handover.Control) string {
	if c.Verb != nil {
		v := *c.Verb
		v.ID = theVerb
		c.Verb = &v
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// seen is what an intervention says, as far as it concerns control.
func seen(i interaction.Intervention) string {
	return fmt.Sprintf("%s of %v is %s with %d replies", i.ID, i.Owner, i.Status, i.UserRepliesCount)
}

// refused is what a refusal says, whoever gives it.
func refused(err error) string {
	if r, ok := errors.AsType[*handover.RefusedError](err); ok {
		return fmt.Sprintf("refused: %s: %v until %v", r.Code, r, r.RetryAt)
	}
	if tr, ok := errors.AsType[*interaction.TransitionError](err); ok {
		return "refused: " + tr.Error()
	}
	if errors.Is(err, engage.ErrNotFound) {
		return "not found"
	}
	return "?? " + err.Error()
}
