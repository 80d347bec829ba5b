package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
)

// Benchmark measures a store. Call it from a benchmark of yours, which needs no
// more of the harness than Open:
//
//	func BenchmarkStore(b *testing.B) {
//		storetest.Benchmark(b, harness())
//	}
//
// The names of its sub-benchmarks stay as they are, so that one store can be
// compared with another, and with itself after a change:
//
//	Commit/puts=1                one caller, one record and one event in a batch
//	Commit/puts=100              100 records and one event in a batch
//	Commit/callers=64            64 callers at the same time, one record each
//	Commit/contended             8 callers that all rewrite one record, and try
//	                             again after a conflict
//	Get/keys=1                   of 1,000 records
//	Get/keys=100
//	Find/records=1000/page=50    the first page of the 100 records with one prefix
//	Find/records=1000/deep       pages of 50 by cursor, from the middle on
//	Find/records=100000/page=50  the same among 100,000 records; not with -short
//	Find/records=100000/deep
//	Events/append=100            100 events in a batch
//	Events/page=100              pages of 100 events, from the middle of 10,000
//
// Every record has two terms, and about 300 bytes of value. Beside the time and
// the memory of one call stand commits/s and records/s (or events/s), and for
// contended the conflicts/op.
//
// Call the benchmark the same in both packages, run each several times with
// nothing else on the machine, and compare what they print with benchstat (of
// golang.org/x/perf/cmd). It tells a difference from noise:
//
//	go test -run '^$' -bench '^BenchmarkStore$' -count 10 ./store/memory > a.txt
//	go test -run '^$' -bench '^BenchmarkStore$' -count 10 ./store/sqlite > b.txt
//	benchstat -ignore pkg a.txt b.txt
//
// How long a commit takes is how long the disk takes to say that it is safe, so
// that numbers compare on one machine and one disk only.
func Benchmark(b *testing.B, h Harness) {
	if h.Open == nil {
		b.Fatal("storetest: the harness has no Open")
	}
	b.Run("Commit", func(b *testing.B) {
		for _, puts := range []int{1, 100} {
			b.Run(fmt.Sprintf("puts=%d", puts), func(b *testing.B) { benchmarkCommit(b, h, puts) })
		}
		b.Run("callers=64", func(b *testing.B) { benchmarkCallers(b, h) })
		b.Run("contended", func(b *testing.B) { benchmarkContended(b, h) })
	})
	b.Run("Get", func(b *testing.B) {
		s := newBench(b, h)
		s.fill(b, 1_000)
		for _, keys := range []int{1, 100} {
			b.Run(fmt.Sprintf("keys=%d", keys), func(b *testing.B) { s.get(b, 1_000, keys) })
		}
	})
	b.Run("Find", func(b *testing.B) {
		for _, records := range []int{1_000, 100_000} {
			b.Run(fmt.Sprintf("records=%d", records), func(b *testing.B) {
				if testing.Short() && records > 1_000 {
					b.Skip("-short leaves out what takes long to set up")
				}
				s := newBench(b, h)
				s.fill(b, records)
				b.Run("page=50", func(b *testing.B) { s.first(b, records) })
				b.Run("deep", func(b *testing.B) { s.deep(b, records) })
			})
		}
	})
	b.Run("Events", func(b *testing.B) {
		b.Run("append=100", func(b *testing.B) { benchmarkAppend(b, h) })
		b.Run("page=100", func(b *testing.B) { benchmarkEvents(b, h) })
	})
}

// bench is a store that is measured.
type bench struct {
	store.Store

	ids atomic.Int64 // given to batches and records
}

const (
	benchKind = "interaction"
	perOwner  = 100 // records of one owner
	benchPage = 50
)

func newBench(b *testing.B, h Harness) *bench {
	b.Helper()
	s := &bench{Store: h.Open(b)}
	if err := s.Prepare(b.Context(), store.Kind{Name: benchKind, Indexes: []string{owner, state}}); err != nil {
		b.Fatal(err)
	}
	return s
}

var (
	benchValue = []byte(`{"note":"` + strings.Repeat("what the customer said ", 12) + `"}`)
	benchTime  = time.Date(2026, 3, 1, 12, 30, 45, 123456789, time.UTC)
)

// benchKey is the key of the i-th record, as long as a ULID.
func benchKey(i int64) store.Key {
	return store.Key{Tenant: acme, Kind: benchKind, ID: fmt.Sprintf("01HZY%021d", i)}
}

func ownerPrefix(i int64) string { return fmt.Sprintf("contact-%06d/", i) }

// batch returns one with so many new records and events.
func (s *bench) batch(puts, events int) store.Batch {
	batch := store.Batch{ID: fmt.Sprintf("batch-%020d", s.ids.Add(1)), Tenant: acme, Puts: make([]store.Record, 0, puts)}
	first := s.ids.Add(int64(puts)) - int64(puts)
	for i := first; i < first+int64(puts); i++ {
		batch.Puts = append(batch.Puts, benchRecord(i))
	}
	for range events {
		batch.Events = append(batch.Events, store.Event{Tenant: acme, ID: batch.ID, Type: "interaction.created", Time: benchTime, Value: benchValue})
	}
	return batch
}

func benchRecord(i int64) store.Record {
	return store.Record{Key: benchKey(i), Value: benchValue, Terms: map[string]string{
		owner: ownerPrefix(i/perOwner) + fmt.Sprintf("%020d", i), state: []string{"open", "closed"}[i%2],
	}}
}

// fill puts the records 0 to n-1, and an event for every ten.
func (s *bench) fill(b *testing.B, n int) {
	b.Helper()
	const most = 1_000
	for begin := 0; begin < n; begin += most {
		batch := s.batch(0, most/10)
		for i := begin; i < min(n, begin+most); i++ {
			batch.Puts = append(batch.Puts, benchRecord(int64(i)))
		}
		if err := s.Commit(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

// rate reports how many of something there were in a second.
func rate(b *testing.B, total int, unit string) {
	b.Helper()
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), unit+"/s")
}

func benchmarkCommit(b *testing.B, h Harness, puts int) {
	s := newBench(b, h)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Commit(b.Context(), s.batch(puts, 1)); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, b.N, "commits")
	rate(b, b.N*puts, "records")
}

func benchmarkAppend(b *testing.B, h Harness) {
	s := newBench(b, h)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Commit(b.Context(), s.batch(1, 100)); err != nil {
			b.Fatal(err)
		}
	}
	rate(b, b.N, "commits")
	rate(b, b.N*100, "events")
}

// parallel has so many callers, or a few more, share the calls of a benchmark.
// The first error ends it.
func parallel(b *testing.B, callers int, call func() error) {
	b.Helper()
	procs := runtime.GOMAXPROCS(0)
	b.SetParallelism((callers + procs - 1) / procs)
	var failed atomic.Pointer[error]
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() && failed.Load() == nil {
			if err := call(); err != nil {
				failed.CompareAndSwap(nil, &err)
			}
		}
	})
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	rate(b, b.N, "commits")
}

func benchmarkCallers(b *testing.B, h Harness) {
	s := newBench(b, h)
	parallel(b, 64, func() error { return s.Commit(b.Context(), s.batch(1, 1)) })
}

func benchmarkContended(b *testing.B, h Harness) {
	s := newBench(b, h)
	guard := benchKey(0)
	err := s.Commit(b.Context(), store.Batch{ID: "guard", Tenant: acme, Puts: []store.Record{{Key: guard, Value: benchValue}}})
	if err != nil {
		b.Fatal(err)
	}
	var conflicts atomic.Int64
	parallel(b, 8, func() error {
		for {
			records, err := s.Get(b.Context(), guard)
			if err != nil {
				return err
			}
			batch := s.batch(0, 1)
			batch.Puts = records
			err = s.Commit(b.Context(), batch)
			if !errors.Is(err, store.ErrConflict) {
				return err
			}
			conflicts.Add(1)
		}
	})
	b.ReportMetric(float64(conflicts.Load())/float64(b.N), "conflicts/op")
}
