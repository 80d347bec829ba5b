package routing_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/routing"
)

// codes are those of the problems, in order.
func codes(err error) []int {
	problems, _ := errors.AsType[*routing.ProblemsError](err)
	if problems == nil {
		return nil
	}
	var all []int
	for _, p := range problems.Problems {
		all = append(all, p.Code)
	}
	return all
}

func TestUpdatesOfChannels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, routing string
		by              routing.ChannelVerb
		complete        bool
		want            []string
		codes           []int
	}{
		{"closed", "", "close", false, nil, nil},
		{"closed", "{}", "close", false, nil, nil},
		{"closed", `{"status":"closed"}`, "close", true, nil, nil},
		{"closed", `"{\"status\":\"closed\"}"`, "close", true, nil, nil},
		{"closed", `{"status":"wrapup"}`, "close", false, nil, nil},
		{"closed", `{"status":"open"}`, "close", false, []string{"routing.status"}, []int{20001}},
		{"closed", `{"status":7}`, "close", false, []string{"routing.status"}, []int{20001}},
		{"closed", `[]`, "close", false, []string{"routing"}, []int{20001}},
		{"inactive", `{"status":"closed"}`, "inactivate", true, nil, nil},
		{"inactive", "", "inactivate", false, []string{"routing.status"}, []int{45379}},
		{"inactive", `{"status":"wrapup"}`, "inactivate", false, []string{"routing.status"}, []int{45379}},
		{"", "", "", false, []string{"status"}, []int{45358}},
		{"active", "", "", false, []string{"status"}, []int{45359}},
		{"setup", "", "", false, []string{"status"}, []int{45359}},
		{"failed", "", "", false, []string{"status"}, []int{45359}},
		{"Closed", "", "", false, []string{"status"}, []int{45359}},
	} {
		u, _, err := routing.ParseChannelUpdate(c.status, []byte(c.routing))
		if u.By != c.by || u.Change.Complete != c.complete || !slices.Equal(found(t, err), c.want) || !slices.Equal(codes(err), c.codes) {
			t.Errorf("%s, %s: %+v, %v", c.status, c.routing, u, err)
		}
	}
}

func TestUpdatesOfParticipants(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]routing.ParticipantVerb{"closed": "close", "wrapup": "wrap_up", "": "", "active": "", "open": ""} {
		by, err := routing.ParseParticipantUpdate(status)
		if by != want || (err == nil) != (want != "") || err != nil && !slices.Equal(found(t, err), []string{"status"}) {
			t.Errorf("%s: %s, %v", status, by, err)
		}
	}
}

func TestInvites(t *testing.T) {
	t.Parallel()
	invite := func(change func(map[string]any)) []byte {
		request := filled("customer", "sms")
		without(request, "routing.properties.queue_sid")
		without(request, "routing.properties.worker_sid")
		change(request)
		return form(t, request).Routing
	}
	for _, c := range []struct {
		routing []byte
		want    []string
	}{
		{invite(func(map[string]any) {}), nil},
		{nil, []string{"routing"}},
		{[]byte("7"), []string{"routing"}},
		{[]byte("{}"), []string{"routing.properties"}},
		{invite(func(r map[string]any) { without(r, "routing.properties.workspace_sid") }), []string{"routing.properties.workspace_sid"}},
		{invite(func(r map[string]any) { without(r, "routing.properties.workflow_sid") }), []string{"routing.properties.workflow_sid"}},
		{invite(func(r map[string]any) { with(r, "routing.properties.worker_sid", "me") }), []string{"routing.properties.worker_sid"}},
		{invite(func(r map[string]any) { with(r, "routing.properties.timeout", -1) }), []string{"routing.properties.timeout"}},
	} {
		task, _, err := routing.ParseInvite(c.routing, nil)
		if got := found(t, err); !slices.Equal(got, c.want) || err == nil && task.WorkspaceSID != numbered("WS", 1) {
			t.Errorf("%s: %v", c.routing, got)
		}
	}
	only := func(string) string { return numbered("WW", 1) }
	if _, _, err := routing.ParseInvite(invite(func(r map[string]any) { without(r, "routing.properties.workflow_sid") }), only); err != nil {
		t.Error(err)
	}
}

func TestMoreParticipants(t *testing.T) {
	t.Parallel()
	media, err := json.Marshal(someone["sms"])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind, media string
		on          routing.ChannelType
		want        []string
	}{
		{"customer", string(media), "sms", nil},
		{"external", string(media), "sms", nil},
		{"supervisor", `{"identity":"jane"}`, "chat", nil},
		{"customer", string(media), "chat", []string{"media_properties.address", "media_properties.identity", "media_properties.proxy_address"}},
		{"agent", string(media), "sms", []string{"type"}},
		{"", "", "sms", []string{"media_properties", "type"}},
		{"friend", "[]", "sms", []string{"media_properties", "type"}},
	} {
		kind, p, _, err := routing.ParseParticipant(routing.ParticipantForm{Type: c.kind, MediaProperties: []byte(c.media)}, c.on)
		if got := found(t, err); !slices.Equal(got, c.want) {
			t.Errorf("%s with %s on %s: %v", c.kind, c.media, c.on, got)
		}
		if err == nil && (string(kind) != c.kind || strings.Contains(c.media, "address") && p.Address != "+13115552368") {
			t.Errorf("%s: %+v", kind, p)
		}
	}
}
