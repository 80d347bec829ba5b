package flexapi_test

import (
	"net/http"
	"testing"
)

// Who changes something names the version that they have seen; if it was changed meanwhile,
// they are told, and nothing is changed.
func TestVersions(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	task := c.post(c.below("Tasks"), "TaskChannel", "sms").at("sid")
	c.runs()
	offer := must(c.eng.Reservations.List(t.Context(), ofTask(task)))(t).Items[0].SID
	for _, row := range []struct {
		path       string
		name, text string // what is changed
	}{
		{c.below("Workers", c.ann.SID), "Attributes", "{}"},
		{c.below("Tasks", task), "Attributes", `{"a":1}`},
		{c.below("Tasks", task, "Reservations", offer), "ReservationStatus", "accepted"},
		{c.below("Workers", c.ann.SID, "Reservations", offer), "ReservationStatus", "wrapping"},
	} {
		change := func(seen string) answered {
			r := c.request(http.MethodPost, row.path, "application/x-www-form-urlencoded", row.name+"="+row.text)
			r.Header.Set("If-Match", seen)
			return c.sends(r)
		}
		before := c.get(row.path)
		seen := before.Header().Get("ETag")
		for _, other := range []string{`"99"`, "99", "W/99", "x", `""`, `"0", "1", "2", "3"`} {
			change(other).refused(http.StatusPreconditionFailed, 20412)
		}
		if now := c.get(row.path); now.Body.String() != before.Body.String() || now.Header().Get("ETag") != seen {
			t.Errorf("it was changed: %s", now.Body)
		}
		changed := change(seen).is(http.StatusOK)
		if tag := changed.Header().Get("ETag"); tag == "" || tag == seen {
			t.Errorf("%s: %s after %s", row.path, tag, seen)
		}
		change(seen[1 : len(seen)-1]).refusedOrTheSame(changed)
	}
	for _, path := range []string{"/v1/Workspaces/" + c.workspace.SID, c.below("TaskQueues", c.queue.SID), c.below("Workflows", c.workflow.SID), c.below("Activities", c.activities["Break"])} {
		if tag := c.get(path).Header().Get("ETag"); tag != "" {
			t.Errorf("%s has a version: %s", path, tag)
		}
		for _, method := range []string{http.MethodPost, http.MethodDelete} {
			r := c.request(method, path, "", "")
			r.Header.Set("If-Match", `"1"`)
			c.sends(r).refused(http.StatusPreconditionFailed, 20412)
		}
		r := c.request(http.MethodPost, path, "", "")
		r.Header.Set("If-Match", "*")
		c.sends(r).is(http.StatusOK)
	}
	r := c.request(http.MethodDelete, c.below("Workers", c.ann.SID), "", "")
	r.Header.Set("If-Match", "99")
	c.sends(r).refused(http.StatusPreconditionFailed, 20412)
	r.Header.Set("If-Match", c.get(c.below("Workers", c.ann.SID)).Header().Get("ETag"))
	c.sends(r).is(http.StatusNoContent)
	if got := c.asks(http.MethodGet, c.below("Workers", c.ann.SID)); got.Code != http.StatusNotFound {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// refusedOrTheSame says that a change by somebody who has not seen the last one is refused, or
// finds what it would make.
func (a answered) refusedOrTheSame(changed answered) {
	a.c.Helper()
	if a.Code == http.StatusOK && a.Body.String() == changed.Body.String() {
		return
	}
	a.refused(http.StatusPreconditionFailed, 20412)
}
