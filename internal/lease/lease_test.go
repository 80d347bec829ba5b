package lease_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/internal/lease"
)

// TestHolderHasStoppedBeforeAnybodyElseBegins whatever the two clocks show, as long
// as they are no further apart than the terms say.
func TestHolderHasStoppedBeforeAnybodyElseBegins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		span := func(name string, low, high time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(int64(low), int64(high)).Draw(rt, name))
		}
		terms := lease.Terms{Length: span("length", 10, time.Hour), Skew: span("skew", 1, time.Minute)}
		taken := time.Unix(1_700_000_000, 0)
		l := terms.Take("one", taken)
		ahead := span("ahead", -terms.Skew, terms.Skew) // the other's clock
		at := taken.Add(span("later", 0, 2*time.Hour))
		working := terms.Left(l, at) > 0
		free := !terms.Held(l, at.Add(ahead))
		if working && free {
			rt.Fatalf("%+v: both work %v after it was taken", terms, at.Sub(taken))
		}
		if free != !at.Add(ahead).Before(terms.Free(l)) {
			rt.Fatalf("held and free disagree at %v", at)
		}
		if !working && at.Sub(taken) < terms.Length-terms.Length/10 {
			rt.Fatalf("the holder stops after %v of %v", at.Sub(taken), terms.Length)
		}
	})
}

// TestThePatientComeAfterTheClocks as long as those are no further apart than the terms
// say, and after the holder has stopped whatever they show.
func TestThePatientComeAfterTheClocks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		span := func(name string, low, high time.Duration) time.Duration {
			return time.Duration(rapid.Int64Range(int64(low), int64(high)).Draw(rt, name))
		}
		most := rapid.SampledFrom([]time.Duration{time.Minute, math.MaxInt64}).Draw(rt, "most")
		terms := lease.Terms{Length: span("length", 10, most), Skew: span("skew", 1, most)}
		patience := terms.Patience()
		if patience <= terms.Span() {
			rt.Fatalf("%+v: patience ends after %v, and the work after %v", terms, patience, terms.Span())
		}
		taken := time.Unix(1_700_000_000, 0)
		l := terms.Take("one", taken)
		if left := terms.Left(l, taken); left != terms.Span() {
			rt.Fatalf("%v are left at the beginning, and the span is %v", left, terms.Span())
		}
		seen := taken.Add(span("ahead", -terms.Skew, terms.Skew)) // by the other's clock
		if patience < math.MaxInt64 && terms.Held(l, seen.Add(patience)) {
			rt.Fatalf("%+v: it is held after %v", terms, patience)
		}
	})
}

func TestNobodysLeaseIsFree(t *testing.T) {
	t.Parallel()
	terms := lease.Terms{Length: time.Minute, Skew: time.Second}
	if terms.Held(lease.Lease{}, time.Time{}) {
		t.Error("it is held")
	}
	if b, err := json.Marshal(lease.Lease{}); err != nil || string(b) != "{}" {
		t.Errorf("%s, %v", b, err)
	}
	l := terms.Take("one", time.Unix(0, 0).UTC())
	if b, err := json.Marshal(l); err != nil || string(b) != `{"holder":"one","until":"1970-01-01T00:01:00Z"}` {
		t.Errorf("%s, %v", b, err)
	}
}
