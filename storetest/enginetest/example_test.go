package enginetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/enginetest"
)

// In a store of your own this is the body of a test, and t is its argument. The
// harness is the one that storetest.Run takes.
func ExampleRun() {
	engine := func(t *testing.T) {
		enginetest.Run(t, storetest.Harness{
			Open: func(tb testing.TB) store.Store {
				s := memory.New()
				tb.Cleanup(func() { _ = s.Close() })
				return s
			},
			Peer: func(tb testing.TB, s store.Store) store.Store {
				p := s.(*memory.Store).Peer()
				tb.Cleanup(func() { _ = p.Close() })
				return p
			},
		})
	}
	_ = engine
	// Output:
}

// The invariants can be printed, for a checklist.
func ExampleInvariants() {
	for _, i := range enginetest.Invariants() {
		if strings.HasPrefix(i.ID, "interaction-") {
			fmt.Printf("%s: %s\n", i.ID, i.Text)
		}
	}
	// Output:
	// interaction-told: Every interaction must be told of once when it is recorded, and once when it goes.
	// interaction-listed: Every list of interactions must hold all that there are, each once.
	// interaction-key: An idempotency key must stand for one interaction, and be answered with it.
}
