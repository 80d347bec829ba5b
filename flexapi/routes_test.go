package flexapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// resources are the paths of all resources, of which nothing is there, with their methods.
func resources() map[string]string {
	kd, ws := "/v1/Interactions/"+numbered("KD"), "/v1/Workspaces/"+numbered("WS")
	uo, wk, wt := kd+"/Channels/"+numbered("UO"), ws+"/Workers/"+numbered("WK"), ws+"/Tasks/"+numbered("WT")
	return map[string]string{
		"/v1/Interactions":                     "GET POST",
		kd:                                     "GET POST",
		kd + "/Channels":                       "GET",
		uo:                                     "GET POST",
		uo + "/Invites":                        "GET POST",
		uo + "/Participants":                   "GET POST",
		uo + "/Participants/" + numbered("UT"): "POST",
		uo + "/Transfers":                      "GET POST",
		uo + "/Transfers/" + numbered("UX"):    "GET POST",
		"/v1/Workspaces":                       "GET POST",
		ws:                                     "DELETE GET POST",
		ws + "/Activities":                     "GET POST",
		ws + "/Activities/" + numbered("WA"):   "DELETE GET POST",
		ws + "/TaskChannels":                   "GET POST",
		ws + "/TaskChannels/" + numbered("TC"): "DELETE GET POST",
		ws + "/TaskQueues":                     "GET POST",
		ws + "/TaskQueues/" + numbered("WQ"):   "DELETE GET POST",
		ws + "/Workflows":                      "GET POST",
		ws + "/Workflows/" + numbered("WW"):    "DELETE GET POST",
		ws + "/Workers":                        "GET POST",
		wk:                                     "DELETE GET POST",
		wk + "/Channels":                       "GET",
		wk + "/Channels/" + numbered("WC"):     "GET POST",
		wk + "/Reservations":                   "GET",
		wk + "/Reservations/" + numbered("WR"): "GET POST",
		ws + "/Tasks":                          "GET POST",
		wt:                                     "GET POST",
		wt + "/Reservations":                   "GET",
		wt + "/Reservations/" + numbered("WR"): "GET POST",
		ws + "/TaskQueues/" + numbered("WQ") + "/RealTimeStatistics": "GET",
	}
}

// Each resource has its methods, and no other: what is not there is said to be so, in the
// platform's words, whatever is asked of it.
func TestEachResourceAndMethod(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	for path, methods := range resources() {
		possible := strings.Fields(methods)
		if slices.Contains(possible, http.MethodGet) {
			possible = append(possible, http.MethodHead)
			slices.Sort(possible)
		}
		for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "BREW"} {
			got := c.asks(method, path)
			switch {
			case !slices.Contains(possible, method):
				if method != http.MethodHead {
					got.refused(http.StatusMethodNotAllowed, 20004)
				}
				if allow := got.Header().Get("Allow"); allow != strings.Join(possible, ", ") {
					t.Errorf("%s %s: Allow %q, want %q", method, path, allow, possible)
				}
			case path == "/v1/Interactions", path == "/v1/Workspaces":
				if want := map[bool]int{false: http.StatusOK, true: http.StatusBadRequest}[method == http.MethodPost]; got.Code != want {
					t.Errorf("%s %s: %d %s", method, path, got.Code, got.Body)
				}
			case method == http.MethodPost && got.Code == http.StatusBadRequest: // what is needed is missing
			default:
				if view := got.refused(http.StatusNotFound, 20404); view.Message != "The requested resource "+path+" was not found" {
					t.Errorf("%s %s: %s", method, path, view.Message)
				}
			}
		}
	}
	if c.logged.Len() > 0 {
		t.Errorf("logged: %s", &c.logged)
	}
}

// What is no resource is answered in the platform's form, and nobody is sent anywhere else.
func TestOtherPaths(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	for _, path := range []string{
		"/", "/v1", "/v1/", "/v2/Interactions", "/v1/Interactions/", "/v1//Interactions", "/v1/./Interactions", "/v1/x/../Interactions", "/v1/interactions",
		c.below("Workers", "Statistics"), c.below("Workers", c.ann.SID, "Nothing"), c.below("Tasks", "%00"), c.below("Tasks", "WT"), c.below("Workers", "%F0%9F%98%80"),
		c.below("Tasks", strings.Repeat("x", 10_000)), c.below("Workers", c.ann.SID, "Channels", "nothing"), "/v1/Workspaces/" + strings.ToLower(c.workspace.SID),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r := httptest.NewRequestWithContext(t.Context(), method, "/", http.NoBody)
			r.URL = must(url.Parse(path))(t)
			if got := c.sends(r); got.Code != http.StatusNotFound {
				t.Errorf("%s %s: %d %s", method, path, got.Code, got.Body)
			} else {
				got.refused(http.StatusNotFound, 20404)
			}
		}
	}
}

// What is in one workspace is not there in another one; SIDs may be in either case.
func TestPathsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	other := must(c.eng.Workspaces.Create(t.Context(), newWorkspace("Another")))(t)
	elsewhere := "/v1/Workspaces/" + other.SID
	task := c.post(c.below("Tasks"), "TaskChannel", "sms").at("sid")
	c.runs()
	offer := must(c.eng.Reservations.List(t.Context(), ofTask(task)))(t).Items[0].SID
	for _, path := range []string{
		"/Activities/" + c.activities["Break"], "/TaskQueues/" + c.queue.SID, "/Workflows/" + c.workflow.SID, "/Workers/" + c.ann.SID,
		"/TaskQueues/" + c.queue.SID + "/RealTimeStatistics", "/Workers/" + c.ann.SID + "/Channels", "/Workers/" + c.ann.SID + "/Channels/sms",
		"/Workers/" + c.ann.SID + "/Reservations", "/Workers/" + c.ann.SID + "/Reservations/" + offer,
		"/Tasks/" + task, "/Tasks/" + task + "/Reservations", "/Tasks/" + task + "/Reservations/" + offer,
	} {
		c.get("/v1/Workspaces/" + c.workspace.SID + path)
		c.get("/v1/Workspaces/WS" + strings.ToUpper(c.workspace.SID[2:]) + path)
		c.asks(http.MethodGet, elsewhere+path).refused(http.StatusNotFound, 20404)
	}
	second := c.post(c.below("Tasks"), "TaskChannel", "sms").at("sid")
	c.asks(http.MethodGet, c.below("Tasks", second, "Reservations", offer)).refused(http.StatusNotFound, 20404)
	for _, path := range []string{"Activities/" + c.activities["Break"], "TaskQueues/" + c.queue.SID, "Workflows/" + c.workflow.SID, "Workers/" + c.ann.SID} {
		c.asks(http.MethodDelete, elsewhere+"/"+path).refused(http.StatusNotFound, 20404)
		c.asks(http.MethodPost, elsewhere+"/"+path, "FriendlyName", "Mine").refused(http.StatusNotFound, 20404)
		c.get(c.below(path))
	}
}
