package engage_test

import (
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
)

// change is what happens to the people of a crowd: first, before the list, then, in two
// acts at two moments, while it is read.
type change struct {
	name   string
	asked  []string
	before act
	acts   [2]act
}

type act func(*crowd)

// then does one act after another.
func (a act) then(b act) act { return func(c *crowd) { a(c); b(c) } }

func merge(from, into string, commits ...int64) act {
	return func(c *crowd) { c.merges(from, into, commits...) }
}

func unmerge(commits ...int64) act { return func(c *crowd) { c.unmergesEve(commits...) } }

func goes(account, contact string) act { return func(c *crowd) { c.moves(account, contact) } }

// goOn is what people do once they are told apart: what is a stranger's from the start.
func goOn(c *crowd) {
	c.t.Helper()
	for _, account := range []string{"e2", "z", "m"} {
		c.writes(account, "")
	}
	for _, contact := range []string{"eve", "zoe", "max"} {
		c.visits(contact)
	}
}

func changes() []change {
	nothing := act(func(*crowd) {})
	becomesNobody := func(c *crowd) {
		nn := c.unnamed()
		c.merges("eve", nn)
		c.moves("nn", "max")
	}
	return []change{
		{"a name is parted from its contact", []string{"eve", "zac"}, merge("eve", "zoe"), [2]act{unmerge(), goOn}},
		{"it becomes one", []string{"eve", "zac"}, nothing, [2]act{merge("eve", "zoe"), goOn}},
		{"it becomes one, and no longer is", []string{"eve", "zac"}, nothing, [2]act{merge("eve", "zoe"), unmerge().then(goOn)}},
		{"it no longer is one, and is again", []string{"eve", "zac"}, merge("eve", "zoe"), [2]act{unmerge().then(goOn), merge("eve", "zoe")}},
		{"it goes from one to another", []string{"eve"}, merge("eve", "zoe"), [2]act{unmerge().then(goOn), merge("eve", "max")}},
		{"whom it stands for becomes a name", []string{"eve", "zac"}, merge("eve", "zoe"), [2]act{merge("zoe", "max", 1), merge("zoe", "max")}},
		{"a merge begins, and goes on", []string{"eve", "fay"}, nothing, [2]act{merge("eve", "zoe", 1), merge("eve", "zoe", 1)}},
		{"a merge goes on, and ends", []string{"eve", "zac"}, merge("eve", "zoe", 1), [2]act{merge("eve", "zoe", 1), merge("eve", "zoe").then(goOn)}},
		{"a merge ends, and is undone", []string{"eve", "zac"}, merge("eve", "zoe", 1), [2]act{merge("eve", "zoe"), unmerge().then(goOn)}},
		{"a merge ends, and half of it is undone", []string{"eve", "zac"}, merge("eve", "zoe", 2), [2]act{merge("eve", "zoe"), unmerge(1).then(goOn)}},
		{"an account goes away, and comes back", []string{"eve"}, nothing, [2]act{goes("e2", "max").then(goOn), goes("e2", "eve")}},
		{"an account goes away, and another comes", []string{"eve", "max"}, nothing, [2]act{goes("e2", "max").then(goOn), goes("z", "eve")}},
		{"an account comes, and goes away", []string{"fay", "max"}, nothing, [2]act{goes("z", "fay").then(goOn), goes("z", "max").then(goOn)}},
		{"whom it stands for is nobody any more", []string{"eve"}, becomesNobody, [2]act{unmerge(), goOn}},
	}
}

// TestAListOfAContactIsThatOfOnePerson, whatever happens before any two of its reads:
// what is the person's all the time is there, once, and nothing that never is.
func TestAListOfAContactIsThatOfOnePerson(t *testing.T) {
	t.Parallel()
	crowd := newCrowd(t)
	for _, change := range changes() {
		t.Run(change.name, func(t *testing.T) {
			t.Parallel()
			start := crowd.again(t)
			change.before(start)
			asked := change.asked
			if costScale < 10 { // nothing runs at the same time here, for which to be slow
				asked = asked[:1]
			}
			for _, contact := range asked {
				for _, l := range personLists(false) {
					change.at(t, start, l, contact, 1000, 0, 1, 2)
				}
			}
			for _, l := range personLists(true)[1:5] {
				change.at(t, start, l, change.asked[0], 4, 1)
			}
		})
	}
}

// at does the acts at each two moments of a list that are so many reads apart.
func (c change) at(t *testing.T, start *crowd, l personList, contact string, limit int, apart ...int) {
	t.Helper()
	begin, step := stride(t)
	for first := begin; ; first += step {
		for _, reads := range apart {
			second := first + reads
			now := start.again(t)
			moments := []map[string]bool{now.has(t, l, contact)}
			does := func(n int) func() {
				return func() {
					c.acts[n](now)
					moments = append(moments, now.has(t, l, contact))
				}
			}
			at := map[int]func(){first: does(0), second: does(1)}
			if first == second {
				at[first] = func() { does(0)(); does(1)() }
			}
			reads := now.before(at)
			got := l.pages(t, now.reader, contact, limit)
			for _, fault := range l.judge(got, moments) {
				t.Errorf("%s of %s, by %d, before reads %d and %d: %s", l.name, contact, limit, first, second, fault)
			}
			if first > *reads {
				return // the list was at its end
			}
			if second > *reads {
				break
			}
		}
	}
}

// TestWhatGoesOverIsListed whenever it goes: when a part of either list has been read.
func TestWhatGoesOverIsListed(t *testing.T) {
	t.Parallel()
	start := newCrowd(t)
	for range 8 {
		start.visits("eve")
		start.visits("zoe")
	}
	start.merges("eve", "zoe", 1)
	all := change{name: "a merge ends", acts: [2]act{merge("eve", "zoe", 1), merge("eve", "zoe")}}
	for _, l := range slices.Concat(personLists(false)[3:], personLists(true)[3:]) {
		all.at(t, start, l, "zac", 8, 1)
	}
}

// TestAThreadOfTwoAccountsStaysListed by the one that is left, when the other one, which
// comes first in the list, goes away.
func TestAThreadOfTwoAccountsStaysListed(t *testing.T) {
	t.Parallel()
	start := newCrowd(t)
	var shared string
	for _, account := range []string{"e1", "e2", "e1", "z"} {
		in := start.says(account, "hello")
		in.ThreadForeignID = "shared"
		shared = must(start.Threads.Receive(t.Context(), in))(t).ThreadID
		start.clock.pass(time.Second)
	}
	for _, oldest := range []bool{false, true} {
		for _, account := range []string{"e1", "e2"} {
			for n := 1; ; n++ {
				now := start.again(t)
				reads := now.before(map[int]func(){n: func() { now.moves(account, "max") }})
				page := must(now.reader.Threads.List(t.Context(), engage.ThreadFilter{ContactID: "eve", OldestFirst: oldest}))(t)
				times := 0
				for _, thread := range page.Items {
					if thread.ID == shared {
						times++
					}
				}
				if times != 1 {
					t.Errorf("%s goes away before read %d (oldest first %t): listed %d times", account, n, oldest, times)
				}
				if n > *reads {
					break
				}
			}
		}
	}
}

// TestAListOfWhoNeverComesToRest is not refused: pages are short or empty, and go on when
// the contact is itself for long enough.
func TestAListOfWhoNeverComesToRest(t *testing.T) {
	t.Parallel()
	start := newCrowd(t)
	for _, l := range append(personLists(false), personLists(true)...) {
		c := start.again(t)
		c.merges("eve", "zoe")
		c.unmergesEve() // fay stays with zoe
		own := c.has(t, l, "eve")
		acts, merged := map[int]func(){}, false
		for n := range 400 {
			acts[n] = func() {
				if merged = !merged; merged {
					c.merges("eve", "zoe")
				} else {
					c.unmergesEve()
				}
			}
		}
		reads := c.before(acts)
		got, next, err := l.read(t.Context(), c.reader, "eve", 3, "")
		if err != nil || *reads > 200 {
			t.Errorf("%s: %v, after %d reads", l.name, err, *reads)
		}
		c.reads.Heal()
		if merged {
			c.unmergesEve()
		}
		for range 20 {
			if next == "" {
				break
			}
			var more []string
			if more, next, err = l.read(t.Context(), c.reader, "eve", 3, next); err != nil {
				t.Errorf("%s, then: %v", l.name, err)
			}
			got = append(got, more...)
		}
		for _, fault := range l.judge(got, []map[string]bool{own}) {
			t.Errorf("%s: %s", l.name, fault)
		}
	}
}
