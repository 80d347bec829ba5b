package handover_test

import (
	"testing"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestGate: no content of a bot is sent in another epoch than its own, and none of an agent
// while the agents do not have control or are giving it away, whatever is under way.
func TestGate(t *testing.T) {
	t.Parallel()
	o := &occasion{stage: handover.StageAsked, cause: handover.AgentSends}
	for _, way := range ways {
		for _, owner := range handover.Owners() {
			c := o.control(owner, way, true)
			c.Round = 3
			for _, app := range []string{botA.App, "bot-b"} {
				for epoch := c.Epoch - 1; epoch <= c.Epoch+1; epoch++ {
					want := handover.Fails
					switch {
					case owner == handover.Bot && app == botA.App && epoch == c.Epoch:
						want = handover.Sends
					case way == "claimed" && app == botA.App && epoch > c.Epoch: // its claim is under way
						want = handover.Holds
					}
					if got := c.Gate(handover.Ticket{By: interaction.ActorBot, App: app, Epoch: epoch}); got != want {
						t.Errorf("%v has control, %s: %s of epoch %d: %s, want %s", c.Party, way, app, epoch, got, want)
					}
				}
			}
			want := handover.Holds
			if owner == handover.Agent && way != "passing" && way != "pass overdue" && way != "releasing" {
				want = handover.Sends
			}
			for round := c.Round; round <= c.Round+1; round++ {
				if round == c.Round { // what waited then has failed
					if got := c.Gate(handover.Ticket{By: interaction.ActorAgent, Round: round}); got != handover.Fails {
						t.Errorf("%v has control, %s: an agent's of an earlier round: %s", c.Party, way, got)
					}
				} else if got := c.Gate(handover.Ticket{By: interaction.ActorAgent, Round: round}); got != want {
					t.Errorf("%v has control, %s: an agent's: %s, want %s", c.Party, way, got, want)
				}
			}
		}
	}
}

// TestTicketsPass: what a decision lets through at once its ticket lets through, and what it
// holds waits.
func TestTicketsPass(t *testing.T) {
	t.Parallel()
	for _, o := range occasions(t) {
		if o.in.Trigger != handover.AgentSends && o.in.Trigger != handover.BotSends {
			continue
		}
		o.each(func(way string, _ int, c handover.Control, f handover.Facts) {
			d, err := handover.Decide(c, o.in, f)
			if err != nil || c.Owner == handover.Agent && c.Phase() == handover.Reaching { // nobody reaches for what he has
				return
			}
			if got := d.Control.Gate(d.Ticket(o.in)); got != d.Content {
				t.Errorf("%s: %v has control, %s: it %ss, and its ticket %ss", o.name, c.Party, way, d.Content, got)
			}
		})
	}
}
