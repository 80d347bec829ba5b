package engage

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// EventType names what happened.
type EventType string

// The events, each with the type of its data.
const (
	// EventSchemaCreated, with [SchemaEvent]: a schema was declared.
	EventSchemaCreated EventType = "interaction_schema.created"
	// EventSchemaSuperseded, with [SchemaEvent]: a schema has a new version.
	EventSchemaSuperseded EventType = "interaction_schema.superseded"
	// EventSchemaDeleted, with [SchemaEvent]: a schema takes no more interactions.
	EventSchemaDeleted EventType = "interaction_schema.deleted"
	// EventSchemaErased, with [SchemaEvent]: all that was recorded under a deleted
	// schema is gone.
	EventSchemaErased EventType = "interaction_schema.erased"
	// EventInteractionCreated, with [InteractionEvent]: an interaction was
	// recorded. It comes once for each.
	EventInteractionCreated EventType = "interaction.created"
	// EventInteractionRejected, with [InteractionEvent]: a submission did not
	// follow the rules of its schema and was quarantined. It comes once for each.
	EventInteractionRejected EventType = "interaction.rejected"
	// EventInteractionDeleted, with [InteractionEvent].
	EventInteractionDeleted EventType = "interaction.deleted"
	// EventTriggerFired, with [TriggerEvent]: for the first time, a contact had an
	// interaction with the value that the trigger waits for.
	EventTriggerFired EventType = "interaction.trigger_fired"
	// EventContactCreated, with [ContactEvent]: a contact became known.
	EventContactCreated EventType = "contact.created"
	// EventContactDeleted, with [ContactEvent]: a contact that had been made for an
	// identity has nothing any more, not even the identity, and is no longer known.
	EventContactDeleted EventType = "contact.deleted"
	// EventConsumerDropped, with [ConsumerEvent]: a consumer stayed away for so
	// long that the log goes on without it.
	EventConsumerDropped EventType = "consumer.dropped"
)

// Event is one entry of the log of what happened. It is written together with
// what it tells of: whoever reads it can read that.
type Event struct {
	ID       string          `json:"id"`
	Position int64           `json:"position"` // grows in the order of commits; has gaps
	Type     EventType       `json:"type"`
	Time     time.Time       `json:"time"`
	Actor    Actor           `json:"actor"`
	Resource Resource        `json:"resource"`
	Data     json.RawMessage `json:"data"`
}

// Decode sets data, a pointer to the type that goes with the event's type.
func (e Event) Decode(data any) error {
	if err := json.Unmarshal(e.Data, data); err != nil {
		return fmt.Errorf("event %s: its data is not of this type: %w", e.Type, err)
	}
	return nil
}

// SchemaEvent is the data of events about a schema.
type SchemaEvent struct {
	SchemaID string `json:"schemaId"`
	Version  int    `json:"version"`
}

// InteractionEvent is the data of events about an interaction. The resource is
// the interaction, or the quarantined one.
type InteractionEvent struct {
	ContactID     string    `json:"contactId"`
	SchemaID      string    `json:"schemaId"`
	SchemaVersion int       `json:"schemaVersion"`
	CreatedDate   time.Time `json:"createdDate"`
	// First says that the contact never had an interaction before, FirstOfSchema
	// that it never had one of this schema (seed 002, "Automations": "New
	// Interaction").
	First         bool `json:"first,omitempty"`
	FirstOfSchema bool `json:"firstOfSchema,omitempty"`
}

// TriggerEvent is the data of EventTriggerFired. The resource is the trigger.
type TriggerEvent struct {
	InteractionID string `json:"interactionId"`
	ContactID     string `json:"contactId"`
	SchemaID      string `json:"schemaId"`
	Property      string `json:"property"`
}

// ContactEvent is the data of EventContactCreated and EventContactDeleted. Like all
// events about people and conversations it has the names of the Engage Digital API,
// contact_id; those about schemas and what is recorded under them have contactId.
type ContactEvent struct {
	ContactID string `json:"contact_id"`
}

// ConsumerEvent is the data of events about a consumer.
type ConsumerEvent struct {
	Name     string `json:"name"`
	Position int64  `json:"position"`
}

// eventValue is what the store keeps of an event beside its own fields. Its data is of
// the event's type when it is written, and JSON when it is read.
type eventValue[T any] struct {
	Actor    Actor    `json:"actor"`
	Resource Resource `json:"resource"`
	Data     T        `json:"data"`
}

// emit appends an event to the work.
func (t *turn) emit(typ EventType, resource Resource, data any) error {
	return appendEvent(t.Work, t.actor, t.now, typ, resource, data)
}

func appendEvent(w *work.Work, actor Actor, now time.Time, typ EventType, resource Resource, data any) error {
	value, err := json.Marshal(eventValue[any]{Actor: actor, Resource: resource, Data: data})
	if err != nil {
		return fmt.Errorf("encoding %s: %w", typ, err)
	}
	return w.Append(store.Event{ID: w.ID(), Type: string(typ), Time: now, Value: value})
}

func (c *core) consumerDropped(w *work.Work, dropped feed.Consumer) error {
	return appendEvent(w, System(), dropped.Dropped, EventConsumerDropped,
		Resource{Type: ResourceConsumer, ID: dropped.Name},
		ConsumerEvent{Name: dropped.Name, Position: dropped.Position})
}

func readEvent(e store.Event) (Event, error) {
	var v eventValue[json.RawMessage]
	if err := json.Unmarshal(e.Value, &v); err != nil {
		return Event{}, fmt.Errorf("reading event %s: %w", e.ID, err)
	}
	return Event{
		ID:       e.ID,
		Position: e.Position,
		Type:     EventType(e.Type),
		Time:     e.Time,
		Actor:    v.Actor,
		Resource: v.Resource,
		Data:     v.Data,
	}, nil
}
