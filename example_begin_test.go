package engage_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/memory"
)

// console is a platform that prints what its customers read.
type console struct{}

func (console) Send(_ context.Context, d engage.Delivery) (string, error) {
	fmt.Printf("%s reads: %s\n", d.Identity.ForeignID, d.Content.Body)
	return "", nil // what the platform calls it, if it has a name for it
}

// ok returns what came of a call. A real program looks at the error.
func ok[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// A whole program: a bot answers a customer and hands over to an agent. The bot does not get
// control back while she is engaged; when she has closed, nobody has control.
func Example() {
	ctx := context.Background()
	eng := ok(engage.New(ctx, memory.New(), &engage.Options{ // or sqlite.Open(ctx, "engage.db", nil)
		Platforms: map[string]engage.Platform{"chat": console{}},
	}))
	ok(eng.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Name: "Web chat", Active: true}))
	err := eng.Control.Configure(ctx, "web", handover.Settings{Primary: handover.Bot, BotApp: "robin"})
	if err != nil {
		log.Fatal(err)
	}
	bot, ann := eng.As(engage.Bot("robin")), eng.As(engage.Agent("ann"))

	// A customer writes. The bot is primary on this source, so it has control.
	received := ok(eng.Threads.Receive(ctx, engage.Inbound{
		SourceID: "web", Customer: engage.Account{ForeignID: "eve"}, Message: interaction.Message{Body: "My lamp is broken."},
	}))

	// The bot takes the matter up, answers, and hands over.
	ok(bot.Interventions.Engage(ctx, engage.Engagement{ThreadID: received.ThreadID}))
	ok(bot.Contents.Post(ctx, engage.Post{ThreadID: received.ThreadID, Message: interaction.Message{Body: "I'll get somebody."}}))
	ok(eng.RunDue(ctx)) // delivers what is due; a server has go eng.Run(ctx), and waits for EventContentExported here
	ok(bot.Control.Handover(ctx, handover.Request{IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "chat"}))

	// An agent sees who waits, engages and answers.
	for _, thread := range ok(ann.Threads.ListEngageable(ctx, engage.EngageableFilter{})).Items {
		ok(ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID}))
		ok(ann.Contents.Post(ctx, engage.Post{ThreadID: thread.ID, Message: interaction.Message{Body: "Ann here. I'll send a new one."}}))
	}
	ok(eng.RunDue(ctx))

	// The bot asks for control.
	_, err = bot.Control.Handover(ctx, handover.Request{IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "chat", AppID: "robin"})
	if refused, is := errors.AsType[*handover.RefusedError](err); is {
		fmt.Println("refused:", refused.Rule)
		fmt.Println("in the way is", refused.InTheWay[0].Owner, "and what would help:", refused.Remedy)
	}

	// She closes.
	hers := ok(ann.Interventions.List(ctx, engage.InterventionFilter{ThreadID: received.ThreadID})).Items[0]
	ok(ann.Interventions.Close(ctx, hers.ID, engage.Closing{}))
	fmt.Println("in control:", ok(eng.Control.Get(ctx, "web", received.IdentityID)).Party)
	// Output:
	// eve reads: I'll get somebody.
	// eve reads: Ann here. I'll send a new one.
	// refused: no intervention is engaged with the identity
	// in the way is agent ann and what would help: close or cancel the interventions, or hand over as soon as they have ended (when_free)
	// in control: idle
}
