package engage

import (
	"context"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// workspace reads a workspace that must be there.
func (t *turn) workspace(ctx context.Context, sid string) (*storedWorkspace, error) {
	shared, err := routingRecord(ctx, t, t.core.workspaces.of(&workspaces), routing.PrefixWorkspace, sid, workspaceResource)
	if err != nil {
		return nil, err
	}
	return shared.clone(), nil
}

// activity reads an activity that must be there.
func (t *turn) activity(ctx context.Context, sid string) (*routing.Activity, error) {
	return routingRecord(ctx, t, activities.Get, routing.PrefixActivity, sid, activityResource)
}

// taskChannel reads a task channel that must be there.
func (t *turn) taskChannel(ctx context.Context, sid string) (*routing.TaskChannel, error) {
	return routingRecord(ctx, t, taskChannels.Get, routing.PrefixTaskChannel, sid, taskChannelResource)
}

// queue reads a queue that must be there.
func (t *turn) queue(ctx context.Context, sid string) (*storedQueue, error) {
	shared, err := routingRecord(ctx, t, t.core.queues.of(&queues), routing.PrefixQueue, sid, queueResource)
	if err != nil {
		return nil, err
	}
	return shared.clone(), nil
}

// workflow reads a workflow that must be there.
func (t *turn) workflow(ctx context.Context, sid string) (*storedWorkflow, error) {
	return routingRecord(ctx, t, workflows.Get, routing.PrefixWorkflow, sid, workflowResource)
}

// sharedWorkflow is workflow, for those who neither change what it returns nor hand it out: its
// configuration is costly to read.
func (t *turn) sharedWorkflow(ctx context.Context, sid string) (*storedWorkflow, error) {
	return routingRecord(ctx, t, t.core.workflows.of(&workflows), routing.PrefixWorkflow, sid, workflowResource)
}

// task reads a task that must be there.
func (t *turn) task(ctx context.Context, sid string) (*storedTask, error) {
	return routingRecord(ctx, t, tasks.Get, routing.PrefixTask, sid, taskResource)
}

// reservation reads a reservation that must be there.
func (t *turn) reservation(ctx context.Context, sid string) (*storedReservation, error) {
	return routingRecord(ctx, t, reservations.Get, routing.PrefixReservation, sid, reservationResource)
}

// flexChannel reads a channel of an interaction that must be there.
func (t *turn) flexChannel(ctx context.Context, sid string) (*storedChannel, error) {
	return routingRecord(ctx, t, flexChannels.Get, routing.PrefixChannel, sid, channelResource)
}

// flexInteraction reads a Flex interaction that must be there.
func (t *turn) flexInteraction(ctx context.Context, sid string) (*routing.Interaction, error) {
	return routingRecord(ctx, t, flexInteractions.Get, routing.PrefixInteraction, sid, flexResource)
}

// routingRecord reads what a SID names. The case of its digits does not matter. What is no
// SID of the kind names nothing.
func routingRecord[T any](
	ctx context.Context, t *turn, get func(context.Context, *work.Work, string) (*T, error), prefix routing.Prefix, sid string, resource func(string) Resource,
) (*T, error) {
	if !prefix.Valid(sid) {
		return nil, &NotFoundError{Resource: resource(sid)}
	}
	return need(get(ctx, t.Work, prefix.Alike(sid)))(resource(sid))
}

// sidTerm begins the terms of what belongs to something that a SID names. The case of its digits
// does not matter. What is no SID of the kind names nothing, and nothing belongs to that.
func sidTerm(prefix routing.Prefix, sid string) store.Tuple {
	if !prefix.Valid(sid) {
		return idTerm("no " + string(prefix))
	}
	return idTerm(prefix.Alike(sid))
}
