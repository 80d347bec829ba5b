package engage_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// between is a store before whose reads something happens.
type between struct {
	store.Store

	on func()
}

func (s *between) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if s.on != nil {
		s.on()
	}
	return s.Store.Get(ctx, keys...)
}

// No verb is told past its deadline, nor once it is over, however long the store takes after
// it was claimed.
func TestVerbsAreNotToldPastTheirDeadline(t *testing.T) {
	t.Parallel()
	for name, engaged := range map[string]bool{"the deadline comes": false, "an agent engages after it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", VerbTimeout: 5})
			slow := &between{Store: c.st}
			eng := must(engage.New(t.Context(), slow, &c.opts))(t)
			if err := c.toBot(false); err != nil {
				t.Fatal(err)
			}
			late := false
			slow.on = func() {
				if v := c.control().Verb; late || v == nil || v.Stage != handover.StageSent {
					return
				}
				late = true
				c.clock.pass(6 * time.Second)
				if engaged {
					c.runs() // it is over, and the platform is asked who has control
					c.engages(ann, c.eve.ThreadID)
				}
			}
			must(eng.RunDue(t.Context()))(t)
			slow.on = nil
			for range 3 {
				c.clock.pass(time.Minute)
				must(eng.RunDue(t.Context()))(t)
			}
			if !late || slices.Contains(s.told, "pass eve") {
				t.Errorf("claimed: %v; the platform was told %v", late, s.told)
			}
			c.has(handover.Agent)
			if v := c.control().Verb; v != nil {
				t.Errorf("under way: %+v", v)
			}
		})
	}
}

// The context of a verb ends at its deadline.
func TestVerbsHaveUntilTheirDeadline(t *testing.T) {
	t.Parallel()
	until := make(chan time.Duration, 1)
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", VerbTimeout: 7})
	timed := &timedPlatform{scripted: s, until: until}
	c.opts.Platforms["messenger"] = timed
	c.restart()
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.runs()
	if left := <-until; left <= 0 || left > 7*time.Second {
		t.Errorf("the platform has %v", left)
	}
}

type timedPlatform struct {
	*scripted

	until chan time.Duration
}

func (p *timedPlatform) Pass(ctx context.Context, h engage.Handling) error {
	at, _ := ctx.Deadline()
	p.until <- time.Until(at) //nolint:forbidigo // the context goes by the wall clock
	return p.scripted.Pass(ctx, h)
}

// A verb for which the store did not say in time what it takes is told soon after: it has but
// half a minute.
func TestVerbsAreToldOnceTheStoreIsWell(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	st := faults.New(c.st)
	eng := must(engage.New(t.Context(), st, &c.opts))(t)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	failed := false
	st.Inject(faults.Instead("what the verb needs is not read", func(ctx context.Context, call faults.Call, next func(context.Context) error) error {
		if v := c.control().Verb; call.Method == faults.Get && !failed && v != nil && v.Stage == handover.StageSent {
			failed = true
			return store.ErrUnavailable
		}
		return next(ctx)
	}))
	for range 10 {
		_, err := eng.RunDue(t.Context())
		if err != nil && !errors.Is(err, store.ErrUnavailable) {
			t.Fatal(err)
		}
		c.clock.pass(time.Second)
	}
	expect(t, "the store failed", failed, true)
	expect(t, "passes that were told", len(slices.DeleteFunc(slices.Clone(s.told), func(v string) bool { return v != "pass eve" })), 1)
	c.has(handover.Bot)
}

// A process whose platform for the sources' type does not pass control leaves verbs, and the
// questions who has it, to those that can tell it.
func TestProcessesWithAnotherPlatformLeaveVerbsAlone(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	opts := c.opts
	opts.Platforms = map[string]engage.Platform{"messenger": engage.InApp{}}
	two := must(engage.New(t.Context(), c.st, &opts))(t)
	must(two.RunDue(t.Context()))(t)
	if v := c.control().Verb; v == nil || v.Stage != handover.StageQueued {
		t.Fatalf("under way: %+v", v)
	}
	waiting := must(c.Jobs.List(t.Context(), engage.JobFilter{Type: "control.verb"}))(t).Items
	if len(waiting) != 1 || waiting[0].Attempts != 0 || waiting[0].Error == "" {
		t.Errorf("the jobs that wait for the other process, and say so: %+v", waiting)
	}
	c.runs()
	c.has(handover.Bot)
	expect(t, "verbs that were told", len(s.told), 1)
}

// Where no process comes that can tell the platform, a pass has come to nothing in the end.
func TestVerbsThatNobodyCanTellEnd(t *testing.T) {
	t.Parallel()
	c, _ := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	c.opts.Platforms = map[string]engage.Platform{"messenger": engage.InApp{}}
	c.restart()
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	last := c.lastEvent(0)
	for range 2 {
		c.runs()
		c.clock.pass(time.Hour)
	}
	c.runs()
	c.has(handover.Agent)
	if v := c.control().Verb; v != nil {
		t.Errorf("under way: %+v", v)
	}
	expect(t, "failures that are told", countOf(types(t, c.Engine, last), engage.EventControlFailed), 1)
	expect(t, "jobs of verbs", c.pendingJobs("control.verb"), 0)
}

// What a platform answers to a verb can be said by nobody else: Jobs.Settle is for deliveries.
func TestVerbsAreNotSettledByHand(t *testing.T) {
	t.Parallel()
	c, _ := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	for _, is := range []engage.Settlement{{Delivered: true}, {Reason: "no"}} {
		id := must(c.Jobs.List(t.Context(), engage.JobFilter{Type: "control.verb"}))(t).Items[0].ID
		if err := c.Jobs.Settle(t.Context(), id, is); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%+v: %v", is, err)
		}
	}
	c.runs()
	c.has(handover.Bot)
}

// What follows for interventions from a change of control, and is refused, because control is
// on its way to a bot with another identity of the customer, is put off: the change stands.
func TestWhatFollowsIsPutOff(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", WholeContact: true, IgnoreBots: true})
	must(c.Threads.Receive(t.Context(), engage.Inbound{
		SourceID: "chat", Customer: engage.Account{ForeignID: "eve-at-work", ContactID: c.eve.ContactID}, Message: interaction.Message{Body: "and here"},
	}))(t)
	i := c.engages(robot, c.eve.ThreadID)
	c.toVirtual()
	s.on = func(verb string, h engage.Handling) error {
		if verb != "pass" || h.Identity.ForeignID != "eve-at-work" {
			return nil
		}
		if err := c.fromVirtual(); err != nil {
			t.Errorf("the bot gives control away: %v", err)
		}
		c.has(handover.Agent)
		expect(t, "who has the intervention while the pass is told", must(c.Interventions.Get(t.Context(), i.ID))(t).Owner, robot)
		return nil
	}
	must(c.Control.Handover(t.Context(), handover.Request{
		IdentityForeignID: "eve-at-work", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: "robot",
	}))(t)
	c.runs()
	expect(t, "verbs that were told", s.told[0], "pass eve-at-work")
	c.has(handover.Agent)
	c.clock.pass(time.Minute)
	c.runs()
	expect(t, "who has the intervention then", must(c.Interventions.Get(t.Context(), i.ID))(t).Owner, engage.Actor{})
	expect(t, "jobs that are left", c.pendingJobs("control.follow"), 0)
}
