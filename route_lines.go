package engage

import (
	"context"
	"math"
	"slices"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// What a worker who can take one more looks at: the first task of each line that is for them.
// There may be many lines in a queue, as many as tasks if each demands something else. So once
// some of them have been looked at, it goes by the order of the queue instead, whatever the line:
// mostly one of the first tasks is one that they can take, and no line that has not been met by
// then has any that comes before it. Only where there is none all lines are looked at. While a
// queue is being reordered, a line that has not been met may have a task that comes before it: the
// two orders are mixed then, see settle.

const (
	// fewLines is how many lines of a queue are looked at one by one, to begin with.
	fewLines = 4
	// scanned is how many tasks of a queue with more lines are looked at in their order, in pages
	// of firstScan and then more.
	scanned   = 64
	firstScan = 4
)

// waitingHead is the first task of a line.
type waitingHead struct {
	task *storedTask
	head routing.Head
}

// lineKey tells the lines of a queue apart.
type lineKey struct{ taskChannelSID, lineID string }

// headsFor returns the first tasks of the lines that are for a worker: in the queues of their
// crews, on some task channels, and those that wait for them and nobody else. Of the lines of a
// queue it may leave out those whose tasks all come behind one that fits.
func (t *turn) headsFor(ctx context.Context, w *storedWorker, taskChannelSIDs []string, fits func(*waitingHead) bool) (waiting []*waitingHead, err error) {
	err = t.eachQueue(ctx, w, taskChannelSIDs, func(lines *lines) (goOn bool, err error) {
		if !lines.inQueue() {
			waiting, err = lines.walk(ctx, t, waiting, math.MaxInt)
			return err == nil, err
		}
		few, err := lines.walk(ctx, t, nil, fewLines)
		if err != nil || lines.over {
			waiting = append(waiting, few...)
			return err == nil, err
		}
		few, found, err := lines.scan(ctx, t, few, fits)
		if err == nil && !found {
			few, err = lines.walk(ctx, t, few, math.MaxInt)
		}
		waiting = append(waiting, few...)
		return err == nil, err
	})
	return waiting, err
}

// someHeadsFor returns the first tasks of lines that are for a worker, until there are enough.
func (t *turn) someHeadsFor(ctx context.Context, w *storedWorker, taskChannelSIDs []string, enough int) (waiting []*waitingHead, err error) {
	err = t.eachQueue(ctx, w, taskChannelSIDs, func(lines *lines) (goOn bool, err error) {
		waiting, err = lines.walk(ctx, t, waiting, enough)
		return len(waiting) < enough, err
	})
	return waiting, err
}

// eachQueue goes through the lines that are for a worker: those that wait for them and nobody
// else, and, where there is a task channel on which they can take one more, their queues.
func (t *turn) eachQueue(ctx context.Context, w *storedWorker, taskChannelSIDs []string, do func(*lines) (goOn bool, err error)) error {
	for _, known := range []routing.KnownWorker{{SID: w.SID}, {FriendlyName: w.FriendlyName}} {
		if goOn, err := do(&lines{worker: w, index: byKnown, within: idTerm(forKey(w.WorkspaceSID, known))}); !goOn || err != nil {
			return err
		}
	}
	if len(taskChannelSIDs) == 0 {
		return nil
	}
	all, err := t.core.crews.get(ctx, &crews, t.Work, w.WorkspaceSID)
	if err != nil || all == nil {
		return err
	}
	for _, crew := range all.Crews {
		if _, in := slices.BinarySearch(w.CrewIDs, crew.ID); !in {
			continue
		}
		for _, queueSID := range crew.QueueSIDs {
			if goOn, err := do(&lines{worker: w, index: byLine, within: idTerm(queueSID), on: taskChannelSIDs}); !goOn || err != nil {
				return err
			}
		}
	}
	return nil
}

// lines are those of a queue, or those that are for one worker and nobody else, as far as they
// have been looked at.
type lines struct {
	worker *storedWorker
	index  string
	within store.Tuple // the part of the index that they are in
	on     []string    // the task channels, of a queue
	from   string      // where those begin that have not been walked past
	over   bool        // there are none
	met    map[lineKey]bool
}

func (l *lines) inQueue() bool { return l.index == byLine }

// walk adds the first task of one line after another until there are enough: each is found behind
// the line before it, however many tasks that has. Lines of a queue on other task channels are
// passed over, all of a channel at once.
func (l *lines) walk(ctx context.Context, t *turn, waiting []*waitingHead, enough int) ([]*waitingHead, error) {
	for {
		found, _, err := tasks.Find(ctx, t.Work, store.Query{Index: l.index, Prefix: l.within.String(), From: l.from, Limit: 1})
		if err != nil {
			return nil, err
		}
		if l.over = len(found) == 0; l.over || len(waiting) >= enough {
			return waiting, nil
		}
		line := slices.Clone(l.within)
		if l.inQueue() {
			line = line.Text(found[0].TaskChannelSID)
			if !slices.Contains(l.on, found[0].TaskChannelSID) {
				l.from = behindText(line)
				continue
			}
		}
		head, err := l.meet(ctx, t, found[0])
		if err != nil {
			return nil, err
		}
		if head != nil {
			waiting = append(waiting, head)
		}
		l.from = behindText(line.Text(found[0].LineID))
	}
}

// scan adds the first tasks of lines as they come in the order of the queue, until one is found
// that fits. What it adds to is what was walked past.
func (l *lines) scan(ctx context.Context, t *turn, waiting []*waitingHead, fits func(*waitingHead) bool) (_ []*waitingHead, found bool, err error) {
	heads := make(map[string]*waitingHead, len(waiting))
	for _, h := range waiting {
		heads[h.task.SID] = h
	}
	q := store.Query{Index: byPlace, Prefix: l.within.String(), Limit: firstScan}
	for left := scanned; left > 0; {
		q.Limit = min(q.Limit, left)
		left -= q.Limit
		page, next, err := tasks.Find(ctx, t.Work, q)
		if err != nil {
			return nil, false, err
		}
		for _, task := range page {
			head := heads[task.SID]
			if head == nil && slices.Contains(l.on, task.TaskChannelSID) {
				if head, err = l.meet(ctx, t, task); err != nil {
					return nil, false, err
				}
				if head != nil {
					waiting = append(waiting, head)
				}
			}
			if head != nil && fits(head) {
				return waiting, true, nil
			}
		}
		if next == "" {
			break
		}
		q.Cursor, q.Limit = next, 4*q.Limit
	}
	return waiting, false, nil
}

// meet returns a task as one that could be offered to the worker; nil: it cannot be, or its line
// has been met before.
func (l *lines) meet(ctx context.Context, t *turn, task *storedTask) (*waitingHead, error) {
	key := lineKey{task.TaskChannelSID, task.LineID}
	if l.met[key] {
		return nil, nil //nolint:nilnil // no head is none
	}
	if l.met == nil {
		l.met = make(map[lineKey]bool)
	}
	l.met[key] = true
	return t.headFor(ctx, l.worker, task)
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
