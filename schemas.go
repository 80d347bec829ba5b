package engage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// Schemas declares the schemas that interactions follow (seed 002, "The
// interactionschemas endpoint").
//
// A definition is kept as it was written, but for the space between its parts.
//
// A schema is never changed in place. Supersede adds a version, and every
// interaction says which version it was checked against. A deleted schema takes
// no more interactions, but its definitions stay; creating it again continues the
// numbering.
type Schemas struct{ scope }

// Schema is a declared schema, in its wire form.
type Schema struct {
	schema.Definition

	// Version counts the definitions under this ID, from 1.
	Version int `json:"version"`
	// CreatedDate is when this version was declared.
	CreatedDate time.Time `json:"createdDate"`
	// DeletedDate is when the schema was deleted; zero if it is not.
	DeletedDate time.Time `json:"deletedDate,omitzero"`
}

// Create declares a schema, which takes interactions from then on.
//
// The error wraps ErrInvalid and a [*schema.DefinitionError] with all problems at
// once; ErrConflict if the schema exists, or is still being erased; ErrRefused if
// the tenant has as many schemas as schema.Limits.Schemas allows.
func (s Schemas) Create(ctx context.Context, def schema.Definition) (Schema, error) {
	compiled, err := s.check(ctx, ActionSchemasCreate, def)
	if err != nil {
		return Schema{}, err
	}
	def = compiled.Definition() // in the form that it is stored in
	var created Schema
	err = s.do(ctx, func(t *turn) error {
		old, err := schemas.Get(ctx, t.Work, def.ID)
		if err != nil {
			return err
		}
		next := &storedSchema{Definition: def, Version: 1, CreatedDate: t.now}
		if old != nil {
			if old.DeletedDate.IsZero() {
				return &ConflictError{Resource: schemaResource(def.ID), Reason: "exists"}
			}
			erasing, err := progresses.Get(ctx, t.Work, progressID(TaskErase, schemaResource(def.ID)))
			if err != nil {
				return err
			}
			if erasing != nil && erasing.State == StateRunning {
				return &ConflictError{Resource: schemaResource(def.ID), Reason: "is being erased: delete it with Erase again to see that through"}
			}
			if erasing != nil {
				if err := progresses.Delete(t.Work, erasing); err != nil {
					return err
				}
			}
			next.Version = old.Version + 1
		}
		if err := t.count(ctx, +1); err != nil {
			return err
		}
		created = next.public()
		return t.declare(ctx, next, compiled, EventSchemaCreated)
	})
	if err != nil {
		return Schema{}, err
	}
	return created, nil
}

// SupersedeOptions say how a schema may be superseded.
type SupersedeOptions struct {
	// Force allows changes that break: payloads that conformed before may be
	// rejected or lose properties.
	Force bool
}

// Supersede declares a new version of a schema. What is recorded stays under the
// version that it was checked against.
//
// Without Force, a change that breaks is refused: the error wraps ErrRefused and an
// [*IncompatibleError] with the changes. It is ErrNotFound if the schema does not
// exist or was deleted, and ErrInvalid as for Create. A definition that changes
// nothing is no error, and no new version. Triggers that wait for a value which the
// new version rules out are removed.
func (s Schemas) Supersede(ctx context.Context, def schema.Definition, opts *SupersedeOptions) (Schema, error) {
	compiled, err := s.check(ctx, ActionSchemasSupersede, def)
	if err != nil {
		return Schema{}, err
	}
	def = compiled.Definition()
	var result Schema
	err = s.do(ctx, func(t *turn) error {
		old, version, err := t.live(ctx, def.ID)
		if err != nil {
			return err
		}
		changes := schema.Compare(version.Schema, compiled)
		if len(changes) == 0 && def.DisplayName == old.Definition.DisplayName {
			result = old.public()
			return nil
		}
		incompatible := &IncompatibleError{Changes: changes}
		if incompatible.breaks() && (opts == nil || !opts.Force) {
			return &RefusedError{
				Rule:     "the new version breaks what was valid",
				Resource: schemaResource(def.ID),
				Remedy:   "keep the changes compatible, or set SupersedeOptions.Force",
				Err:      incompatible,
			}
		}
		next := &storedSchema{Definition: def, Version: old.Version + 1, CreatedDate: t.now}
		for _, trigger := range old.Triggers {
			if _, err := compiled.ParseValue(trigger.Property, trigger.Value); err == nil {
				next.Triggers = append(next.Triggers, trigger) // the others can never fire
			}
		}
		result = next.public()
		return t.declare(ctx, next, compiled, EventSchemaSuperseded)
	})
	if err != nil {
		return Schema{}, err
	}
	return result, nil
}

// IncompatibleError lists the changes that a new version of a schema makes.
type IncompatibleError struct {
	Changes []schema.Change
}

func (e *IncompatibleError) breaks() bool {
	for _, change := range e.Changes {
		if change.Breaking {
			return true
		}
	}
	return false
}

// Error names the changes that break.
func (e *IncompatibleError) Error() string {
	var at []string
	for _, change := range e.Changes {
		if change.Breaking {
			at = append(at, fmt.Sprintf("%s at %s", change.Code, change.Pointer))
		}
	}
	return strings.Join(at, ", ")
}

// Get returns the current version of a schema, or the last one if it was deleted.
func (s Schemas) Get(ctx context.Context, id string) (Schema, error) {
	if err := s.allow(ctx, ActionSchemasRead, schemaResource(id)); err != nil {
		return Schema{}, err
	}
	var found Schema
	err := s.do(ctx, func(t *turn) error {
		stored, err := t.schema(ctx, id)
		if err != nil {
			return err
		}
		if stored == nil {
			return &NotFoundError{Resource: schemaResource(id)}
		}
		found = stored.public()
		return nil
	})
	return found, err
}

// Versions returns all versions of a schema, the oldest first, whether it was
// deleted or not.
func (s Schemas) Versions(ctx context.Context, id string) ([]Schema, error) {
	if err := s.allow(ctx, ActionSchemasRead, schemaResource(id)); err != nil {
		return nil, err
	}
	var all []Schema
	err := s.do(ctx, func(t *turn) error {
		all = nil
		if !isSchemaID(id) {
			return &NotFoundError{Resource: schemaResource(id)}
		}
		q := store.Query{Prefix: id + "@", Limit: store.MaxLimit}
		for {
			page, next, err := schemaVersions.Find(ctx, t.Work, q)
			if err != nil {
				return err
			}
			for _, v := range page {
				all = append(all, Schema{Definition: v.Definition, Version: v.Version, CreatedDate: v.CreatedDate})
			}
			if q.Cursor = next; next == "" {
				break
			}
		}
		if len(all) == 0 {
			return &NotFoundError{Resource: schemaResource(id)}
		}
		return nil
	})
	return all, err
}

// SchemaListOptions say which schemas to list.
type SchemaListOptions struct {
	Deleted bool // the deleted ones too
}

// List returns the current versions of all schemas, in the order of their IDs.
func (s Schemas) List(ctx context.Context, opts *SchemaListOptions) ([]Schema, error) {
	if err := s.allow(ctx, ActionSchemasRead, Resource{Type: ResourceSchema}); err != nil {
		return nil, err
	}
	var all []Schema
	err := s.do(ctx, func(t *turn) error {
		all = nil
		q := store.Query{Limit: store.MaxLimit}
		for {
			page, next, err := schemas.Find(ctx, t.Work, q)
			if err != nil {
				return err
			}
			for _, stored := range page {
				if stored.DeletedDate.IsZero() || opts != nil && opts.Deleted {
					all = append(all, stored.public())
				}
			}
			if q.Cursor = next; next == "" {
				return nil
			}
		}
	})
	return all, err
}

// DeleteOptions say what goes with a schema.
type DeleteOptions struct {
	// Erase removes all that was recorded under the schema, of every version, and
	// what is in quarantine for it. No record that remains holds a payload (a store may
	// keep bytes that nothing refers to, as SQLite does until VACUUM). Some name
	// contacts: the contacts themselves, their tallies (with a count of zero, and
	// of how many there ever were), the triggers that have fired for them, which
	// idempotency keys were used, and the events until they are trimmed.
	Erase bool
}

// Delete makes a schema take no more interactions, and removes its triggers. What
// was recorded stays readable, unless Erase is set. Deleting a schema that is deleted
// or unknown is no error.
//
// Erasing goes through the records in bounded steps, each of which is committed
// with a note of how far it came (see Erasing). If it is interrupted, the next
// Delete with Erase continues it, or Run does. It is not possible within Atomically.
func (s Schemas) Delete(ctx context.Context, id string, opts *DeleteOptions) error {
	if err := s.allow(ctx, ActionSchemasDelete, schemaResource(id)); err != nil {
		return err
	}
	erase := opts != nil && opts.Erase
	if erase && s.work != nil {
		return notAtomically(schemaResource(id))
	}
	found := false
	err := s.do(ctx, func(t *turn) error {
		old, err := t.schema(ctx, id)
		if found = old != nil; err != nil || !found {
			return err
		}
		if old.DeletedDate.IsZero() {
			gone := *old
			gone.DeletedDate = t.now
			gone.Triggers = nil
			if err := errors.Join(t.count(ctx, -1), schemas.Put(t.Work, &gone), t.emitSchema(EventSchemaDeleted, &gone)); err != nil {
				return err
			}
		}
		if !erase {
			return nil
		}
		last, err := progresses.Get(ctx, t.Work, progressID(TaskErase, schemaResource(id)))
		if err != nil || last != nil { // it is running, or was done since the schema was last created
			return err
		}
		return t.begin(ctx, TaskErase, schemaResource(id), storedProgress{})
	})
	if err != nil || !erase || !found {
		return err
	}
	_, err = s.seeThrough(ctx, TaskErase, schemaResource(id))
	return err
}

// Erasing returns how far the erasing of a schema is, and false if none was asked
// for since it was last created.
func (s Schemas) Erasing(ctx context.Context, id string) (Progress, bool, error) {
	if err := s.allow(ctx, ActionSchemasRead, schemaResource(id)); err != nil {
		return Progress{}, false, err
	}
	return s.progress(ctx, TaskErase, schemaResource(id))
}

// check is what Create and Supersede see to before any work.
func (s Schemas) check(ctx context.Context, action Action, def schema.Definition) (*schema.Schema, error) {
	if err := s.allow(ctx, action, schemaResource(def.ID)); err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	if json.Compact(&compact, def.JSONSchema) == nil { // storing it takes the space out
		def.JSONSchema = compact.Bytes()
	}
	compiled, err := schema.Compile(def, &s.core.opts.Schema)
	if err != nil {
		return nil, &InvalidError{Field: "definition", Err: err}
	}
	return compiled, nil
}

// declare writes a new version of a schema.
func (t *turn) declare(ctx context.Context, s *storedSchema, compiled *schema.Schema, event EventType) error {
	version := &storedVersion{Definition: s.Definition, Version: s.Version, CreatedDate: s.CreatedDate}
	for _, p := range compiled.Properties() {
		if p.AddToSegmentation {
			version.Segmentable = append(version.Segmentable, p.Name)
		}
	}
	if _, err := schemaVersions.Get(ctx, t.Work, schemaVersions.ID(version)); err != nil {
		return err
	}
	return errors.Join(
		schemas.Put(t.Work, s),
		schemaVersions.Put(t.Work, version),
		t.emitSchema(event, s),
	)
}

// count keeps the number of live schemas, within the limit.
func (t *turn) count(ctx context.Context, change int) error {
	c, err := schemaCensus.Get(ctx, t.Work, censusID)
	if err != nil {
		return err
	}
	if c == nil {
		c = &census{}
	}
	c.Live += change
	if limit := t.core.opts.Schema.Limits.Schemas; change > 0 && limit > 0 && c.Live > limit {
		return &RefusedError{
			Rule:     fmt.Sprintf("a tenant has at most %d schemas", limit),
			Resource: Resource{Type: ResourceSchema},
			Remedy:   "delete one first",
		}
	}
	return schemaCensus.Put(t.Work, c)
}

func (t *turn) emitSchema(event EventType, s *storedSchema) error {
	return t.emit(event, schemaResource(s.Definition.ID), SchemaEvent{SchemaID: s.Definition.ID, Version: s.Version})
}

// public returns a copy for a caller.
func (s *storedSchema) public() Schema {
	def := s.Definition
	def.JSONSchema = slices.Clone(def.JSONSchema)
	return Schema{Definition: def, Version: s.Version, CreatedDate: s.CreatedDate, DeletedDate: s.DeletedDate}
}
