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
	rounds := 2 * storetest.Effort(tb)
	if w.every > 1 {
		rounds = storetest.Effort(tb)
	}
	for range rounds {
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
		var now content
		for i, st := range []store.Store{w.st, w.peer(tb)} {
			if now = party.content(x, st); now.loose != p.loose {
				x.broken(callShared, fmt.Sprintf("through handle %d %s", i+1, difference(now.loose, p.loose)), "it done once")
			}
		}
		x.check(party, now)
		if x.failed {
			return
		}
	}
}
