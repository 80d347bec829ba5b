package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestReceiveWhileAPassIsTold: a customer who writes while control is passed is received, whoever
// deals with those who come back.
func TestReceiveWhileAPassIsTold(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, Returning: handover.Agent, BotApp: "robot"})
	i := c.engages(ann, c.eve.ThreadID)
	c.replies(ann, c.eve.ThreadID, "x")
	c.runs()
	if err := c.toBot(true); err != nil {
		t.Fatal(err)
	}
	s.on = func(verb string, _ engage.Handling) error {
		if verb == "pass" || verb == "owner" {
			return errDropped
		}
		return nil
	}
	must(c.Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	c.runs()
	if _, err := c.Threads.Receive(t.Context(), c.says("eve", "again")); err != nil {
		t.Fatalf("receive: %v", err)
	}
}

// TestReceiveWhileAnotherIdentityPasses: a customer is received while control is passed in a
// conversation with another identity of theirs, for which it counts who is engaged.
func TestReceiveWhileAnotherIdentityPasses(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, WholeContact: true})
	other := must(c.Threads.Receive(t.Context(), engage.Inbound{
		SourceID: "chat", Customer: engage.Account{ForeignID: "eve-at-work", ContactID: c.eve.ContactID}, Message: interaction.Message{Body: "and here"},
	}))(t)
	i := c.engages(ann, other.ThreadID)
	c.replies(ann, other.ThreadID, "x")
	c.runs()
	must(c.Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	c.runs()
	s.on = func(verb string, _ engage.Handling) error {
		if verb == "pass" || verb == "owner" {
			return errDropped
		}
		return nil
	}
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.runs()
	if _, err := c.Threads.Receive(t.Context(), c.says("eve-at-work", "again")); err != nil {
		t.Fatalf("receive: %v", err)
	}
}

// TestWhenFreeElsewhere: who waits for control gets it when the last intervention ends, be it on
// another source or with another identity.
func TestWhenFreeElsewhere(t *testing.T) {
	t.Parallel()
	t.Run("whole contact", func(t *testing.T) {
		t.Parallel()
		c := newControlled(t, handover.Settings{Primary: handover.Agent, WholeContact: true})
		other := must(c.Threads.Receive(t.Context(), engage.Inbound{
			SourceID: "chat", Customer: engage.Account{ForeignID: "eve-at-work", ContactID: c.eve.ContactID}, Message: interaction.Message{Body: "and here"},
		}))(t)
		i := c.engages(ann, other.ThreadID)
		if err := c.toBot(true); err != nil {
			t.Fatal(err)
		}
		must(c.Interventions.Cancel(t.Context(), i.ID))(t)
		c.clock.pass(time.Hour)
		c.runs()
		c.has(handover.Bot)
	})
	t.Run("other source", func(t *testing.T) {
		t.Parallel()
		c := newControlled(t, handover.Settings{Primary: handover.Agent})
		must(c.Sources.Create(t.Context(), interaction.Source{ID: "chat2", Type: "messenger", Active: true, CommunityID: "chat"}))(t)
		in := c.says("eve", "on two")
		in.SourceID = "chat2"
		two := must(c.Threads.Receive(t.Context(), in))(t)
		i := c.engages(ann, two.ThreadID)
		if err := c.toBot(true); err != nil {
			t.Fatal(err)
		}
		must(c.Interventions.Cancel(t.Context(), i.ID))(t)
		c.runs()
		c.has(handover.Bot)
	})
}

// TestReleaseElsewhere: control is released when the last intervention with the identity ends on
// another source.
func TestReleaseElsewhere(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	must(c.Sources.Create(t.Context(), interaction.Source{ID: "chat2", Type: "messenger", Active: true, CommunityID: "chat"}))(t)
	in := c.says("eve", "on two")
	in.SourceID = "chat2"
	two := must(c.Threads.Receive(t.Context(), in))(t)
	i := c.engages(ann, c.eve.ThreadID)
	j := c.engages(bob, two.ThreadID)
	must(c.Interventions.Cancel(t.Context(), i.ID))(t)
	must(c.Interventions.Cancel(t.Context(), j.ID))(t)
	c.runs()
	c.has(handover.Idle)
}

// TestEngageElsewhereDuringAPass: nobody engages with the identity on another source while control is
// passed.
func TestEngageElsewhereDuringAPass(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	must(c.Sources.Create(t.Context(), interaction.Source{ID: "chat2", Type: "messenger", Active: true, CommunityID: "chat"}))(t)
	in := c.says("eve", "on two")
	in.SourceID = "chat2"
	two := must(c.Threads.Receive(t.Context(), in))(t)
	s.on = func(verb string, h engage.Handling) error {
		if verb == "pass" { // while it is under way
			if _, err := c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: two.ThreadID}); err == nil {
				t.Error("engaged while a pass with the identity is under way")
			}
		}
		return nil
	}
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.runs()
	c.has(handover.Bot)
}
