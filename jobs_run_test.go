package engage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest/faults"
)

// Run in a bubble of testing/synctest, where time is the bubble's: whatever waits, waits
// for the right moment, and what is left behind is found.

// inBubble plays a test with a desk whose clock is the bubble's. It does not look for the
// jobs of others for a long time: what is its own, it knows.
func inBubble(t *testing.T, play func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		play(t, newDesk(t, func(o *engage.Options) { o.Clock, o.Jobs.Poll = bubbleTime, 30*24*time.Hour }))
	})
}

// bubbleTime is the time in the bubble.
func bubbleTime() time.Time { return time.Now() } //nolint:forbidigo // a bubble's time is that of its test

// elapses lets time pass in the bubble, and what is due in it be done.
func elapses(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in a bubble it is how time passes
	synctest.Wait()
}

// starts runs an Engine until the returned function is called, which returns what Run
// did.
func starts(t *testing.T, eng *engage.Engine) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- eng.Run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

func TestRunDoesEverythingAtItsTime(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *desk) {
		stop := starts(t, d.Engine)
		begun := bubbleTime()
		talk := d.talkWith("eve")
		d.platform.Will(platformtest.Fail(errNoLine), platformtest.Next(1))
		var at []time.Duration
		d.platform.OnDeliver(func(platformtest.Delivered) { at = append(at, bubbleTime().Sub(begun)) })
		a := d.replies(ann, talk.ThreadID, "a")
		synctest.Wait()
		expect(t, "a", d.state(a.ID), "export_pending")
		i := must(d.Interventions.List(t.Context(), engage.InterventionFilter{ThreadID: talk.ThreadID}))(t).Items[0]
		must(d.As(ann).Interventions.Defer(t.Context(), i.ID, begun.Add(10*time.Minute)))(t)

		elapses(10*time.Minute - 1)
		expect(t, "delivered at", at, []time.Duration{32 * time.Second})
		expect(t, "a", d.state(a.ID), "success")
		expect(t, "intervention", must(d.Interventions.Get(t.Context(), i.ID))(t).Status, interaction.InterventionDeferred)
		elapses(1)
		is := must(d.Interventions.Get(t.Context(), i.ID))(t)
		expect(t, "intervention", is.Status, interaction.InterventionOpen)
		expect(t, "when", is.UpdatedAt.Sub(begun), 10*time.Minute)
		must(d.As(ann).Interventions.Close(t.Context(), i.ID, engage.Closing{}))(t)

		elapses(5 * 24 * time.Hour)
		thread := must(d.Threads.Get(t.Context(), talk.ThreadID))(t)
		expect(t, "thread", thread.Status, interaction.ThreadClosed)
		expect(t, "closed after", thread.ClosedAt.Sub(thread.LastContentAt), 4*24*time.Hour)
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		d.platform.Check(t)
	})
}

func TestRunDoesWhatIsTakenUpByHandAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *desk) {
		stop := starts(t, d.Engine)
		talk := d.talkWith("eve")
		d.platform.Will(platformtest.Fail(engage.Permanent(errNoLine)), platformtest.Next(1))
		a := d.replies(ann, talk.ThreadID, "a")
		synctest.Wait()
		expect(t, "a", d.state(a.ID), "export_failure")
		if err := d.Jobs.Retry(t.Context(), a.JobID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		expect(t, "a", d.state(a.ID), "success")
		_ = stop()
	})
}

func TestRunStopsCleanly(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *desk) { // the bubble finds a goroutine that is left
		var contents []engage.Posted
		for c := range 12 { // more than are done at a time
			talk := d.talkWith(fmt.Sprintf("customer-%d", c))
			contents = append(contents, d.replies(ann, talk.ThreadID, "a"))
		}
		d.platform.Will(platformtest.Hang())
		stop := starts(t, d.Engine)
		synctest.Wait()
		begun := bubbleTime()
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		expect(t, "it took", bubbleTime().Sub(begun), 30*time.Second) // until their deadline
		hung := len(d.platform.Attempts())
		if hung == 0 || hung == len(contents) {
			t.Errorf("%d were under way", hung)
		}
		// Those that hung are uncertain; of the others nothing was begun.
		states := map[string]int{}
		for _, c := range contents {
			states[d.state(c.ID)]++
		}
		expect(t, "states", states, map[string]int{"export_pending?": hung, "export_pending": len(contents) - hung})
		expect(t, "uncertain", len(d.listed(engage.JobUncertain)), hung)
		d.platform.Heal()
		d.runs()
		expect(t, "delivered", len(d.platform.Delivered()), len(contents)-hung)
		d.platform.Check(t)
	})
}

func TestWhoStopsRunWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *desk) {
		talk := d.talkWith("eve")
		hold := platformtest.NewHold()
		d.platform.Will(hold.Gate(), platformtest.Next(1))
		a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
		stop := starts(t, d.Engine)
		<-hold.Arrived()
		begun := bubbleTime()
		time.AfterFunc(20*time.Second, func() { hold.Answer(platformtest.Deliver()) })
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		expect(t, "it took", bubbleTime().Sub(begun), 20*time.Second)
		expect(t, "a", d.state(a.ID), "success")
		expect(t, "b", d.state(b.ID), "export_pending") // nothing new is begun
		d.runs()
		expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"a", "b"})
		d.platform.Check(t)
	})
}

func TestAnAnswerAfterRunHasStoppedCounts(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, d *desk) {
		talk := d.talkWith("eve")
		hold := platformtest.NewHold()
		d.platform.Will(hold.Late(), platformtest.Next(1))
		a := d.replies(ann, talk.ThreadID, "a")
		stop := starts(t, d.Engine)
		<-hold.Arrived()
		begun := bubbleTime()
		_ = stop()
		if took := bubbleTime().Sub(begun); took > 32*time.Second {
			t.Errorf("it took %v, and an attempt takes 30 s at most", took)
		}
		expect(t, "a", d.state(a.ID), "export_pending?")
		hold.Answer(platformtest.Deliver())
		synctest.Wait()
		expect(t, "a", d.state(a.ID), "success")
	})
}

func TestRunOutlivesTheStoreBeingAway(t *testing.T) {
	t.Parallel()
	for _, methods := range [][]faults.Method{faults.Methods(), {faults.Commit}, {faults.Get}, {faults.Find}} {
		t.Run(fmt.Sprint(methods), func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, d *desk) {
				st := faults.New(d.st)
				d.st = st
				d.restart()
				talk := d.talkWith("eve")
				hold := platformtest.NewHold()
				d.platform.Will(hold.Gate(), platformtest.Next(1))
				a, b := d.replies(ann, talk.ThreadID, "a"), d.replies(ann, talk.ThreadID, "b")
				stop := starts(t, d.Engine)
				<-hold.Arrived()
				st.Inject(faults.Unavailable().On(methods...))
				hold.Answer(platformtest.Deliver()) // its answer finds no store
				elapses(10 * time.Minute)
				expect(t, "delivered", len(d.platform.Delivered()), 1)
				st.Heal()
				elapses(time.Minute)
				expect(t, "b", d.state(b.ID), "success")
				expect(t, "a", d.state(a.ID), "success")
				expect(t, "seen", d.platform.Seen(talk.IdentityID), []string{"a", "b"})
				if err := stop(); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				d.platform.Check(t)
			})
		})
	}
}

func TestRunEndsWhenTheStoreIsClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := memory.New()
		d := newDeskOn(t, st)
		ended := make(chan error, 1)
		go func() { ended <- d.Run(t.Context()) }()
		synctest.Wait()
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, engage.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestTwoProcessesRunOnOneFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "engage.db")
	first := must(sqlite.Open(t.Context(), path, nil))(t)
	t.Cleanup(func() { _ = first.Close() })
	second := must(sqlite.Open(t.Context(), path, nil))(t)
	t.Cleanup(func() { _ = second.Close() })

	d := newDeskOn(t, first)
	opts := d.opts
	opts.Platforms = map[string]engage.Platform{"messenger": d.platform.Process()}
	other := must(engage.New(t.Context(), second, &opts))(t)
	stops := []func() error{starts(t, d.Engine), starts(t, other)}

	const customers, each = 6, 8
	talks := make([]engage.Received, customers)
	for c := range talks {
		talks[c] = d.talkWith(fmt.Sprintf("customer-%d", c))
	}
	var crowd sync.WaitGroup
	for c, talk := range talks {
		eng := []*engage.Engine{d.Engine, other}[c%2]
		crowd.Go(func() {
			for n := range each {
				_, err := eng.As(ann).Contents.Post(t.Context(), engage.Post{
					ThreadID: talk.ThreadID, Message: interaction.Message{Body: strconv.Itoa(n)},
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	crowd.Wait()
	if _, err := d.platform.AwaitAnswered(t.Context(), customers*each); err != nil {
		t.Fatal(err)
	}
	for _, stop := range stops {
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
	var want []string
	for n := range each {
		want = append(want, strconv.Itoa(n))
	}
	for _, talk := range talks {
		expect(t, "seen", d.platform.Seen(talk.IdentityID), want)
		for _, c := range must(d.Contents.List(t.Context(), engage.ContentFilter{ThreadID: talk.ThreadID}))(t).Items {
			if c.Synchronization.Status != interaction.SyncSuccess {
				t.Errorf("%s is %s: %s", c.ID, c.Synchronization.Status, c.Synchronization.Error)
			}
		}
	}
	expect(t, "deliveries told of", d.count(engage.EventContentExported), customers*each)
	d.platform.Check(t)
}
