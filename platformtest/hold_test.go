package platformtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
)

// The tests of this file run in bubbles of synctest, which fail if a goroutine is
// left behind.

// TestHold walks through what can end the wait of a held send: which of it ends it,
// and what the customer sees when the answer comes.
func TestHold(t *testing.T) {
	t.Parallel()

	type event int
	const (
		nothing event = iota
		cancels
		crashes
		closes
	)
	tests := []struct {
		name   string
		hold   func(*platformtest.Hold) platformtest.Behaviour
		before event
		waits  bool // on, until the answer
		seen   int  // in the end
		is     error
	}{
		{"gate", (*platformtest.Hold).Gate, nothing, true, 1, nil},
		{"gate, context ends", (*platformtest.Hold).Gate, cancels, false, 0, context.Canceled},
		{"gate, crash", (*platformtest.Hold).Gate, crashes, false, 0, platformtest.ErrCrashed},
		{"gate, close", (*platformtest.Hold).Gate, closes, false, 0, platformtest.ErrClosed},
		{"late", (*platformtest.Hold).Late, nothing, true, 1, nil},
		{"late, context ends", (*platformtest.Hold).Late, cancels, true, 1, nil},
		{"late, crash", (*platformtest.Hold).Late, crashes, true, 1, platformtest.ErrCrashed},
		{"late, close", (*platformtest.Hold).Late, closes, false, 0, platformtest.ErrClosed},
		{"late answer", lateAnswer, nothing, true, 1, nil},
		{"late answer, context ends", lateAnswer, cancels, true, 1, nil},
		{"late answer, crash", lateAnswer, crashes, true, 1, platformtest.ErrCrashed},
		{"late answer, close", lateAnswer, closes, false, 1, platformtest.ErrClosed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := platformtest.New()
				hold := platformtest.NewHold()
				p.Will(tt.hold(hold), platformtest.Next(1))
				c := begin(t, p, content("ada", 1))
				<-hold.Arrived()
				synctest.Wait()
				if c.returned() {
					t.Fatal("it was not held")
				}
				switch tt.before {
				case nothing:
				case cancels:
					c.cancel()
				case crashes:
					p.Crash()
					<-p.Crashed()
				case closes:
					p.Close()
				}
				synctest.Wait()
				if c.returned() == tt.waits {
					t.Errorf("waits on: %v, want %v", !c.returned(), tt.waits)
				}
				hold.Answer(platformtest.Deliver())
				_, err := c.answer()
				if !errors.Is(err, tt.is) {
					t.Errorf("the answer is %v, want %v", err, tt.is)
				}
				if got := len(p.Delivered()); got != tt.seen {
					t.Errorf("%d delivered, want %d", got, tt.seen)
				}
				p.Check(t)
			})
		})
	}
}

// lateAnswer delivers at once and answers late.
func lateAnswer(h *platformtest.Hold) platformtest.Behaviour {
	return platformtest.DeliverThen(h.Late())
}

// TestLateFailure shows an answer that comes late and says no, and that an open Hold
// holds nobody.
func TestLateFailure(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := platformtest.New()
		hold := platformtest.NewHold()
		p.Will(hold.Late(), platformtest.Next(3))
		first, second := begin(t, p, content("ada", 1)), begin(t, p, content("bob", 1))
		held, err := hold.Await(t.Context(), 2)
		if err != nil || len(held) != 2 {
			t.Fatalf("%d are held, %v", len(held), err)
		}
		first.cancel()
		hold.Answer(platformtest.Fail(errBusy))
		for _, c := range []*call{first, second} {
			if _, err := c.answer(); !errors.Is(err, errBusy) {
				t.Errorf("the answer is %v", err)
			}
		}
		if !failed(t, p, content("cyd", 1)) {
			t.Error("the third has another answer")
		}

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := hold.Await(ctx, 4); !errors.Is(err, context.Canceled) {
			t.Errorf("Await: %v", err)
		}
		defer func() {
			if recover() == nil {
				t.Error("a second answer passed without a word")
			}
		}()
		hold.Answer(platformtest.Deliver())
	})
}

// TestOvertakenBySelf shows a platform that honours keys with two sends of one
// delivery under way: the first was given up, the second was answered, and then the
// first is done after all. The customer sees one.
func TestOvertakenBySelf(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := platformtest.New(platformtest.HonourKeys())
		hold := platformtest.NewHold()
		p.Will(hold.Late(), platformtest.OnAttempt(1))
		first := begin(t, p, content("ada", 1))
		<-hold.Arrived()
		first.cancel()
		synctest.Wait()
		second := send(t, p, attempt(content("ada", 1), 2))
		hold.Answer(platformtest.Deliver())
		late, err := first.answer()
		if err != nil || late != second || len(p.Delivered()) != 1 {
			t.Errorf("late answer %q, %v; delivered %q", late, err, bodies(p.Delivered()))
		}
		p.Check(t)
	})
}

// TestCrash shows that what hangs in a dead process returns, that its later sends get
// nowhere, and that another process is not concerned.
func TestCrash(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		dead := platformtest.New()
		alive := dead.Process()
		dead.Will(platformtest.Hang(), platformtest.Next(2))
		hanging, beside := begin(t, dead, content("ada", 1)), begin(t, alive, content("bob", 1))
		synctest.Wait()
		dead.Crash()
		dead.Crash()
		if _, err := hanging.answer(); !errors.Is(err, platformtest.ErrCrashed) || !errors.Is(err, engage.ErrUnknownOutcome) {
			t.Errorf("what hung has the answer %v", err)
		}
		synctest.Wait()
		if beside.returned() {
			t.Error("the other process died too")
		}
		if _, err := dead.Send(t.Context(), content("cyd", 1)); !errors.Is(err, platformtest.ErrCrashed) {
			t.Errorf("the dead sends: %v", err)
		}
		send(t, alive, content("dan", 1))
		if got := len(alive.Attempts()); got != 3 {
			t.Errorf("%d sends have arrived, want 3", got)
		}

		alive.Close()
		for _, a := range alive.Attempts() {
			if !a.Answered {
				t.Errorf("Close has not waited for send %d", a.Number)
			}
		}
		if _, err := beside.answer(); !errors.Is(err, platformtest.ErrClosed) {
			t.Errorf("what hung at Close has the answer %v", err)
		}
		if _, err := alive.Send(t.Context(), content("eve", 1)); !errors.Is(err, platformtest.ErrClosed) {
			t.Errorf("Send after Close: %v", err)
		}
		alive.Close()
	})
}
