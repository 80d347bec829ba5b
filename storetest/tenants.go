package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// likeTenants are tenants that a store may mix up.
func likeTenants() []string {
	return []string{"a", "ab", "a\x01", "A", "a ", "a/", "a/doc", "\u00e4", "a\u0308", "%", "_", "a'", "abc", "doc", "b ", strings.Repeat("a", store.MaxText)}
}

// numberOf returns a value that no other tenant has, nor this one in another
// round.
func numberOf(tenant string, round int) string {
	return strconv.Itoa(1000*slices.Index(likeTenants(), tenant) + round)
}

func checkTenantIsolation(t *trial) {
	s := t.open()
	handles := t.handles(s)
	tenants := likeTenants()
	record := func(tenant, id string, expected store.Version, round int) store.Record {
		return store.Record{
			Key: store.Key{Tenant: tenant, Kind: "doc", ID: id}, Version: expected, Terms: terms{owner: "the same", state: id},
			Value: []byte(numberOf(tenant, round)),
		}
	}
	// The same IDs, terms and events in all of them, one after the other and at
	// the same time; and each tenant alone knows its versions.
	const rounds = 4
	versions := make([][rounds]store.Version, len(tenants))
	wg := t.group()
	for i, tenant := range tenants {
		wg.Go(func() {
			last := none
			for round := range rounds {
				b := t.batch(record(tenant, "r1", last, round), record(tenant, "r2", last, round))
				b.Tenant = tenant
				e := event("the same")
				e.Tenant, e.Value = tenant, b.Puts[0].Value
				b.Events = []store.Event{e, e}
				if err := handles[i%len(handles)].Commit(t.Context(), b); err != nil {
					t.broken(err, "no error", "Commit in tenant %.20q, while others write the same IDs in theirs", tenant)
					return
				}
				last = store.Version(b.ID)
				versions[i][round] = last
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}

	for i, tenant := range tenants {
		value := numberOf(tenant, rounds-1)
		for _, h := range handles {
			for _, r := range t.get(h, store.Key{Tenant: tenant, Kind: "doc", ID: "r1"}, store.Key{Tenant: tenant, Kind: "doc", ID: "r2"}) {
				if r.Tenant != tenant || string(r.Value) != value || r.Version != versions[i][rounds-1] {
					t.fatal(r, value, "Get in tenant %.20q", tenant)
				}
			}
			for _, q := range []store.Query{{}, {Index: owner}, {Index: state}, {Index: owner, Prefix: "the"}, {Index: owner, Reverse: true, Limit: 1}, {From: "r1"}, {To: "s", Reverse: true}} {
				q.Tenant, q.Kind = tenant, "doc"
				found := t.findMost(h, q, 2)
				for _, r := range found {
					if r.Tenant != tenant || string(r.Value) != value {
						t.fatal(r, "a record of its own, with value "+value, "Find of %#v", q)
					}
				}
				if len(found) != 2 {
					t.fatal(found, "its two records", "Find of %#v", q)
				}
			}
			events := t.eventsMost(h, tenant, 2*rounds)
			for round, e := range events {
				if want := numberOf(tenant, round/2); e.Tenant != tenant || string(e.Value) != want {
					t.fatal(e, "an event of its own, with value "+want, "Events of tenant %.20q", tenant)
				}
			}
			if len(events) != 2*rounds {
				t.fatal(events, fmt.Sprintf("its own %d events", 2*rounds), "Events of tenant %.20q", tenant)
			}
		}
	}
	for _, stranger := range []string{"AB", "ABC", "Doc", "doc ", " abc", "abc\x01", "\u00e1", "b", "a\x02", "aa", "ab ", "\x01", "\U0010ffff", strings.Repeat("a", store.MaxText-1)} {
		for _, index := range []string{"", owner, state} {
			if found := t.findMost(s, store.Query{Tenant: stranger, Kind: "doc", Index: index}, 0); len(found) > 0 {
				t.fatal(found, "no record", "Find by index %q of tenant %.20q, which has written nothing", index, stranger)
			}
		}
		if events := t.eventsMost(s, stranger, 0); len(events) > 0 {
			t.fatal(events, "no event", "Events of tenant %.20q, which has written nothing", stranger)
		}
	}

	checkManyTenants(t, handles)
	checkJoinedTenants(t)
	checkTenantsApart(t, s, versions)
	t.patiently(func() { checkTenantsBeside(t) })
}

// eventsMost returns a tenant's events as they come, page by page. It stops when
// there are more than so many.
func (t *trial) eventsMost(s store.Store, tenant string, most int) []store.Event {
	t.Helper()
	var all []store.Event
	for after := int64(0); len(all) <= most; after = all[len(all)-1].Position {
		page, err := s.Events(t.Context(), tenant, after, store.MaxLimit)
		t.succeed("Events", err, "Events(%.20q, %d, MaxLimit)", tenant, after)
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
	}
	return all
}

// separators are what a store may put between the parts of a key that it joins to
// one text, without looking whether a part has it too.
func separators() []string {
	return []string{"", "/", ":", "|", ".", "-", "_", "#", ",", ";", "\\", "+", "=", "@", "!", "~", " ", "\t", "\n", "\x01", "\x1f", "\x7f", "//", "::", "', '", `","`, "\u00ff", "\uffff", "\U0010ffff"}
}

// checkJoinedTenants is about records of two tenants whose keys come to the same
// text, with or without their kind, when their parts are joined.
func checkJoinedTenants(t *trial) {
	t.Helper()
	s := t.open()
	long := t.batch() // one tenant has all of the longer IDs
	var short []store.Key
	for _, sep := range separators() {
		for _, part := range []string{"doc", "b"} {
			long.Puts = append(long.Puts, doc(part+sep+"x", none, `"the longer ID"`, terms{owner: "o"}))
			short = append(short, store.Key{Tenant: acme + sep + part, Kind: "doc", ID: "x"})
		}
	}
	t.commit(s, long)
	absent := func(did string) {
		t.Helper()
		for _, r := range t.get(s, short...) {
			if r.Exists() {
				t.fatal(r, "no record", "Get %s", did)
			}
		}
	}
	absent("in tenants that have written nothing, of keys that another tenant's may be mixed up with")
	for _, k := range short {
		b := t.batch(store.Record{Key: k, Value: []byte(`"the longer tenant"`), Terms: terms{owner: "o"}})
		b.Tenant = k.Tenant
		if err := s.Commit(t.Context(), b); err != nil {
			t.fatal(err, "no error", "Commit of the first record of tenant %q", k.Tenant)
		}
		if found := t.findMost(s, store.Query{Tenant: k.Tenant, Kind: "doc", Index: owner}, 1); len(found) != 1 || found[0].Key != k {
			t.fatal(found, k, "Find in a tenant with one record")
		}
		b = t.batch()
		b.Tenant = k.Tenant
		b.Deletes = []store.Check{{Key: k, Version: t.get(s, k)[0].Version}}
		t.commit(s, b)
	}
	absent("of what was deleted")
	var asked []store.Key
	for _, put := range long.Puts {
		asked = append(asked, put.Key)
	}
	for _, r := range t.get(s, asked...) {
		if r.Version != store.Version(long.ID) || string(r.Value) != `"the longer ID"` {
			t.fatal(r, "the record as it was put", "Get after other tenants wrote and deleted keys that it may be mixed up with")
		}
	}
	if found := t.findMost(s, store.Query{Tenant: acme, Kind: "doc", Index: owner}, len(asked)); len(found) != len(asked) {
		t.fatal(fmt.Sprintf("%d records", len(found)), len(asked), "Find after other tenants wrote and deleted keys that these may be mixed up with")
	}
}

// checkManyTenants gets records of all tenants in one call.
func checkManyTenants(t *trial, handles []store.Store) {
	t.Helper()
	var asked []store.Key
	for _, tenant := range likeTenants() {
		asked = append(asked, store.Key{Tenant: tenant, Kind: "doc", ID: "r2"}, store.Key{Tenant: tenant, Kind: "doc", ID: "never"})
	}
	for _, h := range handles {
		for i, r := range t.get(h, asked...) {
			switch value := numberOf(r.Tenant, 3); {
			case r.Key != asked[i]:
				t.broken(r, asked[i], "Get of records of many tenants, at place %d", i)
			case i%2 == 0 && string(r.Value) != value:
				t.broken(r, value, "Get of records of many tenants, at place %d", i)
			case i%2 == 1 && r.Exists():
				t.broken(r, "no record", "Get of records of many tenants, at place %d", i)
			}
		}
	}
}

// checkTenantsBeside lets tenants write, read and trim at the same time, each of
// them as if it were alone. What is its own says so.
func checkTenantsBeside(t *trial) {
	t.Helper()
	handles := t.handles(t.open())
	var actors []actor
	for n, tenant := range []string{acme, "Acme", "acme ", "acm"} {
		version, seen := none, int64(0)
		value := strconv.Quote(tenant)
		k := store.Key{Tenant: tenant, Kind: "doc", ID: "r"}
		actors = append(actors, actor{least: 15, round: func(i int) bool {
			h := handles[(n+i)%len(handles)]
			b := t.batch(store.Record{Key: k, Version: version, Value: []byte(value), Terms: terms{owner: "the same"}})
			b.Tenant = tenant
			e := event(b.ID)
			e.Tenant, e.Value = tenant, []byte(value)
			b.Events = []store.Event{e, e}
			if err := h.Commit(t.Context(), b); err != nil {
				return t.broken(err, "no error", "Commit in tenant %q, while others write the same IDs in theirs", tenant)
			}
			version = store.Version(b.ID)
			h = handles[i%len(handles)]
			records, err := h.Get(t.Context(), k)
			page, err2 := h.Find(t.Context(), store.Query{Tenant: tenant, Kind: "doc", Index: owner})
			if records = append(records, page.Records...); err != nil || err2 != nil || len(records) != 2 || page.Next != "" {
				return t.broken(fmt.Sprintf("%v, Next %q, errors %v, %v", show(records), page.Next, err, err2), "its one record, twice", "Get and Find in tenant %q, while others write the same IDs in theirs", tenant)
			}
			for _, r := range records {
				if r.Tenant != tenant || string(r.Value) != value || r.Version != version {
					return t.broken(r, fmt.Sprintf("%s at version %s", value, version), "Get and Find in tenant %q, while others write the same IDs in theirs", tenant)
				}
			}
			var got []string
			before := seen
			for range 2 { // a page may be short
				events, err := h.Events(t.Context(), tenant, seen, 5)
				if err != nil {
					return t.broken(err, "no error", "Events in tenant %q behind what it has seen, while others trim theirs", tenant)
				}
				for _, e := range events {
					if got = append(got, e.ID); e.Tenant != tenant || string(e.Value) != value {
						return t.broken(e, value, "Events in tenant %q, while others write theirs", tenant)
					}
					seen = e.Position
				}
			}
			if len(got) != 2 || got[0] != b.ID || got[1] != b.ID {
				return t.broken(got, fmt.Sprintf("the two events of batch %s", b.ID), "Events in tenant %q after position %d, while others write and trim theirs", tenant, before)
			}
			return i%3 != n%3 || t.worked("Trim", h.Trim(t.Context(), tenant, seen), "Trim in tenant %q, while others write theirs", tenant)
		}})
	}
	t.together(actors...)
}

// checkTenantsApart changes one tenant after the other, and looks at the others.
func checkTenantsApart(t *trial, s store.Store, versions [][4]store.Version) {
	t.Helper()
	tenants := likeTenants()
	for i, tenant := range tenants {
		if i%3 != 0 { // neighbours show each other's faults
			continue
		}
		others := slices.Concat(tenants[:i], tenants[i+1:])
		before := t.dump(s, others...)
		r1 := store.Key{Tenant: tenant, Kind: "doc", ID: "r1"}
		other := (i + 1) % len(tenants)

		theirs := []store.Check{{Key: r1, Version: versions[other][3]}}
		fresh := []store.Check{{Key: store.Key{Tenant: tenant, Kind: "doc", ID: "fresh"}}}
		for how, b := range map[string]store.Batch{
			"Check": t.change(theirs, fresh, nil), "Put": t.change(nil, theirs, nil), "Delete": t.change(nil, fresh, theirs),
		} {
			b.Tenant = tenant
			t.conflict(s.Commit(t.Context(), b), r1, versions[other][3], "Commit with a %s at the version that another tenant's record of the same ID has", how)
		}

		b := t.batch()
		b.Tenant = tenant
		b.Deletes = []store.Check{{Key: r1, Version: versions[i][3]}}
		b.Events = []store.Event{{Tenant: tenant, ID: "x", Type: "x", Value: []byte(`1`)}}
		t.commit(s, b)
		events := t.events(s, tenant, 0)
		if len(events) == 0 {
			t.fatal(events, "its events", "Events of tenant %.20q", tenant)
		}
		t.trim(s, tenant, events[i%len(events)].Position)
		if !t.same(before, t.dump(s, others...), "a delete, an event and a Trim in tenant %.20q, looking at all others", tenant) {
			return
		}
		if mark := t.mark(s, tenant); mark != events[i%len(events)].Position {
			t.fatal(mark, events[i%len(events)].Position, "reading the trim mark of tenant %.20q", tenant)
		}
	}
}
