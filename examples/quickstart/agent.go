package main

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// desk is where agents see what is offered to them. There is one agent, who accepts and answers
// at once.
type desk struct {
	*engage.Engine

	say    func(format string, args ...any)
	inHand engage.ReservationEvent // what was accepted last
	back   chan struct{}           // told when a bot has control again
}

// serve handles one event after another, as the bot does.
func (d *desk) serve(ctx context.Context) error { return d.Events.Consume(ctx, "desk", d.handle) }

func (d *desk) handle(ctx context.Context, event engage.Event) error {
	var err error
	switch event.Type {
	case engage.EventReservationCreated:
		err = d.accept(ctx, event)
	case engage.EventControlWaiting: // the bot would go on
		err = d.complete(ctx)
	case engage.EventControlChanged:
		err = d.tell(ctx, event)
	}
	if errors.Is(err, engage.ErrRefused) { // it is somebody else's by now, and would be refused for ever
		d.say("   desk   leaves it: %v", err)
		return nil
	}
	return err
}

// accept accepts an offer. With that its agent is engaged, and answers.
func (d *desk) accept(ctx context.Context, event engage.Event) error {
	var offer engage.ReservationEvent
	if err := event.Decode(&offer); err != nil {
		return err
	}
	d.say("   %-6s is offered the task, and accepts", offer.AgentID)
	agent := d.As(engage.Agent(offer.AgentID)) // an offer is for its worker's agent to answer
	if _, err := agent.Reservations.Accept(ctx, offer.ReservationSID, engage.Answer{}); err != nil {
		return err
	}
	d.inHand = offer
	channel, err := agent.Flex.Channel(ctx, offer.ChannelSID)
	if err != nil {
		return err
	}
	_, err = agent.Contents.Post(ctx, engage.Post{
		ThreadID: channel.ThreadID, IdempotencyKey: offer.ReservationSID,
		Message: interaction.Message{Body: "Ann here. Bring it by, we mend it for free."},
	})
	return err
}

// complete completes what the agent has in hand. It is the last task of the conversation: so that
// closes intervention, channel and thread, and control goes to the bot that waits.
func (d *desk) complete(ctx context.Context) error {
	d.say("   %-6s is done, and closes", d.inHand.AgentID)
	agent := d.As(engage.Agent(d.inHand.AgentID))
	_, err := agent.Reservations.Complete(ctx, d.inHand.ReservationSID, engage.Completion{Reason: "answered"})
	return err
}

// tell tells when control has gone from the agents to a bot.
func (d *desk) tell(ctx context.Context, event engage.Event) error {
	var control engage.ControlEvent
	if err := event.Decode(&control); err != nil || control.Owner != handover.Bot || control.Previous.Owner != handover.Agent {
		return err
	}
	d.say("   %-6s has control again", control.AppID)
	select {
	case d.back <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
