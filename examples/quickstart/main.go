// Command quickstart does the main job of engage on a SQLite file: it declares an
// interaction schema, records interactions under it, and finds them again. Schema
// and interaction are the examples in Voyado's documentation, to the letter.
//
//	go run ./examples/quickstart [FILE]
//
// Without a FILE it makes a new one and says where. With one that is there it goes on
// where it was: the interaction, which has an idempotency key, is recorded once.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
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
	eng, err := engage.New(ctx, st, nil)
	if err != nil {
		return err
	}
	fmt.Println("Everything is kept in", path)

	fmt.Println("\n1. Declare what an interaction looks like.")
	def, err := schema.ParseDefinition([]byte(schemaJSON), nil)
	if err != nil {
		return err
	}
	declared, err := eng.Schemas.Create(ctx, def)
	if errors.Is(err, engage.ErrConflict) { // it is there from an earlier run
		declared, err = eng.Schemas.Get(ctx, def.ID)
	}
	if err != nil {
		return err
	}
	fmt.Printf("   %q is version %d of schema %s\n", declared.DisplayName, declared.Version, declared.ID)

	fmt.Println("\n2. Record an interaction. The documentation's example has a typing error in its date:")
	var submission interaction.Submission
	if err := json.Unmarshal([]byte(interactionJSON), &submission); err != nil {
		return err
	}
	_, err = eng.Interactions.Record(ctx, submission)
	fmt.Println("   refused:", err)

	submission.CreatedDate = "2023-05-23T11:13:42.074Z"
	submission.IdempotencyKey = "quickstart"
	recorded, err := eng.Interactions.Record(ctx, submission)
	if err != nil {
		return err
	}
	if recorded.Repeated {
		fmt.Println("   with that mended, it is a repetition of", recorded.ID)
	} else {
		fmt.Println("   with that mended, it is recorded as", recorded.ID)
	}

	fmt.Println("\n3. What does not follow the schema is left out, but not lost:")
	found, err := eng.Interactions.Get(ctx, recorded.ID)
	if err != nil {
		return err
	}
	for _, violation := range found.Omitted {
		fmt.Printf("   %s was left out: it is no %s\n", violation.Pointer, violation.Expected)
	}
	fmt.Printf("   payload   %s\n", found.Payload)
	fmt.Printf("   as sent   %d bytes, kept as they came\n", len(found.Original()))

	fmt.Println("\n4. The contact card shows:")
	card, err := eng.Interactions.Card(ctx, recorded.ID)
	if err != nil {
		return err
	}
	for _, field := range card.Fields {
		fmt.Printf("   %-8s %s\n", field.Label, field.Value)
	}

	fmt.Println("\n5. What breaks a rule of the schema is a result, not an error. It waits in quarantine:")
	submission.IdempotencyKey = ""
	submission.Payload = json.RawMessage(`{"price": 3}`)
	rejected, err := eng.Interactions.Record(ctx, submission)
	if err != nil {
		return err
	}
	for _, violation := range rejected.Violations {
		fmt.Printf("   %s: %s\n", violation.Pointer, violation.Code)
	}

	tally, err := eng.Interactions.Tally(ctx, submission.ContactID, submission.SchemaID)
	if err != nil {
		return err
	}
	fmt.Printf("\n6. The contact has %d interaction under the schema. All that happened is in the log:\n", tally.Count)
	for event, err := range eng.Events.After(ctx, 0) {
		if err != nil {
			return err
		}
		fmt.Printf("   %2d  %-28s %s\n", event.Position, event.Type, event.Resource)
	}

	fmt.Printf("\nLook into the file with any SQLite tool:\n")
	fmt.Printf("   sqlite3 %s \"SELECT id, value ->> '$.payload.name' FROM interaction\"\n", path)
	return nil
}

// file returns the file that was named, or a new one.
func file(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	dir, err := os.MkdirTemp("", "engage-quickstart-")
	return filepath.Join(dir, "engage.db"), err
}
