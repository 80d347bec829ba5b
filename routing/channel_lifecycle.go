package routing

import "github.com/engage-interactions/engage/interaction"

// ChannelStatus is the state of a channel.
type ChannelStatus string

// The states of a channel (the Flex Interactions API, "Interaction Channels").
const (
	ChannelSetup    ChannelStatus = "setup"    // its conversation is being bound or made
	ChannelActive   ChannelStatus = "active"   // it can be used
	ChannelFailed   ChannelStatus = "failed"   // it could not be set up
	ChannelClosed   ChannelStatus = "closed"   // it is over, and so is the conversation
	ChannelInactive ChannelStatus = "inactive" // no agent has it, the conversation is open
	ChannelPause    ChannelStatus = "pause"    // its agent has put it aside
	ChannelTransfer ChannelStatus = "transfer" // it is being handed over
)

// ChannelStatuses returns all states of channels.
func ChannelStatuses() []ChannelStatus {
	return []ChannelStatus{ChannelSetup, ChannelActive, ChannelFailed, ChannelClosed, ChannelInactive, ChannelPause, ChannelTransfer}
}

// Live reports whether a channel in the state has not ended.
func (s ChannelStatus) Live() bool {
	switch s {
	case ChannelSetup, ChannelActive, ChannelInactive, ChannelPause, ChannelTransfer:
		return true
	case ChannelFailed, ChannelClosed:
	}
	return false
}

// Resting reports whether a channel in the state is live, and no agent has it nor is sought for
// it: it is inactive or paused.
func (s ChannelStatus) Resting() bool { return s == ChannelInactive || s == ChannelPause }

// ChannelVerb is something that happens to a channel.
type ChannelVerb string

// What happens to channels.
const (
	ChannelStarts      ChannelVerb = "create"
	ChannelIsSetUp     ChannelVerb = "set_up"          // its conversation is there
	ChannelFails       ChannelVerb = "fail"            // its conversation cannot be had
	ChannelCloses      ChannelVerb = "close"           // somebody closes it
	ChannelSettles     ChannelVerb = "settle"          // nothing is left to be done on it
	ChannelInactivates ChannelVerb = "inactivate"      // its agents leave, the conversation stays
	ChannelPauses      ChannelVerb = "pause"           // its agent puts it aside
	ChannelResumes     ChannelVerb = "resume"          // its agent takes it up again
	ChannelIsRerouted  ChannelVerb = "reroute"         // it was put aside for too long
	ChannelIsWrittenTo ChannelVerb = "customer_writes" // the customer writes
	ChannelTransfers   ChannelVerb = "begin_transfer"  // a transfer of it begins
	ChannelTransferred ChannelVerb = "end_transfer"    // a transfer of it has ended, in whatever way
)

// ChannelVerbs returns all verbs of channels.
func ChannelVerbs() []ChannelVerb {
	return []ChannelVerb{
		ChannelStarts, ChannelIsSetUp, ChannelFails, ChannelCloses, ChannelSettles, ChannelInactivates,
		ChannelPauses, ChannelResumes, ChannelIsRerouted, ChannelIsWrittenTo, ChannelTransfers, ChannelTransferred,
	}
}

// ChannelConditions are what decides on what happens to a channel.
type ChannelConditions struct {
	LiveTasks     int  // how many of its tasks have not ended
	OpenInvites   int  // how many invites are open
	OpenTransfers int  // how many transfers are open
	Complete      bool // its tasks are to be completed
	PausedLong    bool // it has been paused for 14 days
}

type (
	channelRow    = interaction.Transition[ChannelStatus, ChannelVerb, ChannelConditions]
	channelGuards = []interaction.Guard[ChannelConditions]
)

var (
	completes = interaction.Guard[ChannelConditions]{
		Rule: "its tasks are completed with it", Remedy: `say so: ChannelChange.Complete, or routing {"status":"closed"} over HTTP`,
		Holds: func(c ChannelConditions) bool { return c.Complete },
	}
	hasNoTask = interaction.Guard[ChannelConditions]{
		Rule: "none of its tasks is live", Remedy: "complete or cancel them",
		Holds: func(c ChannelConditions) bool { return c.LiveTasks == 0 },
	}
	hasNoInvite = interaction.Guard[ChannelConditions]{
		Rule: "none of its invites is open", Remedy: "wait until it is answered",
		Holds: func(c ChannelConditions) bool { return c.OpenInvites == 0 },
	}
	hasNoTransfer = interaction.Guard[ChannelConditions]{
		Rule: "none of its transfers is open", Remedy: "wait until it has ended",
		Holds: func(c ChannelConditions) bool { return c.OpenTransfers == 0 },
	}
	hasInvite = interaction.Guard[ChannelConditions]{
		Rule: "an agent is asked for", Remedy: "invite one with it",
		Holds: func(c ChannelConditions) bool { return c.OpenInvites > 0 },
	}
	isPausedLong = interaction.Guard[ChannelConditions]{
		Rule: "it has been paused for 14 days", Remedy: "resume it",
		Holds: func(c ChannelConditions) bool { return c.PausedLong },
	}
)

// channelChanged is what tells of most that happens to channels.
var channelChanged = []string{"flex.channel.status_updated"}

// ChannelLifecycle is the table of what happens to channels (seed 003; the Flex
// Interactions API for closing, inactivity, pause and transfers). When the last live task
// of a channel ends and no transfer or invite is open, it settles: it is closed, so that no
// conversation is left over that nobody answers.
var ChannelLifecycle = interaction.Lifecycle[ChannelStatus, ChannelVerb, ChannelConditions]{
	Of: "channel",
	Rows: []channelRow{
		{From: []ChannelStatus{""}, By: ChannelStarts, To: ChannelSetup, Events: []string{"flex.channel.created"}},
		{From: []ChannelStatus{ChannelSetup}, By: ChannelIsSetUp, To: ChannelActive, Events: channelChanged},
		{From: []ChannelStatus{ChannelSetup}, By: ChannelFails, To: ChannelFailed, Events: []string{"flex.channel.create_failed"}},

		{From: []ChannelStatus{ChannelSetup, ChannelActive, ChannelInactive, ChannelPause, ChannelTransfer}, By: ChannelCloses, To: ChannelClosed, Events: channelChanged},
		{From: []ChannelStatus{ChannelSetup, ChannelActive, ChannelTransfer}, By: ChannelSettles, To: ChannelClosed, Guards: channelGuards{hasNoTask, hasNoInvite, hasNoTransfer}, Events: channelChanged},

		{From: []ChannelStatus{ChannelActive}, By: ChannelPauses, To: ChannelPause, Events: channelChanged},
		{From: []ChannelStatus{ChannelActive, ChannelTransfer}, By: ChannelInactivates, To: ChannelInactive, Guards: channelGuards{completes}, Events: channelChanged},
		{From: []ChannelStatus{ChannelPause}, By: ChannelResumes, To: ChannelActive, Guards: channelGuards{hasInvite}, Events: channelChanged},
		{From: []ChannelStatus{ChannelPause}, By: ChannelIsRerouted, To: ChannelActive, Guards: channelGuards{isPausedLong, hasInvite}, Events: channelChanged},
		{From: []ChannelStatus{ChannelInactive, ChannelPause}, By: ChannelIsWrittenTo, To: ChannelActive, Guards: channelGuards{hasInvite}, Events: channelChanged},
		{From: []ChannelStatus{ChannelSetup, ChannelActive, ChannelTransfer}, By: ChannelIsWrittenTo},

		{From: []ChannelStatus{ChannelActive}, By: ChannelTransfers, To: ChannelTransfer, Events: channelChanged},
		{From: []ChannelStatus{ChannelTransfer}, By: ChannelTransfers},
		{From: []ChannelStatus{ChannelTransfer}, By: ChannelTransferred, To: ChannelActive, Guards: channelGuards{hasNoTransfer}, Events: channelChanged},
		{From: []ChannelStatus{ChannelTransfer}, By: ChannelTransferred},
	},
}
