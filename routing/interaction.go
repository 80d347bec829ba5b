package routing

import "time"

// Interaction is a conversation with a customer over one channel (seed 003). This is what
// is kept; [Interaction.View] is what is shown.
type Interaction struct {
	SID        string `json:"sid"`
	AccountSID string `json:"account_sid,omitempty"`
	// ChannelSID is its only channel; ChannelType and InitiatedBy are as in the request.
	ChannelSID  string      `json:"channel_sid"`
	ChannelType ChannelType `json:"channel_type"`
	InitiatedBy Initiator   `json:"initiated_by"`
	// TaskSID is the first task that was made for it; empty if it asked for none.
	TaskSID string `json:"task_sid,omitempty"`
	// ContextSID is what the caller finds it by, HQ…, as they wrote it; empty if there is none.
	ContextSID  string    `json:"interaction_context_sid,omitempty"`
	WebhookTTID string    `json:"webhook_ttid,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Initiator is who begins an interaction.
type Initiator string

// Who begins interactions (seed 003, "initiated_by").
const (
	ByCustomer Initiator = "customer"
	ByAgent    Initiator = "agent"
	ByAPI      Initiator = "api"
)

// Initiators returns all who begin interactions.
func Initiators() []Initiator { return []Initiator{ByCustomer, ByAgent, ByAPI} }

// Direction returns how the task of an interaction goes: "outbound" if an agent begins
// it, else "inbound" (seed 003).
func (i Initiator) Direction() string {
	switch i {
	case ByAgent:
		return "outbound"
	case ByCustomer, ByAPI:
	}
	return "inbound"
}
