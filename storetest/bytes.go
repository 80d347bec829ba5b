package storetest

import (
	"fmt"
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
	checkInputKept(t)
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
	if r := t.get(s, key("a"))[0]; len(r.Terms) != 2 || len(r.Value) == 0 {
		t.unfit("Get", r, b.Puts[0], "Get of what was committed")
		t.FailNow()
	}
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
					if records[i].Terms != nil {
						records[i].Terms[owner], records[i].Terms["more"] = "changed", "more"
						delete(records[i].Terms, state)
					}
					records[i].Key.ID = "changed"
				}
			}
			spoil(t.get(h, key("a"), key("b")))
			spoil(t.get(h, key("a")))
			t.unchanged(handles, want, "changing what Get returned")
			for _, others := range []int{0, 100} { // many keys may be read in another way than two
				keys := []store.Key{key("a"), key("a")}
				for n := range others {
					keys = append(keys, key(fmt.Sprintf("absent %d", n)))
				}
				twice := t.get(h, keys...)
				spoil(twice[:1])
				if string(twice[1].Value) != `"a value"` || len(twice[1].Terms) != 2 || twice[1].Terms[owner] != "o" {
					t.broken(twice[1], "the record as it is", "Get of a key twice, and of %d others, changing what came back in the first place", others)
				}
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
	t.patiently(func() { checkCallersApart(t) })
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

// largeValue returns a text of more than 1 MiB in which a block that is lost or
// taken twice shows, and whose length is a multiple of nothing.
func largeValue() string {
	var b strings.Builder
	b.WriteString(`{"list":[`)
	for i := 0; b.Len() < 1<<20; i++ {
		fmt.Fprintf(&b, "%d,\"\\u00%02x \u2028\U0001f600</script>&\",\n", i, i%256)
	}
	b.WriteString(`0.10]}`)
	return b.String()
}

func checkBytesExact(t *trial) {
	s := t.open()
	values := append(exactValues(), largeValue())
	names := numbered("v", len(values))
	put := func(version store.Version, shift int) store.Version {
		t.Helper()
		b := t.batch()
		for i, id := range names {
			b.Puts = append(b.Puts, doc(id, version, values[(i+shift)%len(values)], terms{owner: id}))
		}
		return t.allows(s, b, "values that are JSON")
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
