package store_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
)

var note = store.Kind{Name: "note", Indexes: []string{"author", "topic"}}

func catalog(tb testing.TB) *store.Catalog {
	tb.Helper()
	var c store.Catalog
	if err := c.Add(note, store.Kind{Name: "memo", Indexes: []string{"author"}}); err != nil {
		tb.Fatal(err)
	}
	return &c
}

// text draws a text of the contract.
func text() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.RuneFrom([]rune{1, 2, 'a', 'b', 'z', 0x7F, 'é', 0xD7FF, 0xE000, 0x10FFFF}), 0, 6, -1)
}

func TestCursorPointsWhereItWasMade(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	rapid.Check(t, func(rt *rapid.T) {
		q := store.Query{
			Tenant: "t" + text().Draw(rt, "tenant"), Kind: "note",
			Index:  rapid.SampledFrom([]string{"", "author", "topic"}).Draw(rt, "index"),
			Prefix: text().Draw(rt, "prefix"), From: text().Draw(rt, "from"), To: text().Draw(rt, "to"),
			Reverse: rapid.Bool().Draw(rt, "reverse"), Limit: rapid.IntRange(0, store.MaxLimit).Draw(rt, "limit"),
		}
		last := store.Position{Term: text().Draw(rt, "term"), ID: text().Draw(rt, "id")}
		q.Cursor = store.EncodeCursor(q, last)
		q.Limit = 7 // may change from page to page
		got, at, err := c.Query(q)
		if err != nil || at == nil || *at != last || got.Limit != 7 {
			rt.Fatalf("%+v: %+v, %v; want %+v", q, at, err, last)
		}
	})
}

func TestCursorOfAnotherQueryIsRefused(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	q := store.Query{Tenant: "acme", Kind: "note", Index: "author", Prefix: "p", From: "pa", To: "pz"}
	cursor := store.EncodeCursor(q, store.Position{Term: "pm", ID: "1"})
	for name, change := range map[string]func(*store.Query){
		"tenant":  func(q *store.Query) { q.Tenant = "umbrella" },
		"kind":    func(q *store.Query) { q.Kind = "memo" },
		"index":   func(q *store.Query) { q.Index = "topic" },
		"by id":   func(q *store.Query) { q.Index = "" },
		"prefix":  func(q *store.Query) { q.Prefix = "" },
		"from":    func(q *store.Query) { q.From = "" },
		"to":      func(q *store.Query) { q.To = "" },
		"shifted": func(q *store.Query) { q.Prefix, q.From = "ppa", "" },
		"swapped": func(q *store.Query) { q.From, q.To = q.To, q.From },
		"reverse": func(q *store.Query) { q.Reverse = true },
	} {
		other := q
		change(&other)
		other.Cursor = cursor
		if _, _, err := c.Query(other); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func TestDamagedCursorIsRefused(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	q := store.Query{Tenant: "acme", Kind: "note", Index: "author"}
	for _, last := range []store.Position{{Term: "ann", ID: "note 1"}, {}, {ID: "1"}, {Term: "ünï"}} {
		good := store.EncodeCursor(q, last)
		refused := func(cursor string) {
			t.Helper()
			q.Cursor = cursor
			if _, _, err := c.Query(q); !errors.Is(err, store.ErrInvalid) {
				t.Errorf("%q instead of %q: %v, want ErrInvalid", cursor, good, err)
			}
		}
		for i := range len(good) {
			for b := range 256 {
				if byte(b) != good[i] {
					refused(good[:i] + string([]byte{byte(b)}) + good[i+1:])
				}
			}
			if i > 0 {
				refused(good[:i])
			}
			refused(good[i:] + "A")
			refused(good[:i] + "A" + good[i:])
		}
		for _, more := range []string{"=", "A", "\n", " ", "\x00", good} {
			refused(good + more)
			refused(more + good)
		}
	}
}
