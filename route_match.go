package engage

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Matching, in two kinds of jobs: one looks after a task that waits, the other after a worker
// who can take one more. Each is written in the commit that gives rise to it, and looks at
// what there is after that commit: of a task and a worker who come at the same time, at least
// the later finds the other.
//
// They look first, without resting on what they see, and decide then on the task and the
// worker that they have found, in one commit that holds only if both are still as they were.

// jobTimeOutReservation ends a reservation that nobody answers.
const jobTimeOutReservation = "reservation.time_out"

type reservationTimeOut struct {
	ReservationSID string `json:"reservation_sid"`
}

func (c *core) registerRouting() {
	c.registerStaff()
	c.jobs.Within(jobRoute, c.routingJob(func(ctx context.Context, t *turn, job string, d *routeTask) (time.Time, error) {
		return t.lookAfter(ctx, job, d.TaskSID)
	}))
	c.jobs.Within(jobSeekTasks, within(c, func(ctx context.Context, t *turn, d *seekTasks) (time.Time, error) {
		return t.seekTasks(ctx, d.WorkerSID)
	}))
	c.jobs.Within(jobTimeOutReservation, within(c, func(ctx context.Context, t *turn, d *reservationTimeOut) (time.Time, error) {
		return t.timeOutReservation(ctx, d.ReservationSID)
	}))
}

// routingJob is within, for a job that must know which one it is.
func (c *core) routingJob(do func(ctx context.Context, t *turn, job string, d *routeTask) (time.Time, error)) jobs.Within {
	h := within(c, func(context.Context, *turn, *routeTask) (time.Time, error) { return time.Time{}, nil })
	h.Do = func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
		return within(c, func(ctx context.Context, t *turn, d *routeTask) (time.Time, error) { return do(ctx, t, j.ID, d) }).Do(ctx, w, j)
	}
	return h
}

// timeOutReservation ends a reservation whose time is over.
func (t *turn) timeOutReservation(ctx context.Context, sid string) (time.Time, error) {
	r, reservation, err := t.routedReservation(ctx, sid)
	if err != nil {
		return time.Time{}, gone(err)
	}
	switch {
	case reservation.Status != routing.ReservationPending:
		return time.Time{}, nil
	case t.now.Before(reservation.DueAt):
		return reservation.DueAt, nil
	}
	a, err := r.assignment(reservation.TaskSID).Answer(reservation.SID, routing.ReservationTimesOut, "", t.now)
	if err != nil {
		return time.Time{}, err
	}
	return time.Time{}, errors.Join(r.with(a, t.now), t.keepRouted(ctx, r))
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
	if task.Held { // the channel is being set up: it can only expire
		outcome := routing.Configuration{}.Advance(task.Task, routing.Tried{}, t.now)
		if outcome.Do != routing.DoEnd {
			return task.ExpiresAt(), nil
		}
		return t.routeOn(ctx, r, task, outcome)
	}
	configuration, err := t.configuration(ctx, task.WorkflowSID, task.Version)
	if err != nil {
		return time.Time{}, err
	}
	outcome := configuration.Advance(task.Task, routing.Tried{}, t.now)
	switch {
	case outcome.Do != routing.DoOffer:
		return t.routeOn(ctx, r, task, outcome)
	case task.LineID == "" || outcome.Waiting.Step.EnteredAt != task.Waiting.Step.EnteredAt: // it goes on
		return t.routeOn(ctx, r, task, outcome)
	}
	sought, err := t.seekWorkers(ctx, task)
	if err != nil {
		return time.Time{}, err
	}
	if sought.task != nil {
		return t.offer(ctx, r, job, sought)
	}
	tried := routing.Tried{Nobody: true}
	if tried.Workers, err = t.skipFacts(ctx, task); err != nil {
		return time.Time{}, err
	}
	outcome = configuration.Advance(task.Task, tried, t.now)
	draft := r.draft(sid)
	draft.Tried, draft.Behind = true, sought.behind
	if !sought.again.IsZero() && outcome.Do == routing.DoWait && sought.again.Before(outcome.Until) {
		outcome.Until = sought.again
	}
	return t.routeOn(ctx, r, task, outcome)
}

// skipFacts counts the workers of the task's queue, if that is asked for.
func (t *turn) skipFacts(ctx context.Context, task *storedTask) (routing.WorkersFacts, error) {
	configuration, err := t.configuration(ctx, task.WorkflowSID, task.Version)
	if err != nil {
		return routing.WorkersFacts{}, err
	}
	target, there := configuration.TargetOf(task.Task)
	if !there || target.SkipIf == nil || task.Waiting.Settled {
		return routing.WorkersFacts{}, nil
	}
	var facts routing.WorkersFacts
	err = t.core.runner.Look(ctx, func(w *work.Work) error {
		look := t.turn(w)
		queue, err := look.queue(ctx, task.QueueSID)
		if err != nil {
			return err
		}
		facts, err = look.crewCounts(ctx, queue.CrewID)
		return err
	})
	return facts, err
}

// routeOn takes a task on in its workflow, or ends it.
func (t *turn) routeOn(ctx context.Context, r *routed, task *storedTask, outcome routing.Outcome) (again time.Time, err error) {
	draft := r.draft(task.SID)
	a, err := r.assignment(task.SID).Follow(outcome, t.now)
	if err != nil {
		return time.Time{}, err
	}
	if err := r.with(a, t.now); err != nil {
		return time.Time{}, err
	}
	if outcome.Do == routing.DoWait || outcome.Do == routing.DoNothing {
		draft.RouteAt = outcome.Until
	}
	if err := t.keepRouted(ctx, r); err != nil {
		return time.Time{}, err
	}
	switch {
	case !draft.waits():
		return time.Time{}, nil
	case draft.RouteAt.IsZero():
		return atOnce, nil
	}
	return draft.RouteAt, nil
}

// sought is what was found for a task, or for a worker.
type sought struct {
	task    *storedTask // the one that is to be offered; nil: there is nobody for it
	workers []string    // to whom, by their SIDs
	// behind says that somebody was turned down only because of the task itself, and again
	// when that ends.
	behind bool
	again  time.Time
}

// linePage is how many tasks of a line are read at a time.
const linePage = 10

// seekWorkers looks for workers for a task, or for one that is before it in its line and
// comes first.
func (t *turn) seekWorkers(ctx context.Context, task *storedTask) (found sought, err error) {
	err = t.core.runner.Look(ctx, func(w *work.Work) error {
		look, cursor := t.turn(w), ""
		for {
			line, next, err := tasks.Find(ctx, w, task.line(linePage, cursor))
			if err != nil {
				return err
			}
			for _, first := range line {
				switch {
				case first.Place > task.Place:
					return nil // it is in no line any more: somebody else has it
				case first.SID != task.SID && first.Tried && !first.Behind:
					return nil // nobody can take it, nor what is behind it
				case first.SID != task.SID && first.Tried:
					continue
				}
				choice, err := look.choose(ctx, first)
				switch {
				case err != nil:
					return err
				case len(choice.Workers) > 0:
					found.task = first
					for _, w := range choice.Workers {
						found.workers = append(found.workers, w.SID)
					}
					return nil
				case first.SID == task.SID:
					found.behind, found.again = choice.Behind, choice.Again
					return nil
				case !choice.Behind:
					return nil
				}
			}
			if next == "" {
				return nil
			}
			cursor = next
		}
	})
	return found, err
}

// line is the query of the tasks of the line that a task waits in, in their order.
func (k *storedTask) line(limit int, cursor string) store.Query {
	if k.ForKey != "" {
		return store.Query{Index: byKnown, Prefix: idTerm(k.ForKey).Text(k.LineID).String(), Limit: limit, Cursor: cursor}
	}
	return store.Query{Index: byLine, Prefix: lineTerm(k.QueueSID, k.TaskChannelSID).Text(k.LineID).String(), Limit: limit, Cursor: cursor}
}

// choose seeks workers for a task among those who stand ready.
func (t *turn) choose(ctx context.Context, task *storedTask) (routing.Choice, error) {
	demand, queue, err := t.demandOf(ctx, task)
	if err != nil || demand == nil {
		return routing.Choice{}, err
	}
	known, err := t.knownWorker(ctx, task.WorkspaceSID, queue.CrewID, demand.Line)
	if err != nil {
		return routing.Choice{}, err
	}
	var failed error
	choice := routing.Choose(*demand, known, t.candidates(ctx, queue.CrewID, task.TaskChannelSID, &failed), t.now)
	return choice, failed
}

// knownWorker reads the worker whom a line is for; nil: there is none.
func (t *turn) knownWorker(ctx context.Context, workspaceSID, crewID string, l routing.Line) (*routing.Candidate, error) {
	if !l.ForKnown {
		return nil, nil //nolint:nilnil // nobody is nobody
	}
	sid := l.Known.SID
	if sid == "" {
		bound, err := t.routingName(ctx, nameOfWorker, workspaceSID, l.Known.FriendlyName)
		if err != nil || bound == "" {
			return nil, err
		}
		sid = bound
	}
	w, err := t.worker(ctx, sid)
	if err != nil {
		return nil, gone(err)
	}
	if w.WorkspaceSID != workspaceSID {
		return nil, nil //nolint:nilnil // nobody is nobody
	}
	c := w.candidate(crewID)
	return &c, nil
}

// candidate is the worker as somebody who could take a task of the queues of a crew.
func (w *storedWorker) candidate(crewID string) routing.Candidate {
	_, in := slices.BinarySearch(w.CrewIDs, crewID)
	return routing.Candidate{Worker: w.Worker, InQueue: in}
}

// candidatePage is how many workers who stand ready are read at a time.
const candidatePage = 8

// candidates goes through the workers of a crew who stand ready, who is idle for longest
// first.
func (t *turn) candidates(ctx context.Context, crewID, taskChannelSID string, failed *error) iter.Seq[routing.Candidate] {
	return func(yield func(routing.Candidate) bool) {
		q := store.Query{Index: byIdle, Prefix: readyTerm(crewID, taskChannelSID).String(), Limit: candidatePage}
		for {
			ready, next, err := readyWorkers.Find(ctx, t.Work, q)
			if err != nil {
				*failed = err
				return
			}
			sids := make([]string, len(ready))
			for n, r := range ready {
				sids[n] = r.WorkerSID
			}
			all, err := workers.All(ctx, t.Work, sids...)
			if err != nil {
				*failed = err
				return
			}
			for _, w := range all {
				if w != nil && !w.Gone && !yield(w.candidate(crewID)) {
					return
				}
			}
			if next == "" {
				return
			}
			q.Cursor, q.Limit = next, min(4*q.Limit, store.MaxLimit)
		}
	}
}

// offer offers what was found to whom it was found for, if both are still as they were. It is
// done by a job that looks after a task, which may be another one.
func (t *turn) offer(ctx context.Context, r *routed, job string, found sought) (again time.Time, err error) {
	if r == nil || r.tasks[found.task.SID] == nil {
		if r, err = t.routedTask(ctx, found.task.SID); err != nil {
			return time.Time{}, err
		}
		r.doing = job
	}
	task := r.tasks[found.task.SID]
	if task.LineID != found.task.LineID || task.Place != found.task.Place { // it is somewhere else by now
		return atOnce, nil
	}
	demand, queue, err := t.demandOf(ctx, task)
	if err != nil || demand == nil {
		return atOnce, err
	}
	var fits []routing.Candidate
	for _, sid := range found.workers {
		w, err := t.worker(ctx, sid)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return time.Time{}, err
		}
		fits = append(fits, w.candidate(queue.CrewID))
	}
	var known *routing.Candidate
	if demand.Line.ForKnown {
		if known, err = t.knownWorker(ctx, task.WorkspaceSID, queue.CrewID, demand.Line); err != nil {
			return time.Time{}, err
		}
	}
	choice := routing.Choose(*demand, known, slices.Values(fits), t.now)
	if len(choice.Workers) == 0 {
		return atOnce, nil
	}
	workflow, err := t.workflow(ctx, task.WorkflowSID)
	if err != nil {
		return time.Time{}, err
	}
	a := *r.assignment(task.SID)
	for _, w := range choice.Workers {
		a, err = a.Offer(routing.Reservation{
			SID: t.sid(routing.PrefixReservation), WorkerSID: w.SID, WorkerName: w.FriendlyName, DueAt: workflow.OfferedUntil(t.now),
		}, t.now)
		if err != nil {
			return time.Time{}, err
		}
	}
	if task.Accept { // by who has asked for it
		if a, err = a.Answer(a.Reservations[len(a.Reservations)-1].SID, routing.ReservationAccepts, "", t.now); err != nil {
			return time.Time{}, err
		}
	}
	if err := r.with(a, t.now); err != nil {
		return time.Time{}, err
	}
	if err := t.keepRouted(ctx, r); err != nil {
		return time.Time{}, err
	}
	draft := r.draft(task.SID)
	switch {
	case draft.RouteJob == job && draft.waits():
		return draft.RouteAt, nil
	case draft.RouteJob == job || !draft.waits() && task.RouteJob == job:
		return time.Time{}, nil
	}
	return atOnce, nil // it was for another: now for what this is about
}

// seekTasks looks for a task for a worker, offers it to them, and goes on until there is
// nothing left that they could take.
func (t *turn) seekTasks(ctx context.Context, sid string) (again time.Time, err error) {
	var found sought
	err = t.core.runner.Look(ctx, func(w *work.Work) (err error) {
		found, err = t.turn(w).taskFor(ctx, sid)
		return err
	})
	if err != nil || found.task == nil {
		return time.Time{}, gone(err)
	}
	_, err = t.offer(ctx, nil, "", found)
	return atOnce, gone(err)
}

// taskFor finds the task that a worker is to be offered.
func (t *turn) taskFor(ctx context.Context, sid string) (found sought, err error) {
	w, err := t.worker(ctx, sid)
	if err != nil || !w.Available {
		return sought{}, err
	}
	workspace, err := t.workspace(ctx, w.WorkspaceSID)
	if err != nil {
		return sought{}, err
	}
	waiting, err := t.headsFor(ctx, workspace, w)
	if err != nil {
		return sought{}, err
	}
	for {
		heads := make([]routing.Head, len(waiting))
		for n, h := range waiting {
			heads[n] = h.head
		}
		pick := routing.ChooseTask(w.Worker, heads, workspace.PrioritizeQueueOrder, t.now)
		if pick.Head >= 0 {
			found.task, found.workers = waiting[pick.Head].task, []string{sid}
		}
		// Of what the worker is kept from, the next in line may be for them, and come before
		// what was found.
		deeper := false
		for _, n := range pick.Behind {
			next, err := t.nextInLine(ctx, w, waiting[n].task)
			if err != nil {
				return sought{}, err
			}
			waiting[n] = next
			deeper = deeper || next != nil
		}
		waiting = slices.DeleteFunc(waiting, func(h *waitingHead) bool { return h == nil })
		if !deeper {
			return found, nil
		}
	}
}

// waitingHead is the first task of a line.
type waitingHead struct {
	task *storedTask
	head routing.Head
}

// headsFor returns the first tasks of all lines that are for a worker: in the queues of their
// crews, on the task channels on which they can take one more, and those that wait for them
// and nobody else.
func (t *turn) headsFor(ctx context.Context, in *storedWorkspace, w *storedWorker) (waiting []*waitingHead, err error) {
	for _, key := range []string{forKey(w.WorkspaceSID, routing.KnownWorker{SID: w.SID}), forKey(w.WorkspaceSID, routing.KnownWorker{FriendlyName: w.FriendlyName})} {
		if waiting, err = t.headsIn(ctx, w, waiting, byKnown, idTerm(key)); err != nil {
			return nil, err
		}
	}
	if len(w.ready(in)) == 0 {
		return waiting, nil
	}
	all, err := crews.Get(ctx, t.Work, w.WorkspaceSID)
	if err != nil || all == nil {
		return waiting, err
	}
	for _, crew := range all.Crews {
		if _, in := slices.BinarySearch(w.CrewIDs, crew.ID); !in {
			continue
		}
		for _, queueSID := range crew.QueueSIDs {
			for _, c := range w.Channels {
				if !c.Takes() {
					continue
				}
				if waiting, err = t.headsIn(ctx, w, waiting, byLine, lineTerm(queueSID, c.TaskChannelSID)); err != nil {
					return nil, err
				}
			}
		}
	}
	return waiting, nil
}

// headsIn adds the first tasks of the lines within a part of an index: each is found behind
// the line before it, however many tasks that has.
func (t *turn) headsIn(ctx context.Context, w *storedWorker, waiting []*waitingHead, index string, within store.Tuple) ([]*waitingHead, error) {
	q := store.Query{Index: index, Prefix: within.String(), Limit: 1}
	for {
		found, _, err := tasks.Find(ctx, t.Work, q)
		if err != nil || len(found) == 0 {
			return waiting, err
		}
		head, err := t.headFor(ctx, w, found[0])
		if err != nil {
			return nil, err
		}
		if head != nil {
			waiting = append(waiting, head)
		}
		q.From = behindText(slices.Clone(within).Text(found[0].LineID))
	}
}

// behindText returns where the terms begin that come behind all those that begin with a
// tuple, which ends with a text.
func behindText(t store.Tuple) string { return string(t[:len(t)-1]) + "\x02" }

// headFor returns a task as one that could be offered to a worker; nil: it cannot be.
func (t *turn) headFor(ctx context.Context, w *storedWorker, task *storedTask) (*waitingHead, error) {
	demand, queue, err := t.demandOf(ctx, task)
	if err != nil || demand == nil {
		return nil, gone(err)
	}
	h := &waitingHead{task: task, head: routing.Head{
		Task: task.Task, Demand: *demand, Ordering: queue.Ordering(), InQueue: w.candidate(queue.CrewID).InQueue,
	}}
	if demand.Line.ForKnown && demand.Line.Fallback {
		h.head.Known, err = t.knownWorker(ctx, task.WorkspaceSID, queue.CrewID, demand.Line)
	}
	return h, err
}

// nextInLine returns the task behind one in its line; nil: there is none.
func (t *turn) nextInLine(ctx context.Context, w *storedWorker, task *storedTask) (*waitingHead, error) {
	q := task.line(1, "")
	q.From = string(store.Tuple(q.Prefix).Text(task.Place)) + "\x02"
	found, _, err := tasks.Find(ctx, t.Work, q)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return t.headFor(ctx, w, found[0])
}
