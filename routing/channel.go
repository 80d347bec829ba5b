package routing

import (
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// MaxPause is how long a channel rests before it is routed anew (TaskRouter's
// documentation, "Pause and resume").
const MaxPause = 14 * 24 * time.Hour

// Channel is where an interaction takes place: it binds a conversation to tasks. This is
// what is kept; [Channel.View] is what is shown.
type Channel struct {
	SID            string        `json:"sid"`
	AccountSID     string        `json:"account_sid,omitempty"`
	InteractionSID string        `json:"interaction_sid"`
	Type           ChannelType   `json:"type"`
	Status         ChannelStatus `json:"status"`
	// MediaChannelSID is the conversation, CH….
	MediaChannelSID string `json:"media_channel_sid,omitempty"`
	// ErrorCode and ErrorMessage say why it failed.
	ErrorCode    int    `json:"error_code,omitempty"`
	ErrorMessage string `json:"error_message,omitempty"`
	// LiveTasks is how many of its tasks have not ended; OpenInvites and OpenTransfers
	// how many of those can still lead to one. Once there is nothing of all that, it is
	// closed: no conversation is left over.
	LiveTasks     int       `json:"live_tasks"`
	OpenInvites   int       `json:"open_invites"`
	OpenTransfers int       `json:"open_transfers"`
	PausedAt      time.Time `json:"paused_at,omitzero"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
	ClosedAt      time.Time `json:"closed_at,omitzero"`
}

// Settled reports whether the channel is to be closed by itself: none of its tasks is
// live, no invite and no transfer is open, and nothing else keeps it open, as a pause or
// inactivity does.
func (c Channel) Settled() bool {
	_, err := ChannelLifecycle.Next(c.Status, ChannelSettles, c.conditions(ChannelChange{}, time.Time{}))
	return err == nil
}

// ChannelChange is what comes with a verb.
type ChannelChange struct {
	Complete     bool   // the tasks are to be completed, not wrapped up
	ErrorCode    int    // why it failed
	ErrorMessage string // the same in words
}

// Apply returns the channel after something has happened to it, and the types of the
// events that tell of it. It is not changed in place. The error is a [*RefusedError].
//
// What becomes of its tasks is not looked at: [ChannelWork] does both.
func (c Channel) Apply(by ChannelVerb, change ChannelChange, now time.Time) (Channel, []string, error) {
	row, err := ChannelLifecycle.Next(c.Status, by, c.conditions(change, now))
	if err != nil {
		return c, nil, refusal(err, func(rule *interaction.TransitionError) (int, string) {
			switch {
			case rule.Rule == completes.Rule:
				return CodeNotInactivated, ""
			case c.Status == ChannelClosed || c.Status == ChannelFailed:
				return CodeInteractionEnded, interactionEnded
			}
			return 0, ""
		})
	}
	c.Status, c.UpdatedAt, c.PausedAt = row.To, now, time.Time{}
	switch by {
	case ChannelStarts:
		c.CreatedAt = now
	case ChannelFails:
		c.ErrorCode, c.ErrorMessage = change.ErrorCode, change.ErrorMessage
	case ChannelPauses:
		c.PausedAt = now
	case ChannelIsSetUp, ChannelCloses, ChannelSettles, ChannelInactivates, ChannelResumes, ChannelIsRerouted, ChannelIsWrittenTo,
		ChannelTransfers, ChannelTransferred:
	}
	if !c.Status.Live() {
		c.ClosedAt = now
	}
	return c, row.Events, nil
}

func (c Channel) conditions(change ChannelChange, now time.Time) ChannelConditions {
	return ChannelConditions{
		LiveTasks: c.LiveTasks, OpenInvites: c.OpenInvites, OpenTransfers: c.OpenTransfers,
		Complete: change.Complete, PausedLong: now.Sub(c.PausedAt) >= MaxPause,
	}
}

// ChannelType is the kind of channel that an interaction takes place on.
type ChannelType string

// The types of channels (seed 003, "type"). A task channel, by which workers' capacity is
// counted, is something else.
const (
	ChannelSMS       ChannelType = "sms"
	ChannelWhatsApp  ChannelType = "whatsapp"
	ChannelWeb       ChannelType = "web"
	ChannelChat      ChannelType = "chat"
	ChannelEmail     ChannelType = "email"
	ChannelMessenger ChannelType = "messenger"
	ChannelGBM       ChannelType = "gbm" // Google Business Messages
)

// ChannelTypes returns all types of channels. Voice is none of them.
func ChannelTypes() []ChannelType {
	return []ChannelType{ChannelSMS, ChannelWhatsApp, ChannelWeb, ChannelChat, ChannelEmail, ChannelMessenger, ChannelGBM}
}
