package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// TestTheLastWordBeginsNoThread: an agent says goodbye and closes the thread, and the
// platform tells of it, without the key, before it answers.
func TestTheLastWordBeginsNoThread(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "T1"} {
		d := newDesk(t)
		talk, _ := d.hears("eve", func(in *engage.Inbound) { in.ThreadForeignID = name })
		mine := d.engages(ann, talk.ThreadID)
		d.replies(ann, talk.ThreadID, "Goodbye!")
		must(d.As(ann).Interventions.Close(t.Context(), mine.ID, engage.Closing{CloseThread: true}))(t)
		d.clock.pass(1)
		d.platform.OnDeliver(func(on platformtest.Delivered) {
			echo, _ := d.hears("eve", func(in *engage.Inbound) {
				in.ForeignID, in.ThreadForeignID, in.Body, in.Echo = on.ForeignID, name, on.Content.Body, &engage.Echo{}
			})
			if echo.ThreadID != talk.ThreadID || echo.FirstInThread {
				t.Errorf("named %q: %+v", name, echo)
			}
		})
		d.runs()
		if all := must(d.Threads.List(t.Context(), engage.ThreadFilter{}))(t).Items; len(all) != 1 || all[0].ContentsCount != 2 {
			t.Errorf("named %q: %d threads, %+v", name, len(all), all[0])
		}
	}
}

// TestAnEchoJoinsWhatIsOnItsWay to the customer, before the thread in which they wrote last.
func TestAnEchoJoinsWhatIsOnItsWay(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		before func(d *desk, old, newer string)
		change func(in *engage.Inbound)
		joins  string // "old", "new" or "another"
	}{
		{"the oldest", nil, nil, "old"},
		{"the one that says the same", nil, func(in *engage.Inbound) { in.Body = "second" }, "new"},
		{"in a closed thread", func(d *desk, old, _ string) { d.closes(old) }, nil, "old"},
		{"but not where it replies to nothing", nil, func(in *engage.Inbound) { in.InReplyTo = "in the new" }, "new"},
		{"where it replies to something", nil, func(in *engage.Inbound) { in.Body, in.InReplyTo = "second", "mid.1" }, "old"},
		{"in other words, but not much later", func(d *desk, _, _ string) { d.clock.pass(interaction.EchoDelay + time.Second) }, nil, "new"},
		{"in the same words, however late", func(d *desk, _, _ string) { d.clock.pass(interaction.EchoDelay + time.Second) }, func(in *engage.Inbound) { in.Body = "first" }, "old"},
		{"with a name that is new", nil, func(in *engage.Inbound) { in.ThreadForeignID = "T1" }, "old"},
		{"but not another open thread that it names", func(d *desk, _, _ string) {
			d.hears("eve", func(in *engage.Inbound) { in.ThreadForeignID = "T2" }) // gives its name to the newer
		}, func(in *engage.Inbound) { in.ThreadForeignID, in.Body = "T2", "first" }, "new"},
		{"but not in a thread of another name", func(d *desk, _, _ string) {
			d.hears("eve", func(in *engage.Inbound) { in.ThreadForeignID = "T2" })
		}, func(in *engage.Inbound) { in.ThreadForeignID, in.Body = "T1", "second" }, "old"},
		{"but not for somebody else's key", nil, func(in *engage.Inbound) { in.Echo.Key = "another's" }, "new"},
		{"but not what was written long before", nil, func(in *engage.Inbound) {
			in.CreatedAt = in.CreatedAt.Add(-interaction.EchoSkew - time.Second)
		}, "new"},
		{"but not what is delivered", func(d *desk, _, _ string) { d.runs() }, nil, "new"},
		{"but not to somebody else", nil, func(in *engage.Inbound) { in.Customer.ForeignID = "fay" }, "another"},
		{"but not on another source", nil, func(in *engage.Inbound) { in.SourceID = "mail" }, "another"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := backlogDesk(t)
			old := d.writes("eve", "hello").ThreadID
			newer := d.opens("chat", "").ID
			d.announces(old, "first")
			d.announces(newer, "second")
			if got, _ := d.hears("eve", func(in *engage.Inbound) { in.ForeignID = "in the new" }); got.ThreadID != newer {
				t.Fatalf("%+v, want thread %s", got, newer)
			}
			if row.before != nil {
				row.before(d, old, newer)
			}
			d.clock.pass(1)
			got, _ := d.hears("eve", func(in *engage.Inbound) {
				in.Echo, in.CreatedAt = &engage.Echo{}, d.clock.read()
				if row.change != nil {
					row.change(in)
				}
			})
			is := map[string]string{old: "old", newer: "new"}[got.ThreadID]
			if is == "" {
				is = "another"
			}
			if is != row.joins {
				t.Errorf("it joins %s, want %s", is, row.joins)
			}
		})
	}
}
