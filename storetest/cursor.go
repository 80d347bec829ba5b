package storetest

import (
	"fmt"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/store"
)

func checkFindCursor(t *trial) {
	s := t.open()
	var puts []store.Record
	for _, id := range numbered("r", 20) {
		puts = append(puts, doc(id, none, `1`, terms{owner: "o" + id, state: "s" + id}))
	}
	t.write(s, puts...)
	foreign := t.batch(store.Record{Key: store.Key{Tenant: "other", Kind: "doc", ID: "r"}, Value: []byte(`1`), Terms: terms{owner: "o"}})
	foreign.Tenant = "other"
	t.commit(s, foreign)

	refused := func(q store.Query, what string) {
		t.Helper()
		page, err := s.Find(t.Context(), q)
		if !t.invalid(err, "Find with a cursor %s: %#v", what, q) {
			t.Logf("it returned %d records", len(page.Records))
		}
	}
	for _, q := range []store.Query{
		{Tenant: acme, Kind: "doc", Limit: 3},
		{Tenant: acme, Kind: "doc", Index: owner, Limit: 3, Reverse: true},
		{Tenant: acme, Kind: "doc", Index: owner, Prefix: "o", From: "o", To: "p", Limit: 3},
	} {
		first := t.firstPage(s, q)
		q.Cursor = first.Next
		for what, change := range map[string]func(q *store.Query){
			"of another tenant":                           func(q *store.Query) { q.Tenant = "other" },
			"of another kind":                             func(q *store.Query) { q.Kind, q.Index = "note", "" },
			"of another index":                            func(q *store.Query) { q.Index = state },
			"of a longer prefix":                          func(q *store.Query) { q.Prefix += "r" },
			"of another start":                            func(q *store.Query) { q.From += "r" },
			"of another end":                              func(q *store.Query) { q.To += "z" },
			"of another direction":                        func(q *store.Query) { q.Reverse = !q.Reverse },
			"of a query whose prefix is this one's start": func(q *store.Query) { q.Prefix, q.From = q.From+"x", q.Prefix },
		} {
			other := q
			change(&other)
			refused(other, what)
		}

		whole := q.Cursor
		damaged := []string{" ", "x", whole + "A", whole + "=", whole + " ", " " + whole, whole + whole, whole + "\n", "\x00", "\xff", "'", "AAAAAAAAAAAAAAAAAAAAAAAA"}
		for i := range len(whole) {
			for _, c := range []byte("AZaz09-_") {
				if whole[i] != c {
					damaged = append(damaged, whole[:i]+string(c)+whole[i+1:])
				}
			}
			if i > 0 {
				damaged = append(damaged, whole[:i], whole[i:])
			}
		}
		for _, cursor := range damaged {
			q.Cursor = cursor
			refused(q, "that is damaged")
		}

		// It stays good, with another limit too, and may be used again.
		q.Cursor = whole
		for _, limit := range []int{1, 2, 17, 0, store.MaxLimit, 3} {
			q.Limit = limit
			want := selected(q, puts)[len(first.Records):]
			if got := ids(t.findAll(s, q)); !slices.Equal(got, want) {
				t.broken(got, want, "Find of what follows a cursor, with limit %d", limit)
			}
		}
	}
}

// firstPage returns the first page of a query that selects more than its limit.
// It may be shorter than the limit.
func (t *trial) firstPage(s store.Store, q store.Query) store.Page {
	t.Helper()
	page := t.find(s, q)
	if n := len(page.Records); n == 0 || n > q.Limit || page.Next == "" {
		t.fatal(fmt.Sprintf("%d records and Next %q", n, page.Next), fmt.Sprintf("1 to %d records and a Next", q.Limit), "Find of the first page of %#v", q)
	}
	return page
}

// around is a change of records around a cursor: of the page before it, of those
// behind, which all have the same version, or of others.
type around struct {
	what   string
	change func(b *store.Batch, page, behind []store.Record)
	again  bool // what was deleted is created again
}

func changesAround() []around {
	put := func(b *store.Batch, r store.Record, value string, terms terms) {
		b.Puts = append(b.Puts, doc(r.ID, r.Version, value, terms))
	}
	last := func(page []store.Record) store.Record { return page[len(page)-1] }
	return []around{
		{"the last record of the page was deleted", func(b *store.Batch, page, _ []store.Record) { remove(b, page[len(page)-1:]) }, false},
		{"the last record of the page was deleted and created again", func(b *store.Batch, page, _ []store.Record) { remove(b, page[len(page)-1:]) }, true},
		{"all records of the page were deleted", func(b *store.Batch, page, _ []store.Record) { remove(b, page) }, false},
		{"the last record of the page lost its terms", func(b *store.Batch, page, _ []store.Record) { put(b, last(page), `"no terms"`, nil) }, false},
		{"the last record of the page was put again as it was", func(b *store.Batch, page, _ []store.Record) {
			put(b, last(page), `1`, last(page).Terms)
		}, false},
		{"the last record of the page was moved to the end", func(b *store.Batch, page, _ []store.Record) { put(b, last(page), `"moved"`, terms{owner: "zz"}) }, false},
		{"the last record of the page was moved to the beginning", func(b *store.Batch, page, _ []store.Record) { put(b, last(page), `"moved"`, terms{owner: ""}) }, false},
		{"a record was put just beside the cursor", func(b *store.Batch, page, _ []store.Record) {
			b.Puts = append(b.Puts, doc(last(page).ID+"-", none, `1`, last(page).Terms))
		}, false},
		{"the first record behind it was deleted", func(b *store.Batch, _, behind []store.Record) { remove(b, behind[:1]) }, false},
		{"all records behind it were deleted", func(b *store.Batch, _, behind []store.Record) { remove(b, behind) }, false},
		{"records behind it were deleted, put again, moved and joined by others", func(b *store.Batch, _, behind []store.Record) {
			remove(b, behind[1:2])
			put(b, behind[2], `"changed"`, behind[2].Terms)
			put(b, behind[3], `"moved"`, terms{owner: "zz"})
			put(b, behind[4], `"moved"`, terms{owner: ""})
			put(b, behind[5], `"no terms"`, nil)
			b.Puts = append(b.Puts, doc(behind[1].ID+"-", none, `"new"`, behind[1].Terms), doc(behind[2].ID+"-", none, `"new"`, behind[2].Terms))
		}, false},
	}
}

func checkFindCursorDeleted(t *trial) {
	for _, c := range changesAround() {
		for _, q := range []store.Query{{}, {Index: owner}, {Index: owner, Reverse: true}, {Reverse: true}} {
			s := t.open()
			q.Tenant, q.Kind, q.Limit = acme, "doc", 4
			now := map[string]store.Record{} // what is there
			var records []store.Record
			for i, id := range numbered("r", 12) {
				records = append(records, doc(id, none, `1`, terms{owner: []string{"x", "y"}[i/6]})) // terms that pages cut
			}
			version := t.write(s, records...)
			for _, r := range records {
				r.Version = version
				now[r.ID] = r
			}
			order := selected(q, records)
			first := t.firstPage(s, q)
			if got := ids(first.Records); !slices.Equal(got, order[:len(got)]) {
				t.fatal(got, order[:len(got)], "Find of the first page of %#v", q)
			}
			var behind []store.Record
			for _, id := range order[len(first.Records):] {
				behind = append(behind, now[id])
			}

			b := t.batch()
			c.change(&b, first.Records, behind)
			version = t.commit(s, b)
			for _, r := range b.Puts {
				r.Version = version
				now[r.ID] = r
			}
			for _, gone := range b.Deletes {
				delete(now, gone.ID)
			}
			if c.again {
				i := slices.IndexFunc(records, func(r store.Record) bool { return r.Key == b.Deletes[0].Key })
				r := records[i] // as it was, but for the version
				r.Version = t.write(s, r)
				now[r.ID] = r
			}

			// What is there now, from the first place on that followed the page. What
			// has come to stand between the two may show, or not.
			last, edge := place(q, first.Records[len(first.Records)-1]), place(q, behind[0])
			var want, got []store.Record
			for _, id := range selected(q, slices.Collect(maps.Values(now))) {
				if !ahead(q, place(q, now[id]), edge) {
					want = append(want, now[id])
				}
			}
			q.Cursor = first.Next
			for _, r := range t.findMost(s, q, 100) {
				if at := place(q, r); !ahead(q, last, at) || !ahead(q, at, edge) {
					got = append(got, r)
				}
			}
			if !slices.EqualFunc(got, want, sameRecord) {
				t.broken(got, want, "Find, index %q, reverse %v, of the pages behind the first after %s", q.Index, q.Reverse, c.what)
			}
			t.done(s)
		}
	}
}

// place is where a record stands in a query.
func place(q store.Query, r store.Record) store.Position {
	at, _ := term(q, r)
	return store.Position{Term: at, ID: r.ID}
}

// ahead reports whether a query comes to one place before it comes to another.
func ahead(q store.Query, a, b store.Position) bool {
	if q.Reverse {
		a, b = b, a
	}
	return a.Compare(b) < 0
}

func checkFindCursorElsewhere(t *trial) {
	s := t.open()
	var records []store.Record
	for _, id := range numbered("r", 12) {
		records = append(records, doc(id, none, `1`, terms{owner: "o" + id[len(id)-1:]}))
	}
	t.write(s, records...)
	for _, place := range []struct {
		what string
		of   func(store.Store) store.Store
	}{
		{"another handle", t.peer},
		{"the handle after a restart", t.reopen},
	} {
		for _, q := range []store.Query{{}, {Index: owner}, {Index: owner, Reverse: true}} {
			q.Tenant, q.Kind, q.Limit = acme, "doc", 5
			first := t.firstPage(s, q)
			other := place.of(s)
			q.Cursor = first.Next
			want := selected(q, records)[len(first.Records):]
			if got := ids(t.findAll(other, q)); !slices.Equal(got, want) {
				t.broken(got, want, "Find through %s with a cursor of this one", place.what)
			}
			if place.what != "another handle" {
				s = other
			}
		}
	}
}

func remove(b *store.Batch, records []store.Record) {
	for _, r := range records {
		b.Deletes = append(b.Deletes, store.Check{Key: r.Key, Version: r.Version})
	}
}
