package platformtest

import (
	"context"
	"slices"

	"github.com/engage-interactions/engage"
)

// Delivered is something that a customer got to see. Its Delivery is shared with the
// sender and must not be changed.
type Delivered struct {
	engage.Delivery

	// ForeignID is what the platform calls it.
	ForeignID string
	// Number counts what was delivered, from 1.
	Number int
	// Send is the Attempt.Number of the send that brought it.
	Send int
	// Repeated says that it is the second copy that [DeliverTwice] makes.
	Repeated bool
}

// Attempt is a send that has reached the platform, whatever became of it. Its
// Delivery is shared with the sender and must not be changed; how many times the
// sender had tried before is in Delivery.Attempt.
type Attempt struct {
	engage.Delivery

	// Number counts the sends that have reached the platform, from 1.
	Number int
	// Behaviour says what was set for it.
	Behaviour string
	// Answered says that the send has returned: with ForeignID, or with Err. After a
	// panic Err says so.
	Answered  bool
	ForeignID string
	Err       error
}

// Delivered returns what was delivered so far, in order.
func (p *Platform) Delivered() []Delivered {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return slices.Clone(p.world.delivered)
}

// Thread returns what was delivered in a thread so far, in order.
func (p *Platform) Thread(threadID string) []Delivered {
	return slices.DeleteFunc(p.Delivered(), func(d Delivered) bool { return d.Thread.ID != threadID })
}

// Seen returns what a customer sees: the bodies of what was delivered to an identity
// so far, in order.
func (p *Platform) Seen(identityID string) []string {
	var bodies []string
	for _, d := range p.Delivered() {
		if d.Identity.ID == identityID {
			bodies = append(bodies, d.Content.Body)
		}
	}
	return bodies
}

// Attempts returns the sends that have reached the platform so far, in the order in
// which they came.
func (p *Platform) Attempts() []Attempt {
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	attempts := make([]Attempt, len(w.sends))
	for i, s := range w.sends {
		attempts[i] = Attempt{
			Delivery: s.delivery, Number: s.number, Behaviour: s.behaviour.String(),
			Answered: s.answered, ForeignID: s.foreignID, Err: s.err,
		}
	}
	return attempts
}

// AwaitDelivered waits until at least n contents were delivered, and returns all that
// were. Its error is that of ctx.
func (p *Platform) AwaitDelivered(ctx context.Context, n int) ([]Delivered, error) {
	if err := p.world.until(ctx, func() bool { return len(p.world.delivered) >= n }); err != nil {
		return nil, err
	}
	return p.Delivered(), nil
}

// AwaitAnswered waits until at least n sends have their answer, and returns all that
// have reached the platform. Its error is that of ctx.
func (p *Platform) AwaitAnswered(ctx context.Context, n int) ([]Attempt, error) {
	err := p.world.until(ctx, func() bool {
		answered := 0
		for _, s := range p.world.sends {
			if s.answered {
				answered++
			}
		}
		return answered >= n
	})
	if err != nil {
		return nil, err
	}
	return p.Attempts(), nil
}

// Echo calls f with what was delivered since it was last called, in order: as a
// platform does that tells of everything in its conversations, what it was given
// included. So a test says when the echoes come, after the answers or between. f is
// mostly a call of Threads.Receive.
func (p *Platform) Echo(f func(Delivered)) {
	w := p.world
	w.mu.Lock()
	fresh := slices.Clone(w.delivered[w.echoed:])
	w.echoed = len(w.delivered)
	w.mu.Unlock()
	for _, d := range fresh {
		f(d)
	}
}
