package messengertest_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/messenger/messengertest"
)

// TestFaults shows what goes wrong with a call: whether it is done, and what its caller
// learns.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		b    messengertest.Behaviour
		done bool
		code int
		err  error
	}{
		{"nothing", messengertest.Behaviour{}, true, 0, nil},
		{"fail", messengertest.Fail(500, 2, 0, "later"), false, 2, nil},
		{"do, then fail", messengertest.DoThen(messengertest.Fail(500, 2, 0, "later")), true, 2, nil},
		{"break", messengertest.Break(), false, 0, io.ErrUnexpectedEOF},
		{"do, then break", messengertest.DoThen(messengertest.Break()), true, 0, io.ErrUnexpectedEOF},
		{"hang", messengertest.Hang(), false, 0, context.DeadlineExceeded},
		{"do, then hang", messengertest.DoThen(messengertest.Hang()), true, 0, context.DeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(messengertest.HandoverPrimary)
				w.Will(tt.b, messengertest.Take)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				w.ada.Writes("Hello?")
				w.page.SetOwner("ada", "desk")
				a, err := w.bot.Call(ctx, messengertest.Take, messengertest.To("ada"))
				if !errors.Is(err, tt.err) || a.Code != tt.code {
					t.Errorf("%+v, %v", a, err)
				}
				w.Close()
				if got := w.page.Owner("ada") == "bot"; got != tt.done {
					t.Errorf("done: %v", got)
				}
			})
		})
	}
}

// TestHang ends what hangs with its caller, as a server does: nothing is left of it.
func TestHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(messengertest.HandoverPrimary)
		w.Will(messengertest.Hang())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := w.bot.Call(ctx, messengertest.Take, messengertest.To("ada")); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// TestHold lets a call land after its caller has given up.
func TestHold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(messengertest.HandoverPrimary)
		w.page.SetOwner("ada", "desk")
		hold := messengertest.NewHold()
		w.Will(hold.Behaviour())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := w.bot.Call(ctx, messengertest.Take, messengertest.To("ada")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller learns %v", err)
		}
		if got := w.page.Owner("ada"); got != "desk" {
			t.Errorf("%q has control before", got)
		}
		hold.Release()
		synctest.Wait()
		if got := w.page.Owner("ada"); got != "bot" {
			t.Errorf("%q has control after", got)
		}
		w.Close()
		if _, err := w.bot.Call(t.Context(), messengertest.Take, messengertest.To("ada")); err == nil {
			t.Error("a closed one answers")
		}
	})
}
