package engage

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/work"
)

// LoseWorkflow removes the record of a workflow, which no call does while tasks go by it: they
// cannot be offered then. Found puts it back.
func LoseWorkflow(tb testing.TB, e *Engine, sid string) (found func()) {
	tb.Helper()
	ctx := tb.Context()
	var lost *storedWorkflow
	do := func(do func(t *turn) error) {
		if err := e.core.runner.Do(ctx, func(w *work.Work) error { return do(e.core.system(w)) }); err != nil {
			tb.Fatal(err)
		}
	}
	do(func(t *turn) (err error) {
		if lost, err = t.workflow(ctx, sid); err != nil {
			return err
		}
		return workflows.Delete(t.Work, lost)
	})
	return func() { do(func(t *turn) error { return workflows.Insert(t.Work, lost) }) }
}

// SeekTasks does what the job does that seeks tasks for a worker.
func SeekTasks(tb testing.TB, e *Engine, workerSID string) {
	tb.Helper()
	ctx := tb.Context()
	for {
		var again time.Time
		err := e.core.runner.Do(ctx, func(w *work.Work) (err error) {
			again, err = e.core.system(w).seekTasks(ctx, workerSID)
			return err
		})
		if err != nil {
			tb.Fatal(err)
		}
		if again.IsZero() {
			return
		}
	}
}
