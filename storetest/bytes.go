package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// scribble changes all bytes of a value, which stays as long as it is.
func scribble(value []byte) {
	for i := range value {
		value[i] = 'X'
	}
}

func checkBytesCopy(t *trial) {
	s := t.open()
	handles := t.handles(s)

	// What went in is changed after the call: values, terms, and the lists.
	input := func(version store.Version) store.Batch {
		b := t.batch(doc("a", version, `"a value"`, terms{owner: "o", state: "s"}), doc("b", version, `"another value"`, terms{owner: "o"}))
		b.Events = []store.Event{event("e")}
		b.Checks = []store.Check{{Key: key("absent")}}
		return b
	}
	b := input(none)
	version := t.commit(s, b)
	want := t.dump(s)
	ruin := func(b store.Batch) {
		for i := range b.Puts {
			scribble(b.Puts[i].Value)
			b.Puts[i].Terms[owner], b.Puts[i].Terms["more"] = "changed", "more"
			delete(b.Puts[i].Terms, state)
			b.Puts[i].Key, b.Puts[i].Version = key("changed"), "changed"
		}
		for i := range b.Events {
			scribble(b.Events[i].Value)
			b.Events[i] = event("changed")
		}
		clear(b.Checks)
	}
	ruin(b)
	t.unchanged(handles, want, "changing what was given to Commit, after it returned")

	kind := store.Kind{Name: "doc", Indexes: []string{state, owner}}
	t.prepare(s, kind)
	kind.Indexes[0], kind.Indexes[1] = "x", "y"
	t.unchanged(handles, want, "changing what was given to Prepare, after it returned")

	asked := keys("a", "b")
	if _, err := s.Get(t.Context(), asked...); err != nil || asked[0] != key("a") || asked[1] != key("b") {
		t.broken(asked, keys("a", "b"), "Get, looking at its argument afterwards")
	}

	// What comes out is changed after the call, of each method that returns
	// something, and the same is read again.
	for round := range 2 {
		for _, h := range handles {
			spoil := func(records []store.Record) {
				t.Helper()
				for i := range records {
					scribble(records[i].Value)
					for _, more := range append(records[i].Value, 'Y') {
						_ = append(records[i].Value, more) // behind its end may lie something of the store's
					}
					records[i].Terms[owner], records[i].Terms["more"] = "changed", "more"
					delete(records[i].Terms, state)
					records[i].Key.ID = "changed"
				}
			}
			spoil(t.get(h, key("a"), key("b")))
			spoil(t.get(h, key("a")))
			t.unchanged(handles, want, "changing what Get returned")
			twice := t.get(h, key("a"), key("a"))
			spoil(twice[:1])
			if string(twice[1].Value) != `"a value"` || len(twice[1].Terms) != 2 || twice[1].Terms[owner] != "o" {
				t.broken(twice[1], "the record as it is", "Get of a key twice, changing what came back in the first place")
			}
			for _, index := range []string{"", owner, state} {
				spoil(t.find(h, store.Query{Tenant: acme, Kind: "doc", Index: index}).Records)
				t.unchanged(handles, want, "changing what Find by index %q returned", index)
			}
			events := t.events(h, acme, 0)
			for i := range events {
				scribble(events[i].Value)
				_ = append(events[i].Value, 'Y')
				events[i] = event("changed")
			}
			t.unchanged(handles, want, "changing what Events returned")
		}
		if round == 0 { // the same after a second write of the same records
			b := input(version)
			b.Events = nil
			t.commit(s, b)
			want = t.dump(s)
			ruin(b)
			t.unchanged(handles, want, "changing what was given to Commit the second time, after it returned")
		}
	}
}

// exactValues are JSON texts that must come back as they are, though many of
// them mean the same.
func exactValues() []string {
	return []string{
		`null`, `true`, `0`, `-0`, `1`, `1.0`, `1e0`, `1E+0`, `10000000000000000000000000000000000000001`, `0.1000000000000000055511151231257827`, `1e400`,
		` 1`, "1 ", "\n\t1\r\n", `""`, `"a"`, `"\u0061"`, `"é"`, `"\u00e9"`, "\"e\u0301\"", `"\u0000"`, `"\ud800"`, `"\ud83d\ude00"`, `"😀"`, `"/"`, `"\/"`,
		"\"\u2028\u2029\"", `"<>&'"`, "\"\x7f\"", "\"\ufffd\ufeff\"", `"it''s \"quoted\" \\ $1 ? :x @y"`,
		`{}`, `{ }`, `[]`, `[ ]`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `{"":{"":[]}}`, `{"a": 1, "b" :2}`, `[1,2 , 3]`, "{\n  \"pretty\": true\n}",
		`"` + strings.Repeat("long ", 5000) + `"`, strings.Repeat("[", 500) + strings.Repeat("]", 500), strings.Repeat(" ", 3000) + `0`,
	}
}

func checkBytesExact(t *trial) {
	s := t.open()
	values := exactValues()
	names := numbered("v", len(values))
	put := func(version store.Version, shift int) store.Version {
		t.Helper()
		b := t.batch()
		for i, id := range names {
			b.Puts = append(b.Puts, doc(id, version, values[(i+shift)%len(values)], terms{owner: id}))
		}
		return t.commit(s, b)
	}
	look := func(s store.Store, shift int, when string) {
		t.Helper()
		for i, r := range t.get(s, keys(names...)...) {
			if want := values[(i+shift)%len(values)]; string(r.Value) != want {
				t.broken(r.Value, fmt.Sprintf("%q", want), "Get of a value %s", when)
			}
		}
		for _, index := range []string{"", owner} {
			for i, r := range t.findAll(s, store.Query{Index: index}) {
				if want := values[(i+shift)%len(values)]; string(r.Value) != want {
					t.broken(r.Value, fmt.Sprintf("%q", want), "Find by index %q of a value %s", index, when)
				}
			}
		}
	}
	version := put(none, 0)
	for _, h := range t.handles(s) {
		look(h, 0, "that was just put")
	}
	put(version, 1)
	for _, h := range t.handles(s) {
		look(h, 1, "that replaced another")
	}
	s = t.reopen(s)
	look(s, 1, "after opening the store again if the harness can")
}

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

	// One record for each text, which is its ID; the texts of two indexes are
	// others, so that nothing can be taken from the wrong place.
	var puts []store.Record
	place := map[string]int{}
	for i, text := range texts {
		place[text] = i
		puts = append(puts, doc(text, none, strconv.Itoa(i), terms{owner: texts[(i+1)%len(texts)], state: texts[(i+2)%len(texts)]}))
	}
	version := t.write(s, puts...)
	s = t.reopen(s)
	for _, h := range t.handles(s) {
		for i, r := range t.get(h, keys(texts...)...) {
			if r.ID != texts[i] || string(r.Value) != strconv.Itoa(i) || r.Terms[owner] != puts[i].Terms[owner] || r.Terms[state] != puts[i].Terms[state] {
				t.broken(r, puts[i], "Get of one of %d records with IDs that look alike", len(texts))
			}
		}
		for shift, index := range []string{"", owner, state} {
			for _, reverse := range []bool{false, true} {
				for _, limit := range []int{0, 1} {
					want := slices.Clone(order)
					if reverse {
						slices.Reverse(want)
					}
					var got []string
					q := store.Query{Tenant: acme, Kind: "doc", Index: index, Reverse: reverse, Limit: limit}
					for _, r := range t.findAll(h, q) {
						at, _ := term(q, r)
						got = append(got, at)
						if (place[r.ID]+shift)%len(texts) != place[at] {
							t.broken(r, fmt.Sprintf("the term %q with another record", at), "Find by index %q of terms that look alike", index)
						}
					}
					if !slices.Equal(got, want) {
						i := 0
						for i < min(len(got), len(want)) && got[i] == want[i] {
							i++
						}
						t.broken(fmt.Sprintf("%d terms; from place %d on: %.60q", len(got), i, got[i:min(i+4, len(got))]), fmt.Sprintf("%d terms; from there on: %.60q", len(want), want[i:min(i+4, len(want))]),
							"Find by index %q, reverse %v, limit %d, of terms that look alike", index, reverse, limit)
					}
				}
			}
		}
	}

	// What is no text names nothing.
	for _, text := range append(badTexts(), "") {
		_, err := s.Get(t.Context(), key("a"), key(text))
		t.invalid(err, "Get with the ID %.20q", text)
		_, err = s.Get(t.Context(), store.Key{Tenant: text, Kind: "doc", ID: "a"})
		t.invalid(err, "Get with the tenant %.20q", text)
		_, err = s.Find(t.Context(), store.Query{Tenant: text, Kind: "doc"})
		t.invalid(err, "Find with the tenant %.20q", text)
		if text == "" {
			continue // an open bound
		}
		for field, q := range map[string]store.Query{"Prefix": {Prefix: text}, "From": {From: text}, "To": {To: text}} {
			q.Tenant, q.Kind, q.Index = acme, "doc", owner
			_, err := s.Find(t.Context(), q)
			t.invalid(err, "Find with the text %.20q for %s", text, field)
		}
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
