package stress_test

import (
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/stress"
)

// harness says how to get at the store: it is that of storetest.
func harness() storetest.Harness {
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			tb.Helper()
			s := memory.New()
			tb.Cleanup(func() { _ = s.Close() })
			return s
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			p := s.(*memory.Store).Peer()
			tb.Cleanup(func() { _ = p.Close() })
			return p
		},
	}
}

// In a store of your own these are two functions of a test file, named TestStress
// and FuzzStore.
func Example() {
	testStress := func(t *testing.T) { stress.Run(t, harness()) }
	fuzzStore := func(f *testing.F) { stress.Fuzz(f, harness()) }
	_, _ = testStress, fuzzStore
	// Output:
}
