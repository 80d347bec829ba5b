package engage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestShorterInactivityCountsAtOnce: conversations that nothing happens in end as the settings
// say now.
func TestShorterInactivityCountsAtOnce(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent, Inactivity: handover.MaxInactivity})
	var others []engage.Received
	for n := range 25 {
		others = append(others, c.writes(fmt.Sprint("customer ", n), "hello"))
	}
	c.reconfigured("", handover.Settings{Primary: handover.Agent, Inactivity: 3600})
	c.runs()
	c.clock.pass(30 * time.Minute)
	c.runs()
	c.has(handover.Agent)
	c.clock.pass(31 * time.Minute)
	c.runs()
	c.has(handover.Idle)
	for _, other := range others {
		if now := must(c.Control.Get(t.Context(), "chat", other.IdentityID))(t); now.Owner != handover.Idle {
			t.Errorf("%v still has control of %s", now.Party, other.IdentityID)
		}
	}
}

// TestWholeContactCountsForWhatIsUnderWay once a job has looked.
func TestWholeContactCountsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	other := c.atWork(c.eve.ContactID)
	tellsPass(t, c, s)
	c.reconfigured("", wholeContact)
	c.runs()
	c.refusesEngaging(other.ThreadID, true)
}

// removed fails if control is kept on the source.
func (c *controlled) removed() {
	c.t.Helper()
	_, settings := c.Control.Settings(c.t.Context(), "chat")
	_, get := c.Control.Get(c.t.Context(), "chat", c.eve.IdentityID)
	_, accept := c.Control.Accept(c.t.Context(), "chat", c.eve.IdentityID)
	_, unknown := errors.AsType[*handover.UnknownIdentityError](c.toBot(false))
	for what, err := range map[string]error{"Settings": settings, "Get": get, "Accept": accept, "Remove": c.Control.Remove(c.t.Context(), "chat")} {
		if !errors.Is(err, engage.ErrNotFound) {
			c.t.Errorf("%s: %v", what, err)
		}
	}
	reported, err := c.Control.Report(c.t.Context(), engage.ControlReport{
		SourceID: "chat", IdentityForeignID: "eve", Party: handover.Party{Owner: handover.Agent}, At: c.clock.read(),
	})
	if !unknown || err != nil || reported.Owner != "" || must(c.Sources.Get(c.t.Context(), "chat"))(c.t).ThreadControl {
		c.t.Errorf("a request finds the customer: %v; a report: %+v, %v", !unknown, reported, err)
	}
}

// rested fails if a job is left that has failed, or is about control.
func (c *controlled) rested() {
	c.t.Helper()
	for _, j := range must(c.Jobs.List(c.t.Context(), engage.JobFilter{}))(c.t).Items {
		if strings.HasPrefix(j.Type, "control.") || j.Type == "content.deliver" || j.State == engage.JobFailed {
			c.t.Errorf("%s is %s: %s", j.Type, j.State, j.Error)
		}
	}
}

// TestRemoveWhileContentsWait: without control they wait for nothing, whoever has it and
// whatever is under way; and nothing is left of that.
func TestRemoveWhileContentsWait(t *testing.T) {
	t.Parallel()
	for _, stage := range []handover.Stage{handover.StageAsked, handover.StageQueued, handover.StageSent} {
		c, s := newScripted(t, handover.Settings{Primary: handover.Bot, BotApp: "robot"})
		s.owner = handover.Party{Owner: handover.Other, App: "robot"}
		c.has(handover.Bot)
		i := c.engages(ann, c.eve.ThreadID)
		p := c.replies(ann, c.eve.ThreadID, "one")
		s.on = func(string, engage.Handling) error { return errDropped }
		if stage == handover.StageSent {
			c.runs()
		}
		if stage == handover.StageAsked {
			must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Bot, App: "robot"}))(t)
		}
		if err := c.Control.Remove(t.Context(), "chat"); err != nil {
			t.Fatal(err)
		}
		c.removed()
		c.clock.pass(2 * time.Second)
		c.runs()
		if got := c.sync(p.ID); got != interaction.SyncSuccess {
			t.Errorf("%s: it is %s", stage, got)
		}
		spans := must(c.Control.Timeline(t.Context(), engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID}))(t).Items
		if len(spans) == 0 || spans[0].Owner != handover.Idle || spans[0].Cause != "removed" {
			t.Errorf("%s: %+v", stage, spans)
		}
		told := len(s.told)
		for range 4 {
			c.clock.pass(12 * time.Hour)
			c.runs()
		}
		if len(s.told) != told {
			t.Errorf("%s: the platform is told %q", stage, s.told[told:])
		}
		must(c.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
		c.rested()
		c.removed()
	}
}

// TestRemoveDuringAPass: nobody is refused any more, and what the customer wrote meanwhile is the
// agents'.
func TestRemoveDuringAPass(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, wholeContact)
	other := c.atWork(c.eve.ContactID)
	i := c.engages(ann, c.eve.ThreadID)
	c.replies(ann, c.eve.ThreadID, "one")
	c.runs()
	must(c.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	c.runs()
	c.writes("eve", "and now?") // by which the agents have control
	must(c.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	c.runs()
	must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(t)
	tellsPass(t, c, s)
	c.writes("eve", "hello?")
	if got := must(c.Interventions.Get(t.Context(), i.ID))(t).Status; got != interaction.InterventionClosed {
		t.Fatalf("it is %s during the pass", got)
	}
	if err := c.Control.Remove(t.Context(), "chat"); err != nil {
		t.Fatal(err)
	}
	c.refusesEngaging(other.ThreadID, false)
	c.runs()
	if got := must(c.Interventions.Get(t.Context(), i.ID))(t).Status; got != interaction.InterventionOpen {
		t.Errorf("it is %s", got)
	}
	c.clock.pass(48 * time.Hour)
	c.runs()
	c.rested()
}

// TestConfigureAfterRemove: control begins anew, also where nothing has looked at a conversation
// in between; and its epoch goes on.
func TestConfigureAfterRemove(t *testing.T) {
	t.Parallel()
	for _, looks := range []bool{false, true} {
		c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
		tellsPass(t, c, s)
		before := c.control()
		if err := c.Control.Remove(t.Context(), "chat"); err != nil {
			t.Fatal(err)
		}
		if looks {
			c.runs()
		}
		c.reconfigured("", handover.Settings{Primary: handover.Agent, BotApp: "robot"})
		now := c.control()
		if now.Owner != handover.Idle || now.Verb != nil || now.Epoch <= before.Epoch {
			t.Errorf("looked at %v: %+v", looks, now)
		}
		c.writes("eve", "hello again")
		c.has(handover.Agent)
		s.on, s.owner = nil, handover.Party{Owner: handover.Agent}
		i := c.engages(ann, c.eve.ThreadID)
		p := c.replies(ann, c.eve.ThreadID, "yes")
		c.clock.pass(time.Minute)
		c.runs()
		c.has(handover.Agent)
		if got := c.sync(p.ID); got != interaction.SyncSuccess {
			t.Errorf("looked at %v: it is %s", looks, got)
		}
		c.checkCounts(0, 0)
		spans := must(c.Control.Timeline(t.Context(), engage.ControlFilter{SourceID: "chat", IdentityID: c.eve.IdentityID, OldestFirst: true}))(t).Items
		for n, span := range spans {
			if span.Epoch != int64(n+1) || span.Until.IsZero() != (n == len(spans)-1) {
				t.Errorf("looked at %v: span %d: %+v", looks, n, span)
			}
		}
		must(c.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	}
}
