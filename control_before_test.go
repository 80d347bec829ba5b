package engage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestContentsBeforeControl: what agents posted before there was control on the source is
// delivered once they have it, which they get by that, whoever is primary and whatever comes
// first; and then nothing is counted that was not.
func TestContentsBeforeControl(t *testing.T) {
	t.Parallel()
	firsts := map[string]func(*controlled){
		"nothing":            func(*controlled) {},
		"the customer":       func(c *controlled) { c.writes("eve", "are you there?") },
		"another of ann's":   func(c *controlled) { c.replies(ann, c.eve.ThreadID, "two") },
		"a request":          func(c *controlled) { _ = c.toBot(true) },
		"a later hour":       func(c *controlled) { c.clock.pass(2 * time.Hour) },
		"the bot asks twice": func(c *controlled) { _, _ = c.toBot(true), c.toBot(true) },
	}
	for _, settings := range []handover.Settings{
		{}, {Primary: handover.Agent}, {Primary: handover.Bot, BotApp: "robot"}, {Primary: handover.Bot, BotApp: "robot", Fallback: handover.TakeOver, MayTake: true},
	} {
		for _, passes := range []bool{false, true} {
			for first, does := range firsts {
				t.Run(fmt.Sprint("primary ", settings.Primary, ", a platform ", passes, ", first ", first), func(t *testing.T) {
					t.Parallel()
					c := &controlled{desk: newDesk(t, func(o *engage.Options) {
						if passes {
							o.Platforms["messenger"] = &scripted{owner: handover.Party{Owner: handover.Idle}}
						}
					})}
					c.eve = c.writes("eve", "hello")
					c.engages(ann, c.eve.ThreadID)
					p := c.replies(ann, c.eve.ThreadID, "one")
					if err := c.Control.Configure(t.Context(), "chat", settings); err != nil {
						t.Fatal(err)
					}
					does(c)
					for range 3 {
						c.runs()
						c.clock.pass(time.Minute)
					}
					if got := c.sync(p.ID); got != interaction.SyncSuccess {
						t.Errorf("it is %s; control: %+v", got, c.control())
					}
					if now := c.control(); now.Owner != handover.Agent || now.Held+now.Sending != 0 {
						t.Errorf("%v, %d held, %d sending", now.Party, now.Held, now.Sending)
					}
				})
			}
		}
	}
}

// TestBotContentsBeforeControl: what a bot posted before there was control is sent as if it was
// posted now: if it gets control by that, or has it; else it fails.
func TestBotContentsBeforeControl(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		first func(c *controlled, interventionID string)
		want  interaction.SyncStatus
		owner handover.Owner
	}{
		{"nobody has control", func(*controlled, string) {}, interaction.SyncSuccess, handover.Bot},
		{"it has control", func(c *controlled, _ string) { _ = c.toBot(false) }, interaction.SyncSuccess, handover.Bot},
		{"the agents have control", func(c *controlled, _ string) { c.writes("eve", "hm") }, interaction.SyncAborted, handover.Agent},
		{"an agent is engaged", func(c *controlled, id string) { must(c.Interventions.Assign(c.t.Context(), id, ann))(c.t) }, interaction.SyncAborted, handover.Idle},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := &controlled{desk: newDesk(t)}
			c.eve = c.writes("eve", "hello")
			i := c.engages(robot, c.eve.ThreadID)
			p := c.replies(robot, c.eve.ThreadID, "beep")
			if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent, BotApp: robot.ID, IgnoreBots: true}); err != nil {
				t.Fatal(err)
			}
			row.first(c, i.ID)
			c.runs()
			if got := c.sync(p.ID); got != row.want {
				t.Errorf("it is %s, want %s; control: %+v", got, row.want, c.control())
			}
			c.has(row.owner)
		})
	}
}

// TestContentsBeforeControlAreNotCountedOff: a content that is on its way to the customer when
// control is configured is none of those that are counted.
func TestContentsBeforeControlAreNotCountedOff(t *testing.T) {
	t.Parallel()
	var c *controlled
	s := &scripted{owner: handover.Party{Owner: handover.Agent}}
	var second engage.Posted
	s.send = func(d engage.Delivery) error {
		if second.ID == "" {
			if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent}); err != nil {
				return err
			}
			second = c.replies(ann, c.eve.ThreadID, "two")
			return nil
		}
		c.checkCounts(0, 1) // itself
		return nil
	}
	c = &controlled{desk: newDesk(t, func(o *engage.Options) { o.Platforms["messenger"] = s })}
	c.eve = c.writes("eve", "hello")
	c.engages(ann, c.eve.ThreadID)
	first := c.replies(ann, c.eve.ThreadID, "one")
	c.runs()
	for n, p := range []engage.Posted{first, second} {
		if got := c.sync(p.ID); got != interaction.SyncSuccess {
			t.Errorf("content %d: %s", n, got)
		}
	}
	c.checkCounts(0, 0)
}
