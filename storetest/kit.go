package storetest

import (
	"errors"
	"fmt"
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

func (t *trial) prepare(s store.Store, kinds ...store.Kind) {
	t.Helper()
	t.succeed("Prepare", s.Prepare(t.Context(), kinds...), "Prepare(%v)", kinds)
}

// batch returns a batch of the usual tenant with an ID of its own. It may be
// called on any goroutine.
func (t *trial) batch(puts ...store.Record) store.Batch {
	return store.Batch{ID: fmt.Sprintf("batch-%06d", t.ids.Add(1)), Tenant: acme, Puts: puts}
}

// commit applies a batch that must succeed, and returns the version it gave.
func (t *trial) commit(s store.Store, b store.Batch) store.Version {
	t.Helper()
	t.succeed("Commit", s.Commit(t.Context(), b), "Commit of batch %s", b.ID)
	return store.Version(b.ID)
}

// allows applies a batch in order that the rule under test allows. If it is
// refused, each of its puts and events is tried alone, to tell which it was.
func (t *trial) allows(s store.Store, b store.Batch, what string) store.Version {
	t.Helper()
	err := s.Commit(t.Context(), b)
	if err == nil {
		return store.Version(b.ID)
	}
	for _, put := range b.Puts {
		if err := s.Commit(t.Context(), t.batch(put)); err != nil {
			t.broken(err, "no error", "Commit of %s, one of which is %s", what, showRecord(put))
		}
	}
	for i, e := range b.Events {
		alone := t.batch(doc(fmt.Sprintf("alone%05d", i), none, `1`, nil))
		alone.Events = []store.Event{e}
		if err := s.Commit(t.Context(), alone); err != nil {
			t.broken(err, "no error", "Commit of %s, one of which is %s", what, showEvent(e))
		}
	}
	t.fatal(err, "no error", "Commit of %s", what)
	return none
}

// write puts records in one batch that must succeed.
func (t *trial) write(s store.Store, puts ...store.Record) store.Version {
	t.Helper()
	return t.commit(s, t.batch(puts...))
}

func (t *trial) get(s store.Store, keys ...store.Key) []store.Record {
	t.Helper()
	records, err := s.Get(t.Context(), keys...)
	t.succeed("Get", err, "Get(%v)", keys)
	if len(records) != len(keys) {
		t.unfit("Get", records, fmt.Sprintf("%d records, one for each key", len(keys)), "Get(%v)", keys)
		t.FailNow()
	}
	return records
}

func (t *trial) find(s store.Store, q store.Query) store.Page {
	t.Helper()
	page, err := s.Find(t.Context(), q)
	t.succeed("Find", err, "Find(%#v)", q)
	return page
}

// trim is a Trim that must succeed.
func (t *trial) trim(s store.Store, tenant string, upTo int64) {
	t.Helper()
	t.succeed("Trim", s.Trim(t.Context(), tenant, upTo), "Trim(%.20q, %d)", tenant, upTo)
}

// maxRead is more records, or events, than any check writes, and ends the paging
// of a store that never comes to an end.
const maxRead = 100_000

// findAll returns the records of all pages of a query of the usual kind. Nobody
// may move records meanwhile, so that one that comes twice shows a store that
// does not get on.
func (t *trial) findAll(s store.Store, q store.Query) []store.Record {
	t.Helper()
	if q.Tenant == "" {
		q.Tenant = acme
	}
	if q.Kind == "" {
		q.Kind = "doc"
	}
	var all []store.Record
	seen := map[string]bool{}
	for {
		page := t.find(s, q)
		for _, r := range page.Records {
			if seen[r.ID] || len(all) == maxRead {
				t.unfit("Find", fmt.Sprintf("%q again, or without end, as record %d", r.ID, len(all)+1), "each record once", "Find, page by page, of %#v", q)
				t.FailNow()
			}
			seen[r.ID] = true
			all = append(all, r)
		}
		if page.Next == "" {
			return all
		}
		if len(page.Records) == 0 {
			t.unfit("Find", "no record and a Next", "a record, or no Next", "Find, page by page, of %#v", q)
			t.FailNow()
		}
		q.Cursor = page.Next
	}
}

// findMost returns the records of all pages of a query, as they come, for checks
// whose rule says which they are. It stops when there are more than so many.
func (t *trial) findMost(s store.Store, q store.Query, most int) []store.Record {
	t.Helper()
	var all []store.Record
	for {
		page := t.find(s, q)
		all = append(all, page.Records...)
		if page.Next == "" || len(page.Records) == 0 || len(all) > most {
			return all
		}
		q.Cursor = page.Next
	}
}

// events returns all of a tenant's events after a position.
func (t *trial) events(s store.Store, tenant string, after int64) []store.Event {
	t.Helper()
	var all []store.Event
	for {
		page, err := s.Events(t.Context(), tenant, after, store.MaxLimit)
		t.succeed("Events", err, "Events(%.20q, %d, MaxLimit)", tenant, after)
		if len(page) == 0 {
			return all
		}
		if !t.growing(page, after) {
			t.FailNow()
		}
		all = append(all, page...)
		after = page[len(page)-1].Position
		if len(all) > maxRead {
			t.unfit("Events", fmt.Sprintf("%d events and no end", len(all)), "an end", "Events, page by page, of tenant %.20q", tenant)
			t.FailNow()
		}
	}
}

// growing reports positions that do not grow, or do not begin above after. It
// may be called on any goroutine.
func (t *trial) growing(page []store.Event, after int64) bool {
	t.Helper()
	for last := after; len(page) > 0; page = page[1:] {
		if page[0].Position <= last {
			return t.unfit("Events", fmt.Sprintf("position %d behind %d", page[0].Position, last), "positions greater than after, that grow", "Events after %d", after)
		}
		last = page[0].Position
	}
	return true
}

// logged returns the events of the usual tenant, of which there must be n.
func (t *trial) logged(s store.Store, n int) []store.Event {
	t.Helper()
	all := t.events(s, acme, 0)
	if len(all) != n {
		t.unfit("Events", all, fmt.Sprintf("%d events", n), "Events of what was committed")
		t.FailNow()
	}
	return all
}

// mark returns a tenant's trim mark, 0 if nothing was trimmed.
func (t *trial) mark(s store.Store, tenant string) int64 {
	t.Helper()
	_, err := s.Events(t.Context(), tenant, 0, 1)
	if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
		return trimmed.Mark
	}
	t.succeed("Events", err, "Events(%.20q, 0, 1)", tenant)
	return 0
}
