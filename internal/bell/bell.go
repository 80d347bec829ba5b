// Package bell wakes goroutines that wait for something to do.
package bell

import (
	"context"
	"sync"
	"time"
)

// Bell wakes all who wait for it. Its zero value is ready, and it is safe for
// concurrent use.
type Bell struct {
	mu   sync.Mutex
	next chan struct{}
}

// Rung returns a channel that is closed at the next ring. Take it before looking
// whether there is anything to do, or a ring in between is missed.
func (b *Bell) Rung() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

// Ring wakes all who wait now.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// Wait returns when the channel, which may be nil, is closed, the time is over, or
// the context ends, whose error it returns.
func Wait(ctx context.Context, rung <-chan struct{}, atMost time.Duration) error {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-rung:
	case <-timer.C:
	}
	return nil
}
