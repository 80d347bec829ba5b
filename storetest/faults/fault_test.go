package faults_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// effect is what a call that met a fault leaves behind.
type effect int

const (
	none  effect = iota // it is as if it had not been made
	whole               // it was done, when the caller was told
	late                // it was not yet, but is before the next call
)

var errOwn = errors.New("an error of its own")

// expectation is what a fault does.
type expectation struct {
	fault   faults.Fault
	methods []faults.Method
	told    []error // what the error wraps; none: there is no error
	effect  effect
	ends    bool // the caller's context has ended
}

// expected says, for each fault, which methods it befalls, what the caller is told,
// and what is done.
var expected = []expectation{
	{fault: faults.Unavailable(), methods: six, told: []error{store.ErrUnavailable}},
	{fault: faults.Fail(errOwn), methods: six, told: []error{errOwn}},
	{fault: faults.FailAfter(errOwn), methods: six, told: []error{errOwn}, effect: whole},
	{fault: faults.Before("", func(context.Context, faults.Call) {}), methods: six, effect: whole},
	{fault: faults.After("", func(context.Context, faults.Call, error) {}), methods: six, effect: whole},

	{fault: faults.LostBefore(), methods: commit, told: []error{store.ErrUnknownOutcome}},
	{fault: faults.LostAfter(), methods: commit, told: []error{store.ErrUnknownOutcome}, effect: whole},
	{fault: faults.LostLate(), methods: commit, told: []error{store.ErrUnknownOutcome}, effect: late},

	{fault: faults.CancelBefore(), methods: six, told: []error{context.Canceled}, ends: true},
	{fault: faults.CancelAfter(), methods: six, effect: whole, ends: true},
	{fault: faults.CancelUndecided(), methods: []faults.Method{faults.Prepare, faults.Trim}, told: []error{context.Canceled}, effect: whole, ends: true},
	{fault: faults.CancelLostBefore(), methods: commit, told: []error{store.ErrUnknownOutcome, context.Canceled}, ends: true},
	{fault: faults.CancelLostAfter(), methods: commit, told: []error{store.ErrUnknownOutcome, context.Canceled}, effect: whole, ends: true},
	{fault: faults.CancelLostLate(), methods: commit, told: []error{store.ErrUnknownOutcome, context.Canceled}, effect: late, ends: true},

	{fault: faults.OvertakenBefore(), methods: commit, told: []error{store.ErrConflict}},
	{fault: faults.OvertakenAfter(), methods: []faults.Method{faults.Get, faults.Find, faults.Commit}, effect: whole},
	{fault: faults.LostAndOvertaken(), methods: commit, told: []error{store.ErrUnknownOutcome}, effect: whole},
	{fault: faults.GoneAndOvertaken(), methods: commit, told: []error{store.ErrUnknownOutcome}},
}

var (
	six    = []faults.Method{faults.Prepare, faults.Get, faults.Find, faults.Commit, faults.Events, faults.Trim}
	commit = []faults.Method{faults.Commit}
)

// TestEachFaultDoesWhatItSays, to every method.
func TestEachFaultDoesWhatItSays(t *testing.T) {
	t.Parallel()
	for _, want := range expected {
		t.Run(want.fault.String(), func(t *testing.T) {
			t.Parallel()
			for _, m := range faults.Methods() {
				below := open(t)
				st := faults.New(below)
				st.Inject(want.fault, 1)
				ctx := st.Context(t.Context())
				answer, err := methods[m].call(ctx, st)
				effect, told, ends, answered := want.effect, want.told, want.ends, answers[m]
				befalls := slices.Contains(want.methods, m)
				if !befalls {
					effect, told, ends = whole, nil, false
				}
				if len(told) > 0 {
					answered = nil
				}
				if answer != answered {
					t.Errorf("%v: answered %v, want %v", m, answer, answered)
				}
				classes := []error{
					store.ErrUnavailable, store.ErrUnknownOutcome, store.ErrConflict, store.ErrInvalid,
					store.ErrClosed, store.ErrTrimmed, context.Canceled, errOwn,
				}
				for _, class := range classes {
					if errors.Is(err, class) != slices.Contains(told, class) || len(told) == 0 && err != nil {
						t.Errorf("%v: told %v, want %v", m, err, told)
						break
					}
				}
				if got := ctx.Err() != nil; got != ends {
					t.Errorf("%v: the context has ended: %v, want %v", m, got, ends)
				}
				if calls := st.Calls(); len(calls) != 1 || calls[0].Method != m || calls[0].N != 1 || (len(calls[0].Faults) == 1) != befalls {
					t.Errorf("%v: the log has %+v", m, calls)
				}
				if m != faults.Close {
					checkEffect(t, m, st, effect)
				}
			}
		})
	}
}

func checkEffect(t *testing.T, m faults.Method, st *faults.Store, want effect) {
	t.Helper()
	done := methods[m].done
	if done == nil {
		return
	}
	if got := done(t, st.Below()); got != (want == whole) {
		t.Errorf("%v: done when the caller was told: %v, want %v", m, got, want == whole)
	}
	if _, err := st.Get(t.Context(), key("a")); err != nil { // the call before which it lands
		t.Errorf("%v, and then Get: %v", m, err)
	}
	if got := done(t, st.Below()); got != (want != none) {
		t.Errorf("%v: done in the end: %v, want %v", m, got, want != none)
	}
}

// TestRivalsChangeNothingButVersions of the records that a call names.
func TestRivalsChangeNothingButVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault faults.Fault
		by    faults.Method
		moved []bool // of a, b, c, d
	}{
		{faults.OvertakenAfter(), faults.Get, []bool{true, true, false, false}},
		{faults.OvertakenAfter(), faults.Find, []bool{true, true, false, false}},
		{faults.OvertakenBefore(), faults.Commit, []bool{true, true, true, false}},
		{faults.GoneAndOvertaken(), faults.Commit, []bool{true, true, true, false}},
	} {
		below := open(t)
		st := faults.New(below)
		st.Inject(c.fault)
		_, _ = methods[c.by].call(t.Context(), st)
		for i, v := range versions(t, below) {
			if was := []store.Version{"v1", "v1", "v1", ""}[i]; (v != was) != c.moved[i] {
				t.Errorf("%v: record %d has the version %q", c.fault, i, v)
			}
		}
		page, err := below.Find(t.Context(), store.Query{Tenant: tenant, Kind: "doc", Index: "by"})
		if err != nil || len(page.Records) != 3 || string(page.Records[0].Value) != "1" {
			t.Errorf("%v: %+v, %v", c.fault, page, err)
		}
	}
	for _, f := range []faults.Fault{faults.OvertakenAfter(), faults.LostAndOvertaken()} {
		below := open(t)
		st := faults.New(below)
		st.Inject(f)
		_, _ = methods[faults.Commit].call(t.Context(), st)
		if v := versions(t, below); v[0] == "v2" || v[0] == "v1" || v[1] == "v1" || v[2] != "" || v[3] == "v2" || v[3] == "" {
			t.Errorf("%v: versions %q", f, v)
		}
	}
}

// TestLostBatchesThatCannotLandDoNot: the answer is lost all the same, or it is what
// the store knew beforehand.
func TestLostBatchesThatCannotLandDoNot(t *testing.T) {
	t.Parallel()
	for _, f := range []faults.Fault{faults.LostAfter(), faults.LostLate(), faults.CancelLostAfter(), faults.CancelLostLate(), faults.LostAndOvertaken()} {
		below := open(t)
		st := faults.New(below)
		st.Inject(f)
		b := batch("v2")
		b.Puts[0].Version = "v0"
		if err := st.Commit(st.Context(t.Context()), b); !errors.Is(err, store.ErrUnknownOutcome) || errors.Is(err, store.ErrConflict) {
			t.Errorf("%v: %v", f, err)
		}
		st.Heal()
		if v := versions(t, below); v[3] != "" {
			t.Errorf("%v: %q", f, v)
		}
	}
	st := faults.New(open(t))
	st.Inject(faults.LostAfter())
	if err := st.Commit(t.Context(), store.Batch{ID: "v2", Tenant: tenant}); !errors.Is(err, store.ErrInvalid) || errors.Is(err, store.ErrUnknownOutcome) {
		t.Errorf("an invalid batch: %v", err)
	}
}

// TestLegalFaultsAreOfOneClass is what storetest demands of any error.
func TestLegalFaultsAreOfOneClass(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, f := range faults.Legal() {
		if names[f.String()] || f.String() == "" {
			t.Errorf("%q is the name of two", f)
		}
		names[f.String()] = true
		i := slices.IndexFunc(expected, func(e expectation) bool { return e.fault.String() == f.String() })
		if i < 0 {
			t.Errorf("what %q does is nowhere checked", f)
		} else if !slices.Equal(f.Methods(), expected[i].methods) {
			t.Errorf("%q befalls %v", f, f.Methods())
		}
	}
}
