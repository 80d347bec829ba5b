package engage

import (
	"context"
	"strconv"

	"github.com/engage-interactions/engage/routing"
)

// What has a unique name in its workspace. A task channel has two.
const (
	nameOfWorker      = "worker"
	nameOfQueue       = "task_queue"
	nameOfWorkflow    = "workflow"
	nameOfActivity    = "activity"
	nameOfTaskChannel = "task_channel"
	nameOfWorkspace   = "workspace" // in the tenant
	nameOfUnique      = "task_channel_unique"
)

// nameHash is the ID of what a name stands for. The case of names does not matter.
func nameHash(of, workspaceSID, name string) string {
	return hashOf(of, workspaceSID, routing.NameKey(name))
}

// routingName returns what has a name in a workspace, "" if nothing has. The case does not
// matter.
func (t *turn) routingName(ctx context.Context, of, workspaceSID, name string) (sid string, err error) {
	bound, err := routingNames.Get(ctx, t.Work, nameHash(of, workspaceSID, name))
	if err != nil || bound == nil {
		return "", err
	}
	return bound.TargetID, nil
}

// rename gives something a name in place of the one that it had; empty: none. A name that
// something else has is refused.
func (t *turn) rename(ctx context.Context, of, workspaceSID, sid, before, after string, resource func(string) Resource) error {
	was, is := nameHash(of, workspaceSID, before), nameHash(of, workspaceSID, after)
	if before != "" && after != "" && was == is {
		return nil
	}
	if before != "" {
		if _, err := routingNames.Get(ctx, t.Work, was); err != nil {
			return err
		}
		if err := routingNames.Delete(t.Work, &foreignKey{Hash: was}); err != nil {
			return err
		}
	}
	if after == "" {
		return nil
	}
	bound, err := routingNames.Get(ctx, t.Work, is)
	switch {
	case err != nil:
		return err
	case bound != nil:
		return &ConflictError{Resource: resource(bound.TargetID), Reason: "has the name " + strconv.Quote(after)}
	}
	return routingNames.Put(t.Work, &foreignKey{Hash: is, TargetID: sid})
}
