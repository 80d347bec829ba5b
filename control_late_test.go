package engage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// interrupted is a store with which something happens just after an attempt at a job was
// claimed, and before it begins.
type interrupted struct {
	store.Store

	job string
	by  func()
}

func (s *interrupted) Commit(ctx context.Context, b store.Batch) error {
	err := s.Store.Commit(ctx, b)
	for _, r := range b.Puts {
		if by := s.by; r.ID == s.job && by != nil && err == nil {
			s.by = nil
			by()
		}
	}
	return err
}

// toVirtual gives control to the bot that posts through the Engine.
func (c *controlled) toVirtual() {
	c.t.Helper()
	must(c.Control.Handover(c.t.Context(), handover.Request{
		IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: handover.TypeVirtualAgent, AppID: robot.ID, SourceID: "chat",
	}))(c.t)
	c.has(handover.Bot)
}

// fromVirtual lets it give control back.
func (c *controlled) fromVirtual() error {
	_, err := c.As(robot).Control.Handover(c.t.Context(), handover.Request{
		IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger",
	})
	return err
}

// No delivery of a bot's content begins after the agents took over, however short before it
// was claimed.
func TestABotsContentIsNotSentOnceTheAgentsHaveControl(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", IgnoreBots: true})
	c.engages(robot, c.eve.ThreadID)
	c.toVirtual()
	p := c.replies(robot, c.eve.ThreadID, "beep")
	slow := &interrupted{Store: c.st, job: p.JobID, by: func() {
		if err := c.fromVirtual(); err != nil {
			t.Error(err)
		}
		c.has(handover.Agent)
	}}
	s.send = func(engage.Delivery) error {
		t.Errorf("a bot's content is sent while %v has control", c.control().Party)
		return nil
	}
	must(must(engage.New(t.Context(), slow, &c.opts))(t).RunDue(t.Context()))(t)
	expect(t, "the bot's content", c.sync(p.ID), interaction.SyncAborted)
	j := must(c.Jobs.Get(t.Context(), p.JobID))(t)
	expect(t, "attempts, of which none has begun", j.Attempts, 0)
}

// An agent's content waits then, and is sent when control is back.
func TestAnAgentsContentWaitsIfControlGoesAfterItsClaim(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	c.engages(ann, c.eve.ThreadID)
	p := c.replies(ann, c.eve.ThreadID, "hello")
	slow := &interrupted{Store: c.st, job: p.JobID, by: func() {
		s.owner = handover.Party{Owner: handover.Other, App: "inbox"}
		must(c.Control.Report(t.Context(), engage.ControlReport{
			SourceID: "chat", IdentityForeignID: "eve", Party: s.owner, At: c.clock.read().Add(time.Second),
		}))(t)
	}}
	sent := 0
	s.send = func(engage.Delivery) error {
		c.has(handover.Agent)
		sent++
		return nil
	}
	must(must(engage.New(t.Context(), slow, &c.opts))(t).RunDue(t.Context()))(t)
	c.runs()
	expect(t, "times that it is sent", sent, 1)
	expect(t, "the content", c.sync(p.ID), interaction.SyncSuccess)
}

// A content that waited while a release was told, which then did not come about, is sent
// once. What the end of the release means for those that wait does not count for it any more.
func TestAContentThatWaitedIsSentOnce(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", VerbTimeout: 3600})
	i := c.engages(ann, c.eve.ThreadID)
	c.replies(ann, c.eve.ThreadID, "x")
	c.runs()
	var posted engage.Posted
	s.on = func(verb string, _ engage.Handling) error {
		if verb != "release" || posted.ID != "" {
			return nil
		}
		c.engages(ann, c.eve.ThreadID)
		posted = c.replies(ann, c.eve.ThreadID, "twice?")
		must(must(engage.New(t.Context(), c.st, &c.opts))(t).RunDue(t.Context()))(t)
		expect(t, "the content while the release is told", c.sync(posted.ID), interaction.SyncPending)
		return errBusy
	}
	sent := 0
	s.send = func(d engage.Delivery) error {
		if d.Content.ID != posted.ID {
			return nil
		}
		sent++
		return errDropped // once it was delivered
	}
	must(c.Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	for range 3 {
		c.runs()
		c.clock.pass(time.Minute)
	}
	// And control comes and goes.
	must(c.Control.Report(t.Context(), engage.ControlReport{
		SourceID: "chat", IdentityForeignID: "eve", Party: handover.Party{Owner: handover.Other, App: "inbox"}, At: c.clock.read(),
	}))(t)
	for range 3 {
		c.clock.pass(time.Minute)
		c.runs()
	}
	expect(t, "times that it is sent to a platform without keys", sent, 1)
}

// What waits for control of one customer holds up nothing that goes to another in the same
// thread.
func TestContentsForAnotherCustomerDoNotWait(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent})
	in := c.says("bob", "me too")
	in.InReplyTo = "mid.1"
	b := must(c.Threads.Receive(t.Context(), in))(t)
	expect(t, "the thread of both", b.ThreadID, c.eve.ThreadID)
	if err := c.toBot(false); err != nil { // eve
		t.Fatal(err)
	}
	if err := c.Control.Configure(t.Context(), "chat", byBot); err != nil {
		t.Fatal(err)
	}
	posts := func(identityID string) engage.Posted {
		must(c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: b.ThreadID, IdentityID: identityID}))(t)
		return must(c.As(ann).Contents.Post(t.Context(), engage.Post{ThreadID: b.ThreadID, IdentityID: identityID, Message: interaction.Message{Body: "hi"}}))(t)
	}
	eves, bobs := posts(c.eve.IdentityID), posts(b.IdentityID)
	c.runs()
	expect(t, "eve's, whom the bot has", c.sync(eves.ID), interaction.SyncPending)
	expect(t, "bob's, whom the agents have", c.sync(bobs.ID), interaction.SyncSuccess)
}

// A content that the platform does not take because another app has control waits until it is
// back, whatever else the error says, and whether the platform can be asked or not.
func TestErrNotInControlMendsControl(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		noOwner bool
		err     error
	}{
		{"plain", false, fmt.Errorf("%w", engage.ErrNotInControl)},
		{"permanent", false, engage.Permanent(fmt.Errorf("%w", engage.ErrNotInControl))},
		{"not delivered", false, engage.NotDelivered(fmt.Errorf("%w", engage.ErrNotInControl))},
		{"plain, no owner", true, fmt.Errorf("%w", engage.ErrNotInControl)},
		{"permanent, no owner", true, engage.Permanent(fmt.Errorf("%w", engage.ErrNotInControl))},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", NoOwner: row.noOwner})
			c.engages(ann, c.eve.ThreadID)
			s.owner = handover.Party{Owner: handover.Other, App: "robot"}
			s.send = func(engage.Delivery) error {
				if s.owner.Owner != handover.Agent {
					return row.err
				}
				return nil
			}
			asked := 0
			s.on = func(verb string, _ engage.Handling) error {
				if verb == "owner" {
					asked++
				}
				return nil
			}
			p := c.replies(ann, c.eve.ThreadID, "x")
			for range 12 {
				c.runs()
				c.clock.pass(5 * time.Minute)
			}
			expect(t, "the content", c.sync(p.ID), interaction.SyncSuccess)
			expect(t, "asked who has control", asked > 0, !row.noOwner)
		})
	}
}

// Without thread control nothing would bring control back: the platform's word counts.
func TestErrNotInControlForGood(t *testing.T) {
	t.Parallel()
	s := &scripted{send: func(engage.Delivery) error { return engage.Permanent(engage.ErrNotInControl) }}
	d := newDesk(t, func(o *engage.Options) { o.Platforms["messenger"] = s })
	eve := d.writes("eve", "hello")
	d.engages(ann, eve.ThreadID)
	p := d.replies(ann, eve.ThreadID, "x")
	d.runs()
	expect(t, "the content", must(d.Contents.Get(t.Context(), p.ID))(t).Synchronization.Status, interaction.SyncFailure)
}

// A pass waits for what agents have written, but not for ever: what becomes of a content may
// never be known.
func TestDrainingEnds(t *testing.T) {
	t.Parallel()
	for _, whenFree := range []bool{false, true} {
		t.Run(fmt.Sprint("when free: ", whenFree), func(t *testing.T) {
			t.Parallel()
			c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
			i := c.engages(ann, c.eve.ThreadID)
			s.send = func(engage.Delivery) error { return errDropped }
			c.replies(ann, c.eve.ThreadID, "x")
			c.runs()
			if whenFree {
				if err := c.toBot(true); err != nil {
					t.Fatal(err)
				}
			}
			must(c.Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
			if err := c.toBot(false); err != nil && !whenFree {
				t.Fatal(err)
			}
			v := c.control().Verb
			if v == nil || v.Kind != handover.VerbPass || v.Stage != handover.StageDraining {
				t.Fatalf("under way: %+v", v)
			}
			last := c.lastEvent(0)
			c.clock.pass(2 * time.Minute)
			c.runs()
			now := c.control()
			if now.Verb != nil || (now.WhenFree != nil) != whenFree || now.Owner != handover.Agent {
				t.Errorf("after its time: %+v, under way: %+v", now, now.Verb)
			}
			expect(t, "failures that are told", countOf(types(t, c.Engine, last), engage.EventControlFailed), 1)
			c.clock.pass(time.Hour)
			c.runs()
			expect(t, "what the platform was told", fmt.Sprint(s.told), "[]")
		})
	}
}
