package routing_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// twilio is where the documentation's examples are.
var twilio = routing.Base{Flex: "https://flex-api.twilio.com", TaskRouter: "https://taskrouter.twilio.com"}

// response is that of seed 003, word for word.
const response = `{
  "sid": "KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "channel": {
    "type": "sms",
    "sid": "UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  },
  "routing": {
    "reservation": null,
    "properties": {
      "date_updated": 1634845217,
      "task_queue_entered_date": 1634845217,
      "workflow_name": "Default Fifo Workflow",
      "age_in_queue": 0,
      "task_channel_unique_name": "default",
      "assignment_status": "pending",
      "queue_name": "Sample Queue",
      "assignmentCounter": 0,
      "priority": 0,
      "sid": "WTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "workflow_sid": "WWaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "routing_target": "WKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "reason": "",
      "attributes": "{\"customerAddress\":\"customer phone address\",\"flexChannelInviteSid\":\"KGaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"conversationSid\":\"CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"channelType\":\"sms\",\"customers\":{\"phone\":\"customer phone address\",\"name\":\"customer name\"},\"conversations\":{\"initiated_by\":\"customer\",\"conversation_id\":\"KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"media\":[{\"type\":\"ChatTranscript\",\"sid\":\"CHaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]},\"customerName\":\"customer name\",\"flexInteractionChannelSid\":\"UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"initiatedBy\":\"customer\",\"flexInteractionSid\":\"KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"direction\":\"inbound\"}",
      "task_channel_sid": "TCaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "age": 0,
      "workspace_sid": "WSaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "timeout": 86400,
      "date_created": 1634845217,
      "addons": "{}",
      "queue_sid": "WQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    }
  },
  "interaction_context_sid": null,
  "url": "https://flex-api.twilio.com/v1/Interactions/KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "links": {
    "channels": "https://flex-api.twilio.com/v1/Interactions/KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Channels"
  }
}`

// decoded is JSON as Go has it, with the attributes, which are JSON in a text, as a value.
func decoded(tb testing.TB, text string) any {
	tb.Helper()
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	var open func(any)
	open = func(value any) {
		object, _ := value.(map[string]any)
		for name, inner := range object {
			if text, is := inner.(string); is && name == "attributes" {
				object[name] = []any{"a text of", decoded(tb, text)}
				continue
			}
			open(inner)
		}
	}
	open(value)
	return value
}

func wantShown(tb testing.TB, view any, want string) {
	tb.Helper()
	text, err := json.Marshal(view)
	if err != nil {
		tb.Fatal(err)
	}
	if got, want := decoded(tb, string(text)), decoded(tb, want); !reflect.DeepEqual(got, want) {
		tb.Errorf("%T:\n%v\nwant\n%v", view, got, want)
	}
}

// sampleTask is that of the response.
func sampleTask(tb testing.TB) routing.Task {
	tb.Helper()
	at := time.Unix(1634845217, 0)
	attributes, err := routing.Known{
		Type: routing.ChannelSMS, InitiatedBy: routing.ByCustomer,
		InteractionSID: sampled("KD"), ChannelSID: sampled("UO"), InviteSID: sampled("KG"), ConversationSID: sampled("CH"),
	}.Merge(routing.Attributes{"customerAddress": "customer phone address", "customerName": "customer name"})
	if err != nil {
		tb.Fatal(err)
	}
	// The response does not have this one, which is documented beside it.
	delete(attributes["conversations"].(map[string]any), "communication_channel")
	task, _, err := routing.Task{
		SID: sampled("WT"), AccountSID: sampled("AC"), WorkspaceSID: sampled("WS"), WorkflowSID: sampled("WW"), TaskChannelSID: sampled("TC"),
		RoutingTarget: sampled("WK"), Attributes: attributes,
	}.Apply(routing.TaskStarts, routing.TaskChange{}, at)
	if err == nil {
		task, _, err = task.Apply(routing.TaskEnters, routing.TaskChange{QueueSID: sampled("WQ")}, at)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return task
}

var sampleNames = routing.TaskNames{Workflow: "Default Fifo Workflow", Queue: "Sample Queue", TaskChannel: "default"}

func TestTheSeedsResponse(t *testing.T) {
	t.Parallel()
	task := sampleTask(t)
	shown := &routing.ShownRouting{Properties: task.Properties(sampleNames, task.CreatedAt)}
	// Beside what the seed shows, the platform's responses have the version of the task.
	wantShown(t, routing.Interaction{
		SID: sampled("KD"), ChannelSID: sampled("UO"), ChannelType: routing.ChannelSMS, InitiatedBy: routing.ByCustomer, TaskSID: task.SID,
	}.View(twilio, shown), strings.Replace(response, `"priority":`, `"version": 0, "priority":`, 1))
}

func TestInteractionsWithoutATaskAndWithAll(t *testing.T) {
	t.Parallel()
	wantShown(t, routing.Interaction{
		SID: sampled("KD"), ChannelSID: sampled("UO"), ChannelType: routing.ChannelWeb, ContextSID: sampled("HQ"), WebhookTTID: "hook",
	}.View(routing.Base{}, nil), `{
		"sid": "KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "channel": {"type": "web", "sid": "UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "routing": null,
		"interaction_context_sid": "HQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "webhook_ttid": "hook",
		"url": "/v1/Interactions/KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"links": {"channels": "/v1/Interactions/KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Channels"}
	}`)
}

func TestWhatATaskShowsAsTimeGoesBy(t *testing.T) {
	t.Parallel()
	task := sampleTask(t)
	created := task.CreatedAt
	p := task.Properties(sampleNames, created.Add(90*time.Second+999*time.Millisecond))
	if p.Age != 90 || p.AgeInQueue != 90 || *p.DateUpdated != 1634845217 {
		t.Errorf("%+v", p)
	}
	if p := task.Properties(sampleNames, created.Add(-time.Second)); p.Age != 0 || p.AgeInQueue != 0 {
		t.Errorf("before it began: %+v", p)
	}
	task, _, err := task.Apply(routing.TaskEnters, routing.TaskChange{QueueSID: numbered("WQ", 2)}, created.Add(time.Minute))
	if err == nil {
		task, _, err = task.Apply(routing.TaskCancels, routing.TaskChange{Reason: "gone"}, created.Add(100*time.Second))
	}
	if err != nil {
		t.Fatal(err)
	}
	p = task.Properties(sampleNames, created.Add(time.Hour))
	if p.Age != 100 || p.AgeInQueue != 40 || p.Reason != "gone" || p.AssignmentStatus != "canceled" || *p.TaskQueueEnteredDate != 1634845277 {
		t.Errorf("after its end: %+v", p)
	}
	text, err := json.Marshal(routing.Task{SID: sampled("WT")}.Properties(routing.TaskNames{}, created))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"queue_sid":null`, `"queue_name":null`, `"task_queue_entered_date":null`, `"routing_target":null`, `"attributes":"{}"`, `"reason":""`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s is not in %s", part, text)
		}
	}
}

func TestWhatTheFlexAPIShows(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 23, 11, 0, 0, 123456789, time.FixedZone("", 7200))
	in := "https://flex-api.twilio.com/v1/Interactions/KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/Channels/UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	replace := func(text string) string { return strings.ReplaceAll(text, "$in", in) }
	channel := routing.Channel{SID: sampled("UO"), InteractionSID: sampled("KD"), Type: routing.ChannelEmail, Status: routing.ChannelSetup}
	wantShown(t, channel.View(twilio), replace(`{
		"sid": "UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "interaction_sid": "KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "type": "email", "status": "setup",
		"error_code": null, "error_message": null, "url": "$in",
		"links": {"participants": "$in/Participants", "invites": "$in/Invites", "transfers": "$in/Transfers"}
	}`))
	channel.Status, channel.ErrorCode, channel.ErrorMessage = routing.ChannelFailed, 19025, "Channel validation error"
	wantShown(t, channel.View(twilio), replace(`{
		"sid": "UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "interaction_sid": "KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "type": "email", "status": "failed",
		"error_code": 19025, "error_message": "Channel validation error", "url": "$in",
		"links": {"participants": "$in/Participants", "invites": "$in/Invites", "transfers": "$in/Transfers"}
	}`))
	wantShown(t, routing.Invite{SID: sampled("KG"), InteractionSID: sampled("KD"), ChannelSID: sampled("UO")}.View(twilio, nil), replace(`{
		"sid": "KGaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "interaction_sid": "KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "channel_sid": "UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"routing": null, "url": "$in/Invites/KGaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	}`))
	participant := routing.Participant{SID: sampled("UT"), InteractionSID: sampled("KD"), ChannelSID: sampled("UO"), Type: routing.ParticipantCustomer}
	wantShown(t, participant.View(twilio), replace(`{
		"sid": "UTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "interaction_sid": "KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "channel_sid": "UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"type": "customer", "routing_properties": null, "url": "$in/Participants/UTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	}`))
	participant.Type, participant.TaskSID, participant.WorkerSID, participant.ReservationSID = routing.ParticipantAgent, sampled("WT"), sampled("WK"), sampled("WR")
	wantShown(t, participant.View(twilio), replace(`{
		"sid": "UTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "interaction_sid": "KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "channel_sid": "UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"type": "agent", "routing_properties": {
			"task_sid": "WTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "worker_sid": "WKaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "reservation_sid": "WRaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		}, "url": "$in/Participants/UTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	}`))
	wantShown(t, routing.Transfer{
		SID: sampled("UX"), AccountSID: sampled("AC"), InteractionSID: sampled("KD"), ChannelSID: sampled("UO"), NoteSID: sampled("KQ"),
		Type: routing.TransferCold, Status: routing.TransferActive, From: sampled("UT"), To: sampled("WQ"), CreatedAt: at, UpdatedAt: at,
	}.View(twilio), replace(`{
		"sid": "UXaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "instance_sid": null, "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"interaction_sid": "KDaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "channel_sid": "UOaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "execution_sid": null,
		"type": "cold", "status": "active", "from": "UTaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "to": "WQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"note_sid": "KQaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "summary_sid": null, "date_created": "2026-05-23T09:00:00Z", "date_updated": "2026-05-23T09:00:00Z",
		"url": "$in/Transfers/UXaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	}`))
}

func TestWhatTaskRoutersAPIShows(t *testing.T) {
	t.Parallel()
	at := time.Unix(1634845217, 999)
	replace := strings.NewReplacer("$in", "https://taskrouter.twilio.com/v1/Workspaces/WSaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "$at", "2021-10-21T19:40:17Z",
		"$AC", sampled("AC"), "$WS", sampled("WS"), "$WT", sampled("WT"), "$WR", sampled("WR"), "$WK", sampled("WK"), "$WA", sampled("WA"),
		"$WQ", sampled("WQ"), "$WW", sampled("WW"), "$TC", sampled("TC"), "$WC", sampled("WC")).Replace

	task := sampleTask(t)
	task.Attributes = routing.Attributes{"a": "<b>"}
	wantShown(t, task.View(twilio, sampleNames, at.Add(time.Minute)), replace(`{
		"sid": "$WT", "account_sid": "$AC", "workspace_sid": "$WS", "date_created": "$at", "date_updated": "$at", "task_queue_entered_date": "$at",
		"virtual_start_time": "$at", "attributes": "{\"a\":\"<b>\"}", "assignment_status": "pending", "workflow_sid": "$WW",
		"workflow_friendly_name": "Default Fifo Workflow", "task_queue_sid": "$WQ", "task_queue_friendly_name": "Sample Queue",
		"task_channel_sid": "$TC", "task_channel_unique_name": "default", "priority": 0, "age": 60, "reason": null, "timeout": 86400,
		"ignore_capacity": false, "routing_target": "$WK", "addons": "{}", "url": "$in/Tasks/$WT",
		"links": {"workspace": "$in", "workflow": "$in/Workflows/$WW", "task_queue": "$in/TaskQueues/$WQ", "reservations": "$in/Tasks/$WT/Reservations"}
	}`))
	wantShown(t, routing.Reservation{
		SID: sampled("WR"), AccountSID: sampled("AC"), WorkspaceSID: sampled("WS"), TaskSID: sampled("WT"), WorkerSID: sampled("WK"), WorkerName: "Jane",
		Status: routing.ReservationAccepted, CreatedAt: at, UpdatedAt: at,
	}.View(twilio), replace(`{
		"sid": "$WR", "account_sid": "$AC", "workspace_sid": "$WS", "task_sid": "$WT", "worker_sid": "$WK", "worker_name": "Jane",
		"reservation_status": "accepted", "date_created": "$at", "date_updated": "$at", "url": "$in/Tasks/$WT/Reservations/$WR",
		"links": {"task": "$in/Tasks/$WT", "worker": "$in/Workers/$WK", "workspace": "$in"}
	}`))
	worker := routing.Worker{
		SID: sampled("WK"), AccountSID: sampled("AC"), WorkspaceSID: sampled("WS"), FriendlyName: "Jane", Attributes: routing.Attributes{"level": 3},
		ActivitySID: sampled("WA"), ActivityName: "Available", Available: true, StatusChangedAt: at, CreatedAt: at, UpdatedAt: at,
	}
	wantShown(t, worker.View(twilio), replace(`{
		"sid": "$WK", "account_sid": "$AC", "workspace_sid": "$WS", "friendly_name": "Jane", "attributes": "{\"level\":3}", "activity_sid": "$WA",
		"activity_name": "Available", "available": true, "date_created": "$at", "date_status_changed": "$at", "date_updated": "$at",
		"url": "$in/Workers/$WK",
		"links": {"workspace": "$in", "activity": "$in/Activities/$WA", "channels": "$in/Workers/$WK/Channels", "reservations": "$in/Workers/$WK/Reservations"}
	}`))
	wantShown(t, routing.WorkerChannel{
		SID: sampled("WC"), TaskChannelSID: sampled("TC"), TaskChannel: "chat", Capacity: 3, Available: true, Pending: 1, Accepted: 1, CreatedAt: at, UpdatedAt: at,
	}.View(twilio, worker), replace(`{
		"sid": "$WC", "account_sid": "$AC", "workspace_sid": "$WS", "worker_sid": "$WK", "task_channel_sid": "$TC", "task_channel_unique_name": "chat",
		"configured_capacity": 3, "assigned_tasks": 1, "available_capacity_percentage": 33, "available": true, "date_created": "$at", "date_updated": "$at",
		"url": "$in/Workers/$WK/Channels/$WC"
	}`))
	wantShown(t, routing.Activity{
		SID: sampled("WA"), AccountSID: sampled("AC"), WorkspaceSID: sampled("WS"), FriendlyName: "Break", CreatedAt: at, UpdatedAt: at,
	}.View(twilio), replace(`{
		"sid": "$WA", "account_sid": "$AC", "workspace_sid": "$WS", "friendly_name": "Break", "available": false, "date_created": "$at", "date_updated": "$at",
		"url": "$in/Activities/$WA", "links": {"workspace": "$in"}
	}`))
	wantShown(t, routing.TaskChannel{
		SID: sampled("TC"), AccountSID: sampled("AC"), WorkspaceSID: sampled("WS"), FriendlyName: "Chat", UniqueName: "chat", CreatedAt: at, UpdatedAt: at,
	}.View(twilio), replace(`{
		"sid": "$TC", "account_sid": "$AC", "workspace_sid": "$WS", "friendly_name": "Chat", "unique_name": "chat", "channel_optimized_routing": false,
		"date_created": "$at", "date_updated": "$at", "url": "$in/TaskChannels/$TC", "links": {"workspace": "$in"}
	}`))
	wantShown(t, routing.Queue{
		SID: sampled("WQ"), AccountSID: sampled("AC"), WorkspaceSID: sampled("WS"), FriendlyName: "Sales", TargetWorkers: routing.EveryWorker,
		MaxReservedWorkers: 1, TaskOrder: routing.FIFO, AssignmentActivitySID: sampled("WA"), AssignmentActivityName: "Busy", CreatedAt: at, UpdatedAt: at,
	}.View(twilio), replace(`{
		"sid": "$WQ", "account_sid": "$AC", "workspace_sid": "$WS", "friendly_name": "Sales", "target_workers": "1==1", "max_reserved_workers": 1,
		"task_order": "FIFO", "reservation_activity_sid": null, "reservation_activity_name": null, "assignment_activity_sid": "$WA",
		"assignment_activity_name": "Busy", "date_created": "$at", "date_updated": "$at", "url": "$in/TaskQueues/$WQ", "links": {"workspace": "$in"}
	}`))
	config := `{"task_routing": {"default_filter": {"queue": "` + sampled("WQ") + `"}}}`
	configuration, err := routing.ParseConfiguration(config)
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	wantShown(t, routing.Workflow{
		SID: sampled("WW"), AccountSID: sampled("AC"), WorkspaceSID: sampled("WS"), FriendlyName: "Default Fifo Workflow", Configuration: configuration,
		ReservationTimeout: routing.DefaultReservationTimeout, CreatedAt: at, UpdatedAt: at,
	}.View(twilio), replace(`{
		"sid": "$WW", "account_sid": "$AC", "workspace_sid": "$WS", "friendly_name": "Default Fifo Workflow", "configuration": `+string(quoted)+`,
		"document_content_type": "application/json", "task_reservation_timeout": 120, "assignment_callback_url": null,
		"fallback_assignment_callback_url": null, "date_created": "$at", "date_updated": "$at", "url": "$in/Workflows/$WW", "links": {"workspace": "$in"}
	}`))
	wantShown(t, routing.Workspace{
		SID: sampled("WS"), AccountSID: sampled("AC"), FriendlyName: "Flex", PrioritizeQueueOrder: routing.FIFO, MultiTask: true,
		DefaultActivitySID: sampled("WA"), DefaultActivityName: "Offline", CreatedAt: at, UpdatedAt: at,
	}.View(twilio), replace(`{
		"sid": "$WS", "account_sid": "$AC", "friendly_name": "Flex", "date_created": "$at", "date_updated": "$at", "default_activity_name": "Offline",
		"default_activity_sid": "$WA", "timeout_activity_name": null, "timeout_activity_sid": null, "event_callback_url": null, "events_filter": null,
		"multi_task_enabled": true, "prioritize_queue_order": "FIFO", "url": "$in",
		"links": {"activities": "$in/Activities", "task_channels": "$in/TaskChannels", "task_queues": "$in/TaskQueues", "tasks": "$in/Tasks",
			"workers": "$in/Workers", "workflows": "$in/Workflows"}
	}`))
}

// TestWhatIsKeptComesBack keeps values and reads them again.
func TestWhatIsKeptComesBack(t *testing.T) {
	t.Parallel()
	a := offered(t, 1, 2)
	a.Task.Attributes = routing.Attributes{"n": json.Number("12345678901234567890"), "list": []any{"a", nil, true}}
	keep(t, a.Task)
	keep(t, a.Reservations[0])
	w := accepted(t, active(t), 1)
	keep(t, w.Channel)
	keep(t, w.Invites[0])
	keep(t, w.Participants[1])
	keep(t, routing.Worker{SID: "WK", Channels: []routing.WorkerChannel{{SID: "WC", Capacity: 3, Pending: 2}}, IdleSince: someday, Attributes: routing.Attributes{}})
	keep(t, routing.Transfer{SID: "UX", Type: routing.TransferCold, FromTaskSID: "WT"})
	keep(t, routing.Interaction{SID: "KD", ContextSID: "HQ"})
	keep(t, routing.Queue{SID: "WQ", TaskOrder: routing.LIFO})
	keep(t, routing.Workspace{SID: "WS"})
	keep(t, routing.Activity{SID: "WA", Available: true})
	keep(t, routing.TaskChannel{SID: "TC", OptimizedRouting: true})
}

func keep[T any](tb testing.TB, value T) {
	tb.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	var kept T
	if err := json.Unmarshal(text, &kept); err != nil {
		tb.Fatal(err)
	}
	if !reflect.DeepEqual(value, kept) {
		tb.Errorf("%s:\n%+v\n%+v", text, value, kept)
	}
}
