package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

// The schema and the interaction of seed 002, as they stand.
const (
	seedDefinition = `{
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
	seedPayload = `{
        "price": 100,
        "created": "2011-11-03T20:00:11",
        "name": "Reused Item"
    }`
	seedCreatedDate = "2023-05-23711:13:42.074Z"
)

// parse reads a definition and compiles it.
func parse(tb testing.TB, definition string, opts *schema.Options) *schema.Schema {
	tb.Helper()
	def, err := schema.ParseDefinition([]byte(definition), opts)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := schema.Compile(def, opts)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// check checks a payload that can be checked.
func check(tb testing.TB, s *schema.Schema, payload string) schema.Result {
	tb.Helper()
	r, err := s.Check([]byte(payload))
	if err != nil {
		tb.Fatalf("Check(%s): %v", payload, err)
	}
	return r
}

func TestSeedInteractionLosesItsCreated(t *testing.T) {
	t.Parallel()
	r := check(t, parse(t, seedDefinition, nil), seedPayload)
	if !r.Accepted {
		t.Error("not accepted")
	}
	if got, want := string(r.Projection), `{"price":100,"name":"Reused Item"}`; got != want {
		t.Errorf("projection %s, want %s", got, want)
	}
	want := schema.Violation{Pointer: "/created", Code: schema.CodeFormat, Expected: "date-time", Got: "string"}
	if len(r.Violations) != 1 || r.Violations[0] != want {
		t.Errorf("violations %v, want %v", r.Violations, want)
	}
	if got := r.Omitted(); len(got) != 1 || got[0] != "/created" {
		t.Errorf("omitted %v", got)
	}
}

func TestSeedInteractionIsWholeWhenUTCIsAssumed(t *testing.T) {
	t.Parallel()
	r := check(t, parse(t, seedDefinition, &schema.Options{AssumeUTC: true, Strict: true}), seedPayload)
	if !r.Accepted || len(r.Violations) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestSeedInteractionIsRejectedWhenStrict(t *testing.T) {
	t.Parallel()
	if r := check(t, parse(t, seedDefinition, &schema.Options{Strict: true}), seedPayload); r.Accepted {
		t.Errorf("%+v", r)
	}
}

func TestSeedCreatedDateIsRefused(t *testing.T) {
	t.Parallel()
	_, err := schema.ParseDateTime(seedCreatedDate)
	if _, ok := errors.AsType[*schema.DateTimeError](err); !ok {
		t.Errorf("got %v", err)
	}
}

func TestSeedDefinitionRoundTrips(t *testing.T) {
	t.Parallel()
	def, err := schema.ParseDefinition([]byte(seedDefinition), nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(def)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := errors.Join(json.Unmarshal(data, &got), json.Unmarshal([]byte(seedDefinition), &want)); err != nil {
		t.Fatal(err)
	}
	gotJSON, _ := json.Marshal(got)
	wantJSON, _ := json.Marshal(want)
	if !bytes.Equal(gotJSON, wantJSON) {
		t.Errorf("got %s, want %s", gotJSON, wantJSON)
	}
}

func TestVoyadoFormatExampleIsAccepted(t *testing.T) {
	t.Parallel()
	r := check(t, parse(t, seedDefinition, nil), `{"name":"x","created":"2018-11-13T20:20:39+00:00"}`)
	if !r.Accepted || len(r.Violations) != 0 {
		t.Errorf("%+v", r)
	}
}
