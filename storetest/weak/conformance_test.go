package weak_test

import (
	"math/rand/v2"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/stress"
	"github.com/engage-interactions/engage/storetest/weak"
)

// It keeps all of the contract: else it would prove nothing of those who stand on it.
func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, harness())
}

func TestStress(t *testing.T) {
	t.Parallel()
	stress.Run(t, harness())
}

func harness() storetest.Harness {
	opened := func(tb testing.TB, st *weak.Store) store.Store {
		tb.Helper()
		tb.Cleanup(func() {
			if err := st.Close(); err != nil {
				tb.Error(err)
			}
		})
		return st
	}
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			tb.Helper()
			return opened(tb, weak.New(rand.New(rand.NewPCG(rand.Uint64(), 0)))) //nolint:gosec // a test's luck
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			return opened(tb, s.(*weak.Store).Peer()) //nolint:forcetypeassert // of no other type
		},
	}
}
