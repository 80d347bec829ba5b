package storetest

import (
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// Harness says how to get at the store under test. Each function is handed the
// test it is called for: report what fails with its Fatal, and arrange the
// closing with its Cleanup. The suite closes some stores itself, so closing
// twice must be harmless, which the contract demands anyway.
type Harness struct {
	// Open returns a store that is empty and shares nothing with any other.
	// It may be called from several tests at the same time.
	Open func(tb testing.TB) store.Store

	// Peer returns a second handle on the data of s, as another process would
	// have one. It may be nil if there cannot be one.
	Peer func(tb testing.TB, s store.Store) store.Store

	// Reopen closes s, if it is not closed yet, and opens the same data again,
	// as after a restart. All peers have been closed then, so that s is the
	// last handle on its data. A store that has Reopen declares itself durable.
	Reopen func(tb testing.TB, s store.Store) store.Store
}

// lacks returns which of the needed parts the harness leaves out.
func (h Harness) lacks(needed parts) parts {
	if h.Peer != nil {
		needed &^= peer
	}
	if h.Reopen != nil {
		needed &^= reopen
	}
	return needed
}

// parts is a set of what a harness may leave out.
type parts uint8

const (
	peer parts = 1 << iota
	reopen
)

func (p parts) String() string {
	var names []string
	if p&peer != 0 {
		names = append(names, "Peer")
	}
	if p&reopen != 0 {
		names = append(names, "Reopen")
	}
	return strings.Join(names, " and no ")
}
