package engage

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
)

// Matching, in two kinds of jobs: one looks after a task that waits (task.route), the other
// after a worker who can take one more (worker.route). Each is written in the commit that gives
// rise to it. They look first, without resting on what they see, and decide then on the task and
// the workers that they have found, in one commit that holds only if all of them are still as
// they were; else they look again.
//
// # No match is lost
//
// A task and a worker fit, or do not, by what stands in their own records, in those of the
// queue and the workspace, and by the cool-downs of the task. Say that they fit, that the task
// waits, and that no job is due: then
//
//   - the task came to where it stands in its line in some commit, which made its job due at
//     once (keepWaiting), and the worker came to be as they are in another, which added a job
//     for them (keepWorker); whatever changes what workers a queue has, or what a workflow
//     says, ends in such commits, too. Of both jobs, the one whose commit was later has begun
//     its last look after both: it saw both.
//   - If it was the worker's: it looked at the first of each line that is for them, or of as
//     many as it took to find one that fits, and behind those that are kept from them only by a
//     cool-down. So it offered them something, which is a later commit; or the line was not
//     theirs, which means that they do not fit.
//   - If it was the task's: it offered the task, or one that is before it in its line, which
//     are later commits; or nobody was there for the first of the line that had not been
//     tried; or it met one that had been tried (Tried) and was kept from nobody by a cool-down
//     (not Behind). Who fits the task fits that one, too, because they are in one line; and
//     at the end of the job of who came to fit it after it was tried, see above, they did not.
//   - A cool-down that ends makes the job of its task due, whatever else it waits for.
//   - With a fallback, a task is kept for its known worker as long as they can take it. They
//     may then take something else, and nobody looks at others for the first. So a worker for
//     whom nothing is left but what is kept for another has that other one choose first, and
//     looks again (taskFor).
//   - What was found for a worker may be offered to others when it comes to that: to the known
//     worker, who can take it by now, or to as many as fit. A worker who is not among those who
//     are asked looks again.
//
//   - A task that somebody could take, and that cannot be offered, because its workflow is gone,
//     its conversation does not let it be what it was to become, or the host cannot say whether it
//     knows the agent, is passed over: the job that found it looks at the next, as if it was not
//     there. So up to maxPassed of them keep nobody from anything; what comes behind more than
//     that waits until one of them can be offered, or is there no more. Its own job fails, which
//     is seen, and is done again; and so does that of a worker to whom nothing else could be
//     offered, who is looked at again with everything that changes with them.
//
// Two jobs, or two Engines, that find the same task or the same worker write the same records:
// one commits, the other looks again.

func (c *core) registerRouting() {
	c.registerStaff()
	c.registerFlex()
	c.jobs.Within(jobRoute, withinJob(c, func(ctx context.Context, t *turn, job string, d *routeTask) (time.Time, error) {
		return t.lookAfter(ctx, job, d.TaskSID)
	}))
	c.jobs.Within(jobSeekTasks, within(c, func(ctx context.Context, t *turn, d *seekTasks) (time.Time, error) {
		return t.seekTasks(ctx, d.WorkerSID)
	}))
	c.jobs.Within(jobTimeOutReservation, withinJob(c, func(ctx context.Context, t *turn, job string, d *reservationTimeOut) (time.Time, error) {
		return t.timeOutReservation(ctx, job, d.ReservationSID)
	}))
}

// withinJob is within, for a job that must know which one it is.
func withinJob[T any](c *core, do func(ctx context.Context, t *turn, job string, d *T) (time.Time, error)) jobs.Within {
	h := within(c, func(context.Context, *turn, *T) (time.Time, error) { return time.Time{}, nil })
	h.Do = func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
		return within(c, func(ctx context.Context, t *turn, d *T) (time.Time, error) { return do(ctx, t, j.ID, d) }).Do(ctx, w, j)
	}
	return h
}

// gone makes nothing of it that what a job is for is not there any more.
func gone(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// lookAfter does what is to be done about a task that waits, and says when to look again.
func (t *turn) lookAfter(ctx context.Context, job, sid string) (again time.Time, err error) {
	task, err := t.task(ctx, sid)
	if err != nil {
		return time.Time{}, gone(err)
	}
	if !task.waits() || task.RouteJob != job {
		return time.Time{}, nil
	}
	r, err := t.routedTask(ctx, sid)
	if err != nil {
		return time.Time{}, err
	}
	r.doing = job
	if goesOn, err := t.goOn(ctx, r, sid, routing.Tried{}); goesOn || err != nil {
		return r.again(sid), err
	}
	if nobody, err := t.forNobody(ctx, task); err != nil {
		return time.Time{}, err
	} else if nobody {
		if err := t.withoutWorker(ctx, r, sid); err != nil {
			return time.Time{}, err
		}
		if err := t.keepRouted(ctx, r); err != nil {
			return time.Time{}, err
		}
		return r.again(sid), nil
	}
	for passed := (passedOver{}); ; {
		sought, err := t.seekWorkers(ctx, task, passed)
		if err != nil {
			return time.Time{}, err
		}
		if sought.task == nil {
			break
		}
		with := r
		if sought.task.SID != sid { // one that comes before it
			with = nil
		}
		asked, err := t.offer(ctx, with, sought)
		switch {
		case with == nil && passed.over(sought.task, err):
			continue
		case len(asked) == 0 || with == nil || err != nil:
			return atOnce, err
		}
		return r.again(sid), nil
	}
	tried := routing.Tried{}
	if tried.Workers, tried.Nobody, err = t.skipFacts(ctx, task); err != nil {
		return time.Time{}, err
	}
	draft := r.draft(sid)
	draft.Tried, draft.Behind = true, false
	cool := time.Time{} // when the first of its cool-downs ends
	for _, c := range task.Waiting.CoolDowns {
		if t.now.Before(c.Until) && (cool.IsZero() || c.Until.Before(cool)) {
			draft.Behind, cool = true, c.Until
		}
	}
	if !tried.Nobody {
		draft.RouteAt = t.now.Add(unsettledPause)
		for _, at := range []time.Time{task.ExpiresAt(), task.Waiting.Step.Deadline} {
			if !at.IsZero() && at.Before(draft.RouteAt) {
				draft.RouteAt = at
			}
		}
	} else if goesOn, err := t.goOn(ctx, r, sid, tried); goesOn || err != nil {
		return r.again(sid), err
	}
	if !cool.IsZero() && cool.Before(draft.RouteAt) {
		draft.RouteAt = cool
	}
	if err := t.keepRouted(ctx, r); err != nil {
		return time.Time{}, err
	}
	return r.again(sid), nil
}

// forNobody reports whether a task is for a worker and no other who was deleted before it came to
// where it waits: while it was held, or was given another place. See removeWorker for the others.
func (t *turn) forNobody(ctx context.Context, task *storedTask) (bool, error) {
	if task.LineID == "" || !routing.PrefixWorker.Valid(task.RoutingTarget) {
		return false, nil
	}
	_, err := t.worker(ctx, task.RoutingTarget)
	return err != nil && gone(err) == nil, gone(err)
}

// again is when the job that looks after a task looks at it again; zero: it has ended, or
// somebody has it.
func (r *routed) again(sid string) time.Time {
	switch draft := r.draft(sid); {
	case !draft.waits():
		return time.Time{}
	case draft.RouteAt.IsZero():
		return atOnce
	default:
		return draft.RouteAt
	}
}

// goOn takes a task on in its workflow, or ends it, if it is time to, and writes that. If
// it stays where it is, only its draft and the assignment have what is known of it now.
func (t *turn) goOn(ctx context.Context, r *routed, sid string, tried routing.Tried) (goesOn bool, err error) {
	task, draft := r.tasks[sid], r.draft(sid)
	outcome := routing.Outcome{Do: routing.DoWait, Waiting: task.Waiting, Until: task.ExpiresAt()}
	if !task.Held || !t.now.Before(outcome.Until) { // else it only waits until it expires
		configuration, err := t.configuration(ctx, task.WorkflowSID, task.ConfigurationVersion)
		if err != nil {
			return false, err
		}
		outcome = configuration.Advance(task.Task, tried, t.now)
	}
	if outcome.Do == routing.DoOffer && task.LineID != "" && sameStep(outcome.Waiting.Step, task.Waiting.Step) {
		return false, nil // it is to be offered where it is
	}
	if outcome.Do == routing.DoEnd {
		if err := t.askInstead(ctx, r, sid); err != nil {
			return false, err
		}
	}
	a, err := r.assignment(sid).Follow(outcome, t.now)
	if err != nil {
		return false, err
	}
	if r.doing == task.RouteJob {
		draft.RouteAt = outcome.Until
	}
	if err := r.with(a, t.now); err != nil {
		return false, err
	}
	if outcome.Do == routing.DoWait && tried.Nobody {
		return false, nil
	}
	return true, t.keepRouted(ctx, r)
}

// sameStep reports whether a task is where it was. The clock need not have moved since it went
// there.
func sameStep(a, b routing.Step) bool {
	return a.Filter == b.Filter && a.Target == b.Target && a.Default == b.Default && a.Queue == b.Queue && a.EnteredAt.Equal(b.EnteredAt)
}

// unsettledPause is after how long a task is looked at again whose queue has workers of whom it is
// not known yet that they are in it.
const unsettledPause = time.Second

// skipFacts counts the workers of the task's queue, if that is asked for. They are not known as
// long as a job goes through all workers, because the queue is new, say: who is not counted could
// be about to take the task.
func (t *turn) skipFacts(ctx context.Context, task *storedTask) (facts routing.WorkersFacts, known bool, err error) {
	configuration, err := t.configuration(ctx, task.WorkflowSID, task.ConfigurationVersion)
	if err != nil {
		return facts, false, err
	}
	target, there := configuration.TargetOf(task.Task)
	if !there || target.SkipIf == nil || task.Waiting.Settled {
		return facts, true, nil
	}
	err = t.Look(ctx, func(w *work.Work) error {
		look := t.turn(w)
		queue, err := look.queue(ctx, task.QueueSID)
		if err != nil {
			return err
		}
		all, err := t.core.crews.get(ctx, &crews, w, task.WorkspaceSID)
		if err != nil {
			return err
		}
		if all != nil {
			is := all.crew(queue.CrewID)
			known = is != nil && is.Settled == is.Turn
		}
		facts, err = look.crewCounts(ctx, queue.CrewID)
		return err
	})
	return facts, known, err
}
