package messenger_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
	"github.com/engage-interactions/engage/store/memory"
)

// A bot answers for a page, and is the primary app there. A person is wanted: an agent
// engages and writes. So control is requested, the bot passes it, and what the agent has
// written is sent. When the agent closes, control is released.
func Example() {
	ctx := context.Background()
	clock := func() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }
	world := messengertest.New(clock) // in earnest: graph.facebook.com
	page := world.Page("page-1", messengertest.HandoverPrimary)
	bot := page.App("bot").Bot()
	bot.Answers(func(string) string { return "Have you tried turning it off and on?" })
	desk := page.App("desk", messengertest.NeedsProof())

	platform, err := messenger.New(messenger.Options{
		AppID: desk.ID, AppSecret: desk.Secret, HTTPClient: world.Client(),
		AccessToken: func(context.Context, interaction.Source) (string, error) { return desk.Token, nil },
	})
	if err != nil {
		log.Fatal(err)
	}
	eng, err := engage.New(ctx, memory.New(), &engage.Options{
		Platforms: map[string]engage.Platform{"messenger": platform}, Clock: clock,
	})
	if err != nil {
		log.Fatal(err)
	}
	source := interaction.Source{ID: page.ID, Type: "messenger", Active: true, MaxBody: messenger.MaxBody}
	if _, err := eng.Sources.Create(ctx, source); err != nil {
		log.Fatal(err)
	}
	if err := eng.Control.Configure(ctx, source.ID, handover.Settings{Primary: handover.Bot, BotApp: "bot"}); err != nil {
		log.Fatal(err)
	}
	webhook, err := messenger.NewWebhook(messenger.WebhookOptions{
		AppID: desk.ID, AppSecret: desk.Secret, VerifyToken: "chosen by the host", Engine: eng,
	})
	if err != nil {
		log.Fatal(err)
	}
	desk.Subscribe(webhook) // in earnest: http.Handle("POST /messenger", webhook), and GET

	ada := page.Customer("ada")
	ada.Writes("My lamp is broken.")
	world.Deliver(ctx)
	ada.Writes("A person, please!")
	world.Deliver(ctx)
	bot.Answers(nil)

	threads, err := eng.Threads.List(ctx, engage.ThreadFilter{SourceID: source.ID})
	if err != nil {
		log.Fatal(err)
	}
	threadID := threads.Items[0].ID
	ann := eng.As(engage.Agent("ann"))
	i, err := ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: threadID}) // requests control
	if err != nil {
		log.Fatal(err)
	}
	if _, err := ann.Contents.Post(ctx, engage.Post{ThreadID: threadID, Message: interaction.Message{Body: "Ann here."}}); err != nil {
		log.Fatal(err)
	}
	runs := func() { // in earnest: eng.Run, and Messenger's own time
		for range 3 {
			if _, err := eng.RunDue(ctx); err != nil {
				log.Fatal(err)
			}
			world.Deliver(ctx)
		}
	}
	runs() // the bot passes control, and what waited for it is sent
	if _, err := ann.Interventions.Close(ctx, i.ID, engage.Closing{}); err != nil {
		log.Fatal(err)
	}
	runs() // control is released

	for _, m := range ada.Reads() {
		fmt.Printf("%s: %s\n", m.App, m.Text)
	}
	spans, err := eng.Control.Timeline(ctx, engage.ControlFilter{SourceID: source.ID, IdentityID: i.IdentityID, OldestFirst: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, span := range spans.Items {
		fmt.Printf("%s, because of %s\n", span.Party, span.Cause)
	}
	// Output:
	// : My lamp is broken.
	// bot: Have you tried turning it off and on?
	// : A person, please!
	// bot: Have you tried turning it off and on?
	// desk: Ann here.
	// bot bot, because of customer_writes
	// agent, because of report
	// idle, because of engaged_ends
}
