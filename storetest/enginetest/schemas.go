package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/schema"
)

// visits is the schema that the scenarios record under, and its properties.
const (
	visits          = "visit"
	visitProperties = `"page":{"type":"string","addToSegmentation":true},"seconds":{"type":"integer","addToSegmentation":true}`
)

// declaring returns the definition of a schema whose properties are the members of a
// JSON object.
func declaring(id, properties string, required ...string) schema.Definition {
	names, _ := json.Marshal(append([]string{}, required...)) // texts can be marshalled
	return schema.Definition{
		ID: id, DisplayName: id,
		JSONSchema: fmt.Appendf(nil, `{"type":"object","properties":{%s},"required":%s}`, properties, names),
	}
}

// schemaRoom is engage.Schemas.
func schemaRoom() room {
	return room{
		name: "schemas",
		prepare: func(ctx context.Context, s engage.Services, _ *place) error {
			_, err := s.Schemas.Create(ctx, declaring(visits, visitProperties, "page"))
			return err
		},
		invariants: []Invariant{
			{ID: "schema-versions", Text: "The versions of a schema must be numbered from 1 without a gap, and the last one must be that of the schema.", check: checkSchemaVersions},
			{ID: "schema-told", Text: "Every version of a schema must be told of once, in order, and so must each deletion of it.", check: checkSchemaTold},
			{ID: "schema-erased", Text: "Nothing may be left under a schema that was erased and not created again.", check: checkSchemaErased},
		},
		// How much was handled is of the last run only. And each time a task is begun, it
		// gets a job that looks later whether it was interrupted.
		fleeting: fleeting(`,"handled":\d+(,"accepted":\d+)?`, `job .*"type":"task\.step".*`),
		scenarios: []scenario{
			{
				name: "a schema is created", repeated: engage.ErrConflict,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Schemas.Create(ctx, declaring(at.name("order"), `"p":{"type":"string"}`))
					return err
				},
			},
			{
				name: "a schema is superseded",
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, err := eng.Schemas.Supersede(ctx, declaring(visits, visitProperties+`,"more":{"type":"string"}`), nil)
					return err
				},
			},
			{
				name: "a change that breaks is refused", refused: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					_, err := eng.Schemas.Supersede(ctx, declaring(visits, visitProperties, "page", "seconds"), nil)
					return err
				},
			},
			{
				name: "a schema is deleted", drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					return eng.Schemas.Delete(ctx, visits, nil)
				},
			},
			{
				name: "a schema is erased", drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, _ place) error {
					return eng.Schemas.Delete(ctx, visits, &engage.DeleteOptions{Erase: true})
				},
			},
		},
	}
}

func checkSchemaVersions(b *books) {
	for _, s := range b.schemas {
		versions, err := b.eng.Schemas.Versions(b.Context(), s.ID)
		if err != nil || len(versions) != s.Version {
			b.broken(fmt.Sprintf("%d versions, %v", len(versions), err), fmt.Sprintf("%d versions of %s", s.Version, s.ID))
			continue
		}
		for i, v := range versions {
			if v.Version != i+1 {
				b.broken(fmt.Sprintf("version %d of %s in place %d", v.Version, s.ID, i+1), "each in its place")
			}
		}
		if last := versions[len(versions)-1]; string(last.JSONSchema) != string(s.JSONSchema) || last.DisplayName != s.DisplayName {
			b.broken(fmt.Sprintf("version %d: %s", last.Version, last.JSONSchema), fmt.Sprintf("as the schema itself: %s", s.JSONSchema))
		}
	}
}

func checkSchemaTold(b *books) {
	told := map[string]int{} // versions
	live := map[string]bool{}
	for _, e := range b.of(engage.EventSchemaCreated, engage.EventSchemaSuperseded, engage.EventSchemaDeleted, engage.EventSchemaErased) {
		d := data[engage.SchemaEvent](b, e)
		created := e.Type == engage.EventSchemaCreated
		switch e.Type {
		case engage.EventSchemaCreated, engage.EventSchemaSuperseded:
			if d.Version != told[d.SchemaID]+1 || live[d.SchemaID] == created {
				b.broken(fmt.Sprintf("%s of version %d of %s, behind version %d", e.Type, d.Version, d.SchemaID, told[d.SchemaID]), "each version once, in order")
			}
			told[d.SchemaID], live[d.SchemaID] = d.Version, true
		case engage.EventSchemaDeleted:
			if !live[d.SchemaID] {
				b.broken(fmt.Sprintf("%s twice", e.Type), "once for each deletion of "+d.SchemaID)
			}
			live[d.SchemaID] = false
		case engage.EventSchemaErased:
			if live[d.SchemaID] {
				b.broken(fmt.Sprintf("%s while it is live", e.Type), "it only of a deleted schema: "+d.SchemaID)
			}
		}
	}
	for _, s := range b.schemas {
		if told[s.ID] != s.Version || live[s.ID] != s.DeletedDate.IsZero() {
			b.broken(fmt.Sprintf("%d versions told of, live: %v", told[s.ID], live[s.ID]), fmt.Sprintf("version %d of %s, live: %v", s.Version, s.ID, s.DeletedDate.IsZero()))
		}
		delete(told, s.ID)
	}
	for id := range told {
		b.broken("events of schema "+id, "events of schemas that there are")
	}
}

func checkSchemaErased(b *books) {
	for _, s := range b.schemas {
		p, found, err := b.eng.Schemas.Erasing(b.Context(), s.ID)
		if err != nil {
			b.broken(err, "how far the erasing of "+s.ID+" is")
		}
		if !found || p.State != engage.StateDone || s.DeletedDate.IsZero() {
			continue
		}
		for _, i := range b.interactions {
			if i.SchemaID == s.ID {
				b.broken("interaction "+i.ID, "nothing under schema "+s.ID)
			}
		}
		for _, q := range b.quarantined {
			if q.SchemaID == s.ID {
				b.broken("quarantined "+q.ID, "nothing under schema "+s.ID)
			}
		}
	}
}

var errRejected = errors.New("enginetest: a submission was rejected that was to be accepted")
