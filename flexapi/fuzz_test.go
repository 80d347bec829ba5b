package flexapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Whatever is asked, of whatever, is answered, and is never a fault of the server.
func FuzzRequests(f *testing.F) {
	for path := range resources() {
		f.Add(http.MethodGet, path, "Page=1&PageSize=2", "")
		f.Add(http.MethodPost, path, "", "FriendlyName=x&Attributes={}&Status=closed&Channel={}&Routing={}")
	}
	f.Add(http.MethodPost, "/v1/Interactions", "", `Channel={"type":"sms","initiated_by":"api","participants":[{"address":"%2B1","proxy_address":"%2B2"}]}&Routing={"properties":{"workspace_sid":"{WS}"}}`)
	f.Add(http.MethodPost, "/v1/Workspaces/{WS}/Tasks", "", `Attributes={"a":[1,"x",null]}&Priority=5&VirtualStartTime=2026-01-01T00:00:00Z&TaskChannel=sms`)
	f.Add(http.MethodPost, "/v1/Workspaces/{WS}/TaskQueues", "", `FriendlyName=q&TargetWorkers=a HAS 'b' OR NOT`)
	f.Add(http.MethodPost, "/v1/Workspaces/{WS}/Workflows", "", `FriendlyName=w&Configuration={"task_routing":{"default_filter":{"queue":"WQ"}}}`)
	f.Add(http.MethodPost, "/v1/Workspaces/{WS}/Workers/{WK}/Channels/sms", "", `Capacity=3`)
	f.Fuzz(func(t *testing.T, method, path, query, body string) {
		c := newCentre(t)
		filled := strings.NewReplacer("{WS}", c.workspace.SID, "{WK}", c.ann.SID)
		r, err := http.NewRequestWithContext(t.Context(), method, "https://flex.test", strings.NewReader(filled.Replace(body)))
		if err != nil {
			t.Skip(err) // no request of HTTP can be made of it, so that nobody could send it
		}
		r.URL = &url.URL{Path: filled.Replace(path), RawQuery: query}
		r.Header.Set("Content-Type", map[bool]string{false: "application/x-www-form-urlencoded", true: "application/json"}[strings.Contains(path, "/Transfers")])
		if got := c.sends(r); got.Code >= http.StatusInternalServerError || got.Code < http.StatusOK {
			t.Errorf("%s %s?%s %s: %d %s", method, r.URL.Path, query, body, got.Code, got.Body)
		}
		c.runs()
	})
}
