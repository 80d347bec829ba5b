package sqlite

import (
	"context"
	"database/sql/driver"

	"github.com/engage-interactions/engage/store"
)

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.calls.Done()
	if err := s.catalog.Keys(keys...); err != nil {
		return nil, err
	}
	records := make([]store.Record, len(keys))
	groups := s.group(keys)
	read := s.readers.snapshot
	if len(groups) == 1 {
		read = s.readers.use // a single statement sees a single moment
	}
	err := read(ctx, func(c *conn) error {
		for i, key := range keys { // anew: it may be another moment
			records[i] = store.Record{Key: key}
		}
		for _, g := range groups {
			if err := g.read(ctx, c, records); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// group is some keys of one tenant and kind, which one statement reads.
type group struct {
	table  *table
	tenant string
	places []int // in keys
}

// group divides keys into groups that are as large as a statement takes. A few keys
// are quicker to read one by one than to sort out.
func (s *Store) group(keys []store.Key) []*group {
	const few = 8
	most := 1
	if len(keys) > few {
		most = chunks[len(chunks)-1]
	}
	type place struct{ tenant, kind string }
	var groups []*group
	open := make(map[place]*group)
	for i, key := range keys {
		at := place{key.Tenant, key.Kind}
		g := open[at]
		if g == nil || len(g.places) == most {
			g = &group{table: s.tables.of(key.Kind), tenant: key.Tenant}
			groups = append(groups, g)
			open[at] = g
		}
		g.places = append(g.places, i)
	}
	return groups
}

// read fills in the records of the group that exist.
func (g *group) read(ctx context.Context, c *conn, records []store.Record) error {
	if len(g.places) == 1 {
		r := &records[g.places[0]]
		return c.query(ctx, func(row []driver.Value) error {
			g.table.fill(r, row)
			return nil
		}, g.table.get, g.tenant, r.ID)
	}
	ids := make([]string, len(g.places))
	byID := make(map[string][]int, len(g.places)) // a key may be asked for twice
	for i, place := range g.places {
		ids[i] = records[place].ID
		byID[ids[i]] = append(byID[ids[i]], place)
	}
	n, args := chunk(g.tenant, ids)
	return c.query(ctx, func(row []driver.Value) error {
		for _, place := range byID[text(row[0])] {
			g.table.fill(&records[place], row[1:])
		}
		return nil
	}, g.table.some(n), args...)
}
