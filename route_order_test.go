package engage_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// TestItDoesNotMatterWhoseJobIsFirst lets tasks of different lines and workers come at the same
// moment, in one commit, in any order: the task that comes first goes to the worker who has been
// idle for longest, whichever of their jobs is done first.
func TestItDoesNotMatterWhoseJobIsFirst(t *testing.T) {
	t.Parallel()
	for order := range 24 {
		t.Run(strconv.Itoa(order), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			f := newFloor(t, func(o *engage.Options) { o.Jobs.Concurrency = 1 })
			f.workflow = must(f.Workflows.Update(ctx, f.workflow.SID, engage.WorkflowUpdate{Configuration: new(fmt.Sprintf(
				`{"task_routing":{"filters":[{"expression":"1==1","targets":[{"queue":%q,"expression":"task.skill IN worker.skills"}]}]}}`, f.queue.SID,
			))}))(t)
			f.runs()
			var staff []routing.Worker
			for n, name := range []string{"Ann", "Bob"} {
				w := f.hires(name, 1, `{"skills":["a","b"]}`)
				f.puts(w.SID, "Available")
				staff = append(staff, w)
				f.passes(time.Duration(n+1) * time.Minute)
			}
			for _, w := range staff { // each has had a task, Ann first: she has been idle for longest
				task := must(f.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{RoutingTarget: w.SID}))(t)
				f.runs()
				offered := must(f.Reservations.List(ctx, engage.ReservationFilter{TaskSID: task.SID}))(t).Items
				must(f.Reservations.Accept(ctx, offered[0].SID, engage.Answer{}))(t)
				must(f.Tasks.Complete(ctx, task.SID, engage.Completion{Reason: "done"}))(t)
				f.passes(time.Minute)
			}
			for _, w := range staff {
				f.puts(w.SID, "Break")
			}
			urgent := must(f.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{Priority: 9, Attributes: routing.Attributes{"skill": "a"}}))(t)
			f.passes(time.Minute)

			var later routing.Task
			steps := []func(w *engage.Work) error{
				func(w *engage.Work) error {
					_, err := w.Workers.Update(ctx, staff[0].SID, engage.WorkerUpdate{ActivitySID: new(f.activities["Available"].SID)})
					return err
				},
				func(w *engage.Work) error {
					_, err := w.Workers.Update(ctx, staff[1].SID, engage.WorkerUpdate{ActivitySID: new(f.activities["Available"].SID)})
					return err
				},
				func(w *engage.Work) (err error) {
					later, err = w.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{Attributes: routing.Attributes{"skill": "b"}})
					return err
				},
				func(w *engage.Work) error { // makes the job of the urgent one due, too
					_, err := w.Tasks.Update(ctx, urgent.SID, engage.TaskUpdate{Priority: new(8)})
					return err
				},
			}
			if err := f.Atomically(ctx, func(w *engage.Work) error {
				left := []int{0, 1, 2, 3}
				for n := order; len(left) > 0; {
					at := n % len(left)
					n /= len(left)
					if err := steps[left[at]](w); err != nil {
						return err
					}
					left = append(left[:at:at], left[at+1:]...)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			f.runs()
			for _, want := range []struct{ task, worker string }{{urgent.SID, staff[0].SID}, {later.SID, staff[1].SID}} {
				offered := must(f.Reservations.List(ctx, engage.ReservationFilter{TaskSID: want.task}))(t).Items
				if len(offered) != 1 || offered[0].WorkerSID != want.worker {
					t.Errorf("order %d: the task was offered to %+v, not to %s", order, offered, want.worker)
				}
			}
		})
	}
}
