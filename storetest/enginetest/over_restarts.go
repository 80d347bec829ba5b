package enginetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// playOverRestarts lets the process end at every commit in turn, or at some of them,
// before its effect and after it, restarts the store, and makes the call again in a
// new process.
func playOverRestarts(tb testing.TB, w *world, p plot) {
	commits, tried := p.count(faults.Commit), 0
	for n := range commits + 1 {
		for _, landed := range []bool{true, false} {
			if n == 0 && !landed {
				continue
			}
			tried++
			if w.every > 1 && (tried+w.from)%max(2, w.every/4) != 0 {
				continue
			}
			st := faults.New(w.st)
			party := w.enter(tb, st)
			ctx, dies := context.WithCancel(tb.Context())
			if n > 0 {
				end(st, n, landed, dies)
			} else {
				st.Inject(faults.LostAfter())
			}
			err := p.call(ctx, party.eng, party.at)
			st.Heal()

			x := &examiner{TB: tb, did: fmt.Sprintf("%s, and the process ends at commit %d of %d, which has landed: %v", p.name, n, commits, landed)}
			if n == 0 {
				x.did = p.name + ", with the answer of every commit lost, and then a restart"
			}
			before := party.content(x, w.st)
			stage := p.judge(ctx, x, err, before)
			dies()
			w.reopen(tb)
			after := party.content(x, w.st)
			if after != before {
				x.broken(callKept, difference(after.exact, before.exact), "all as it was before the restart")
			}
			x.check(party, after)
			if x.failed {
				return // so it goes on
			}
			x.did += "; and again"
			party.move(tb, w.st)
			x.check(party, p.again(x, party, callKept, stage))
			if x.failed {
				return
			}
		}
	}
}

// end ends the process at the n-th commit: nothing that it does afterwards gets
// through to the store.
func end(st *faults.Store, n int, landed bool, dies func()) {
	var dead atomic.Bool
	st.Inject(faults.Fail(store.ErrClosed).If(func(faults.Call) bool { return dead.Load() }))
	st.Inject(faults.Instead("the process ends", func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
		if landed {
			_ = next(ctx) // nobody is there to be told
		}
		dead.Store(true)
		dies()
		return fmt.Errorf("%w: %w", store.ErrUnknownOutcome, context.Canceled)
	}).On(faults.Commit), n)
}
