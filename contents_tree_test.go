package engage_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/storetest/faults"
)

// grove is a thread in which an echo without a key has replies, and these have, too; the
// echo may turn out to be what was posted.
type grove struct {
	*desk

	threadID string
	posted   engage.Posted
	tops     map[string]string   // whose trees are listed, by name
	below    map[string][]string // the bodies that are below them throughout, in order
}

func newGrove(t *testing.T) grove {
	t.Helper()
	d := newDesk(t)
	first := d.writes("eve", "hello?")
	g := grove{desk: d, threadID: first.ThreadID, posted: d.announces(first.ThreadID, "we are closed")}
	re := func(above, body string) (id, foreignID string) {
		in := d.says("eve", body)
		in.InReplyTo = above
		return must(d.Threads.Receive(t.Context(), in))(t).ContentID, in.ForeignID
	}
	echo := d.tellsOf(g.posted, "e")
	reply, name := re("e", "really?")
	for _, body := range []string{"1", "2"} {
		_, under := re(name, body)
		re(under, body+".1")
	}
	re("e", "what?")
	d.writes("eve", "by the way")
	all := []string{"really?", "1", "1.1", "2", "2.1", "what?"}
	g.tops = map[string]string{"the echo": echo.ContentID, "a reply": reply}
	g.below = map[string][]string{"the echo": all, "a reply": all[:5]}
	return g
}

// pages lists a tree page by page, and does something between each two.
func (g grove) pages(t *testing.T, eng *engage.Engine, top string, limit int, between func(page int)) []string {
	t.Helper()
	var got []string
	filter := engage.TreeFilter{ThreadID: g.threadID, UnderID: g.tops[top], Limit: limit}
	for n := 1; ; n++ {
		page, err := eng.Contents.Tree(t.Context(), filter)
		if err != nil {
			t.Fatalf("page %d of the tree of %s, by %d: %v", n, top, limit, err)
		}
		for _, c := range page.Items {
			got = append(got, c.Body)
		}
		if filter.Continuation = page.Continuation; filter.Continuation == "" {
			return got
		}
		between(n)
	}
}

// wants fails unless a tree was listed once and in order. Its first is itself: what it is
// called is the same for the echo and what was posted.
func (g grove) wants(t *testing.T, when, top string, got []string) {
	t.Helper()
	want := g.below[top]
	if top == "the echo" {
		want = append([]string{g.posted.Body}, want...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s, the tree of %s is %q, want %q", when, top, got, want)
	}
}

// TestATreeGoesOnWhereverItMoves: a continuation is a place below the content whose tree
// it is of, which stays the same when an echo above it turns out to be ours.
func TestATreeGoesOnWhereverItMoves(t *testing.T) {
	t.Parallel()
	for _, top := range []string{"the echo", "a reply"} {
		for limit := range 4 {
			for moves := 1; moves <= 5; moves++ {
				g := newGrove(t)
				got := g.pages(t, g.Engine, top, limit+1, func(page int) {
					if page == moves {
						g.delivers(g.posted, "e")
					}
				})
				g.wants(t, "when it moves between two pages", top, got)
			}
		}
	}
}

// TestATreeIsWholeAtAnyMoment: also if it moves while a page is read.
func TestATreeIsWholeAtAnyMoment(t *testing.T) {
	t.Parallel()
	for _, top := range []string{"the echo", "a reply"} {
		for _, limit := range []int{2, 100} {
			for moves, reads := 1, 1; moves <= reads; moves++ {
				g := newGrove(t)
				below := faults.New(g.st)
				reader := must(engage.New(t.Context(), below, &g.opts))(t)
				reads = 0
				below.Inject(faults.Before("the platform answers", func(context.Context, faults.Call) {
					reads++
					if reads == moves {
						g.delivers(g.posted, "e")
					}
				}).On(faults.Get, faults.Find))
				got := g.pages(t, reader, top, limit, func(int) {})
				g.wants(t, "when it moves before a read", top, got)
			}
		}
	}
}

// TestAContinuationOfATreeIsGoodForNoOther tree of the same thread, nor for its list.
func TestAContinuationOfATreeIsGoodForNoOther(t *testing.T) {
	t.Parallel()
	g := newGrove(t)
	page := func(under, continuation string) (engage.Page[engage.Content], error) {
		return g.Contents.Tree(t.Context(), engage.TreeFilter{ThreadID: g.threadID, UnderID: under, Limit: 1, Continuation: continuation})
	}
	next := must(page(g.tops["the echo"], ""))(t).Continuation
	for _, under := range []string{"", g.tops["a reply"]} {
		if _, err := page(under, next); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("of %q: %v", under, err)
		}
	}
	list := must(g.Contents.List(t.Context(), engage.ContentFilter{ThreadID: g.threadID, Limit: 1}))(t)
	if _, err := page("", list.Continuation); !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("of the list: %v", err)
	}
	if _, err := page("\x00", ""); !errors.Is(err, engage.ErrNotFound) {
		t.Errorf("of what cannot be: %v", err)
	}
}
