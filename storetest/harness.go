package storetest

import (
	"fmt"
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
	// as after a restart. A store that has it declares itself durable.
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

// Run checks every clause of the contract, each in a subtest of t that has the
// clause's ID for a name and works on a store of its own. The subtests run in
// parallel. What cannot be checked with this harness is skipped, and listed in
// t's log.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Open == nil {
		t.Fatal("storetest: the harness has no Open")
	}
	for _, c := range Clauses() {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			c.verify(t, h)
		})
	}
	if left := unchecked(h); len(left) > 0 {
		t.Logf("storetest: this harness leaves out:\n\t%s", strings.Join(left, "\n\t"))
	}
}

// verify runs the check of one clause. It takes a testing.TB, so that the test
// of the suite itself can look on.
func (c Clause) verify(tb testing.TB, h Harness) {
	tb.Helper()
	if lacks := h.lacks(c.needs); lacks != 0 {
		tb.Skipf("not checked: the harness has no %v. [%s] %s", lacks, c.ID, c.Text)
	}
	if lacks := h.lacks(c.better); lacks != 0 {
		tb.Logf("checked in part: the harness has no %v", lacks)
	}
	c.check(&trial{TB: tb, clause: c, harness: h})
}

// unchecked lists what is not checked, or not in full, with this harness.
func unchecked(h Harness) []string {
	var lines []string
	for _, c := range Clauses() {
		if lacks := h.lacks(c.needs); lacks != 0 {
			lines = append(lines, fmt.Sprintf("%s: not checked, there is no %v", c.ID, lacks))
		} else if lacks := h.lacks(c.better); lacks != 0 {
			lines = append(lines, fmt.Sprintf("%s: checked in part, there is no %v", c.ID, lacks))
		}
	}
	return lines
}
