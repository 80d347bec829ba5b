package day

import (
	"slices"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// tally counts what has become of requests.
type tally struct {
	within    [2]time.Duration
	offers    int
	ended     map[routing.ReservationStatus]int
	late      int // accepted when their time was over, before that was noted
	completed int
	canceled  map[string]int // by reason
}

func newTally(within [2]time.Duration) tally {
	return tally{within: within, ended: map[routing.ReservationStatus]int{}, canceled: map[string]int{}}
}

func (t *tally) happens(is routing.ReservationStatus) { t.ended[is]++ }

// queueTally counts what has become of requests in a queue: who is passed on to another one is
// answered there, or gives up there.
type queueTally struct {
	entered, abandoned int
	within             [2]int // of those that were answered
	waits              []time.Duration
}

// answered notes that a task was accepted. Only the first time counts: it is then that the
// customer is answered. What is for one worker is no request.
func (p *picture) answered(k *task, r *reservation) {
	if k.answered {
		return
	}
	k.answered = true
	t := p.tallies[p.names[r.queue]]
	if t == nil || k.worker != "" || k.transfer {
		return
	}
	wait := p.now.Sub(k.waitsSince)
	t.waits = append(t.waits, wait)
	for n, within := range p.stats.within {
		if wait <= within {
			t.within[n]++
		}
	}
	p.series.answered(p.now, wait <= p.stats.within[0])
}

// abandoned notes that a task was canceled that nobody had accepted.
func (p *picture) abandoned(k *task, reason string) {
	p.stats.canceled[reason]++
	t := p.tallies[p.names[k.queue]]
	if t == nil || k.worker != "" || k.transfer || k.waitsSince.IsZero() {
		return
	}
	t.abandoned++
	p.series.answered(p.now, false)
}

// quantile returns the wait that a share of all does not exceed.
func quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

// sum adds one queue to another.
func (t *queueTally) sum(other *queueTally) {
	t.entered += other.entered
	t.abandoned += other.abandoned
	t.waits = append(t.waits, other.waits...)
	for n := range t.within {
		t.within[n] += other.within[n]
	}
}

func (t *queueTally) sorted() []time.Duration { return slices.Sorted(slices.Values(t.waits)) }

// half is how long a part of the series is.
const half = 30 * time.Minute

// series is how the day went, by half hours. What comes after midnight counts to the last.
type series struct {
	arrivals, served, counted [48]int
	waiting, atWork           [48]time.Duration // times their number
	spent                     [48]time.Duration
}

func bin(at time.Time) int { return min(max(int(at.Sub(midnight)/half), 0), 47) }

func (s *series) arrives(at time.Time) { s.arrivals[bin(at)]++ }

func (s *series) answered(at time.Time, within bool) {
	s.counted[bin(at)]++
	if within {
		s.served[bin(at)]++
	}
}

// pass counts who waits, and who is at work, from one time to another.
func (s *series) pass(from, to time.Time, waiting, atWork int) {
	for from.Before(to) && from.Before(midnight.Add(24*time.Hour)) {
		n := bin(from)
		end := midnight.Add(time.Duration(n+1) * half)
		if to.Before(end) {
			end = to
		}
		by := end.Sub(from)
		s.waiting[n] += by * time.Duration(waiting)
		s.atWork[n] += by * time.Duration(atWork)
		s.spent[n] += by
		from = end
	}
}
