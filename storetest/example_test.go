package storetest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
)

// This is all that a store has to do to be checked. In a store of your own it is
// the body of a test, and t is its argument.
func ExampleRun() {
	conformance := func(t *testing.T) {
		storetest.Run(t, storetest.Harness{
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
	_ = conformance
	// Output:
}

// The register can be printed, for a checklist.
func ExampleClauses() {
	for _, c := range storetest.Clauses() {
		if strings.HasPrefix(c.ID, "get-") {
			fmt.Printf("%s: %s\n", c.ID, c.Text)
		}
	}
	// Output:
	// get-order: Get must return one record for each key, in the order of the keys, and for a key that is named twice in both places.
	// get-snapshot: Get must read all records at one moment in time, so that a batch shows in all of them or in none.
	// get-absent: Get must return a record that does not exist with its key and nothing else.
}
