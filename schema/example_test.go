package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage/schema"
)

// A review, as a shop would declare it.
const review = `{
	"id": "Review",
	"displayName": "Product review",
	"jsonSchema": {
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"type": "object",
		"properties": {
			"productSku": {"type": "string", "displayName": "Product", "sortOrder": 2, "showInContactCard": true},
			"stars":      {"type": "integer", "minimum": 1, "maximum": 5, "displayName": "Stars", "sortOrder": 1, "showInContactCard": true, "addToSegmentation": true},
			"written":    {"type": "string", "format": "date-time"}
		},
		"required": ["stars"]
	}
}`

// Declare a kind of interaction: read the definition, then compile it.
func Example() {
	def, err := schema.ParseDefinition([]byte(review), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := schema.Compile(def, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := s.Check([]byte(`{"stars": 5, "written": "yesterday", "mood": "happy"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("accepted:", result.Accepted)
	fmt.Println("recorded:", string(result.Projection))
	for _, v := range result.Violations {
		fmt.Printf("left out: %s (%s)\n", v.Pointer, v.Code)
	}
	// Output:
	// accepted: true
	// recorded: {"stars":5}
	// left out: /mood (undeclared)
	// left out: /written (format)
}

// A definition that is wrong is refused with all that is wrong with it.
func ExampleParseDefinition() {
	_, err := schema.ParseDefinition([]byte(`{
		"id": "Review",
		"displayName": "Product review",
		"jsonSchema": {
			"type": "object",
			"properties": {"stars": {"type": "int", "maximun": 5}},
			"required": ["stars", "written"]
		}
	}`), nil)
	if e, ok := errors.AsType[*schema.DefinitionError](err); ok {
		for _, p := range e.Problems {
			fmt.Println(p)
		}
	}
	// Output:
	// /jsonSchema/properties/stars/maximun: unsupported keyword "maximun": did you mean "maximum"?
	// /jsonSchema/properties/stars/type: must be one of ["string" "number" "integer" "boolean"]
	// /jsonSchema/required/1: property "written" is not declared
}

// What breaks a rule is a result, with what was expected; what cannot be judged at all is an error.
func ExampleSchema_Check() {
	s := mustCompile(review)

	result, _ := s.Check([]byte(`{"stars": 6}`))
	fmt.Println(result.Accepted, result.Violations)

	_, err := s.Check([]byte(`{"stars": 5, "stars": 1}`))
	fmt.Println(err)
	// Output:
	// false [/stars: does not conform to maximum 5 /stars: is required, and missing or left out]
	// schema: payload refused: at /stars: a key stands twice in the same object
}

// The contact card shows the properties that are marked for it, with their labels, in their order.
func ExampleSchema_Card() {
	card, err := mustCompile(review).Card(json.RawMessage(`{"productSku":"A-1","stars":5,"written":"2026-05-01T12:00:00Z"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, field := range card {
		fmt.Printf("%s: %s\n", field.Label, field.Value)
	}
	// Output:
	// Stars: 5
	// Product: "A-1"
}

// What a new definition changes, and whether it can break what was valid before.
func ExampleCompare() {
	old := mustCompile(review)
	def := old.Definition()
	def.JSONSchema = json.RawMessage(`{
		"type": "object",
		"properties": {
			"productSku": {"type": "string", "displayName": "Product", "sortOrder": 2, "showInContactCard": true},
			"stars":      {"type": "number", "minimum": 1, "maximum": 4, "displayName": "Stars", "sortOrder": 1, "showInContactCard": true, "addToSegmentation": true},
			"written":    {"type": "string"}
		},
		"required": ["stars"]
	}`)
	next, err := schema.Compile(def, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range schema.Compare(old, next) {
		fmt.Printf("%s: %q to %q, breaking: %t\n", c.Pointer, c.From, c.To, c.Breaking)
	}
	// Output:
	// /jsonSchema/properties/stars/maximum: "5" to "4", breaking: true
	// /jsonSchema/properties/stars/type: "integer" to "number", breaking: false
	// /jsonSchema/properties/written/format: "date-time" to "", breaking: false
}

// mustCompile compiles a definition that is known to be right.
func mustCompile(definition string) *schema.Schema {
	def, err := schema.ParseDefinition([]byte(definition), nil)
	if err != nil {
		panic(err)
	}
	s, err := schema.Compile(def, nil)
	if err != nil {
		panic(err)
	}
	return s
}
