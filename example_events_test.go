package engage_test

import (
	"context"
	"fmt"
	"log"

	"github.com/engage-interactions/engage"
)

// A bot is added to a shop that has a history: it is told of what happens from now on.
func ExampleEvents_Register() {
	ctx, stop := context.WithCancel(context.Background())
	eng := exampleEngine()
	record(eng, review("ann", `{"stars": 1, "text": "imported last year"}`))

	bot, err := eng.Events.Register(ctx, "bot", engage.ConsumerStart{Latest: true})
	if err != nil {
		log.Fatal(err)
	}
	record(eng, review("eve", `{"stars": 5, "text": "new today"}`))
	fmt.Println(bot.Name, "begins behind", bot.Position)
	err = eng.Events.Consume(ctx, bot.Name, func(_ context.Context, event engage.Event) error {
		fmt.Println(event.Type, event.Position)
		if event.Type == engage.EventInteractionCreated {
			stop() // a real bot goes on
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// bot begins behind 3
	// contact.created 4
	// interaction.created 5
	// context canceled
}
