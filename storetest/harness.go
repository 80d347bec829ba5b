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

	// Crash says how a child process gets at the data of a store, so that it
	// can be killed while it writes. A store that is durable has it; nil leaves
	// the clauses about a killed process out.
	Crash *Crash

	// KnownFailures names the clauses that the store is known to break, each
	// with the reason. They are checked all the same: one that fails is skipped
	// with the reason and what was reported, and one that passes fails, so that
	// what was mended is struck off. An ID that no clause has fails, too.
	KnownFailures map[string]string
}

// Crash is how a child process gets at the data of a store. The child is the
// test binary, started once more to run the test that called [Run], which then
// writes through Open until it is killed. What that test does before it calls
// Run, it does in the child, too.
type Crash struct {
	// Where says where the data of s is, in a text that means the same in the
	// child: a path, or the name of a database.
	Where func(tb testing.TB, s store.Store) string

	// Open opens the data that is there, in the child or, after its death, in
	// the test itself. Nothing else has it open then.
	Open func(tb testing.TB, where string) store.Store
}

// lacks returns which of the needed parts the harness leaves out.
func (h Harness) lacks(needed parts) parts {
	if h.Peer != nil {
		needed &^= peer
	}
	if h.Reopen != nil {
		needed &^= reopen
	}
	if h.Crash != nil {
		needed &^= crash
	}
	return needed
}

// parts is a set of what a harness may leave out.
type parts uint8

const (
	peer parts = 1 << iota
	reopen
	crash
)

func (p parts) String() string {
	var names []string
	if p&peer != 0 {
		names = append(names, "Peer")
	}
	if p&reopen != 0 {
		names = append(names, "Reopen")
	}
	if p&crash != 0 {
		names = append(names, "Crash")
	}
	return strings.Join(names, " and no ")
}
