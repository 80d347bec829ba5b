package bench_test

import (
	"fmt"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// BenchmarkAssign has one of 1,000 workers on 20 queues complete a task, be offered the next
// one, and accept it: all of them are busy, and a number of tasks waits. What counts is the time
// until the next reservation is committed (until-offered): with 100,000 that wait at most 1.3 times
// that with 1,000. The last benchmark measures both in turn, so that what else the machine does
// counts for both; see turnovers.typical. On two cores it takes some 0.85 ms until the next one is
// offered, of which the call that completes is a third, and the ratio is 1.07.
func BenchmarkAssign(b *testing.B) {
	sizes, staff := []int{1_000, 10_000, 100_000}, 1_000
	if testing.Short() {
		sizes, staff = []int{100, 1_000}, 60
	}
	whole, centres := b, map[int]*centre{}
	with := func(b *testing.B, waiting int) *centre {
		if centres[waiting] == nil {
			c := newCentre(b, inMemory(whole), staff, 1)
			c.ask(b, waiting)
			centres[waiting] = c
		}
		return centres[waiting]
	}
	for _, waiting := range sizes {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) { with(b, waiting).run(b) })
	}
	few, many := sizes[0], sizes[len(sizes)-1]
	b.Run(fmt.Sprintf("ratio=%d to %d", many, few), func(b *testing.B) { inTurn(b, with(b, few), with(b, many)) })
}

// inTurn measures assignments of two centres in turn.
func inTurn(b *testing.B, one, other *centre) {
	b.Helper()
	var ones, others turnovers
	for b.Loop() {
		ones = append(ones, one.next(b, len(ones)%len(one.workers)))
		others = append(others, other.next(b, len(others)%len(other.workers)))
		if len(ones)%refill == 0 {
			b.StopTimer()
			one.ask(b, refill)
			other.ask(b, refill)
			b.StartTimer()
		}
	}
	one.ask(b, len(ones)%refill)
	other.ask(b, len(ones)%refill)
	for name, part := range parts {
		b.ReportMetric(float64(others.typical(part))/float64(ones.typical(part)), name+"-ratio")
	}
}

// BenchmarkAssignStaff is BenchmarkAssign with more or less workers.
func BenchmarkAssignStaff(b *testing.B) {
	sizes, waiting := []int{100, 1_000, 10_000}, 1_000
	if testing.Short() {
		sizes, waiting = []int{40, 200}, 100
	}
	for _, staff := range sizes {
		b.Run(fmt.Sprintf("workers=%d", staff), func(b *testing.B) {
			c := newCentre(b, inMemory(b), staff, 1)
			c.ask(b, waiting)
			c.run(b)
		})
	}
}

// BenchmarkAssignLines is BenchmarkAssign with tasks in each queue that demand different things.
// With more than a few demands a worker goes by the order of the queue: the time is some 1.5 times
// that with one demand, however many there are, as long as one of the first tasks fits.
func BenchmarkAssignLines(b *testing.B) {
	sizes, staff, waiting := []int{1, 10, 100, 1_000}, 100, 20_000
	if testing.Short() {
		sizes, staff, waiting = []int{1, 10}, 40, 400
	}
	for _, lines := range sizes {
		b.Run(fmt.Sprintf("lines=%d", lines), func(b *testing.B) {
			c := newCentre(b, inMemory(b), staff, lines)
			c.ask(b, waiting)
			c.run(b)
		})
	}
}

// BenchmarkAssignOnDisk is BenchmarkAssign on SQLite.
func BenchmarkAssignOnDisk(b *testing.B) {
	sizes, staff := []int{1_000, 5_000}, 200
	if testing.Short() {
		sizes, staff = []int{50}, 20
	}
	for name, open := range map[string]func(b *testing.B) store.Store{
		"normal": func(b *testing.B) store.Store { return onFile(b, sqlite.Normal) },
		"full":   func(b *testing.B) store.Store { return onFile(b, sqlite.Full) },
	} {
		for _, waiting := range sizes {
			b.Run(fmt.Sprintf("synchronous=%s/waiting=%d", name, waiting), func(b *testing.B) {
				c := newCentre(b, open(b), staff, 1)
				c.ask(b, waiting)
				c.run(b)
			})
		}
	}
}

// BenchmarkRoute adds a task, which is offered to one of the workers who are ready, and is
// accepted and completed: most workers are still ready then.
func BenchmarkRoute(b *testing.B) {
	sizes := []int{1, 10, 100, 1_000}
	if testing.Short() {
		sizes = []int{1, 60}
	}
	for _, ready := range sizes {
		b.Run(fmt.Sprintf("ready=%d", ready), func(b *testing.B) {
			c := newCentre(b, inMemory(b), 0, 1)
			c.hire(b, ready)
			c.route(b)
		})
	}
}
