package store

import (
	"strings"
	"unicode/utf8"
)

// Range returns the terms that q selects as one range: from <= term, and term <
// to unless open is true. It is empty if from >= to and open is false.
func (q Query) Range() (from, to string, open bool) {
	from, to, open = q.From, q.To, q.To == ""
	if q.Prefix == "" {
		return from, to, open
	}
	from = max(from, q.Prefix)
	if end, ok := prefixEnd(q.Prefix); ok && (open || end < to) {
		to, open = end, false
	}
	return from, to, open
}

// Selects reports whether q selects a record with this term, which for the
// empty index is its ID. Tenant, kind and index are the caller's to compare.
func (q Query) Selects(term string) bool {
	return strings.HasPrefix(term, q.Prefix) && q.From <= term && (q.To == "" || term < q.To)
}

// Term returns the record's term in the index of q, and whether it has one.
func (q Query) Term(r Record) (string, bool) {
	if q.Index == "" {
		return r.ID, true
	}
	term, ok := r.Terms[q.Index]
	return term, ok
}

// Compare orders positions: negative if p comes before other.
func (p Position) Compare(other Position) int {
	if c := strings.Compare(p.Term, other.Term); c != 0 {
		return c
	}
	return strings.Compare(p.ID, other.ID)
}

// prefixEnd returns the smallest text above all texts that begin with prefix.
// There is none above those that begin with the highest code point only. It
// stays within UTF-8, whose order of bytes is the order of code points.
func prefixEnd(prefix string) (string, bool) {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		if last == utf8.MaxRune {
			continue
		}
		next := last + 1
		if next == 0xD800 { // surrogates are not code points of UTF-8
			next = 0xE000
		}
		return prefix + string(next), true
	}
	return "", false
}
