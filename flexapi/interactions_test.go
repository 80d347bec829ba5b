package flexapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/flexapi"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// The seed's samples, with real SIDs for its placeholders: what is right is accepted, what its
// own rules forbid is refused by name.
func TestTheSeedsSamples(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	received := must(c.eng.Threads.Receive(t.Context(), engage.Inbound{
		SourceID: "sms", Customer: engage.Account{ForeignID: "+13115552368"}, Message: interaction.Message{Body: "Is anybody there?"},
	}))(t)
	conversation := engage.ConversationSID(received.ThreadID)
	filled := strings.NewReplacer(
		"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", c.workspace.SID, "WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", c.workflow.SID,
		"WQXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", c.queue.SID, "WKXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", c.ann.SID,
	)
	for _, row := range []struct {
		name, channel, routing string
		code                   int // 0: it is right
	}{
		{"the first one", `{}`, ``, 45366},
		{"inbound, as it stands there", `{"type":"sms","initiated_by":"customer"}`, ``, 45366},
		{
			"inbound, with what the text demands", `{"type":"sms","initiated_by":"customer","properties":{"media_channel_sid":"` + conversation + `"}}`,
			`{"properties":{"workspace_sid":"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"}}`, 0,
		},
		{
			"the same conversation again", `{"type":"sms","initiated_by":"customer","properties":{"media_channel_sid":"` + conversation + `"}}`,
			`{"properties":{"workspace_sid":"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"}}`, 45353,
		},
		{
			"outbound", `{"type":"sms","initiated_by":"agent","participants":[{"address":"+13115552369","proxy_address":"+192555512345"}]}`,
			`{"properties":{"workspace_sid":"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","workflow_sid":"WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
				"queue_sid":"WQXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","worker_sid":"WKXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
				"task_channel_unique_name":"sms","attributes":{"customerName":"silly name","customerAddress":"+13115552369"}}}`, 0,
		},
		{
			"by the API", `{"type":"sms","initiated_by":"api","participants":[{"address":"+13115552370","proxy_address":"+192555512345"}]}`,
			`{"properties":{"workspace_sid":"WSXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","workflow_sid":"WWXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
				"task_channel_unique_name":"sms","attributes":{"from":"testname","customerName":"testcustomer","customerAddress":"+13115552370"}}}`, 0,
		},
		{
			"by the API, with its placeholders", `{"type":"sms","initiated_by":"api","participants":[{"address":"+13115552371","proxy_address":"+192555512345"}]}`,
			`{"properties":{"workspace_sid":"WSYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYYY"}}`, 20001,
		},
	} {
		parameters := []string{"Channel", row.channel}
		if row.routing != "" {
			parameters = append(parameters, "Routing", filled.Replace(row.routing))
		}
		got := c.asks(http.MethodPost, "/v1/Interactions", parameters...)
		if row.code != 0 {
			got.refused(http.StatusBadRequest, row.code)
			continue
		}
		got.is(http.StatusOK)
		c.runs()
		channel := "/v1/Interactions/" + got.at("sid") + "/Channels/" + got.at("channel", "sid")
		if state := c.get(channel); state.at("status") != "active" {
			t.Errorf("%s: %s", row.name, state.Body)
		}
	}
}

// What comes back has the fields of the seed's response, of the same kinds.
func TestTheSeedsResponse(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	const sample = `{"sid":"KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","channel":{"type":"sms","sid":"UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},"routing":{"reservation":null,"properties":{
		"date_updated":1634845217,"task_queue_entered_date":1634845217,"workflow_name":"Default Fifo Workflow","age_in_queue":0,"task_channel_unique_name":"default",
		"assignment_status":"pending","queue_name":"Sample Queue","assignmentCounter":0,"priority":0,"sid":"WTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"workflow_sid":"WWaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","routing_target":"WKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","reason":"","attributes":"{}",
		"task_channel_sid":"TCaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","age":0,"workspace_sid":"WSaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","account_sid":"ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"timeout":86400,"date_created":1634845217,"addons":"{}","queue_sid":"WQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},
		"interaction_context_sid":null,"url":"https://flex.test/v1/Interactions/KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"links":{"channels":"https://flex.test/v1/Interactions/KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Channels"}}`
	got := c.post("/v1/Interactions",
		"Channel", `{"type":"sms","initiated_by":"agent","participants":[{"address":"+13115552368","proxy_address":"+192555512345"}]}`,
		"Routing", fmt.Sprintf(`{"properties":{"workspace_sid":%q,"queue_sid":%q,"worker_sid":%q}}`, c.workspace.SID, c.queue.SID, c.ann.SID))
	var wanted, found map[string]any
	if err := json.Unmarshal([]byte(sample), &wanted); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got.Body.Bytes(), &found); err != nil {
		t.Fatal(err)
	}
	alike(t, "", wanted, found)
	var attributes map[string]any
	if err := json.Unmarshal([]byte(got.at("routing", "properties", "attributes")), &attributes); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{
		"flexInteractionSid": got.at("sid"), "flexInteractionChannelSid": got.at("channel", "sid"), "channelType": "sms", "initiatedBy": "agent", "direction": "outbound",
		"customerAddress": "+13115552368",
	} {
		if attributes[name] != want {
			t.Errorf("%s is %v, want %v", name, attributes[name], want)
		}
	}
}

// alike says that all fields of a sample are there, texts with the same beginning, other values
// of the same kind.
func alike(t *testing.T, path string, sample, got map[string]any) {
	t.Helper()
	for name, want := range sample {
		is, there := got[name]
		switch want := want.(type) {
		case map[string]any:
			inner, _ := is.(map[string]any)
			alike(t, path+"."+name, want, inner)
		case string:
			text, _ := is.(string)
			if begins := strings.SplitN(want, "aaaa", 2); len(begins) == 2 && (!strings.HasPrefix(text, begins[0]) || len(text) != len(want)) {
				t.Errorf("%s.%s is %v, unlike %s", path, name, is, want)
			}
		}
		if !there || reflect.TypeOf(is) != reflect.TypeOf(want) {
			t.Errorf("%s.%s is %v (%T), unlike %v", path, name, is, is, want)
		}
	}
}

// A request that comes twice with the same key is done once; another request with the key is
// refused.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	for n, header := range []string{"Idempotency-Key", "I-Twilio-Idempotency-Token"} {
		ask := func(address string) answered {
			r := c.request(http.MethodPost, "/v1/Interactions", "application/x-www-form-urlencoded", strings.NewReplacer("+", "%2B", "&&", "&").Replace(
				`Channel={"type":"sms","initiated_by":"api","participants":[{"address":"`+address+`","proxy_address":"+192555512345"}]}&&Routing={"properties":{"workspace_sid":"`+c.workspace.SID+`"}}`))
			r.Header.Set(header, fmt.Sprintf("key %d", n))
			return c.sends(r)
		}
		first := ask("+13115552368").is(http.StatusOK).at("sid")
		if again := ask("+13115552368").is(http.StatusOK).at("sid"); again != first {
			t.Errorf("%s: %s and %s", header, first, again)
		}
		ask("+13115552369").refused(http.StatusConflict, 20409)
	}
	if p := c.page("/v1/Interactions"); len(p.names) != 2 || p.meta.Key != "interactions" {
		t.Errorf("%+v", p)
	}
}

// Interactions are found by what they were created with, and one after the other.
func TestInteractionsAreListed(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	context := numbered("HQ")
	var all []string
	for n := range 5 {
		parameters := []string{"WebhookTtid", "flex_interactionwebhook_01jke8z8vte4ette30t5w9h081"}
		if n == 3 {
			parameters = append(parameters, "InteractionContextSid", context)
		}
		made := c.begins(parameters...)
		all = append(all, made.at("sid"))
		c.get("/v1/Interactions/" + all[n]).shows(made.Body.String())
	}
	if p := c.page("/v1/Interactions", "PageSize", "2", "Page", "1"); !reflect.DeepEqual(p.names, all[2:4]) {
		t.Errorf("%+v, want %s", p, all[2:4])
	}
	if p := c.page("/v1/Interactions", "InteractionContextSid", context); !reflect.DeepEqual(p.names, all[3:4]) {
		t.Errorf("by the context: %+v", p)
	}
	if p := c.page("/v1/Interactions", "WorkspaceSid", c.workspace.SID, "ChannelStatus", "setup"); len(p.names) != 5 {
		t.Errorf("in setup: %+v", p)
	}
	c.post("/v1/Interactions/"+all[0], "WebhookTtid", "other").shows(`{"webhook_ttid":"other"}`)
	c.get("/v1/Interactions/" + all[3]).shows(`{"interaction_context_sid":"` + context + `"}`)
}

// A channel with its agents: invited, handed over, wrapping up, leaving.
func TestChannels(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	path := c.channel()
	of, channel := strings.Split(path, "/")[3], strings.Split(path, "/")[5]
	c.get("/v1/Interactions/" + of + "/Channels").shows(`{"channels":[{"sid":"` + channel + `","type":"sms","status":"active","error_code":null,"error_message":null,
		"url":"https://flex.test` + path + `","links":{"invites":"https://flex.test` + path + `/Invites","participants":"https://flex.test` + path + `/Participants",
		"transfers":"https://flex.test` + path + `/Transfers"}}],"meta":{"key":"channels"}}`)
	c.asks(http.MethodGet, "/v1/Interactions/"+numbered("KD")+"/Channels/"+channel).refused(http.StatusNotFound, 20404)

	accept := func(worker string) {
		t.Helper()
		c.runs()
		offers := must(c.eng.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: worker, Live: true}))(t).Items
		c.post(c.below("Workers", worker, "Reservations", offers[len(offers)-1].SID), "ReservationStatus", "accepted")
	}
	accept(c.ann.SID)
	bob := must(c.eng.Workers.Create(t.Context(), c.workspace.SID, engage.NewWorker{FriendlyName: "bob", ActivitySID: c.activities["Available"]}))(t).SID
	invite := c.post(path+"/Invites", "Routing", `{"properties":{"workspace_sid":"`+c.workspace.SID+`","worker_sid":"`+bob+`","task_channel_unique_name":"sms"}}`)
	invite.shows(`{"interaction_sid":"` + of + `","channel_sid":"` + channel + `","url":"https://flex.test` + path + `/Invites/` + invite.at("sid") + `",
		"routing":{"properties":{"routing_target":"` + bob + `","assignment_status":"pending"}}}`)
	accept(bob)
	if p := c.page(path + "/Invites"); len(p.names) != 2 || p.meta.Key != "invites" {
		t.Errorf("invites: %+v", p)
	}

	supervisor := c.post(path+"/Participants", "Type", "external", "MediaProperties", `{"address":"+13115559999","proxy_address":"+192555512345"}`).
		shows(`{"type":"external","routing_properties":null}`).at("sid")
	c.asks(http.MethodPost, path+"/Participants", "Type", "external", "MediaProperties", `{"address":"+13115559999","proxy_address":"+192555512345"}`).refused(http.StatusBadRequest, 80102)
	c.post(path+"/Participants/"+supervisor, "Status", "closed").shows(`{"sid":"` + supervisor + `"}`)
	c.asks(http.MethodPost, path+"/Participants/"+numbered("UT"), "Status", "closed").refused(http.StatusNotFound, 20404)

	carl := must(c.eng.Workers.Create(t.Context(), c.workspace.SID, engage.NewWorker{FriendlyName: "carl", ActivitySID: c.activities["Available"]}))(t).SID
	var agents []routing.Participant
	for _, p := range must(c.eng.Flex.Participants(t.Context(), channel, 0, ""))(t).Items {
		if p.Type == routing.ParticipantAgent {
			agents = append(agents, p)
		}
	}
	transfer := c.sends(c.request(http.MethodPost, path+"/Transfers", "application/json", `{"type":"cold","from":"`+agents[1].SID+`","to":"`+carl+`","attributes":{"why":"language"}}`)).
		is(http.StatusCreated).shows(`{"type":"cold","status":"active","from":"` + agents[1].SID + `","to":"` + carl + `"}`).at("sid")
	c.get(path + "/Transfers/" + transfer).shows(`{"sid":"` + transfer + `","channel_sid":"` + channel + `","interaction_sid":"` + of + `"}`)
	if p := c.page(path + "/Transfers"); len(p.names) != 1 || p.meta.Key != "transfers" {
		t.Errorf("transfers: %+v", p)
	}
	for _, body := range []string{`{"status":"completed"}`, ``, `{`, `[]`} {
		c.sends(c.request(http.MethodPost, path+"/Transfers/"+transfer, "application/json", body)).refused(http.StatusBadRequest, 20001)
	}
	c.sends(c.request(http.MethodPost, path+"/Transfers/"+transfer, "application/json", `{"status":"canceled"}`)).is(http.StatusOK).shows(`{"status":"failed"}`)

	c.post(path+"/Participants/"+agents[1].SID, "Status", "wrapup")
	c.get(c.below("Tasks", agents[1].TaskSID)).shows(`{"assignment_status":"wrapping"}`)
	c.post(path+"/Participants/"+agents[1].SID, "Status", "closed")
	c.get(c.below("Tasks", agents[1].TaskSID)).shows(`{"assignment_status":"completed"}`)
	c.get(path).shows(`{"status":"active"}`)

	c.asks(http.MethodPost, path, "Status", "inactive", "Routing", `{"status":"closed"}`, "DispositionId", "none").refused(http.StatusBadRequest, 20001)
	c.post(path, "Status", "inactive", "Routing", `{"status":"closed"}`).shows(`{"status":"inactive"}`)
	c.get(c.below("Tasks", agents[0].TaskSID)).shows(`{"assignment_status":"completed"}`)
	c.post(path, "Status", "closed").shows(`{"status":"closed"}`)
	c.asks(http.MethodPost, path+"/Invites", "Routing", `{"properties":{"workspace_sid":"`+c.workspace.SID+`"}}`).refused(http.StatusBadRequest, 80906)
}

// A participant and a transfer are where their channel is, and nowhere else.
func TestOtherChannels(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	path := c.channel()
	other := c.post("/v1/Interactions",
		"Channel", `{"type":"sms","initiated_by":"api","participants":[{"address":"+13115550000","proxy_address":"+192555512345"}]}`,
		"Routing", `{"properties":{"workspace_sid":"`+c.workspace.SID+`"}}`)
	elsewhere := "/v1/Interactions/" + other.at("sid") + "/Channels/" + other.at("channel", "sid")
	customer := must(c.eng.Flex.Participants(t.Context(), strings.Split(path, "/")[5], 0, ""))(t).Items[0]
	c.asks(http.MethodPost, elsewhere+"/Participants/"+customer.SID, "Status", "closed").refused(http.StatusNotFound, 20404)
	if is := must(c.eng.Flex.Participants(t.Context(), customer.ChannelSID, 0, ""))(t).Items[0]; is.Status != routing.ParticipantActive {
		t.Errorf("%s by another channel", is.Status)
	}
}

// URLs begin with the host of the request, unless the host of the endpoint says otherwise.
func TestBases(t *testing.T) {
	t.Parallel()
	c := newCentre(t, func(_ *centre, _ *engage.Options, o *flexapi.Options) {
		o.Base = routing.Base{Flex: "https://flex.test/api"}
	})
	r := c.request(http.MethodGet, "/v1/Workspaces/"+c.workspace.SID, "", "")
	r.Host = "taskrouter.twilio.com"
	c.sends(r).shows(`{"url":"http://taskrouter.twilio.com/v1/Workspaces/` + c.workspace.SID + `"}`)
	r = c.request(http.MethodGet, "https://here.test/v1/Workspaces", "", "")
	c.sends(r).shows(`{"meta":{"url":"https://here.test/v1/Workspaces?Page=0&PageSize=50"}}`)
	made := c.begins()
	made.shows(`{"url":"https://flex.test/api/v1/Interactions/` + made.at("sid") + `"}`)
}
