package storetest

import (
	"fmt"

	"github.com/engage-interactions/engage/store"
)

func checkCommitDurable(t *trial) {
	checkLastDurable(t)
	s := t.open()
	t.seed(s)
	for cycle := range 3 {
		// Creations, changes, moves to other terms, deletes, events, and a Trim.
		version := t.get(s, key("put0"))[0].Version
		id := fmt.Sprintf("cycle%d", cycle)
		b := t.batch(doc("put0", version, fmt.Sprintf(`{"cycle":%d}`, cycle), terms{owner: id}), doc(id, none, `1`, terms{state: id}), doc(id+"-goes", none, `1`, terms{owner: "gone"}))
		b.Events = []store.Event{event(id), event(id + "-last")}
		version = t.commit(s, b)
		b = t.batch()
		b.Deletes = []store.Check{{Key: key(id + "-goes"), Version: version}}
		t.commit(s, b)
		if cycle == 1 {
			all := t.logged(s, 1+(2+6*4+1)+2) // the seed's, those of the first cycle, and these two
			t.trim(s, acme, all[1].Position)
		}

		// Many at the same time, so that some share what makes them durable.
		wg := t.group()
		for w := range 6 {
			wg.Go(func() {
				for i := range 4 {
					id := fmt.Sprintf("%s-w%d-%d", id, w, i)
					b := t.batch(doc(id, none, `1`, terms{owner: "o"}))
					b.Events = []store.Event{event(id)}
					t.worked("Commit", s.Commit(t.Context(), b), "Commit beside others, each with keys of its own")
				}
			})
		}
		wg.Wait()
		before := t.dump(s)
		b = t.batch(doc(id+"-last", none, `"the last before the restart"`, terms{owner: "z"}))
		b.Events = []store.Event{event(b.ID)}
		last := t.commit(s, b)

		s = t.reopen(s)
		r := t.get(s, key(id+"-last"))[0]
		if r.Version != last || string(r.Value) != `"the last before the restart"` || r.Terms[owner] != "z" {
			t.fatal(r, "the record of the last batch that was acknowledged", "Get after the store was closed and opened again")
		}
		b = t.batch()
		b.Deletes = []store.Check{{Key: r.Key, Version: last}}
		t.commit(s, b)
		after := t.dump(s)
		if n := len(after); n == 0 || len(before) != n-1 {
			t.fatal(fmt.Sprintf("%d records and events", len(after)), len(before)+1, "reading everything after the store was closed and opened again")
		}
		if !t.same(before, after[:len(after)-1], "closing the store and opening it again, for time %d", cycle+1) {
			return
		}
	}
}

// checkLastDurable opens the store again right after a change of each sort, which
// is the one that a store forgets first.
func checkLastDurable(t *trial) {
	t.Helper()
	s := t.open()
	version := t.seed(s)
	for _, c := range []struct {
		what string
		do   func(b *store.Batch)
	}{
		{"a create", func(b *store.Batch) { b.Puts = []store.Record{doc("new", none, `1`, terms{owner: "new"})} }},
		{"a put with another value", func(b *store.Batch) { b.Puts = []store.Record{doc("put0", version, `2`, nil)} }},
		{"a put with other terms", func(b *store.Batch) {
			b.Puts = []store.Record{doc("put1", version, `"old"`, terms{owner: "moved"})}
		}},
		{"a delete", func(b *store.Batch) { b.Deletes = []store.Check{{Key: key("delete0"), Version: version}} }},
		{"an event, beside a put", func(b *store.Batch) {
			b.Puts, b.Events = []store.Record{doc("logged", none, `1`, nil)}, []store.Event{event("last")}
		}},
		{"a record of another tenant", func(b *store.Batch) {
			b.Tenant = "other"
			b.Puts = []store.Record{{Key: store.Key{Tenant: "other", Kind: "note", ID: "n"}, Value: []byte(`1`)}}
		}},
	} {
		b := t.batch()
		c.do(&b)
		t.commit(s, b)
		before := t.dump(s, acme, "other")
		s = t.reopen(s)
		if !t.same(before, t.dump(s, acme, "other"), "closing the store and opening it again right after %s", c.what) {
			return
		}
	}
	t.trim(s, acme, t.logged(s, 2)[0].Position)
	before := t.dump(s)
	t.same(before, t.dump(t.reopen(s)), "closing the store and opening it again right after a Trim")
}
