package engage

import (
	"context"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// WorkerFilter says which workers to list. At most one of WorkspaceSID, ActivitySID and
// AgentID is set; without any, it is those of all workspaces.
type WorkerFilter struct {
	WorkspaceSID string
	ActivitySID  string
	AgentID      string
	Limit        int // 0: DefaultPage
	Continuation string
}

// List returns one page of workers, in the order of their SIDs. Threads.List says what it
// promises.
//
// The error wraps ErrInvalid for filters that exclude each other.
func (s Workers) List(ctx context.Context, filter WorkerFilter) (Page[routing.Worker], error) {
	named, err := oneOf(map[string]Resource{
		"WorkspaceSID": workspaceResource(filter.WorkspaceSID), "ActivitySID": activityResource(filter.ActivitySID),
		"AgentID": {Type: string(ActorAgent), ID: filter.AgentID},
	}, workerResource(""))
	if err != nil {
		return Page[routing.Worker]{}, err
	}
	if err := s.allow(ctx, ActionWorkersRead, named); err != nil {
		return Page[routing.Worker]{}, err
	}
	q := store.Query{Limit: filter.Limit, Cursor: filter.Continuation}
	switch {
	case filter.WorkspaceSID != "":
		q = inWorkspaceQuery(filter.WorkspaceSID, filter.Limit, filter.Continuation)
	case filter.ActivitySID != "":
		q.Index, q.Prefix = byActivity, sidTerm(routing.PrefixActivity, filter.ActivitySID).String()
	case filter.AgentID != "":
		q.Index, q.Prefix = byAgent, idTerm(plain(filter.AgentID)).String()
	}
	there := func(w *storedWorker) bool { return !w.Gone }
	return showPage(ctx, s.scope, &workers, q, there, shownPart(func(w *storedWorker) *routing.Worker { return &w.Worker }))
}

// WorkerChannelUpdate is what is to change of a worker's channel. What is nil stays.
type WorkerChannelUpdate struct {
	// Capacity is how many tasks they can have on it at a time, 0 to 10,000. What they have
	// beyond it already they keep.
	Capacity *int
	// Available says whether they take tasks on it at all.
	Available *bool
	// IfVersion refuses the update if the worker has another version by now.
	IfVersion *int64
}

// SetChannel changes how much a worker can do on a task channel, which is named by its SID
// or its unique name (TaskRouter's documentation, "WorkerChannel Resource"). The SID of the
// worker's own channel will do, too.
//
// The error wraps ErrInvalid for a capacity that cannot be, ErrNotFound if there is no such
// task channel, ErrConflict if the worker has another version than IfVersion.
func (s Workers) SetChannel(ctx context.Context, workerSID, taskChannel string, u WorkerChannelUpdate) (routing.WorkerChannel, error) {
	if err := s.allow(ctx, ActionWorkersUpdate, workerResource(workerSID)); err != nil {
		return routing.WorkerChannel{}, err
	}
	var updated routing.WorkerChannel
	err := s.do(ctx, func(t *turn) error {
		before, err := t.worker(ctx, workerSID)
		if err != nil {
			return err
		}
		if err := ifVersion(u.IfVersion, before.Version, workerResource(before.SID)); err != nil {
			return err
		}
		in, _, err := t.settingOf(ctx, before.WorkspaceSID)
		if err != nil {
			return err
		}
		after := before.clone()
		if err := t.fit(ctx, in, after); err != nil {
			return err
		}
		c, err := after.channel(taskChannel)
		if err != nil {
			return err
		}
		was := *c
		set(&c.Capacity, u.Capacity)
		set(&c.Available, u.Available)
		c.UpdatedAt = t.now
		after.Version++
		var wrong problems
		if c.Capacity < 0 || c.Capacity > routing.MaxCapacity {
			wrong.capacity(in.channels, c.TaskChannel, c.Capacity)
		}
		if err := wrong.err(); err != nil {
			return err
		}
		if c.Capacity != was.Capacity {
			if err := t.tellWorkerChannel(EventWorkerCapacityUpdated, after, *c); err != nil {
				return err
			}
		}
		if c.Available != was.Available {
			if err := t.tellWorkerChannel(EventWorkerChannelUpdated, after, *c); err != nil {
				return err
			}
		}
		updated = *c
		return t.keepWorker(ctx, in.workspace, before, after)
	})
	if err != nil {
		return routing.WorkerChannel{}, err
	}
	return updated, nil
}

// channel returns the channel that a worker has for a task channel, to be changed in place.
func (w *storedWorker) channel(named string) (*routing.WorkerChannel, error) {
	sid := named
	for _, p := range []routing.Prefix{routing.PrefixTaskChannel, routing.PrefixWorkerChannel} {
		if p.Valid(named) {
			sid = p.Alike(named)
		}
	}
	for n := range w.Channels {
		c := &w.Channels[n]
		if sid == c.TaskChannelSID || sid == c.SID || routing.NameKey(sid) == routing.NameKey(c.TaskChannel) {
			return c, nil
		}
	}
	return nil, &NotFoundError{Resource: taskChannelResource(named)}
}
