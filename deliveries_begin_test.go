package engage_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/storetest/faults"
)

// Between the claim of a delivery and its Send, the store is read. What happens then has
// happened before anything has left the house.

// slowReads lets the n-th read behind the first commit take some time, each if n is 0.
func slowReads(n int64, takes time.Duration) faults.Fault {
	var claimed atomic.Bool
	var reads atomic.Int64
	return faults.Instead("slow reads", func(ctx context.Context, c faults.Call, next func(context.Context) error) error {
		err := next(ctx)
		switch {
		case c.Method == faults.Commit:
			claimed.Store(true)
		case c.Method == faults.Get && (n == 0 || claimed.Load() && reads.Add(1) == n):
			time.Sleep(takes) //nolint:forbidigo // within bubbles only, where it costs nothing
		}
		return err
	})
}

// TestTheStoreTakesNothingOfTheTimeOfASend: however slow its reads are, the platform gets
// its time, or is not asked at all.
func TestTheStoreTakesNothingOfTheTimeOfASend(t *testing.T) {
	t.Parallel()
	type row struct {
		timeout time.Duration // of one Send; 0: the default
		read    int64         // which is slow, 0: each
		takes   time.Duration
	}
	rows := []row{
		{100 * time.Millisecond, 0, 19 * time.Millisecond},
		{100 * time.Millisecond, 0, 25 * time.Millisecond},
		{100 * time.Millisecond, 0, time.Second},
	}
	for read := int64(1); read <= 6; read++ {
		for _, takes := range []time.Duration{29950 * time.Millisecond, 31 * time.Second} {
			rows = append(rows, row{0, read, takes})
		}
	}
	for _, row := range rows {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t, func(o *engage.Options) { o.Clock, o.Jobs.Timeout = bubbleTime, row.timeout })
			talk := d.talkWith("eve")
			posted := d.replies(ann, talk.ThreadID, "hi")
			st := faults.New(d.st)
			st.Inject(slowReads(row.read, row.takes))
			d.platform.Will(platformtest.Do("takes 20 ms", func(ctx context.Context, _ engage.Delivery, deliver func() string) (string, error) {
				select {
				case <-time.After(20 * time.Millisecond):
					return deliver(), nil
				case <-ctx.Done():
					return "", ctx.Err()
				}
			}))
			eng := must(engage.New(t.Context(), st, &d.opts))(t)
			ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
			defer stop()
			_ = eng.Run(ctx) // it ends with ctx
			if got := d.state(posted.ID); got != "success" || len(d.platform.Seen(talk.IdentityID)) != 1 {
				t.Errorf("%+v: %s, %q", row, got, must(d.Contents.Get(t.Context(), posted.ID))(t).Synchronization.Error)
			}
			d.platform.Close()
		})
	}
}
