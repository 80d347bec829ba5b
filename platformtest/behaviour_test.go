package platformtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
)

// TestBehaviours walks through all behaviours that need no help of the test, on both
// kinds of platform: what the customer sees, and what the sender is told.
func TestBehaviours(t *testing.T) {
	t.Parallel()

	const (
		certain = 1 << iota // it wraps neither of these two
		unknown             // engage.ErrUnknownOutcome
		late                // the context's error
		crashed
		panics
	)
	tests := []struct {
		b       platformtest.Behaviour
		seen    int
		outcome int // 0: success
		is      error
	}{
		{platformtest.Deliver(), 1, 0, nil},
		{platformtest.Behaviour{}, 1, 0, nil},
		{platformtest.Fail(errBusy), 0, certain, errBusy},
		{platformtest.Fail(engage.Permanent(errBusy)), 0, certain, errBusy},
		{platformtest.NoAnswer(), 0, unknown, nil},
		{platformtest.LoseAnswer(), 1, unknown, nil},
		{platformtest.Hang(), 0, late, context.DeadlineExceeded},
		{platformtest.DeliverThen(platformtest.Hang()), 1, late, context.DeadlineExceeded},
		{platformtest.DeliverTwice(), 2, 0, nil},
		{platformtest.DeliverThen(platformtest.DeliverTwice()), 2, 0, nil},
		{platformtest.DeliverThen(platformtest.Deliver()), 1, 0, nil},
		{platformtest.DeliverThen(platformtest.Fail(errBusy)), 1, certain, errBusy},
		{platformtest.Panic("broken"), 0, panics, nil},
		{platformtest.DeliverThen(platformtest.Panic("broken")), 1, panics, nil},
		{platformtest.Crash(), 0, unknown | crashed, platformtest.ErrCrashed},
		{platformtest.DeliverThen(platformtest.Crash()), 1, unknown | crashed, platformtest.ErrCrashed},
		{platformtest.Do("deliver, and fail", func(_ context.Context, d engage.Delivery, deliver func() string) (string, error) {
			if first := deliver(); deliver() != first {
				return "", errors.New("two deliveries of one send")
			}
			return "", errBusy
		}), 1, certain, errBusy},
	}
	for _, tt := range tests {
		for _, options := range [][]platformtest.Option{nil, {platformtest.HonourKeys()}} {
			t.Run(fmt.Sprintf("%v, %d options", tt.b, len(options)), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					p := platformtest.New(options...)
					other := p.Process()
					p.Will(tt.b)
					d := content("ada", 1)

					c := begin(t, p, d)
					foreignID, err := c.answer()

					if got := len(p.Seen("ada")); got != tt.seen {
						t.Errorf("the customer saw %d copies, want %d", got, tt.seen)
					}
					if got := errors.Is(err, engage.ErrUnknownOutcome); got != (tt.outcome&unknown != 0) {
						t.Errorf("unknown outcome: %v, of %v", got, err)
					}
					if got := errors.Is(err, context.DeadlineExceeded); got != (tt.outcome&late != 0) {
						t.Errorf("context's error: %v, of %v", got, err)
					}
					if tt.is != nil && !errors.Is(err, tt.is) {
						t.Errorf("error %v does not wrap %v", err, tt.is)
					}
					if got := c.panicked != nil; got != (tt.outcome&panics != 0) {
						t.Errorf("panicked with %v", c.panicked)
					}
					if ok := err == nil && c.panicked == nil; ok != (tt.outcome == 0) {
						t.Errorf("succeeded: %v, with %v", ok, err)
					}
					if tt.outcome == 0 && foreignID != "m1" {
						t.Errorf("answered with foreign ID %q", foreignID)
					}

					attempts := p.Attempts()
					if len(attempts) != 1 || !attempts[0].Answered || attempts[0].Behaviour != tt.b.String() ||
						attempts[0].ForeignID != foreignID || (attempts[0].Err == nil) != (tt.outcome == 0) {
						t.Errorf("attempts are %+v", attempts)
					}

					// The next one goes well, unless the process is dead; another
					// process is not.
					p.Heal()
					_, err = p.Send(t.Context(), content("bob", 1))
					if got := errors.Is(err, platformtest.ErrCrashed); got != (tt.outcome&crashed != 0) {
						t.Errorf("next send: %v", err)
					}
					send(t, other, content("cyd", 1))
					p.Check(t)
				})
			})
		}
	}
}

// TestFailNeedsError shows that Fail is not taken for success.
func TestFailNeedsError(t *testing.T) {
	t.Parallel()

	defer func() {
		if said, _ := recover().(string); !strings.Contains(said, "without an error") {
			t.Errorf("panicked with %q", said)
		}
	}()
	platformtest.Fail(nil)
}
