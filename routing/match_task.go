package routing

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Head is the task that is next in its line, for a worker who is free.
type Head struct {
	Task   Task
	Demand Demand
	// Ordering is that of its queue.
	Ordering Ordering
	// InQueue says that the expression of its queue holds for the worker.
	InQueue bool
	// Known is the worker whom its line is for, if that is somebody else and the line has a
	// fallback: they are asked first. Nil: there is no such worker.
	Known *Candidate
}

// Pick is the task that a worker is offered.
type Pick struct {
	// Head is the index of the task in the heads; -1: the worker waits.
	Head int
	// Behind are the indexes of the heads that the worker is turned down for only because
	// of the task itself (they have rejected it, say), in the order in which they were
	// looked at: the tasks behind them in their lines may fit. Whoever wants the best task
	// looks at them, too, as more heads.
	Behind []int
	// Again is when the first of the cool-downs of the worker ends. Zero: there are none.
	Again time.Time
	// Trace explains the choice.
	Trace Trace
}

// ChooseTask seeks a task for a worker who has room for one more. Heads are the tasks that
// are next in the lines of the worker's queues, in any order. It picks the first that the
// worker can take, by the same rules as [Choose], in this order: the queues with FIFO
// before those with LIFO, or the other way round, as the workspace says
// (prioritize_queue_order; TaskRouter's documentation, "Workspace Resource"), then by
// priority and start as within a queue; see [Task.OrderKey].
func ChooseTask(w Worker, heads []Head, first TaskOrder, now time.Time) Pick {
	p := Pick{Head: -1, Trace: Trace{For: "worker " + w.SID}}
	if w.FriendlyName != "" {
		p.Trace.For += " (" + w.FriendlyName + ")"
	}
	order := make([]int, len(heads))
	for n := range heads {
		order[n] = n
	}
	slices.SortFunc(order, func(a, b int) int { return compareHeads(&heads[a], &heads[b], first, now) })
	for _, n := range order {
		h := &heads[n]
		l, verdict, why := h.look(w, now)
		switch verdict {
		case "":
			if p.Head >= 0 {
				judge(&p.Trace, h.Task.SID, "", VerdictLater, nil)
				continue
			}
			p.Head = n
			judge(&p.Trace, h.Task.SID, "", VerdictChosen, nil)
			continue
		case VerdictCoolDown, VerdictAsked:
			if p.Head < 0 {
				p.Behind = append(p.Behind, n)
			}
		case VerdictChosen, VerdictLater, VerdictReserve, VerdictOther, VerdictQueue, VerdictActivity,
			VerdictNoChannel, VerdictClosed, VerdictFull, VerdictBusy, VerdictExpression:
		}
		_, p.Again = only(&l, verdict, false, p.Again)
		judge(&p.Trace, h.Task.SID, "", verdict, whyOf(why, &l))
	}
	return p
}

// look looks at the task for the worker, and, before others take it by a fallback, at the
// worker whom it is for.
func (h *Head) look(w Worker, now time.Time) (look, Verdict, func(*look) string) {
	l, verdict, why := lookAt(&h.Demand, &Candidate{Worker: w, InQueue: h.InQueue}, now)
	if verdict != "" || !h.Demand.Line.ForKnown || l.known() || h.Known == nil {
		return l, verdict, why
	}
	if _, theirs, _ := lookAt(&h.Demand, h.Known, now); theirs == "" {
		return l, VerdictReserve, func(l *look) string { return l.demand.Line.Known.String() + " can take it" }
	}
	return l, "", nil
}

// compareHeads orders tasks of several queues for a worker who can take from all of them.
// A workspace says whether queues with FIFO or with LIFO come first. Among those with FIFO
// it is by effective priority and virtual start, among those with LIFO by virtual start,
// the latest first: within a queue, that is the order of the queue. The order is strict:
// only a task is equal to itself.
func compareHeads(a, b *Head, first TaskOrder, now time.Time) int {
	if aLIFO, bLIFO := a.Ordering.Order == LIFO, b.Ordering.Order == LIFO; aLIFO != bLIFO {
		if aLIFO == (first == LIFO) {
			return -1
		}
		return 1
	}
	startA, startB := milliseconds(a.Task.VirtualStart), milliseconds(b.Task.VirtualStart)
	createdA, createdB := milliseconds(a.Task.CreatedAt), milliseconds(b.Task.CreatedAt)
	if a.Ordering.Order == LIFO {
		return cmp.Or(cmp.Compare(startB, startA), cmp.Compare(createdB, createdA), strings.Compare(a.Task.SID, b.Task.SID))
	}
	at := milliseconds(now)
	return cmp.Or(effective(b, at).compare(effective(a, at)),
		cmp.Compare(startA, startB), cmp.Compare(createdA, createdB), strings.Compare(a.Task.SID, b.Task.SID))
}

// fraction is a number: whole + part/of, with 0 <= part < of.
type fraction struct{ whole, part, of int64 }

// effective returns the priority of a task at a time, with what it has gained by waiting.
func effective(h *Head, at int64) fraction {
	ageing := h.Ordering.Matching.ageing()
	if ageing == 0 {
		return fraction{whole: h.Task.level(), of: 1}
	}
	waited := at - milliseconds(h.Task.VirtualStart)
	whole, part := waited/ageing, waited%ageing
	if part < 0 {
		whole, part = whole-1, part+ageing
	}
	return fraction{whole: h.Task.level() + whole, part: part, of: ageing}
}

// compare is exact: parts are less than 2^31, and so are what they are parts of.
func (f fraction) compare(g fraction) int {
	return cmp.Or(cmp.Compare(f.whole, g.whole), cmp.Compare(f.part*g.of, g.part*f.of))
}
