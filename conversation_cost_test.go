package engage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// costs is what a call came to in its store: how many calls, how many records they read
// and how many they wrote.
type costs struct{ gets, finds, commits, read, written int64 }

// ledger is a store that adds up what it costs.
type ledger struct {
	counting

	written int64
}

// Commit counts what is written.
func (l *ledger) Commit(ctx context.Context, b store.Batch) error {
	l.written += int64(len(b.Puts) + len(b.Deletes))
	return l.counting.Commit(ctx, b)
}

func (l *ledger) sum() costs {
	return costs{l.gets.Load(), l.finds.Load(), l.commits.Load(), l.records.Load(), l.written}
}

// cost returns what one call comes to.
func (l *ledger) cost(call func()) costs {
	a := l.sum()
	call()
	b := l.sum()
	return costs{b.gets - a.gets, b.finds - a.finds, b.commits - a.commits, b.read - a.read, b.written - a.written}
}

// calls is how many calls of the store it took.
func (c costs) calls() int64 { return c.gets + c.finds + c.commits }

func newLedgerDesk(t *testing.T) (*desk, *ledger) {
	l := &ledger{counting: counting{Store: newMemory(t)}}
	return newDeskOn(t, l), l
}

// TestWhatConversationsCost holds each call to the number of store calls that it takes,
// whatever the thread, the customer or the source have behind them.
func TestWhatConversationsCost(t *testing.T) {
	t.Parallel()
	d, l := newLedgerDesk(t)
	ctx := t.Context()
	var in engage.Inbound
	var eve engage.Received
	show := func(name string, most int64, call func()) {
		t.Helper()
		c := l.cost(call)
		t.Logf("%-40s %2d calls: %+v", name, c.calls(), c)
		if c.calls() > most {
			t.Errorf("%s: %d calls of the store, want at most %d", name, c.calls(), most)
		}
	}
	show("receive of a new customer", 6, func() { eve = d.writes("eve", "hello") })
	show("receive in a thread", 5, func() { d.writes("eve", "hello?") })
	in = d.says("fay", "hello")
	in.ThreadForeignID = "t"
	show("receive with a new foreign thread", 6, func() { must(d.Threads.Receive(ctx, in))(t) })
	show("receive again", 4, func() { must(d.Threads.Receive(ctx, in))(t) })
	in = d.says("fay", "hello")
	in.ThreadForeignID, in.InReplyTo = "t", in.ForeignID
	show("receive with a foreign thread", 4, func() { must(d.Threads.Receive(ctx, in))(t) })
	var i interaction.Intervention
	show("engage", 4, func() { i = d.engages(ann, eve.ThreadID) })
	show("receive with an open intervention", 6, func() { d.writes("eve", "are you there?") })
	show("post", 5, func() { d.replies(ann, eve.ThreadID, "yes") })
	show("post with a key, in reply", 5, func() {
		must(d.As(ann).Contents.Post(ctx, engage.Post{
			ThreadID: eve.ThreadID, InReplyToID: eve.ContentID, IdempotencyKey: "k", Message: interaction.Message{Body: "yes"},
		}))(t)
	})
	show("defer", 4, func() { must(d.As(ann).Interventions.Defer(ctx, i.ID, d.clock.read().Add(time.Hour)))(t) })
	show("receive while it is deferred", 8, func() { d.writes("eve", "hm") })
	show("close", 5, func() { must(d.As(ann).Interventions.Close(ctx, i.ID, engage.Closing{}))(t) })
	show("get a thread", 1, func() { must(d.Threads.Get(ctx, eve.ThreadID))(t) })
	in = d.says("eve", "as I said")
	in.InReplyTo = "mid.1"
	d.hears("eve", func(in *engage.Inbound) { in.ThreadForeignID = "of eve" }) // gives its name to the thread
	d.hears("eve", func(in *engage.Inbound) { in.ThreadForeignID = "another" })
	show("receive a reply in another thread", 6, func() { eve = must(d.Threads.Receive(ctx, in))(t) })
	show("close a thread", 3, func() { must(d.Threads.Close(ctx, eve.ThreadID))(t) })
	show("receive when the current one is closed", 7, func() { d.writes("eve", "hello") })
	d.writes("gil", "hello")
	show("receive an echo", 6, func() { d.echo("gil", "echo 1", "", "hi") })
}

// only returns the continuation of a page that is the whole list, and not empty: few of many
// are found at once.
func only[T any](t *testing.T, page engage.Page[T]) string {
	t.Helper()
	if len(page.Items) == 0 || page.Continuation != "" {
		t.Errorf("a page of %d, and more behind it: %t", len(page.Items), page.Continuation != "")
	}
	return page.Continuation
}

// full returns the continuation of a page, which is full if it is not the last.
func full[T any](t *testing.T, limit int, page engage.Page[T]) string {
	t.Helper()
	if len(page.Items) < limit && page.Continuation != "" || len(page.Items) == 0 {
		t.Errorf("a page of %d, and more behind it: %t", len(page.Items), page.Continuation != "")
	}
	return page.Continuation
}

// TestPagesCostTheSameHoweverMuchThereIs: of a thread of 10,000 contents, of a customer
// with 1,000 threads, of 10,000 threads that wait, of as many interventions.
func TestPagesCostTheSameHoweverMuchThereIs(t *testing.T) {
	t.Parallel()
	large(t)
	type listing struct {
		name string
		read func(t *testing.T, continuation string) string
	}
	prepare := func(t *testing.T, scale int) (*ledger, []listing) {
		d, l := newLedgerDesk(t)
		ctx := t.Context()
		const limit = 20
		first := d.writes("eve", "hello")
		for range 500 * scale {
			d.writes("eve", "hello")
		}
		var busy engage.Received
		for n := range 50 * scale {
			in := d.says("fay", "hello")
			in.ThreadForeignID = fmt.Sprintf("t%d", n)
			busy = must(d.Threads.Receive(ctx, in))(t)
			i := d.engages(ann, busy.ThreadID)
			if n == 0 { // the oldest is the only one of its state
				must(d.As(ann).Interventions.Defer(ctx, i.ID, d.clock.read().Add(time.Hour)))(t)
			}
			must(d.Threads.Close(ctx, busy.ThreadID))(t)
		}
		for n := range 500 * scale {
			d.writes(fmt.Sprint("c", n), "hello")
		}
		fay := busy.IdentityID
		free := d.writes("gil", "hello")
		return l, []listing{
			{"receive", func(t *testing.T, _ string) string {
				d.writes("eve", "hello")
				return ""
			}},
			{"engage", func(t *testing.T, _ string) string {
				d.engages(ann, first.ThreadID)
				return ""
			}},
			{"post", func(t *testing.T, _ string) string {
				d.replies(ann, first.ThreadID, "yes")
				return ""
			}},
			{"receive of one who has many threads", func(t *testing.T, _ string) string {
				d.writes("fay", "hello")
				return ""
			}},
			{"engage with one who has many threads", func(t *testing.T, _ string) string {
				d.engages(bob, must(d.Contents.Get(ctx, must(d.Threads.Receive(ctx, d.says("fay", "hello")))(t).ContentID))(t).ThreadID)
				return ""
			}},
			{"ignore", func(t *testing.T, _ string) string {
				must(d.Contents.Ignore(ctx, free.ContentID))(t)
				return ""
			}},
			{"contents", func(t *testing.T, c string) string {
				return must(d.Contents.List(ctx, engage.ContentFilter{ThreadID: first.ThreadID, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"contents, newest first", func(t *testing.T, c string) string {
				return must(d.Contents.List(ctx, engage.ContentFilter{ThreadID: first.ThreadID, NewestFirst: true, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"tree", func(t *testing.T, c string) string {
				return must(d.Contents.Tree(ctx, engage.TreeFilter{ThreadID: first.ThreadID, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"engageable", func(t *testing.T, c string) string {
				return must(d.Threads.ListEngageable(ctx, engage.EngageableFilter{Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"threads", func(t *testing.T, c string) string {
				return must(d.Threads.List(ctx, engage.ThreadFilter{Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"threads of a source", func(t *testing.T, c string) string {
				return must(d.Threads.List(ctx, engage.ThreadFilter{SourceID: "chat", Status: interaction.ThreadOpen, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"threads of a source, open or closed", func(t *testing.T, c string) string {
				return must(d.Threads.List(ctx, engage.ThreadFilter{SourceID: "chat", Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"threads of an identity", func(t *testing.T, c string) string {
				return must(d.Threads.List(ctx, engage.ThreadFilter{IdentityID: fay, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"open threads of an identity", func(t *testing.T, c string) string {
				return only(t, must(d.Threads.List(ctx, engage.ThreadFilter{IdentityID: fay, Status: interaction.ThreadOpen, Limit: limit, Continuation: c}))(t))
			}},
			{"open threads of a contact", func(t *testing.T, c string) string {
				return only(t, must(d.Threads.List(ctx, engage.ThreadFilter{ContactID: busy.ContactID, Status: interaction.ThreadOpen, Limit: limit, Continuation: c}))(t))
			}},
			{"closed threads of an identity", func(t *testing.T, c string) string {
				return full(t, limit, must(d.Threads.List(ctx, engage.ThreadFilter{IdentityID: fay, Status: interaction.ThreadClosed, Limit: limit, Continuation: c}))(t))
			}},
			{"threads of a contact", func(t *testing.T, c string) string {
				return must(d.Threads.List(ctx, engage.ThreadFilter{ContactID: busy.ContactID, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"interventions", func(t *testing.T, c string) string {
				return must(d.Interventions.List(ctx, engage.InterventionFilter{Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"interventions of a source, in any state", func(t *testing.T, c string) string {
				return must(d.Interventions.List(ctx, engage.InterventionFilter{SourceID: "chat", Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"interventions of an owner, in any state", func(t *testing.T, c string) string {
				return must(d.Interventions.List(ctx, engage.InterventionFilter{Owner: ann, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"interventions of an identity", func(t *testing.T, c string) string {
				return must(d.Interventions.List(ctx, engage.InterventionFilter{IdentityID: fay, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"deferred interventions of an identity", func(t *testing.T, c string) string {
				return only(t, must(d.Interventions.List(ctx, engage.InterventionFilter{IdentityID: fay, Status: interaction.InterventionDeferred, Limit: limit, Continuation: c}))(t))
			}},
			{"open interventions of a contact", func(t *testing.T, c string) string {
				return full(t, limit, must(d.Interventions.List(ctx, engage.InterventionFilter{ContactID: busy.ContactID, Status: interaction.InterventionOpen, Limit: limit, Continuation: c}))(t))
			}},
			{"interventions of an owner that wait", func(t *testing.T, c string) string {
				return must(d.Interventions.ListWaiting(ctx, engage.WaitingFilter{Owner: ann, Limit: limit, Continuation: c}))(t).Continuation
			}},
			{"interventions of an owner", func(t *testing.T, c string) string {
				return must(d.Interventions.List(ctx, engage.InterventionFilter{Owner: ann, Status: interaction.InterventionOpen, Limit: limit, Continuation: c}))(t).Continuation
			}},
		}
	}
	few, some := prepare(t, 1)
	many, all := prepare(t, costScale)
	for n := range some {
		var a, b string
		for page := 1; page <= 3; page++ {
			little := few.cost(func() { a = some[n].read(t, a) })
			much := many.cost(func() { b = all[n].read(t, b) })
			t.Logf("%-30s page %d: %+v", some[n].name, page, much)
			if (page == 1 || a != "") && little != much {
				t.Errorf("%s: page %d costs %+v of little, %+v of much", some[n].name, page, little, much)
			}
			if a == "" {
				break
			}
		}
	}
}
