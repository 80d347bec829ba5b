package feed

import (
	"context"
	"sync"
	"time"
)

// bell wakes all who wait for it. Its zero value is ready.
type bell struct {
	mu   sync.Mutex
	next chan struct{}
}

// rung returns a channel that is closed at the next ring. Take it before looking
// whether there is anything to do, or a ring in between is missed.
func (b *bell) rung() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == nil {
		b.next = make(chan struct{})
	}
	return b.next
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// wait returns when the channel is closed, the time is over, or the context
// ends, whose error it returns.
func wait(ctx context.Context, rung <-chan struct{}, atMost time.Duration) error {
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
