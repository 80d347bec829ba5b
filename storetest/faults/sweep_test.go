package faults_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestSweepTriesEveryCall that a fault can befall, and then none.
func TestSweepTriesEveryCall(t *testing.T) {
	t.Parallel()
	var got []string
	for trial := range faults.Sweep(faults.Unavailable(), faults.LostAfter(), faults.CancelAfter().On(faults.Find)) {
		below := open(t)
		st := trial.Wrap(below)
		if err := get(t.Context(), st); err != nil { // does not count
			t.Fatal(err)
		}
		trial.Start()
		ctx := trial.Context(t.Context())
		err := errors.Join(get(ctx, st), st.Commit(ctx, batch("v2")), st.Trim(ctx, tenant, 1))
		trial.End()
		if (err != nil) != trial.Struck() || trial.Struck() && len(st.Calls()) != 3 || get(t.Context(), st) != nil {
			t.Errorf("%v: %v", trial, err)
		}
		got = append(got, trial.String())
	}
	want := []string{
		"the store is unavailable, at call 1 of 3, a Get",
		"the store is unavailable, at call 2 of 3, a Commit",
		"the store is unavailable, at call 3 of 3, a Trim",
		"all goes well: the store is unavailable comes too late, at number 4",
		"the answer is lost after the effect, at call 2 of 3, a Commit",
		"all goes well: the answer is lost after the effect comes too late, at number 2",
		"all goes well: the context ends after the call comes too late, at number 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

// TestTrialCountsOverAllItsStores, which are of one process.
func TestTrialCountsOverAllItsStores(t *testing.T) {
	t.Parallel()
	for trial := range faults.Sweep(faults.CancelBefore()) {
		first, second := trial.Wrap(open(t)), trial.Wrap(open(t))
		trial.Start()
		ctx := trial.Context(t.Context())
		failed := []bool{get(ctx, first) != nil, get(ctx, second) != nil, get(t.Context(), first) != nil}
		trial.End()
		if want := [][]bool{{true, true, false}, {false, true, false}, {false, false, false}, {false, false, false}}[trial.N-1]; !slices.Equal(failed, want) {
			t.Errorf("%v: %v", trial, failed)
		}
	}
}

// TestTrialEndsWithWhatIsLate landed, and can be left early.
func TestTrialEndsWithWhatIsLate(t *testing.T) {
	t.Parallel()
	rounds := 0
	for trial := range faults.Sweep(faults.LostLate()) {
		rounds++
		below := open(t)
		st := trial.Wrap(below)
		trial.Start()
		err := st.Commit(t.Context(), batch("v2"))
		before := versions(t, below)[0]
		trial.End()
		if !errors.Is(err, store.ErrUnknownOutcome) || before != "v1" || versions(t, below)[0] != "v2" {
			t.Errorf("%v: %v, %q, then %q", trial, err, before, versions(t, below))
		}
		break
	}
	if rounds != 1 {
		t.Errorf("%d rounds", rounds)
	}
	defer func() {
		if recover() == nil {
			t.Error("a round that tries nothing goes unnoticed")
		}
	}()
	for range faults.Sweep(faults.Unavailable()) {
		_ = t // it is to do nothing
	}
}
