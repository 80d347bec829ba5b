package storetest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/storetest/internal/broken"
)

// TestJournalsBreakWhatTheySay checks every clause of the stores whose process is
// killed. The child processes run the same test again, and it is the check of the
// first clause about a kill that finds out that it is a child's. With -short a store
// is checked for one of those that it keeps at most, for another each time.
func TestJournalsBreakWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, s := range broken.Journals() {
		t.Run(strings.ReplaceAll(s.Fault, " ", "-"), func(t *testing.T) {
			t.Parallel()
			h := harnessOf(s)
			h.Crash = &Crash{Where: s.Where, Open: s.At}
			all := Clauses()
			slices.SortStableFunc(all, func(a, b Clause) int { return int(b.needs&crash) - int(a.needs&crash) })
			kept, turn := 0, rand.IntN(3)
			for _, c := range all {
				breaks := slices.Contains(s.Breaks, c.ID)
				if c.needs&crash == 0 && (underRace() || len(s.Breaks) > 0 || c.ID == "commit-limits") {
					continue // how they are killed makes no difference
				}
				if c.needs&crash != 0 && !breaks {
					kept++
					if testing.Short() && kept-1 != turn {
						continue // they have one check, which takes long
					}
				}
				c.hasty = c.needs&crash == 0
				if complaint := judged(c, watch(t, c, h), breaks); complaint != "" {
					t.Errorf("a store that %s: %s", s.Fault, complaint)
				}
			}
		})
	}
}
