package engage_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestThreadsGetTheirNamesWhateverEchoesSay lets the company begin threads with a customer on
// a platform that names them, and tells of what was posted without the key. Whichever thread
// an echo joins, when all is known each has the name that its own content came with.
func TestThreadsGetTheirNamesWhateverEchoesSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t)
		const many = 3
		var threads [many]interaction.Thread
		var posted [many]engage.Posted
		var events []int // n: the echo of n comes; many+n: it is known to be that
		changed := rapid.SampledFrom([]string{"not", "all", "to the same"}).Draw(rt, "the bodies are changed")
		if rapid.Bool().Draw(rt, "there is another thread") {
			d.writesIn("T", "hello")
		}
		for n := range many {
			threads[n] = d.opens("chat", "")
			posted[n] = d.announces(threads[n].ID, strconv.Itoa(n))
			events = append(events, n, many+n)
		}
		d.clock.pass(time.Second)
		name := func(n int) string { return fmt.Sprint("T", n) }
		echo := func(n int, key string, named bool) {
			d.hears("eve", func(in *engage.Inbound) {
				in.ForeignID, in.Body, in.Echo = fmt.Sprint("e", n), posted[n].Body, &engage.Echo{Key: key}
				switch changed {
				case "all":
					in.Body = "<p>" + in.Body + "</p>"
				case "to the same":
					in.Body = "0"
				}
				if named {
					in.ThreadForeignID = name(n)
				}
				if rapid.IntRange(0, 3).Draw(rt, "the clock is behind") == 0 { // it is taken for another
					in.CreatedAt = d.clock.read().Add(-time.Hour)
				}
			})
		}
		for _, is := range rapid.Permutation(events).Draw(rt, "events") {
			n := is % many
			switch {
			case is < many:
				echo(n, "", true)
			case rapid.Bool().Draw(rt, "by a report"):
				echo(n, posted[n].ID, rapid.Bool().Draw(rt, "with the name"))
			default:
				d.delivers(posted[n], fmt.Sprint("e", n))
			}
			if is < many && rapid.IntRange(0, 2).Draw(rt, "eve answers") == 0 {
				d.writesIn(name(n), "Thanks!")
			}
		}
		for n := range many {
			if is := must(d.Threads.Get(t.Context(), threads[n].ID))(t); is.ForeignID != name(n) || is.ForeignIDByEcho {
				rt.Errorf("thread %d is called %q, by an echo: %v", n, is.ForeignID, is.ForeignIDByEcho)
			}
			if got := d.writesIn(name(n), "And now?"); got.ThreadID != threads[n].ID {
				rt.Errorf("what eve writes in %s joins %s, want %s", name(n), got.ThreadID, threads[n].ID)
			}
		}
	})
}

// TestANameComesBackFromAThreadOfAnEcho that was opened for it, whatever has become of that.
func TestANameComesBackFromAThreadOfAnEcho(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		then func(d *desk, ghost string)
		left string // the name that the thread of the echo has then
		home bool   // the next content of the name joins the thread of what was posted
	}{
		{"nothing", func(*desk, string) {}, "", true},
		{"it is closed", func(d *desk, ghost string) { d.closes(ghost) }, "", true},
		{"somebody is engaged in it", func(d *desk, ghost string) { d.engages(bob, ghost) }, "", true},
		{"the customer has answered in it", func(d *desk, _ string) { d.writesIn("T1", "Thanks") }, "T1", true},
		{"the customer has gone on in another", func(d *desk, ghost string) {
			d.closes(ghost)
			d.clock.pass(1)
			d.writesIn("T1", "Thanks")
		}, "T1", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			home := d.opens("chat", "")
			posted := d.announces(home.ID, "hello")
			d.opens("chat", "T0") // so that the first is not the only one
			d.writesIn("T0", "hello")
			echo, _ := d.hears("eve", func(in *engage.Inbound) {
				in.ForeignID, in.ThreadForeignID, in.Echo = "e", "T1", &engage.Echo{}
				in.CreatedAt = d.clock.read().Add(-time.Hour) // it is taken for another
			})
			if !echo.FirstInThread {
				t.Fatalf("%+v", echo)
			}
			row.then(d, echo.ThreadID)
			d.delivers(posted, "e")
			if ghost := must(d.Threads.Get(t.Context(), echo.ThreadID))(t); ghost.ForeignID != row.left {
				t.Errorf("the thread of the echo is called %q, want %q", ghost.ForeignID, row.left)
			}
			if got := d.writesIn("T1", "And now?"); (got.ThreadID == home.ID) != row.home {
				t.Errorf("%+v, and the thread is %s", got, home.ID)
			}
		})
	}
}

// TestANameOfItsOwnStays although a platform says of a content that it is in another thread
// than the one in which it was posted. The name comes back from a thread that had none.
func TestANameOfItsOwnStays(t *testing.T) {
	t.Parallel()
	for _, another := range []bool{false, true} { // another thread has no name
		d := newDesk(t)
		going, first := d.hears("eve", func(*engage.Inbound) {})
		home := d.opens("chat", "T0")
		posted := d.announces(home.ID, "hello")
		echo, _ := d.hears("eve", func(in *engage.Inbound) {
			in.ForeignID, in.ThreadForeignID, in.Echo = "e", "T1", &engage.Echo{}
			if another {
				in.InReplyTo = first.ForeignID
			}
		})
		if echo.ThreadID == home.ID || (echo.ThreadID == going.ThreadID) != another {
			t.Fatalf("%+v", echo)
		}
		d.delivers(posted, "e")
		want := map[string]string{home.ID: "T0", going.ThreadID: ""}
		for id, name := range want {
			if is := must(d.Threads.Get(t.Context(), id))(t); is.ForeignID != name {
				t.Errorf("a thread is called %q, want %q", is.ForeignID, name)
			}
		}
		if got := d.writesIn("T1", "And now?"); (got.ThreadID == home.ID) != another || got.ThreadID == going.ThreadID {
			t.Errorf("%+v, and the thread is %s", got, home.ID)
		}
	}
}
