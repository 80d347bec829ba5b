package feed_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/store"
)

// moved returns an option for processes of one machine, whose clock is put back or
// forward by hand.
func moved(by *atomic.Int64) func(*feed.Options) {
	return func(o *feed.Options) {
		o.Clock = func() time.Time { return now().Add(time.Duration(by.Load())) }
	}
}

// TestTimersThatStoodStillStretchNoLease: the process stands still while it waits for the
// answer of its store, as in a machine that is suspended: only the clock goes on.
func TestTimersThatStoodStillStretchNoLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var clock atomic.Int64
		st, peer := open(t)
		newProcess(t, peer).append(1)
		still := &tap{Store: st}
		var dead atomic.Bool
		still.set(func(c call) error {
			if c.op == "commit" && dead.Load() {
				return store.ErrUnavailable
			}
			return nil
		}, func(c call, err error) error {
			if c.op == "commit" && dead.CompareAndSwap(false, true) {
				clock.Store(int64(20 * time.Second))
			}
			return err
		})
		var lost moment
		begin := now()
		a := newProcess(t, still, moved(&clock)).consume(func(ctx context.Context, _ store.Event) error {
			<-ctx.Done()
			lost.set()
			return ctx.Err()
		})
		pass(lease)
		if ended, left := lost.get(), lease-lease/10-20*time.Second; !ended.Equal(begin.Add(left)) {
			t.Errorf("the context ended after %v, want %v", ended.Sub(begin), left)
		}
		_ = a.end()
	})
}
