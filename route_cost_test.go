package engage_test

import (
	"fmt"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store/memory"
)

// TestWhatAnAssignmentCostsDoesNotGrowWithHowManyWait counts what is read and written when a
// worker completes a task and is offered the next one, and when a task comes that nobody can
// take.
func TestWhatAnAssignmentCostsDoesNotGrowWithHowManyWait(t *testing.T) {
	t.Parallel()
	var costs [2][2]string
	for n, waiting := range []int{60, 600} {
		st := &counting{Store: memory.New()}
		t.Cleanup(func() { _ = st.Close() })
		f := newFloorOn(t, st, func(o *engage.Options) { o.Jobs.Concurrency = 1 })
		f.leads("Skills", fmt.Sprintf(`{"queue":%q,"expression":"task.skill == worker.skill"}`, f.queue.SID))
		var workers []routing.Worker
		for n := range 6 {
			workers = append(workers, f.hires(fmt.Sprint("w", n), 1, fmt.Sprintf(`{"skill":%d}`, n%3)))
		}
		for n := range waiting {
			f.asks(attributes(fmt.Sprintf(`{"skill":%d}`, n%3)), priority(n%4))
		}
		f.runs()
		counted := func(do func()) string {
			gets, finds, records, commits := st.gets.Load(), st.finds.Load(), st.records.Load(), st.commits.Load()
			do()
			return fmt.Sprintf("%d gets, %d finds, %d records, %d commits",
				st.gets.Load()-gets, st.finds.Load()-finds, st.records.Load()-records, st.commits.Load()-commits)
		}
		has := must(f.Reservations.List(t.Context(), engage.ReservationFilter{WorkerSID: workers[0].SID, Live: true}))(t).Items[0]
		f.accepts(has)
		costs[n][0] = counted(func() { f.completes(has); f.runs() })
		costs[n][1] = counted(func() { f.asks(attributes(`{"skill":1}`)); f.runs() })
	}
	if costs[0] != costs[1] {
		t.Errorf("with 60 tasks that wait it is %q, with 600 %q", costs[0], costs[1])
	}
}
