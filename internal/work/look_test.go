package work_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestWhatIsLoadedTogether is of one moment, in a work that only looks; one that decides
// reads nothing twice, for it must have been so to its end.
func TestWhatIsLoadedTogether(t *testing.T) {
	t.Parallel()
	st := open(t)
	twice := func(w *work.Work) (seen [2][]int, err error) {
		for n, keys := range [][]store.Key{{key("a")}, {key("a"), key("b")}} {
			deposit(st, "a", "b")
			if err := w.LoadTogether(t.Context(), keys...); err != nil {
				return seen, err
			}
			records, err := w.Get(t.Context(), keys...)
			if err != nil {
				return seen, err
			}
			for _, r := range records {
				seen[n] = append(seen[n], number(r))
			}
		}
		return seen, nil
	}
	must(t, runner(st).Look(t.Context(), func(w *work.Work) error {
		seen, err := twice(w)
		if !slices.Equal(seen[0], []int{1}) || !slices.Equal(seen[1], []int{2, 2}) {
			t.Errorf("who looks sees %v", seen)
		}
		return err
	}))
	runs := 0
	err := runner(st).Do(t.Context(), func(w *work.Work) error {
		runs++
		if runs > 1 {
			return nil
		}
		seen, err := twice(w)
		if !slices.Equal(seen[0], []int{3}) || !slices.Equal(seen[1], []int{3, 4}) {
			t.Errorf("who decides sees %v", seen)
		}
		return err
	})
	if err != nil || runs != 2 {
		t.Errorf("%v, decided %d times; want anew, for it was not of one moment", err, runs)
	}
}

// TestLookBesideAWork: the work does not rest on what is seen so, but fails with it.
func TestLookBesideAWork(t *testing.T) {
	t.Parallel()
	below := open(t)
	st := faults.New(below)
	runs := 0
	must(t, runner(st).Do(t.Context(), func(w *work.Work) error {
		runs++
		err := w.Look(t.Context(), func(beside *work.Work) error {
			_, err := beside.Get(t.Context(), key("a"))
			return err
		})
		deposit(below, "a")
		return errors.Join(err, w.Insert(store.Record{Key: key("b"), Value: []byte(`{}`)}))
	}))
	if runs != 1 {
		t.Errorf("it has run %d times", runs)
	}
	st.Inject(faults.Unavailable().On(faults.Get), 1)
	err := runner(st).Do(t.Context(), func(w *work.Work) error {
		err := w.Look(t.Context(), func(beside *work.Work) error {
			_, _ = beside.Get(t.Context(), key("a"))
			return nil
		})
		if after := w.Load(t.Context()); !errors.Is(err, store.ErrUnavailable) || !errors.Is(after, store.ErrUnavailable) {
			t.Errorf("%v, and the work %v", err, after)
		}
		return nil
	})
	if !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v: the store has failed", err)
	}
}
