package handover_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// BenchmarkDecide is the decision alone: a handover to the bot and back where this library
// is the arbiter, one that is refused, and a content of an agent.
func BenchmarkDecide(b *testing.B) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	facts := handover.Facts{Settings: handover.Settings{Primary: handover.Agent}, Now: now}
	engaged := facts
	engaged.Engaged = []handover.Engaged{{InterventionID: "i", Owner: interaction.Actor{Type: interaction.ActorAgent, ID: "ann"}, Status: interaction.InterventionOpen}}
	agents := handover.Control{Party: handover.Party{Owner: handover.Agent}, Epoch: 1}
	bots := handover.Control{Party: handover.Party{Owner: handover.Bot, App: "robot"}, Epoch: 1}
	for _, bench := range []struct {
		name    string
		control handover.Control
		in      handover.Input
		facts   handover.Facts
		refused bool
	}{
		{"to-bot", agents, handover.Input{Trigger: handover.HandoverToBot, ID: "v", App: "robot"}, facts, false},
		{"to-bot-refused", agents, handover.Input{Trigger: handover.HandoverToBot, ID: "v", App: "robot"}, engaged, true},
		{"to-agent", bots, handover.Input{Trigger: handover.HandoverToAgent, ID: "v", By: interaction.Actor{Type: interaction.ActorBot, ID: "robot"}}, facts, false},
		{"agent-sends", agents, handover.Input{Trigger: handover.AgentSends, ID: "v"}, engaged, false},
		{"customer-writes", bots, handover.Input{Trigger: handover.CustomerWrites, ID: "v"}, facts, false},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := handover.Decide(bench.control, bench.in, bench.facts); (err != nil) != bench.refused {
					b.Fatal(err)
				}
			}
		})
	}
}
