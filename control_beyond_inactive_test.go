package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

const jobInactive = "control.inactive"

// Control that nobody uses ends: after 24 hours, or as long as the settings say, counted
// from the last content of anybody.
func TestControlEndsByInactivity(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		owner handover.Owner
		after time.Duration
		set   handover.Settings
	}{
		{"of agents, a day", handover.Agent, 24 * time.Hour, handover.Settings{Primary: handover.Agent}},
		{"of agents, seven days", handover.Agent, 7 * 24 * time.Hour, handover.Settings{Primary: handover.Agent, Inactivity: handover.MaxInactivity}},
		{"of a bot, a day", handover.Bot, 24 * time.Hour, byBot},
		{"of a bot, a minute", handover.Bot, time.Minute, handover.Settings{Primary: handover.Bot, BotApp: "robot", Inactivity: 60}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newControlled(t, row.set)
			c.has(row.owner)
			c.clock.pass(row.after - time.Second)
			c.runs()
			c.has(row.owner)
			c.writes("eve", "still there?")
			c.clock.pass(row.after - time.Second)
			c.runs()
			c.has(row.owner)
			expect(t, "jobs that look", c.pendingJobs(jobInactive), 1)
			c.clock.pass(time.Second)
			c.runs()
			c.has(handover.Idle)
			expect(t, "jobs that look at what is idle", c.pendingJobs(jobInactive), 0)
			list, kinds := controlEvents(t, c.Engine, 0)
			last := list[len(list)-1]
			if kinds[len(kinds)-1] != engage.EventControlChanged || last.Cause != string(handover.Inactivity) || last.Previous.Owner != row.owner {
				t.Errorf("the last event: %+v", last)
			}
			c.writes("eve", "hello again")
			c.has(row.owner) // the primary's side
			expect(t, "jobs that look again", c.pendingJobs(jobInactive), 1)
		})
	}
}

// Control of another app ends, too: the platform sets it free, and nobody is told.
func TestControlOfAnotherAppEndsByInactivity(t *testing.T) {
	t.Parallel()
	s := newSwitched(t, handover.Settings{Primary: handover.Agent})
	s.reports(handover.Party{Owner: handover.Other, App: "inbox"}, s.clock.read())
	s.has(handover.Other)
	s.clock.pass(24 * time.Hour)
	s.runs()
	s.has(handover.Idle)
	expect(t, "what the platform was told", len(s.board.verbs()), 0)
}

// Agents give control back on the platform: until it has answered, they have it.
func TestInactivityReleasesOnThePlatform(t *testing.T) {
	t.Parallel()
	s := newSwitched(t, handover.Settings{Primary: handover.Agent})
	s.has(handover.Agent)
	s.clock.pass(24 * time.Hour)
	s.runs()
	s.has(handover.Idle)
	expect(t, "what the platform was told", len(s.board.verbs()), 1)
	s.clock.pass(time.Hour) // one looks whether the release has been done
	s.runs()
	expect(t, "jobs that look at what is idle", s.pendingJobs(jobInactive), 0)
}

// Agents keep control as long as an intervention is open, and somebody looks now and then,
// not all the time.
func TestAgentsKeepControlWhileTheyAreEngaged(t *testing.T) {
	t.Parallel()
	for _, platform := range []bool{false, true} {
		c := newControlled(t, handover.Settings{Primary: handover.Agent})
		if platform {
			c = newSwitched(t, handover.Settings{Primary: handover.Agent}).controlled
		}
		i := c.engages(ann, c.eve.ThreadID)
		for range 10 {
			c.clock.pass(23 * time.Hour)
			c.runs()
			c.has(handover.Agent)
			expect(t, "jobs that look", c.pendingJobs(jobInactive), 1)
		}
		must(c.Interventions.Cancel(t.Context(), i.ID))(t)
		c.runs()
		c.has(handover.Idle)
		c.clock.pass(24 * time.Hour)
		c.runs()
		expect(t, "jobs that look at what is idle", c.pendingJobs(jobInactive), 0)
	}
}

// Whoever writes keeps control: bot, agent and customer.
func TestWritingKeepsControl(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Bot, BotApp: "robot", Returning: handover.Bot})
	c.engages(robot, c.eve.ThreadID)
	for range 5 {
		c.clock.pass(23 * time.Hour)
		c.replies(robot, c.eve.ThreadID, "Are you there?")
		c.runs()
		c.has(handover.Bot)
		expect(t, "jobs that look", c.pendingJobs(jobInactive), 1)
	}
	c.clock.pass(24 * time.Hour)
	c.runs()
	c.has(handover.Idle) // although the bot is engaged: that counts for agents only
}

// Settings that want control to end earlier count from what happens next.
func TestInactivityIsShortened(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent, Inactivity: handover.MaxInactivity})
	if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent, Inactivity: 60}); err != nil {
		t.Fatal(err)
	}
	c.writes("eve", "still there?")
	c.clock.pass(time.Minute)
	c.runs()
	c.has(handover.Idle)
	c.clock.pass(7 * 24 * time.Hour)
	c.runs()
	expect(t, "jobs that look at what is idle", c.pendingJobs(jobInactive), 0)
}
