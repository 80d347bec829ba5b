package flexapi_test

import (
	"net/http"
	"testing"
	"time"
)

// A task is made, changed, offered, accepted, wrapped up and completed.
func TestTasks(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	made := c.asks(http.MethodPost, c.below("Tasks"), "Attributes", `{"topic":"<invoice> & more"}`, "TaskChannel", "sms", "Priority", "3", "Timeout", "600",
		"VirtualStartTime", "2026-05-01T13:00:00+02:00", "WorkflowSid", c.workflow.SID).is(http.StatusCreated)
	wt := made.at("sid")
	path := c.below("Tasks", wt)
	made.shows(`{"sid":"` + wt + `","account_sid":"` + c.workspace.AccountSID + `","workspace_sid":"` + c.workspace.SID + `","date_created":"2026-05-01T12:00:00Z",
		"date_updated":"2026-05-01T12:00:00Z","task_queue_entered_date":"2026-05-01T12:00:00Z","virtual_start_time":"2026-05-01T11:00:00Z",
		"attributes":"{\"topic\":\"<invoice> & more\"}","assignment_status":"pending","workflow_sid":"` + c.workflow.SID + `","workflow_friendly_name":"Everything",
		"task_queue_sid":"` + c.queue.SID + `","task_queue_friendly_name":"Everybody","task_channel_unique_name":"sms","priority":3,"age":0,"reason":null,"timeout":600,
		"ignore_capacity":false,"routing_target":null,"addons":"{}","url":"https://taskrouter.test` + path + `",
		"links":{"reservations":"https://taskrouter.test` + path + `/Reservations","task_queue":"https://taskrouter.test` + c.below("TaskQueues", c.queue.SID) + `"}}`)
	c.get(path).shows(made.Body.String())
	c.post(path, "Attributes", "{}", "Priority", "4", "VirtualStartTime", "2026-05-01T10:00:00Z").
		shows(`{"attributes":"{}","priority":4,"virtual_start_time":"2026-05-01T10:00:00Z"}`)

	c.clock.pass(90 * time.Second)
	c.get(path).shows(`{"age":90}`)
	c.runs()
	wr := must(c.eng.Reservations.List(t.Context(), ofTask(wt)))(t).Items[0].SID
	offer := c.below("Tasks", wt, "Reservations", wr)
	c.get(c.below("Tasks", wt, "Reservations"), "ReservationStatus", "pending", "WorkerSid", c.ann.SID).shows(`{"reservations":[{"sid":"` + wr + `","task_sid":"` + wt + `",
		"worker_sid":"` + c.ann.SID + `","worker_name":"ann","reservation_status":"pending","url":"https://taskrouter.test` + offer + `"}],"meta":{"key":"reservations"}}`)
	c.get(c.below("Workers", c.ann.SID, "Reservations"), "ReservationStatus", "accepted").shows(`{"reservations":[]}`)
	c.get(c.below("TaskQueues", c.queue.SID, "RealTimeStatistics")).shows(`{"task_queue_sid":"` + c.queue.SID + `","total_tasks":1,"total_eligible_workers":1,
		"tasks_by_status":{"pending":0,"reserved":1,"assigned":0,"wrapping":0},"longest_task_waiting_sid":"` + wt + `","longest_task_waiting_age":90,
		"activity_statistics":[{"sid":"` + c.activities["Available"] + `","friendly_name":"Available","workers":1}],"total_available_workers":1}`)

	c.post(offer, "ReservationStatus", "rejected", "WorkerActivitySid", c.activities["Break"]).shows(`{"reservation_status":"rejected"}`)
	c.get(c.below("Workers", c.ann.SID)).shows(`{"activity_name":"Break"}`)
	c.post(c.below("Workers", c.ann.SID), "ActivitySid", c.activities["Available"])
	c.runs()
	again := must(c.eng.Reservations.List(t.Context(), ofTask(wt)))(t).Items
	offer = c.below("Tasks", wt, "Reservations", again[len(again)-1].SID)
	c.post(offer, "ReservationStatus", "accepted").shows(`{"reservation_status":"accepted"}`)
	c.asks(http.MethodPost, offer, "ReservationStatus", "rejected").refused(http.StatusBadRequest, 20001)
	if view := c.asks(http.MethodPost, path, "AssignmentStatus", "canceled", "Reason", "late").refused(http.StatusBadRequest, 20001); view.Message !=
		"Cannot cancel task "+wt+" in workspace "+c.workspace.SID+" for account "+c.workspace.AccountSID+" because it is not pending or reserved." {
		t.Error(view.Message)
	}
	c.post(offer, "ReservationStatus", "wrapping").shows(`{"reservation_status":"wrapping"}`)
	c.get(path).shows(`{"assignment_status":"wrapping"}`)
	c.post(offer, "ReservationStatus", "completed").shows(`{"reservation_status":"completed"}`)
	c.get(path).shows(`{"assignment_status":"completed","reason":"Reservation completed"}`)
	c.post(path, "AssignmentStatus", "completed", "Reason", "twice").shows(`{"reason":"Reservation completed"}`)
}

// A task is canceled while nobody has it; one that is assigned is wrapped up and completed.
func TestTasksEnd(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	first := c.below("Tasks", c.post(c.below("Tasks"), "TaskChannel", "voice").at("sid"))
	if view := c.asks(http.MethodPost, first, "AssignmentStatus", "completed", "Reason", "early").refused(http.StatusBadRequest, 20001); view.Details.Problems != nil {
		t.Errorf("%+v", view)
	}
	c.post(first, "AssignmentStatus", "canceled", "Reason", "nobody wants it").shows(`{"assignment_status":"canceled","reason":"nobody wants it"}`)

	second := c.post(c.below("Tasks"), "RoutingTarget", c.ann.SID, "IgnoreCapacity", "true", "TaskChannel", "sms").
		shows(`{"routing_target":"` + c.ann.SID + `","ignore_capacity":true}`).at("sid")
	c.runs()
	c.post(c.below("Tasks", second, "Reservations", must(c.eng.Reservations.List(t.Context(), ofTask(second)))(t).Items[0].SID), "ReservationStatus", "accepted")
	c.post(c.below("Tasks", second), "AssignmentStatus", "wrapping").shows(`{"assignment_status":"wrapping"}`)
	c.post(c.below("Tasks", second), "AssignmentStatus", "completed", "Reason", "done").shows(`{"assignment_status":"completed","reason":"done"}`)

	third := c.post(c.below("Tasks"), "TaskChannel", "sms").at("sid")
	c.runs()
	offer := c.below("Tasks", third, "Reservations", must(c.eng.Reservations.List(t.Context(), ofTask(third)))(t).Items[0].SID)
	c.post(offer, "ReservationStatus", "canceled").shows(`{"reservation_status":"canceled"}`)
	c.asks(http.MethodHead, c.below("Tasks", third)).is(http.StatusOK)
}
