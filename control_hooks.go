package engage

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
)

// What happens in conversations, as far as it moves control.

// steerReceived decides what a customer's content means for control. It returns who deals
// with the content.
func (t *turn) steerReceived(ctx context.Context, source *interaction.Source, content *interaction.Content, thread *interaction.Thread) (handover.Owner, error) {
	s, err := t.steer(ctx, source, content.IdentityID)
	if err != nil || s == nil {
		return handover.Agent, err
	}
	d, err := t.decide(ctx, s, handover.Input{Trigger: handover.CustomerWrites, At: content.WrittenAt()})
	if err != nil {
		return "", err
	}
	postponed := d.Control.Postponed && remember(&s.control.Threads, thread.ID)
	rests := thread.ChannelResting && d.Side != handover.Agent && remember(&s.control.Resting, thread.ID)
	if postponed || rests {
		err = controls.Put(t.Work, s.control)
	}
	return d.Side, err
}

// remember adds a thread to those of which something is to be decided later, and reports
// whether it is new there.
func remember(threadIDs *[]string, id string) bool {
	if slices.Contains(*threadIDs, id) || len(*threadIDs) >= maxPostponed {
		return false
	}
	*threadIDs = append(*threadIDs, id)
	return true
}

// steerEcho notes that somebody has written on the platform: whoever has control uses it.
func (t *turn) steerEcho(ctx context.Context, source *interaction.Source, identityID string) error {
	s, err := t.steer(ctx, source, identityID)
	if err != nil || s == nil || s.control.Holder().Owner == handover.Idle {
		return err
	}
	return t.carryOut(ctx, s, handover.Wrote(s.control.Control, t.facts(s)))
}

// steerPost decides what somebody's content means for control: it is delivered, waits for
// control, or is refused.
func (t *turn) steerPost(ctx context.Context, source *interaction.Source, c *interaction.Content, epoch int64) error {
	if t.actor.Type == ActorSystem {
		return nil
	}
	s, err := t.steer(ctx, source, c.IdentityID)
	if err != nil || s == nil {
		return err
	}
	in := t.sending(s, epoch)
	d, err := t.decide(ctx, s, in)
	if err != nil {
		return err
	}
	ticket := d.Ticket(in)
	c.ControlEpoch, c.ControlRound = ticket.Epoch, ticket.Round
	return nil
}

// sending is what the actor asks of control who posts something, having looked at it in an epoch,
// or not at all.
func (t *turn) sending(s *steering, epoch int64) handover.Input {
	in := handover.Input{Trigger: handover.AgentSends}
	if t.actor.Type == ActorBot {
		in = handover.Input{Trigger: handover.BotSends, App: t.actor.ID, Epoch: epoch}
	}
	if in.Epoch == 0 {
		in.Epoch = s.control.Epoch
	}
	return in
}

// mayNotSend returns why control does not let the actor post something, nil if it does. Nothing
// comes of that it was asked.
func (t *turn) mayNotSend(ctx context.Context, source *interaction.Source, identityID string, epoch int64) error {
	s, err := t.steer(ctx, source, identityID)
	if err != nil || s == nil {
		return err
	}
	in := t.sending(s, epoch)
	in.ID, in.By = t.ID(), t.actor
	_, err = handover.Decide(s.control.Control, in, t.facts(s))
	return controlRefusal(err, s)
}

// heldAgain is after how long somebody looks again at a delivery that waits for control,
// if nobody has said before that it has come.
const heldAgain = time.Hour

// maxWaiting is how many deliveries of a conversation, one of each thread, are told when
// control comes, so that a decision fits into one commit however many threads there are.
// Those beyond look for themselves, every heldBeyond.
const (
	maxWaiting = 100
	heldBeyond = time.Minute
)

// gated reports whether the delivery of a content depends on control.
func gated(c *interaction.Content) bool {
	return c.Creator.Type == ActorAgent || c.Creator.Type == ActorBot
}

// ticketOf returns what a content was accepted with.
func ticketOf(c *interaction.Content) handover.Ticket {
	return handover.Ticket{By: c.Creator.Type, App: c.Creator.ID, Epoch: c.ControlEpoch, Round: c.ControlRound}
}

// gate says whether the delivery of a content may begin: whoever wrote it must have
// control. The commit that begins the delivery depends on it.
func (t *turn) gate(ctx context.Context, c *interaction.Content, jobID string) (jobs.Verdict, error) {
	if !gated(c) {
		return jobs.Go(), nil
	}
	source, err := t.source(ctx, c.SourceID)
	if err != nil || !source.ThreadControl {
		return jobs.Go(), err
	}
	s, err := t.steer(ctx, source, c.IdentityID)
	if err != nil {
		return jobs.Go(), err
	}
	if !ticketOf(c).Given() {
		err := t.whole(ctx, func(t *turn) error {
			if err := t.resend(ctx, s, c, c.Creator); err != nil {
				return err
			}
			return contents.Put(t.Work, c)
		})
		if handover.RefusedBy(err) != "" {
			return jobs.Fail(&uncontrolledError{"the bot that wrote it does not have control of the conversation"}), nil
		}
		if err != nil {
			return jobs.Go(), err
		}
		if s, err = t.steer(ctx, source, c.IdentityID); err != nil { // what followed may have changed it
			return jobs.Go(), err
		}
	}
	waits := slices.Contains(s.control.Waiting, jobID)
	switch s.control.Gate(ticketOf(c)) {
	case handover.Sends:
		if !waits {
			return jobs.Go(), nil
		}
		s.control.Waiting = slices.DeleteFunc(s.control.Waiting, func(id string) bool { return id == jobID })
		return jobs.Go(), controls.Put(t.Work, s.control)
	case handover.Holds:
		switch {
		case waits:
		case len(s.control.Waiting) == maxWaiting:
			return jobs.Wait(t.now.Add(heldBeyond)), nil
		default:
			s.control.Waiting = append(s.control.Waiting, jobID)
		}
		return jobs.Wait(t.now.Add(heldAgain)), controls.Put(t.Work, s.control)
	case handover.Fails:
	}
	if c.Creator.Type == ActorBot {
		return jobs.Fail(&uncontrolledError{"the bot that wrote it does not have control of the conversation any more"}), nil
	}
	return jobs.Fail(&uncontrolledError{"the agents did not get control of the conversation"}), nil
}

// errGone says that whoever wrote a content has lost control since its delivery was claimed.
var errGone = errors.New("control has gone over meanwhile")

// stillGoes looks at control once more before a platform is asked to deliver a content: since
// the delivery was claimed, somebody else may have got it. What becomes of the content then,
// the next claim decides. Only what goes over while the platform is being asked is not seen
// here, but by the platform.
func (t *turn) stillGoes(ctx context.Context, c *interaction.Content, source *interaction.Source) error {
	if !source.ThreadControl || !gated(c) {
		return nil
	}
	control, err := controls.Get(ctx, t.Work, controlID(source.ID, c.IdentityID))
	if err == nil && control != nil && control.Gate(ticketOf(c)) != handover.Sends {
		err = jobs.NotBegun(errGone)
	}
	return err
}

// uncontrolledError is what becomes of a delivery that was not begun, because whoever wrote
// the content does not have control.
type uncontrolledError struct{ reason string }

// Error returns the reason.
func (e *uncontrolledError) Error() string { return e.reason }

// steerRetry decides what it means for control that a content is to be delivered after all:
// an agent's waits for control again, a bot's of another epoch is refused.
func (t *turn) steerRetry(ctx context.Context, c *interaction.Content) error {
	if !gated(c) || c.Synchronization.Status == interaction.SyncSuccess {
		return nil
	}
	source, err := t.source(ctx, c.SourceID)
	if err != nil || !source.ThreadControl {
		return err
	}
	s, err := t.steer(ctx, source, c.IdentityID)
	if err != nil {
		return err
	}
	return t.resend(ctx, s, c, t.actor)
}

// resend accepts a content once more, or one that was posted before there was control. It
// has yet to be written.
func (t *turn) resend(ctx context.Context, s *steering, c *interaction.Content, by Actor) error {
	counted := c.Synchronization.Status == interaction.SyncPending
	in := handover.Input{ID: t.ID(), By: by}
	d, ticket, err := handover.Resend(s.control.Control, ticketOf(c), counted, in, t.facts(s))
	if err != nil {
		return controlRefusal(err, s)
	}
	if d.Act == handover.DoNothing {
		return nil
	}
	c.ControlEpoch, c.ControlRound = ticket.Epoch, ticket.Round
	return t.carryOut(ctx, s, d)
}

// steerDelivered counts a content of an agent off that was to be delivered, and asks who
// has control if the platform says that another app has.
func (t *turn) steerDelivered(ctx context.Context, c *interaction.Content, was interaction.SyncStatus, cause error) error {
	counts := c.Creator.Type == ActorAgent && was == interaction.SyncPending && c.Synchronization.Status != interaction.SyncPending
	refused := errors.Is(cause, ErrNotInControl)
	if !gated(c) || !counts && !refused {
		return nil
	}
	source, err := t.source(ctx, c.SourceID)
	if err != nil || !source.ThreadControl {
		return err
	}
	s, err := t.steer(ctx, source, c.IdentityID)
	if err != nil {
		return err
	}
	if refused {
		if err := t.carryOut(ctx, s, handover.NotInControl(s.control.Control, ticketOf(c), t.ID(), t.facts(s))); err != nil {
			return err
		}
	}
	if !counts {
		return nil
	}
	// Somebody may have settled it while it waited.
	s.control.Waiting = slices.DeleteFunc(s.control.Waiting, func(id string) bool { return id == c.JobID })
	return t.carryOut(ctx, s, handover.Delivered(s.control.Control, c.ControlRound, t.ID(), t.facts(s)))
}
