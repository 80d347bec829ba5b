package storetest

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/store"
)

func checkFindRange(t *trial) {
	s := t.open()
	records := t.fill(s, owner, pairs(hardTerms()))
	for _, from := range bounds() {
		for _, to := range bounds() {
			for _, reverse := range []bool{false, true} {
				if !t.finds(s, store.Query{Index: owner, From: from, To: to, Reverse: reverse}, records) {
					return
				}
			}
		}
	}
}

func checkFindPrefix(t *trial) {
	s := t.open()
	records := t.fill(s, owner, pairs(hardTerms()))
	for _, prefix := range append(hardTerms(), "ac", "A%", "__", "abcd", strings.Repeat("\U0010ffff", 3)) {
		for _, bound := range [][2]string{{}, {"a", ""}, {"", "a"}, {"", "ab"}, {"aB", "a\u0301"}, {"b", "a"}, {"\ue000", ""}, {"", "\ue000"}, {"a", "b"}} {
			for _, reverse := range []bool{false, true} {
				if !t.finds(s, store.Query{Index: owner, Prefix: prefix, From: bound[0], To: bound[1], Reverse: reverse}, records) {
					return
				}
			}
		}
	}
}

func checkFindSparse(t *trial) {
	s := t.open()
	version := t.write(s,
		doc("both", none, `1`, terms{owner: "x", state: "y"}), doc("owner", none, `1`, terms{owner: "x"}), doc("state", none, `1`, terms{state: "y"}),
		doc("neither", none, `1`, nil), doc("empty", none, `1`, terms{owner: ""}))
	for _, reverse := range []bool{false, true} {
		for index, want := range map[string][]string{owner: {"empty", "both", "owner"}, state: {"both", "state"}} {
			if reverse {
				slices.Reverse(want)
			}
			if got := ids(t.findAll(s, store.Query{Index: index, Reverse: reverse})); !slices.Equal(got, want) {
				t.broken(got, want, "Find by %q, in which some records have no term, and one has the empty text (reverse: %v)", index, reverse)
			}
		}
	}
	for _, q := range []store.Query{{Index: owner, To: "x"}, {Index: owner, To: "\x01"}} {
		if got := ids(t.findAll(s, q)); !slices.Equal(got, []string{"empty"}) {
			t.broken(got, []string{"empty"}, "Find of %#v: the empty text is a term, and none is not", q)
		}
	}
	r := t.get(s, key("empty"), key("neither"))
	if _, ok := r[0].Terms[owner]; !ok || len(r[0].Terms) != 1 {
		t.broken(r[0], "the empty term and no other", "Get of a record with the empty text as a term")
	}
	if len(r[1].Terms) != 0 {
		t.broken(r[1], "no term", "Get of a record without terms")
	}

	t.write(s, doc("both", version, `2`, nil), doc("neither", version, `2`, terms{state: "a"}))
	if got := ids(t.findAll(s, store.Query{Index: owner})); !slices.Equal(got, []string{"empty", "owner"}) {
		t.broken(got, []string{"empty", "owner"}, "Find by an index that a record has left")
	}
	if got := ids(t.findAll(s, store.Query{Index: state})); !slices.Equal(got, []string{"neither", "state"}) {
		t.broken(got, []string{"neither", "state"}, "Find by an index that one record has left and one has joined")
	}
}

// ordered fills a store with terms that several records share.
func (t *trial) ordered(s store.Store) []store.Record {
	t.Helper()
	all := pairs(hardTerms())
	for i, id := range hardTerms() {
		if id != "" {
			all = append(all, [2]string{id, []string{"same", "sam", "same\x01", "b"}[i*7%4]})
		}
	}
	// The term and the ID of these come to the same when joined.
	all = append(all, [2]string{"rs", "q"}, [2]string{"s", "qr"}, [2]string{"qrs", ""}, [2]string{"r", "q"}, [2]string{"ss", "q"}, [2]string{"sss", "q"})
	return t.fill(s, owner, all)
}

func checkFindOrder(t *trial) {
	s := t.open()
	records := t.ordered(s)
	for _, limit := range []int{0, 1, 2, 7, store.MaxLimit} {
		t.finds(s, store.Query{Index: owner, Limit: limit}, records)
		t.finds(s, store.Query{Index: owner, Prefix: "same", Limit: limit}, records)
	}
}

func checkFindReverse(t *trial) {
	s := t.open()
	records := t.ordered(s)
	for _, limit := range []int{0, 1, 2, 7, store.MaxLimit} {
		for _, q := range []store.Query{
			{Index: owner, Reverse: true, Limit: limit},
			{Index: owner, Prefix: "same", Reverse: true, Limit: limit},
			{Reverse: true, Limit: limit},
			{Index: owner, From: "a", To: "b", Reverse: true, Limit: limit},
		} {
			t.finds(s, q, records)
			forward := q
			forward.Reverse = false
			got, want := ids(t.findAll(s, q)), ids(t.findAll(s, forward))
			slices.Reverse(want)
			if !slices.Equal(got, want) {
				t.broken(got, want, "Find of %#v, compared with the same query the other way", q)
			}
		}
	}
}

func checkFindByID(t *trial) {
	s := t.open()
	var all [][2]string
	for i, id := range hardTerms() {
		if id != "" {
			all = append(all, [2]string{id, fmt.Sprintf("%03d", (i*31)%len(hardTerms()))})
		}
	}
	records := t.fill(s, state, all)
	for _, bound := range bounds() {
		for _, reverse := range []bool{false, true} {
			for _, q := range []store.Query{{Prefix: bound}, {From: bound}, {To: bound}, {From: "a", To: bound}, {Prefix: "a", From: bound}, {Prefix: bound, Limit: 2}} {
				q.Reverse = reverse
				if !t.finds(s, q, records) {
					return
				}
			}
		}
	}
	// Terms make no difference to it, and neither does another kind.
	t.write(s, doc("no-term", none, `1`, nil), store.Record{Key: note("no-doc"), Value: []byte(`1`)})
	if got := ids(t.findAll(s, store.Query{Prefix: "no-"})); !slices.Equal(got, []string{"no-term"}) {
		t.broken(got, []string{"no-term"}, "Find in the order of ID of a record that has no term")
	}
	if got := ids(t.findAll(s, store.Query{Kind: "note"})); !slices.Equal(got, []string{"no-doc"}) {
		t.broken(got, []string{"no-doc"}, "Find in the order of ID of a kind without indexes")
	}
	for _, r := range t.findAll(s, store.Query{Prefix: "a"}) {
		if want := t.get(s, r.Key)[0]; !sameRecord(r, want) {
			t.broken(r, want, "Find in the order of ID, compared with Get")
		}
	}
}

func checkFindMoment(t *trial) {
	byOwner, byID := store.Query{Index: owner}, store.Query{}
	t.patiently(func() {
		checkMoment(t, 200, 0, byOwner, byID, store.Query{Index: state, Reverse: true}, store.Query{Index: owner, Prefix: "a"})
	})
	t.patiently(func() { checkMoment(t, few, 550, byOwner, byID) }) // more than a store may read in one portion
}

// checkMoment finds records, of which each batch writes all, beside the writer.
// Between those that it writes there are others, in every order.
func checkMoment(t *trial, least, between int, queries ...store.Query) {
	t.Helper()
	const n = 10
	names := numbered("r", n)
	handles := t.handles(t.open())
	if between > 0 {
		b := t.batch()
		for _, id := range numbered("r00004-", between) {
			b.Puts = append(b.Puts, doc(id, none, `1`, terms{owner: "aa", state: "5"}))
		}
		t.commit(handles[0], b)
	}
	var commits traffic
	version := none
	// Each batch gives all records a new number, and moves all of them to the
	// other term; so a page shows all of them, of one version and in one term: that
	// which the number has.
	belonging := func(i int) terms {
		return terms{owner: []string{"a", "b"}[i%2], state: fmt.Sprintf("%d%06d", 4+i%2*2, 999_999-i)}
	}
	move := func(i int) error {
		b := t.batch()
		for _, id := range names {
			b.Puts = append(b.Puts, doc(id, version, strconv.Itoa(i), belonging(i)))
		}
		err := commits.commit(func() error { return handles[0].Commit(t.Context(), b) })
		version = store.Version(b.ID)
		return err
	}
	t.succeed("Commit", move(0), "Commit of %d records", n)
	actors := append(t.crowd(handles), actor{least: 60, round: func(i int) bool {
		return t.worked("Commit", move(i+1), "Commit of the only writer")
	}})
	for _, h := range handles {
		for _, q := range queries {
			q.Tenant, q.Kind, q.Limit = acme, "doc", store.MaxLimit
			reader := commits.reader(least, func(int) bool {
				page, err := h.Find(t.Context(), q)
				if !t.worked("Find", err, "Find of %#v beside a writer", q) {
					return false
				}
				moved := slices.DeleteFunc(slices.Clone(page.Records), func(r store.Record) bool { return strings.Contains(r.ID, "-") })
				// A page may be shorter than it must, and then there is a Next.
				some := page.Next != "" || (q.Prefix != "" && len(moved) == 0)
				if len(moved) != n && !some {
					return t.broken(moved, fmt.Sprintf("each of the %d records once", n), "Find of %#v while each batch moves all %d records", q, n)
				}
				if want := selected(q, moved); !slices.Equal(ids(moved), want) || len(slices.Compact(want)) != len(moved) {
					return t.broken(moved, "records that the query selects, each once and in its order", "Find of %#v while each batch moves all %d records", q, n)
				}
				for _, r := range moved {
					if first := moved[0]; r.Version != first.Version || !bytes.Equal(r.Value, first.Value) || r.Terms[owner] != first.Terms[owner] || r.Terms[state] != first.Terms[state] {
						return t.broken([]store.Record{first, r}, "records of one version, number and term", "Find of %#v while each batch moves all %d records", q, n)
					}
					if i, err := strconv.Atoi(string(r.Value)); err != nil || i < 0 || !maps.Equal(r.Terms, belonging(i)) {
						return t.broken(r, "a record with the terms that were written with its number", "Find of %#v while each batch moves all %d records", q, n)
					}
				}
				return true
			})
			if least == few {
				reader.enough = nil
			}
			actors = append(actors, reader)
		}
	}
	t.together(actors...)
}
