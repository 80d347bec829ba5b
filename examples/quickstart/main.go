// Command quickstart tells the story of a customer on one SQLite file. She buys
// something, which is recorded as an interaction; she asks a question, which a bot
// passes on to an agent; the agent answers and closes; and in the end her timeline is
// printed. Schema and interaction are the examples in Voyado's documentation, to the
// letter.
//
//	go run ./examples/quickstart [FILE]
//
// Without a FILE it makes a new one and says where. With one that is there it goes on
// where it was, wherever that was: nothing happens twice, for the interaction and the
// agent's answer have idempotency keys, the customer's words have the IDs of their
// platform, and the bot goes on behind the last event that it has handled. If it was
// killed, what it had in hand then is free within a minute: the bot's turn, for which the
// next run waits, or a delivery, which is for a run after that.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store/sqlite"
)

const schemaJSON = `{
 "id": "Reuse-Spring-2023",
 "displayName": "Reuse Spring Sale",
 "jsonSchema": {
   "$schema": "https://json-schema.org/draft/2020-12/schema",
   "type": "object",
   "properties": {
     "price": {
       "type": "integer",
       "displayName": "Price",
       "showInContactCard": "true"
     },
     "created": {
       "type": "string",
       "format": "date-time",
       "displayName": "Created",
       "showInContactCard": "true"
     },
     "name": {
       "type": "string",
       "displayName": "Name",
       "showInContactCard": "true"
     }
   },
  "required":["name"]
 }
}`

const interactionJSON = `{
    "contactId":"cf6d21fa-6e2b-481c-ab38-afa1012233ff",
    "schemaId": "Reuse-Spring-2023",
    "createdDate": "2023-05-23711:13:42.074Z",
    "payload":{
        "price": 100,
        "created": "2011-11-03T20:00:11",
        "name": "Reused Item"
    }
}`

// customer is the host's name for the person whose story this is.
const customer = "cf6d21fa-6e2b-481c-ab38-afa1012233ff"

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) error {
	path, err := file(args)
	if err != nil {
		return err
	}
	st, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()

	// In place of Messenger there is a platform in memory. It honours keys: what it is
	// sent again, because nobody knows whether it arrived, the customer sees once.
	messenger := platformtest.New(platformtest.HonourKeys())
	eng, err := engage.New(ctx, st, &engage.Options{Platforms: map[string]engage.Platform{"messenger": messenger}})
	if err != nil {
		return err
	}
	fmt.Println("Everything is kept in", path)

	if err := tell(ctx, eng); err != nil {
		return err
	}
	fmt.Printf("\nLook into the file with any SQLite tool:\n")
	fmt.Printf("   sqlite3 %s \"SELECT value ->> '$.direction', value ->> '$.body' FROM content\"\n", path)
	return nil
}

// tell tells the story, part by part.
func tell(ctx context.Context, eng *engage.Engine) error {
	for _, part := range []func(context.Context, *engage.Engine) error{record, write, bot, agent, deliver, timeline} {
		if err := part(ctx, eng); err != nil {
			return err
		}
	}
	return nil
}

// record declares what an interaction looks like, and records one.
func record(ctx context.Context, eng *engage.Engine) error {
	fmt.Println("\n1. She buys something. It is recorded as an interaction, checked against a schema.")
	def, err := schema.ParseDefinition([]byte(schemaJSON), nil)
	if err != nil {
		return err
	}
	_, err = eng.Schemas.Create(ctx, def)
	if err != nil && !errors.Is(err, engage.ErrConflict) { // it is there from an earlier run
		return err
	}
	var submission interaction.Submission
	if err := json.Unmarshal([]byte(interactionJSON), &submission); err != nil {
		return err
	}
	_, err = eng.Interactions.Record(ctx, submission)
	fmt.Println("   The documentation's example has a typing error in its date:")
	fmt.Println("   refused:", err)

	submission.CreatedDate = "2023-05-23T11:13:42.074Z"
	submission.IdempotencyKey = "quickstart"
	recorded, err := eng.Interactions.Record(ctx, submission)
	if err != nil {
		return err
	}
	fmt.Println("   With that mended it is recorded. What does not follow the schema is left out, not lost:")
	found, err := eng.Interactions.Get(ctx, recorded.ID)
	if err != nil {
		return err
	}
	for _, violation := range found.Omitted {
		fmt.Printf("   %s was left out: it is no %s\n", violation.Pointer, violation.Expected)
	}
	fmt.Printf("   payload %s, and the %d bytes that were sent\n", found.Payload, len(found.Original()))
	return nil
}

// write lets the customer ask a question on Messenger.
func write(ctx context.Context, eng *engage.Engine) error {
	fmt.Println("\n2. She asks a question on Messenger. That begins a thread.")
	_, err := eng.Sources.Create(ctx, interaction.Source{ID: "page", Type: "messenger", Name: "Our page", Active: true})
	if err != nil && !errors.Is(err, engage.ErrConflict) {
		return err
	}
	_, err = eng.Threads.Receive(ctx, engage.Inbound{
		SourceID: "page", ForeignID: "mid.1", // what Messenger calls it: told of twice, it is kept once
		Customer: engage.Account{ForeignID: "psid.7", Profile: interaction.Profile{DisplayName: "Eve"}, ContactID: customer},
		Message:  interaction.Message{Body: "The zip of my reused item is broken!"},
	})
	return err
}

// bot is a bot that reads the events, answers, and passes on what it cannot solve. This
// one stops at the last event that there is; a real bot goes on for ever.
func bot(ctx context.Context, eng *engage.Engine) error {
	fmt.Println("\n3. A bot is told of it. It answers, adds what it knows of her, and transfers her to a human.")
	robot := eng.As(engage.Bot("greeter"))
	consumer, err := robot.Events.Register(ctx, "greeter", engage.ConsumerStart{}) // in a later run it is where it was
	if err != nil {
		return err
	}
	last := consumer.Position
	for event, err := range robot.Events.After(ctx, last) {
		if err != nil {
			return err
		}
		last = event.Position
	}
	if last == consumer.Position {
		return nil // it has handled them all, and would wait for the next
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var failed error
	err = robot.Events.Consume(ctx, "greeter", func(ctx context.Context, event engage.Event) error {
		if failed = greet(ctx, robot, event); failed != nil || event.Position >= last {
			stop()
		}
		return failed // if Consume goes on, the same event comes again
	})
	if errors.Is(err, context.Canceled) {
		return failed
	}
	return err
}

// greet is the bot's turn: all of it, or nothing.
func greet(ctx context.Context, robot *engage.Engine, event engage.Event) error {
	var said engage.ContentEvent
	if event.Type != engage.EventContentImported {
		return nil
	}
	if err := event.Decode(&said); err != nil || !said.FirstInThread {
		return err
	}
	return robot.Atomically(ctx, func(w *engage.Work) error {
		content, err := w.Contents.Get(ctx, said.ID)
		if err != nil || content.Status != interaction.StatusNew {
			return err
		}
		mine, err := w.Interventions.Engage(ctx, engage.Engagement{ContentID: said.ID})
		if errors.Is(err, engage.ErrRefused) {
			return nil // an agent was faster, or the thread is closed by now
		}
		if err != nil {
			return err
		}
		_, err = w.Contents.Post(ctx, engage.Post{
			ThreadID: said.ThreadID, Message: interaction.Message{Body: "Oh no! Somebody will look at it."},
		})
		if err != nil {
			return err
		}
		_, err = w.Threads.Annotate(ctx, said.ThreadID, map[string]json.RawMessage{"warranty": json.RawMessage(`true`)})
		if err != nil {
			return err
		}
		_, err = w.Interventions.Transfer(ctx, mine.ID, engage.Actor{}) // to whoever engages next
		return err
	})
}

// agent lets agents answer who waits.
func agent(ctx context.Context, eng *engage.Engine) error {
	fmt.Println("\n4. Two agents see her waiting. One engages; the other learns who.")
	ann, bob := eng.As(engage.Agent("ann")), eng.As(engage.Agent("bob"))
	waiting, err := ann.Threads.ListEngageable(ctx, engage.EngageableFilter{})
	if err != nil {
		return err
	}
	for _, thread := range waiting.Items {
		if _, err := ann.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID}); err != nil {
			return err
		}
	}
	// What she has engaged in is hers until she closes it. It may be from an earlier run.
	hers, err := ann.Interventions.List(ctx, engage.InterventionFilter{Owner: engage.Agent("ann"), Status: interaction.InterventionOpen})
	if err != nil {
		return err
	}
	for _, mine := range hers.Items {
		_, err = bob.Interventions.Engage(ctx, engage.Engagement{ThreadID: mine.ThreadID})
		if engaged, ok := errors.AsType[*engage.EngagedError](err); ok {
			fmt.Println("   bob is refused: it is", engaged.Intervention.Status, "with", engaged.Intervention.Owner)
		}
		_, err = ann.Contents.Post(ctx, engage.Post{
			ThreadID: mine.ThreadID, Message: interaction.Message{Body: "Bring it by, we mend it for free."},
			IdempotencyKey: mine.ID, // posted again, it is there once
		})
		if err != nil {
			return err
		}
		if _, err := ann.Interventions.Close(ctx, mine.ID, engage.Closing{}); err != nil {
			return err
		}
	}
	return nil
}

// deliver does the work that is due. A server has eng.Run(ctx) running instead.
func deliver(ctx context.Context, eng *engage.Engine) error {
	done, err := eng.RunDue(ctx)
	fmt.Printf("\n5. What they wrote is delivered: %d jobs were due.\n", done)
	return err
}

// timeline prints all that happened with the customer.
func timeline(ctx context.Context, eng *engage.Engine) error {
	fmt.Println("\n6. Her timeline, across everything:")
	page, err := eng.Contacts.Timeline(ctx, customer, engage.TimelineFilter{OldestFirst: true, Limit: 100})
	if err != nil {
		return err
	}
	for _, entry := range page.Items {
		fmt.Printf("   %s  %-27s %s\n", entry.Time.Format(time.DateTime), entry.Type, describe(entry))
	}
	return nil
}

// describe says in words what an entry is about.
func describe(entry engage.TimelineEntry) string {
	switch {
	case entry.Interaction != nil:
		return fmt.Sprintf("%s %s", entry.Interaction.SchemaID, entry.Interaction.Payload)
	case entry.Type == engage.EventContentExported:
		return fmt.Sprintf("%q: %s", entry.Content.Body, entry.SynchronizationStatus)
	case entry.Content != nil && entry.Content.Direction == interaction.Inbound:
		return fmt.Sprintf("customer: %q", entry.Content.Body)
	case entry.Content != nil:
		return fmt.Sprintf("%s: %q", entry.Content.Creator, entry.Content.Body)
	case entry.Type == engage.EventThreadAnnotated:
		return fmt.Sprintf("%s adds that warranty is %s", entry.Actor, entry.Set.Values["warranty"])
	case entry.Type == engage.EventInterventionUserUpdated && entry.Owner.IsZero():
		return fmt.Sprintf("%s transfers it to whoever engages next", entry.Actor)
	case entry.Type == engage.EventInterventionUserUpdated:
		return fmt.Sprintf("%s has it now", entry.Owner)
	case entry.Intervention != nil:
		return fmt.Sprintf("by %s", entry.Actor)
	default:
		return entry.Actor.String()
	}
}

// file returns the file that was named, or a new one.
func file(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	dir, err := os.MkdirTemp("", "engage-quickstart-")
	return filepath.Join(dir, "engage.db"), err
}
