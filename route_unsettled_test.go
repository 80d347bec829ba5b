package engage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// TestNoTargetIsSkippedBeforeItsWorkersAreKnown sends a task to a queue that is so new that not all
// workers were looked at: skip_if is asked once they were, and counts all of them then.
func TestNoTargetIsSkippedBeforeItsWorkersAreKnown(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		skipIf, good string
		skipped      bool
	}{
		{"workers.available == 0", `{"good":1}`, false},
		{"1==1", `{"good":1}`, false},
		{"workers.available == 0", `{"good":0}`, true},
	} {
		t.Run(fmt.Sprint(row.skipIf, row.good), func(t *testing.T) {
			t.Parallel()
			f := newFloor(t, func(o *engage.Options) { o.Jobs.Concurrency = 1 })
			for n := range 150 { // not all in one step
				f.hires(fmt.Sprint("worker ", n), 0)
			}
			ada := f.hires("Ada", 1, row.good)
			f.runs()
			queue := f.newQueue("Good", "good == 1")
			f.workflow = f.newWorkflow("Good", fmt.Sprintf(`{"task_routing":{"filters":[{"expression":"1==1","targets":[
				{"queue":%q,"skip_if":%q},{"queue":%q,"expression":"worker.good == 7"}]}]}}`, queue.SID, row.skipIf, f.queue.SID))
			task := must(f.Tasks.Create(t.Context(), f.workspace.SID, engage.NewTask{WorkflowSID: f.workflow.SID}))(t)
			f.runs()
			f.passes(time.Second)
			switch is := f.task(task.SID); {
			case !row.skipped:
				f.offeredTo(task.SID, ada)
			case is.QueueSID != f.queue.SID || is.Status != routing.TaskPending:
				t.Errorf("the task is %s in %s", is.Status, is.QueueSID)
			}
		})
	}
}
