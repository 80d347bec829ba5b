package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// engages is what an agent does first.
func (d *helpDesk) engages(agent engage.Actor, threadID string) interaction.Intervention {
	return done(d.As(agent).Interventions.Engage(context.Background(), engage.Engagement{ThreadID: threadID}))
}

// An agent takes a customer's matter upon herself. Of several who try, one has it, and the
// others learn who.
func ExampleInterventions_Engage() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	fmt.Println(hers.Status, hers.Owner)

	_, err := d.As(engage.Agent("bob")).Interventions.Engage(ctx, engage.Engagement{ThreadID: received.ThreadID})
	fmt.Println("refused:", errors.Is(err, engage.ErrRefused))
	if has, ok := errors.AsType[*engage.EngagedError](err); ok {
		fmt.Println("it is", has.Intervention.Owner)
	}
	// Output:
	// open agent ann
	// refused: true
	// it is agent ann
}

// The owner of an intervention answers. Run delivers it; an idempotency key makes it harmless
// to post twice.
func ExampleContents_Post() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	d.engages(engage.Agent("ann"), received.ThreadID)

	answer := says(received.ThreadID, "I'll send a new one.")
	answer.IdempotencyKey = "click 17"
	posted := done(d.As(engage.Agent("ann")).Contents.Post(ctx, answer))
	again := done(d.As(engage.Agent("ann")).Contents.Post(ctx, answer))
	fmt.Println(posted.Synchronization.Status, again.Repeated)

	done(d.RunDue(ctx)) // a server has d.Run(ctx) running
	fmt.Println(done(d.Contents.Get(ctx, posted.ID)).Synchronization.Status, len(d.platform.Delivered()))
	// Output:
	// export_pending true
	// success 1
}

// A matter is resolved: the intervention is closed with the disposition that its source demands.
// It needs a reply.
func ExampleInterventions_Close() {
	ctx := context.Background()
	d := newHelpDesk()
	done(d.Categories.Create(ctx, interaction.Category{ID: "outcome", Name: "Outcome", PostQualification: true, Mandatory: true, Unselectable: true}))
	done(d.Categories.Create(ctx, interaction.Category{ID: "replaced", Name: "Replaced", ParentID: "outcome"}))
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)

	agent := d.As(engage.Agent("ann"))
	_, err := agent.Interventions.Close(ctx, hers.ID, engage.Closing{})
	if rule, ok := errors.AsType[*interaction.TransitionError](err); ok {
		fmt.Println(rule.Rule)
	}
	done(agent.Contents.Post(ctx, says(received.ThreadID, "I'll send a new one.")))
	_, err = agent.Interventions.Close(ctx, hers.ID, engage.Closing{})
	if demanded, ok := errors.AsType[*interaction.CategoryError](err); ok {
		fmt.Println(demanded.Rule)
	}
	closed := done(agent.Interventions.Close(ctx, hers.ID, engage.Closing{DispositionIDs: []string{"replaced"}, CloseThread: true}))
	fmt.Println(closed.Status, closed.DispositionIDs)
	// Output:
	// there was a reply
	// a category of each mandatory tree is chosen
	// closed [replaced]
}

// Who has engaged by mistake, and not replied, cancels: the customer waits again.
func ExampleInterventions_Cancel() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	canceled := done(d.As(engage.Agent("ann")).Interventions.Cancel(ctx, hers.ID))
	fmt.Println(canceled.Status, len(done(d.Threads.ListEngageable(ctx, engage.EngageableFilter{})).Items))
	// Output:
	// canceled 1
}

// A supervisor gives a matter to somebody else.
func ExampleInterventions_Assign() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)

	_, err := d.As(engage.Agent("bob")).Interventions.Assign(ctx, hers.ID, engage.Agent("bob"))
	fmt.Println("bob may not take it himself:", errors.Is(err, engage.ErrRefused) || errors.Is(err, engage.ErrForbidden))
	assigned := done(d.Interventions.Assign(ctx, hers.ID, engage.Agent("bob"))) // the system may
	fmt.Println("it is of", assigned.Owner)
	// Output:
	// bob may not take it himself: true
	// it is of agent bob
}

// An agent passes a matter on, to somebody certain or to whoever engages next.
func ExampleInterventions_Transfer() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)

	toNobody := done(d.As(engage.Agent("ann")).Interventions.Transfer(ctx, hers.ID, engage.Actor{}))
	fmt.Println("owner:", toNobody.Owner.IsZero(), "waiting:", len(done(d.Threads.ListEngageable(ctx, engage.EngageableFilter{})).Items))
	fmt.Println("the same one, of", d.engages(engage.Agent("bob"), received.ThreadID).Owner)
	// Output:
	// owner: true waiting: 1
	// the same one, of agent bob
}

// A matter is put aside. When the time has come, or the customer writes, it is open again.
func ExampleInterventions_Defer() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "When does it come?")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	deferred := done(d.As(engage.Agent("ann")).Interventions.Defer(ctx, hers.ID, d.now.Add(24*time.Hour)))
	fmt.Println(deferred.Status, "until", deferred.DeferredAt.Format(time.DateTime))

	d.now = d.now.Add(24 * time.Hour)
	done(d.RunDue(ctx)) // a server has d.Run(ctx) running
	fmt.Println(done(d.Interventions.Get(ctx, hers.ID)).Status)
	// Output:
	// deferred until 2026-05-02 12:00:00
	// open
}

// A customer who writes again is back with whom they had: the intervention is reopened.
func ExampleInterventions_ListWaiting() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	agent := d.As(engage.Agent("ann"))
	done(agent.Contents.Post(ctx, says(received.ThreadID, "I'll send a new one.")))
	done(agent.Interventions.Close(ctx, hers.ID, engage.Closing{}))

	d.now = d.now.Add(time.Hour)
	d.writes("ada", "It is blue!")
	for _, waiting := range done(agent.Interventions.ListWaiting(ctx, engage.WaitingFilter{Owner: engage.Agent("ann")})).Items {
		fmt.Println(waiting.ID == hers.ID, waiting.Status, "reopened", waiting.Reopened, "time")
	}
	// Output:
	// true open reopened 1 time
}

// Somebody helps: they may reply beside the owner.
func ExampleInterventions_Join() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "Does the lamp fit into my car?")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	joined := done(d.As(engage.Agent("ann")).Interventions.Join(ctx, hers.ID, engage.Agent("bob")))
	done(d.As(engage.Agent("bob")).Contents.Post(ctx, says(received.ThreadID, "It is 40 cm high.")))
	fmt.Println(joined.Owner, joined.Participants)
	fmt.Println(d.said(received.ThreadID))
	// Output:
	// agent ann [agent bob]
	// customer: Does the lamp fit into my car?
	// agent bob: It is 40 cm high.
}

// Agents note what the customer does not see.
func ExampleInterventions_Comment() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	done(d.As(engage.Agent("ann")).Interventions.Comment(ctx, hers.ID, "The third this week."))
	for _, c := range done(d.Interventions.Comments(ctx, hers.ID, 0, "")).Items {
		fmt.Println(c.Author, "notes:", c.Body)
	}
	// Output:
	// agent ann notes: The third this week.
}

// What the company wants to know of a matter, beside its categories.
func ExampleInterventions_SetCustomFields() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	set := done(d.As(engage.Agent("ann")).Interventions.SetCustomFields(ctx, hers.ID, map[string]json.RawMessage{"warranty": json.RawMessage("true")}))
	fmt.Println(string(set.CustomFieldValues["warranty"]))
	// Output:
	// true
}

// All that happened with a person, on whatever way, in one list.
func ExampleContacts_Timeline() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	hers := d.engages(engage.Agent("ann"), received.ThreadID)
	done(d.As(engage.Agent("ann")).Contents.Post(ctx, says(received.ThreadID, "I'll send a new one.")))
	done(d.As(engage.Agent("ann")).Interventions.Close(ctx, hers.ID, engage.Closing{}))

	filter := engage.TimelineFilter{OldestFirst: true}
	for _, e := range done(d.Contacts.Timeline(ctx, received.ContactID, filter)).Items {
		fmt.Println(e.Actor.Type, e.Type)
	}
	// Output:
	// customer content.imported
	// agent intervention.opened
	// agent content.replied
	// agent intervention.closed
}
