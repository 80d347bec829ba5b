package engage_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/botsapi"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store/memory"
)

// helper is a bot that posts through the Engine. It answers what customers write while it
// has control, and gives control to the agents as soon as they ask for it.
type helper struct {
	eng *engage.Engine // acting for the bot
}

// handle is given each event.
func (b helper) handle(ctx context.Context, event engage.Event) error {
	switch event.Type {
	case engage.EventControlRequested: // an agent wants to write
		var told engage.ControlEvent
		if err := event.Decode(&told); err != nil {
			return err
		}
		_, err := b.eng.Control.Accept(ctx, told.SourceID, told.IdentityID)
		return unlessRefused(err) // it was over before, or is not asked of this bot
	case engage.EventContentImported:
		var told engage.ContentEvent
		if err := event.Decode(&told); err != nil {
			return err
		}
		control, err := b.eng.Control.Get(ctx, told.SourceID, told.IdentityID)
		if err != nil || control.Owner != handover.Bot {
			return err
		}
		if _, err := b.eng.Interventions.Engage(ctx, engage.Engagement{ContentID: told.ID}); err != nil {
			return unlessRefused(err)
		}
		// It may take its time now: if control changes meanwhile, the answer is refused.
		_, err = b.eng.Contents.Post(ctx, engage.Post{
			ThreadID: told.ThreadID, InReplyToID: told.ID, ControlEpoch: control.Epoch, IdempotencyKey: event.ID,
			Message: interaction.Message{Body: "Have you tried turning it off and on?"},
		})
		return unlessRefused(err)
	}
	return nil
}

func unlessRefused(err error) error {
	if errors.Is(err, engage.ErrRefused) {
		return nil
	}
	return err
}

// A bot answers, until an agent wants to. What she writes waits until the bot has given
// control; and the bot does not get it back while she is engaged. The Engine itself is the
// arbiter: the platform knows nothing of control.
func Example_control() {
	ctx := context.Background()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	platform := platformtest.New()
	eng, err := engage.New(ctx, memory.New(), &engage.Options{
		Clock:     func() time.Time { return now },
		Platforms: map[string]engage.Platform{"chat": platform},
	})
	check(err)
	_, err = eng.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Name: "Web chat", Active: true})
	check(err)
	check(eng.Control.Configure(ctx, "web", handover.Settings{Primary: handover.Bot, BotApp: "helper"}))

	bot := helper{eng.As(engage.Bot("helper"))}
	var seen int64
	goesOn := func() { // a server has eng.Run running, and the bot's consumer
		for e, err := range eng.Events.After(ctx, seen) {
			check(err)
			seen = e.Position
			check(bot.handle(ctx, e))
		}
		_, err := eng.RunDue(ctx)
		check(err)
	}

	received, err := eng.Threads.Receive(ctx, engage.Inbound{
		SourceID: "web", Customer: engage.Account{ForeignID: "ada"}, Message: interaction.Message{Body: "My lamp is broken."},
	})
	check(err)
	goesOn()

	// Ann wants to answer herself.
	ann := eng.As(engage.Agent("ann"))
	hers, err := ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: received.ThreadID})
	check(err)
	posted, err := ann.Contents.Post(ctx, engage.Post{ThreadID: received.ThreadID, Message: interaction.Message{Body: "Ann here. I'll send a new one."}})
	check(err)
	control, err := eng.Control.Get(ctx, "web", received.IdentityID)
	check(err)
	fmt.Printf("%s has control, and %s is under way: ann's content is %s\n", control.Party, control.Verb.Kind, posted.Synchronization.Status)
	goesOn()

	// The bot cannot have control back while she is engaged; but as soon as she is not.
	back := handover.Request{IdentityForeignID: "ada", From: handover.Agent, To: handover.Bot, Type: "chat", AppID: "helper"}
	_, err = bot.eng.Control.Handover(ctx, back)
	if refused, ok := errors.AsType[*handover.RefusedError](err); ok {
		fmt.Printf("refused, %s: %s\n", refused.Code, refused.InTheWay[0].Owner)
	}
	back.WhenFree = true
	handed, err := bot.eng.Control.Handover(ctx, back)
	check(err)
	fmt.Printf("%s; %s has control\n", handed.Act, handed.Control.Party)
	now = now.Add(time.Minute)
	_, err = ann.Interventions.Close(ctx, hers.ID, engage.Closing{})
	check(err)

	spans, err := eng.Control.Timeline(ctx, engage.ControlFilter{SourceID: "web", IdentityID: received.IdentityID, OldestFirst: true})
	check(err)
	for _, span := range spans.Items {
		fmt.Printf("%d: %s, because of %s\n", span.Epoch, span.Party, span.Cause)
	}
	for _, delivered := range platform.Delivered() {
		fmt.Printf("%s: %s\n", delivered.Content.Creator, delivered.Content.Body)
	}
	// Output:
	// bot helper has control, and request is under way: ann's content is export_pending
	// refused, intervention_engaged: agent ann
	// wait; agent has control
	// 1: bot helper, because of customer_writes
	// 2: agent, because of bot_accepts
	// 3: bot helper, because of handover_to_bot
	// bot helper: Have you tried turning it off and on?
	// agent ann: Ann here. I'll send a new one.
}

// check ends the example with an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// A page on Messenger has a bot of its own, an app on Messenger, which is primary there.
// It hands over to an agent through the endpoint of seed 001; she answers and closes.
func Example_controlOnMessenger() {
	ctx := context.Background()
	world := messengertest.New(nil) // in earnest: graph.facebook.com
	page := world.Page("page-1", messengertest.HandoverPrimary)
	bot := page.App("bot")
	bot.Bot().Answers(func(string) string { return "Have you tried turning it off and on?" })
	desk := page.App("desk", messengertest.NeedsProof())

	platform, err := messenger.New(messenger.Options{
		AppID: desk.ID, AppSecret: desk.Secret, HTTPClient: world.Client(),
		AccessToken: func(context.Context, interaction.Source) (string, error) { return desk.Token, nil },
	})
	check(err)
	eng, err := engage.New(ctx, memory.New(), &engage.Options{Platforms: map[string]engage.Platform{"messenger": platform}})
	check(err)
	_, err = eng.Sources.Create(ctx, interaction.Source{ID: "shop", Type: "messenger", Active: true, MaxBody: messenger.MaxBody})
	check(err)
	check(eng.Control.Configure(ctx, "shop", handover.Settings{Primary: handover.Bot, BotApp: bot.ID}))

	// What Messenger tells goes to the Engine: contents, and who has control.
	var threadID, identityID string
	webhook, err := messenger.NewWebhook(messenger.WebhookOptions{
		AppID: desk.ID, AppSecret: desk.Secret, VerifyToken: "chosen by the host",
		Source: func(context.Context, string) (string, error) { return "shop", nil },
		Receive: func(ctx context.Context, in engage.Inbound) error {
			received, err := eng.Threads.Receive(ctx, in)
			threadID, identityID = received.ThreadID, received.IdentityID
			return err
		},
		Report: func(ctx context.Context, source string, r messenger.Report) error {
			_, err := eng.Control.Report(ctx, r.Control(source, desk.ID))
			return err
		},
	})
	check(err)
	desk.Subscribe(webhook)
	// What the bot asks for comes to the endpoint.
	endpoint, err := botsapi.New(botsapi.Options{
		Control: func(_ *http.Request, token handover.AccessToken) (botsapi.Control, error) {
			if !token.Is("the bot's") {
				return nil, botsapi.ErrUnauthorized
			}
			return eng.As(engage.Bot(bot.ID)).Control, nil
		},
	})
	check(err)
	goesOn := func() { // a server has eng.Run running
		for range 5 {
			_, err := eng.RunDue(ctx)
			check(err)
			world.Deliver(ctx)
		}
		control, err := eng.Control.Get(ctx, "shop", identityID)
		check(err)
		fmt.Printf("%s has control\n", control.Party)
	}

	ada := page.Customer("ada")
	ada.Writes("My lamp is broken.")
	goesOn()
	asked := httptest.NewRecorder()
	endpoint.ServeHTTP(asked, httptest.NewRequestWithContext(ctx, http.MethodPost,
		botsapi.Path+"?access_token=the+bot's&identity_foreign_id=ada&from=bot&to=agent&type=messenger", http.NoBody))
	fmt.Println(asked.Body)
	goesOn()

	ann := eng.As(engage.Agent("ann"))
	hers, err := ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: threadID})
	check(err)
	_, err = ann.Contents.Post(ctx, engage.Post{ThreadID: threadID, Message: interaction.Message{Body: "Ann here. I'll send a new one."}})
	check(err)
	goesOn()
	_, err = ann.Interventions.Close(ctx, hers.ID, engage.Closing{})
	check(err)
	goesOn()
	for _, m := range ada.Reads() {
		fmt.Printf("%s: %s\n", m.App, m.Text)
	}
	// Output:
	// bot bot has control
	// {"status":200,"message":"Success"}
	// agent has control
	// agent has control
	// idle has control
	// : My lamp is broken.
	// bot: Have you tried turning it off and on?
	// desk: Ann here. I'll send a new one.
}
