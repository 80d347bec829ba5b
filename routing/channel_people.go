package routing

import (
	"fmt"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// Join returns what there is with one more participant, who comes without a state. Somebody
// who is on the channel in just this way already does not join again: 80102. Nobody joins one that
// is over: 45376. There are at most [MaxParticipants] at a time, beside its agents. The error is
// a [*RefusedError].
func (w ChannelWork) Join(p Participant, now time.Time) (ChannelWork, error) {
	if !w.Channel.Status.Live() {
		return w, &RefusedError{Code: CodeNotAdded, Text: notAdded, Err: &interaction.TransitionError{
			Of: ChannelLifecycle.Of, From: string(w.Channel.Status), By: string(ParticipantJoins),
		}}
	}
	others := 0
	for _, there := range w.Participants {
		if there.Status != ParticipantClosed && there.TaskSID == "" {
			others++
		}
		if there.Status != ParticipantClosed && there.same(p) {
			return w, &RefusedError{
				Code: CodeParticipantThere, Text: participantThere,
				Err: &interaction.TransitionError{
					Of: ParticipantLifecycle.Of, By: string(ParticipantJoins), Rule: "they are not on the channel", Remedy: "use participant " + there.SID,
				},
			}
		}
	}
	if others >= MaxParticipants {
		return w, &RefusedError{Err: &interaction.TransitionError{
			Of: ParticipantLifecycle.Of, By: string(ParticipantJoins), Rule: fmt.Sprintf("fewer than %d are on the channel", MaxParticipants),
			Remedy: "let some leave",
		}}
	}
	p.InteractionSID, p.ChannelSID, p.AccountSID = w.Channel.InteractionSID, w.Channel.SID, w.Channel.AccountSID
	p, events, err := p.Apply(ParticipantJoins, now)
	if err != nil {
		return w, err
	}
	next := w.clone()
	next.Participants = append(next.Participants, p)
	next.tell(events, p.SID)
	return next.ChannelWork, nil
}

// Agents returns the participants who are on the channel as agents, and do not wrap up.
func (w ChannelWork) Agents() (agents []Participant) {
	for _, p := range w.Participants {
		if p.WorkerSID != "" && p.Status == ParticipantActive {
			agents = append(agents, p)
		}
	}
	return agents
}

// MayInvite refuses to ask a worker by name who is on the channel as an agent, or is asked to
// come by name already: 80102. The error is a [*RefusedError].
func (w ChannelWork) MayInvite(workerSID string) error {
	var rule string
	switch {
	case slices.ContainsFunc(w.Agents(), func(p Participant) bool { return p.WorkerSID == workerSID }):
		rule = "the worker is not on the channel"
	case w.Asked(workerSID):
		rule = "the worker is not asked by name already"
	default:
		return nil
	}
	return &RefusedError{
		Code: CodeParticipantThere, Text: participantThere,
		Err: &interaction.TransitionError{Of: InviteLifecycle.Of, By: string(InviteStarts), Rule: rule},
	}
}

// KeptFromAgents returns a task as it is when it is not to be offered to who is on the channel
// as an agent; see [Task.KeepFrom].
func (w ChannelWork) KeptFromAgents(t Task) Task {
	for _, p := range w.Agents() {
		t = t.KeepFrom(p.WorkerSID)
	}
	return t
}

// same reports whether two participants are the same account, or have the same task. Of an
// account that is not known nothing can be said.
func (p Participant) same(other Participant) bool {
	if p.TaskSID != "" || other.TaskSID != "" {
		return p.TaskSID == other.TaskSID
	}
	if p.Media == nil || other.Media == nil || p.Type != other.Type {
		return false
	}
	return p.Media.Address+p.Media.Identity != "" && p.Media.Address == other.Media.Address && p.Media.Identity == other.Media.Identity
}

// Came returns what there is after a worker has accepted a task of the channel: nobody is on it
// twice. Invites that ask for them by name are canceled; and if they talk to the customer with
// another task already, as one may who is then asked to take over, that is completed: the new
// one takes its place. The error is a [*RefusedError].
func (w ChannelWork) Came(workerSID, taskSID string, now time.Time) (ChannelWork, error) {
	next := w
	for _, a := range w.Assignments {
		verb := TaskVerb("")
		switch {
		case a.Task.SID == taskSID:
		case w.invited(a.Task) == workerSID:
			verb = TaskCancels
		case a.Task.Status == TaskAssigned && a.doneBy(workerSID):
			verb = TaskCompletes
		}
		if verb == "" {
			continue
		}
		a, err := a.Happen(verb, TaskChange{Reason: ReasonCame}, now)
		if err == nil {
			next, err = next.With(a, now)
		}
		if err != nil {
			return w, err
		}
	}
	return next, nil
}

// Asked reports whether a worker is asked by name to come to the channel, and has not answered.
func (w ChannelWork) Asked(workerSID string) bool {
	return slices.ContainsFunc(w.Assignments, func(a Assignment) bool {
		return a.Task.waits() && PrefixWorker.Valid(workerSID) && a.Task.RoutingTarget == workerSID
	})
}

// invited is the worker whom a task asks for by an invite of their own; empty: it does not, or
// they have answered, or it is that of a transfer.
func (w ChannelWork) invited(t Task) string {
	transfers := slices.ContainsFunc(w.Transfers, func(x Transfer) bool { return x.TaskSID == t.SID })
	if transfers || !t.waits() || !PrefixWorker.Valid(t.RoutingTarget) {
		return ""
	}
	return t.RoutingTarget
}

// waits reports whether nobody has accepted a task yet.
func (t Task) waits() bool { return t.Status == TaskPending || t.Status == TaskReserved }

// doneBy reports whether a worker has accepted the task.
func (a Assignment) doneBy(workerSID string) bool {
	return slices.ContainsFunc(a.Reservations, func(r Reservation) bool { return r.WorkerSID == workerSID && r.Status == ReservationAccepted })
}

// CancelTransfer returns what there is after a transfer was given up: whoever has the
// channel keeps it, and the task that was to take over is canceled. The error is a
// [*RefusedError].
func (w ChannelWork) CancelTransfer(sid string, now time.Time) (ChannelWork, error) {
	n, err := w.openTransfer(sid, TransferCancels)
	if err != nil {
		return w, err
	}
	next := w.clone()
	if err := next.transfer(n, TransferCancels, now); err != nil {
		return w, err
	}
	if task := slices.IndexFunc(w.Assignments, func(a Assignment) bool { return a.Task.SID == w.Transfers[n].TaskSID }); task >= 0 {
		a, err := w.Assignments[task].Happen(TaskCancels, TaskChange{Reason: ReasonTransferCanceled}, now)
		if err != nil {
			return w, err
		}
		return next.With(a, now)
	}
	if next.Channel.Settled() {
		return next.Happen(ChannelSettles, ChannelChange{}, now)
	}
	return next.ChannelWork, nil
}

// DeclineTransfer returns what there is after the one who was to take a channel over does
// not want it. The transfer stays open: the next agent in the workflow is asked, for whom
// its task is (TaskRouter's documentation, "Transfers"). The error is a [*RefusedError].
func (w ChannelWork) DeclineTransfer(sid string, now time.Time) (ChannelWork, error) {
	n, err := w.openTransfer(sid, TransferDeclined)
	if err != nil {
		return w, err
	}
	next := w.clone()
	x, events, err := next.Transfers[n].Apply(TransferDeclined, now)
	if err != nil {
		return w, err
	}
	next.Transfers[n] = x
	next.tell(events, x.FromTaskSID)
	return next.ChannelWork, nil
}

// openTransfer finds a transfer that is open.
func (w ChannelWork) openTransfer(sid string, by TransferVerb) (int, error) {
	n := slices.IndexFunc(w.Transfers, func(x Transfer) bool { return x.SID == sid })
	if n >= 0 && w.Transfers[n].Status == TransferActive {
		return n, nil
	}
	rule := &interaction.TransitionError{Of: TransferLifecycle.Of, By: string(by)}
	if n >= 0 {
		rule.From = string(w.Transfers[n].Status)
	}
	return -1, &RefusedError{Err: rule}
}
