package platformtest

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage"
)

// errPanicked is what an Attempt shows whose send has panicked.
var errPanicked = errors.New("platformtest: the send panicked")

// send is one call of Send. What changes in it is guarded by the world's lock.
type send struct {
	from      *Platform
	number    int
	delivery  engage.Delivery
	behaviour Behaviour
	abandoned <-chan struct{} // closed when its context has ended

	delivered bool
	named     string // the foreign ID, if it is delivered
	answered  bool
	foreignID string // in the answer
	err       error  // in the answer
}

// underWay reports whether the sender can still wait for an answer.
func (s *send) underWay() bool {
	return !s.answered && !over(s.abandoned) && !s.from.crash.given()
}

// doubtful reports whether the sender cannot know what became of it.
func (s *send) doubtful() bool {
	if certain, ok := errors.AsType[interface {
		error
		NotDelivered() bool
	}](s.err); ok && s.answered && certain.NotDelivered() {
		return false
	}
	return !s.answered || errors.Is(s.err, errPanicked) || errors.Is(s.err, engage.ErrUnknownOutcome) ||
		errors.Is(s.err, context.Canceled) || errors.Is(s.err, context.DeadlineExceeded)
}

// deliver shows the content to the customer, unless this send has done so already,
// or another one with its key if the platform honours keys.
func (s *send) deliver() string {
	w := s.from.world
	w.mu.Lock()
	if !s.delivered && w.honoursKeys { // "" is no key, and never there
		s.named, s.delivered = w.byKey[s.delivery.Key]
	}
	if s.delivered {
		defer w.mu.Unlock()
		return s.named
	}
	told := s.show(false)
	w.mu.Unlock()
	told()
	return s.named
}

// again shows the content to the customer once more, whatever was agreed on.
func (s *send) again() {
	w := s.from.world
	w.mu.Lock()
	told := s.show(true)
	w.mu.Unlock()
	told()
}

// show notes what is delivered, and returns what tells those who want to know, to be
// called without the lock.
func (s *send) show(repeated bool) (told func()) {
	w := s.from.world
	n := len(w.delivered) + 1
	d := Delivered{Delivery: s.delivery, ForeignID: w.foreignID(n), Number: n, Send: s.number, Repeated: repeated}
	w.delivered = append(w.delivered, d)
	if !s.delivered {
		s.delivered, s.named = true, d.ForeignID
	}
	if _, known := w.byKey[s.delivery.Key]; !known && s.delivery.Key != "" {
		w.byKey[s.delivery.Key] = d.ForeignID
	}
	w.tell()
	listeners := w.onDeliver
	return func() {
		for _, f := range listeners {
			f(d)
		}
	}
}

// answer notes what the sender was told.
func (s *send) answer(foreignID string, err error) {
	w := s.from.world
	w.mu.Lock()
	defer w.mu.Unlock()
	s.answered, s.foreignID, s.err = true, foreignID, err
	w.tell()
}
