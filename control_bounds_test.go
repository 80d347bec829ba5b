package engage_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
)

// weighing is a store that knows how large the largest batch was.
type weighing struct {
	store.Store

	most atomic.Int64
}

func (w *weighing) Commit(ctx context.Context, b store.Batch) error {
	for size := int64(len(b.Checks) + len(b.Puts) + len(b.Deletes) + len(b.Events)); ; {
		most := w.most.Load()
		if size <= most || w.most.CompareAndSwap(most, size) {
			break
		}
	}
	return w.Store.Commit(ctx, b)
}

// However many threads of a customer wait for control, what decides it fits into a commit:
// those that are told of it, and those that look for themselves, are delivered once, or fail.
func TestManyThreadsWaitForControl(t *testing.T) {
	t.Parallel()
	for _, comes := range []bool{true, false} {
		t.Run(fmt.Sprintf("control comes: %t", comes), func(t *testing.T) {
			t.Parallel()
			const threads = 120
			st := &weighing{Store: newMemory(t)}
			c := &controlled{desk: newDeskOn(t, st)}
			if err := c.Control.Configure(t.Context(), "chat", byBot); err != nil {
				t.Fatal(err)
			}
			var posted []engage.Posted
			for n := range threads {
				c.eve = c.writesIn(fmt.Sprint("thread ", n), "hello")
				c.engages(ann, c.eve.ThreadID)
				posted = append(posted, c.replies(ann, c.eve.ThreadID, "one"))
			}
			c.runs()
			c.checkCounts(threads, 0)
			st.most.Store(0)
			want := interaction.SyncAborted
			if comes {
				want = interaction.SyncSuccess
				must(c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID))(t)
			} else {
				must(c.As(robot).Control.Decline(t.Context(), "chat", c.eve.IdentityID))(t)
			}
			if most := st.most.Load(); most <= 100 || most >= threads {
				t.Errorf("the decision comes to %d operations: a hundred jobs, and a few more", most)
			}
			c.runs()
			c.passes(2*time.Minute, time.Minute)
			for _, p := range posted {
				if got := c.sync(p.ID); got != want {
					t.Fatalf("one is %s, want %s", got, want)
				}
			}
			c.checkCounts(0, 0)
			if comes {
				expect(t, "deliveries", len(c.platform.Delivered()), len(posted))
			}
		})
	}
}

// A delivery that was settled by hand while it waited is not taken up again when control
// comes, and does not stand in anybody's way.
func TestDeliveriesSettledWhileTheyWait(t *testing.T) {
	t.Parallel()
	c := newControlled(t, byBot)
	c.engages(ann, c.eve.ThreadID)
	one, two := c.replies(ann, c.eve.ThreadID, "one"), c.replies(ann, c.eve.ThreadID, "two")
	c.runs()
	if err := c.Jobs.Settle(t.Context(), c.job(one.ID), engage.Settlement{Reason: "not wanted"}); err != nil {
		t.Fatal(err)
	}
	c.runs()
	c.checkCounts(1, 0)
	must(c.As(robot).Control.Accept(t.Context(), "chat", c.eve.IdentityID))(t)
	expect(t, "the one that was settled", must(c.Jobs.Get(t.Context(), c.job(one.ID)))(t).State, engage.JobFailed)
	c.runs()
	expect(t, "the one that was settled", c.sync(one.ID), interaction.SyncAborted)
	expect(t, "the one behind it", c.sync(two.ID), interaction.SyncSuccess)
	expect(t, "the job", must(c.Jobs.Get(t.Context(), c.job(one.ID)))(t).State, engage.JobFailed)
}

// What a customer writes in many threads while a pass is under way is decided when that is
// settled, in a hundred of them; the others are found by whoever looks for work.
func TestManyThreadsAreWrittenInDuringAPass(t *testing.T) {
	t.Parallel()
	const threads = 103
	m := &mute{Platform: platformtest.New()}
	t.Cleanup(m.Platform.Close)
	m.speaks(true, nil)
	c := &controlled{desk: newDesk(t, func(o *engage.Options) { o.Platforms["messenger"] = m })}
	if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent, BotApp: "robot"}); err != nil {
		t.Fatal(err)
	}
	var all []interaction.Intervention
	for n := range threads {
		c.eve = c.writesIn(fmt.Sprint("thread ", n), "hello")
		all = append(all, c.engages(ann, c.eve.ThreadID))
		c.replies(ann, c.eve.ThreadID, "yes")
	}
	c.runs()
	for _, i := range all {
		must(c.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)
	}
	must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(t)
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.runs()
	if v := c.control().Verb; v == nil || v.Stage != handover.StageSent {
		t.Fatalf("under way: %+v", v)
	}
	for n := range threads {
		c.writesIn(fmt.Sprint("thread ", n), "and this?")
	}
	must(c.Control.Settle(t.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Agent}))(t)
	open := map[string]bool{}
	for _, i := range all {
		open[i.ThreadID] = must(c.Interventions.Get(t.Context(), i.ID))(t).Status == interaction.InterventionOpen
	}
	engageable := map[string]bool{}
	for _, thread := range must(c.Threads.ListEngageable(t.Context(), engage.EngageableFilter{Limit: 1000}))(t).Items {
		engageable[thread.ID] = true
	}
	reopened := 0
	for id, is := range open {
		if is {
			reopened++
		}
		if is == engageable[id] {
			t.Errorf("thread %s: open %t, engageable %t", id, is, engageable[id])
		}
	}
	expect(t, "reopened", reopened, 100)
}
