package engage

import (
	"context"
	"sync"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/routing"
)

// jobRoute looks after a task as long as it waits: it seeks workers for it, takes it through
// its workflow, and ends it when its time is over.
const jobRoute = "task.route"

type routeTask struct {
	TaskSID string `json:"task_sid"`
}

// keepWaiting gives a task its place among those that wait, or takes it out, and sees to it
// that somebody looks after it when that is due: at once, if it is at a new place or nobody
// has accepted it.
func (t *turn) keepWaiting(ctx context.Context, r *routed, was, is *storedTask) error {
	before := *is
	if was != nil {
		before = *was
	}
	if err := t.lineUp(ctx, is); err != nil {
		return err
	}
	moved := was == nil || before.LineID != is.LineID || before.ForKey != is.ForKey || before.Place != is.Place ||
		!sameStep(before.Waiting.Step, is.Waiting.Step)
	if moved {
		is.Tried, is.Behind = false, false
	}
	if !is.waits() {
		job := is.RouteJob
		is.RouteJob, is.RouteAt = "", time.Time{}
		if job == "" || job == r.doing {
			return nil
		}
		return t.withdraw(ctx, job)
	}
	at := is.ExpiresAt()
	if is.Status == routing.TaskPending && !is.Held && (moved || is.LineID == "") {
		at = time.Time{}
	}
	switch {
	case is.RouteJob == "":
	case is.LineID != "" && !moved:
		return nil // as it was, or as its job has just said
	case is.RouteJob == r.doing: // it goes on itself
		is.RouteAt = at
		return nil
	case at.IsZero() && is.RouteAt.IsZero(): // it is due already, unless it has failed
		job, err := t.ensure(ctx, is.RouteJob, jobRoute, routeTask{TaskSID: is.SID})
		is.RouteJob = job
		return err
	case !at.Before(is.RouteAt): // it comes early enough
		return nil
	default:
		if err := t.withdraw(ctx, is.RouteJob); err != nil {
			return err
		}
	}
	job, err := t.add(ctx, jobs.Job{Type: jobRoute, Due: at}, routeTask{TaskSID: is.SID})
	is.RouteJob, is.RouteAt = job, at
	return err
}

// lineUp gives a task its place in the line of those that demand the same. It is in none
// unless it waits for a worker.
func (t *turn) lineUp(ctx context.Context, k *storedTask) error {
	k.LineID, k.ForKey, k.Place = "", "", ""
	if k.Status != routing.TaskPending || k.Held {
		return nil
	}
	demand, queue, err := t.demandOf(ctx, k)
	if err != nil || demand == nil {
		return err
	}
	k.LineID, k.Place = lineID(queue.CrewID, demand.Line), k.Task.OrderKey(queue.Ordering())
	if demand.Line.ForKnown && !demand.Line.Fallback {
		k.ForKey = forKey(k.WorkspaceSID, demand.Line.Known)
	}
	return nil
}

// demandOf returns what a task demands where it waits; nil, if its workflow has nothing there
// any more. A task for a worker needs no queue: then the one that is returned is empty.
func (t *turn) demandOf(ctx context.Context, k *storedTask) (*routing.Demand, *storedQueue, error) {
	configuration, err := t.configuration(ctx, k.WorkflowSID, k.ConfigurationVersion)
	if err != nil {
		return nil, nil, err
	}
	queue := &storedQueue{}
	if k.QueueSID != "" {
		if queue, err = t.queue(ctx, k.QueueSID); err != nil {
			return nil, nil, err
		}
	}
	workspace, err := t.workspace(ctx, k.WorkspaceSID)
	if err != nil {
		return nil, nil, err
	}
	target, there := configuration.TargetOf(k.Task)
	if !there {
		return nil, queue, nil
	}
	demand := routing.DemandOf(k.Task, target, queue.Queue, workspace.Workspace, nil)
	return &demand, queue, nil
}

// configurationCache keeps configurations that were read and parsed. They never change.
type configurationCache struct {
	mu   sync.Mutex
	kept map[string]routing.Configuration // by ID
}

// maxConfigurations is how many are kept. Beyond, all are forgotten.
const maxConfigurations = 1000

// configuration returns a version of a workflow's configuration.
func (t *turn) configuration(ctx context.Context, workflowSID string, version int64) (routing.Configuration, error) {
	id, cache := configurationID(workflowSID, version), &t.core.configurations
	cache.mu.Lock()
	c, known := cache.kept[id]
	cache.mu.Unlock()
	if known {
		return c, nil
	}
	read, err := need(configurations.Get(ctx, t.Work, id))(workflowResource(workflowSID))
	if err != nil {
		return routing.Configuration{}, err
	}
	if _, stored, err := configurations.Peek(ctx, t.Work, id); err != nil || !stored { // it may never be
		return read.Configuration, err
	}
	cache.mu.Lock()
	defer cache.mu.Unlock()
	if len(cache.kept) >= maxConfigurations || cache.kept == nil {
		cache.kept = map[string]routing.Configuration{}
	}
	cache.kept[id] = read.Configuration
	return read.Configuration, nil
}
