package engage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Limits of what is looked at to explain something.
const (
	// MaxAhead is how many tasks are counted that come before one.
	MaxAhead = 1_000
	// MaxExplained is how many workers are looked at for a task, and how many tasks for a
	// worker.
	MaxExplained = 1_000
)

// TaskExplanation says where a task is, and why nobody has it.
type TaskExplanation struct {
	Task routing.Task
	// Workflow is what is looked at on the way through its workflow from the beginning, as the
	// task is now. Where it is, is in Task.Waiting.Step.
	Workflow []routing.Look
	// Ahead is how many tasks that demand the same come before it, MaxAhead at most.
	Ahead int
	// Workers says what comes of looking at workers for it now: those who stand ready first, who
	// is idle for longest before others, and then all others of the workspace, MaxExplained at
	// most. Of a task that is offered or that somebody has it says how that one was chosen, as
	// Reservations.Explain does; of one that has ended, nothing.
	Workers routing.Trace
	// LooksAt is when the task is looked at again at the latest: its target's time is over, or
	// its own, or a cool-down. Zero: at once, if it waits.
	LooksAt time.Time
}

// Explain says where a task is, and why nobody has it. It changes nothing, and is not asked by
// anything that decides: what it looks at may be of different moments.
func (s Tasks) Explain(ctx context.Context, sid string) (TaskExplanation, error) {
	if err := s.allow(ctx, ActionTasksRead, taskResource(sid)); err != nil {
		return TaskExplanation{}, err
	}
	var explained TaskExplanation
	err := s.look(ctx, func(t *turn) error {
		task, err := t.task(ctx, sid)
		if err != nil {
			return err
		}
		explained, err = t.explainTask(ctx, task)
		return err
	})
	if err != nil {
		return TaskExplanation{}, err
	}
	return explained, nil
}

func (t *turn) explainTask(ctx context.Context, task *storedTask) (e TaskExplanation, err error) {
	e = TaskExplanation{Task: task.Task, LooksAt: task.RouteAt, Workers: routing.Trace{For: "task " + task.SID}}
	note := func(message string) { e.Workers.Notes = append(e.Workers.Notes, routing.Problem{Message: message}) }
	switch {
	case !task.waits():
		note("it is " + string(task.Status))
		err := t.explainOffers(ctx, task, &e)
		return e, err
	case task.Held:
		note("its channel is being set up, which Engine.Run does")
		return e, nil
	}
	configuration, err := t.configuration(ctx, task.WorkflowSID, task.ConfigurationVersion)
	if err != nil {
		return e, err
	}
	if _, direct := configuration.TargetOf(task.Task.Again()); !direct { // else it goes past its workflow
		e.Workflow = configuration.Enter(task.Attributes, task.Priority, t.now).Trace
	}
	if task.Status == routing.TaskReserved {
		note("it is offered already")
		err := t.explainOffers(ctx, task, &e)
		return e, err
	}
	demand, queue, err := t.demandOf(ctx, task)
	if err != nil || demand == nil {
		note("it is about to enter its workflow, which Engine.Run does")
		return e, gone(err)
	}
	if e.Ahead, err = t.ahead(ctx, task); err != nil {
		return e, err
	}
	known, err := t.knownWorker(ctx, task.WorkspaceSID, queue.CrewID, demand.Line)
	if err != nil {
		return e, err
	}
	all, failed := t.everybody(ctx, task, queue.CrewID)
	choice := routing.Choose(*demand, known, all, t.now)
	if e.Workers = choice.Trace; len(choice.Workers) > 0 {
		note("somebody can take it: it is about to be offered, which Engine.Run does")
	}
	return e, failed()
}

// explainOffers says how those were chosen to whom a task is offered, or who has it: of several
// workers, the first.
func (t *turn) explainOffers(ctx context.Context, task *storedTask, e *TaskExplanation) error {
	for n, sid := range task.ReservationSIDs {
		is, err := t.reservation(ctx, sid)
		if err != nil {
			return err
		}
		if n == 0 {
			is.Decision.Notes = slices.Concat(e.Workers.Notes, is.Decision.Notes)
			e.Workers = is.Decision
		}
		e.Workers.Notes = append(e.Workers.Notes, routing.Problem{Message: fmt.Sprintf("reservation %s of worker %s is %s", is.SID, is.WorkerSID, is.Status)})
	}
	return nil
}

// Explain says how the worker of a reservation was chosen, as it was when the task was offered:
// who was looked at before and beside them, and what came of it. It has routing.MaxBrief judgements
// at most, of which one is on the worker, and says how many more there were. That the worker could
// take the task was so in the moment of the offer; the others were looked at just before.
func (s Reservations) Explain(ctx context.Context, sid string) (routing.Trace, error) {
	if err := s.allow(ctx, ActionReservationsRead, reservationResource(sid)); err != nil {
		return routing.Trace{}, err
	}
	stored, err := read(ctx, s.scope, func(t *turn) (*storedReservation, error) { return t.reservation(ctx, sid) })
	return stored.Decision, err
}

// ahead counts the tasks that come before one in its line.
func (t *turn) ahead(ctx context.Context, task *storedTask) (n int, err error) {
	q := task.line(MaxAhead, "")
	q.To = string(store.Tuple(q.Prefix).Text(task.Place))
	for {
		found, next, err := tasks.Find(ctx, t.Work, q)
		n += len(found)
		if err != nil || next == "" || n >= MaxAhead {
			return min(n, MaxAhead), err
		}
		q.Cursor = next
	}
}

// everybody goes through the workers of a task's workspace: who could take it first. Whether they
// could all be read is said afterwards.
func (t *turn) everybody(ctx context.Context, task *storedTask, crewID string) (all iter.Seq[routing.Candidate], failed func() error) {
	var err error
	ready, readyFailed := t.candidates(ctx, crewID, task.TaskChannelSID)
	return func(yield func(routing.Candidate) bool) {
		seen := map[string]bool{}
		for c := range ready {
			if seen[c.Worker.SID] = true; len(seen) >= MaxExplained || !yield(c) {
				return
			}
		}
		q := inWorkspaceQuery(task.WorkspaceSID, 0, "")
		for {
			var page []*storedWorker
			if page, q.Cursor, err = workers.Find(ctx, t.Work, q); err != nil {
				return
			}
			for _, w := range page {
				if seen[w.SID] || w.Gone {
					continue
				}
				if seen[w.SID] = true; len(seen) >= MaxExplained || !yield(w.candidate(crewID)) {
					return
				}
			}
			if q.Cursor == "" {
				return
			}
		}
	}, func() error { return errors.Join(readyFailed(), err) }
}

// Explain says what comes of looking at tasks for a worker now: at the first of each line of
// tasks that demand the same, in the queues of the worker, MaxExplained at most, in the order in
// which they would be offered. Where there is none, a note says so. It changes nothing.
func (s Workers) Explain(ctx context.Context, sid string) (routing.Trace, error) {
	if err := s.allow(ctx, ActionWorkersRead, workerResource(sid)); err != nil {
		return routing.Trace{}, err
	}
	var trace routing.Trace
	err := s.look(ctx, func(t *turn) error {
		w, err := t.worker(ctx, sid)
		if err != nil {
			return err
		}
		workspace, err := t.workspace(ctx, w.WorkspaceSID)
		if err != nil {
			return err
		}
		var channels []string
		for _, c := range w.Channels {
			channels = append(channels, c.TaskChannelSID)
		}
		waiting, err := t.someHeadsFor(ctx, w, channels, MaxExplained)
		if err != nil {
			return err
		}
		heads := make([]routing.Head, len(waiting))
		for n, h := range waiting {
			heads[n] = h.head
		}
		trace = routing.ChooseTask(w.Worker, heads, workspace.PrioritizeQueueOrder, t.now).Trace
		switch {
		case len(heads) > 0:
		case len(w.CrewIDs) == 0:
			trace.Notes = append(trace.Notes, routing.Problem{Message: "there is no queue whose target_workers holds for them, and no task waits for them alone"})
		default:
			trace.Notes = append(trace.Notes, routing.Problem{Message: "no task waits in their queues but for others alone, and none for them alone"})
		}
		return nil
	})
	return trace, err
}
