package storetest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// What follows is shown by "Writing a Store": how records and their places in
// the indexes are laid out as the keys of an ordered key-value store.

// path joins texts to a key. No text holds a NUL, so that NUL marks the end of
// each and sorts below all that a longer one goes on with.
func path(texts ...string) []byte {
	var key []byte
	for _, text := range texts {
		key = append(append(key, text...), 0)
	}
	return key
}

// place is the key of a record's place in an index. That in the empty index,
// where its ID is its term, is where the record itself is kept; under the others
// nothing is kept.
func place(tenant, kind, index string, at store.Position) []byte {
	return path(tenant, kind, index, at.Term, at.ID)
}

func recordAt(k store.Key) []byte {
	return place(k.Tenant, k.Kind, "", store.Position{Term: k.ID, ID: k.ID})
}

// bounds returns the keys of the places that a page of q is read from:
// begin <= key < end, from the end backwards if q is Reverse.
func bounds(q store.Query, after *store.Position) (begin, end []byte) {
	index := path(q.Tenant, q.Kind, q.Index)
	from, to, open := q.Range()
	begin = append(slices.Clone(index), from...)
	end = append(slices.Clone(index), to...)
	if open {
		end[len(index)-1]++ // above all keys that begin with index
	}
	switch {
	case after == nil:
	case q.Reverse:
		end = place(q.Tenant, q.Kind, q.Index, *after)
	default:
		begin = append(place(q.Tenant, q.Kind, q.Index, *after), 0) // the next key there can be
	}
	return begin, end
}

// row is what is kept of a record under its key. A json.RawMessage in place of
// the []byte would be rewritten; this one is kept as base64.
type row struct {
	Version store.Version
	Terms   map[string]string
	Value   []byte
}

// The order of the keys is the order of queries, and bounds hold what a query
// selects behind a cursor, and nothing else.
func TestKeysOfAnOrderedStore(t *testing.T) {
	t.Parallel()
	texts := []string{"", "\x01", " ", "!", "a", "a ", "a!", "a\x01", "aa", "ab", "b", "é", "e\u0301", "\U0010FFFF", "\U0010FFFFa", strings.Repeat("a", store.MaxText)}
	for _, index := range []string{"", "owner"} {
		var all []store.Position
		for _, term := range texts {
			for _, id := range texts[1:] {
				if index != "" {
					all = append(all, store.Position{Term: term, ID: id})
				}
			}
			if index == "" && term != "" {
				all = append(all, store.Position{Term: term, ID: term})
			}
		}
		checkBounds(t, index, texts, all)
	}
	ann := store.Key{Tenant: "t", Kind: "k", ID: "ann"}
	begin, end := bounds(store.Query{Tenant: "t", Kind: "k", Prefix: "a"}, nil)
	if at := recordAt(ann); bytes.Compare(begin, at) > 0 || bytes.Compare(at, end) >= 0 {
		t.Errorf("%v is not where a query by ID looks", ann)
	}

	want := row{Version: "v", Terms: map[string]string{"owner": ""}, Value: []byte(` {"a" : 1.0, "b":"<\u003c"} `)}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got row
	if err := json.Unmarshal(text, &got); err != nil || !bytes.Equal(got.Value, want.Value) || got.Version != want.Version || len(got.Terms) != 1 {
		t.Errorf("a row came back as %+v, error %v", got, err)
	}
}

func checkBounds(t *testing.T, index string, texts []string, all []store.Position) {
	t.Helper()
	for _, from := range texts {
		for _, to := range []string{"", "a", "b"} {
			for _, prefix := range []string{"", "a", "\U0010FFFF"} {
				for _, after := range []*store.Position{nil, &all[len(all)/2]} {
					for _, reverse := range []bool{false, true} {
						q := store.Query{Tenant: "t", Kind: "k", Index: index, From: from, To: to, Prefix: prefix, Reverse: reverse}
						if after != nil && !q.Selects(after.Term) {
							continue // no cursor of this query
						}
						begin, end := bounds(q, after)
						for _, at := range all {
							key := place(q.Tenant, q.Kind, q.Index, at)
							within := bytes.Compare(begin, key) <= 0 && bytes.Compare(key, end) < 0
							behind := after == nil || (!reverse && at.Compare(*after) > 0) || (reverse && at.Compare(*after) < 0)
							if within != (q.Selects(at.Term) && behind) {
								t.Fatal(fmt.Sprintf("%.20q of index %q", at, index), within, q, after)
							}
						}
						if other := place("t", "k", index+"_", all[0]); bytes.Compare(begin, other) <= 0 && bytes.Compare(other, end) < 0 {
							t.Fatal("a place of another index", q)
						}
					}
				}
			}
		}
	}
	slices.SortFunc(all, store.Position.Compare)
	for i, at := range all[1:] {
		if bytes.Compare(place("t", "k", index, all[i]), place("t", "k", index, at)) >= 0 {
			t.Fatalf("%.20q does not stand before %.20q", all[i], at)
		}
	}
}
