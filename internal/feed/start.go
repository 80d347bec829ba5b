package feed

import (
	"context"
	"fmt"
	"math"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// Start says where a new consumer begins. Its zero value is the oldest event that there
// is.
type Start struct {
	Latest bool  // behind the last event that there is
	After  int64 // behind this position
}

// Register makes a consumer known that begins somewhere, unless there is one with that
// name, which stays where it is. It is registered in one commit: whatever that finds the
// end of the log to be, all that is committed after Register has returned is behind it,
// and all that was committed before it was called is not.
//
// It gives ErrDropped, a [*store.TrimmedError] for a position below the floor, and
// ErrInvalid for one that is behind the end.
func (f *Feed) Register(ctx context.Context, name string, start Start) (registered Consumer, err error) {
	err = f.runner.Do(ctx, func(w *work.Work) error {
		c, err := get(ctx, w, name)
		switch {
		case err != nil:
			return err
		case c == nil:
			if c, err = f.begin(ctx, w, name, start); err != nil {
				return err
			}
			c.Seen = f.opts.Clock().UTC().Round(0) // as it is stored
			err = consumers.Put(w, c)
		case !c.Dropped.IsZero():
			err = dropped(c)
		}
		registered = *c
		return err
	})
	return registered, err
}

// begin returns a new consumer. The floor, which is read first and rewritten, stays where
// it is until the consumer is written: nothing behind its position is forgotten.
func (f *Feed) begin(ctx context.Context, w *work.Work, name string, start Start) (*Consumer, error) {
	fl, err := guard(ctx, w)
	if err != nil {
		return nil, err
	}
	c := &Consumer{Name: name, Position: fl.Position}
	switch {
	case start.Latest:
		if c.Position, err = f.end(ctx, fl.Position); err != nil {
			return nil, err
		}
	case start.After != 0:
		if err := f.reached(ctx, fl.Position, start.After); err != nil {
			return nil, err
		}
		c.Position = start.After
	}
	return c, floors.Put(w, fl)
}

// end returns a position behind which nothing was at some moment of the call, and such
// that there was an event there or behind it when the call returned, if it is not low
// itself: what comes later is behind it.
func (f *Feed) end(ctx context.Context, low int64) (int64, error) {
	for high := int64(math.MaxInt64); ; { // nothing was behind high
		if low >= high {
			return high, nil
		}
		probe := low + (high-low)/2
		position, err := f.next(ctx, probe)
		switch {
		case err != nil:
			return 0, err
		case position == 0:
			high = probe
		default:
			low = position
		}
	}
}

// reached refuses a position that was trimmed, or is behind the end of the log: what
// comes up to it, no consumer should miss.
func (f *Feed) reached(ctx context.Context, low, position int64) error {
	if position < low {
		return &store.TrimmedError{Tenant: f.runner.Tenant(), Mark: low}
	}
	if position == low {
		return nil
	}
	last, err := f.next(ctx, position-1)
	if err == nil && last == 0 {
		err = &store.InvalidError{Field: "After", Reason: "is behind the end of the log"}
	}
	return err
}

// next returns the position of the first event behind one, 0 if there is none.
func (f *Feed) next(ctx context.Context, after int64) (int64, error) {
	events, err := f.runner.Store().Events(ctx, f.runner.Tenant(), after, 1)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	return events[0].Position, nil
}

// dropped is the error for a consumer that was.
func dropped(c *Consumer) error {
	return fmt.Errorf("%w: %q at position %d", ErrDropped, c.Name, c.Position)
}
