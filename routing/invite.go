package routing

import (
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Invite asks for an agent on a channel: the first one is made with the interaction, more
// bring more agents. Each has a task of its own. This is what is kept; [Invite.View] is
// what is shown.
type Invite struct {
	SID            string       `json:"sid"`
	AccountSID     string       `json:"account_sid,omitempty"`
	InteractionSID string       `json:"interaction_sid"`
	ChannelSID     string       `json:"channel_sid"`
	TaskSID        string       `json:"task_sid"`
	WorkerSID      string       `json:"worker_sid,omitempty"` // who is invited, if it is somebody certain
	Status         InviteStatus `json:"status"`
	CreatedAt      time.Time    `json:"created_at"`
	UpdatedAt      time.Time    `json:"updated_at"`
}

// Apply returns the invite after something has happened to it, and the types of the events
// that tell of it. The error is a [*RefusedError].
func (i Invite) Apply(by InviteVerb, now time.Time) (Invite, []string, error) {
	row, err := InviteLifecycle.Next(i.Status, by, struct{}{})
	if err != nil {
		return i, nil, &RefusedError{Err: err}
	}
	if i.Status == "" {
		i.CreatedAt = now
	}
	i.Status, i.UpdatedAt = row.To, now
	return i, row.Events, nil
}

// InviteStatus is the state of an invite. The platform shows none; it is what the actions
// accept and decline lead to.
type InviteStatus string

// The states of an invite.
const (
	InvitePending  InviteStatus = "pending"
	InviteAccepted InviteStatus = "accepted"
	InviteDeclined InviteStatus = "declined"
	InviteCanceled InviteStatus = "canceled"
)

// InviteStatuses returns all states of invites.
func InviteStatuses() []InviteStatus {
	return []InviteStatus{InvitePending, InviteAccepted, InviteDeclined, InviteCanceled}
}

// InviteVerb is something that happens to an invite.
type InviteVerb string

// What happens to invites.
const (
	InviteStarts   InviteVerb = "create"
	InviteAccepts  InviteVerb = "accept"  // an agent accepts its task
	InviteDeclines InviteVerb = "decline" // who is invited does not want it
	InviteCancels  InviteVerb = "cancel"  // its task ends without an agent
)

// InviteVerbs returns all verbs of invites.
func InviteVerbs() []InviteVerb {
	return []InviteVerb{InviteStarts, InviteAccepts, InviteDeclines, InviteCancels}
}

// InviteLifecycle is the table of what happens to invites.
var InviteLifecycle = interaction.Lifecycle[InviteStatus, InviteVerb, struct{}]{
	Of: "invite",
	Rows: []interaction.Transition[InviteStatus, InviteVerb, struct{}]{
		{From: []InviteStatus{""}, By: InviteStarts, To: InvitePending, Events: []string{"flex.invite.created"}},
		{From: []InviteStatus{InvitePending}, By: InviteAccepts, To: InviteAccepted, Events: []string{"flex.invite.accepted"}},
		{From: []InviteStatus{InvitePending}, By: InviteDeclines, To: InviteDeclined, Events: []string{"flex.invite.declined"}},
		{From: []InviteStatus{InvitePending}, By: InviteCancels, To: InviteCanceled, Events: []string{"flex.invite.canceled"}},
	},
}
