package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
)

var _ = add(recorded)

// recorded is what customers did: a schema with a segment and a trigger, interactions of
// which several were created at once, one under a key, one in quarantine, one of a schema of
// several versions, and a consumer that is in the middle of the log.
func recorded(ctx context.Context, eng *engage.Engine) error {
	def := must(schema.ParseDefinition([]byte(`{"id": "review", "displayName": "Review", "jsonSchema": {
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["stars"],
		"properties": {
			"stars": {"type": "integer", "displayName": "Stars", "addToSegmentation": "true"},
			"text": {"type": "string", "displayName": "Text", "showInContactCard": "true"}
		}}}`), nil))
	must(eng.Schemas.Create(ctx, def))
	must(eng.Triggers.Register(ctx, "review", "stars", json.RawMessage("1")))
	for n := range 9 {
		now = now.Add(time.Second)
		must(eng.Interactions.Record(ctx, interaction.Submission{
			ContactID: []string{"ann", "bea", "cas"}[n%3], SchemaID: "review", CreatedDate: fmt.Sprintf("2026-11-0%dT10:00:00Z", 1+n/6),
			Payload: json.RawMessage(fmt.Sprintf(`{"stars": %d, "text": "%d", "more": true}`, 1+n%5, n)), IdempotencyKey: fmt.Sprintf("key %d", n),
		}))
	}
	must(eng.Interactions.Record(ctx, interaction.Submission{ContactID: "ann", SchemaID: "review", Payload: json.RawMessage(`{"stars": "many"}`)}))
	consume(ctx, eng, "reader", 5)
	return nil
}
