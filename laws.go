package engage

import (
	"context"
	"fmt"
	"sync"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// compiledSchemas keeps what is costly to make of stored schemas. Versions never
// change, so that nothing in it is ever wrong; the zero value is empty and ready.
type compiledSchemas struct {
	mu       sync.Mutex
	versions map[string]*schema.Schema // by versionID
	current  map[string]currentSchema  // by schema ID
}

// currentSchema is a decoded record, as of a version of that record.
type currentSchema struct {
	record store.Version
	schema *storedSchema // not to be changed
}

// maxCompiled bounds either map. Some 5 KB each.
const maxCompiled = 1024

func (c *compiledSchemas) compile(def schema.Definition, version int, opts *schema.Options) (*schema.Schema, error) {
	id := versionID(def.ID, version)
	c.mu.Lock()
	s := c.versions[id]
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s, err := schema.Compile(def, opts)
	if err != nil {
		return nil, fmt.Errorf("schema %s, version %d, was declared under other options: %w", def.ID, version, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.versions == nil {
		c.versions = make(map[string]*schema.Schema)
	}
	makeRoom(c.versions)
	c.versions[id] = s
	return s, nil
}

func (c *compiledSchemas) get(id string, record store.Version) *storedSchema {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.current[id]; ok && known.record == record {
		return known.schema
	}
	return nil
}

func (c *compiledSchemas) set(id string, record store.Version, s *storedSchema) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil {
		c.current = make(map[string]currentSchema)
	}
	makeRoom(c.current)
	c.current[id] = currentSchema{record, s}
}

// makeRoom forgets entries, any, until there is room for one more.
func makeRoom[V any](m map[string]V) {
	for key := range m {
		if len(m) < maxCompiled {
			return
		}
		delete(m, key)
	}
}

// schema returns the stored schema, which must not be changed, nil if there never
// was one.
func (t *turn) schema(ctx context.Context, id string) (*storedSchema, error) {
	if !isSchemaID(id) {
		return nil, nil
	}
	version, stored, err := schemas.Peek(ctx, t.Work, id)
	if err != nil {
		return nil, err
	}
	if stored {
		if s := t.core.compiled.get(id, version); s != nil {
			return s, nil
		}
	}
	s, err := schemas.Get(ctx, t.Work, id)
	if err == nil && stored {
		t.core.compiled.set(id, version, s)
	}
	return s, err
}

// live returns a schema that takes interactions, and what to judge them by.
func (t *turn) live(ctx context.Context, id string) (*storedSchema, interaction.Law, error) {
	s, err := t.schema(ctx, id)
	if err != nil {
		return nil, interaction.Law{}, err
	}
	if s == nil {
		return nil, interaction.Law{}, &NotFoundError{Resource: schemaResource(id)}
	}
	if !s.DeletedDate.IsZero() {
		return nil, interaction.Law{}, &NotFoundError{Resource: schemaResource(id), Reason: "was deleted"}
	}
	law, err := t.law(s.Definition, s.Version)
	return s, law, err
}

func (t *turn) law(def schema.Definition, version int) (interaction.Law, error) {
	compiled, err := t.core.compiled.compile(def, version, &t.core.opts.Schema)
	return interaction.Law{Schema: compiled, Version: version}, err
}

// lawOf returns the version of a schema that something was checked against.
func (t *turn) lawOf(ctx context.Context, schemaID string, version int) (interaction.Law, error) {
	v, err := schemaVersions.Get(ctx, t.Work, versionID(schemaID, version))
	if err != nil {
		return interaction.Law{}, err
	}
	if v == nil {
		return interaction.Law{}, &NotFoundError{Resource: schemaResource(versionID(schemaID, version))}
	}
	return t.law(v.Definition, v.Version)
}

func schemaResource(id string) Resource { return Resource{Type: resourceSchema, ID: id} }
