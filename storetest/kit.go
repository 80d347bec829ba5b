package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/engage-interactions/engage/store"
)

// What most checks work with: one tenant, a kind with two indexes, and a kind
// with none.
const (
	acme  = "acme"
	owner = "owner"
	state = "state"

	none store.Version = "" // of a record that does not exist
)

type terms = map[string]string

func kinds() []store.Kind {
	return []store.Kind{{Name: "doc", Indexes: []string{owner, state}}, {Name: "note"}}
}

func key(id string) store.Key  { return store.Key{Tenant: acme, Kind: "doc", ID: id} }
func note(id string) store.Key { return store.Key{Tenant: acme, Kind: "note", ID: id} }

func keys(ids ...string) []store.Key {
	all := make([]store.Key, len(ids))
	for i, id := range ids {
		all[i] = key(id)
	}
	return all
}

// doc returns a record to put, with the version that it is expected to have.
func doc(id string, expected store.Version, value string, terms terms) store.Record {
	return store.Record{Key: key(id), Version: expected, Terms: terms, Value: []byte(value)}
}

// numbered returns n names that begin so and sort as they count.
func numbered(begin string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s%05d", begin, i)
	}
	return names
}

// event returns an event of the usual tenant.
func event(id string) store.Event {
	return store.Event{
		Tenant: acme, ID: id, Type: "doc.written", Value: []byte(`{"id":"` + id + `"}`),
		Time: time.Date(2026, 3, 1, 12, 30, 45, 123456789, time.UTC),
	}
}

// open returns an empty store that has prepared the usual kinds.
func (t *trial) open() store.Store {
	t.Helper()
	s := t.harness.Open(t.TB)
	t.prepare(s, kinds()...)
	return s
}

// peer returns a second handle on the data of s that has prepared the usual
// kinds, or s itself if the harness has no Peer.
func (t *trial) peer(s store.Store) store.Store {
	t.Helper()
	if t.harness.Peer == nil {
		return s
	}
	p := t.harness.Peer(t.TB, s)
	t.prepare(p, kinds()...)
	return p
}

// handles returns s and, if the harness has Peer, a second handle on its data.
func (t *trial) handles(s store.Store) []store.Store {
	t.Helper()
	if p := t.peer(s); p != s {
		return []store.Store{s, p}
	}
	return []store.Store{s}
}

// reopen returns the data of s after a restart, or s itself if the harness has
// no Reopen.
func (t *trial) reopen(s store.Store) store.Store {
	t.Helper()
	if t.harness.Reopen == nil {
		return s
	}
	s = t.harness.Reopen(t.TB, s)
	t.prepare(s, kinds()...)
	return s
}

func (t *trial) prepare(s store.Store, kinds ...store.Kind) {
	t.Helper()
	t.succeed(s.Prepare(t.Context(), kinds...), "Prepare(%v)", kinds)
}

// batch returns a batch of the usual tenant with an ID of its own. It may be
// called on any goroutine.
func (t *trial) batch(puts ...store.Record) store.Batch {
	return store.Batch{ID: fmt.Sprintf("batch-%06d", t.ids.Add(1)), Tenant: acme, Puts: puts}
}

// commit applies a batch that must succeed, and returns the version it gave.
func (t *trial) commit(s store.Store, b store.Batch) store.Version {
	t.Helper()
	t.succeed(s.Commit(t.Context(), b), "Commit of batch %s", b.ID)
	return store.Version(b.ID)
}

// write puts records in one batch that must succeed.
func (t *trial) write(s store.Store, puts ...store.Record) store.Version {
	t.Helper()
	return t.commit(s, t.batch(puts...))
}

func (t *trial) get(s store.Store, keys ...store.Key) []store.Record {
	t.Helper()
	records, err := s.Get(t.Context(), keys...)
	t.succeed(err, "Get(%v)", keys)
	if len(records) != len(keys) {
		t.fatal(records, fmt.Sprintf("%d records, one for each key", len(keys)), "Get(%v)", keys)
	}
	return records
}

func (t *trial) find(s store.Store, q store.Query) store.Page {
	t.Helper()
	page, err := s.Find(t.Context(), q)
	t.succeed(err, "Find(%#v)", q)
	return page
}

// maxPages is more than any check needs, and ends the paging of a store that
// never comes to an end.
const maxPages = 20_000

// findAll returns the records of all pages of a query of the usual kind.
func (t *trial) findAll(s store.Store, q store.Query) []store.Record {
	t.Helper()
	if q.Tenant == "" {
		q.Tenant = acme
	}
	if q.Kind == "" {
		q.Kind = "doc"
	}
	var all []store.Record
	for range maxPages {
		page := t.find(s, q)
		all = append(all, page.Records...)
		if page.Next == "" {
			return all
		}
		q.Cursor = page.Next
	}
	t.fatal(fmt.Sprintf("%d pages and still a Next", maxPages), "an end", "paging through %#v", q)
	return nil
}

// events returns all of a tenant's events after a position.
func (t *trial) events(s store.Store, tenant string, after int64) []store.Event {
	t.Helper()
	var all []store.Event
	for range maxPages {
		page, err := s.Events(t.Context(), tenant, after, store.MaxLimit)
		t.succeed(err, "Events(%q, %d, MaxLimit)", tenant, after)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		after = page[len(page)-1].Position
	}
	t.fatal(fmt.Sprintf("%d pages and still events", maxPages), "an end", "paging through the events of %q", tenant)
	return nil
}

// mark returns a tenant's trim mark, 0 if nothing was trimmed.
func (t *trial) mark(s store.Store, tenant string) int64 {
	t.Helper()
	_, err := s.Events(t.Context(), tenant, 0, 1)
	if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
		return trimmed.Mark
	}
	t.succeed(err, "Events(%q, 0, 1)", tenant)
	return 0
}

// dump returns everything that can be read of tenants (if none is named, the
// usual one): the records in the order of every index, and the events. Two
// dumps are equal if nothing has changed in between.
func (t *trial) dump(s store.Store, tenants ...string) []string {
	t.Helper()
	if len(tenants) == 0 {
		tenants = []string{acme}
	}
	var lines []string
	for _, tenant := range tenants {
		for _, kind := range kinds() {
			for _, index := range append([]string{""}, kind.Indexes...) {
				for _, r := range t.findAll(s, store.Query{Tenant: tenant, Kind: kind.Name, Index: index}) {
					lines = append(lines, fmt.Sprintf("%s in index %q", showRecord(r), index))
				}
			}
		}
		mark := t.mark(s, tenant)
		lines = append(lines, fmt.Sprintf("%s: events trimmed up to %d", tenant, mark))
		for _, e := range t.events(s, tenant, mark) {
			lines = append(lines, showEvent(e))
		}
	}
	return lines
}

// same reports what has changed since a dump.
func (t *trial) same(before, after []string, did string, args ...any) bool {
	t.Helper()
	if slices.Equal(before, after) {
		return true
	}
	var changes strings.Builder
	for _, line := range before {
		if !slices.Contains(after, line) {
			changes.WriteString("\n\t      - " + line)
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			changes.WriteString("\n\t      + " + line)
		}
	}
	return t.broken("these changes:"+changes.String(), "everything readable to be as before", did, args...)
}

// unchanged reports what has changed since a dump, as any of the handles sees
// it.
func (t *trial) unchanged(handles []store.Store, before []string, did string, args ...any) bool {
	t.Helper()
	for i, s := range handles {
		if !t.same(before, t.dump(s), did+", seen through handle %d of %d", append(slices.Clone(args), i+1, len(handles))...) {
			return false
		}
	}
	return true
}
