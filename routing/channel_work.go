package routing

import (
	"fmt"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Reasons of tasks that end with what they belong to.
const (
	ReasonChannelClosed = "Channel closed"
	ReasonChannelFailed = "Channel failed"
	ReasonInactive      = "Channel inactive"
	ReasonPaused        = "Channel paused"
	ReasonTransferred   = "Transferred"
	ReasonDeclined      = "Invite declined"
	ReasonCame          = "Worker is on the channel"

	ReasonTransferCanceled = "Transfer canceled"
)

// ChannelWork is a channel with its tasks and whatever else belongs to it. What happens to
// one happens to the others as well: this is where it is decided what. Its methods return what
// it is afterwards, and change nothing in place; if they refuse, it is what it was.
//
// What has ended may be left out; what has not is all there.
type ChannelWork struct {
	Channel      Channel
	Assignments  []Assignment
	Invites      []Invite
	Transfers    []Transfer
	Participants []Participant
	// Happenings tell what has happened to the channel, its invites, transfers and
	// participants since this was put together. The assignments have their own.
	Happenings []Happening
}

// Happen returns what there is after something has happened to the channel. The error is a
// [*RefusedError].
//
// If it is closed, pending and reserved tasks are canceled, and those that are assigned go
// to wrapping, or are completed as the change says (the Flex Interactions API, "Interaction
// Channels"). If it becomes inactive or is paused, they are completed; the customer stays.
// If it fails, they are canceled. Open invites and transfers are canceled in all these
// cases.
func (w ChannelWork) Happen(by ChannelVerb, c ChannelChange, now time.Time) (ChannelWork, error) {
	next := w.clone()
	if err := next.channel(by, c, now); err != nil {
		return w, err
	}
	var err error
	switch by {
	case ChannelCloses:
		err = next.end(c.Complete, ReasonChannelClosed, now)
	case ChannelFails:
		err = next.end(true, ReasonChannelFailed, now)
	case ChannelInactivates:
		err = next.end(true, ReasonInactive, now)
	case ChannelPauses:
		err = next.end(true, ReasonPaused, now)
	case ChannelSettles:
		err = next.participants(now)
	case ChannelStarts, ChannelIsSetUp, ChannelResumes, ChannelIsRerouted, ChannelIsWrittenTo, ChannelTransfers, ChannelTransferred:
	}
	if err != nil {
		return w, err
	}
	return next.ChannelWork, nil
}

// Update returns what there is after somebody has closed the channel or made it inactive, as
// Happen does. To ask for what is so already does no harm: it stays as it is. But the tasks of
// those who wrap up still when it is closed are completed, if that is asked for now. The error
// is a [*RefusedError].
func (w ChannelWork) Update(u ChannelUpdate, now time.Time) (ChannelWork, error) {
	switch is := w.Channel.Status; {
	case is == ChannelClosed && u.By == ChannelCloses && u.Change.Complete:
		next := w.clone()
		if err := next.end(true, ReasonChannelClosed, now); err != nil {
			return w, err
		}
		return next.ChannelWork, nil
	case is == ChannelClosed && u.By == ChannelCloses, is == ChannelInactive && u.By == ChannelInactivates && u.Change.Complete:
		return w, nil
	}
	return w.Happen(u.By, u.Change, now)
}

// With returns what there is after something has happened to one of the tasks, or after
// there is one more. Its invite, its participant and its transfer follow it: an accepted
// cold transfer completes the task that it takes the place of, and a canceled one leaves it
// alone. If nothing is left to be done, the channel settles.
func (w ChannelWork) With(a Assignment, now time.Time) (ChannelWork, error) {
	next := w.clone()
	if err := next.follow(a, now); err != nil {
		return w, err
	}
	if next.Channel.Settled() {
		return next.Happen(ChannelSettles, ChannelChange{}, now)
	}
	return next.ChannelWork, nil
}

// MaxLiveTasks is how many tasks of a channel may be live at a time: those of who is invited to
// it, of who is to take it over, and of its agents.
const MaxLiveTasks = 100

// full refuses one more task where there are [MaxLiveTasks].
func (w ChannelWork) full(of, by string) error {
	if w.Channel.LiveTasks < MaxLiveTasks {
		return nil
	}
	return &RefusedError{Err: &interaction.TransitionError{
		Of: of, By: by, Rule: fmt.Sprintf("fewer than %d tasks of the channel are live", MaxLiveTasks), Remedy: "complete or cancel some",
	}}
}

// Invite returns what there is after an invite is made, which comes without a state. Agents
// are on the channel, or will be once it is set up; it has at most [MaxLiveTasks]. The error is
// a [*RefusedError].
func (w ChannelWork) Invite(i Invite, now time.Time) (ChannelWork, error) {
	// Where agents are is what can settle: neither inactive, paused nor over.
	if !ChannelLifecycle.Possible(w.Channel.Status, ChannelSettles) {
		return w, w.refused("invite", "", "")
	}
	if err := w.full(InviteLifecycle.Of, string(InviteStarts)); err != nil {
		return w, err
	}
	next := w.clone()
	if err := next.asked(i, now); err != nil {
		return w, err
	}
	return next.ChannelWork, nil
}

// Return returns what there is after a channel that was inactive or paused is active again:
// somebody has resumed it, the customer has written, or it has been paused for too long. An
// agent is asked for with it, by an invite that comes without a state: else nobody would
// answer the customer. The error is a [*RefusedError].
func (w ChannelWork) Return(by ChannelVerb, i Invite, now time.Time) (ChannelWork, error) {
	if !w.Channel.Status.Resting() {
		return w, w.refused(string(by), "it is inactive or paused", "invite an agent")
	}
	next := w.clone()
	if err := next.asked(i, now); err != nil {
		return w, err
	}
	if err := next.channel(by, ChannelChange{}, now); err != nil {
		return w, err
	}
	if next.Channel.Status != ChannelActive {
		return w, w.refused(string(by), "it makes the channel active", "let it happen without an invite")
	}
	return next.ChannelWork, nil
}

func (w ChannelWork) refused(by, rule, remedy string) error {
	e := &RefusedError{Err: &interaction.TransitionError{
		Of: ChannelLifecycle.Of, From: string(w.Channel.Status), By: by, Rule: rule, Remedy: remedy,
	}}
	if !w.Channel.Status.Live() {
		e.Code, e.Text = CodeInteractionEnded, interactionEnded
	}
	return e
}

// Transfer returns what there is after a transfer has begun, which comes without a state. Unless
// it is to who is there, with a task, the channel has at most [MaxLiveTasks]. The error is a
// [*RefusedError].
func (w ChannelWork) Transfer(t Transfer, now time.Time) (ChannelWork, error) {
	if slices.ContainsFunc(w.Transfers, func(x Transfer) bool { return x.Status == TransferActive && x.FromTaskSID == t.FromTaskSID }) {
		return w, &RefusedError{Err: &interaction.TransitionError{
			Of: TransferLifecycle.Of, By: string(TransferStarts), Rule: "no other transfer of the same task is open", Remedy: "cancel it, or wait until it has ended",
		}}
	}
	if !slices.ContainsFunc(w.Assignments, func(a Assignment) bool { return a.Task.SID == t.TaskSID }) {
		if err := w.full(TransferLifecycle.Of, string(TransferStarts)); err != nil {
			return w, err
		}
	}
	t.InteractionSID, t.ChannelSID, t.AccountSID = w.Channel.InteractionSID, w.Channel.SID, w.Channel.AccountSID
	t, events, err := t.Apply(TransferStarts, now)
	if err != nil {
		return w, err
	}
	next := w.clone()
	if err := next.channel(ChannelTransfers, ChannelChange{}, now); err != nil {
		return w, err
	}
	next.Transfers = append(next.Transfers, t)
	next.Channel.OpenTransfers++
	next.tell(events, t.FromTaskSID)
	return next.ChannelWork, nil
}

// Leave returns what there is after a participant has left, or wraps up: their task is
// completed, for the reason, or goes to wrapping. Nobody else's task ends; but if it was the
// last one, the channel settles. The error is a [*RefusedError].
func (w ChannelWork) Leave(sid string, by ParticipantVerb, reason string, now time.Time) (ChannelWork, error) {
	n := slices.IndexFunc(w.Participants, func(p Participant) bool { return p.SID == sid })
	if n < 0 {
		return w, &RefusedError{Err: &interaction.TransitionError{Of: ParticipantLifecycle.Of, By: string(by)}}
	}
	p, _, err := w.Participants[n].Apply(by, now)
	if err != nil {
		return w, err
	}
	var verb TaskVerb
	switch by {
	case ParticipantWrapsUp:
		verb = TaskWrapsUp
	case ParticipantCloses:
		verb = TaskCompletes
	case ParticipantJoins: // nobody joins twice: refused above
	}
	if task := slices.IndexFunc(w.Assignments, func(a Assignment) bool { return a.Task.SID == p.TaskSID }); p.TaskSID != "" && task >= 0 {
		if a := w.Assignments[task]; TaskLifecycle.Possible(a.Task.Status, verb) {
			if a, err = a.Happen(verb, TaskChange{Reason: reason}, now); err != nil {
				return w, err
			}
			return w.With(a, now)
		}
	}
	next := w.clone()
	if err := next.participant(n, by, now); err != nil {
		return w, err
	}
	return next.ChannelWork, nil
}

// Decline returns what there is after a worker who was invited by name does not want it:
// the task of the invite is canceled. If nothing is left to be done then, the customer is
// not left alone: another agent is asked for, by an invite that comes without a state, and
// anew is true; else that invite is not used. The error is a [*RefusedError].
func (w ChannelWork) Decline(sid string, another Invite, now time.Time) (next ChannelWork, anew bool, err error) {
	n := slices.IndexFunc(w.Invites, func(i Invite) bool { return i.SID == sid })
	if n < 0 {
		return w, false, &RefusedError{Err: &interaction.TransitionError{Of: InviteLifecycle.Of, By: string(InviteDeclines)}}
	}
	declined, _, err := w.Invites[n].Apply(InviteDeclines, now)
	if err != nil {
		return w, false, err
	}
	draft := w.clone()
	if err := draft.invite(n, InviteDeclines, now); err != nil {
		return w, false, err
	}
	if task := slices.IndexFunc(w.Assignments, func(a Assignment) bool { return a.Task.SID == declined.TaskSID }); task >= 0 {
		a, err := w.Assignments[task].Happen(TaskCancels, TaskChange{Reason: ReasonDeclined}, now)
		if err != nil {
			return w, false, err
		}
		if err := draft.follow(a, now); err != nil {
			return w, false, err
		}
	}
	if !draft.Channel.Settled() {
		return draft.ChannelWork, false, nil
	}
	if err := draft.asked(another, now); err != nil {
		return w, false, err
	}
	return draft.ChannelWork, true, nil
}
