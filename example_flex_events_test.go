package engage_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
)

// lostCustomers is told which customers nobody has answered. On the platform such a handler is what
// keeps conversations from being left open ("Conversations Best Practices"); here they are
// closed in the commit that cancels the task, and what is left to do is the company's.
type lostCustomers struct {
	*engage.Engine
}

func (l lostCustomers) handle(ctx context.Context, event engage.Event) error {
	var told engage.TaskEvent
	if event.Type != engage.EventTaskCanceled {
		return nil
	}
	if err := event.Decode(&told); err != nil || told.ChannelSID == "" {
		return err // it is of no conversation
	}
	channel, err := l.Flex.Channel(ctx, told.ChannelSID)
	if err != nil {
		return err
	}
	thread, err := l.Threads.Get(ctx, channel.ThreadID)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s\n", event.Type, told.Reason)
	fmt.Println("channel", channel.Status, "and thread", thread.Status)
	fmt.Println("call back:", told.Attributes["customerAddress"])
	return nil
}

// Nobody has accepted before the time of the task was over. A consumer of events learns of it.
func Example_flexEvents() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c := newContactCentre()
	c.routes(c.eveWrites())
	c.now = c.now.Add(24 * time.Hour)
	done(c.RunDue(ctx))

	err := c.Events.Consume(ctx, "lost customers", func(ctx context.Context, event engage.Event) error {
		if event.Type == engage.EventTaskCanceled {
			defer stop() // a real one goes on for ever
		}
		return lostCustomers{c.Engine}.handle(ctx, event)
	})
	fmt.Println(errors.Is(err, context.Canceled))
	// Output:
	// task.canceled: Task TTL Exceeded
	// channel closed and thread closed
	// call back: +13115552368
	// true
}
