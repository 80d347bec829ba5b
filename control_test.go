package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// controlled is a desk whose source "chat" has thread control, with the Engine as arbiter.
type controlled struct {
	*desk

	eve engage.Received // who wrote first
}

func newControlled(t *testing.T, settings handover.Settings) *controlled {
	t.Helper()
	c := &controlled{desk: newDesk(t)}
	if err := c.Control.Configure(t.Context(), "chat", settings); err != nil {
		t.Fatal(err)
	}
	c.eve = c.writes("eve", "hello")
	return c
}

// control returns who has control of the conversation with eve.
func (c *controlled) control() handover.Control {
	c.t.Helper()
	return must(c.Control.Get(c.t.Context(), "chat", c.eve.IdentityID))(c.t)
}

func (c *controlled) has(owner handover.Owner) {
	c.t.Helper()
	if now := c.control(); now.Owner != owner {
		c.t.Fatalf("%v has control, want %s; under way: %+v", now.Party, owner, now.Verb)
	}
}

func (c *controlled) toBot(whenFree bool) error {
	_, err := c.Control.Handover(c.t.Context(), handover.Request{
		IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: robot.ID, WhenFree: whenFree,
	})
	return err
}

func (c *controlled) sync(id string) interaction.SyncStatus {
	c.t.Helper()
	return must(c.Contents.Get(c.t.Context(), id))(c.t).Synchronization.Status
}

var byBot = handover.Settings{Primary: handover.Bot, BotApp: "robot"}

// An agent's content waits until the agents have control, and is delivered once; or it
// fails for all to see.
func TestContentsWaitForControl(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		settings handover.Settings
		then     func(c *controlled)
		owner    handover.Owner
		status   interaction.SyncStatus
	}{
		{"the bot accepts", byBot, func(c *controlled) {
			must(c.As(robot).Control.Accept(c.t.Context(), "chat", c.eve.IdentityID))(c.t)
		}, handover.Agent, interaction.SyncSuccess},
		{"the bot hands over", byBot, func(c *controlled) {
			must(c.As(robot).Control.Accept(c.t.Context(), "chat", c.eve.IdentityID))(c.t)
			must(c.As(robot).Control.Handover(c.t.Context(), handover.Request{
				IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger",
			}))(c.t)
		}, handover.Agent, interaction.SyncSuccess},
		{"the bot declines", byBot, func(c *controlled) {
			must(c.As(robot).Control.Decline(c.t.Context(), "chat", c.eve.IdentityID))(c.t)
		}, handover.Bot, interaction.SyncAborted},
		{"the bot says nothing", byBot, func(c *controlled) {
			c.clock.pass(2 * time.Minute)
		}, handover.Bot, interaction.SyncAborted},
		{"the bot says nothing, and the agents take control then", handover.Settings{
			Primary: handover.Bot, BotApp: "robot", MayTake: true, Fallback: handover.TakeOver,
		}, func(c *controlled) {
			c.clock.pass(2 * time.Minute)
		}, handover.Agent, interaction.SyncSuccess},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newControlled(t, row.settings)
			c.has(handover.Bot)
			c.engages(ann, c.eve.ThreadID)
			posted := []engage.Posted{c.replies(ann, c.eve.ThreadID, "one"), c.replies(ann, c.eve.ThreadID, "two")}
			c.runs()
			for _, p := range posted {
				expect(t, "status while it waits", c.sync(p.ID), interaction.SyncPending)
			}
			row.then(c)
			c.runs()
			c.has(row.owner)
			for _, p := range posted {
				expect(t, "status", c.sync(p.ID), row.status)
			}
			want := 0
			if row.status == interaction.SyncSuccess {
				want = len(posted)
			}
			expect(t, "deliveries", len(c.platform.Delivered()), want)
		})
	}
}

// A refusal says what is in the way, and what would help; Explain says the same and does
// nothing.
func TestRefusedHandoversSayWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	i := c.engages(ann, c.eve.ThreadID)
	err := c.toBot(false)
	refused, ok := errors.AsType[*handover.RefusedError](err)
	if !ok || !errors.Is(err, engage.ErrRefused) || refused.Code != handover.CodeEngaged || len(refused.InTheWay) != 1 ||
		refused.InTheWay[0].InterventionID != i.ID || refused.InTheWay[0].Owner != ann || refused.Remedy == "" {
		t.Fatalf("the refusal: %v, %+v", err, refused)
	}
	before := c.control()
	e := must(c.Control.Explain(t.Context(), handover.Request{
		IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: robot.ID,
	}))(t)
	if e.Refused == nil || e.Refused.Code != handover.CodeEngaged || len(e.Refused.InTheWay) != 1 {
		t.Errorf("the explanation: %+v", e)
	}
	if after := c.control(); after.Epoch != before.Epoch || after.Owner != handover.Agent {
		t.Errorf("explaining has changed %+v to %+v", before, after)
	}
	must(c.Interventions.Cancel(t.Context(), i.ID))(t)
	c.has(handover.Idle) // released
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.has(handover.Bot)
}

// WhenFree waits until the last intervention has ended.
func TestControlPassesWhenItIsFree(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	i := c.engages(ann, c.eve.ThreadID)
	if err := c.toBot(true); err != nil {
		t.Fatal(err)
	}
	c.has(handover.Agent)
	posted := c.replies(ann, c.eve.ThreadID, "bye")
	must(c.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	c.has(handover.Agent) // until that is delivered
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncSuccess)
	c.has(handover.Bot)
}

// A bot that answers what it saw before control changed is refused, and what it has
// posted and nobody has delivered yet is not delivered any more.
func TestBotsAreFencedOff(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Bot, BotApp: "robot", IgnoreBots: true, MayTake: true, Fallback: handover.TakeOver})
	c.has(handover.Bot)
	saw := c.control().Epoch
	i := c.engages(robot, c.eve.ThreadID)
	say := func(epoch int64) (engage.Posted, error) {
		return c.As(robot).Contents.Post(t.Context(), engage.Post{ThreadID: c.eve.ThreadID, Message: interaction.Message{Body: "beep"}, ControlEpoch: epoch})
	}
	late := must(say(saw))(t)
	must(c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: c.eve.ThreadID}))(t)
	must(c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID))(t)
	c.has(handover.Agent)
	c.runs()
	expect(t, "status of what the bot posted in time", c.sync(late.ID), interaction.SyncAborted)
	expect(t, "deliveries", len(c.platform.Delivered()), 0)
	_, err := say(saw)
	if !errors.Is(err, engage.ErrRefused) {
		t.Errorf("the bot posts in an intervention of ann's: %v", err)
	}
	must(c.As(ann).Interventions.Assign(t.Context(), i.ID, robot))(t)
	if _, err = say(saw); handover.RefusedBy(err) != handover.CodeNotInControl {
		t.Errorf("the bot posts while the agents have control: %v", err)
	}
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.has(handover.Bot)
	if _, err = say(saw); handover.RefusedBy(err) != handover.CodeStaleEpoch {
		t.Errorf("the bot posts what it began to say before: %v", err)
	}
	posted := must(say(c.control().Epoch))(t)
	c.runs()
	expect(t, "status", c.sync(posted.ID), interaction.SyncSuccess)
}

// The timeline says who had control, from when to when, and why.
func TestTimelineOfControl(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	c.clock.pass(time.Hour)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.clock.pass(time.Hour)
	c.engages(ann, c.eve.ThreadID)
	page := must(c.Control.Timeline(t.Context(), engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID, OldestFirst: true}))(t)
	want := []struct {
		owner handover.Owner
		cause string
		long  time.Duration
	}{{handover.Agent, "customer_writes", time.Hour}, {handover.Bot, "handover_to_bot", time.Hour}, {handover.Agent, "agent_engages", 0}}
	if len(page.Items) != len(want) {
		t.Fatalf("the spans: %+v", page.Items)
	}
	for n, span := range page.Items {
		long := span.Until.Sub(span.Since)
		if n == len(want)-1 {
			long = 0
		}
		if span.Owner != want[n].owner || span.Cause != want[n].cause || long != want[n].long || (n == len(want)-1) != span.Until.IsZero() {
			t.Errorf("span %d: %+v, want %+v", n, span, want[n])
		}
	}
}

// The rule can be widened to all identities of a contact.
func TestTheRuleOverAWholeContact(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent, WholeContact: true})
	other := must(c.Threads.Receive(t.Context(), engage.Inbound{
		SourceID: "chat", Customer: engage.Account{ForeignID: "eve-at-work", ContactID: c.eve.ContactID}, Message: interaction.Message{Body: "and here"},
	}))(t)
	i := c.engages(ann, other.ThreadID)
	if err := c.toBot(false); handover.RefusedBy(err) != handover.CodeEngaged {
		t.Fatalf("ann is engaged with the other account: %v", err)
	}
	must(c.Interventions.Cancel(t.Context(), i.ID))(t)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.has(handover.Bot)
}
