package work

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage/store"
)

// Find returns one page of what q selects, as this work sees it: records that it
// wrote are found where they now belong, and only there. What a work that only looks has
// found has its terms only if the store is no [store.Lean].
//
// A cursor of the store, or of another work that has not written in the range of q,
// is as good as one of this work's own, as long as this work has not written there
// either. To a work that has, only its own cursors say where the page before ended.
func (w *Work) Find(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := w.page(ctx, q)
	if err != nil {
		return store.Page{}, err
	}
	records := make([]store.Record, len(page.Records)) // the list may be the one that the work's reads are in
	for i, r := range page.Records {
		records[i] = own(r)
	}
	return store.Page{Records: records, Next: page.Next}, nil
}

// page is Find with records, and a list of them, that are the work's own: not to be changed.
func (w *Work) page(ctx context.Context, q store.Query) (store.Page, error) {
	if err := w.usable(); err != nil {
		return store.Page{}, err
	}
	limit, err := store.CheckLimit(q.Limit)
	if err != nil {
		return store.Page{}, err
	}
	m := merge{work: w, query: q, own: w.selected(q)}
	if at, ok := w.cursors[q.Cursor]; ok {
		m.at = at
	} else if m.at.store = q.Cursor; q.Cursor != "" && len(m.own) > 0 {
		return store.Page{}, &store.InvalidError{Field: "Cursor", Reason: "is not of this work, which has written where it points"}
	}
	// What the work has written does not count for what the store is asked for.
	changes := w.changes(q)
	if changes == 0 && (m.at.after == nil || m.at.store == q.Cursor) {
		return w.asStored(ctx, q, limit)
	}
	m.query.Limit = min(limit+changes, store.MaxLimit)
	var page store.Page
	for {
		if changes == 0 { // the store's page may have been short, and the cursor behind the next is to be the store's, too
			m.query.Limit = limit - len(page.Records)
		}
		span, err := m.next(ctx)
		if err != nil {
			return store.Page{}, err
		}
		room := limit - len(page.Records)
		if len(span.records) > room {
			page.Records = append(page.Records, span.records[:room]...)
			page.Next = w.cursorAt("work-"+strconv.Itoa(len(w.cursors)), span.cursor, m.position(page.Records[limit-1]))
			return page, nil
		}
		page.Records = append(page.Records, span.records...)
		switch {
		case span.last:
			return page, nil
		case len(page.Records) == limit:
			page.Next = w.cursorAt(m.at.store, m.at.store, m.position(page.Records[limit-1]))
			return page, nil
		}
	}
}

// asStored is page for a kind that the work has written nothing of.
func (w *Work) asStored(ctx context.Context, q store.Query, limit int) (store.Page, error) {
	var page store.Page
	for {
		q.Limit = limit - len(page.Records)
		part, err := w.find(ctx, q)
		if err != nil {
			return store.Page{}, err
		}
		if page.Records == nil {
			page.Records = part.Records
		} else { // the page before was short
			page.Records = append(page.Records, part.Records...)
		}
		if q.Cursor = part.Next; q.Cursor == "" {
			return page, nil
		}
		if len(page.Records) == limit {
			if page.Next = q.Cursor; !w.looks { // who only looks never writes there
				m := merge{query: q}
				w.cursorAt(q.Cursor, q.Cursor, m.position(page.Records[limit-1]))
			}
			return page, nil
		}
	}
}

// cursor is where a listing goes on: in the store's page that begins at its cursor,
// behind a position.
type cursor struct {
	store string
	after *store.Position // nil if not known
}

// cursorAt gives a cursor away under a name.
func (w *Work) cursorAt(name, of string, after *store.Position) string {
	if w.cursors == nil {
		w.cursors = make(map[string]cursor)
	}
	w.cursors[name] = cursor{of, after}
	return name
}

// changes returns how many records of the kind of q the work has written.
func (w *Work) changes(q store.Query) (n int) {
	for key := range w.writes {
		if key.Kind == q.Kind {
			n++
		}
	}
	return n
}

// merge goes through the pages of the store and the work's own records together.
type merge struct {
	work  *Work
	query store.Query
	own   []store.Record // written by the work and selected by the query, in its order
	at    cursor
}

// span is one page of the store, with the work's own records between its first
// and last.
type span struct {
	cursor  string // of the store's page
	records []store.Record
	last    bool
}

func (m *merge) next(ctx context.Context) (span, error) {
	q := m.query
	q.Cursor = m.at.store
	page, err := m.work.find(ctx, q)
	if err != nil {
		return span{}, err
	}
	s := span{cursor: m.at.store, last: page.Next == "", records: make([]store.Record, 0, len(page.Records)+len(m.own))}
	for _, r := range page.Records { // which belong to the work's reads: what follows is done to a copy of the list
		if m.work.writes[r.Key] == nil {
			s.records = append(s.records, r)
		}
	}
	// The work's own records belong into this span up to its last position,
	// and all that are left into the last one.
	upTo := len(m.own)
	if !s.last {
		end := m.position(page.Records[len(page.Records)-1])
		upTo = 0
		for upTo < len(m.own) && m.compare(*m.position(m.own[upTo]), *end) <= 0 {
			upTo++
		}
	}
	s.records = append(s.records, m.own[:upTo]...)
	m.own = m.own[upTo:]
	slices.SortStableFunc(s.records, func(a, b store.Record) int {
		return m.compare(*m.position(a), *m.position(b))
	})
	if after := m.at.after; after != nil {
		s.records = slices.DeleteFunc(s.records, func(r store.Record) bool {
			return m.compare(*m.position(r), *after) <= 0
		})
	}
	m.at.store = page.Next
	return s, nil
}

func (m *merge) position(r store.Record) *store.Position {
	term, _ := m.query.Term(r)
	return &store.Position{Term: term, ID: r.ID}
}

func (m *merge) compare(a, b store.Position) int {
	if m.query.Reverse {
		return b.Compare(a)
	}
	return a.Compare(b)
}

// find reads a page of the store and remembers its records.
func (w *Work) find(ctx context.Context, q store.Query) (store.Page, error) {
	find := w.unit.store.Find
	if w.looks { // else the terms say where the work's own records belong
		find = w.unit.lean.FindLean
	}
	page, err := find(ctx, q)
	if err != nil {
		return page, w.fail(err)
	}
	if page.Next != "" && len(page.Records) == 0 {
		return page, w.fail(errors.New("work: the store gave an empty page with a next one"))
	}
	if w.looks {
		return page, nil // nothing rests on it
	}
	w.snapshots++
	for n := range page.Records {
		w.remember(&page.Records[n])
	}
	return page, nil
}

// selected returns the records that the work wrote and q selects, in its order.
func (w *Work) selected(q store.Query) []store.Record {
	m := merge{query: q}
	var out []store.Record
	for key, change := range w.writes {
		if change.deleted || key.Kind != q.Kind || key.Tenant != q.Tenant {
			continue
		}
		if term, ok := q.Term(change.record); ok && q.Selects(term) {
			out = append(out, w.look(key))
		}
	}
	slices.SortFunc(out, func(a, b store.Record) int { return m.compare(*m.position(a), *m.position(b)) })
	return out
}
