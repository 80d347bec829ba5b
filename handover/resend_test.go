package handover_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestResend: whoever has control, whatever is under way, an agent's content that is not
// counted is counted once when it is sent again, and its new ticket is not one that fails; a
// bot's is let through exactly if the gate does not fail it, and its ticket stays.
func TestResend(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	in := handover.Input{ID: "retry", By: interaction.Actor{Type: interaction.ActorSystem}}
	verbs := []*handover.Verb{
		nil,
		{ID: "v", Kind: handover.VerbRequest, To: handover.Party{Owner: handover.Agent}, Stage: handover.StageAsked},
		{ID: "v", Kind: handover.VerbTake, To: handover.Party{Owner: handover.Bot, App: "robot"}, Stage: handover.StageSent},
		{ID: "v", Kind: handover.VerbPass, To: handover.Party{Owner: handover.Bot, App: "robot"}, Stage: handover.StageQueued},
		{ID: "v", Kind: handover.VerbPass, To: handover.Party{Owner: handover.Bot, App: "robot"}, Stage: handover.StageSent},
		{ID: "v", Kind: handover.VerbRelease, To: handover.Party{Owner: handover.Idle}, Stage: handover.StageSent},
	}
	for _, owner := range handover.Owners() {
		for _, verb := range verbs {
			for _, platform := range []bool{false, true} {
				c := handover.Control{Party: handover.Party{Owner: owner}, Epoch: 5, Round: 3, Verb: verb}
				if owner == handover.Bot {
					c.App = "robot"
				}
				f := handover.Facts{Platform: platform, Now: now}
				for _, row := range []struct {
					round   int64
					counted bool
				}{{4, true}, {4, false}, {3, true}, {3, false}, {0, true}} {
					k := handover.Ticket{By: interaction.ActorAgent, Round: row.round}
					d, next, err := handover.Resend(c, k, row.counted, in, f)
					counts := d.Control.Held + d.Control.Sending - c.Held - c.Sending
					want := 1
					if row.counted && row.round == c.Round+1 {
						want = 0
					}
					if err != nil || counts != want || d.Control.Gate(next) == handover.Fails {
						t.Errorf("%s, %+v, %+v: %d counted, %+v, %v", owner, verb, row, counts, next, err)
					}
				}
				for _, app := range []string{"robot", "another"} { // written before there was control
					k := handover.Ticket{By: interaction.ActorBot, App: app}
					want, wants := handover.Decide(c, handover.Input{
						Trigger: handover.BotSends, ID: in.ID, By: in.By, App: app, Epoch: c.Epoch,
					}, f)
					d, next, err := handover.Resend(c, k, true, in, f)
					if handover.RefusedBy(err) != handover.RefusedBy(wants) || d.Act != want.Act || err == nil && !next.Given() {
						t.Errorf("%s, %+v, %+v: %s, %+v, %v, want %s, %v", owner, verb, k, d.Act, next, err, want.Act, wants)
					}
				}
				for epoch := c.Epoch - 1; epoch <= c.Epoch+1; epoch++ {
					for _, app := range []string{"robot", "another"} {
						k := handover.Ticket{By: interaction.ActorBot, App: app, Epoch: epoch}
						d, next, err := handover.Resend(c, k, false, in, f)
						refused, ok := errors.AsType[*handover.RefusedError](err)
						if ok != (c.Gate(k) == handover.Fails) || next != k || d.Act == handover.DoReach {
							t.Errorf("%s, %+v, %+v: %+v, %v", owner, verb, k, d.Act, err)
						}
						want := handover.CodeNotInControl
						if epoch < c.Epoch {
							want = handover.CodeStaleEpoch
						}
						if ok && (refused.Code != want || refused.Trigger != handover.BotSends) {
							t.Errorf("%s, %+v, %+v: %+v", owner, verb, k, refused)
						}
					}
				}
			}
		}
	}
}
