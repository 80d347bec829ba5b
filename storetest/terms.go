package storetest

import (
	"slices"

	"github.com/engage-interactions/engage/store"
)

// checkPutTerms writes through a handle that has prepared fewer indexes than the
// one that reads, as a process does that runs an older version of its program.
// It cannot know the terms of the others, and what they said need not be true of
// the new value.
func checkPutTerms(t *trial) {
	s := t.open()
	full := terms{owner: "o", state: "s"}
	version := t.write(s, doc("kept", none, `1`, full), doc("put", none, `1`, full), doc("bare", none, `1`, full), doc("deleted", none, `1`, full))
	fewer := t.peerBare(s)
	t.prepare(fewer, store.Kind{Name: "doc", Indexes: []string{state}})

	b := t.batch(doc("put", version, `2`, terms{state: "s"}), doc("bare", version, `2`, nil), doc("fresh", none, `2`, terms{state: "s"}))
	b.Deletes = []store.Check{{Key: key("deleted"), Version: version}}
	version = t.commit(fewer, b)
	want := map[string]terms{"kept": full, "put": {state: "s"}, "bare": nil, "fresh": {state: "s"}}
	t.carries(t.handles(s), want, "after another handle, which has prepared the index %q only, put some of the records", state)

	// What is lost stays lost: it does not wait for its index to be prepared.
	t.prepare(fewer, kinds()...)
	t.carries([]store.Store{s, fewer}, want, "after that handle has prepared %q too", owner)
	s = t.reopen(s)
	t.carries(t.handles(s), want, "after that, and opening the store again if the harness can")

	t.write(s, doc("put", version, `3`, full), doc("bare", version, `3`, terms{owner: "p"}))
	want["put"], want["bare"] = full, terms{owner: "p"}
	t.carries(t.handles(s), want, "after a handle that has prepared both indexes put the records once more")
}

// carries reports records of the usual kind that Get or Find shows with other
// terms, or in other indexes, than they should have.
func (t *trial) carries(handles []store.Store, want map[string]terms, when string, args ...any) {
	t.Helper()
	for _, h := range handles {
		for id, terms := range want {
			r := t.get(h, key(id))[0]
			expected := r
			expected.Terms = terms
			if !r.Exists() || !sameRecord(r, expected) {
				t.broken(r, expected, "Get "+when, args...)
			}
		}
		for _, index := range []string{owner, state} {
			var in []string
			for id, terms := range want {
				if _, ok := terms[index]; ok {
					in = append(in, id)
				}
			}
			slices.Sort(in)
			found := t.findAll(h, store.Query{Index: index})
			got := ids(found)
			slices.Sort(got) // their terms may differ
			if !slices.Equal(got, in) {
				t.broken(got, in, "Find by "+index+" "+when, args...)
			}
		}
	}
}
