package engage_test

import (
	"context"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
)

// TestRunGoesOnWithWhatWasInterrupted, at whichever commit, but not while the call may
// still be at it; and a task that is done leaves no job.
func TestRunGoesOnWithWhatWasInterrupted(t *testing.T) {
	t.Parallel()
	tasks := map[string]struct {
		fill  func(testing.TB, *engage.Engine)
		begin func(context.Context, *engage.Engine) error
		state func(context.Context, *engage.Engine) (engage.Progress, bool, error)
		check func(testing.TB, store.Store, *engage.Engine)
	}{
		"erase": {
			fill: fillForErasing,
			begin: func(ctx context.Context, eng *engage.Engine) error {
				return eng.Schemas.Delete(ctx, "gone", &engage.DeleteOptions{Erase: true})
			},
			state: func(ctx context.Context, eng *engage.Engine) (engage.Progress, bool, error) {
				return eng.Schemas.Erasing(ctx, "gone")
			},
			check: checkErased,
		},
		"replay": {
			fill: func(tb testing.TB, eng *engage.Engine) {
				tb.Helper()
				declare(tb, eng, plainSchema())
				fillQuarantine(tb, eng)
			},
			begin: func(ctx context.Context, eng *engage.Engine) error {
				_, err := eng.Quarantine.ReplayAll(ctx, plainID)
				return err
			},
			state: func(ctx context.Context, eng *engage.Engine) (engage.Progress, bool, error) {
				return eng.Quarantine.Replaying(ctx, plainID)
			},
			check: func(tb testing.TB, st store.Store, eng *engage.Engine) {
				tb.Helper()
				p, _, err := eng.Quarantine.Replaying(tb.Context(), plainID)
				if err != nil {
					tb.Fatal(err)
				}
				checkReplayed(tb, st, eng, p)
			},
		},
	}
	for task, c := range tasks {
		for name, interrupt := range interruptions() {
			t.Run(task+", "+name, func(t *testing.T) {
				t.Parallel()
				first, step := stride(t)
				for n := int64(1 + first); ; n += int64(step) { // the first commit begins it
					st, clock := &counting{Store: newMemory(t)}, newClock()
					eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
					c.fill(t, eng)
					ctx, cancel := context.WithCancel(t.Context())
					interrupt(st, n, cancel)
					failed := c.begin(ctx, eng)
					cancel()
					st.on(nil, nil)
					other := newEngine(t, st, &engage.Options{Clock: clock.Now})
					clock.Advance(5 * time.Second)
					must(other.RunDue(t.Context()))(t)
					before, found, err := c.state(t.Context(), eng)
					if err != nil || !found || failed != nil && n == 2 && before.State == engage.StateDone {
						t.Fatalf("interrupted at %d: %+v, %t, %v", n, before, found, err)
					}
					clock.Advance(time.Minute)
					must(other.RunDue(t.Context()))(t)
					after, _, err := c.state(t.Context(), eng)
					if err != nil || after.State != engage.StateDone || after.Handled < before.Handled {
						t.Fatalf("interrupted at %d: %+v, then %+v, %v", n, before, after, err)
					}
					if left := find(t, st, "job"); len(left) > 0 {
						t.Errorf("interrupted at %d: a job stays: %s", n, left[0].Value)
					}
					c.check(t, st, eng)
					if failed == nil {
						break
					}
				}
			})
		}
	}
}

// TestTwoProcessesMayBeAtOneTask: the call that began it, and Run.
func TestTwoProcessesMayBeAtOneTask(t *testing.T) {
	t.Parallel()
	st, clock := &counting{Store: newMemory(t)}, newClock()
	eng := newEngine(t, st, &engage.Options{Clock: clock.Now})
	other := newEngine(t, st.Store, &engage.Options{Clock: clock.Now})
	fillForMerging(t, eng)
	st.on(nil, func(int64) { // after each commit of the call, Run does all the rest
		clock.Advance(time.Minute)
		if _, err := other.RunDue(t.Context()); err != nil {
			t.Error(err)
		}
	})
	p, err := eng.Contacts.Merge(t.Context(), "new", "old")
	if err != nil || p.State != engage.StateDone || p.Handled != mergedInteractions+mergedRejections {
		t.Errorf("%+v, %v", p, err)
	}
	checkTallies(t, st, eng, "new", "old")
	if told := events(t, eng, engage.EventContactMerged); len(told) != 1 || len(find(t, st, "job")) > 0 {
		t.Errorf("told %d times, %d jobs stay", len(told), len(find(t, st, "job")))
	}
}
