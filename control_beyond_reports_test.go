package engage_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
)

// reports is what the platform tells of eve's conversation.
func (c *controlled) reports(who handover.Party, at time.Time) {
	c.t.Helper()
	must(c.Control.Report(c.t.Context(), engage.ControlReport{SourceID: "chat", IdentityForeignID: "eve", Party: who, At: at}))(c.t)
}

// hooked is a switched desk that is told of what happens as Messenger tells of it. Its page
// has the ID of the source; our app is "desk".
type hooked struct {
	*switched

	webhook http.Handler
}

// newHooked returns one. eve has written.
func newHooked(t *testing.T, settings handover.Settings) *hooked {
	t.Helper()
	h := &hooked{switched: newSwitched(t, settings)}
	h.webhook = must(messenger.NewWebhook(messenger.WebhookOptions{
		AppID: "desk", AppSecret: "secret", VerifyToken: "token", Engine: h.Engine,
	}))(t)
	return h
}

// tells brings events of a page, such as `"pass_thread_control":{…}`, all of one moment.
func (h *hooked) tells(list string, at time.Time, events ...string) {
	h.t.Helper()
	for n, e := range events {
		parties := `"sender":{"id":"eve"},"recipient":{"id":"chat"}`
		if strings.Contains(e, "is_echo") {
			parties = `"sender":{"id":"chat"},"recipient":{"id":"eve"}`
		}
		events[n] = fmt.Sprintf(`{%s,"timestamp":%d,%s}`, parties, at.UnixMilli(), e)
	}
	body := fmt.Appendf(nil, `{"object":"page","entry":[{"id":"chat","%s":[%s]}]}`, list, strings.Join(events, ","))
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write(body)
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, "/", bytes.NewReader(body))
	r.Header.Set(messenger.SignatureHeader, "sha256="+hex.EncodeToString(mac.Sum(nil)))
	answer := httptest.NewRecorder()
	h.webhook.ServeHTTP(answer, r)
	if answer.Code != http.StatusOK {
		h.t.Fatalf("the webhook answers %d to %s", answer.Code, body)
	}
}

// What Messenger tells.
const (
	passedToUs   = `"pass_thread_control":{"previous_owner_app_id":"robot","new_owner_app_id":"desk"}`
	takenByBot   = `"take_thread_control":{"previous_owner_app_id":"desk","new_owner_app_id":"robot"}`
	takenByInbox = `"take_thread_control":{"previous_owner_app_id":"desk","new_owner_app_id":263902037430900}`
	botRequests  = `"request_thread_control":{"requested_owner_app_id":"robot"}`
	botSpoke     = `"message":{"mid":"m.bot","text":"Beep.","is_echo":true,"app_id":"robot"}`
)

// ofRobot is the settings of a page on which our app is primary, and the bot's is known.
var ofRobot = handover.Settings{Primary: handover.Agent, BotApp: "robot"}

// Each kind of what Messenger tells comes to the control of the conversation.
func TestWebhooksAreMirrored(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, list, event string
		settings          handover.Settings
		want              string
	}{
		{"a pass to us", "messaging", passedToUs, byBot, "agent"},
		{"a take by the bot", "messaging", takenByBot, ofRobot, "bot robot"},
		{"a take by an inbox", "messaging", takenByInbox, ofRobot, "other " + messenger.PageInbox},
		{"a take by a bot that is not known", "messaging", takenByBot, handover.Settings{Primary: handover.Agent}, "other robot"},
		{"an echo of the bot, standing by", "standby", botSpoke, ofRobot, "bot robot"},
		{"an echo of the bot, in our own conversation", "messaging", botSpoke, ofRobot, "agent"},
		{"a request of the bot", "messaging", botRequests, ofRobot, "bot robot"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t, row.settings)
			before := h.control()
			h.clock.pass(time.Minute)
			h.tells(row.list, h.clock.read(), row.event)
			h.runs()
			after := h.control()
			expect(t, "who has control", after.String(), row.want)
			expect(t, "the epoch grows with it", after.Epoch > before.Epoch, after.Party != before.Party)
			// Told again, as Messenger does if it got no answer, it changes nothing.
			h.tells(row.list, h.clock.read(), row.event)
			h.runs()
			if again := h.control(); again.Epoch != after.Epoch || again.Verb != nil {
				t.Errorf("told twice: %+v", again)
			}
			if strings.Contains(row.event, "is_echo") {
				page := must(h.Contents.List(t.Context(), engage.ContentFilter{ThreadID: h.eve.ThreadID}))(t)
				last := page.Items[0]
				if len(page.Items) != 2 || last.Creator != robot && page.Items[1].Creator != robot {
					t.Errorf("the bot's words are not in the thread: %+v", page.Items)
				}
			}
		})
	}
}

// What is older than the latest that was told is ignored, in whatever order it comes; of
// the same moment the platform is asked.
func TestOlderReportsAreIgnored(t *testing.T) {
	t.Parallel()
	h := newHooked(t, ofRobot)
	noon := h.clock.read().Add(time.Minute)
	h.clock.pass(time.Hour)
	h.board.has(handover.Party{Owner: handover.Other, App: "robot"})
	h.tells("messaging", noon, takenByBot)
	h.has(handover.Bot)
	epoch := h.control().Epoch
	h.tells("messaging", noon.Add(-time.Second), passedToUs)
	h.tells("standby", noon.Add(time.Millisecond), botSpoke) // it had control then
	h.runs()
	h.has(handover.Bot)
	expect(t, "epoch", h.control().Epoch, epoch)
	h.board.has(handover.Party{Owner: handover.Agent})
	h.tells("messaging", noon.Add(time.Second), passedToUs)
	h.runs()
	h.has(handover.Agent)
	if got := h.control(); got.Epoch <= epoch {
		t.Errorf("the epoch did not grow: %d", got.Epoch)
	}
}

// Two things are told of the same millisecond: whichever comes first, in the end control is
// where the platform says it is; where it says nothing, what came last counts.
func TestReportsOfTheSameMoment(t *testing.T) {
	t.Parallel()
	bot := handover.Party{Owner: handover.Other, App: "robot"}
	for _, row := range []struct {
		name          string
		first, second string
		truth         handover.Party
		silent        bool
		want          handover.Owner
	}{
		{"in order", passedToUs, takenByBot, bot, false, handover.Bot},
		{"the other way round", takenByBot, passedToUs, bot, false, handover.Bot},
		{"in order, ours", takenByBot, passedToUs, handover.Party{Owner: handover.Agent}, false, handover.Agent},
		{"the other way round, ours", passedToUs, takenByBot, handover.Party{Owner: handover.Agent}, false, handover.Agent},
		{"nobody says", passedToUs, takenByBot, bot, true, handover.Bot},
		{"nobody says, ours", takenByBot, passedToUs, bot, true, handover.Agent},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t, handover.Settings{Primary: handover.Agent, BotApp: "robot", NoOwner: row.silent})
			h.clock.pass(time.Minute)
			h.board.has(row.truth)
			h.tells("messaging", h.clock.read(), row.first)
			h.tells("messaging", h.clock.read(), row.second)
			h.runs()
			h.has(row.want)
			expect(t, "jobs that ask", h.pendingJobs("control.owner"), 0)
		})
	}
}

// An app takes control from agents who are engaged: their own app asks for it again.
func TestDisplacedAgentsAskAgain(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		settings handover.Settings
		want     string
	}{
		{ofRobot, "[take]"},
		{handover.Settings{Primary: handover.Bot, BotApp: "robot"}, "[request]"},
		{handover.Settings{BotApp: "robot"}, "[request]"},
	} {
		h := newHooked(t, row.settings)
		h.reports(handover.Party{Owner: handover.Agent}, h.clock.read())
		h.board.has(handover.Party{Owner: handover.Agent})
		h.engages(ann, h.eve.ThreadID)
		h.runs()
		h.board.told = nil
		h.clock.pass(time.Minute)
		h.board.has(handover.Party{Owner: handover.Other, App: "robot"})
		h.tells("messaging", h.clock.read(), takenByBot)
		h.runs()
		expect(t, "what the platform was told", fmt.Sprint(h.board.verbs()), row.want)
	}
	h := newHooked(t, ofRobot) // nobody is engaged: nobody asks
	h.clock.pass(time.Minute)
	h.tells("messaging", h.clock.read(), takenByBot)
	h.runs()
	expect(t, "what the platform was told", fmt.Sprint(h.board.verbs()), "[]")
	h.has(handover.Bot)
}

// Control that arrives unasked stays with the agents; for a request that is withdrawn it is
// given back.
func TestControlThatArrives(t *testing.T) {
	t.Parallel()
	h := newHooked(t, byBot)
	h.clock.pass(time.Minute)
	h.tells("messaging", h.clock.read(), passedToUs)
	h.runs()
	h.has(handover.Agent)
	expect(t, "what the platform was told", fmt.Sprint(h.board.verbs()), "[]")

	h = newHooked(t, byBot)
	i := h.engages(ann, h.eve.ThreadID)
	h.runs()
	expect(t, "what the platform was told", fmt.Sprint(h.board.verbs()), "[request]")
	must(h.Interventions.Cancel(t.Context(), i.ID))(t)
	h.runs()
	h.clock.pass(time.Second)
	h.board.has(handover.Party{Owner: handover.Agent})
	h.tells("messaging", h.clock.read(), passedToUs)
	h.runs()
	h.has(handover.Idle)
	expect(t, "what the platform was told", fmt.Sprint(h.board.verbs()), "[request release]")
}

// A bot asks for control on the platform while an agent is engaged: it does not get it, and
// an event says why. It is told nothing else, and the webhook is answered as always.
func TestRequestsOfBotsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHooked(t, ofRobot)
	i := h.engages(ann, h.eve.ThreadID)
	h.clock.pass(time.Minute)
	h.tells("messaging", h.clock.read(), botRequests)
	h.runs()
	h.has(handover.Agent)
	list, kinds := controlEvents(t, h.Engine, 0)
	last := list[len(list)-1]
	if kinds[len(kinds)-1] != engage.EventControlRefused || len(last.InTheWay) != 1 || last.InTheWay[0].InterventionID != i.ID ||
		last.InTheWay[0].Owner != ann || last.InTheWay[0].Status != interaction.InterventionOpen || last.Reason == "" {
		t.Errorf("the last event is %v: %+v", kinds, last)
	}
	expect(t, "what the platform was told", fmt.Sprint(h.board.verbs()), "[]")
}

// Of who is not known here nothing is kept, and nobody is told of a fault: Messenger would
// tell it again and again.
func TestReportsOfStrangers(t *testing.T) {
	t.Parallel()
	h := newHooked(t, ofRobot)
	for _, r := range []engage.ControlReport{
		{SourceID: "chat", IdentityForeignID: "mallory", Party: handover.Party{Owner: handover.Agent}, At: h.clock.read()},
		{SourceID: "chat", IdentityForeignID: "mallory", RequestedBy: "robot", At: h.clock.read()},
	} {
		c, err := h.Control.Report(t.Context(), r)
		if err != nil || c.SourceID != "" || c.Epoch != 0 {
			t.Errorf("%+v: %+v, %v", r, c, err)
		}
	}
	must(h.Sources.Create(t.Context(), interaction.Source{ID: "plain", Type: "messenger", Active: true, CommunityID: "chat"}))(t)
	c, err := h.Control.Report(t.Context(), engage.ControlReport{SourceID: "plain", IdentityForeignID: "eve", Party: handover.Party{Owner: handover.Agent}, At: h.clock.read()})
	if err != nil || c.SourceID != "" {
		t.Errorf("of a source without thread control: %+v, %v", c, err)
	}
	if _, err := h.Control.Report(t.Context(), engage.ControlReport{SourceID: "none", IdentityForeignID: "eve"}); err == nil {
		t.Error("a source that there is not")
	}
}

// A report that is older than what the platform has answered to us since does not undo
// that: the platform is asked.
func TestReportsOlderThanOurOwnVerb(t *testing.T) {
	t.Parallel()
	h := newHooked(t, ofRobot)
	h.clock.pass(time.Minute)
	sent := h.clock.read()
	h.board.has(handover.Party{Owner: handover.Other, App: "robot"})
	h.tells("messaging", sent, takenByBot)
	h.has(handover.Bot)
	h.clock.pass(time.Minute)
	h.engages(ann, h.eve.ThreadID) // takes control
	h.runs()
	h.has(handover.Agent)
	epoch := h.control().Epoch
	h.tells("messaging", sent.Add(time.Second), takenByInbox) // it was lost, and comes now
	h.runs()
	h.has(handover.Agent)
	expect(t, "epoch", h.control().Epoch, epoch)
	// If the clocks differ, and it was later, what the platform says counts.
	h.board.has(handover.Party{Owner: handover.Other, App: messenger.PageInbox})
	h.tells("messaging", sent.Add(2*time.Second), takenByInbox)
	h.runs()
	list, _ := controlEvents(t, h.Engine, 0)
	var causes []string
	for _, e := range list {
		if e.Previous != nil {
			causes = append(causes, e.Cause)
		}
	}
	expect(t, "causes", strings.Join(causes, " "), "customer_writes report agent_engages owner agent_engages") // ann takes it back
}

// Messenger does not tell all apps which app has control, but only that another has: it is
// the bot that was known to have it, or to which control was passed.
func TestOwnersThatAreNotNamed(t *testing.T) {
	t.Parallel()
	unnamed := handover.Party{Owner: handover.Other}
	s := newSwitched(t, byBot)
	epoch := s.control().Epoch
	s.board.has(unnamed)
	s.reports(unnamed, s.clock.read().Add(time.Minute))
	expect(t, "who has control", s.control().String(), "bot robot")
	expect(t, "epoch", s.control().Epoch, epoch)

	s = newSwitched(t, ofRobot)
	if err := s.toBot(false); err != nil {
		t.Fatal(err)
	}
	s.board.refuse = errDropped // and yet it has been done
	s.board.has(unnamed)
	s.runs()
	expect(t, "who has control", s.control().String(), "bot robot")
	expect(t, "what is under way", s.control().Verb == nil, true)

	s = newSwitched(t, ofRobot)
	s.reports(unnamed, s.clock.read().Add(time.Minute))
	expect(t, "who has control", s.control().String(), "other")
}
