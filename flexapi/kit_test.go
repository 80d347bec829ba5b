package flexapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/flexapi"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// noon is when tests begin.
var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// clock is moved by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// centre is a contact centre with the endpoint over it: a queue, a workflow that leads to it,
// and Ann, who is available and has room for two on sms.
type centre struct {
	*testing.T

	eng       *engage.Engine
	st        store.Store
	clock     *clock
	endpoint  http.Handler
	logged    bytes.Buffer
	workspace routing.Workspace
	// activities are the SIDs of those of the workspace, by their names.
	activities map[string]string
	queue      routing.Queue
	workflow   routing.Workflow
	ann        routing.Worker
}

func newCentre(t *testing.T, options ...func(*centre, *engage.Options, *flexapi.Options)) *centre {
	t.Helper()
	c := &centre{T: t, clock: &clock{now: noon}, activities: map[string]string{}}
	c.st = memory.New()
	t.Cleanup(func() { _ = c.st.Close() })
	opts, endpoint := engage.Options{Clock: c.clock.read}, flexapi.Options{
		Base: routing.Base{Flex: "https://flex.test", TaskRouter: "https://taskrouter.test"}, Logger: slog.New(slog.NewTextHandler(&c.logged, nil)),
	}
	for _, option := range options {
		option(c, &opts, &endpoint)
	}
	c.eng = must(engage.New(t.Context(), c.st, &opts))(t)
	c.endpoint = flexapi.New(c.eng, endpoint)
	must(c.eng.Sources.Create(t.Context(), interaction.Source{ID: "sms", Type: "sms", Active: true}))(t)
	c.workspace = must(c.eng.Workspaces.Create(t.Context(), engage.NewWorkspace{FriendlyName: "Support"}))(t)
	for _, a := range must(c.eng.Activities.List(t.Context(), c.workspace.SID, 0, ""))(t).Items {
		c.activities[a.FriendlyName] = a.SID
	}
	c.queue = must(c.eng.Queues.Create(t.Context(), c.workspace.SID, engage.NewQueue{FriendlyName: "Everybody"}))(t)
	c.workflow = must(c.eng.Workflows.Create(t.Context(), c.workspace.SID, engage.NewWorkflow{
		FriendlyName: "Everything", Configuration: fmt.Sprintf(`{"task_routing":{"default_filter":{"queue":%q}}}`, c.queue.SID),
	}))(t)
	c.ann = must(c.eng.Workers.Create(t.Context(), c.workspace.SID, engage.NewWorker{
		FriendlyName: "ann", ActivitySID: c.activities["Available"], Capacities: map[string]int{"sms": 2},
	}))(t)
	c.runs()
	return c
}

// runs does the jobs that are due.
func (c *centre) runs() {
	c.Helper()
	must(c.eng.RunDue(c.Context()))(c)
}

// answered is what the endpoint has answered.
type answered struct {
	*httptest.ResponseRecorder

	c *centre
}

// asks sends a request: parameters in name, value pairs, in the query of a GET and in the form
// of a POST.
func (c *centre) asks(method, path string, parameters ...string) answered {
	c.Helper()
	values := url.Values{}
	for n := 0; n+1 < len(parameters); n += 2 {
		values.Add(parameters[n], parameters[n+1])
	}
	if method == http.MethodPost {
		return c.sends(c.request(method, path, "application/x-www-form-urlencoded", values.Encode()))
	}
	if len(values) > 0 {
		path += "?" + values.Encode()
	}
	return c.sends(c.request(method, path, "", ""))
}

func (c *centre) request(method, path, kind, body string) *http.Request {
	r := httptest.NewRequestWithContext(c.Context(), method, path, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return r
}

func (c *centre) sends(r *http.Request) answered {
	c.Helper()
	w := httptest.NewRecorder()
	c.endpoint.ServeHTTP(w, r)
	return answered{w, c}
}

// get and post send a request that is answered with 200 or 201.
func (c *centre) get(path string, parameters ...string) answered {
	c.Helper()
	return c.asks(http.MethodGet, path, parameters...).is(http.StatusOK)
}

func (c *centre) post(path string, parameters ...string) answered {
	c.Helper()
	a := c.asks(http.MethodPost, path, parameters...)
	if a.Code != http.StatusOK && a.Code != http.StatusCreated {
		c.Fatalf("POST %s: %d %s", path, a.Code, a.Body)
	}
	return a
}

// is ends the test unless the status is the one that is expected.
func (a answered) is(status int) answered {
	a.c.Helper()
	if a.Code != status {
		a.c.Fatalf("%d %s, want %d", a.Code, a.Body, status)
	}
	return a
}

// shows says that the answer is some JSON, whatever else is in it.
func (a answered) shows(want string) answered {
	a.c.Helper()
	var got, wanted any
	if err := json.Unmarshal(a.Body.Bytes(), &got); err != nil {
		a.c.Fatalf("%s: %v", a.Body, err)
	}
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		a.c.Fatalf("%s: %v", want, err)
	}
	if path, ok := within(wanted, got, ""); !ok {
		a.c.Errorf("%s, want %s at %s", a.Body, want, path)
	}
	return a
}

// within reports whether all of some JSON is in another, and else where it is not.
func within(want, got any, path string) (string, bool) {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		for name := range want {
			value, there := fields[name]
			if !ok || !there {
				return path + "." + name, false
			}
			if where, same := within(want[name], value, path+"."+name); !same {
				return where, false
			}
		}
		return path, ok
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) != len(want) {
			return path, false
		}
		for n := range want {
			if where, same := within(want[n], items[n], fmt.Sprintf("%s[%d]", path, n)); !same {
				return where, false
			}
		}
		return path, true
	}
	return path, want == got
}

// at returns a text that stands in the answer.
func (a answered) at(path ...string) string {
	a.c.Helper()
	var v any
	if err := json.Unmarshal(a.Body.Bytes(), &v); err != nil {
		a.c.Fatalf("%s: %v", a.Body, err)
	}
	for _, name := range path {
		fields, _ := v.(map[string]any)
		v = fields[name]
	}
	text, ok := v.(string)
	if !ok {
		a.c.Fatalf("%s has no text %s", a.Body, strings.Join(path, "."))
	}
	return text
}

// refused says that the answer is an error of the platform's form.
func (a answered) refused(status, code int) routing.ErrorView {
	a.c.Helper()
	var view routing.ErrorView
	if err := json.Unmarshal(a.Body.Bytes(), &view); err != nil {
		a.c.Fatalf("%d %s: %v", a.Code, a.Body, err)
	}
	if a.Code != status || view.Status != status || view.Code != code || view.Message == "" || view.MoreInfo != routing.MoreInfo(code) {
		a.c.Errorf("%d %s, want %d %d", a.Code, a.Body, status, code)
	}
	if kind := a.Header().Get("Content-Type"); kind != "application/json" {
		a.c.Errorf("the type of an error is %s", kind)
	}
	return view
}

// below is the path of something in the workspace.
func (c *centre) below(path ...string) string {
	return "/v1/Workspaces/" + c.workspace.SID + "/" + strings.Join(path, "/")
}

// numbered is a SID that nothing has.
func numbered(prefix string) string { return prefix + strings.Repeat("0", 31) + "1" }

// must returns a value, or ends the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		if err != nil {
			tb.Helper()
			tb.Fatal(err)
		}
		return v
	}
}

func newWorkspace(name string) engage.NewWorkspace { return engage.NewWorkspace{FriendlyName: name} }

func ofTask(sid string) engage.ReservationFilter { return engage.ReservationFilter{TaskSID: sid} }

// begins creates an interaction that begins with the API, and returns the answer.
func (c *centre) begins(parameters ...string) answered {
	c.Helper()
	return c.post("/v1/Interactions", append([]string{
		"Channel", `{"type":"sms","initiated_by":"api","participants":[{"address":"+13115552368","proxy_address":"+192555512345"}]}`,
		"Routing", fmt.Sprintf(`{"properties":{"workspace_sid":%q,"task_channel_unique_name":"sms"}}`, c.workspace.SID),
	}, parameters...)...)
}

// channel returns the path of a channel that is active.
func (c *centre) channel() string {
	c.Helper()
	made := c.begins()
	c.runs()
	path := "/v1/Interactions/" + made.at("sid") + "/Channels/" + made.at("channel", "sid")
	c.get(path).shows(`{"status":"active"}`)
	return path
}
