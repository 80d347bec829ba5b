package engage_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// A customer has filled in a form, and an agent is to write to them (seed 003, the sample with
// initiated_by "api"): the workflow finds one.
func Example_flexByAPI() {
	ctx := context.Background()
	c := newContactCentre()
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	created := done(c.Flex.CreateForm(ctx, routing.CreateForm{
		Channel: []byte(`{"type": "sms", "initiated_by": "api",
			"participants": [{"address": "+13115552368", "proxy_address": "+192555512345"}]}`),
		Routing: fmt.Appendf(nil, `{"properties": {
			"workspace_sid": %q, "workflow_sid": %q, "task_channel_unique_name": "sms",
			"attributes": {"from": "testname", "customerName": "testcustomer", "customerAddress": "+13115552368"}}}`,
			c.workspace.SID, c.workflow.SID),
	}, "form 4711"))
	done(c.RunDue(ctx)) // a server has c.Run(ctx) running

	offer := offers(c.Engine, ann)[0]
	task := done(c.Tasks.Get(ctx, offer.TaskSID))
	fmt.Println(offer.WorkerName, "is asked to write to", task.Attributes["customerName"])
	fmt.Println("the conversation is there:", task.Attributes["conversationSid"] == engage.ConversationSID(created.Channel.ThreadID))
	// Output:
	// ann is asked to write to testcustomer
	// the conversation is there: true
}

// Create only says that the request was accepted; whether the channel could be set up is seen
// later, and told by an event.
func ExampleFlex_Channel() {
	ctx := context.Background()
	c := newContactCentre()
	created := done(c.Flex.CreateForm(ctx, routing.CreateForm{
		Channel: []byte(`{"type": "email", "initiated_by": "api", "participants":
			[{"level": "to", "name": "Eve", "address": "eve@example.com"}], "properties": {"from": "us@example.com", "from_name": "We", "subject": "Your order"}}`),
		Routing: fmt.Appendf(nil, `{"properties": {"workspace_sid": %q}}`, c.workspace.SID),
	}, ""))
	fmt.Println(created.Channel.Status)
	done(c.RunDue(ctx)) // a server has c.Run(ctx) running

	channel := done(c.Flex.Channel(ctx, created.ChannelSID)) // there is no source for e-mail
	fmt.Println(channel.Status, channel.ErrorCode)
	fmt.Println("its task:", done(c.Tasks.Get(ctx, created.Routed.Task.SID)).Status)
	// Output:
	// setup
	// failed 45352
	// its task: canceled
}

// On which source an address of the company is, an address configuration says.
func ExampleFlex_SetAddress() {
	ctx := context.Background()
	c := newContactCentre()
	done(c.Sources.Create(ctx, interaction.Source{ID: "sms-es", Type: "sms", Name: "SMS in Spain", Active: true}))
	check(c.Flex.SetAddress(ctx, engage.Address{Type: routing.ChannelSMS, Address: "+34900123456", SourceID: "sms-es"}))
	created := done(c.Flex.CreateForm(ctx, routing.CreateForm{
		Channel: []byte(`{"type": "sms", "initiated_by": "api",
			"participants": [{"address": "+34600111222", "proxy_address": "+34900123456"}]}`),
		Routing: fmt.Appendf(nil, `{"properties": {"workspace_sid": %q}}`, c.workspace.SID),
	}, ""))
	done(c.RunDue(ctx)) // a server has c.Run(ctx) running
	channel := done(c.Flex.Channel(ctx, created.ChannelSID))
	fmt.Println(channel.Status, "on", done(c.Threads.Get(ctx, channel.ThreadID)).SourceID)
	// Output:
	// active on sms-es
}

// Interactions are found by the context that their creator has named, and listed.
func ExampleFlex_FindByContext() {
	ctx := context.Background()
	c := newContactCentre()
	const order = "HQ0123456789abcdef0123456789abcdef"
	received := c.eveWrites()
	created := done(c.Flex.Create(ctx, engage.NewInteraction{Request: routing.CreateRequest{
		Channel: routing.ChannelRequest{
			Type: routing.ChannelSMS, InitiatedBy: routing.ByCustomer,
			Properties: routing.MediaRequest{MediaChannelSID: engage.ConversationSID(received.ThreadID)},
		},
		Routing:    &routing.CreateRouting{Properties: routing.TaskRequest{WorkspaceSID: c.workspace.SID}},
		ContextSID: order,
	}}))
	for _, found := range done(c.Flex.FindByContext(ctx, order, 0, "")).Items {
		fmt.Println("found:", found.SID == created.SID)
	}
	listed := done(c.Flex.List(ctx, engage.FlexFilter{WorkspaceSID: c.workspace.SID, ChannelStatus: routing.ChannelSetup}))
	fmt.Println("listed:", len(listed.Items))
	fmt.Println("got:", done(c.Flex.Get(ctx, created.SID)).Channel.MediaChannelSID == engage.ConversationSID(received.ThreadID))
	// Output:
	// found: true
	// listed: 1
	// got: true
}

// An interaction has one channel. A request that names one which is there asks for one more agent
// on it, and a conversation has one that is live.
func ExampleFlex_Create() {
	ctx := context.Background()
	c := newContactCentre()
	received := c.eveWrites()
	created := c.routes(received)
	request := routing.CreateRequest{
		Channel: routing.ChannelRequest{
			Type: routing.ChannelSMS, InitiatedBy: routing.ByCustomer,
			Properties: routing.MediaRequest{MediaChannelSID: engage.ConversationSID(received.ThreadID)},
		},
		Routing: &routing.CreateRouting{Properties: routing.TaskRequest{WorkspaceSID: c.workspace.SID}},
	}
	_, err := c.Flex.Create(ctx, engage.NewInteraction{Request: request})
	if refused, ok := errors.AsType[*routing.RefusedError](err); ok {
		fmt.Println("refused:", refused.Code)
	}
	request.Channel.SID = created.ChannelSID
	again := done(c.Flex.Create(ctx, engage.NewInteraction{Request: request}))
	fmt.Println("the same:", again.SID == created.SID, "with", again.Channel.LiveTasks, "tasks")
	// Output:
	// refused: 45353
	// the same: true with 2 tasks
}
