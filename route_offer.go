package engage

import (
	"context"

	"github.com/engage-interactions/engage/routing"
)

// What was found is offered: decided once more on the records as they are, and written.

// passedOver are tasks that somebody could take, but that cannot be offered, by their SIDs: they
// keep nobody from taking the next, as long as they are no more than maxPassed.
type passedOver map[string]bool

// maxPassed is how many are passed over at a time. Beyond, the job fails, and tries again.
const maxPassed = 100

// over reports whether a task is passed over because of what came of offering it, whatever that
// was: a rule is in the way, or the host cannot answer. If it was the store, nothing is found after
// it.
func (p passedOver) over(task *storedTask, err error) bool {
	if err == nil || len(p) >= maxPassed {
		return false
	}
	p[task.SID] = true
	return true
}

// sought is what was found for a task, or for a worker.
type sought struct {
	task    *storedTask   // the one that is to be offered; nil: there is nobody for it
	workers []string      // to whom, by their SIDs
	trace   routing.Trace // how they were chosen
	// more says that there may be something for a worker whatever else they do.
	more bool
	// stale says that what was looked at was not all of one moment: look again.
	stale bool
}

// offer offers what was found to whom it was found for, if both are still as they were. It
// returns who is asked now: not all for whom it was found, if somebody comes before them by now.
// Nobody: task and workers are not as they were, or the task was to go on first; look again. R is
// what the task was read with; nil: it is read here. If it cannot be offered, nothing is written.
func (t *turn) offer(ctx context.Context, r *routed, found sought) (asked []string, err error) {
	err = t.try(ctx, func(t *turn) (err error) {
		asked, err = t.offerNow(ctx, r, found)
		return err
	})
	if err != nil {
		return nil, err
	}
	return asked, nil
}

func (t *turn) offerNow(ctx context.Context, r *routed, found sought) (asked []string, err error) {
	sid := found.task.SID
	if r == nil {
		if r, err = t.routedTask(ctx, sid); err != nil {
			return nil, gone(err)
		}
		if goesOn, err := t.mayGoOn(ctx, r, sid); goesOn || err != nil {
			return nil, err
		}
	}
	task := r.tasks[sid]
	if task.LineID != found.task.LineID || task.ForKey != found.task.ForKey || task.Place != found.task.Place { // it is somewhere else by now
		return nil, nil
	}
	demand, queue, err := t.demandOf(ctx, task)
	if err != nil || demand == nil {
		return nil, gone(err)
	}
	choice, err := t.confirm(ctx, task, demand, queue.CrewID, found.workers)
	if err != nil || len(choice.Workers) == 0 {
		return nil, err
	}
	workflow, err := t.sharedWorkflow(ctx, task.WorkflowSID)
	if err != nil {
		return nil, err
	}
	chosen, err := t.asManyAsFit(ctx, choice.Workers)
	if err != nil {
		return nil, err
	}
	if len(found.trace.Judgements) == 0 {
		found.trace = choice.Trace
	}
	offers := make([]routing.Reservation, len(chosen))
	for n, w := range chosen {
		offers[n] = routing.Reservation{SID: t.sid(routing.PrefixReservation), WorkerSID: w.SID, WorkerName: w.FriendlyName, AgentID: w.AgentID, DueAt: workflow.OfferedUntil(t.now)}
		r.decisions[offers[n].SID] = found.trace.Brief(w.SID)
	}
	asked = sidsOf(chosen)
	if task.Accept { // one accepts it at once
		err := t.try(ctx, func(t *turn) error { return t.reserve(ctx, r, sid, offers[:1], true) })
		if err == nil || !unfit(err) {
			return asked[:1], err
		}
		// They cannot now, such as while control is passed to a bot: they are asked.
		again, err := t.routedTask(ctx, sid)
		if err != nil {
			return nil, err
		}
		again.doing, again.decisions = r.doing, r.decisions
		*r = *again
		r.draft(sid).Accept = false
	}
	return asked, t.reserve(ctx, r, sid, offers, false)
}

// reserve offers a task, and has the only offer accepted at once if that is asked for.
func (t *turn) reserve(ctx context.Context, r *routed, sid string, offers []routing.Reservation, accept bool) (err error) {
	a := *r.assignment(sid)
	for _, o := range offers {
		if a, err = a.Offer(o, t.now); err != nil {
			return err
		}
	}
	if accept {
		if a, err = a.Answer(offers[0].SID, routing.ReservationAccepts, "", t.now); err != nil {
			return err
		}
	}
	if err := r.with(a, t.now); err != nil {
		return err
	}
	return t.keepRouted(ctx, r)
}

// mayGoOn takes a task on that was found by another job than its own, if it is time to: it is
// not offered where it should not be any more.
func (t *turn) mayGoOn(ctx context.Context, r *routed, sid string) (goesOn bool, err error) {
	if task := r.tasks[sid]; task.Status != routing.TaskPending || task.LineID == "" {
		return true, nil // it is not in a line any more
	}
	return t.goOn(ctx, r, sid, routing.Tried{})
}

// confirm chooses once more among those who were found for a task, and rests on it.
func (t *turn) confirm(ctx context.Context, task *storedTask, demand *routing.Demand, crewID string, sids []string) (routing.Choice, error) {
	all, err := workers.All(ctx, t.Work, sids...)
	if err != nil {
		return routing.Choice{}, err
	}
	known, err := t.knownWorker(ctx, task.WorkspaceSID, crewID, demand.Line)
	if err != nil {
		return routing.Choice{}, err
	}
	return routing.Choose(*demand, known, func(yield func(routing.Candidate) bool) {
		for _, w := range all {
			if w != nil && !w.Gone && !yield(w.candidate(crewID)) {
				return
			}
		}
	}, t.now), nil
}
