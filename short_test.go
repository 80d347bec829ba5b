package engage_test

import (
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/engage-interactions/engage/storetest/faults"
)

// large is for a test in which one caller has very much to do, alone: with -short it is
// left out.
func large(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: one caller alone, with very much")
	}
}

// thinned is how many places there are, with -short, for each at which something is
// tried.
const thinned = 8

// stride is for a test that lets something go wrong at one place after another: at which
// it begins, the first being 1, and how far it is to the next. It tries all of them, but
// with -short one of eight, others each time.
func stride(tb testing.TB) (first, step int) {
	tb.Helper()
	if !testing.Short() {
		return 1, 1
	}
	first = 1 + rand.IntN(thinned)
	tb.Logf("-short: tried at %d and at each %dth from there", first, thinned)
	return first, thinned
}

// sweep returns the trials of [faults.Sweep], with -short those of a [stride].
func sweep(tb testing.TB, f faults.Fault) iter.Seq[*faults.Trial] {
	tb.Helper()
	return func(yield func(*faults.Trial) bool) {
		first, step := stride(tb)
		for n := first; ; n += step {
			if trial := faults.At(f, n); !yield(trial) || !trial.Struck() {
				return
			}
		}
	}
}
