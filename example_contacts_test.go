package engage_test

import (
	"context"
	"fmt"
	"log"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// A visitor of the web site turns out to be a customer who is known. The two are one
// from then on, with one timeline, until somebody finds that it was a mistake.
func ExampleContacts_Merge() {
	ctx := context.Background()
	eng := exampleEngine()
	if _, err := eng.Sources.Create(ctx, interaction.Source{ID: "chat", Type: "chat", Name: "Chat", Active: true}); err != nil {
		log.Fatal(err)
	}
	record(eng, review("customer-1", `{"stars": 5}`))
	received, err := eng.Threads.Receive(ctx, engage.Inbound{
		SourceID: "chat", Customer: engage.Account{ForeignID: "cookie-1", ContactID: "visitor-7"},
		Message: interaction.Message{Body: "The jug leaks."},
	})
	if err != nil {
		log.Fatal(err)
	}
	show := func(contactID string) {
		page, err := eng.Contacts.Timeline(ctx, contactID, engage.TimelineFilter{OldestFirst: true})
		if err != nil {
			log.Fatal(err)
		}
		for _, e := range page.Items {
			switch {
			case e.Content != nil:
				fmt.Printf("%s: %s says %q\n", contactID, e.Actor, e.Content.Body)
			case e.Interaction != nil:
				fmt.Printf("%s: %s records %s\n", contactID, e.Actor, e.Interaction.Payload)
			}
		}
	}

	if _, err := eng.Contacts.Merge(ctx, "customer-1", received.ContactID); err != nil {
		log.Fatal(err)
	}
	show("visitor-7") // a name for customer-1 now

	if _, err := eng.Contacts.Unmerge(ctx, "visitor-7"); err != nil {
		log.Fatal(err)
	}
	show("customer-1")
	show("visitor-7")
	// Output:
	// visitor-7: customer customer-1 records {"stars":5}
	// visitor-7: customer customer-1 says "The jug leaks."
	// customer-1: customer customer-1 records {"stars":5}
	// visitor-7: customer visitor-7 says "The jug leaks."
}
