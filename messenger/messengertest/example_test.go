package messengertest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/engage-interactions/engage/messenger/messengertest"
)

// A bot is the primary app. Another requests control, which the bot passes; what is on its
// way comes when the test says so.
func Example() {
	ctx := context.Background()
	m := messengertest.New(nil)
	page := m.Page("page", messengertest.HandoverPrimary)
	bot, desk := page.App("bot"), page.App("desk")
	bot.Bot().Answers(func(text string) string { return "You said: " + text })
	clerk := desk.Bot()

	ada := page.Customer("ada")
	ada.Writes("Hello?")
	m.Deliver(ctx)
	for _, verb := range []messengertest.Verb{messengertest.Take, messengertest.Request} {
		answer, err := desk.Call(ctx, verb, messengertest.To(ada.PSID))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(verb, answer.Status, answer.Code)
	}
	fmt.Println(page.Owner(ada.PSID), "has control")
	m.Deliver(ctx)
	fmt.Println(page.Owner(ada.PSID), "has control")
	for _, h := range clerk.Heard() {
		fmt.Println("desk hears:", h.Kind, h.Text)
	}
	// Output:
	// take_thread_control 400 27
	// request_thread_control 200 0
	// bot has control
	// desk has control
	// desk hears: message Hello?
	// desk hears: echo You said: Hello?
	// desk hears: pass_thread_control
}
