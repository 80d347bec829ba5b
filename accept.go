package engage

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// What follows from accepting an interaction, and from taking it back.

// insert writes an accepted interaction and all that follows from it. who is whom it is
// of, nil if nobody knows the contact yet.
func (t *turn) insert(ctx context.Context, validation interaction.Validation, who *storedContact, s *storedSchema, against interaction.SchemaVersion, minted bool) error {
	i := validation.Interaction
	var err error
	if who == nil {
		if who, err = t.meet(ctx, i.ContactID); err != nil {
			return err
		}
	}
	first, err := t.addTo(ctx, i, who, "")
	if err != nil {
		return err
	}
	firstOfSchema, err := t.addTo(ctx, i, who, i.SchemaID)
	if err != nil {
		return err
	}
	if i.IdempotencyKey != "" {
		bound := &binding{
			KeyHash: hashOf(i.IdempotencyKey), InteractionID: i.ID, ContactID: cmp.Or(i.RecordedFor, i.ContactID),
			SchemaID: i.SchemaID, Minted: minted,
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
	return t.fire(ctx, i, who, validation.Values, s.Triggers)
}

// meet makes a contact known, if the host accepts it.
func (t *turn) meet(ctx context.Context, contactID string) (*storedContact, error) {
	known, err := contacts.Get(ctx, t.Work, plain(contactID))
	if err != nil || known != nil {
		return known, err
	}
	if welcome := t.core.opts.NewContact; welcome != nil {
		if err := welcome(ctx, contactID); err != nil {
			return nil, &RefusedError{
				Rule:     "the host does not accept this contact",
				Resource: contactResource(contactID),
				Remedy:   "make the contact known to the host first",
				Err:      err,
			}
		}
	}
	return t.newContact(contactID, contacts.Put)
}

// newContact makes a contact known: put one that was looked for, insert one whose ID was
// minted.
func (t *turn) newContact(contactID string, write func(*work.Work, *storedContact) error) (*storedContact, error) {
	known := &storedContact{Contact: interaction.Contact{ID: contactID, CreatedAt: t.now}}
	return known, errors.Join(
		write(t.Work, known),
		t.emit(EventContactCreated, contactResource(contactID), ContactEvent{ContactID: contactID}),
	)
}

// addTo counts an interaction in a tally of its contact, and reports whether it is the
// first one ever there.
func (t *turn) addTo(ctx context.Context, i *interaction.Interaction, who *storedContact, schemaID string) (isFirst bool, err error) {
	tally, err := t.tally(ctx, i.ContactID, schemaID)
	if err != nil {
		return false, err
	}
	ever := tally.Ever
	if who.Moving != nil && who.Moving.IntoID == who.ID { // and it may not be settled yet what the other one had
		other, err := t.tally(ctx, who.Moving.FromID, schemaID)
		if err != nil {
			return false, err
		}
		if ever -= other.Lent; who.joining() {
			ever += other.Ever
		}
	}
	tally.Tally, _ = tally.Add(i.CreatedDate)
	if i.RecordedFor != "" { // it counts for both names, should they be parted again
		named, err := t.tally(ctx, i.RecordedFor, schemaID)
		if err != nil {
			return false, err
		}
		tally.Joined++
		named.Ever++
		named.Lent++
		if err := tallies.Put(t.Work, named); err != nil {
			return false, err
		}
	}
	return ever == 0, tallies.Put(t.Work, tally)
}

// deleteInteraction takes an interaction back, with what it counts for.
func (t *turn) deleteInteraction(ctx context.Context, i *interaction.Interaction) error {
	gone := map[string]bool{i.ID: true}
	for _, schemaID := range []string{"", i.SchemaID} {
		tally, err := t.tally(ctx, i.ContactID, schemaID)
		if err != nil {
			return err
		}
		if err := t.lower(ctx, tally, interaction.Tally{Count: 1, First: i.CreatedDate, Last: i.CreatedDate}, gone); err != nil {
			return err
		}
	}
	if err := interactions.Delete(t.Work, i); err != nil {
		return err
	}
	if err := t.recountValues(ctx, i, -1); err != nil {
		return err
	}
	return t.emit(EventInteractionDeleted, interactionResource(i.ID), interactionEvent(i))
}

// lower takes some interactions, which are about to go, out of their tally. The tally
// is the guard of the contact's interactions: all who record or delete one, or give it
// to another contact, rewrite it. So, once it is read, what is found in the index can
// be relied on.
func (t *turn) lower(ctx context.Context, tally *storedTally, by interaction.Tally, gone map[string]bool) error {
	movesFirst, _ := tally.Bounds(by.First)
	_, movesLast := tally.Bounds(by.Last)
	tally.Count -= by.Count - 1
	tally.Tally = tally.Remove()
	// Of one more than go, one stays.
	q := store.Query{Index: byContactCreated, Prefix: contactTerm(tally.ContactID).String(), Limit: int(by.Count) + 1}
	if tally.SchemaID != "" {
		q.Index, q.Prefix = byContactSchemaCreated, contactTerm(tally.ContactID).Text(tally.SchemaID).String()
	}
	edge := func(latest bool, at *time.Time) error {
		q.Reverse = latest
		found, _, err := interactions.Find(ctx, t.Work, q)
		if stays := slices.IndexFunc(found, func(i *interaction.Interaction) bool { return !gone[i.ID] }); stays >= 0 {
			*at = found[stays].CreatedDate
		}
		return err
	}
	var err error
	if tally.Count > 0 && movesFirst {
		err = edge(false, &tally.First)
	}
	if tally.Count > 0 && movesLast && err == nil {
		err = edge(true, &tally.Last)
	}
	if err != nil {
		return err
	}
	return tallies.Put(t.Work, tally)
}

func interactionEvent(i *interaction.Interaction) InteractionEvent {
	return InteractionEvent{
		ContactID:     i.ContactID,
		SchemaID:      i.SchemaID,
		SchemaVersion: i.SchemaVersion,
		CreatedDate:   i.CreatedDate,
	}
}
