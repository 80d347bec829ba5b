package messengertest_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/messenger/messengertest"
)

// world is a page with two apps, of which the bot is the first, at a time that the test
// moves.
type world struct {
	*messengertest.Messenger
	page      *messengertest.Page
	bot, desk *messengertest.App
	robot     *messengertest.Bot
	clerk     *messengertest.Bot
	ada       messengertest.Customer
	now       time.Time
}

func newWorld(generation messengertest.Generation) *world {
	w := &world{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	w.Messenger = messengertest.New(func() time.Time { return w.now })
	w.page = w.Page("page", generation)
	w.bot, w.desk = w.page.App("bot"), w.page.App("desk", messengertest.MayTake())
	w.robot, w.clerk = w.bot.Bot(), w.desk.Bot()
	w.ada = w.page.Customer("ada")
	return w
}

// call makes a call that goes well.
func (w *world) call(t *testing.T, a *messengertest.App, verb messengertest.Verb, p map[string]any) {
	t.Helper()
	if answer, err := a.Call(t.Context(), verb, p); err != nil || answer.Code != 0 {
		t.Fatalf("%s by %s: %+v, %v", verb, a.ID, answer, err)
	}
}

// TestCustomerWrites shows who gets what nobody has, and who is told of it.
func TestCustomerWrites(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		generation    messengertest.Generation
		before, after string
		bot, desk     bool // they stand by
	}{
		{messengertest.HandoverPrimary, "", "bot", false, true},
		{messengertest.HandoverPrimary, "desk", "desk", true, false},
		{messengertest.Routing, "", "bot", false, true},
		{messengertest.Routing, messengertest.PageInbox, messengertest.PageInbox, true, true},
		{messengertest.Handover, "", "", false, false},
		{messengertest.Handover, "desk", "desk", true, false},
		{messengertest.ZeroConfig, "", "", false, false},
	} {
		w := newWorld(tt.generation)
		w.page.SetOwner("ada", tt.before)
		w.ada.Writes("Hello?")
		w.Deliver(t.Context())
		if got := w.page.Owner("ada"); got != tt.after {
			t.Errorf("%s, %q: %q has control, want %q", tt.generation, tt.before, got, tt.after)
		}
		for bot, standby := range map[*messengertest.Bot]bool{w.robot: tt.bot, w.clerk: tt.desk} {
			want := []messengertest.Heard{{Kind: "message", Standby: standby, PSID: "ada", Text: "Hello?"}}
			if got := bot.Heard(); !slices.Equal(got, want) {
				t.Errorf("%s, %q: heard %+v, want %+v", tt.generation, tt.before, got, want)
			}
		}
	}
}

// TestIdle shows what ends control: a day without activity, of which under routing only what
// customers write is; and what makes it last.
func TestIdle(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	writes := func(_ *testing.T, w *world) { w.ada.Writes("Still there?") }
	replies := func(t *testing.T, w *world) {
		t.Helper()
		w.call(t, w.desk, messengertest.Send, messengertest.Text("ada", "Yes."))
	}
	extends := func(t *testing.T, w *world) {
		t.Helper()
		p := messengertest.To("ada")
		p["duration"] = 7 * 24 * 60 * 60
		w.call(t, w.desk, messengertest.Extend, p)
	}
	for _, tt := range []struct {
		name       string
		generation messengertest.Generation
		do         func(*testing.T, *world) // an hour after control was given
		until      time.Duration            // since then
	}{
		{"nothing", messengertest.Handover, func(*testing.T, *world) {}, 24 * hour},
		{"the customer writes", messengertest.Handover, writes, 25 * hour},
		{"the owner writes", messengertest.Handover, replies, 25 * hour},
		{"the owner writes", messengertest.ZeroConfig, replies, 24 * hour},
		{"the customer writes", messengertest.ZeroConfig, writes, 25 * hour},
		{"it is extended", messengertest.Routing, extends, (7*24 + 1) * hour},
		{"it is extended, and the customer writes", messengertest.Handover, func(t *testing.T, w *world) {
			t.Helper()
			extends(t, w)
			writes(t, w)
		}, (7*24 + 1) * hour},
		{"it is extended, and passed", messengertest.Routing, func(t *testing.T, w *world) {
			t.Helper()
			extends(t, w)
			p := messengertest.To("ada")
			p["target_app_id"] = "bot"
			w.call(t, w.desk, messengertest.Pass, p)
		}, 25 * hour},
	} {
		w := newWorld(tt.generation)
		begun := w.now
		w.page.SetOwner("ada", "desk")
		w.now = begun.Add(hour)
		tt.do(t, w)
		w.now = begun.Add(tt.until - time.Millisecond)
		if w.page.Owner("ada") == "" {
			t.Errorf("%s, %s: idle before %v", tt.generation, tt.name, tt.until)
		}
		w.now = begun.Add(tt.until)
		if got := w.page.Owner("ada"); got != "" {
			t.Errorf("%s, %s: %q has control after %v", tt.generation, tt.name, got, tt.until)
		}
	}
}

// TestInline passes and releases control with a message, or does neither.
func TestInline(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		control any
		owner   string
		reads   int
		after   string
	}{
		{map[string]any{"control_type": "pass", "app_id": "desk"}, "bot", 1, "desk"},
		{map[string]any{"control_type": "release"}, "bot", 1, ""},
		{map[string]any{"control_type": "pass", "app_id": "stranger"}, "bot", 0, "bot"},
		{map[string]any{"control_type": "release"}, "", 0, ""},
		{map[string]any{"control_type": "release"}, "desk", 0, "desk"},
		{map[string]any{"control_type": "take"}, "bot", 0, "bot"},
	} {
		w := newWorld(messengertest.HandoverPrimary)
		w.page.SetOwner("ada", tt.owner)
		p := messengertest.Text("ada", "A person will answer.")
		p["thread_control"] = tt.control
		a, err := w.bot.Call(t.Context(), messengertest.Send, p)
		if err != nil {
			t.Fatal(err)
		}
		if ok := a.Code == 0; ok != (tt.reads == 1) || len(w.ada.Reads()) != tt.reads || w.page.Owner("ada") != tt.after {
			t.Errorf("%v of %q: %+v, read %v, and %q has control", tt.control, tt.owner, a, w.ada.Reads(), w.page.Owner("ada"))
		}
	}
}

// TestInbox shows that whoever answers in the inbox has control.
func TestInbox(t *testing.T) {
	t.Parallel()
	w := newWorld(messengertest.Routing)
	w.ada.Writes("Hello?")
	w.Deliver(t.Context())
	w.page.Replies("ada", "Hi!")
	w.Deliver(t.Context())
	want := []messengertest.Heard{
		{Kind: "message", PSID: "ada", Text: "Hello?"},
		{Kind: "take_thread_control", PSID: "ada", App: messengertest.PageInbox},
		{Kind: "echo", Standby: true, PSID: "ada", Text: "Hi!", App: messengertest.PageInbox},
	}
	if got := w.robot.Heard(); !slices.Equal(got, want) {
		t.Errorf("the bot heard %+v", got)
	}
}

// TestRoles shows what the apps are told when another becomes primary.
func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(messengertest.HandoverPrimary)
	w.page.Lead(w.desk)
	var told []string
	for _, h := range w.Pending() {
		_, roles, _ := strings.Cut(string(h.Body), `"app_roles":`)
		told = append(told, h.App+" "+h.Kind+" "+roles[:strings.Index(roles, "}")+1])
	}
	want := []string{`bot app_roles {"bot":["secondary_receiver"]}`, `desk app_roles {"desk":["primary_receiver"]}`}
	if !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
	w.ada.Writes("Hello?")
	if got := w.page.Owner("ada"); got != "desk" {
		t.Errorf("%q has control", got)
	}
}

// TestBot walks a bot through a request: it passes control, or does nothing.
func TestBot(t *testing.T) {
	t.Parallel()
	for _, ignores := range []bool{false, true} {
		w := newWorld(messengertest.HandoverPrimary)
		w.robot.Answers(func(text string) string { return "You said: " + text })
		w.robot.Ignores(ignores)
		w.ada.Writes("Hello?")
		w.Deliver(t.Context())
		w.call(t, w.desk, messengertest.Request, messengertest.To("ada"))
		w.Deliver(t.Context())
		want := map[bool]string{false: "desk", true: "bot"}[ignores]
		if got := w.page.Owner("ada"); got != want {
			t.Errorf("%q has control, want %q", got, want)
		}
		if got := w.ada.Reads(); len(got) != 2 || got[1].Text != "You said: Hello?" || got[1].App != "bot" {
			t.Errorf("ada reads %+v", got)
		}
		if failed := w.robot.Failed(); failed != nil {
			t.Error(failed)
		}
	}
}

// TestWebhooksGoWrong delivers late, twice, in another order, again after a failure, and
// not at all.
func TestWebhooksGoWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(messengertest.Handover)
	w.ada.Writes("1")
	w.ada.Writes("2")
	w.ada.Writes("3")
	w.Rearrange(func(pending []messengertest.Hook) []messengertest.Hook {
		pending = slices.DeleteFunc(pending, func(h messengertest.Hook) bool { return h.App == "desk" && strings.Contains(string(h.Body), `"2"`) })
		slices.Reverse(pending)
		return append(pending, pending[0])
	})
	if n := w.Deliver(t.Context(), func(h messengertest.Hook) bool { return h.App == "desk" }); n != 3 {
		t.Errorf("%d were delivered", n)
	}
	texts := func(b *messengertest.Bot) (texts string) {
		for _, h := range b.Heard() {
			texts += h.Text
		}
		return texts
	}
	if got := texts(w.clerk) + texts(w.robot); got != "313" {
		t.Errorf("heard %q", got)
	}
	tries := 0
	w.bot.Subscribe(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		tries++
		if tries == 1 {
			rw.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.robot.ServeHTTP(rw, r)
	}))
	w.Deliver(t.Context())
	if got := texts(w.robot); got != "21" {
		t.Errorf("the bot heard %q before it is told again", got)
	}
	w.Deliver(t.Context())
	if got := texts(w.robot); got != "213" {
		t.Errorf("the bot heard %q", got)
	}
}

// TestTokens shows the ways in which a token may come, and what becomes of wrong ones.
func TestTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(messengertest.Handover)
	w.ada.Writes("Hello?")
	vault := w.page.App("vault", messengertest.NeedsProof())
	form := func(v url.Values) (string, string) { return "application/x-www-form-urlencoded", v.Encode() }
	text := url.Values{"recipient": {`{"id":"ada"}`}, "message": {`{"text":"Hi!"}`}, "access_token": {w.desk.Token}}
	without := url.Values{"recipient": text["recipient"], "message": text["message"]}
	for _, tt := range []struct {
		path, bearer string
		body         url.Values
		status       int
	}{
		{"/v25.0/page/messages", "", text, 200},
		{"/me/messages", "", text, 200},
		{"/me/messages?access_token=" + w.desk.Token, "", without, 200},
		{"/me/messages", w.desk.Token, without, 200},
		{"/me/messages", "", without, 401},
		{"/me/messages", "stolen", without, 401},
		{"/other/messages", w.desk.Token, without, 400},
		{"/me/messages?appsecret_proof=00", w.desk.Token, without, 400},
		{"/me/messages", vault.Token, without, 400},
		{"/me/nonsense", w.desk.Token, without, 400},
	} {
		kind, body := form(tt.body)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, tt.path, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if tt.bearer != "" {
			r.Header.Set("Authorization", "Bearer "+tt.bearer)
		}
		answer := httptest.NewRecorder()
		w.ServeHTTP(answer, r)
		if answer.Code != tt.status {
			t.Errorf("%s: status %d, want %d: %s", tt.path, answer.Code, tt.status, answer.Body)
		}
	}
	if a, err := vault.Call(t.Context(), messengertest.Send, messengertest.Text("ada", "Hi!")); err != nil || a.Code != 0 {
		t.Errorf("with its proof: %+v, %v", a, err)
	}
	if a, err := w.desk.Call(t.Context(), messengertest.Send, messengertest.Text("eve", "Hi!")); err != nil || a.Subcode != 2018001 {
		t.Errorf("to somebody unknown: %+v, %v", a, err)
	}
}
