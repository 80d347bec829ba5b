package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// Interactions records what contacts did, and finds it again (seed 002, "The
// interactions endpoint").
type Interactions struct{ scope }

// Get returns an interaction by its ID.
func (s Interactions) Get(ctx context.Context, id string) (interaction.Interaction, error) {
	if err := s.allow(ctx, ActionInteractionsRead, interactionResource(id)); err != nil {
		return interaction.Interaction{}, err
	}
	var found interaction.Interaction
	err := s.do(ctx, func(t *turn) error {
		i, err := t.interaction(ctx, id)
		if err == nil {
			found = *i
		}
		return err
	})
	return found, err
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Continuation, passed on with the same filter, gives the page that follows.
	// It is empty at the end. A page may be short, even empty, before the end.
	Continuation string `json:"continuation,omitempty"`
}

// DefaultPage is how long a page is if its filter does not say (seed 002's API:
// 50). The most is store.MaxLimit.
const DefaultPage = 50

// InteractionFilter says which interactions to list: those of a contact, of a
// schema, or of both. With neither, all are listed in the order in which they were
// received, and From, To and ByReceived have no meaning.
type InteractionFilter struct {
	ContactID string
	SchemaID  string
	// From and To bound the CreatedDate: From <= created < To. Zero is open.
	From, To time.Time
	// ByReceived orders and bounds by ReceivedDate instead of CreatedDate. With
	// both contact and schema, it costs what the contact did under any schema
	// within the bounds.
	ByReceived bool
	// OldestFirst turns the order around. Newest first is the default.
	OldestFirst bool
	// Limit is the length of a page; 0 means DefaultPage.
	Limit int
	// Continuation is that of the page before.
	Continuation string
}

// List returns one page of interactions. What it costs does not grow with what is
// stored. Those of a contact that was merged into another one are those of that one;
// while the merge is under way, also what has not gone over yet. A continuation stays
// good when its contact is merged or unmerged between two pages. Threads.List says what
// the list promises while others write.
func (s Interactions) List(ctx context.Context, filter InteractionFilter) (Page[interaction.Interaction], error) {
	if err := s.allowBoth(ctx, ActionInteractionsRead, ResourceInteraction, filter.ContactID, filter.SchemaID); err != nil {
		return Page[interaction.Interaction]{}, err
	}
	if filter.ContactID != "" {
		return listOfContact(ctx, s.scope, filter.ContactID, filter.ofContact())
	}
	return listPage(ctx, s.scope, &interactions, filter.query(), everything)
}

// ofContact returns what is listed of a contact.
func (f InteractionFilter) ofContact() contactList[interaction.Interaction] {
	list := contactList[interaction.Interaction]{
		span:  span{from: f.From, to: f.To, oldestFirst: f.OldestFirst, limit: f.Limit, continuation: f.Continuation},
		table: &interactions, kind: interactions.Kind, schemaID: f.SchemaID, index: byContactCreated, within: contactTerm, keep: everything[interaction.Interaction],
		key: func(i *interaction.Interaction) store.Tuple { return store.Tuple{}.Time(i.CreatedDate).Text(i.ID) },
	}
	switch {
	case f.ByReceived:
		list.index = byContactReceived
		list.key = func(i *interaction.Interaction) store.Tuple { return store.Tuple{}.Time(i.ReceivedDate).Text(i.ID) }
		if f.SchemaID != "" {
			list.keep = func(i *interaction.Interaction) bool { return i.SchemaID == f.SchemaID }
		}
	case f.SchemaID != "":
		list.index = byContactSchemaCreated
		list.within = func(contactID string) store.Tuple { return contactTerm(contactID).Text(plain(f.SchemaID)) }
	}
	return list
}

// query returns what is listed of no contact in particular.
func (f InteractionFilter) query() store.Query {
	q := store.Query{Reverse: !f.OldestFirst, Limit: f.Limit, Cursor: f.Continuation}
	switch {
	case f.SchemaID != "" && f.ByReceived:
		q.Index = bySchemaReceived
	case f.SchemaID != "":
		q.Index = bySchemaCreated
	default:
		return q
	}
	return window(q, schemaTerm(plain(f.SchemaID)), f.From, f.To)
}

// window bounds a query to the terms that begin with a tuple, followed by a time
// in from <= time < to.
func window(q store.Query, within store.Tuple, from, to time.Time) store.Query {
	q.Prefix = within.String()
	if !from.IsZero() {
		q.From = within.Time(from).String()
	}
	if !to.IsZero() {
		q.To = within.Time(to).String()
	}
	return q
}

// finder is what listing needs of a table.
type finder[T any] interface {
	Find(ctx context.Context, w *work.Work, q store.Query) ([]*T, string, error)
}

// maxScan bounds the pages that are read to fill one after keep has thinned it.
const maxScan = 20

// listPage reads one page of a table for a caller.
func listPage[T any](ctx context.Context, s scope, table finder[T], q store.Query, keep func(*T) bool) (Page[T], error) {
	var page Page[T]
	err := s.look(ctx, func(t *turn) (err error) {
		page, err = pageOf(ctx, t, table, q, keep)
		return err
	})
	if err != nil {
		return Page[T]{}, err
	}
	return page, nil
}

// pageOf reads one page of a table.
func pageOf[T any](ctx context.Context, t *turn, table finder[T], q store.Query, keep func(*T) bool) (Page[T], error) {
	if q.Limit == 0 {
		q.Limit = DefaultPage
	}
	if q.Limit < 0 || q.Limit > store.MaxLimit {
		return Page[T]{}, invalid("Limit", "is not 0 to 1,000")
	}
	page := Page[T]{Items: []T{}, Continuation: q.Cursor}
	for range maxScan {
		part := q
		part.Limit, part.Cursor = q.Limit-len(page.Items), page.Continuation
		values, next, err := table.Find(ctx, t.Work, part)
		if invalid, ok := errors.AsType[*store.InvalidError](err); ok && invalid.Field == "Cursor" {
			return page, &InvalidError{Field: "Continuation", Err: errors.New(invalid.Reason)}
		}
		if err != nil {
			return page, err
		}
		page.Items = slices.Grow(page.Items, len(values))
		for _, v := range values {
			if keep(v) {
				page.Items = append(page.Items, *v)
			}
		}
		page.Continuation = next
		if next == "" || len(page.Items) == q.Limit {
			break
		}
	}
	return page, nil
}

// Delete removes an interaction. Counts are lowered; what was first stays the
// first that ever was, and no trigger is armed again.
func (s Interactions) Delete(ctx context.Context, id string) error {
	if err := s.allow(ctx, ActionInteractionsDelete, interactionResource(id)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		i, err := t.interaction(ctx, id)
		if err != nil {
			return err
		}
		return t.deleteInteraction(ctx, i)
	})
}

// Tally returns the counts of a contact: of one schema, or of all if schemaID is
// empty. A contact that is not known has done nothing. Of one that was merged into
// another it is the tally of that one.
func (s Interactions) Tally(ctx context.Context, contactID, schemaID string) (interaction.Tally, error) {
	if err := s.allowBoth(ctx, ActionInteractionsRead, ResourceInteraction, contactID, schemaID); err != nil {
		return interaction.Tally{}, err
	}
	tally := interaction.Tally{ContactID: contactID, SchemaID: schemaID}
	if schemaID != "" && !isSchemaID(schemaID) {
		return tally, nil
	}
	err := s.do(ctx, func(t *turn) error {
		err := t.Load(ctx, contacts.Key(t.Work, plain(contactID)), tallies.Key(t.Work, tallyID(contactID, schemaID)))
		if err != nil {
			return err
		}
		named, err := t.named(ctx, contactID)
		if err != nil {
			return err
		}
		stored, err := t.tally(ctx, named, schemaID)
		if err == nil {
			tally = stored.Tally
		}
		return err
	})
	return tally, err
}

// Card is what the contact card shows of an interaction (seed 002, "Contact
// card").
type Card struct {
	InteractionID string         `json:"interactionId"`
	SchemaID      string         `json:"schemaId"`
	DisplayName   string         `json:"displayName"` // of the schema
	CreatedDate   time.Time      `json:"createdDate"`
	Fields        []schema.Field `json:"fields"`
}

// Card returns what the contact card shows of an interaction, by the version of
// the schema that it was recorded under.
func (s Interactions) Card(ctx context.Context, id string) (Card, error) {
	if err := s.allow(ctx, ActionInteractionsRead, interactionResource(id)); err != nil {
		return Card{}, err
	}
	var card Card
	err := s.do(ctx, func(t *turn) error {
		i, err := t.interaction(ctx, id)
		if err != nil {
			return err
		}
		version, err := t.versionOf(ctx, i.SchemaID, i.SchemaVersion)
		if err != nil {
			return err
		}
		fields, err := version.Schema.Card(i.Payload)
		card = Card{
			InteractionID: i.ID,
			SchemaID:      i.SchemaID,
			DisplayName:   version.Schema.Definition().DisplayName,
			CreatedDate:   i.CreatedDate,
			Fields:        fields,
		}
		return err
	})
	return card, err
}

func (t *turn) interaction(ctx context.Context, id string) (*interaction.Interaction, error) {
	if !isID(id) {
		return nil, &NotFoundError{Resource: interactionResource(id)}
	}
	i, err := interactions.Get(ctx, t.Work, id)
	if err == nil && i == nil {
		err = &NotFoundError{Resource: interactionResource(id)}
	}
	return i, err
}

// tally reads a tally, which is empty if there is none.
func (t *turn) tally(ctx context.Context, contactID, schemaID string) (*storedTally, error) {
	stored, err := tallies.Get(ctx, t.Work, tallyID(contactID, schemaID))
	if stored == nil {
		stored = &storedTally{Tally: interaction.Tally{ContactID: contactID, SchemaID: schemaID}}
	}
	return stored, err
}

func interactionResource(id string) Resource { return Resource{Type: ResourceInteraction, ID: id} }
