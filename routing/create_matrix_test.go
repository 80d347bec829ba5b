package routing_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

// matrix says, written out by hand from the documentation, which fields a request must have,
// for whoever begins it on whatever channel. R: it must be there; -: it need not. A line
// without an R is a request that must go through when only what has an R in it is there.
//
//   - media: channel.properties.media_channel_sid
//   - people: channel.participants
//   - from: channel.properties.from and from_name
//   - space, flow, queue, worker: the SIDs of routing.properties
//   - people, where there is a conversation: the same once media_channel_sid is given
const matrix = `
	who      channel   | media | people | with-media | from | space | flow | queue | worker
	customer sms       | R     | -      | -          | -    | R     | R    | -     | -
	customer whatsapp  | R     | -      | -          | -    | R     | R    | -     | -
	customer web       | R     | -      | -          | -    | R     | R    | -     | -
	customer chat      | R     | -      | -          | -    | R     | R    | -     | -
	customer email     | R     | -      | -          | -    | R     | R    | -     | -
	customer messenger | R     | -      | -          | -    | R     | R    | -     | -
	customer gbm       | R     | -      | -          | -    | R     | R    | -     | -
	agent    sms       | -     | R      | -          | -    | R     | R    | R     | R
	agent    whatsapp  | -     | R      | -          | -    | R     | R    | R     | R
	agent    web       | -     | R      | -          | -    | R     | R    | R     | R
	agent    chat      | -     | R      | -          | -    | R     | R    | R     | R
	agent    email     | -     | R      | -          | R    | R     | R    | R     | R
	agent    messenger | -     | R      | -          | -    | R     | R    | R     | R
	agent    gbm       | -     | R      | -          | -    | R     | R    | R     | R
	api      sms       | -     | R      | -          | -    | R     | R    | -     | -
	api      whatsapp  | -     | R      | -          | -    | R     | R    | -     | -
	api      web       | -     | R      | -          | -    | R     | R    | -     | -
	api      chat      | -     | R      | -          | -    | R     | R    | -     | -
	api      email     | -     | R      | -          | R    | R     | R    | -     | -
	api      messenger | -     | R      | -          | -    | R     | R    | -     | -
	api      gbm       | -     | R      | -          | -    | R     | R    | -     | -
`

// someone is a participant of each type of channel.
var someone = map[string]map[string]any{
	"sms":       {"address": "+13115552368", "proxy_address": "+192555512345"},
	"whatsapp":  {"address": "whatsapp:+13115552368", "proxy_address": "whatsapp:+19251235555"},
	"web":       {"identity": "jane.doe"},
	"chat":      {"identity": "jane.doe"},
	"email":     {"level": "to", "name": "Jane Doe", "address": "jane@example.com"},
	"messenger": {"identity": "jane.doe"},
	"gbm":       {"address": "gbm-1", "proxy_address": "gbm-2"},
}

// filled is a request with everything in it that any needs.
func filled(who, channel string) map[string]any {
	return map[string]any{
		"channel": map[string]any{
			"type": channel, "initiated_by": who,
			"properties":   map[string]any{"media_channel_sid": numbered("CH", 1), "from": "us@example.com", "from_name": "Us"},
			"participants": []any{someone[channel]},
		},
		"routing": map[string]any{"properties": map[string]any{
			"workspace_sid": numbered("WS", 1), "workflow_sid": numbered("WW", 1), "queue_sid": numbered("WQ", 1), "worker_sid": numbered("WK", 1),
		}},
	}
}

// without takes a field out of a request.
func without(request map[string]any, path string) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		request = request[name].(map[string]any)
	}
	delete(request, names[len(names)-1])
}

// with puts a field into a request.
func with(request map[string]any, path string, value any) {
	names := strings.Split(path, ".")
	for _, name := range names[:len(names)-1] {
		inner, is := request[name].(map[string]any)
		if !is {
			inner = map[string]any{}
			request[name] = inner
		}
		request = inner
	}
	request[names[len(names)-1]] = value
}

// form is a request as it is sent.
func form(tb testing.TB, request map[string]any) routing.CreateForm {
	tb.Helper()
	var f routing.CreateForm
	for name, part := range map[string]*[]byte{"channel": &f.Channel, "routing": &f.Routing} {
		if value, is := request[name]; is {
			text, err := json.Marshal(value)
			if err != nil {
				tb.Fatal(err)
			}
			*part = text
		}
	}
	return f
}

// found are the paths of the problems, in order, each once.
func found(tb testing.TB, err error) []string {
	tb.Helper()
	if err == nil {
		return nil
	}
	problems, ok := errors.AsType[*routing.ProblemsError](err)
	if !ok {
		tb.Fatal(err)
	}
	var paths []string
	for _, p := range problems.Problems {
		if p.Message == "" {
			tb.Errorf("%s without a message", p.Path)
		}
		paths = append(paths, p.Path)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// fields are the columns of the matrix.
var fields = map[string][]string{
	"media": {"channel.properties.media_channel_sid"}, "people": {"channel.participants"}, "with-media": {"channel.participants"},
	"from":  {"channel.properties.from", "channel.properties.from_name"},
	"space": {"routing.properties.workspace_sid"}, "flow": {"routing.properties.workflow_sid"},
	"queue": {"routing.properties.queue_sid"}, "worker": {"routing.properties.worker_sid"},
}

func TestTheMatrixOfRequiredFields(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(matrix, "|", "")), "\n")
	columns := strings.Fields(lines[0])
	cells := 0
	for _, line := range lines[1:] {
		row := strings.Fields(line)
		who, channel := row[0], row[1]
		t.Run(who+" "+channel, func(t *testing.T) {
			t.Parallel()
			if got := found(t, parseErr(form(t, filled(who, channel)))); got != nil {
				t.Errorf("with everything: %v", got)
			}
			least := filled(who, channel)
			for n, column := range columns[2:] {
				needed := row[n+2] == "R"
				for _, path := range fields[column] {
					request := filled(who, channel)
					if column == "people" {
						without(request, "channel.properties.media_channel_sid")
						if who == "customer" {
							continue // it needs the one, so that there is no request without both
						}
					}
					without(request, path)
					var want []string
					if needed {
						want = []string{path}
					}
					if got := found(t, parseErr(form(t, request))); !slices.Equal(got, want) {
						t.Errorf("without %s: %v, want %v", path, got, want)
					}
					if !needed && column != "with-media" {
						without(least, path)
					}
				}
			}
			if who == "customer" {
				without(least, "channel.participants")
			}
			if got := found(t, parseErr(form(t, least))); got != nil {
				t.Errorf("with what it needs: %v", got)
			}
		})
		cells += len(row) - 2
	}
	if cells != 3*7*8 {
		t.Errorf("the matrix has %d cells", cells)
	}
}

func parseErr(f routing.CreateForm) error {
	_, _, err := routing.ParseCreate(f, nil)
	return err
}

func TestAChannelThatIsThereNeedsNeitherPropertiesNorRouting(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"customer", "agent", "api"} {
		for _, channel := range []string{"sms", "whatsapp", "web", "chat", "email", "messenger", "gbm"} {
			request := map[string]any{"channel": map[string]any{"sid": numbered("UO", 1), "type": channel, "initiated_by": who}}
			if got := found(t, parseErr(form(t, request))); got != nil {
				t.Errorf("%s, %s: %v", who, channel, got)
			}
			for _, path := range []string{"channel.type", "channel.initiated_by"} {
				request := map[string]any{"channel": map[string]any{"sid": numbered("UO", 1), "type": channel, "initiated_by": who}}
				without(request, path)
				if got := found(t, parseErr(form(t, request))); !slices.Equal(got, []string{path}) {
					t.Errorf("without %s: %v", path, got)
				}
			}
			// A task that is asked for is looked at all the same.
			request["routing"] = map[string]any{"properties": map[string]any{}}
			want := []string{"routing.properties.workflow_sid", "routing.properties.workspace_sid"}
			if who == "agent" {
				want = []string{
					"routing.properties.queue_sid", "routing.properties.worker_sid", "routing.properties.workflow_sid", "routing.properties.workspace_sid",
				}
			}
			if got := found(t, parseErr(form(t, request))); !slices.Equal(got, want) {
				t.Errorf("%s, %s, with routing: %v", who, channel, got)
			}
		}
	}
}

func TestTheOnlyWorkflowNeedNotBeNamed(t *testing.T) {
	t.Parallel()
	only := func(workspace string) string {
		if workspace == numbered("WS", 1) {
			return numbered("WW", 7)
		}
		return ""
	}
	for workspace, want := range map[string][]string{
		numbered("WS", 1): nil,
		numbered("WS", 2): {"routing.properties.workflow_sid"},
		"":                {"routing.properties.workflow_sid", "routing.properties.workspace_sid"},
	} {
		request := filled("api", "sms")
		without(request, "routing.properties.workflow_sid")
		with(request, "routing.properties.workspace_sid", workspace)
		r, _, err := routing.ParseCreate(form(t, request), only)
		if got := found(t, err); !slices.Equal(got, want) {
			t.Errorf("in %q: %v", workspace, got)
		}
		if r.Routing.Properties.WorkflowSID != "" {
			t.Error("something was put in its place")
		}
	}
}

func TestParticipantsOfEachChannel(t *testing.T) {
	t.Parallel()
	// The fields of participants that each channel takes, of a, p (proxy), i, l and n.
	takes := map[string][]string{
		"sms": {"ap", "apn"}, "whatsapp": {"ap", "apn"},
		"web": {"i", "in"}, "chat": {"i", "in"},
		"email":     {"aln"},
		"messenger": {"i", "in", "ap", "apn"}, "gbm": {"i", "in", "ap", "apn"},
	}
	for channel, shapes := range takes {
		for bits := range 1 << 5 {
			p, shape := map[string]any{}, ""
			for n, field := range []struct{ letter, name string }{{"a", "address"}, {"i", "identity"}, {"l", "level"}, {"n", "name"}, {"p", "proxy_address"}} {
				if bits>>n&1 == 0 {
					continue
				}
				shape += field.letter
				switch value := map[string]string{"a": "1", "i": "jane", "l": "to", "n": "Jane", "p": "2"}[field.letter]; {
				case channel == "whatsapp" && (field.letter == "a" || field.letter == "p"):
					p[field.name] = "whatsapp:" + value
				case channel == "email" && field.letter == "a":
					p[field.name] = "jane@example.com"
				default:
					p[field.name] = value
				}
			}
			// A level does no harm elsewhere: it is only warned of.
			as := func(shape string) string {
				if channel != "email" {
					shape = strings.ReplaceAll(shape, "l", "")
				}
				letters := strings.Split(shape, "")
				slices.Sort(letters)
				return strings.Join(letters, "")
			}
			want := slices.ContainsFunc(shapes, func(s string) bool { return as(s) == as(shape) })
			request := filled("api", channel)
			with(request, "channel.participants", []any{p})
			err := parseErr(form(t, request))
			if (err == nil) != want {
				t.Errorf("%s with %v: %v", channel, p, err)
			}
			for _, path := range found(t, err) {
				if !strings.HasPrefix(path, "channel.participants[0]") {
					t.Errorf("%s with %v: %s", channel, p, path)
				}
			}
			if problems, ok := errors.AsType[*routing.ProblemsError](err); ok {
				for _, problem := range problems.Problems {
					if problem.Code != 45351 {
						t.Errorf("%s with %v: %v", channel, p, problem)
					}
				}
			}
		}
	}
}

// TestTheSeedsSamples sends what the seed sends, with SIDs in place of its placeholders.
func TestTheSeedsSamples(t *testing.T) {
	t.Parallel()
	sids := strings.NewReplacer(
		"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", numbered("WS", 1), "WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", numbered("WW", 1),
		"WQXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", numbered("WQ", 1), "WKXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", numbered("WK", 1),
	)
	outbound := `{"properties":{"workspace_sid":"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","workflow_sid":"WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
		"queue_sid":"WQXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","worker_sid":"WKXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","task_channel_unique_name":"sms",
		"attributes":{"customerName":"silly name","customerAddress":"+13115552368"}}}`
	inbound := `{"properties":{"workspace_sid":"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","workflow_sid":"WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
		"task_channel_unique_name":"sms","attributes":{"from":"testname","customerName":"testcustomer","customerAddress":"+13115552368"}}}`
	people := `"participants":[{"address":"+13115552368","proxy_address":"+192555512345"}]`
	for _, c := range []struct {
		name, channel, routing string
		replaced               bool
		want                   []string
	}{
		{"nothing", `{}`, "", true, []string{"channel.initiated_by", "channel.type", "routing"}},
		{"a customer", `{"type":"sms","initiated_by":"customer"}`, "", true, []string{"channel.properties.media_channel_sid", "routing"}},
		{"an agent", `{"type":"sms","initiated_by":"agent",` + people + `}`, outbound, true, nil},
		{"the API", `{"type":"sms","initiated_by":"api",` + people + `}`, inbound, true, nil},
		{"placeholders", `{"type":"sms","initiated_by":"agent",` + people + `}`, outbound, false, []string{
			"routing.properties.queue_sid", "routing.properties.worker_sid", "routing.properties.workflow_sid", "routing.properties.workspace_sid",
		}},
	} {
		if c.replaced {
			c.routing = sids.Replace(c.routing)
		}
		r, warnings, err := routing.ParseCreate(routing.CreateForm{Channel: []byte(c.channel), Routing: []byte(c.routing)}, nil)
		if got := found(t, err); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if len(warnings) > 0 {
			t.Errorf("%s: %v", c.name, warnings)
		}
		if c.name == "an agent" {
			if r.RoutingTarget() != numbered("WK", 1) || r.Channel.InitiatedBy.Direction() != "outbound" {
				t.Errorf("%s goes %s to %q", c.name, r.Channel.InitiatedBy.Direction(), r.RoutingTarget())
			}
			if got := r.Routing.Properties.Attributes.String(); got != `{"customerAddress":"+13115552368","customerName":"silly name"}` {
				t.Error(got)
			}
		}
		if c.name == "the API" && (r.RoutingTarget() != "" || r.Channel.InitiatedBy.Direction() != "inbound") {
			t.Errorf("%s goes %s to %q", c.name, r.Channel.InitiatedBy.Direction(), r.RoutingTarget())
		}
	}
}
