package handover

import (
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Owner is who controls a conversation: who may write to the customer.
type Owner string

// The owners.
const (
	Idle  Owner = "idle"  // nobody: whoever claims it first
	Agent Owner = "agent" // the agents, who write through this library
	Bot   Owner = "bot"
	Other Owner = "other" // another app, such as the platform's own inbox
)

// Owners are all of them, in the order of the documentation.
func Owners() []Owner { return []Owner{Idle, Agent, Bot, Other} }

// Party is an owner, and which app that is, where there can be several.
type Party struct {
	Owner Owner `json:"owner"`
	// App is the platform's ID of the app, or the ID of the virtual bot; empty for the
	// agents and for nobody, and where it is not known.
	App string `json:"app_id,omitempty"`
	// Virtual says that it is a bot which posts through this library. To the platform
	// it is one with the agents, so that control goes between them without it.
	Virtual bool `json:"virtual,omitempty"`
}

// Ours reports whether the platform sees this library's own app in control.
func (p Party) Ours() bool { return p.Owner == Agent || p.Virtual }

// String returns the owner and its app.
func (p Party) String() string {
	if p.App == "" {
		return string(p.Owner)
	}
	return string(p.Owner) + " " + p.App
}

// Control says who controls the conversation with one identity on one source (seed
// 001: "thread control"). The zero Control is that of a conversation that nobody has
// controlled yet: it is idle.
type Control struct {
	SourceID   string `json:"source_id"`
	IdentityID string `json:"identity_id"`

	Party

	// Epoch grows with every change of the owner. A bot says which it has seen, and
	// what it sends in another is refused.
	Epoch int64 `json:"epoch"`
	// Since is when the owner got control.
	Since time.Time `json:"since,omitzero"`
	// Uncertain says that nobody can tell who has control: a verb had no answer, and
	// the platform does not say. After a pass the bot is assumed to have it.
	Uncertain bool `json:"uncertain,omitempty"`
	// Verb is what is under way to change the owner.
	Verb *Verb `json:"verb,omitempty"`
	// WhenFree is who gets control as soon as no intervention is engaged.
	WhenFree *Waiting `json:"when_free,omitempty"`
	// Postponed says that the customer has written while a pass was under way: once
	// it is settled, it is decided who deals with that.
	Postponed bool `json:"postponed,omitempty"`

	// AgainAt is when a pass for which a bot waits, or a release, is begun anew, because the
	// platform could not be told of it in time; Failures is how often that was so.
	AgainAt  time.Time `json:"again_at,omitzero"`
	Failures int       `json:"failures,omitempty"`

	// Held counts the contents of agents that wait until the agents have control,
	// Sending those that are accepted and not delivered yet.
	Held    int `json:"held,omitempty"`
	Sending int `json:"sending,omitempty"`
	// Round grows when what waited for control fails: what was written in an earlier
	// one is not delivered any more. Contents count it from 1.
	Round int64 `json:"round,omitempty"`

	// ActiveAt is when somebody last wrote, on either side, or control last changed.
	ActiveAt time.Time `json:"active_at,omitzero"`
	// ReportedAt is the platform's time of the latest report that was applied.
	ReportedAt time.Time `json:"reported_at,omitzero"`
	Reported   Party     `json:"reported,omitzero"` // who had control by that report
	// Revision grows with whatever is learned of the owner, so that an answer to an
	// older question is known for one.
	Revision int64 `json:"revision"`
	// Moves are when control was handed over lately, the latest last.
	Moves []time.Time `json:"moves,omitempty"`
}

// Waiting is a bot that waits for control.
type Waiting struct {
	Party

	// InterventionID is the intervention that goes with control to a virtual bot.
	InterventionID string `json:"intervention_id,omitempty"`
	// By is who asked for it.
	By interaction.Actor `json:"by,omitzero"`
}

// VerbKind is what is done to bring control somewhere. The names are those of the
// platform.
type VerbKind string

// The verbs.
const (
	VerbTake    VerbKind = "take"    // our app takes control, whoever has it
	VerbRequest VerbKind = "request" // the app in control is asked to pass it
	VerbPass    VerbKind = "pass"    // our app gives control to another
	VerbRelease VerbKind = "release" // our app gives it up: the conversation is idle
	// Ask is a request where the platform has none: an event asks the bot to pass.
	VerbAsk VerbKind = "ask"
)

// Stage is how far a verb has got.
type Stage string

// The stages.
const (
	// StageDraining waits for the delivery of what agents have written, until the deadline.
	StageDraining Stage = "draining"
	StageQueued   Stage = "queued" // the platform has not been told yet
	StageSent     Stage = "sent"   // the platform has been told, and has not answered
	StageAsked    Stage = "asked"  // the app in control has been asked, and may pass or decline
)

// Verb is a verb under way. It ends by the platform's answer, by what the platform
// reports, or by what it says when it is asked who has control, and never by the clock.
type Verb struct {
	ID    string   `json:"id"`
	Kind  VerbKind `json:"kind"`
	To    Party    `json:"to"`
	Stage Stage    `json:"stage"`
	// Cause is what it was begun for.
	Cause Trigger `json:"cause"`
	// By is who caused it.
	By interaction.Actor `json:"by,omitzero"`
	// Epoch is that of the control when it was decided.
	Epoch int64 `json:"epoch"`
	// Revision is that of the control when the platform was told.
	Revision  int64     `json:"revision,omitempty"`
	DecidedAt time.Time `json:"decided_at"`
	// Deadline is until when it may be begun or repeated; for a request also until when
	// the other app may answer it, and for what waits for deliveries until when it does. Of a
	// pass or a release it begins anew when the platform is told for the first time.
	Deadline time.Time `json:"deadline,omitzero"`
	// Unanswered says that the platform gave no answer, and is asked who has control.
	Unanswered bool `json:"unanswered,omitempty"`
	// Withdrawn says that nobody wants it any more: control that arrives is released.
	Withdrawn bool `json:"withdrawn,omitempty"`
	// Over says that the last intervention has ended meanwhile: the contents that wait are
	// delivered when control arrives, and then it is released.
	Over bool `json:"over,omitempty"`
	// Refused is why the platform refused it; it is asked then who has control.
	Refused string `json:"refused,omitempty"`
	// Tried are the other kinds that were refused before.
	Tried []VerbKind `json:"tried,omitempty"`
	// InterventionID is the intervention that goes with control to a virtual bot.
	InterventionID string `json:"intervention_id,omitempty"`
	// Waited says that the bot had waited for it: it waits on if it comes to nothing.
	Waited bool `json:"waited,omitempty"`
}

// Reaches reports whether the verb brings control to our own app.
func (v *Verb) Reaches() bool {
	return v.Kind == VerbTake || v.Kind == VerbRequest || v.Kind == VerbAsk
}

// Phase is what is under way, as far as the rules distinguish it.
type Phase string

// The phases.
const (
	Still     Phase = "still"     // nothing is under way
	Queued    Phase = "queued"    // a pass or release is decided, and nobody outside knows
	Reaching  Phase = "reaching"  // a take or request is under way, or asked
	Passing   Phase = "passing"   // the platform has been told to pass control
	Releasing Phase = "releasing" // the platform has been told to release control
)

// Phases are all of them.
func Phases() []Phase { return []Phase{Still, Queued, Reaching, Passing, Releasing} }

// Phase returns what is under way.
func (c Control) Phase() Phase {
	switch {
	case c.Verb == nil:
		return Still
	case c.Verb.Reaches():
		return Reaching
	case c.Verb.Stage == StageDraining || c.Verb.Stage == StageQueued:
		return Queued
	case c.Verb.Kind == VerbPass:
		return Passing
	default:
		return Releasing
	}
}

// passes reports whether a pass is under way, in whatever stage.
func (c Control) passes() bool { return c.Verb != nil && c.Verb.Kind == VerbPass }

// Holder returns who has control: an Idle one for the zero Control.
func (c Control) Holder() Party {
	p := c.Party
	if p.Owner == "" {
		p.Owner = Idle
	}
	return p
}

// clone returns a copy that shares nothing that is changed.
func (c Control) clone() Control {
	if c.Verb != nil {
		v := *c.Verb
		v.Tried = slices.Clone(v.Tried)
		c.Verb = &v
	}
	if c.WhenFree != nil {
		w := *c.WhenFree
		c.WhenFree = &w
	}
	c.Moves = slices.Clone(c.Moves)
	c.Party = c.Holder()
	return c
}
