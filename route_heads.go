package engage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
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
	waiting, err := t.headsFor(ctx, w, w.Open(!workspace.MultiTask), func(h *waitingHead) bool {
		return !passed[h.task.SID] && routing.ChooseTask(w.Worker, []routing.Head{h.head}, workspace.PrioritizeQueueOrder, t.now).Head == 0
	})
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
