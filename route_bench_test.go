package engage_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// BenchmarkAssign has one of 1,000 workers on 20 queues complete a task and accept the next one:
// all of them are busy, and a number of tasks waits. What it costs must not grow with that number.
// With -short there are less of both.
func BenchmarkAssign(b *testing.B) {
	sizes, staff := []int{1_000, 100_000}, 1_000
	if testing.Short() {
		sizes, staff = []int{100, 1_000}, 100
	}
	for _, size := range sizes {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			f := newFloor(b)
			const queues = 20
			filters := ""
			for n := range queues {
				q := f.newQueue(fmt.Sprint("skill ", n), fmt.Sprintf("skill == %d", n))
				filters += fmt.Sprintf(`{"expression":"skill == %d","targets":[{"queue":%q}]},`, n, q.SID)
			}
			f.workflow = f.newWorkflow("Skills", `{"task_routing":{"filters":[`+filters[:len(filters)-1]+`]}}`)
			asks := func(n int) {
				f.asks(func(k *engage.NewTask) { k.Attributes = routing.Attributes{"skill": n % queues} })
			}
			var workers []routing.Worker
			for n := range staff {
				workers = append(workers, f.hires(fmt.Sprint("w", n), 1, fmt.Sprintf(`{"skill":%d}`, n%queues)))
				asks(n)
			}
			f.runs()
			has := make([]routing.Reservation, staff)
			accepts := func(n int) {
				has[n] = must(f.Reservations.List(b.Context(), engage.ReservationFilter{WorkerSID: workers[n].SID, Live: true}))(b).Items[0]
				must(f.Reservations.Accept(b.Context(), has[n].SID, engage.Answer{}))(b)
			}
			for n := range staff {
				accepts(n)
			}
			for n := range size {
				asks(n)
			}
			f.runs()
			n := 0
			for b.Loop() {
				must(f.Reservations.Complete(b.Context(), has[n].SID, engage.Completion{Reason: "done"}))(b)
				f.runs()
				accepts(n)
				asks(n) // as many wait as before
				f.runs()
				n = (n + 1) % staff
			}
		})
	}
}
