package engage_test

import (
	"context"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
)

// failedMerge returns a desk on which the merge of two contacts was interrupted, and the
// job that saw to it has failed for good; and a call that repeats it.
func failedMerge(t *testing.T) (d *desk, st *refusing, again func() (engage.Progress, error), from string) {
	t.Helper()
	st = &refusing{Store: newMemory(t)}
	d = newDeskOn(t, st)
	contactOf := func(customer string) string {
		return must(d.Identities.Get(t.Context(), d.writes(customer, "hi").IdentityID))(t).ContactID
	}
	into, from := contactOf("eve"), contactOf("joe")
	again = func() (engage.Progress, error) { return d.Contacts.Merge(t.Context(), into, from) }
	ctx, cancel := context.WithCancel(t.Context())
	counted := &counting{Store: st}
	counted.on(nil, func(int64) { cancel() }) // when it has begun
	eng := newEngine(t, counted, &engage.Options{Clock: d.clock.read})
	if _, err := eng.Contacts.Merge(ctx, into, from); err == nil {
		t.Fatal("it was not interrupted")
	}
	d.clock.pass(time.Minute)
	d.fails(st, "progress", "task.step")
	return d, st, again, from
}

// TestATaskWhoseJobFailedEnds: by itself, or when it is called for again, though that is
// interrupted, too; and the failed job does not stay.
func TestATaskWhoseJobFailedEnds(t *testing.T) {
	t.Parallel()
	done := func(t *testing.T, d *desk, from string) {
		t.Helper()
		p, _, err := d.Contacts.Merging(t.Context(), from)
		if err != nil || p.State != engage.StateDone || len(d.jobsOf("task.step", "")) != 0 {
			t.Errorf("%+v, %v; jobs %+v", p, err, d.jobsOf("task.step", ""))
		}
		expect(t, "told", d.count(engage.EventContactMerged), 1)
	}
	t.Run("when it is called for", func(t *testing.T) {
		t.Parallel()
		d, _, again, from := failedMerge(t)
		must(again())(t)
		done(t, d, from)
	})
	t.Run("after a call that was interrupted", func(t *testing.T) {
		t.Parallel()
		d, st, again, from := failedMerge(t)
		kind := "progress"
		st.kind.Store(&kind)
		if p, err := again(); err == nil {
			t.Fatalf("%+v", p)
		}
		st.kind.Store(nil)
		d.runs()
		done(t, d, from)
	})
	t.Run("by hand", func(t *testing.T) {
		t.Parallel()
		d, _, _, from := failedMerge(t)
		d.retries("task.step")
		d.runs()
		done(t, d, from)
	})
	t.Run("by itself", func(t *testing.T) {
		t.Parallel()
		d, _, _, from := failedMerge(t)
		d.clock.pass(day)
		d.runs()
		done(t, d, from)
	})
}

// TestATaskThatIsSeenThroughLeavesNoJob, though nobody ever calls Run.
func TestATaskThatIsSeenThroughLeavesNoJob(t *testing.T) {
	t.Parallel()
	st := newMemory(t)
	eng := newEngine(t, st, nil)
	fillForMerging(t, eng)
	must(eng.Contacts.Merge(t.Context(), "new", "old"))(t)
	must(eng.Contacts.Unmerge(t.Context(), "old"))(t)
	must(eng.Quarantine.ReplayAll(t.Context(), "one"))(t)
	if err := eng.Schemas.Delete(t.Context(), "two", &engage.DeleteOptions{Erase: true}); err != nil {
		t.Fatal(err)
	}
	if left := find(t, st, "job"); len(left) > 0 {
		t.Errorf("%d jobs are left: %s", len(left), left[0].Value)
	}
}

// TestRunGoesOnWithATaskThoughTheClockIsPutBack, after each of its steps.
func TestRunGoesOnWithATaskThoughTheClockIsPutBack(t *testing.T) {
	t.Parallel()
	st, clock := &counting{Store: newMemory(t)}, newClock()
	eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
	fillForMerging(t, eng)
	interrupted := func(n int64) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		st.on(nil, func(at int64) {
			clock.Advance(time.Second)
			if at == n {
				cancel()
			}
		})
		if _, err := eng.Contacts.Merge(ctx, "new", "old"); err == nil {
			t.Fatal("it was not interrupted")
		}
	}
	interrupted(1)
	clock.Advance(time.Minute)

	// Run does a step; then somebody calls, and is at it when the clock is put back.
	ctx, cancel := context.WithCancel(t.Context())
	st.on(nil, func(int64) { clock.Advance(time.Second); cancel() })
	if _, err := eng.RunDue(ctx); err == nil {
		t.Fatal("it was not interrupted")
	}
	interrupted(1)
	clock.Advance(-time.Hour)
	st.on(nil, nil)
	before, _, err := eng.Contacts.Merging(t.Context(), "old")
	if err != nil || before.State != engage.StateRunning {
		t.Fatalf("%+v, %v", before, err)
	}
	must(eng.RunDue(t.Context()))(t)
	if p, _, err := eng.Contacts.Merging(t.Context(), "old"); err != nil || p != before {
		t.Errorf("%+v, %v: the caller may still be at it", p, err)
	}
	clock.Advance(10 * time.Second)
	st.on(nil, func(int64) { clock.Advance(-time.Hour) })
	must(eng.RunDue(t.Context()))(t)
	after, _, err := eng.Contacts.Merging(t.Context(), "old")
	if err != nil || after.State != engage.StateDone || len(find(t, st, "job")) > 0 {
		t.Errorf("%+v, %v, %d jobs", after, err, len(find(t, st, "job")))
	}
}
