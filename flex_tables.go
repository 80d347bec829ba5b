package engage

import (
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
)

// flexKey says which interaction an idempotency key stands for.
type flexKey struct {
	Hash           string `json:"hash"` // of the key
	InteractionSID string `json:"interaction_sid"`
	RequestHash    string `json:"request_hash"` // of what was asked for with it
}

// storedChannel is a channel with all that has not ended on it: its guard.
type storedChannel struct {
	routing.Channel

	WorkspaceSID string `json:"workspace_sid"`
	// ThreadID is the conversation; before it is set up, what it will be.
	ThreadID string `json:"thread_id"`
	// Request is what the interaction was created with: how to set the channel up, and how
	// to route a task for it anew.
	Request routing.CreateRequest `json:"request"`
	// WorkflowSID is the workflow that its first task went through, which the request need
	// not name.
	WorkflowSID string `json:"workflow_sid"`

	TaskSIDs        []string `json:"task_sids,omitempty"`        // live
	InviteSIDs      []string `json:"invite_sids,omitempty"`      // open
	TransferSIDs    []string `json:"transfer_sids,omitempty"`    // open
	ParticipantSIDs []string `json:"participant_sids,omitempty"` // not closed

	// Job is the one that sets it up, or ends its pause.
	Job string `json:"job,omitempty"`
	// RestedWorker is who has paused it, RestedTask what they had.
	RestedWorker string `json:"rested_worker,omitempty"`
	RestedTask   string `json:"rested_task,omitempty"`
	// Owner is whom routing has made the owner of the intervention; see [Joins].
	Owner Actor `json:"owner,omitzero"`
}

// The tables of interactions.
var (
	flexInteractions = work.Table[routing.Interaction]{
		Kind: "flex_interaction", Format: 2,
		ID: func(i *routing.Interaction) string { return i.SID },
		Indexes: []work.Index[routing.Interaction]{
			{Name: byContext, Term: func(i *routing.Interaction) (string, bool) {
				return idTerm(routing.PrefixContext.Alike(i.ContextSID)).Text(i.SID).String(), i.ContextSID != ""
			}},
		},
	}
	flexKeys     = work.Table[flexKey]{Kind: "flex_key", Format: 1, ID: func(k *flexKey) string { return k.Hash }}
	flexChannels = work.Table[storedChannel]{
		Kind: "interaction_channel", Format: 2, Mend: mendChannel,
		ID: func(c *storedChannel) string { return c.SID },
		Indexes: []work.Index[storedChannel]{
			{Name: byWorkspaceStatus, Term: func(c *storedChannel) (string, bool) {
				return idTerm(c.WorkspaceSID).Text(string(c.Status)).Text(c.SID).String(), true
			}},
		},
	}
	invites = work.Table[routing.Invite]{
		Kind: "interaction_invite", Format: 1,
		ID:      func(i *routing.Invite) string { return i.SID },
		Indexes: []work.Index[routing.Invite]{{Name: byChannel, Term: func(i *routing.Invite) (string, bool) { return idTerm(i.ChannelSID).Text(i.SID).String(), true }}},
	}
	participants = work.Table[routing.Participant]{
		Kind: "interaction_participant", Format: 1,
		ID:      func(p *routing.Participant) string { return p.SID },
		Indexes: []work.Index[routing.Participant]{{Name: byChannel, Term: func(p *routing.Participant) (string, bool) { return idTerm(p.ChannelSID).Text(p.SID).String(), true }}},
	}
	transfers = work.Table[routing.Transfer]{
		Kind: "interaction_transfer", Format: 1,
		ID:      func(x *routing.Transfer) string { return x.SID },
		Indexes: []work.Index[routing.Transfer]{{Name: byChannel, Term: func(x *routing.Transfer) (string, bool) { return idTerm(x.ChannelSID).Text(x.SID).String(), true }}},
	}
	addresses = work.Table[Address]{
		Kind: "interaction_address", Format: 1,
		ID: func(a *Address) string { return addressID(a.Type, a.Address) },
	}
)

// flexTables are those of interactions that are routed.
func flexTables() []work.Kept {
	return []work.Kept{&flexInteractions, &flexKeys, &flexChannels, &invites, &participants, &transfers, &addresses}
}
