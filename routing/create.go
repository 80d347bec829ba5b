package routing

import "slices"

// Limits of requests. The platform documents none; these are far above what is sent.
const (
	// MaxRequest is how long a part of a request may be, in bytes.
	MaxRequest = 256 << 10
	// MaxText is how long a text in a request may be, in bytes.
	MaxText = 512
	// MaxParticipants is how many participants a request may name, and how many a channel has at a
	// time beside its agents.
	MaxParticipants = 100
)

// CreateRequest asks for an interaction (seed 003, "POST /Interactions"). [ParseCreate]
// reads one as it is sent; [CreateRequest.Check] says whether one that was made in Go is
// right.
type CreateRequest struct {
	Channel ChannelRequest `json:"channel"`
	// Routing is how its task is routed; nil only where the channel is there already.
	Routing     *CreateRouting `json:"routing,omitempty"`
	ContextSID  string         `json:"interaction_context_sid,omitempty"` // HQ…, to find it by
	WebhookTTID string         `json:"webhook_ttid,omitempty"`
}

// ChannelRequest is the channel that an interaction is to have.
type ChannelRequest struct {
	SID          string               `json:"sid,omitempty"` // UO…, if it is there already
	Type         ChannelType          `json:"type"`
	InitiatedBy  Initiator            `json:"initiated_by"`
	Properties   MediaRequest         `json:"properties,omitzero"`
	Participants []ParticipantRequest `json:"participants,omitempty"`
}

// Customer returns the index of the participant whom the interaction is with: the first, or, of an
// email, the first whom it is to, not who has a copy. It is -1 if there are none.
func (c ChannelRequest) Customer() int {
	if len(c.Participants) == 0 {
		return -1
	}
	return max(0, slices.IndexFunc(c.Participants, func(p ParticipantRequest) bool { return p.Level == EmailTo }))
}

// MediaRequest is the conversation of a channel.
type MediaRequest struct {
	// MediaChannelSID is that of the conversation, CH…, if there is one. Who is to be
	// answered must be in it.
	MediaChannelSID string `json:"media_channel_sid,omitempty"`
	From            string `json:"from,omitempty"`      // for email: the address of the company
	FromName        string `json:"from_name,omitempty"` // for email: its name
	Subject         string `json:"subject,omitempty"`   // for email
}

// CreateRouting is how the task of an interaction is to be routed.
type CreateRouting struct {
	Properties TaskRequest `json:"properties"`
}

// TaskRequest is the task that an interaction or an invite is to have.
type TaskRequest struct {
	WorkspaceSID string `json:"workspace_sid"`
	// WorkflowSID may be empty if the workspace has one workflow only: Check sets nothing,
	// who creates the task does.
	WorkflowSID string `json:"workflow_sid,omitempty"`
	// QueueSID and WorkerSID are who is to get it; an agent who begins an interaction gets
	// it.
	QueueSID  string `json:"queue_sid,omitempty"`
	WorkerSID string `json:"worker_sid,omitempty"`
	// TaskChannelSID or TaskChannel, its unique name; neither: the default one.
	TaskChannelSID string `json:"task_channel_sid,omitempty"`
	TaskChannel    string `json:"task_channel_unique_name,omitempty"`
	// Attributes go into the task as they are; see [Known].
	Attributes Attributes `json:"attributes,omitempty"`
	// Priority is 0 to MaxPriority.
	Priority int `json:"priority,omitempty"`
	// Timeout is the time to live of the task in seconds, at most MaxTaskTimeout; 0:
	// DefaultTimeout.
	Timeout int `json:"timeout,omitempty"`
}

// OnlyWorkflow returns the SID of the workflow of a workspace that has one only; empty if
// it has another number of them, or is not known. It may be nil: then none has.
type OnlyWorkflow func(workspaceSID string) string

func (f OnlyWorkflow) in(workspaceSID string) bool { return f != nil && f(workspaceSID) != "" }

// RoutingTarget returns the worker whose the task is, whoever else could do it: the agent
// who begins the interaction; else it is empty.
func (r CreateRequest) RoutingTarget() string {
	if r.Channel.InitiatedBy != ByAgent || r.Routing == nil {
		return ""
	}
	return r.Routing.Properties.WorkerSID
}

// Check holds a request against all rules that it can be held against by itself: which
// fields it needs (see required), what they look like, and which values they can have. The
// error is a [*ProblemsError] with everything that is wrong. Warnings are what will work,
// but is probably not what is meant; there may be some in either case.
func (r CreateRequest) Check(only OnlyWorkflow) (warnings []Problem, err error) {
	var f findings
	f.create(r, only)
	return f.warnings, f.err()
}
