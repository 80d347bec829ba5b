package feed_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// troubles are what can go wrong at one call of a store.
func troubles() []faults.Fault {
	return []faults.Fault{
		faults.Unavailable(),
		faults.LostBefore(), faults.LostAfter(), faults.LostLate(),
		faults.OvertakenBefore(), faults.OvertakenAfter(),
		faults.LostAndOvertaken(), faults.GoneAndOvertaken(),
		faults.Instead("the call hangs", func(ctx context.Context, _ faults.Call, _ func(context.Context) error) error {
			select { // until its context ends, or for long
			case <-ctx.Done():
			case <-time.After(lease / 2):
			}
			return errors.Join(store.ErrUnavailable, ctx.Err())
		}),
	}
}

// TestConsumptionGoesOnAfterAnyFailure lets one call, and then every fifth of the next thirty,
// fail in each way: each event is handled, none before the one in front of it,
// and the cursor neither goes back nor runs ahead. With -short it begins at each fourth
// call only, at others each time.
func TestConsumptionGoesOnAfterAnyFailure(t *testing.T) {
	t.Parallel()
	step := 1
	if testing.Short() {
		step = 4
	}
	for _, trouble := range troubles() {
		for _, every := range []int{0, 5} {
			t.Run(fmt.Sprintf("%v, every %d", trouble, every), func(t *testing.T) {
				t.Parallel()
				for n := 1 + rand.IntN(step); n <= 40; n += step { // from there on, it polls and renews and does nothing new
					synctest.Test(t, func(t *testing.T) {
						failAt(t, n, trouble.If(func(c faults.Call) bool {
							return c.N == n || every > 0 && c.N > n && (c.N-n)%every == 0 && c.N < n+30
						}))
					})
				}
			})
		}
	}
}

func failAt(t *testing.T, n int, trouble faults.Fault) {
	t.Helper()
	const events = 2*pageSize + 5
	st, peer := open(t)
	writer := newProcess(t, peer)
	writer.append(events - 2)
	shaky := faults.New(st)
	var mu sync.Mutex
	var handled, cursor int64 // the last event handled without a gap, and the highest cursor
	shaky.Inject(trouble)
	shaky.Inject(faults.After("the cursor is looked at", func(_ context.Context, _ faults.Call, err error) {
		if err != nil {
			return
		}
		at := writer.consumer("reader").Position
		mu.Lock()
		defer mu.Unlock()
		if at < cursor || at > handled {
			t.Errorf("fault at call %d: the cursor is at %d, was at %d, handled is %d", n, at, cursor, handled)
		}
		cursor = at
	}).On(faults.Commit))
	failed := false
	c := newProcess(t, shaky).consume(func(_ context.Context, e store.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if e.Position == 7 && !failed {
			failed = true
			return errors.New("not yet")
		}
		if e.Position > handled+1 {
			t.Errorf("fault at call %d: event %d is handled after %d", n, e.Position, handled)
		}
		handled = max(handled, e.Position)
		return nil
	})
	pass(lease)
	writer.append(2)
	pass(5 * lease)
	if err := c.end(); !errors.Is(err, context.Canceled) {
		t.Errorf("fault at call %d: %v", n, err)
	}
	if handled != events {
		t.Errorf("fault at call %d: handled up to %d", n, handled)
	}
	for seen := c.seen(); len(seen) > 1; seen = seen[1:] {
		if seen[0]-seen[1] >= pageSize {
			t.Errorf("fault at call %d: event %d again after %d", n, seen[1], seen[0])
		}
	}
}

// TestHandlersSeeTheWholePageAgainAfterALostCursor is what at-least-once costs.
func TestHandlersSeeTheWholePageAgainAfterALostCursor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, peer := open(t)
		newProcess(t, peer).append(pageSize)
		shaky := &tap{Store: st}
		failing := false
		shaky.set(func(call) error {
			if failing {
				return store.ErrUnavailable
			}
			return nil
		}, nil)
		first := newProcess(t, shaky).consume(func(_ context.Context, e store.Event) error {
			failing = e.Position == pageSize // the cursor is not saved
			return nil
		})
		pass(lease / 2)
		_ = first.end()
		got, _ := newProcess(t, peer).consumeUntil("reader", atPosition(pageSize))
		if want := positions(t, st, 0); !slices.Equal(first.seen(), want) || !slices.Equal(got, want) {
			t.Errorf("first %v, then %v", first.seen(), got)
		}
	})
}
