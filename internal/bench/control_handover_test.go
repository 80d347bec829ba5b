package bench_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// BenchmarkHandover hands a conversation over to a bot and back, on a store in memory, with the
// Engine as arbiter. The baseline decides the same, and does nothing else. Between them are commits
// of the same batches, and nothing else.
func BenchmarkHandover(b *testing.B) {
	others := 1_000
	if small() {
		others = 5
	}
	c, other := newControlled(b, others), newControlled(b, others)
	n := 0
	batches := other.record(b, func() error { n++; return other.handOver(n - 1) })
	contest{"Handover", 200, []side{
		{"decision", decisions()},
		{"commit", repeat(other.commits(b.Context(), "alone", batches))},
		{"engage", c.handovers()},
	}}.run(b)
}

// handovers are those to the bot and back, in turn.
func (c *controlled) handovers() func(many int) error {
	n := 0
	return repeat(func() error { n++; return c.handOver(n - 1) })
}

// decisions are those that handovers rest on.
func decisions() func(many int) error {
	facts := handover.Facts{
		Settings: handover.Settings{Primary: handover.Agent, IgnoreBots: true},
		Now:      time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
	}
	agents := handover.Control{Party: handover.Party{Owner: handover.Agent}, Epoch: 1}
	bots := handover.Control{Party: handover.Party{Owner: handover.Bot, App: robot.ID}, Epoch: 1}
	n := 0
	return repeat(func() (err error) {
		n++
		if n%2 == 1 {
			_, err = handover.Decide(agents, handover.Input{Trigger: handover.HandoverToBot, ID: "v", App: robot.ID}, facts)
			return err
		}
		_, err = handover.Decide(bots, handover.Input{
			Trigger: handover.HandoverToAgent, ID: "v", By: interaction.Actor{Type: interaction.ActorBot, ID: robot.ID},
		}, facts)
		return err
	})
}
