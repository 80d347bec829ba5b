package messenger_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// at is the time of all events here, and stamp what Messenger writes for it.
var at = time.Date(2026, 5, 1, 12, 0, 0, 123e6, time.UTC)

const stamp = `"timestamp":1777636800123`

// ada and page are the two ends of what a customer writes, and of what is told of her.
const (
	fromAda = `"sender":{"id":"ada"},"recipient":{"id":"p1"},` + stamp
	toAda   = `"sender":{"id":"p1"},"recipient":{"id":"ada"},` + stamp
)

// said is what a customer says.
func said(m interaction.Message) *engage.Inbound {
	return &engage.Inbound{ForeignID: "m1", Customer: engage.Account{ForeignID: "ada"}, Message: m, CreatedAt: at}
}

// echoed is what the company says.
func echoed(echo engage.Echo) *engage.Inbound {
	in := said(interaction.Message{Body: "Hi"})
	in.Echo = &echo
	return in
}

// report is what is told of ada's conversation.
func report(r messenger.Report) *messenger.Report {
	r.PageID, r.PSID, r.At = "p1", "ada", at
	return &r
}

// concluded is what follows of a standby echo.
func concluded(p handover.Party) *messenger.Report {
	r := report(messenger.Report{Kind: messenger.ReportOwner, Party: p, Concluded: true})
	r.At = r.At.Add(-time.Millisecond)
	return r
}

// other is another app.
func other(app string) handover.Party { return handover.Party{Owner: handover.Other, App: app} }

var (
	ours   = handover.Party{Owner: handover.Agent}
	nobody = handover.Party{Owner: handover.Idle}
)

// events are what Messenger sends, and what becomes of it for the app desk.
var events = []struct {
	name, event string
	standby     bool
	inbound     *engage.Inbound
	report      *messenger.Report
	skipped     bool
}{
	{name: "a text", event: fromAda + `,"message":{"mid":"m1","text":"Hello"}`, inbound: said(interaction.Message{Body: "Hello"})},
	{name: "a text, standing by", event: fromAda + `,"message":{"mid":"m1","text":"Hello"}`, standby: true, inbound: said(interaction.Message{Body: "Hello"})},
	{name: "a text that names an app", event: fromAda + `,"message":{"mid":"m1","text":"Hello","app_id":"bot"}`, standby: true, inbound: said(interaction.Message{Body: "Hello"})},
	{
		name: "a file", event: fromAda + `,"message":{"mid":"m1","attachments":[{"type":"image","payload":{"url":"https://f.example/1"}},{"type":"file","payload":{"url":"https://f.example/2"}}]}`,
		inbound: said(interaction.Message{Attachments: []interaction.Attachment{
			{URL: "https://f.example/1", ContentType: "image/*"}, {URL: "https://f.example/2"},
		}}),
	},
	{
		name: "a place", event: fromAda + `,"message":{"mid":"m1","attachments":[{"type":"location","payload":{"coordinates":{"lat":48.2,"long":16.37}}}]}`,
		inbound: said(interaction.Message{Body: "[location 48.2, 16.37]"}),
	},
	{
		name: "what is not known", event: fromAda + `,"message":{"mid":"m1","text":"Look","attachments":[{"type":"hologram"},7]}`,
		inbound: said(interaction.Message{Body: "Look\n[hologram]\n[attachment]"}),
	},
	{name: "nothing", event: fromAda + `,"message":{"mid":"m1"}`, inbound: said(interaction.Message{Body: "[message]"})},
	{name: "a button", event: fromAda + `,"postback":{"mid":"m1","title":"Opening hours","payload":"HOURS"}`, inbound: said(interaction.Message{Body: "Opening hours"})},
	{name: "a button without its name", event: fromAda + `,"postback":{"mid":"m1"}`, standby: true, inbound: said(interaction.Message{Body: "[postback]"})},
	{name: "IDs that are numbers", event: `"sender":{"id":77},"recipient":{"id":1},` + stamp + `,"message":{"mid":"m1","text":"Hello"}`, inbound: func() *engage.Inbound {
		in := said(interaction.Message{Body: "Hello"})
		in.Customer.ForeignID = "77"
		return in
	}()},
	{name: "no time", event: `"sender":{"id":"ada"},"timestamp":-5,"message":{"mid":"m1","text":"Hello"}`, inbound: func() *engage.Inbound {
		in := said(interaction.Message{Body: "Hello"})
		in.CreatedAt = time.Time{}
		return in
	}()},
	{name: "a time beyond all years", event: `"sender":{"id":"ada"},"timestamp":9223372036854775807,"message":{"mid":"m1","text":"Hello"}`, inbound: func() *engage.Inbound {
		in := said(interaction.Message{Body: "Hello"})
		in.CreatedAt = time.Time{}
		return in
	}()},
	{name: "an echo of ours", event: toAda + `,"message":{"mid":"m1","text":"Hi","is_echo":true,"app_id":"desk","metadata":"key"}`, inbound: echoed(engage.Echo{Key: "key"})},
	{name: "an echo of a bot", event: toAda + `,"message":{"mid":"m1","text":"Hi","is_echo":true,"app_id":4711,"metadata":"its own"}`, inbound: echoed(engage.Echo{Creator: engage.Bot("4711")})},
	{name: "an echo of the inbox", event: toAda + `,"message":{"mid":"m1","text":"Hi","is_echo":true,"app_id":263902037430900}`, inbound: echoed(engage.Echo{})},
	{name: "an echo of nobody", event: toAda + `,"message":{"mid":"m1","text":"Hi","is_echo":true}`, standby: true, inbound: echoed(engage.Echo{})},
	{
		name: "an echo of a bot, standing by", event: toAda + `,"message":{"mid":"m1","text":"Hi","is_echo":true,"app_id":4711}`, standby: true,
		inbound: echoed(engage.Echo{Creator: engage.Bot("4711")}),
		report:  concluded(other("4711")),
	},
	{
		name: "a late echo of ours, standing by", event: toAda + `,"message":{"mid":"m1","text":"Hi","is_echo":true,"app_id":"desk","metadata":"key"}`, standby: true,
		inbound: echoed(engage.Echo{Key: "key"}),
	},
	{
		name: "a pass to us", event: fromAda + `,"pass_thread_control":{"previous_owner_app_id":"bot","new_owner_app_id":"desk","metadata":"angry"}`,
		report: report(messenger.Report{Kind: messenger.ReportOwner, Party: ours, Previous: other("bot"), Metadata: "angry"}),
	},
	{
		name: "a pass from nobody", event: fromAda + `,"pass_thread_control":{"previous_owner_app_id":null,"new_owner_app_id":"desk"}`,
		report: report(messenger.Report{Kind: messenger.ReportOwner, Party: ours, Previous: nobody}),
	},
	{
		name: "a pass that does not say to whom", event: fromAda + `,"pass_thread_control":{"previous_owner_app_id":"bot"}`,
		report: report(messenger.Report{Kind: messenger.ReportOwner, Party: ours, Previous: other("bot")}),
	},
	{
		name: "a take from us", event: fromAda + `,"take_thread_control":{"previous_owner_app_id":"desk","new_owner_app_id":263902037430900}`,
		report: report(messenger.Report{Kind: messenger.ReportOwner, Party: other(messenger.PageInbox), Previous: ours}),
	},
	{
		name: "a take that does not say by whom", event: fromAda + `,"take_thread_control":{"previous_owner_app_id":"desk"}`,
		report: report(messenger.Report{Kind: messenger.ReportOwner, Party: other(""), Previous: ours}),
	},
	{
		name: "a request", event: fromAda + `,"request_thread_control":{"requested_owner_app_id":"bot","metadata":"mine"}`,
		report: report(messenger.Report{Kind: messenger.ReportRequest, AppID: "bot", Metadata: "mine"}),
	},
	{
		name: "roles", event: fromAda + `,"app_roles":{"desk":["primary_receiver"],"odd":7}`,
		report: &messenger.Report{Kind: messenger.ReportRoles, PageID: "p1", At: at, Roles: map[string][]string{"desk": {messenger.PrimaryReceiver}}},
	},
	{name: "a read", event: fromAda + `,"read":{"watermark":1777636800123}`},
	{name: "what there may be one day", event: fromAda + `,"hologram":{"mid":"m1"}`},
	{name: "a message of nobody", event: `"recipient":{"id":"p1"},"message":{"mid":"m1","text":"Hello"}`, skipped: true},
	{name: "a message that is none", event: fromAda + `,"message":7`, skipped: true},
	{name: "a request of nobody", event: fromAda + `,"request_thread_control":{}`, skipped: true},
}

// body is a webhook with one entry, for the page p1.
func body(standby bool, events ...string) []byte {
	list := "messaging"
	if standby {
		list = "standby"
	}
	return []byte(`{"object":"page","entry":[{"id":"p1","time":1,"` + list + `":[` + strings.Join(events, ",") + `]}]}`)
}

// TestParse holds each kind of event against what becomes of it, alone, and among others
// that make no sense.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, tt := range events {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var want []messenger.Event
			if tt.inbound != nil {
				want = append(want, messenger.Event{PageID: "p1", Standby: tt.standby, Inbound: tt.inbound})
			}
			if tt.report != nil {
				want = append(want, messenger.Event{PageID: "p1", Standby: tt.standby, Report: tt.report})
			}
			one := "{" + tt.event + "}"
			for _, others := range []bool{false, true} {
				all := []string{one}
				if others {
					all = []string{"7", one, `{"message":[]}`, "null", `"x"`}
				}
				got, skipped, err := messenger.Parse(body(tt.standby, all...), "desk")
				wantSkipped := 0
				if tt.skipped {
					wantSkipped++
				}
				if others {
					wantSkipped += 3
				}
				if err != nil || !reflect.DeepEqual(got, want) || len(skipped) != wantSkipped {
					t.Errorf("got %s, skipped %v, %v; want %s", show(got), skipped, err, show(want))
				}
			}
		})
	}
}

func show(events []messenger.Event) string {
	b, err := json.MarshalIndent(events, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// TestParseManyFiles shows that what a content cannot hold of files is said.
func TestParseManyFiles(t *testing.T) {
	t.Parallel()
	files := strings.Repeat(`{"type":"file","payload":{"url":"https://f.example/1"}},`, interaction.MaxAttachments+1)
	got, _, err := messenger.Parse(body(false, "{"+fromAda+`,"message":{"mid":"m1","attachments":[`+strings.TrimSuffix(files, ",")+`]}}`), "desk")
	if err != nil || len(got) != 1 || len(got[0].Inbound.Attachments) != interaction.MaxAttachments || got[0].Inbound.Body != "[file]" {
		t.Errorf("%s, %v", show(got), err)
	}
}

// TestParseSeveral shows that events keep their order over entries and pages, and that an
// entry that makes no sense does not keep the others back.
func TestParseSeveral(t *testing.T) {
	t.Parallel()
	got, skipped, err := messenger.Parse([]byte(`{"object":"page","entry":[
		{"id":"p1","messaging":[`+wrote("ada", "1")+`,`+wrote("bob", "2")+`],"standby":[`+wrote("cyd", "3")+`]},
		{"id":"p1","messaging":"x"}, 7, {},
		{"id":"p2","messaging":[`+wrote("ada", "4")+`],"changes":[{}]},
		{"messaging":[`+wrote("ada", "5")+`]}
	]}`), "desk")
	var told []string
	for _, e := range got {
		told = append(told, e.PageID+" "+e.Inbound.Customer.ForeignID+" "+e.Inbound.Body)
	}
	if want := []string{"p1 ada 1", "p1 bob 2", "p1 cyd 3", "p2 ada 4", "p ada 5"}; !slices.Equal(told, want) || len(skipped) != 2 || err != nil {
		t.Errorf("told %q, skipped %v, %v", told, skipped, err)
	}
	for _, bad := range []string{"", "[]", `{"object":"user"}`, `{"object":"page","entry":7}`} {
		if _, _, err := messenger.Parse([]byte(bad), "desk"); !errors.Is(err, messenger.ErrMalformed) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// FuzzParse feeds Parse with anything: whatever comes out can be handed on, and is not
// changed by what stands beside it.
func FuzzParse(f *testing.F) {
	for _, tt := range events {
		f.Add(body(tt.standby, "{"+tt.event+"}"))
		f.Add(body(tt.standby, "{"+tt.event+"}", `{"message":[]}`))
	}
	f.Add([]byte(`{"object":"instagram","entry":[null,{"messaging":[null]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, skipped, err := messenger.Parse(b, "desk")
		if err != nil && (!errors.Is(err, messenger.ErrMalformed) || got != nil || skipped != nil) {
			t.Errorf("%s, %v, %v", show(got), skipped, err)
		}
		for _, e := range got {
			check(t, e)
		}
		var hook struct {
			Object string            `json:"object"`
			Entry  []json.RawMessage `json:"entry"`
		}
		if err != nil || json.Unmarshal(b, &hook) != nil {
			return
		}
		hook.Entry = append([]json.RawMessage{json.RawMessage(`7`)}, hook.Entry...)
		more, err := json.Marshal(hook)
		if err != nil {
			t.Fatal(err)
		}
		again, moreSkipped, err := messenger.Parse(more, "desk")
		if err != nil || !reflect.DeepEqual(again, got) || len(moreSkipped) != len(skipped)+1 {
			t.Errorf("beside another entry: %s, %v, %v; alone: %s, %v", show(again), moreSkipped, err, show(got), skipped)
		}
	})
}

// check reports what is wrong with an event that Parse returns.
func check(t *testing.T, e messenger.Event) {
	t.Helper()
	switch {
	case e.PageID == "" || (e.Inbound == nil) == (e.Report == nil):
		t.Errorf("an event of nothing: %+v", e)
	case e.Inbound != nil && (e.Inbound.Customer.ForeignID == "" || e.Inbound.Body == "" && e.Inbound.Attachments == nil):
		t.Errorf("nobody says anything: %+v", e.Inbound)
	case e.Inbound != nil && (e.Inbound.CreatedAt.Year() > 9999 || len(e.Inbound.Attachments) > interaction.MaxAttachments):
		t.Errorf("more than can be kept: %+v", e.Inbound)
	case e.Report != nil && e.Report.Kind == messenger.ReportOwner && e.Report.Party.Owner == "":
		t.Errorf("nobody, and not idle: %+v", e.Report)
	case e.Report != nil && (e.Report.PSID == "") != (e.Report.Kind == messenger.ReportRoles):
		t.Errorf("of nobody: %+v", e.Report)
	}
}

// TestAConclusionYields shows an app that passes control with what it writes: whichever of
// the echo and the pass comes first, the pass is the later one.
func TestAConclusionYields(t *testing.T) {
	t.Parallel()
	m := messengertest.New(nil)
	page := m.Page("page", messengertest.HandoverPrimary)
	bot, desk := page.App("bot"), page.App("desk")
	desk.Subscribe(listen(t))
	page.SetOwner("ada", "bot")
	p := messengertest.Text("ada", "A person will answer.")
	p["thread_control"] = map[string]string{"control_type": "pass", "app_id": "desk"}
	if a, err := bot.Call(t.Context(), messengertest.Send, p); err != nil || a.Code != 0 {
		t.Fatal(a, err)
	}
	var reports []messenger.Report
	for _, h := range m.Pending() {
		got, _, err := messenger.Parse(h.Body, "desk")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got {
			if e.Report != nil {
				reports = append(reports, *e.Report)
			}
		}
	}
	if len(reports) != 2 || !reports[0].Concluded || !reports[0].At.Before(reports[1].At) || reports[1].Party != ours {
		t.Errorf("%+v", reports)
	}
}
