package routing

import (
	"fmt"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Limits of reservations (TaskRouter's documentation, "Workflow Resource").
const (
	// DefaultReservationTimeout is how long a worker has to accept, in seconds.
	DefaultReservationTimeout = 120
	// MaxReservationTimeout is the longest that a workflow can say, in seconds.
	MaxReservationTimeout = 86_400
)

// Reservation is the offer of a task to a worker, and what became of it. This is what is
// kept; [Reservation.View] is what is shown.
type Reservation struct {
	SID          string `json:"sid"`
	AccountSID   string `json:"account_sid"`
	WorkspaceSID string `json:"workspace_sid"`
	TaskSID      string `json:"task_sid"`
	WorkerSID    string `json:"worker_sid"`
	WorkerName   string `json:"worker_name"`
	// AgentID is the agent as whom the worker acted when it was offered. (Who answers it is the
	// agent that the worker names then.)
	AgentID string            `json:"agent_id,omitempty"`
	Status  ReservationStatus `json:"reservation_status"`
	// QueueSID and TaskChannelSID are those of the task when it was offered.
	QueueSID       string `json:"queue_sid,omitempty"`
	TaskChannelSID string `json:"task_channel_sid,omitempty"`
	// Version counts its changes: who changes what they have read before names it.
	Version int64 `json:"version"`
	// DueAt is until when it can be accepted.
	DueAt     time.Time `json:"due_at"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// Apply returns the reservation after something has happened to it, and the types of the
// events that tell of it. It is not changed in place. The error is a [*RefusedError].
//
// What becomes of its task is not looked at: [Assignment] does both.
func (r Reservation) Apply(by ReservationVerb, now time.Time) (Reservation, []string, error) {
	row, err := ReservationLifecycle.Next(r.Status, by, ReservationConditions{Due: !now.Before(r.DueAt)})
	if err != nil {
		return r, nil, refusal(err, func(rule *interaction.TransitionError) (int, string) {
			if rule.Rule != "" || r.Status == "" {
				return 0, ""
			}
			return CodeInvalid, fmt.Sprintf("Reservation %s is already in state [%s] and cannot be updated to [%s]", r.SID, r.Status, by.to())
		})
	}
	if r.Status == "" {
		r.CreatedAt = now
	}
	r.Status, r.UpdatedAt = row.To, now
	if !r.Status.Live() {
		r.EndedAt = now
	}
	return r, row.Events, nil
}

// ReservationStatus is the state of a reservation.
type ReservationStatus string

// The states of a reservation (TaskRouter's documentation, "Reservation Resource").
const (
	ReservationPending   ReservationStatus = "pending"   // the worker has not answered
	ReservationAccepted  ReservationStatus = "accepted"  // the worker does the task
	ReservationRejected  ReservationStatus = "rejected"  // the worker does not want it
	ReservationTimeout   ReservationStatus = "timeout"   // the worker did not answer
	ReservationCanceled  ReservationStatus = "canceled"  // the offer was withdrawn
	ReservationRescinded ReservationStatus = "rescinded" // another worker was faster
	ReservationWrapping  ReservationStatus = "wrapping"  // the worker finishes the work
	ReservationCompleted ReservationStatus = "completed" // the work is done
)

// ReservationStatuses returns all states of reservations.
func ReservationStatuses() []ReservationStatus {
	return []ReservationStatus{
		ReservationPending, ReservationAccepted, ReservationRejected, ReservationTimeout,
		ReservationCanceled, ReservationRescinded, ReservationWrapping, ReservationCompleted,
	}
}

// Live reports whether a reservation in the state has not ended: it takes up capacity of
// its worker.
func (s ReservationStatus) Live() bool {
	switch s {
	case ReservationPending, ReservationAccepted, ReservationWrapping:
		return true
	case ReservationRejected, ReservationTimeout, ReservationCanceled, ReservationRescinded, ReservationCompleted:
	}
	return false
}

// ReservationVerb is something that happens to a reservation.
type ReservationVerb string

// What happens to reservations.
const (
	ReservationStarts    ReservationVerb = "create"   // the task is offered
	ReservationAccepts   ReservationVerb = "accept"   // the worker accepts
	ReservationRejects   ReservationVerb = "reject"   // the worker rejects
	ReservationTimesOut  ReservationVerb = "time_out" // the worker did not answer in time
	ReservationCancels   ReservationVerb = "cancel"   // the task was canceled, or the offer is withdrawn
	ReservationRescinds  ReservationVerb = "rescind"  // another worker has accepted
	ReservationWrapsUp   ReservationVerb = "wrap_up"  // the talk is over
	ReservationCompletes ReservationVerb = "complete" // the work is done
)

// ReservationVerbs returns all verbs of reservations.
func ReservationVerbs() []ReservationVerb {
	return []ReservationVerb{
		ReservationStarts, ReservationAccepts, ReservationRejects, ReservationTimesOut,
		ReservationCancels, ReservationRescinds, ReservationWrapsUp, ReservationCompletes,
	}
}

// to is the state that a verb is meant to lead to.
func (v ReservationVerb) to() ReservationStatus {
	n := slices.IndexFunc(ReservationLifecycle.Rows, func(row reservationRow) bool { return row.By == v })
	if n < 0 {
		return ReservationStatus(v)
	}
	return ReservationLifecycle.Rows[n].To
}

// ReservationConditions are what decides on what happens to a reservation.
type ReservationConditions struct {
	Due bool // the time to answer is over
}

var isDue = interaction.Guard[ReservationConditions]{
	Rule: "the time to answer is over", Remedy: "wait, or cancel it",
	Holds: func(c ReservationConditions) bool { return c.Due },
}

type reservationRow = interaction.Transition[ReservationStatus, ReservationVerb, ReservationConditions]

var pendingReservation = []ReservationStatus{ReservationPending}

// ReservationLifecycle is the table of what happens to reservations. Once accepted, it
// ends with its task; before, in one of five ways, of which the first to come counts: a
// worker who accepts before the time-out is noted has the task.
var ReservationLifecycle = interaction.Lifecycle[ReservationStatus, ReservationVerb, ReservationConditions]{
	Of: "reservation",
	Rows: []reservationRow{
		{From: []ReservationStatus{""}, By: ReservationStarts, To: ReservationPending, Events: []string{"reservation.created"}},
		{From: pendingReservation, By: ReservationAccepts, To: ReservationAccepted, Events: []string{"reservation.accepted"}},
		{From: pendingReservation, By: ReservationRejects, To: ReservationRejected, Events: []string{"reservation.rejected"}},
		{
			From: pendingReservation, By: ReservationTimesOut, To: ReservationTimeout,
			Guards: []interaction.Guard[ReservationConditions]{isDue},
			Events: []string{"reservation.timeout"},
		},
		{From: pendingReservation, By: ReservationCancels, To: ReservationCanceled, Events: []string{"reservation.canceled"}},
		{From: pendingReservation, By: ReservationRescinds, To: ReservationRescinded, Events: []string{"reservation.rescinded"}},
		{From: []ReservationStatus{ReservationAccepted}, By: ReservationWrapsUp, To: ReservationWrapping, Events: []string{"reservation.wrapup"}},
		{From: []ReservationStatus{ReservationAccepted, ReservationWrapping}, By: ReservationCompletes, To: ReservationCompleted, Events: []string{"reservation.completed"}},
	},
}
