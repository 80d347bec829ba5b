package faults

import (
	"context"
	"fmt"
	"iter"

	"github.com/engage-interactions/engage/store"
)

// Sweep returns one trial for each fault and each call that it can befall: the first,
// the second, and so on. It goes on to the next fault after a trial in which so many
// calls were not made, so that the last trial of each fault is one in which all went
// well.
//
// What is tried must come to an end by itself, whatever befell it, and the body of
// the loop must not outlive its round: for parallel subtests, give each a sweep of its
// own. A round that does not Start its trial panics, for it would try nothing.
func Sweep(faults ...Fault) iter.Seq[*Trial] {
	return func(yield func(*Trial) bool) {
		for _, f := range faults {
			for n := 1; ; n++ {
				t := At(f, n)
				if !yield(t) {
					return
				}
				if !t.started {
					panic("faults: a round of Sweep did not Start its trial")
				}
				if !t.Struck() {
					break
				}
			}
		}
	}
}

// Trial is a fault at one call: one round of a [Sweep], or what [At] returns. Its methods are for the
// goroutine of the sweep.
type Trial struct {
	Fault Fault
	N     int // of the calls that the fault can befall, which one it befalls, from 1

	injection *injection
	contexts  contexts // of all its stores
	stores    []*Store
	started   bool
	calls     int // of the store that was struck, when the trial ended
}

// At returns a single trial, of a fault at the n-th call that it can befall, for those
// who know which calls there are.
func At(f Fault, n int) *Trial {
	return &Trial{Fault: f, N: n, injection: &injection{fault: f, at: []int{n}}}
}

// Wrap returns a store over st with which all goes well until Start, and again after
// End. A trial may have several, handles on the same data, say: the fault befalls the
// n-th call of them all together.
func (t *Trial) Wrap(st store.Store) *Store {
	s := New(st)
	s.contexts = &t.contexts
	s.inject(t.injection)
	t.stores = append(t.stores, s)
	return s
}

// Start makes the fault befall the n-th call from now on.
func (t *Trial) Start() {
	t.started = true
	for _, s := range t.stores {
		s.Restart()
	}
	t.injection.turn(true)
}

// End lets all go well from now on, and what was late land.
func (t *Trial) End() {
	t.injection.turn(false)
	if struck := t.injection.befell(); len(struck) > 0 {
		t.calls = len(struck[0].store.Calls())
	}
	for _, s := range t.stores {
		s.land()
	}
}

// Context returns a context that ends with parent, or when the fault says that the
// caller's context ends.
func (t *Trial) Context(parent context.Context) context.Context {
	return t.contexts.derive(parent)
}

// Struck reports whether there was a call for the fault to befall.
func (t *Trial) Struck() bool { return len(t.injection.befell()) > 0 }

// String says what went wrong, and where: "the store is unavailable, at call 7 of 12,
// a Commit".
func (t *Trial) String() string {
	struck := t.injection.befell()
	if len(struck) == 0 {
		return fmt.Sprintf("all goes well: %v comes too late, at number %d", t.Fault, t.N)
	}
	c := struck[0]
	if t.calls == 0 {
		return fmt.Sprintf("%v, at %v", t.Fault, c)
	}
	return fmt.Sprintf("%v, at call %d of %d, a %v", t.Fault, c.N, t.calls, c.Method)
}
