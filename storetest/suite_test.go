package storetest

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/storetest/internal/broken"
)

// harnessOf returns a harness whose stores are of that kind.
func harnessOf(b broken.Store) Harness {
	return Harness{Open: b.Open, Peer: b.Peer, Reopen: b.Reopen}
}

// TestSoundStorePasses keeps the broken stores honest: what they are made from
// breaks no clause.
func TestSoundStorePasses(t *testing.T) {
	t.Parallel()
	Run(t, harnessOf(broken.Sound()))
}

// TestStoresBreakWhatTheySay checks every clause of every store of package
// broken: it must fail exactly those that the store breaks, and its reports must
// be about them. What a store breaks is always checked, and all clauses if it breaks
// nothing; of the clauses that others keep one in three, others each time, and with
// STORETEST_EFFORT=2 all of them. Under the race detector, which is slow, only stores
// that break nothing are checked for clauses that they keep, and with -short for one
// in six.
func TestStoresBreakWhatTheySay(t *testing.T) {
	t.Parallel()
	thinned := 3
	switch {
	case testing.Short():
		thinned = 6
	case Effort(t) > 1:
		thinned = 1
	}
	from := rand.IntN(thinned)
	for i, s := range broken.Stores() {
		name := "breaks-nothing"
		if len(s.Breaks) > 0 {
			name = s.Breaks[0]
		}
		t.Run(name+"/"+strings.ReplaceAll(s.Fault, " ", "-"), func(t *testing.T) {
			t.Parallel()
			for _, id := range s.Breaks {
				clause(t, id) // exists
			}
			for n, c := range Clauses() {
				breaks := slices.Contains(s.Breaks, c.ID)
				if !breaks && (testing.Short() || len(s.Breaks) > 0) && (from+i+n)%thinned != 0 {
					continue
				}
				if c.needs&crash != 0 || (!breaks && len(s.Breaks) > 0 && (underRace() || spared(t, c, i))) {
					continue
				}
				c.hasty = !breaks
				r := watch(t, c, harnessOf(s))
				for tries := 1; breaks && !r.Failed() && tries < 3; tries++ { // goroutines do not always meet
					t.Logf("%s was not caught at the first try", c.ID)
					r = watch(t, c, harnessOf(s))
				}
				if complaint := judged(c, r, breaks); complaint != "" {
					t.Errorf("a store that %s: %s", s.Fault, complaint)
				}
			}
		})
	}
}

// spared is whether the i-th store is not checked for a clause that it should not
// break: of those that take longer than all others together, every other store has
// its turn with one, unless there is time for more.
func spared(t *testing.T, c Clause, i int) bool {
	t.Helper()
	costly := []string{"commit-limits", "find-moment", "commit-atomic", "get-snapshot", "close-waits", "events-records", "events-exact", "find-limit"}
	turn := i % (2 * len(costly))
	return Effort(t) == 1 && slices.Contains(costly, c.ID) && slices.Index(costly, c.ID) != turn
}

// judged says what is wrong with the reports of a clause, if anything is.
func judged(c Clause, r *recorder, breaks bool) string {
	switch {
	case breaks && r.Skipped():
		return fmt.Sprintf("%s is not checked: %q", c.ID, r.reports)
	case breaks && !r.Failed():
		return c.ID + " passes"
	case !breaks && r.Failed():
		return fmt.Sprintf("%s fails, which it does not break: %s", c.ID, strings.Join(r.reports, "\n"))
	case !breaks:
		return ""
	}
	for _, report := range r.reports {
		if !strings.HasPrefix(report, "["+c.ID+"] "+c.Text) || strings.Contains(report, notTheRule) {
			return fmt.Sprintf("a report that is not about %s: %s", c.ID, report)
		}
	}
	return ""
}

// TestEveryClauseHasItsBrokenStore fails for a clause of which nothing shows that
// its check can fail, and fail alone.
func TestEveryClauseHasItsBrokenStore(t *testing.T) {
	t.Parallel()
	alone := map[string]bool{}
	for _, s := range append(broken.Stores(), broken.Journals()...) {
		if len(s.Breaks) == 1 {
			alone[s.Breaks[0]] = true
		}
	}
	for _, c := range Clauses() {
		if !alone[c.ID] {
			t.Errorf("no store of package broken breaks %s and nothing else", c.ID)
		}
	}
}

// underRace reports whether the test was built with the race detector.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func TestWhatTheHarnessLeavesOutIsSaid(t *testing.T) {
	t.Parallel()
	h := harnessOf(broken.Sound())
	some := []Clause{clause(t, "commit-durable"), clause(t, "trim-mark"), clause(t, "get-order"), clause(t, "put-terms")}
	if left := unchecked(h, some); left != "" {
		t.Errorf("a harness with all that these need: %s", left)
	}
	h.Reopen = nil
	if got, want := unchecked(h, some), "storetest: the harness has no Reopen. Therefore\n\tnot checked: commit-durable\n\tchecked in part: trim-mark, put-terms"; got != want {
		t.Errorf("without Reopen: %s", got)
	}
	if r := watch(t, some[0], h); !r.Skipped() || r.Failed() {
		t.Errorf("%s, without Reopen: %q", some[0].ID, r.reports)
	}
	h.Peer = nil
	if got, want := unchecked(h, some), "storetest: the harness has no Peer and no Reopen. Therefore\n\tnot checked: commit-durable, put-terms\n\tchecked in part: trim-mark"; got != want {
		t.Errorf("without Peer and Reopen: %s", got)
	}
	if got := unchecked(h, some[2:3]); got != "" {
		t.Errorf("for a clause that needs neither: %s", got)
	}
	for _, c := range Clauses() { // and yet the rest is checked
		if c.needs != 0 || c.ID == "commit-limits" {
			continue
		}
		if r := watch(t, c, h); r.Failed() || r.Skipped() {
			t.Errorf("%s, without Peer and Reopen: %q", c.ID, r.reports)
		}
	}
}
