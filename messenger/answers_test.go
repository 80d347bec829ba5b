package messenger_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/store/memory"
)

// wire answers calls as a test says.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

// answers returns a platform whose calls are all answered so.
func answers(t *testing.T, w wire) *messenger.Platform {
	t.Helper()
	p, err := messenger.New(messenger.Options{
		AppID: "desk", AppSecret: secret, HTTPClient: &http.Client{Transport: w}, BaseURL: "https://graph.example/v25.0/",
		AccessToken: func(context.Context, interaction.Source) (string, error) { return token, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const (
	secret = "s3cr3t-0f-th3-4pp"
	token  = "EAAB-t0k3n"
)

// says returns an answer.
func says(status int, body string, headers ...string) wire {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

// fails returns an error of the Graph API.
func fails(status, code, subcode int, headers ...string) wire {
	return says(status, fmt.Sprintf(`{"error":{"message":"words","type":"OAuthException","code":%d,"error_subcode":%d,"fbtrace_id":"T"}}`, code, subcode), headers...)
}

// cut is a body that ends too early.
func cut(status int) wire {
	return func(r *http.Request) (*http.Response, error) {
		body := io.MultiReader(strings.NewReader(`{"message_id":"m`), broken{})
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body), Request: r}, nil
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestAnswersToASend holds each kind of answer against what the Engine makes of it.
func TestAnswersToASend(t *testing.T) {
	t.Parallel()
	const (
		delivered = "delivered"
		uncertain = "nobody knows"
		forGood   = "refused for good"
		again     = "tried again" // with the spacing of the Engine
		minute    = "tried again after 1m0s"
	)
	for _, tt := range []struct {
		name string
		wire wire
		want string
	}{
		{"a message", says(200, `{"recipient_id":"ada","message_id":"m_1"}`), delivered},
		{"no message", says(200, `{"recipient_id":"ada"}`), uncertain},
		{"no JSON", says(200, `<html>`), uncertain},
		{"nothing", says(204, ``), uncertain},
		{"half", cut(200), uncertain},
		{"too much", says(200, `{"message_id":"`+strings.Repeat("m", 70_000)+`"}`), uncertain},
		{"no connection any more", func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }, uncertain},
		{"redirect", says(302, ``, "Location", "https://elsewhere.example"), forGood},
		{"another app is controlling this thread", fails(400, 10, 2018300), again},
		{"outside of the window", fails(400, 10, 2018278), forGood},
		{"automated flow", fails(400, 10, 2018321), again},
		{"limit of the app", fails(400, 4, 0), minute},
		{"limit of the user", fails(400, 17, 0), minute},
		{"limit of the page", fails(400, 32, 2018022), minute},
		{"limit of the API", fails(400, 613, 0, "Retry-After", "90"), "tried again after 1m30s"},
		{"limit of HTTP", says(429, ``, "Retry-After", "120"), "tried again after 2m0s"},
		{"limit with a date", says(429, ``, "Retry-After", "Fri, 01 May 2026 12:00:00 GMT"), minute},
		{"unknown error", fails(500, 1, 0), uncertain},
		{"unknown error, sent", fails(400, 1, 1357046), uncertain},
		{"temporarily unavailable", fails(503, 2, 0), uncertain},
		{"temporary failure to send", fails(400, 1200, 0), again},
		{"bad gateway", says(502, `<html>`), uncertain},
		{"request timeout", says(408, ``), uncertain},
		{"token expired", fails(401, 190, 463), again},
		{"permission", fails(403, 200, 0), forGood},
		{"parameter", fails(400, 100, 2018001), forGood},
		{"customer not available", fails(400, 551, 0), forGood},
		{"a code that nobody knows", fails(400, 4711, 0), forGood},
		{"a code that nobody knows, of a server", fails(500, 4711, 0), uncertain},
		{"an error of success", fails(200, 100, 0), forGood},
		{"no error of the Graph API", says(404, `not here`), forGood},
		{"half an error", cut(400), again},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := made(t, answers(t, tt.wire)); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

// made says what an Engine makes of the first attempt to send.
func made(t *testing.T, p engage.Platform) string {
	t.Helper()
	ctx, now := t.Context(), time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	eng, err := engage.New(ctx, memory.New(), &engage.Options{
		Platforms: map[string]engage.Platform{"messenger": p}, Clock: func() time.Time { return now },
	})
	check(err)
	_, err = eng.Sources.Create(ctx, interaction.Source{ID: "page", Type: "messenger", Active: true})
	check(err)
	said, err := eng.Threads.Receive(ctx, engage.Inbound{
		SourceID: "page", Customer: engage.Account{ForeignID: "ada"}, Message: interaction.Message{Body: "Hello?"},
	})
	check(err)
	ann := eng.As(engage.Agent("ann"))
	_, err = ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: said.ThreadID})
	check(err)
	posted, err := ann.Contents.Post(ctx, engage.Post{ThreadID: said.ThreadID, Message: interaction.Message{Body: "Hi!"}})
	check(err)
	_, err = eng.RunDue(ctx)
	check(err)
	c, err := eng.Contents.Get(ctx, posted.ID)
	check(err)
	if strings.Contains(c.Synchronization.Error, token) || strings.Contains(c.Synchronization.Error, messenger.Proof(secret, token)) {
		t.Errorf("a secret is told: %s", c.Synchronization.Error)
	}
	switch {
	case c.Uncertain:
		return "nobody knows"
	case c.Synchronization.Status == interaction.SyncSuccess:
		return "delivered"
	case c.Synchronization.Status == interaction.SyncFailure:
		return "refused for good"
	}
	j, err := eng.Jobs.Get(ctx, c.JobID)
	check(err)
	if wait := j.Due.Sub(now); wait >= time.Minute {
		return fmt.Sprintf("tried again after %v", wait)
	}
	return "tried again" // the spacing is less, for the first time
}

// TestAnswersToOwner shows what is made of answers to who has control that the simulated
// Messenger does not give.
func TestAnswersToOwner(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		wire wire
		want handover.Party
		is   error
	}{
		{"a number", says(200, `{"data":[{"thread_owner":{"app_id":263902037430900,"expiration":1}}]}`), handover.Party{Owner: handover.Other, App: messenger.PageInbox}, nil},
		{"null", says(200, `{"data":[{"thread_owner":{"app_id":null,"expiration":null}}]}`), handover.Party{Owner: handover.Idle}, nil},
		{"an empty owner", says(200, `{"data":[{"thread_owner":{}}]}`), handover.Party{Owner: handover.Idle}, nil},
		{"something else", says(200, `{"data":[{"thread_owner":{"app_id":{},"expiration":5}}]}`), handover.Party{Owner: handover.Other}, nil},
		{"nothing", says(200, `{}`), handover.Party{}, engage.ErrUnknownOutcome},
		{"of another secondary receiver", fails(400, 100, 2018234), handover.Party{Owner: handover.Other}, nil},
		{"to receivers only", fails(400, 100, 2018171), handover.Party{}, errors.ErrUnsupported},
		{"a server fails", fails(500, 2, 0), handover.Party{}, engage.ErrUnknownOutcome},
	} {
		got, err := answers(t, tt.wire).Owner(t.Context(), handling(""))
		if got != tt.want || !errors.Is(err, tt.is) {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
}

// TestOnTheWire shows what a call looks like: the token in a header, its proof in the query.
func TestOnTheWire(t *testing.T) {
	t.Parallel()
	var seen []string
	p := answers(t, func(r *http.Request) (*http.Response, error) {
		body := ""
		if r.Body != nil {
			b, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			body = " " + string(b)
		}
		if got := r.Header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("Authorization: %s", got)
		}
		q := r.URL.Query()
		// As openssl dgst -sha256 -hmac makes it of the secret and the token.
		if got := q.Get("appsecret_proof"); got != "8576c55572e55f4c6b22c7a27737770fd5119f54ec0b77cf4221b58c119e17ac" {
			t.Errorf("appsecret_proof=%s", got)
		}
		q.Del("appsecret_proof")
		seen = append(seen, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s%s", r.Method, r.URL.Path, q.Encode(), body)), " "))
		return says(200, `{"success":true,"message_id":"m_1","data":[{"thread_owner":{"app_id":"desk","expiration":1}}]}`)(r)
	})
	for _, verb := range []string{"send", "take", "request", "pass", "release", "extend", "owner"} {
		if _, err := perform(t.Context(), p, verb); err != nil {
			t.Error(verb, err)
		}
	}
	const to = `{"recipient":{"id":"ada"},`
	want := []string{
		`POST /v25.0/me/messages ` + to + `"messaging_type":"RESPONSE","message":{"text":"Hello!","metadata":"key"}}`,
		`POST /v25.0/me/take_thread_control ` + to + `"metadata":"why"}`,
		`POST /v25.0/me/request_thread_control ` + to + `"metadata":"why"}`,
		`POST /v25.0/me/pass_thread_control ` + to + `"target_app_id":"bot","metadata":"why"}`,
		`POST /v25.0/me/release_thread_control {"recipient":{"id":"ada"}}`,
		`POST /v25.0/me/extend_thread_control ` + to + `"duration":172800}`,
		`GET /v25.0/me/thread_owner recipient=ada`,
	}
	if !slices.Equal(seen, want) {
		t.Errorf("calls:\n%s\nwant:\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
}

// TestSecretsStayOut shows that neither token, proof nor secret is in an error.
func TestSecretsStayOut(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]wire{
		"of the connection":        func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"that repeats what it got": says(400, `{"error":{"message":"Malformed access token `+token+`","code":100}}`),
		"of a proxy":               says(502, `token `+token),
	} {
		for _, verb := range []string{"send", "take", "owner"} {
			_, err := perform(t.Context(), answers(t, w), verb)
			if err == nil {
				t.Fatalf("%s, %s: no error", name, verb)
			}
			for _, hidden := range []string{token, secret, messenger.Proof(secret, token), "appsecret_proof"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("%s, %s: %v", name, verb, err)
				}
			}
		}
	}
}

// TestLongWords shows that an error does not grow with what Messenger says.
func TestLongWords(t *testing.T) {
	t.Parallel()
	_, err := answers(t, says(400, `{"error":{"message":"`+strings.Repeat("é", 20_000)+`","code":100}}`)).Send(t.Context(), delivery("Hello"))
	if err == nil || len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) {
		t.Errorf("%d bytes", len(err.Error()))
	}
}

// refusing fails each send with the error of a verb.
type refusing struct{ err error }

func (r refusing) Send(context.Context, engage.Delivery) (string, error) { return "", r.err }

// TestAnswersToAVerb holds each kind of answer to a take against what the Engine makes of
// such an error. Who has control is not told meanwhile.
func TestAnswersToAVerb(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		wire wire
		want string // "": it is done
	}{
		{"done", says(200, `{"success":true}`), ""},
		{"done, with the owner", says(200, `{"data":[{"thread_owner":{"app_id":"desk","expiration":1}}]}`), ""},
		{"not done", says(200, `{"success":false}`), "nobody knows"},
		{"nothing", says(200, `{}`), "nobody knows"},
		{"not permitted", fails(400, 27, 0), "refused for good"},
		{"not the owner", fails(400, 100, 0), "refused for good"},
		{"another app is controlling this thread", fails(400, 10, 2018300), "refused for good"},
		{"no receiver", fails(400, 100, 2018171), "refused for good"},
		{"limit", fails(400, 613, 0), "tried again after 1m0s"},
		{"token expired", fails(401, 190, 0), "tried again"},
		{"temporarily unavailable", fails(503, 2, 0), "nobody knows"},
		{"bad gateway", says(502, `<html>`), "nobody knows"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := answers(t, func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodGet {
					return fails(500, 2, 0)(r)
				}
				return tt.wire(r)
			}).Take(t.Context(), handling(""))
			if (err == nil) != (tt.want == "") {
				t.Fatal(err)
			}
			if err != nil {
				if got := made(t, refusing{err}); got != tt.want {
					t.Errorf("%s, want %s: %v", got, tt.want, err)
				}
			}
		})
	}
	for name, h := range map[string]engage.Handling{
		"a customer without an ID": {App: "bot"},
		"a pass to nobody":         handling(""),
	} {
		if got := made(t, refusing{answers(t, says(200, `{"success":true}`)).Pass(t.Context(), h)}); got != "refused for good" {
			t.Errorf("%s: %s", name, got)
		}
	}
	for _, by := range []time.Duration{0, time.Millisecond, -time.Hour, 7*24*time.Hour + 1} {
		if got := made(t, refusing{answers(t, says(200, `{"success":true}`)).Extend(t.Context(), handling(""), by)}); got != "refused for good" {
			t.Errorf("an extension by %v: %s", by, got)
		}
	}
}
