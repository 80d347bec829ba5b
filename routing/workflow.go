package routing

import "time"

// Workflow says which queues a task goes to, and when. This is what is kept;
// [Workflow.View] is what is shown.
type Workflow struct {
	SID          string `json:"sid"`
	AccountSID   string `json:"account_sid"`
	WorkspaceSID string `json:"workspace_sid"`
	FriendlyName string `json:"friendly_name"`
	// Configuration keeps its JSON as it was given.
	Configuration Configuration `json:"configuration"`
	// ReservationTimeout is how long a worker has to accept, in seconds, 1 to
	// MaxReservationTimeout.
	ReservationTimeout            int       `json:"task_reservation_timeout"`
	AssignmentCallbackURL         string    `json:"assignment_callback_url,omitempty"`
	FallbackAssignmentCallbackURL string    `json:"fallback_assignment_callback_url,omitempty"`
	CreatedAt                     time.Time `json:"created_at"`
	UpdatedAt                     time.Time `json:"updated_at"`
}
