package engage_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// TestEchoesAreActivity: a bot that writes on the platform uses its control, which does not end
// by inactivity; nor does that of another app, or of agents who write there.
func TestEchoesAreActivity(t *testing.T) {
	t.Parallel()
	for _, owner := range []handover.Party{{Owner: handover.Bot, App: "robot"}, {Owner: handover.Other, App: "inbox"}, {Owner: handover.Agent}} {
		for _, writes := range []bool{true, false} {
			c := newControlled(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
			must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, owner))(t)
			for range 30 {
				c.clock.pass(time.Hour)
				if writes {
					in := c.says("eve", "beep")
					in.Echo = &engage.Echo{}
					must(c.Threads.Receive(t.Context(), in))(t)
				}
				c.runs()
			}
			if now := c.control().Owner; (now == owner.Owner) != writes {
				t.Errorf("after 30 hours %s has control that %v had, who wrote every hour: %v", now, owner, writes)
			}
		}
	}
}

// TestEchoesGiveNobodyControl: what the company writes where nobody has control leaves it so.
func TestEchoesGiveNobodyControl(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{})
	in := c.says("eve", "beep")
	in.Echo = &engage.Echo{}
	before := c.control()
	must(c.Threads.Receive(t.Context(), in))(t)
	if after := c.control(); !reflect.DeepEqual(after, before) {
		t.Errorf("%+v, before: %+v", after, before)
	}
}
