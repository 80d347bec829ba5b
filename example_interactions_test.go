package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
)

// What was recorded is found by its ID. Without a createdDate it counts as done now.
func ExampleInteractions_Get() {
	ctx := context.Background()
	eng := exampleEngine()
	recorded := record(eng, review("ada", `{"stars": 5}`))
	found := done(eng.Interactions.Get(ctx, recorded.ID))
	fmt.Println(found.ContactID, found.SchemaID, found.CreatedDate.Format(time.RFC3339), string(found.Payload))
	// Output:
	// ada review 2026-05-01T12:00:00Z {"stars":5}
}

// An interaction is taken back. It does not count any more; but the first time of something
// was the first time.
func ExampleInteractions_Delete() {
	ctx := context.Background()
	eng := exampleEngine()
	recorded := record(eng, review("ada", `{"stars": 5}`))
	check(eng.Interactions.Delete(ctx, recorded.ID))
	tally := done(eng.Interactions.Tally(ctx, "ada", "review"))
	fmt.Println(tally.Count, "reviews")
	// Output:
	// 0 reviews
}

// Many at once: each has its own answer, in the order in which they were given.
func ExampleInteractions_RecordMany() {
	eng := exampleEngine()
	for i, outcome := range eng.Interactions.RecordMany(context.Background(), []interaction.Submission{
		review("ada", `{"stars": 5}`),
		review("ben", `{"text": "No stars."}`),
		review("eve", `not JSON`),
	}) {
		fmt.Println(i, outcome.Accepted, outcome.QuarantineID != "", errors.Is(outcome.Err, engage.ErrInvalid))
	}
	// Output:
	// 0 true false false
	// 1 false true false
	// 2 false false true
}

// An automation on "New Interaction": the event says whether it is the contact's first one of
// all, and their first one of its schema.
func ExampleInteractionEvent() {
	eng := exampleEngine()
	record(eng, review("ada", `{"stars": 5}`))
	record(eng, review("ada", `{"stars": 4}`))
	for event, err := range eng.Events.After(context.Background(), 0) {
		check(err)
		if event.Type != engage.EventInteractionCreated {
			continue
		}
		var told engage.InteractionEvent
		check(event.Decode(&told))
		fmt.Println(told.ContactID, told.SchemaID, "first of all:", told.First, "first of its schema:", told.FirstOfSchema)
	}
	// Output:
	// ada review first of all: true first of its schema: true
	// ada review first of all: false first of its schema: false
}

// A segment by time: who has written a review in April, and who has written none since.
func ExampleSegments_ByCount() {
	ctx := context.Background()
	eng := exampleEngine()
	for contact, date := range map[string]string{"ada": "2026-04-20T10:00:00Z", "ben": "2026-05-01T10:00:00Z"} {
		s := review(contact, `{"stars": 5}`)
		s.CreatedDate = date
		record(eng, s)
	}
	may := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for contact, err := range eng.Segments.ByCount(ctx, engage.CountSegment{SchemaID: "review", AtLeast: 1, From: may.AddDate(0, -1, 0), To: may}) {
		check(err)
		fmt.Println("in April:", contact)
	}
	none := int64(0)
	for contact, err := range eng.Segments.ByCount(ctx, engage.CountSegment{SchemaID: "review", AtMost: &none, From: may}) {
		check(err)
		fmt.Println("not since:", contact)
	}
	// Output:
	// in April: ada
	// not since: ada
}

// The use cases of seed 002, and what the tab "Interactions" of the contact card shows of
// them: each with the name and the properties that its schema marks, the latest first.
func Example_contactCard() {
	ctx := context.Background()
	eng := exampleEngine()
	for id, property := range map[string]string{"post": "network", "referral": "friend", "repair": "productSku", "favourite": "productSku"} {
		done(eng.Schemas.Create(ctx, schema.Definition{ID: id, DisplayName: "A " + id, JSONSchema: fmt.Appendf(nil, `{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"type": "object",
			"properties": {%q: {"type": "string", "showInContactCard": true}},
			"required": [%[1]q]
		}`, property)}))
	}
	for day, happened := range []struct{ schema, payload string }{
		{"review", `{"stars": 5, "text": "Holds water."}`},
		{"post", `{"network": "Instagram"}`},
		{"referral", `{"friend": "ben"}`},
		{"repair", `{"productSku": "B-17"}`},
		{"favourite", `{"productSku": "B-18"}`},
	} {
		record(eng, interaction.Submission{
			ContactID: "ada", SchemaID: happened.schema, Payload: json.RawMessage(happened.payload),
			CreatedDate: fmt.Sprintf("2026-04-%02dT09:00:00Z", day+1),
		})
	}
	for _, i := range done(eng.Interactions.List(ctx, engage.InteractionFilter{ContactID: "ada"})).Items {
		card := done(eng.Interactions.Card(ctx, i.ID))
		fmt.Print(card.CreatedDate.Format("2 Jan"), ", ", card.DisplayName, ":")
		for _, field := range card.Fields {
			fmt.Printf(" %s %s", field.Label, field.Value)
		}
		fmt.Println()
	}
	// Output:
	// 5 Apr, A favourite: productSku "B-18"
	// 4 Apr, A repair: productSku "B-17"
	// 3 Apr, A referral: friend "ben"
	// 2 Apr, A post: network "Instagram"
	// 1 Apr, Product review: Stars 5 Review "Holds water."
}
