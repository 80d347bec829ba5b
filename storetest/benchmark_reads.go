package storetest

import (
	"testing"

	"github.com/engage-interactions/engage/store"
)

// stride leads through all records of a benchmark in an order that no cache
// foresees: it is prime, and no factor of their number.
const stride = 7_919

func (s *bench) get(b *testing.B, records, keys int) {
	wanted := make([]store.Key, keys)
	next := 0
	b.ReportAllocs()
	for b.Loop() {
		for i := range wanted {
			next = (next + stride) % records
			wanted[i] = benchKey(int64(next))
		}
		got, err := s.Get(b.Context(), wanted...)
		if err != nil {
			b.Fatal(err)
		}
		if len(got) != keys || !got[0].Exists() {
			b.Fatalf("Get of %d keys gave %d records, the first at version %q", keys, len(got), got[0].Version)
		}
	}
	rate(b, b.N*keys, "records")
}

// find returns a page, which there must be.
func (s *bench) find(b *testing.B, q store.Query) store.Page {
	b.Helper()
	page, err := s.Find(b.Context(), q)
	if err != nil {
		b.Fatal(err)
	}
	if len(page.Records) == 0 {
		b.Fatal("Find gave no record")
	}
	return page
}

// first reads the first page of one owner's records.
func (s *bench) first(b *testing.B, records int) {
	next, found := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		next = (next + stride) % (records / perOwner)
		page := s.find(b, store.Query{Tenant: acme, Kind: benchKind, Index: owner, Prefix: ownerPrefix(int64(next)), Limit: benchPage})
		found += len(page.Records)
	}
	rate(b, found, "records")
}

// deep pages on by cursor from the middle to the end, again and again. A store
// that counts its way to a cursor instead of seeking it shows here.
func (s *bench) deep(b *testing.B, records int) {
	q := store.Query{Tenant: acme, Kind: benchKind, Index: owner}
	for seen := 0; seen < records/2; {
		q.Limit = min(store.MaxLimit, records/2-seen)
		page := s.find(b, q)
		seen += len(page.Records)
		q.Cursor = page.Next
	}
	q.Limit = benchPage
	middle, found := q.Cursor, 0
	b.ReportAllocs()
	for b.Loop() {
		page := s.find(b, q)
		found += len(page.Records)
		if q.Cursor = page.Next; q.Cursor == "" {
			q.Cursor = middle
		}
	}
	rate(b, found, "records")
}

// benchmarkEvents reads on from the middle of the log to its end, again and again.
func benchmarkEvents(b *testing.B, h Harness) {
	s := newBench(b, h)
	const perBatch, batches = 1_000, 10
	for range batches {
		if err := s.Commit(b.Context(), s.batch(1, perBatch)); err != nil {
			b.Fatal(err)
		}
	}
	read := func(after int64, limit int) []store.Event {
		page, err := s.Events(b.Context(), acme, after, limit)
		if err != nil {
			b.Fatal(err)
		}
		return page
	}
	var middle, end int64
	for seen := 0; seen < perBatch*batches; {
		page := read(end, perBatch)
		if len(page) == 0 {
			b.Fatalf("Events gave %d of %d events", seen, perBatch*batches)
		}
		seen += len(page)
		end = page[len(page)-1].Position
		if middle == 0 && seen >= perBatch*batches/2 {
			middle = end
		}
	}
	after, found := middle, 0
	b.ReportAllocs()
	for b.Loop() {
		page := read(after, 100)
		if len(page) == 0 {
			b.Fatalf("Events after position %d gave none; the last is %d", after, end)
		}
		found += len(page)
		if after = page[len(page)-1].Position; after >= end {
			after = middle
		}
	}
	rate(b, found, "events")
}
