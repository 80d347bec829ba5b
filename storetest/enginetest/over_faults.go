package enginetest

import (
	"fmt"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// trouble is a fault, and what the caller of the Engine may be told of it.
type trouble struct {
	fault   faults.Fault
	excuses []error // none: nothing at all, for the Engine deals with it
}

// troubles are all legal faults. Those that end the caller's context need no excuse
// but that. Before a call that reads it ends as it does after the call before.
func troubles() []trouble {
	unavailable, unknowable := []error{store.ErrUnavailable}, []error{store.ErrUnknownOutcome}
	return []trouble{
		{fault: faults.Unavailable(), excuses: unavailable},
		{fault: faults.LostBefore()},
		{fault: faults.LostAfter()},
		{fault: faults.LostLate()},
		{fault: faults.CancelBefore().On(faults.Prepare, faults.Commit, faults.Trim)},
		{fault: faults.CancelAfter()},
		{fault: faults.CancelUndecided()},
		{fault: faults.CancelLostBefore()},
		{fault: faults.CancelLostAfter()},
		{fault: faults.CancelLostLate()},
		{fault: faults.OvertakenBefore()},
		{fault: faults.OvertakenAfter()},
		{fault: faults.LostAndOvertaken(), excuses: unknowable},
		{fault: faults.GoneAndOvertaken(), excuses: unknowable},
	}
}

// playOverFaults lets every fault befall every call of the store in turn, and then
// makes the call again.
func playOverFaults(tb testing.TB, w *world, p plot) {
	tried := 0
	for _, trouble := range troubles() {
		// Up to the call that it befalls all goes well, so that there are as many as
		// when nothing does.
		for n := range p.count(trouble.fault.Methods()...) {
			tried++
			if (tried+w.from)%w.every == 0 && !p.playOver(tb, w, trouble, n+1) {
				return // so it goes on
			}
		}
	}
}

// playOver lets a trouble befall the n-th call that it can, and reports whether all
// that holds held.
func (p plot) playOver(tb testing.TB, w *world, trouble trouble, n int) bool {
	tb.Helper()
	trial := faults.At(trouble.fault, n)
	st := trial.Wrap(w.st)
	party := w.enter(tb, st)
	trial.Start()
	ctx := trial.Context(tb.Context())
	err := p.call(ctx, party.eng, party.at)
	trial.End()

	x := &examiner{TB: tb, did: fmt.Sprintf("%s; %v", p.name, trial)}
	now := party.content(x, w.peer(tb))
	stage := p.judge(ctx, x, err, now, trouble.excuses...)
	x.check(party, now)
	if err != nil && !x.failed {
		x.did += "; and again"
		x.check(party, p.again(x, party, callAgain, stage))
	}
	return !x.failed
}

// playAgain makes a call that went well once more.
func playAgain(tb testing.TB, w *world, p plot) {
	party := w.enter(tb, nil)
	x := &examiner{TB: tb, did: p.name + ", twice"}
	err := p.call(tb.Context(), party.eng, party.at)
	stage := p.judge(tb.Context(), x, err, party.content(x, w.st))
	x.check(party, p.again(x, party, callAgain, stage))
}
