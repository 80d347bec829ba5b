package engage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// toAgents is a bot that gives control to the agents.
func (c *controlled) toAgents() error {
	_, err := c.As(robot).Control.Handover(c.t.Context(), handover.Request{
		IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger", SourceID: "chat",
	})
	return err
}

// limited are at most three handovers in ten minutes.
var limited = handover.Settings{Primary: handover.Agent, MaxMoves: 3, MovesWithin: 600}

// Bot and agents hand over to each other again and again: that is refused after so often,
// with the time from when it goes again, and it goes then. Each direction counts.
func TestHandoversToAndFroAreLimited(t *testing.T) {
	t.Parallel()
	c := newControlled(t, limited)
	moves := []func() error{func() error { return c.toBot(false) }, c.toAgents}
	for round := range 3 {
		first := c.clock.read()
		for n := range 3 {
			if err := moves[n%2](); err != nil {
				t.Fatalf("round %d, handover %d: %v", round, n, err)
			}
			c.clock.pass(time.Minute)
		}
		for range 2 { // what is refused does not count
			err := moves[1]()
			refused, ok := errors.AsType[*handover.RefusedError](err)
			if !ok || refused.Code != handover.CodeTooMany || !errors.Is(err, engage.ErrRefused) {
				t.Fatalf("round %d: %v", round, err)
			}
			expect(t, "when it goes again", refused.RetryAt.Equal(first.Add(10*time.Minute)), true)
			c.clock.pass(refused.RetryAt.Sub(c.clock.read()) - 1)
		}
		c.has(handover.Bot) // who has control keeps it
		c.restart()
		c.clock.pass(1)
		if err := moves[1](); err != nil {
			t.Fatalf("round %d, at the time that was said: %v", round, err)
		}
		c.clock.pass(time.Hour)
	}
}

// What moves control by itself is no handover that counts: an agent who engages gets
// control however often it was handed over, and so does the bot that waits for it.
func TestWhatMovesByItselfIsNotLimited(t *testing.T) {
	t.Parallel()
	c := newControlled(t, limited)
	for n := range 10 {
		i := c.engages(ann, c.eve.ThreadID)
		c.has(handover.Agent)
		must(c.Interventions.Cancel(t.Context(), i.ID))(t)
		c.has(handover.Idle)
		c.writes("eve", "hello again")
		c.has(handover.Agent)
		if len(c.control().Moves) != 0 {
			t.Fatalf("after round %d: %v", n, c.control().Moves)
		}
	}
	for _, move := range []func() error{func() error { return c.toBot(false) }, c.toAgents, func() error { return c.toBot(false) }} {
		if err := move(); err != nil {
			t.Fatal(err)
		}
	}
	i := c.engages(ann, c.eve.ThreadID) // takes control
	c.has(handover.Agent)
	if err := c.toBot(true); handover.RefusedBy(err) != handover.CodeTooMany {
		t.Errorf("waiting for the fourth: %v", err)
	}
	c.clock.pass(11 * time.Minute)
	if err := c.toBot(true); err != nil {
		t.Fatal(err)
	}
	must(c.Interventions.Cancel(t.Context(), i.ID))(t)
	c.has(handover.Bot)
	if err := c.toBot(false); err != nil { // it is there already: nothing moves
		t.Error(err)
	}
}

// Explain says the same, and a limit that is set later counts from then on.
func TestLimitsAreExplainedAndSetLater(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	for range 5 {
		if err := errors.Join(c.toBot(false), c.toAgents()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent, MaxMoves: 2, MovesWithin: 60}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.toBot(false), c.toAgents()); err != nil {
		t.Fatal(err)
	}
	e := must(c.Control.Explain(t.Context(), handover.Request{
		IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: robot.ID,
	}))(t)
	if e.Refused == nil || e.Refused.Code != handover.CodeTooMany || !e.Refused.RetryAt.Equal(c.clock.read().Add(time.Minute)) {
		t.Errorf("the explanation: %+v", e.Refused)
	}
	if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.toBot(false), c.toAgents()); err != nil {
		t.Error(err)
	}
}
