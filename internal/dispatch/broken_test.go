package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
)

// liar is a store that breaks its promises about the records of some kinds.
type liar struct {
	store.Store

	does  string
	kinds []string

	mu    *sync.Mutex
	rng   *rand.Rand
	older map[store.Key][]store.Record
	lies  bool
}

// What liars do.
const (
	losesUpdates = "commits whatever others have written there since"
	dropsChecks  = "does not look at what a batch only checks"
	showsOld     = "shows an older value as that of the latest version"
	tears        = "leaves out some of a batch"
)

func (l *liar) concerned(key store.Key) bool { return slices.Contains(l.kinds, key.Kind) }

func (l *liar) sometimes(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lies && l.rng.IntN(n) == 0
}

// Commit implements [store.Store].
func (l *liar) Commit(ctx context.Context, b store.Batch) error {
	writes := slices.ContainsFunc(b.Puts, func(r store.Record) bool { return l.concerned(r.Key) && r.Version != "" })
	switch {
	case l.does == dropsChecks:
		b.Checks = slices.DeleteFunc(slices.Clone(b.Checks), func(c store.Check) bool { return l.concerned(c.Key) })
	case l.does == losesUpdates && writes:
		return l.overwrite(ctx, b)
	case l.does == tears && l.sometimes(4):
		b.Puts = slices.DeleteFunc(slices.Clone(b.Puts), func(r store.Record) bool { return l.concerned(r.Key) })
		b.Deletes = slices.DeleteFunc(slices.Clone(b.Deletes), func(c store.Check) bool { return l.concerned(c.Key) })
	}
	return l.Store.Commit(ctx, b)
}

// overwrite commits a batch on what there is.
func (l *liar) overwrite(ctx context.Context, b store.Batch) error {
	b.Checks, b.Puts = slices.Clone(b.Checks), slices.Clone(b.Puts)
	for {
		err := l.Store.Commit(ctx, b)
		conflict, ok := errors.AsType[*store.ConflictError](err)
		if !ok || !l.concerned(conflict.Key) {
			return err
		}
		now, err := l.Store.Get(ctx, conflict.Key)
		if err != nil {
			return err
		}
		for n := range b.Checks {
			if b.Checks[n].Key == conflict.Key {
				b.Checks[n].Version = now[0].Version
			}
		}
		for n := range b.Puts {
			if b.Puts[n].Key == conflict.Key {
				b.Puts[n].Version = now[0].Version
			}
		}
	}
}

// Get implements [store.Store].
func (l *liar) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := l.Store.Get(ctx, keys...)
	if l.does != showsOld {
		return records, err
	}
	for n, r := range records {
		if !l.concerned(r.Key) || !r.Exists() {
			continue
		}
		lies := l.sometimes(3)
		l.mu.Lock()
		was := l.older[r.Key]
		if len(was) == 0 || was[len(was)-1].Version != r.Version {
			l.older[r.Key] = append(was, r)
		}
		if len(was) > 0 && lies {
			records[n].Value = slices.Clone(was[l.rng.IntN(len(was))].Value)
		}
		l.mu.Unlock()
	}
	return records, err
}

// What the Engine promises is found to be broken where the store breaks its promises: so
// it would be if the Engine did not keep to what it must, such as to let a decision depend
// on what it has read.
func TestLiesOnTheFloorAreFound(t *testing.T) {
	t.Parallel()
	type lie struct {
		does  string
		kinds []string
	}
	for _, lie := range some(t, []lie{
		{losesUpdates, []string{"worker"}},
		{losesUpdates, []string{"task", "interaction_channel"}},
		{losesUpdates, []string{"task_count"}},
		{losesUpdates, []string{"reservation", "task", "worker", "interaction_channel"}},
		{showsOld, []string{"worker"}},
		{showsOld, []string{"task"}},
		{showsOld, []string{"reservation"}},
		{showsOld, []string{"interaction_channel"}},
		{tears, []string{"ready_worker"}},
		{tears, []string{"task_count", "worker_count"}},
		{tears, []string{"job"}},
		{tears, []string{"content_thread"}},
	}, 6) {
		t.Run(fmt.Sprint(lie.does, lie.kinds), func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			for n := range 100 {
				st := memory.New()
				mu := &sync.Mutex{}
				var liars []*liar
				f := newFloorOver(t, rng, func(below store.Store) store.Store {
					return below
				}, st)
				f.lied, f.engines = true, nil
				for _, handle := range []store.Store{st, st.Peer()} {
					l := &liar{Store: handle, does: lie.does, kinds: lie.kinds, mu: mu, rng: luck(rng), older: map[store.Key][]store.Record{}, lies: true}
					liars = append(liars, l)
					f.engines = append(f.engines, must(newEngine(f, f.on(l)))(t))
				}
				f.acts(rng, 4, 25)
				mu.Lock()
				for _, l := range liars {
					l.lies = false
				}
				mu.Unlock()
				if len(f.faults()) > 0 || f.lost() {
					t.Logf("found in round %d: %v", n, len(f.faults()))
					return
				}
			}
			t.Error("nobody has noticed")
		})
	}
}

// lost reports whether something is wrong at rest.
func (f *floor) lost() bool {
	for range 3 {
		f.clock.pass(2 * time.Minute)
		for range 20 {
			if n, err := f.engines[0].RunDue(f.t.Context()); err == nil && n == 0 {
				break
			}
		}
	}
	wrong, err := atRest(f.t.Context(), f.st, f.clock.read())
	return err != nil || len(wrong) > 0
}
