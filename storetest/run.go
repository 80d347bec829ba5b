package storetest

import (
	"fmt"
	"strings"
	"testing"
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
	var selected []Clause // by -run and -skip
	check := func(c Clause) bool {
		return t.Run(c.ID, func(t *testing.T) {
			selected = append(selected, c)
			if !c.basic {
				t.Parallel()
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
	defer t.rest()
	defer t.recovered()
	c.check(t)
}

// unchecked says which of the clauses are not checked, or not in full, with this
// harness.
func unchecked(h Harness, clauses []Clause) string {
	var not, partly []string
	for _, c := range clauses {
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
	return fmt.Sprintf("storetest: the harness has no %v. Therefore%s", h.lacks(peer|reopen), b.String())
}
