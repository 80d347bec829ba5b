package faults

import (
	"context"
	"fmt"
	"sync"
)

// contexts are those of the callers of a store, which faults end all at once.
type contexts struct {
	mu      sync.Mutex
	cancels []context.CancelFunc
}

func (c *contexts) derive(parent context.Context) context.Context {
	ctx, cancel := context.WithCancel(parent)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancels = append(c.cancels, cancel)
	return ctx
}

func (c *contexts) end() {
	c.mu.Lock()
	cancels := c.cancels
	c.cancels = nil
	c.mu.Unlock()
	for _, cancel := range cancels {
		cancel()
	}
}

// The faults here end the context of the caller, which must be one that
// [Store.Context] gave; of another one they know nothing, and it does not end.

// CancelBefore returns a fault that ends the caller's context before the call, so
// that the store finds it done.
func CancelBefore() Fault {
	return Before("the context ends before the call", func(_ context.Context, c Call) { c.store.contexts.end() })
}

// CancelAfter returns a fault that ends the caller's context when the call has been
// made. The caller is told how it ended.
func CancelAfter() Fault {
	return After("the context ends after the call", func(_ context.Context, c Call, _ error) { c.store.contexts.end() })
}

// CancelUndecided returns a fault of Prepare and Trim, which may have been done if
// the context ends during the call: they have been, and the caller is told the
// context's error.
func CancelUndecided() Fault {
	return Instead("the context ends during the call, which is done",
		func(ctx context.Context, c Call, next func(context.Context) error) error {
			if err := next(ctx); err != nil {
				return err
			}
			c.store.contexts.end()
			return ctx.Err()
		}).On(Prepare, Trim)
}

// CancelLostBefore returns a fault of Commit: the caller's context ends, the outcome
// is unknown, and the batch never lands.
func CancelLostBefore() Fault {
	return Instead("the context ends, and the commit is lost before its effect",
		func(ctx context.Context, c Call, _ func(context.Context) error) error {
			c.store.contexts.end()
			return lostTo(ctx)
		}).On(Commit)
}

// CancelLostAfter returns a fault of Commit: the caller's context ends, the outcome
// is unknown, and the batch has landed, if it could.
func CancelLostAfter() Fault {
	return Instead("the context ends, and the answer is lost after the effect",
		func(ctx context.Context, c Call, next func(context.Context) error) error {
			err := lose(next(ctx))
			c.store.contexts.end()
			if err == errLost { //nolint:errorlint // identity is meant: lose gives this one or what it was given
				return lostTo(ctx)
			}
			return err
		}).On(Commit)
}

// CancelLostLate returns a fault of Commit: the caller's context ends, the outcome is
// unknown, and the batch lands as with [LostLate].
func CancelLostLate() Fault {
	return Instead("the context ends, the answer is lost, and the effect comes late",
		func(ctx context.Context, c Call, _ func(context.Context) error) error {
			c.landLate(ctx)
			c.store.contexts.end()
			return lostTo(ctx)
		}).On(Commit)
}

// lostTo returns the error of a commit during which its context has ended: it wraps
// that of the context, too.
func lostTo(ctx context.Context) error {
	if ctx.Err() == nil { // it is not one of the store's
		return errLost
	}
	return fmt.Errorf("%w: %w", errLost, ctx.Err())
}
