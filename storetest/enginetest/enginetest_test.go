package enginetest_test

import (
	"path/filepath"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/enginetest"
)

func closing[S store.Store](tb testing.TB, s S) S {
	tb.Helper()
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("closing the store: %v", err)
		}
	})
	return s
}

func onMemory() storetest.Harness {
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store { tb.Helper(); return closing(tb, memory.New()) },
		Peer: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			return closing(tb, s.(*memory.Store).Peer())
		},
	}
}

// onSQLite opens files without forcing what is committed to the disk, for nothing
// here cuts the power.
func onSQLite() storetest.Harness {
	var paths sync.Map // by store
	open := func(tb testing.TB, path string) store.Store {
		tb.Helper()
		s, err := sqlite.Open(tb.Context(), path, &sqlite.Options{Synchronous: sqlite.Normal})
		if err != nil {
			tb.Fatalf("opening %s: %v", path, err)
		}
		paths.Store(s, path)
		return closing(tb, s)
	}
	path := func(s store.Store) string {
		p, _ := paths.Load(s)
		return p.(string)
	}
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			tb.Helper()
			return open(tb, filepath.Join(tb.TempDir(), "engage.db"))
		},
		Peer: func(tb testing.TB, s store.Store) store.Store { tb.Helper(); return open(tb, path(s)) },
		Reopen: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			if err := s.Close(); err != nil {
				tb.Fatalf("closing the store: %v", err)
			}
			return open(tb, path(s))
		},
	}
}

// oneOf is of how many faults at calls one is tried, if without more effort it is one of
// those. With -short it is one of six times as many.
func oneOf(tb testing.TB, usual int) int {
	tb.Helper()
	if testing.Short() {
		usual *= 6
	}
	return max(1, usual/storetest.Effort(tb))
}

// TestEngineOnMemory tries one of six faults at calls, others each time, for there are
// some ten thousand. More effort tries all.
func TestEngineOnMemory(t *testing.T) {
	t.Parallel()
	enginetest.RunSome(t, onMemory(), oneOf(t, 6))
}

// TestEngineOnSQLite tries fewer, for under the race detector SQLite takes that much
// longer than memory, and the Engine is the same.
func TestEngineOnSQLite(t *testing.T) {
	t.Parallel()
	enginetest.RunSome(t, onSQLite(), oneOf(t, 48))
}
