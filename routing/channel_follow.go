package routing

import (
	"slices"
	"time"
)

// working is a channel's work while it changes: a copy.
type working struct{ ChannelWork }

func (w ChannelWork) clone() *working {
	w.Assignments = slices.Clone(w.Assignments)
	w.Invites = slices.Clone(w.Invites)
	w.Transfers = slices.Clone(w.Transfers)
	w.Participants = slices.Clone(w.Participants)
	w.Happenings = slices.Clip(w.Happenings)
	return &working{w}
}

// asked adds an invite.
func (w *working) asked(i Invite, now time.Time) error {
	i.InteractionSID, i.ChannelSID, i.AccountSID = w.Channel.InteractionSID, w.Channel.SID, w.Channel.AccountSID
	i, events, err := i.Apply(InviteStarts, now)
	if err != nil {
		return err
	}
	w.Invites = append(w.Invites, i)
	w.Channel.OpenInvites++
	w.tell(events, i.SID)
	return nil
}

func (w *working) tell(events []string, sid string) {
	for _, event := range events {
		w.Happenings = append(w.Happenings, Happening{Type: event, SID: sid})
	}
}

func (w *working) channel(by ChannelVerb, c ChannelChange, now time.Time) error {
	next, events, err := w.Channel.Apply(by, c, now)
	if err != nil {
		return err
	}
	w.Channel = next
	w.tell(events, next.SID)
	return nil
}

// end ends all that belongs to the channel.
func (w *working) end(complete bool, reason string, now time.Time) error {
	for n := range w.Transfers {
		if err := w.transfer(n, TransferCancels, now); err != nil {
			return err
		}
	}
	for n := range w.Assignments {
		by := ending(w.Assignments[n].Task.Status, complete)
		if by == "" {
			continue
		}
		a, err := w.Assignments[n].Happen(by, TaskChange{Reason: reason}, now)
		if err != nil {
			return err
		}
		if err := w.follow(a, now); err != nil {
			return err
		}
	}
	for n := range w.Invites {
		if err := w.invite(n, InviteCancels, now); err != nil {
			return err
		}
	}
	return w.participants(now)
}

// ending is what happens to a task when its channel ends; empty: nothing.
func ending(s TaskStatus, complete bool) TaskVerb {
	switch s {
	case TaskPending, TaskReserved:
		return TaskCancels
	case TaskAssigned:
		if complete {
			return TaskCompletes
		}
		return TaskWrapsUp
	case TaskWrapping:
		if complete {
			return TaskCompletes
		}
	case TaskCompleted, TaskCanceled:
	}
	return ""
}

// follow puts a task in its place, and lets what belongs to it follow.
func (w *working) follow(a Assignment, now time.Time) error {
	n := slices.IndexFunc(w.Assignments, func(old Assignment) bool { return old.Task.SID == a.Task.SID })
	was := false
	if n < 0 {
		w.Assignments = append(w.Assignments, a)
	} else {
		was = w.Assignments[n].Task.Status.Live()
		w.Assignments[n] = a
	}
	switch is := a.Task.Status.Live(); {
	case is && !was:
		w.Channel.LiveTasks++
	case was && !is:
		w.Channel.LiveTasks--
	}

	if by := inviteVerb(a.Task.Status); by != "" {
		for n := range w.Invites {
			if w.Invites[n].TaskSID != a.Task.SID {
				continue
			}
			if err := w.invite(n, by, now); err != nil {
				return err
			}
		}
	}
	if by := participantVerb(a.Task.Status); by != "" {
		for n := range w.Participants {
			if w.Participants[n].TaskSID != a.Task.SID {
				continue
			}
			if err := w.participant(n, by, now); err != nil {
				return err
			}
		}
	}
	for n := range w.Transfers {
		if by := transferVerb(a.Task.Status); by != "" && w.Transfers[n].TaskSID == a.Task.SID {
			if err := w.transfer(n, by, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// inviteVerb is what happens to the invite of a task.
func inviteVerb(s TaskStatus) InviteVerb {
	switch s {
	case TaskAssigned:
		return InviteAccepts
	case TaskCanceled:
		return InviteCancels
	case TaskPending, TaskReserved, TaskWrapping, TaskCompleted:
	}
	return ""
}

// participantVerb is what happens to the participant who has a task.
func participantVerb(s TaskStatus) ParticipantVerb {
	switch s {
	case TaskWrapping:
		return ParticipantWrapsUp
	case TaskCompleted, TaskCanceled:
		return ParticipantCloses
	case TaskPending, TaskReserved, TaskAssigned:
	}
	return ""
}

// transferVerb is what happens to the transfer that made a task.
func transferVerb(s TaskStatus) TransferVerb {
	switch s {
	case TaskAssigned:
		return TransferCompletes
	case TaskCanceled:
		return TransferFails
	case TaskPending, TaskReserved, TaskWrapping, TaskCompleted:
	}
	return ""
}

// invite does something to an invite that is open.
func (w *working) invite(n int, by InviteVerb, now time.Time) error {
	if w.Invites[n].Status != InvitePending {
		return nil
	}
	next, events, err := w.Invites[n].Apply(by, now)
	if err != nil {
		return err
	}
	w.Invites[n] = next
	w.Channel.OpenInvites--
	w.tell(events, next.SID)
	return nil
}

// participant does something to a participant to whom it can happen.
func (w *working) participant(n int, by ParticipantVerb, now time.Time) error {
	if !ParticipantLifecycle.Possible(w.Participants[n].Status, by) {
		return nil
	}
	next, events, err := w.Participants[n].Apply(by, now)
	if err != nil {
		return err
	}
	w.Participants[n] = next
	w.tell(events, next.SID)
	return nil
}

// participants lets everybody go whom a channel that has ended keeps no more: those without
// a task. Who has one goes with it.
func (w *working) participants(now time.Time) error {
	for n, p := range w.Participants {
		if p.TaskSID == "" && !w.Channel.Status.Live() {
			if err := w.participant(n, ParticipantCloses, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// transfer ends a transfer that is open. Its old task ends with an accepted cold one.
func (w *working) transfer(n int, by TransferVerb, now time.Time) error {
	if w.Transfers[n].Status != TransferActive {
		return nil
	}
	next, events, err := w.Transfers[n].Apply(by, now)
	if err != nil {
		return err
	}
	w.Transfers[n] = next
	w.Channel.OpenTransfers--
	w.tell(events, next.FromTaskSID)
	if w.Channel.Status == ChannelTransfer {
		if err := w.channel(ChannelTransferred, ChannelChange{}, now); err != nil {
			return err
		}
	}
	if by != TransferCompletes || next.Type != TransferCold {
		return nil
	}
	old := slices.IndexFunc(w.Assignments, func(a Assignment) bool { return a.Task.SID == next.FromTaskSID })
	if old < 0 || !TaskLifecycle.Possible(w.Assignments[old].Task.Status, TaskCompletes) {
		return nil
	}
	a, err := w.Assignments[old].Happen(TaskCompletes, TaskChange{Reason: ReasonTransferred}, now)
	if err != nil {
		return err
	}
	return w.follow(a, now)
}
