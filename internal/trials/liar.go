package trials

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// Lie is how a store breaks its promises.
type Lie string

// What liars do.
const (
	LosesUpdates Lie = "commits whatever others have written there since"
	DropsChecks  Lie = "does not look at what a batch only checks"
	ShowsOld     Lie = "shows an older value as that of the latest version"
	Forgets      Lie = "says of a batch that it is committed, and forgets it"
	Tears        Lie = "leaves out some of a batch"
)

// Liar is a store that breaks its promises about the records of some kinds: a test that does
// not find out would not find out either if the Engine did not keep to what it must, such as
// to let a decision depend on what it has read.
type Liar struct {
	store.Store

	lie   Lie
	kinds []string

	mu    sync.Mutex
	rng   *rand.Rand
	older map[store.Key][]store.Record
	fair  bool
}

// NewLiar returns a store over another one that lies about the records of some kinds, now and
// then, as its luck has it.
func NewLiar(over store.Store, lie Lie, luck *rand.Rand, kinds ...string) *Liar {
	return &Liar{Store: over, lie: lie, kinds: kinds, rng: luck, older: map[store.Key][]store.Record{}}
}

// Reform ends what it does now and then: from now on it keeps its promises.
func (l *Liar) Reform() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fair = true
}

func (l *Liar) concerned(key store.Key) bool { return slices.Contains(l.kinds, key.Kind) }

func (l *Liar) sometimes(n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.fair && l.rng.IntN(n) == 0
}

// Commit implements [store.Store].
func (l *Liar) Commit(ctx context.Context, b store.Batch) error {
	writes := slices.ContainsFunc(b.Puts, func(r store.Record) bool { return l.concerned(r.Key) && r.Version != "" })
	switch {
	case l.lie == Forgets && writes && l.sometimes(10):
		return nil
	case l.lie == DropsChecks:
		b.Checks = slices.DeleteFunc(slices.Clone(b.Checks), func(c store.Check) bool { return l.concerned(c.Key) })
	case l.lie == LosesUpdates && writes:
		return l.overwrite(ctx, b)
	case l.lie == Tears && l.sometimes(4):
		b.Puts = slices.DeleteFunc(slices.Clone(b.Puts), func(r store.Record) bool { return l.concerned(r.Key) })
		b.Deletes = slices.DeleteFunc(slices.Clone(b.Deletes), func(c store.Check) bool { return l.concerned(c.Key) })
	}
	return l.Store.Commit(ctx, b)
}

// overwrite commits a batch on what there is.
func (l *Liar) overwrite(ctx context.Context, b store.Batch) error {
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

// letOthers lets others write what one has just read, more often than they would come to it by
// themselves: else many a run loses no update.
func (l *Liar) letOthers() {
	for l.sometimes(2) {
		runtime.Gosched()
	}
}

// Get implements [store.Store].
func (l *Liar) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := l.Store.Get(ctx, keys...)
	if l.lie != ShowsOld {
		if l.lie == LosesUpdates && slices.ContainsFunc(keys, l.concerned) {
			l.letOthers()
		}
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
