package flexapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/flexapi"
)

// Each parameter that cannot be read, or can never be right, is named; nothing is changed.
func TestWrongParameters(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	task := c.post(c.below("Tasks"), "TaskChannel", "sms").at("sid")
	c.runs()
	offer := c.below("Tasks", task, "Reservations", must(c.eng.Reservations.List(t.Context(), ofTask(task)))(t).Items[0].SID)
	interactions := "/v1/Interactions"
	channel := c.channel()
	routing := `{"properties":{"workspace_sid":"` + c.workspace.SID + `"}}`
	for _, row := range []struct {
		path       string
		parameters []string
		field      string // which is told of; empty: the first is enough
		code       int
	}{
		{"/v1/Workspaces", nil, "friendly_name", 20001},
		{"/v1/Workspaces", []string{"FriendlyName", "x", "FriendlyName", "y"}, "friendly_name", 20001},
		{"/v1/Workspaces", []string{"FriendlyName", "x", "MultiTaskEnabled", "perhaps"}, "multi_task_enabled", 20001},
		{"/v1/Workspaces", []string{"FriendlyName", "x", "PrioritizeQueueOrder", "LILO"}, "prioritize_queue_order", 20001},
		{"/v1/Workspaces", []string{"FriendlyName", "x", "Template", "FIFO"}, "template", 20001},
		{"/v1/Workspaces", []string{"FriendlyName", strings.Repeat("x", 65)}, "friendly_name", 20001},
		{"/v1/Workspaces", []string{"FriendlyName", "\xff"}, "friendly_name", 20001},
		{"/v1/Workspaces/" + c.workspace.SID, []string{"DefaultActivitySid", "WA1"}, "", 20001},
		{c.below("Activities"), nil, "friendly_name", 20001},
		{c.below("Activities"), []string{"FriendlyName", "x", "Available", "2"}, "available", 20001},
		{c.below("Activities", c.activities["Break"]), []string{"Available", "true"}, "available", 20001},
		{c.below("TaskChannels"), []string{"FriendlyName", "x"}, "unique_name", 20001},
		{c.below("TaskChannels"), []string{"FriendlyName", "x", "UniqueName", "1x"}, "unique_name", 20001},
		{c.below("TaskChannels"), []string{"FriendlyName", "x", "UniqueName", "x", "ChannelOptimizedRouting", "true"}, "channel_optimized_routing", 20001},
		{c.below("TaskQueues"), []string{"FriendlyName", "x", "MaxReservedWorkers", "51"}, "max_reserved_workers", 20001},
		{c.below("TaskQueues"), []string{"FriendlyName", "x", "MaxReservedWorkers", "0"}, "max_reserved_workers", 20001},
		{c.below("TaskQueues"), []string{"FriendlyName", "x", "MaxReservedWorkers", "1.0"}, "max_reserved_workers", 20001},
		{c.below("TaskQueues"), []string{"FriendlyName", "x", "TaskOrder", "fifo"}, "task_order", 20001},
		{c.below("TaskQueues"), []string{"FriendlyName", "x", "TargetWorkers", "languages HAS"}, "target_workers", 20001},
		{c.below("TaskQueues"), []string{"FriendlyName", "x", "ReservationActivitySid", numbered("WA")}, "", 20001},
		{c.below("TaskQueues", c.queue.SID), []string{"TargetWorkers", "("}, "target_workers", 20001},
		{c.below("Workflows"), []string{"FriendlyName", "x"}, "configuration", 20001},
		{c.below("Workflows"), []string{"FriendlyName", "x", "Configuration", "{"}, "", 20001},
		{c.below("Workflows"), []string{"FriendlyName", "x", "Configuration", `{"task_routing":{"filters":[{"expression":"(","targets":[]}]}}`}, "", 20001},
		{c.below("Workflows"), []string{"FriendlyName", "x", "Configuration", c.workflow.Configuration.String(), "TaskReservationTimeout", "86401"}, "task_reservation_timeout", 20001},
		{c.below("Workflows", c.workflow.SID), []string{"ReEvaluateTasks", "some"}, "re_evaluate_tasks", 20001},
		{c.below("Workers"), nil, "friendly_name", 20001},
		{c.below("Workers"), []string{"FriendlyName", "x", "Attributes", "[]"}, "attributes", 20001},
		{c.below("Workers"), []string{"FriendlyName", "x", "ActivitySid", numbered("WA")}, "", 20001},
		{c.below("Workers", c.ann.SID), []string{"Attributes", "{"}, "attributes", 20001},
		{c.below("Workers", c.ann.SID, "Channels", "sms"), []string{"Capacity", "-1"}, "capacity", 20001},
		{c.below("Workers", c.ann.SID, "Channels", "sms"), []string{"Capacity", "10001", "Available", "so-so"}, "available", 20001},
		{c.below("Tasks"), []string{"Priority", "2147483648"}, "priority", 20001},
		{c.below("Tasks"), []string{"Priority", "99999999999999999999"}, "priority", 20001},
		{c.below("Tasks"), []string{"Timeout", "0"}, "timeout", 20001},
		{c.below("Tasks"), []string{"Attributes", `{"a":1}x`}, "attributes", 20001},
		{c.below("Tasks"), []string{"VirtualStartTime", "yesterday"}, "virtual_start_time", 20001},
		{c.below("Tasks"), []string{"VirtualStartTime", "2026-05-02T12:00:00Z"}, "virtual_start_time", 20001},
		{c.below("Tasks"), []string{"TaskChannel", "pigeon"}, "", 20001},
		{c.below("Tasks"), []string{"WorkflowSid", numbered("WW")}, "", 20001},
		{c.below("Tasks"), []string{"RoutingTarget", "ann"}, "", 20001},
		{c.below("Tasks"), []string{"IgnoreCapacity", "no way"}, "ignore_capacity", 20001},
		{c.below("Tasks", task), []string{"AssignmentStatus", "assigned"}, "assignment_status", 20001},
		{c.below("Tasks", task), []string{"AssignmentStatus", "done"}, "assignment_status", 20001},
		{c.below("Tasks", task), []string{"AssignmentStatus", "canceled"}, "", 20001}, // without a reason
		{c.below("Tasks", task), []string{"AssignmentStatus", "canceled", "Reason", "x", "Attributes", "{}"}, "assignment_status", 20001},
		{c.below("Tasks", task), []string{"TaskChannel", "voice"}, "task_channel", 20001},
		{offer, nil, "reservation_status", 20001},
		{offer, []string{"ReservationStatus", "timeout"}, "reservation_status", 20001},
		{offer, []string{"ReservationStatus", "perhaps"}, "reservation_status", 20001},
		{offer, []string{"ReservationStatus", "accepted", "WorkerActivitySid", c.activities["Break"]}, "worker_activity_sid", 20001},
		{offer, []string{"ReservationStatus", "accepted", "Instruction", "call", "CallUrl", "x"}, "call_url", 20001},
		{offer, []string{"ReservationStatus", "completed"}, "", 20001}, // nobody has accepted it

		{interactions, nil, "channel", 20001},
		{interactions, []string{"Channel", "x"}, "channel", 45366},
		{interactions, []string{"Channel", `"{}"`}, "channel.type", 45366},
		{interactions, []string{"Channel", `{"type":"voice","initiated_by":"api","participants":[{"address":"+1","proxy_address":"+2"}]}`, "Routing", routing}, "channel.type", 45366},
		{interactions, []string{"Channel", `{"type":"sms","initiated_by":"api","participants":[{}]}`, "Routing", routing}, "channel.participants[0].address", 45351},
		{interactions, []string{"Channel", `{}`, "InteractionContextSid", "HQ"}, "interaction_context_sid", 45366},
		{channel, nil, "status", 45358},
		{channel, []string{"Status", "active"}, "status", 45359},
		{channel, []string{"Status", "inactive"}, "routing.status", 45379},
		{channel, []string{"Status", "closed", "Routing", `{"status":"open"}`}, "routing.status", 20001},
		{channel + "/Invites", nil, "routing", 20001},
		{channel + "/Invites", []string{"Routing", `{"properties":{"workspace_sid":"WS"}}`}, "routing.properties.workspace_sid", 20001},
		{channel + "/Participants", nil, "type", 45367},
		{channel + "/Participants", []string{"Type", "agent", "MediaProperties", "{}"}, "type", 45367},
		{channel + "/Participants", []string{"Type", "customer", "MediaProperties", "{}", "RoutingProperties", "{}"}, "routing_properties", 20001},
		{channel + "/Participants/" + numbered("UT"), []string{"Status", "away"}, "status", 20001},
	} {
		view := c.asks(http.MethodPost, row.path, row.parameters...).refused(http.StatusBadRequest, row.code)
		found := row.field == ""
		for _, p := range view.Details.Problems {
			found = found || p.Path == row.field
		}
		if !found {
			t.Errorf("%s %q: %+v does not tell of %s", row.path, row.parameters, view, row.field)
		}
	}
	for _, row := range []struct {
		path       string
		parameters []string
	}{
		{"/v1/Workspaces", []string{"PageSize", "0"}},
		{"/v1/Workspaces", []string{"PageSize", "1001"}},
		{"/v1/Workspaces", []string{"PageSize", "many"}},
		{"/v1/Workspaces", []string{"Page", "-1"}},
		{"/v1/Workspaces", []string{"Page", "201"}},
		{"/v1/Workspaces", []string{"PageToken", "guessed"}},
		{"/v1/Workspaces", []string{"PageToken", "a", "PageToken", "b"}},
		{c.below("Activities"), []string{"Available", "perhaps"}},
		{c.below("TaskQueues"), []string{"EvaluateWorkerAttributes", "{}"}},
		{c.below("TaskQueues", c.queue.SID, "RealTimeStatistics"), []string{"TaskChannel", "sms"}},
		{c.below("Workers"), []string{"TargetWorkersExpression", "1==1"}},
		{c.below("Workers", c.ann.SID, "Channels"), []string{"PageToken", "-1"}},
		{c.below("Tasks"), []string{"AssignmentStatus", "done"}},
		{c.below("Tasks"), []string{"Priority", "high"}},
		{c.below("Tasks"), []string{"Ordering", "Priority:desc"}},
		{c.below("Tasks"), []string{"HasAddons", "true"}},
		{c.below("Tasks", task, "Reservations"), []string{"ReservationStatus", "all"}},
		{interactions, []string{"ChannelStatus", "active"}},
	} {
		c.asks(http.MethodGet, row.path, row.parameters...).refused(http.StatusBadRequest, 20001)
	}
	if view := c.asks(http.MethodPost, "/v1/Workspaces").refused(http.StatusBadRequest, 20001); !strings.Contains(view.Message, "Missing required parameter FriendlyName in the post body") {
		t.Error(view.Message)
	}
	if got := c.get("/v1/Workspaces"); strings.Count(got.Body.String(), `"sid"`) != 1 {
		t.Errorf("there are others: %s", got.Body)
	}
	if c.logged.Len() > 0 {
		t.Errorf("logged: %s", &c.logged)
	}
}

// All that is wrong with the form is told at once.
func TestProblemsComeTogether(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	view := c.asks(http.MethodPost, c.below("Tasks"), "Priority", "high", "Timeout", "long", "Attributes", "none").refused(http.StatusBadRequest, 20001)
	if len(view.Details.Problems) != 3 {
		t.Errorf("%+v", view)
	}
}

// Bodies are what they are said to be, and no larger than they may be.
func TestBodies(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	c := newCentre(t)
	transfers := c.channel() + "/Transfers"
	for _, row := range []struct {
		path, kind, body string
		status, code     int
	}{
		{"/v1/Workspaces", form, "FriendlyName=a", 201, 0},
		{"/v1/Workspaces", form + "; charset=UTF-8", "FriendlyName=b", 201, 0},
		{"/v1/Workspaces", "application/json", "", 400, 20001}, // what is needed is missing
		{"/v1/Workspaces", "application/json", `{"FriendlyName":"c"}`, 415, 20415},
		{"/v1/Workspaces", "", "FriendlyName=d", 415, 20415},
		{"/v1/Workspaces", "multipart/form-data; boundary=x", "FriendlyName=e", 415, 20415},
		{"/v1/Workspaces", form, "FriendlyName=%zz", 400, 20001},
		{"/v1/Workspaces", form, "FriendlyName=f;MultiTaskEnabled=true", 400, 20001},
		{"/v1/Workspaces", form, "FriendlyName=g&x=" + strings.Repeat("y", flexapi.MaxBody), 413, 20413},
		{"/v1/Workspaces", form, "FriendlyName=h&x=" + strings.Repeat("y", flexapi.MaxBody-17), 201, 0},
		{transfers, form, "type=cold", 415, 20415},
		{transfers, "application/json", "", 400, 20001},
		{transfers, "application/json", "[]", 400, 20001},
		{transfers, "application/json", `{"type":"cold"}`, 400, 20001},
		{transfers, "application/json", `{"type":"external","to":"+1"}`, 400, 20001},
	} {
		got := c.sends(c.request(http.MethodPost, row.path, row.kind, row.body))
		if row.code != 0 {
			got.refused(row.status, row.code)
		} else if got.Code != row.status {
			t.Errorf("%.80s: %d %s", row.body, got.Code, got.Body)
		}
	}
	c.asks(http.MethodGet, "/v1/Workspaces?x=%zz").refused(http.StatusBadRequest, 20001)
}

// The longest configuration that a workflow can have comes through, with each of its bytes
// encoded.
func TestTheLongestConfiguration(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	configuration := c.workflow.Configuration.String()
	configuration += strings.Repeat("\n", 1_038_576-len(configuration))
	made := c.post(c.below("Workflows"), "FriendlyName", "Long", "Configuration", configuration)
	if made.at("configuration") != configuration {
		t.Error("it is another one")
	}
	c.asks(http.MethodPost, c.below("Workflows"), "FriendlyName", "Longer", "Configuration", configuration+"\n").refused(http.StatusBadRequest, 20001)
}
