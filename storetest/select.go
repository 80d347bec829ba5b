package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// fill puts one record for each pair of an ID and a term, in one index, and
// returns them as they will be read.
func (t *trial) fill(s store.Store, index string, pairs [][2]string) []store.Record {
	t.Helper()
	var records []store.Record
	for _, pair := range pairs {
		records = append(records, doc(pair[0], none, `"record"`, terms{index: pair[1]}))
	}
	version := t.write(s, records...)
	for i := range records {
		records[i].Version = version
	}
	return records
}

// term is what a query compares of a record.
func term(q store.Query, r store.Record) (string, bool) {
	if q.Index == "" {
		return r.ID, true
	}
	term, ok := r.Terms[q.Index]
	return term, ok
}

// selected returns the IDs of the records that q selects, in its order: the
// contract in the plainest words there are.
func selected(q store.Query, records []store.Record) []string {
	var in []store.Record
	for _, r := range records {
		term, ok := term(q, r)
		if ok && strings.HasPrefix(term, q.Prefix) && q.From <= term && (q.To == "" || term < q.To) {
			in = append(in, r)
		}
	}
	slices.SortFunc(in, func(a, b store.Record) int {
		termA, _ := term(q, a)
		termB, _ := term(q, b)
		if c := strings.Compare(termA, termB); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	if q.Reverse {
		slices.Reverse(in)
	}
	return ids(in)
}

// finds reports a query that does not find what it selects.
func (t *trial) finds(s store.Store, q store.Query, records []store.Record) bool {
	t.Helper()
	q.Tenant, q.Kind = acme, "doc"
	want, got := selected(q, records), ids(t.findAll(s, q))
	if !slices.Equal(got, want) {
		gotFrom, wantFrom := apart(got, want)
		return t.broken("records: "+gotFrom, "records: "+wantFrom, "Find, over all pages, of %#v", q)
	}
	return true
}

// hardTerms are terms whose order, or whose beginning, is easily got wrong.
func hardTerms() []string {
	return []string{
		"", " ", "\x01", "\x01\x01", "!", "\"", "%", "%%", "'", "''", "*", "0", "00", "1", "10", "2", "?", "A", "AB", "Ab", "B", "[", "[a]", "\\", "\\%", "_",
		"a", "a ", "a\x01", "a\x7f", "a%", "a_", "aA", "aB", "aa", "ab", "abc", "a\u0301", "b", "z", "\x7f", "\u0080", "\u00e0", "\u00e1", "\u00e9", "e\u0301",
		"\u07ff", "\u0800", "\u2028", "\ud7ff", "\ud7ffa", "\ue000", "\uff21", "\ufffd", "\uffff", "\U00010000", "\U0001f600", "\U0010ffff",
		"\U0010ffff\U0010ffff", "\U0010ffffa", "a\U0010ffff", "a\U0010ffffb",
	}
}

// pairs gives each of the terms an ID, in an order that is not theirs.
func pairs(terms []string) [][2]string {
	var all [][2]string
	for i := range terms {
		all = append(all, [2]string{fmt.Sprintf("id%02d", (i*29)%len(terms)), terms[(i*13)%len(terms)]})
	}
	return all
}

// bounds are what the queries of find-range and find-prefix ask for.
func bounds() []string {
	return []string{"", "\x01", "0", "1", "A", "[", "a", "a\x01", "a ", "ab", "ab\x01", "b", "\u00e9", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "\U0010ffff\U0010ffff\x01"}
}
