package engage_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// hears receives what a customer writes, or the company on the platform, after it was
// changed.
func (d *desk) hears(customer string, change func(*engage.Inbound)) (engage.Received, engage.Inbound) {
	d.t.Helper()
	in := d.says(customer, "hello")
	change(&in)
	return must(d.Threads.Receive(d.t.Context(), in))(d.t), in
}

// opens begins a thread with eve.
func (d *desk) opens(source, name string) interaction.Thread {
	d.t.Helper()
	return must(d.As(bob).Threads.Open(d.t.Context(), engage.NewThread{SourceID: source, Customer: engage.Account{ForeignID: "eve"}, ForeignID: name}))(d.t)
}

// closes ends a thread.
func (d *desk) closes(threadID string) {
	d.t.Helper()
	must(d.Threads.Close(d.t.Context(), threadID))(d.t)
}

// TestAReplyJoinsTheThreadOfWhatItRepliesTo, if that takes it, before the thread in which
// the customer wrote last.
func TestAReplyJoinsTheThreadOfWhatItRepliesTo(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		by     string
		change func(d *desk, old string, in *engage.Inbound)
		joins  string // "old", "new" or "another"
	}{
		{"to an older matter", "eve", func(*desk, string, *engage.Inbound) {}, "old"},
		{"to a thread that is closed", "eve", func(d *desk, old string, _ *engage.Inbound) { d.closes(old) }, "new"},
		{"when the thread was to close long ago", "eve", func(d *desk, _ string, _ *engage.Inbound) { d.clock.pass(4 * 24 * time.Hour) }, "another"},
		{"to what nobody knows", "eve", func(_ *desk, _ string, in *engage.Inbound) { in.InReplyTo = "mid.unknown" }, "new"},
		{"of another customer", "fay", func(*desk, string, *engage.Inbound) {}, "old"},
		{"of another customer, to a thread that is closed", "fay", func(d *desk, old string, _ *engage.Inbound) { d.closes(old) }, "another"},
		{"in a thread with a name", "eve", func(d *desk, _ string, in *engage.Inbound) {
			_, named := d.hears("eve", func(in *engage.Inbound) { in.ThreadForeignID = "T1" })
			in.ThreadForeignID = named.ThreadForeignID
		}, "new"},
		{"in a thread whose name is new", "eve", func(_ *desk, _ string, in *engage.Inbound) { in.ThreadForeignID = "T1" }, "old"},
		{"of the company", "eve", func(_ *desk, _ string, in *engage.Inbound) { in.Echo = &engage.Echo{} }, "old"},
		{"of the company, to somebody else", "fay", func(_ *desk, _ string, in *engage.Inbound) { in.Echo = &engage.Echo{} }, "another"},
		{"of the company, to a thread that is closed", "eve", func(d *desk, old string, in *engage.Inbound) {
			d.closes(old)
			d.clock.pass(1)
			in.Echo = &engage.Echo{}
		}, "new"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			old, first := d.hears("eve", func(*engage.Inbound) {})
			other := d.opens("chat", "")
			must(d.Contents.Post(t.Context(), engage.Post{ThreadID: other.ID, Message: interaction.Message{Body: "News!"}}))(t)
			d.runs() // so that no echo is that of the news
			newer := d.writes("eve", "about that")
			if newer.ThreadID != other.ID {
				t.Fatalf("%+v, want thread %s", newer, other.ID)
			}
			got, _ := d.hears(row.by, func(in *engage.Inbound) {
				in.InReplyTo = first.ForeignID
				row.change(d, old.ThreadID, in)
			})
			is := map[string]string{old.ThreadID: "old", newer.ThreadID: "new"}[got.ThreadID]
			if is == "" {
				is = "another"
			}
			above := must(d.Contents.Get(t.Context(), got.ContentID))(t).InReplyToID
			if is != row.joins || (above == old.ContentID) != (is == "old") {
				t.Errorf("it joins %s, below %q; want %s", is, above, row.joins)
			}
		})
	}
}

// TestAReplyIsWithinNoTime: what it replies to says which matter it is, however long that
// has rested, and however much else there is.
func TestAReplyIsWithinNoTime(t *testing.T) {
	t.Parallel()
	d := backlogDesk(t)
	writes := func(to string) (engage.Received, engage.Inbound) {
		return d.hears("eve", func(in *engage.Inbound) { in.SourceID, in.InReplyTo = "mail", to })
	}
	old, first := writes("")
	d.engages(ann, old.ThreadID) // so that it does not close
	d.clock.pass(3 * time.Hour)
	newer, _ := writes("")
	if newer.ThreadID == old.ThreadID {
		t.Fatalf("%+v, want a thread of its own", newer)
	}
	got, _ := writes(first.ForeignID)
	if got.ThreadID != old.ThreadID || got.InterventionID == "" {
		t.Errorf("%+v, want thread %s", got, old.ThreadID)
	}
	if next, _ := writes(""); next.ThreadID != old.ThreadID {
		t.Errorf("the next one is in %s, want %s, where the customer wrote last", next.ThreadID, old.ThreadID)
	}
	// One that comes late takes nothing over.
	again, _ := d.hears("eve", func(in *engage.Inbound) {
		in.SourceID, in.ThreadForeignID = "mail", "T1"
	})
	d.clock.pass(time.Minute)
	d.hears("eve", func(in *engage.Inbound) {
		in.SourceID, in.InReplyTo, in.CreatedAt = "mail", first.ForeignID, d.clock.read().Add(-2*time.Minute)
	})
	if next, _ := writes(""); next.ThreadID != again.ThreadID {
		t.Errorf("the next one is in %s, want %s, where the customer wrote last", next.ThreadID, again.ThreadID)
	}
}

// TestAnOpenThreadIsFoundBehindAnyNumberOfClosedOnes, on its source and on others.
func TestAnOpenThreadIsFoundBehindAnyNumberOfClosedOnes(t *testing.T) {
	t.Parallel()
	d := backlogDesk(t)
	must(d.Sources.Create(t.Context(), interaction.Source{ID: "page", Type: "messenger", Active: true, CommunityID: "forum"}))(t)
	writes := func(name string, at time.Time) engage.Received {
		got, _ := d.hears("eve", func(in *engage.Inbound) { in.SourceID, in.ThreadForeignID, in.CreatedAt = "forum", name, at })
		return got
	}
	now := d.clock.read()
	earlier := writes("earlier", now)
	first := writes("first", now)
	writes("long ago", now.Add(-2*time.Hour)) // too long to join that
	for n := range 25 {
		d.clock.pass(time.Minute)
		for _, source := range []string{"page", "forum"} {
			got, _ := d.hears("eve", func(in *engage.Inbound) { in.SourceID, in.ThreadForeignID = source, fmt.Sprint("T", n+1) })
			d.closes(got.ThreadID)
		}
	}
	if got := writes("", time.Time{}); got.ThreadID != first.ThreadID {
		t.Errorf("%+v, want thread %s, which was opened last", got, first.ThreadID)
	}
	d.closes(first.ThreadID)
	if got := writes("", time.Time{}); got.ThreadID != earlier.ThreadID {
		t.Errorf("%+v, want thread %s", got, earlier.ThreadID)
	}
	d.closes(earlier.ThreadID)
	if got := writes("", time.Time{}); !got.FirstInThread {
		t.Errorf("%+v, want a new thread", got)
	}
}

// TestANamedThreadThatWasReopenedIsFound when the other one of its name is closed.
func TestANamedThreadThatWasReopenedIsFound(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		customer string
		echo     *engage.Echo
	}{{"eve", nil}, {"fay", nil}, {"eve", &engage.Echo{}}} {
		d := newDesk(t)
		says := func(customer string, echo *engage.Echo) engage.Received {
			d.clock.pass(time.Minute)
			got, _ := d.hears(customer, func(in *engage.Inbound) { in.ThreadForeignID, in.Echo = "T1", echo })
			return got
		}
		first := says("eve", nil)
		d.closes(first.ThreadID)
		second := says("eve", nil)
		must(d.Threads.Reopen(t.Context(), first.ThreadID))(t)
		if got := says("eve", nil); got.ThreadID != second.ThreadID {
			t.Errorf("%+v, want thread %s, which has the name", got, second.ThreadID)
		}
		d.closes(second.ThreadID)
		_, err := d.Threads.Open(t.Context(), engage.NewThread{SourceID: "chat", Customer: engage.Account{ForeignID: "eve"}, ForeignID: "T1"})
		if !errors.Is(err, engage.ErrConflict) {
			t.Errorf("%v, want a conflict with the thread that is open", err)
		}
		for range 2 {
			if got := says(row.customer, row.echo); got.ThreadID != first.ThreadID {
				t.Errorf("%+v: %+v, want thread %s, which is open", row, got, first.ThreadID)
			}
		}
	}
}

// TestAThreadOfALateContentTurnsNoClockBack: the customer wrote last when they did, not when
// what begins a thread was written.
func TestAThreadOfALateContentTurnsNoClockBack(t *testing.T) {
	t.Parallel()
	d := backlogDesk(t)
	now := d.clock.read()
	writes := func(at time.Time) engage.Received {
		got, _ := d.hears("eve", func(in *engage.Inbound) { in.SourceID, in.CreatedAt = "forum", at })
		return got
	}
	d.closes(writes(now).ThreadID)
	late := writes(now.Add(-3 * time.Hour))
	d.clock.pass(time.Minute)
	if got := writes(d.clock.read()); got.ThreadID != late.ThreadID {
		t.Errorf("%+v, want thread %s", got, late.ThreadID)
	}
	d.clock.pass(time.Hour)
	if got := writes(d.clock.read().Add(1)); got.ThreadID != late.ThreadID {
		t.Errorf("%+v, want thread %s: the clock that is ahead counts as now", got, late.ThreadID)
	}
	d.clock.pass(time.Hour + 1)
	if got := writes(d.clock.read()); got.ThreadID == late.ThreadID {
		t.Errorf("%+v, want a new thread", got)
	}
}
