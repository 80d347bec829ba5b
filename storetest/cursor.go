package storetest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/store"
)

func checkFindLimit(t *trial) {
	s := t.open()
	const n = store.MaxLimit + 5
	var puts []store.Record
	for _, id := range numbered("r", n) {
		puts = append(puts, doc(id, none, `1`, terms{owner: "o" + id}))
	}
	t.write(s, puts...)

	// A page has at most so many records, and a Next if and only if more follow.
	for _, c := range []struct{ limit, records, most int }{
		{1, 3, 1},
		{2, 3, 2},
		{3, 3, 3},
		{4, 3, 4},
		{1, 0, 1},
		{0, 99, 100},
		{0, 100, 100},
		{0, 101, 100},
		{0, n, 100},
		{999, n, 999},
		{1000, 1000, 1000},
		{1000, 999, 1000},
		{1000, n, 1000},
		{5, 1000, 5},
	} {
		for _, reverse := range []bool{false, true} {
			for _, index := range []string{"", owner} {
				q := store.Query{Tenant: acme, Kind: "doc", Index: index, Limit: c.limit, Reverse: reverse, Prefix: "r", To: fmt.Sprintf("r%05d", c.records)}
				if index != "" {
					q.Prefix, q.To = "o"+q.Prefix, "o"+q.To
				}
				for seen := 0; ; {
					page := t.find(s, q)
					seen += len(page.Records)
					if len(page.Records) > c.most {
						t.fatal(fmt.Sprintf("%d records", len(page.Records)), fmt.Sprintf("at most %d", c.most), "Find with limit %d", c.limit)
					}
					if more := seen < c.records; more != (page.Next != "") {
						t.fatal(fmt.Sprintf("%d records and Next %q", len(page.Records), page.Next), fmt.Sprintf("a Next: %v", more),
							"Find of %#v, after %d of %d records", q, seen, c.records)
					}
					if page.Next == "" {
						break
					}
					if len(page.Records) == 0 {
						t.fatal("no record and a Next", "records, for some follow", "Find of %#v", q)
					}
					q.Cursor = page.Next
				}
			}
		}
	}
	for _, limit := range []int{-1, store.MaxLimit + 1, math.MinInt32, math.MaxInt32} {
		_, err := s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Limit: limit})
		t.invalid(err, "Find with limit %d", limit)
	}
}

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

// firstPage returns the first page of a query that selects more than one. It is
// full, so that the check knows what must follow.
func (t *trial) firstPage(s store.Store, q store.Query) store.Page {
	t.Helper()
	page := t.find(s, q)
	if len(page.Records) != q.Limit || page.Next == "" {
		t.fatal(fmt.Sprintf("%d records and Next %q", len(page.Records), page.Next), fmt.Sprintf("%d records and a Next", q.Limit), "Find of the first page of %#v", q)
	}
	return page
}

func checkFindCursorDeleted(t *trial) {
	for _, c := range []struct {
		what   string
		change func(b *store.Batch, page []store.Record)
	}{
		{"the last record of the page was deleted", func(b *store.Batch, page []store.Record) { remove(b, page[len(page)-1:]) }},
		{"all records of the page were deleted", func(b *store.Batch, page []store.Record) { remove(b, page) }},
		{"the last record of the page lost its terms", func(b *store.Batch, page []store.Record) {
			last := page[len(page)-1]
			b.Puts = append(b.Puts, doc(last.ID, last.Version, `"no terms"`, nil))
		}},
		{"the last record of the page was put again as it was", func(b *store.Batch, page []store.Record) {
			b.Puts = append(b.Puts, page[len(page)-1])
		}},
		{"a record was put just before the cursor", func(b *store.Batch, page []store.Record) {
			b.Puts = append(b.Puts, doc(page[len(page)-1].ID+"-", none, `1`, nil))
		}},
	} {
		for _, q := range []store.Query{{}, {Index: owner}, {Index: owner, Reverse: true}, {Reverse: true}} {
			s := t.open()
			q.Tenant, q.Kind, q.Limit = acme, "doc", 4
			var records []store.Record
			for i, id := range numbered("r", 12) {
				records = append(records, doc(id, none, `1`, terms{owner: []string{"x", "y"}[i/6]})) // terms that pages cut
			}
			t.write(s, records...)
			want := selected(q, records)
			first := t.firstPage(s, q)
			b := t.batch()
			c.change(&b, first.Records)
			t.commit(s, b)
			q.Cursor = first.Next
			got := ids(first.Records)
			for _, id := range ids(t.findAll(s, q)) {
				if !strings.HasSuffix(id, "-") { // whether the new one follows depends on the direction
					got = append(got, id)
				}
			}
			if !slices.Equal(got, want) {
				t.broken(got, want, "Find, index %q, reverse %v, of the pages behind the first after %s", q.Index, q.Reverse, c.what)
			}
		}
	}
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
