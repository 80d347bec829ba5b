package engage_test

import (
	"fmt"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestWhatControlCosts holds each call on a source with thread control to the number of
// store calls that it takes, with one commit each, and to the same with few and with many
// other identities.
func TestWhatControlCosts(t *testing.T) {
	t.Parallel()
	few, many := controlCosts(t, 3), controlCosts(t, 300)
	for n, row := range few {
		t.Logf("%-40s %2d calls: %+v", row.name, row.calls(), row.costs)
		if row.calls() > row.most {
			t.Errorf("%s: %d calls of the store, want at most %d", row.name, row.calls(), row.most)
		}
		if row.commits != 1 {
			t.Errorf("%s: %d commits", row.name, row.commits)
		}
		if many[n].costs != row.costs {
			t.Errorf("%s: %+v among few identities, %+v among many", row.name, row.costs, many[n].costs)
		}
	}
}

type controlCost struct {
	costs

	name string
	most int64
}

// controlCosts is what calls cost, among so many other identities.
func controlCosts(t *testing.T, others int) (rows []controlCost) {
	t.Helper()
	d, l := newLedgerDesk(t)
	c := &controlled{desk: d}
	settings := handover.Settings{Primary: handover.Agent, BotApp: robot.ID, IgnoreBots: true}
	if err := c.Control.Configure(t.Context(), "chat", settings); err != nil {
		t.Fatal(err)
	}
	for n := range others {
		c.engages(ann, c.writes(fmt.Sprint("customer ", n), "hello").ThreadID)
	}
	show := func(name string, most int64, call func()) {
		t.Helper()
		rows = append(rows, controlCost{costs: l.cost(call), name: name, most: most})
	}
	var i interaction.Intervention
	show("receive of a new customer", 7, func() { c.eve = c.writes("eve", "hello") })
	show("receive in a thread", 6, func() { c.writes("eve", "hello?") })
	toBot := func() {
		t.Helper()
		if err := c.toBot(false); err != nil {
			t.Fatal(err)
		}
	}
	toAgent := func(by engage.Actor) {
		t.Helper()
		must(c.As(by).Control.Handover(t.Context(), handover.Request{
			IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger",
		}))(t)
	}
	show("hand over to the bot", 7, toBot)
	show("receive while the bot has control", 6, func() { c.writes("eve", "and now?") })
	show("engage while the bot has control", 6, func() { i = c.engages(ann, c.eve.ThreadID) })
	show("post", 6, func() { c.replies(ann, c.eve.ThreadID, "yes") })
	c.runs()
	show("close, and release control", 7, func() { must(c.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t) })
	c.has(handover.Idle)
	toBot()
	show("hand over to the agents, as the bot", 5, func() { toAgent(robot) })
	c.has(handover.Agent)
	toBot()
	show("ask the bot to hand over", 4, func() { toAgent(engage.System()) })
	show("accept", 6, func() { must(c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID))(t) })
	show("report", 5, func() {
		must(c.Control.Report(t.Context(), engage.ControlReport{
			SourceID: "chat", IdentityForeignID: "eve", Party: handover.Party{Owner: handover.Other, App: "inbox"}, At: c.clock.read(),
		}))(t)
	})
	show("settle", 5, func() {
		must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(t)
	})
	return rows
}
