package sqlite_test

import (
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
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
	again := func(tb testing.TB, s store.Store) store.Store {
		tb.Helper()
		path, _ := paths.Load(s)
		return openAt(tb, path.(string))
	}
	storetest.Run(t, storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			tb.Helper()
			return openAt(tb, newPath(tb))
		},
		Peer: again,
		Reopen: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			if err := s.Close(); err != nil {
				tb.Fatalf("Close: %v", err)
			}
			return again(tb, s)
		},
	})
}
