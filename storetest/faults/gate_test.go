package faults_test

import (
	"context"
	"errors"
	"testing"

	"github.com/engage-interactions/engage/storetest/faults"
)

// TestGateHoldsCallsUp before their effect, and after it, until it is opened.
func TestGateHoldsCallsUp(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		below := open(t)
		st := faults.New(below)
		gate := faults.NewGate()
		if after {
			st.Inject(gate.After().On(faults.Commit))
		} else {
			st.Inject(gate.Before().On(faults.Commit))
		}
		ended := make(chan error)
		for _, id := range []string{"v2", "v3"} {
			go func() { ended <- st.Commit(t.Context(), batch(id)) }()
		}
		held, err := gate.Await(t.Context(), 2)
		if err != nil || len(held) != 2 || held[0].Method != faults.Commit || held[0].N+held[1].N != 3 {
			t.Fatalf("%v, %v", held, err)
		}
		if err := get(t.Context(), st); err != nil {
			t.Errorf("a call beside: %v", err)
		}
		if got := versions(t, below)[0] != "v1"; got != after {
			t.Errorf("done while it is held up: %v, want %v", got, after)
		}
		gate.Open()
		gate.Open()
		if first, second := <-ended, <-ended; (first == nil) == (second == nil) {
			t.Errorf("%v, %v, want one conflict", first, second)
		}
		if err := st.Commit(t.Context(), batch("v4")); err == nil {
			t.Error("through the open gate: no conflict")
		}
	}
}

// TestGateLetsGoOfCallsThatEnd tells them how they ended.
func TestGateLetsGoOfCallsThatEnd(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		below := open(t)
		st := faults.New(below)
		gate := faults.NewGate()
		if after {
			st.Inject(gate.After())
		} else {
			st.Inject(gate.Before())
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- st.Commit(ctx, batch("v2")) }()
		if _, err := gate.Await(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		cancel()
		err := <-ended
		if after && err != nil || !after && !errors.Is(err, context.Canceled) {
			t.Errorf("after its effect %v: %v", after, err)
		}
		if got := versions(t, below)[0] == "v2"; got != after {
			t.Errorf("after its effect %v: done %v", after, got)
		}
		if _, err := gate.Await(ctx, 2); !errors.Is(err, context.Canceled) {
			t.Errorf("waiting for another: %v", err)
		}
	}
}
