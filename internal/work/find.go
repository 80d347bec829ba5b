package work

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// Find returns one page of what q selects, as this work sees it: records that it
// wrote are found where they now belong, and only there. The cursor is good
// within this work; outside of works use that of the store.
func (w *Work) Find(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := w.page(ctx, q)
	for i, r := range page.Records {
		page.Records[i] = own(r)
	}
	return page, err
}

// page is Find with records that are the work's own.
func (w *Work) page(ctx context.Context, q store.Query) (store.Page, error) {
	if err := w.usable(); err != nil {
		return store.Page{}, err
	}
	limit, err := store.CheckLimit(q.Limit)
	if err != nil {
		return store.Page{}, err
	}
	at, err := readCursor(q.Cursor)
	if err != nil {
		return store.Page{}, err
	}
	m := merge{work: w, query: q, own: w.selected(q), at: at}
	mixed := len(m.own) > 0
	var page store.Page
	for {
		span, err := m.next(ctx)
		if err != nil {
			return store.Page{}, err
		}
		if room := limit - len(page.Records); len(span.records) > room {
			page.Records = append(page.Records, span.records[:room]...)
			page.Next = cursor{Store: span.cursor, After: m.position(page.Records[limit-1])}.String()
			return page, nil
		}
		page.Records = append(page.Records, span.records...)
		switch {
		case span.last:
			return page, nil
		case len(page.Records) == limit:
			next := cursor{Store: m.at.Store}
			if mixed {
				next.After = m.position(page.Records[limit-1])
			}
			page.Next = next.String()
			return page, nil
		}
	}
}

// cursor is where a merged listing goes on: in the store's page that begins at
// Store, behind the position After.
type cursor struct {
	Store string          `json:"s,omitempty"`
	After *store.Position `json:"a,omitempty"`
}

func (c cursor) String() string {
	b, _ := json.Marshal(c) // two strings and a position always can be
	return base64.RawURLEncoding.EncodeToString(b)
}

func readCursor(s string) (c cursor, err error) {
	if s == "" {
		return c, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return c, &store.InvalidError{Field: "Cursor", Reason: "is damaged"}
	}
	return c, nil
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
	q.Cursor = m.at.Store
	page, err := m.work.find(ctx, q)
	if err != nil {
		return span{}, err
	}
	s := span{cursor: m.at.Store, last: page.Next == ""}
	for _, r := range page.Records {
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
	if after := m.at.After; after != nil {
		s.records = slices.DeleteFunc(s.records, func(r store.Record) bool {
			return m.compare(*m.position(r), *after) <= 0
		})
	}
	m.at.Store = page.Next
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
	page, err := w.unit.store.Find(ctx, q)
	if err != nil {
		return page, w.fail(err)
	}
	if page.Next != "" && len(page.Records) == 0 {
		return page, w.fail(errors.New("work: the store gave an empty page with a next one"))
	}
	w.snapshots++
	for _, r := range page.Records {
		w.remember(r)
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
