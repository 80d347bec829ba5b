package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/messenger"
)

// The page gives its apps other roles: the side that is primary is another then, and what
// is known of the bot counts.
func TestRolesChangeTheSettings(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		roles    string
		settings handover.Settings
		primary  handover.Owner
		botApp   string
	}{
		{"ours", `{"desk":["primary_receiver"]}`, byBot, handover.Agent, "robot"},
		{"not ours, and the bot is known", `{"desk":["secondary_receiver"]}`, ofRobot, handover.Bot, "robot"},
		{"not ours, and no bot is known", `{"desk":["secondary_receiver"]}`, handover.Settings{Primary: handover.Agent}, "", ""},
		{"the bot's", `{"desk":["secondary_receiver"],"robot":["primary_receiver"]}`, ofRobot, handover.Bot, "robot"},
		{"of a bot that was not known", `{"desk":["secondary_receiver"],"robot":["primary_receiver"]}`, handover.Settings{Primary: handover.Agent}, handover.Bot, "robot"},
		{"of another bot", `{"another":["primary_receiver"]}`, byBot, handover.Bot, "another"},
		{"the inbox", `{"desk":["secondary_receiver"],"263902037430900":["primary_receiver"]}`, byBot, "", "robot"},
		{"nobody's", `{}`, byBot, "", "robot"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t, row.settings)
			before := h.control()
			after := h.lastEvent(0)
			tell := func(roles string, at time.Time) {
				h.tells("messaging", at, `"app_roles":`+roles)
			}
			changed := func() (n int) {
				for _, typ := range types(t, h.Engine, after) {
					if typ == engage.EventControlConfigured {
						n++
					}
				}
				return n
			}
			noon := h.clock.read()
			tell(row.roles, noon)
			tell(row.roles, noon)
			got := must(h.Control.Settings(t.Context(), "chat"))(t)
			want := row.settings
			want.Primary, want.BotApp = row.primary, row.botApp
			expect(t, "settings", got, want)
			expect(t, "how often that is told", changed(), map[bool]int{true: 0, false: 1}[want == row.settings])
			if now := h.control(); now.Epoch != before.Epoch {
				t.Errorf("who has control has changed: %+v", now)
			}
			// An older one, that was told late, counts for nothing.
			tell(`{"another":["primary_receiver"]}`, noon.Add(-time.Second))
			expect(t, "settings", must(h.Control.Settings(t.Context(), "chat"))(t), want)
			tell(`{"desk":["primary_receiver"]}`, noon.Add(time.Second))
			expect(t, "primary", must(h.Control.Settings(t.Context(), "chat"))(t).Primary, handover.Agent)
		})
	}
}

// Roles are told of sources whose control is not configured, and of pages that are none of
// ours: nothing comes of it.
func TestRolesOfOtherPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := messenger.Report{Kind: messenger.ReportRoles, Roles: map[string][]string{"desk": {messenger.PrimaryReceiver}}}
	if _, err := d.Control.Report(t.Context(), r.Control("chat", "desk")); err != nil {
		t.Error(err)
	}
	if s := must(d.Sources.Get(t.Context(), "chat"))(t); s.ThreadControl {
		t.Error("the source has thread control by that")
	}
	h := newHooked(t, byBot)
	h.tells("messaging", h.clock.read(), `"app_roles":{"desk":["secondary_receiver"]}`)
	expect(t, "settings", must(h.Control.Settings(t.Context(), "chat"))(t), byBot)
}

// Settle says who has control in whatever state: what was under way counts for nothing
// any more, and what waited is sent, fails, or asks anew.
func TestSettleInEachState(t *testing.T) {
	t.Parallel()
	owners := []handover.Party{
		{Owner: handover.Idle}, {Owner: handover.Agent}, {Owner: handover.Bot, App: "robot"}, {Owner: handover.Other, App: "inbox"},
	}
	states := []struct {
		name     string
		settings handover.Settings
		reach    func(t *testing.T, s *switched)
	}{
		{"agents", ofRobot, func(*testing.T, *switched) {}},
		{"bot", byBot, func(*testing.T, *switched) {}},
		{"another app", ofRobot, func(_ *testing.T, s *switched) {
			s.reports(handover.Party{Owner: handover.Other, App: "inbox"}, s.clock.read())
		}},
		{"a request is queued, and a content waits", byBot, func(_ *testing.T, s *switched) {
			s.engages(ann, s.eve.ThreadID)
			s.replies(ann, s.eve.ThreadID, "Ann here.")
		}},
		{"a request is asked, and a content waits", byBot, func(_ *testing.T, s *switched) { s.wantsToWrite() }},
		{"a pass is queued", ofRobot, func(t *testing.T, s *switched) {
			if err := s.toBot(false); err != nil {
				t.Fatal(err)
			}
		}},
		{"a bot waits for control", ofRobot, func(t *testing.T, s *switched) {
			s.engages(ann, s.eve.ThreadID)
			if err := s.toBot(true); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, state := range states {
		for _, who := range owners {
			t.Run(state.name+", settled as "+string(who.Owner), func(t *testing.T) {
				t.Parallel()
				s := newSwitched(t, state.settings)
				state.reach(t, s)
				before := s.control()
				s.board.has(who)
				engaged := len(must(s.Interventions.List(t.Context(), engage.InterventionFilter{ThreadID: s.eve.ThreadID, Status: "open"}))(t).Items) > 0
				_, err := s.Control.Settle(t.Context(), "chat", s.eve.IdentityID, who)
				if engaged && before.Owner == handover.Agent && who.Owner == handover.Bot {
					if handover.RefusedBy(err) != handover.CodeEngaged {
						t.Errorf("from engaged agents to the bot: %v", err)
					}
					if now := s.control(); now.Revision != before.Revision || now.Owner != before.Owner {
						t.Errorf("refused, and yet it is %+v", now)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				now := s.control()
				if now.Owner != who.Owner || now.App != who.App || now.Uncertain {
					t.Errorf("it is %+v, under way: %+v", now, now.Verb)
				}
				expect(t, "the epoch has grown", now.Epoch-before.Epoch, map[bool]int64{true: 1, false: 0}[now.Party != before.Party])
				// It comes to rest: the platform answers, the bot does not; nothing waits for ever.
				for range 4 {
					s.runs()
					s.clock.pass(time.Minute)
				}
				s.runs()
				now = s.control()
				if now.Verb != nil || now.Held != 0 || now.Sending != 0 {
					t.Errorf("it has not come to rest: %+v, under way: %+v", now, now.Verb)
				}
				for _, c := range must(s.Contents.List(t.Context(), engage.ContentFilter{ThreadID: s.eve.ThreadID}))(t).Items {
					if c.Creator == ann && c.Synchronization.Status == "pending" {
						t.Errorf("what ann wrote waits for ever: %+v", c)
					}
				}
				s.board.mu.Lock()
				owner := s.board.owner
				s.board.mu.Unlock()
				if (owner.Owner == handover.Agent) != (now.Owner == handover.Agent) {
					t.Errorf("%v has control on the platform, %v here", owner, now.Party)
				}
			})
		}
	}
	s := newSwitched(t, byBot)
	if _, err := s.Control.Settle(t.Context(), "chat", s.eve.IdentityID, handover.Party{Owner: "nonsense"}); err == nil {
		t.Error("settled as nonsense")
	}
}
