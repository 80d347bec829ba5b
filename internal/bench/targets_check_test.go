package bench_test

import (
	"slices"
	"testing"
)

// TestVerdicts is what figures at their limit, and beside it, come to.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, is := range []struct {
		rule        rule
		limit       float64
		got, beside float64
		holds       bool
		said, bound string
	}{
		{atMost, 1.5, 15, 10, true, "1.50×", "at most 1.5×"},
		{atMost, 1.5, 16, 10, false, "1.60×", "at most 1.5×"},
		{atMost, 3, 5, 10, true, "0.50×", "at most 3×"},
		{atLeast, 4, 10, 40, true, "4.00× as fast", "at least 4× as fast"},
		{atLeast, 4, 10, 39, false, "3.90× as fast", "at least 4× as fast"},
		{atLeast, 4, 10, 5, false, "0.50× as fast", "at least 4× as fast"},
		{more, 10, 11, 1, true, "10.0 µs more", "at most 10 µs more"},
		{more, 10, 12, 1, false, "11.0 µs more", "at most 10 µs more"},
	} {
		target := target{rule: is.rule, limit: is.limit}
		verdict := target.verdict(is.got, is.beside)
		if holds, said, bound := target.holds(verdict), target.said(verdict), target.bound(); holds != is.holds || said != is.said || bound != is.bound {
			t.Errorf("%+v: %v, %q, %q", is, holds, said, bound)
		}
	}
}

// TestOutcome holds that a ratio is that of the sides of one turn, and of all turns the one in the middle;
// and that a benchmark which runs again adds its turns.
func TestOutcome(t *testing.T) {
	t.Parallel()
	var s summary
	s.add(outcome{targetOf("Get"), []string{"by-hand", "engage"}, [][]float64{{10, 100}, {20, 300}}, [][]float64{{1, 1}, {2, 2}}})
	s.add(outcome{targetOf("Get"), []string{"by-hand", "engage"}, [][]float64{{1000}, {1000}}, [][]float64{{1}, {2}}})
	got := s.figures().Figures["Get"]
	want := []sideFigure{{Name: "by-hand", Takes: 100, Allocs: 1, Verdict: 1}, {Name: "engage", Takes: 300, Allocs: 2, Verdict: 2}}
	if !slices.Equal(got.Sides, want) {
		t.Errorf("%+v instead of %+v", got.Sides, want)
	}
	if missing := s.missing(); len(missing) != len(targets)-1 || slices.Contains(missing, "Get") {
		t.Errorf("nothing was measured for %v", missing)
	}
}
