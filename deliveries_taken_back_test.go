package engage_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestWhatWasNotBegunEndsItsOwnDoubt: a process that was cut off from the store behind a claim
// says, once it is back, that it never began. The doubt that another had noted for it ends,
// and what the platform then refuses is certainly not delivered.
func TestWhatWasNotBegunEndsItsOwnDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, func(o *engage.Options) { o.Clock = bubbleTime })
		talk := d.talkWith("eve")
		posted := d.replies(ann, talk.ThreadID, "hi")
		cut := d.process()
		var claimed, down atomic.Bool
		cut.store.Inject(faults.Instead("cut off after the claim", func(ctx context.Context, c faults.Call, next func(context.Context) error) error {
			if down.Load() {
				return store.ErrUnavailable
			}
			err := next(ctx)
			if c.Method == faults.Commit && !claimed.Swap(true) {
				down.Store(true)
				time.AfterFunc(65*time.Second, func() { down.Store(false) })
			}
			return err
		}))
		d.platform.Will(platformtest.Fail(engage.Permanent(errors.New("no such customer"))))
		ctx, stop := context.WithTimeout(t.Context(), 20*time.Minute)
		defer stop()
		go func() {
			time.Sleep(time.Second) //nolint:forbidigo // virtual time
			_ = d.process().Run(ctx)
		}()
		doubted := atomic.Bool{}
		go func() {
			for ctx.Err() == nil {
				if c, err := d.Contents.Get(t.Context(), posted.ID); err == nil && c.Uncertain {
					doubted.Store(true)
				}
				time.Sleep(time.Second) //nolint:forbidigo // virtual time
			}
		}()
		_ = cut.Run(ctx)
		synctest.Wait()
		time.Sleep(2 * time.Second) //nolint:forbidigo // virtual time
		d.platform.Close()
		if !doubted.Load() {
			t.Error("nobody took the attempt for lost: the test is about nothing")
		}
		expect(t, "state", d.state(posted.ID), "export_failure")
	})
}
