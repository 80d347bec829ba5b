package handover_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestLapse: whoever had control, whatever was under way or waited, nobody has it, nothing is
// under way, no ticket holds, and the agents deal with what the customer wrote.
func TestLapse(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	robot := handover.Party{Owner: handover.Bot, App: "robot"}
	verbs := []*handover.Verb{nil}
	for _, stage := range []handover.Stage{handover.StageDraining, handover.StageQueued, handover.StageSent, handover.StageAsked} {
		verbs = append(verbs, &handover.Verb{ID: "v", Kind: handover.VerbPass, To: robot, Stage: stage}, &handover.Verb{ID: "v", Kind: handover.VerbTake, To: handover.Party{Owner: handover.Agent}, Stage: stage})
	}
	for _, owner := range handover.Owners() {
		for _, verb := range verbs {
			for _, platform := range []bool{false, true} {
				c := handover.Control{
					Party: handover.Party{Owner: owner, App: "robot"}, Epoch: 5, Round: 3, Verb: verb, WhenFree: &handover.Waiting{Party: robot},
					Held: 2, Sending: 1, Postponed: true, Uncertain: true,
				}
				d := handover.Lapse(c, handover.Facts{Platform: platform, Now: now, Settings: handover.Settings{Primary: handover.Bot, BotApp: "robot"}})
				after := d.Control
				if after.Holder().Owner != handover.Idle || after.Verb != nil || after.WhenFree != nil || after.Held+after.Sending != 0 || after.Postponed || after.Uncertain || d.Start {
					t.Errorf("%s, %+v: %+v", owner, verb, after)
				}
				if !d.Postponed || d.Side != handover.Agent {
					t.Errorf("%s, %+v: what was postponed: %v, for %s", owner, verb, d.Postponed, d.Side)
				}
				for _, k := range []handover.Ticket{
					{By: interaction.ActorAgent, Round: c.Round + 1}, {By: interaction.ActorBot, App: "robot", Epoch: c.Epoch},
				} {
					if fate := after.Gate(k); fate != handover.Fails {
						t.Errorf("%s, %+v: %+v %ss", owner, verb, k, fate)
					}
				}
			}
		}
	}
}
