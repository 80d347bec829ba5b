package compat

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	flex "github.com/twilio/twilio-go/rest/flex/v1"
	taskrouter "github.com/twilio/twilio-go/rest/taskrouter/v1"
)

// An interaction from its creation to its end, as a program would do it that is written for
// the platform.
func TestAnInteractionFromBeginningToEnd(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	channel, properties := c.outbound()
	sid, channelSID, taskSID := c.begins(channel, properties)

	if made := must(c.FlexV1.FetchInteraction(sid))(t); *made.Sid != sid || *made.Url != "http://flex-api.twilio.com/v1/Interactions/"+sid {
		t.Errorf("%s at %s", *made.Sid, *made.Url)
	}
	if set := must(c.FlexV1.FetchInteractionChannel(sid, channelSID))(t); *set.Status != "setup" || *set.Type != "sms" {
		t.Errorf("it is %s before it is set up", *set.Status)
	}
	c.runs()
	if set := must(c.FlexV1.FetchInteractionChannel(sid, channelSID))(t); *set.Status != "active" {
		t.Fatalf("it is %s (%v)", *set.Status, set.ErrorMessage)
	}
	channels := must(c.FlexV1.ListInteractionChannel(sid, nil))(t)
	invites := must(c.FlexV1.ListInteractionChannelInvite(sid, channelSID, nil))(t)
	if len(channels) != 1 || len(invites) != 1 || at[string](t, *invites[0].Routing, "properties", "sid") != taskSID {
		t.Errorf("channels %+v, invites %+v", channels, invites)
	}

	offers := must(c.TaskrouterV1.ListTaskReservation(c.workspace, taskSID, nil))(t)
	if len(offers) != 1 || *offers[0].ReservationStatus != "pending" || *offers[0].WorkerSid != c.worker {
		t.Fatalf("offered: %+v", offers)
	}
	offer := must(c.TaskrouterV1.FetchWorkerReservationWithMetadata(c.workspace, c.worker, *offers[0].Sid))(t)
	seen := offer.GetHeaders().Get("ETag")
	answer := (&taskrouter.UpdateWorkerReservationParams{}).SetReservationStatus("accepted")
	_, err := c.TaskrouterV1.UpdateWorkerReservation(c.workspace, c.worker, *offers[0].Sid, answer.SetIfMatch("999"))
	refused(t, err, http.StatusPreconditionFailed, 20412)
	accepted := must(c.TaskrouterV1.UpdateWorkerReservation(c.workspace, c.worker, *offers[0].Sid, answer.SetIfMatch(seen)))(t)
	if *accepted.ReservationStatus != "accepted" {
		t.Errorf("it is %s", *accepted.ReservationStatus)
	}
	_, err = c.TaskrouterV1.UpdateTask(c.workspace, taskSID, (&taskrouter.UpdateTaskParams{}).SetAssignmentStatus("canceled").SetReason("too late"))
	if told := refused(t, err, http.StatusBadRequest, 20001); !strings.HasPrefix(told.Message, "Cannot cancel task "+taskSID) {
		t.Error(told.Message)
	}
	agents := must(c.FlexV1.ListInteractionChannelParticipant(sid, channelSID, nil))(t)
	if !slices.ContainsFunc(agents, func(p flex.FlexV1InteractionChannelParticipant) bool { return *p.Type == "agent" }) {
		t.Errorf("no agent is there: %+v", agents)
	}

	var done any = map[string]any{"status": "closed"}
	closed := must(c.FlexV1.UpdateInteractionChannel(sid, channelSID, (&flex.UpdateInteractionChannelParams{}).SetStatus("closed").SetRouting(done)))(t)
	task := must(c.TaskrouterV1.FetchTask(c.workspace, taskSID))(t)
	if *closed.Status != "closed" || *task.AssignmentStatus != "completed" {
		t.Errorf("the channel is %s, the task %s", *closed.Status, *task.AssignmentStatus)
	}
	_, err = c.FlexV1.CreateInteractionChannelInvite(sid, channelSID, (&flex.CreateInteractionChannelInviteParams{}).SetRouting(properties))
	refused(t, err, http.StatusBadRequest, 80906)
}

// A task that is none of an interaction: attributes and priority change, it is wrapped up and
// completed.
func TestATaskAlone(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	task := must(c.TaskrouterV1.CreateTask(c.workspace, (&taskrouter.CreateTaskParams{}).
		SetAttributes(`{"topic":"<invoice> & more"}`).SetTaskChannel("sms").SetPriority(3).SetTimeout(600).
		SetVirtualStartTime(c.clock.read().Add(-time.Hour))))(t)
	if *task.Attributes != `{"topic":"<invoice> & more"}` || task.Priority != 3 || task.Timeout != 600 || *task.TaskQueueFriendlyName != "English" {
		t.Errorf("%+v", task)
	}
	task = must(c.TaskrouterV1.UpdateTask(c.workspace, *task.Sid, (&taskrouter.UpdateTaskParams{}).SetAttributes(`{"topic":"other"}`).SetPriority(4)))(t)
	if *task.Attributes != `{"topic":"other"}` || task.Priority != 4 {
		t.Errorf("%+v", task)
	}
	c.runs()
	offers := must(c.TaskrouterV1.ListWorkerReservation(c.workspace, c.worker, (&taskrouter.ListWorkerReservationParams{}).SetReservationStatus("pending")))(t)
	if len(offers) != 1 {
		t.Fatalf("offered: %+v", offers)
	}
	must(c.TaskrouterV1.UpdateTaskReservation(c.workspace, *task.Sid, *offers[0].Sid, (&taskrouter.UpdateTaskReservationParams{}).SetReservationStatus("accepted")))(t)
	if channel := must(c.TaskrouterV1.FetchWorkerChannel(c.workspace, c.worker, "sms"))(t); channel.AssignedTasks != 1 || channel.ConfiguredCapacity != 3 || channel.AvailableCapacityPercentage != 66 {
		t.Errorf("%+v", channel)
	}
	statistics := must(c.TaskrouterV1.FetchTaskQueueRealTimeStatistics(c.workspace, c.queue, nil))(t)
	if statistics.TotalTasks != 1 || at[float64](t, *statistics.TasksByStatus, "assigned") != 1 || statistics.TotalEligibleWorkers != 1 {
		t.Errorf("%+v", statistics)
	}
	for _, status := range []string{"wrapping", "completed"} {
		task = must(c.TaskrouterV1.UpdateTask(c.workspace, *task.Sid, (&taskrouter.UpdateTaskParams{}).SetAssignmentStatus(status).SetReason("done")))(t)
		if *task.AssignmentStatus != status {
			t.Errorf("it is %s, not %s", *task.AssignmentStatus, status)
		}
	}
}

// Lists are read to their end, whatever the size of a page, and back.
func TestLists(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	want := []string{"ann"}
	for n := range 6 {
		name := fmt.Sprintf("worker %d", n)
		want = append(want, name)
		must(c.TaskrouterV1.CreateWorker(c.workspace, (&taskrouter.CreateWorkerParams{}).SetFriendlyName(name)))(t)
	}
	for size := 1; size < 9; size++ {
		var got []string
		for _, w := range must(c.TaskrouterV1.ListWorker(c.workspace, (&taskrouter.ListWorkerParams{}).SetPageSize(size)))(t) {
			got = append(got, *w.FriendlyName)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %q", size, got)
		}
	}
	params := (&taskrouter.ListWorkerParams{}).SetPageSize(3)
	second := must(c.TaskrouterV1.PageWorker(c.workspace, params, "", "1"))(t)
	if len(second.Workers) != 3 || *second.Workers[0].FriendlyName != "worker 2" || second.Meta.PreviousPageUrl == nil || second.Meta.NextPageUrl == nil {
		t.Errorf("the second page: %+v", second)
	}
	if limited := must(c.TaskrouterV1.ListWorker(c.workspace, (&taskrouter.ListWorkerParams{}).SetLimit(2)))(t); len(limited) != 2 {
		t.Errorf("%d of two", len(limited))
	}
	if free := must(c.TaskrouterV1.ListWorker(c.workspace, (&taskrouter.ListWorkerParams{}).SetAvailable("true")))(t); len(free) != 1 {
		t.Errorf("%d are available", len(free))
	}
}

// What is wrong is told by the library's own errors.
func TestErrors(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	nobody := "WK" + strings.Repeat("0", 32)
	_, err := c.TaskrouterV1.FetchWorker(c.workspace, nobody)
	if told := refused(t, err, http.StatusNotFound, 20404); told.Message != "The requested resource /v1/Workspaces/"+c.workspace+"/Workers/"+nobody+" was not found" {
		t.Error(told.Message)
	}
	var nothing any = map[string]any{}
	_, err = c.FlexV1.CreateInteraction((&flex.CreateInteractionParams{}).SetChannel(nothing))
	told := refused(t, err, http.StatusBadRequest, 45366)
	if problems := at[[]any](t, told.Details, "problems"); len(problems) < 3 {
		t.Errorf("details: %v", told.Details)
	}
	_, err = c.TaskrouterV1.CreateWorker(c.workspace, (&taskrouter.CreateWorkerParams{}).SetFriendlyName("ANN"))
	refused(t, err, http.StatusConflict, 20409)
	_, err = c.TaskrouterV1.CreateTaskQueue(c.workspace, (&taskrouter.CreateTaskQueueParams{}).SetFriendlyName("x").SetTargetWorkers("languages HAS"))
	refused(t, err, http.StatusBadRequest, 20001)
	stranger := newClient("AC"+strings.Repeat("0", 32), "guessed", c.to)
	_, err = stranger.FlexV1.FetchInteraction("KD" + strings.Repeat("0", 32))
	refused(t, err, http.StatusUnauthorized, 20003)
}
