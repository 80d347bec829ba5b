package bench_test

import (
	"fmt"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// BenchmarkAssign has one of 1,000 workers on 20 queues complete a task, be offered the next
// one, and accept it: all of them are busy, and a number of tasks waits. What counts is the time
// until the next reservation is committed (until-offered). That it does not grow with how many wait
// is measured by BenchmarkGrowth.
func BenchmarkAssign(b *testing.B) {
	sizes, staff := []int{1_000, 10_000}, 1_000
	if small() {
		sizes, staff = []int{100}, 60
	}
	for _, waiting := range sizes {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			c := newCentre(b, inMemory(b), staff, 1)
			c.ask(b, waiting)
			c.run(b)
		})
	}
}

// BenchmarkAssignStaff is BenchmarkAssign with more or less workers.
func BenchmarkAssignStaff(b *testing.B) {
	sizes, waiting := []int{100, 1_000, 10_000}, 1_000
	if small() {
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
	if small() {
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
	if small() {
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
	if small() {
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
