package engage_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Echoes that turn out to be ours with more below them than one commit moves, one below the
// other, and deeper than the tree is ordered.

// discussion is a thread and a book of its tree.
type discussion struct {
	*desk
	thread string
	nodes  []*node
}

// node is a content in the tree. Of an echo, what was posted is known later, as is.
type node struct {
	id, foreignID string
	above, is     *node
}

func newDiscussion(t *testing.T) *discussion {
	d := &discussion{desk: newDesk(t)}
	d.tells(nil, nil)
	return d
}

// tells lets eve reply to a content, nil for none, or the platform tell of an echo.
func (d *discussion) tells(above *node, echo *engage.Echo) *node {
	d.t.Helper()
	in := d.says("eve", "hello")
	if in.Echo = echo; above != nil {
		in.InReplyTo = above.foreignID
	}
	r := must(d.Threads.Receive(d.t.Context(), in))(d.t)
	d.thread = r.ThreadID
	n := &node{id: r.ContentID, foreignID: in.ForeignID, above: above}
	d.nodes = append(d.nodes, n)
	return n
}

// posts lets the host post below a content, nil for none.
func (d *discussion) posts(above *node) *node {
	d.t.Helper()
	post := engage.Post{ThreadID: d.thread, Message: interaction.Message{Body: "hello"}}
	if above != nil {
		post.InReplyToID = above.id
	}
	n := &node{id: must(d.Contents.Post(d.t.Context(), post))(d.t).ID, above: above}
	d.nodes = append(d.nodes, n)
	return n
}

// unites lets the platform say that an echo is what was posted.
func (d *discussion) unites(posted, echo *node) {
	d.t.Helper()
	in := d.says("eve", "hello")
	in.ForeignID, in.Echo = echo.foreignID, &engage.Echo{Key: posted.id}
	must(d.Threads.Receive(d.t.Context(), in))(d.t)
	echo.is = posted
}

// path is where a content stands: the positions of those above it, as far as the tree is
// ordered, and its own.
func (d *discussion) path(n *node) (path []int, depth int) {
	own := slices.Index(d.nodes, n)
	for n = n.above; n != nil; n = n.above {
		if n.is != nil {
			n = n.is
		}
		path = append(path, slices.Index(d.nodes, n))
	}
	slices.Reverse(path)
	return append(path[:min(len(path), interaction.MaxDepth):min(len(path), interaction.MaxDepth)], own), len(path)
}

// place is what a reader sees of where a content stands.
type place struct {
	id, above string
	depth     int
}

// tree is the whole tree, as it would have grown if all had been known from the beginning.
func (d *discussion) tree() (all []place) {
	nodes := slices.DeleteFunc(slices.Clone(d.nodes), func(n *node) bool { return n.is != nil })
	paths := map[*node][]int{}
	depths := map[*node]int{}
	for _, n := range nodes {
		paths[n], depths[n] = d.path(n)
	}
	slices.SortFunc(nodes, func(a, b *node) int { return slices.Compare(paths[a], paths[b]) })
	for _, n := range nodes {
		p := place{id: n.id, depth: depths[n]}
		if above := n.above; above != nil {
			if above.is != nil {
				above = above.is
			}
			p.above = above.id
		}
		all = append(all, p)
	}
	return all
}

// seen is the whole tree as it can be read.
func (d *discussion) seen() (all []place) {
	f := engage.TreeFilter{ThreadID: d.thread, Limit: store.MaxLimit}
	for {
		page := must(d.Contents.Tree(d.t.Context(), f))(d.t)
		for _, c := range page.Items {
			all = append(all, place{c.ID, c.InReplyToID, c.Depth})
		}
		if f.Continuation = page.Continuation; f.Continuation == "" {
			return all
		}
	}
}

// settled runs all that is to be done, and compares what there is then.
func (d *discussion) settled(fail func(string, ...any)) {
	d.t.Helper()
	for range 3 {
		d.clock.pass(time.Second)
		d.runs()
	}
	got, want := d.seen(), d.tree()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			fail("%d contents, want %d; different from the %dth on: %+v, want %+v", len(got), len(want), i, got[i:min(i+1, len(got))], want[i:min(i+1, len(want))])
			return
		}
	}
	if left := must(d.Jobs.List(d.t.Context(), engage.JobFilter{Type: "content.adopt"}))(d.t).Items; len(left) != 0 {
		fail("left: %+v", left)
	}
}

// TestEchoesBelowEachOther: two echoes with a lot below each, one below the other, turn out
// to be ours, in any order, before what is below the first has been moved.
func TestEchoesBelowEachOther(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"outer, inner", "inner, outer", "outer, run, inner", "inner, run, outer", "run, outer, reply, inner"} {
		t.Run(order, func(t *testing.T) {
			t.Parallel()
			d := newDiscussion(t)
			outer := d.posts(nil)
			outerEcho := d.tells(nil, &engage.Echo{})
			for range 120 {
				d.tells(outerEcho, nil)
			}
			middle := d.tells(outerEcho, nil)
			inner := d.posts(middle)
			innerEcho := d.tells(middle, &engage.Echo{})
			var last *node
			for range 220 {
				last = d.tells(innerEcho, nil)
			}
			d.tells(outerEcho, nil)
			for what := range strings.SplitSeq(order, ", ") {
				switch what {
				case "outer":
					d.unites(outer, outerEcho)
				case "inner":
					d.unites(inner, innerEcho)
				case "reply":
					d.tells(d.tells(last, nil), nil)
				default:
					d.runs()
				}
			}
			d.settled(t.Fatalf)
			if under := must(d.Contents.Tree(t.Context(), engage.TreeFilter{ThreadID: d.thread, UnderID: inner.id, Limit: store.MaxLimit}))(t).Items; len(under) < 221 {
				t.Errorf("%d below what was posted", len(under))
			}
		})
	}
}

// TestATreeGrowsAsIfAllHadBeenKnown: echoes anywhere in a tree, deep and broad, turn out to
// be ours in any order, while it grows.
func TestATreeGrowsAsIfAllHadBeenKnown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		d := newDiscussion(t)
		echoes := map[*node]*node{} // what was posted, by its echo
		var untold []*node
		draw := func(of []*node) *node {
			switch rapid.IntRange(0, 3).Draw(rt, "where") {
			case 0:
				return of[len(of)-1]
			default:
				return of[rapid.IntRange(0, len(of)-1).Draw(rt, "which")]
			}
		}
		named := func() *node {
			return draw(slices.DeleteFunc(slices.Clone(d.nodes), func(n *node) bool { return n.foreignID == "" }))
		}
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"posts", "posts", "echo", "echo", "echo", "chain", "star", "unite", "unite", "run"}).Draw(rt, "what") {
			case "posts":
				untold = append(untold, d.posts(draw(slices.DeleteFunc(slices.Clone(d.nodes), func(n *node) bool { return n.is != nil }))))
			case "echo":
				if len(untold) > 0 {
					echoes[d.tells(named(), &engage.Echo{})] = untold[0]
					untold = untold[1:]
				}
			case "chain":
				n := named()
				for range rapid.SampledFrom([]int{2, 20, 40}).Draw(rt, "depth") {
					n = d.tells(n, nil)
				}
			case "star":
				n := named()
				for range rapid.SampledFrom([]int{2, 20, 110}).Draw(rt, "breadth") {
					d.tells(n, nil)
				}
			case "unite":
				for _, echo := range d.nodes { // one of them, the order of which is drawn
					if posted := echoes[echo]; posted != nil && rapid.Bool().Draw(rt, "this") {
						d.unites(posted, echo)
						delete(echoes, echo)
						break
					}
				}
			case "run":
				d.runs()
			}
		}
		for _, echo := range d.nodes {
			if posted := echoes[echo]; posted != nil {
				d.unites(posted, echo)
			}
		}
		d.settled(rt.Fatalf)
	})
}

// TestRepliesBelowADeepEchoComeUp: an echo deeper than the tree is ordered turns out to be
// a content that is not.
func TestRepliesBelowADeepEchoComeUp(t *testing.T) {
	t.Parallel()
	d := newDiscussion(t)
	last := d.nodes[0]
	for range interaction.MaxDepth + 1 {
		last = d.tells(last, nil)
	}
	posted, beside := d.posts(nil), d.tells(last, nil)
	echo := d.tells(last, &engage.Echo{})
	reply := d.tells(echo, nil)
	d.tells(beside, nil)
	d.tells(reply, nil)
	d.unites(posted, echo)
	d.settled(t.Fatalf)
	if under := must(d.Contents.Tree(t.Context(), engage.TreeFilter{ThreadID: d.thread, UnderID: posted.id}))(t).Items; len(under) != 3 {
		t.Errorf("%d below what was posted", len(under))
	}
}
