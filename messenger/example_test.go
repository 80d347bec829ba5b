package messenger_test

import (
	"context"
	"fmt"
	"log"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
	"github.com/engage-interactions/engage/store/memory"
)

// A bot answers for a page, and is the primary app there. A person is wanted: our app
// requests control, the bot passes it, and an agent writes.
func Example() {
	ctx := context.Background()
	world := messengertest.New(nil) // in earnest: graph.facebook.com
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
	eng, err := engage.New(ctx, memory.New(), &engage.Options{Platforms: map[string]engage.Platform{"messenger": platform}})
	if err != nil {
		log.Fatal(err)
	}
	source := interaction.Source{ID: "shop", Type: "messenger", Active: true, MaxBody: messenger.MaxBody}
	if _, err := eng.Sources.Create(ctx, source); err != nil {
		log.Fatal(err)
	}
	var threadID string
	webhook, err := messenger.NewWebhook(messenger.WebhookOptions{
		AppID: desk.ID, AppSecret: desk.Secret, VerifyToken: "chosen by the host",
		Source: func(context.Context, string) (string, error) { return source.ID, nil },
		Receive: func(ctx context.Context, in engage.Inbound) error {
			received, err := eng.Threads.Receive(ctx, in)
			threadID = received.ThreadID
			return err
		},
		Report: func(_ context.Context, _ string, r messenger.Report) error {
			if !r.Concluded {
				fmt.Printf("report: %s has control, %s had it\n", r.Party, r.Previous)
			}
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	desk.Subscribe(webhook)

	ada := page.Customer("ada")
	ada.Writes("My lamp is broken.")
	world.Deliver(ctx)

	ada.Writes("A person, please!")
	granted, err := platform.Request(ctx, engage.Handling{Source: source, Identity: interaction.Identity{ForeignID: "ada"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("granted at once:", granted)
	bot.Answers(nil)
	world.Deliver(ctx)

	ann := eng.As(engage.Agent("ann"))
	if _, err := ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: threadID}); err != nil {
		log.Fatal(err)
	}
	if _, err := ann.Contents.Post(ctx, engage.Post{ThreadID: threadID, Message: interaction.Message{Body: "Ann here."}}); err != nil {
		log.Fatal(err)
	}
	if _, err := eng.RunDue(ctx); err != nil {
		log.Fatal(err)
	}
	world.Deliver(ctx) // the echo is known for what was posted
	for _, m := range ada.Reads() {
		fmt.Printf("%s: %s\n", m.App, m.Text)
	}
	contents, err := eng.Contents.List(ctx, engage.ContentFilter{ThreadID: threadID})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("contents:", len(contents.Items))
	// Output:
	// granted at once: false
	// report: agent has control, other bot had it
	// : My lamp is broken.
	// bot: Have you tried turning it off and on?
	// : A person, please!
	// desk: Ann here.
	// contents: 4
}
