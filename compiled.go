package engage

import (
	"context"
	"fmt"
	"sync"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// compiledSchemas keeps what is costly to make of stored schemas, by the version of
// the record that it was made of: no other content ever has that version, so that
// nothing in it is ever wrong.
type compiledSchemas struct {
	mu       sync.Mutex
	decoded  map[string]asOf[*storedSchema]  // by schema ID; not to be changed
	compiled map[string]asOf[*schema.Schema] // by kind and ID of the record
}

func newCompiledSchemas() compiledSchemas {
	return compiledSchemas{
		decoded:  make(map[string]asOf[*storedSchema]),
		compiled: make(map[string]asOf[*schema.Schema]),
	}
}

// asOf is what was made of a record at some version.
type asOf[T any] struct {
	record store.Version
	made   T
}

// maxCompiled bounds either map. A schema takes some 5 KB.
const maxCompiled = 1024

// remembered returns what was made of a record, and makes it if it is not known. What
// a Work has written itself is not stored yet, and not kept.
func remembered[T any](
	c *compiledSchemas, in map[string]asOf[T], key string, record store.Version, stored bool, produce func() (T, error),
) (T, error) {
	if stored {
		c.mu.Lock()
		known, ok := in[key]
		c.mu.Unlock()
		if ok && known.record == record {
			return known.made, nil
		}
	}
	made, err := produce()
	if err == nil && stored {
		c.mu.Lock()
		defer c.mu.Unlock()
		for other := range in { // make room by forgetting others, any
			if len(in) < maxCompiled {
				break
			}
			delete(in, other)
		}
		in[key] = asOf[T]{record, made}
	}
	return made, err
}

// schema returns the stored schema, which must not be changed, nil if there never
// was one.
func (t *turn) schema(ctx context.Context, id string) (*storedSchema, error) {
	if !isSchemaID(id) {
		return nil, nil
	}
	record, stored, err := schemas.Peek(ctx, t.Work, id)
	if err != nil || record == "" {
		return nil, err
	}
	c := &t.core.compiled
	return remembered(c, c.decoded, id, record, stored, func() (*storedSchema, error) {
		return schemas.Get(ctx, t.Work, id)
	})
}

// live returns a schema that takes interactions, and what to judge them by.
func (t *turn) live(ctx context.Context, id string) (*storedSchema, interaction.SchemaVersion, error) {
	if id == "" {
		return nil, interaction.SchemaVersion{}, invalid("schemaId", "is empty")
	}
	s, err := t.schema(ctx, id)
	if err != nil {
		return nil, interaction.SchemaVersion{}, err
	}
	if s == nil {
		return nil, interaction.SchemaVersion{}, &NotFoundError{Resource: schemaResource(id)}
	}
	if !s.DeletedDate.IsZero() {
		return nil, interaction.SchemaVersion{}, &NotFoundError{Resource: schemaResource(id), Reason: "was deleted"}
	}
	version, err := t.currentVersion(ctx, s)
	return s, version, err
}

// currentVersion returns what to validate by under a stored schema.
func (t *turn) currentVersion(ctx context.Context, s *storedSchema) (interaction.SchemaVersion, error) {
	record, stored, err := schemas.Peek(ctx, t.Work, s.Definition.ID)
	if err != nil {
		return interaction.SchemaVersion{}, err
	}
	return t.compile(schemas.Kind+"/"+s.Definition.ID, record, stored, s.Definition, s.Version)
}

// versionOf returns the version of a schema that something was checked against.
func (t *turn) versionOf(ctx context.Context, schemaID string, version int) (interaction.SchemaVersion, error) {
	id := versionID(schemaID, version)
	record, stored, err := schemaVersions.Peek(ctx, t.Work, id)
	if err != nil {
		return interaction.SchemaVersion{}, err
	}
	v, err := schemaVersions.Get(ctx, t.Work, id)
	if err != nil {
		return interaction.SchemaVersion{}, err
	}
	if v == nil {
		return interaction.SchemaVersion{}, &NotFoundError{Resource: schemaResource(id)}
	}
	return t.compile(schemaVersions.Kind+"/"+id, record, stored, v.Definition, v.Version)
}

func (t *turn) compile(key string, record store.Version, stored bool, def schema.Definition, version int) (interaction.SchemaVersion, error) {
	c := &t.core.compiled
	compiled, err := remembered(c, c.compiled, key, record, stored, func() (*schema.Schema, error) {
		return schema.Recompile(def, &t.core.opts.Schema)
	})
	if err != nil {
		return interaction.SchemaVersion{}, &InvalidError{Field: fmt.Sprintf("stored definition of %s, version %d", def.ID, version), Err: err}
	}
	return interaction.SchemaVersion{Schema: compiled, Version: version}, nil
}

func schemaResource(id string) Resource { return Resource{Type: ResourceSchema, ID: id} }
