package engage_test

import (
	"context"
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// wallboard is what a supervisor looks at: for each queue what is so now, which the Engine counts,
// and what has been so far today, which the events tell. It keeps that in memory and reads the log
// by itself: so each event counts once, and after a restart it reads the day again.
type wallboard struct {
	*engage.Engine

	position int64
	queues   map[string]*figures // by SID
}

// figures are of the tasks that were accepted in a queue, or canceled there.
type figures struct {
	answered, inTime, abandoned int
	longest, talked             time.Duration
}

// reads goes on with the log where it has stopped.
func (b *wallboard) reads(ctx context.Context) error {
	for event, err := range b.Events.After(ctx, b.position) {
		if err != nil {
			return err
		}
		b.position = event.Position
		switch event.Type {
		case engage.EventReservationAccepted, engage.EventTaskCanceled, engage.EventTaskCompleted:
		default:
			continue
		}
		var told engage.TaskEvent // which the event of a reservation has in it
		if err := event.Decode(&told); err != nil {
			return err
		}
		if b.queues[told.TaskQueueSID] == nil {
			b.queues[told.TaskQueueSID] = &figures{}
		}
		f, waited := b.queues[told.TaskQueueSID], event.Time.Sub(told.TaskCreatedAt)
		switch event.Type {
		case engage.EventReservationAccepted:
			f.answered++
			if waited <= 20*time.Second {
				f.inTime++
			}
			f.longest = max(f.longest, waited)
		case engage.EventTaskCanceled:
			f.abandoned++
		case engage.EventTaskCompleted:
			f.talked += event.Time.Sub(told.AssignedAt)
		}
	}
	return nil
}

// shows prints the line of a queue.
func (b *wallboard) shows(ctx context.Context, queue routing.Queue) error {
	now, err := b.Queues.Counts(ctx, queue.SID)
	if err != nil {
		return err
	}
	f := b.queues[queue.SID]
	fmt.Printf("%s: %d waiting, the first for %s; %d of %d workers available\n", queue.FriendlyName, now.Waiting,
		b.Now().Sub(now.WaitingSince), now.AvailableWorkers, now.EligibleWorkers)
	fmt.Printf("today: %d answered, %d of them within 20 s, after %s at most; %d gave up; %s of talk\n",
		f.answered, f.inTime, f.longest, f.abandoned, f.talked)
	return nil
}

// How queues are doing, and how they did, for all to see.
func Example_routingWallboard() {
	ctx := context.Background()
	c := newContactCentre()
	board := wallboard{Engine: c.Engine, queues: map[string]*figures{}}
	ann := employ(c.Engine, c.workspace.SID, "ann", nil)
	agent := c.As(engage.Agent("ann"))

	for _, pause := range []time.Duration{10 * time.Second, 30 * time.Second} { // from the offer to her answer
		done(c.Tasks.Create(ctx, c.workspace.SID, engage.NewTask{}))
		done(c.RunDue(ctx)) // a server has c.Run(ctx) running
		offer := offers(c.Engine, ann)[0]
		c.now = c.now.Add(pause)
		done(agent.Reservations.Accept(ctx, offer.SID, engage.Answer{}))
		c.now = c.now.Add(5 * time.Minute)
		done(agent.Reservations.Complete(ctx, offer.SID, engage.Completion{Reason: "answered"}))
	}
	away := done(c.Activities.FindByName(ctx, c.workspace.SID, "Break"))
	done(c.Workers.Update(ctx, ann.SID, engage.WorkerUpdate{ActivitySID: &away.SID}))
	lost := done(c.Tasks.Create(ctx, c.workspace.SID, engage.NewTask{}))
	done(c.Tasks.Cancel(ctx, lost.SID, engage.Ending{Reason: "the customer has hung up"}))
	done(c.Tasks.Create(ctx, c.workspace.SID, engage.NewTask{}))
	c.now = c.now.Add(time.Minute)

	check(board.reads(ctx))
	check(board.shows(ctx, c.queue))
	// Output:
	// Everybody: 1 waiting, the first for 1m0s; 0 of 1 workers available
	// today: 2 answered, 1 of them within 20 s, after 30s at most; 1 gave up; 10m0s of talk
}
