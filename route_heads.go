package engage

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// seekTasks looks for a task for a worker, and offers it to them, and to whoever else it is
// offered to at the same time. If they can take one more then, that adds another of these jobs. If
// what was found is not there any more, or goes to somebody before them, or if there are tasks
// for them whatever else they do, they look again. What cannot be offered is passed over; the job
// fails by that only if there was nothing else.
func (t *turn) seekTasks(ctx context.Context, sid string) (again time.Time, err error) {
	var wrong error
	for passed := (passedOver{}); ; {
		var found sought
		err := t.Look(ctx, func(w *work.Work) (err error) {
			look := t.turn(w)
			if found, err = look.taskFor(ctx, sid, true, passed); err == nil && found.task != nil {
				err = look.addOthers(ctx, &found, passed)
			}
			return err
		})
		switch {
		case err == nil && found.stale:
			return atOnce, nil
		case err != nil || found.task == nil:
			return time.Time{}, cmp.Or(gone(err), wrong)
		}
		asked, err := t.offer(ctx, nil, found)
		switch {
		case passed.over(found.task, err):
			wrong = err
			continue
		case err != nil || !found.more && slices.Contains(asked, sid):
			return time.Time{}, err
		}
		return atOnce, nil
	}
}

// addOthers finds whom a task is offered to that was found for a worker: to several at the same
// time, or to another one first.
func (t *turn) addOthers(ctx context.Context, found *sought, passed passedOver) error {
	choice, err := t.choose(ctx, found.task)
	found.trace = choice.Trace
	if err != nil || len(choice.Workers) == 0 || choice.Workers[0].SID == found.workers[0] {
		found.workers = append(found.workers[:1], sidsOf(choice.Workers[min(1, len(choice.Workers)):])...)
		return gone(err)
	}
	*found, err = t.settle(ctx, sought{task: found.task, workers: sidsOf(choice.Workers), more: found.more, trace: choice.Trace}, passed)
	return gone(err)
}

// taskFor finds the task that a worker is to be offered; or, if there is nothing for them but
// what is kept for somebody else, what that one is.
func (t *turn) taskFor(ctx context.Context, sid string, orOther bool, passed passedOver) (found sought, err error) {
	w, err := t.worker(ctx, sid)
	if err != nil || !w.Available {
		return sought{}, err
	}
	workspace, err := t.workspace(ctx, w.WorkspaceSID)
	if err != nil {
		return sought{}, err
	}
	waiting, err := t.headsFor(ctx, w, w.Open(!workspace.MultiTask), math.MaxInt)
	if err != nil {
		return sought{}, err
	}
	if waiting, err = t.without(ctx, w, waiting, passed); err != nil {
		return sought{}, err
	}
	for _, h := range waiting {
		found.more = found.more || h.head.Demand.Line.IgnoreCapacity
	}
	for {
		heads := make([]routing.Head, len(waiting))
		for n, h := range waiting {
			heads[n] = h.head
		}
		pick := routing.ChooseTask(w.Worker, heads, workspace.PrioritizeQueueOrder, t.now)
		if pick.Head >= 0 {
			found.task, found.workers = waiting[pick.Head].task, []string{w.SID}
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
		if waiting, err = t.without(ctx, w, waiting, passed); err != nil {
			return sought{}, err
		}
		if !deeper {
			break
		}
	}
	if found.task != nil || !orOther {
		return found, nil
	}
	for _, h := range waiting {
		known := h.head.Known
		if known == nil || known.Worker.SID == w.SID {
			continue
		}
		if theirs := routing.Choose(h.head.Demand, known, nil, t.now); len(theirs.Workers) > 0 {
			// There is something for them, this or better, unless it was taken in this moment: then
			// what is behind it need not be theirs.
			found, err = t.taskFor(ctx, known.Worker.SID, false, passed)
			found.stale = found.task == nil
			return found, err
		}
	}
	return sought{}, nil
}

// without puts the next in line in the place of tasks that are passed over.
func (t *turn) without(ctx context.Context, w *storedWorker, waiting []*waitingHead, passed passedOver) ([]*waitingHead, error) {
	if len(passed) == 0 {
		return waiting, nil
	}
	for n := range waiting {
		for waiting[n] != nil && passed[waiting[n].task.SID] {
			next, err := t.nextInLine(ctx, w, waiting[n].task)
			if err != nil {
				return nil, err
			}
			waiting[n] = next
		}
	}
	return slices.DeleteFunc(waiting, func(h *waitingHead) bool { return h == nil }), nil
}

// waitingHead is the first task of a line.
type waitingHead struct {
	task *storedTask
	head routing.Head
}

// headsFor returns the first tasks of all lines that are for a worker: in the queues of their
// crews, on some task channels, and those that wait for them and nobody else. It ends when there
// are enough.
func (t *turn) headsFor(ctx context.Context, w *storedWorker, taskChannelSIDs []string, enough int) (waiting []*waitingHead, err error) {
	for _, key := range []string{forKey(w.WorkspaceSID, routing.KnownWorker{SID: w.SID}), forKey(w.WorkspaceSID, routing.KnownWorker{FriendlyName: w.FriendlyName})} {
		if waiting, err = t.headsIn(ctx, w, waiting, enough, byKnown, idTerm(key)); err != nil {
			return nil, err
		}
	}
	if len(taskChannelSIDs) == 0 {
		return waiting, nil
	}
	all, err := t.core.crews.get(ctx, &crews, t.Work, w.WorkspaceSID)
	if err != nil || all == nil {
		return waiting, err
	}
	for _, crew := range all.Crews {
		if _, in := slices.BinarySearch(w.CrewIDs, crew.ID); !in {
			continue
		}
		for _, queueSID := range crew.QueueSIDs {
			if waiting, err = t.headsIn(ctx, w, waiting, enough, byLine, idTerm(queueSID), taskChannelSIDs...); err != nil {
				return nil, err
			}
		}
	}
	return waiting, nil
}

// headsIn adds the first tasks of the lines within a part of an index: each is found behind
// the line before it, however many tasks that has. Where task channels are given, it is those of a
// queue, and lines on others are passed over: all of a channel at once.
func (t *turn) headsIn(
	ctx context.Context, w *storedWorker, waiting []*waitingHead, enough int, index string, within store.Tuple, taskChannelSIDs ...string,
) ([]*waitingHead, error) {
	q := store.Query{Index: index, Prefix: within.String(), Limit: 1}
	for {
		found, _, err := tasks.Find(ctx, t.Work, q)
		if err != nil || len(found) == 0 || len(waiting) >= enough {
			return waiting, err
		}
		line := slices.Clone(within)
		if len(taskChannelSIDs) > 0 {
			line = line.Text(found[0].TaskChannelSID)
			if !slices.Contains(taskChannelSIDs, found[0].TaskChannelSID) {
				q.From = behindText(line)
				continue
			}
		}
		head, err := t.headFor(ctx, w, found[0])
		if err != nil {
			return nil, err
		}
		if head != nil {
			waiting = append(waiting, head)
		}
		q.From = behindText(line.Text(found[0].LineID))
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
