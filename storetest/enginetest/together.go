package enginetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// callers is how many make a call at the same time.
const callers = 6

// playTogether lets several callers make the same call at the same time, on two
// Engines over two handles.
func playTogether(tb testing.TB, w *world, p plot) {
	for range 2 * storetest.Effort(tb) {
		party := w.enter(tb, nil)
		party.at.others = true
		engines := []*engage.Engine{party.eng, party.engine(tb, w.peer(tb))}
		errs := make([]error, callers)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				<-start
				errs[i] = p.call(tb.Context(), engines[i%len(engines)], party.at)
			})
		}
		close(start)
		wg.Wait()

		x := &examiner{TB: tb, did: fmt.Sprintf("%s, by %d callers at the same time", p.name, callers)}
		for _, err := range errs {
			switch {
			case p.refused != nil && errors.Is(err, p.refused):
			case p.refused != nil:
				x.broken(callRefused, err, fmt.Sprintf("an error that wraps %q", p.refused))
			case err != nil && !p.settled(err):
				x.broken(callShared, err, "no error, or one that says it is done")
			}
		}
		for i, st := range []store.Store{w.st, w.peer(tb)} {
			if got := party.content(x, st).loose; got != p.loose {
				x.broken(callShared, fmt.Sprintf("through handle %d %s", i+1, difference(got, p.loose)), "it done once")
			}
		}
		x.check(party, party.content(x, w.st))
		if x.failed {
			return
		}
	}
}
