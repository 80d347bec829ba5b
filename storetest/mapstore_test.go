package storetest_test

import (
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// TestExampleStore checks the store that the example shows, which "Writing a
// Store" promises to keep every rule.
func TestExampleStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, mapHarness())
}

func mapHarness() storetest.Harness {
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			st := newMapStore()
			tb.Cleanup(func() { _ = st.Close() })
			return st
		},
		Peer: func(tb testing.TB, s store.Store) store.Store { // a second handle on the same data
			st := s.(*mapStore).peer()
			tb.Cleanup(func() { _ = st.Close() })
			return st
		},
	}
}
