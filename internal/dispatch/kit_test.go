package dispatch_test

import (
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest/weak"
)

var began = time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)

// handClock stands still unless the test moves it.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// must returns a value whose error must be nil.
func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func end[T any](_ T, err error) error { return err }

// luck is a source of chance of its own.
func luck(rng *rand.Rand) *rand.Rand {
	return rand.New(rand.NewPCG(rng.Uint64(), 0)) //nolint:gosec // a test's luck
}

// someHandles open stores, each with several handles on the same data.
var someHandles = map[string]func(t *testing.T, rng *rand.Rand, n int) []store.Store{
	"memory": func(t *testing.T, _ *rand.Rand, n int) []store.Store {
		t.Helper()
		st := memory.New()
		all := []store.Store{st}
		for len(all) < n {
			all = append(all, st.Peer())
		}
		return all
	},
	"weak": func(t *testing.T, rng *rand.Rand, n int) []store.Store {
		t.Helper()
		st := weak.New(luck(rng))
		all := []store.Store{st}
		for len(all) < n {
			all = append(all, st.Peer())
		}
		return all
	},
	"sqlite": func(t *testing.T, _ *rand.Rand, n int) (all []store.Store) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "engage.db")
		for range n {
			st := must(sqlite.Open(t.Context(), path, &sqlite.Options{Synchronous: sqlite.Normal}))(t)
			t.Cleanup(func() { _ = st.Close() })
			all = append(all, st)
		}
		return all
	},
}

// some is for a test that tries one thing after another: with -short it tries one in a few,
// others each time. It returns those that it tries.
func some[T any](tb testing.TB, all []T, of int) (tried []T) {
	tb.Helper()
	if !testing.Short() {
		return all
	}
	for n := rand.IntN(of) % len(all); n < len(all); n += of { //nolint:gosec // a test's luck
		tried = append(tried, all[n])
	}
	return tried
}

// often is how often something is tried, with -short less.
func often(tb testing.TB, n int) int {
	tb.Helper()
	if testing.Short() {
		n = max(1, n/4)
	}
	return n
}
