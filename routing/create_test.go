package routing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

func TestEachWrongFieldIsNamed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 513)
	for _, c := range []struct {
		path  string
		value any
		code  int
		says  string
	}{
		{"channel.type", "voice", 45366, "voice is not a channel"},
		{"channel.type", "SMS", 45366, "sms, whatsapp, web, chat, email, messenger, gbm"},
		{"channel.type", 7, 45366, "must be a string"},
		{"channel.type", []any{"sms"}, 45366, "must be a string"},
		{"channel.type", "", 45366, "is missing"},
		{"channel.type", nil, 45366, "is missing"},
		{"channel.initiated_by", "supervisor", 45366, "customer, agent, api"},
		{"channel.initiated_by", true, 45366, "must be a string"},
		{"channel.sid", "UO12", 45366, "UO and 32 hexadecimal digits"},
		{"channel.sid", 12, 45366, "must be a string"},
		{"channel.properties", "x", 45366, "must be an object"},
		{"channel.properties", []any{}, 45366, "must be an object"},
		{"channel.properties.media_channel_sid", numbered("CF", 1), 45366, "CH and 32"},
		{"channel.properties.media_channel_sid", 1, 45366, "must be a string"},
		{"channel.properties.from", long, 45366, "longer than 512 bytes"},
		{"channel.properties.from_name", "a\x00b", 45366, "control characters"},
		{"channel.properties.subject", " ", 45366, "is blank"},
		{"channel.participants", map[string]any{}, 45351, "must be an array"},
		{"channel.participants", "jane", 45351, "must be an array"},
		{"channel.participants", slices.Repeat([]any{someone["sms"]}, 101), 45351, "more than 100"},
		{"channel.participants[0]", "jane", 45351, "must be an object"},
		{"channel.participants[0]", nil, 45351, "must be an object"},
		{"channel.participants[0].address", 7, 45351, "must be a string"},
		{"channel.participants[0].address", long, 45351, "longer than 512 bytes"},
		{"channel.participants[0].address", "", 45351, "is missing"},
		{"channel.participants[0].address", "whatsapp:+1", 45351, "the channel is sms"},
		{"channel.participants[0].proxy_address", "", 45351, "is missing"},
		{"channel.participants[0].identity", "jane", 45351, "must not be there"},
		{"routing", "x", 20001, "not JSON"},
		{"routing", 7, 20001, "must be a JSON object"},
		{"routing", []any{}, 20001, "must be a JSON object"},
		{"routing", nil, 20001, "is missing"},
		{"routing.properties", nil, 20001, "is missing"},
		{"routing.properties", 7, 20001, "must be an object"},
		{"routing.properties.workspace_sid", "WS" + strings.Repeat("X", 32), 20001, "WS and 32"},
		{"routing.properties.workspace_sid", numbered("WW", 1), 20001, "WS and 32"},
		{"routing.properties.workflow_sid", numbered("WW", 1) + "0", 20001, "WW and 32"},
		{"routing.properties.queue_sid", "default", 20001, "WQ and 32"},
		{"routing.properties.worker_sid", 7, 20001, "must be a string"},
		{"routing.properties.task_channel_sid", numbered("WC", 1), 20001, "TC and 32"},
		{"routing.properties.task_channel_unique_name", "7up", 20001, "letters, digits, _ and $"},
		{"routing.properties.task_channel_unique_name", "a-b", 20001, "letters, digits, _ and $"},
		{"routing.properties.task_channel_unique_name", strings.Repeat("a", 65), 20001, "at most 64"},
		{"routing.properties.attributes", 7, 20001, "must be an object"},
		{"routing.properties.attributes", []any{}, 20001, "must be an object"},
		{"routing.properties.attributes", "x", 20001, "not JSON"},
		{"routing.properties.attributes", "[]", 20001, "must be a JSON object"},
		{"routing.properties.attributes", map[string]any{"a": strings.Repeat("ä", 4096)}, 20001, "longer than 4096 characters"},
		{"routing.properties.attributes", map[string]any{"a": strings.Repeat("ä", 4000)}, 20001, "with those that each task has"},
		{"routing.properties.attributes", json.RawMessage(strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70)), 20001, "nest deeper"},
		{"routing.properties.priority", -1, 20001, "0 to 2147483647"},
		{"routing.properties.priority", int64(2147483648), 20001, "0 to 2147483647"},
		{"routing.properties.priority", 1.5, 20001, "whole number"},
		{"routing.properties.priority", json.RawMessage("1e999999999"), 20001, "whole number"},
		{"routing.properties.priority", "high", 20001, "whole number"},
		{"routing.properties.priority", "3/3", 20001, "whole number"},
		{"routing.properties.priority", true, 20001, "whole number"},
		{"routing.properties.timeout", 0, 20001, "1 to 1209600"},
		{"routing.properties.timeout", 1209601, 20001, "1 to 1209600"},
		{"routing.properties.timeout", "", 20001, "whole number"},
	} {
		t.Run(c.path+" "+fmt.Sprint(c.value)[:min(len(fmt.Sprint(c.value)), 20)], func(t *testing.T) {
			t.Parallel()
			request := filled("api", "sms")
			switch field, is := strings.CutPrefix(c.path, "channel.participants[0]"); {
			case is && field == "":
				with(request, "channel.participants", []any{c.value})
			case is:
				p := map[string]any{"address": "+13115552368", "proxy_address": "+192555512345", field[1:]: c.value}
				with(request, "channel.participants", []any{p})
			default:
				with(request, c.path, c.value)
			}
			r, _, err := routing.ParseCreate(form(t, request), nil)
			if got := found(t, err); !slices.Equal(got, []string{c.path}) {
				t.Fatalf("%v", got)
			}
			problems, _ := errors.AsType[*routing.ProblemsError](err)
			if p := problems.Problems[0]; p.Code != c.code || !strings.Contains(p.Message, c.says) || len(problems.Problems) != 1 {
				t.Errorf("%+v", problems.Problems)
			}
			if !strings.Contains(err.Error(), c.path) || strings.Contains(err.Error(), long) {
				t.Errorf("%.1000s", err)
			}
			// What could be read is there.
			if c.path != "channel.initiated_by" && r.Channel.InitiatedBy != routing.ByAPI {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestBoundsAreWithin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		priority, timeout int
	}{{0, 1}, {2147483647, 1209600}} {
		request := filled("agent", "sms")
		with(request, "routing.properties.priority", c.priority)
		with(request, "routing.properties.timeout", c.timeout)
		with(request, "routing.properties.task_channel_unique_name", strings.Repeat("a", 64))
		with(request, "channel.participants", slices.Repeat([]any{someone["sms"]}, 100))
		with(request, "channel.properties.from", strings.Repeat("x", 512))
		r, _, err := routing.ParseCreate(form(t, request), nil)
		if err != nil {
			t.Fatal(err)
		}
		if p := r.Routing.Properties; p.Priority != c.priority || p.Timeout != c.timeout {
			t.Errorf("%+v", p)
		}
	}
}

func TestOnlyAgentsGetWhatTheyBegin(t *testing.T) {
	t.Parallel()
	for who, want := range map[string]string{"agent": numbered("WK", 1), "api": "", "customer": ""} {
		r, _, err := routing.ParseCreate(form(t, filled(who, "sms")), nil)
		if err != nil || r.RoutingTarget() != want {
			t.Errorf("%s: %q, %v", who, r.RoutingTarget(), err)
		}
		if r.Routing = nil; r.RoutingTarget() != "" {
			t.Errorf("%s without routing: %q", who, r.RoutingTarget())
		}
	}
}

func TestWhatIsWrongWithParticipants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel string
		p       map[string]any
		want    string // below channel.participants[0]
	}{
		{"whatsapp", map[string]any{"address": "+1", "proxy_address": "whatsapp:+2"}, ".address"},
		{"whatsapp", map[string]any{"address": "whatsapp:+1", "proxy_address": "+2"}, ".proxy_address"},
		{"whatsapp", map[string]any{"address": "whatsapp:", "proxy_address": "whatsapp:+2"}, ".address"},
		{"sms", map[string]any{"address": "+1", "proxy_address": "whatsapp:+2"}, ".proxy_address"},
		{"email", map[string]any{"level": "bc", "name": "J", "address": "j@example.com"}, ".level"},
		{"email", map[string]any{"level": "bcc", "name": "J", "address": "example.com"}, ".address"},
		{"email", map[string]any{"level": "to", "name": "J", "address": "@example.com"}, ".address"},
		{"email", map[string]any{"level": "to", "name": "J", "address": "j@"}, ".address"},
		{"messenger", map[string]any{"address": "1"}, ".proxy_address"},
		{"gbm", map[string]any{"proxy_address": "1"}, ".address"},
		{"gbm", map[string]any{"proxy_address": "1", "address": "2", "identity": "j"}, ""},
		{"messenger", map[string]any{}, ""},
		{"chat", map[string]any{"identity": "j", "name": "\n"}, ".name"},
		{"chat", map[string]any{"identity": " "}, ".identity"},
	} {
		request := filled("api", c.channel)
		with(request, "channel.participants", []any{c.p})
		err := parseErr(form(t, request))
		if got := found(t, err); !slices.Equal(got, []string{"channel.participants[0]" + c.want}) || !slices.Equal(codes(err), []int{45351}) {
			t.Errorf("%s with %v: %v", c.channel, c.p, err)
		}
	}
}

func TestTheRestOfTheForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*routing.CreateForm)
		want   []string
		code   int
	}{
		{func(f *routing.CreateForm) { f.InteractionContextSID = numbered("HQ", 1) }, nil, 0},
		{func(f *routing.CreateForm) { f.InteractionContextSID = "HQ1" }, []string{"interaction_context_sid"}, 20001},
		{func(f *routing.CreateForm) { f.InteractionContextSID = numbered("KD", 1) }, []string{"interaction_context_sid"}, 20001},
		{func(f *routing.CreateForm) { f.WebhookTTID = "flex_interactionwebhook_01jke8z8vte4ette30t5w9h081" }, nil, 0},
		{func(f *routing.CreateForm) { f.WebhookTTID = strings.Repeat("x", 513) }, []string{"webhook_ttid"}, 20001},
		{func(f *routing.CreateForm) { f.Channel = nil }, []string{"channel"}, 20001},
		{func(f *routing.CreateForm) { f.Channel = []byte(" null ") }, []string{"channel"}, 20001},
		{func(f *routing.CreateForm) { f.Channel = []byte(`""`) }, []string{"channel"}, 20001},
		{func(f *routing.CreateForm) { f.Channel = []byte("{") }, []string{"channel"}, 45366},
		{func(f *routing.CreateForm) { f.Channel = []byte("{}{}") }, []string{"channel"}, 45366},
		{func(f *routing.CreateForm) { f.Channel = []byte("{\"type\":\"\xff\"}") }, []string{"channel"}, 45366},
		{func(f *routing.CreateForm) { f.Channel = []byte(`"\"{}\""`) }, []string{"channel"}, 45366},
		{func(f *routing.CreateForm) { f.Channel = []byte(strings.Repeat("[", 1<<17)) }, []string{"channel"}, 45366},
		{func(f *routing.CreateForm) { f.Channel = []byte(`{"a":"` + strings.Repeat("x", 1<<20) + `"}`) }, []string{"channel"}, 45366},
		{func(f *routing.CreateForm) { f.Routing = []byte(`""`) }, []string{"routing"}, 20001},
		{func(f *routing.CreateForm) { f.Channel, f.Routing = nil, nil }, []string{"channel", "routing"}, 20001},
	} {
		f := form(t, filled("api", "sms"))
		c.change(&f)
		err := parseErr(f)
		if got := found(t, err); !slices.Equal(got, c.want) {
			t.Errorf("%.100q: %v, want %v", f, got, c.want)
		}
		if problems, ok := errors.AsType[*routing.ProblemsError](err); ok && problems.Problems[0].Code != c.code {
			t.Errorf("%.100q: %v", f, problems.Problems)
		}
	}
}

// TestWhatClientLibrariesSend sends the same in all the forms in which it comes.
func TestWhatClientLibrariesSend(t *testing.T) {
	t.Parallel()
	request := filled("api", "sms")
	with(request, "routing.properties.attributes", map[string]any{"n": json.Number("12345678901234567890"), "html": "<a>&b"})
	with(request, "routing.properties.priority", 5)
	with(request, "routing.properties.timeout", 3600)
	plain := form(t, request)
	want, warnings, err := routing.ParseCreate(plain, nil)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if got := want.Routing.Properties.Attributes.String(); got != `{"html":"<a>&b","n":12345678901234567890}` {
		t.Error(got)
	}
	twice := routing.CreateForm{Channel: []byte(strconv.Quote(string(plain.Channel))), Routing: []byte(strconv.Quote(string(plain.Routing)))}

	texts := filled("api", "sms")
	with(texts, "routing.properties.attributes", `{"html":"<a>&b","n":12345678901234567890}`)
	with(texts, "routing.properties.priority", "5")
	with(texts, "routing.properties.timeout", "3600")

	nulls := filled("api", "sms")
	with(nulls, "routing.properties.attributes", `{"html":"<a>&b","n":12345678901234567890}`)
	with(nulls, "routing.properties.priority", 5.0)
	with(nulls, "routing.properties.timeout", json.RawMessage("3600.0"))
	for _, path := range []string{
		"channel.sid", "channel.properties.subject", "channel.whatever", "routing.properties.task_channel_sid", "routing.properties.task_channel_unique_name",
	} {
		with(nulls, path, nil)
	}
	for name, f := range map[string]routing.CreateForm{"JSON in JSON": twice, "numbers and attributes in texts": form(t, texts), "nulls": form(t, nulls)} {
		got, warnings, err := routing.ParseCreate(f, nil)
		if err != nil || len(warnings) > 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v, %v", name, got, warnings, err)
		}
	}
	if got := found(t, parseErr(routing.CreateForm{Channel: []byte(`"{}"`)})); !slices.Equal(got, []string{"channel.initiated_by", "channel.type", "routing"}) {
		t.Errorf("an empty object in a text: %v", got)
	}

	// What was read can be kept, sent, and read again.
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var kept routing.CreateRequest
	if err := json.Unmarshal(text, &kept); err != nil || !reflect.DeepEqual(kept, want) {
		t.Errorf("%s: %v", text, err)
	}
	if warnings, err := kept.Check(nil); err != nil || len(warnings) > 0 {
		t.Error(warnings, err)
	}
}

func TestWarningsRefuseNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel, path string
		value         any
		want          []string
	}{
		{"chat", "channel.participants", []any{map[string]any{"identity": "jane@example.com", "name": "Jane (VIP)"}}, []string{
			"channel.participants[0].identity", "channel.participants[0].name",
		}},
		{"chat", "channel.participants", []any{map[string]any{"identity": "jane.doe-7_~"}}, nil},
		{"sms", "channel.participants", []any{map[string]any{"address": "+1", "proxy_address": "+2", "level": "to"}}, []string{"channel.participants[0].level"}},
		{"email", "channel.participants", []any{map[string]any{"level": "cc", "name": "O'Neil", "address": "o@example.com"}}, []string{"channel.participants"}},
		{"sms", "channel.Type", "sms", []string{"channel.Type"}},
		{"sms", "routing.properties.workflowSid", "x", []string{"routing.properties.workflowSid"}},
		{"sms", "channel.properties.mediaChannelSid", "x", []string{"channel.properties.mediaChannelSid"}},
		{"web", "channel.participants", []any{map[string]any{"identity": "jane", "metadata": "x"}}, []string{"channel.participants[0].metadata"}},
		{"sms", "routing.status", "closed", []string{"routing.status"}},
		{"sms", "channel." + strings.Repeat("x", 65), 1, []string{"channel.…"}},
		{"sms", "channel.a\nb", 1, []string{"channel.…"}},
	} {
		request := filled("api", c.channel)
		with(request, c.path, c.value)
		_, warnings, err := routing.ParseCreate(form(t, request), nil)
		var got []string
		for _, w := range warnings {
			got = append(got, w.Path)
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", c.path, warnings, err)
		}
	}
	for _, reserved := range "!*'();:@&=+$,/?%#[]" {
		request := filled("api", "web")
		with(request, "channel.participants", []any{map[string]any{"identity": "a" + string(reserved)}})
		if _, warnings, err := routing.ParseCreate(form(t, request), nil); err != nil || len(warnings) != 1 {
			t.Errorf("%c: %v, %v", reserved, warnings, err)
		}
	}
	request := filled("api", "sms")
	with(request, "channel.a", nil)
	with(request, "channel.b", 1)
	if _, warnings, err := routing.ParseCreate(form(t, request), nil); err != nil || len(warnings) != 1 || warnings[0].Path != "channel.b" {
		t.Errorf("%v, %v", warnings, err)
	}
	request = filled("api", "sms")
	for n := range 1000 {
		with(request, fmt.Sprintf("channel.x%d", n), 1)
	}
	if _, warnings, err := routing.ParseCreate(form(t, request), nil); err != nil || len(warnings) != 11 {
		t.Errorf("%d warnings, %v", len(warnings), err)
	}
}

// TestRequestsMadeInGo holds those to the same rules.
func TestRequestsMadeInGo(t *testing.T) {
	t.Parallel()
	_, err := routing.CreateRequest{
		Channel: routing.ChannelRequest{
			Type: "voice", InitiatedBy: "me", SID: "x", Properties: routing.MediaRequest{MediaChannelSID: "x", From: "a\n", Subject: "\xff"},
		},
		Routing: &routing.CreateRouting{Properties: routing.TaskRequest{
			WorkspaceSID: "x", WorkflowSID: "x", Priority: -1, Timeout: 2_000_000, Attributes: routing.Attributes{"a": strings.Repeat("x", 5000)},
		}},
		ContextSID: "x",
	}.Check(nil)
	want := []string{
		"channel.initiated_by", "channel.properties.from", "channel.properties.media_channel_sid", "channel.properties.subject", "channel.sid", "channel.type",
		"interaction_context_sid",
		"routing.properties.attributes", "routing.properties.priority", "routing.properties.timeout", "routing.properties.workflow_sid", "routing.properties.workspace_sid",
	}
	if got := found(t, err); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
	if got := found(t, func() error { _, err := routing.CreateRequest{}.Check(nil); return err }()); !slices.Equal(got, []string{"channel.initiated_by", "channel.type", "routing"}) {
		t.Errorf("%v", got)
	}
	var deep any
	for range 70 {
		deep = []any{deep}
	}
	for _, wrong := range []any{deep, json.Number("1e9999999"), make(chan int)} {
		r, _, err := routing.ParseCreate(form(t, filled("api", "sms")), nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Routing.Properties.Attributes = routing.Attributes{"x": wrong}
		if _, err = r.Check(nil); !slices.Equal(found(t, err), []string{"routing.properties.attributes"}) {
			t.Errorf("%.20v: %v", wrong, err)
		}
	}
	_, err = routing.CreateRequest{Channel: routing.ChannelRequest{Participants: make([]routing.ParticipantRequest, 101)}}.Check(nil)
	if !slices.Contains(found(t, err), "channel.participants") {
		t.Error(err)
	}
}

func FuzzParseCreate(f *testing.F) {
	for _, who := range []string{"customer", "agent", "api"} {
		for _, channel := range []string{"sms", "whatsapp", "email", "chat", "gbm"} {
			request := form(f, filled(who, channel))
			f.Add(request.Channel, request.Routing, numbered("HQ", 1))
		}
	}
	f.Add([]byte(`"{}"`), []byte(`{"properties":{"attributes":"{\"a\":1e5}","priority":"5","timeout":1e9}}`), "HQ")
	f.Add([]byte(`{"participants":[null,{},[],{"identity":"\ud800"}]}`), []byte(`null`), "")
	f.Fuzz(func(t *testing.T, channel, task []byte, context string) {
		r, warnings, err := routing.ParseCreate(routing.CreateForm{Channel: channel, Routing: task, InteractionContextSID: context}, nil)
		if len(warnings) > 3000 {
			t.Errorf("%d warnings", len(warnings))
		}
		if err != nil {
			if problems, ok := errors.AsType[*routing.ProblemsError](err); !ok || len(problems.Problems) == 0 || len(problems.Problems) > 3000 || len(err.Error()) > 3000 {
				t.Fatalf("%T with %d characters", err, len(err.Error()))
			}
			return
		}
		if _, err := r.Check(nil); err != nil {
			t.Fatalf("what was read is refused: %v", err)
		}
		if r.Routing != nil {
			sids := routing.CreatedSIDs{
				Interaction: numbered("KD", 1), Channel: numbered("UO", 1), Invite: numbered("KG", 1), Conversation: numbered("CH", 1),
			}
			if _, err := r.Known(sids).Merge(r.Routing.Properties.Attributes); err != nil {
				t.Fatal(err)
			}
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var kept routing.CreateRequest
		if err := json.Unmarshal(text, &kept); err != nil {
			t.Fatal(err)
		}
		if again, err := json.Marshal(kept); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%s is kept as %s: %v", text, again, err)
		}
	})
}
