package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// begun is a thread that ann began with eve, on a platform with threads that has not
// named it yet.
func begun(t *testing.T) (d *desk, thread interaction.Thread, posted engage.Posted) {
	t.Helper()
	d = newDesk(t)
	thread = must(d.As(ann).Threads.Open(t.Context(), engage.NewThread{SourceID: "chat", Customer: engage.Account{ForeignID: "eve"}}))(t)
	d.engages(ann, thread.ID)
	posted = d.replies(ann, thread.ID, "Your order is ready.")
	return d, thread, posted
}

// TestAnAnswerJoinsWhatTheCompanyBegan, however the platform lets us know its name for the
// thread.
func TestAnAnswerJoinsWhatTheCompanyBegan(t *testing.T) {
	t.Parallel()
	echo := func(d *desk, on platformtest.Delivered, key string) {
		in := d.says("eve", "Your order is ready.")
		in.ForeignID, in.ThreadForeignID, in.Echo = on.ForeignID, "T1", &engage.Echo{Key: key}
		must(d.Threads.Receive(d.t.Context(), in))(d.t)
	}
	for _, row := range []struct {
		name string
		tell func(d *desk) // sets what the platform does when it delivers
		then func(d *desk, on platformtest.Delivered)
	}{
		{"no echo", nil, nil},
		{"an echo with the key, before the answer", func(d *desk) {
			d.platform.OnDeliver(func(on platformtest.Delivered) { echo(d, on, on.Content.ID) })
		}, nil},
		{"an echo without the key, before the answer", func(d *desk) {
			d.platform.OnDeliver(func(on platformtest.Delivered) { echo(d, on, "") })
		}, nil},
		{"an echo with the key, after the answer", nil, func(d *desk, on platformtest.Delivered) { echo(d, on, on.Content.ID) }},
		{"an echo without the key, after the answer", nil, func(d *desk, on platformtest.Delivered) { echo(d, on, "") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d, thread, posted := begun(t)
			if row.tell != nil {
				row.tell(d)
			}
			d.runs()
			if row.then != nil {
				row.then(d, d.platform.Delivered()[0])
			}
			in := d.says("eve", "Thanks!")
			in.ThreadForeignID = "T1"
			got := must(d.Threads.Receive(t.Context(), in))(t)
			is := must(d.Threads.Get(t.Context(), thread.ID))(t)
			if got.ThreadID != thread.ID || got.InterventionID != posted.InterventionID || is.ForeignID != "T1" || is.ContentsCount != 2 {
				t.Errorf("%+v, in a thread %q with %d contents", got, is.ForeignID, is.ContentsCount)
			}
			if all := must(d.Threads.List(t.Context(), engage.ThreadFilter{Status: interaction.ThreadOpen}))(t); len(all.Items) != 1 {
				t.Errorf("%d threads are open", len(all.Items))
			}
		})
	}
}

// TestAnEchoInAThreadOfItsOwnLeavesNoGhost: the customer has written in a named thread by
// then, so that the echo opens another; when it turns out to be what was posted before, that
// thread takes its place.
func TestAnEchoInAThreadOfItsOwnLeavesNoGhost(t *testing.T) {
	t.Parallel()
	d, thread, _ := begun(t)
	d.platform.OnDeliver(func(on platformtest.Delivered) {
		must(d.Threads.Open(t.Context(), engage.NewThread{SourceID: "chat", Customer: engage.Account{ForeignID: "eve"}, ForeignID: "T0"}))(t)
		in := d.says("eve", "hello")
		in.ThreadForeignID = "T0"
		must(d.Threads.Receive(t.Context(), in))(t)
		in = d.says("eve", "Your order is ready.")
		in.ForeignID, in.ThreadForeignID, in.Echo = on.ForeignID, "T1", &engage.Echo{}
		must(d.Threads.Receive(t.Context(), in))(t)
	})
	d.runs()
	in := d.says("eve", "Thanks!")
	in.ThreadForeignID = "T1"
	got := must(d.Threads.Receive(t.Context(), in))(t)
	if got.ThreadID != thread.ID {
		t.Errorf("the answer is in thread %s, want %s", got.ThreadID, thread.ID)
	}
	for _, open := range must(d.Threads.List(t.Context(), engage.ThreadFilter{Status: interaction.ThreadOpen}))(t).Items {
		if open.ForeignID == "T1" && open.ID != thread.ID {
			t.Errorf("a thread is left with %d contents", open.ContentsCount)
		}
	}
}

// TestAReportWithTheKeyCounts although the same echo came before without it.
func TestAReportWithTheKeyCounts(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.writes("eve", "hello?")
	d.engages(ann, talk.ThreadID)
	d.platform.Will(platformtest.LoseAnswer())
	posted := d.replies(ann, talk.ThreadID, "hi")
	d.runs()
	for _, key := range []string{"", posted.ID, posted.ID} {
		in := d.says("eve", "hi")
		in.ForeignID, in.Echo = d.platform.Delivered()[0].ForeignID, &engage.Echo{Key: key}
		must(d.Threads.Receive(t.Context(), in))(t)
	}
	is := must(d.Contents.Get(t.Context(), posted.ID))(t)
	if is.Synchronization.Status != interaction.SyncSuccess || is.Uncertain {
		t.Errorf("%+v", is.Synchronization)
	}
	if list := must(d.Contents.List(t.Context(), engage.ContentFilter{ThreadID: talk.ThreadID}))(t); len(list.Items) != 2 {
		t.Errorf("%d contents", len(list.Items))
	}
}

// TestAnAutomaticMessageLeavesTheCustomerWaiting, also when its echo comes before the
// answer.
func TestAnAutomaticMessageLeavesTheCustomerWaiting(t *testing.T) {
	t.Parallel()
	for _, before := range []bool{false, true} {
		d := newDesk(t)
		talk := d.writes("eve", "hello?")
		must(d.Contents.Post(t.Context(), engage.Post{ThreadID: talk.ThreadID, Message: interaction.Message{Body: "We are closed."}}))(t)
		echo := func(on platformtest.Delivered) {
			in := d.says("eve", "We are closed.")
			in.ForeignID, in.Echo = on.ForeignID, &engage.Echo{}
			must(d.Threads.Receive(t.Context(), in))(t)
		}
		if before {
			d.platform.OnDeliver(echo)
			d.runs()
		} else {
			d.runs()
			echo(d.platform.Delivered()[0])
		}
		if waiting := must(d.Threads.ListEngageable(t.Context(), engage.EngageableFilter{}))(t); len(waiting.Items) != 1 {
			t.Errorf("echo before the answer: %v, and %d threads wait", before, len(waiting.Items))
		}
	}
}

// TestDeferralsLeaveNoTimers: who resumes takes back the job that would have.
func TestDeferralsLeaveNoTimers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.writes("eve", "hello?")
	mine := d.engages(ann, talk.ThreadID)
	before := len(must(d.Jobs.List(t.Context(), engage.JobFilter{}))(t).Items)
	for range 3 {
		must(d.As(ann).Interventions.Defer(t.Context(), mine.ID, d.clock.read().AddDate(1, 0, 0)))(t)
		must(d.As(ann).Interventions.Resume(t.Context(), mine.ID))(t)
	}
	if after := len(must(d.Jobs.List(t.Context(), engage.JobFilter{}))(t).Items); after != before {
		t.Errorf("%d jobs, before there were %d", after, before)
	}
}
