package routing_test

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// drawOrdered gives a task of which only the order matters, with values that often meet.
func drawOrdered(t *rapid.T, sid string) routing.Task {
	at := func(label string) time.Time {
		if rapid.IntRange(0, 9).Draw(t, label+" far") == 0 {
			return time.UnixMilli(rapid.Int64Range(-2_208_988_800_000, 253_402_300_799_999).Draw(t, label))
		}
		return start.Add(time.Duration(rapid.IntRange(-4, 4).Draw(t, label)) * time.Second)
	}
	return routing.Task{
		SID:      sid,
		Priority: rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(0, routing.MaxPriority), rapid.Just(routing.MaxPriority)).Draw(t, "priority"),
		// Milliseconds are what an order can tell apart.
		VirtualStart: at("start"), CreatedAt: at("created"),
	}
}

func drawAgeing(t *rapid.T) int {
	return rapid.OneOf(rapid.Just(0), rapid.IntRange(1, 5), rapid.IntRange(0, routing.MaxTaskTimeout)).Draw(t, "ageing")
}

// effective is the priority of a task at a time, in exact arithmetic.
func effective(t routing.Task, o routing.Ordering, now time.Time) *big.Rat {
	r := new(big.Rat).SetInt64(int64(t.Priority))
	if rate := int64(o.Matching.PriorityAgeing); rate > 0 {
		r.Add(r, big.NewRat(now.UnixMilli()-t.VirtualStart.UnixMilli(), rate*1000))
	}
	return r
}

// compareOrdered is the order of tasks at a time, as the documentation has it.
func compareOrdered(a, b routing.Task, o routing.Ordering, now time.Time) int {
	if o.Order == routing.LIFO {
		return cmp.Or(b.VirtualStart.Compare(a.VirtualStart), b.CreatedAt.Compare(a.CreatedAt), strings.Compare(a.SID, b.SID))
	}
	return cmp.Or(effective(b, o, now).Cmp(effective(a, o, now)), a.VirtualStart.Compare(b.VirtualStart),
		a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.SID, b.SID))
}

// The key is written once; it orders tasks by effective priority at whatever time they are
// compared.
func TestTheOrderOfTasksIsStatic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := routing.Ordering{
			Order:    rapid.SampledFrom(append(routing.TaskOrders(), "")).Draw(t, "order"),
			Matching: routing.Matching{PriorityAgeing: drawAgeing(t)},
		}
		a := drawOrdered(t, numbered("WT", 1))
		b := drawOrdered(t, numbered("WT", rapid.IntRange(1, 2).Draw(t, "b")))
		got := strings.Compare(a.OrderKey(o), b.OrderKey(o))
		for range 3 {
			now := time.UnixMilli(rapid.Int64Range(-2_208_988_800_000, 253_402_300_799_999).Draw(t, "now"))
			if want := compareOrdered(a, b, o, now); got != want {
				t.Fatalf("%+v\n%+v\nat %v: %d, want %d", a, b, now, got, want)
			}
		}
		if key := a.OrderKey(o); len(key) > 85 || !utf8.ValidString(key) || strings.Contains(key, "\x00") {
			t.Fatalf("%q cannot be a term", key)
		}
	})
}

func TestTheOrderOfTasksAsItIsDocumented(t *testing.T) {
	t.Parallel()
	task := func(n, priority int, after time.Duration) routing.Task {
		return routing.Task{SID: strconv.Itoa(n), Priority: priority, VirtualStart: start.Add(after), CreatedAt: start.Add(after)}
	}
	tasks := []routing.Task{task(1, 0, 0), task(2, 5, time.Minute), task(3, 5, time.Second), task(4, 0, time.Hour), task(5, 6, 61*time.Minute)}
	for _, c := range []struct {
		ordering routing.Ordering
		want     string
	}{
		{routing.Ordering{Order: routing.FIFO}, "5 3 2 1 4"},
		{routing.Ordering{}, "5 3 2 1 4"},
		{routing.Ordering{Order: routing.LIFO}, "5 4 2 3 1"},
		// A level a minute: the first has waited for an hour more than the last, which is
		// worth more than its 6 levels.
		{routing.Ordering{Matching: routing.Matching{PriorityAgeing: 60}}, "3 2 1 5 4"},
		{routing.Ordering{Order: routing.LIFO, Matching: routing.Matching{PriorityAgeing: 60}}, "5 4 2 3 1"},
	} {
		slices.SortFunc(tasks, func(a, b routing.Task) int {
			return strings.Compare(a.OrderKey(c.ordering), b.OrderKey(c.ordering))
		})
		var got []string
		for _, task := range tasks {
			got = append(got, task.SID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: %v, want %s", c.ordering, got, c.want)
		}
	}
}

// What no check would let through does not leave the bounds of the keys.
func TestOrderKeysStayInBounds(t *testing.T) {
	t.Parallel()
	least := routing.Ordering{Matching: routing.Matching{PriorityAgeing: routing.MaxTaskTimeout}}
	over := routing.Ordering{Matching: routing.Matching{PriorityAgeing: 1<<31 - 1}}
	far := time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC)
	high := routing.Task{SID: "a", Priority: routing.MaxPriority, VirtualStart: far}
	low := routing.Task{SID: "a", Priority: -1, VirtualStart: far.AddDate(-30_000, 0, 0)}
	if high.OrderKey(least) != high.OrderKey(over) || high.OrderKey(over) >= low.OrderKey(over) {
		t.Error("a number has run over")
	}
	last := high
	last.VirtualStart = time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
	if last.OrderKey(over) != high.OrderKey(over) {
		t.Error("a time beyond the bounds is not at the bound")
	}
	if last.Priority = math.MaxInt; last.OrderKey(over) != high.OrderKey(over) || last.OrderKey(routing.Ordering{}) != high.OrderKey(routing.Ordering{}) {
		t.Error("a priority beyond the bounds is not at the bound")
	}
	zero, negative := low, routing.Ordering{Matching: routing.Matching{PriorityAgeing: -1}}
	zero.Priority, zero.VirtualStart = 0, time.Time{}
	if zero.OrderKey(negative) != low.OrderKey(routing.Ordering{}) {
		t.Error("what is below the bounds is not at the bound")
	}
}

func TestWhoIsIdleForLongestComesFirst(t *testing.T) {
	t.Parallel()
	worker := func(n int, idle time.Time) routing.Worker {
		return routing.Worker{SID: numbered("WK", n), IdleSince: idle}
	}
	want := []routing.Worker{
		worker(3, time.Time{}), worker(4, time.Time{}), // never had a task
		worker(9, time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)),
		worker(2, start), worker(5, start), worker(1, start.Add(time.Millisecond)),
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b routing.Worker) int { return strings.Compare(a.IdleKey(), b.IdleKey()) })
	for n := range want {
		if got[n].SID != want[n].SID {
			t.Fatalf("%d: %s, want %s", n, got[n].SID, want[n].SID)
		}
	}
}
