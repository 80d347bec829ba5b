package engage_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// everySettings are those that a source may have before and after.
var everySettings = []struct {
	name     string
	settings handover.Settings
}{
	{"agents", handover.Settings{Primary: handover.Agent, BotApp: "robot"}},
	{"bot", byBot},
	{"bot, which may be taken over", handover.Settings{Primary: handover.Bot, BotApp: "robot", MayTake: true, Fallback: handover.TakeOver}},
	{"none", handover.Settings{BotApp: "robot"}},
	{"none, and no request", handover.Settings{BotApp: "robot", NoRequest: true, NoOwner: true}},
	{"the whole contact", handover.Settings{Primary: handover.Agent, BotApp: "robot", WholeContact: true, IgnoreDeferred: true, IgnoreBots: true}},
}

// The settings are changed while something is under way, from any to any, and so is what
// passes control: a platform, or the Engine. It comes to rest: nothing stays under way, no
// content waits for ever, and no pass was decided or completed while somebody was engaged.
func TestSettingsChangeWhileSomethingIsUnderWay(t *testing.T) {
	t.Parallel()
	states := []struct {
		name  string
		reach func(c *controlled)
	}{
		{"nothing", func(*controlled) {}},
		{"an agent has written", func(c *controlled) {
			c.engages(ann, c.eve.ThreadID)
			c.replies(ann, c.eve.ThreadID, "Ann here.")
		}},
		{"an agent has written, and the platform was told", func(c *controlled) { c.wantsToWrite() }},
		{"a pass", func(c *controlled) { _, _ = c.toBotNamed("robot", false) }},
		{"a bot waits", func(c *controlled) {
			c.engages(ann, c.eve.ThreadID)
			_, _ = c.toBotNamed("robot", true)
		}},
		{"a reply is on its way, and then control goes", func(c *controlled) {
			i := c.engages(ann, c.eve.ThreadID)
			c.replies(ann, c.eve.ThreadID, "bye")
			_, _ = c.As(ann).Interventions.Close(c.t.Context(), i.ID, engage.Closing{})
		}},
	}
	long := os.Getenv("STORETEST_EFFORT") != ""
	n := 0
	for _, before := range everySettings {
		for _, after := range everySettings {
			for _, state := range states {
				for _, kind := range []string{"the Engine", "the platform", "the Engine, then the platform", "the platform, then the Engine"} {
					n++
					if n%11 != 0 && !long { // a prime, so that each meets each of the others
						continue
					}
					t.Run(fmt.Sprintf("%s, from %s to %s, by %s", state.name, before.name, after.name, kind), func(t *testing.T) {
						t.Parallel()
						var c *controlled
						if strings.HasPrefix(kind, "the platform") {
							c = newSwitched(t, before.settings).controlled
						} else {
							c = newControlled(t, before.settings)
						}
						state.reach(c)
						c.reconfigured(kind, after.settings)
						c.rests()
						// And it goes on: who engages and writes is heard, or learns that he is not.
						c.writes("eve", "still there?")
						if _, err := c.As(ann).Interventions.Engage(t.Context(), engage.Engagement{ThreadID: c.eve.ThreadID}); err != nil {
							t.Fatal(err)
						}
						c.replies(ann, c.eve.ThreadID, "Yes.")
						c.rests()
					})
				}
			}
		}
	}
}

// reconfigured gives the source other settings, and another platform if that is to be.
func (c *controlled) reconfigured(by string, settings handover.Settings) {
	c.t.Helper()
	switch by {
	case "the Engine, then the platform":
		board := newSwitchboard()
		c.t.Cleanup(board.Close)
		board.has(c.control().Party)
		c.opts.Platforms = map[string]engage.Platform{"messenger": board}
		c.restart()
	case "the platform, then the Engine":
		c.opts.Platforms = map[string]engage.Platform{"messenger": c.platform}
		c.restart()
	}
	if err := c.Control.Configure(c.t.Context(), "chat", settings); err != nil {
		c.t.Fatal(err)
	}
}

// rests lets time go by, and checks that nothing is under way any more, and nothing waits.
func (c *controlled) rests() {
	c.t.Helper()
	for range 8 {
		c.runs()
		c.clock.pass(time.Minute)
	}
	for range 3 { // what is tried again, with pauses
		c.clock.pass(2 * time.Hour)
		c.runs()
	}
	if now := c.control(); now.Verb != nil || now.Held != 0 || now.Sending != 0 {
		c.t.Errorf("it has not come to rest: %+v, under way: %+v", now, now.Verb)
	}
	for _, content := range must(c.Contents.List(c.t.Context(), engage.ContentFilter{ThreadID: c.eve.ThreadID}))(c.t).Items {
		if content.Creator == ann && content.Synchronization.Status == interaction.SyncPending {
			c.t.Error("what ann wrote waits for ever")
		}
	}
	for _, typ := range []string{"control.verb", "control.owner", "control.deadline", "content.deliver"} {
		expect(c.t, "jobs of type "+typ, c.pendingJobs(typ), 0)
	}
	passesChecked(c.t.(*testing.T), c.Engine)
}

// A process without the platform of a source does not take itself for the arbiter.
func TestProcessesWithoutThePlatform(t *testing.T) {
	t.Parallel()
	s := newSwitched(t, ofRobot)
	with := s.opts.Platforms
	s.opts.Platforms = nil
	s.restart()
	settings := ofRobot
	settings.Inactivity = 3600
	if err := s.Control.Configure(t.Context(), "chat", settings); err != nil {
		t.Fatal(err)
	}
	if err := s.toBot(false); err != nil {
		t.Fatal(err)
	}
	s.runs()
	if now := s.control(); now.Owner != handover.Agent || now.Verb == nil || now.Verb.Stage != handover.StageQueued {
		t.Errorf("who has control before the platform is told: %+v, %+v", now.Party, now.Verb)
	}
	s.clock.pass(10 * time.Minute)
	s.runs()
	s.has(handover.Agent)
	s.opts.Platforms = with
	s.restart()
	s.runs()
	s.has(handover.Bot)
	expect(t, "what the platform was told", fmt.Sprint(s.board.verbs()), "[pass]")
}

// Configure, and what asks for settings, say with a type what is wrong.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, row := range []struct {
		source   string
		settings handover.Settings
		field    string
		class    error
	}{
		{"chat", handover.Settings{Primary: handover.Bot}, "bot_app_id", engage.ErrInvalid},
		{"chat", handover.Settings{Inactivity: handover.MaxInactivity + 1}, "inactivity", engage.ErrInvalid},
		{"chat", handover.Settings{MaxMoves: 1}, "moves_within", engage.ErrInvalid},
		{"none", handover.Settings{}, "", engage.ErrNotFound},
	} {
		err := d.Control.Configure(t.Context(), row.source, row.settings)
		if !errors.Is(err, row.class) {
			t.Errorf("%+v: %v, want %v", row.settings, err, row.class)
		}
		if wrong, ok := errors.AsType[*engage.InvalidError](err); row.field != "" && (!ok || wrong.Field != row.field) {
			t.Errorf("%+v: %v does not name %s", row.settings, err, row.field)
		}
	}
	if _, err := d.Control.Settings(t.Context(), "chat"); !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("the settings of a source without control: %v", err)
	}
	if _, err := d.Control.Get(t.Context(), "chat", d.writes("eve", "hello").IdentityID); !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("the control of a source without it: %v", err)
	}
}

// A source is updated and deactivated while a bot has control, and something is under way:
// it keeps its thread control, and control comes to where it was to go.
func TestSourcesChangeWhileSomethingIsUnderWay(t *testing.T) {
	t.Parallel()
	s := newSwitched(t, byBot)
	s.engages(ann, s.eve.ThreadID)
	posted := s.replies(ann, s.eve.ThreadID, "Ann here.")
	source := must(s.Sources.Get(t.Context(), "chat"))(t)
	source.Active, source.ThreadControl, source.Name = false, false, "Closed"
	if updated := must(s.Sources.Update(t.Context(), source))(t); !updated.ThreadControl {
		t.Fatal("an update has ended the thread control")
	}
	s.runs()
	expect(t, "what the platform was told", fmt.Sprint(s.board.verbs()), "[request]")
	_, err := s.As(ann).Contents.Post(t.Context(), engage.Post{ThreadID: s.eve.ThreadID, Message: interaction.Message{Body: "And more."}})
	if !errors.Is(err, engage.ErrRefused) {
		t.Errorf("posting to a source that is not active: %v", err)
	}
	s.board.has(handover.Party{Owner: handover.Agent})
	s.reports(handover.Party{Owner: handover.Agent}, s.clock.read().Add(time.Second))
	s.runs()
	s.has(handover.Agent)
	s.became(posted, interaction.SyncSuccess) // what was accepted before
	expect(t, "how many wait", s.control().Held+s.control().Sending, 0)
	s.writes("eve", "thanks") // receiving goes on
	if err := s.toBot(false); handover.RefusedBy(err) != handover.CodeEngaged {
		t.Errorf("handing over: %v", err)
	}
	must(s.As(ann).Interventions.Close(t.Context(), must(s.Interventions.List(t.Context(), engage.InterventionFilter{ThreadID: s.eve.ThreadID}))(t).Items[0].ID, engage.Closing{}))(t)
	s.runs()
	s.has(handover.Idle)
}
