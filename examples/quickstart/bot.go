package main

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// bot is a bot that posts through the Engine. It answers the first question of a customer, and
// hands over to an agent at the second.
type bot struct {
	*engage.Engine // acting for the bot

	say func(format string, args ...any)
}

// serve handles one event after another. After a restart it goes on where it was.
func (b *bot) serve(ctx context.Context) error { return b.Events.Consume(ctx, "robin", b.handle) }

// handle may be given an event twice, if the process has died meanwhile: so what it does is
// harmless to do again.
func (b *bot) handle(ctx context.Context, event engage.Event) error {
	if event.Type != engage.EventContentImported {
		return nil
	}
	var said engage.ContentEvent
	if err := event.Decode(&said); err != nil {
		return err
	}
	control, err := b.Control.Get(ctx, said.SourceID, said.IdentityID)
	if err != nil {
		return err
	}
	switch {
	case control.Owner == handover.Bot && said.FirstInThread:
		err = b.answer(ctx, said, control.Epoch)
	case control.Owner == handover.Bot:
		err = b.handOver(ctx, said)
	default:
		err = b.wantControl(ctx, said)
	}
	return b.unlessRefused(err)
}

// unlessRefused lets the bot go on where a rule was in the way: somebody was faster, and what is
// refused once would be refused for ever. All other errors bring the event again.
func (b *bot) unlessRefused(err error) error {
	if errors.Is(err, engage.ErrRefused) {
		b.say("   robin  leaves it: %v", err)
		return nil
	}
	return err
}

// answer takes the matter upon itself and answers, in one commit.
func (b *bot) answer(ctx context.Context, said engage.ContentEvent, epoch int64) error {
	return b.Atomically(ctx, func(w *engage.Work) error {
		if _, err := w.Interventions.Engage(ctx, engage.Engagement{ContentID: said.ID}); err != nil {
			return err
		}
		_, err := w.Contents.Post(ctx, engage.Post{
			ThreadID: said.ThreadID, ControlEpoch: epoch, IdempotencyKey: said.ID,
			Message: interaction.Message{Body: "Oh no! Shall I get somebody to look at it?"},
		})
		return err
	})
}

// handOver gives control to the agents, and has one of them found, in one commit.
func (b *bot) handOver(ctx context.Context, said engage.ContentEvent) error {
	b.say("   robin  hands over")
	return b.Atomically(ctx, func(w *engage.Work) error {
		r, err := request(ctx, w.Services, said, handover.Bot, handover.Agent)
		if err != nil {
			return err
		}
		if _, err := w.Control.Handover(ctx, r); err != nil {
			return err
		}
		shop, err := w.Workspaces.FindByName(ctx, "Shop")
		if err != nil {
			return err
		}
		_, err = w.Flex.Create(ctx, engage.NewInteraction{Request: routing.CreateRequest{
			Channel: routing.ChannelRequest{
				Type: routing.ChannelMessenger, InitiatedBy: routing.ByCustomer,
				Properties: routing.MediaRequest{MediaChannelSID: engage.ConversationSID(said.ThreadID)},
			},
			Routing: &routing.CreateRouting{Properties: routing.TaskRequest{WorkspaceSID: shop.SID}},
		}})
		return err
	})
}

// wantControl asks for control back. While an agent is engaged that is refused, with the reason;
// then the bot waits until none is.
func (b *bot) wantControl(ctx context.Context, said engage.ContentEvent) error {
	r, err := request(ctx, b.Services, said, handover.Agent, handover.Bot)
	if err != nil {
		return err
	}
	_, err = b.Control.Handover(ctx, r)
	if refused, ok := errors.AsType[*handover.RefusedError](err); ok {
		b.say("   robin  asks for control, and is refused: it needs that %s", refused.Rule)
		for _, i := range refused.InTheWay {
			b.say("          in the way: the intervention of %s, which is %s", i.Owner, i.Status)
		}
		b.say("          what helps: %s", refused.Remedy)
		r.WhenFree = true
		_, err = b.Control.Handover(ctx, r)
	}
	return err
}

// request asks for control of the conversation with a customer to go from one side to another.
func request(ctx context.Context, in engage.Services, said engage.ContentEvent, from, to handover.Owner) (handover.Request, error) {
	identity, err := in.Identities.Get(ctx, said.IdentityID)
	return handover.Request{
		SourceID: said.SourceID, Type: said.SourceType, IdentityForeignID: identity.ForeignID,
		From: from, To: to, AppID: "robin",
	}, err
}
