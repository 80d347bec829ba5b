package engage_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
)

// TestOfManyLinesTheFirstTaskThatFitsIsOffered has a worker work off queues in which nearly each
// task demands something else, on two task channels, one of which is not theirs, and reject some.
// Each time, what they are offered is found here by looking at all tasks.
func TestOfManyLinesTheFirstTaskThatFitsIsOffered(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]routing.TaskOrder{"FIFO": routing.FIFO, "LIFO": routing.LIFO} {
		for _, can := range []int{2, 30, 80} { // of a hundred demands
			t.Run(fmt.Sprint(name, " ", can), func(t *testing.T) {
				t.Parallel()
				draw := storetest.Seed(t)
				f := newFloor(t, func(o *engage.Options) { o.Jobs.Concurrency = 1 })
				var filters strings.Builder
				for n := range 2 {
					q := f.newQueue(fmt.Sprint("queue ", n), "", func(q *engage.NewQueue) {
						q.TaskOrder, q.Matching.RejectCoolDown = order, 3600
					})
					fmt.Fprintf(&filters, `,{"expression":"queue == %d","targets":[{"queue":%q,"expression":"worker.level >= task.level"}]}`, n, q.SID)
				}
				f.workflow = f.newWorkflow("Levels", `{"task_routing":{"filters":[`+filters.String()[1:]+`]}}`)
				ann := f.hires("ann", 0, fmt.Sprintf(`{"level":%d}`, can))
				must(f.Workers.SetChannel(t.Context(), ann.SID, "default", engage.WorkerChannelUpdate{Capacity: new(1)}))(t)
				f.puts(ann.SID, "Break")
				var waiting []routing.Task
				hers := map[string]bool{}
				for range 150 {
					f.clock.pass(time.Duration(draw.IntN(3)) * time.Second)
					level, channel := draw.IntN(100), []string{"default", "default", "default", "voice"}[draw.IntN(4)]
					task := f.asks(
						attributes(fmt.Sprintf(`{"queue":%d,"level":%d}`, draw.IntN(2), level)), priority(draw.IntN(3)),
						func(k *engage.NewTask) { k.TaskChannel = channel },
					)
					waiting, hers[task.SID] = append(waiting, task), channel == "default" && level <= can
				}
				f.runs()
				f.puts(ann.SID, "Available")
				for round := 0; ; round++ {
					fits := slices.DeleteFunc(slices.Clone(waiting), func(k routing.Task) bool { return !hers[k.SID] })
					f.runs()
					live := must(f.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: ann.SID, Live: true}))(t).Items
					if len(fits) == 0 || round == 12 {
						if len(fits) == 0 && len(live) > 0 {
							t.Errorf("%v is offered, and is not for her", live)
						}
						return
					}
					want := slices.MinFunc(fits, func(a, b routing.Task) int {
						if order == routing.LIFO {
							return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(a.SID, b.SID))
						}
						return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.SID, b.SID))
					})
					if len(live) != 1 || live[0].TaskSID != want.SID {
						t.Fatalf("round %d: she is offered %v, want %v", round, live, want.SID)
					}
					if round%3 == 1 {
						f.rejects(live[0])
						f.puts(ann.SID, "Available")
						hers[want.SID] = false // for some time
						continue
					}
					f.accepts(live[0])
					f.completes(live[0])
					waiting = slices.DeleteFunc(waiting, func(k routing.Task) bool { return k.SID == want.SID })
				}
			})
		}
	}
}

// TestWhatAnAssignmentCostsDoesNotGrowWithHowManyDemandsThereAre counts what is read when a worker
// completes a task and is offered the next one, of tasks each of which demands something else.
func TestWhatAnAssignmentCostsDoesNotGrowWithHowManyDemandsThereAre(t *testing.T) {
	t.Parallel()
	var costs [2]string
	for n, demands := range []int{40, 400} {
		st := &counting{Store: memory.New()}
		t.Cleanup(func() { _ = st.Close() })
		f := newFloorOn(t, st, func(o *engage.Options) { o.Jobs.Concurrency = 1 })
		f.leads("Levels", fmt.Sprintf(`{"queue":%q,"expression":"worker.level >= task.level"}`, f.queue.SID))
		ann := f.hires("ann", 1, `{"level":1000}`)
		for n := range demands {
			f.asks(attributes(fmt.Sprintf(`{"level":%d}`, n)))
		}
		f.runs()
		has := must(f.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: ann.SID, Live: true}))(t).Items[0]
		f.accepts(has)
		finds, records := st.finds.Load(), st.records.Load()
		f.completes(has)
		f.runs()
		costs[n] = fmt.Sprintf("%d finds, %d records", st.finds.Load()-finds, st.records.Load()-records)
	}
	if costs[0] != costs[1] {
		t.Errorf("with 40 demands it is %q, with 400 %q", costs[0], costs[1])
	}
}
