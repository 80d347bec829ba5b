package faults_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestWithoutFaultsItIsTheStoreBelow runs the conformance suite.
func TestWithoutFaultsItIsTheStoreBelow(t *testing.T) {
	t.Parallel()
	wrap := func(tb testing.TB, st store.Store) store.Store {
		tb.Helper()
		s := faults.New(st)
		tb.Cleanup(func() { _ = s.Close() })
		return s
	}
	storetest.Run(t, storetest.Harness{
		Open: func(tb testing.TB) store.Store { tb.Helper(); return wrap(tb, memory.New()) },
		Peer: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			return wrap(tb, s.(*faults.Store).Below().(*memory.Store).Peer())
		},
	})
}

func get(ctx context.Context, st store.Store) error {
	_, err := st.Get(ctx, key("a"))
	return err
}

func TestFaultsBefallTheCallsThatWereNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		inject func(st *faults.Store)
		want   []bool // of six calls, Get and Trim in turn, which fail
	}{
		"none":           {func(*faults.Store) {}, []bool{false, false, false, false, false, false}},
		"all":            {func(st *faults.Store) { st.Inject(faults.Unavailable()) }, []bool{true, true, true, true, true, true}},
		"some":           {func(st *faults.Store) { st.Inject(faults.Unavailable(), 2, 5) }, []bool{false, true, false, false, true, false}},
		"of a method":    {func(st *faults.Store) { st.Inject(faults.Unavailable().On(faults.Trim)) }, []bool{false, true, false, true, false, true}},
		"the n-th of it": {func(st *faults.Store) { st.Inject(faults.Unavailable().On(faults.Trim), 2) }, []bool{false, false, false, true, false, false}},
		"that cannot be": {func(st *faults.Store) { st.Inject(faults.LostAfter().On(faults.Trim)) }, []bool{false, false, false, false, false, false}},
		"by their arguments": {func(st *faults.Store) {
			st.Inject(faults.Unavailable().If(func(c faults.Call) bool { return c.Position == 2 }))
		}, []bool{false, false, false, true, false, false}},
		"by two rules": {func(st *faults.Store) {
			st.Inject(faults.Unavailable().If(func(c faults.Call) bool { return c.N > 2 }).If(func(c faults.Call) bool { return c.N < 5 }))
		}, []bool{false, false, true, true, false, false}},
		"until it heals": {func(st *faults.Store) { st.Inject(faults.Unavailable()); st.Heal() }, []bool{false, false, false, false, false, false}},
	} {
		st := faults.New(open(t))
		c.inject(st)
		var got []bool
		for i := range 3 {
			got = append(got, get(t.Context(), st) != nil, st.Trim(t.Context(), tenant, int64(i+1)) != nil)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestFaultsNest: the one that was injected first sees what the others make of it.
func TestFaultsNest(t *testing.T) {
	t.Parallel()
	var order []string
	note := func(name string) faults.Fault {
		return faults.Instead(name, func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
			order = append(order, name)
			err := next(ctx)
			order = append(order, name)
			return err
		})
	}
	st := faults.New(open(t))
	st.Inject(note("1").Around(note("2")))
	st.Inject(note("3"))
	if err := get(t.Context(), st); err != nil || !slices.Equal(order, []string{"1", "2", "3", "3", "2", "1"}) {
		t.Errorf("%v, %v", order, err)
	}
	if got := st.Calls()[0].Faults; !slices.Equal(got, []string{"1, and 2", "3"}) {
		t.Errorf("the log names %q", got)
	}
	both := faults.LostAfter().Around(faults.OvertakenAfter())
	if got := both.Methods(); !slices.Equal(got, commit) {
		t.Errorf("both befall %v", got)
	}
}

func TestNothingBefallsACallThatIsOver(t *testing.T) {
	t.Parallel()
	st := faults.New(open(t))
	st.Inject(faults.Unavailable())
	st.Inject(faults.FailAfter(errOwn).On(faults.Close))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := get(ctx, st); !errors.Is(err, context.Canceled) || len(st.Calls()) != 0 {
		t.Errorf("a context that is done: %v, %v", err, st.Calls())
	}
	if err := st.Close(); !errors.Is(err, errOwn) {
		t.Errorf("Close: %v", err)
	}
	if err := get(t.Context(), st); !errors.Is(err, store.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestTheLogCountsFromTheLastRestart(t *testing.T) {
	t.Parallel()
	st := faults.New(open(t))
	st.Inject(faults.Unavailable(), 3)
	for range 2 {
		_ = get(t.Context(), st)
		_ = st.Trim(t.Context(), tenant, 1)
		st.Restart()
	}
	_ = get(t.Context(), st)
	calls := st.Calls()
	if len(calls) != 1 || calls[0].String() != "call 1, a Get" || calls[0].Keys != nil || calls[0].Faults != nil {
		t.Errorf("%+v", calls)
	}
}

// TestContextsEndWithTheirParent and, all at once, with the fault.
func TestContextsEndWithTheirParent(t *testing.T) {
	t.Parallel()
	st := faults.New(open(t))
	parent, cancel := context.WithCancel(t.Context())
	first, second, third := st.Context(parent), st.Context(t.Context()), st.Context(t.Context())
	cancel()
	if first.Err() == nil || second.Err() != nil {
		t.Errorf("%v, %v", first.Err(), second.Err())
	}
	st.Inject(faults.CancelAfter(), 1)
	if err := get(t.Context(), st); err != nil {
		t.Error(err)
	}
	if second.Err() == nil || third.Err() == nil || st.Context(t.Context()).Err() != nil {
		t.Errorf("%v, %v", second.Err(), third.Err())
	}
}

// TestManyCallersAtOnce: each of the calls that were named is befallen once, and each
// late batch lands once.
func TestManyCallersAtOnce(t *testing.T) {
	t.Parallel()
	st := faults.New(open(t))
	st.Inject(faults.Unavailable().On(faults.Get), 3, 30, 130)
	st.Inject(faults.LostLate())
	var wg sync.WaitGroup
	var mu sync.Mutex
	failed := 0
	const callers, rounds = 8, 20
	for i := range callers {
		wg.Go(func() {
			for j := range rounds {
				id := string(rune('A'+i)) + string(rune('a'+j))
				err := get(t.Context(), st)
				mu.Lock()
				if err != nil {
					failed++
				}
				mu.Unlock()
				b := store.Batch{ID: id, Tenant: tenant, Puts: []store.Record{{Key: key(id), Value: []byte("1")}}}
				if err := st.Commit(t.Context(), b); !errors.Is(err, store.ErrUnknownOutcome) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	st.Heal()
	page, err := st.Find(t.Context(), store.Query{Tenant: tenant, Kind: "doc", Limit: store.MaxLimit})
	if err != nil || failed != 3 || len(page.Records) != 3+callers*rounds || len(st.Calls()) != 2*callers*rounds+1 {
		t.Errorf("%d failed, %d records, %d calls, %v", failed, len(page.Records), len(st.Calls()), err)
	}
}
