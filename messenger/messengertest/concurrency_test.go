package messengertest_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/messenger/messengertest"
)

// TestRequestsAtOnce has many apps request an idle conversation, write, and take webhooks at
// once: the first gets control, all others ask it, and only it writes.
func TestRequestsAtOnce(t *testing.T) {
	t.Parallel()
	const apps = 8
	m := messengertest.New(nil)
	page := m.Page("page", messengertest.Handover)
	ada := page.Customer("ada")
	ada.Writes("Hello?")
	var all sync.WaitGroup
	var bots []*messengertest.Bot
	connected := make([]*messengertest.App, apps)
	for i := range apps {
		connected[i] = page.App(fmt.Sprintf("app %d", i))
		bots = append(bots, connected[i].Bot())
		bots[i].Ignores(true)
	}
	for i, a := range connected {
		all.Go(func() {
			if answer, err := a.Call(t.Context(), messengertest.Request, messengertest.To("ada")); err != nil || !answer.Success {
				t.Errorf("request: %+v, %v", answer, err)
			}
			answer, err := a.Call(t.Context(), messengertest.Send, messengertest.Text("ada", "Me!"))
			if owns := page.Owner("ada") == a.ID; err != nil || owns != (answer.Code == 0) {
				t.Errorf("%s owns: %v, and sends: %+v, %v", a.ID, owns, answer, err)
			}
			m.Deliver(t.Context())
			_ = bots[i].Heard()
		})
	}
	all.Wait()
	m.Deliver(t.Context())
	if got := ada.Reads(); len(got) != 2 || got[1].App != page.Owner("ada") {
		t.Errorf("ada reads %+v", got)
	}
	passes, requests := 0, 0
	for _, b := range bots {
		for _, h := range b.Heard() {
			switch h.Kind {
			case "pass_thread_control":
				passes++
			case "request_thread_control":
				requests++
			}
		}
	}
	if passes != 1 || requests != apps-1 {
		t.Errorf("%d were passed control, and %d asked", passes, requests)
	}
	m.Close()
}
