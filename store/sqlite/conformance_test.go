package sqlite_test

import (
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/stress"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, harness())
}

func TestStress(t *testing.T) {
	t.Parallel()
	stress.Run(t, harness())
}

func FuzzStore(f *testing.F) { stress.Fuzz(f, harness()) }

// The other benchmarks here stand beside what one would write by hand.
func BenchmarkStore(b *testing.B) { storetest.Benchmark(b, harness()) }

// harness says how to get at stores in files of their own, through as many handles
// as one likes, and from a child process.
func harness() storetest.Harness {
	var paths sync.Map // of each store
	openAt := func(tb testing.TB, path string) store.Store {
		tb.Helper()
		s, err := sqlite.Open(tb.Context(), path, nil)
		if err != nil {
			tb.Fatalf("Open: %v", err)
		}
		tb.Cleanup(func() { closeStore(tb, s) })
		paths.Store(s, path)
		return s
	}
	pathOf := func(tb testing.TB, s store.Store) string {
		tb.Helper()
		path, ok := paths.Load(s)
		if !ok {
			tb.Fatalf("a store that this harness has not opened: %v", s)
		}
		return path.(string)
	}
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			tb.Helper()
			return openAt(tb, newPath(tb))
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			return openAt(tb, pathOf(tb, s))
		},
		Reopen: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			if err := s.Close(); err != nil {
				tb.Fatalf("Close: %v", err)
			}
			return openAt(tb, pathOf(tb, s))
		},
		Crash: &storetest.Crash{Where: pathOf, Open: openAt},
	}
}
