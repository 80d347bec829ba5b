package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/schema"
)

// A kind of interaction is declared: seed 002's own example. A typo is refused by its name,
// with the place where it stands.
func ExampleSchemas_Create() {
	ctx := context.Background()
	eng := exampleEngine()
	reuse := schema.Definition{ID: "Reuse-Spring-2023", DisplayName: "Reuse Spring Sale", JSONSchema: json.RawMessage(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"properties": {
			"price":   {"type": "integer", "displayName": "Price", "showInContactCard": "true"},
			"created": {"type": "string", "format": "date-time", "displayName": "Created", "showInContactCard": "true"},
			"name":    {"type": "string", "displayName": "Name", "showInContactCard": "true"}
		},
		"required": ["name"]
	}`)}
	created := done(eng.Schemas.Create(ctx, reuse))
	fmt.Println(created.ID, "version", created.Version)

	reuse.ID = "Reuse-Autumn-2023"
	reuse.JSONSchema = json.RawMessage(`{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"properties": {"name": {"type": "string", "maxLenght": 40}}
	}`)
	_, err := eng.Schemas.Create(ctx, reuse)
	if wrong, ok := errors.AsType[*schema.DefinitionError](err); ok {
		for _, p := range wrong.Problems {
			fmt.Println(p.Pointer, p.Code)
		}
	}
	// Output:
	// Reuse-Spring-2023 version 1
	// /jsonSchema/properties/name/maxLenght unknown
}

// All schemas of the tenant, and one of them.
func ExampleSchemas_List() {
	ctx := context.Background()
	eng := exampleEngine()
	for _, s := range done(eng.Schemas.List(ctx, nil)) {
		fmt.Println(s.ID, s.DisplayName)
	}
	one := done(eng.Schemas.Get(ctx, "review"))
	fmt.Println(one.ID, "version", one.Version)
	_, err := eng.Schemas.Get(ctx, "favourite")
	fmt.Println(errors.Is(err, engage.ErrNotFound))
	// Output:
	// review Product review
	// review version 1
	// true
}

// A schema that is deleted takes no interactions any more. What was recorded stays, unless
// the deletion erases it.
func ExampleSchemas_Delete() {
	ctx := context.Background()
	eng := exampleEngine()
	recorded := record(eng, review("ada", `{"stars": 5}`))

	check(eng.Schemas.Delete(ctx, "review", nil))
	_, err := eng.Interactions.Record(ctx, review("ada", `{"stars": 4}`))
	fmt.Println("recorded after that:", err == nil)
	_, err = eng.Interactions.Get(ctx, recorded.ID)
	fmt.Println("read after that:", err == nil)

	check(eng.Schemas.Delete(ctx, "review", &engage.DeleteOptions{Erase: true}))
	_, err = eng.Interactions.Get(ctx, recorded.ID)
	fmt.Println("read after it was erased:", err == nil)
	// Output:
	// recorded after that: false
	// read after that: true
	// read after it was erased: false
}
