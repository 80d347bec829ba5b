package messengertest_test

import (
	"slices"
	"testing"

	"github.com/engage-interactions/engage/messenger/messengertest"
)

// What Messenger decides is kept, in order: what it refuses, too, and what it answers
// nobody; not what it cannot read.
func TestCallsAreKept(t *testing.T) {
	t.Parallel()
	m := messengertest.New(nil)
	t.Cleanup(m.Close)
	page := m.Page("page", messengertest.HandoverPrimary)
	bot, desk := page.App("bot"), page.App("desk")
	page.Customer("ada").Writes("hello")
	call := func(app *messengertest.App, verb messengertest.Verb, parameters map[string]any) {
		_, _ = app.Call(t.Context(), verb, parameters) // what it comes to stands in Calls
	}
	to := messengertest.To("ada")
	to["target_app_id"] = "desk"
	call(desk, messengertest.Send, messengertest.Text("ada", "Ann here."))
	call(bot, messengertest.Send, map[string]any{})
	m.Will(messengertest.DoThen(messengertest.Break()))
	call(bot, messengertest.Pass, to)
	call(desk, messengertest.Release, messengertest.To("ada"))
	want := []messengertest.Called{
		{App: "desk", Verb: messengertest.Send, PSID: "ada", Code: 10},
		{App: "bot", Verb: messengertest.Pass, PSID: "ada", Target: "desk"},
		{App: "desk", Verb: messengertest.Release, PSID: "ada"},
	}
	if got := m.Calls(); !slices.Equal(got, want) {
		t.Errorf("the calls are %+v, want %+v", got, want)
	}
}
