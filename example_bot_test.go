package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// openingHours is a bot as seed 000 describes it, "Engage Bots". It knows when the shop
// is open; whatever else it is asked, it passes on to a person.
type openingHours struct {
	eng *engage.Engine // acting for the bot
}

// handle is given each event. The bot's whole turn is one commit: whenever its process
// dies, either nothing of it has happened, or all, and then the content is not new when
// the event comes again.
func (b openingHours) handle(ctx context.Context, event engage.Event) error {
	// 1. The bot is notified of a new thread.
	var told engage.ContentEvent
	if event.Type != engage.EventContentImported {
		return nil
	}
	if err := event.Decode(&told); err != nil {
		return err
	}
	if !told.FirstInThread || told.Status != interaction.StatusNew {
		return nil
	}
	return b.eng.Atomically(ctx, func(w *engage.Work) error {
		// 2. It fetches the contents.
		said, err := w.Contents.List(ctx, engage.ContentFilter{ThreadID: told.ThreadID})
		if err != nil || said.Items[0].Status != interaction.StatusNew {
			return err
		}
		// 3. It creates an intervention.
		mine, err := w.Interventions.Engage(ctx, engage.Engagement{ContentID: told.ID})
		if errors.Is(err, engage.ErrRefused) {
			return nil // an agent was faster, or the thread is closed by now
		}
		if err != nil {
			return err
		}
		// 4. It posts messages to the customer.
		answer, known := "I'll get somebody who knows.", strings.Contains(said.Items[0].Body, "open")
		if known {
			answer = "We are open from 9 to 18."
		}
		_, err = w.Contents.Post(ctx, engage.Post{
			ThreadID: told.ThreadID, InReplyToID: told.ID, Message: interaction.Message{Body: answer},
		})
		if err != nil {
			return err
		}
		// It augments the thread with more detail about the customer,
		_, err = w.Threads.Annotate(ctx, told.ThreadID, map[string]json.RawMessage{"orders": json.RawMessage(`3`)})
		if err != nil {
			return err
		}
		// and resolves the intervention, or transfers it to a human agent.
		if known {
			_, err = w.Interventions.Close(ctx, mine.ID, engage.Closing{})
		} else {
			_, err = w.Interventions.Transfer(ctx, mine.ID, engage.Actor{})
		}
		return err
	})
}

// serve lets the bot handle what there is to handle. A real one consumes for ever.
func (b openingHours) serve(ctx context.Context) error {
	consumer, err := b.eng.Events.Register(ctx, "opening hours", engage.ConsumerStart{})
	if err != nil {
		return err
	}
	last := consumer.Position
	for e, err := range b.eng.Events.After(ctx, last) {
		if err != nil {
			return err
		}
		last = e.Position
	}
	if last == consumer.Position {
		return nil // it has handled them all, and would wait for the next
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	err = b.eng.Events.Consume(ctx, "opening hours", func(ctx context.Context, e engage.Event) error {
		if failed = b.handle(ctx, e); failed != nil || e.Position >= last {
			stop()
		}
		return failed
	})
	if errors.Is(err, context.Canceled) {
		return failed
	}
	return err
}

// answer lets an agent answer who waits, and close. What she has engaged in is hers until
// she closes it, and she posts with a key: whenever her process dies, the next goes on
// there.
func answer(ctx context.Context, eng *engage.Engine, who engage.Actor) error {
	agent := eng.As(who)
	waiting, err := agent.Threads.ListEngageable(ctx, engage.EngageableFilter{})
	if err != nil {
		return err
	}
	for _, thread := range waiting.Items {
		if _, err := agent.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID}); err != nil {
			return err
		}
	}
	hers, err := agent.Interventions.List(ctx, engage.InterventionFilter{Owner: who, Status: interaction.InterventionOpen})
	if err != nil {
		return err
	}
	for _, mine := range hers.Items {
		_, err = agent.Contents.Post(ctx, engage.Post{
			ThreadID: mine.ThreadID, Message: interaction.Message{Body: "It comes today."}, IdempotencyKey: mine.ID,
		})
		if err != nil {
			return err
		}
		if _, err := agent.Interventions.Close(ctx, mine.ID, engage.Closing{}); err != nil {
			return err
		}
	}
	return nil
}

// shop is a company with one source, a bot, and a platform in memory.
func shop(st store.Store, platform engage.Platform, clock func() time.Time) (*engage.Engine, error) {
	return engage.New(context.Background(), st, &engage.Options{
		Clock:     clock,
		Platforms: map[string]engage.Platform{"chat": platform},
		Consumers: engage.ConsumerOptions{Poll: time.Millisecond, Backoff: func(int) time.Duration { return 0 }},
		Jobs:      engage.JobOptions{Poll: time.Millisecond},
	})
}

// A bot answers what it knows and resolves the intervention. What it does not know it
// transfers to a human, who answers and closes.
func Example_bot() {
	ctx := context.Background()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	platform := platformtest.New()
	eng, err := shop(memory.New(), platform, func() time.Time { return now })
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Name: "Web chat", Active: true})
	if err != nil {
		log.Fatal(err)
	}
	bot := openingHours{eng.As(engage.Bot("hours"))}

	for _, question := range []string{"When are you open?", "Where is my parcel?"} {
		_, err := eng.Threads.Receive(ctx, engage.Inbound{
			SourceID: "web", Customer: engage.Account{ForeignID: question[:5]}, Message: interaction.Message{Body: question},
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := bot.serve(ctx); err != nil {
		log.Fatal(err)
	}

	// A human finds who waits, engages, answers and closes.
	if err := answer(ctx, eng, engage.Agent("ann")); err != nil {
		log.Fatal(err)
	}

	if _, err := eng.RunDue(ctx); err != nil { // a server has eng.Run(ctx) running
		log.Fatal(err)
	}
	threads, err := eng.Threads.List(ctx, engage.ThreadFilter{OldestFirst: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, thread := range threads.Items {
		said, err := eng.Contents.List(ctx, engage.ContentFilter{ThreadID: thread.ID})
		if err != nil {
			log.Fatal(err)
		}
		for _, c := range said.Items {
			who := "customer"
			if !c.Creator.IsZero() {
				who = c.Creator.String()
			}
			fmt.Printf("%s: %s (%s, %s)\n", who, c.Body, c.Status, c.Synchronization.Status)
		}
	}
	// Output:
	// customer: When are you open? (replied, success)
	// bot hours: We are open from 9 to 18. (user_reply, success)
	// customer: Where is my parcel? (replied, success)
	// bot hours: I'll get somebody who knows. (user_reply, success)
	// agent ann: It comes today. (user_reply, success)
}
