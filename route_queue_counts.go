package engage

import (
	"context"
	"time"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// QueueCounts says how a queue is doing.
type QueueCounts struct {
	QueueSID string `json:"task_queue_sid"`
	// Tasks counts those that have not ended, by their states; Waiting those of them that
	// nobody has accepted.
	Tasks   map[routing.TaskStatus]int64 `json:"tasks_by_status"`
	Waiting int64                        `json:"waiting_tasks"`
	// LongestWaiting is the SID of the one of them that was created first, at WaitingSince.
	LongestWaiting string    `json:"longest_waiting_task_sid,omitempty"`
	WaitingSince   time.Time `json:"longest_waiting_since,omitzero"`
	// EligibleWorkers are those for whom the expression of the queue holds, of whom
	// AvailableWorkers are in an activity in which they are offered tasks, whether they have
	// room for one or not. Activities counts them by the SIDs of what they are doing.
	EligibleWorkers  int            `json:"total_eligible_workers"`
	AvailableWorkers int            `json:"total_available_workers"`
	Activities       map[string]int `json:"workers_by_activity"`
	// Settled says that it is known of all workers whether the expression holds for them.
	// After a queue was made, or its expression changed, it is false until a job has gone
	// through them.
	Settled bool `json:"settled"`
}

// Counts returns how a queue is doing (TaskRouter's documentation, "TaskQueue Real Time
// Statistics"). It costs the same however many tasks and workers there are: nothing is
// counted then. The numbers are all of one moment; the task that is waiting for longest is
// looked up after it, and is missing if there was none any more.
func (s Queues) Counts(ctx context.Context, sid string) (QueueCounts, error) {
	if err := s.allow(ctx, ActionWorkspacesRead, queueResource(sid)); err != nil {
		return QueueCounts{}, err
	}
	var counts QueueCounts
	err := s.look(ctx, func(t *turn) error {
		q, err := t.queue(ctx, sid)
		if err != nil {
			return err
		}
		for {
			keys := []store.Key{queues.Key(t.Work, q.SID), crews.Key(t.Work, q.WorkspaceSID)}
			for n := range shards {
				keys = append(keys, taskCounts.Key(t.Work, shardID(q.SID, n)), workerCounts.Key(t.Work, shardID(q.CrewID, n)))
			}
			if err := t.LoadTogether(ctx, keys...); err != nil {
				return err
			}
			is, err := t.queue(ctx, sid)
			if err != nil {
				return err
			}
			if is.CrewID == q.CrewID {
				break
			}
			q = is // it got another crew meanwhile
		}
		counts, err = t.countQueue(ctx, q)
		return err
	})
	if err != nil {
		return QueueCounts{}, err
	}
	return counts, nil
}

// countQueue sums up what was counted of a queue.
func (t *turn) countQueue(ctx context.Context, q *storedQueue) (QueueCounts, error) {
	counts := QueueCounts{QueueSID: q.SID}
	c, err := t.crewsOf(ctx, q.WorkspaceSID)
	if err != nil {
		return counts, err
	}
	if crew := c.crew(q.CrewID); crew != nil {
		counts.Settled = crew.Settled == crew.Turn
	}
	if counts.Tasks, err = t.tasksIn(ctx, q.SID); err != nil {
		return counts, err
	}
	delete(counts.Tasks, comesLater)
	counts.Waiting = counts.Tasks[routing.TaskPending] + counts.Tasks[routing.TaskReserved]
	facts, err := t.crewCounts(ctx, q.CrewID)
	if err != nil {
		return counts, err
	}
	counts.Activities, counts.AvailableWorkers = facts.ByActivity, facts.Available
	counts.EligibleWorkers = facts.Available + facts.Unavailable
	first, _, err := tasks.Find(ctx, t.Work, waitingIn(byQueueWaiting, q.SID, 1, ""))
	if err == nil && len(first) > 0 {
		counts.LongestWaiting, counts.WaitingSince = first[0].SID, first[0].CreatedAt
	}
	return counts, err
}
