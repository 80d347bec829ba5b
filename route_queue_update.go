package engage

import (
	"context"
	"errors"
	"time"

	"github.com/engage-interactions/engage/routing"
)

// jobReorder works out anew where the tasks stand that wait in a queue, after what they are
// ordered by, or who works for it, was changed.
const jobReorder = "queue.reorder"

type reorder struct {
	QueueSID string `json:"queue_sid"`
	// Turn is what they are being ordered for; see storedQueue.
	Turn   int64  `json:"turn,omitempty"`
	Behind string `json:"behind,omitempty"` // the term of the task that was looked at last
}

// QueueUpdate is what is to change of a queue. What is nil stays.
type QueueUpdate struct {
	FriendlyName           *string
	TargetWorkers          *string // empty: all
	MaxReservedWorkers     *int
	TaskOrder              *routing.TaskOrder
	ReservationActivitySID *string // empty: none
	AssignmentActivitySID  *string // empty: none
	Matching               *routing.Matching
}

// Update changes a queue. Who works for it after its expression was changed, and where tasks
// stand that wait in it already, is worked out by jobs soon after; tasks that come meanwhile
// go by what is new. Offers that were made stay.
//
// The error wraps ErrInvalid for what a queue cannot have, ErrConflict if another one has
// the name.
func (s Queues) Update(ctx context.Context, sid string, u QueueUpdate) (routing.Queue, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, queueResource(sid)); err != nil {
		return routing.Queue{}, err
	}
	var updated routing.Queue
	err := s.do(ctx, func(t *turn) error {
		q, err := t.queue(ctx, sid)
		if err != nil {
			return err
		}
		before := *q
		set(&q.FriendlyName, u.FriendlyName)
		set(&q.TargetWorkers, u.TargetWorkers)
		set(&q.MaxReservedWorkers, u.MaxReservedWorkers)
		set(&q.TaskOrder, u.TaskOrder)
		set(&q.ReservationActivitySID, u.ReservationActivitySID)
		set(&q.AssignmentActivitySID, u.AssignmentActivitySID)
		set(&q.Matching, u.Matching)
		if q.TargetWorkers == "" {
			q.TargetWorkers = routing.EveryWorker
		}
		q.UpdatedAt = t.now
		e, err := t.checkQueue(ctx, q)
		if err != nil {
			return err
		}
		if err := t.rename(ctx, nameOfQueue, q.WorkspaceSID, q.SID, before.FriendlyName, q.FriendlyName, queueResource); err != nil {
			return err
		}
		if err := t.moveCrew(ctx, &before, q, e); err != nil {
			return err
		}
		if before.CrewID != q.CrewID || before.TaskOrder != q.TaskOrder || before.Matching != q.Matching {
			q.Turn++
			if q.Job, err = t.ensure(ctx, q.Job, jobReorder, reorder{QueueSID: q.SID}); err != nil {
				return err
			}
		}
		if before.TargetWorkers != q.TargetWorkers {
			if err := t.tellWorkspace(EventTaskQueueExpressionUpdated, queueResource(q.SID), q.WorkspaceSID, q.FriendlyName); err != nil {
				return err
			}
		}
		err = errors.Join(queues.Put(t.Work, q), t.tellWorkspace(EventTaskQueueUpdated, queueResource(q.SID), q.WorkspaceSID, q.FriendlyName))
		if err != nil {
			return err
		}
		return showQueue(ctx, t, q, &updated)
	})
	if err != nil {
		return routing.Queue{}, err
	}
	return updated, nil
}

// moveCrew has another crew work for a queue whose expression is another one now, and notes
// the activities that the queue names.
func (t *turn) moveCrew(ctx context.Context, before, q *storedQueue, e routing.Expression) error {
	c, err := t.crewsOf(ctx, q.WorkspaceSID)
	if err != nil {
		return err
	}
	c.place(q.SID, q.ReservationActivitySID, q.AssignmentActivitySID)
	if crewID(q.WorkspaceSID, e) == before.CrewID {
		return t.keepCrews(ctx, c, false)
	}
	idle := c.discharge(before)
	fresh, err := c.enlist(q, e)
	if err != nil {
		return err
	}
	return t.keepCrews(ctx, c, idle || fresh)
}

// Delete removes a queue. It is refused while a workflow names it, also one whose waiting
// tasks are being moved to a configuration that does not, and while tasks are in it, or are for
// it and about to come, that have not ended.
//
// The error wraps ErrRefused then, and says what needs it.
func (s Queues) Delete(ctx context.Context, sid string) error {
	if err := s.allow(ctx, ActionWorkspacesManage, queueResource(sid)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		q, err := t.queue(ctx, sid)
		if err != nil {
			return err
		}
		resource := queueResource(q.SID)
		if len(q.WorkflowSIDs) > 0 {
			return inUse(resource, "the workflow "+q.WorkflowSIDs[0]+" names it", "change or delete the workflow")
		}
		if err := t.noLiveTasks(ctx, q.SID, resource, "in it"); err != nil {
			return err
		}
		c, err := t.crewsOf(ctx, q.WorkspaceSID)
		if err != nil {
			return err
		}
		c.place(q.SID)
		idle := c.discharge(q)
		if q.Job != "" {
			if err := t.withdraw(ctx, q.Job); err != nil {
				return err
			}
		}
		return errors.Join(t.keepCrews(ctx, c, idle), dropCounts(ctx, t, &taskCounts, q.SID),
			t.rename(ctx, nameOfQueue, q.WorkspaceSID, q.SID, q.FriendlyName, "", queueResource), queues.Delete(t.Work, q),
			t.tellWorkspace(EventTaskQueueDeleted, resource, q.WorkspaceSID, q.FriendlyName))
	})
}

// reorder works out anew where some of the tasks of a queue stand. Those that come meanwhile
// have read the queue as it is.
func (t *turn) reorder(ctx context.Context, d *reorder) (again time.Time, err error) {
	q, err := t.queue(ctx, d.QueueSID)
	if err != nil {
		return time.Time{}, gone(err)
	}
	if d.Turn == 0 {
		d.Turn = q.Turn
	}
	page := waitingIn(byQueueWaiting, q.SID, t.Share(stepSize), d.Behind)
	list, next, err := tasks.Find(ctx, t.Work, page)
	if err != nil {
		return time.Time{}, err
	}
	for n, k := range list {
		if n > 0 && t.Size() > maxStep {
			return atOnce, nil
		}
		if err := t.reline(ctx, k, nil); err != nil {
			return time.Time{}, err
		}
		d.Behind = queueWaitingTerm(k)
	}
	switch {
	case next != "":
		return atOnce, nil
	case q.Turn > d.Turn: // it was changed again
		d.Turn, d.Behind = q.Turn, ""
		return atOnce, nil
	}
	q.Job = ""
	return time.Time{}, queues.Put(t.Work, q)
}

// reline works out anew where a task waits, if it does, after something was done to what it
// goes by; nil: nothing.
func (t *turn) reline(ctx context.Context, k *storedTask, change func(draft *storedTask, a *routing.Assignment)) error {
	if change == nil {
		is := *k
		if err := t.lineUp(ctx, &is); err != nil {
			return err
		}
		if is.LineID == k.LineID && is.ForKey == k.ForKey && is.Place == k.Place {
			return nil
		}
	}
	r, err := t.routedTask(ctx, k.SID)
	if err != nil {
		return err
	}
	draft := r.draft(k.SID)
	if change != nil {
		change(draft, r.assignment(k.SID))
	}
	return t.keepRouted(ctx, r)
}
