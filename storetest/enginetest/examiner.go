package enginetest

import (
	"fmt"
	"testing"
)

// examiner reports what does not hold in one trial.
type examiner struct {
	testing.TB

	did    string // what was done, and what went wrong meanwhile
	failed bool
}

// broken reports an invariant that does not hold.
func (x *examiner) broken(id string, got, want any) {
	x.Helper()
	x.failed = true
	x.Errorf("[%s] %s\n\tdone: %s\n\tgot:  %v\n\twant: %v", id, text(id), x.did, got, want)
}

// check reads the books of a tenant and checks all invariants of all rooms. What
// was in order once is in order again: a content that was checked before in this
// world is not checked again.
func (x *examiner) check(p *party, now content) {
	x.Helper()
	if p.world.checked[now.exact] {
		return
	}
	b := p.books(x)
	for _, r := range rooms() {
		for _, i := range r.invariants {
			b.invariant = i
			i.check(b)
		}
	}
	if !x.failed {
		p.world.checked[now.exact] = true
	}
}

// short cuts a list for a report.
func short[T any](list []T) string {
	if len(list) <= maxShown {
		return fmt.Sprintf("%v", list)
	}
	return fmt.Sprintf("%v and %d more", list[:maxShown], len(list)-maxShown)
}
