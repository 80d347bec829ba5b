package engage_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
)

// customersDo reports whether a customer may do something at all.
func customersDo(action engage.Action) bool {
	also := []engage.Action{engage.ActionThreadsReceive, engage.ActionInteractionsRecord, engage.ActionInteractionsCheck}
	return strings.HasSuffix(string(action), ".read") || slices.Contains(also, action)
}

// TestCustomersReadWriteAndRecord walks all methods with a customer: what is not for them
// is refused with a typed error before anybody is asked, changes nothing, alone and within
// a Work, and looks the same where nothing is; all else is for Authorize to say.
func TestCustomersReadWriteAndRecord(t *testing.T) {
	t.Parallel()
	refused, ready := 0, prepareStore(t)
	for name, of := range methods(prepared{}) {
		if !customersDo(of.action) {
			refused++
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var g guard
			st := newMemory(t)
			eng := newEngine(t, st, &engage.Options{Authorize: g.authorize})
			at := ready.in(t, st)
			m := methods(at)[name]
			eve := engage.Customer("eve")
			g.set(nil)
			if customersDo(m.action) {
				result, err := m.call(t.Context(), servicesOf(eng.As(eve)), at)
				if err != nil || len(g.asked) == 0 || g.asked[0].actor != eve {
					t.Errorf("%v, %v; asked %+v", result, err, g.asked)
				}
				g.set(errors.New("not her"))
				if _, err := m.call(t.Context(), servicesOf(eng.As(eve)), at); !errors.Is(err, engage.ErrForbidden) {
					t.Errorf("denied: %v", err)
				}
				return
			}
			check := func(where string, result any, err error) {
				t.Helper()
				refusal, ok := errors.AsType[*engage.RefusedError](err)
				if !ok || !errors.Is(err, engage.ErrRefused) || refusal.Resource != m.resource || refusal.Remedy == "" {
					t.Errorf("%s: %v, want a refusal about %v", where, err, m.resource)
				}
				if v := reflect.ValueOf(result); v.IsValid() && !v.IsZero() {
					t.Errorf("%s: got %+v nevertheless", where, result)
				}
				if len(g.asked) > 0 {
					t.Errorf("%s: asked %+v", where, g.asked)
				}
			}
			unchanged(t, st, func() {
				result, err := m.call(t.Context(), servicesOf(eng.As(eve)), at)
				check("alone", result, err)
				if m.standalone {
					return
				}
				if err := eng.As(eve).Atomically(t.Context(), func(w *engage.Work) error {
					result, err := m.call(t.Context(), servicesWithin(w), at)
					check("atomically", result, err)
					return nil
				}); err != nil {
					t.Errorf("the work around it: %v", err)
				}
			})
			empty := newEngine(t, newMemory(t), nil) // without Authorize, too
			result, err := m.call(t.Context(), servicesOf(empty.As(eve)), at)
			check("where nothing is", result, err)
		})
	}
	if refused < 30 {
		t.Errorf("only %d methods are refused", refused)
	}
}

// TestCustomersRunNothing: to do what is due is not for them either.
func TestCustomersRunNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	eve := d.As(engage.Customer("eve"))
	if _, err := eve.RunDue(t.Context()); !errors.Is(err, engage.ErrRefused) {
		t.Errorf("RunDue: %v", err)
	}
	ended, end := context.WithCancel(t.Context()) // so that it ends if it is not refused
	end()
	if err := eve.Run(ended); !errors.Is(err, engage.ErrRefused) {
		t.Errorf("Run: %v", err)
	}
}

// TestWhatACustomerWritesIsToldAsTheirs: who receives it for a customer says so.
func TestWhatACustomerWritesIsToldAsTheirs(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	eve := engage.Customer("eve")
	got := must(d.As(eve).Threads.Receive(t.Context(), d.says("eve", "hello")))(t)
	for e, err := range d.Events.After(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Resource == about("content", got.ContentID) && e.Actor == eve {
			return
		}
	}
	t.Error("nobody is told of it")
}
