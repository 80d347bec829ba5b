package engage

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// What follows from accepting an interaction, and from taking it back.

// insert writes an accepted interaction and all that follows from it.
func (t *turn) insert(ctx context.Context, validation interaction.Validation, s *storedSchema, against interaction.SchemaVersion, minted bool) error {
	i := validation.Interaction
	if err := t.meet(ctx, i.ContactID); err != nil {
		return err
	}
	first, err := t.addTo(ctx, i, "")
	if err != nil {
		return err
	}
	firstOfSchema, err := t.addTo(ctx, i, i.SchemaID)
	if err != nil {
		return err
	}
	if i.IdempotencyKey != "" {
		bound := &binding{
			KeyHash: hashOf(i.IdempotencyKey), InteractionID: i.ID, ContactID: i.ContactID, SchemaID: i.SchemaID, Minted: minted,
		}
		if err := bindings.Put(t.Work, bound); err != nil {
			return err
		}
	}
	if err := interactions.Insert(t.Work, i); err != nil {
		return err
	}
	event := interactionEvent(i)
	event.First, event.FirstOfSchema = first, firstOfSchema
	if err := t.emit(EventInteractionCreated, interactionResource(i.ID), event); err != nil {
		return err
	}
	for _, v := range validation.Values {
		if p, ok := against.Schema.Property(v.Property); ok && p.AddToSegmentation {
			if err := t.countValue(ctx, i, v, +1); err != nil {
				return err
			}
		}
	}
	return t.fire(ctx, i, validation.Values, s.Triggers)
}

// meet makes a contact known.
func (t *turn) meet(ctx context.Context, contactID string) error {
	known, err := contacts.Get(ctx, t.Work, plain(contactID))
	if err != nil || known != nil {
		return err
	}
	resource := Resource{Type: resourceContact, ID: contactID}
	if welcome := t.core.opts.NewContact; welcome != nil {
		if err := welcome(ctx, contactID); err != nil {
			return &RefusedError{
				Rule:     "the host does not accept this contact",
				Resource: resource,
				Remedy:   "make the contact known to the host first",
				Err:      err,
			}
		}
	}
	return errors.Join(
		contacts.Put(t.Work, &interaction.Contact{ID: contactID, CreatedAt: t.now}),
		t.emit(EventContactCreated, resource, ContactEvent{ContactID: contactID}),
	)
}

// addTo counts an interaction in a tally of its contact, and reports whether it is the
// first one ever there.
func (t *turn) addTo(ctx context.Context, i *interaction.Interaction, schemaID string) (isFirst bool, err error) {
	tally, err := t.tally(ctx, i.ContactID, schemaID)
	if err != nil {
		return false, err
	}
	sum, isFirst := tally.Add(i.CreatedDate)
	return isFirst, tallies.Put(t.Work, &sum)
}

// deleteInteraction takes an interaction back, with what it counts for.
func (t *turn) deleteInteraction(ctx context.Context, i *interaction.Interaction) error {
	if err := interactions.Delete(t.Work, i); err != nil {
		return err
	}
	if err := t.removeFrom(ctx, i, "", byContactCreated, contactTerm(i.ContactID)); err != nil {
		return err
	}
	if err := t.removeFrom(ctx, i, i.SchemaID, byContactSchemaCreated, contactTerm(i.ContactID).Text(i.SchemaID)); err != nil {
		return err
	}
	if err := t.uncountValues(ctx, i); err != nil {
		return err
	}
	return t.emit(EventInteractionDeleted, interactionResource(i.ID), interactionEvent(i))
}

// removeFrom takes an interaction out of a tally. The tally is the guard of the
// contact's interactions: all who record or delete one rewrite it. So, once it is
// read, what is found in the index can be relied on.
func (t *turn) removeFrom(ctx context.Context, i *interaction.Interaction, schemaID, index string, within store.Tuple) error {
	tally, err := t.tally(ctx, i.ContactID, schemaID)
	if err != nil {
		return err
	}
	movesFirst, movesLast := tally.Bounds(i.CreatedDate)
	rest := tally.Remove()
	edge := func(latest bool, at *time.Time) error {
		found, _, err := interactions.Find(ctx, t.Work, store.Query{Index: index, Prefix: within.String(), Reverse: latest, Limit: 1})
		if err == nil && len(found) == 1 {
			*at = found[0].CreatedDate
		}
		return err
	}
	if rest.Count > 0 && movesFirst {
		err = edge(false, &rest.First)
	}
	if rest.Count > 0 && movesLast && err == nil {
		err = edge(true, &rest.Last)
	}
	if err != nil {
		return err
	}
	return tallies.Put(t.Work, &rest)
}

func interactionEvent(i *interaction.Interaction) InteractionEvent {
	return InteractionEvent{
		ContactID:     i.ContactID,
		SchemaID:      i.SchemaID,
		SchemaVersion: i.SchemaVersion,
		CreatedDate:   i.CreatedDate,
	}
}
