package storetest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// judge compares what a process of that round has left with what is known, and
// returns what breaks a clause. If nothing does, it takes down what was applied.
//
// What is wrong is blamed on one batch. If Commit had returned nil for it, that is
// a matter of crash-durable, and of crash-atomic if not.
func (a *account) judge(v *view, round int) []fault {
	for _, e := range v.events {
		a.see(e.Position, e.ID)
	}
	if v.mark < a.trimmed {
		a.fault("crash-positions", fmt.Sprintf("a trim mark at %d", v.mark), fmt.Sprintf("it at %d, up to which the events had been trimmed", a.trimmed))
	}
	a.mixed = len(a.faults) > 0
	for w := range crew {
		a.judgeWorker(w, v, a.flight(w, round))
	}
	if len(a.faults) == 0 { // events that went with a batch are the batch's matter
		a.judgeSeen(v)
	}
	a.trimmed = max(a.trimmed, v.mark)
	return a.faults
}

// fenced looks for the event that was committed after the death of a process, and
// must stand above all that was read before it.
func (a *account) fenced(v *view, id string) {
	for _, e := range v.events {
		if e.ID == id {
			return // and its position is looked at like that of any other
		}
	}
	a.fault("crash-positions", fmt.Sprintf("no event %q above the trim mark, %d", id, v.mark),
		fmt.Sprintf("that event, whose batch was committed after the process had been killed, above position %d, which was read before", a.top))
}

// judgeSeen looks for the events that were read before the kill.
func (a *account) judgeSeen(v *view) {
	for _, position := range slices.Sorted(maps.Keys(a.events)) {
		if _, left := v.at[position]; !left && position > a.mark(v) {
			a.fault("crash-positions", fmt.Sprintf("no event at position %d", position), fmt.Sprintf("event %q, which was read there before", a.events[position]))
			return
		}
	}
}

// mark is up to where events may be missing: the trim mark, unless it is beyond
// what anybody asked for.
func (a *account) mark(v *view) int64 { return min(v.mark, a.trimming) }

// judgeWorker looks whether what is left of a worker's steps is what its last
// step left, or what the one in flight did.
func (a *account) judgeWorker(w int, v *view, flight step) {
	var (
		got     = v.lines[w]
		without = a.lines(a.applied[w], v)
		with    = a.lines(append(slices.Clone(a.applied[w]), flight), v)

		lost, torn   lines // of steps that were acknowledged, and of others
		missing      []line
		done, undone lines // what of the step in flight is there, and what is not
		blame        = func(s step, sign string, l line) {
			if a.acked[s] {
				lost = append(lost, sign+l.text)
			} else {
				torn = append(torn, sign+l.text)
			}
		}
	)
	for l := range without {
		switch {
		case with[l] && got[l] == 0:
			blame(a.author(l), "- ", l)
		case with[l]:
		case got[l] == 0:
			missing = append(missing, l)
			done = append(done, "- "+l.text)
		default:
			undone = append(undone, "+ "+l.text)
		}
	}
	applied := false
	for l := range with {
		switch {
		case without[l]:
		case got[l] == 0:
			undone = append(undone, "- "+l.text)
		default:
			applied = true
			done = append(done, "+ "+l.text)
		}
	}
	for l, n := range got {
		switch {
		case l.event && a.excused(l.id, v):
		case !with[l] && !without[l]:
			blame(a.culprit(l), "+ ", l)
		case n > 1:
			torn = append(torn, fmt.Sprintf("+ %d times %s", n, l.text))
		}
	}
	switch {
	case applied && len(undone) > 0:
		torn = append(torn, undone...)
	case !applied && slices.ContainsFunc(missing, a.isCounter):
		for _, l := range missing { // of the last step: it is gone
			blame(a.author(l), "- ", l)
		}
	case !applied:
		torn = append(torn, done...) // nothing of the step, but some of its deletes
	}
	if len(lost) > 0 {
		a.fault("crash-durable", sorted(lost), fmt.Sprintf("all that worker %d has committed, up to batch %s, for which Commit had returned nil; %s", w, a.last(w).id(), signs))
	}
	if len(torn) > 0 {
		a.fault("crash-atomic", sorted(torn), fmt.Sprintf("batch %s, for which Commit had not returned, whole or not at all, and the others of worker %d whole; %s", flight.id(), w, signs))
	}
	if len(lost)+len(torn) == 0 && applied {
		a.applied[w] = append(a.applied[w], flight)
	}
}

const signs = "- is missing, + must not be there"

// sorted has what is missing first, and begins with what a worker did last.
func sorted(all lines) lines {
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(-cmp.Compare(a[0], b[0]), -strings.Compare(a, b))
	})
	return all
}

// lines returns how everything reads that is there after those steps.
func (a *account) lines(steps []step, v *view) map[line]bool {
	all := map[line]bool{}
	for i, s := range steps {
		records := s.lasting()
		if i >= len(steps)-2 {
			records = append(records, s.passing()...)
		}
		if i == len(steps)-1 {
			records = append(records, s.counter())
		}
		for _, r := range records {
			all[recordLine(byGet, r)] = true
			all[recordLine(byID, r)] = true
			for index, by := range map[string]string{owner: byOwner, state: byState} {
				if _, ok := r.Terms[index]; ok {
					all[recordLine(by, r)] = true
				}
			}
		}
		for _, e := range s.events() {
			if !a.excused(e.ID, v) {
				all[eventLine(e)] = true
			}
		}
	}
	return all
}

// excused is whether an event may be there or not: it was trimmed, or events have
// each other's positions. What is wrong with it then is a matter of crash-positions.
func (a *account) excused(id string, v *view) bool {
	position, seen := a.positions[id]
	return a.mixed || (seen && position <= max(a.trimmed, a.mark(v)))
}

func (a *account) isCounter(l line) bool {
	_, ok := stepOf(l.id)
	return !ok
}

// author returns the step that a line is of, if it is as it must be.
func (a *account) author(l line) step {
	if s, ok := stepOf(l.id); ok {
		return s
	}
	w, _ := workerOf(l.id)
	return a.last(w)
}

// culprit returns the step but for which a line would not be there: the one that
// should have deleted it or put it otherwise, if there is one.
func (a *account) culprit(l line) step {
	s := a.author(l)
	if s.number == 0 || s.number > len(a.applied[s.worker]) || a.applied[s.worker][s.number-1] != s {
		return s // it should not be there at all
	}
	if i := s.number + 2 - 1; i < len(a.applied[s.worker]) && !l.event {
		return a.applied[s.worker][i]
	}
	return s
}
