package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage/store"
)

func checkGetOrder(t *trial) {
	s := t.open()
	if records, err := s.Get(t.Context()); err != nil || len(records) != 0 {
		t.fatal(fmt.Sprintf("%d records, error %v", len(records), err), "no record and no error", "Get without keys")
	}

	// Many keys, so that a store that reads them in portions has to join them.
	const n = 1200
	ids := numbered("k", n)
	var puts []store.Record
	for i, id := range ids {
		if i%5 != 0 { // every fifth stays absent
			puts = append(puts, doc(id, none, strconv.Itoa(i), nil))
		}
	}
	puts = append(puts,
		store.Record{Key: note("k00001"), Value: []byte(`"a note"`)})
	t.write(s, puts...)
	other := t.batch(store.Record{Key: store.Key{Tenant: "other", Kind: "doc", ID: "k00001"}, Value: []byte(`"another tenant"`)})
	other.Tenant = "other"
	t.commit(s, other)

	want := func(k store.Key) string {
		var i int
		_, _ = fmt.Sscanf(k.ID, "k%d", &i)
		switch {
		case k.Kind == "note":
			return `"a note"`
		case k.Tenant == "other":
			return `"another tenant"`
		case i%5 == 0:
			return ""
		default:
			return strconv.Itoa(i)
		}
	}
	var scattered []store.Key // every key once, in an order that is neither up nor down
	for i := range n {
		scattered = append(scattered, key(ids[i*7%n]))
	}
	backwards := keys(ids...)
	slices.Reverse(backwards)
	for name, asked := range map[string][]store.Key{
		"one key":                 keys("k00003"),
		"in order":                keys(ids...),
		"backwards":               backwards,
		"scattered":               scattered,
		"the same key twice":      keys("k00002", "k00001", "k00002", "k00000", "k00000", "k00001"),
		"one key only, ten times": keys(slices.Repeat([]string{"k00007"}, 10)...),
		"several kinds, tenants": {
			note("k00001"), key("k00001"), {Tenant: "other", Kind: "doc", ID: "k00001"}, note("k00001"), key("k00002"), key("k00001"),
		},
	} {
		for i, r := range t.get(s, asked...) {
			if r.Key != asked[i] || string(r.Value) != want(asked[i]) {
				t.fatal(r, fmt.Sprintf("%q with value %q", asked[i], want(asked[i])), "Get, %s, at place %d of %d", name, i, len(asked))
			}
		}
	}
}

func checkGetSnapshot(t *trial) {
	s := t.open()
	ids := numbered("k", 10)
	pair := []store.Key{key(ids[9]), key(ids[0])}
	all := keys(ids...)
	all = append(all, note("k00000"))

	handles := t.handles(s)
	var (
		version store.Version
		commits traffic
	)
	writer := actor{least: 60, round: func(i int) bool {
		// All records get the same number, and every third batch removes them.
		b := t.batch()
		for _, k := range all {
			if i%3 == 2 {
				b.Deletes = append(b.Deletes, store.Check{Key: k, Version: version})
			} else {
				b.Puts = append(b.Puts, store.Record{Key: k, Version: version, Value: []byte(strconv.Itoa(i))})
			}
		}
		err := commits.commit(func() error { return handles[0].Commit(t.Context(), b) })
		if !t.worked("Commit", err, "Commit of the only writer") {
			return false
		}
		version = store.Version(b.ID)
		if i%3 == 2 {
			version = none
		}
		return true
	}}
	actors := []actor{writer}
	for _, h := range handles {
		for _, asked := range [][]store.Key{pair, all} {
			actors = append(actors, commits.reader(300, func(int) bool {
				records, err := h.Get(t.Context(), asked...)
				if err != nil || len(records) != len(asked) {
					return t.broken(fmt.Sprintf("%d records, error %v", len(records), err), "all records", "Get of %d keys beside a writer", len(asked))
				}
				for _, r := range records {
					if r.Version != records[0].Version || !bytes.Equal(r.Value, records[0].Value) {
						return t.broken(records, "records that one batch wrote, all of the same version and number",
							"Get of %d keys while each batch puts, or deletes, all of them", len(asked))
					}
				}
				return true
			}))
		}
	}
	t.together(actors...)
}

func checkGetAbsent(t *trial) {
	s := t.open()
	version := t.write(s, doc("deleted", none, `1`, terms{owner: "o", state: "s"}), doc("there", none, `2`, terms{owner: "o"}))
	b := t.batch()
	b.Deletes = []store.Check{{Key: key("deleted"), Version: version}}
	t.commit(s, b)

	absent := []store.Key{
		key("never"), key("deleted"), key("her"), key("there "), key("THERE"), note("there"),
		{Tenant: "other", Kind: "doc", ID: "there"},
		{Tenant: "never heard of", Kind: "note", ID: "x"},
	}
	for _, h := range t.handles(s) {
		for i, r := range t.get(h, append(absent, key("there"))...) {
			if i == len(absent) {
				if !r.Exists() || string(r.Value) != `2` {
					t.fatal(r, "the record that exists", "Get of one record behind absent ones")
				}
				continue
			}
			if r.Key != absent[i] || r.Exists() || len(r.Terms) != 0 || len(r.Value) != 0 {
				t.fatal(r, fmt.Sprintf("%q and nothing else", absent[i]), "Get of a record that does not exist")
			}
		}
	}
}
