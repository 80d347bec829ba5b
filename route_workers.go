package engage

import (
	"context"
	"slices"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// What is kept of workers beside themselves, and always follows from them: where they stand
// ready, and how they are counted. Their own record is the guard of all of it.

// jobSeekTasks seeks tasks for a worker.
const jobSeekTasks = "worker.route"

type seekTasks struct {
	WorkerSID string `json:"worker_sid"`
}

// worker reads a worker who must be there.
func (t *turn) worker(ctx context.Context, sid string) (*storedWorker, error) {
	w, err := routingRecord(ctx, t, workers.Get, routing.PrefixWorker, sid, workerResource)
	if err == nil && w.Gone {
		w, err = nil, &NotFoundError{Resource: workerResource(sid), Reason: "was deleted"}
	}
	return w, err
}

// keepWorker writes a worker, who was read as before; nil: they are new. Whoever can take
// one more is looked for tasks afterwards, and who becomes available, for there may be tasks for
// them whatever else they do.
func (t *turn) keepWorker(ctx context.Context, in *storedWorkspace, before, after *storedWorker) error {
	after.UpdatedAt = t.now
	after.SingleTask = !in.MultiTask
	if err := t.keepReady(ctx, before.stands(), after.stands()); err != nil {
		return err
	}
	if err := t.countWorker(ctx, before, after); err != nil {
		return err
	}
	if len(after.open()) > 0 || after.Available && !after.Gone && (before == nil || !before.Available) {
		if _, err := t.add(ctx, jobs.Job{Type: jobSeekTasks}, seekTasks{WorkerSID: after.SID}); err != nil {
			return err
		}
	}
	if before == nil {
		return workers.Insert(t.Work, after)
	}
	return workers.Put(t.Work, after)
}

// clone returns a copy that can be changed.
func (w *storedWorker) clone() *storedWorker {
	c := *w
	c.Channels, c.CrewIDs = slices.Clone(w.Channels), slices.Clone(w.CrewIDs)
	return &c
}

// agent returns the agent as whom a worker acts; the zero Actor, if they act as none.
func (w *storedWorker) agent() Actor {
	if w.AgentID == "" {
		return Actor{}
	}
	return Agent(w.AgentID)
}

// actsFor reports whether the actor is the agent of a worker.
func (t *turn) actsFor(w *storedWorker) bool { return w.AgentID != "" && t.actor == w.agent() }

// open returns the task channels on which a worker can take one more task; none, of one who was
// deleted.
func (w *storedWorker) open() []string {
	if w == nil || w.Gone {
		return nil
	}
	return w.Open(w.SingleTask)
}

// stands returns where a worker stands ready, by the IDs of the records that say so.
func (w *storedWorker) stands() map[string]*readyWorker {
	open := w.open()
	if len(open) == 0 {
		return nil
	}
	idle := w.IdleKey()
	ready := map[string]*readyWorker{}
	for _, taskChannelSID := range open {
		for _, crewID := range w.CrewIDs {
			r := &readyWorker{CrewID: crewID, TaskChannelSID: taskChannelSID, WorkerSID: w.SID, IdleKey: idle}
			ready[readyWorkers.ID(r)] = r
		}
	}
	return ready
}

// keepReady writes where a worker stands ready now. All at once are read what is to change.
func (t *turn) keepReady(ctx context.Context, before, after map[string]*readyWorker) error {
	var changed []string
	for id, was := range before {
		if is := after[id]; is == nil || *is != *was {
			changed = append(changed, id)
		}
	}
	for id := range after {
		if before[id] == nil {
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	keys := make([]store.Key, len(changed))
	for n, id := range changed {
		keys[n] = readyWorkers.Key(t.Work, id)
	}
	if err := t.Load(ctx, keys...); err != nil { // what they say is known
		return err
	}
	for _, id := range changed {
		var err error
		if is := after[id]; is != nil {
			err = readyWorkers.Put(t.Work, is)
		} else {
			err = readyWorkers.Delete(t.Work, before[id])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// maxStands is in how many places those can stand ready together to whom a task is offered at
// the same time: whatever then happens to all of them fits into one commit.
const maxStands = MaxCrews * MaxTaskChannels

// asManyAsFit returns the first of some workers to whom a task can be offered at the same time:
// one at least, and all of them unless they are in very many queues.
func (t *turn) asManyAsFit(ctx context.Context, chosen []routing.Worker) ([]routing.Worker, error) {
	places := 0
	for n, is := range chosen {
		w, err := t.worker(ctx, is.SID)
		if err != nil {
			return nil, err
		}
		if places += (len(w.CrewIDs) + 1) * (len(w.Channels) + 1); n > 0 && places > maxStands {
			return chosen[:n], nil
		}
	}
	return chosen, nil
}
