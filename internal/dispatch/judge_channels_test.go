package dispatch_test

import (
	"slices"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// judgeChannels looks whether a channel has what it says, and is over when nothing is left to
// be done on it, with its conversation.
func (j *judged) judgeChannels() {
	written(j, "interaction_channel", func(key store.Key, was, is storedChannel, existed, exists bool) {
		if !exists {
			j.blame("channel %s is removed", key.ID)
			return
		}
		for _, sid := range is.TaskSIDs {
			task, there, named := then[storedTask](j, j.key("task", sid))
			if !there || !named || !task.Status.Live() || task.ChannelSID != is.SID {
				j.blame("channel %s has task %s, which is %s (%v)", is.SID, sid, task.Status, named)
			}
			if !is.Status.Live() && task.Status != routing.TaskWrapping {
				j.blame("channel %s is %s, and its task %s is %s", is.SID, is.Status, sid, task.Status)
			}
			if task.Held && is.Status != routing.ChannelSetup {
				j.blame("channel %s is %s, and its task %s is held", is.SID, is.Status, sid)
			}
		}
		for _, sid := range is.InviteSIDs {
			if invite, there, named := then[routing.Invite](j, j.key("interaction_invite", sid)); !there || !named || invite.Status != routing.InvitePending {
				j.blame("channel %s has invite %s, which is %s (%v)", is.SID, sid, invite.Status, named)
			} else if !slices.Contains(is.TaskSIDs, invite.TaskSID) {
				j.blame("channel %s has invite %s, and not its task %s", is.SID, sid, invite.TaskSID)
			}
		}
		for _, sid := range is.TransferSIDs {
			if x, there, named := then[routing.Transfer](j, j.key("interaction_transfer", sid)); !there || !named || x.Status != routing.TransferActive {
				j.blame("channel %s has transfer %s, which is %s (%v)", is.SID, sid, x.Status, named)
			} else if !slices.Contains(is.TaskSIDs, x.TaskSID) {
				j.blame("channel %s has transfer %s, and not its task %s", is.SID, sid, x.TaskSID)
			}
		}
		for _, sid := range is.ParticipantSIDs {
			p, there, named := then[routing.Participant](j, j.key("interaction_participant", sid))
			if !there || !named || p.Status == routing.ParticipantClosed {
				j.blame("channel %s has participant %s, who is %s (%v)", is.SID, sid, p.Status, named)
			}
			if p.TaskSID != "" && !slices.Contains(is.TaskSIDs, p.TaskSID) {
				j.blame("channel %s has participant %s, and not their task %s", is.SID, sid, p.TaskSID)
			}
			if p.TaskSID == "" && !is.Status.Live() {
				j.blame("channel %s is %s, and %s is still there", is.SID, is.Status, sid)
			}
		}
		if is.LiveTasks != len(is.TaskSIDs) || is.OpenInvites != len(is.InviteSIDs) || is.OpenTransfers != len(is.TransferSIDs) {
			j.blame("channel %s has %v, %v and %v, and says %d, %d, %d", is.SID, is.TaskSIDs, is.InviteSIDs, is.TransferSIDs, is.LiveTasks, is.OpenInvites, is.OpenTransfers)
		}
		open := is.LiveTasks + is.OpenInvites + is.OpenTransfers
		ok := true
		switch is.Status {
		case routing.ChannelSetup, routing.ChannelActive:
			ok = open > 0 && is.OpenTransfers == 0
		case routing.ChannelTransfer:
			ok = is.OpenTransfers > 0
		case routing.ChannelInactive, routing.ChannelPause:
			ok = open == 0
		case routing.ChannelClosed, routing.ChannelFailed:
			ok = is.OpenInvites+is.OpenTransfers == 0
		}
		if !ok {
			j.blame("channel %s is %s with %d tasks, %d invites, %d transfers", is.SID, is.Status, is.LiveTasks, is.OpenInvites, is.OpenTransfers)
		}
		if (is.Status == routing.ChannelSetup || is.Status == routing.ChannelPause) != (is.Job != "") {
			j.blame("channel %s is %s, and its job is %q", is.SID, is.Status, is.Job)
		}
		if was.Status != is.Status {
			j.note("channel " + string(is.Status))
			j.judgeConversation(was, is)
		}
	})
	for _, kind := range []string{"interaction_invite", "interaction_participant", "interaction_transfer"} {
		written(j, kind, func(key store.Key, was, is channelPart, _, _ bool) {
			c, there, named := then[storedChannel](j, j.key("interaction_channel", is.ChannelSID))
			if _, written := j.after[j.key("interaction_channel", is.ChannelSID)]; !there || !named || !written {
				j.blame("%s %s changes, and its channel does not", kind, key.ID)
			}
			all, open := c.InviteSIDs, is.Status == "pending"
			switch kind {
			case "interaction_participant":
				all, open = c.ParticipantSIDs, is.Status != "closed"
			case "interaction_transfer":
				all, open = c.TransferSIDs, is.Status == "active"
			}
			if kind == "interaction_transfer" {
				j.note("transfer " + is.Status)
			}
			if slices.Contains(all, key.ID) != open {
				j.blame("%s %s is %s, and its channel has %v", kind, key.ID, is.Status, all)
			}
		})
	}
}

// channelPart is an invite, a participant or a transfer.
type channelPart struct {
	ChannelSID string `json:"channel_sid"`
	Status     string `json:"status"`
}

// judgeConversation looks whether the conversation of a channel follows it.
func (j *judged) judgeConversation(was, is storedChannel) {
	thread, there, named := then[interaction.Thread](j, j.key("content_thread", is.ThreadID))
	if !named {
		j.blame("channel %s goes from %q to %s, and its conversation is not looked at", is.SID, was.Status, is.Status)
	}
	if !there {
		if is.Status == routing.ChannelActive {
			j.blame("channel %s is active, and has no conversation", is.SID)
		}
		return
	}
	if is.Status == routing.ChannelClosed && was.Status != routing.ChannelSetup && thread.Status != interaction.ThreadClosed {
		var told []string
		for _, event := range j.batch.Events {
			told = append(told, event.Type)
		}
		before, _, _ := before[interaction.Thread](j, j.key("content_thread", is.ThreadID))
		j.blame("channel %s is closed after it was %s, and its conversation is %s after %s with channel %q: %v", is.SID, was.Status, thread.Status, before.Status, before.ChannelSID, told)
	}
	resting := is.Status == routing.ChannelInactive || is.Status == routing.ChannelPause
	if (thread.ChannelSID == is.SID) != is.Status.Live() || thread.ChannelSID == is.SID && thread.ChannelResting != resting {
		j.blame("channel %s is %s, and its conversation is with %q, resting %v", is.SID, is.Status, thread.ChannelSID, thread.ChannelResting)
	}
}

// judgeJobs looks whether a job has failed.
func (j *judged) judgeJobs() {
	written(j, "job", func(key store.Key, _, is storedJob, _, _ bool) {
		if is.Error != "" && ours(is.Type) {
			j.blame("job %s %s: %s", is.Type, key.ID, is.Error)
		}
	})
}
