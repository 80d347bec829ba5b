package main

import (
	"context"
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

var _ = add(routed)

// routed is who answers next: two agents, of whom one talks to a customer, and the other is
// offered one; a third customer waits. Each is offered a task for the telephone, too, and one
// waits.
func routed(ctx context.Context, eng *engage.Engine) error {
	delivers := options.Platforms
	options.Platforms = nil // what the other parts leave to be delivered is not delivered by this one
	eng = must(engage.New(ctx, st, &options))
	options.Platforms = delivers
	must(eng.Sources.Create(ctx, interaction.Source{ID: "sms", Type: "sms", Name: "SMS", Active: true}))
	workspace := must(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support"}))
	available := ""
	for _, a := range must(eng.Activities.List(ctx, workspace.SID, 0, "")).Items {
		if a.FriendlyName == "Available" {
			available = a.SID
		}
	}
	queue := must(eng.Queues.Create(ctx, workspace.SID, engage.NewQueue{FriendlyName: "Everybody"}))
	workflow := must(eng.Workflows.Create(ctx, workspace.SID, engage.NewWorkflow{
		FriendlyName: "Support", Configuration: fmt.Sprintf(`{"task_routing":{"default_filter":{"queue":%q}}}`, queue.SID),
	}))
	hires := func(name string) routing.Worker {
		return must(eng.Workers.Create(ctx, workspace.SID, engage.NewWorker{
			FriendlyName: name, ActivitySID: available, Capacities: map[string]int{"sms": 1, "voice": 1},
		}))
	}
	runs := func() {
		for range 3 {
			now = now.Add(time.Second)
			must(eng.RunDue(ctx))
		}
	}
	abe, zoe := hires("abe"), hires("zoe")
	for n := range 3 {
		must(eng.Flex.Create(ctx, engage.NewInteraction{Request: routing.CreateRequest{
			Channel: routing.ChannelRequest{
				Type: routing.ChannelSMS, InitiatedBy: routing.ByAPI,
				Participants: []routing.ParticipantRequest{{Address: fmt.Sprintf("+1311555%04d", n), ProxyAddress: "+192555512345"}},
			},
			Routing: &routing.CreateRouting{Properties: routing.TaskRequest{WorkspaceSID: workspace.SID, WorkflowSID: workflow.SID}},
		}}))
		runs()
	}
	for _, offer := range must(eng.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: abe.SID, Live: true})).Items {
		must(eng.As(engage.Agent("abe")).Reservations.Accept(ctx, offer.SID, engage.Answer{}))
	}
	for range 3 {
		must(eng.Tasks.Create(ctx, workspace.SID, engage.NewTask{TaskChannel: "voice"}))
	}
	runs()
	for _, w := range []routing.Worker{abe, zoe} {
		if len(must(eng.Reservations.List(ctx, engage.ReservationFilter{WorkerSID: w.SID, Live: true})).Items) != 2 {
			return fmt.Errorf("%s has not two tasks", w.FriendlyName)
		}
	}
	return nil
}
