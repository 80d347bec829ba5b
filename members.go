package engage

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// Who belongs to a segment while contacts are merged and unmerged. What a page has is
// looked at again together with the contacts that it is of, at one moment: so a contact
// is named only if it was none that was merged into another one then, and its number is
// its own.

// errEnough says that the consumer of a sequence has had enough.
var errEnough = errors.New("enough")

// members yields contact IDs, each once.
type members struct {
	yield func(string, error) bool
	seen  map[string]bool
}

func (m *members) add(id string) error {
	if m.seen[id] {
		return nil
	}
	if m.seen == nil {
		m.seen = make(map[string]bool)
	}
	m.seen[id] = true
	if !m.yield(id, nil) {
		return errEnough
	}
	return nil
}

// counted is how many interactions a contact has.
type counted struct {
	contactID string
	into      string // the contact that it is merged into
	count     int64
}

// counts returns what contacts have of a schema, or of all if that is empty, and what
// they are merged into, all at one moment.
func (t *turn) counts(ctx context.Context, contactIDs []string, schemaID string) ([]counted, error) {
	ids := make([]string, len(contactIDs))
	var keys []store.Key
	for n, id := range contactIDs {
		ids[n] = tallyID(id, schemaID)
		keys = append(keys, tallies.Key(t.Work, ids[n]), contacts.Key(t.Work, plain(id)))
	}
	if err := t.LoadTogether(ctx, keys...); err != nil {
		return nil, err
	}
	all := make([]counted, len(contactIDs))
	stored, err := tallies.All(ctx, t.Work, ids...)
	if err != nil {
		return nil, err
	}
	into, err := t.mergedInto(ctx, contactIDs)
	for n, id := range contactIDs {
		all[n] = counted{contactID: id, into: into[id]}
		if stored[n] != nil {
			all[n].count = stored[n].Count
		}
	}
	return all, err
}

// mergedInto returns what those of some contacts that are names are merged into.
func (t *turn) mergedInto(ctx context.Context, contactIDs []string) (map[string]string, error) {
	ids := make([]string, len(contactIDs))
	for n, id := range contactIDs {
		ids[n] = plain(id)
	}
	found, err := contacts.All(ctx, t.Work, ids...)
	into := map[string]string{}
	for n, c := range found {
		if c != nil && c.isName() {
			into[contactIDs[n]] = c.MergedInto
		}
	}
	return into, err
}

// eachOf goes through contacts in the order of their IDs, and finds out what they are
// merged into shortly before.
func (s Segments) eachOf(ctx context.Context, counts map[string]int64, use func(id, into string) error) error {
	for some := range slices.Chunk(slices.Sorted(maps.Keys(counts)), store.MaxLimit) {
		var into map[string]string
		err := s.look(ctx, func(t *turn) (err error) {
			into, err = t.mergedInto(ctx, some)
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range some {
			if err := use(id, into[id]); err != nil {
				return err
			}
		}
	}
	return nil
}

// idsOf returns the IDs of contacts.
func idsOf[T any](all []T, id func(T) string) []string {
	ids := make([]string, len(all))
	for n, v := range all {
		ids[n] = id(v)
	}
	return ids
}
