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
	BotSends     Trigger = "bot_sends"
	// HandoverToAgent and HandoverToBot are the two requests of seed 001.
	HandoverToAgent Trigger = "handover_to_agent"
	HandoverToBot   Trigger = "handover_to_bot"
	// EngagedEnds is when an intervention is closed or canceled; where the settings
	// leave such out of the rule also when it is deferred, or becomes a bot's.
	EngagedEnds Trigger = "engaged_ends"
	Inactivity  Trigger = "inactivity" // nobody has written for as long as the settings say
	BotAccepts  Trigger = "bot_accepts"
	BotDeclines Trigger = "bot_declines"
)

// Triggers are all of them, in the order of the documentation.
func Triggers() []Trigger {
	return []Trigger{
		CustomerWrites, AgentSends, AgentEngages, BotSends, HandoverToAgent, HandoverToBot,
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
	// Engages is the intervention that becomes an agent's and open.
	Engages Engaged
	// WhenFree says to wait until no intervention is engaged, if one is.
	WhenFree bool
}

// Facts are what else a decision rests on.
type Facts struct {
	Settings Settings
	// Platform says that the source's platform passes control between apps. Without one
	// this library is the arbiter, and what it decides is so at once.
	Platform bool
	// Engaged are the open and deferred interventions with the identity, whoever owns
	// them, and where Settings.WholeContact says so those with the contact's others: as
	// they are after what happens, but for the one that becomes engaged by it.
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
		switch {
		case goes != "" && e.InterventionID == goes:
		case s.IgnoreDeferred && e.Status == interaction.InterventionDeferred:
		case s.IgnoreBots && e.Owner.Type == interaction.ActorBot:
		default:
			in = append(in, e)
		}
	}
	return in
}

// agentEngaged reports whether an agent has an open intervention with the identity
// itself.
func agentEngaged(c Control, engaged []Engaged) bool {
	for _, e := range engaged {
		if e.IdentityID == c.IdentityID && e.Owner.Type == interaction.ActorAgent && e.Status == interaction.InterventionOpen {
			return true
		}
	}
	return false
}
