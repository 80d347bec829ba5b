package routing

import (
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Participant is somebody on a channel. This is what is kept; [Participant.View] is what is
// shown.
type Participant struct {
	SID            string            `json:"sid"`
	AccountSID     string            `json:"account_sid,omitempty"`
	InteractionSID string            `json:"interaction_sid"`
	ChannelSID     string            `json:"channel_sid"`
	Type           ParticipantType   `json:"type"`
	Status         ParticipantStatus `json:"status"`
	// Media is where the participant is on the conversation, for who is not an agent.
	Media *ParticipantRequest `json:"media_properties,omitempty"`
	// TaskSID, WorkerSID and ReservationSID are those of an agent.
	TaskSID        string    `json:"task_sid,omitempty"`
	WorkerSID      string    `json:"worker_sid,omitempty"`
	ReservationSID string    `json:"reservation_sid,omitempty"`
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
}

// Apply returns the participant after something has happened to it, and the types of the
// events that tell of it. The error is a [*RefusedError].
func (p Participant) Apply(by ParticipantVerb, now time.Time) (Participant, []string, error) {
	row, err := ParticipantLifecycle.Next(p.Status, by, ParticipantConditions{Task: p.TaskSID != ""})
	if err != nil {
		return p, nil, &RefusedError{Err: err}
	}
	if p.Status == "" {
		p.CreatedAt = now
	}
	p.Status, p.UpdatedAt = row.To, now
	return p, row.Events, nil
}

// ParticipantType says who a participant is.
type ParticipantType string

// The types of participants (the Flex Interactions API, "Interaction Channel Participants").
const (
	ParticipantSupervisor ParticipantType = "supervisor"
	ParticipantCustomer   ParticipantType = "customer"
	ParticipantExternal   ParticipantType = "external"
	ParticipantAgent      ParticipantType = "agent"
	ParticipantUnknown    ParticipantType = "unknown"
)

// ParticipantTypes returns all types of participants.
func ParticipantTypes() []ParticipantType {
	return []ParticipantType{ParticipantSupervisor, ParticipantCustomer, ParticipantExternal, ParticipantAgent, ParticipantUnknown}
}

// ParticipantStatus is the state of a participant. The platform does not show it, but
// takes the last two in updates.
type ParticipantStatus string

// The states of a participant.
const (
	ParticipantActive ParticipantStatus = "active"
	ParticipantWrapup ParticipantStatus = "wrapup" // an agent finishes the work
	ParticipantClosed ParticipantStatus = "closed" // has left
)

// ParticipantStatuses returns all states of participants.
func ParticipantStatuses() []ParticipantStatus {
	return []ParticipantStatus{ParticipantActive, ParticipantWrapup, ParticipantClosed}
}

// ParticipantVerb is something that happens to a participant.
type ParticipantVerb string

// What happens to participants.
const (
	ParticipantJoins   ParticipantVerb = "join"
	ParticipantWrapsUp ParticipantVerb = "wrap_up" // the agent's task goes to wrapping
	ParticipantCloses  ParticipantVerb = "close"   // the agent's task is completed, others simply leave
)

// ParticipantVerbs returns all verbs of participants.
func ParticipantVerbs() []ParticipantVerb {
	return []ParticipantVerb{ParticipantJoins, ParticipantWrapsUp, ParticipantCloses}
}

// ParticipantConditions are what decides on what happens to a participant.
type ParticipantConditions struct {
	Task bool // it has a task
}

// ParticipantLifecycle is the table of what happens to participants. That one leaves ends
// their own task; the channel and the conversation go on, unless it was the last.
var ParticipantLifecycle = interaction.Lifecycle[ParticipantStatus, ParticipantVerb, ParticipantConditions]{
	Of: "participant",
	Rows: []interaction.Transition[ParticipantStatus, ParticipantVerb, ParticipantConditions]{
		{From: []ParticipantStatus{""}, By: ParticipantJoins, To: ParticipantActive, Events: []string{"flex.participant.joined"}},
		{
			From: []ParticipantStatus{ParticipantActive}, By: ParticipantWrapsUp, To: ParticipantWrapup,
			Guards: []interaction.Guard[ParticipantConditions]{{
				Rule: "it has a task", Remedy: "close it",
				Holds: func(c ParticipantConditions) bool { return c.Task },
			}},
			Events: []string{"flex.participant.updated"},
		},
		{From: []ParticipantStatus{ParticipantActive, ParticipantWrapup}, By: ParticipantCloses, To: ParticipantClosed, Events: []string{"flex.participant.left"}},
	},
}
