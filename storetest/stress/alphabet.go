package stress

import (
	"context"
	"fmt"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
)

// What calls are made of is drawn from small sets, and for each sequence from a
// few of each, so that calls meet: nothing is learned from a batch about a record
// that no other call touches. Each set begins with what is plain, which is what a
// failing sequence shrinks to.

// These tell stores apart that compare texts as people do, as patterns, or not
// to the end.
func tenants() []string { return []string{"acme", "Acme", "acme ", "%"} }

func ids() []string { return []string{"a", "b", "A", "ab", "a ", "\u00e9", "e\u0301", "%", "_"} }

func terms() []string {
	return []string{"x", "y", "", "X", "xy", "x ", "\u00e9", "e\u0301", "%", "_", "\x01", "\ue000", "\U00010000", "x\U0010ffff", "\U0010ffff"}
}

// alphabet is what the calls of one sequence are made of.
type alphabet struct{ tenants, ids, terms []string }

func (a alphabet) GoString() string {
	return fmt.Sprintf("tenants %s, IDs %s, terms %s", list(a.tenants, showText), list(a.ids, showText), list(a.terms, showText))
}

func drawAlphabet(t *rapid.T) alphabet {
	some := func(of []string, n int) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), n, n, rapid.ID).Draw(t, "some")
	}
	return alphabet{tenants: some(tenants(), 1+upTo(t, 1)), ids: some(ids(), 4), terms: some(terms(), 4)}
}

const unprepared = "draft" // a kind that is prepared late, if at all

func kindNames() []string { return []string{"doc", "note", unprepared} }

func indexes() []string { return []string{"owner", "state"} }

// usual is what a handle prepares first.
func usual() []store.Kind {
	return []store.Kind{{Name: "doc", Indexes: []string{"owner", "state"}}, {Name: "note", Indexes: []string{"owner"}}}
}

// preparations are arguments of Prepare, those that must be refused at the end.
func preparations() [][]store.Kind {
	return [][]store.Kind{
		usual(),
		{{Name: "doc", Indexes: []string{"owner"}}},
		{{Name: "doc"}, {Name: "note", Indexes: []string{"state"}}},
		{{Name: unprepared, Indexes: []string{"state", "owner"}}},
		{},
		{{Name: "doc", Indexes: []string{"state"}}, {Name: "doc", Indexes: []string{"owner"}}},
		{{Name: unprepared}, {Name: "Doc"}},
		{{Name: unprepared, Indexes: []string{"owner", "owner"}}},
		{{Name: unprepared, Indexes: []string{"_"}}},
		{{Name: ""}},
		{{Name: strings.Repeat("a", 41)}},
	}
}

// firstKinds is what a new handle prepares: now and then not what is used.
func firstKinds(t *rapid.T) []store.Kind {
	if oneIn(t, 6) {
		return pick(t, preparations())
	}
	return usual()
}

func values() []string {
	return []string{
		`1`, `{}`, `null`, `{"a":1,"a":2}`, ` { "b" : 1.0, "a" : 1e400 } `, `""`, "\"\u00e9\u2028\U0001f600\"", `"\u0000\ud800"`, "[\n\t-0.0, 12345678901234567890]\r\n",
		`"` + strings.Repeat("long ", 200) + `"`,
	}
}

// badTexts are no IDs, tenants or types, and but for the last no terms.
func badTexts() []string {
	return []string{"a\x00", "\xff", strings.Repeat("a", store.MaxText+1), ""}
}

func badValues() []string { return []string{"", "{", "nul", "1 2", "\"\xff\"", "'a'"} }

func times() []time.Time {
	return []time.Time{
		time.Date(2026, 3, 1, 12, 30, 45, 123456789, time.UTC),
		time.Date(2026, 3, 1, 12, 30, 45, 0, time.FixedZone("far", 14*60*60)),
		time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.FixedZone("half", -(9*60+30)*60)),
		time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
	}
}

// pick draws one of several, the first ones rather than the last ones.
func pick[E any](t *rapid.T, from []E) E { return rapid.SampledFrom(from).Draw(t, "one of") }

// oneIn is true about once in so many times, and shrinks to false.
func oneIn(t *rapid.T, n int) bool { return rapid.IntRange(0, n-1).Draw(t, "one in") == n/2 }

// upTo draws a number from 0 on.
func upTo(t *rapid.T, n int) int { return rapid.IntRange(0, n).Draw(t, "up to") }

func (m *machine) key(t *rapid.T, tenant string) store.Key {
	k := store.Key{Tenant: tenant, Kind: pick(t, []string{"doc", "doc", "note"}), ID: pick(t, m.alphabet.ids)}
	if oneIn(t, 20) {
		k.Kind = unprepared
	}
	return k
}

// through draws a handle and a context: most of the time an open handle, and a
// context that does not end.
func (m *machine) through(t *rapid.T) through {
	var c through
	open := m.open()
	if len(open) < len(m.handles) && oneIn(t, 12) {
		c.handle = rapid.IntRange(0, len(m.handles)-1).Draw(t, "handle")
	} else {
		c.handle = pick(t, open)
	}
	switch upTo(t, 31) {
	case 11:
		c.ends.before = context.Canceled
	case 12:
		c.ends.before = context.DeadlineExceeded
	case 13, 14, 15:
		if len(m.worlds) < 8 { // each of unknown outcome may double them
			c.ends.look = 1 + upTo(t, 7)
		}
	}
	return c
}

// mint returns the ID of a batch that was never used: b1, B1, b2, B2. IDs that
// differ by case only are different.
func (m *machine) mint() string {
	m.batches++
	return fmt.Sprintf("%c%d", "Bb"[m.batches%2], (m.batches+1)/2)
}
