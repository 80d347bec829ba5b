package routing

import "time"

// WorkspaceView is what TaskRouter's API shows of a workspace.
type WorkspaceView struct {
	SID                  string         `json:"sid"`
	AccountSID           string         `json:"account_sid"`
	FriendlyName         string         `json:"friendly_name"`
	DateCreated          *time.Time     `json:"date_created"`
	DateUpdated          *time.Time     `json:"date_updated"`
	DefaultActivityName  *string        `json:"default_activity_name"`
	DefaultActivitySID   *string        `json:"default_activity_sid"`
	TimeoutActivityName  *string        `json:"timeout_activity_name"`
	TimeoutActivitySID   *string        `json:"timeout_activity_sid"`
	EventCallbackURL     *string        `json:"event_callback_url"`
	EventsFilter         *string        `json:"events_filter"`
	MultiTaskEnabled     bool           `json:"multi_task_enabled"`
	PrioritizeQueueOrder TaskOrder      `json:"prioritize_queue_order"`
	URL                  string         `json:"url"`
	Links                WorkspaceLinks `json:"links"`
}

// WorkspaceLinks are the URLs of what belongs to a workspace.
type WorkspaceLinks struct {
	Activities   string `json:"activities"`
	TaskChannels string `json:"task_channels"`
	TaskQueues   string `json:"task_queues"`
	Tasks        string `json:"tasks"`
	Workers      string `json:"workers"`
	Workflows    string `json:"workflows"`
}

// View returns what the API shows of the workspace.
func (w Workspace) View(b Base) WorkspaceView {
	return WorkspaceView{
		SID: w.SID, AccountSID: w.AccountSID, FriendlyName: w.FriendlyName,
		DateCreated: shownTime(w.CreatedAt), DateUpdated: shownTime(w.UpdatedAt),
		DefaultActivityName: orNull(w.DefaultActivityName), DefaultActivitySID: orNull(w.DefaultActivitySID),
		TimeoutActivityName: orNull(w.TimeoutActivityName), TimeoutActivitySID: orNull(w.TimeoutActivitySID),
		EventCallbackURL: orNull(w.EventCallbackURL), EventsFilter: orNull(w.EventsFilter),
		MultiTaskEnabled: w.MultiTask, PrioritizeQueueOrder: w.PrioritizeQueueOrder,
		URL: b.workspace(w.SID),
		Links: WorkspaceLinks{
			Activities: b.workspace(w.SID, "Activities"), TaskChannels: b.workspace(w.SID, "TaskChannels"),
			TaskQueues: b.workspace(w.SID, "TaskQueues"), Tasks: b.workspace(w.SID, "Tasks"),
			Workers: b.workspace(w.SID, "Workers"), Workflows: b.workspace(w.SID, "Workflows"),
		},
	}
}

// InWorkspace are the URLs of what a resource belongs to, where that is its workspace only.
type InWorkspace struct {
	Workspace string `json:"workspace"`
}

// ActivityView is what TaskRouter's API shows of an activity.
type ActivityView struct {
	SID          string      `json:"sid"`
	AccountSID   string      `json:"account_sid"`
	WorkspaceSID string      `json:"workspace_sid"`
	FriendlyName string      `json:"friendly_name"`
	Available    bool        `json:"available"`
	DateCreated  *time.Time  `json:"date_created"`
	DateUpdated  *time.Time  `json:"date_updated"`
	URL          string      `json:"url"`
	Links        InWorkspace `json:"links"`
}

// View returns what the API shows of the activity.
func (a Activity) View(b Base) ActivityView {
	return ActivityView{
		SID: a.SID, AccountSID: a.AccountSID, WorkspaceSID: a.WorkspaceSID, FriendlyName: a.FriendlyName, Available: a.Available,
		DateCreated: shownTime(a.CreatedAt), DateUpdated: shownTime(a.UpdatedAt),
		URL: b.workspace(a.WorkspaceSID, "Activities", a.SID), Links: InWorkspace{Workspace: b.workspace(a.WorkspaceSID)},
	}
}

// TaskChannelView is what TaskRouter's API shows of a task channel.
type TaskChannelView struct {
	SID              string      `json:"sid"`
	AccountSID       string      `json:"account_sid"`
	WorkspaceSID     string      `json:"workspace_sid"`
	FriendlyName     string      `json:"friendly_name"`
	UniqueName       string      `json:"unique_name"`
	OptimizedRouting bool        `json:"channel_optimized_routing"`
	DateCreated      *time.Time  `json:"date_created"`
	DateUpdated      *time.Time  `json:"date_updated"`
	URL              string      `json:"url"`
	Links            InWorkspace `json:"links"`
}

// View returns what the API shows of the task channel.
func (c TaskChannel) View(b Base) TaskChannelView {
	return TaskChannelView{
		SID: c.SID, AccountSID: c.AccountSID, WorkspaceSID: c.WorkspaceSID,
		FriendlyName: c.FriendlyName, UniqueName: c.UniqueName, OptimizedRouting: c.OptimizedRouting,
		DateCreated: shownTime(c.CreatedAt), DateUpdated: shownTime(c.UpdatedAt),
		URL: b.workspace(c.WorkspaceSID, "TaskChannels", c.SID), Links: InWorkspace{Workspace: b.workspace(c.WorkspaceSID)},
	}
}

// QueueView is what TaskRouter's API shows of a queue.
type QueueView struct {
	SID                     string      `json:"sid"`
	AccountSID              string      `json:"account_sid"`
	WorkspaceSID            string      `json:"workspace_sid"`
	FriendlyName            string      `json:"friendly_name"`
	TargetWorkers           string      `json:"target_workers"`
	MaxReservedWorkers      int         `json:"max_reserved_workers"`
	TaskOrder               TaskOrder   `json:"task_order"`
	ReservationActivitySID  *string     `json:"reservation_activity_sid"`
	ReservationActivityName *string     `json:"reservation_activity_name"`
	AssignmentActivitySID   *string     `json:"assignment_activity_sid"`
	AssignmentActivityName  *string     `json:"assignment_activity_name"`
	DateCreated             *time.Time  `json:"date_created"`
	DateUpdated             *time.Time  `json:"date_updated"`
	URL                     string      `json:"url"`
	Links                   InWorkspace `json:"links"`
}

// View returns what the API shows of the queue.
func (q Queue) View(b Base) QueueView {
	return QueueView{
		SID: q.SID, AccountSID: q.AccountSID, WorkspaceSID: q.WorkspaceSID, FriendlyName: q.FriendlyName,
		TargetWorkers: q.TargetWorkers, MaxReservedWorkers: q.MaxReservedWorkers, TaskOrder: q.TaskOrder,
		ReservationActivitySID: orNull(q.ReservationActivitySID), ReservationActivityName: orNull(q.ReservationActivityName),
		AssignmentActivitySID: orNull(q.AssignmentActivitySID), AssignmentActivityName: orNull(q.AssignmentActivityName),
		DateCreated: shownTime(q.CreatedAt), DateUpdated: shownTime(q.UpdatedAt),
		URL: b.workspace(q.WorkspaceSID, "TaskQueues", q.SID), Links: InWorkspace{Workspace: b.workspace(q.WorkspaceSID)},
	}
}

// WorkflowView is what TaskRouter's API shows of a workflow.
type WorkflowView struct {
	SID                           string      `json:"sid"`
	AccountSID                    string      `json:"account_sid"`
	WorkspaceSID                  string      `json:"workspace_sid"`
	FriendlyName                  string      `json:"friendly_name"`
	Configuration                 string      `json:"configuration"`
	DocumentContentType           string      `json:"document_content_type"`
	TaskReservationTimeout        int         `json:"task_reservation_timeout"`
	AssignmentCallbackURL         *string     `json:"assignment_callback_url"`
	FallbackAssignmentCallbackURL *string     `json:"fallback_assignment_callback_url"`
	DateCreated                   *time.Time  `json:"date_created"`
	DateUpdated                   *time.Time  `json:"date_updated"`
	URL                           string      `json:"url"`
	Links                         InWorkspace `json:"links"`
}

// View returns what the API shows of the workflow.
func (w Workflow) View(b Base) WorkflowView {
	return WorkflowView{
		SID: w.SID, AccountSID: w.AccountSID, WorkspaceSID: w.WorkspaceSID, FriendlyName: w.FriendlyName,
		Configuration: w.Configuration.String(), DocumentContentType: "application/json", TaskReservationTimeout: w.ReservationTimeout,
		AssignmentCallbackURL: orNull(w.AssignmentCallbackURL), FallbackAssignmentCallbackURL: orNull(w.FallbackAssignmentCallbackURL),
		DateCreated: shownTime(w.CreatedAt), DateUpdated: shownTime(w.UpdatedAt),
		URL: b.workspace(w.WorkspaceSID, "Workflows", w.SID), Links: InWorkspace{Workspace: b.workspace(w.WorkspaceSID)},
	}
}
