package feed_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/store"
)

// faults are what can go wrong at one call of a store.
var faults = []struct {
	name   string
	before error                     // instead of the call
	after  error                     // after its effect
	hangs  bool                      // until its context ends, or for long
	ops    func(op string) (ok bool) // the calls it can befall
}{
	{name: "unavailable", before: fmt.Errorf("%w: unplugged", store.ErrUnavailable), ops: anyCall},
	{name: "lost before its effect", before: fmt.Errorf("%w: lost", store.ErrUnknownOutcome), ops: commits},
	{name: "lost after its effect", after: fmt.Errorf("%w: lost", store.ErrUnknownOutcome), ops: commits},
	{name: "conflict", before: conflict(), ops: commits},
	{name: "hangs", hangs: true, ops: anyCall},
}

func anyCall(string) bool    { return true }
func commits(op string) bool { return op == "commit" }

// TestConsumptionGoesOnAfterAnyFailure lets one call, and then every fifth of the next thirty,
// fail in each way: each event is handled, none before the one in front of it,
// and the cursor neither goes back nor runs ahead.
func TestConsumptionGoesOnAfterAnyFailure(t *testing.T) {
	t.Parallel()
	for _, fault := range faults {
		for _, every := range []int{0, 5} {
			t.Run(fmt.Sprintf("%s, every %d", fault.name, every), func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n++ {
					more := false
					synctest.Test(t, func(t *testing.T) {
						more = failAt(t, n, func(c call) bool {
							return fault.ops(c.op) && (c.n == n || every > 0 && c.n > n && (c.n-n)%every == 0 && c.n < n+30)
						}, fault.before, fault.after, fault.hangs)
					})
					if !more {
						return
					}
				}
			})
		}
	}
}

func failAt(t *testing.T, n int, strikes func(call) bool, before, after error, hangs bool) (more bool) {
	t.Helper()
	const events = 2*pageSize + 5
	st, peer := open(t)
	writer := newProcess(t, peer)
	writer.append(events - 2)
	shaky := &tap{Store: st}
	var mu sync.Mutex
	var handled, cursor int64 // the last event handled without a gap, and the highest cursor
	shaky.set(func(c call) error {
		switch {
		case !strikes(c):
		case hangs:
			select {
			case <-c.ctx.Done():
			case <-time.After(lease / 2):
			}
			return errors.Join(store.ErrUnavailable, c.ctx.Err())
		default:
			return before
		}
		return nil
	}, func(c call, err error) error {
		if c.op == "commit" && err == nil {
			at := writer.consumer("reader").Position
			mu.Lock()
			defer mu.Unlock()
			if at < cursor || at > handled {
				t.Errorf("fault at call %d: the cursor is at %d, was at %d, handled is %d", n, at, cursor, handled)
			}
			cursor = at
		}
		if strikes(c) && after != nil {
			return after
		}
		return err
	})
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
	return n < 40 // from there on, it polls and renews and does nothing new
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
