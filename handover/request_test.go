package handover_test

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// The two examples of seed 001, word for word.
const (
	seedBotToAgent = "https://domain-test.api.engagement.dimelo.com/1.0/bots/handover?access_token=<access_token>&identity_foreign_id=<foreign_id>&from=bot&to=agent&type=messenger"
	seedAgentToBot = "https://domain-test.api.engagement.dimelo.com/1.0/bots/handover?access_token=<access_token>&identity_foreign_id=<foreign_id>&from=agent&to=bot&type=messenger&app_id=<bot_app_id>"
)

func query(t *testing.T, text string) url.Values {
	t.Helper()
	q, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// TestSeedRequests reads the examples of the seed, and others with what later versions of
// the Engage Digital API have, and what is this library's own.
func TestSeedRequests(t *testing.T) {
	t.Parallel()
	seedToken := handover.NewAccessToken("<access_token>")
	for _, tt := range []struct {
		url  string
		want handover.Request
		is   handover.Trigger
	}{
		{seedBotToAgent, handover.Request{IdentityForeignID: "<foreign_id>", From: handover.Bot, To: handover.Agent, Type: "messenger", AccessToken: seedToken}, handover.HandoverToAgent},
		{seedAgentToBot, handover.Request{IdentityForeignID: "<foreign_id>", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: "<bot_app_id>", AccessToken: seedToken}, handover.HandoverToBot},
		{
			"?from=agent&to=bot&type=engage_virtual_agent&app_id=v&intervention_id=5f&thread_category_ids[]=a&thread_category_ids[]=b&trigger=asks+for+a+bot",
			handover.Request{
				From: handover.Agent, To: handover.Bot, Type: handover.TypeVirtualAgent, AppID: "v", InterventionID: "5f",
				ThreadCategoryIDs: []string{"a", "b"}, Trigger: "asks for a bot",
			},
			handover.HandoverToBot,
		},
		{
			"?from=bot&to=agent&type=engage_virtual_agent&identity_foreign_id=c%C3%A9line&source_id=s&thread_category_ids%5B%5D=a",
			handover.Request{
				From: handover.Bot, To: handover.Agent, Type: handover.TypeVirtualAgent, IdentityForeignID: "céline", SourceID: "s", ThreadCategoryIDs: []string{"a"},
			},
			handover.HandoverToAgent,
		},
		{
			"?from=agent&to=bot&type=line&identity_foreign_id=c&when_free=true&locale=fr",
			handover.Request{From: handover.Agent, To: handover.Bot, Type: "line", IdentityForeignID: "c", WhenFree: true},
			handover.HandoverToBot,
		},
		{
			"?from=bot&to=agent&type=line&identity_foreign_id=c&when_free=false&app_id=",
			handover.Request{From: handover.Bot, To: handover.Agent, Type: "line", IdentityForeignID: "c"},
			handover.HandoverToAgent,
		},
	} {
		u, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		got, err := handover.ParseRequest(u.Query())
		if err != nil || !reflect.DeepEqual(got, tt.want) || got.HandoverTrigger() != tt.is {
			t.Errorf("%s: %+v, a %s, %v", tt.url, got, got.HandoverTrigger(), err)
		}
	}
}

// sample is a request that is as it should be, with every parameter.
const sample = "access_token=s3cret&identity_foreign_id=c&from=agent&to=bot&type=engage_virtual_agent&app_id=v&intervention_id=i" +
	"&thread_category_ids[]=a&trigger=t&source_id=s&when_free=true"

// TestParseRequestFaults: each fault has its type, which names the parameter.
func TestParseRequestFaults(t *testing.T) {
	t.Parallel()
	long, longest := strings.Repeat("x", handover.MaxParameter+1), strings.Repeat("x", handover.MaxParameter)
	missing := func(name string) error { return &handover.MissingParameterError{Parameter: name} }
	unknown := func(name, value string, known ...string) error {
		return &handover.UnknownValueError{Parameter: name, Value: value, Known: known}
	}
	type fault struct {
		set  string // name=value; only a name: it is taken away
		want error
	}
	faults := []fault{
		{"from", missing("from")},
		{"from=", missing("from")},
		{"from=idle", unknown("from", "idle", "bot", "agent")},
		{"from=other", unknown("from", "other", "bot", "agent")},
		{"from=Bot", unknown("from", "Bot", "bot", "agent")},
		{"from=bot", &handover.SameSideError{Side: handover.Bot}},
		{"to", missing("to")},
		{"to=human", unknown("to", "human", "bot", "agent")},
		{"to=agent", &handover.SameSideError{Side: handover.Agent}},
		{"type", missing("type")},
		{"type=line", unknown("intervention_id", "i")},
		{"app_id", missing("app_id")},
		{"when_free=yes", unknown("when_free", "yes", "true", "false")},
		{"when_free=TRUE", unknown("when_free", "TRUE", "true", "false")},
		{"thread_category_ids[]=", unknown("thread_category_ids[]", "")},
		{"thread_category_ids[]=" + long, unknown("thread_category_ids[]", long)},
		{"thread_category_ids[]=%00", unknown("thread_category_ids[]", "\x00")},
		{"thread_category_ids[]=%ff", unknown("thread_category_ids[]", "\xff")},
		{"identity_foreign_id", nil}, // the intervention says whose
		{"intervention_id", nil},     // the customer's own
		{"source_id", nil},
		{"trigger", nil},
		{"thread_category_ids[]", nil},
		{"when_free=", nil},
		{"access_token", nil},
	}
	for name := range query(t, sample) {
		switch name {
		case "access_token", "thread_category_ids[]", "when_free":
			continue
		case "from", "to":
			faults = append(faults, fault{name + "=%00", unknown(name, "\x00", "bot", "agent")})
			continue
		case "type":
		default:
			faults = append(faults, fault{name + "=" + longest, nil})
		}
		for text, value := range map[string]string{long: long, "a%00b": "a\x00b", "%ff": "\xff"} {
			faults = append(faults, fault{name + "=" + text, unknown(name, value)})
		}
	}
	for _, tt := range faults {
		q := query(t, sample)
		name, value, set := strings.Cut(tt.set, "=")
		q.Del(name)
		if set {
			q[name] = query(t, tt.set)[name]
		}
		got, err := handover.ParseRequest(q)
		if !sameFault(err, tt.want) {
			t.Errorf("%.60s: %#v, want %#v", tt.set, err, tt.want)
		}
		if err != nil && !reflect.DeepEqual(got, handover.Request{}) {
			t.Errorf("%.60s: %+v beside an error", tt.set, got)
		}
		if err != nil && len(value) > 5 && strings.Contains(err.Error(), value) {
			t.Errorf("%.60s: the error repeats the value", tt.set)
		}
		for what, text := range map[string]string{"the request": fmt.Sprintf("%+v", got), "the error": fmt.Sprintf("%+v", err)} {
			if strings.Contains(text, "s3cret") {
				t.Errorf("%.60s: %s keeps the access token", tt.set, what)
			}
		}
	}
}

// sameFault reports whether two errors are of one type and say the same.
func sameFault(a, b error) bool { return fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b) }

// TestParseRequestNeeds says what a request needs by its type and direction.
func TestParseRequestNeeds(t *testing.T) {
	t.Parallel()
	for text, missing := range map[string]string{
		"":                             "identity_foreign_id",
		"from=bot&to=agent&type=line":  "identity_foreign_id",
		"identity_foreign_id=c":        "from",
		"identity_foreign_id=c&from=b": "", // it is unknown
		"identity_foreign_id=c&from=bot&type=messenger":                                                       "to",
		"identity_foreign_id=c&from=agent&to=bot":                                                             "type",
		"identity_foreign_id=c&from=agent&to=bot&type=messenger":                                              "app_id",
		"identity_foreign_id=c&from=agent&to=bot&type=engage_virtual_agent":                                   "app_id",
		"from=agent&to=bot&type=engage_virtual_agent&app_id=v":                                                "identity_foreign_id",
		"from=bot&to=agent&type=engage_virtual_agent":                                                         "identity_foreign_id",
		"intervention_id=i&from=agent&to=bot&type=messenger&app_id=v":                                         "identity_foreign_id",
		"identity_foreign_id=c&from=bot&to=agent&type=messenger&when_free=true":                               "", // who gets it has nothing to wait for
		"identity_foreign_id=c&from=bot&to=agent&type=messenger&intervention_id=i":                            "", // it goes to virtual agents only
		"identity_foreign_id=c&from=agent&to=bot&type=line":                                                   "none",
		"identity_foreign_id=c&from=bot&to=agent&type=messenger":                                              "none",
		"from=bot&to=agent&type=engage_virtual_agent&intervention_id=i":                                       "none",
		"from=agent&to=bot&type=engage_virtual_agent&intervention_id=i&app_id=v":                              "none",
		"identity_foreign_id=c&from=agent&to=bot&type=line" + strings.Repeat("&thread_category_ids[]=a", 100): "none",
		"identity_foreign_id=c&from=agent&to=bot&type=line" + strings.Repeat("&thread_category_ids[]=a", 101): "",
	} {
		_, err := handover.ParseRequest(query(t, text))
		got := "none"
		if lacks, ok := errors.AsType[*handover.MissingParameterError](err); ok {
			got = lacks.Parameter
		} else if err != nil {
			got = ""
		}
		if got != missing {
			t.Errorf("%.120s: %v, want missing: %q", text, err, missing)
		}
	}
}

// TestParseRequestRepeated: no parameter stands twice, even if it says the same, but for
// the categories.
func TestParseRequestRepeated(t *testing.T) {
	t.Parallel()
	for name, values := range query(t, sample) {
		q := query(t, sample)
		q.Add(name, values[0])
		_, err := handover.ParseRequest(q)
		refused, ok := errors.AsType[*handover.UnknownValueError](err)
		if name == "thread_category_ids[]" {
			if err != nil {
				t.Errorf("%s, twice: %v", name, err)
			}
		} else if !ok || refused.Parameter != name || name == "access_token" && refused.Value != "" {
			t.Errorf("%s, twice: %v", name, err)
		}
	}
}

// TestLongIDsFit: whatever ID a customer may be received with is one that a request can
// name.
func TestLongIDsFit(t *testing.T) {
	t.Parallel()
	q := query(t, sample)
	q.Set("identity_foreign_id", strings.Repeat("x", interaction.MaxText))
	if _, err := handover.ParseRequest(q); err != nil {
		t.Error(err)
	}
}

// anyRequest draws requests, among which are many that are as they should be.
var anyRequest = rapid.Custom(func(t *rapid.T) handover.Request {
	text := func(label string, usual ...string) string {
		return rapid.OneOf(rapid.SampledFrom(append(usual, "")), rapid.StringN(0, 20, -1)).Draw(t, label)
	}
	side := rapid.SampledFrom([]handover.Owner{handover.Agent, handover.Bot, handover.Agent, handover.Bot, handover.Idle, ""})
	r := handover.Request{
		IdentityForeignID: text("identity", "ada", "bob"), From: side.Draw(t, "from"), To: side.Draw(t, "to"),
		Type: text("type", "messenger", "line", handover.TypeVirtualAgent), AppID: text("app", "bot-a"),
		InterventionID: text("intervention"), Trigger: text("trigger", "a b&c=d"), SourceID: text("source"), WhenFree: rapid.Bool().Draw(t, "when free"),
	}
	if n := rapid.IntRange(0, 3).Draw(t, "categories"); n > 0 {
		for range n {
			r.ThreadCategoryIDs = append(r.ThreadCategoryIDs, text("category", "c"))
		}
	}
	return r
})

// TestRequestValues: what Values writes ParseRequest reads, and it finds the same fault.
func TestRequestValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := anyRequest.Draw(t, "request")
		sent, err := url.ParseQuery(r.Values().Encode())
		if err != nil {
			t.Fatal(err)
		}
		got, err := handover.ParseRequest(sent)
		if want := r.Check(); !sameFault(err, want) {
			t.Fatalf("%v, want %v", err, want)
		}
		if err == nil && !reflect.DeepEqual(got, r) {
			t.Fatalf("%+v, want %+v", got, r)
		}
		if values := r.Values(); len(r.ThreadCategoryIDs) > 0 {
			values["thread_category_ids[]"][0] += "x"
			if slices.Equal(values["thread_category_ids[]"], r.ThreadCategoryIDs) {
				t.Fatal("the values share the memory of the request")
			}
		}
	})
}

// FuzzParseRequest: whatever comes, it is refused with a type of its own and nothing
// beside it, or is a request that can be written and read again.
func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{seedBotToAgent, seedAgentToBot, "?" + sample, "?from=bot&from=agent", "?thread_category_ids[]=%ff"} {
		_, q, _ := strings.Cut(seed, "?")
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, _ := url.ParseQuery(text) // what could be read of it
		r, err := handover.ParseRequest(q)
		if err != nil {
			_, lacks := errors.AsType[*handover.MissingParameterError](err)
			_, unknown := errors.AsType[*handover.UnknownValueError](err)
			_, same := errors.AsType[*handover.SameSideError](err)
			if !lacks && !unknown && !same || !reflect.DeepEqual(r, handover.Request{}) || handover.Respond(err).Status != 400 {
				t.Errorf("%+v, %#v", r, err)
			}
			return
		}
		r.AccessToken = handover.AccessToken{} // which is not written
		again, err := handover.ParseRequest(r.Values())
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%+v, and again %+v, %v", r, again, err)
		}
	})
}
