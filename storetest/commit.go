package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/store"
)

func checkCommitPut(t *trial) {
	s := t.open()
	handles := t.handles(s)
	for _, neighbour := range []string{"before", "s", "the record behind"} {
		t.write(s, doc(neighbour, none, `"neighbour"`, terms{owner: "one", state: "open"}))
	}
	version := none
	for i, step := range []struct {
		value string
		terms terms
	}{
		{`{"a":"a rather long value to begin with"}`, terms{owner: "one", state: "open"}},
		{`1`, terms{owner: "one", state: "closed"}},   // one term moves
		{`2`, terms{state: "closed"}},                 // one goes away
		{`[]`, terms{owner: "", state: "closed"}},     // the empty text is a term
		{`[]`, terms{owner: "closed", state: "open"}}, // both move
		{`null`, nil}, // both go away
		{`{}`, terms{}},
		{`"x"`, terms{owner: "one", state: "open"}},
	} {
		version = t.write(handles[i%len(handles)], doc("record", version, step.value, step.terms))
		want := doc("record", version, step.value, step.terms)
		for _, h := range handles {
			if got := t.get(h, key("record"))[0]; !sameRecord(got, want) {
				t.fatal(got, want, "Get after put number %d of the same record", i+1)
			}
			for _, index := range []string{"", owner, state} {
				var found []store.Record
				for _, r := range t.findMost(h, store.Query{Tenant: acme, Kind: "doc", Index: index}, 10) {
					if r.ID == "record" {
						found = append(found, r) // twice if an old term is left in the index
					}
				}
				_, has := step.terms[index]
				if index == "" {
					has = true
				}
				if has && (len(found) != 1 || !sameRecord(found[0], want)) {
					t.fatal(found, want, "Find by index %q after put number %d of the same record", index, i+1)
				}
				if !has && len(found) != 0 {
					t.fatal(found, "no record, for it has no term in that index any more", "Find by index %q after put number %d", index, i+1)
				}
				if has && index != "" {
					term := step.terms[index]
					exactly := t.findAll(h, store.Query{Index: index, From: term, To: term + "\x01"})
					if !slices.Contains(ids(exactly), "record") {
						t.fatal(exactly, want, "Find by index %q of the term %q after put number %d", index, term, i+1)
					}
				}
			}
		}
	}
	if got := len(t.findAll(s, store.Query{Index: owner, Prefix: "one"})); got != 4 {
		t.fatal(got, 4, "counting the neighbours and the record in index %q at the end", owner)
	}
}

// sameRecord compares records; no terms and an empty map are the same.
func sameRecord(a, b store.Record) bool {
	if a.Key != b.Key || a.Version != b.Version || !bytes.Equal(a.Value, b.Value) || len(a.Terms) != len(b.Terms) {
		return false
	}
	for index, term := range a.Terms {
		if other, ok := b.Terms[index]; !ok || other != term {
			return false
		}
	}
	return true
}

func checkCommitDelete(t *trial) {
	s := t.open()
	handles := t.handles(s)
	full := terms{owner: "o", state: "s"}
	version := t.write(s, doc("a", none, `1`, full), doc("b", none, `2`, full), doc("bb", none, `3`, full), store.Record{Key: note("b"), Value: []byte(`4`)})
	elsewhere := t.batch(store.Record{Key: store.Key{Tenant: "other", Kind: "doc", ID: "b"}, Value: []byte(`5`)})
	elsewhere.Tenant = "other"
	t.commit(s, elsewhere)
	for round := range 3 { // deleted and created again, again and again
		b := t.batch()
		b.Deletes = []store.Check{{Key: key("b"), Version: version}}
		t.commit(handles[round%len(handles)], b)
		for _, h := range handles {
			if r := t.get(h, key("b"))[0]; r.Exists() || len(r.Value) != 0 || len(r.Terms) != 0 {
				t.fatal(r, "no record", "Get after a delete")
			}
			for i, r := range t.get(h, key("a"), key("bb"), note("b"), elsewhere.Puts[0].Key) {
				if want := []string{"1", "3", "4", "5"}[i]; string(r.Value) != want {
					t.fatal(r, "the record, with value "+want, "Get of another record after a delete of %q", "b")
				}
			}
			for _, index := range []string{"", owner, state} {
				if got := ids(t.findAll(h, store.Query{Index: index})); !slices.Equal(got, []string{"a", "bb"}) {
					t.fatal(got, []string{"a", "bb"}, "Find by index %q after a delete of %q", index, "b")
				}
			}
		}
		b = t.batch()
		b.Deletes = []store.Check{{Key: key("b"), Version: version}}
		t.conflict(s.Commit(t.Context(), b), key("b"), version, "Commit with a second delete of the same record")
		version = t.write(s, doc("b", none, strconv.Itoa(round), terms{owner: "again"}))
		if got := t.findAll(s, store.Query{Index: state}); len(got) != 2 {
			t.fatal(got, "the two neighbours", "Find by an index in which the record, created again, has no term")
		}
	}

	// One after the other, of IDs that stand for others in a pattern, begin like
	// them, or look alike: those that are left stay as they are.
	left := []string{"%", "_", "*", "x", "X", "x%", "xx", "x_", "x ", "x/", "x/y", "x\x01", "\U0010ffff"}
	b := t.batch()
	for _, id := range left {
		b.Puts = append(b.Puts, doc(id, none, `1`, terms{owner: "many"}))
	}
	version = t.commit(s, b)
	for len(left) > 1 {
		b := t.batch()
		b.Deletes = []store.Check{{Key: key(left[0]), Version: version}}
		t.commit(s, b)
		for _, r := range t.get(s, keys(left...)...) {
			if r.Exists() == (r.ID == left[0]) {
				t.fatal(r, "all records but the one that was deleted", "Get after a delete of %q", left[0])
			}
		}
		left = left[1:]
		found := ids(t.findAll(s, store.Query{Index: owner, Prefix: "many"}))
		if !slices.Equal(found, slices.Sorted(slices.Values(left))) {
			t.fatal(found, left, "Find of what is left after deletes one by one")
		}
	}
}

func checkCommitVersion(t *trial) {
	s := t.open()
	handles := t.handles(s)
	version := none
	for _, id := range []string{
		"1", "01", "a", "A", "a ", "e\u0301", "\u00e9", "'; DROP TABLE records; --", "\U0010ffff", strings.Repeat("v", store.MaxText), "\x01", "null",
	} {
		b := t.batch(doc("a", version, `"the same"`, terms{owner: "o", state: "s"}))
		b.ID = id
		if version == none {
			b.Puts = append(b.Puts, doc("bystander", none, `1`, terms{owner: "p"}))
		} else {
			b.Checks = []store.Check{{Key: key("bystander"), Version: "1"}} // a check writes nothing
		}
		version = t.commit(s, b)
		for _, h := range handles {
			got := t.get(h, key("a"), key("bystander"))
			if got[0].Version != store.Version(id) {
				t.fatal(got[0].Version, id, "Get of a record that batch %q put", id)
			}
			if got[1].Version != "1" {
				t.fatal(got[1].Version, "1", "Get of a record that the last batch only checked")
			}
			for _, index := range []string{"", owner, state} {
				found := t.findAll(h, store.Query{Index: index}) // the record sorts before the bystander
				if len(found) == 0 || found[0].Key != key("a") || found[0].Version != store.Version(id) {
					t.fatal(found, fmt.Sprintf("first the record, at version %q", id), "Find by index %q of a record that batch %q put", index, id)
				}
			}
		}
	}
}
