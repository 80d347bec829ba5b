package engage

import (
	"time"

	"github.com/engage-interactions/engage/routing"
)

// The events of routing, named as TaskRouter names its own ("Event types"), each with the
// type of its data.
const (
	// The life of a task, each with [TaskEvent].
	EventTaskCreated   EventType = "task.created"
	EventTaskUpdated   EventType = "task.updated"
	EventTaskCanceled  EventType = "task.canceled"
	EventTaskWrapup    EventType = "task.wrapup"
	EventTaskCompleted EventType = "task.completed"
	// How it goes through its workflow, each with [TaskEvent]. The resource is the queue, or
	// the workflow: of task-queue.timeout, the queue in which its time was over, of
	// task-queue.moved the one that it came to. The data is the task as it is after all that
	// happened to it in that moment.
	EventTaskQueueEntered      EventType = "task-queue.entered"
	EventTaskQueueMoved        EventType = "task-queue.moved"
	EventTaskQueueTimeout      EventType = "task-queue.timeout"
	EventWorkflowEntered       EventType = "workflow.entered"
	EventWorkflowTargetMatched EventType = "workflow.target-matched"
	EventWorkflowSkipped       EventType = "workflow.skipped"
	EventWorkflowTimeout       EventType = "workflow.timeout"
	// How it is handed over, each with [TransferEvent]. The resource is the task that is.
	EventTaskTransferInitiated     EventType = "task.transfer-initiated"
	EventTaskTransferAttemptFailed EventType = "task.transfer-attempt-failed"
	EventTaskTransferCompleted     EventType = "task.transfer-completed"
	EventTaskTransferFailed        EventType = "task.transfer-failed"
	EventTaskTransferCanceled      EventType = "task.transfer-canceled"

	// The life of a reservation, each with [ReservationEvent].
	EventReservationCreated   EventType = "reservation.created"
	EventReservationAccepted  EventType = "reservation.accepted"
	EventReservationRejected  EventType = "reservation.rejected"
	EventReservationTimeout   EventType = "reservation.timeout"
	EventReservationCanceled  EventType = "reservation.canceled"
	EventReservationRescinded EventType = "reservation.rescinded"
	EventReservationWrapup    EventType = "reservation.wrapup"
	EventReservationCompleted EventType = "reservation.completed"

	// Workers, each with [WorkerEvent].
	EventWorkerCreated           EventType = "worker.created"
	EventWorkerActivityUpdated   EventType = "worker.activity.update"
	EventWorkerAttributesUpdated EventType = "worker.attributes.update"
	EventWorkerCapacityUpdated   EventType = "worker.capacity.update"
	EventWorkerChannelUpdated    EventType = "worker.channel.availability.update"
	EventWorkerDeleted           EventType = "worker.deleted"

	// What tasks are routed by, each with [WorkspaceEvent].
	EventWorkspaceCreated           EventType = "workspace.created"
	EventWorkspaceUpdated           EventType = "workspace.updated"
	EventWorkspaceDeleted           EventType = "workspace.deleted"
	EventActivityCreated            EventType = "activity.created"
	EventActivityUpdated            EventType = "activity.updated"
	EventActivityDeleted            EventType = "activity.deleted"
	EventTaskChannelCreated         EventType = "task-channel.created"
	EventTaskChannelUpdated         EventType = "task-channel.updated"
	EventTaskChannelDeleted         EventType = "task-channel.deleted"
	EventTaskQueueCreated           EventType = "task-queue.created"
	EventTaskQueueUpdated           EventType = "task-queue.updated" // our own
	EventTaskQueueDeleted           EventType = "task-queue.deleted"
	EventTaskQueueExpressionUpdated EventType = "task-queue.expression.updated"
	EventWorkflowCreated            EventType = "workflow.created"
	EventWorkflowUpdated            EventType = "workflow.updated"
	EventWorkflowDeleted            EventType = "workflow.deleted"

	// Flex interactions, each with [FlexEvent]. The names are our own; the Flex
	// documentation calls them onInteractionCreated, onChannelCreated and so on.
	EventFlexInteractionCreated  EventType = "flex.interaction.created"
	EventFlexInteractionUpdated  EventType = "flex.interaction.updated"
	EventFlexChannelCreated      EventType = "flex.channel.created"
	EventFlexChannelCreateFailed EventType = "flex.channel.create_failed"
	EventFlexChannelUpdated      EventType = "flex.channel.status_updated"
	EventFlexInviteCreated       EventType = "flex.invite.created"
	EventFlexInviteAccepted      EventType = "flex.invite.accepted"
	EventFlexInviteDeclined      EventType = "flex.invite.declined"
	EventFlexInviteCanceled      EventType = "flex.invite.canceled"
	EventFlexParticipantJoined   EventType = "flex.participant.joined"
	EventFlexParticipantUpdated  EventType = "flex.participant.updated"
	EventFlexParticipantLeft     EventType = "flex.participant.left"
)

// TaskEvent is the data of events about a task, with the names of TaskRouter's REST API.
type TaskEvent struct {
	TaskSID          string             `json:"task_sid"`
	WorkspaceSID     string             `json:"workspace_sid"`
	WorkflowSID      string             `json:"workflow_sid"`
	TaskQueueSID     string             `json:"task_queue_sid,omitempty"`
	TaskChannelSID   string             `json:"task_channel_sid"`
	InteractionSID   string             `json:"interaction_sid,omitempty"`
	ChannelSID       string             `json:"channel_sid,omitempty"`
	AssignmentStatus routing.TaskStatus `json:"assignment_status"`
	Attributes       routing.Attributes `json:"attributes"`
	Priority         int                `json:"priority"`
	Reason           string             `json:"reason,omitempty"` // why it was canceled or completed
	Version          int64              `json:"version"`
	// TaskCreatedAt, QueueEnteredAt and AssignedAt are since when there is the task, since when
	// it is in its queue, and when somebody accepted it: so how long it has waited, in all and in
	// its queue, and how long it took, is the difference to the time of an event.
	TaskCreatedAt  time.Time `json:"task_created_at"`
	QueueEnteredAt time.Time `json:"task_queue_entered_at,omitzero"`
	AssignedAt     time.Time `json:"task_assigned_at,omitzero"`
}

// ReservationEvent is the data of events about a reservation: what an assignment callback of
// TaskRouter says.
type ReservationEvent struct {
	ReservationSID     string                    `json:"reservation_sid"`
	ReservationStatus  routing.ReservationStatus `json:"reservation_status"`
	WorkerSID          string                    `json:"worker_sid"`
	WorkerName         string                    `json:"worker_name"`
	AgentID            string                    `json:"agent_id,omitempty"` // as whom they acted when it was offered
	DueAt              time.Time                 `json:"due_at"`             // until when it can be accepted
	ReservationVersion int64                     `json:"reservation_version"`
	TaskEvent
}

// WorkerEvent is the data of events about a worker, who is the resource.
type WorkerEvent struct {
	WorkspaceSID        string             `json:"workspace_sid"`
	FriendlyName        string             `json:"friendly_name"`
	AgentID             string             `json:"agent_id,omitempty"`
	Attributes          routing.Attributes `json:"attributes"`
	ActivitySID         string             `json:"activity_sid"`
	ActivityName        string             `json:"activity_name"`
	PreviousActivitySID string             `json:"previous_activity_sid,omitempty"`
	Available           bool               `json:"available"`
	// TaskChannel, Capacity and ChannelAvailable are those of the channel that was changed,
	// if it is about one.
	TaskChannel      string `json:"task_channel_unique_name,omitempty"`
	Capacity         int    `json:"configured_capacity,omitempty"`
	ChannelAvailable bool   `json:"channel_available,omitempty"`
	// Capacities are those that the worker has to begin with, by the unique names of task
	// channels, if it is about one who was created.
	Capacities map[string]int `json:"configured_capacities,omitempty"`
}

// WorkspaceEvent is the data of events about a workspace, or about an activity, a task channel,
// a queue or a workflow in it, which is the resource.
type WorkspaceEvent struct {
	WorkspaceSID string `json:"workspace_sid"`
	FriendlyName string `json:"friendly_name"`
}

// TransferEvent is the data of events about a transfer.
type TransferEvent struct {
	TransferSID    string                 `json:"transfer_sid"`
	InteractionSID string                 `json:"interaction_sid"`
	ChannelSID     string                 `json:"channel_sid"`
	Type           routing.TransferType   `json:"type"`
	Status         routing.TransferStatus `json:"status"`
	From           string                 `json:"from"` // the SID of a participant
	To             string                 `json:"to"`
	FromTaskSID    string                 `json:"from_task_sid,omitempty"`
	TaskSID        string                 `json:"task_sid,omitempty"` // the task that takes its place
}

// FlexEvent is the data of events about an interaction, its channel, and who is invited to it
// or takes part. What it is not about is empty.
type FlexEvent struct {
	InteractionSID  string                `json:"interaction_sid"`
	ChannelSID      string                `json:"channel_sid"`
	ChannelType     routing.ChannelType   `json:"media_channel_type"`
	ChannelStatus   routing.ChannelStatus `json:"channel_status"`
	MediaChannelSID string                `json:"media_channel_sid,omitempty"`
	ThreadID        string                `json:"thread_id,omitempty"`
	ContextSID      string                `json:"interaction_context_sid,omitempty"`
	WebhookTTID     string                `json:"webhook_ttid,omitempty"`
	ErrorCode       int                   `json:"error_code,omitempty"`
	ErrorMessage    string                `json:"error_message,omitempty"`

	InviteSID       string                  `json:"invite_sid,omitempty"`
	ParticipantSID  string                  `json:"participant_sid,omitempty"`
	ParticipantType routing.ParticipantType `json:"participant_type,omitempty"`
	TaskSID         string                  `json:"task_sid,omitempty"`
	WorkerSID       string                  `json:"worker_sid,omitempty"`
}

// taskEvent is what events say of a task.
func taskEvent(k routing.Task) TaskEvent {
	return TaskEvent{
		TaskSID: k.SID, WorkspaceSID: k.WorkspaceSID, WorkflowSID: k.WorkflowSID, TaskQueueSID: k.QueueSID, TaskChannelSID: k.TaskChannelSID,
		InteractionSID: k.InteractionSID, ChannelSID: k.ChannelSID, AssignmentStatus: k.Status, Attributes: k.Attributes, Priority: k.Priority,
		Reason: k.Reason, Version: k.Version, TaskCreatedAt: k.CreatedAt, QueueEnteredAt: k.QueueEnteredAt, AssignedAt: k.AssignedAt,
	}
}

// tellHappening tells of what has happened to a task, or to one of its reservations.
func (t *turn) tellHappening(a *routing.Assignment, h routing.Happening) error {
	for _, r := range a.Reservations {
		if r.SID == h.SID {
			return t.emit(EventType(h.Type), reservationResource(h.SID), ReservationEvent{
				ReservationSID: r.SID, ReservationStatus: r.Status, WorkerSID: r.WorkerSID, WorkerName: r.WorkerName, AgentID: r.AgentID, DueAt: r.DueAt,
				ReservationVersion: r.Version, TaskEvent: taskEvent(a.Task),
			})
		}
	}
	resource := taskResource(h.SID)
	switch {
	case routing.PrefixQueue.Valid(h.SID):
		resource = queueResource(h.SID)
	case routing.PrefixWorkflow.Valid(h.SID):
		resource = workflowResource(h.SID)
	}
	return t.emit(EventType(h.Type), resource, taskEvent(a.Task))
}

// tellFlex tells of what has happened to a channel, or to what belongs to it.
func (t *turn) tellFlex(r *routed, h routing.Happening) error {
	c := r.work.Channel
	e := FlexEvent{
		InteractionSID: c.InteractionSID, ChannelSID: c.SID, ChannelType: c.Type, ChannelStatus: c.Status, MediaChannelSID: c.MediaChannelSID,
		ThreadID: r.channel.ThreadID, ContextSID: r.channel.Request.ContextSID, WebhookTTID: r.channel.Request.WebhookTTID,
		ErrorCode: c.ErrorCode, ErrorMessage: c.ErrorMessage,
	}
	switch {
	case routing.PrefixTask.Valid(h.SID): // of a transfer
		for _, x := range r.work.Transfers {
			if x.FromTaskSID == h.SID {
				return t.emit(EventType(h.Type), taskResource(h.SID), TransferEvent{
					TransferSID: x.SID, InteractionSID: x.InteractionSID, ChannelSID: x.ChannelSID, Type: x.Type, Status: x.Status,
					From: x.From, To: x.To, FromTaskSID: x.FromTaskSID, TaskSID: x.TaskSID,
				})
			}
		}
		return nil
	case routing.PrefixInvite.Valid(h.SID):
		e.InviteSID = h.SID
		for _, i := range r.work.Invites {
			if i.SID == h.SID {
				e.TaskSID, e.WorkerSID = i.TaskSID, i.WorkerSID
			}
		}
		return t.emit(EventType(h.Type), inviteResource(h.SID), e)
	case routing.PrefixParticipant.Valid(h.SID):
		e.ParticipantSID = h.SID
		for _, p := range r.work.Participants {
			if p.SID == h.SID {
				e.ParticipantType, e.TaskSID, e.WorkerSID = p.Type, p.TaskSID, p.WorkerSID
			}
		}
		return t.emit(EventType(h.Type), participantResource(h.SID), e)
	}
	return t.emit(EventType(h.Type), channelResource(h.SID), e)
}

// tellWorker tells of a worker. Previous is what they did before, if that has changed.
func (t *turn) tellWorker(typ EventType, w *storedWorker, previousActivity string) error {
	return t.emit(typ, workerResource(w.SID), workerEvent(w, previousActivity))
}

// tellWorkerChannel tells of one of the channels of a worker.
func (t *turn) tellWorkerChannel(typ EventType, w *storedWorker, c routing.WorkerChannel) error {
	e := workerEvent(w, "")
	e.TaskChannel, e.Capacity, e.ChannelAvailable = c.TaskChannel, c.Capacity, c.Available
	return t.emit(typ, workerResource(w.SID), e)
}

// tellHired tells of a new worker, with the capacities that later events change.
func (t *turn) tellHired(w *storedWorker) error {
	e := workerEvent(w, "")
	e.Capacities = map[string]int{}
	for _, c := range w.Channels {
		e.Capacities[c.TaskChannel] = c.Capacity
	}
	return t.emit(EventWorkerCreated, workerResource(w.SID), e)
}

func workerEvent(w *storedWorker, previousActivity string) WorkerEvent {
	return WorkerEvent{
		WorkspaceSID: w.WorkspaceSID, FriendlyName: w.FriendlyName, AgentID: w.AgentID, Attributes: w.Attributes,
		ActivitySID: w.ActivitySID, ActivityName: w.ActivityName, PreviousActivitySID: previousActivity, Available: w.Available,
	}
}

func workspaceResource(sid string) Resource   { return Resource{Type: ResourceWorkspace, ID: sid} }
func activityResource(sid string) Resource    { return Resource{Type: ResourceActivity, ID: sid} }
func taskChannelResource(sid string) Resource { return Resource{Type: ResourceTaskChannel, ID: sid} }
func queueResource(sid string) Resource       { return Resource{Type: ResourceTaskQueue, ID: sid} }
func workflowResource(sid string) Resource    { return Resource{Type: ResourceWorkflow, ID: sid} }
func workerResource(sid string) Resource      { return Resource{Type: ResourceWorker, ID: sid} }
func taskResource(sid string) Resource        { return Resource{Type: ResourceTask, ID: sid} }
func reservationResource(sid string) Resource { return Resource{Type: ResourceReservation, ID: sid} }

func flexResource(sid string) Resource { return Resource{Type: ResourceFlexInteraction, ID: sid} }

func channelResource(sid string) Resource { return Resource{Type: ResourceFlexChannel, ID: sid} }
func inviteResource(sid string) Resource  { return Resource{Type: ResourceFlexInvite, ID: sid} }
func participantResource(sid string) Resource {
	return Resource{Type: ResourceFlexParticipant, ID: sid}
}
func transferResource(sid string) Resource { return Resource{Type: ResourceFlexTransfer, ID: sid} }
