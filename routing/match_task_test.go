package routing_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// Tasks of several queues are in one order, which within a queue is the queue's.
func TestHeadsAreInTheOrderOfTheirQueues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := start.Add(time.Duration(rapid.IntRange(-10, 100_000).Draw(t, "now")) * time.Second)
		first := rapid.SampledFrom(append(routing.TaskOrders(), "")).Draw(t, "first")
		orderings := make([]routing.Ordering, rapid.IntRange(1, 3).Draw(t, "queues"))
		for n := range orderings {
			orderings[n] = routing.Ordering{
				Order:    rapid.SampledFrom(routing.TaskOrders()).Draw(t, "order"),
				Matching: routing.Matching{PriorityAgeing: drawAgeing(t)},
			}
		}
		worker := routing.Worker{SID: numbered("WK", 1), Available: true, Channels: []routing.WorkerChannel{
			{TaskChannelSID: numbered("TC", 1), Capacity: 1, Available: true},
		}}
		var heads []routing.Head
		for n := range rapid.IntRange(1, 6).Draw(t, "heads") {
			heads = append(heads, routing.Head{
				Task:     drawOrdered(t, numbered("WT", n)),
				Demand:   routing.Demand{Line: routing.Line{TaskChannelSID: numbered("TC", 1)}, Workers: 1},
				Ordering: rapid.SampledFrom(orderings).Draw(t, "queue"), InQueue: true,
			})
		}
		var order []routing.Head
		for rest := heads; len(rest) > 0; {
			p := routing.ChooseTask(worker, rest, first, now)
			if p.Head < 0 {
				t.Fatal(p.Trace)
			}
			order = append(order, rest[p.Head])
			rest = slices.Delete(slices.Clone(rest), p.Head, p.Head+1)
		}
		for n, b := range order[1:] {
			a := order[n]
			if aLIFO, bLIFO := a.Ordering.Order == routing.LIFO, b.Ordering.Order == routing.LIFO; aLIFO != bLIFO {
				if aLIFO != (first == routing.LIFO) {
					t.Fatalf("%s before %s, and the workspace has %q first", a.Ordering.Order, b.Ordering.Order, first)
				}
				continue
			}
			if a.Ordering == b.Ordering && a.Task.OrderKey(a.Ordering) >= b.Task.OrderKey(b.Ordering) {
				t.Fatalf("%+v before %+v", a.Task, b.Task)
			}
			if effective(a.Task, a.Ordering, now).Cmp(effective(b.Task, b.Ordering, now)) < 0 && a.Ordering.Order != routing.LIFO {
				t.Fatalf("%+v before %+v at %v", a.Task, b.Task, now)
			}
		}
	})
}

// Priorities that age at different rates are compared exactly.
func TestHeadsOfQueuesThatAgeDifferently(t *testing.T) {
	t.Parallel()
	head := func(n, priority, ageing, waited int) routing.Head {
		return routing.Head{
			Task:     routing.Task{SID: numbered("WT", n), Priority: priority, VirtualStart: after(-waited), CreatedAt: start},
			Demand:   routing.Demand{Line: routing.Line{TaskChannelSID: numbered("TC", 1)}, Workers: 1},
			Ordering: routing.Ordering{Matching: routing.Matching{PriorityAgeing: ageing}}, InQueue: true,
		}
	}
	for _, c := range []struct{ first, second routing.Head }{
		{head(2, 0, 60, 30), head(1, 0, 90, 30)},   // 1/2, 1/3
		{head(2, 0, 60, 45), head(1, 1, 60, -30)},  // 3/4, and 1/2 of one who will wait
		{head(2, 0, 60, 121), head(1, 2, 0, 1000)}, // 2 1/60, and 2 without ageing
		{head(1, 0, 60, 120), head(2, 2, 0, 119)},  // 2 and 2: who waits longer
		{head(1, 0, 60, 120), head(2, 2, 0, 120)},  // by SID
		{head(2, 1, 0, 0), head(1, 0, -1, -20)},    // none is less than none
	} {
		for first, heads := range [][]routing.Head{{c.first, c.second}, {c.second, c.first}} {
			p := routing.ChooseTask(agent(1, "", nil).Worker, heads, routing.FIFO, start)
			if p.Head != first {
				t.Errorf("%d comes first of %+v", p.Head, heads)
			}
		}
	}
}

// The other direction: which task for a worker, and why not the others.
func TestATraceExplainsWhichTask(t *testing.T) {
	t.Parallel()
	head := func(n, priority int, change func(*routing.Head)) routing.Head {
		h := routing.Head{
			Task:    routing.Task{SID: numbered("WT", n), Priority: priority, VirtualStart: start, CreatedAt: start},
			Demand:  routing.Demand{Line: routing.Line{QueueSID: queueSID(1), TaskChannelSID: numbered("TC", 1)}, Workers: 1},
			InQueue: true,
		}
		if change != nil {
			change(&h)
		}
		return h
	}
	ann, ben := agent(1, "Ann", nil), agent(2, "Ben", nil)
	heads := []routing.Head{
		head(1, 0, nil),
		head(2, 1, nil),
		head(3, 6, func(h *routing.Head) { h.InQueue = false }),
		head(4, 5, func(h *routing.Head) {
			h.Demand.Line.ForKnown, h.Demand.Line.Known = true, routing.KnownWorker{SID: ben.Worker.SID}
		}),
		head(5, 4, func(h *routing.Head) {
			h.Demand.Line.ForKnown, h.Demand.Line.Fallback = true, true
			h.Demand.Line.Known, h.Known = routing.KnownWorker{FriendlyName: "BEN"}, &ben
		}),
		head(6, 3, func(h *routing.Head) {
			h.Demand.CoolDowns = []routing.CoolDown{{WorkerSID: ann.Worker.SID, Until: start.Add(time.Second)}}
		}),
		head(7, 2, func(h *routing.Head) { h.Demand.Line.TaskChannelSID = numbered("TC", 2) }),
		head(8, 9, func(h *routing.Head) { h.Ordering.Order = routing.LIFO }),
	}
	p := routing.ChooseTask(ann.Worker, heads, routing.FIFO, start)
	const want = `worker WK1 (Ann)
  WT3: queue: target_workers of WQ1 does not hold
  WT4: other: it is for WK2
  WT5: in reserve: "BEN" can take it
  WT6: cool-down: until 2026-03-01T09:00:01Z
  WT7: no channel
  WT2: chosen
  WT1: later
  WT8: later`
	if got := short(p.Trace.String()); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if p.Head != 1 || !slices.Equal(p.Behind, []int{5}) || !p.Again.Equal(start.Add(time.Second)) {
		t.Errorf("%+v", p)
	}
	if p = routing.ChooseTask(ann.Worker, heads, routing.LIFO, start); p.Head != 7 || len(p.Behind) != 0 {
		t.Errorf("%+v", p)
	}
	if p = routing.ChooseTask(ann.Worker, nil, routing.FIFO, start); p.Head != -1 {
		t.Errorf("%+v", p)
	}
}
