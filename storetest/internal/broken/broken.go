// Package broken holds stores that each have one fault, and odd ones that have
// none, to try the conformance suite on: it must fail each for exactly the
// clauses that it breaks.
//
// All but those of journal.go are handles on a memory store in which a method or
// two go wrong; see [methods]. A fault strikes where the clause is about, and
// nowhere else: a store that is wrong everywhere would show that some check
// fails, but not which. Where a fault needs goroutines to meet, the store holds
// its window open for them, so that what the suite finds is no matter of luck.
package broken

import (
	"slices"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// Store is a kind of store to try the suite on. Its methods have the signatures
// of the functions of a harness.
type Store struct {
	Fault  string   // what it does: "a store that …"
	Breaks []string // the clauses that it breaks, all of them; none, if it is odd but legal

	methods func() *methods            // of the handles on one data
	journal func(path string) *journal // for one of Journals, instead
}

// Stores returns all that live in memory: those that break none, and those that
// break one clause or several, in the order of the register. Journals returns the
// others.
func Stores() []Store {
	return slices.Concat(
		[]Store{Sound()},
		legal(), legalAnswers(),
		uses(), arguments(), contexts(), contextsAfter(), latest(), tenants(), copies(), values(), texts(),
		prepares(), gets(),
		atomics(), conflicts(), contentions(), races(), durables(), batches(), terms(),
		events(), readers(), trims(),
		closes(),
		finds(), orders(), cursors(), pages(),
	)
}

// Sound returns the store that all others are made from.
func Sound() Store { return sound("is in order", func() *methods { return &methods{} }) }

// sound is a store that breaks nothing.
func sound(does string, m func() *methods) Store { return Store{Fault: does, methods: m} }

// faulty is a store that breaks one clause.
func faulty(clause, fault string, m func() *methods) Store {
	return Store{Fault: fault, Breaks: []string{clause}, methods: m}
}

// and adds clauses that the same fault breaks as well.
func (s Store) and(clauses ...string) Store {
	s.Breaks = slices.Concat(s.Breaks, clauses)
	return s
}

// Open returns an empty store.
func (s Store) Open(tb testing.TB) store.Store {
	tb.Helper()
	if s.journal != nil {
		return s.create(tb)
	}
	return (&data{methods: s.methods()}).handle(tb, memory.New())
}

// Peer returns a second handle on the data of another.
func (Store) Peer(tb testing.TB, s store.Store) store.Store {
	tb.Helper()
	h := s.(*handle) // of no other type
	if j := h.data.journal; j != nil {
		return h.data.handle(tb, j.handle())
	}
	return h.data.handle(tb, h.inner.Peer())
}

// Reopen closes a handle and returns a new one on its data, as after a restart.
// It cannot be had while others are open, as if their process had locked a file.
func (Store) Reopen(tb testing.TB, s store.Store) store.Store {
	tb.Helper()
	h := s.(*handle) // of no other type
	_ = h.Close()
	h.data.open.Range(func(any, any) bool {
		tb.Fatal("Reopen, while another handle is open")
		return false
	})
	if j := h.data.journal; j != nil {
		j.load(tb)
		return h.data.handle(tb, j.handle())
	}
	again := h.inner.Peer()
	if h.data.methods.reopen != nil {
		again = h.data.methods.reopen(h.inner)
	}
	return h.data.handle(tb, again)
}
