package routing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// sampled is the SID of the documentation's examples.
func sampled(p routing.Prefix) string { return string(p) + strings.Repeat("a", 32) }

func known(channel routing.ChannelType, by routing.Initiator) routing.Known {
	return routing.Known{
		Type: channel, InitiatedBy: by,
		InteractionSID: sampled("KD"), ChannelSID: sampled("UO"), InviteSID: sampled("KG"), ConversationSID: sampled("CH"),
	}
}

func merged(tb testing.TB, k routing.Known, given string) string {
	tb.Helper()
	a, err := routing.ParseAttributes(given)
	if err != nil {
		tb.Fatal(err)
	}
	before := a.String()
	m, err := k.Merge(a)
	if err != nil {
		tb.Fatal(err)
	}
	if a.String() != before {
		tb.Fatalf("%s was changed in place: %s", before, a)
	}
	return m.String()
}

func TestKnownAttributes(t *testing.T) {
	t.Parallel()
	sids := strings.NewReplacer("$KD", sampled("KD"), "$UO", sampled("UO"), "$KG", sampled("KG"), "$CH", sampled("CH"))
	agent := known(routing.ChannelEmail, routing.ByAgent)
	agent.Address, agent.Name = "jane@example.com", "Jane"
	bare := routing.Known{Type: routing.ChannelChat, InitiatedBy: routing.ByAPI, InteractionSID: sampled("KD"), Address: "jane"}
	for _, c := range []struct {
		name  string
		known routing.Known
		given string
		want  string
	}{
		{"nothing given", known(routing.ChannelSMS, routing.ByCustomer), `{}`, `{"channelType":"sms","conversationSid":"$CH",
			"conversations":{"communication_channel":"SMS","conversation_id":"$KD","initiated_by":"customer","media":[{"sid":"$CH","type":"ChatTranscript"}]},
			"direction":"inbound","flexChannelInviteSid":"$KG","flexInteractionChannelSid":"$UO","flexInteractionSid":"$KD","initiatedBy":"customer"}`},
		{"an agent writes an email", agent, `{"subject":"Hello"}`, `{"channelType":"email","conversationSid":"$CH",
			"conversations":{"communication_channel":"Email","conversation_id":"$KD","initiated_by":"agent","media":[{"sid":"$CH","type":"ChatTranscript"}]},
			"customerAddress":"jane@example.com","customerName":"Jane","customers":{"email":"jane@example.com","name":"Jane"},
			"direction":"outbound","flexChannelInviteSid":"$KG","flexInteractionChannelSid":"$UO","flexInteractionSid":"$KD","initiatedBy":"agent","subject":"Hello"}`},
		{
			"what is given wins", known(routing.ChannelWhatsApp, routing.ByAPI),
			`{"direction":"sideways","initiatedBy":null,"conversations":{"initiated_by":"me","external_contact":"x","media":[]},"customers":{"name":"J"},
				"customerName":"Jane","customerAddress":"whatsapp:+1","flexInteractionSid":7}`,
			`{"channelType":"whatsapp","conversationSid":"$CH",
			"conversations":{"communication_channel":"Whatsapp","conversation_id":"$KD","external_contact":"x","initiated_by":"me","media":[]},
			"customerAddress":"whatsapp:+1","customerName":"Jane","customers":{"name":"J","phone":"whatsapp:+1"},
			"direction":"sideways","flexChannelInviteSid":"$KG","flexInteractionChannelSid":"$UO","flexInteractionSid":7,"initiatedBy":null}`,
		},
		{
			"what is no object stays", known(routing.ChannelSMS, routing.ByAPI), `{"conversations":"none","customers":null,"customerName":"J","customerAddress":"+1"}`,
			`{"channelType":"sms","conversationSid":"$CH","conversations":"none","customerAddress":"+1","customerName":"J","customers":null,
			"direction":"inbound","flexChannelInviteSid":"$KG","flexInteractionChannelSid":"$UO","flexInteractionSid":"$KD","initiatedBy":"api"}`,
		},
		{"little is known", bare, `{}`, `{"channelType":"chat","conversations":{"communication_channel":"Chat","conversation_id":"$KD","initiated_by":"api"},
			"customerAddress":"jane","direction":"inbound","flexInteractionSid":"$KD","initiatedBy":"api"}`},
		{"a name on chat", bare, `{"customerName":"J"}`, `{"channelType":"chat","conversations":{"communication_channel":"Chat","conversation_id":"$KD","initiated_by":"api"},
			"customerAddress":"jane","customerName":"J","customers":{"name":"J"},"direction":"inbound","flexInteractionSid":"$KD","initiatedBy":"api"}`},
	} {
		want := strings.NewReplacer("\n", "", "\t", "").Replace(sids.Replace(c.want))
		if got := merged(t, c.known, c.given); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, want)
		}
	}
}

func TestWhatIsKnownOfARequest(t *testing.T) {
	t.Parallel()
	sids := routing.CreatedSIDs{Interaction: sampled("KD"), Channel: sampled("UO"), Invite: sampled("KG"), Conversation: sampled("CH")}
	for channel, want := range map[string]string{
		"sms": `"customerAddress":"+13115552368"`, "whatsapp": `"customerAddress":"whatsapp:+13115552368"`, "web": `"customerAddress":"jane.doe"`,
		"chat": `"customerAddress":"jane.doe"`, "email": `"customers":{"email":"jane@example.com","name":"Jane Doe"}`,
		"messenger": `"communication_channel":"Messenger"`, "gbm": `"communication_channel":"GBM"`,
	} {
		r, _, err := routing.ParseCreate(form(t, filled("api", channel)), nil)
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.Known(sids).Merge(r.Routing.Properties.Attributes)
		if err != nil || !strings.Contains(a.String(), want) {
			t.Errorf("%s: %v, %v", channel, a, err)
		}
	}
	r := routing.CreateRequest{Channel: routing.ChannelRequest{Type: routing.ChannelEmail, Participants: []routing.ParticipantRequest{
		{Level: routing.EmailCC, Name: "Bob", Address: "bob@example.com"}, {Level: routing.EmailTo, Name: "Jane", Address: "jane@example.com"},
	}}}
	if k := r.Known(sids); k.Name != "Jane" || k.Address != "jane@example.com" {
		t.Errorf("%+v", k)
	}
}

func TestAttributesWithTheKnownOnesAreBounded(t *testing.T) {
	t.Parallel()
	k := known(routing.ChannelSMS, routing.ByCustomer)
	room := routing.MaxAttributes - len(merged(t, k, `{"x":""}`))
	if got := merged(t, k, `{"x":"`+strings.Repeat("ä", room)+`"}`); len([]rune(got)) != routing.MaxAttributes {
		t.Errorf("%d characters", len([]rune(got)))
	}
	_, err := k.Merge(routing.Attributes{"x": strings.Repeat("ä", room+1)})
	if _, ok := errors.AsType[*routing.AttributesError](err); !ok || !strings.Contains(err.Error(), "4097") {
		t.Error(err)
	}
	// Requests are held to the same, before there are SIDs.
	request := filled("customer", "sms")
	without(request, "channel.participants")
	for n, want := range []bool{true, false} {
		with(request, "routing.properties.attributes", map[string]any{"x": strings.Repeat("ä", room+n)})
		if err := parseErr(form(t, request)); (err == nil) != want {
			t.Errorf("with %d more: %v", n, err)
		}
	}
}

// TestMergingKeepsWhatIsGiven merges anything: what was given is there, and merging again
// changes nothing.
func TestMergingKeepsWhatIsGiven(t *testing.T) {
	t.Parallel()
	names := []string{"conversations", "customers", "direction", "customerName", "customerAddress", "media", "initiated_by", "x"}
	rapid.Check(t, func(rt *rapid.T) {
		var value func(depth int) any
		value = func(depth int) any {
			switch n := rapid.IntRange(0, 6).Draw(rt, "kind"); {
			case n == 0:
				return nil
			case n == 1:
				return json.Number("7")
			case n < 4 && depth > 0:
				object := map[string]any{}
				for range rapid.IntRange(0, 4).Draw(rt, "size") {
					object[rapid.SampledFrom(names).Draw(rt, "name")] = value(depth - 1)
				}
				return object
			case n == 4:
				return []any{"a"}
			}
			return rapid.StringN(0, 5, 20).Draw(rt, "text")
		}
		given := map[string]any{}
		for range rapid.IntRange(0, 6).Draw(rt, "size") {
			given[rapid.SampledFrom(names).Draw(rt, "name")] = value(2)
		}
		k := known(rapid.SampledFrom(routing.ChannelTypes()).Draw(rt, "channel"), rapid.SampledFrom(routing.Initiators()).Draw(rt, "by"))
		before := routing.Attributes(given).String()
		m, err := k.Merge(given)
		if err != nil {
			rt.Fatal(err)
		}
		if after := routing.Attributes(given).String(); after != before {
			rt.Fatalf("%s was changed in place: %s", before, after)
		}
		if missing := lacks(given, m); missing != "" {
			rt.Fatalf("%s is not in %s: %s", before, m, missing)
		}
		again, err := k.Merge(m)
		if err != nil || again.String() != m.String() {
			rt.Fatalf("%s became %s: %v", m, again, err)
		}
	})
}

// lacks names something that is in given and not the same in merged.
func lacks(given, merged map[string]any) string {
	for name, value := range given {
		inner, is := value.(map[string]any)
		other, ok := merged[name]
		if object, too := other.(map[string]any); is && too {
			if missing := lacks(inner, object); missing != "" {
				return name + "." + missing
			}
			continue
		}
		a, _ := json.Marshal(value) //nolint:errchkjson // it was JSON
		b, _ := json.Marshal(other) //nolint:errchkjson // it was JSON
		if !ok || !bytes.Equal(a, b) {
			return name
		}
	}
	return ""
}
