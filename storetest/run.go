package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Run checks every clause of the contract, each in a subtest of t that has the
// clause's ID for a name and works on a store of its own. The clauses that all
// others rest on come first, one after another; if one of them fails, t's log
// says that the others are not worth reading yet. The others run in parallel.
//
// What cannot be checked with this harness, or in part only, is listed in t's
// log, which go test prints with -v, or if something fails.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Open == nil {
		t.Fatal("storetest: the harness has no Open")
	}
	for id := range h.KnownFailures {
		if !slices.ContainsFunc(Clauses(), func(c Clause) bool { return c.ID == id }) {
			t.Errorf("storetest: KnownFailures of the harness names %q, and there is no such clause", id)
		}
	}
	var selected []Clause // by -run and -skip
	check := func(c Clause) bool {
		return t.Run(c.ID, func(t *testing.T) {
			selected = append(selected, c)
			if !c.basic {
				t.Parallel()
			}
			if reason, known := h.KnownFailures[c.ID]; known {
				c.verifyKnown(t, h, reason)
				return
			}
			c.verify(t, h)
		})
	}
	var failed []string
	for _, c := range Clauses() {
		if c.basic && !check(c) {
			failed = append(failed, c.ID)
		}
	}
	if len(failed) > 0 {
		t.Logf("storetest: begin with %s. All other clauses rest on these: they are checked, but not worth reading yet.", strings.Join(failed, ", "))
	}
	for _, c := range Clauses() {
		if !c.basic {
			check(c)
		}
	}
	if left := unchecked(h, selected); left != "" {
		t.Log(left)
	}
}

// verify runs the check of one clause. It takes a testing.TB, so that the test
// of the suite itself can look on.
func (c Clause) verify(tb testing.TB, h Harness) {
	tb.Helper()
	if h.lacks(c.needs) != 0 {
		tb.SkipNow() // Run says why, for all at once
	}
	t := &trial{TB: tb, clause: c, harness: h}
	ticker := time.NewTicker(unanswered * time.Duration(Effort(tb)) / looksAtCalls)
	defer ticker.Stop()
	t.supervise(tb, ticker.C, func() {
		defer t.rest()
		c.check(t)
	})
}

// verifyKnown runs the check of a clause that is known to fail, and fails if it
// does not.
func (c Clause) verifyKnown(t *testing.T, h Harness, reason string) {
	t.Helper()
	r := c.looked(t, h)
	switch {
	case r.Failed():
		t.Skipf("known failure: %s\n%s", reason, strings.Join(append(r.reports, r.logs...), "\n"))
	case r.Skipped():
		t.SkipNow() // Run says why
	default:
		t.Errorf("[%s] %s\n\tThe check passes, but KnownFailures of the harness says that it fails: %s", c.ID, c.Text, reason)
	}
}

// unchecked says which of the clauses are not checked, or not in full, with this
// harness.
func unchecked(h Harness, clauses []Clause) string {
	var not, partly []string
	var lacking parts
	for _, c := range clauses {
		lacking |= h.lacks(c.needs | c.better)
		if h.lacks(c.needs) != 0 {
			not = append(not, c.ID)
		} else if h.lacks(c.better) != 0 {
			partly = append(partly, c.ID)
		}
	}
	var b strings.Builder
	for _, list := range []struct {
		how string
		ids []string
	}{{"not checked", not}, {"checked in part", partly}} {
		if len(list.ids) > 0 {
			fmt.Fprintf(&b, "\n\t%s: %s", list.how, strings.Join(list.ids, ", "))
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return fmt.Sprintf("storetest: the harness has no %v. Therefore%s", lacking, b.String())
}
