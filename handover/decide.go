package handover

import (
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Fate is what becomes of a content.
type Fate string

// The fates.
const (
	Sends Fate = "send" // it is delivered
	Holds Fate = "hold" // it waits until its author's side has control
	Fails Fate = "fail" // it will not be delivered
)

// Change is a change of the owner.
type Change struct {
	From  Party  `json:"from"`
	To    Party  `json:"to"`
	Epoch int64  `json:"epoch"` // from now on
	Cause string `json:"cause"` // a trigger, or what the platform said
	// By is who wanted it, if that is known.
	By interaction.Actor `json:"by,omitzero"`
}

// EventKind is something about control that is told.
type EventKind string

// What is told.
const (
	ControlChanged   EventKind = "control.changed"   // the owner is another
	ControlStarted   EventKind = "control.started"   // the platform is to be told to take, request, pass or release it
	ControlRequested EventKind = "control.requested" // the app in control is asked to pass it
	ControlDeclined  EventKind = "control.declined"  // it does not want to
	ControlFailed    EventKind = "control.failed"    // what was under way has come to nothing
	ControlWithdrawn EventKind = "control.withdrawn" // what was under way is not wanted any more
	ControlUncertain EventKind = "control.uncertain" // nobody can tell who has control
	ControlCertain   EventKind = "control.certain"   // it is known again
	ControlWaiting   EventKind = "control.waiting"   // a pass waits until no intervention is engaged
	ControlContested EventKind = "control.contested" // an agent engages while nobody can tell who has control
)

// Decision is what is to be done.
type Decision struct {
	Act     Act     // of the table
	Control Control // as it is from now on
	// Content is what becomes of the content that is sent.
	Content Fate
	// Held is what becomes of the contents of agents that waited for control: [Sends],
	// [Fails], or empty if they wait on. Reason is why they fail.
	Held   Fate
	Reason string
	// Start says that the verb of Control is to be begun: a new job.
	Start bool
	// AskOwner says that the platform is to be asked who has control.
	AskOwner bool
	// Side is who deals with a customer who writes.
	Side Owner
	// Contested says that the agent engages although a bot may have control: the
	// intervention is marked so. Certain says that it is known again who has control:
	// those that are marked are not any more.
	Contested bool
	Certain   bool
	// Returned says that a bot gave control to the agents: interventions of bots have
	// no owner from now on. Goes is the intervention that goes to the virtual bot that
	// got control.
	Returned bool
	Goes     string
	// Postponed says that what the customer wrote during a pass is decided now.
	Postponed bool

	Changes []Change
	Events  []EventKind
}

// Decide returns what is done when something happens. A refusal is a [*RefusedError];
// then nothing is done.
func Decide(c Control, in Input, f Facts) (Decision, error) {
	d := Decision{Control: c.clone()}
	in = in.named(f.Settings)
	act, err := rule(Rules, Case{Control: d.Control, Input: in, Facts: f})
	if err != nil {
		return Decision{Control: c}, err
	}
	d.Act = act
	t := turn{Decision: &d, in: in, facts: f, uncertain: c.Uncertain}
	t.do(act)
	return t.done(), nil
}

// named returns the input with the bot that is meant where none is named.
func (in Input) named(s Settings) Input {
	if in.Trigger == HandoverToBot && (in.App == "" || in.App == s.BotApp) {
		in.App, in.Virtual = s.BotApp, in.Virtual || s.VirtualBot
	}
	return in
}

// turn is a decision in the making.
type turn struct {
	*Decision

	in        Input
	facts     Facts
	uncertain bool // before
	// returns says that a customer writes again to whom nobody has control.
	returns bool
}

func (t *turn) do(act Act) {
	c := &t.Control
	if t.in.Trigger == HandoverToAgent {
		c.WhenFree = nil
	}
	t.returns = t.in.Trigger == CustomerWrites && c.Owner == Idle && c.Epoch > 0
	if (t.in.Trigger == AgentEngages || t.in.Trigger == OthersEngage) && act != DoDoubt && act != DoAssume {
		t.engages()
	}
	switch act {
	case DoNothing:
	case DoGive:
		t.give()
	case DoSend:
		t.Content = Sends
	case DoHold:
		t.Content = Holds
	case DoReach:
		t.withdraw()
		t.reach(t.in.Trigger, t.wanted())
		t.Content = Holds
	case DoClaim:
		t.start(Verb{Kind: t.claims(), To: t.target(true)})
		t.Content = Holds
		if t.Control.Verb == nil {
			t.Content = Sends
		}
	case DoRequest:
		t.withdraw()
		t.reach(t.in.Trigger, t.requests())
	case DoGrant:
		t.grant()
	case DoPass:
		t.withdraw()
		c.WhenFree = nil
		t.pass(Waiting{Party: t.target(t.in.Virtual), InterventionID: t.in.InterventionID, By: t.in.By}, false)
	case DoWait:
		waits := Waiting{Party: t.target(t.in.Virtual), InterventionID: t.in.InterventionID, By: t.in.By}
		if c.WhenFree == nil || *c.WhenFree != waits { // who asks again is told of once
			c.WhenFree = &waits
			t.tell(ControlWaiting)
		}
	case DoNext:
		t.next(true)
	case DoCancel:
		t.withdraw()
		if t.in.Trigger == AgentSends {
			c.WhenFree = nil // an agent goes on who is not engaged: nothing would end
		}
		if c.Owner == Agent {
			t.Content = Sends
		}
		t.next(false)
	case DoLetGo:
		c.Verb.Over = true
	case DoExpire:
		t.expire()
	case DoDecline:
		t.tell(ControlDeclined)
		t.fallBack("the bot declined to give control")
	case DoRedirect:
		c.Verb.To, c.Verb.Cause, c.Verb.By = Party{Owner: Agent}, t.in.Trigger, t.in.By
		t.Content = Holds
	case DoDoubt:
		t.doubt()
		t.engages()
		t.reach(t.in.Trigger, t.wanted())
	case DoAssume:
		t.doubt()
		t.engages()
		t.next(false)
	}
	t.note()
}

// engages counts the intervention that becomes engaged among those that are.
func (t *turn) engages() {
	at := slices.IndexFunc(t.facts.Engaged, func(e Engaged) bool { return e.InterventionID == t.in.Engages.InterventionID })
	t.facts.Engaged = slices.Clone(t.facts.Engaged)
	if at < 0 {
		t.facts.Engaged = append(t.facts.Engaged, t.in.Engages)
	} else {
		t.facts.Engaged[at] = t.in.Engages
	}
}

// target returns the bot that is to get control.
func (t *turn) target(virtual bool) Party {
	return Party{Owner: Bot, App: t.in.App, Virtual: virtual && t.facts.Platform}
}

// note keeps what a trigger says of the conversation by itself.
func (t *turn) note() {
	c := &t.Control
	switch t.in.Trigger {
	case CustomerWrites:
		c.ActiveAt = t.facts.Now
		t.Side = t.side()
		c.Postponed = c.Postponed || c.passes()
		t.askIfUncertain()
	case AgentSends:
		c.ActiveAt = t.facts.Now
		switch t.Content {
		case Sends:
			c.Sending++
		case Holds:
			t.hold()
		case Fails:
		}
		t.keepWanted()
		t.askIfUncertain()
	case BotSends:
		c.ActiveAt = t.facts.Now
	case AgentEngages:
		t.Content = ""
		if c.Uncertain {
			t.Contested = true
			t.tell(ControlContested)
		}
		t.keepWanted()
		t.goesOn()
		t.askIfUncertain()
	case HandoverToAgent:
		t.Content = ""
		t.keepWanted()
		t.goesOn()
	case OthersEngage, HandoverToBot, EngagedEnds, Inactivity, BotAccepts, BotDeclines:
		t.Content = ""
	}
}

// hold counts a content of an agent that waits, unless control came at once.
func (t *turn) hold() {
	c := &t.Control
	if c.Owner == Agent && c.Verb == nil {
		t.Content = Sends
		c.Sending++
		return
	}
	c.Held++
}

// keepWanted says of a verb that was withdrawn, and brings control to the agents, that it
// is wanted again.
func (t *turn) keepWanted() {
	if v := t.Control.Verb; v != nil && v.Reaches() && v.To.Owner == Agent {
		v.Withdrawn = false
	}
}

// goesOn says of what brings control to the agents that it does not end with an
// intervention that has ended.
func (t *turn) goesOn() {
	if v := t.Control.Verb; v != nil {
		v.Over = false
	}
}

// askIfUncertain asks who has control, if nobody could say before.
func (t *turn) askIfUncertain() {
	if t.Control.Uncertain && t.facts.canAsk() {
		t.AskOwner = true
	}
}

// side returns who deals with what the customer writes: while a pass is under way the bot
// as far as anybody knows.
func (t *turn) side() Owner {
	c := t.Control
	switch {
	case c.passes():
		return Bot
	case t.returns && t.facts.Settings.Returning == Agent:
		return Agent
	case c.Owner == Bot:
		return Bot
	case c.Owner == Other:
		return Other
	case c.Owner == Idle:
		return t.facts.Settings.returning()
	default:
		return Agent
	}
}

// moved keeps when control is handed over.
func (t *turn) moved() {
	c := &t.Control
	c.Moves = append(c.Moves, t.facts.Now)
	if most := t.facts.Settings.MaxMoves; len(c.Moves) > most {
		c.Moves = c.Moves[len(c.Moves)-most:]
	}
}

// become makes somebody the owner.
func (t *turn) become(to Party, cause string, by interaction.Actor) {
	c := &t.Control
	from := c.Holder()
	c.Uncertain = false
	c.Revision++
	if from == to {
		return
	}
	c.Party = to
	c.AgainAt, c.Failures = time.Time{}, 0
	c.Epoch++
	c.Since, c.ActiveAt = t.facts.Now, t.facts.Now
	t.Changes = append(t.Changes, Change{From: from, To: to, Epoch: c.Epoch, Cause: cause, By: by})
	t.tell(ControlChanged)
	if from.Owner == Bot && to.Owner == Agent {
		t.Returned = true
		t.facts.Engaged = t.returned()
	}
	if to.Owner != Agent { // what is not delivered yet waits until they have control again
		c.Held, c.Sending = c.Held+c.Sending, 0
	}
}

// returned returns what is engaged when the interventions of bots have no owner any more.
func (t *turn) returned() []Engaged {
	engaged := slices.Clone(t.facts.Engaged)
	for n, e := range engaged {
		if e.IdentityID == t.Control.IdentityID && e.SourceID == t.Control.SourceID && e.Owner.Type == interaction.ActorBot {
			engaged[n].Owner = interaction.Actor{}
		}
	}
	return engaged
}

func (t *turn) tell(k EventKind) { t.Events = append(t.Events, k) }

// blocked reports whether what is engaged stands against the verb under way: a pass to a
// bot, or a release.
func (t *turn) blocked() bool {
	c := t.Control
	switch c.Verb.Kind {
	case VerbPass:
		return len(t.facts.Settings.InTheWay(t.facts.Engaged, c.Verb.InterventionID)) > 0
	case VerbRelease:
		return c.Held > 0 || len(withIdentity(c, t.facts.Engaged)) > 0
	case VerbTake, VerbRequest, VerbAsk:
	}
	return false
}
