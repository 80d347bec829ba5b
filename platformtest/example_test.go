package platformtest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// A chat is too busy for the first attempt to answer Ada, and takes the second. An
// Engine whose Options.Platforms has the platform sends like this by itself.
func Example() {
	ctx := context.Background()
	chat := platformtest.New()
	chat.Will(platformtest.Fail(errors.New("too busy")), platformtest.Next(1))

	answer := engage.Delivery{
		Key:      "answer-1",
		Source:   interaction.Source{ID: "chat"},
		Thread:   interaction.Thread{ID: "thread-1"},
		Identity: interaction.Identity{ID: "ada"},
		Content:  interaction.Content{ID: "content-2", Position: 2, Body: "It is on its way."},
	}
	for answer.Attempt = 1; answer.Attempt <= 2; answer.Attempt++ {
		foreignID, err := chat.Send(ctx, answer)
		fmt.Printf("attempt %d: %q, %v\n", answer.Attempt, foreignID, err)
	}
	fmt.Println("Ada sees:", chat.Seen("ada"))
	fmt.Println("rules broken:", chat.Err())
	// Output:
	// attempt 1: "", too busy
	// attempt 2: "m1", <nil>
	// Ada sees: [It is on its way.]
	// rules broken: <nil>
}

// A platform delivers, and its answer is lost. It honours keys, so the sender may ask
// again, and learns the name under which the customer has it.
func ExampleLoseAnswer() {
	ctx := context.Background()
	chat := platformtest.New(platformtest.HonourKeys())
	chat.Will(platformtest.LoseAnswer(), platformtest.Next(1))

	answer := engage.Delivery{Key: "answer-1", Identity: interaction.Identity{ID: "ada"}, Content: interaction.Content{Body: "Sold out."}}
	_, err := chat.Send(ctx, answer)
	fmt.Println("nobody knows:", errors.Is(err, engage.ErrUnknownOutcome))
	foreignID, err := chat.Send(ctx, answer)
	fmt.Println("asked again:", foreignID, err)
	fmt.Println("Ada sees:", chat.Seen("ada"))
	// Output:
	// nobody knows: true
	// asked again: m1 <nil>
	// Ada sees: [Sold out.]
}

// A sender gives up, and the platform delivers all the same.
func ExampleHold_Late() {
	chat := platformtest.New()
	defer chat.Close()
	hold := platformtest.NewHold()
	chat.Will(hold.Late(), platformtest.Next(1))

	ctx, giveUp := context.WithCancel(context.Background())
	answered := make(chan string)
	go func() {
		foreignID, _ := chat.Send(ctx, engage.Delivery{Key: "answer-1", Identity: interaction.Identity{ID: "ada"}, Content: interaction.Content{Body: "Hello"}})
		answered <- foreignID
	}()

	<-hold.Arrived()
	giveUp()
	fmt.Println("given up; Ada sees:", chat.Seen("ada"))
	hold.Answer(platformtest.Deliver())
	fmt.Println("late answer:", <-answered)
	fmt.Println("Ada sees:", chat.Seen("ada"))
	// Output:
	// given up; Ada sees: []
	// late answer: m1
	// Ada sees: [Hello]
}
