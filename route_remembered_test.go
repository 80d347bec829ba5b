package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// TestWhatIsChangedElsewhereCountsAtOnce has one Engine change a workflow, a queue and the
// workspace after another has routed by what they were.
func TestWhatIsChangedElsewhereCountsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	other := must(engage.New(t.Context(), f.st, &f.opts))(t)
	ann := f.hires("ann", 1)
	first := f.offeredTo(f.asksNow().SID, ann)
	f.completes(f.accepts(first))

	seconds, busy := 7, f.activities["Break"].SID
	must(other.Workflows.Update(t.Context(), f.workflow.SID, engage.WorkflowUpdate{ReservationTimeout: &seconds}))(t)
	must(other.Queues.Update(t.Context(), f.queue.SID, engage.QueueUpdate{AssignmentActivitySID: &busy}))(t)
	must(other.Workspaces.Update(t.Context(), f.workspace.SID, engage.WorkspaceUpdate{TimeoutActivitySID: &busy}))(t)

	second := f.offeredTo(f.asksNow().SID, ann)
	if due := f.clock.read().Add(time.Duration(seconds) * time.Second); !second.DueAt.Equal(due) {
		t.Errorf("the offer is due at %v, want %v", second.DueAt, due)
	}
	f.passes(time.Duration(seconds) * time.Second)
	if is := f.worker(ann.SID); is.ActivitySID != busy {
		t.Errorf("after a time-out, ann does %s", is.ActivityName)
	}
	f.puts(ann.SID, "Available")
	f.runs()
	f.accepts(f.offeredTo(second.TaskSID, ann))
	if is := f.worker(ann.SID); is.ActivitySID != busy {
		t.Errorf("with a task, ann does %s", is.ActivityName)
	}
}

// TestWhatIsHandedOutIsTheHosts changes what the Engine has returned of a workflow.
func TestWhatIsHandedOutIsTheHosts(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	f.asksNow()
	w := must(f.Workflows.Get(t.Context(), f.workflow.SID))(t)
	*w.Configuration.Default = routing.Target{Queue: "WQ00000000000000000000000000000000"}
	if task := f.asksNow(); task.QueueSID != f.queue.SID {
		t.Errorf("the task is in %q", task.QueueSID)
	}
}
