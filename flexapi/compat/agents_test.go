package compat

import (
	"net/http"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	flex "github.com/twilio/twilio-go/rest/flex/v1"
	taskrouter "github.com/twilio/twilio-go/rest/taskrouter/v1"
)

// The other samples of the seed, with real SIDs for its placeholders.
func TestTheSeedsSamples(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	received := must(c.eng.Threads.Receive(t.Context(), engage.Inbound{
		SourceID: "sms", Customer: engage.Account{ForeignID: "+13115552368"}, Message: interaction.Message{Body: "Is anybody there?"},
	}))(t)
	var inbound any = map[string]any{
		"type": "sms", "initiated_by": "customer", "properties": map[string]any{"media_channel_sid": engage.ConversationSID(received.ThreadID)},
	}
	var simply any = map[string]any{"properties": map[string]any{"workspace_sid": c.workspace}}
	_, _, taskSID := c.begins(inbound, simply)
	c.accepts(c.worker, taskSID)
	_, err := c.FlexV1.CreateInteraction((&flex.CreateInteractionParams{}).SetChannel(inbound).SetRouting(simply))
	refused(t, err, http.StatusBadRequest, 45353)

	var outbound any = map[string]any{
		"type": "sms", "initiated_by": "agent", "participants": []any{map[string]any{"address": "+13115552369", "proxy_address": "+192555512345"}},
	}
	_, _, taskSID = c.begins(outbound, map[string]any{"properties": map[string]any{
		"workspace_sid": c.workspace, "workflow_sid": c.workflow, "queue_sid": c.queue, "worker_sid": c.worker, "task_channel_unique_name": "sms",
		"attributes": map[string]any{"customerName": "silly name", "customerAddress": "+13115552369"},
	}})
	if task := must(c.TaskrouterV1.FetchTask(c.workspace, taskSID))(t); *task.RoutingTarget != c.worker {
		t.Errorf("it is for %s", *task.RoutingTarget)
	}
	c.accepts(c.worker, taskSID)

	var bare any = map[string]any{"type": "sms", "initiated_by": "customer"}
	_, err = c.FlexV1.CreateInteraction((&flex.CreateInteractionParams{}).SetChannel(bare))
	refused(t, err, http.StatusBadRequest, 45366)
	var encodedTwice any = "{}"
	_, err = c.FlexV1.CreateInteraction((&flex.CreateInteractionParams{}).SetChannel(encodedTwice))
	refused(t, err, http.StatusBadRequest, 45366)
}

// A second agent is invited, who hands over to a third.
func TestInvitesAndTransfers(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	channel, routing := c.outbound()
	sid, channelSID, taskSID := c.begins(channel, routing)
	c.accepts(c.worker, taskSID)

	bob, carl := c.hires("bob"), c.hires("carl")
	var wanted any = map[string]any{"properties": map[string]any{"workspace_sid": c.workspace, "worker_sid": bob, "task_channel_unique_name": "sms"}}
	invite := must(c.FlexV1.CreateInteractionChannelInvite(sid, channelSID, (&flex.CreateInteractionChannelInviteParams{}).SetRouting(wanted)))(t)
	second := at[string](t, *invite.Routing, "properties", "sid")
	c.accepts(bob, second)

	transfer := must(c.FlexV1.CreateInteractionTransfer(sid, channelSID, (&flex.CreateInteractionTransferParams{}).SetBody(map[string]any{
		"type": "cold", "from": c.participant(sid, channelSID, bob), "to": carl,
	})))(t)
	if *transfer.Status != "active" || *transfer.Type != "cold" || *transfer.To != carl {
		t.Errorf("%+v", transfer)
	}
	c.runs()
	offers := must(c.TaskrouterV1.ListWorkerReservation(c.workspace, carl, nil))(t)
	if len(offers) != 1 {
		t.Fatalf("offered to carl: %+v", offers)
	}
	c.accepts(carl, *offers[0].TaskSid)
	if done := must(c.FlexV1.FetchInteractionTransfer(sid, channelSID, *transfer.Sid))(t); *done.Status != "completed" {
		t.Errorf("it is %s", *done.Status)
	}
	if task := must(c.TaskrouterV1.FetchTask(c.workspace, second))(t); *task.AssignmentStatus != "completed" {
		t.Errorf("bob's task is %s", *task.AssignmentStatus)
	}

	given := must(c.FlexV1.CreateInteractionTransfer(sid, channelSID, (&flex.CreateInteractionTransferParams{}).SetBody(map[string]any{
		"type": "warm", "from": c.participant(sid, channelSID, carl), "to": c.queue,
	})))(t)
	up := must(c.FlexV1.UpdateInteractionTransfer(sid, channelSID, *given.Sid, (&flex.UpdateInteractionTransferParams{}).SetBody(map[string]any{"status": "canceled"})))(t)
	if *up.Status != "failed" {
		t.Errorf("what was given up is %s", *up.Status)
	}

	var media any = map[string]any{"address": "+13115559999", "proxy_address": "+192555512345"}
	friend := must(c.FlexV1.CreateInteractionChannelParticipant(sid, channelSID, (&flex.CreateInteractionChannelParticipantParams{}).SetType("external").SetMediaProperties(media)))(t)
	must(c.FlexV1.UpdateInteractionChannelParticipant(sid, channelSID, *friend.Sid, (&flex.UpdateInteractionChannelParticipantParams{}).SetStatus("closed")))(t)
	for _, worker := range []string{c.worker, carl} {
		agent := c.participant(sid, channelSID, worker)
		must(c.FlexV1.UpdateInteractionChannelParticipant(sid, channelSID, agent, (&flex.UpdateInteractionChannelParticipantParams{}).SetStatus("closed")))(t)
	}
	if closed := must(c.FlexV1.FetchInteractionChannel(sid, channelSID))(t); *closed.Status != "closed" {
		t.Errorf("the last agent has left, and it is %s", *closed.Status)
	}
}

// hires adds a worker who speaks English.
func (c *centre) hires(name string) string {
	c.t.Helper()
	w := must(c.TaskrouterV1.CreateWorker(c.workspace, (&taskrouter.CreateWorkerParams{}).
		SetFriendlyName(name).SetActivitySid(c.available).SetAttributes(`{"languages":["en"]}`)))(c.t)
	c.runs()
	return *w.Sid
}

// accepts has a worker accept a task that is offered to them.
func (c *centre) accepts(worker, task string) {
	c.t.Helper()
	c.runs()
	for _, r := range must(c.TaskrouterV1.ListTaskReservation(c.workspace, task, nil))(c.t) {
		if *r.WorkerSid == worker {
			must(c.TaskrouterV1.UpdateTaskReservation(c.workspace, task, *r.Sid, (&taskrouter.UpdateTaskReservationParams{}).SetReservationStatus("accepted")))(c.t)
			return
		}
	}
	c.t.Fatalf("%s is not offered to %s", task, worker)
}

// participant is what a worker is on a channel.
func (c *centre) participant(sid, channelSID, worker string) string {
	c.t.Helper()
	for _, p := range must(c.FlexV1.ListInteractionChannelParticipant(sid, channelSID, nil))(c.t) {
		if p.RoutingProperties != nil && at[string](c.t, *p.RoutingProperties, "worker_sid") == worker {
			return *p.Sid
		}
	}
	c.t.Fatalf("%s is not on the channel", worker)
	return ""
}
