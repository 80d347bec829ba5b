package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

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
		given := slices.Clone(asked) // which the store may have turned over, too
		for i, r := range t.get(s, given...) {
			if r.Key != asked[i] || string(r.Value) != want(asked[i]) {
				t.fatal(r, fmt.Sprintf("%q with value %q", asked[i], want(asked[i])), "Get, %s, at place %d of %d", name, i, len(asked))
			}
		}
	}
}

func checkGetSnapshot(t *trial) {
	ids := numbered("k", 10)
	all := append(keys(ids...), note("k00000"))
	t.patiently(func() { checkSnapshot(t, 300, all, keys(ids[9], ids[0]), all) })

	// More keys than a store may read in one portion, with those that are written
	// at both ends.
	long := append(keys(ids[:5]...), keys(numbered("none", 1_100)...)...)
	long = append(append(long, note("k00000")), keys(ids[5:]...)...)
	t.patiently(func() { checkSnapshot(t, few, all, long) })
}

// few is how often what takes long is read at least: it meets a commit each time.
const few = 5

// checkSnapshot asks for lists of keys beside a writer, each of whose batches
// writes all records that there are.
func checkSnapshot(t *trial, least int, all []store.Key, lists ...[]store.Key) {
	t.Helper()
	handles := t.handles(t.open())
	var (
		version store.Version
		commits traffic
	)
	writer := actor{least: 60, round: func(i int) bool {
		// All records get the batch's name, and every third batch removes them.
		b := t.batch()
		for _, k := range all {
			if i%3 == 2 {
				b.Deletes = append(b.Deletes, store.Check{Key: k, Version: version})
			} else {
				b.Puts = append(b.Puts, store.Record{Key: k, Version: version, Value: []byte(strconv.Quote(b.ID))})
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
	actors := append(t.crowd(handles), writer)
	for _, h := range handles {
		for _, asked := range lists {
			reader := commits.reader(least, func(int) bool {
				records, err := h.Get(t.Context(), asked...)
				if err != nil || len(records) != len(asked) {
					return t.broken(fmt.Sprintf("%d records, error %v", len(records), err), "all records", "Get of %d keys beside a writer", len(asked))
				}
				for _, r := range records {
					if strings.HasPrefix(r.ID, "none") && !r.Exists() {
						continue
					}
					value := ""
					if r.Exists() {
						value = strconv.Quote(string(r.Version))
					}
					if r.Version != records[0].Version || string(r.Value) != value {
						return t.broken([]store.Record{records[0], r}, "records that one batch wrote, whose name is the version and value of all, or none",
							"Get of %d keys while each batch puts, or deletes, all records", len(asked))
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
