package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

func checkPrepareRequired(t *trial) {
	s := t.openBare()
	t.unprepared(s, "doc", "before any Prepare")
	t.prepare(s, store.Kind{Name: "note"}, store.Kind{Name: "doc2"}, store.Kind{Name: "do"})
	t.unprepared(s, "doc", "after Prepare of other kinds")

	t.prepare(s, store.Kind{Name: "doc", Indexes: []string{owner}})
	for _, index := range []string{state, "owners", "owne", "OWNER", "id", "value", "version"} {
		_, err := s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: index})
		t.invalid(err, "Find by the unprepared index %q", index)
		t.invalid(s.Commit(t.Context(), t.batch(doc("a", none, `1`, terms{owner: "x", index: "y"}))),
			"Commit of a record with a term in the unprepared index %q", index)
	}
	version := t.write(s, doc("a", none, `1`, terms{owner: "x"}))
	if r := t.get(s, key("a"))[0]; r.Version != version {
		t.fatal(r, "the record, once its kind is prepared", "Get after Prepare, Commit")
	}

	if t.harness.Peer != nil {
		p := t.peerBare(s)
		t.unprepared(p, "doc", "on a second handle that has not prepared it, though the first has")
		t.prepare(p, store.Kind{Name: "doc"})
		_, err := p.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner})
		t.invalid(err, "Find on a second handle by an index that only the first has prepared")
		if r := t.get(p, key("a"))[0]; r.Version != version {
			t.fatal(r, "the record, once its kind is prepared", "Get on the second handle after its own Prepare")
		}
	}
}

// unprepared reports any use of a kind that is not refused.
func (t *trial) unprepared(s store.Store, kind, when string) {
	t.Helper()
	k := store.Key{Tenant: acme, Kind: kind, ID: "a"}
	_, err := s.Get(t.Context(), k)
	t.invalid(err, "Get of kind %q %s", kind, when)
	_, err = s.Find(t.Context(), store.Query{Tenant: acme, Kind: kind})
	t.invalid(err, "Find of kind %q %s", kind, when)
	b := t.batch(store.Record{Key: k, Value: []byte(`1`)})
	t.invalid(s.Commit(t.Context(), b), "Commit with a put of kind %q %s", kind, when)
	b = t.batch()
	b.Deletes = []store.Check{{Key: k, Version: "v"}}
	t.invalid(s.Commit(t.Context(), b), "Commit with a delete of kind %q %s", kind, when)
	b = t.batch(store.Record{Key: store.Key{Tenant: acme, Kind: "note", ID: "a"}, Value: []byte(`1`)})
	b.Checks = []store.Check{{Key: k}}
	t.invalid(s.Commit(t.Context(), b), "Commit with a check of kind %q %s", kind, when)
}

func checkPrepareIdempotent(t *trial) {
	s := t.open()
	b := t.batch(doc("a", none, `1`, terms{owner: "x", state: ""}), doc("b", none, `2`, terms{state: "y"}),
		store.Record{Key: note("n"), Value: []byte(`3`)})
	b.Events = []store.Event{event("e1"), event("e2")}
	t.commit(s, b)
	before := t.dump(s)

	again := func(s store.Store, how string, kinds ...store.Kind) {
		t.Helper()
		for range 3 {
			t.prepare(s, kinds...)
		}
		t.same(before, t.dump(s), "Prepare again, %s", how)
	}
	for _, s := range t.handles(s) {
		again(s, "with no kinds at all")
		again(s, "with the same kinds", kinds()...)
		again(s, "with a kind twice in one call", kinds()[0], kinds()[0])
		again(s, "with the indexes the other way round", store.Kind{Name: "doc", Indexes: []string{state, owner}})
	}
	again(t.reopen(s), "after the store was opened again", kinds()...)
}

func checkPrepareAdditive(t *trial) {
	s := t.openBare()
	t.prepare(s, store.Kind{Name: "doc", Indexes: []string{state}})
	version := t.write(s, doc("old", none, `1`, terms{state: "open"}))
	if t.harness.Reopen != nil {
		s = t.reopenBare(s)
		t.prepare(s, store.Kind{Name: "doc", Indexes: []string{state}})
	}

	// The new index sorts before the known one, and is named without it.
	t.prepare(s, store.Kind{Name: "doc", Indexes: []string{owner}})
	t.prepare(s, store.Kind{Name: "doc"})
	by := func(index string) []string {
		t.Helper()
		q := store.Query{Tenant: acme, Kind: "doc", Index: index}
		if _, err := s.Find(t.Context(), q); err != nil {
			t.fatal(err, "no error", "Find by the index %q, after Prepare of %q and later of %q", index, state, owner)
		}
		return ids(t.findAll(s, q))
	}

	r := t.get(s, key("old"))[0]
	if r.Version != version || string(r.Value) != `1` || len(r.Terms) != 1 || r.Terms[state] != "open" {
		t.fatal(r, "the record as it was written", "Get of a record that is older than the index %q", owner)
	}
	if got := by(state); !slices.Equal(got, []string{"old"}) {
		t.fatal(got, []string{"old"}, "Find by the index that was prepared first, after Prepare of another one")
	}
	if got := by(owner); len(got) != 0 {
		t.fatal(got, "no record", "Find by a new index, when all records are older")
	}

	t.write(s, doc("new", none, `2`, terms{owner: "b"}))
	t.write(s, doc("old", version, `3`, terms{owner: "a", state: "open"}))
	if got := by(owner); !slices.Equal(got, []string{"old", "new"}) {
		t.fatal(got, []string{"old", "new"}, "Find by a new index, after an old record was put again with a term in it")
	}
	if got := by(state); !slices.Equal(got, []string{"old"}) {
		t.fatal(got, []string{"old"}, "Find by the older index, after the record was put again")
	}

	if t.harness.Peer != nil { // a handle that was written before the new index
		p := t.peerBare(s)
		t.prepare(p, store.Kind{Name: "doc", Indexes: []string{state}})
		r := t.get(p, key("old"))[0]
		if len(r.Terms) != 1 || r.Terms[state] != "open" {
			t.fatal(r, "the terms of the indexes that this handle has prepared", "Get on a second handle that has prepared %q only", state)
		}
		if found := t.findAll(p, store.Query{Index: state}); len(found) != 1 || len(found[0].Terms) != 1 || found[0].Terms[state] != "open" {
			t.fatal(found, "one record with the terms of the indexes that this handle has prepared", "Find on a second handle that has prepared %q only", state)
		}
		if got := by(owner); !slices.Equal(got, []string{"old", "new"}) {
			t.fatal(got, []string{"old", "new"}, "Find by an index after another handle prepared the kind without it")
		}
	}
}

func ids(records []store.Record) []string {
	all := make([]string, len(records))
	for i, r := range records {
		all[i] = r.ID
	}
	return all
}

func checkPrepareConcurrent(t *trial) {
	t.patiently(func() { checkPrepareAtOnce(t) })
}

// checkPrepareAtOnce prepares kinds through several handles at the same moment,
// some of which they share, and uses all of them.
func checkPrepareAtOnce(t *trial) {
	t.Helper()
	s := t.open()
	handles := []store.Store{s, s}
	if t.harness.Peer != nil {
		handles = append(handles, t.peerBare(s), t.peerBare(s))
	}
	overlapping := func(round, h int) []store.Kind {
		kinds := []store.Kind{
			{Name: fmt.Sprintf("common%d", round), Indexes: []string{"first", "second"}},
			{Name: fmt.Sprintf("growing%d", round), Indexes: []string{"all", "i" + strconv.Itoa(h)}},
			{Name: fmt.Sprintf("own%d_%d", round, h), Indexes: []string{"x"}},
		}
		if h%2 == 1 { // so that two who take locks in the order of kinds meet head on
			slices.Reverse(kinds)
		}
		return kinds
	}
	t.together(append(t.crowd([]store.Store{s}), actor{least: 4, round: func(round int) bool {
		var failed atomic.Bool
		t.atOnce(len(handles)+1, func(h int) {
			if h < len(handles) {
				if !t.worked("Prepare", handles[h].Prepare(t.Context(), overlapping(round, h)...), "Prepare on %d handles at the same time", len(handles)) {
					failed.Store(true)
				}
				return
			}
			// Somebody works in a kind that is there already.
			if err := s.Commit(t.Context(), t.batch(doc("d"+strconv.Itoa(round), none, `1`, terms{owner: "x"}))); err != nil {
				t.broken(err, "no error", "Commit while several handles prepare")
				failed.Store(true)
			}
		})
		for h, s := range handles {
			if failed.Load() || !t.usable(s, strconv.Itoa(h), overlapping(round, h)) {
				return false
			}
		}
		return true
	}})...)
}

// usable puts a record of each kind, and reports one that its indexes do not
// show.
func (t *trial) usable(s store.Store, id string, kinds []store.Kind) bool {
	b := t.batch()
	for _, kind := range kinds {
		r := store.Record{Key: store.Key{Tenant: acme, Kind: kind.Name, ID: id}, Value: []byte(`1`), Terms: terms{}}
		for _, index := range kind.Indexes {
			r.Terms[index] = "term of " + id
		}
		b.Puts = append(b.Puts, r)
	}
	if err := s.Commit(t.Context(), b); err != nil {
		return t.broken(err, "no error", "Commit of records of kinds that were prepared on several handles at the same time")
	}
	for _, kind := range kinds {
		for _, index := range kind.Indexes {
			page, err := s.Find(t.Context(), store.Query{Tenant: acme, Kind: kind.Name, Index: index, Prefix: "term of " + id})
			if err != nil || !slices.Equal(ids(page.Records), []string{id}) {
				return t.broken(fmt.Sprintf("%v, error %v", show(page.Records), err), fmt.Sprintf("the record %q", id),
					"Find by %s of %s, both prepared on several handles at the same time", index, kind.Name)
			}
		}
	}
	return true
}

func checkPrepareInvalid(t *trial) {
	s := t.openBare()
	bad := []string{
		"", "A", "Doc", "dOc", "1a", "_a", "a-b", "a b", " a", "a ", "a.b", "ä", "aä", "a\x00", "a\n", `a"`, "a'", "a;", "a%", "a\xff",
		strings.Repeat("a", 41),
	}
	refused := func(what string, kinds ...store.Kind) {
		t.Helper()
		t.invalid(s.Prepare(t.Context(), kinds...), "Prepare with %s", what)
		t.unprepared(s, "good", "after a Prepare that was refused because of "+what)
	}
	good := store.Kind{Name: "good", Indexes: []string{"fine"}}
	for _, name := range bad {
		refused(fmt.Sprintf("a kind called %q", name), good, store.Kind{Name: name})
		refused(fmt.Sprintf("an index called %q", name), good, store.Kind{Name: "other", Indexes: []string{"fine", name}})
		refused(fmt.Sprintf("an index called %q in the same kind", name), store.Kind{Name: "good", Indexes: []string{"fine", name}})
	}
	refused("an index named twice", good, store.Kind{Name: "other", Indexes: []string{"a", "b", "a"}})

	// What is known already stays as it is when more is refused.
	t.prepare(s, good)
	t.invalid(s.Prepare(t.Context(), store.Kind{Name: "good", Indexes: []string{"more"}}, store.Kind{Name: "B"}), "Prepare with a kind called %q", "B")
	_, err := s.Find(t.Context(), store.Query{Tenant: acme, Kind: "good", Index: "more"})
	t.invalid(err, "Find by an index whose Prepare was refused")
	t.write(s, store.Record{Key: store.Key{Tenant: acme, Kind: "good", ID: "a"}, Value: []byte(`1`), Terms: terms{"fine": "x"}})
}
