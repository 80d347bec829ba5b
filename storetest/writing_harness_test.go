package storetest_test

import (
	"path/filepath"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest"
)

// What follows is shown by "Writing a Store": the whole harness of a store that
// keeps its data in a file.

// located is a store, and where its data is.
type located struct {
	store.Store

	where string
}

func whereOf(_ testing.TB, s store.Store) string { return s.(located).where }

func openFile(tb testing.TB, path string) store.Store {
	tb.Helper()
	st, err := sqlite.Open(tb.Context(), path, nil) // your store in its place
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = st.Close() })
	return located{st, path}
}

func fileHarness() storetest.Harness {
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			return openFile(tb, filepath.Join(tb.TempDir(), "data"))
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			return openFile(tb, whereOf(tb, s))
		},
		Reopen: func(tb testing.TB, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				tb.Fatal(err)
			}
			return openFile(tb, whereOf(tb, s))
		},
		Crash: &storetest.Crash{Where: whereOf, Open: openFile},
	}
}

// TestFileHarness: each part of the harness leads to the data that Open made.
func TestFileHarness(t *testing.T) {
	t.Parallel()
	checkHarness(t, fileHarness())
}

func checkHarness(t *testing.T, h storetest.Harness) {
	t.Helper()
	s := h.Open(t)
	kind := store.Kind{Name: "doc"}
	key := store.Key{Tenant: "acme", Kind: "doc", ID: "a"}
	if err := s.Prepare(t.Context(), kind); err != nil {
		t.Fatal(err)
	}
	batch := store.Batch{ID: "b", Tenant: "acme", Puts: []store.Record{{Key: key, Value: []byte(`1`)}}}
	if err := s.Commit(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	peer := h.Peer(t, s)
	if err := peer.Close(); err != nil {
		t.Fatal(err)
	}
	again := h.Reopen(t, s)
	where := h.Crash.Where(t, again)
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	last := h.Crash.Open(t, where)
	if err := last.Prepare(t.Context(), kind); err != nil {
		t.Fatal(err)
	}
	if records, err := last.Get(t.Context(), key); err != nil || records[0].Version != "b" {
		t.Error(records, err)
	}
}
