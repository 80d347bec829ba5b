package crowd_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// liar is a store that breaks its promises about the records of some kinds.
type liar struct {
	store.Store

	does  string
	kinds []string

	mu    sync.Mutex
	rng   *rand.Rand
	older map[store.Key][]store.Record
}

// What liars do.
const (
	losesUpdates = "commits whatever others have written there since"
	dropsChecks  = "does not look at what a batch only checks"
	showsOld     = "shows an older value as that of the latest version"
	forgets      = "says of a batch that it is committed, and forgets it"
)

func (l *liar) concerned(key store.Key) bool { return slices.Contains(l.kinds, key.Kind) }

func (l *liar) sometimes(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rng.IntN(n) == 0
}

// Commit implements [store.Store].
func (l *liar) Commit(ctx context.Context, b store.Batch) error {
	writes := slices.ContainsFunc(b.Puts, func(r store.Record) bool { return l.concerned(r.Key) && r.Version != "" })
	switch {
	case l.does == forgets && writes && l.sometimes(10):
		return nil
	case l.does == dropsChecks:
		b.Checks = slices.DeleteFunc(slices.Clone(b.Checks), func(c store.Check) bool { return l.concerned(c.Key) })
	case l.does == losesUpdates && writes:
		return l.overwrite(ctx, b)
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
		now, err := l.Get(ctx, conflict.Key)
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
func TestLiesAreFound(t *testing.T) {
	t.Parallel()
	const control, list = "thread_control", "engaged_list"
	for _, lie := range []struct {
		does         string
		kinds        []string
		told, booked bool // whether the answers, and the books, give it away
	}{
		{losesUpdates, []string{control, list, "content_thread", "correspondent", "intervention"}, true, false},
		{showsOld, []string{list}, true, true},
		{showsOld, []string{control}, true, true},
		{forgets, []string{control}, true, false},
	} {
		t.Run(fmt.Sprint(lie.does, lie.kinds), func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			lies := map[store.Store]*liar{}
			s := newHistory(t, twoHandles["memory"], rng, func(st store.Store) store.Store {
				lies[st] = &liar{Store: st, does: lie.does, kinds: lie.kinds, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), older: map[store.Key][]store.Record{}} //nolint:gosec // a test's luck
				return lies[st]
			})
			told, booked := false, false
			for n := 0; n < 200 && (!told && lie.told || !booked && lie.booked); n++ {
				s.sourceID = []string{"agents", "bot", "nobody"}[n%3]
				s.settings = manySettings[s.sourceID]
				for _, h := range s.happens(t.Context(), rng, fmt.Sprint("ada-", n)) {
					told = told || h.unexplained() != ""
				}
				booked = booked || len(s.books.faults()) > 0
			}
			if !told && lie.told || !booked && lie.booked {
				t.Errorf("by the answers: %v, by the books: %v", told, booked)
			}
		})
	}
}
