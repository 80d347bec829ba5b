package storetest

import (
	"fmt"
	"maps"
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

// checkReadTerms reads through handles that have prepared some of the indexes, and
// then more of them.
func checkReadTerms(t *trial) {
	s := t.openBare()
	t.prepare(s, store.Kind{Name: "doc", Indexes: []string{owner, state, "third"}})
	all := map[string]terms{
		"all": {owner: "o", state: "s", "third": "t"}, "two": {owner: "s", state: "o"}, "one": {state: "s"}, "empty": {owner: "", state: "x"}, "none": nil,
	}
	b := t.batch()
	for id, terms := range all {
		b.Puts = append(b.Puts, doc(id, none, `1`, terms))
	}
	t.commit(s, b)
	t.reads(s, all, []string{owner, state, "third"}, "on the handle that put the records")

	// Without a second handle or a restart, there is nothing that knows less.
	for _, place := range []struct {
		what string
		of   func(store.Store) store.Store
		with bool
	}{
		{"on another handle", t.peerBare, t.harness.Peer != nil},
		{"after opening the store again", t.reopenBare, t.harness.Reopen != nil},
	} {
		if !place.with {
			continue
		}
		h := place.of(s)
		t.prepare(h, store.Kind{Name: "doc"})
		t.reads(h, all, nil, place.what+", which has prepared no index")
		t.prepare(h, store.Kind{Name: "doc", Indexes: []string{state}})
		t.reads(h, all, []string{state}, place.what+", which has prepared one index")
		t.prepare(h, store.Kind{Name: "doc", Indexes: []string{"fourth"}})
		t.reads(h, all, []string{state, "fourth"}, place.what+", which has prepared another index, too, in which nothing is")
		t.prepare(h, store.Kind{Name: "doc", Indexes: []string{owner, "third"}})
		t.reads(h, all, []string{owner, state, "third", "fourth"}, place.what+", which has prepared all indexes in the end")
	}
}

// reads reports records of the usual kind that Get or Find shows with other terms
// than those they were put with in the indexes that the handle has prepared.
func (t *trial) reads(s store.Store, put map[string]terms, prepared []string, when string) {
	t.Helper()
	want := func(id string) terms {
		shown := maps.Clone(put[id])
		maps.DeleteFunc(shown, func(index, _ string) bool { return !slices.Contains(prepared, index) })
		return shown
	}
	for id := range put {
		if r := t.get(s, key(id))[0]; !r.Exists() || !maps.Equal(r.Terms, want(id)) {
			t.broken(r, fmt.Sprintf("the terms %q", want(id)), "Get %s", when)
		}
	}
	for _, index := range append([]string{""}, prepared...) {
		for _, r := range t.findAll(s, store.Query{Index: index}) {
			if !maps.Equal(r.Terms, want(r.ID)) {
				t.broken(r, fmt.Sprintf("the terms %q", want(r.ID)), "Find by index %q %s", index, when)
			}
		}
	}
}

// checkBytesTerms gives records terms that look alike, and finds each by its own.
func checkBytesTerms(t *trial) {
	s := t.open()
	texts := append(hardTexts(), "")
	names := numbered("r", len(texts))
	put := func(version store.Version, shift int) store.Version {
		t.Helper()
		b := t.batch()
		for i, id := range names {
			b.Puts = append(b.Puts, doc(id, version, `1`, terms{owner: texts[(i+shift)%len(texts)], state: texts[(i+shift+1)%len(texts)]}))
		}
		return t.allows(s, b, "records whose terms are texts")
	}
	look := func(handles []store.Store, shift int) {
		t.Helper()
		for _, h := range handles {
			for i, r := range t.get(h, keys(names...)...) {
				if want := texts[(i+shift)%len(texts)]; r.Terms[owner] != want || r.Terms[state] != texts[(i+shift+1)%len(texts)] {
					t.broken(r, fmt.Sprintf("the term %q", want), "Get of one of %d records with terms that look alike", len(texts))
				}
			}
			for more, index := range []string{owner, state} {
				for _, q := range []store.Query{{}, {Reverse: true}, {Limit: 1, Reverse: index == state}} {
					q.Index = index
					want := slices.Sorted(slices.Values(texts))
					if q.Reverse {
						slices.Reverse(want)
					}
					var got []string
					for _, r := range t.findAll(h, q) {
						at := r.Terms[index]
						got = append(got, at)
						if id := names[(slices.Index(texts, at)-shift-more+2*len(texts))%len(texts)]; r.ID != id {
							t.broken(r, fmt.Sprintf("the term %q with the record %q", at, id), "Find by index %q of terms that look alike", index)
						}
					}
					if !slices.Equal(got, want) {
						gotFrom, wantFrom := apart(got, want)
						t.broken("terms: "+gotFrom, "terms: "+wantFrom, "Find by index %q, reverse %v, limit %d, of terms that look alike", index, q.Reverse, q.Limit)
					}
				}
			}
		}
	}
	version := put(none, 0)
	look([]store.Store{s}, 0)
	put(version, 1) // each gets another that looks like it
	s = t.reopen(s)
	look(t.handles(s), 1)
	for i, text := range texts {
		if text == "" || len(text) == store.MaxText {
			continue // there is no text right behind it
		}
		q := store.Query{Index: owner, From: text, To: text + "\x01"}
		if got, want := ids(t.findAll(s, q)), names[(i-1+len(texts))%len(texts)]; !slices.Equal(got, []string{want}) {
			t.broken(got, []string{want}, "Find of the term %.20q alone, of many that look alike", text)
		}
	}

	for _, text := range badTexts() {
		b := t.batch(doc("bad", none, `1`, terms{owner: text}))
		t.invalid(s.Commit(t.Context(), b), "Commit of a record with the term %.20q", text)
		for field, q := range map[string]store.Query{"Prefix": {Prefix: text}, "From": {From: text}, "To": {To: text}} {
			q.Tenant, q.Kind, q.Index = acme, "doc", owner
			_, err := s.Find(t.Context(), q)
			t.invalid(err, "Find with the text %.20q for %s", text, field)
		}
	}
}
