package engage_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
)

// TestNobodyActsByMistake: only the zero Actor is the system. Whoever has no type, or no
// ID where one is needed, can do nothing, whether or not anybody authorises.
func TestNobodyActsByMistake(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	talk := d.writes("eve", "hello?")
	for _, actor := range []engage.Actor{
		{ID: "mallory"},
		engage.Agent(""), engage.Bot(""), engage.Customer(""),
		engage.Agent("a\xff"), engage.Agent(strings.Repeat("a", 2000)),
		{Type: "\xff", ID: "x"},
	} {
		eng := d.As(actor)
		unchanged(t, d.st, func() {
			_, err := eng.Threads.Close(t.Context(), talk.ThreadID)
			if _, ok := errors.AsType[*engage.InvalidError](err); !ok {
				t.Errorf("%q closes a thread: %v", actor, err)
			}
		})
	}
	for _, actor := range []engage.Actor{{}, engage.System(), {Type: "supervisor"}, {Type: "supervisor", ID: "sue"}} {
		if _, err := d.As(actor).Threads.Get(t.Context(), talk.ThreadID); err != nil {
			t.Errorf("%q: %v", actor, err)
		}
	}
}
