package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
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
		for n := range rapid.SampledFrom([]int{0, 15}).Draw(rt, "more accounts") { // than customers in a thread
			in := d.says(fmt.Sprint("own ", n), "hello")
			in.Customer.ContactID = "eve"
			got := must(d.Threads.Receive(ctx, in))(t)
			open[got.ThreadID], active[got.ThreadID] = true, d.clock.read()
		}
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

// listing is a list of conversations, as the IDs of its items.
type listing struct {
	name string
	read func(limit int, continuation string) (ids []string, next string, err error)
}

// listed makes a listing of a call.
func listed[T any](name string, id func(T) string, read func(limit int, continuation string) (engage.Page[T], error)) listing {
	return listing{name, func(limit int, continuation string) ([]string, string, error) {
		page, err := read(limit, continuation)
		return named(page.Items, id), page.Continuation, err
	}}
}

// all returns the IDs on all pages.
func (l listing) all(tb testing.TB, limit int) (ids []string) {
	tb.Helper()
	continuation := ""
	for range 100 {
		part, next, err := l.read(limit, continuation)
		if err != nil {
			tb.Fatalf("%s: %v", l.name, err)
		}
		ids = append(ids, part...)
		if continuation = next; next == "" {
			return ids
		}
	}
	tb.Fatalf("%s has no end", l.name)
	return nil
}

func threadLists(ctx context.Context, eng *engage.Engine, filters ...engage.ThreadFilter) (lists []listing) {
	for _, f := range filters {
		lists = append(lists, listed(fmt.Sprintf("%+v", f), func(t interaction.Thread) string { return t.ID },
			func(limit int, continuation string) (engage.Page[interaction.Thread], error) {
				f.Limit, f.Continuation = limit, continuation
				return eng.Threads.List(ctx, f)
			}))
	}
	return lists
}

func interventionLists(ctx context.Context, eng *engage.Engine, filters ...engage.InterventionFilter) (lists []listing) {
	for _, f := range filters {
		lists = append(lists, listed(fmt.Sprintf("%+v", f), func(i interaction.Intervention) string { return i.ID },
			func(limit int, continuation string) (engage.Page[interaction.Intervention], error) {
				f.Limit, f.Continuation = limit, continuation
				return eng.Interventions.List(ctx, f)
			}))
	}
	return lists
}

// partLists are the lists of what belongs to one thread, intervention, owner or contact.
func partLists(ctx context.Context, eng *engage.Engine, in engage.Received, interventionID string) []listing {
	content := func(c engage.Content) string { return c.ID }
	return []listing{
		listed("contents", content, func(limit int, c string) (engage.Page[engage.Content], error) {
			return eng.Contents.List(ctx, engage.ContentFilter{ThreadID: in.ThreadID, Limit: limit, Continuation: c})
		}),
		listed("tree", content, func(limit int, c string) (engage.Page[engage.Content], error) {
			return eng.Contents.Tree(ctx, engage.TreeFilter{ThreadID: in.ThreadID, Limit: limit, Continuation: c})
		}),
		listed("comments", func(c interaction.InterventionComment) string { return c.ID }, func(limit int, c string) (engage.Page[interaction.InterventionComment], error) {
			return eng.Interventions.Comments(ctx, interventionID, limit, c)
		}),
		listed("waiting", func(w engage.Waiting) string { return w.ID }, func(limit int, c string) (engage.Page[engage.Waiting], error) {
			return eng.Interventions.ListWaiting(ctx, engage.WaitingFilter{Owner: ann, Limit: limit, Continuation: c})
		}),
		listed("timeline", func(e engage.TimelineEntry) string { return e.ID }, func(limit int, c string) (engage.Page[engage.TimelineEntry], error) {
			return eng.Contacts.Timeline(ctx, in.ContactID, engage.TimelineFilter{OldestFirst: true, Limit: limit, Continuation: c})
		}),
	}
}

// besieged returns a desk, another one on the same store, and how to make the other do
// something before each read of the first.
func besieged(t *testing.T) (d, other *desk, whenRead func(do func())) {
	below := newMemory(t)
	st := faults.New(below)
	d = newDeskOn(t, st)
	other = &desk{t: t, st: below, clock: d.clock, opts: d.opts, written: 1000}
	other.restart()
	return d, other, func(do func()) {
		st.Inject(faults.Before("others write", func(context.Context, faults.Call) { do() }).On(faults.Get, faults.Find))
	}
}

// TestWhatChangesItsStatusIsListed on exactly one page, although it is in another status
// each time that the list looks.
func TestWhatChangesItsStatusIsListed(t *testing.T) {
	t.Parallel()
	d, other, whenRead := besieged(t)
	ctx := t.Context()
	var threads, interventions []string
	for n := range 5 {
		in := d.writes(fmt.Sprint("customer ", n), "hello")
		threads = append(threads, in.ThreadID)
		interventions = append(interventions, d.engages(ann, in.ThreadID).ID)
		d.clock.pass(time.Second)
	}
	open, thread, intervention := true, threads[2], interventions[3]
	whenRead(func() {
		open = !open
		if !open {
			must(other.Threads.Close(ctx, thread))(t)
			must(other.As(ann).Interventions.Defer(ctx, intervention, d.clock.read().Add(time.Hour)))(t)
			return
		}
		must(other.Threads.Reopen(ctx, thread))(t)
		must(other.As(ann).Interventions.Resume(ctx, intervention))(t)
	})
	for _, limit := range []int{1, 2, 5, 50} {
		for _, oldestFirst := range []bool{true, false} {
			for _, l := range threadLists(ctx, d.Engine, engage.ThreadFilter{OldestFirst: oldestFirst}, engage.ThreadFilter{SourceID: "chat", OldestFirst: oldestFirst}) {
				if got := l.all(t, limit); !slices.Equal(got, threads) {
					t.Errorf("%s, %d at a time:\n got %v\nwant %v", l.name, limit, got, threads)
				}
			}
			for _, l := range interventionLists(ctx, d.Engine, engage.InterventionFilter{OldestFirst: oldestFirst},
				engage.InterventionFilter{SourceID: "chat", OldestFirst: oldestFirst}, engage.InterventionFilter{Owner: ann, OldestFirst: oldestFirst}) {
				if got := l.all(t, limit); !slices.Equal(got, interventions) {
					t.Errorf("%s, %d at a time:\n got %v\nwant %v", l.name, limit, got, interventions)
				}
			}
			slices.Reverse(threads)
			slices.Reverse(interventions)
		}
	}
}

// TestListsStandWriters: although others write to the thread and the intervention before
// each read, each list comes at once, with all that had been there.
func TestListsStandWriters(t *testing.T) {
	t.Parallel()
	d, other, whenRead := besieged(t)
	ctx := t.Context()
	in := d.writes("eve", "hello")
	i := d.engages(ann, in.ThreadID)
	for range 5 {
		d.writes("eve", "hello?")
		must(d.Interventions.Comment(ctx, i.ID, "not yet"))(t)
		d.clock.pass(time.Second)
	}
	lists := slices.Concat(
		threadLists(ctx, d.Engine, engage.ThreadFilter{}, engage.ThreadFilter{IdentityID: in.IdentityID}, engage.ThreadFilter{ContactID: in.ContactID}),
		interventionLists(ctx, d.Engine, engage.InterventionFilter{ContactID: in.ContactID}, engage.InterventionFilter{ThreadID: in.ThreadID}),
		partLists(ctx, d.Engine, in, i.ID),
	)
	var want [][]string
	for _, l := range lists {
		want = append(want, l.all(t, 1000))
	}
	reads := 0
	whenRead(func() {
		reads++
		other.writes("eve", "hello!")
		must(other.Interventions.Comment(ctx, i.ID, "soon"))(t)
	})
	for n, l := range lists {
		reads = 0
		got, _, err := l.read(1000, "")
		if err != nil || len(got) < len(want[n]) || !slices.Equal(got[:len(want[n])], want[n]) {
			t.Errorf("%s: %v\n got %v\nwant %v first", l.name, err, got, want[n])
		}
		if reads > 5 {
			t.Errorf("%s: %d reads", l.name, reads)
		}
	}
	waits := other.writes("fay", "hello") // whose thread nobody writes in
	reads = 0
	page, err := d.Threads.ListEngageable(ctx, engage.EngageableFilter{})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != waits.ThreadID || reads > 5 {
		t.Errorf("engageable: %d threads after %d reads, %v", len(page.Items), reads, err)
	}
}

// TestADecisionRestsOnTheListItWasMadeOn: within Atomically, a content that comes in
// after the list was read makes the decision be made again.
func TestADecisionRestsOnTheListItWasMadeOn(t *testing.T) {
	t.Parallel()
	d, other, _ := besieged(t)
	ctx := t.Context()
	in := d.writes("eve", "hello")
	i := d.engages(ann, in.ThreadID)
	var seen []int
	err := d.Atomically(ctx, func(w *engage.Work) error {
		page, err := w.Contents.List(ctx, engage.ContentFilter{ThreadID: in.ThreadID})
		if err != nil {
			return err
		}
		if seen = append(seen, len(page.Items)); len(seen) == 1 {
			other.writes("eve", "one thing more")
		}
		_, err = w.Interventions.Comment(ctx, i.ID, strconv.Itoa(len(page.Items)))
		return err
	})
	if err != nil || !slices.Equal(seen, []int{1, 2}) {
		t.Errorf("%v contents, %v", seen, err)
	}
}

// TestIDsThatNothingCanHave are like those that nothing has.
func TestIDsThatNothingCanHave(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	in := d.writes("eve", "hello")
	d.engages(ann, in.ThreadID)
	for _, id := range []string{"nobody", strings.Repeat("x", 700), strings.Repeat("é", 300), "\xff", "a\x00b", "\x01"} {
		lists := threadLists(ctx, d.Engine, engage.ThreadFilter{SourceID: id}, engage.ThreadFilter{IdentityID: id}, engage.ThreadFilter{ContactID: id},
			engage.ThreadFilter{SourceID: id, Status: interaction.ThreadOpen})
		lists = append(lists, interventionLists(ctx, d.Engine, engage.InterventionFilter{SourceID: id}, engage.InterventionFilter{IdentityID: id},
			engage.InterventionFilter{ContactID: id}, engage.InterventionFilter{ThreadID: id}, engage.InterventionFilter{Owner: engage.Agent(id)})...)
		lists = append(lists, listed("waiting", func(w engage.Waiting) string { return w.ID }, func(limit int, c string) (engage.Page[engage.Waiting], error) {
			return d.Interventions.ListWaiting(ctx, engage.WaitingFilter{Owner: engage.Bot(id), Limit: limit, Continuation: c})
		}), listed("engageable", func(e engage.Engageable) string { return e.ID }, func(limit int, c string) (engage.Page[engage.Engageable], error) {
			return d.Threads.ListEngageable(ctx, engage.EngageableFilter{SourceID: id, Limit: limit, Continuation: c})
		}))
		for _, l := range lists {
			if got := l.all(t, 0); len(got) > 0 {
				t.Errorf("%s: %v", l.name, got)
			}
		}
		for _, l := range partLists(ctx, d.Engine, engage.Received{ThreadID: id}, id)[:3] {
			if _, _, err := l.read(0, ""); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("%s of %.10q: %v, want ErrNotFound", l.name, id, err)
			}
		}
	}
	for _, f := range []engage.InterventionFilter{
		{Status: "bogus"},
		{Owner: engage.Actor{Type: engage.ActorAgent}},
		{Owner: engage.Actor{ID: "ann"}},
		{Owner: engage.Customer("eve")},
		{ThreadID: in.ThreadID, Owner: engage.Actor{Type: engage.ActorBot}},
		{ThreadID: in.ThreadID, Owner: ann},
		{Limit: -1},
		{Limit: store.MaxLimit + 1},
	} {
		if page, err := d.Interventions.List(ctx, f); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%+v: %d, %v, want ErrInvalid", f, len(page.Items), err)
		}
	}
	if _, err := d.Threads.List(ctx, engage.ThreadFilter{Status: "bogus"}); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("%v, want ErrInvalid", err)
	}
}

// TestContinuationsBelongToTheirLists: each goes on in its list, on pages of any length,
// and in no other, nor in the other direction.
func TestContinuationsBelongToTheirLists(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	var in engage.Received
	var i interaction.Intervention
	for n := range 3 {
		say := d.says("eve", "hello")
		say.ThreadForeignID = strconv.Itoa(n)
		in = must(d.Threads.Receive(ctx, say))(t)
		i = d.engages(ann, in.ThreadID)
		must(d.Interventions.Comment(ctx, i.ID, "one"))(t)
		must(d.Interventions.Comment(ctx, i.ID, "two"))(t)
		say = d.says("eve", "hello?")
		say.ThreadForeignID = strconv.Itoa(n)
		must(d.Threads.Receive(ctx, say))(t)
		d.clock.pass(time.Second)
	}
	lists := slices.Concat(
		threadLists(ctx, d.Engine, engage.ThreadFilter{}, engage.ThreadFilter{OldestFirst: true}, engage.ThreadFilter{SourceID: "chat"},
			engage.ThreadFilter{Status: interaction.ThreadOpen}, engage.ThreadFilter{IdentityID: in.IdentityID}, engage.ThreadFilter{ContactID: in.ContactID}),
		interventionLists(ctx, d.Engine, engage.InterventionFilter{}, engage.InterventionFilter{OldestFirst: true}, engage.InterventionFilter{Owner: ann},
			engage.InterventionFilter{Status: interaction.InterventionOpen}, engage.InterventionFilter{SourceID: "chat"}, engage.InterventionFilter{IdentityID: in.IdentityID}),
		partLists(ctx, d.Engine, in, i.ID),
	)
	for n, l := range lists {
		_, continuation, err := l.read(1, "")
		if err != nil || continuation == "" {
			t.Fatalf("%s: %q, %v", l.name, continuation, err)
		}
		for m, other := range lists {
			_, _, err := other.read(2, continuation)
			if wrong, ok := errors.AsType[*engage.InvalidError](err); n == m && err != nil || n != m && (!ok || wrong.Field != "Continuation") {
				t.Errorf("%s with the continuation of %s: %v", other.name, l.name, err)
			}
		}
	}
}
