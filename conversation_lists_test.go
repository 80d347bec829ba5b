package engage_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestThreadsOfAContactComeOnce: also those in which several accounts of the person
// wrote, in whatever order, on pages of any length, whichever status is asked for.
func TestThreadsOfAContactComeOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t)
		ctx := t.Context()
		active := map[string]time.Time{} // of the person's own part
		open := map[string]bool{}
		for range rapid.IntRange(1, 12).Draw(rt, "contents") {
			account := rapid.SampledFrom([]string{"a", "b", "c", "stranger"}).Draw(rt, "account")
			in := d.says(account, "hello")
			in.ThreadForeignID = rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "thread")
			if account != "stranger" {
				in.Customer.ContactID = "eve"
			}
			got := must(d.Threads.Receive(ctx, in))(t)
			open[got.ThreadID] = true
			if account != "stranger" {
				active[got.ThreadID] = d.clock.read()
			}
			if rapid.IntRange(0, 4).Draw(rt, "closes") == 0 {
				must(d.Threads.Close(ctx, got.ThreadID))(t)
				open[got.ThreadID] = false
			}
			d.clock.pass(rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(rt, "time"))
		}
		f := engage.ThreadFilter{ContactID: "eve", Limit: rapid.IntRange(1, 5).Draw(rt, "limit")}
		for _, f.Status = range []interaction.ThreadStatus{"", interaction.ThreadOpen, interaction.ThreadClosed} {
			for _, f.OldestFirst = range []bool{false, true} {
				var got []string
				for _, thread := range pages(rt, func(c string) (engage.Page[interaction.Thread], error) {
					f.Continuation = c
					return d.Threads.List(ctx, f)
				}) {
					if slices.Contains(got, thread.ID) {
						rt.Fatalf("%+v: %s comes twice", f, thread.ID)
					}
					got = append(got, thread.ID)
				}
				want := 0
				for id := range active {
					if f.Status == "" || open[id] == (f.Status == interaction.ThreadOpen) {
						want++
					}
				}
				if len(got) != want {
					rt.Fatalf("%+v: %d threads, want %d", f, len(got), want)
				}
				if !f.OldestFirst && !slices.IsSortedFunc(got, func(a, b string) int { return active[b].Compare(active[a]) }) {
					rt.Fatalf("%+v: %v is not in order", f, got)
				}
			}
		}
	})
}
