package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/engage-interactions/engage/store"
)

// badTexts are no texts, wherever they stand.
func badTexts() []string {
	return []string{"\x00", "a\x00", "\x00a", "\xff", "a\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc0\xaf", strings.Repeat("x", store.MaxText+1)}
}

func badValues() []string {
	return []string{
		"", " ", "{", "}", `{"a"}`, `{"a":1,}`, `[1,]`, `'a'`, "nul", "NaN", "01", "1 2", "{}{}", `"`, `"\x"`, "\"a\nb\"", "\"\xff\"",
		"\"\xed\xa0\x80\"", "\xef\xbb\xbf1", "1\x00", "\x00", "//\n1",
	}
}

func checkCommitInvalid(t *trial) {
	s := t.open()
	seed := t.batch(doc("a", none, `1`, terms{owner: "o", state: "s"}), doc("b", none, `1`, nil), store.Record{Key: note("n"), Value: []byte(`1`)})
	seed.Events = []store.Event{event("seed")}
	version := t.commit(s, seed)
	handles := t.handles(s)
	before := t.dump(s)
	last := t.logged(s, 1)[0].Position

	// Each starts from a batch that is in order and breaks one rule, behind
	// operations that hold. What it would have written is looked at each time, and
	// everything in the end.
	tried := 0
	refused := func(what string, spoil func(b *store.Batch)) {
		t.Helper()
		b := t.batch(doc("a", version, `2`, terms{owner: "p"}), doc("new", none, `3`, terms{state: "t"}))
		b.Checks = []store.Check{{Key: note("n"), Version: version}}
		b.Deletes = []store.Check{{Key: key("b"), Version: version}}
		b.Events = []store.Event{event(b.ID)}
		spoil(&b)
		t.invalid(s.Commit(t.Context(), b), "Commit of a batch with %s", what)
		h := handles[tried%len(handles)]
		tried++
		records := t.get(h, key("a"), key("b"), note("n"), key("new"), key("x"))
		events, err := h.Events(t.Context(), acme, last, 0)
		t.succeed("Events", err, "Events after Commit of a batch with %s", what)
		changed := len(events) > 0
		for i, r := range records {
			changed = changed || (i < 3) != (r.Version == version) || (i >= 3 && r.Exists())
		}
		if changed {
			t.fatal(fmt.Sprintf("%d events more, and %s", len(events), show(records)), "no new event, and the records as they were", "Commit of a batch with %s", what)
		}
	}
	put := func(r store.Record) func(b *store.Batch) {
		return func(b *store.Batch) { b.Puts = append(b.Puts, r) }
	}

	refused("no ID", func(b *store.Batch) { b.ID = "" })
	refused("no tenant", func(b *store.Batch) { b.Tenant = "" })
	refused("no put and no delete", func(b *store.Batch) { b.Puts, b.Deletes = nil, nil })
	refused("events only", func(b *store.Batch) { b.Checks, b.Puts, b.Deletes = nil, nil, nil })
	refused("checks only", func(b *store.Batch) { b.Events, b.Puts, b.Deletes = nil, nil, nil })
	refused("nothing in it", func(b *store.Batch) { *b = store.Batch{ID: b.ID, Tenant: b.Tenant} })
	refused("nothing at all", func(b *store.Batch) { *b = store.Batch{} })

	foreign := store.Key{Tenant: "other", Kind: "doc", ID: "a"}
	refused("a check of another tenant", func(b *store.Batch) { b.Checks = append(b.Checks, store.Check{Key: foreign}) })
	refused("a put of another tenant", put(store.Record{Key: foreign, Value: []byte(`1`)}))
	refused("a delete of another tenant", func(b *store.Batch) { b.Deletes = append(b.Deletes, store.Check{Key: foreign, Version: version}) })
	refused("an event of another tenant", func(b *store.Batch) {
		b.Events = append(b.Events, store.Event{Tenant: "other", ID: "x", Type: "x", Value: []byte(`1`)})
	})
	refused("an event of no tenant", func(b *store.Batch) { b.Events = append(b.Events, store.Event{ID: "x", Type: "x", Value: []byte(`1`)}) })
	refused("keys of another tenant throughout", func(b *store.Batch) { b.Tenant = "other" })

	refused("a key put twice", put(doc("new", none, `3`, nil)))
	refused("a key checked and put", func(b *store.Batch) { b.Checks = append(b.Checks, store.Check{Key: key("a"), Version: version}) })
	refused("a key put and deleted", func(b *store.Batch) { b.Deletes = append(b.Deletes, store.Check{Key: key("a"), Version: version}) })
	refused("a key checked twice", func(b *store.Batch) { b.Checks = append(b.Checks, b.Checks[0]) })
	refused("a key deleted twice", func(b *store.Batch) { b.Deletes = append(b.Deletes, b.Deletes[0]) })
	refused("a key checked and deleted", func(b *store.Batch) { b.Checks = append(b.Checks, b.Deletes[0]) })
	refused("a delete that expects no record", func(b *store.Batch) { b.Deletes = append(b.Deletes, store.Check{Key: key("absent")}) })

	for _, kind := range []string{"other", "", "Doc", "docs", "do", "doc "} {
		k := store.Key{Tenant: acme, Kind: kind, ID: "x"}
		refused(fmt.Sprintf("a put of the unprepared kind %q", kind), put(store.Record{Key: k, Value: []byte(`1`)}))
		refused(fmt.Sprintf("a check of the unprepared kind %q", kind), func(b *store.Batch) { b.Checks = append(b.Checks, store.Check{Key: k}) })
		refused(fmt.Sprintf("a delete of the unprepared kind %q", kind), func(b *store.Batch) { b.Deletes = append(b.Deletes, store.Check{Key: k, Version: "v"}) })
	}
	for _, index := range []string{"other", "", "Owner", "owner "} {
		refused(fmt.Sprintf("a term in the unprepared index %q", index), put(doc("x", none, `1`, terms{owner: "o", index: "t"})))
	}
	refused("a term in a kind without indexes", put(store.Record{Key: note("x"), Value: []byte(`1`), Terms: terms{owner: "o"}}))

	for _, value := range badValues() {
		refused(fmt.Sprintf("a value that is %q", value), put(doc("x", none, value, nil)))
		e := event("x")
		e.Value = []byte(value)
		refused(fmt.Sprintf("an event's value that is %q", value), func(b *store.Batch) { b.Events = append(b.Events, e) })
	}
	refused("a value that is nil", put(store.Record{Key: key("x")}))

	for _, text := range badTexts() {
		refused(fmt.Sprintf("the ID %.20q", text), func(b *store.Batch) { b.ID = text })
		refused(fmt.Sprintf("a record's ID %.20q", text), put(doc(text, none, `1`, nil)))
		refused(fmt.Sprintf("a checked ID %.20q", text), func(b *store.Batch) { b.Checks = append(b.Checks, store.Check{Key: key(text)}) })
		refused(fmt.Sprintf("a deleted ID %.20q", text), func(b *store.Batch) { b.Deletes = append(b.Deletes, store.Check{Key: key(text), Version: "v"}) })
		refused(fmt.Sprintf("a term %.20q", text), put(doc("x", none, `1`, terms{owner: text})))
		refused(fmt.Sprintf("an expected version %.20q", text), put(doc("x", store.Version(text), `1`, nil)))
		refused(fmt.Sprintf("a checked version %.20q", text), func(b *store.Batch) {
			b.Checks = append(b.Checks, store.Check{Key: key("x"), Version: store.Version(text)})
		})
		refused(fmt.Sprintf("a deleted version %.20q", text), func(b *store.Batch) {
			b.Deletes = append(b.Deletes, store.Check{Key: key("x"), Version: store.Version(text)})
		})
		refused(fmt.Sprintf("an event's ID %.20q", text), func(b *store.Batch) { b.Events[0].ID = text })
		refused(fmt.Sprintf("an event's type %.20q", text), func(b *store.Batch) { b.Events[0].Type = text })
		refused(fmt.Sprintf("the tenant %.20q throughout", text), func(b *store.Batch) {
			r := store.Record{Key: store.Key{Tenant: text, Kind: "doc", ID: "x"}, Value: []byte(`1`)}
			*b = store.Batch{ID: b.ID, Tenant: text, Puts: []store.Record{r}}
		})
	}
	refused("a record without ID", put(doc("", none, `1`, nil)))
	refused("an event without ID", func(b *store.Batch) { b.Events[0].ID = "" })
	refused("an event without type", func(b *store.Batch) { b.Events[0].Type = "" })
	for _, at := range []time.Time{
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 30, 0, 0, time.FixedZone("west", -3600)), // the year 10000 in UTC
		time.Date(0, 1, 1, 0, 30, 0, 0, time.FixedZone("east", 3600)),        // the year -1 in UTC
	} {
		refused(fmt.Sprintf("an event's time %v", at), func(b *store.Batch) { b.Events[0].Time = at })
	}
	// What is invalid is invalid, whether or not its versions hold.
	refused("a value that is no JSON and a version that does not hold", put(doc("b2", wrong, `{`, nil)))
	t.unchanged(handles, before, "all sorts of batches that break a rule")
}

func checkCommitLimits(t *trial) {
	s := t.open()
	longest, tooLong := strings.Repeat("é", store.MaxText/2), strings.Repeat("é", store.MaxText/2)+"x"

	// Texts of MaxText bytes are in order, everywhere.
	r := store.Record{Key: store.Key{Tenant: longest, Kind: "doc", ID: longest}, Value: []byte(`1`), Terms: terms{owner: longest, state: longest}}
	e := store.Event{Tenant: longest, ID: longest, Type: longest, Value: []byte(`1`)}
	t.commit(s, store.Batch{ID: longest, Tenant: longest, Puts: []store.Record{r}, Events: []store.Event{e}})
	r.Version = store.Version(longest)
	if got := t.get(s, r.Key)[0]; !sameRecord(got, r) {
		t.fatal(got, r, "Get of a record whose texts all have MaxText bytes")
	}
	if got := t.findAll(s, store.Query{Tenant: longest, Index: owner, Prefix: longest, From: longest}); len(got) != 1 || !sameRecord(got[0], r) {
		t.fatal(got, []store.Record{r}, "Find by a prefix of MaxText bytes")
	}
	if got := t.events(s, longest, 0); len(got) != 1 || got[0].ID != longest || got[0].Type != longest {
		t.fatal(got, []store.Event{e}, "Events of a tenant of MaxText bytes")
	}
	other := r
	other.ID, other.Version = "other", store.Version(strings.Repeat("v", store.MaxText))
	t.conflict(s.Commit(t.Context(), store.Batch{ID: "b", Tenant: longest, Puts: []store.Record{other}}), other.Key, other.Version,
		"Commit with an expected version of MaxText bytes that does not hold")
	_, err := s.Get(t.Context(), key(tooLong))
	t.invalid(err, "Get with an ID of MaxText+1 bytes")
	_, err = s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Prefix: tooLong})
	t.invalid(err, "Find with a prefix of MaxText+1 bytes")
	t.invalid(s.Commit(t.Context(), t.batch(doc(tooLong, none, `1`, nil))), "Commit of an ID of MaxText+1 bytes")

	checkMaxOperations(t, s)
	checkMaxBytes(t, s)
}

// checkMaxOperations fills a batch up with operations of every sort, and adds
// one of each.
func checkMaxOperations(t *trial, s store.Store) {
	t.Helper()
	const deletes, checks, events = 1000, 1000, 1000
	const puts = store.MaxOperations - deletes - checks - events
	var seed []store.Record
	for _, id := range numbered("d", deletes) {
		seed = append(seed, doc(id, none, `1`, nil))
	}
	version := t.write(s, seed...)
	b := t.batch()
	for i, id := range numbered("p", puts) {
		b.Puts = append(b.Puts, doc(id, none, strconv.Itoa(i), terms{owner: "many"}))
	}
	for _, r := range seed {
		b.Deletes = append(b.Deletes, store.Check{Key: r.Key, Version: version})
	}
	for _, id := range numbered("c", checks) {
		b.Checks = append(b.Checks, store.Check{Key: key(id)})
	}
	for range events {
		b.Events = append(b.Events, event("many"))
	}
	over := "Commit of a batch with MaxOperations operations and one %s more"
	more := b
	more.Puts = append(slices.Clip(b.Puts), doc("more", none, `1`, nil))
	t.invalid(s.Commit(t.Context(), more), over, "put")
	more = b
	more.Deletes = append(slices.Clip(b.Deletes), store.Check{Key: key("more"), Version: version})
	t.invalid(s.Commit(t.Context(), more), over, "delete")
	more = b
	more.Checks = append(slices.Clip(b.Checks), store.Check{Key: key("more")})
	t.invalid(s.Commit(t.Context(), more), over, "check")
	more = b
	more.Events = append(slices.Clip(b.Events), event("more"))
	t.invalid(s.Commit(t.Context(), more), over, "event")
	if got := len(t.findAll(s, store.Query{})); got != deletes {
		t.fatal(got, deletes, "counting the records after batches that were too large")
	}
	if got := len(t.events(s, acme, 0)); got != 0 {
		t.fatal(got, 0, "counting the events after batches that were too large")
	}
	t.commit(s, b)
	if got := t.findAll(s, store.Query{}); len(got) != puts || got[0].ID != "p00000" {
		t.fatal(len(got), puts, "counting the records after a batch of MaxOperations operations")
	}
	if got := len(t.findAll(s, store.Query{Index: owner, Prefix: "many"})); got != puts {
		t.fatal(got, puts, "counting the records of one term after a batch of MaxOperations operations")
	}
	if got := len(t.events(s, acme, 0)); got != events {
		t.fatal(got, events, "counting the events after a batch of MaxOperations operations")
	}
}

// checkMaxBytes is about large values. They cost time, so that each is used for
// as much as it can show.
func checkMaxBytes(t *trial, s store.Store) {
	t.Helper()
	text := func(n int) []byte {
		v := bytes.Repeat([]byte("v"), n)
		v[0], v[n-1] = '"', '"'
		return v
	}
	full := text(store.MaxValue)
	over := text(store.MaxValue + 1)
	t.invalid(s.Commit(t.Context(), t.batch(store.Record{Key: key("over"), Value: over})), "Commit of a record with a value of MaxValue+1 bytes")
	e := event("over")
	e.Value = over
	b := t.batch(doc("over", none, `1`, nil))
	b.Events = []store.Event{e}
	t.invalid(s.Commit(t.Context(), b), "Commit of an event with a value of MaxValue+1 bytes")

	const fit = store.MaxBatch / store.MaxValue
	b = t.batch()
	for _, id := range numbered("large", fit-1) {
		b.Puts = append(b.Puts, store.Record{Key: key(id), Value: full})
	}
	e.Value = full // with the texts, this is just over MaxBatch
	b.Events = []store.Event{e}
	t.invalid(s.Commit(t.Context(), b), "Commit of a batch of %d values of MaxValue bytes, which with its texts is over MaxBatch", fit)
	if got := t.get(s, key("over"), b.Puts[0].Key); got[0].Exists() || got[1].Exists() {
		t.fatal("a record", "no record", "Get of what was refused for its size")
	}

	const room = 64 << 10 // for the texts of the batch
	b.Events[0].Value = text(store.MaxValue - room)
	t.commit(s, b)
	for _, r := range b.Puts {
		if got := t.get(s, r.Key)[0]; !bytes.Equal(got.Value, full) {
			t.fatal(fmt.Sprintf("%d bytes", len(got.Value)), fmt.Sprintf("the %d bytes that were put", len(full)), "Get of a value of MaxValue bytes")
		}
	}
	page := t.events(s, acme, 0)
	if n := len(page); n == 0 || !bytes.Equal(page[n-1].Value, b.Events[0].Value) {
		t.fatal(fmt.Sprintf("%d events, the last of them another", n), fmt.Sprintf("at the end the %d bytes that were committed", store.MaxValue-room), "Events of a large value")
	}
}
