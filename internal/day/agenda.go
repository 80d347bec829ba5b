package day

import (
	"container/heap"
	"context"
	"time"
)

// entry is something that will happen. Of two at the same time, what was noted first does.
type entry struct {
	at time.Time
	n  int
	do func(context.Context) error
}

// agenda is what will happen.
type agenda struct {
	entries []entry
	n       int
}

func (a *agenda) Len() int { return len(a.entries) }
func (a *agenda) Less(i, j int) bool {
	if x, y := &a.entries[i], &a.entries[j]; !x.at.Equal(y.at) {
		return x.at.Before(y.at)
	}
	return a.entries[i].n < a.entries[j].n
}
func (a *agenda) Swap(i, j int) { a.entries[i], a.entries[j] = a.entries[j], a.entries[i] }
func (a *agenda) Push(x any)    { a.entries = append(a.entries, x.(entry)) }
func (a *agenda) Pop() any {
	last := a.entries[len(a.entries)-1]
	a.entries[len(a.entries)-1] = entry{}
	a.entries = a.entries[:len(a.entries)-1]
	return last
}

// note puts something on the agenda, at a whole second.
func (a *agenda) note(at time.Time, do func(context.Context) error) {
	a.n++
	heap.Push(a, entry{at: at.Truncate(time.Second), n: a.n, do: do})
}

// due returns what is due first, if it is.
func (a *agenda) due(now time.Time) (entry, bool) {
	if len(a.entries) == 0 || a.entries[0].at.After(now) {
		return entry{}, false
	}
	return heap.Pop(a).(entry), true
}
