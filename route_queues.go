package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
)

// Queues are where tasks wait for the workers who can do them (TaskRouter's documentation,
// "TaskQueue Resource"). Queues with the same expression share their workers: what is known
// of who can do what is kept once for all of them.
type Queues struct{ scope }

// NewQueue is a queue to be created.
type NewQueue struct {
	// FriendlyName is unique in the workspace, whatever the case; up to 64 characters.
	FriendlyName string
	// TargetWorkers says who works for it: an expression over the attributes of workers, of
	// up to 64 KiB. Empty: all.
	TargetWorkers string
	// MaxReservedWorkers is to how many workers a task is offered at a time, 1 to 50: to less,
	// if they are in so many queues that not all that happens to them fits into one commit.
	// 0: 1.
	MaxReservedWorkers int
	// TaskOrder says which of the tasks that wait is next. Empty: FIFO.
	TaskOrder routing.TaskOrder
	// ReservationActivitySID and AssignmentActivitySID are what workers do once a task is
	// offered to them, and once they have accepted it. Empty: what they did before.
	ReservationActivitySID string
	AssignmentActivitySID  string
	// Matching is what it has beyond the platform.
	Matching routing.Matching
}

// Create adds a queue to a workspace, which can have MaxQueues, with MaxCrews different
// expressions. Who works for it is found out by a job, which goes through all workers, unless
// another queue has the same expression; see QueueCounts.Settled.
//
// The error wraps ErrInvalid for what a queue cannot have, ErrConflict if another one has
// the name.
func (s Queues) Create(ctx context.Context, workspaceSID string, n NewQueue) (routing.Queue, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, workspaceResource(workspaceSID)); err != nil {
		return routing.Queue{}, err
	}
	var created routing.Queue
	err := s.do(ctx, func(t *turn) error {
		w, err := t.workspace(ctx, workspaceSID)
		if err != nil {
			return err
		}
		c, err := t.crewsOf(ctx, w.SID)
		if err != nil {
			return err
		}
		if c.queueCount() >= MaxQueues {
			return limitReached(workspaceResource(w.SID), MaxQueues, "queues")
		}
		q := &storedQueue{Queue: routing.Queue{
			SID: t.sid(routing.PrefixQueue), AccountSID: w.AccountSID, WorkspaceSID: w.SID, FriendlyName: n.FriendlyName,
			TargetWorkers: n.TargetWorkers, MaxReservedWorkers: n.MaxReservedWorkers, TaskOrder: n.TaskOrder, Matching: n.Matching,
			ReservationActivitySID: n.ReservationActivitySID, AssignmentActivitySID: n.AssignmentActivitySID, CreatedAt: t.now, UpdatedAt: t.now,
		}}
		if q.TargetWorkers == "" {
			q.TargetWorkers = routing.EveryWorker
		}
		if q.MaxReservedWorkers == 0 {
			q.MaxReservedWorkers = 1
		}
		if q.TaskOrder == "" {
			q.TaskOrder = routing.FIFO
		}
		e, err := t.checkQueue(ctx, q)
		if err != nil {
			return err
		}
		if err := t.rename(ctx, nameOfQueue, w.SID, q.SID, "", q.FriendlyName, queueResource); err != nil {
			return err
		}
		fresh, err := c.enlist(q, e)
		if err != nil {
			return err
		}
		c.place(q.SID, q.ReservationActivitySID, q.AssignmentActivitySID)
		err = errors.Join(t.keepCrews(ctx, c, fresh), queues.Insert(t.Work, q),
			t.tellWorkspace(EventTaskQueueCreated, queueResource(q.SID), w.SID, q.FriendlyName))
		if err != nil {
			return err
		}
		return showQueue(ctx, t, q, &created)
	})
	if err != nil {
		return routing.Queue{}, err
	}
	return created, nil
}

// Get returns a queue.
func (s Queues) Get(ctx context.Context, sid string) (routing.Queue, error) {
	if err := s.allow(ctx, ActionWorkspacesRead, queueResource(sid)); err != nil {
		return routing.Queue{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Queue, error) { return t.shownQueue(ctx, sid) })
}

// shownQueue reads a queue as it is shown.
func (t *turn) shownQueue(ctx context.Context, sid string) (*routing.Queue, error) {
	q, err := t.queue(ctx, sid)
	if err != nil {
		return nil, err
	}
	shown := &routing.Queue{}
	return shown, showQueue(ctx, t, q, shown)
}

// List returns one page of the queues of a workspace, in the order of their SIDs.
func (s Queues) List(ctx context.Context, workspaceSID string, limit int, continuation string) (Page[routing.Queue], error) {
	if err := s.allow(ctx, ActionWorkspacesRead, workspaceResource(workspaceSID)); err != nil {
		return Page[routing.Queue]{}, err
	}
	return showPage(ctx, s.scope, &queues, inWorkspaceQuery(workspaceSID, limit, continuation), everything, showQueue)
}

// checkQueue says what is wrong with a queue, and returns its expression.
func (t *turn) checkQueue(ctx context.Context, q *storedQueue) (routing.Expression, error) {
	var wrong problems
	if err := wrong.check(q.Check()); err != nil {
		return routing.Expression{}, err
	}
	for _, place := range []struct {
		path string
		sid  *string
	}{{"reservation_activity_sid", &q.ReservationActivitySID}, {"assignment_activity_sid", &q.AssignmentActivitySID}} {
		if *place.sid == "" {
			continue
		}
		if err := t.namedActivity(ctx, &wrong, place.path, q.WorkspaceSID, place.sid); err != nil {
			return routing.Expression{}, err
		}
	}
	if err := wrong.err(); err != nil {
		return routing.Expression{}, err
	}
	return routing.ParseExpression(q.TargetWorkers, routing.ScopeWorker)
}

// showQueue returns what is shown of a queue: with the names that its activities have now.
func showQueue(ctx context.Context, t *turn, q *storedQueue, shown *routing.Queue) (err error) {
	*shown = q.Queue
	if shown.ReservationActivityName, err = t.activityName(ctx, q.ReservationActivitySID); err != nil {
		return err
	}
	shown.AssignmentActivityName, err = t.activityName(ctx, q.AssignmentActivitySID)
	return err
}
