package handover

import (
	"github.com/engage-interactions/engage/interaction"
)

// Delivered says that one of the contents of agents that were accepted in a round is
// delivered, or will not be.
func Delivered(c Control, round int64, id string, f Facts) Decision {
	d, t := resume(c, id, f)
	switch {
	case round != c.round(): // it is not counted any more, or never was
	case d.Control.Sending > 0:
		d.Control.Sending--
	case d.Control.Held > 0:
		d.Control.Held--
	}
	if v := d.Control.Verb; v != nil && v.Stage == StageDraining && d.Control.Sending == 0 {
		t.in.By = v.By
		t.begin()
	}
	return t.done()
}

// Ticket goes with a content from when it is accepted until it is delivered.
type Ticket struct {
	By    interaction.ActorType `json:"by"`
	App   string                `json:"app_id,omitempty"` // the bot's
	Epoch int64                 `json:"epoch,omitempty"`  // in which a bot's may be delivered
	Round int64                 `json:"round,omitempty"`  // in which an agent's was written, from 1
}

// Given reports whether the content was accepted by a decision. The zero epoch and round are
// those of a content that is older than control on its source: [Resend] accepts it.
func (k Ticket) Given() bool { return k.Epoch > 0 || k.Round > 0 }

// round is that of the tickets of agents' contents which are accepted now.
func (c Control) round() int64 { return c.Round + 1 }

// Ticket returns the ticket of a content that was accepted by the decision.
func (d Decision) Ticket(in Input) Ticket {
	ticket := Ticket{By: interaction.ActorAgent, Round: d.Control.round()}
	if in.Trigger == BotSends {
		ticket = Ticket{By: interaction.ActorBot, App: in.App, Epoch: d.Control.Epoch}
		if d.Content == Holds { // until its claim has made the bot the owner
			ticket.Epoch++
		}
	}
	return ticket
}

// Resend says what becomes of a content that was not accepted by a decision, because there
// was no control then, or that somebody wants to be delivered after all. counted says that
// its delivery has not failed yet. An agent's is accepted anew: what had been given up waits
// for control again, which is taken or requested. A bot's keeps its epoch, if it has one:
// what the bot may not send any more is refused with a [*RefusedError]. The ticket is that
// of the content from now on.
func Resend(c Control, k Ticket, counted bool, in Input, f Facts) (Decision, Ticket, error) {
	if k.By == interaction.ActorBot && k.Given() {
		if c.Gate(k) != Fails {
			return Decision{Control: c, Act: DoNothing}, k, nil
		}
		missing := isTheOwner
		if c.Epoch > k.Epoch {
			missing = isCurrent
		}
		in.Trigger, in.App, in.Epoch = BotSends, k.App, k.Epoch
		return Decision{Control: c}, k, Case{Control: c, Input: in, Facts: f}.refusal(missing)
	}
	if counted && k.Round == c.round() {
		return Decision{Control: c, Act: DoNothing}, k, nil
	}
	in.Trigger = AgentSends
	if k.By == interaction.ActorBot {
		in.Trigger, in.App, in.Epoch = BotSends, k.App, c.Epoch
	}
	d, err := Decide(c, in, f)
	if err != nil {
		return d, k, err
	}
	return d, d.Ticket(in), nil
}

// Gate says what becomes of a content whose delivery is about to begin. No content of a
// bot is sent in another epoch than its own, and none of an agent while the agents do not
// have control, or are giving it away.
func (c Control) Gate(k Ticket) Fate {
	phase := c.Phase()
	if k.By == interaction.ActorBot {
		switch {
		case c.Holder().Owner == Bot && c.App == k.App && c.Epoch == k.Epoch:
			return Sends
		case c.Epoch < k.Epoch && phase == Reaching && c.Verb.To.Owner == Bot && c.Verb.To.App == k.App:
			return Holds
		}
		return Fails
	}
	switch {
	case k.Round != c.round():
		return Fails
	case c.Holder().Owner == Agent && phase != Passing && phase != Releasing:
		return Sends
	default:
		return Holds
	}
}
