package engage

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/work"
)

// CustomerWrote lets an Engine know that a customer has written in a thread, as Receive does.
func CustomerWrote(tb testing.TB, e *Engine, threadID string) {
	tb.Helper()
	ctx := tb.Context()
	err := e.core.runner.Do(ctx, func(w *work.Work) error {
		t := e.core.system(w)
		thread, err := t.thread(ctx, threadID)
		if err != nil {
			return err
		}
		return t.customerWrote(ctx, thread)
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// RemoveWorker does what the job does that a deleted worker leaves.
func RemoveWorker(tb testing.TB, e *Engine, sid string) {
	tb.Helper()
	ctx := tb.Context()
	for d := (removeWorker{WorkerSID: sid}); ; {
		var again time.Time
		err := e.core.runner.Do(ctx, func(w *work.Work) (err error) {
			again, err = e.core.system(w).removeWorker(ctx, &d)
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
