package flexapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/flexapi"
)

// paged is a page of a list.
type paged struct {
	names []string
	meta  struct {
		Page     int     `json:"page"`
		Size     int     `json:"page_size"`
		First    string  `json:"first_page_url"`
		Previous *string `json:"previous_page_url"`
		URL      string  `json:"url"`
		Next     *string `json:"next_page_url"`
		Key      string  `json:"key"`
	}
}

// page reads a page, of whatever has a friendly_name or else a sid.
func (c *centre) page(path string, parameters ...string) (p paged) {
	c.Helper()
	got := c.get(strings.TrimPrefix(path, "https://taskrouter.test"), parameters...)
	var body map[string]json.RawMessage
	if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil {
		c.Fatal(err)
	}
	if err := json.Unmarshal(body["meta"], &p.meta); err != nil {
		c.Fatalf("%v: %s", err, got.Body)
	}
	var items []struct {
		Name string `json:"friendly_name"`
		SID  string `json:"sid"`
	}
	if err := json.Unmarshal(body[p.meta.Key], &items); err != nil || len(body) != 2 || string(body[p.meta.Key]) == "null" {
		c.Fatalf("%v: %s", err, got.Body)
	}
	for _, item := range items {
		name := item.Name
		if name == "" {
			name = item.SID
		}
		p.names = append(p.names, name)
	}
	return p
}

// Whoever follows the URLs sees each once, in order, forwards and backwards, whatever the size
// of a page; and so does who counts pages.
func TestPages(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	want := []string{"ann"}
	for n := range 11 {
		want = append(want, fmt.Sprintf("worker %d", n))
		must(c.eng.Workers.Create(t.Context(), c.workspace.SID, engage.NewWorker{FriendlyName: want[n+1]}))(t)
	}
	path := c.below("Workers")
	for size := 1; size <= 13; size++ {
		var forwards, backwards []string
		p := c.page(path, "PageSize", strconv.Itoa(size))
		first := p.meta.First
		for number := 0; ; number++ {
			if p.meta.Page != number || p.meta.Size != size || p.meta.Key != "workers" || p.meta.First != first || len(p.names) > size {
				t.Errorf("page %d of %d: %+v", number, size, p)
			}
			forwards = append(forwards, p.names...)
			if counted := c.page(path, "PageSize", strconv.Itoa(size), "Page", strconv.Itoa(number)); !slices.Equal(counted.names, p.names) {
				t.Errorf("page %d of %d is %q when it is counted", number, size, counted.names)
			}
			if again := c.page(p.meta.URL); !slices.Equal(again.names, p.names) {
				t.Errorf("page %d of %d is %q when it is asked for again", number, size, again.names)
			}
			if p.meta.Next == nil {
				break
			}
			p = c.page(*p.meta.Next)
		}
		for {
			backwards = append(slices.Clone(p.names), backwards...)
			if p.meta.Previous == nil {
				break
			}
			p = c.page(*p.meta.Previous)
		}
		if !slices.Equal(forwards, want) || !slices.Equal(backwards, want) {
			t.Errorf("pages of %d: %q, and back %q", size, forwards, backwards)
		}
	}
	if p := c.page(path, "Page", "7"); len(p.names) != 0 || p.meta.Next != nil || p.meta.Size != flexapi.DefaultPageSize {
		t.Errorf("behind the end: %+v", p)
	}
	if p := c.page(path, "PageSize", "1000"); len(p.names) != len(want) {
		t.Errorf("all at once: %+v", p)
	}
}

// What is filtered stays so on the pages that follow.
func TestFilters(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	for n := range 6 {
		activity := []string{"Available", "Break"}[n%2]
		must(c.eng.Workers.Create(t.Context(), c.workspace.SID, engage.NewWorker{FriendlyName: strconv.Itoa(n), ActivitySID: c.activities[activity]}))(t)
		must(c.eng.Tasks.Create(t.Context(), c.workspace.SID, engage.NewTask{TaskChannel: "voice", Priority: n % 3}))(t)
	}
	other := must(c.eng.Queues.Create(t.Context(), c.workspace.SID, engage.NewQueue{FriendlyName: "Other", TargetWorkers: "1==2"}))(t)
	alone := must(c.eng.Tasks.Create(t.Context(), c.workspace.SID, engage.NewTask{RoutingTarget: other.SID}))(t)
	all := func(path string, parameters ...string) (names []string) {
		p := c.page(path, append(parameters, "PageSize", "2")...)
		for {
			names = append(names, p.names...)
			if p.meta.Next == nil {
				return names
			}
			p = c.page(*p.meta.Next)
		}
	}
	for _, row := range []struct {
		path       string
		parameters []string
		want       int
	}{
		{"/v1/Workspaces", []string{"FriendlyName", "support"}, 1},
		{"/v1/Workspaces", []string{"FriendlyName", "another"}, 0},
		{c.below("Activities"), []string{"Available", "true"}, 1},
		{c.below("Activities"), []string{"Available", "0"}, 3},
		{c.below("Activities"), []string{"FriendlyName", "Break"}, 1},
		{c.below("TaskChannels"), nil, 5},
		{c.below("TaskQueues"), []string{"FriendlyName", "Other"}, 1},
		{c.below("Workflows"), []string{"FriendlyName", "Other"}, 0},
		{c.below("Workers"), []string{"FriendlyName", "ANN"}, 1},
		{c.below("Workers"), []string{"Available", "true"}, 4},
		{c.below("Workers"), []string{"ActivityName", "Break"}, 3},
		{c.below("Workers"), []string{"ActivitySid", c.activities["Break"]}, 3},
		{c.below("Workers"), []string{"ActivitySid", c.activities["Break"], "FriendlyName", "1"}, 1},
		{c.below("Workers"), []string{"ActivitySid", "WA"}, 0},
		{c.below("Workers", c.ann.SID, "Channels"), nil, 5},
		{c.below("Tasks"), nil, 7},
		{c.below("Tasks"), []string{"Priority", "2"}, 2},
		{c.below("Tasks"), []string{"AssignmentStatus", "pending"}, 7},
		{c.below("Tasks"), []string{"AssignmentStatus", "pending", "AssignmentStatus", "assigned"}, 7},
		{c.below("Tasks"), []string{"AssignmentStatus", "canceled,assigned"}, 0},
		{c.below("Tasks"), []string{"TaskQueueSid", other.SID}, 1},
		{c.below("Tasks"), []string{"TaskQueueSid", c.queue.SID, "AssignmentStatus", "pending"}, 6},
		{c.below("Tasks"), []string{"TaskQueueName", "other"}, 1},
		{c.below("Tasks"), []string{"WorkflowSid", c.workflow.SID, "WorkflowName", "everything", "HasAddons", "false"}, 7},
		{c.below("Tasks"), []string{"RoutingTarget", other.SID}, 1},
		{c.below("Tasks", alone.SID, "Reservations"), nil, 0},
	} {
		if got := all(row.path, row.parameters...); len(got) != row.want {
			t.Errorf("%s %q: %q, want %d", row.path, row.parameters, got, row.want)
		}
	}
}

// A list in what is not there is not there either, and not empty.
func TestListsInNothing(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	for _, name := range []string{"Activities", "TaskChannels", "TaskQueues", "Workflows", "Workers", "Tasks"} {
		c.asks(http.MethodGet, "/v1/Workspaces/"+numbered("WS")+"/"+name).refused(http.StatusNotFound, 20404)
	}
}
