package handover_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/engage-interactions/engage/handover"
)

// TestRulesAreAllOfUse leaves out, one after the other, each row of the table, each guard,
// each owner and each phase that a row names. What nobody would miss, because what is
// expected comes about without it, does not belong there.
func TestRulesAreAllOfUse(t *testing.T) {
	t.Parallel()
	all := occasions(t)
	differs := func(rules []handover.Rule, on handover.Trigger) bool {
		for _, o := range all {
			different := false
			if o.in.Trigger != on {
				continue
			}
			o.each(func(way string, n int, c handover.Control, f handover.Facts) {
				different = different || actOf(rules, c, o.in, f) != o.want[way][n]
			})
			if different {
				return true
			}
		}
		return false
	}
	for n, row := range handover.Rules {
		if differs(handover.Rules, row.On) {
			t.Fatalf("%s: the table itself is not as expected", row.On)
		}
		missed := func(what string, rules []handover.Rule) {
			t.Helper()
			if !differs(rules, row.On) {
				t.Errorf("row %d (%s, %v, %v: %s): nobody misses %s", n, row.On, row.Owners, row.Phases, row.Do, what)
			}
		}
		instead := func(other handover.Rule) []handover.Rule {
			rules := slices.Clone(handover.Rules)
			rules[n] = other
			return rules
		}
		missed("it", slices.Delete(slices.Clone(handover.Rules), n, n+1))
		for at, g := range row.When {
			other := row
			other.When = slices.Delete(slices.Clone(row.When), at, at+1)
			missed(fmt.Sprintf("that %s", g.Rule), instead(other))
		}
		for at, owner := range row.Owners {
			other := row
			other.Owners = slices.Delete(slices.Clone(row.Owners), at, at+1)
			if len(other.Owners) > 0 {
				missed(fmt.Sprintf("the owner %s", owner), instead(other))
			}
		}
		for at, phase := range row.Phases {
			other := row
			other.Phases = slices.Delete(slices.Clone(row.Phases), at, at+1)
			if len(other.Phases) > 0 {
				missed(fmt.Sprintf("the phase %s", phase), instead(other))
			}
		}
	}
}

// actOf returns the act or the name of the error by other rules.
func actOf(rules []handover.Rule, c handover.Control, in handover.Input, f handover.Facts) (act string) {
	defer func() {
		if recover() != nil { // a guard that counts on another
			act = "panic"
		}
	}()
	done, err := handover.ActOf(rules, c, in, f)
	if err != nil {
		return string(handover.RefusedBy(err))
	}
	return string(done)
}
