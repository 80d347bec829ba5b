package handover_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// A bot asks for control while an agent is engaged with the customer, and again when she is not.
// Nothing is kept here: the Engine commits what is decided.
func Example() {
	facts := handover.Facts{
		Settings: handover.Settings{Primary: handover.Bot, BotApp: "helper"},
		Engaged: []handover.Engaged{{
			InterventionID: "17", Owner: interaction.Actor{Type: interaction.ActorAgent, ID: "ann"}, Status: interaction.InterventionDeferred,
		}},
		Now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
	}
	control := handover.Control{Party: handover.Party{Owner: handover.Agent}, Epoch: 3}
	wants := handover.Input{Trigger: handover.HandoverToBot, ID: "verb-1", App: "helper"}

	_, err := handover.Decide(control, wants, facts)
	if refused, ok := errors.AsType[*handover.RefusedError](err); ok {
		fmt.Println(refused.Code, "by", refused.InTheWay[0].Owner)
		fmt.Println(refused.Rule)
	}

	facts.Engaged = nil
	decided, err := handover.Decide(control, wants, facts)
	fmt.Println(decided.Act, decided.Control.Party, "in epoch", decided.Control.Epoch, err)

	facts.Platform = true // which has to be told first
	decided, err = handover.Decide(control, wants, facts)
	fmt.Println(decided.Act, decided.Control.Party, "until it is done:", decided.Control.Verb.Kind, err)
	// Output:
	// intervention_engaged by agent ann
	// no intervention is engaged with the identity
	// pass bot helper in epoch 4 <nil>
	// pass agent until it is done: pass <nil>
}
