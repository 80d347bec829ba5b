package enginetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// playCrowd lets many callers play all scenarios in any order at the same time, on
// two Engines over two handles, with what takes away from the others in the middle
// of it: first over stores that are well, then over such that are not.
func playCrowd(tb testing.TB, w *world, random *rand.Rand) {
	tb.Helper()
	for range storetest.Effort(tb) {
		for _, ill := range []bool{false, true} {
			x := &examiner{TB: tb, did: fmt.Sprintf("all scenarios by %d callers at the same time; with faults: %v", callers, ill)}
			crowd(x, w, random, ill)
			if x.failed {
				return
			}
		}
	}
}

func crowd(x *examiner, w *world, random *rand.Rand, ill bool) {
	x.Helper()
	stores := []*faults.Store{faults.New(w.st), faults.New(w.peer(x))}
	p := w.enter(x, stores[0])
	engines := []*engage.Engine{p.eng, p.engine(x, stores[1])}
	if ill {
		for _, st := range stores {
			infect(st, random.Uint64())
		}
	}
	var gentle, drastic []scenario
	for _, r := range rooms() {
		for _, s := range r.scenarios {
			switch {
			case s.alone != "":
			case s.drastic:
				drastic = append(drastic, s)
			default:
				gentle = append(gentle, s)
			}
		}
	}
	var wg, half sync.WaitGroup
	var mu sync.Mutex
	play := func(i int, s scenario) {
		at := p.at
		at.caller, at.others = fmt.Sprintf(" %d", i), true
		if i == callers {
			at.caller = ""
		}
		err := s.call(x.Context(), engines[i%len(engines)], at)
		if err != nil && !inACrowd(err, ill) {
			mu.Lock()
			defer mu.Unlock()
			x.broken(callTold, fmt.Errorf("%s: %w", s.name, err), "an error of a rule, or of what went wrong")
		}
	}
	for i := range callers {
		order := random.Perm(2 * len(gentle))
		half.Add(1)
		wg.Go(func() {
			for n, which := range order {
				if n == len(order)/2 {
					half.Done()
				}
				play(i, gentle[which%len(gentle)])
			}
		})
	}
	last := random.Perm(len(drastic))
	wg.Go(func() {
		half.Wait()
		for _, which := range last {
			play(callers, drastic[which])
		}
	})
	wg.Wait()
	for _, st := range stores {
		st.Heal()
	}
	x.check(p, p.content(x, w.st))
	if !x.failed {
		x.rest(p)
	}
}

// rest lets all that is due be done, and what was left behind be taken over, and checks
// that nothing is left to do, and all is in order still.
func (x *examiner) rest(p *party) {
	x.Helper()
	x.did += "; and then all that is due is done"
	p.pass(time.Hour)
	if err := runDue(x.Context(), p.eng, p.at); err != nil {
		x.Fatalf("enginetest: %s: %v", x.did, err)
	}
	x.check(p, p.content(x, p.world.st))
	b := p.books(x)
	b.each(func(c engage.Content) {
		if c.Synchronization.Status == interaction.SyncPending {
			x.broken(deliveryKept, "content "+c.ID+" is still to be delivered", "nothing left to do")
		}
	})
}

// inACrowd reports whether an error is one that comes of the others: what is named
// has gone, exists already, or was in each other's way for too long.
func inACrowd(err error, ill bool) bool {
	classes := []error{engage.ErrNotFound, engage.ErrConflict, engage.ErrRefused, engage.ErrInvalid}
	if ill {
		classes = append(classes, store.ErrUnavailable, store.ErrUnknownOutcome)
	}
	for _, class := range classes {
		if errors.Is(err, class) {
			return true
		}
	}
	return false
}

// oneIn says how many calls there are for each that a fault of each kind befalls.
const oneIn = 60

// infect lets faults befall the calls of a store by chance.
func infect(st *faults.Store, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 0))
	for _, f := range []faults.Fault{
		faults.Unavailable(), faults.LostBefore(), faults.LostAfter(), faults.LostLate(),
		faults.OvertakenBefore(), faults.OvertakenAfter(), faults.LostAndOvertaken(), faults.GoneAndOvertaken(),
	} {
		// The store asks for one call after another, so that chance needs no lock.
		st.Inject(f.If(func(faults.Call) bool { return random.IntN(oneIn) == 0 }))
	}
}
