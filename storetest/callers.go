package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/engage-interactions/engage/store"
)

// checkInputKept looks whether the lists that a caller hands in are as they were
// when the call returns, and whether a handle goes by what stood in them then.
func checkInputKept(t *trial) {
	t.Helper()
	s := t.openBare()
	given := []store.Kind{{Name: "note"}, {Name: "doc", Indexes: []string{state, owner}}} // in no order, as all that follows
	want := []store.Kind{{Name: "note"}, {Name: "doc", Indexes: []string{state, owner}}}
	t.prepare(s, given...)
	if !reflect.DeepEqual(given, want) {
		t.broken(given, want, "Prepare, looking at its arguments afterwards")
	}
	given[1].Indexes[0], given[1].Indexes[1] = "changed", "changed2"
	given[0].Name, given[1].Name = "changed3", "changed4"

	put := t.batch(doc("d2", none, `2`, nil), doc("d3", none, `3`, nil), doc("d1", none, `1`, terms{owner: "o", state: "s"}), store.Record{Key: note("a"), Value: []byte(`4`)})
	if err := s.Commit(t.Context(), put); err != nil {
		t.fatal(err, "no error", "Commit, after the kinds and indexes were changed that had been given to Prepare")
	}
	if page, err := s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner}); err != nil || len(page.Records) != 1 {
		t.fatal(fmt.Sprintf("%d records, error %v", len(page.Records), err), "one record", "Find, after the kinds and indexes were changed that had been given to Prepare")
	}
	version := store.Version(put.ID)
	change := func(expected store.Version) store.Batch {
		b := t.batch(doc("z", none, `{"z": 1}`, terms{owner: "o", state: "s"}), doc("d3", expected, ` 3`, nil), doc("a", none, `1`, terms{}))
		b.Checks = []store.Check{{Key: note("a"), Version: version}, {Key: key("y")}, {Key: key("b")}}
		b.Deletes = []store.Check{{Key: key("d2"), Version: version}, {Key: key("d1"), Version: version}}
		b.Events = []store.Event{event("e2"), event("e3"), event("e1")}
		b.Events[1].Position, b.Events[2].Time = 7, time.Date(2026, 7, 1, 12, 0, 0, 0, time.FixedZone("east", 3600))
		return b
	}
	for _, c := range []struct {
		how      string
		expected store.Version
	}{{"conflicts", wrong}, {"is applied", version}} {
		b := change(c.expected)
		same := change(c.expected)
		same.ID = b.ID
		if err := s.Commit(t.Context(), b); (err == nil) != (c.expected == version) {
			t.unfit("Commit", err, "what its versions say", "Commit of a batch that %s", c.how)
		}
		if !reflect.DeepEqual(b, same) {
			t.broken(fmt.Sprintf("%+v", b), fmt.Sprintf("%+v", same), "Commit of a batch that %s, looking at it afterwards", c.how)
		}
	}
	asked := []store.Key{key("z"), note("a"), key("d3"), key("a"), key("z"), {Tenant: "other", Kind: "doc", ID: "a"}}
	same := slices.Clone(asked)
	t.get(s, asked...)
	if !slices.Equal(asked, same) {
		t.broken(asked, same, "Get, looking at its keys afterwards")
	}
}

// checkCallersApart lets several read the same at the same time: what one of
// them got is not what another got.
func checkCallersApart(t *trial) {
	t.Helper()
	const readers, n = 4, 30
	s := t.open()
	handles := t.handles(s)
	names := numbered("k", n)
	b := t.batch()
	for _, id := range names {
		b.Puts = append(b.Puts, doc(id, none, `"a value"`, terms{owner: "o"}))
		b.Events = append(b.Events, event(id))
	}
	t.commit(s, b)
	for range 5 {
		type result struct {
			got, found []store.Record
			events     []store.Event
		}
		results := make([]result, readers)
		t.atOnce(readers, func(i int) {
			h, r := handles[i/2%len(handles)], &results[i]
			var page store.Page
			var errs [3]error
			r.got, errs[0] = h.Get(t.Context(), keys(names...)...)
			page, errs[1] = h.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner})
			r.found = page.Records
			r.events, errs[2] = h.Events(t.Context(), acme, 0, 0)
			for j, method := range []string{"Get", "Find", "Events"} {
				t.worked(method, errs[j], "%s beside others that read the same", method)
			}
		})
		owners := map[any]int{} // of the memory of values and terms
		for i, r := range results {
			shared := func(method string, at any) {
				if other, ok := owners[at]; ok && other != i {
					t.fatal("the same memory", "bytes and terms of its own for each", "%s by several at the same time", method)
				}
				owners[at] = i
			}
			for method, records := range map[string][]store.Record{"Get": r.got, "Find": r.found} {
				for _, record := range records {
					if len(record.Value) > 0 {
						shared(method, &record.Value[0])
					}
					if len(record.Terms) > 0 {
						shared(method, reflect.ValueOf(record.Terms).Pointer())
					}
				}
			}
			for _, e := range r.events {
				if len(e.Value) > 0 {
					shared("Events", &e.Value[0])
				}
			}
		}
	}
}
