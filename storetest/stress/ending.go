package stress

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// deadline says when the context of a call ends.
type deadline struct {
	before error // it is done before the call, and gives this
	look   int   // it ends when it is looked at for this time, during the call; 0 for never
}

func (d deadline) String() string {
	switch {
	case d.before != nil:
		return fmt.Sprintf(" with a context that is done (%v)", d.before)
	case d.look > 0:
		return fmt.Sprintf(" with a context that is cancelled when it is looked at for time %d", d.look)
	default:
		return ""
	}
}

// context returns a context that ends so, and what the caller ends it with after
// the call: an end that comes then must make no difference.
func (d deadline) context(parent context.Context) (context.Context, context.CancelFunc) {
	if d.before == context.DeadlineExceeded { //nolint:errorlint // it is one of two that were drawn
		return context.WithDeadline(parent, time.Unix(0, 0))
	}
	ctx, cancel := context.WithCancel(parent)
	if d.before != nil {
		cancel()
	}
	if d.look > 0 {
		watched := &watched{Context: ctx, cancel: cancel}
		watched.left.Store(int64(d.look))
		return watched, cancel
	}
	return ctx, cancel
}

// watched is a context that is cancelled when it is looked at for the n-th time.
// So a call is interrupted at one of the moments where it would notice, and in
// the same place each time.
type watched struct {
	context.Context //nolint:containedctx // it is one

	cancel context.CancelFunc
	left   atomic.Int64
}

func (c *watched) look() {
	if c.left.Add(-1) == 0 {
		c.cancel()
	}
}

func (c *watched) Done() <-chan struct{} {
	c.look()
	return c.Context.Done()
}

func (c *watched) Err() error {
	c.look()
	return c.Context.Err()
}

// ended returns what a context gives now, without looking at it.
func ended(ctx context.Context) error {
	if c, ok := ctx.(*watched); ok {
		return c.Context.Err()
	}
	return ctx.Err()
}
