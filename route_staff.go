package engage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/routing"
)

// Workers are who does tasks: agents, with what they can do and what they are doing
// (TaskRouter's documentation, "Worker Resource").
type Workers struct{ scope }

// NewWorker is a worker to be created.
type NewWorker struct {
	// FriendlyName is unique in the workspace, whatever the case; up to 64 characters.
	FriendlyName string
	// AgentID is the agent as whom they talk to customers. Empty: the friendly name.
	AgentID string
	// Attributes are what expressions look at: a JSON object of up to 4,096 characters.
	Attributes routing.Attributes
	// ActivitySID is what they are doing. Empty: the workspace's default.
	ActivitySID string
	// Capacities are how many tasks they can have at a time, 0 to 10,000, by the unique names
	// of task channels, whatever the case. What is not named is 1.
	Capacities map[string]int
}

// Create adds a worker to a workspace, in all queues whose expressions hold for them.
//
// The error wraps ErrInvalid for what a worker cannot have, ErrConflict if another one has
// the name.
func (s Workers) Create(ctx context.Context, workspaceSID string, n NewWorker) (routing.Worker, error) {
	if err := s.allow(ctx, ActionWorkersCreate, workspaceResource(workspaceSID)); err != nil {
		return routing.Worker{}, err
	}
	var created routing.Worker
	err := s.do(ctx, func(t *turn) error {
		in, _, err := t.settingOf(ctx, workspaceSID)
		if err != nil {
			return err
		}
		w := &storedWorker{Worker: routing.Worker{
			SID: t.sid(routing.PrefixWorker), AccountSID: in.workspace.AccountSID, WorkspaceSID: in.workspace.SID,
			FriendlyName: n.FriendlyName, AgentID: n.AgentID, Attributes: n.Attributes, ActivitySID: n.ActivitySID,
			StatusChangedAt: t.now, CreatedAt: t.now, UpdatedAt: t.now,
		}}
		if w.AgentID == "" {
			w.AgentID = w.FriendlyName
		}
		if w.Attributes == nil {
			w.Attributes = routing.Attributes{}
		}
		if w.ActivitySID == "" {
			w.ActivitySID = in.workspace.DefaultActivitySID
		}
		var wrong problems
		activity, err := t.checkWorker(ctx, &wrong, w)
		if err != nil {
			return err
		}
		capacities := wrong.capacities(in.channels, n.Capacities)
		if err := wrong.err(); err != nil {
			return err
		}
		w.ActivitySID, w.ActivityName, w.Available = activity.SID, activity.FriendlyName, activity.Available
		if err := t.rename(ctx, nameOfWorker, w.WorkspaceSID, w.SID, "", w.FriendlyName, workerResource); err != nil {
			return err
		}
		if err := t.fit(ctx, in, w); err != nil {
			return err
		}
		for i := range w.Channels {
			if capacity, named := capacities[w.Channels[i].TaskChannel]; named {
				w.Channels[i].Capacity = capacity
			}
		}
		err = errors.Join(t.keepWorker(ctx, in.workspace, nil, w), t.tellHired(w))
		created = w.Worker
		return err
	})
	if err != nil {
		return routing.Worker{}, err
	}
	return created, nil
}

// Get returns a worker.
func (s Workers) Get(ctx context.Context, sid string) (routing.Worker, error) {
	if err := s.allow(ctx, ActionWorkersRead, workerResource(sid)); err != nil {
		return routing.Worker{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Worker, error) { return t.shownWorker(ctx, sid) })
}

// shownWorker reads a worker as they are shown.
func (t *turn) shownWorker(ctx context.Context, sid string) (*routing.Worker, error) {
	w, err := t.worker(ctx, sid)
	if err != nil {
		return nil, err
	}
	return &w.Worker, nil
}

// WorkerUpdate is what is to change of a worker. What is nil stays.
type WorkerUpdate struct {
	FriendlyName *string
	AgentID      *string
	Attributes   *routing.Attributes
	ActivitySID  *string
	// RejectPendingReservations rejects what is offered to the worker. It goes with an
	// activity in which they are not available; without it they can accept that still.
	RejectPendingReservations bool
	// IfVersion refuses the update if the worker has another version by now.
	IfVersion *int64
}

// Update changes a worker, and what follows from that: which queues they are in, and whether
// tasks are offered to them. What they have they keep.
//
// The error wraps ErrInvalid for what a worker cannot have, ErrConflict if another one has
// the name, or the worker another version than IfVersion.
func (s Workers) Update(ctx context.Context, sid string, u WorkerUpdate) (routing.Worker, error) {
	if err := s.allow(ctx, ActionWorkersUpdate, workerResource(sid)); err != nil {
		return routing.Worker{}, err
	}
	var updated routing.Worker
	err := s.do(ctx, func(t *turn) error {
		before, err := t.worker(ctx, sid)
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
		set(&after.FriendlyName, u.FriendlyName)
		set(&after.AgentID, u.AgentID)
		set(&after.Attributes, u.Attributes)
		set(&after.ActivitySID, u.ActivitySID)
		if after.AgentID == "" {
			after.AgentID = after.FriendlyName
		}
		if after.Attributes == nil {
			after.Attributes = routing.Attributes{}
		}
		var wrong problems
		activity, err := t.checkWorker(ctx, &wrong, after)
		if err != nil {
			return err
		}
		if u.RejectPendingReservations && activity != nil && activity.Available {
			wrong.add("reject_pending_reservations", "goes with an activity in which the worker is not available")
		}
		if err := wrong.err(); err != nil {
			return err
		}
		after.ActivitySID = before.ActivitySID
		after.Version++
		if err := t.rename(ctx, nameOfWorker, after.WorkspaceSID, after.SID, before.FriendlyName, after.FriendlyName, workerResource); err != nil {
			return err
		}
		if err := t.fit(ctx, in, after); err != nil {
			return err
		}
		if activity.SID != before.ActivitySID {
			if err := t.busy(ctx, after, activity.SID); err != nil {
				return err
			}
		}
		if before.Attributes.String() != after.Attributes.String() || before.FriendlyName != after.FriendlyName || before.AgentID != after.AgentID {
			if err := t.tellWorker(EventWorkerAttributesUpdated, after, ""); err != nil {
				return err
			}
		}
		if err := t.keepWorker(ctx, in.workspace, before, after); err != nil {
			return err
		}
		if u.RejectPendingReservations {
			if err := t.rejectsPending(ctx, after.SID); err != nil {
				return err
			}
		}
		is, err := t.worker(ctx, after.SID)
		if err == nil {
			updated = is.Worker
		}
		return err
	})
	if err != nil {
		return routing.Worker{}, err
	}
	return updated, nil
}

// maxAgentID is how long the ID of an agent may be, in bytes.
const maxAgentID = 1_024

// checkWorker says what is wrong with a worker, and returns their activity.
func (t *turn) checkWorker(ctx context.Context, wrong *problems, w *storedWorker) (*routing.Activity, error) {
	if err := wrong.check(w.Check()); err != nil {
		return nil, err
	}
	wrong.text("agent_id", w.AgentID, maxAgentID)
	return t.activityOf(ctx, wrong, "activity_sid", w.WorkspaceSID, w.ActivitySID)
}

// capacities returns what is said of task channels by the unique names that these have, and
// notes what is wrong with it.
func (p *problems) capacities(channels []*routing.TaskChannel, said map[string]int) map[string]int {
	named := map[string]int{}
	for _, name := range sortedKeys(said) {
		is := p.capacity(channels, name, said[name])
		if _, again := named[is]; again {
			p.add("capacities."+name, "is there twice, in another case")
		}
		named[is] = said[name]
	}
	return named
}

// capacity notes what is wrong with a capacity on a task channel, and returns the unique name of
// that.
func (p *problems) capacity(channels []*routing.TaskChannel, name string, capacity int) string {
	path := "capacities." + name
	n := slices.IndexFunc(channels, func(c *routing.TaskChannel) bool { return c != nil && routing.SameName(c.UniqueName, name) })
	if n < 0 {
		p.add(path, "there is no such task channel")
		return name
	}
	if capacity < 0 || capacity > routing.MaxCapacity {
		p.add(path, fmt.Sprintf("must be 0 to %d", routing.MaxCapacity))
	}
	return channels[n].UniqueName
}
