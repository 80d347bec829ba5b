package sqlite

import (
	"context"
	"database/sql/driver"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// Find implements [store.Store].
func (s *Store) Find(ctx context.Context, q store.Query) (store.Page, error) {
	return s.find(ctx, all, q)
}

// FindLean implements [store.Lean]: each term is a column to read.
func (s *Store) FindLean(ctx context.Context, q store.Query) (store.Page, error) {
	return s.find(ctx, lean, q)
}

func (s *Store) find(ctx context.Context, what what, q store.Query) (store.Page, error) {
	if err := s.enter(ctx); err != nil {
		return store.Page{}, err
	}
	defer s.calls.Done()
	q, after, err := s.catalog.Query(q)
	if err != nil {
		return store.Page{}, err
	}
	if from, to, open := q.Range(); !open && from >= to {
		return store.Page{}, nil
	}
	t := s.tables.of(q.Kind)
	statement, args := t.find(q, what, after)
	var page store.Page
	var last string // the term of the last record
	err = s.readers.use(ctx, func(c *conn) error {
		page = store.Page{Records: make([]store.Record, 0, min(q.Limit, store.DefaultLimit))}
		return c.query(ctx, func(row []driver.Value) error {
			if len(page.Records) == q.Limit {
				page.Next = store.EncodeCursor(q, store.Position{Term: last, ID: page.Records[q.Limit-1].ID})
				return nil
			}
			last = text(row[0])
			r := store.Record{Key: store.Key{Tenant: q.Tenant, Kind: q.Kind, ID: text(row[1])}}
			t.fill(&r, row[2:])
			page.Records = append(page.Records, r)
			return nil
		}, statement, args...)
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// find returns the statement for a page of q, and one record more: it tells
// whether there is a next page. Every shape of it walks along one index, which
// has the order that is asked for, and begins where the page does.
func (t *table) find(q store.Query, what what, after *store.Position) (string, []driver.Value) {
	from, to, open := q.Range()
	term := "id"
	if q.Index != "" {
		term = column(q.Index)
	}
	var b strings.Builder
	columns := t.columns
	if what == lean {
		columns = t.lean
	}
	b.WriteString("SELECT " + term + ", id, " + columns + " FROM " + t.name + " WHERE tenant = ?")
	args := append(make([]driver.Value, 0, 6), q.Tenant)
	if q.Index != "" {
		// What the index is partial by must be said, or it is not used.
		b.WriteString(" AND " + term + " IS NOT NULL")
	}
	// A cursor lies within the range: it takes the place of the bound behind
	// which the page begins.
	lower, upper := from != "", !open
	if after != nil {
		compare := " > "
		if q.Reverse {
			compare, upper = " < ", false
		} else {
			lower = false
		}
		if q.Index == "" {
			b.WriteString(" AND id" + compare + "?")
			args = append(args, after.ID)
		} else {
			b.WriteString(" AND (" + term + ", id)" + compare + "(?, ?)")
			args = append(args, after.Term, after.ID)
		}
	}
	if lower {
		b.WriteString(" AND " + term + " >= ?")
		args = append(args, from)
	}
	if upper {
		b.WriteString(" AND " + term + " < ?")
		args = append(args, to)
	}
	direction := ""
	if q.Reverse {
		direction = " DESC"
	}
	b.WriteString(" ORDER BY " + term + direction)
	if q.Index != "" {
		b.WriteString(", id" + direction)
	}
	b.WriteString(" LIMIT ?")
	return b.String(), append(args, int64(q.Limit)+1)
}

// fill sets what columns of t hold of r.
func (t *table) fill(r *store.Record, columns []driver.Value) {
	r.Version = store.Version(text(columns[0]))
	r.Value, _ = columns[1].([]byte)
	for i, index := range t.indexes[:min(len(t.indexes), len(columns)-2)] {
		term, ok := columns[2+i].(string)
		if !ok {
			continue // NULL: not in this index
		}
		if r.Terms == nil {
			r.Terms = make(map[string]string, len(t.indexes))
		}
		r.Terms[index] = term
	}
}
