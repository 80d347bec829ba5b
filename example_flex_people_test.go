package engage_test

import (
	"context"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// accepts has the worker's agent accept what is offered to them.
func (c *contactCentre) accepts(w routing.Worker) routing.Reservation {
	done(c.RunDue(context.Background()))
	return done(c.As(engage.Agent(w.FriendlyName)).Reservations.Accept(context.Background(), offers(c.Engine, w)[0].SID, engage.Answer{}))
}

// talks has the worker's agent reply.
func (c *contactCentre) talks(w routing.Worker, threadID, body string) {
	done(c.As(engage.Agent(w.FriendlyName)).Contents.Post(context.Background(), says(threadID, body)))
}

// A second agent is invited: the channel gets one more task. When one of them is done, the other
// goes on, and owns the matter.
func ExampleFlex_Invite() {
	ctx := context.Background()
	c := newContactCentre()
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	received := c.eveWrites()
	created := c.routes(received)
	hers := c.accepts(ann)
	bob := employ(c.Engine, c.workspace.SID, "bob", nil)

	invite := done(c.As(engage.Agent("ann")).Flex.Invite(ctx, created.ChannelSID, routing.TaskRequest{WorkerSID: bob.SID}))
	fmt.Println("invite:", invite.Status)
	c.accepts(bob)
	its := func() interaction.Intervention {
		return done(c.Interventions.List(ctx, engage.InterventionFilter{ThreadID: received.ThreadID})).Items[0]
	}
	fmt.Println("owner:", its().Owner, "and with them:", its().Participants)

	done(c.As(engage.Agent("ann")).Reservations.Complete(ctx, hers.SID, engage.Completion{Reason: "bob goes on"}))
	fmt.Println("owner:", its().Owner, "on a channel that is", done(c.Flex.Channel(ctx, created.ChannelSID)).Status)
	// Output:
	// invite: pending
	// owner: agent ann and with them: [agent bob]
	// owner: agent bob on a channel that is active
}

// Who is on a channel: the customer is there from the beginning, agents come by their tasks, and
// others are added.
func ExampleFlex_AddParticipant() {
	ctx := context.Background()
	c := newContactCentre()
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	created := c.routes(c.eveWrites())
	c.accepts(ann)
	done(c.Flex.AddParticipant(ctx, created.ChannelSID, routing.ParticipantSupervisor,
		routing.ParticipantRequest{Address: "+13115552399", ProxyAddress: "+192555512345"}))
	for _, p := range done(c.Flex.Participants(ctx, created.ChannelSID, 0, "")).Items {
		fmt.Println(p.Type, p.Status)
	}
	// Output:
	// customer active
	// agent active
	// supervisor active
}

// A warm transfer: both agents are there until the first one leaves.
func ExampleFlex_Transfer() {
	ctx := context.Background()
	c := newContactCentre()
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	created := c.routes(c.eveWrites())
	hers := c.accepts(ann)
	bob := employ(c.Engine, c.workspace.SID, "bob", nil)

	begun := done(c.As(engage.Agent("ann")).Flex.Transfer(ctx, created.ChannelSID,
		routing.TransferRequest{Type: routing.TransferWarm, To: bob.SID}))
	c.accepts(bob)
	fmt.Println("transfer", done(c.Flex.GetTransfer(ctx, begun.SID)).Status)
	fmt.Println("ann's task", done(c.Tasks.Get(ctx, hers.TaskSID)).Status)
	done(c.As(engage.Agent("ann")).Reservations.Complete(ctx, hers.SID, engage.Completion{Reason: "bob has it"}))
	fmt.Println("channel", done(c.Flex.Channel(ctx, created.ChannelSID)).Status)
	// Output:
	// transfer completed
	// ann's task assigned
	// channel active
}

// An agent puts a conversation aside. When the customer writes, somebody is sought again.
func ExampleFlex_Pause() {
	ctx := context.Background()
	c := newContactCentre()
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	received := c.eveWrites()
	created := c.routes(received)
	c.accepts(ann)
	c.talks(ann, received.ThreadID, "I'll ask the carrier.")

	fmt.Println(done(c.As(engage.Agent("ann")).Flex.Pause(ctx, created.ChannelSID)).Status)
	fmt.Println("ann has", len(offers(c.Engine, ann)), "tasks")
	c.eveWrites()
	done(c.RunDue(ctx)) // a server has c.Run(ctx) running
	fmt.Println(done(c.Flex.Channel(ctx, created.ChannelSID)).Status, "and ann has", len(offers(c.Engine, ann)))
	// Output:
	// pause
	// ann has 0 tasks
	// active and ann has 1
}

// A conversation is ended for all who are on it.
func ExampleFlex_UpdateChannel() {
	ctx := context.Background()
	c := newContactCentre()
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	received := c.eveWrites()
	created := c.routes(received)
	c.accepts(ann)
	c.talks(ann, received.ThreadID, "It comes today.")

	closed := done(c.Flex.UpdateChannel(ctx, created.ChannelSID, routing.ChannelUpdate{
		By: routing.ChannelCloses, Change: routing.ChannelChange{Complete: true},
	}))
	fmt.Println("channel", closed.Status)
	fmt.Println("task", done(c.Tasks.Get(ctx, created.Routed.Task.SID)).Status)
	fmt.Println("thread", done(c.Threads.Get(ctx, received.ThreadID)).Status)
	// Output:
	// channel closed
	// task completed
	// thread closed
}

// One agent leaves as the participant that she is; her task ends, and no other.
func ExampleFlex_UpdateParticipant() {
	ctx := context.Background()
	c := newContactCentre()
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	created := c.routes(c.eveWrites())
	c.accepts(ann)
	bob := employ(c.Engine, c.workspace.SID, "bob", nil)
	done(c.Flex.Invite(ctx, created.ChannelSID, routing.TaskRequest{WorkerSID: bob.SID}))
	c.accepts(bob)
	for _, p := range done(c.Flex.Participants(ctx, created.ChannelSID, 0, "")).Items {
		if p.WorkerSID == ann.SID {
			left := done(c.As(engage.Agent("ann")).Flex.UpdateParticipant(ctx, p.SID, routing.ParticipantCloses, engage.Completion{}))
			fmt.Println("ann's is", left.Status)
		}
	}
	fmt.Println("the channel has", done(c.Flex.Channel(ctx, created.ChannelSID)).LiveTasks, "task")
	// Output:
	// ann's is closed
	// the channel has 1 task
}
