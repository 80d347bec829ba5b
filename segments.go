package engage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// Segments finds contacts by what they did (seed 002, "Segmentation": by "the
// number of times or the time when an interaction was received").
//
// A segment is a sequence of contact IDs, each once. It is read page by page as it
// is consumed, while others go on recording: it holds every contact that belonged
// to it throughout, unless its number or value changed meanwhile. It remembers whom it
// has named, so it takes memory for each of its members. An error ends it. A contact
// that was merged into another one is in no segment; the other one is: that is so when the
// page is read which the contact is on, of 1,000 at most, so that one that was named
// before it was merged may be followed by the other one. While a merge is under way, the
// other one counts what has gone over so far.
type Segments struct{ scope }

// CountSegment is the contacts that have a number of interactions.
type CountSegment struct {
	// SchemaID counts the interactions of one schema. Empty counts all.
	SchemaID string
	// AtLeast and AtMost bound the number. A nil AtMost is no bound. If AtLeast is
	// 0, contacts without any interaction belong to the segment, as far as they
	// are known: because they once had one, of whatever schema, or have had an
	// identity.
	AtLeast int64
	AtMost  *int64
	// From and To count only interactions with From <= CreatedDate < To. Zero is
	// open. With either, the segment costs the interactions in the window, and
	// memory for each contact that has one there.
	From, To time.Time
	// ByReceived bounds the ReceivedDate instead.
	ByReceived bool
}

// ByCount returns a segment by number. In the order of ascending numbers, or,
// where contacts without interactions belong to it or a window is set, of IDs.
//
// The error wraps ErrNotFound for an unknown schema, ErrInvalid for bounds that
// cannot be met.
func (s Segments) ByCount(ctx context.Context, seg CountSegment) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		m := &members{yield: yield}
		err := s.allow(ctx, ActionSegmentsRead, schemaResource(seg.SchemaID))
		if err == nil && seg.SchemaID != "" {
			_, err = s.currentVersion(ctx, seg.SchemaID)
		}
		switch {
		case err != nil:
		case seg.AtLeast < 0 || seg.AtMost != nil && *seg.AtMost < seg.AtLeast:
			err = invalid("AtLeast", "is negative or more than AtMost")
		case !seg.From.IsZero() || !seg.To.IsZero():
			err = s.byCountWithin(ctx, seg, m)
		case seg.AtLeast == 0:
			err = s.byCountOfKnown(ctx, seg, m)
		default:
			err = s.byCountIndex(ctx, seg, m)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield("", err)
		}
	}
}

// byCountIndex goes through the tallies in the order of their counts. A contact
// whose count changes meanwhile may come up twice.
func (s Segments) byCountIndex(ctx context.Context, seg CountSegment, m *members) error {
	within := schemaTerm(seg.SchemaID)
	q := store.Query{Index: byCount, Prefix: within.String(), From: within.Int(seg.AtLeast).String()}
	if seg.AtMost != nil && *seg.AtMost < math.MaxInt64 {
		q.To = within.Int(*seg.AtMost + 1).String()
	}
	again := func(t *turn, page []*storedTally) ([]counted, error) {
		return t.counts(ctx, idsOf(page, func(tally *storedTally) string { return tally.ContactID }), seg.SchemaID)
	}
	return eachPage(ctx, s.scope, &tallies, q, again, func(page []counted) error {
		for _, c := range page {
			if err := seg.addIf(m, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// byCountOfKnown goes through all known contacts and looks up their counts.
func (s Segments) byCountOfKnown(ctx context.Context, seg CountSegment, m *members) error {
	count := func(t *turn, page []*storedContact) ([]counted, error) {
		page = slices.DeleteFunc(page, (*storedContact).isName)
		return t.counts(ctx, idsOf(page, func(c *storedContact) string { return c.ID }), seg.SchemaID)
	}
	return eachPage(ctx, s.scope, &contacts, store.Query{}, count, func(page []counted) error {
		for _, c := range page {
			if err := seg.addIf(m, c); err != nil {
				return err
			}
		}
		return nil
	})
}

// byCountWithin counts the interactions in the window, then goes through those
// counted, or through all known contacts if not having any is enough.
func (s Segments) byCountWithin(ctx context.Context, seg CountSegment, m *members) error {
	schemaIDs := []string{seg.SchemaID}
	if seg.SchemaID == "" {
		schemaIDs = nil
		err := eachPage(ctx, s.scope, &schemas, store.Query{}, asIs, func(page []*storedSchema) error {
			for _, stored := range page {
				schemaIDs = append(schemaIDs, stored.Definition.ID)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	index := bySchemaCreated
	if seg.ByReceived {
		index = bySchemaReceived
	}
	counts := map[string]int64{}
	for _, id := range schemaIDs {
		q := window(store.Query{Index: index}, schemaTerm(id), seg.From, seg.To)
		err := eachPage(ctx, s.scope, &interactions, q, asIs, func(page []*interaction.Interaction) error {
			for _, i := range page {
				counts[i.ContactID]++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	// By now, some of these may be names.
	people := map[string]int64{}
	err := s.eachOf(ctx, counts, func(id, into string) error {
		people[cmp.Or(into, id)] += counts[id]
		return nil
	})
	if err != nil {
		return err
	}
	if seg.AtLeast == 0 {
		return eachPage(ctx, s.scope, &contacts, store.Query{}, asIs, func(page []*storedContact) error {
			for _, c := range page {
				if c.isName() {
					continue
				}
				if err := seg.addIf(m, counted{contactID: c.ID, count: people[c.ID]}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	// Who has too few is none; addIf does not look at the counts of names.
	maps.DeleteFunc(people, func(_ string, count int64) bool { return count < seg.AtLeast })
	return s.eachOf(ctx, people, func(id, into string) error {
		return seg.addIf(m, counted{contactID: id, into: into, count: people[id]})
	})
}

// addIf adds a contact to the members if its count belongs to the segment; in place of a
// name the contact that it stands for, which has more, if more will do.
func (seg CountSegment) addIf(m *members, c counted) error {
	switch {
	case c.into != "" && seg.AtLeast > 0 && seg.AtMost == nil:
		return m.add(c.into)
	case c.into != "" || c.count < seg.AtLeast || seg.AtMost != nil && c.count > *seg.AtMost:
		return nil
	default:
		return m.add(c.contactID)
	}
}

// ValueSegment is the contacts that have an interaction with a value in a property
// that its schema marks addToSegmentation. It knows what was recorded since the
// property was marked so.
type ValueSegment struct {
	SchemaID string
	Property string
	// Equals is the value, a JSON string, number or boolean. If it is nil, every
	// value will do.
	Equals json.RawMessage
	// AtLeast and AtMost bound the value of a number instead, which is compared as
	// a 64-bit float. Nil is no bound.
	AtLeast, AtMost *float64
}

// ByValue returns a segment by value, in the order of values.
//
// The error wraps ErrNotFound for an unknown schema, ErrInvalid if the property is
// not marked addToSegmentation, cannot have the value, or is no number where bounds
// are given.
func (s Segments) ByValue(ctx context.Context, seg ValueSegment) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		m := &members{yield: yield}
		err := s.allow(ctx, ActionSegmentsRead, schemaResource(seg.SchemaID))
		if err == nil {
			err = s.byValue(ctx, seg, m)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield("", err)
		}
	}
}

func (s Segments) byValue(ctx context.Context, seg ValueSegment, m *members) error {
	version, err := s.currentVersion(ctx, seg.SchemaID)
	if err != nil {
		return err
	}
	q, value, err := seg.query(version.Schema)
	if err != nil {
		return err
	}
	people := func(t *turn, page []*segmentValue) ([]string, error) {
		page = slices.DeleteFunc(page, func(v *segmentValue) bool {
			return value != "" && v.Value != value // neighbours: numbers that round alike, texts that hash alike
		})
		ids := idsOf(page, func(v *segmentValue) string { return v.ContactID })
		into, err := t.mergedInto(ctx, ids)
		for n, id := range ids {
			ids[n] = cmp.Or(into[id], id)
		}
		return ids, err
	}
	return eachPage(ctx, s.scope, &segmentValues, q, people, func(page []string) error {
		for _, id := range page {
			if err := m.add(id); err != nil {
				return err
			}
		}
		return nil
	})
}

// currentVersion returns the schema that a segment is about, deleted or not.
func (s Segments) currentVersion(ctx context.Context, schemaID string) (version interaction.SchemaVersion, err error) {
	err = s.do(ctx, func(t *turn) error {
		stored, err := t.schema(ctx, schemaID)
		if err != nil {
			return err
		}
		if stored == nil {
			return &NotFoundError{Resource: schemaResource(schemaID)}
		}
		version, err = t.currentVersion(ctx, stored)
		return err
	})
	return version, err
}

// query returns where the values of the segment are, and the one that they must
// equal, if there is one.
func (seg ValueSegment) query(s *schema.Schema) (q store.Query, value string, err error) {
	property, ok := s.Property(seg.Property)
	switch {
	case !ok || !property.AddToSegmentation:
		return q, "", invalid("Property", strconv.Quote(seg.Property)+" is not marked addToSegmentation")
	case seg.AtLeast != nil && math.IsNaN(*seg.AtLeast), seg.AtMost != nil && math.IsNaN(*seg.AtMost):
		return q, "", invalid("AtLeast", "is not a number")
	case (seg.AtLeast != nil || seg.AtMost != nil) && (seg.Equals != nil || !isNumeric(property.Type)):
		return q, "", invalid("AtLeast", "needs a property that is a number, and excludes Equals")
	}
	place := segmentValue{SchemaID: seg.SchemaID, Property: seg.Property}
	within := schemaTerm(seg.SchemaID).Text(brief(seg.Property))
	q = store.Query{Index: byValue, Prefix: within.String()}
	if seg.Equals != nil {
		v, err := s.ParseValue(seg.Property, seg.Equals)
		if err != nil {
			return q, "", &InvalidError{Field: "Equals", Err: err}
		}
		place.Value, place.Number = valueText(v), number(v.Raw)
		q.Prefix = place.term().String()
		return q, place.Value, nil
	}
	if seg.AtLeast != nil {
		q.From = within.Float(*seg.AtLeast).String()
	}
	if seg.AtMost != nil {
		q.To = within.Float(math.Nextafter(*seg.AtMost, math.Inf(1))).String()
	}
	return q, "", nil
}

func isNumeric(t schema.Type) bool { return t == schema.TypeNumber || t == schema.TypeInteger }

// countValue counts a value of an interaction for the segments, or takes it back.
func (t *turn) countValue(ctx context.Context, i *interaction.Interaction, v schema.Value, change int64) error {
	counted := &segmentValue{
		SchemaID: i.SchemaID, Property: v.Property, Value: valueText(v), Number: number(v.Raw), ContactID: i.ContactID,
	}
	stored, err := segmentValues.Get(ctx, t.Work, segmentValues.ID(counted))
	if err != nil {
		return err
	}
	if stored != nil {
		counted = stored
	}
	if counted.Count += change; counted.Count <= 0 {
		return segmentValues.Delete(t.Work, counted)
	}
	return segmentValues.Put(t.Work, counted)
}

// recountValues counts all values of a stored interaction, or takes them back.
func (t *turn) recountValues(ctx context.Context, i *interaction.Interaction, change int64) error {
	v, err := schemaVersions.Get(ctx, t.Work, versionID(i.SchemaID, i.SchemaVersion))
	if err != nil || v == nil || len(v.Segmentable) == 0 {
		return err
	}
	var payload map[string]json.RawMessage
	if err := json.Unmarshal(i.Payload, &payload); err != nil {
		return fmt.Errorf("interaction %s: reading its payload: %w", i.ID, err)
	}
	for _, property := range v.Segmentable {
		if raw, ok := payload[property]; ok {
			if err := t.countValue(ctx, i, schema.Value{Property: property, Raw: raw}, change); err != nil {
				return err
			}
		}
	}
	return nil
}

// number returns a value that is a number, for its place in an order, else nil.
func number(value json.RawMessage) *float64 {
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil {
		return nil
	}
	return &f
}

// eachPage reads a query page by page, each by a look of its own. What pick makes of a
// page goes to use, which says whether to go on.
func eachPage[T, R any](
	ctx context.Context, s scope, table finder[T], q store.Query,
	pick func(*turn, []*T) (R, error), use func(R) error,
) error {
	q.Limit = store.MaxLimit
	for {
		var picked R
		var next string
		err := s.look(ctx, func(t *turn) error {
			page, cursor, err := table.Find(ctx, t.Work, q)
			if err != nil {
				return err
			}
			next = cursor
			picked, err = pick(t, page)
			return err
		})
		if err != nil {
			return err
		}
		if err := use(picked); err != nil {
			return err
		}
		if q.Cursor = next; next == "" {
			return nil
		}
	}
}

// asIs picks a whole page.
func asIs[T any](_ *turn, page []*T) ([]*T, error) { return page, nil }
