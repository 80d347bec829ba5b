package routing

import "time"

// Workspace is where workers, queues, workflows and tasks belong together. This is what is
// kept; [Workspace.View] is what is shown.
type Workspace struct {
	SID          string `json:"sid"`
	AccountSID   string `json:"account_sid"`
	FriendlyName string `json:"friendly_name"`
	// PrioritizeQueueOrder says in which order the queues are looked at for a worker who
	// can take from several.
	PrioritizeQueueOrder TaskOrder `json:"prioritize_queue_order"`
	// MultiTask lets workers have several tasks at a time, up to their capacities. Without
	// it a task is offered to a worker only when they have none.
	MultiTask bool `json:"multi_task_enabled"`
	// DefaultActivitySID is what new workers do, TimeoutActivitySID what those do who let
	// the time to answer go by.
	DefaultActivitySID  string    `json:"default_activity_sid"`
	DefaultActivityName string    `json:"default_activity_name"`
	TimeoutActivitySID  string    `json:"timeout_activity_sid"`
	TimeoutActivityName string    `json:"timeout_activity_name"`
	EventCallbackURL    string    `json:"event_callback_url,omitempty"`
	EventsFilter        string    `json:"events_filter,omitempty"`
	CreatedAt           time.Time `json:"created_at"`
	UpdatedAt           time.Time `json:"updated_at"`
}
