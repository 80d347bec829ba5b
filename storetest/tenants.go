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
	return []string{"a", "ab", "a\x01", "A", "a ", "a/", "a/doc", "\u00e4", "a\u0308", "%", "_", "a'", "abc", "doc", strings.Repeat("a", store.MaxText)}
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
				if !t.worked("Commit", handles[i%len(handles)].Commit(t.Context(), b), "Commit in tenant %.20q, while others write the same IDs in theirs", tenant) {
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
				q.Tenant = tenant
				found := t.findAll(h, q)
				if len(found) != 2 {
					t.fatal(found, "its two records", "Find of %#v", q)
				}
				for _, r := range found {
					if r.Tenant != tenant || string(r.Value) != value {
						t.fatal(r, value, "Find of %#v", q)
					}
				}
			}
			events := t.events(h, tenant, 0)
			for round, e := range events {
				if want := numberOf(tenant, round/2); e.Tenant != tenant || string(e.Value) != want {
					t.fatal(e, want, "Events of tenant %.20q", tenant)
				}
			}
			if len(events) != 2*rounds {
				t.fatal(events, fmt.Sprintf("its own %d events", 2*rounds), "Events of tenant %.20q", tenant)
			}
		}
	}
	for _, stranger := range []string{"b", "a\x02", "aa", "ab ", "\x01", "\U0010ffff", strings.Repeat("a", store.MaxText-1)} {
		if lines := t.dump(s, stranger); len(lines) != 1 {
			t.fatal(lines, "nothing", "reading everything of tenant %.20q, which has written nothing", stranger)
		}
	}

	checkTenantsApart(t, s, versions)
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

		b := t.batch(store.Record{Key: r1, Version: versions[other][3], Value: []byte(`1`)})
		b.Tenant = tenant
		t.conflict(s.Commit(t.Context(), b), r1, versions[other][3], "Commit with the version that another tenant's record of the same ID has")

		b = t.batch()
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
