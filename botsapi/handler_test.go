package botsapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/botsapi"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest/faults"
)

// Requests as seed 001 has them, but for the names in angle brackets.
const (
	toAgent = "access_token=t0ken&identity_foreign_id=ada&from=bot&to=agent&type=messenger"
	toBot   = "access_token=t0ken&identity_foreign_id=ada&from=agent&to=bot&type=messenger&app_id=robot"
)

// company is one whose bot "robot" has the token "t0ken", and whose agents get control
// when ada writes.
type company struct {
	t        *testing.T
	eng      *engage.Engine
	st       *faults.Store
	logged   *bytes.Buffer
	endpoint http.Handler
	ada      engage.Received
}

func newCompany(t *testing.T, settings handover.Settings) *company {
	t.Helper()
	st := faults.New(memory.New())
	t.Cleanup(func() { _ = st.Close() })
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	eng := must(engage.New(t.Context(), st, &engage.Options{
		Clock: func() time.Time { return noon },
		Authorize: func(_ context.Context, who engage.Actor, action engage.Action, _ engage.Resource) error {
			if who.ID == "stranger" && action == engage.ActionControlHandover {
				return errors.New("the reason is nobody's business")
			}
			return nil
		},
	}))(t)
	c := &company{t: t, eng: eng, st: st, logged: &bytes.Buffer{}}
	must(eng.Sources.Create(t.Context(), interaction.Source{ID: "page", Type: "messenger", Active: true}))(t)
	if err := eng.Control.Configure(t.Context(), "page", settings); err != nil {
		t.Fatal(err)
	}
	c.ada = must(eng.Threads.Receive(t.Context(), engage.Inbound{SourceID: "page", Customer: engage.Account{ForeignID: "ada"}, Message: interaction.Message{Body: "hi"}}))(t)
	c.endpoint = must(botsapi.New(botsapi.Options{
		Logger: slog.New(slog.NewTextHandler(c.logged, nil)),
		Control: func(_ *http.Request, token handover.AccessToken) (botsapi.Control, error) {
			switch token.Reveal() {
			case "t0ken":
				return eng.As(engage.Bot("robot")).Control, nil
			case "stranger":
				return eng.As(engage.Bot("stranger")).Control, nil
			case "none":
				return nil, nil
			case "broken":
				return nil, errors.New("the directory does not know the token broken")
			}
			return nil, botsapi.ErrUnauthorized
		},
	}))(t)
	return c
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// posts sends a request with a query, and returns the answer and its JSON.
func (c *company) posts(query string) (*httptest.ResponseRecorder, handover.Response) {
	return c.asks(httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, botsapi.Path+"?"+query, http.NoBody))
}

func (c *company) asks(r *http.Request) (*httptest.ResponseRecorder, handover.Response) {
	c.t.Helper()
	w := httptest.NewRecorder()
	c.endpoint.ServeHTTP(w, r)
	var said handover.Response
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil {
		c.t.Fatalf("%v: %s", err, w.Body)
	}
	if said.Status != w.Code || w.Header().Get("Content-Type") != "application/json" {
		c.t.Errorf("status %d with %s, %s", w.Code, w.Body, w.Header().Get("Content-Type"))
	}
	if text := c.logged.String() + w.Body.String(); strings.Contains(text, "t0ken") || strings.Contains(text, "broken") {
		c.t.Errorf("the token is told: %s", text)
	}
	return w, said
}

func (c *company) engages() interaction.Intervention {
	c.t.Helper()
	return must(c.eng.As(engage.Agent("ann")).Interventions.Engage(c.t.Context(), engage.Engagement{ThreadID: c.ada.ThreadID}))(c.t)
}

func (c *company) owner() handover.Owner {
	c.t.Helper()
	return must(c.eng.Control.Get(c.t.Context(), "page", c.ada.IdentityID))(c.t).Owner
}

// What is granted is answered word for word as the seed has it, also when it is asked
// again.
func TestSuccess(t *testing.T) {
	t.Parallel()
	const success = `{"status":200,"message":"Success"}`
	c := newCompany(t, handover.Settings{Primary: handover.Agent})
	for _, step := range []struct {
		query string
		owner handover.Owner
	}{{toBot, handover.Bot}, {toBot, handover.Bot}, {toAgent, handover.Agent}, {toAgent, handover.Agent}} {
		w, _ := c.posts(step.query)
		if w.Code != http.StatusOK || w.Body.String() != success || c.owner() != step.owner {
			t.Fatalf("%s: %d %s, and %s has control", step.query, w.Code, w.Body, c.owner())
		}
	}
}

// Each kind of refusal has its status and name, changes nothing, and is not logged; but
// for faults of the server, of which nothing is told.
func TestRefusals(t *testing.T) {
	t.Parallel()
	with := func(query, name, value string) string {
		q, _ := url.ParseQuery(query)
		q.Set(name, value)
		if value == "" {
			q.Del(name)
		}
		return q.Encode()
	}
	for _, row := range []struct {
		name   string
		before func(c *company)
		query  string
		status int
		error  string
	}{
		{"no parameter", nil, with(toBot, "identity_foreign_id", ""), 400, "missing_parameter"},
		{"no app on Messenger", nil, with(toBot, "app_id", ""), 400, "missing_parameter"},
		{"a side that is none", nil, with(toBot, "from", "cat"), 400, "unknown_value"},
		{"a parameter twice", nil, toBot + "&to=agent", 400, "unknown_value"},
		{"a token twice", nil, toBot + "&access_token=t0ken", 400, "unknown_value"},
		{"to the same side", nil, with(toBot, "from", "bot"), 400, "same_side"},
		{"a query that is none", nil, "%zz", 400, "unreadable"},
		{"nobody knows who asks", nil, with(toBot, "access_token", "guessed"), 401, "unauthorized"},
		{"nobody says who asks", nil, with(toBot, "access_token", ""), 401, "unauthorized"},
		{"who asks may not", nil, with(toBot, "access_token", "stranger"), 403, "forbidden"},
		{"nobody has that ID", nil, with(toBot, "identity_foreign_id", "bea"), 404, "unknown_identity"},
		{"a type that no source has", nil, with(toBot, "type", "page"), 400, "unknown_value"},
		{"no such intervention", nil, "access_token=t0ken&from=agent&to=bot&type=engage_virtual_agent&app_id=robot&intervention_id=none", 404, "not_found"},
		{"several have that ID", func(c *company) {
			must(c.eng.Sources.Create(c.t.Context(), interaction.Source{ID: "shop", Type: "messenger", CommunityID: "page", Active: true}))(c.t)
			if err := c.eng.Control.Configure(c.t.Context(), "shop", handover.Settings{}); err != nil {
				c.t.Fatal(err)
			}
		}, toBot, 409, "ambiguous_identity"},
		{"an intervention is engaged", func(c *company) { c.engages() }, toBot, 422, "intervention_engaged"},
		{"another app has control", func(c *company) {
			must(c.eng.Control.Report(c.t.Context(), engage.ControlReport{
				SourceID: "page", IdentityForeignID: "ada", Party: handover.Party{Owner: handover.Other, App: "inbox"}, At: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC),
			}))(c.t)
		}, toAgent, 422, "wrong_from"},
		{"a category that is not known", nil, toBot + "&thread_category_ids[]=none", 422, "invalid"},
		{"nobody knows", func(c *company) {
			c.st.Inject(faults.Fail(fmt.Errorf("%w: disk on fire", engage.ErrUnknownOutcome)).On(faults.Commit))
		}, toBot, 503, "unknown_outcome"},
		{"the store is busy", func(c *company) { c.st.Inject(faults.Fail(engage.ErrUnavailable)) }, toBot, 503, "unavailable"},
		{"others are faster each time", func(c *company) { c.st.Inject(faults.Fail(engage.ErrConflict).On(faults.Commit)) }, toBot, 409, "conflict"},
		{"the store is damaged", func(c *company) { c.st.Inject(faults.Fail(errors.New("disk on fire")).On(faults.Get)) }, toBot, 500, "internal_error"},
		{"the host cannot say who asks", nil, with(toBot, "access_token", "broken"), 500, "internal_error"},
		{"the host has a bug", nil, with(toBot, "access_token", "none"), 500, "internal_error"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, handover.Settings{Primary: handover.Agent})
			if row.before != nil {
				row.before(c)
			}
			w, said := c.posts(row.query)
			if w.Code != row.status || said.Error != row.error || said.Message == "" {
				t.Errorf("%d %s, want %d %s", w.Code, w.Body, row.status, row.error)
			}
			for _, secret := range []string{"disk on fire", "nobody's business", "directory"} {
				if strings.Contains(w.Body.String(), secret) {
					t.Errorf("it tells what is nobody's business: %s", w.Body)
				}
			}
			if logged := c.logged.Len() > 0; logged != (row.status == http.StatusInternalServerError) {
				t.Errorf("logged: %s", c.logged)
			}
			c.st.Heal()
			if owner := c.owner(); owner == handover.Bot {
				t.Error("the bot got control")
			}
		})
	}
}

// A refusal says what is in the way, and when to try again.
func TestRefusalsSayWhatHelps(t *testing.T) {
	t.Parallel()
	c := newCompany(t, handover.Settings{Primary: handover.Agent, MaxMoves: 3, MovesWithin: 90})
	i := c.engages()
	_, said := c.posts(toBot)
	if len(said.Interventions) != 1 || said.Interventions[0].InterventionID != i.ID || !strings.Contains(said.Remedy, "when_free=true") {
		t.Errorf("%+v does not name %s", said, i.ID)
	}
	w, _ := c.posts(toBot + "&when_free=true")
	if w.Code != http.StatusOK || c.owner() != handover.Agent {
		t.Errorf("as soon as it is free: %s", w.Body)
	}
	must(c.eng.Interventions.Cancel(t.Context(), i.ID))(t)
	if c.owner() != handover.Bot {
		t.Errorf("%s has control when it is free", c.owner())
	}
	for _, query := range []string{toAgent, toBot} {
		if w, _ := c.posts(query); w.Code != http.StatusOK {
			t.Fatal(w.Body)
		}
	}
	w, said = c.posts(toAgent)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "Fri, 01 May 2026 12:01:30 GMT" || said.RetryAt.IsZero() {
		t.Errorf("too often: %s, Retry-After %s", w.Body, w.Header().Get("Retry-After"))
	}

	must(c.eng.Sources.Create(t.Context(), interaction.Source{ID: "shop", Type: "messenger", CommunityID: "page", Active: true}))(t)
	if err := c.eng.Control.Configure(t.Context(), "shop", handover.Settings{}); err != nil {
		t.Fatal(err)
	}
	if _, said = c.posts(toBot); !strings.Contains(said.Remedy, "page, shop") {
		t.Errorf("of several sources: %+v", said)
	}
	if w, _ = c.posts(toBot + "&source_id=page"); w.Code != http.StatusOK {
		t.Errorf("the source is named: %s", w.Body)
	}
}

// The parameters stand in the query, in a form, or in both.
func TestForms(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for _, row := range []struct {
		name, query, kind, body string
		status                  int
	}{
		{"all in a form", "", form + "; charset=UTF-8", toBot, 200},
		{"the token in the query", "access_token=t0ken", form, strings.TrimPrefix(toBot, "access_token=t0ken&"), 200},
		{"nothing in a body of whatever type", toBot, "application/json", "", 200},
		{"twice", toBot, form, toBot, 400},
		{"a form that is none", "", form, "%zz", 400},
		{"JSON", "access_token=t0ken", "application/json", `{"from":"bot"}`, 415},
		{"no type", toBot, "", "x", 415},
		{"too large", toBot, form, "x=" + strings.Repeat("y", botsapi.MaxBody), 413},
		{"as large as can be", toBot, form, "x=" + strings.Repeat("y", botsapi.MaxBody-2), 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, handover.Settings{Primary: handover.Agent})
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?"+row.query, strings.NewReader(row.body))
			r.Header.Set("Content-Type", row.kind)
			w, _ := c.asks(r)
			if w.Code != row.status || (c.owner() == handover.Bot) != (row.status == 200) {
				t.Errorf("%d %s, want %d; %s has control", w.Code, w.Body, row.status, c.owner())
			}
		})
	}
}

// A form with all that a request can have fits.
func TestTheLargestRequestFits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", handover.MaxParameter/2)
	q := url.Values{}
	for _, name := range []string{"access_token", "identity_foreign_id", "from", "to", "type", "app_id", "intervention_id", "trigger", "source_id", "when_free"} {
		q.Set(name, long)
	}
	for range handover.MaxThreadCategories {
		q.Add("thread_category_ids[]", long)
	}
	if size := len(q.Encode()); size > botsapi.MaxBody {
		t.Errorf("it has %d bytes", size)
	}
}

func TestOtherMethods(t *testing.T) {
	t.Parallel()
	c := newCompany(t, handover.Settings{Primary: handover.Agent})
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		w, said := c.asks(httptest.NewRequestWithContext(t.Context(), method, "/?"+toBot, http.NoBody))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost || said.Error != "method_not_allowed" {
			t.Errorf("%s: %d, Allow %q", method, w.Code, w.Header().Get("Allow"))
		}
	}
	if c.owner() == handover.Bot {
		t.Error("the bot got control")
	}
}

// The host learns the token from wherever it stands, and can read the body itself.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	var token, body string
	endpoint := must(botsapi.New(botsapi.Options{Control: func(r *http.Request, accessToken handover.AccessToken) (botsapi.Control, error) {
		read, err := io.ReadAll(r.Body)
		token, body = accessToken.Reveal(), string(read)
		return nil, errors.Join(err, botsapi.ErrUnauthorized)
	}}))(t)
	for _, row := range []struct{ header, query, body, token string }{
		{"Bearer from the header", "", "a=b", "from the header"},
		{"bearer  x ", "", "", "x"},
		{"Basic x", "", "", ""},
		{"", "access_token=a", "", "a"},
		{"Bearer b", "", "access_token=a", "a"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?"+row.query, strings.NewReader(row.body))
		r.Header.Set("Authorization", row.header)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		endpoint.ServeHTTP(w, r)
		if token != row.token || body != row.body || w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("%+v: the token %q, the body %q, status %d", row, token, body, w.Code)
		}
	}
}

// handing is a Control that is asked.
type handing func(context.Context, handover.Request) (engage.Handed, error)

func (h handing) Handover(ctx context.Context, r handover.Request) (engage.Handed, error) {
	return h(ctx, r)
}

// The request is asked for as long as somebody waits for the answer, with its
// token, which it does not show.
func TestNobodyWaits(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	endpoint := must(botsapi.New(botsapi.Options{
		Logger: slog.New(slog.NewTextHandler(&logged, nil)),
		Control: func(r *http.Request, token handover.AccessToken) (botsapi.Control, error) {
			if token.Is("slow") {
				return nil, r.Context().Err()
			}
			return handing(func(ctx context.Context, asked handover.Request) (engage.Handed, error) {
				if !asked.AccessToken.Is(token.Reveal()) || strings.Contains(fmt.Sprintf("%+v", asked), token.Reveal()) {
					t.Error("the request has another token, or shows it")
				}
				return engage.Handed{}, ctx.Err()
			}), nil
		},
	}))(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, query := range []string{toBot, strings.Replace(toBot, "t0ken", "slow", 1)} {
		w := httptest.NewRecorder()
		endpoint.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/?"+query, http.NoBody))
		if w.Code != http.StatusServiceUnavailable {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	if logged.Len() > 0 {
		t.Errorf("logged: %s", &logged)
	}
}

func TestNewNeedsToKnowWhoAsks(t *testing.T) {
	t.Parallel()
	if _, err := botsapi.New(botsapi.Options{}); err == nil {
		t.Error("without Control everybody might ask")
	}
}
