package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// hardTexts are all different, though a store may think some of them the same.
func hardTexts() []string {
	return []string{
		"a", "A", "aa", "AA", "aA", "Aa", "a ", " a", "a  ", "a\t", "a\n", "a\r\n", "\ta", "\x01", "\x01a", "a\x01", "\x1f", "\x7f", " ", "  ",
		"\u00e9", "e\u0301", "\u00c9", "E\u0301", "e", "\u00e8", "\u0451", "\u0435", "\u0435\u0308", "\u212b", "\u00c5", "A\u030a", "\u03c3", "\u03c2", "\u03a3",
		"\u00df", "ss", "SS", "\u1e9e", "i", "I", "\u0131", "\u0130", "\ufb01", "fi", "\uff41", "\u00aa", "\u00b2", "2", "\u2460", "\u0660", "K", "\u212a", "k",
		"\u200b", "a\u200b", "\u200d", "\ufeff", "\ufeffa", "\u00ad", "a\u00ad", "\u00a0", "\u3000", "\u202ea", "\ufe0f", "\u2764", "\u2764\ufe0f",
		"%", "%%", "_", "a%", "a_", "%a", "*", "?", "[a]", "^a", "a*", ".", "..", "a/b", "a//b", "/", "a\\b", "\\", "\\\\", "\\%", "\\0", "\\x00", "\\u0000", "\\n",
		"'", "''", "\"", "\"\"", "`", "a'b", "a''b", "a\"b", ";", "--", "/*", "*/", "'; DROP TABLE doc; --", "' OR '1'='1", "$1", "?1", ":a", "@a", "#", "{}", "[]",
		"null", "NULL", "Null", "nil", "true", "false", "undefined", "NaN", "Infinity", "select", "SELECT", "id", "rowid",
		"0", "00", "01", "1", "1.0", "1e0", "10", "9", "-0", "-1", "+1", "0x1", "1_000", "1,0", "9223372036854775807", "9223372036854775808", "1e308", "1e309",
		"2026-01-01", "2026-01-01T00:00:00Z", "x'00'", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\ufdd0", "\ufffd", "\ufffe", "\uffff",
		"\U00010000", "\U0001f600", "\U0001f468\u200d\U0001f469", "\U0001f1e6\U0001f1e7", "\U0010fffe", "\U0010ffff", "\U0010ffff\U0010ffff",
		strings.Repeat("x", store.MaxText), strings.Repeat("x", store.MaxText-1), strings.Repeat("x", store.MaxText-1) + "y", strings.Repeat("x", store.MaxText-1) + "X",
		strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("\U0001f600", store.MaxText/4), strings.Repeat("\U0001f600", store.MaxText/4-1) + "\U0001f601",
	}
}

func checkBytesKeys(t *trial) {
	s := t.open()
	texts := hardTexts()
	order := slices.Sorted(slices.Values(texts))

	// One record for each text, which is its ID.
	var puts []store.Record
	place := map[string]int{}
	for i, text := range texts {
		place[text] = i
		puts = append(puts, doc(text, none, strconv.Itoa(i), nil))
	}
	version := t.allows(s, t.batch(puts...), "records whose IDs are texts")
	s = t.reopen(s)
	for _, h := range t.handles(s) {
		for i, r := range t.get(h, keys(texts...)...) {
			if r.ID != texts[i] || string(r.Value) != strconv.Itoa(i) {
				t.broken(r, puts[i], "Get of one of %d records with IDs that look alike", len(texts))
			}
		}
		for _, q := range []store.Query{{}, {Reverse: true}, {Limit: 1}, {Limit: 1, Reverse: true}} {
			want := slices.Clone(order)
			if q.Reverse {
				slices.Reverse(want)
			}
			found := t.findAll(h, q)
			for _, r := range found {
				if string(r.Value) != strconv.Itoa(place[r.ID]) {
					t.broken(r, fmt.Sprintf("the value %d", place[r.ID]), "Find of one of %d records with IDs that look alike", len(texts))
				}
			}
			if got := ids(found); !slices.Equal(got, want) {
				gotFrom, wantFrom := apart(got, want)
				t.broken("IDs: "+gotFrom, "IDs: "+wantFrom, "Find in the order of ID, reverse %v, limit %d, of IDs that look alike", q.Reverse, q.Limit)
			}
		}
	}

	// What is no text names nothing.
	for _, text := range append(badTexts(), "") {
		_, err := s.Get(t.Context(), key("a"), key(text))
		t.invalid(err, "Get with the ID %.20q", text)
		_, err = s.Get(t.Context(), store.Key{Tenant: text, Kind: "doc", ID: "a"})
		t.invalid(err, "Get with the tenant %.20q", text)
		t.invalid(s.Commit(t.Context(), t.batch(doc(text, none, `1`, nil))), "Commit of a record with the ID %.20q", text)
	}

	// To write one is to write no other.
	b := t.batch()
	for i, text := range texts {
		if i%2 == 0 {
			b.Deletes = append(b.Deletes, store.Check{Key: key(text), Version: version})
		}
	}
	t.commit(s, b)
	for i, r := range t.get(s, keys(texts...)...) {
		if r.Exists() != (i%2 == 1) {
			t.broken(r, fmt.Sprintf("a record: %v", i%2 == 1), "Get after every other of the records with IDs that look alike was deleted")
		}
	}
}
