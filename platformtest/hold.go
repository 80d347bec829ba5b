package platformtest

import (
	"context"
	"slices"
	"sync"

	"github.com/engage-interactions/engage"
)

// Hold keeps sends waiting until the test says what becomes of them. It serves once:
// what comes after the answer does not wait.
//
//	hold := platformtest.NewHold()
//	p.Will(hold.Late(), platformtest.Next(1))
//	…
//	<-hold.Arrived()                      // a send is under way
//	…                                     // the sender gives up
//	hold.Answer(platformtest.Deliver())   // it was delivered after all
//
// Answer every Hold, or Close the platform: else its senders wait forever.
type Hold struct {
	first  *signal // something has arrived
	opened chan struct{}

	mu      sync.Mutex
	held    []engage.Delivery
	arrived chan struct{} // closed, and replaced, whenever a send arrives
	answer  *Behaviour
}

// NewHold returns a Hold that is not answered.
func NewHold() *Hold {
	return &Hold{first: newSignal(), opened: make(chan struct{}), arrived: make(chan struct{})}
}

// Gate waits for the Answer, and does what that says. If the context ends before, it
// does nothing, and the error wraps the context's.
func (h *Hold) Gate() Behaviour {
	return Behaviour{"wait at a gate", func(ctx context.Context, s *send) (string, error) {
		h.take(s.delivery)
		if _, err := s.hang(ctx, h.opened); err != nil {
			return "", err
		}
		return h.resume(ctx, s)
	}}
}

// Late waits for the Answer, and does what that says, even if the context has ended
// long since, or the process died: what is on the wire cannot be recalled. With
// DeliverThen only the answer is late.
func (h *Hold) Late() Behaviour {
	return Behaviour{"answer late", func(ctx context.Context, s *send) (string, error) {
		h.take(s.delivery)
		select {
		case <-h.opened:
		case <-s.from.world.closed.c:
			return "", ErrClosed
		}
		return h.resume(ctx, s)
	}}
}

// Arrived is closed when the first send has come.
func (h *Hold) Arrived() <-chan struct{} { return h.first.c }

// Await waits until n sends have come, and returns them in order. They may have gone
// on since. Its error is that of ctx.
func (h *Hold) Await(ctx context.Context, n int) ([]engage.Delivery, error) {
	for {
		h.mu.Lock()
		held, arrived := slices.Clone(h.held), h.arrived
		h.mu.Unlock()
		if len(held) >= n {
			return held, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Answer says what becomes of the sends that wait, and of those still to come: Deliver,
// Fail, or another Behaviour, but none of this Hold. It panics when called a second
// time.
func (h *Hold) Answer(b Behaviour) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.answer != nil {
		panic("platformtest: the Hold has its answer already")
	}
	h.answer = &b
	close(h.opened)
}

func (h *Hold) take(d engage.Delivery) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = append(h.held, d)
	close(h.arrived)
	h.arrived = make(chan struct{})
	h.first.give()
}

// resume does what the answer says, which is there.
func (h *Hold) resume(ctx context.Context, s *send) (string, error) {
	h.mu.Lock()
	b := *h.answer
	h.mu.Unlock()
	return b.act(ctx, s)
}
