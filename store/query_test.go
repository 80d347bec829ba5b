package store_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
)

// TestRangeIsWhatIsSelected: a term is in the range of a query exactly if the
// query selects it.
func TestRangeIsWhatIsSelected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		q := store.Query{Prefix: text().Draw(rt, "prefix"), From: text().Draw(rt, "from"), To: text().Draw(rt, "to")}
		from, to, open := q.Range()
		for _, base := range []string{"", q.Prefix, q.From, q.To, to} {
			term := base + text().Draw(rt, "term")
			if in := from <= term && (open || term < to); in != q.Selects(term) {
				rt.Fatalf("%+v: range %q to %q, open %v; it selects %q: %v", q, from, to, open, term, q.Selects(term))
			}
		}
	})
}

func TestPositionsAreOrderedByTermThenID(t *testing.T) {
	t.Parallel()
	in := []store.Position{{}, {ID: "b"}, {Term: "a"}, {Term: "a", ID: "a"}, {Term: "a", ID: "b"}, {Term: "b", ID: "a"}}
	for i, p := range in {
		for j, other := range in {
			if got := p.Compare(other); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%+v and %+v: %d", p, other, got)
			}
		}
	}
}

func TestTermOfARecord(t *testing.T) {
	t.Parallel()
	r := store.Record{Key: store.Key{ID: "1"}, Terms: map[string]string{"author": ""}}
	for index, want := range map[string]bool{"": true, "author": true, "topic": false} {
		if _, ok := (store.Query{Index: index}).Term(r); ok != want {
			t.Errorf("index %q: %v", index, ok)
		}
	}
}
