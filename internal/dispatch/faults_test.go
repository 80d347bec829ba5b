package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// Whatever call of the store fails, in whatever way a store may, while anything happens: what
// is stored is right, and once the store works again, nothing is lost.
func TestFaultsOnTheFloor(t *testing.T) {
	t.Parallel()
	for _, fault := range some(t, faults.Legal(), 5) {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			for range storetest.Effort(t) {
				var st *faults.Store
				f := newFloorOver(t, rng, func(below store.Store) store.Store { st = faults.New(below); return st }, memory.New())
				f.shaky = true
				for range 15 {
					f.act(rng, f.engines[0])
				}
				st.Restart()
				at, next := []int{}, 0
				for range 12 {
					next += 1 + rng.IntN(40)
					at = append(at, next)
				}
				st.Inject(fault, at...)
				for range 40 {
					f.contexts = func() context.Context { return st.Context(t.Context()) }
					f.act(rng, f.engines[0])
				}
				st.Heal()
				f.contexts = nil
				f.clock.Pass(2 * time.Minute) // whoever had begun something is taken for lost
				f.rests()
				f.ends()
				f.holds(t)
				if t.Failed() {
					return
				}
			}
		})
	}
}

// mortal is a store whose process ends at one of its commits.
type mortal struct {
	store.Store

	landed bool // the last commit takes place still

	mu   sync.Mutex
	left int // how many commits it lives for; less than 0: for ever
}

// lives says for how many commits it lives.
func (m *mortal) lives(left int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = left
}

func (m *mortal) dead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left == 0
}

// last takes one of the commits that it lives for, and reports whether it was the last.
func (m *mortal) last() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left > 0 {
		m.left--
	}
	return m.left == 0
}

// Commit implements [store.Store].
func (m *mortal) Commit(ctx context.Context, b store.Batch) error {
	if m.dead() {
		return store.ErrClosed
	}
	if !m.last() {
		return m.Store.Commit(ctx, b)
	}
	if m.landed {
		if err := m.Store.Commit(ctx, b); err != nil {
			return err
		}
	}
	return store.ErrUnknownOutcome
}

// Get implements [store.Store].
func (m *mortal) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if m.dead() {
		return nil, store.ErrClosed
	}
	return m.Store.Get(ctx, keys...)
}

// Find implements [store.Store].
func (m *mortal) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if m.dead() {
		return store.Page{}, store.ErrClosed
	}
	return m.Store.Find(ctx, q)
}

// Wherever the process ends, another one goes on from what is stored.
func TestDeathsOnTheFloor(t *testing.T) {
	t.Parallel()
	for _, landed := range []bool{false, true} {
		t.Run(fmt.Sprint("the last commit landed: ", landed), func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			for range often(t, 6) * storetest.Effort(t) {
				st := &mortal{left: -1, landed: landed}
				f := newFloorOver(t, rng, func(below store.Store) store.Store { st.Store = below; return st }, memory.New())
				f.shaky = true
				for range 20 {
					f.act(rng, f.engines[0])
				}
				for range 3 {
					st.lives(1 + rng.IntN(25))
					for !st.dead() {
						f.act(rng, f.engines[0])
					}
					st.lives(-1)
					f.engines[0] = must(engage.New(t.Context(), st, &f.options))(t)
					f.clock.Pass(2 * time.Minute)
					f.rests()
				}
				f.ends()
				f.holds(t)
				if t.Failed() {
					return
				}
			}
		})
	}
}
