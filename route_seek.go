package engage

import (
	"context"
	"iter"
	"slices"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// linePage is how many tasks of a line are read first: mostly the first one says it all. Each
// further page has four times as many, up to maxLinePage.
const (
	linePage    = 1
	maxLinePage = 64
)

// seekWorkers looks for workers for a task, or for one that is before it in its line and
// comes first.
func (t *turn) seekWorkers(ctx context.Context, task *storedTask, passed passedOver) (found sought, err error) {
	err = t.Look(ctx, func(w *work.Work) error {
		look, q := t.turn(w), task.line(linePage, "")
		for {
			line, next, err := tasks.Find(ctx, w, q)
			if err != nil {
				return err
			}
			for _, first := range line {
				switch {
				case first.Place > task.Place:
					return nil // it is in no line any more: somebody else has it
				case first.SID != task.SID && first.Tried && !first.Behind:
					return nil // nobody can take it, nor what is behind it
				case first.SID != task.SID && first.Tried, passed[first.SID]:
					continue
				}
				choice, err := look.choose(ctx, first)
				switch {
				case err != nil:
					return err
				case len(choice.Workers) > 0:
					found, err = look.settle(ctx, sought{task: first, workers: sidsOf(choice.Workers), trace: choice.Trace}, passed)
					return err
				case first.SID == task.SID || !choice.Behind:
					return nil
				}
			}
			if next == "" {
				return nil
			}
			q.Cursor, q.Limit = next, min(4*q.Limit, maxLinePage)
		}
	})
	return found, err
}

// settle goes from a task and who would be offered it to a task and a worker neither of whom has
// anything better: the worker is the first for the task, and the task the first for the worker.
// So it does not matter whose job is first when several tasks and workers wait for each other at
// the same time. Each step finds a task that comes before the one before, in the one order that
// tasks have for all workers of a workspace; so it ends. While a queue is being reordered there is
// no such order: then it ends with a task that it has met before.
func (t *turn) settle(ctx context.Context, found sought, passed passedOver) (sought, error) {
	for met := (map[string]bool{}); !met[found.task.SID]; {
		met[found.task.SID] = true
		better, err := t.taskFor(ctx, found.workers[0], false, passed)
		if err != nil || better.task == nil || better.task.SID == found.task.SID {
			return found, err
		}
		choice, err := t.choose(ctx, better.task)
		if err != nil {
			return found, err
		}
		if len(choice.Workers) > 0 {
			better.workers = sidsOf(choice.Workers)
		}
		better.more, better.trace = found.more, choice.Trace
		found = better
	}
	return found, nil
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
	candidates, failed := t.candidates(ctx, queue.CrewID, task.TaskChannelSID)
	choice := routing.Choose(*demand, known, candidates, t.now)
	return choice, failed()
}

func sidsOf(chosen []routing.Worker) []string {
	sids := make([]string, len(chosen))
	for n, w := range chosen {
		sids[n] = w.SID
	}
	return sids
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

// candidatePage is how many workers who stand ready are read first: mostly the first one can
// take the task. Each further page has four times as many.
const candidatePage = 2

// candidates goes through the workers of a crew who stand ready, who is idle for longest
// first. Whether they could all be read is said afterwards.
func (t *turn) candidates(ctx context.Context, crewID, taskChannelSID string) (all iter.Seq[routing.Candidate], failed func() error) {
	var err error
	return func(yield func(routing.Candidate) bool) {
		q := store.Query{Index: byIdle, Prefix: readyTerm(crewID, taskChannelSID).String(), Limit: candidatePage}
		for {
			var page []*storedWorker
			if page, q.Cursor, err = t.readyPage(ctx, q); err != nil {
				return
			}
			for _, w := range page {
				if w != nil && !w.Gone && !yield(w.candidate(crewID)) {
					return
				}
			}
			if q.Cursor == "" {
				return
			}
			q.Limit = min(4*q.Limit, store.MaxLimit)
		}
	}, func() error { return err }
}

// readyPage reads one page of workers who stand ready.
func (t *turn) readyPage(ctx context.Context, q store.Query) (page []*storedWorker, next string, err error) {
	ready, next, err := readyWorkers.Find(ctx, t.Work, q)
	if err != nil {
		return nil, "", err
	}
	sids := make([]string, len(ready))
	for n, r := range ready {
		sids[n] = r.WorkerSID
	}
	page, err = workers.All(ctx, t.Work, sids...)
	return page, next, err
}
