package storetest

import (
	"strings"
	"testing"
)

// TestSoundStorePasses keeps the broken stores honest: what they are made from
// breaks no clause.
func TestSoundStorePasses(t *testing.T) {
	t.Parallel()
	Run(t, harness(func() *hooks { return &hooks{} }))
}

// TestBrokenStoresFail checks the clause that a store breaks, for each of them.
// Its failure must be about that clause.
func TestBrokenStoresFail(t *testing.T) {
	t.Parallel()
	caught := map[string]bool{}
	for _, b := range brokenStores() {
		caught[b.clause] = true
		t.Run(b.clause+"/"+strings.ReplaceAll(b.fault, " ", "-"), func(t *testing.T) {
			t.Parallel()
			c := clause(t, b.clause)
			r := watch(t, c, harness(b.hooks))
			for tries := 1; !r.Failed() && tries < 3; tries++ { // goroutines do not always meet
				r = watch(t, c, harness(b.hooks))
			}
			if !r.Failed() {
				t.Fatalf("the suite lets pass a store that %s", b.fault)
			}
			for _, report := range r.reports {
				if !strings.HasPrefix(report, "["+c.ID+"] "+c.Text) || strings.Contains(report, notTheRule) {
					t.Errorf("a report that is not about %s: %s", c.ID, report)
				}
			}
			t.Logf("%s", r.reports[0])
		})
	}
	for _, c := range Clauses() {
		if !caught[c.ID] {
			t.Errorf("no store breaks %s, so nothing shows that its check can fail", c.ID)
		}
	}
}

func TestWhatTheHarnessLeavesOutIsSaid(t *testing.T) {
	t.Parallel()
	h := harness(func() *hooks { return &hooks{} })
	if left := unchecked(h, Clauses()); left != "" {
		t.Errorf("a full harness: %s", left)
	}
	some := []Clause{clause(t, "commit-durable"), clause(t, "trim-mark"), clause(t, "get-order"), clause(t, "put-terms")}
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
