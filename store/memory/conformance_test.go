package memory_test

import (
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
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

func BenchmarkStore(b *testing.B) { storetest.Benchmark(b, harness()) }

// harness says how to get at stores with several handles.
func harness() storetest.Harness {
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			tb.Helper()
			s := memory.New()
			closed(tb, s)
			return s
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			m, ok := s.(*memory.Store)
			if !ok {
				tb.Fatalf("a store of type %T", s)
			}
			p := m.Peer()
			closed(tb, p)
			return p
		},
	}
}

// closed sees to it that s is closed when the test is over.
func closed(tb testing.TB, s store.Store) {
	tb.Helper()
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
}
