package work_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// transfer moves 1 from account a to b, books it under a minted ID and tells of
// it. It reads in several steps, so that the world can change in between.
func transfer(ctx context.Context, w *work.Work) error {
	guard, err := w.Get(ctx, key("guard"))
	if err != nil {
		return err
	}
	accounts, err := w.Get(ctx, key("a"), key("b"))
	if err != nil {
		return err
	}
	if _, err := w.Find(ctx, store.Query{Tenant: tenant, Kind: "entry", Limit: 1}); err != nil {
		return err
	}
	for i, r := range append(accounts, guard...) {
		r.Value = fmt.Appendf(nil, "%d", number(r)+[]int{-1, 1, 1}[i])
		if err := w.Put(r); err != nil {
			return err
		}
	}
	entry := w.ID()
	if err := w.Insert(store.Record{Key: store.Key{Tenant: tenant, Kind: "entry", ID: entry}, Value: []byte(`{}`)}); err != nil {
		return err
	}
	return w.Append(store.Event{ID: w.ID(), Type: "transferred", Value: []byte(`"` + entry + `"`)})
}

// TestTransferUnderTrouble runs the transfer with each trouble at each call in
// turn: it is done once, or not at all and then says so.
func TestTransferUnderTrouble(t *testing.T) {
	t.Parallel()
	for _, do := range troubles {
		t.Run(do.String(), func(t *testing.T) {
			t.Parallel()
			for trial := range faults.Sweep(do.Fault) {
				st := trial.Wrap(open(t))
				deposit(st, "a", "b", "guard")
				trial.Start()
				err := runner(st).Do(t.Context(), func(w *work.Work) error { return transfer(t.Context(), w) })
				trial.End()
				done := checkBooks(t, st)
				switch {
				case err == nil && done != 1, err != nil && done != 0:
					t.Fatalf("%v: error %v, and the transfer was done %d times", trial, err, done)
				case errors.Is(err, store.ErrUnknownOutcome) && do.gone:
					// Nobody can know, and that is what it says.
				case err != nil && do.fail == nil:
					t.Fatalf("%v: %v", trial, err)
				case err != nil && !errors.Is(err, do.fail):
					t.Fatalf("%v: %v, want the store's error", trial, err)
				}
			}
		})
	}
}

// checkBooks checks that records and events agree, and returns how many
// transfers were done. Rivals deposit into a, b and guard alike, so that the
// difference of b and a counts transfers twice.
func checkBooks(t *testing.T, st store.Store) int {
	t.Helper()
	r, err := st.Get(t.Context(), key("a"), key("b"), key("guard"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := st.Find(t.Context(), store.Query{Tenant: tenant, Kind: "entry"})
	if err != nil {
		t.Fatal(err)
	}
	events, err := st.Events(t.Context(), tenant, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	moved := (number(r[1]) - number(r[0])) / 2
	if n := len(entries.Records); n != moved || len(events) != moved || number(r[2])-number(r[0]) != 2*moved {
		t.Fatalf("%d moved, %d entries, %d events, guard %s, a %s", moved, n, len(events), r[2].Value, r[0].Value)
	}
	return moved
}

// TestPureUpdateIsNeverDoneTwice is about a work without a minted record: once a
// rival has written over its traces, its fate cannot be told, and it says that.
func TestPureUpdateIsNeverDoneTwice(t *testing.T) {
	t.Parallel()
	for _, do := range troubles {
		for trial := range faults.Sweep(do.Fault) {
			st := trial.Wrap(open(t))
			trial.Start()
			err := runner(st).Do(t.Context(), func(w *work.Work) error {
				r, err := w.Get(t.Context(), key("a"))
				if err != nil {
					return err
				}
				r[0].Value = fmt.Appendf(nil, "%d", number(r[0])+1)
				return w.Put(r[0])
			})
			trial.End()
			r, gerr := st.Get(t.Context(), key("a"), key("b"))
			if gerr != nil {
				t.Fatal(gerr)
			}
			done := number(r[0]) - number(r[1]) // rivals write both
			switch {
			case err == nil && done != 1,
				errors.Is(err, store.ErrUnknownOutcome) && !do.traceless,
				errors.Is(err, store.ErrUnavailable) && done != 0,
				errors.Is(err, store.ErrUnknownOutcome) && done != 0 && done != 1,
				err != nil && !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrUnknownOutcome):
				t.Errorf("%v: error %v, done %d times", trial, err, done)
			}
		}
	}
}

// TestDeletedTracesAreNotReadAsAbsence: the work landed, its answer was lost, and
// what it created was deleted before it could look.
func TestDeletedTracesAreNotReadAsAbsence(t *testing.T) {
	t.Parallel()
	st := faults.New(open(t))
	st.Inject(faults.LostAfter().Around(faults.After("a rival deletes what was created", func(ctx context.Context, c faults.Call, err error) {
		rival(ctx, c)
		page, ferr := c.Below().Find(ctx, store.Query{Tenant: tenant, Kind: "entry"})
		gone := store.Batch{ID: newID(), Tenant: tenant}
		for _, r := range page.Records {
			gone.Deletes = append(gone.Deletes, store.Check{Key: r.Key, Version: r.Version})
		}
		if err := errors.Join(err, ferr, c.Below().Commit(ctx, gone)); err != nil {
			t.Error(err)
		}
	})), 1)
	deposit(st.Below(), "a", "b", "guard")
	err := runner(st).Do(t.Context(), func(w *work.Work) error { return transfer(t.Context(), w) })
	if !errors.Is(err, store.ErrUnknownOutcome) {
		t.Errorf("%v, want an unknown outcome", err)
	}
	if events, err := st.Events(t.Context(), tenant, 0, 0); err != nil || len(events) != 1 {
		t.Errorf("%d events, %v; want 1", len(events), err)
	}
}

// TestRefusalIsNeverOfAStateThatNeverWas: a and b are equal in every state, and
// read one after the other.
func TestRefusalIsNeverOfAStateThatNeverWas(t *testing.T) {
	t.Parallel()
	errUnequal := errors.New("unequal")
	errRefused := errors.New("refused")
	for _, answer := range []error{errRefused, nil} {
		for _, do := range troubles {
			for trial := range faults.Sweep(do.Fault) {
				st := trial.Wrap(open(t))
				deposit(st, "a", "b", "guard")
				seen := 0
				trial.Start()
				err := runner(st).Do(t.Context(), func(w *work.Work) error {
					a, err := w.Get(t.Context(), key("a"))
					if err != nil {
						return err
					}
					b, err := w.Find(t.Context(), store.Query{Tenant: tenant, Kind: kind, Prefix: "b"})
					if err != nil {
						return err
					}
					seen = number(a[0]) - number(b.Records[0])
					if seen != 0 {
						return errUnequal
					}
					return answer
				})
				trial.End()
				if errors.Is(err, errUnequal) || seen != 0 && err == nil {
					t.Errorf("%v: refused for %d, %v", trial, seen, err)
				}
				if !errors.Is(err, answer) && !errors.Is(err, do.fail) {
					t.Errorf("%v: %v", trial, err)
				}
			}
		}
	}
}

// TestManyCallersOnOneRecord: none of them gives up, although not one try may be
// used up; and each sees what the one before it wrote.
func TestManyCallersOnOneRecord(t *testing.T) {
	t.Parallel()
	const callers, rounds = 64, 10
	r := work.NewRunner(open(t), work.Options{Tenant: tenant, NewID: newID, Tries: -1})
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range rounds {
				if err := r.Do(t.Context(), func(w *work.Work) error { return transfer(t.Context(), w) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	if records, err := r.Store().Get(t.Context(), key("b")); err != nil || number(records[0]) != callers*rounds {
		t.Errorf("%s, %v; want %d", records[0].Value, err, callers*rounds)
	}
}

// TestStaleReadUsesUpNoTry: another work of the same Runner comes and goes between
// the read and the commit, so that there is nobody to wait for.
func TestStaleReadUsesUpNoTry(t *testing.T) {
	t.Parallel()
	r := work.NewRunner(open(t), work.Options{Tenant: tenant, NewID: newID, Tries: -1})
	runs := 0
	err := r.Do(t.Context(), func(w *work.Work) error {
		if err := transfer(t.Context(), w); err != nil {
			return err
		}
		runs++
		if runs == 1 {
			return r.Do(t.Context(), func(w *work.Work) error { return transfer(t.Context(), w) })
		}
		return nil
	})
	if done := checkBooks(t, r.Store()); err != nil || done != 2 || runs != 2 {
		t.Errorf("%v, %d transfers in %d runs", err, done, runs)
	}
}

// TestTwoProcessesOnOneRecord: each has a Runner of its own, so that their
// conflicts show at the store only.
func TestTwoProcessesOnOneRecord(t *testing.T) {
	t.Parallel()
	const callers, rounds = 8, 25
	st := open(t)
	var wg sync.WaitGroup
	for range 2 {
		r := work.NewRunner(st, work.Options{Tenant: tenant, NewID: newID, Tries: 10_000})
		for range callers {
			wg.Go(func() {
				for range rounds {
					if err := r.Do(t.Context(), func(w *work.Work) error { return transfer(t.Context(), w) }); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	records, err := st.Get(t.Context(), key("b"))
	if err != nil || number(records[0]) != 2*callers*rounds {
		t.Errorf("%s, %v; want %d", records[0].Value, err, 2*callers*rounds)
	}
}

// TestEndlessConflictEnds: a rival that never rests uses up the tries.
func TestEndlessConflictEnds(t *testing.T) {
	t.Parallel()
	st := open(t)
	err := runner(st).Do(t.Context(), func(w *work.Work) error {
		r, err := w.Get(t.Context(), key("a"))
		if err != nil {
			return err
		}
		deposit(st, "a")
		r[0].Value = []byte("0")
		return w.Put(r[0])
	})
	if conflict, ok := errors.AsType[*store.ConflictError](err); !ok || conflict.Key != key("a") {
		t.Errorf("%v, want a conflict on a", err)
	}
}

func TestContextEndsTheWork(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := runner(open(t)).Do(ctx, func(*work.Work) error {
		t.Error("decided, although the context was done")
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	// While a work waits in line behind another.
	r := runner(open(t))
	ctx, cancel = context.WithCancel(t.Context())
	first := true
	err = r.Do(t.Context(), func(w *work.Work) error {
		records, err := w.Get(t.Context(), key("a"))
		if err != nil {
			return err
		}
		if first { // the next run stands at the head of the line
			first = false
			deposit(r.Store(), "a")
		} else {
			waiting := make(chan error)
			go func() {
				waiting <- r.Do(ctx, func(w *work.Work) error {
					if _, err := w.Get(ctx, key("a")); err != nil {
						return err
					}
					defer cancel()
					return w.Put(store.Record{Key: key("a"), Value: []byte("7")})
				})
			}()
			if err := <-waiting; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnknownOutcome) {
				t.Errorf("%v, want canceled", err)
			}
		}
		records[0].Value = []byte("5")
		return w.Put(records[0])
	})
	if err != nil {
		t.Error(err)
	}
}
