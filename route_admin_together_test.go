package engage_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestWorkersAndQueuesComeAtTheSameTime makes workers and queues, changes and deletes them, and
// does the jobs, all at once and with two Engines: in the end everybody is where they belong.
func TestWorkersAndQueuesComeAtTheSameTime(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		f := newFloorOn(t, a)
		engines := []*engage.Engine{f.Engine, must(engage.New(t.Context(), b, &f.opts))(t)}
		ctx := t.Context()
		allowed := func(err error) {
			if err != nil && !errors.Is(err, engage.ErrRefused) && !errors.Is(err, engage.ErrNotFound) {
				t.Error(err)
			}
		}
		atOnce(10, func(n int) {
			eng := engines[n%2]
			for round := range 5 {
				level := (n + round) % 4
				switch n % 5 {
				case 0, 1:
					w := tried(eng.Workers.Create(ctx, f.workspace.SID, engage.NewWorker{
						FriendlyName: fmt.Sprintf("worker %d.%d", n, round), Attributes: routing.Attributes{"level": level}, ActivitySID: f.activities["Available"].SID,
					}))(t)
					if round%2 == 0 {
						attributes := routing.Attributes{"level": 3}
						tried(eng.Workers.Update(ctx, w.SID, engage.WorkerUpdate{Attributes: &attributes}))(t)
					}
					if round == 3 {
						allowed(eng.Workers.Delete(ctx, w.SID))
					}
				case 2:
					q := tried(eng.Queues.Create(ctx, f.workspace.SID, engage.NewQueue{FriendlyName: fmt.Sprintf("queue %d.%d", n, round), TargetWorkers: fmt.Sprintf("level >= %d", level)}))(t)
					other := fmt.Sprintf("level >= %d", level-1)
					tried(eng.Queues.Update(ctx, q.SID, engage.QueueUpdate{TargetWorkers: &other}))(t)
					if round == 3 {
						allowed(eng.Queues.Delete(ctx, q.SID))
					}
				case 3:
					tried(eng.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{}))(t)
					tried(eng.RunDue(ctx))(t)
				case 4:
					configuration := leadingTo(f.queue.SID)
					tried(eng.Workflows.Update(ctx, f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration, ReEvaluateTasks: true}))(t)
					c := tried(eng.TaskChannels.Create(ctx, f.workspace.SID, engage.NewTaskChannel{UniqueName: fmt.Sprintf("c%d_%d", n, round)}))(t)
					allowed(eng.TaskChannels.Delete(ctx, c.SID))
				}
			}
		})
		f.runs()
		must(engines[1].RunDue(ctx))(t)
		f.runs()
		reckoned(t, f)
	})
}

// TestOfTwoWithOneNameOneIs makes the same worker, queue and workflow from many goroutines.
func TestOfTwoWithOneNameOneIs(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		f := newFloorOn(t, a)
		engines := []*engage.Engine{f.Engine, must(engage.New(t.Context(), b, &f.opts))(t)}
		for what, call := range map[string]func(eng *engage.Engine) error{
			"worker": func(eng *engage.Engine) error {
				return second1(eng.Workers.Create(t.Context(), f.workspace.SID, engage.NewWorker{FriendlyName: "ann"}))
			},
			"queue": func(eng *engage.Engine) error {
				return second1(eng.Queues.Create(t.Context(), f.workspace.SID, engage.NewQueue{FriendlyName: "all", TargetWorkers: "level > 1"}))
			},
			"workflow": func(eng *engage.Engine) error {
				return second1(eng.Workflows.Create(t.Context(), f.workspace.SID, engage.NewWorkflow{FriendlyName: "all", Configuration: leadingTo(f.queue.SID)}))
			},
			"activity": func(eng *engage.Engine) error {
				return second1(eng.Activities.Create(t.Context(), f.workspace.SID, engage.NewActivity{FriendlyName: "Lunch"}))
			},
		} {
			errs := make([]error, 8)
			atOnce(len(errs), func(n int) { errs[n] = call(engines[n%2]) })
			made := 0
			for _, err := range errs {
				if err == nil {
					made++
				} else if !errors.Is(err, engage.ErrConflict) {
					t.Errorf("%s: %v", what, err)
				}
			}
			if made != 1 {
				t.Errorf("%d of %s were made", made, what)
			}
		}
		f.runs()
		reckoned(t, f)
	})
}

// TestDeletingMeetsUsing deletes what others begin to use at the same time: one of the two is
// told.
func TestDeletingMeetsUsing(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		f := newFloorOn(t, a)
		other := must(engage.New(t.Context(), b, &f.opts))(t)
		ctx := t.Context()
		for round := range 5 { // as many task channels as there can be more
			lunch := must(f.Activities.Create(ctx, f.workspace.SID, engage.NewActivity{FriendlyName: fmt.Sprint("Lunch ", round)}))(t)
			fax := must(f.TaskChannels.Create(ctx, f.workspace.SID, engage.NewTaskChannel{UniqueName: fmt.Sprint("fax", round)}))(t)
			queue := f.newQueue(fmt.Sprint("queue ", round), "")
			workflow := f.newWorkflow(fmt.Sprint("workflow ", round), leadingTo(f.queue.SID))
			ann := f.hires(fmt.Sprint("ann ", round), 1)
			uses := []func() error{
				func() error {
					return second1(f.Workers.Update(ctx, ann.SID, engage.WorkerUpdate{ActivitySID: &lunch.SID}))
				},
				func() error { return other.Activities.Delete(ctx, lunch.SID) },
				func() error {
					return second1(f.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{WorkflowSID: f.workflow.SID, TaskChannel: fax.SID}))
				},
				func() error { return other.TaskChannels.Delete(ctx, fax.SID) },
				func() error {
					configuration := leadingTo(queue.SID)
					return second1(f.Workflows.Update(ctx, f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration}))
				},
				func() error { return other.Queues.Delete(ctx, queue.SID) },
				func() error {
					return second1(f.Tasks.Create(ctx, f.workspace.SID, engage.NewTask{WorkflowSID: workflow.SID}))
				},
				func() error { return other.Workflows.Delete(ctx, workflow.SID) },
			}
			errs := make([]error, len(uses))
			atOnce(len(uses), func(n int) { errs[n] = uses[n]() })
			for n := 0; n < len(errs); n += 2 {
				if (errs[n] == nil) == (errs[n+1] == nil) {
					t.Errorf("%d: %v, and %v", n/2, errs[n], errs[n+1])
				}
			}
		}
		f.runs()
		must(other.RunDue(ctx))(t)
		f.runs()
		reckoned(t, f)
	})
}

// TestAnInterruptedChangeIsSeenThrough has a commit go wrong, each in turn, while the jobs bring
// workers, tasks and what a deleted worker had to where they belong, and goes on with another
// Engine.
func TestAnInterruptedChangeIsSeenThrough(t *testing.T) {
	t.Parallel()
	for _, fault := range faults.Legal() {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // the pauses cost no time
				every := 11 // of some hundred commits; another run tries others
				if testing.Short() {
					every *= thinned
				}
				for n := 1 + rand.IntN(every); ; n += every {
					f := newFloor(t)
					f.change()
					trial := faults.At(fault.On(faults.Commit), n)
					raw := f.st
					f.st = trial.Wrap(raw)
					f.restart()
					trial.Start()
					_, err := f.RunDue(trial.Context(t.Context()))
					trial.End()
					if err != nil && !passes(err) {
						t.Fatalf("%v: %v", trial, err)
					}
					f.st = raw
					f.restart()
					f.passes(24 * time.Hour) // also what has failed is tried again
					f.runs()
					wrong, err := engage.Recount(t.Context(), f.Engine)
					if err != nil || len(wrong) > 0 {
						t.Fatalf("%v: %v, %q", trial, err, wrong)
					}
					if !trial.Struck() {
						return
					}
				}
			})
		})
	}
}

// change begins a bit of everything that is done by jobs.
func (f *floor) change() {
	ctx := f.t.Context()
	for n := range 8 {
		f.hires(fmt.Sprint("worker ", n), 2, fmt.Sprintf(`{"level":%d}`, n))
	}
	ann := f.hires("ann", 3, `{"level":9}`)
	few := f.newQueue("Few", "level > 3")
	for range 4 {
		f.asks(func(n *engage.NewTask) { n.RoutingTarget = ann.SID })
		f.asks()
	}
	f.runs()
	many, lifo, single, name := "level > 1", routing.LIFO, true, "Ready"
	for range 20 {
		f.asks()
	}
	must(f.Queues.Update(ctx, few.SID, engage.QueueUpdate{TargetWorkers: &many}))(f.t)
	must(f.Queues.Update(ctx, f.queue.SID, engage.QueueUpdate{TargetWorkers: &many, TaskOrder: &lifo}))(f.t)
	configuration := leadingTo(few.SID)
	must(f.Workflows.Update(ctx, f.workflow.SID, engage.WorkflowUpdate{Configuration: &configuration, ReEvaluateTasks: true}))(f.t)
	must(f.TaskChannels.Create(ctx, f.workspace.SID, engage.NewTaskChannel{UniqueName: "fax"}))(f.t)
	must(f.Workspaces.Update(ctx, f.workspace.SID, engage.WorkspaceUpdate{SingleTask: &single}))(f.t)
	must(f.Activities.Update(ctx, f.activities["Available"].SID, engage.ActivityUpdate{FriendlyName: &name}))(f.t)
	if err := f.Workers.Delete(ctx, ann.SID); err != nil {
		f.t.Fatal(err)
	}
}
