package memory_test

import (
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, storetest.Harness{
		Open: func(t testing.TB) store.Store {
			s := memory.New()
			closed(t, s)
			return s
		},
		Peer: func(t testing.TB, s store.Store) store.Store {
			m, ok := s.(*memory.Store)
			if !ok {
				t.Fatalf("a store of type %T", s)
			}
			p := m.Peer()
			closed(t, p)
			return p
		},
	})
}

// closed sees to it that s is closed when the test is over.
func closed(t testing.TB, s store.Store) {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
