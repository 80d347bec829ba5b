package engage_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// backlog is what customers wrote, in the order in which they did.
type backlog []engage.Inbound

// drawnBacklog draws one that begins at a time, on the sources of backlogDesk.
func drawnBacklog(rt *rapid.T, begins time.Time) (all backlog) {
	at := begins
	for n := range rapid.IntRange(1, 15).Draw(rt, "contents") {
		at = at.Add(rapid.SampledFrom([]time.Duration{
			0, time.Minute, time.Hour, time.Hour + 1, 2*time.Hour - 1, 2 * time.Hour, 3 * time.Hour, 4*24*time.Hour - 1, 4 * 24 * time.Hour, 365 * 24 * time.Hour,
		}).Draw(rt, "later"))
		all = append(all, engage.Inbound{
			SourceID:  rapid.SampledFrom([]string{"chat", "mail", "forum"}).Draw(rt, "source"),
			ForeignID: fmt.Sprint("mid.", n), Customer: engage.Account{ForeignID: rapid.SampledFrom([]string{"eve", "fay"}).Draw(rt, "customer")},
			ThreadForeignID: rapid.SampledFrom([]string{"", "", "", "t"}).Draw(rt, "foreign thread"),
			Message:         interaction.Message{Body: "hello"}, CreatedAt: at,
		})
	}
	return all
}

// backlogDesk has a source that closes threads after four days, one that includes what
// is written within an hour and closes after two, and one that never closes any.
func backlogDesk(t *testing.T) *desk {
	d := newDesk(t)
	for _, s := range []interaction.Source{
		{ID: "mail", TimeForThreadInclusion: 3600, TimeForThreadClosing: 7200},
		{ID: "forum", TimeForThreadInclusion: 3600, TimeForThreadClosing: -1},
	} {
		s.Type, s.Active = "messenger", true
		must(d.Sources.Create(t.Context(), s))(t)
	}
	return d
}

// receives takes contents in, doing something before each, and returns what became of
// them at a time: which ones are together in a thread, and when the last was written.
func (d *desk) receives(all backlog, before func(engage.Inbound), until time.Time) []string {
	ctx := d.t.Context()
	together := map[string][]string{}
	var order []string
	for _, in := range all {
		before(in)
		got := must(d.Threads.Receive(ctx, in))(d.t)
		if together[got.ThreadID] == nil {
			order = append(order, got.ThreadID)
		}
		together[got.ThreadID] = append(together[got.ThreadID], in.ForeignID)
	}
	d.clock.pass(until.Sub(d.clock.read()))
	d.runs()
	for n, id := range order {
		order[n] = fmt.Sprint(together[id], must(d.Threads.Get(ctx, id))(d.t).LastContentAt)
	}
	return order
}

// TestABacklogMakesTheThreadsThatItWouldHaveMade receives the same contents in time,
// and all at once when years have passed, whether or not what is due is done meanwhile.
func TestABacklogMakesTheThreadsThatItWouldHaveMade(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		inTime, late := backlogDesk(t), backlogDesk(t)
		all := drawnBacklog(rt, inTime.clock.read())
		until := all[len(all)-1].CreatedAt.Add(rapid.SampledFrom([]time.Duration{0, time.Hour, 3 * time.Hour, 5 * 24 * time.Hour}).Draw(rt, "until"))
		want := inTime.receives(all, func(in engage.Inbound) {
			inTime.clock.pass(in.CreatedAt.Sub(inTime.clock.read()))
			inTime.runs()
		}, until)
		late.clock.pass(until.Sub(late.clock.read()))
		got := late.receives(all, func(engage.Inbound) {
			if rapid.Bool().Draw(rt, "runs") {
				late.runs()
			}
		}, until)
		if !slices.Equal(got, want) {
			rt.Fatalf("all at once:\n%s\nin time:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// TestContentsAYearApartAreThreadsOfTheirOwn also if they all come now.
func TestContentsAYearApartAreThreadsOfTheirOwn(t *testing.T) {
	t.Parallel()
	d := backlogDesk(t)
	seen := map[string]bool{}
	for n := range 10 {
		in := d.says("eve", "hello")
		in.SourceID, in.CreatedAt = "mail", d.clock.read().AddDate(n-10, 0, 0)
		got := must(d.Threads.Receive(t.Context(), in))(t)
		if seen[got.ThreadID] || !got.FirstInThread {
			t.Errorf("content %d: %+v, of %v", n, got, seen)
		}
		seen[got.ThreadID] = true
	}
	// Nothing of it is closed before anybody could see it,
	d.clock.pass(2*time.Hour - 1)
	d.runs()
	if waiting := must(d.Threads.ListEngageable(t.Context(), engage.EngageableFilter{}))(t); len(waiting.Items) != len(seen) {
		t.Errorf("%d threads wait, want %d", len(waiting.Items), len(seen))
	}
	// and all of it when nothing more has come in for as long as the source says.
	d.clock.pass(1)
	d.runs()
	for id := range seen {
		if thread := must(d.Threads.Get(t.Context(), id))(t); thread.CloseCause != interaction.CauseInactivity {
			t.Errorf("%+v, want it closed by itself", thread)
		}
	}
}

// TestWhatComesOutOfOrderJoins: a content that was written before the latest one joins its
// thread, and turns no time back.
func TestWhatComesOutOfOrderJoins(t *testing.T) {
	t.Parallel()
	d := backlogDesk(t)
	ctx, now := t.Context(), d.clock.read()
	receive := func(at time.Time) engage.Received {
		in := d.says("eve", "hello")
		in.SourceID, in.CreatedAt = "mail", at
		return must(d.Threads.Receive(ctx, in))(t)
	}
	first := receive(now.Add(-30 * time.Minute))
	for _, at := range []time.Time{now.AddDate(-1, 0, 0), now.Add(-31 * time.Minute), now.Add(30 * time.Minute)} {
		if got := receive(at); got.ThreadID != first.ThreadID {
			t.Errorf("what was written at %v is in thread %s, want %s", at, got.ThreadID, first.ThreadID)
		}
	}
	thread := must(d.Threads.Get(ctx, first.ThreadID))(t)
	if !thread.LastContentAt.Equal(now) || !thread.WaitingSince.Equal(now.Add(-30*time.Minute)) || thread.ContentsCount != 4 {
		t.Errorf("%+v, want the last content now, which is as late as it gets, and waiting since the first", thread)
	}
}

// TestWhatIsNamedLateDoesNotTakeOver: what a platform puts into a thread by its name, and
// was written before the customer's latest content elsewhere, does not make that thread
// the one that the next content joins.
func TestWhatIsNamedLateDoesNotTakeOver(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.says("eve", "hello")
	first.ThreadForeignID = "h"
	here := must(d.Threads.Receive(t.Context(), first))(t)
	late := d.says("eve", "long ago")
	late.ThreadForeignID, late.CreatedAt = "t", d.clock.read().Add(-time.Hour)
	there := must(d.Threads.Receive(t.Context(), late))(t)
	if next := d.writes("eve", "and"); next.ThreadID != here.ThreadID || there.ThreadID == here.ThreadID {
		t.Errorf("the next one is in %s, not in %s", next.ThreadID, here.ThreadID)
	}
	late = d.says("eve", "now")
	late.ThreadForeignID = "t"
	must(d.Threads.Receive(t.Context(), late))(t)
	if next := d.writes("eve", "and"); next.ThreadID != there.ThreadID {
		t.Errorf("the next one is in %s, not in %s", next.ThreadID, there.ThreadID)
	}
}
