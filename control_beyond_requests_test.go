package engage_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// What ends a request, with each fallback, where the Engine is the arbiter and where a
// platform is: what follows for who has control, what waits for it, and what is told.
func TestHowRequestsEnd(t *testing.T) {
	t.Parallel()
	giveUp := byBot
	takeOver := handover.Settings{Primary: handover.Bot, BotApp: "robot", MayTake: true, Fallback: handover.TakeOver}
	mayNot := handover.Settings{Primary: handover.Bot, BotApp: "robot", Fallback: handover.TakeOver} // the page does not let us
	accept := func(c *controlled) error {
		_, err := c.As(robot).Control.Accept(c.t.Context(), "chat", c.eve.IdentityID)
		return err
	}
	decline := func(c *controlled) error {
		_, err := c.As(robot).Control.Decline(c.t.Context(), "chat", c.eve.IdentityID)
		return err
	}
	deadline := func(c *controlled) error {
		c.clock.pass(time.Minute)
		return nil
	}
	for _, row := range []struct {
		name     string
		settings handover.Settings
		does     func(*controlled) error
		owner    handover.Owner
		refused  handover.Code // on a platform
		declined bool
		failed   bool
	}{
		{"accepted", giveUp, accept, handover.Agent, handover.CodeOnPlatform, false, false},
		{"accepted, with a fallback", takeOver, accept, handover.Agent, handover.CodeOnPlatform, false, false},
		{"declined", giveUp, decline, handover.Bot, "", true, true},
		{"declined, then taken", takeOver, decline, handover.Agent, "", true, false},
		{"declined, and may not be taken", mayNot, decline, handover.Bot, "", true, true},
		{"deadline", giveUp, deadline, handover.Bot, "", false, true},
		{"deadline, then taken", takeOver, deadline, handover.Agent, "", false, false},
		{"deadline, and may not be taken", mayNot, deadline, handover.Bot, "", false, true},
	} {
		ends := func(t *testing.T, c *controlled, platform bool) {
			t.Helper()
			posted := c.wantsToWrite()
			now := c.control()
			if now.Owner != handover.Bot || now.Verb == nil || now.Verb.Stage != handover.StageAsked || now.Held != 1 ||
				!now.Verb.Deadline.Equal(c.clock.read().Add(time.Minute)) {
				t.Fatalf("after the request: %+v, %+v", now, now.Verb)
			}
			err := row.does(c)
			if platform && row.refused != "" {
				if handover.RefusedBy(err) != row.refused || !errors.Is(err, engage.ErrRefused) {
					t.Errorf("the answer to the bot: %v, want %s", err, row.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			c.runs()
			c.has(row.owner)
			want := interaction.SyncSuccess
			if row.owner == handover.Bot {
				want = interaction.SyncAborted
			}
			c.became(posted, want)
			_, kinds := controlEvents(t, c.Engine, 0)
			expect(t, "requests", countOf(kinds, engage.EventControlRequested), 1)
			expect(t, "declined", countOf(kinds, engage.EventControlDeclined) == 1, row.declined)
			expect(t, "failed", countOf(kinds, engage.EventControlFailed) == 1, row.failed)
			// The intervention stays open, and what is sent next asks anew.
			if row.owner == handover.Bot {
				c.replies(ann, c.eve.ThreadID, "Still me.")
				c.runs()
				if now := c.control(); now.Verb == nil || now.Verb.Stage != handover.StageAsked {
					t.Errorf("the next content does not ask: %+v", now)
				}
			}
		}
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			ends(t, newControlled(t, row.settings), false)
		})
		t.Run(row.name+", on a platform", func(t *testing.T) {
			t.Parallel()
			ends(t, newSwitched(t, row.settings).controlled, true)
		})
	}
}

// A bot that answers when it is over is told so; nothing changes by it.
func TestAnswersThatComeTooLate(t *testing.T) {
	t.Parallel()
	c := newControlled(t, byBot)
	if _, err := c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID); handover.RefusedBy(err) != handover.CodeNotRequested {
		t.Errorf("accepting what nobody requests: %v", err)
	}
	c.wantsToWrite()
	if _, err := c.As(engage.Bot("another")).Control.Accept(t.Context(), "chat", c.eve.IdentityID); handover.RefusedBy(err) != handover.CodeNotRequested {
		t.Errorf("another bot accepts: %v", err)
	}
	c.clock.pass(time.Minute)
	c.runs()
	before := c.control()
	for _, answer := range []func() (handover.Control, error){
		func() (handover.Control, error) {
			return c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID)
		},
		func() (handover.Control, error) {
			return c.As(robot).Control.Decline(t.Context(), "chat", c.eve.IdentityID)
		},
	} {
		if _, err := answer(); handover.RefusedBy(err) != handover.CodeNotRequested || !errors.Is(err, engage.ErrRefused) {
			t.Errorf("the answer after the deadline: %v", err)
		}
	}
	if after := c.control(); after.Epoch != before.Epoch || after.Revision != before.Revision {
		t.Errorf("%+v became %+v", before, after)
	}
	// Giving control without being asked is another call, and it does.
	_, err := c.As(robot).Control.Handover(t.Context(), handover.Request{
		IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger", AppID: robot.ID,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.has(handover.Agent)
}

// The bot accepts, declines, and the deadline comes, all at once: one of them counts, and
// whoever is told that it went well was it.
func TestOneAnswerCounts(t *testing.T) {
	t.Parallel()
	for range 20 {
		c := newControlled(t, byBot)
		posted := c.wantsToWrite()
		c.clock.pass(time.Minute)
		var accepted, declined error
		var wg sync.WaitGroup
		wg.Go(func() { _, accepted = c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID) })
		wg.Go(func() { _, declined = c.As(robot).Control.Decline(t.Context(), "chat", c.eve.IdentityID) })
		wg.Go(func() { _, _ = c.RunDue(t.Context()) })
		wg.Wait()
		c.runs()
		for _, err := range []error{accepted, declined} {
			if err != nil && handover.RefusedBy(err) != handover.CodeNotRequested {
				t.Fatalf("an answer: %v", err)
			}
		}
		if accepted == nil && declined == nil {
			t.Fatal("it was accepted and declined")
		}
		owner, status := handover.Bot, interaction.SyncAborted
		if accepted == nil {
			owner, status = handover.Agent, interaction.SyncSuccess
		}
		c.has(owner)
		c.became(posted, status)
	}
}

// A request goes on in another process: its deadline, and the answer to it.
func TestRequestsOutliveTheProcess(t *testing.T) {
	t.Parallel()
	for _, accepts := range []bool{true, false} {
		c := newControlled(t, byBot)
		posted := c.wantsToWrite()
		c.restart()
		owner, status := handover.Agent, interaction.SyncSuccess
		if accepts {
			must(c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID))(t)
		} else {
			c.clock.pass(time.Minute)
			owner, status = handover.Bot, interaction.SyncAborted
		}
		c.runs()
		c.has(owner)
		c.became(posted, status)
	}
}
