package routing

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/engage-interactions/engage/interaction"
)

// Limits of tasks (TaskRouter's documentation, "Task Resource" and "Limits").
const (
	// DefaultTimeout is how long a task lives without being assigned, in seconds, unless
	// it says otherwise.
	DefaultTimeout = 86_400
	// MaxTaskTimeout is the longest that it can say, in seconds: two weeks.
	MaxTaskTimeout = 1_209_600
	// MaxAssignments is how often a task is reserved before it is canceled.
	MaxAssignments = 1000
)

// Reasons of tasks that end by themselves.
const (
	ReasonTTL         = "Task TTL Exceeded"
	ReasonAssignments = "Max assignment count exceeded"
	ReasonWorkflow    = "Workflow timed out"
)

// Task is something that a worker is to do: to talk to a customer on a channel. This is
// what is kept; [Task.Properties] and [Task.View] are what is shown.
type Task struct {
	SID          string `json:"sid"`
	AccountSID   string `json:"account_sid"`
	WorkspaceSID string `json:"workspace_sid"`
	WorkflowSID  string `json:"workflow_sid"`
	// QueueSID is the queue that it waits in, or was assigned from; empty before it has
	// entered one. Since QueueEnteredAt it is there.
	QueueSID       string    `json:"queue_sid,omitempty"`
	QueueEnteredAt time.Time `json:"queue_entered_at,omitzero"`
	TaskChannelSID string    `json:"task_channel_sid"`

	// InteractionSID, ChannelSID and InviteSID are what it is for; empty for a task that is
	// not of an interaction.
	InteractionSID string `json:"interaction_sid,omitempty"`
	ChannelSID     string `json:"channel_sid,omitempty"`
	InviteSID      string `json:"invite_sid,omitempty"`

	Status     TaskStatus `json:"assignment_status"`
	Attributes Attributes `json:"attributes"`
	// Priority is 0 to MaxPriority, the highest first. What a target of the workflow says
	// takes its place.
	Priority int `json:"priority"`
	// Timeout is its time to live in seconds: it counts while it is pending or reserved.
	Timeout int `json:"timeout"`
	// Reason is why it was canceled or completed.
	Reason string `json:"reason,omitempty"`
	// RoutingTarget is the worker, queue or workflow that it is for and no other.
	RoutingTarget string `json:"routing_target,omitempty"`
	// IgnoreCapacity lets it be offered to its worker whatever else they do.
	IgnoreCapacity bool `json:"ignore_capacity,omitempty"`
	// Assignments counts how often it went from pending to reserved.
	Assignments int `json:"assignments"`
	// Waiting is how it is being routed.
	Waiting Waiting `json:"waiting,omitzero"`
	// ReservationSIDs are those of its reservations that have not ended.
	ReservationSIDs []string `json:"reservation_sids,omitempty"`
	// Version counts its changes: who changes what they have read before names it.
	Version int64 `json:"version"`

	// VirtualStart is since when it has been waiting, for the order.
	VirtualStart time.Time `json:"virtual_start"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	AssignedAt   time.Time `json:"assigned_at,omitzero"`
	EndedAt      time.Time `json:"ended_at,omitzero"`
}

// MaxReason is how many bytes the reason has at most for which a task ends.
const MaxReason = 1_000

// CheckReason says what is wrong with a reason that somebody gives: it is UTF-8 of MaxReason
// bytes at most, without control characters but tabs and line breaks. The error is a
// [*ProblemsError].
func CheckReason(reason string) error {
	wrong := ""
	switch {
	case len(reason) > MaxReason:
		wrong = fmt.Sprintf("is longer than %d bytes", MaxReason)
	case !utf8.ValidString(reason):
		wrong = "is not UTF-8"
	case strings.ContainsFunc(reason, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) }):
		wrong = "has control characters"
	default:
		return nil
	}
	return &ProblemsError{Problems: []Problem{{Path: "reason", Message: wrong, Code: CodeInvalid}}}
}

// ExpiresAt returns when the task is canceled unless it is assigned before.
func (t Task) ExpiresAt() time.Time { return t.CreatedAt.Add(time.Duration(t.Timeout) * time.Second) }

// TaskChange is what comes with a verb.
type TaskChange struct {
	Reason   string // why it is canceled or completed
	QueueSID string // which queue it enters
	// Pending is how many of its reservations are pending after what has happened.
	Pending int
}

// Apply returns the task after something has happened to it, and the types of the events
// that tell of it. It is not changed in place. The error is a [*RefusedError].
//
// What becomes of its reservations is not looked at: [Assignment] does both.
func (t Task) Apply(by TaskVerb, c TaskChange, now time.Time) (Task, []string, error) {
	row, err := TaskLifecycle.Next(t.Status, by, TaskConditions{
		Reason: strings.TrimSpace(c.Reason) != "", Pending: c.Pending, Assignments: t.Assignments,
		Expired: !now.Before(t.ExpiresAt()), Queued: t.QueueSID != "", Elsewhere: t.QueueSID != c.QueueSID,
	})
	if err != nil {
		return t, nil, refusal(err, t.refusalText)
	}
	from := t.Status
	t.Status, t.UpdatedAt = row.To, now
	switch by {
	case TaskStarts:
		t.CreatedAt = now
		if t.VirtualStart.IsZero() {
			t.VirtualStart = now
		}
		if t.Timeout == 0 {
			t.Timeout = DefaultTimeout
		}
	case TaskEnters:
		t.QueueSID, t.QueueEnteredAt = c.QueueSID, now
	case TaskReserves:
		if from == TaskPending {
			t.Assignments++
		}
	case TaskAccepts:
		t.AssignedAt = now
	case TaskCancels, TaskCompletes:
		t.Reason = c.Reason
	case TaskExpires:
		t.Reason = ReasonTTL
	case TaskExhausts:
		t.Reason = ReasonAssignments
	case TaskRunsOut:
		t.Reason = ReasonWorkflow
	case TaskUpdates, TaskReleases, TaskWrapsUp:
	}
	if !t.Status.Live() {
		t.EndedAt = now
	}
	return t, row.Events, nil
}

// refusalText is what the platform says of a verb that is not possible.
func (t Task) refusalText(rule *interaction.TransitionError) (int, string) {
	if rule.Rule == hasReason.Rule {
		return CodeInvalid, "Missing required parameter Reason in the post body"
	}
	who := fmt.Sprintf("task %s in workspace %s for account %s", t.SID, t.WorkspaceSID, t.AccountSID)
	switch TaskVerb(rule.By) {
	case TaskCancels:
		return CodeInvalid, "Cannot cancel " + who + " because it is not pending or reserved."
	case TaskCompletes:
		return CodeInvalid, "Cannot complete " + who + " because it is not currently assigned."
	case TaskWrapsUp:
		return CodeInvalid, "Cannot wrap up a " + who + " because it is not currently assigned."
	case TaskStarts, TaskEnters, TaskUpdates, TaskReserves, TaskReleases, TaskAccepts, TaskExpires, TaskExhausts, TaskRunsOut:
	}
	return 0, ""
}
