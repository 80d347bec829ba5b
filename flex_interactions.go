package engage

import (
	"context"
	"slices"
	"time"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Flex keeps interactions: conversations with customers that are routed to agents (seed 003,
// the Flex Interactions API).
//
// An interaction has one channel, which is bound to one thread, and for each agent a task,
// which is routed as any other (see Tasks). Create writes all of it at once, and a job sets the
// channel up: it opens the thread if there is none yet. Then the task is routed; or the channel
// has failed, says why, and the task is canceled.
//
// No conversation is left over: when the last task of a channel ends, and nobody is being
// invited to it, the channel is closed in the same commit. What has ended can be read for good:
// the platform deletes a channel after 180 days.
type Flex struct{ scope }

// FlexInteraction is an interaction with its channel and its first task, as they are at a
// time.
type FlexInteraction struct {
	routing.Interaction

	// Channel is where it takes place.
	Channel FlexChannel `json:"channel"`
	// Routed is its first task.
	Routed RoutedTask `json:"routed"`
	// Warnings are about the request, if it was created now: what works, but is probably not
	// what is meant.
	Warnings []routing.Problem `json:"-"`
	// Repeated says that the idempotency key was known, and nothing was created now.
	Repeated bool `json:"repeated,omitempty"`
}

// FlexChannel is the channel of an interaction, and the thread that it is bound to.
type FlexChannel struct {
	routing.Channel

	WorkspaceSID string `json:"workspace_sid"`
	// ThreadID is that of the thread whose SID is MediaChannelSID. While the channel is
	// being set up, or if that has failed, there may be no such thread.
	ThreadID string `json:"thread_id"`
}

// RoutedTask is a task of an interaction as it is shown with it.
type RoutedTask struct {
	// Task is as Tasks.Get has it. But while the channel is being set up, it has the queue to
	// which it would go now, as the answer to Create has it (seed 003).
	Task  routing.Task      `json:"task"`
	Names routing.TaskNames `json:"names"`
	// Reservation is the one that has not ended; nil if there is none. Of several it is the
	// first.
	Reservation *routing.Reservation `json:"reservation,omitempty"`
	// At is when all of it was so.
	At time.Time `json:"at"`
}

// View returns what the Flex Interactions API shows of the interaction.
func (i FlexInteraction) View(b routing.Base) routing.InteractionView {
	return i.Interaction.View(b, i.Routed.View(b))
}

// View returns what the Flex Interactions API shows of the task; nil: there is none.
func (r RoutedTask) View(b routing.Base) *routing.ShownRouting {
	if r.Task.SID == "" {
		return nil
	}
	shown := &routing.ShownRouting{Properties: r.Task.Properties(r.Names, r.At)}
	if r.Reservation != nil {
		view := r.Reservation.View(b)
		shown.Reservation = &view
	}
	return shown
}

// Get returns an interaction.
func (s Flex) Get(ctx context.Context, sid string) (FlexInteraction, error) {
	if err := s.allow(ctx, ActionFlexRead, flexResource(sid)); err != nil {
		return FlexInteraction{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*FlexInteraction, error) {
		i, err := t.flexInteraction(ctx, sid)
		if err != nil {
			return nil, err
		}
		return t.showInteraction(ctx, i)
	})
}

// FlexFilter says which interactions to list: those of a context, or those of a workspace whose
// channel is in a state, or all of a workspace, or all.
type FlexFilter struct {
	// ContextSID is what the caller of Create has named, HQ….
	ContextSID string
	// WorkspaceSID is where their first task is, ChannelStatus how their channel is; without a
	// workspace it cannot be said.
	WorkspaceSID  string
	ChannelStatus routing.ChannelStatus
	Limit         int // 0: DefaultPage
	Continuation  string
}

// List returns one page of interactions, in the order in which they were created; those of a
// workspace by the state of their channel, and in each in that order. (The platform cannot list
// interactions.) Options.Authorize is asked about the workspace, if one is named, else about an
// interaction without an ID.
func (s Flex) List(ctx context.Context, filter FlexFilter) (Page[FlexInteraction], error) {
	about := flexResource("")
	if filter.WorkspaceSID != "" {
		about = workspaceResource(filter.WorkspaceSID)
	}
	if err := s.allow(ctx, ActionFlexRead, about); err != nil {
		return Page[FlexInteraction]{}, err
	}
	switch {
	case filter.ContextSID != "" && filter.WorkspaceSID != "":
		return Page[FlexInteraction]{}, invalid("WorkspaceSID", "excludes ContextSID")
	case filter.ChannelStatus != "" && !slices.Contains(routing.ChannelStatuses(), filter.ChannelStatus):
		return Page[FlexInteraction]{}, invalid("ChannelStatus", "is none that a channel can have")
	case filter.ChannelStatus != "" && filter.WorkspaceSID == "":
		return Page[FlexInteraction]{}, invalid("ChannelStatus", "needs WorkspaceSID")
	case filter.ContextSID != "" && !routing.PrefixContext.Valid(filter.ContextSID),
		filter.WorkspaceSID != "" && !routing.PrefixWorkspace.Valid(filter.WorkspaceSID):
		return Page[FlexInteraction]{Items: []FlexInteraction{}}, nil
	}
	var page Page[FlexInteraction]
	err := s.look(ctx, func(t *turn) (err error) {
		page, err = t.listInteractions(ctx, filter, store.Query{Limit: filter.Limit, Cursor: filter.Continuation})
		return err
	})
	if err != nil {
		return Page[FlexInteraction]{}, err
	}
	return page, nil
}

// FindByContext returns one page of the interactions that were created with a context SID,
// HQ…, in the order in which they were (seed 003, "interaction_context_sid").
func (s Flex) FindByContext(ctx context.Context, contextSID string, limit int, continuation string) (Page[FlexInteraction], error) {
	if contextSID == "" {
		contextSID = string(routing.PrefixContext) // of nobody
	}
	return s.List(ctx, FlexFilter{ContextSID: contextSID, Limit: limit, Continuation: continuation})
}

// listInteractions finds interactions themselves, or by their channels.
func (t *turn) listInteractions(ctx context.Context, filter FlexFilter, q store.Query) (Page[FlexInteraction], error) {
	show := func(ctx context.Context, t *turn, i *routing.Interaction, shown *FlexInteraction) error {
		found, err := t.showInteraction(ctx, i)
		if err == nil {
			*shown = *found
		}
		return err
	}
	if filter.WorkspaceSID == "" {
		if filter.ContextSID != "" {
			q.Index, q.Prefix = byContext, idTerm(routing.PrefixContext.Alike(filter.ContextSID)).String()
		}
		return shownPage(ctx, t, &flexInteractions, q, everything, show)
	}
	within := idTerm(routing.PrefixWorkspace.Alike(filter.WorkspaceSID))
	if filter.ChannelStatus != "" {
		within = within.Text(string(filter.ChannelStatus))
	}
	q.Index, q.Prefix = byWorkspaceStatus, within.String()
	return shownPage(ctx, t, &flexChannels, q, everything, func(ctx context.Context, t *turn, c *storedChannel, shown *FlexInteraction) error {
		i, err := t.flexInteraction(ctx, c.InteractionSID)
		if err != nil {
			return err
		}
		return show(ctx, t, i, shown)
	})
}

// FlexUpdate is what can be changed of an interaction. Nil stays as it is.
type FlexUpdate struct {
	// WebhookTTID is what events say of it; see FlexEvent.
	WebhookTTID *string
}

// Update changes an interaction (the Flex Interactions API, "Update an Interaction").
func (s Flex) Update(ctx context.Context, sid string, update FlexUpdate) (FlexInteraction, error) {
	if err := s.allow(ctx, ActionFlexUpdate, flexResource(sid)); err != nil {
		return FlexInteraction{}, err
	}
	if update.WebhookTTID != nil {
		if err := checkHostText("webhook_ttid", *update.WebhookTTID); err != nil {
			return FlexInteraction{}, err
		}
	}
	return read(ctx, s.scope, func(t *turn) (*FlexInteraction, error) {
		i, err := t.flexInteraction(ctx, sid)
		if err != nil {
			return nil, err
		}
		if ttid := update.WebhookTTID; ttid != nil && *ttid != i.WebhookTTID {
			c, err := t.flexChannel(ctx, i.ChannelSID)
			if err != nil {
				return nil, err
			}
			i.WebhookTTID, c.Request.WebhookTTID, i.UpdatedAt = *ttid, *ttid, t.now
			if err := flexInteractions.Put(t.Work, i); err != nil {
				return nil, err
			}
			if err := flexChannels.Put(t.Work, c); err != nil {
				return nil, err
			}
			if err := t.tellInteraction(EventFlexInteractionUpdated, i, c); err != nil {
				return nil, err
			}
		}
		return t.showInteraction(ctx, i)
	})
}

// showInteraction returns an interaction with what belongs to it.
func (t *turn) showInteraction(ctx context.Context, i *routing.Interaction) (*FlexInteraction, error) {
	c, err := t.flexChannel(ctx, i.ChannelSID)
	if err != nil {
		return nil, err
	}
	shown := &FlexInteraction{Interaction: *i, Channel: c.show()}
	shown.Routed, err = t.showTask(ctx, i.TaskSID)
	return shown, err
}

func (c *storedChannel) show() FlexChannel {
	return FlexChannel{Channel: c.Channel, WorkspaceSID: c.WorkspaceSID, ThreadID: c.ThreadID}
}

// showTask returns a task as it is shown with an interaction or an invite. One that is not
// there any more is not shown.
func (t *turn) showTask(ctx context.Context, sid string) (RoutedTask, error) {
	task, err := t.task(ctx, sid)
	if err != nil {
		return RoutedTask{}, gone(err)
	}
	shown := RoutedTask{Task: task.Task, At: t.now}
	if task.Held && task.Status == routing.TaskPending && task.QueueSID == "" {
		entered, err := t.enter(ctx, routing.Assignment{Task: task.Task}, task.ConfigurationVersion)
		if gone(err) != nil {
			return RoutedTask{}, err
		}
		if err == nil && entered.Task.Status == routing.TaskPending && entered.Task.QueueSID != "" {
			shown.Task.QueueSID, shown.Task.QueueEnteredAt = entered.Task.QueueSID, task.CreatedAt
		}
	}
	if workflow, err := t.workflow(ctx, task.WorkflowSID); err == nil {
		shown.Names.Workflow = workflow.FriendlyName
	} else if gone(err) != nil {
		return RoutedTask{}, err
	}
	if shown.Task.QueueSID != "" {
		if queue, err := t.queue(ctx, shown.Task.QueueSID); err == nil {
			shown.Names.Queue = queue.FriendlyName
		} else if gone(err) != nil {
			return RoutedTask{}, err
		}
	}
	if channel, err := t.taskChannel(ctx, task.TaskChannelSID); err == nil {
		shown.Names.TaskChannel = channel.UniqueName
	} else if gone(err) != nil {
		return RoutedTask{}, err
	}
	if len(task.ReservationSIDs) > 0 {
		reservation, err := t.reservation(ctx, task.ReservationSIDs[0])
		if err != nil {
			return RoutedTask{}, err
		}
		shown.Reservation = &reservation.Reservation
	}
	return shown, nil
}

// tellInteraction tells of an interaction.
func (t *turn) tellInteraction(typ EventType, i *routing.Interaction, c *storedChannel) error {
	return t.emit(typ, flexResource(i.SID), FlexEvent{
		InteractionSID: i.SID, ChannelSID: i.ChannelSID, ChannelType: i.ChannelType, ChannelStatus: c.Status, MediaChannelSID: c.MediaChannelSID,
		ThreadID: c.ThreadID, ContextSID: i.ContextSID, WebhookTTID: i.WebhookTTID, TaskSID: i.TaskSID,
	})
}
