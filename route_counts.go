package engage

import (
	"context"
	"errors"
	"maps"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
)

// How many tasks and workers there are is counted as they change, in the same commit, and spread
// over shards. So it is read at once however many there are; and whoever reads all shards of
// something and writes in the same commit, such as to delete it, knows that nothing has come
// meanwhile.

// shards is over how many records a count is spread, so that those who change it at the same
// time seldom meet.
const shards = 16

// shardedTasks counts tasks that have not ended, of one shard: those of a queue, of a
// workflow, or on a task channel. Of the latter two, all are counted as pending: what
// matters is whether there is any. See comesLater for the one other state.
type shardedTasks struct {
	QueueSID string                       `json:"queue_sid"`
	Shard    int                          `json:"shard"`
	Tasks    map[routing.TaskStatus]int64 `json:"tasks,omitempty"`
}

// shardedWorkers counts workers by their activities, of one shard: those of a crew, or all
// of a workspace.
type shardedWorkers struct {
	CrewID     string           `json:"crew_id"`
	Shard      int              `json:"shard"`
	Available  int64            `json:"available"`
	Activities map[string]int64 `json:"activities,omitempty"` // by SID
}

// shardOf returns the shard in which something is counted.
func shardOf(sid string) int {
	n := 0
	for _, c := range []byte(sid) {
		n = n*31 + int(c)
		n &= 0xffff
	}
	return n % shards
}

func shardID(of string, shard int) string { return idTerm(of).Int(int64(shard)).String() }

// shardIDs returns the IDs of all shards in which something is counted.
func shardIDs(of string) []string {
	ids := make([]string, shards)
	for n := range ids {
		ids[n] = shardID(of, n)
	}
	return ids
}

// comesLater is how tasks are counted in a queue that they are for, and have not entered yet.
const comesLater routing.TaskStatus = "later"

// countTask counts a task in its queue, by its state, and in its workflow and on its task
// channel while it has not ended: whoever deletes one of them reads all shards, so that no
// task can come meanwhile. One that is for a queue and not there yet, because its channel is being
// set up, is counted there by itself.
func (t *turn) countTask(ctx context.Context, was, is *storedTask) error {
	type at struct {
		of     string
		status routing.TaskStatus
	}
	changes := map[at]int64{}
	count := func(k *storedTask, by int64) {
		if k == nil || !k.Status.Live() {
			return
		}
		if k.QueueSID == "" && routing.PrefixQueue.Valid(k.RoutingTarget) {
			changes[at{k.RoutingTarget, comesLater}] += by
		}
		changes[at{k.QueueSID, k.Status}] += by
		changes[at{k.WorkflowSID, routing.TaskPending}] += by
		changes[at{k.TaskChannelSID, routing.TaskPending}] += by
	}
	count(was, -1)
	count(is, 1)
	maps.DeleteFunc(changes, func(a at, by int64) bool { return by == 0 || a.of == "" })
	of := map[string]bool{}
	for a := range changes {
		of[a.of] = true
	}
	shard := shardOf(is.SID)
	return countIn(ctx, t, &taskCounts, shard, sortedKeys(of), func(sid string, count *shardedTasks) {
		count.QueueSID, count.Shard = sid, shard
		if count.Tasks == nil {
			count.Tasks = map[routing.TaskStatus]int64{}
		}
		for a, by := range changes {
			if a.of != sid {
				continue
			}
			if count.Tasks[a.status] += by; count.Tasks[a.status] == 0 {
				delete(count.Tasks, a.status)
			}
		}
	})
}

// countWorker counts a worker by what they do, in their workspace and in each of their crews.
func (t *turn) countWorker(ctx context.Context, before, after *storedWorker) error {
	type counted struct {
		crewID, activity string
		available        bool
	}
	changes := map[counted]int64{}
	add := func(w *storedWorker, by int64) {
		if w == nil || w.Gone {
			return
		}
		for _, id := range append([]string{w.WorkspaceSID}, w.CrewIDs...) {
			changes[counted{id, w.ActivitySID, w.Available}] += by
		}
	}
	add(before, -1)
	add(after, 1)
	maps.DeleteFunc(changes, func(_ counted, by int64) bool { return by == 0 })
	if len(changes) == 0 {
		return nil
	}
	of := map[string]bool{}
	for c := range changes {
		of[c.crewID] = true
	}
	shard := shardOf(after.SID)
	return countIn(ctx, t, &workerCounts, shard, sortedKeys(of), func(crewID string, count *shardedWorkers) {
		count.CrewID, count.Shard = crewID, shard
		if count.Activities == nil {
			count.Activities = map[string]int64{}
		}
		for c, by := range changes {
			if c.crewID != crewID {
				continue
			}
			if count.Activities[c.activity] += by; count.Activities[c.activity] == 0 {
				delete(count.Activities, c.activity)
			}
			if c.available {
				count.Available += by
			}
		}
	})
}

// countIn changes what is counted of some things, in one shard.
func countIn[T any](ctx context.Context, t *turn, table *work.Table[T], shard int, of []string, change func(of string, count *T)) error {
	ids := make([]string, len(of))
	for n, sid := range of {
		ids[n] = shardID(sid, shard)
	}
	counts, err := table.All(ctx, t.Work, ids...)
	if err != nil {
		return err
	}
	for n, sid := range of {
		if counts[n] == nil {
			counts[n] = new(T)
		}
		change(sid, counts[n])
		if err := table.Put(t.Work, counts[n]); err != nil {
			return err
		}
	}
	return nil
}

// tasksIn counts the tasks that have not ended in a queue, of a workflow or on a task
// channel, by state. Whoever changes that rewrites one of the records that this reads.
func (t *turn) tasksIn(ctx context.Context, of string) (map[routing.TaskStatus]int64, error) {
	all, err := taskCounts.All(ctx, t.Work, shardIDs(of)...)
	sum := map[routing.TaskStatus]int64{}
	for _, count := range all {
		if count == nil {
			continue
		}
		for status, n := range count.Tasks {
			sum[status] += n
		}
	}
	maps.DeleteFunc(sum, func(_ routing.TaskStatus, n int64) bool { return n == 0 })
	return sum, err
}

// noLiveTasks refuses to delete what tasks need that have not ended.
func (t *turn) noLiveTasks(ctx context.Context, of string, resource Resource, where string) error {
	live, err := t.tasksIn(ctx, of)
	if err != nil || len(live) == 0 {
		return err
	}
	return inUse(resource, "tasks are "+where+" that have not ended", "cancel or complete them")
}

// crewCounts returns how many workers of a crew there are, by what they do, or of a
// workspace: one read.
func (t *turn) crewCounts(ctx context.Context, crewID string) (routing.WorkersFacts, error) {
	all, err := workerCounts.All(ctx, t.Work, shardIDs(crewID)...)
	facts := routing.WorkersFacts{ByActivity: map[string]int{}}
	for _, count := range all {
		if count == nil {
			continue
		}
		facts.Available += int(count.Available)
		for activity, n := range count.Activities {
			facts.ByActivity[activity] += int(n)
			facts.Unavailable += int(n)
		}
	}
	facts.Unavailable -= facts.Available
	return facts, err
}

// dropCounts forgets how many there were of what is gone.
func dropCounts[T any](ctx context.Context, t *turn, table *work.Table[T], of string) error {
	all, err := table.All(ctx, t.Work, shardIDs(of)...)
	for _, count := range all {
		if count != nil {
			err = errors.Join(err, table.Delete(t.Work, count))
		}
	}
	return err
}
