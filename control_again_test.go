package engage_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestAnOutageCostsNobodyControl: a platform that is away when the last intervention ends is
// told later, of the bot that waits, or of the release.
func TestAnOutageCostsNobodyControl(t *testing.T) {
	t.Parallel()
	for _, waits := range []bool{false, true} {
		c, s := newScripted(t, handover.Settings{Primary: handover.Bot, BotApp: "robot", MayTake: true})
		must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(t)
		c.runs()
		i := c.engages(ann, c.eve.ThreadID)
		c.runs()
		c.has(handover.Agent)
		if waits {
			if err := c.toBot(true); err != nil {
				t.Fatal(err)
			}
		}
		away := true
		s.on = func(string, engage.Handling) error {
			if away {
				return errors.New("connection refused")
			}
			return nil
		}
		must(c.Interventions.Cancel(t.Context(), i.ID))(t)
		for range 10 { // an hour
			c.runs()
			c.clock.pass(6 * time.Minute)
		}
		c.runs()
		c.has(handover.Agent)
		away = false
		c.clock.pass(time.Hour)
		for range 3 {
			c.runs()
			c.clock.pass(time.Second)
		}
		if waits {
			c.has(handover.Bot)
		} else {
			c.has(handover.Idle)
		}
	}
}

// TestReportsThatCannotBe are refused, and change nothing.
func TestReportsThatCannotBe(t *testing.T) {
	t.Parallel()
	c, _ := newScripted(t, handover.Settings{Primary: handover.Agent})
	before := c.control()
	now := c.clock.read()
	for what, r := range map[string]engage.ControlReport{
		"no owner":               {At: now},
		"an owner that is none":  {Party: handover.Party{Owner: "x"}, At: now},
		"an app of nobody":       {Party: handover.Party{Owner: handover.Idle, App: "q"}, At: now},
		"an app of the agents":   {Party: handover.Party{Owner: handover.Agent, App: "q"}, At: now},
		"no time":                {Party: handover.Party{Owner: handover.Idle}},
		"a primary that is none": {Primary: "x", At: now},
	} {
		r.SourceID, r.IdentityForeignID = "chat", "eve"
		if _, err := c.Control.Report(t.Context(), r); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if after := c.control(); after.Owner != before.Owner || after.Epoch != before.Epoch || !after.ReportedAt.Equal(before.ReportedAt) {
		t.Errorf("before %+v, after %+v", before, after)
	}
	far := engage.ControlReport{SourceID: "chat", IdentityForeignID: "eve", Party: handover.Party{Owner: handover.Idle}, At: now.Add(10_000 * time.Hour)}
	must(c.Control.Report(t.Context(), far))(t)
	c.clock.pass(time.Minute)
	must(c.Control.Report(t.Context(), engage.ControlReport{
		SourceID: "chat", IdentityForeignID: "eve", Party: handover.Party{Owner: handover.Other, App: "inbox"}, At: c.clock.read(),
	}))(t)
	c.has(handover.Other)
}

// TestWhoComesBackToTheAgentsIsNotTheBots: the customer of a bot comes back when nobody has
// control, and is to be the agents': what the bot had closed is open without owner.
func TestWhoComesBackToTheAgentsIsNotTheBots(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Bot, BotApp: "robot", Returning: handover.Agent})
	c.has(handover.Bot)
	i := c.engages(robot, c.eve.ThreadID)
	c.replies(robot, c.eve.ThreadID, "beep")
	must(c.As(robot).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	c.clock.pass(25 * time.Hour)
	c.runs()
	c.has(handover.Idle)
	c.writes("eve", "I am back")
	c.has(handover.Agent)
	if now := must(c.Interventions.Get(t.Context(), i.ID))(t); now.Status != interaction.InterventionOpen || !now.Owner.IsZero() {
		t.Errorf("it is %s, with %v", now.Status, now.Owner)
	}
}

// TestAVirtualBotThatIsNamed is one, whatever the type of the request: the platform is not
// told.
func TestAVirtualBotThatIsNamed(t *testing.T) {
	t.Parallel()
	c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", VirtualBot: true})
	c.runs()
	must(c.Control.Handover(t.Context(), handover.Request{
		IdentityForeignID: "eve", SourceID: "chat", Type: "messenger", From: handover.Agent, To: handover.Bot, AppID: "robot",
	}))(t)
	c.runs()
	c.has(handover.Bot)
	c.engages(robot, c.eve.ThreadID)
	c.replies(robot, c.eve.ThreadID, "beep")
	for _, told := range s.told {
		t.Errorf("the platform is told: %s", told)
	}
}

// TestExplainSeesTheCategories: what Handover refuses Explain does not call done.
func TestExplainSeesTheCategories(t *testing.T) {
	t.Parallel()
	c := newControlled(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	r := handover.Request{
		IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: robot.ID, ThreadCategoryIDs: []string{"no-such"},
	}
	_, explained := c.Control.Explain(t.Context(), r)
	_, handed := c.Control.Handover(t.Context(), r)
	if !errors.Is(explained, engage.ErrInvalid) || explained.Error() != handed.Error() {
		t.Errorf("explained: %v; handed over: %v", explained, handed)
	}
	r.ThreadCategoryIDs = nil
	c.engages(ann, c.eve.ThreadID)
	e := must(c.Control.Explain(t.Context(), r))(t)
	said := string(must(json.Marshal(e))(t))
	for _, part := range []string{`"code":"intervention_engaged"`, `"interventions":[{"intervention_id":`, `"remedy":`} {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %s: %s", part, said)
		}
	}
}
