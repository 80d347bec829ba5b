package routing

import "time"

// TaskOrder says which of the tasks that wait is next.
type TaskOrder string

// The orders of tasks (TaskRouter's documentation, "Queue ordering").
const (
	// FIFO: the highest priority first, then who has been waiting for longest.
	FIFO TaskOrder = "FIFO"
	// LIFO: the newest first, whatever its priority.
	LIFO TaskOrder = "LIFO"
)

// TaskOrders returns all orders.
func TaskOrders() []TaskOrder { return []TaskOrder{FIFO, LIFO} }

// EveryWorker is the expression of a queue that says nothing else.
const EveryWorker = "1==1"

// Queue is where tasks wait for the workers who can do them. This is what is kept;
// [Queue.View] is what is shown.
type Queue struct {
	SID          string `json:"sid"`
	AccountSID   string `json:"account_sid"`
	WorkspaceSID string `json:"workspace_sid"`
	FriendlyName string `json:"friendly_name"`
	// TargetWorkers is an expression over the attributes of workers.
	TargetWorkers string `json:"target_workers"`
	// MaxReservedWorkers is to how many workers a task is offered at a time, 1 to 50.
	MaxReservedWorkers int       `json:"max_reserved_workers"`
	TaskOrder          TaskOrder `json:"task_order"`
	Matching           Matching  `json:"matching,omitzero"`
	// ReservationActivitySID and AssignmentActivitySID are what workers do once a task is
	// offered to them and once they have accepted it; empty: what they did before.
	ReservationActivitySID  string    `json:"reservation_activity_sid,omitempty"`
	ReservationActivityName string    `json:"reservation_activity_name,omitempty"`
	AssignmentActivitySID   string    `json:"assignment_activity_sid,omitempty"`
	AssignmentActivityName  string    `json:"assignment_activity_name,omitempty"`
	CreatedAt               time.Time `json:"created_at"`
	UpdatedAt               time.Time `json:"updated_at"`
}
