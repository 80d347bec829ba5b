package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// toBotNamed hands control over to a bot, as soon as it is free if whenFree is set.
func (c *controlled) toBotNamed(app string, whenFree bool) (engage.Handed, error) {
	return c.Control.Handover(c.t.Context(), handover.Request{
		IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "messenger", SourceID: "chat", AppID: app, WhenFree: whenFree,
	})
}

// waits checks which bot waits for control.
func (c *controlled) waits(app string) {
	c.t.Helper()
	got := ""
	if c.control().Owner == handover.Bot {
		c.t.Fatal("the bot has control already")
	}
	if w := c.control().WhenFree; w != nil {
		got = w.App
	}
	expect(c.t, "the bot that waits", got, app)
}

// besides is an intervention that the rule counts, and that is not in the conversation
// with eve on the source "chat".
var besides = []struct {
	name     string
	settings handover.Settings
	receive  func(c *controlled) engage.Received
}{
	{"on another source", handover.Settings{Primary: handover.Agent}, func(c *controlled) engage.Received {
		return c.writesOn("desk", engage.Account{ForeignID: "eve"})
	}},
	{"with another identity", handover.Settings{Primary: handover.Agent, WholeContact: true}, func(c *controlled) engage.Received {
		return c.writesOn("chat", engage.Account{ForeignID: "eve-at-work", ContactID: c.eve.ContactID})
	}},
	{"with another identity on another source", handover.Settings{Primary: handover.Agent, WholeContact: true}, func(c *controlled) engage.Received {
		return c.writesOn("desk", engage.Account{ForeignID: "eve-at-work", ContactID: c.eve.ContactID})
	}},
}

// writesOn receives something on a source of the community of "chat".
func (c *controlled) writesOn(sourceID string, from engage.Account) engage.Received {
	c.t.Helper()
	if sourceID != "chat" {
		must(c.Sources.Create(c.t.Context(), interaction.Source{ID: sourceID, Type: "messenger", Active: true, CommunityID: "chat"}))(c.t)
	}
	return must(c.Threads.Receive(c.t.Context(), engage.Inbound{SourceID: sourceID, Customer: from, Message: interaction.Message{Body: "hello"}}))(c.t)
}

// A pass that waits until it is free waits for the last intervention, wherever that is.
func TestWhenFreeWaitsForTheLast(t *testing.T) {
	t.Parallel()
	for _, row := range besides {
		for _, here := range []string{"none", "first", "last"} { // when the one in the conversation ends
			t.Run(row.name+", here "+here, func(t *testing.T) {
				t.Parallel()
				c := newControlled(t, row.settings)
				elsewhere := c.engages(bob, row.receive(c).ThreadID)
				ends := []string{elsewhere.ID}
				if here != "none" {
					i := c.engages(ann, c.eve.ThreadID)
					ends = append(ends, i.ID)
					if here == "first" {
						ends[0], ends[1] = ends[1], ends[0]
					}
				}
				if handed := must(c.toBotNamed(robot.ID, true))(t); handed.Act != handover.DoWait {
					t.Fatalf("handed over: %+v", handed)
				}
				c.restart()
				for _, id := range ends {
					c.waits(robot.ID)
					must(c.Interventions.Cancel(t.Context(), id))(t)
					c.runs()
				}
				c.has(handover.Bot)
				if now := c.control(); now.App != robot.ID || now.WhenFree != nil {
					t.Errorf("%v has control, and %v waits", now.Party, now.WhenFree)
				}
			})
		}
	}
}

// The bot asks again, another bot asks, control goes the other way: what waits is what was
// said last.
func TestWhenFreeIsReplacedAndWithdrawn(t *testing.T) {
	t.Parallel()
	busy := func(t *testing.T) (*controlled, string) {
		t.Helper()
		c := newControlled(t, handover.Settings{Primary: handover.Agent})
		i := c.engages(ann, c.eve.ThreadID)
		must(c.toBotNamed(robot.ID, true))(t)
		c.waits(robot.ID)
		return c, i.ID
	}
	t.Run("the bot asks twice", func(t *testing.T) {
		t.Parallel()
		c, id := busy(t)
		expect(t, "act", must(c.toBotNamed(robot.ID, true))(t).Act, handover.DoWait)
		c.waits(robot.ID)
		must(c.Interventions.Cancel(t.Context(), id))(t)
		c.has(handover.Bot)
		epoch := c.control().Epoch
		c.clock.pass(time.Hour)
		c.runs()
		expect(t, "epoch", c.control().Epoch, epoch)
	})
	t.Run("without waiting", func(t *testing.T) {
		t.Parallel()
		c, id := busy(t)
		if _, err := c.toBotNamed("another", false); handover.RefusedBy(err) != handover.CodeEngaged {
			t.Errorf("without waiting: %v", err)
		}
		c.waits(robot.ID) // what is refused changes nothing
		must(c.Interventions.Cancel(t.Context(), id))(t)
		expect(t, "the bot", c.control().App, robot.ID)
	})
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		c, id := busy(t)
		must(c.toBotNamed("another", true))(t)
		c.waits("another")
		must(c.Interventions.Cancel(t.Context(), id))(t)
		expect(t, "the bot", c.control().App, "another")
	})
	t.Run("withdrawn", func(t *testing.T) {
		t.Parallel()
		c, id := busy(t)
		must(c.Control.Handover(t.Context(), handover.Request{IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger"}))(t)
		c.waits("")
		must(c.Interventions.Cancel(t.Context(), id))(t)
		c.has(handover.Idle) // released, as always
	})
	t.Run("settled", func(t *testing.T) {
		t.Parallel()
		c, _ := busy(t)
		if _, err := c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Bot, App: robot.ID}); handover.RefusedBy(err) != handover.CodeEngaged {
			t.Errorf("the settlement: %v", err)
		}
		c.waits(robot.ID)
		must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(t)
		c.has(handover.Agent)
		c.waits(robot.ID) // nobody has said that it is not wanted
	})
	t.Run("while it is free", func(t *testing.T) {
		t.Parallel()
		c := newControlled(t, handover.Settings{Primary: handover.Agent})
		expect(t, "act", must(c.toBotNamed(robot.ID, true))(t).Act, handover.DoPass)
		c.has(handover.Bot)
		expect(t, "nobody waits", c.control().WhenFree == nil, true)
	})
	t.Run("somebody engages anew", func(t *testing.T) {
		t.Parallel()
		c, id := busy(t)
		must(c.As(ann).Interventions.Close(t.Context(), must(c.closable(id), nil)(t), engage.Closing{}))(t)
		c.has(handover.Agent) // her reply is not delivered yet
		second := c.engages(bob, c.eve.ThreadID)
		c.runs()
		c.has(handover.Agent)
		must(c.As(bob).Interventions.Close(t.Context(), second.ID, engage.Closing{}))(t)
		c.runs()
		c.has(handover.Bot) // the bot has waited on
	})
}

// closable lets ann reply in an intervention, so that it can be closed.
func (c *controlled) closable(id string) string {
	c.replies(ann, c.eve.ThreadID, "bye")
	return id
}

// Settings that begin to count more, or less, count for what waits.
func TestWhenFreeBySettingsOfTheMoment(t *testing.T) {
	t.Parallel()
	narrow, wide := handover.Settings{Primary: handover.Agent}, handover.Settings{Primary: handover.Agent, WholeContact: true}
	for _, row := range []struct {
		name          string
		before, after handover.Settings
		passes        bool // when the intervention here ends, with one of another identity going on
	}{{"wider", narrow, wide, false}, {"narrower", wide, narrow, true}, {"as before", wide, wide, false}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newControlled(t, row.before)
			other := c.engages(bob, c.writesOn("chat", engage.Account{ForeignID: "eve-at-work", ContactID: c.eve.ContactID}).ThreadID)
			i := c.engages(ann, c.eve.ThreadID)
			must(c.toBotNamed(robot.ID, true))(t)
			if err := c.Control.Configure(t.Context(), "chat", row.after); err != nil {
				t.Fatal(err)
			}
			must(c.Interventions.Cancel(t.Context(), i.ID))(t)
			if !row.passes {
				c.waits(robot.ID)
				must(c.Interventions.Cancel(t.Context(), other.ID))(t)
			}
			c.has(handover.Bot)
		})
	}
}

// A pass that waits counts for an identity that comes to the contact meanwhile.
func TestWhenFreeOverAMerge(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent, WholeContact: true})
	i := c.engages(ann, c.eve.ThreadID)
	must(c.toBotNamed(robot.ID, true))(t)
	other := c.writesOn("chat", engage.Account{ForeignID: "eve-at-work"})
	second := c.engages(bob, other.ThreadID)
	must(c.Contacts.Merge(t.Context(), other.ContactID, c.eve.ContactID))(t)
	must(c.Interventions.Cancel(t.Context(), i.ID))(t)
	c.waits(robot.ID)
	must(c.Interventions.Cancel(t.Context(), second.ID))(t)
	c.has(handover.Bot)
}
