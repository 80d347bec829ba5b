package storetest

import (
	"fmt"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// account is what is known of data on which processes are killed: what they said
// and what was read after their death.
type account struct {
	applied [crew][]step  // the steps of each worker, from its first on
	acked   map[step]bool // those of them for which Commit returned nil

	events    map[int64]string // that were seen, by position
	positions map[string]int64 // and the other way round
	top       int64            // the highest position that was seen
	trimmed   int64            // how far Trim went at least
	trimming  int64            // and how far at most

	faults []fault
	mixed  bool // whether positions are at fault, so that events cannot be told from one another
}

// fault is what breaks a clause.
type fault struct {
	clause    string
	got, want any
}

func newAccount() *account {
	return &account{acked: map[step]bool{}, events: map[int64]string{}, positions: map[string]int64{}}
}

// errand returns what is to be done next to the data.
func (a *account) errand(where string, round int, fence store.Version) errand {
	e := errand{Where: where, Round: round, Works: true, After: a.top, Fence: fence}
	for w, steps := range a.applied {
		for i := range min(len(steps), len(e.Last[w])) {
			e.Last[w][i] = steps[len(steps)-1-i].id()
		}
	}
	return e
}

// heard takes down what a child said.
func (a *account) heard(said []string) {
	for _, text := range said {
		word, rest, _ := strings.Cut(text, " ")
		var position int64
		var id string
		switch word {
		case wordCommitted:
			if s, ok := stepOf(rest); ok {
				a.applied[s.worker] = append(a.applied[s.worker], s)
				a.acked[s] = true
			}
		case wordSeen:
			if n, _ := fmt.Sscanf(rest, "%d %q", &position, &id); n == 2 {
				a.see(position, id)
			}
		case wordMissing:
			a.fault("crash-durable", "it is gone, in a process that opened the data next", fmt.Sprintf("batch %q, which another had committed, and for which Commit had returned nil", rest))
		case wordTrimming:
			if n, _ := fmt.Sscan(rest, &position); n == 1 {
				a.trimming = max(a.trimming, position)
			}
		case wordTrimmed:
			if n, _ := fmt.Sscan(rest, &position); n == 1 {
				a.trimmed = max(a.trimmed, position)
			}
		}
	}
}

// see takes down that an event was read at a position.
func (a *account) see(position int64, id string) {
	switch old, known := a.events[position]; {
	case known && old != id:
		a.fault("crash-positions", fmt.Sprintf("event %q at position %d", id, position), fmt.Sprintf("event %q, which was read there before", old))
	case known:
	case position <= a.top:
		a.fault("crash-positions", fmt.Sprintf("event %q at position %d, which is new", id, position), fmt.Sprintf("it above position %d, which was read before", a.top))
	default:
		a.events[position], a.top = id, position
		a.positions[id] = position
	}
}

func (a *account) fault(clause string, got, want any) {
	a.faults = append(a.faults, fault{clause, got, want})
}

// last returns the last step of a worker that was applied, the zero step if there
// is none.
func (a *account) last(worker int) step {
	steps := a.applied[worker]
	if len(steps) == 0 {
		return step{worker: worker}
	}
	return steps[len(steps)-1]
}

// flight returns the step of a worker that a process of that round may have been
// at when it was killed. Every other step was acknowledged, or never begun.
func (a *account) flight(worker, round int) step {
	return step{worker: worker, number: a.last(worker).number + 1, round: round}
}

// doubtful returns the keys of all records that may be there, and of those that
// were deleted last.
func (a *account) doubtful(round int) map[store.Key]bool {
	ids := map[store.Key]bool{}
	for w, steps := range a.applied {
		ids[key(counterID(w))] = true
		steps = append(steps[:len(steps):len(steps)], a.flight(w, round))
		for i, s := range steps {
			for _, r := range s.lasting() {
				ids[r.Key] = true
			}
			if i >= len(steps)-6 {
				for _, r := range s.passing() {
					ids[r.Key] = true
				}
			}
		}
	}
	return ids
}
