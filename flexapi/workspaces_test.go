package flexapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// A workspace with all that is in it is made, shown, changed and removed, with the JSON of
// TaskRouter's documentation.
func TestWorkspaces(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	fill := strings.NewReplacer("{AC}", c.workspace.AccountSID, "{NOW}", "2026-05-01T12:00:00Z")

	made := c.asks(http.MethodPost, "/v1/Workspaces", "FriendlyName", "Sales", "EventCallbackUrl", "https://host.test/events", "EventsFilter", "task.created",
		"MultiTaskEnabled", "false", "PrioritizeQueueOrder", "LIFO", "Template", "NONE").is(http.StatusCreated)
	ws := made.at("sid")
	path := "/v1/Workspaces/" + ws
	in := func(json string) string { return strings.ReplaceAll(fill.Replace(json), "{WS}", ws) }
	made.shows(in(`{"sid":"{WS}","account_sid":"{AC}","friendly_name":"Sales","date_created":"{NOW}","date_updated":"{NOW}","default_activity_name":"Offline",
		"timeout_activity_name":"Offline","event_callback_url":"https://host.test/events","events_filter":"task.created","multi_task_enabled":false,
		"prioritize_queue_order":"LIFO","url":"https://taskrouter.test/v1/Workspaces/{WS}","links":{"workers":"https://taskrouter.test/v1/Workspaces/{WS}/Workers"}}`))
	c.get(path).shows(made.Body.String())

	activity := c.asks(http.MethodPost, path+"/Activities", "FriendlyName", "Training", "Available", "yes").is(http.StatusCreated)
	wa := activity.at("sid")
	activity.shows(in(`{"sid":"` + wa + `","account_sid":"{AC}","workspace_sid":"{WS}","friendly_name":"Training","available":true,"date_created":"{NOW}",
		"url":"https://taskrouter.test/v1/Workspaces/{WS}/Activities/` + wa + `","links":{"workspace":"https://taskrouter.test/v1/Workspaces/{WS}"}}`))
	c.post(path+"/Activities/"+wa, "FriendlyName", "Coaching").shows(`{"friendly_name":"Coaching","available":true}`)
	c.get(path + "/Activities/" + wa).shows(`{"friendly_name":"Coaching"}`)

	c.post(path, "FriendlyName", "Sales, too", "DefaultActivitySid", wa, "TimeoutActivitySid", wa, "MultiTaskEnabled", "true", "EventCallbackUrl", "").
		shows(`{"friendly_name":"Sales, too","default_activity_name":"Coaching","timeout_activity_sid":"` + wa + `","multi_task_enabled":true,"event_callback_url":null,"events_filter":"task.created"}`)

	channel := c.asks(http.MethodPost, path+"/TaskChannels", "FriendlyName", "Letters", "UniqueName", "letters", "ChannelOptimizedRouting", "false").is(http.StatusCreated)
	tc := channel.at("sid")
	channel.shows(in(`{"sid":"` + tc + `","account_sid":"{AC}","workspace_sid":"{WS}","friendly_name":"Letters","unique_name":"letters","channel_optimized_routing":false,"date_created":"{NOW}"}`))
	c.post(path+"/TaskChannels/"+tc, "FriendlyName", "Mail").shows(`{"friendly_name":"Mail","unique_name":"letters"}`)
	c.get(path + "/TaskChannels/" + tc).shows(`{"friendly_name":"Mail"}`)

	queue := c.asks(http.MethodPost, path+"/TaskQueues", "FriendlyName", "English", "TargetWorkers", "languages HAS 'en'", "MaxReservedWorkers", "2", "TaskOrder", "LIFO",
		"ReservationActivitySid", wa).is(http.StatusCreated)
	wq := queue.at("sid")
	queue.shows(in(`{"sid":"` + wq + `","account_sid":"{AC}","workspace_sid":"{WS}","friendly_name":"English","target_workers":"languages HAS 'en'","max_reserved_workers":2,
		"task_order":"LIFO","reservation_activity_sid":"` + wa + `","reservation_activity_name":"Coaching","assignment_activity_sid":null,"assignment_activity_name":null,
		"date_created":"{NOW}","url":"https://taskrouter.test/v1/Workspaces/{WS}/TaskQueues/` + wq + `"}`))
	c.post(path+"/TaskQueues/"+wq, "FriendlyName", "All", "TargetWorkers", "", "MaxReservedWorkers", "1", "ReservationActivitySid", "").
		shows(`{"friendly_name":"All","target_workers":"1==1","max_reserved_workers":1,"task_order":"LIFO","reservation_activity_sid":null}`)
	c.get(path + "/TaskQueues/" + wq).shows(`{"friendly_name":"All"}`)

	configuration := `{"task_routing":{"default_filter":{"queue":"` + wq + `"}}}`
	workflow := c.asks(http.MethodPost, path+"/Workflows", "FriendlyName", "Everything", "Configuration", configuration, "TaskReservationTimeout", "30",
		"AssignmentCallbackUrl", "https://host.test/assign", "FallbackAssignmentCallbackUrl", "https://host.test/fallback").is(http.StatusCreated)
	ww := workflow.at("sid")
	workflow.shows(in(`{"sid":"` + ww + `","account_sid":"{AC}","workspace_sid":"{WS}","friendly_name":"Everything","task_reservation_timeout":30,"document_content_type":"application/json",
		"assignment_callback_url":"https://host.test/assign","fallback_assignment_callback_url":"https://host.test/fallback"}`))
	if workflow.at("configuration") != configuration {
		t.Errorf("configuration: %s", workflow.Body)
	}
	c.post(path+"/Workflows/"+ww, "FriendlyName", "All", "TaskReservationTimeout", "40", "ReEvaluateTasks", "true", "Configuration", configuration+" ").
		shows(`{"friendly_name":"All","task_reservation_timeout":40}`)
	c.get(path + "/Workflows/" + ww).shows(`{"friendly_name":"All"}`)

	c.runs()
	c.asks(http.MethodDelete, path).refused(http.StatusBadRequest, 20001)
	for _, below := range []string{"/Workflows/" + ww, "/TaskQueues/" + wq, "/TaskChannels/" + tc} {
		if got := c.asks(http.MethodDelete, path+below).is(http.StatusNoContent); got.Body.Len() > 0 {
			t.Errorf("%s: %s", below, got.Body)
		}
		c.runs()
		c.asks(http.MethodGet, path+below).refused(http.StatusNotFound, 20404)
	}
	c.asks(http.MethodDelete, path+"/Activities/"+wa).refused(http.StatusBadRequest, 20001) // it is the default
	c.asks(http.MethodDelete, path).is(http.StatusNoContent)
	c.asks(http.MethodGet, path).refused(http.StatusNotFound, 20404)
}

func TestWorkers(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	made := c.asks(http.MethodPost, c.below("Workers"), "FriendlyName", "bob", "Attributes", `{"languages":["en"],"level":12345678901234567890}`,
		"ActivitySid", c.activities["Available"], "AgentId", "agent-7").is(http.StatusCreated)
	wk := made.at("sid")
	made.shows(`{"sid":"` + wk + `","friendly_name":"bob","attributes":"{\"languages\":[\"en\"],\"level\":12345678901234567890}","activity_sid":"` + c.activities["Available"] + `",
		"activity_name":"Available","available":true,"date_created":"2026-05-01T12:00:00Z","date_status_changed":"2026-05-01T12:00:00Z",
		"links":{"channels":"https://taskrouter.test` + c.below("Workers", wk, "Channels") + `"}}`)
	if agent := must(c.eng.Workers.Get(t.Context(), wk))(t).AgentID; agent != "agent-7" {
		t.Errorf("the agent is %s", agent)
	}
	c.get(c.below("Workers", wk)).shows(made.Body.String())

	c.runs()
	c.clock.pass(time.Minute)
	task := c.post(c.below("Tasks"), "RoutingTarget", wk).at("sid")
	c.runs()
	offer := c.below("Workers", wk, "Reservations", must(c.eng.Reservations.List(t.Context(), ofTask(task)))(t).Items[0].SID)
	c.get(offer).shows(`{"reservation_status":"pending"}`)
	c.post(c.below("Workers", wk), "ActivitySid", c.activities["Break"], "RejectPendingReservations", "true", "FriendlyName", "Bob", "Attributes", "{}").
		shows(`{"friendly_name":"Bob","attributes":"{}","activity_name":"Break","available":false,"date_created":"2026-05-01T12:00:00Z","date_status_changed":"2026-05-01T12:01:00Z"}`)
	c.runs()
	c.get(offer).shows(`{"reservation_status":"rejected"}`)

	channel := c.post(c.below("Workers", wk, "Channels", "sms"), "Capacity", "4", "Available", "true")
	wc := channel.at("sid")
	channel.shows(`{"worker_sid":"` + wk + `","task_channel_unique_name":"sms","configured_capacity":4,"assigned_tasks":0,"available_capacity_percentage":100,"available":true,
		"url":"https://taskrouter.test` + c.below("Workers", wk, "Channels", wc) + `"}`)
	for _, name := range []string{wc, strings.ToUpper(wc), channel.at("task_channel_sid")} {
		c.get(c.below("Workers", wk, "Channels", name)).shows(channel.Body.String())
	}
	c.post(c.below("Workers", wk, "Channels", wc), "Available", "false").shows(`{"configured_capacity":4,"available":false}`)

	c.asks(http.MethodDelete, c.below("Workers", wk)).is(http.StatusNoContent)
	c.asks(http.MethodGet, c.below("Workers", wk)).refused(http.StatusNotFound, 20404)
}
