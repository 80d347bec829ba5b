package compat

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/flexapi"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/twilio/twilio-go"
	"github.com/twilio/twilio-go/client"
	flex "github.com/twilio/twilio-go/rest/flex/v1"
	taskrouter "github.com/twilio/twilio-go/rest/taskrouter/v1"
)

const token = "0123456789abcdef0123456789abcdef"

// elsewhere sends what is meant for the platform to another server: the library knows the
// platform's hosts only. The header Host stays, so that URLs in answers are the platform's.
type elsewhere struct{ to *url.URL }

func (e elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = e.to.Scheme, e.to.Host
	return http.DefaultTransport.RoundTrip(r)
}

// centre is a contact centre behind the endpoint, and the library that talks to it.
type centre struct {
	t     *testing.T
	eng   *engage.Engine
	clock *clock
	to    *url.URL

	*twilio.RestClient
	workspace, queue, workflow, worker string
	available, offline                 string // activities
}

// clock is moved by the test.
type clock struct {
	sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.Lock()
	defer c.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.Lock()
	defer c.Unlock()
	c.now = c.now.Add(d)
}

// newServer returns an Engine behind the endpoint.
func newServer(t *testing.T) (*engage.Engine, *clock, *url.URL) {
	t.Helper()
	at := &clock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	st := memory.New()
	t.Cleanup(func() { _ = st.Close() })
	eng := must(engage.New(t.Context(), st, &engage.Options{Clock: at.read}))(t)
	must(eng.Sources.Create(t.Context(), interaction.Source{ID: "sms", Type: "sms", Active: true}))(t)
	account := must(eng.Workspaces.Create(t.Context(), engage.NewWorkspace{FriendlyName: "Somebody else's"}))(t).AccountSID
	server := httptest.NewServer(flexapi.New(eng, flexapi.Options{Actor: func(r *http.Request) (engage.Actor, error) {
		if name, password, ok := r.BasicAuth(); !ok || name != account || password != token {
			return engage.Actor{}, flexapi.ErrUnauthorized
		}
		return eng.Actor(), nil
	}}))
	t.Cleanup(server.Close)
	return eng, at, must(url.Parse(server.URL))(t)
}

// newClient returns the library, talking to a server.
func newClient(account, password string, to *url.URL) *twilio.RestClient {
	c := &client.Client{Credentials: client.NewCredentials(account, password), HTTPClient: &http.Client{Transport: elsewhere{to}}}
	c.SetAccountSid(account)
	return twilio.NewRestClientWithParams(twilio.ClientParams{Client: c})
}

// newCentre sets up a contact centre by the library alone.
func newCentre(t *testing.T) *centre {
	t.Helper()
	eng, at, to := newServer(t)
	account := must(eng.Workspaces.List(t.Context(), 1, ""))(t).Items[0].AccountSID
	c := &centre{t: t, eng: eng, clock: at, to: to, RestClient: newClient(account, token, to)}

	workspace := must(c.TaskrouterV1.CreateWorkspace((&taskrouter.CreateWorkspaceParams{}).SetFriendlyName("Support")))(t)
	c.workspace = *workspace.Sid
	for _, a := range must(c.TaskrouterV1.ListActivity(c.workspace, nil))(t) {
		switch *a.FriendlyName {
		case "Available":
			c.available = *a.Sid
		case "Offline":
			c.offline = *a.Sid
		}
	}
	c.queue = *must(c.TaskrouterV1.CreateTaskQueue(c.workspace, (&taskrouter.CreateTaskQueueParams{}).
		SetFriendlyName("English").SetTargetWorkers("languages HAS 'en'")))(t).Sid
	configuration := must(json.Marshal(map[string]any{"task_routing": map[string]any{"default_filter": map[string]any{"queue": c.queue}}}))(t)
	c.workflow = *must(c.TaskrouterV1.CreateWorkflow(c.workspace, (&taskrouter.CreateWorkflowParams{}).
		SetFriendlyName("Everything").SetConfiguration(string(configuration)).SetTaskReservationTimeout(60)))(t).Sid
	c.worker = *must(c.TaskrouterV1.CreateWorker(c.workspace, (&taskrouter.CreateWorkerParams{}).
		SetFriendlyName("ann").SetActivitySid(c.available).SetAttributes(`{"languages":["en","de"]}`)))(t).Sid
	must(c.TaskrouterV1.UpdateWorkerChannel(c.workspace, c.worker, "sms", (&taskrouter.UpdateWorkerChannelParams{}).SetCapacity(3)))(t)
	c.runs()
	return c
}

// runs does the jobs that are due.
func (c *centre) runs() {
	c.t.Helper()
	must(c.eng.RunDue(c.t.Context()))(c.t)
}

// begins creates an interaction, and returns it with its channel and its task.
func (c *centre) begins(channel, routing any) (sid, channelSID, taskSID string) {
	c.t.Helper()
	made := must(c.FlexV1.CreateInteraction((&flex.CreateInteractionParams{}).SetChannel(channel).SetRouting(routing)))(c.t)
	return *made.Sid, at[string](c.t, *made.Channel, "sid"), at[string](c.t, *made.Routing, "properties", "sid")
}

// outbound is the seed's sample of an interaction that begins with the API.
func (c *centre) outbound() (channel, properties any) {
	return map[string]any{
			"type": "sms", "initiated_by": "api",
			"participants": []any{map[string]any{"address": "+13115552368", "proxy_address": "+192555512345"}},
		}, map[string]any{"properties": map[string]any{
			"workspace_sid": c.workspace, "workflow_sid": c.workflow, "task_channel_unique_name": "sms",
			"attributes": map[string]any{"from": "testname", "customerName": "testcustomer", "customerAddress": "+13115552368"},
		}}
}

// at is what stands in decoded JSON.
func at[T any](t *testing.T, v any, path ...string) T {
	t.Helper()
	for _, name := range path {
		fields, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("%s of %v, which is no object", strings.Join(path, "."), v)
		}
		v = fields[name]
	}
	value, ok := v.(T)
	if !ok {
		t.Fatalf("%s is %v", strings.Join(path, "."), v)
	}
	return value
}

// refused says that a call is refused with a status and a code, by an error of the library's
// own type.
func refused(t *testing.T, err error, status, code int) *client.TwilioRestError {
	t.Helper()
	told, ok := errors.AsType[*client.TwilioRestError](err)
	if !ok {
		t.Fatalf("%v (%T) is no error of the library", err, err)
	}
	if told.Status != status || told.Code != code || told.Message == "" || !strings.HasSuffix(told.MoreInfo, "/errors/"+strconv.Itoa(code)) {
		t.Errorf("%v, want %d with the code %d", told, status, code)
	}
	return told
}

// must returns a value, or ends the test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
		return v
	}
}
