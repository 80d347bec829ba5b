package engage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
)

// Triggers waits for a contact's first interaction with one value of one property
// of a schema, and tells of it with EventTriggerFired (seed 002, "Automations":
// "New specific interaction"). "New Interaction" needs no trigger: the data of
// EventInteractionCreated says whether it is the contact's first.
//
// For each contact it fires once, whatever is deleted, removed or registered
// again later, or merged or unmerged. What was recorded before it was registered does not count.
type Triggers struct{ scope }

// MaxTriggers is how many triggers a schema can have.
const MaxTriggers = 100

// maxTriggerValue bounds the value of a trigger, in bytes, so that all triggers of a
// schema have room beside it.
const maxTriggerValue = 4096

// Register adds a trigger to a schema; value is a JSON string, number or boolean of
// at most 4,096 bytes.
// Registering the same again returns the trigger that there is.
//
// The error wraps ErrNotFound for an unknown schema, ErrInvalid if the property
// cannot have the value, ErrRefused at MaxTriggers.
func (s Triggers) Register(ctx context.Context, schemaID, property string, value json.RawMessage) (interaction.Trigger, error) {
	if err := s.allow(ctx, ActionTriggersRegister, schemaResource(schemaID)); err != nil {
		return interaction.Trigger{}, err
	}
	var registered interaction.Trigger
	err := s.do(ctx, func(t *turn) error {
		stored, version, err := t.live(ctx, schemaID)
		if err != nil {
			return err
		}
		if len(value) > maxTriggerValue {
			return invalid("value", "is longer than 4,096 bytes")
		}
		trigger, err := interaction.NewTrigger(t.ID(), version.Schema, property, value)
		if err != nil {
			return &InvalidError{Field: "value", Err: err}
		}
		registered = trigger.Clone()
		for _, other := range stored.Triggers {
			if other.Same(trigger) {
				registered = other.Clone()
				return nil
			}
		}
		if len(stored.Triggers) >= MaxTriggers {
			return &RefusedError{
				Rule:     fmt.Sprintf("a schema has at most %d triggers", MaxTriggers),
				Resource: schemaResource(schemaID),
				Remedy:   "remove one first",
			}
		}
		next := *stored
		next.Triggers = append(append([]interaction.Trigger(nil), stored.Triggers...), trigger)
		return schemas.Put(t.Work, &next)
	})
	if err != nil {
		return interaction.Trigger{}, err
	}
	return registered, nil
}

// List returns the triggers of a schema, in the order in which they were
// registered.
func (s Triggers) List(ctx context.Context, schemaID string) ([]interaction.Trigger, error) {
	if err := s.allow(ctx, ActionTriggersRead, schemaResource(schemaID)); err != nil {
		return nil, err
	}
	var all []interaction.Trigger
	err := s.do(ctx, func(t *turn) error {
		stored, _, err := t.live(ctx, schemaID)
		if err != nil {
			return err
		}
		all = nil
		for _, trigger := range stored.Triggers {
			all = append(all, trigger.Clone())
		}
		return nil
	})
	return all, err
}

// Remove takes a trigger away from a schema. One that is not there is as good as
// removed.
func (s Triggers) Remove(ctx context.Context, schemaID, id string) error {
	if err := s.allow(ctx, ActionTriggersRemove, Resource{Type: ResourceTrigger, ID: id}); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		stored, _, err := t.live(ctx, schemaID)
		if err != nil {
			return err
		}
		next := *stored
		next.Triggers = nil
		for _, trigger := range stored.Triggers {
			if trigger.ID != id {
				next.Triggers = append(next.Triggers, trigger)
			}
		}
		if len(next.Triggers) == len(stored.Triggers) {
			return nil
		}
		return schemas.Put(t.Work, &next)
	})
}

// fire fires the triggers that wait for one of the values and have not fired for
// the contact yet.
func (t *turn) fire(ctx context.Context, i *interaction.Interaction, who *storedContact, values []schema.Value, triggers []interaction.Trigger) error {
	for _, trigger := range triggers {
		if !trigger.Matches(values) {
			continue
		}
		f := firing{
			TriggerID: trigger.ID, SchemaID: trigger.SchemaID, Property: trigger.Property, Canonical: trigger.Canonical,
			InteractionID: i.ID, Time: t.now,
		}
		names := []string{i.ContactID}
		if i.RecordedFor != "" { // it fires for both, should they be parted again
			names = append(names, i.RecordedFor)
		}
		fired, err := t.hasFired(ctx, f, who, names)
		if err != nil {
			return err
		}
		if fired {
			continue
		}
		for _, name := range names {
			if err := firings.Put(t.Work, f.of(name)); err != nil {
				return err
			}
		}
		err = t.emit(EventTriggerFired, Resource{Type: ResourceTrigger, ID: trigger.ID}, TriggerEvent{
			InteractionID: i.ID, ContactID: i.ContactID, SchemaID: i.SchemaID, Property: trigger.Property,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hasFired reports whether a trigger has fired for a contact under one of the names, or
// under that of the contact which is on its way here.
func (t *turn) hasFired(ctx context.Context, f firing, who *storedContact, names []string) (bool, error) {
	if who.joining() {
		names = append(slices.Clone(names), who.Moving.FromID)
	}
	ids := make([]string, len(names))
	for n, name := range names {
		ids[n] = f.of(name).ID
	}
	found, err := firings.All(ctx, t.Work, ids...)
	return slices.ContainsFunc(found, func(f *firing) bool { return f != nil }), err
}

// of returns the same firing for a contact. Its ID does not come from that of the
// trigger: one that is registered again is the same.
func (f firing) of(contactID string) *firing {
	f.ContactID = contactID
	f.ID = hashOf(f.SchemaID, f.Property, f.Canonical, contactID)
	return &f
}
