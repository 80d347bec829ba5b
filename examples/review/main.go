// Command review records one product review: the program of the README.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store/memory"
)

func main() {
	ctx := context.Background()
	eng, err := engage.New(ctx, memory.New(), nil) // or sqlite.Open(ctx, "engage.db", nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = eng.Schemas.Create(ctx, schema.Definition{ID: "review", DisplayName: "Review", JSONSchema: []byte(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
		"properties": {"stars": {"type": "integer", "minimum": 1, "maximum": 5}}, "required": ["stars"]}`)})
	if err != nil {
		log.Fatal(err)
	}
	recorded, err := eng.Interactions.Record(ctx, interaction.Submission{
		ContactID: "customer-1", SchemaID: "review", Payload: []byte(`{"stars": 5, "colour": "red"}`),
	})
	fmt.Println(recorded.Accepted, recorded.Violations, err) // true [/colour: is not declared] <nil>
}
