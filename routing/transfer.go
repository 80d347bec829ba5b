package routing

import (
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Transfer hands a channel over from one agent to another, or to a queue. This is what is
// kept; [Transfer.View] is what is shown.
type Transfer struct {
	SID            string         `json:"sid"`
	AccountSID     string         `json:"account_sid"`
	InstanceSID    string         `json:"instance_sid,omitempty"`
	InteractionSID string         `json:"interaction_sid"`
	ChannelSID     string         `json:"channel_sid"`
	ExecutionSID   string         `json:"execution_sid,omitempty"`
	Type           TransferType   `json:"type"`
	Status         TransferStatus `json:"status"`
	// From is the participant who hands it over; To is to whom: the SID of a worker, a
	// queue, a workflow or a participant.
	From       string `json:"from"`
	To         string `json:"to"`
	NoteSID    string `json:"note_sid,omitempty"`
	SummarySID string `json:"summary_sid,omitempty"`
	// FromTaskSID is the task that ends once the transfer is accepted, TaskSID the one that
	// takes its place.
	FromTaskSID string    `json:"from_task_sid,omitempty"`
	TaskSID     string    `json:"task_sid,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Apply returns the transfer after something has happened to it, and the types of the
// events that tell of it. The error is a [*RefusedError].
func (t Transfer) Apply(by TransferVerb, now time.Time) (Transfer, []string, error) {
	row, err := TransferLifecycle.Next(t.Status, by, struct{}{})
	if err != nil {
		return t, nil, &RefusedError{Err: err}
	}
	if t.Status == "" {
		t.CreatedAt = now
	}
	t.Status, t.UpdatedAt = row.To, now
	return t, row.Events, nil
}

// TransferType says how a transfer goes.
type TransferType string

// The types of transfers (the Flex Interactions API, "Interaction Transfers").
const (
	TransferWarm     TransferType = "warm"     // both are there, then the first one leaves
	TransferCold     TransferType = "cold"     // the other one takes the place of the first
	TransferExternal TransferType = "external" // to somebody outside
)

// TransferTypes returns all types of transfers.
func TransferTypes() []TransferType {
	return []TransferType{TransferWarm, TransferCold, TransferExternal}
}

// TransferStatus is the state of a transfer.
type TransferStatus string

// The states of a transfer.
const (
	TransferActive    TransferStatus = "active"
	TransferFailed    TransferStatus = "failed"
	TransferCompleted TransferStatus = "completed"
)

// TransferStatuses returns all states of transfers.
func TransferStatuses() []TransferStatus {
	return []TransferStatus{TransferActive, TransferFailed, TransferCompleted}
}

// TransferVerb is something that happens to a transfer.
type TransferVerb string

// What happens to transfers.
const (
	TransferStarts    TransferVerb = "create"
	TransferDeclined  TransferVerb = "decline"  // one agent does not want it, another is asked
	TransferCompletes TransferVerb = "complete" // the other agent has accepted
	TransferFails     TransferVerb = "fail"     // nobody is left to be asked
	TransferCancels   TransferVerb = "cancel"   // it is given up, or the channel ends
)

// TransferVerbs returns all verbs of transfers.
func TransferVerbs() []TransferVerb {
	return []TransferVerb{TransferStarts, TransferDeclined, TransferCompletes, TransferFails, TransferCancels}
}

// TransferLifecycle is the table of what happens to transfers. The platform has no state
// for one that was canceled: it has failed, and the event says how.
var TransferLifecycle = interaction.Lifecycle[TransferStatus, TransferVerb, struct{}]{
	Of: "transfer",
	Rows: []interaction.Transition[TransferStatus, TransferVerb, struct{}]{
		{From: []TransferStatus{""}, By: TransferStarts, To: TransferActive, Events: []string{"task.transfer-initiated"}},
		{From: []TransferStatus{TransferActive}, By: TransferDeclined, Events: []string{"task.transfer-attempt-failed"}},
		{From: []TransferStatus{TransferActive}, By: TransferCompletes, To: TransferCompleted, Events: []string{"task.transfer-completed"}},
		{From: []TransferStatus{TransferActive}, By: TransferFails, To: TransferFailed, Events: []string{"task.transfer-failed"}},
		{From: []TransferStatus{TransferActive}, By: TransferCancels, To: TransferFailed, Events: []string{"task.transfer-canceled"}},
	},
}
