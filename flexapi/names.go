package flexapi

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

// names finds the names of what tasks have only the SIDs of, each once for a request.
type names struct {
	eng   *engage.Engine
	known map[string]string
}

// of returns the names of a task's workflow, queue and task channel.
func (n *names) of(ctx context.Context, t routing.Task) (routing.TaskNames, error) {
	workflow, err := n.name(t.WorkflowSID, func(sid string) (string, error) {
		w, err := n.eng.Workflows.Get(ctx, sid)
		return w.FriendlyName, err
	})
	queue, err2 := n.name(t.QueueSID, func(sid string) (string, error) {
		q, err := n.eng.Queues.Get(ctx, sid)
		return q.FriendlyName, err
	})
	channel, err3 := n.name(t.TaskChannelSID, func(sid string) (string, error) {
		c, err := n.eng.TaskChannels.Get(ctx, sid)
		return c.UniqueName, err
	})
	return routing.TaskNames{Workflow: workflow, Queue: queue, TaskChannel: channel}, firstOf(err, err2, err3)
}

// name returns the name of what a SID names; empty if it is gone.
func (n *names) name(sid string, find func(sid string) (string, error)) (string, error) {
	if name, ok := n.known[sid]; ok || sid == "" {
		return name, nil
	}
	name, err := find(sid)
	if err != nil && !errors.Is(err, engage.ErrNotFound) {
		return "", err
	}
	if n.known == nil {
		n.known = map[string]string{}
	}
	n.known[sid] = name
	return name, nil
}
