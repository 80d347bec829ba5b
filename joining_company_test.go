package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestWhatTheCompanyOpensTakesNothingOver: the customer's next content stays in the
// conversation that goes on, until the company says something in the thread that it opened.
func TestWhatTheCompanyOpensTakesNothingOver(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		before func(d *desk, going string)         // something that happens before a thread is opened
		then   func(d *desk, going, opened string) // and after that
		joins  bool                                // the customer's next content joins the new thread
	}{
		{"nothing is said in it", nil, nil, false},
		{"an agent posts in it", nil, func(d *desk, _, opened string) {
			d.engages(bob, opened)
			d.replies(bob, opened, "Your order is ready.")
		}, true},
		{"the host posts in it", nil, func(d *desk, _, opened string) {
			must(d.Contents.Post(d.t.Context(), engage.Post{ThreadID: opened, Message: interaction.Message{Body: "News!"}}))(d.t)
		}, true},
		{"an echo names it", nil, func(d *desk, _, _ string) {
			d.hears("eve", func(in *engage.Inbound) { in.SourceID, in.ThreadForeignID, in.Echo = "forum", "T1", &engage.Echo{} })
		}, true},
		{"the other is closed before", func(d *desk, going string) { d.closes(going) }, nil, true},
		{"the other is closed after", nil, func(d *desk, going, _ string) { d.closes(going) }, true},
		{"the other is too old", func(d *desk, _ string) { d.clock.pass(time.Hour + 1) }, nil, true},
		{"it is closed", nil, func(d *desk, _, opened string) { d.closes(opened) }, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := backlogDesk(t)
			writes := func() engage.Received {
				got, _ := d.hears("eve", func(in *engage.Inbound) { in.SourceID = "forum" })
				return got
			}
			going := writes()
			d.engages(ann, going.ThreadID)
			if row.before != nil {
				row.before(d, going.ThreadID)
			}
			opened := d.opens("forum", "T1")
			if row.then != nil {
				row.then(d, going.ThreadID, opened.ID)
			}
			want := going.ThreadID
			if row.joins {
				want = opened.ID
			}
			if got := writes(); got.ThreadID != want {
				t.Errorf("it joins %s; %s goes on, and %s was opened", got.ThreadID, going.ThreadID, opened.ID)
			}
		})
	}
}

// TestWhatTheCompanySaysCountsUntilTheCustomerWrites: only in a thread in which the customer
// has not written is the time for inclusion counted from it.
func TestWhatTheCompanySaysCountsUntilTheCustomerWrites(t *testing.T) {
	t.Parallel()
	posts := func(d *desk, threadID string) {
		must(d.Contents.Post(d.t.Context(), engage.Post{ThreadID: threadID, Message: interaction.Message{Body: "News!"}}))(d.t)
	}
	echoes := func(d *desk, _ string) {
		d.hears("eve", func(in *engage.Inbound) { in.SourceID, in.ThreadForeignID, in.Echo = "forum", "T1", &engage.Echo{} })
	}
	writes := func(d *desk, name string) engage.Received {
		got, _ := d.hears("eve", func(in *engage.Inbound) { in.SourceID, in.ThreadForeignID = "forum", name })
		return got
	}
	for _, row := range []struct {
		name  string
		says  func(d *desk, threadID string) // the company, thrice in 100 minutes
		wrote string                         // in which thread the customer wrote after the first time
		joins bool                           // what the customer writes then joins the thread
	}{
		{"posts to one who has not written", posts, "", true},
		{"echoes to one who has not written", echoes, "", true},
		{"posts to one who has written", posts, "T1", false},
		{"echoes to one who has written", echoes, "T1", false},
		{"posts to one who has written elsewhere", posts, "T2", false},
		{"echoes to one who has written elsewhere", echoes, "T2", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := backlogDesk(t)
			opened := d.opens("forum", "T1")
			row.says(d, opened.ID)
			if row.wrote != "" {
				writes(d, row.wrote)
			}
			for range 2 {
				d.clock.pass(50 * time.Minute)
				row.says(d, opened.ID)
			}
			if got := writes(d, ""); (got.ThreadID == opened.ID) != row.joins {
				t.Errorf("%+v, and the thread is %s", got, opened.ID)
			}
		})
	}
}

// TestAnEchoJoinsNoThreadThatIsOver: an answer to it, which begins a new thread, would stand
// there without it.
func TestAnEchoJoinsNoThreadThatIsOver(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		before func(d *desk) (first engage.Received) // the thread, which is closed after it
		change func(d *desk, in *engage.Inbound)     // a day later
		joins  bool                                  // the closed thread
	}{
		{"with a name that is new", nil, func(_ *desk, in *engage.Inbound) { in.ThreadForeignID = "T1" }, false},
		{"without a name", nil, func(*desk, *engage.Inbound) {}, false},
		{"written before it was closed", nil, func(d *desk, in *engage.Inbound) { in.CreatedAt = d.clock.read().AddDate(0, 0, -1) }, true},
		{"written before, with a name that is new", nil, func(d *desk, in *engage.Inbound) {
			in.ThreadForeignID, in.CreatedAt = "T1", d.clock.read().AddDate(0, 0, -1)
		}, false},
		{"with its name", func(d *desk) engage.Received {
			got, _ := d.hears("eve", func(in *engage.Inbound) { in.ThreadForeignID = "T0" })
			return got
		}, func(_ *desk, in *engage.Inbound) { in.ThreadForeignID = "T0" }, false},
		{"written before, with its name", func(d *desk) engage.Received {
			got, _ := d.hears("eve", func(in *engage.Inbound) { in.ThreadForeignID = "T0" })
			return got
		}, func(d *desk, in *engage.Inbound) {
			in.ThreadForeignID, in.CreatedAt = "T0", d.clock.read().AddDate(0, 0, -1)
		}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			if row.before == nil {
				row.before = func(d *desk) engage.Received { return d.writes("eve", "hello") }
			}
			first := row.before(d)
			d.closes(first.ThreadID)
			d.clock.pass(24 * time.Hour)
			echo, in := d.hears("eve", func(in *engage.Inbound) {
				in.Echo = &engage.Echo{}
				row.change(d, in)
			})
			if (echo.ThreadID == first.ThreadID) != row.joins || echo.FirstInThread == row.joins {
				t.Fatalf("%+v, and the closed thread is %s", echo, first.ThreadID)
			}
			answer, _ := d.hears("eve", func(answer *engage.Inbound) {
				answer.ThreadForeignID, answer.InReplyTo = in.ThreadForeignID, in.ForeignID
			})
			if (answer.ThreadID == echo.ThreadID) == row.joins {
				t.Errorf("the answer is in %s, the echo in %s", answer.ThreadID, echo.ThreadID)
			}
		})
	}
}
