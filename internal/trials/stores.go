package trials

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest/weak"
)

// Luck returns a source of chance of its own: others do not change what comes of it.
func Luck(rng *rand.Rand) *rand.Rand {
	return rand.New(rand.NewPCG(rng.Uint64(), 0)) //nolint:gosec // a test's luck
}

// Opens opens a store with as many handles on the same data, and closes them with the test.
type Opens func(t *testing.T, rng *rand.Rand, handles int) []store.Store

// Two opens a store with two handles.
func (open Opens) Two(t *testing.T, rng *rand.Rand) (one, two store.Store) {
	t.Helper()
	both := open(t, rng, 2)
	return both[0], both[1]
}

// Stores opens each kind of store, by its name: "weak" is only as strong as the contract says.
func Stores() map[string]Opens {
	return map[string]Opens{
		"memory": func(t *testing.T, _ *rand.Rand, handles int) []store.Store {
			t.Helper()
			st := memory.New()
			return peers(st, handles, st.Peer)
		},
		"weak": func(t *testing.T, rng *rand.Rand, handles int) []store.Store {
			t.Helper()
			st := weak.New(Luck(rng))
			return peers(st, handles, st.Peer)
		},
		"sqlite": func(t *testing.T, _ *rand.Rand, handles int) (all []store.Store) {
			t.Helper()
			path := filepath.Join(t.TempDir(), "engage.db")
			for range handles {
				st, err := sqlite.Open(t.Context(), path, &sqlite.Options{Synchronous: sqlite.Normal})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = st.Close() })
				all = append(all, st)
			}
			return all
		},
	}
}

// peers returns a store with more handles on its data.
func peers[S store.Store](st S, handles int, peer func() S) []store.Store {
	all := []store.Store{st}
	for len(all) < handles {
		all = append(all, peer())
	}
	return all
}
