package handover

import (
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Trigger is something that happens in a conversation and may move control.
type Trigger string

// The triggers.
const (
	CustomerWrites Trigger = "customer_writes"
	AgentSends     Trigger = "agent_sends"
	// AgentEngages is when an intervention becomes an agent's and open: engaged,
	// reopened, reactivated or assigned.
	AgentEngages Trigger = "agent_engages"
	// OthersEngage is when the rule begins to count an intervention that is no agent's and
	// open, or that is on another source or with another identity of the contact.
	OthersEngage Trigger = "others_engage"
	BotSends     Trigger = "bot_sends"
	// HandoverToAgent and HandoverToBot are the two requests of seed 001.
	HandoverToAgent Trigger = "handover_to_agent"
	HandoverToBot   Trigger = "handover_to_bot"
	// EngagedEnds is when an intervention is closed or canceled, and when an agent does
	// not answer there any more: it is deferred, or goes to a bot or to nobody.
	EngagedEnds Trigger = "engaged_ends"
	Inactivity  Trigger = "inactivity" // nobody has written for as long as the settings say
	BotAccepts  Trigger = "bot_accepts"
	BotDeclines Trigger = "bot_declines"
)

// Triggers are all of them, in the order of the documentation.
func Triggers() []Trigger {
	return []Trigger{
		CustomerWrites, AgentSends, AgentEngages, OthersEngage, BotSends, HandoverToAgent, HandoverToBot,
		EngagedEnds, Inactivity, BotAccepts, BotDeclines,
	}
}

// Input is a trigger with what comes with it.
type Input struct {
	Trigger Trigger
	// ID is the ID of the verb that begins, if one does.
	ID string
	// By is who causes it.
	By interaction.Actor
	// App is the bot's: who sends, accepts or declines, or is to get control. Epoch is
	// what the sending bot has seen.
	App   string
	Epoch int64
	// Virtual says that the bot that is to get control posts through this library.
	Virtual bool
	// InterventionID is the intervention that goes to a virtual bot with control.
	InterventionID string
	// Engages is the intervention that becomes engaged.
	Engages Engaged
	// WhenFree says to wait until no intervention is engaged, if one is.
	WhenFree bool
	// At is when the customer wrote, by the platform's clock; zero if that is not known.
	At time.Time
}

// Facts are what else a decision rests on.
type Facts struct {
	Settings Settings
	// Platform says that the source's platform passes control between apps. Without one
	// this library is the arbiter, and what it decides is so at once.
	Platform bool
	// Engaged are the open and deferred interventions with the identity, whoever owns
	// them and on whatever source they are, and where Settings.WholeContact says so those
	// with the contact's other identities. They are as they are after what happens; the
	// one that becomes engaged by it may be left out.
	Engaged []Engaged
	Now     time.Time
}

// canAsk reports whether the platform can be asked who has control.
func (f Facts) canAsk() bool { return f.Platform && !f.Settings.NoOwner }

// Engaged is an intervention that is open or deferred.
type Engaged struct {
	InterventionID string                         `json:"intervention_id"`
	SourceID       string                         `json:"source_id"`
	IdentityID     string                         `json:"identity_id"`
	Owner          interaction.Actor              `json:"owner,omitzero"`
	Status         interaction.InterventionStatus `json:"status"`
}

// InTheWay returns the interventions because of which control does not pass from the
// agents to a bot: the rule of seed 001, "This call will only pass if there is currently
// no intervention engaged with the linked identity". The one that goes to a virtual bot
// with control is not counted.
func (s Settings) InTheWay(engaged []Engaged, goes string) []Engaged {
	var in []Engaged
	for _, e := range engaged {
		if s.counts(e) && (goes == "" || e.InterventionID != goes) {
			in = append(in, e)
		}
	}
	return in
}

// counts reports whether the rule counts an intervention.
func (s Settings) counts(e Engaged) bool {
	switch {
	case !e.Status.Live(),
		s.IgnoreDeferred && e.Status == interaction.InterventionDeferred,
		s.IgnoreBots && e.Owner.Type == interaction.ActorBot:
		return false
	}
	return true
}

// Engagement returns the trigger that a change of an intervention is: [AgentEngages],
// [OthersEngage] when the rule begins to count it, [EngagedEnds] when it does not any
// more, or no agent answers there any more; empty if it is none.
func (s Settings) Engagement(before, after Engaged) Trigger {
	switch {
	case after.answers() && !before.answers():
		return AgentEngages
	case s.counts(after) && !s.counts(before), after.Status.Live() && !before.Status.Live():
		return OthersEngage
	case s.counts(before) && !s.counts(after), before.Status.Live() && !after.Status.Live(), before.answers() && !after.answers():
		return EngagedEnds
	}
	return ""
}

// EngagementElsewhere is Engagement for an intervention that is not in the conversation
// itself: it is on another source, or with another identity of the contact.
func (s Settings) EngagementElsewhere(before, after Engaged) Trigger {
	switch trigger := s.Engagement(before, after); {
	case trigger != AgentEngages:
		return trigger
	case s.counts(after) && !s.counts(before):
		return OthersEngage
	}
	return ""
}

// answers reports whether an agent has it, and it is open.
func (e Engaged) answers() bool {
	return e.Owner.Type == interaction.ActorAgent && e.Status == interaction.InterventionOpen
}

// withIdentity returns the interventions with the identity itself.
func withIdentity(c Control, engaged []Engaged) []Engaged {
	var own []Engaged
	for _, e := range engaged {
		if e.IdentityID == c.IdentityID {
			own = append(own, e)
		}
	}
	return own
}

// agentEngaged reports whether an agent has an open intervention with the identity
// itself.
func agentEngaged(c Control, engaged []Engaged) bool {
	for _, e := range engaged {
		if e.IdentityID == c.IdentityID && e.answers() {
			return true
		}
	}
	return false
}
