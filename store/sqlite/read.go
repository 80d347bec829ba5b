package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/store"
)

var _ store.Lean = (*Store)(nil)

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	return s.get(ctx, all, keys)
}

// GetLean implements [store.Lean]: each term is a column to read.
func (s *Store) GetLean(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	return s.get(ctx, lean, keys)
}

func (s *Store) get(ctx context.Context, what what, keys []store.Key) ([]store.Record, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.calls.Done()
	if err := s.catalog.Keys(keys...); err != nil {
		return nil, err
	}
	records := make([]store.Record, len(keys))
	absent := func() { // anew: it may be another moment
		for i, key := range keys {
			records[i] = store.Record{Key: key}
		}
	}
	var err error
	if len(keys) <= few {
		// A single statement sees a single moment.
		places, named := s.tables.inOrder(keys)
		read := func(ctx context.Context, c *conn) error {
			absent()
			return readFew(ctx, c, what, places, named, records)
		}
		if !s.writer.lend(read) { //nolint:contextcheck // see there
			err = s.readers.use(ctx, func(c *conn) error { return read(ctx, c) })
		}
	} else {
		groups := s.group(keys)
		err = s.readers.snapshot(ctx, func(c *conn) error {
			absent()
			for _, g := range groups {
				if err := g.read(ctx, c, what, records); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return nil, err
	}
	return records, nil
}

// inOrder returns the places of keys in the order of their kinds, in which there are
// the fewest different statements, and the tables in that order.
func (t *tables) inOrder(keys []store.Key) (places []int, named []*table) {
	places, named = make([]int, len(keys)), make([]*table, len(keys))
	for i := range keys {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return strings.Compare(keys[a].Kind, keys[b].Kind) })
	for i, place := range places {
		named[i] = t.of(keys[place].Kind)
	}
	return places, named
}

// readFew fills in those of a few records that exist.
func readFew(ctx context.Context, c *conn, what what, places []int, named []*table, records []store.Record) error {
	if len(places) == 0 {
		return nil
	}
	args := make([]driver.Value, 0, 2*few)
	for _, place := range places {
		args = append(args, records[place].Tenant, records[place].ID)
	}
	return c.query(ctx, func(row []driver.Value) error {
		at, _ := row[0].(int64)
		named[at].fill(&records[places[at]], row[1:])
		return nil
	}, c.few(named, what), args...)
}

// group is some keys of one tenant and kind, which one statement reads.
type group struct {
	table  *table
	tenant string
	places []int // in keys
}

// group divides keys into groups that are as large as a statement takes.
func (s *Store) group(keys []store.Key) []*group {
	type place struct{ tenant, kind string }
	var groups []*group
	open := make(map[place]*group)
	for i, key := range keys {
		at := place{key.Tenant, key.Kind}
		g := open[at]
		if g == nil || len(g.places) == chunks[len(chunks)-1] {
			g = &group{table: s.tables.of(key.Kind), tenant: key.Tenant}
			groups = append(groups, g)
			open[at] = g
		}
		g.places = append(g.places, i)
	}
	return groups
}

// read fills in the records of the group that exist.
func (g *group) read(ctx context.Context, c *conn, what what, records []store.Record) error {
	ids := make([]string, len(g.places))
	byID := make(map[string][]int, len(g.places)) // a key may be asked for twice
	for i, place := range g.places {
		ids[i] = records[place].ID
		byID[ids[i]] = append(byID[ids[i]], place)
	}
	n, args := chunk(g.tenant, ids)
	return c.query(ctx, func(row []driver.Value) error {
		for n, place := range byID[text(row[0])] {
			g.table.fill(&records[place], row[1:])
			if n > 0 {
				records[place].Value = bytes.Clone(records[place].Value)
			}
		}
		return nil
	}, g.table.records(n, what), args...)
}

// chunks are the numbers of records that one statement reads. Few different ones
// make few statements.
var chunks = []int{1, 8, 64}

// chunk returns the chunk that the IDs of some records fit into, and the arguments
// of a statement that reads it. What is missing is filled up.
func chunk(tenant string, ids []string) (n int, args []driver.Value) {
	i, _ := slices.BinarySearch(chunks, len(ids))
	n = chunks[i]
	args = append(make([]driver.Value, 0, 1+n), tenant)
	for k := range n {
		args = append(args, ids[min(k, len(ids)-1)])
	}
	return n, args
}
