package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest/faults"
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

// serve lets the bot handle what there is to handle.
func (b openingHours) serve(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	last := int64(0)
	for e, err := range b.eng.Events.After(ctx, 0) {
		if err != nil {
			return err
		}
		last = e.Position
	}
	err := b.eng.Events.Consume(ctx, "opening hours", func(ctx context.Context, e engage.Event) error {
		if e.Position >= last {
			defer stop()
		}
		return b.handle(ctx, e)
	})
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
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
	agent := eng.As(engage.Agent("ann"))
	waiting, err := agent.Threads.ListEngageable(ctx, engage.EngageableFilter{})
	if err != nil {
		log.Fatal(err)
	}
	for _, thread := range waiting.Items {
		mine, err := agent.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID})
		if err != nil {
			log.Fatal(err)
		}
		_, err = agent.Contents.Post(ctx, engage.Post{ThreadID: thread.ID, Message: interaction.Message{Body: "It comes today."}})
		if err != nil {
			log.Fatal(err)
		}
		if _, err := agent.Interventions.Close(ctx, mine.ID, engage.Closing{}); err != nil {
			log.Fatal(err)
		}
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

// TestBotRestarts ends the bot's process at each call of the store in turn, before or
// after its effect, and starts it again: nothing is done twice, and nothing is lost.
func TestBotRestarts(t *testing.T) {
	t.Parallel()
	for _, death := range []faults.Fault{
		faults.Fail(store.ErrClosed).Named("dies before"), faults.FailAfter(store.ErrClosed).Named("dies after"),
	} {
		t.Run(death.String(), func(t *testing.T) {
			t.Parallel()
			first, step := stride(t)
			for n, died := first, true; died; n += step {
				died = restartBot(t, death, n)
			}
		})
	}
}

// restartBot plays the story of Example_bot, and lets the bot's process die at the n-th
// call. It reports whether it came to that.
func restartBot(t *testing.T, death faults.Fault, n int) (died bool) {
	t.Helper()
	ctx := t.Context()
	st := memory.New()
	defer func() { _ = st.Close() }()
	clock := &handClock{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)}
	platform := platformtest.New(platformtest.HonourKeys())
	eng := must(shop(st, platform, clock.read))(t)
	must(eng.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Name: "Web chat", Active: true}))(t)
	var received []engage.Received
	for _, body := range []string{"When are you open?", "Where is my parcel?"} {
		received = append(received, must(eng.Threads.Receive(ctx, engage.Inbound{
			SourceID: "web", Customer: engage.Account{ForeignID: body}, Message: interaction.Message{Body: body},
		}))(t))
	}

	// The process that dies: from the n-th call on it reaches nothing any more.
	dying := faults.New(st)
	first := must(shop(dying, platform, clock.read))(t)
	dying.Restart()
	for call := n; call < n+1000; call++ {
		dying.Inject(death, call)
	}
	work := func(eng *engage.Engine) error {
		if err := (openingHours{eng.As(engage.Bot("hours"))}).serve(ctx); err != nil {
			return err
		}
		_, err := eng.RunDue(ctx)
		return err
	}
	died = work(first) != nil

	// And the one that is started instead, when the leases are over.
	clock.pass(time.Hour)
	second := must(shop(st, platform, clock.read))(t)
	if err := work(second); err != nil {
		t.Fatalf("call %d: %v", n, err)
	}
	for i, want := range [][]string{{"We are open from 9 to 18."}, {"I'll get somebody who knows."}} {
		if seen := platform.Seen(received[i].IdentityID); strings.Join(seen, "|") != strings.Join(want, "|") {
			t.Fatalf("call %d: the customer sees %q, want %q", n, seen, want)
		}
	}
	counts := map[engage.EventType]int{}
	for _, typ := range types(t, second, 0) {
		counts[typ]++
	}
	for typ, want := range map[engage.EventType]int{
		engage.EventContentImported: 2, engage.EventInterventionOpened: 2, engage.EventContentReplied: 2, engage.EventThreadAnnotated: 2,
		engage.EventInterventionClosed: 1, engage.EventInterventionUserUpdated: 1, engage.EventInterventionReopened: 0, engage.EventContentExported: 2,
	} {
		if counts[typ] != want {
			t.Fatalf("call %d: %d × %s, want %d", n, counts[typ], typ, want)
		}
	}
	waiting := must(second.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t)
	if len(waiting.Items) != 1 || waiting.Items[0].ID != received[1].ThreadID {
		t.Fatalf("call %d: %d threads wait", n, len(waiting.Items))
	}
	platform.Check(t)
	return died
}
