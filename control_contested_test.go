package engage_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// mute is a platform that passes control between apps, and gives no answer unless it is
// told to.
type mute struct {
	*platformtest.Platform

	mu    sync.Mutex
	takes bool            // it takes control when it is asked to
	owner *handover.Party // that it tells of; nil: it does not say
}

func (m *mute) Request(context.Context, engage.Handling) (bool, error) {
	return false, engage.ErrUnknownOutcome
}
func (m *mute) Pass(context.Context, engage.Handling) error    { return engage.ErrUnknownOutcome }
func (m *mute) Release(context.Context, engage.Handling) error { return engage.ErrUnknownOutcome }

func (m *mute) Take(context.Context, engage.Handling) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.takes {
		return nil
	}
	return engage.ErrUnknownOutcome
}

func (m *mute) Owner(context.Context, engage.Handling) (handover.Party, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.owner == nil {
		return handover.Party{}, errors.New("busy")
	}
	return *m.owner, nil
}

func (m *mute) speaks(takes bool, owner *handover.Party) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.takes, m.owner = takes, owner
}

// newUncertain is a conversation of which nobody knows whether a bot has control: the
// platform was told to pass it, and has not answered by the deadline.
func newUncertain(t *testing.T) (*controlled, *mute) {
	t.Helper()
	m := &mute{Platform: platformtest.New()}
	t.Cleanup(m.Platform.Close)
	c := &controlled{desk: newDesk(t, func(o *engage.Options) { o.Platforms["messenger"] = m })}
	if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent, BotApp: "robot"}); err != nil {
		t.Fatal(err)
	}
	c.eve = c.writes("eve", "hello")
	c.writesIn("first", "hello?") // gives the thread its name
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.runs()
	return c, m
}

func (c *controlled) contested(id string) bool {
	c.t.Helper()
	return must(c.Interventions.Get(c.t.Context(), id))(c.t).Contested
}

// writesIn receives what eve writes in a thread that has a name.
func (c *controlled) writesIn(name, body string) engage.Received {
	c.t.Helper()
	in := c.says("eve", body)
	in.ThreadForeignID = name
	return must(c.Threads.Receive(c.t.Context(), in))(c.t)
}

// passes lets time go by, step by step, and does what is due.
func (c *controlled) passes(d, step time.Duration) {
	c.t.Helper()
	for ; d > 0; d -= step {
		c.clock.pass(step)
		c.runs()
	}
}

// While a pass is under way nobody engages; from its deadline on an agent may, and the
// intervention is marked in the same commit, whether the deadline has been looked at or not.
func TestAgentsWhoEngageInDoubtAreContested(t *testing.T) {
	t.Parallel()
	for name, looked := range map[string]bool{"the deadline was looked at": true, "nobody has looked yet": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := newUncertain(t)
			_, err := c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: c.eve.ThreadID})
			if handover.RefusedBy(err) != handover.CodeInProgress {
				t.Fatalf("ann engages during the pass: %v", err)
			}
			c.clock.pass(time.Minute)
			if looked {
				c.runs()
			}
			before := len(types(t, c.Engine, 0))
			i := c.engages(ann, c.eve.ThreadID)
			if !i.Contested || !c.contested(i.ID) {
				t.Errorf("the intervention: %+v", i)
			}
			told := types(t, c.Engine, 0)[before:]
			if !slices.Contains(told, engage.EventControlContested) || !slices.Contains(told, engage.EventInterventionOpened) {
				t.Errorf("told: %v", told)
			}
			for e, err := range c.Events.After(t.Context(), 0) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Type == engage.EventInterventionOpened && !decode[engage.InterventionLifeEvent](t, e).Contested {
					t.Errorf("the event: %s", e.Data)
				}
			}
			for _, e := range must(c.Contacts.Timeline(t.Context(), c.eve.ContactID, engage.TimelineFilter{}))(t).Items {
				if e.Type == engage.EventInterventionOpened && !e.Contested {
					t.Errorf("the entry of the timeline: %+v", e)
				}
			}
		})
	}
}

// The mark goes when it is known who has control, whoever that is and whoever says so, and
// when no agent is engaged any more; not before.
func TestContestedInterventions(t *testing.T) {
	t.Parallel()
	bot := handover.Party{Owner: handover.Other, App: "robot"} // as the platform sees it
	for _, row := range []struct {
		name      string
		then      func(c *controlled, m *mute, i interaction.Intervention)
		contested bool
		certain   bool
		owner     handover.Owner
	}{
		{"nothing is heard", func(c *controlled, _ *mute, _ interaction.Intervention) { c.passes(20*time.Second, 5*time.Second) }, true, false, handover.Bot},
		{"the agents get control", func(c *controlled, m *mute, _ interaction.Intervention) {
			m.speaks(true, nil)
			c.runs()
		}, false, true, handover.Agent},
		{"the bot has control, as the platform answers", func(c *controlled, m *mute, _ interaction.Intervention) {
			m.speaks(false, &bot)
			c.runs()
			c.passes(10*time.Second, 5*time.Second)
		}, false, true, handover.Bot},
		{"the bot has control, as the platform reports", func(c *controlled, _ *mute, _ interaction.Intervention) {
			must(c.Control.Report(c.t.Context(), engage.ControlReport{SourceID: "chat", IdentityForeignID: "eve", Party: bot, At: c.clock.read()}))(c.t)
		}, false, true, handover.Bot},
		{"somebody settles it", func(c *controlled, _ *mute, _ interaction.Intervention) {
			must(c.Control.Settle(c.t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(c.t)
		}, false, true, handover.Agent},
		{"it is deferred and resumed", func(c *controlled, _ *mute, i interaction.Intervention) {
			must(c.As(ann).Interventions.Defer(c.t.Context(), i.ID, c.clock.read().Add(time.Hour)))(c.t)
			must(c.As(ann).Interventions.Resume(c.t.Context(), i.ID))(c.t)
		}, true, false, handover.Bot},
		{"it is deferred, and the agents get control", func(c *controlled, _ *mute, i interaction.Intervention) {
			must(c.As(ann).Interventions.Defer(c.t.Context(), i.ID, c.clock.read().Add(time.Hour)))(c.t)
			must(c.Control.Settle(c.t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(c.t)
			must(c.As(ann).Interventions.Resume(c.t.Context(), i.ID))(c.t)
		}, false, true, handover.Agent},
		{"it goes to a colleague", func(c *controlled, _ *mute, i interaction.Intervention) {
			must(c.As(ann).Interventions.Assign(c.t.Context(), i.ID, bob))(c.t)
		}, true, false, handover.Bot},
		{"it goes to nobody", func(c *controlled, _ *mute, i interaction.Intervention) {
			must(c.As(ann).Interventions.Transfer(c.t.Context(), i.ID, engage.Actor{}))(c.t)
		}, false, false, handover.Bot},
		{"it goes to nobody, and a colleague engages", func(c *controlled, _ *mute, i interaction.Intervention) {
			must(c.As(ann).Interventions.Transfer(c.t.Context(), i.ID, engage.Actor{}))(c.t)
			c.engages(bob, i.ThreadID)
		}, true, false, handover.Bot},
		{"it is canceled", func(c *controlled, _ *mute, i interaction.Intervention) {
			must(c.Interventions.Cancel(c.t.Context(), i.ID))(c.t)
		}, false, false, handover.Bot},
		{"it is canceled, and then it is known", func(c *controlled, _ *mute, i interaction.Intervention) {
			must(c.Interventions.Cancel(c.t.Context(), i.ID))(c.t)
			must(c.Control.Settle(c.t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Idle}))(c.t)
		}, false, true, handover.Idle},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c, m := newUncertain(t)
			c.passes(time.Minute, 5*time.Second)
			i := c.engages(ann, c.eve.ThreadID)
			second := c.engages(bob, c.writesIn("another", "and this").ThreadID)
			if !c.contested(i.ID) || !c.contested(second.ID) {
				t.Fatal("they are not contested")
			}
			row.then(c, m, i)
			now := c.control()
			if c.contested(i.ID) != row.contested || now.Uncertain == row.certain || now.Owner != row.owner {
				t.Errorf("contested: %t; %v, uncertain: %t, under way: %+v", c.contested(i.ID), now.Party, now.Uncertain, now.Verb)
			}
			if c.contested(second.ID) == row.certain {
				t.Errorf("the other one: %t", c.contested(second.ID))
			}
			if told := types(t, c.Engine, 0); slices.Contains(told, engage.EventControlCertain) != row.certain {
				t.Errorf("told: %v", told)
			}
		})
	}
}

// An agent who engages while it is certain who has control is not contested.
func TestInterventionsAreNotContestedWhenControlIsCertain(t *testing.T) {
	t.Parallel()
	for _, primary := range []handover.Owner{handover.Agent, handover.Bot, ""} {
		c := newControlled(t, handover.Settings{Primary: primary, BotApp: "robot"})
		if i := c.engages(ann, c.eve.ThreadID); i.Contested {
			t.Errorf("primary %q: %+v", primary, i)
		}
	}
}
