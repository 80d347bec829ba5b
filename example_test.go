package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store/memory"
)

// The examples begin with an Engine in memory, a clock that stands still, and one
// schema.
func exampleEngine() *engage.Engine {
	ctx := context.Background()
	eng, err := engage.New(ctx, memory.New(), &engage.Options{
		Clock: func() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Schemas.Create(ctx, schema.Definition{
		ID:          "review",
		DisplayName: "Product review",
		JSONSchema: json.RawMessage(`{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"type": "object",
			"properties": {
				"stars":      {"type": "integer", "minimum": 1, "maximum": 5, "displayName": "Stars", "showInContactCard": "true", "addToSegmentation": "true"},
				"text":       {"type": "string", "displayName": "Review", "showInContactCard": "true"},
				"productSku": {"type": "string"}
			},
			"required": ["stars"]
		}`),
	})
	if err != nil {
		log.Fatal(err)
	}
	return eng
}

func review(contact, payload string) interaction.Submission {
	return interaction.Submission{ContactID: contact, SchemaID: "review", Payload: json.RawMessage(payload)}
}

func record(eng *engage.Engine, s interaction.Submission) engage.Recorded {
	recorded, err := eng.Interactions.Record(context.Background(), s)
	if err != nil {
		log.Fatal(err)
	}
	return recorded
}

// A shop records a review. The property that the schema does not know is left out,
// and said so.
func ExampleInteractions_Record() {
	eng := exampleEngine()
	recorded, err := eng.Interactions.Record(context.Background(), interaction.Submission{
		ContactID:      "customer-1",
		SchemaID:       "review",
		CreatedDate:    "2026-04-30T18:02:11+02:00",
		Payload:        json.RawMessage(`{"stars": 5, "text": "Holds water.", "colour": "red"}`),
		IdempotencyKey: "review-4711",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("accepted:", recorded.Accepted)
	for _, violation := range recorded.Violations {
		fmt.Println(violation.Pointer, violation.Code)
	}

	found, err := eng.Interactions.Get(context.Background(), recorded.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("payload:", string(found.Payload))
	fmt.Println("as sent:", string(found.Original()))
	// Output:
	// accepted: true
	// /colour undeclared
	// payload: {"stars":5,"text":"Holds water."}
	// as sent: {"stars": 5, "text": "Holds water.", "colour": "red"}
}

// What breaks a rule of the schema waits in quarantine, with the reasons. The sender
// may correct it and send it again, with the same idempotency key; or the schema is
// mended, and it is replayed.
func ExampleQuarantine_Replay() {
	ctx := context.Background()
	eng := exampleEngine()
	rejected := record(eng, review("customer-1", `{"text": "No stars, but nice."}`))
	fmt.Println("accepted:", rejected.Accepted, rejected.Violations[0].Pointer, rejected.Violations[0].Code)

	relaxed, err := eng.Schemas.Get(ctx, "review")
	if err != nil {
		log.Fatal(err)
	}
	relaxed.JSONSchema = json.RawMessage(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"properties": {
			"stars":      {"type": "integer", "minimum": 1, "maximum": 5},
			"text":       {"type": "string"},
			"productSku": {"type": "string"}
		}
	}`)
	if _, err := eng.Schemas.Supersede(ctx, relaxed.Definition, nil); err != nil {
		log.Fatal(err)
	}
	replayed, err := eng.Quarantine.Replay(ctx, rejected.QuarantineID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("replayed:", replayed.Accepted, "by version", replayed.SchemaVersion)
	// Output:
	// accepted: false /stars required
	// replayed: true by version 2
}

// A schema that can break what was valid is refused, and the error says where.
func ExampleSchemas_Supersede() {
	ctx := context.Background()
	eng := exampleEngine()
	_, err := eng.Schemas.Supersede(ctx, schema.Definition{
		ID:          "review",
		DisplayName: "Product review",
		JSONSchema: json.RawMessage(`{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"type": "object",
			"properties": {
				"stars":      {"type": "integer", "minimum": 1, "maximum": 3},
				"text":       {"type": "string"},
				"productSku": {"type": "string"}
			},
			"required": ["stars"]
		}`),
	}, nil)
	fmt.Println("refused:", errors.Is(err, engage.ErrRefused))
	if incompatible, ok := errors.AsType[*engage.IncompatibleError](err); ok {
		for _, change := range incompatible.Changes {
			if change.Breaking {
				fmt.Printf("%s: %s → %s\n", change.Pointer, change.From, change.To)
			}
		}
	}
	// Output:
	// refused: true
	// /jsonSchema/properties/stars/maximum: 5 → 3
}

// The contact card shows the properties that the schema marks, with their labels, in
// their order.
func ExampleInteractions_Card() {
	eng := exampleEngine()
	recorded := record(eng, review("customer-1", `{"stars": 4, "text": "Good.", "productSku": "B-17"}`))
	card, err := eng.Interactions.Card(context.Background(), recorded.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(card.DisplayName)
	for _, field := range card.Fields {
		fmt.Printf("  %s: %s\n", field.Label, field.Value)
	}
	// Output:
	// Product review
	//   Stars: 4
	//   Review: "Good."
}

// All interactions of a contact, the newest first, page by page.
func ExampleInteractions_List() {
	eng := exampleEngine()
	for day := 1; day <= 5; day++ {
		s := review("customer-1", fmt.Sprintf(`{"stars": %d}`, day))
		s.CreatedDate = fmt.Sprintf("2026-04-%02dT09:00:00Z", day)
		record(eng, s)
	}
	filter := engage.InteractionFilter{ContactID: "customer-1", SchemaID: "review", Limit: 2}
	for {
		page, err := eng.Interactions.List(context.Background(), filter)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("page:")
		for _, i := range page.Items {
			fmt.Println(" ", i.CreatedDate.Format("Jan 2"), string(i.Payload))
		}
		if filter.Continuation = page.Continuation; page.Continuation == "" {
			break
		}
	}
	// Output:
	// page:
	//   Apr 5 {"stars":5}
	//   Apr 4 {"stars":4}
	// page:
	//   Apr 3 {"stars":3}
	//   Apr 2 {"stars":2}
	// page:
	//   Apr 1 {"stars":1}
}

// Segments: who has written at least two reviews, and who has ever given one star.
func ExampleSegments() {
	ctx := context.Background()
	eng := exampleEngine()
	for _, s := range []interaction.Submission{
		review("ada", `{"stars": 5}`), review("ada", `{"stars": 4}`), review("ben", `{"stars": 1}`),
	} {
		record(eng, s)
	}
	for contact, err := range eng.Segments.ByCount(ctx, engage.CountSegment{SchemaID: "review", AtLeast: 2}) {
		fmt.Println("twice:", contact, err)
	}
	one := engage.ValueSegment{SchemaID: "review", Property: "stars", Equals: json.RawMessage("1")}
	for contact, err := range eng.Segments.ByValue(ctx, one) {
		fmt.Println("one star:", contact, err)
	}
	// Output:
	// twice: ada <nil>
	// one star: ben <nil>
}

// An automation that starts when somebody gives one star for the first time: a
// trigger, and a consumer of events, which goes on where it was after a restart.
func ExampleEvents_Consume() {
	ctx, cancel := context.WithCancel(context.Background())
	eng := exampleEngine()
	if _, err := eng.Triggers.Register(ctx, "review", "stars", json.RawMessage("1")); err != nil {
		log.Fatal(err)
	}
	record(eng, review("ben", `{"stars": 1}`))
	record(eng, review("ben", `{"stars": 1}`))
	record(eng, review("eve", `{"stars": 1}`))

	err := eng.Events.Consume(ctx, "call-them", func(ctx context.Context, event engage.Event) error {
		if event.Type != engage.EventTriggerFired {
			return nil
		}
		var fired engage.TriggerEvent
		if err := event.Decode(&fired); err != nil {
			return err
		}
		fmt.Println("call", fired.ContactID)
		if fired.ContactID == "eve" {
			cancel() // a real consumer goes on
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// call ben
	// call eve
	// context canceled
}

// Several calls as one: both interactions are recorded, or neither is.
func ExampleEngine_Atomically() {
	ctx := context.Background()
	eng := exampleEngine().As(engage.Agent("anna"))
	errTooFew := errors.New("one star is not enough for a pair")
	err := eng.Atomically(ctx, func(w *engage.Work) error {
		for _, stars := range []string{"5", "1"} {
			recorded, err := w.Interactions.Record(ctx, review("customer-1", `{"stars": `+stars+`}`))
			if err != nil {
				return err
			}
			if i, err := w.Interactions.Get(ctx, recorded.ID); err != nil || string(i.Payload) == `{"stars":1}` {
				return errors.Join(err, errTooFew)
			}
		}
		return nil
	})
	fmt.Println(err)

	tally, err := eng.Interactions.Tally(ctx, "customer-1", "review")
	fmt.Println(tally.Count, err)
	// Output:
	// one star is not enough for a pair
	// 0 <nil>
}

// A dry run says what Record would make of a payload, and keeps nothing.
func ExampleInteractions_Check() {
	eng := exampleEngine()
	checked, err := eng.Interactions.Check(context.Background(), review("customer-1", `{"stars": 6}`))
	if err != nil {
		log.Fatal(err)
	}
	for _, violation := range checked.Violations {
		fmt.Println(violation.Pointer, violation.Code, violation.Expected)
	}
	// Output:
	// /stars maximum 5
	// /stars required
}
