package engage_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/memory"
)

// What happens by itself happens at its time, once, and not when it is no longer
// wanted.

// count returns how often something was told of.
func (d *desk) count(typ engage.EventType) (n int) {
	d.t.Helper()
	for _, is := range types(d.t, d.Engine, 0) {
		if is == typ {
			n++
		}
	}
	return n
}

func TestADeferredInterventionIsReactivatedAtItsTime(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	deferUntil := func(d *desk, i interaction.Intervention, after time.Duration) {
		must(d.As(ann).Interventions.Defer(d.t.Context(), i.ID, d.clock.read().Add(after)))(d.t)
	}
	for _, row := range []struct {
		name string
		// meanwhile is what happens half an hour after it was deferred for one hour.
		meanwhile func(d *desk, i interaction.Intervention)
		// until is when it is reactivated by itself, after it was deferred first; 0: not.
		until time.Duration
		// status is the one after all.
		status interaction.InterventionStatus
		// by is how often it was reactivated by something else.
		by int
	}{
		{name: "nothing", until: hour, status: interaction.InterventionOpen},
		{
			name: "it is resumed", status: interaction.InterventionOpen, by: 1,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.As(ann).Interventions.Resume(d.t.Context(), i.ID))(d.t)
			},
		},
		{
			name: "it is resumed, and deferred for longer", until: 2 * hour, status: interaction.InterventionOpen, by: 1,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.As(ann).Interventions.Resume(d.t.Context(), i.ID))(d.t)
				deferUntil(d, i, hour+hour/2)
			},
		},
		{
			name: "it is resumed, and deferred for less", until: 45 * time.Minute, status: interaction.InterventionOpen, by: 1,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.As(ann).Interventions.Resume(d.t.Context(), i.ID))(d.t)
				deferUntil(d, i, 15*time.Minute)
			},
		},
		{
			name: "it is resumed, and deferred until the same time", until: hour, status: interaction.InterventionOpen, by: 1,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.As(ann).Interventions.Resume(d.t.Context(), i.ID))(d.t)
				deferUntil(d, i, hour/2)
			},
		},
		{
			name: "the customer writes", status: interaction.InterventionOpen, by: 1,
			meanwhile: func(d *desk, _ interaction.Intervention) { d.writes("eve", "well?") },
		},
		{
			name: "it is canceled", status: interaction.InterventionCanceled,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.As(ann).Interventions.Cancel(d.t.Context(), i.ID))(d.t)
			},
		},
		{
			name: "it is assigned", until: hour, status: interaction.InterventionOpen,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.Interventions.Assign(d.t.Context(), i.ID, bob))(d.t)
			},
		},
		{
			name: "the thread is closed", until: hour, status: interaction.InterventionOpen,
			meanwhile: func(d *desk, i interaction.Intervention) {
				must(d.Threads.Close(d.t.Context(), i.ThreadID))(d.t)
			},
		},
		{
			name: "the process ends, and another begins", until: hour, status: interaction.InterventionOpen,
			meanwhile: func(d *desk, _ interaction.Intervention) { d.restart() },
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			r := d.writes("eve", "hello")
			i := d.engages(ann, r.ThreadID)
			begun := d.clock.read()
			deferUntil(d, i, hour)
			d.clock.pass(hour / 2)
			d.runs()
			if row.meanwhile != nil {
				row.meanwhile(d, i)
			}
			expect(t, "reactivated by others", d.count(engage.EventInterventionReactivated), row.by)
			if row.until > 0 {
				d.clock.pass(begun.Add(row.until).Sub(d.clock.read()) - 1)
				d.runs()
				expect(t, "status before", must(d.Interventions.Get(t.Context(), i.ID))(t).Status, interaction.InterventionDeferred)
				d.clock.pass(1)
				d.runs()
				is := must(d.Interventions.Get(t.Context(), i.ID))(t)
				expect(t, "status at the time", is.Status, interaction.InterventionOpen)
				expect(t, "when", is.UpdatedAt, begun.Add(row.until))
				row.by++
			}
			d.clock.pass(3 * hour)
			d.runs()
			expect(t, "status", must(d.Interventions.Get(t.Context(), i.ID))(t).Status, row.status)
			expect(t, "reactivated", d.count(engage.EventInterventionReactivated), row.by)
			for _, j := range must(d.Jobs.List(t.Context(), engage.JobFilter{}))(t).Items {
				if j.Type == "intervention.fall_due" {
					t.Errorf("a job is left: %+v", j)
				}
			}
		})
	}
}

func TestTwoProcessesReactivateOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	other := must(engage.New(t.Context(), d.st, &d.opts))(t)
	const n = 30
	for c := range n {
		r := d.writes(fmt.Sprintf("customer-%d", c), "hello")
		i := d.engages(ann, r.ThreadID)
		must(d.As(ann).Interventions.Defer(t.Context(), i.ID, d.clock.read().Add(time.Hour)))(t)
	}
	d.clock.pass(time.Hour)
	var both sync.WaitGroup
	for _, eng := range []*engage.Engine{d.Engine, other} {
		both.Go(func() {
			if _, err := eng.RunDue(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	expect(t, "reactivated", d.count(engage.EventInterventionReactivated), n)
}

func TestSilentThreadsCloseWhenTheirSourceSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		st := memory.New()
		t.Cleanup(func() { _ = st.Close() })
		d := newDeskOn(t, st)
		first := d.writes("eve", "hello")
		source := must(d.Sources.Get(t.Context(), "chat"))(t)
		var live string // the intervention
		closings := 0
		byHand := 0
		thread := func() interaction.Thread { return must(d.Threads.Get(t.Context(), first.ThreadID))(t) }
		rt.Repeat(map[string]func(*rapid.T){
			"the customer writes": func(rt *rapid.T) {
				if thread().Status != interaction.ThreadOpen {
					rt.Skip()
				}
				r := d.writes("eve", "again")
				live = r.InterventionID
			},
			"somebody engages": func(rt *rapid.T) {
				if live != "" || thread().Status != interaction.ThreadOpen {
					rt.Skip()
				}
				live = d.engages(ann, first.ThreadID).ID
			},
			"somebody replies and closes": func(rt *rapid.T) {
				if live == "" {
					rt.Skip()
				}
				if thread().Status == interaction.ThreadOpen {
					d.replies(ann, first.ThreadID, "hi")
				}
				if must(d.Interventions.Get(t.Context(), live))(t).Replies.UserRepliesCount == 0 {
					must(d.As(ann).Interventions.Cancel(t.Context(), live))(t)
				} else {
					must(d.As(ann).Interventions.Close(t.Context(), live, engage.Closing{}))(t)
				}
				live = ""
			},
			"the host writes": func(rt *rapid.T) {
				if thread().Status != interaction.ThreadOpen {
					rt.Skip()
				}
				must(d.Contents.Post(t.Context(), engage.Post{ThreadID: first.ThreadID, Message: interaction.Message{Body: "news"}}))(t)
			},
			"somebody closes it": func(rt *rapid.T) {
				if thread().Status != interaction.ThreadOpen {
					rt.Skip()
				}
				must(d.Threads.Close(t.Context(), first.ThreadID))(t)
				byHand++
			},
			"somebody reopens it": func(rt *rapid.T) {
				if thread().Status != interaction.ThreadClosed {
					rt.Skip()
				}
				must(d.Threads.Reopen(t.Context(), first.ThreadID))(t)
			},
			"the source changes": func(rt *rapid.T) {
				source.TimeForThreadClosing = interaction.Seconds(rapid.SampledFrom([]int{-1, 0, 60, 600, 3600, 86400}).Draw(rt, "seconds"))
				source = must(d.Sources.Update(t.Context(), source))(t)
			},
			"a process begins": func(*rapid.T) { d.restart() },
			"time passes": func(rt *rapid.T) {
				d.clock.pass(time.Duration(rapid.SampledFrom([]int{1, 59, 60, 541, 3000, 40000, 90000}).Draw(rt, "seconds")) * time.Second)
			},
			"": func(rt *rapid.T) {
				before := thread()
				d.runs()
				after := thread()
				now := d.clock.read()
				at, ever := before.ClosesAt(source)
				quiet := before.Status == interaction.ThreadOpen && before.Live == 0 && ever
				switch {
				case quiet && !at.After(now):
					closings++
					if after.Status != interaction.ThreadClosed || after.CloseCause != interaction.CauseInactivity || !after.ClosedAt.Equal(now) {
						rt.Fatalf("it should have closed at %v, and is %+v at %v", at, after, now)
					}
				case after.Status != before.Status:
					rt.Fatalf("it closed at %v; it should at %v (%v): %+v", now, at, ever, after)
				case quiet:
					if next := d.next("thread.time_out"); next.IsZero() || next.After(at) {
						rt.Fatalf("it should close at %v, and is looked at %v", at, next)
					}
				}
				if got := d.count(engage.EventThreadAutoClosed); got != closings {
					rt.Fatalf("told of %d times, and it closed by itself %d times", got, closings)
				}
			},
		})
		expect(t, "closed by hand", d.count(engage.EventThreadClosed), byHand)
	})
}

// next returns when the first job of a type is due, zero if there is none.
func (d *desk) next(typ string) (due time.Time) {
	d.t.Helper()
	for _, j := range must(d.Jobs.List(d.t.Context(), engage.JobFilter{State: engage.JobPending}))(d.t).Items {
		if j.Type == typ && (due.IsZero() || j.Due.Before(due)) {
			due = j.Due
		}
	}
	return due
}

func TestManyThreadsCloseEarlierWhenTheirSourceSaysSo(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	source := must(d.Sources.Get(t.Context(), "chat"))(t)
	source.TimeForThreadClosing = -1
	source = must(d.Sources.Update(t.Context(), source))(t)
	const n = 250 // more than one step takes on
	var ids []string
	for c := range n {
		ids = append(ids, d.writes(fmt.Sprintf("customer-%d", c), "hello").ThreadID)
	}
	busy := d.engages(ann, ids[7])
	d.clock.pass(30 * 24 * time.Hour)
	d.runs()
	expect(t, "closed", d.count(engage.EventThreadAutoClosed), 0)

	source.TimeForThreadClosing = 3600
	source = must(d.Sources.Update(t.Context(), source))(t)
	d.runs()
	expect(t, "closed", d.count(engage.EventThreadAutoClosed), n-1)
	expect(t, "busy", must(d.Threads.Get(t.Context(), busy.ThreadID))(t).Status, interaction.ThreadOpen)
	must(d.As(ann).Interventions.Cancel(t.Context(), busy.ID))(t)
	d.runs()
	expect(t, "closed", d.count(engage.EventThreadAutoClosed), n)
	expect(t, "jobs", len(d.listed("")), 0)

	// What changes nothing for them costs no job.
	for _, seconds := range []interaction.Seconds{3600, 7200, -1} {
		source.TimeForThreadClosing = seconds
		source = must(d.Sources.Update(t.Context(), source))(t)
		expect(t, "jobs", len(d.listed("")), 0)
	}
}

func TestATimerThatFailsIsToldOf(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	r := d.writes("eve", "hello")
	i := d.engages(ann, r.ThreadID)
	must(d.As(ann).Interventions.Defer(t.Context(), i.ID, d.clock.read().Add(time.Hour)))(t)
	lose(t, d.st, "intervention", i.ID)
	for range 10 {
		d.clock.pass(3 * time.Hour)
		d.runs()
	}
	expect(t, "failed", d.count(engage.EventJobFailed), 1)
	failed := must(d.Jobs.List(t.Context(), engage.JobFilter{State: engage.JobFailed}))(t).Items
	if len(failed) != 1 || failed[0].Type != "intervention.fall_due" || failed[0].Attempts != 6 || !strings.Contains(failed[0].Error, i.ID) {
		t.Errorf("failed are %+v", failed)
	}
	if !slices.Contains(types(t, d.Engine, 0), engage.EventJobFailed) {
		t.Error("nobody was told")
	}
}
