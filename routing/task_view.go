package routing

import "time"

// noAddons is what tasks show as addons, which this library has not got.
const noAddons = "{}"

// TaskNames are the names of what a task has only the SIDs of.
type TaskNames struct {
	Workflow    string
	Queue       string
	TaskChannel string // the unique name
}

// TaskProperties are what the Flex Interactions API shows of a task, as routing.properties
// (seed 003, "example JSON responses"): times in seconds since 1970, the attributes as a
// text of JSON, assignmentCounter in camel case.
type TaskProperties struct {
	SID                   string     `json:"sid"`
	AccountSID            string     `json:"account_sid"`
	WorkspaceSID          string     `json:"workspace_sid"`
	DateCreated           *int64     `json:"date_created"`
	DateUpdated           *int64     `json:"date_updated"`
	TaskQueueEnteredDate  *int64     `json:"task_queue_entered_date"`
	Attributes            string     `json:"attributes"`
	AssignmentStatus      TaskStatus `json:"assignment_status"`
	AssignmentCounter     int        `json:"assignmentCounter"`
	WorkflowSID           string     `json:"workflow_sid"`
	WorkflowName          string     `json:"workflow_name"`
	QueueSID              *string    `json:"queue_sid"`
	QueueName             *string    `json:"queue_name"`
	Priority              int        `json:"priority"`
	Age                   int64      `json:"age"`
	AgeInQueue            int64      `json:"age_in_queue"`
	Reason                string     `json:"reason"`
	Timeout               int        `json:"timeout"`
	TaskChannelSID        string     `json:"task_channel_sid"`
	TaskChannelUniqueName string     `json:"task_channel_unique_name"`
	RoutingTarget         *string    `json:"routing_target"`
	Addons                string     `json:"addons"`
	Version               int64      `json:"version"`
}

// Properties returns what the Flex Interactions API shows of the task at a time. Its ages
// stand still once it has ended.
func (t Task) Properties(n TaskNames, now time.Time) TaskProperties {
	if !t.EndedAt.IsZero() {
		now = t.EndedAt
	}
	p := TaskProperties{
		SID: t.SID, AccountSID: t.AccountSID, WorkspaceSID: t.WorkspaceSID,
		DateCreated: shownSeconds(t.CreatedAt), DateUpdated: shownSeconds(t.UpdatedAt), TaskQueueEnteredDate: shownSeconds(t.QueueEnteredAt),
		Attributes: t.Attributes.String(), AssignmentStatus: t.Status, AssignmentCounter: t.Assignments,
		WorkflowSID: t.WorkflowSID, WorkflowName: n.Workflow, QueueSID: orNull(t.QueueSID),
		Priority: t.Priority, Age: age(t.CreatedAt, now), AgeInQueue: age(t.QueueEnteredAt, now), Reason: t.Reason, Timeout: t.Timeout,
		TaskChannelSID: t.TaskChannelSID, TaskChannelUniqueName: n.TaskChannel, RoutingTarget: orNull(t.RoutingTarget), Addons: noAddons,
		Version: t.Version,
	}
	if p.QueueSID != nil {
		p.QueueName = &n.Queue
	}
	return p
}

// TaskView is what TaskRouter's API shows of a task.
type TaskView struct {
	SID                   string     `json:"sid"`
	AccountSID            string     `json:"account_sid"`
	WorkspaceSID          string     `json:"workspace_sid"`
	DateCreated           *time.Time `json:"date_created"`
	DateUpdated           *time.Time `json:"date_updated"`
	TaskQueueEnteredDate  *time.Time `json:"task_queue_entered_date"`
	VirtualStartTime      *time.Time `json:"virtual_start_time"`
	Attributes            string     `json:"attributes"`
	AssignmentStatus      TaskStatus `json:"assignment_status"`
	WorkflowSID           string     `json:"workflow_sid"`
	WorkflowFriendlyName  string     `json:"workflow_friendly_name"`
	TaskQueueSID          *string    `json:"task_queue_sid"`
	TaskQueueFriendlyName *string    `json:"task_queue_friendly_name"`
	TaskChannelSID        string     `json:"task_channel_sid"`
	TaskChannelUniqueName string     `json:"task_channel_unique_name"`
	Priority              int        `json:"priority"`
	Age                   int64      `json:"age"`
	Reason                *string    `json:"reason"`
	Timeout               int        `json:"timeout"`
	IgnoreCapacity        bool       `json:"ignore_capacity"`
	RoutingTarget         *string    `json:"routing_target"`
	Addons                string     `json:"addons"`
	URL                   string     `json:"url"`
	Links                 TaskLinks  `json:"links"`
}

// TaskLinks are the URLs of what a task belongs to, and of what belongs to it.
type TaskLinks struct {
	Workspace    string  `json:"workspace"`
	Workflow     string  `json:"workflow"`
	TaskQueue    *string `json:"task_queue"`
	Reservations string  `json:"reservations"`
}

// View returns what TaskRouter's API shows of the task at a time.
func (t Task) View(b Base, n TaskNames, now time.Time) TaskView {
	p := t.Properties(n, now)
	v := TaskView{
		SID: t.SID, AccountSID: t.AccountSID, WorkspaceSID: t.WorkspaceSID,
		DateCreated: shownTime(t.CreatedAt), DateUpdated: shownTime(t.UpdatedAt),
		TaskQueueEnteredDate: shownTime(t.QueueEnteredAt), VirtualStartTime: shownTime(t.VirtualStart),
		Attributes: p.Attributes, AssignmentStatus: t.Status, WorkflowSID: t.WorkflowSID, WorkflowFriendlyName: n.Workflow,
		TaskQueueSID: p.QueueSID, TaskQueueFriendlyName: p.QueueName,
		TaskChannelSID: t.TaskChannelSID, TaskChannelUniqueName: n.TaskChannel,
		Priority: t.Priority, Age: p.Age, Reason: orNull(t.Reason), Timeout: t.Timeout,
		IgnoreCapacity: t.IgnoreCapacity, RoutingTarget: p.RoutingTarget, Addons: noAddons,
		URL: b.workspace(t.WorkspaceSID, "Tasks", t.SID),
		Links: TaskLinks{
			Workspace:    b.workspace(t.WorkspaceSID),
			Workflow:     b.workspace(t.WorkspaceSID, "Workflows", t.WorkflowSID),
			Reservations: b.workspace(t.WorkspaceSID, "Tasks", t.SID, "Reservations"),
		},
	}
	if t.QueueSID != "" {
		queue := b.workspace(t.WorkspaceSID, "TaskQueues", t.QueueSID)
		v.Links.TaskQueue = &queue
	}
	return v
}

// ReservationView is what TaskRouter's API shows of a reservation.
type ReservationView struct {
	SID               string            `json:"sid"`
	AccountSID        string            `json:"account_sid"`
	WorkspaceSID      string            `json:"workspace_sid"`
	TaskSID           string            `json:"task_sid"`
	WorkerSID         string            `json:"worker_sid"`
	WorkerName        string            `json:"worker_name"`
	ReservationStatus ReservationStatus `json:"reservation_status"`
	DateCreated       *time.Time        `json:"date_created"`
	DateUpdated       *time.Time        `json:"date_updated"`
	URL               string            `json:"url"`
	Links             ReservationLinks  `json:"links"`
}

// ReservationLinks are the URLs of what a reservation belongs to.
type ReservationLinks struct {
	Task      string `json:"task"`
	Worker    string `json:"worker"`
	Workspace string `json:"workspace"`
}

// View returns what TaskRouter's API shows of the reservation.
func (r Reservation) View(b Base) ReservationView {
	return ReservationView{
		SID: r.SID, AccountSID: r.AccountSID, WorkspaceSID: r.WorkspaceSID,
		TaskSID: r.TaskSID, WorkerSID: r.WorkerSID, WorkerName: r.WorkerName, ReservationStatus: r.Status,
		DateCreated: shownTime(r.CreatedAt), DateUpdated: shownTime(r.UpdatedAt),
		URL: b.workspace(r.WorkspaceSID, "Tasks", r.TaskSID, "Reservations", r.SID),
		Links: ReservationLinks{
			Task:      b.workspace(r.WorkspaceSID, "Tasks", r.TaskSID),
			Worker:    b.workspace(r.WorkspaceSID, "Workers", r.WorkerSID),
			Workspace: b.workspace(r.WorkspaceSID),
		},
	}
}
