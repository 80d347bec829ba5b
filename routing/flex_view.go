package routing

import "time"

// ShownRouting is what the Flex Interactions API shows of the task of an interaction or of
// an invite.
type ShownRouting struct {
	// Reservation is null while there is none.
	Reservation *ReservationView `json:"reservation"`
	Properties  TaskProperties   `json:"properties"`
}

// InteractionView is what the Flex Interactions API shows of an interaction (seed 003).
type InteractionView struct {
	SID     string                 `json:"sid"`
	Channel InteractionChannelView `json:"channel"`
	// Routing is null if there is no task.
	Routing    *ShownRouting `json:"routing"`
	ContextSID *string       `json:"interaction_context_sid"`
	// WebhookTTID is left out if there is none: the seed's response does not have it.
	WebhookTTID *string          `json:"webhook_ttid,omitempty"`
	URL         string           `json:"url"`
	Links       InteractionLinks `json:"links"`
}

// InteractionChannelView is what an interaction shows of its channel.
type InteractionChannelView struct {
	Type ChannelType `json:"type"`
	SID  string      `json:"sid"`
}

// InteractionLinks are the URLs of what belongs to an interaction.
type InteractionLinks struct {
	Channels string `json:"channels"`
}

// View returns what the API shows of the interaction. Routing is what it shows of its task;
// nil: there is none.
func (i Interaction) View(b Base, routing *ShownRouting) InteractionView {
	return InteractionView{
		SID:     i.SID,
		Channel: InteractionChannelView{Type: i.ChannelType, SID: i.ChannelSID},
		Routing: routing, ContextSID: orNull(i.ContextSID), WebhookTTID: orNull(i.WebhookTTID),
		URL:   b.interaction(i.SID),
		Links: InteractionLinks{Channels: b.interaction(i.SID, "Channels")},
	}
}

// ChannelView is what the Flex Interactions API shows of a channel.
type ChannelView struct {
	SID            string        `json:"sid"`
	InteractionSID string        `json:"interaction_sid"`
	Type           ChannelType   `json:"type"`
	Status         ChannelStatus `json:"status"`
	// ErrorCode and ErrorMessage are null unless it failed.
	ErrorCode    *int         `json:"error_code"`
	ErrorMessage *string      `json:"error_message"`
	URL          string       `json:"url"`
	Links        ChannelLinks `json:"links"`
}

// ChannelLinks are the URLs of what belongs to a channel.
type ChannelLinks struct {
	Participants string `json:"participants"`
	Invites      string `json:"invites"`
	Transfers    string `json:"transfers"`
}

// View returns what the API shows of the channel.
func (c Channel) View(b Base) ChannelView {
	v := ChannelView{
		SID: c.SID, InteractionSID: c.InteractionSID, Type: c.Type, Status: c.Status,
		ErrorMessage: orNull(c.ErrorMessage),
		URL:          b.interaction(c.InteractionSID, "Channels", c.SID),
		Links: ChannelLinks{
			Participants: b.interaction(c.InteractionSID, "Channels", c.SID, "Participants"),
			Invites:      b.interaction(c.InteractionSID, "Channels", c.SID, "Invites"),
			Transfers:    b.interaction(c.InteractionSID, "Channels", c.SID, "Transfers"),
		},
	}
	if c.ErrorCode != 0 {
		v.ErrorCode = &c.ErrorCode
	}
	return v
}

// InviteView is what the Flex Interactions API shows of an invite.
type InviteView struct {
	SID            string        `json:"sid"`
	InteractionSID string        `json:"interaction_sid"`
	ChannelSID     string        `json:"channel_sid"`
	Routing        *ShownRouting `json:"routing"`
	URL            string        `json:"url"`
}

// View returns what the API shows of the invite. Routing is what it shows of its task.
func (i Invite) View(b Base, routing *ShownRouting) InviteView {
	return InviteView{
		SID: i.SID, InteractionSID: i.InteractionSID, ChannelSID: i.ChannelSID, Routing: routing,
		URL: b.interaction(i.InteractionSID, "Channels", i.ChannelSID, "Invites", i.SID),
	}
}

// ParticipantView is what the Flex Interactions API shows of a participant.
type ParticipantView struct {
	SID            string          `json:"sid"`
	Type           ParticipantType `json:"type"`
	InteractionSID string          `json:"interaction_sid"`
	ChannelSID     string          `json:"channel_sid"`
	URL            string          `json:"url"`
	// RoutingProperties are null for who is no agent.
	RoutingProperties *ParticipantRouting `json:"routing_properties"`
}

// ParticipantRouting is how an agent came to be a participant.
type ParticipantRouting struct {
	TaskSID        string `json:"task_sid"`
	WorkerSID      string `json:"worker_sid"`
	ReservationSID string `json:"reservation_sid"`
}

// View returns what the API shows of the participant.
func (p Participant) View(b Base) ParticipantView {
	v := ParticipantView{
		SID: p.SID, Type: p.Type, InteractionSID: p.InteractionSID, ChannelSID: p.ChannelSID,
		URL: b.interaction(p.InteractionSID, "Channels", p.ChannelSID, "Participants", p.SID),
	}
	if p.TaskSID != "" {
		v.RoutingProperties = &ParticipantRouting{TaskSID: p.TaskSID, WorkerSID: p.WorkerSID, ReservationSID: p.ReservationSID}
	}
	return v
}

// TransferView is what the Flex Interactions API shows of a transfer.
type TransferView struct {
	SID            string         `json:"sid"`
	InstanceSID    *string        `json:"instance_sid"`
	AccountSID     string         `json:"account_sid"`
	InteractionSID string         `json:"interaction_sid"`
	ChannelSID     string         `json:"channel_sid"`
	ExecutionSID   *string        `json:"execution_sid"`
	Type           TransferType   `json:"type"`
	Status         TransferStatus `json:"status"`
	From           string         `json:"from"`
	To             string         `json:"to"`
	NoteSID        *string        `json:"note_sid"`
	SummarySID     *string        `json:"summary_sid"`
	DateCreated    *time.Time     `json:"date_created"`
	DateUpdated    *time.Time     `json:"date_updated"`
	URL            string         `json:"url"`
}

// View returns what the API shows of the transfer.
func (t Transfer) View(b Base) TransferView {
	return TransferView{
		SID: t.SID, InstanceSID: orNull(t.InstanceSID), AccountSID: t.AccountSID, InteractionSID: t.InteractionSID, ChannelSID: t.ChannelSID,
		ExecutionSID: orNull(t.ExecutionSID), Type: t.Type, Status: t.Status, From: t.From, To: t.To,
		NoteSID: orNull(t.NoteSID), SummarySID: orNull(t.SummarySID),
		DateCreated: shownTime(t.CreatedAt), DateUpdated: shownTime(t.UpdatedAt),
		URL: b.interaction(t.InteractionSID, "Channels", t.ChannelSID, "Transfers", t.SID),
	}
}
