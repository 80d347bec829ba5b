package engage_test

import (
	"context"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// The answer to Create has the SID of the task, by which its attributes are updated, and that of
// the conversation.
func ExampleTasks_Update() {
	ctx := context.Background()
	c := newContactCentre()
	received := c.eveWrites()
	created := c.routes(received)
	task := done(c.Tasks.Get(ctx, created.Routed.Task.SID))
	fmt.Println("its conversation:", task.Attributes["conversationSid"] == engage.ConversationSID(received.ThreadID))

	attributes := task.Attributes
	attributes["customerName"] = "Eve"
	urgent := 10
	task = done(c.Tasks.Update(ctx, task.SID, engage.TaskUpdate{Attributes: &attributes, Priority: &urgent}))
	fmt.Println(task.Attributes["customerName"], "with priority", task.Priority)
	// Output:
	// its conversation: true
	// Eve with priority 10
}

// A worker who does not want a task rejects it, and it is offered to the next. Who goes on a break
// with it is not asked meanwhile.
func ExampleReservations_Reject() {
	ctx := context.Background()
	c := newContactCentre()
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	c.routes(c.eveWrites())
	pause := done(c.Activities.FindByName(ctx, c.workspace.SID, "Break"))
	rejected := done(c.As(engage.Agent("ann")).Reservations.Reject(ctx, offers(c.Engine, ann)[0].SID, engage.Rejection{ActivitySID: pause.SID}))
	fmt.Println("ann has", rejected.Status, "it")

	bob := employ(c.Engine, c.workspace.SID, "bob", nil)
	done(c.RunDue(ctx)) // a server has c.Run(ctx) running
	fmt.Println("it is offered to", offers(c.Engine, bob)[0].WorkerName)
	// Output:
	// ann has rejected it
	// it is offered to bob
}

// A worker begins and ends to work, and says how much they take on of what.
func ExampleWorkers_Update() {
	ctx := context.Background()
	c := newContactCentre()
	ann := done(c.Workers.Create(ctx, c.workspace.SID, engage.NewWorker{FriendlyName: "ann"})) // she begins Offline
	task := done(c.Tasks.Create(ctx, c.workspace.SID, engage.NewTask{TaskChannel: "sms"}))
	done(c.RunDue(ctx)) // a server has c.Run(ctx) running
	fmt.Println(done(c.Tasks.Get(ctx, task.SID)).Status)

	two := 2
	done(c.Workers.SetChannel(ctx, ann.SID, "sms", engage.WorkerChannelUpdate{Capacity: &two}))
	available := done(c.Activities.FindByName(ctx, c.workspace.SID, "Available"))
	done(c.Workers.Update(ctx, ann.SID, engage.WorkerUpdate{ActivitySID: &available.SID}))
	done(c.RunDue(ctx))
	fmt.Println(done(c.Tasks.Get(ctx, task.SID)).Status)
	// Output:
	// pending
	// reserved
}

// Work that is no conversation is routed as well, and canceled when it is not needed any more.
func ExampleTasks_Cancel() {
	ctx := context.Background()
	c := newContactCentre()
	task := done(c.Tasks.Create(ctx, c.workspace.SID, engage.NewTask{
		Attributes: routing.Attributes{"review": 4711}, Timeout: 3600, // nobody within an hour: it is canceled by itself
	}))
	canceled := done(c.Tasks.Cancel(ctx, task.SID, engage.Ending{Reason: "the customer has deleted it"}))
	fmt.Println(canceled.Status, "because:", canceled.Reason)
	// Output:
	// canceled because: the customer has deleted it
}
