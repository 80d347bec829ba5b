package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store/memory"
)

// helpDesk is a company that customers reach by a chat on its web site.
type helpDesk struct {
	*engage.Engine

	now      time.Time
	platform *platformtest.Platform
}

func newHelpDesk() *helpDesk {
	ctx := context.Background()
	d := &helpDesk{now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), platform: platformtest.New()}
	d.Engine = done(engage.New(ctx, memory.New(), &engage.Options{
		Clock:     func() time.Time { return d.now },
		Platforms: map[string]engage.Platform{"chat": d.platform},
	}))
	done(d.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Name: "Web chat", Active: true}))
	return d
}

// writes is what a customer does.
func (d *helpDesk) writes(customer, body string) engage.Received {
	return done(d.Threads.Receive(context.Background(), engage.Inbound{
		SourceID: "web", Customer: engage.Account{ForeignID: customer}, Message: interaction.Message{Body: body},
	}))
}

// says returns what an agent posts in a thread.
func says(threadID, body string) engage.Post {
	return engage.Post{ThreadID: threadID, Message: interaction.Message{Body: body}}
}

// said returns what was said in a thread, a line each.
func (d *helpDesk) said(threadID string) string {
	var lines []string
	for _, c := range done(d.Contents.List(context.Background(), engage.ContentFilter{ThreadID: threadID})).Items {
		who := "customer"
		if !c.Creator.IsZero() {
			who = c.Creator.String()
		}
		lines = append(lines, who+": "+c.Body)
	}
	return strings.Join(lines, "\n")
}

// Where conversations come from is declared: an account of the company on a platform.
func ExampleSources_Create() {
	ctx := context.Background()
	eng := newHelpDesk().Engine
	done(eng.Sources.Create(ctx, interaction.Source{
		ID: "support@example.com", Type: "email", Name: "Support", Active: true,
		TimeForThreadInclusion: 7 * 24 * 60 * 60, // what a customer writes within a week belongs together
	}))
	for _, s := range done(eng.Sources.List(ctx, 0, "")).Items {
		fmt.Println(s.Type, s.ID)
	}
	// Output:
	// email support@example.com
	// chat web
}

// A customer writes: that makes a thread, a content and an identity, and, of somebody who was
// not known, a contact. The same content twice is one.
func ExampleThreads_Receive() {
	ctx := context.Background()
	eng := newHelpDesk().Engine
	in := engage.Inbound{
		SourceID: "web", ForeignID: "message-1", // what the platform calls it
		Customer: engage.Account{ForeignID: "ada", Profile: interaction.Profile{DisplayName: "Ada L."}},
		Message:  interaction.Message{Body: "My lamp is broken."},
	}
	first := done(eng.Threads.Receive(ctx, in))
	again := done(eng.Threads.Receive(ctx, in)) // as webhooks do
	fmt.Println("begins a thread:", first.FirstInThread, "and again:", again.Repeated, again.ContentID == first.ContentID)

	in.ForeignID, in.Body = "message-2", "It was new."
	second := done(eng.Threads.Receive(ctx, in))
	fmt.Println("in the same thread:", second.ThreadID == first.ThreadID)
	fmt.Println(done(eng.Identities.Get(ctx, first.IdentityID)).DisplayName, "with",
		done(eng.Threads.Get(ctx, first.ThreadID)).ContentsCount, "contents")
	// Output:
	// begins a thread: true and again: true true
	// in the same thread: true
	// Ada L. with 2 contents
}

// What agents can engage in: the threads in which somebody waits and nobody is at it, who has
// waited longest first.
func ExampleThreads_ListEngageable() {
	ctx := context.Background()
	d := newHelpDesk()
	for _, customer := range []string{"ada", "ben", "eve"} {
		d.writes(customer, "This is "+customer+".")
		d.now = d.now.Add(time.Minute)
	}
	waiting := done(d.Threads.ListEngageable(ctx, engage.EngageableFilter{})).Items
	done(d.As(engage.Agent("ann")).Interventions.Engage(ctx, engage.Engagement{ThreadID: waiting[0].ID}))

	for _, thread := range done(d.Threads.ListEngageable(ctx, engage.EngageableFilter{})).Items {
		who := done(d.Identities.Get(ctx, thread.Waiting.IdentityID))
		fmt.Println(who.ForeignID, "waits for", d.now.Sub(thread.WaitingSince))
	}
	// Output:
	// ben waits for 2m0s
	// eve waits for 1m0s
}

// Bots and agents add to a thread what they know of the customer.
func ExampleThreads_Annotate() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "Where is my parcel?")
	bot := d.As(engage.Bot("orders"))
	done(bot.Threads.Annotate(ctx, received.ThreadID, map[string]json.RawMessage{"order": json.RawMessage(`"4711"`)}))
	done(bot.Threads.Annotate(ctx, received.ThreadID, map[string]json.RawMessage{"carrier": json.RawMessage(`"bike"`)}))

	for _, name := range []string{"order", "carrier"} {
		fmt.Println(name, string(done(d.Threads.Get(ctx, received.ThreadID)).ExtraData[name]))
	}
	// Output:
	// order "4711"
	// carrier "bike"
}

// Threads are sorted into categories, which stand in trees.
func ExampleThreads_Categorize() {
	ctx := context.Background()
	d := newHelpDesk()
	topic := done(d.Categories.Create(ctx, interaction.Category{ID: "topic", Name: "Topic", Unselectable: true}))
	done(d.Categories.Create(ctx, interaction.Category{ID: "delivery", Name: "Delivery", ParentID: topic.ID}))
	received := d.writes("ada", "Where is my parcel?")

	agent := d.As(engage.Agent("ann"))
	thread := done(agent.Threads.Categorize(ctx, received.ThreadID, []string{"delivery"}))
	fmt.Println(thread.ThreadCategoryIDs)
	_, err := agent.Threads.Categorize(ctx, received.ThreadID, []string{"topic"})
	if wrong, ok := errors.AsType[*interaction.CategoryError](err); ok {
		fmt.Println(wrong.Rule)
	}
	// Output:
	// [delivery]
	// the category can be selected
}

// A thread that is closed takes nothing any more: what the customer writes then begins another
// one. Closed threads stay to be read, and are opened again by hand.
func ExampleThreads_Close() {
	ctx := context.Background()
	d := newHelpDesk()
	first := d.writes("ada", "My lamp is broken.")
	fmt.Println(done(d.Threads.Close(ctx, first.ThreadID)).Status)

	second := d.writes("ada", "My chair, too.")
	fmt.Println("in another thread:", second.ThreadID != first.ThreadID)
	fmt.Println(done(d.Threads.Reopen(ctx, first.ThreadID)).Status, "again")
	// Output:
	// closed
	// in another thread: true
	// open again
}

// An agent writes first.
func ExampleThreads_Open() {
	ctx := context.Background()
	d := newHelpDesk()
	agent := d.As(engage.Agent("ann"))
	thread := done(agent.Threads.Open(ctx, engage.NewThread{SourceID: "web", Customer: engage.Account{ForeignID: "ada"}, Title: "Your order"}))
	done(agent.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID}))
	done(agent.Contents.Post(ctx, says(thread.ID, "Your lamp has come.")))
	done(d.RunDue(ctx)) // a server has d.Run(ctx) running

	answered := d.writes("ada", "Thank you!")
	fmt.Println("in the same thread:", answered.ThreadID == thread.ID)
	fmt.Println(d.said(thread.ID))
	// Output:
	// in the same thread: true
	// agent ann: Your lamp has come.
	// customer: Thank you!
}

// What was said before the library was there is received in the order in which it was written,
// with its time: what customers said, and what the company did, as an echo.
func Example_import() {
	ctx := context.Background()
	d := newHelpDesk()
	var threadID string
	for _, old := range []struct {
		id, body string
		hour     int
		by       *engage.Echo
	}{
		{"1", "Do you have red lamps?", 9, nil},
		{"2", "We do.", 10, &engage.Echo{Creator: engage.Agent("bob")}},
	} {
		threadID = done(d.Threads.Receive(ctx, engage.Inbound{
			SourceID: "web", ForeignID: old.id, Customer: engage.Account{ForeignID: "ada"}, Message: interaction.Message{Body: old.body},
			CreatedAt: time.Date(2026, 4, 30, old.hour, 0, 0, 0, time.UTC), Echo: old.by,
		})).ThreadID
	}
	fmt.Println(d.said(threadID))
	fmt.Println("to be answered:", len(done(d.Threads.ListEngageable(ctx, engage.EngageableFilter{})).Items))
	fmt.Println("sent to the customer again:", len(d.platform.Delivered()))
	// Output:
	// customer: Do you have red lamps?
	// agent bob: We do.
	// to be answered: 0
	// sent to the customer again: 0
}

// A discussion in which several take part is a tree: who replies to what.
func ExampleContents_Tree() {
	ctx := context.Background()
	d := newHelpDesk()
	var thread string
	for _, said := range []struct{ id, to, who, body string }{
		{"1", "", "ada", "Which lamp do you have?"},
		{"2", "1", "ben", "The red one."},
		{"3", "1", "eve", "The blue one."},
		{"4", "2", "ada", "Is it bright?"},
	} {
		thread = done(d.Threads.Receive(ctx, engage.Inbound{
			SourceID: "web", ForeignID: said.id, InReplyTo: said.to, ThreadForeignID: "lamps",
			Customer: engage.Account{ForeignID: said.who}, Message: interaction.Message{Body: said.body},
		})).ThreadID
	}
	for _, c := range done(d.Contents.Tree(ctx, engage.TreeFilter{ThreadID: thread})).Items {
		fmt.Printf("%.*s%s\n", c.Depth, "~~~", c.Body)
	}
	// Output:
	// Which lamp do you have?
	// ~The red one.
	// ~~Is it bright?
	// ~The blue one.
}

// What needs no answer is ignored, and its customer waits no longer.
func ExampleContents_Ignore() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "Thanks!")
	ignored := done(d.As(engage.Agent("ann")).Contents.Ignore(ctx, received.ContentID))
	fmt.Println(ignored.Status, len(done(d.Threads.ListEngageable(ctx, engage.EngageableFilter{})).Items))
	// Output:
	// ignored 0
}
