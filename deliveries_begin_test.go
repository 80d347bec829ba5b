package engage_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
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

// TestAReportBeforeTheSend that the customer has it all the same keeps it from being sent.
func TestAReportBeforeTheSend(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.talkWith("eve")
	posted := d.replies(ann, talk.ThreadID, "hi")
	d.platform.Will(platformtest.LoseAnswer(), platformtest.Next(1))
	d.runs()
	if err := d.Jobs.Retry(t.Context(), posted.JobID); err != nil {
		t.Fatal(err)
	}
	m := d.process()
	m.store.Inject(faults.Instead("the report comes", func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
		if err := next(ctx); err != nil {
			return err
		}
		return d.Jobs.Settle(ctx, posted.JobID, engage.Settlement{Delivered: true})
	}).On(faults.Commit), claims)
	_ = must(m.RunDue(t.Context()))(t)
	if seen := d.platform.Seen(talk.IdentityID); len(seen) != 1 || d.state(posted.ID) != "success" || d.jobState(posted.ID) != "" {
		t.Errorf("the customer has %v, it is %s, its job %q", seen, d.state(posted.ID), d.jobState(posted.ID))
	}
}

// TestWhatWasNotBegunKeepsTheReasonOfADoubt: it says nothing of the attempt that left it.
func TestWhatWasNotBegunKeepsTheReasonOfADoubt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.honoursKeys()
	posted := d.replies(ann, d.talkWith("eve").ThreadID, "hi")
	d.platform.Will(platformtest.LoseAnswer(), platformtest.Next(1))
	d.runs()
	before := must(d.Contents.Get(t.Context(), posted.ID))(t).Synchronization
	if !before.Uncertain || before.Error == "" {
		t.Fatalf("%+v", before)
	}
	d.clock.pass(time.Minute)
	m := d.process()
	var claimed, read atomic.Bool
	m.store.Inject(faults.Instead("the store fails once", func(ctx context.Context, c faults.Call, next func(context.Context) error) error {
		if c.Method == faults.Get && claimed.Load() && !read.Swap(true) {
			return store.ErrUnavailable
		}
		err := next(ctx)
		if c.Method == faults.Commit {
			claimed.Store(true)
		}
		return err
	}))
	_ = must(m.RunDue(t.Context()))(t)
	after := must(d.Contents.Get(t.Context(), posted.ID))(t).Synchronization
	if after.Error != before.Error || !after.Uncertain || !read.Load() {
		t.Errorf("%+v, before %+v", after, before)
	}
	if j := must(d.Jobs.Get(t.Context(), posted.JobID))(t); j.Attempts != 1 || j.State != engage.JobPending {
		t.Errorf("%+v, want a job whose attempt does not count", j)
	}
}
