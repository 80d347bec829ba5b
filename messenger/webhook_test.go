package messenger_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/store/memory"
)

// ears are a Webhook, and what it has handed on.
type ears struct {
	*messenger.Webhook
	got   []string
	fails func(what string) error
}

func listen(t *testing.T) *ears {
	t.Helper()
	e := &ears{fails: func(string) error { return nil }}
	take := func(what string) error {
		if err := e.fails(what); err != nil {
			return err
		}
		e.got = append(e.got, what)
		return nil
	}
	var err error
	e.Webhook, err = messenger.NewWebhook(messenger.WebhookOptions{
		AppID: "desk", AppSecret: secret, VerifyToken: "v3rify",
		Source: func(_ context.Context, pageID string) (string, error) {
			return map[string]string{"p1": "source 1", "p2": "source 2"}[pageID], nil
		},
		Receive: func(_ context.Context, in engage.Inbound) error {
			return take(fmt.Sprintf("%s: %s: %s", in.SourceID, in.Customer.ForeignID, in.Body))
		},
		Report: func(_ context.Context, source string, r messenger.Report) error {
			return take(fmt.Sprintf("%s: %s: %s %s", source, r.PSID, r.Kind, r.Party))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// tell posts a body, signed unless a signature is given, and returns the status.
func (e *ears) tell(t *testing.T, body string, signature ...string) int {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set(messenger.SignatureHeader, "sha256="+sign(body))
	for _, s := range signature {
		r.Header.Set(messenger.SignatureHeader, s)
	}
	answer := httptest.NewRecorder()
	e.ServeHTTP(answer, r)
	return answer.Code
}

func sign(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

// wrote is an event: somebody wrote to a page.
func wrote(psid, text string) string {
	return fmt.Sprintf(`{"sender":{"id":%q},"recipient":{"id":"p"},"timestamp":1777636800000,"message":{"mid":"m %s","text":%q}}`, psid, text, text)
}

// TestSignature refuses what is not signed, and hands none of it on.
func TestSignature(t *testing.T) {
	t.Parallel()
	body := `{"object":"page","entry":[{"id":"p1","messaging":[` + wrote("ada", "Hello") + `]}]}`
	right := sign(body)
	for _, tt := range []struct {
		name, signature string
		status          int
	}{
		{"right", "sha256=" + right, 200},
		{"right, in capitals", "sha256=" + strings.ToUpper(right), 200},
		{"missing", "", 401},
		{"without what it is", right, 401},
		{"of SHA-1", "sha1=" + right[:40], 401},
		{"too short", "sha256=" + right[:62], 401},
		{"too long", "sha256=" + right + "00", 401},
		{"no digits", "sha256=" + strings.Repeat("x", 64), 401},
		{"of another body", "sha256=" + sign(body+" "), 403},
		{"zero", "sha256=" + strings.Repeat("0", 64), 403},
	} {
		e := listen(t)
		if got := e.tell(t, body, tt.signature); got != tt.status || (len(e.got) == 1) != (tt.status == 200) {
			t.Errorf("%s: status %d, want %d; handed on: %q", tt.name, got, tt.status, e.got)
		}
	}
	if err := messenger.CheckSignature(secret, "sha256="+sign(body+" "), []byte(body)); !errors.Is(err, messenger.ErrForged) {
		t.Error(err)
	}
	if err := messenger.CheckSignature(secret, "", []byte(body)); !errors.Is(err, messenger.ErrUnsigned) {
		t.Error(err)
	}
}

// TestVerification answers the challenge to whoever knows the token.
func TestVerification(t *testing.T) {
	t.Parallel()
	e := listen(t)
	for _, tt := range []struct {
		mode, token string
		status      int
	}{{"subscribe", "v3rify", 200}, {"subscribe", "verify", 403}, {"subscribe", "", 403}, {"unsubscribe", "v3rify", 403}, {"", "v3rify", 403}} {
		q := url.Values{"hub.mode": {tt.mode}, "hub.verify_token": {tt.token}, "hub.challenge": {"<b>1158"}}
		answer := httptest.NewRecorder()
		e.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?"+q.Encode(), http.NoBody))
		want := ""
		if tt.status == 200 {
			want = "<b>1158"
		}
		if answer.Code != tt.status || answer.Body.String() != want || want != "" && !strings.HasPrefix(answer.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("%q, %q: status %d, %q", tt.mode, tt.token, answer.Code, answer.Body)
		}
	}
}

// TestWebhookAnswers shows the other statuses, and that what fails does not keep the rest
// back.
func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	three := `{"object":"page","entry":[
		{"id":"p1","messaging":[` + wrote("ada", "1") + `]},
		{"id":"p2","messaging":[` + wrote("bob", "2") + `,` + wrote("cyd", "3") + `]}]}`
	e := listen(t)
	if got := e.tell(t, "{"); got != 400 {
		t.Errorf("no JSON: status %d", got)
	}
	if got := e.tell(t, `{"object":"user","entry":[]}`); got != 400 {
		t.Errorf("not of a page: status %d", got)
	}
	if got := e.tell(t, strings.Repeat(" ", 5<<20)); got != 413 {
		t.Errorf("too large: status %d", got)
	}
	answer := httptest.NewRecorder()
	e.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/", http.NoBody))
	if answer.Code != 405 {
		t.Errorf("PUT: status %d", answer.Code)
	}
	if e.got != nil {
		t.Errorf("handed on: %q", e.got)
	}
	for _, tt := range []struct {
		err    error
		status int
		want   []string
	}{
		{nil, 200, []string{"source 1: ada: 1", "source 2: bob: 2", "source 2: cyd: 3"}},
		{errors.New("the store is away"), 500, []string{"source 1: ada: 1", "source 2: cyd: 3"}},
		{fmt.Errorf("%w: too long", engage.ErrInvalid), 200, []string{"source 1: ada: 1", "source 2: cyd: 3"}},
	} {
		e := listen(t)
		e.fails = func(what string) error {
			if strings.Contains(what, "bob") {
				return tt.err
			}
			return nil
		}
		if got := e.tell(t, three); got != tt.status || !slices.Equal(e.got, tt.want) {
			t.Errorf("%v: status %d, handed on: %q", tt.err, got, e.got)
		}
	}
	e = listen(t)
	if got := e.tell(t, `{"object":"page","entry":[{"id":"p3","messaging":[`+wrote("ada", "1")+`]}]}`); got != 200 || e.got != nil {
		t.Errorf("a page without a source: status %d, handed on: %q", got, e.got)
	}
}

// TestWebhookOptions shows that none works without its secrets.
func TestWebhookOptions(t *testing.T) {
	t.Parallel()
	full := messenger.WebhookOptions{
		AppID: "desk", AppSecret: secret, VerifyToken: "v3rify",
		Source:  func(context.Context, string) (string, error) { return "", nil },
		Receive: func(context.Context, engage.Inbound) error { return nil },
	}
	if _, err := messenger.NewWebhook(full); err != nil {
		t.Error(err)
	}
	for field, without := range map[string]func(*messenger.WebhookOptions){
		"AppID":       func(o *messenger.WebhookOptions) { o.AppID = "" },
		"AppSecret":   func(o *messenger.WebhookOptions) { o.AppSecret = "" },
		"VerifyToken": func(o *messenger.WebhookOptions) { o.VerifyToken = "" },
		"Source":      func(o *messenger.WebhookOptions) { o.Source = nil },
		"Receive":     func(o *messenger.WebhookOptions) { o.Receive = nil },
	} {
		o := full
		without(&o)
		if _, err := messenger.NewWebhook(o); err == nil || !strings.Contains(err.Error(), "."+field+" ") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestWebhookOfAnEngine shows that an Engine is all that is needed: contents are received, and
// what is told of thread control is reported; of a page without a source nothing is kept.
func TestWebhookOfAnEngine(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	var failed error
	st := memory.New()
	eng, err := engage.New(ctx, st, &engage.Options{
		Platforms: map[string]engage.Platform{"messenger": engage.InApp{}},
		Authorize: func(context.Context, engage.Actor, engage.Action, engage.Resource) error { return failed },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eng.Sources.Create(ctx, interaction.Source{ID: "p1", Type: "messenger", Active: true}); err != nil {
		t.Fatal(err)
	}
	if err := eng.Control.Configure(ctx, "p1", handover.Settings{BotApp: "bot"}); err != nil {
		t.Fatal(err)
	}
	w, err := messenger.NewWebhook(messenger.WebhookOptions{AppID: "desk", AppSecret: secret, VerifyToken: "v3rify", Engine: eng})
	if err != nil {
		t.Fatal(err)
	}
	e := ears{Webhook: w}
	takes := `{"sender":{"id":"ada"},"recipient":{"id":"p1"},"timestamp":1777636800000,"take_thread_control":{"new_owner_app_id":"bot"}}`
	body := `{"object":"page","entry":[{"id":"p1","messaging":[` + wrote("ada", "Hello") + `,` + takes + `]},
		{"id":"p2","messaging":[` + wrote("bob", "Hello") + `,` + takes + `]}]}`
	failed = errors.New("the host does not know yet")
	if got := e.tell(t, body); got != 500 {
		t.Errorf("while nothing goes well: status %d", got)
	}
	failed = nil
	for range 2 {
		if got := e.tell(t, body); got != 200 {
			t.Errorf("status %d", got)
		}
	}
	threads, err := eng.Threads.List(ctx, engage.ThreadFilter{})
	if err != nil || len(threads.Items) != 1 || threads.Items[0].SourceID != "p1" {
		t.Fatalf("threads: %+v, %v", threads.Items, err)
	}
	contents, err := eng.Contents.List(ctx, engage.ContentFilter{ThreadID: threads.Items[0].ID})
	if err != nil || len(contents.Items) != 1 || contents.Items[0].Body != "Hello" {
		t.Fatalf("contents: %+v, %v", contents.Items, err)
	}
	c, err := eng.Control.Get(ctx, "p1", contents.Items[0].IdentityID)
	if err != nil || c.Party != (handover.Party{Owner: handover.Bot, App: "bot"}) {
		t.Errorf("control: %+v, %v", c, err)
	}
}

// TestWebhookLogs shows that what is left out is logged, without what customers say.
func TestWebhookLogs(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	w, err := messenger.NewWebhook(messenger.WebhookOptions{
		AppID: "desk", AppSecret: secret, VerifyToken: "v3rify", Logger: slog.New(slog.NewTextHandler(&log, nil)),
		Source: func(_ context.Context, pageID string) (string, error) {
			return strings.TrimPrefix(pageID, "unknown"), nil
		},
		Receive: func(_ context.Context, in engage.Inbound) error {
			if in.SourceID == "p1" {
				return fmt.Errorf("%w: too long", engage.ErrInvalid)
			}
			return errors.New("the store is away")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	e := ears{Webhook: w}
	e.tell(t, `{"object":"page","entry":[
		{"id":"p1","messaging":[`+wrote("ada", "private")+`,{"message":{"text":"private"}}]},
		{"id":"p2","messaging":[`+wrote("ada", "private")+`]},
		{"id":"unknown","messaging":[`+wrote("ada", "private")+`]}]}`)
	for _, want := range []string{"too long", "names no customer", "the store is away", "a page without a source"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log does not say %q:\n%s", want, log.String())
		}
	}
	if strings.Contains(log.String(), "private") {
		t.Errorf("the log says too much:\n%s", log.String())
	}
}
