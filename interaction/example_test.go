package interaction_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// A thread that is silent for four days closes by itself, and can be opened again.
func Example_thread() {
	monday := time.Date(2026, 5, 18, 9, 0, 0, 0, time.UTC)
	source := interaction.Source{ID: "page", Type: "messenger", Name: "Our page", Active: true, TimeForThreadInclusion: 24 * 60 * 60}
	thread := interaction.Thread{ID: "t1", SourceID: source.ID, Status: interaction.ThreadOpen, LastContentAt: monday, LastReceivedAt: monday}

	question := interaction.Content{ID: "c1", ThreadID: thread.ID, Position: 1, Direction: interaction.Inbound}.
		Say(interaction.Message{Body: "Where is my parcel?"}).
		Under(nil)
	answer := interaction.Content{ID: "c2", ThreadID: thread.ID, Position: 2, Direction: interaction.Outbound}.
		Say(interaction.Message{Body: "With your neighbour."}).
		Under(&question)
	fmt.Println(question.Path, question.Body)
	fmt.Println(answer.Path, answer.Body)

	fmt.Println("joined on Tuesday at 8:", source.Includes(monday, monday.Add(23*time.Hour)))
	fmt.Println("joined on Tuesday at 10:", source.Includes(monday, monday.Add(25*time.Hour)))

	_, _, err := thread.TimeOut(source, monday.Add(72*time.Hour))
	fmt.Println(err)
	thread, events, err := thread.TimeOut(source, monday.Add(96*time.Hour))
	fmt.Println(thread.Status, thread.CloseCause, events, err)
	fmt.Println(thread.Continue())
	thread, events, err = thread.Reopen(monday.Add(100 * time.Hour))
	fmt.Println(thread.Status, events, err)
	// Output:
	// [1] Where is my parcel?
	// [1 2] With your neighbour.
	// joined on Tuesday at 8: true
	// joined on Tuesday at 10: false
	// thread is open: time_out needs that it has been silent for long enough
	// closed inactivity [content.thread_auto_closed] <nil>
	// thread is closed: continue is not possible
	// open [content.thread_opened] <nil>
}

// A bot answers, hands over to an agent, and the agent closes. What is not possible is
// refused, with the rule and what would help.
func ExampleIntervention() {
	now := time.Date(2026, 5, 18, 9, 0, 0, 0, time.UTC)
	var (
		bot   = interaction.Actor{Type: interaction.ActorBot, ID: "greeter"}
		ann   = interaction.Actor{Type: interaction.ActorAgent, ID: "ann"}
		facts = interaction.InterventionFacts{ThreadOpen: true, MayManage: true, Disposition: true}
	)
	i := interaction.Intervention{ID: "i1", ThreadID: "t1", IdentityID: "customer"}
	apply := func(by interaction.InterventionVerb, change interaction.Change) {
		next, events, err := i.Apply(by, change, facts, now)
		if refusal, ok := errors.AsType[*interaction.TransitionError](err); ok {
			fmt.Printf("refused: %v; %s\n", refusal, refusal.Remedy)
			return
		}
		i = next
		fmt.Println(i.Status, "with", i.Owner, events)
	}

	apply(interaction.InterventionEngages, interaction.Change{Owner: bot})
	apply(interaction.InterventionCloses, interaction.Change{})
	i.Replies = i.Add("c2", now.Add(-time.Minute), now)
	apply(interaction.InterventionTransfers, interaction.Change{}) // to whoever engages next
	apply(interaction.InterventionEngages, interaction.Change{Owner: ann})
	apply(interaction.InterventionDefers, interaction.Change{Until: now.Add(time.Hour)})
	apply(interaction.InterventionWritten, interaction.Change{})
	apply(interaction.InterventionCancels, interaction.Change{})
	apply(interaction.InterventionCloses, interaction.Change{DispositionIDs: []string{"solved"}})
	fmt.Println("the customer waited for", i.FirstUserReplyIn.Duration())
	// Output:
	// open with bot greeter [intervention.opened]
	// refused: intervention is open: close needs that there was a reply; reply, or cancel it
	// open with nobody [intervention.user_updated]
	// open with agent ann [intervention.user_updated]
	// deferred with agent ann [intervention.deferred]
	// open with agent ann [intervention.reactivated]
	// refused: intervention is open: cancel needs that there was no reply; close it
	// closed with agent ann [intervention.closed]
	// the customer waited for 1m0s
}

// A tree of topics, of which one is chosen, and one of outcomes for when it is over.
func ExampleCategoryTree() {
	var tree interaction.CategoryTree
	for _, c := range []interaction.Category{
		{ID: "topic", Name: "Topic", Mandatory: true, Unselectable: true},
		{ID: "billing", Name: "Billing", ParentID: "topic"},
		{ID: "delivery", Name: "Delivery", ParentID: "topic"},
		{ID: "parcel", Name: "Parcel", ParentID: "delivery"},
		{ID: "outcome", Name: "Outcome", Mandatory: true, PostQualification: true, Unselectable: true},
		{ID: "solved", Name: "Solved", ParentID: "outcome"},
	} {
		var err error
		if tree, err = tree.Add(c); err != nil {
			fmt.Println(err)
		}
	}

	chosen, err := tree.Check("page", []string{"parcel", "parcel"}, interaction.AsCategory)
	fmt.Println(chosen, err)
	_, err = tree.Check("page", []string{"parcel", "billing"}, interaction.AsCategory)
	fmt.Println(err)
	fmt.Println(tree.CheckClosing("page", chosen, nil))
	fmt.Println(tree.CheckClosing("page", chosen, []string{"solved"}))

	// What is below goes, too, and something can stand for it from then on.
	tree, err = tree.Remove("delivery", "billing", time.Date(2026, 5, 18, 9, 0, 0, 0, time.UTC))
	fmt.Println(tree.Resolve(chosen), err)
	// Output:
	// [parcel] <nil>
	// category "billing": it is needed that at most one category of the tree is chosen (also concerned: parcel)
	// category "outcome": it is needed that a category of each mandatory tree is chosen
	// <nil>
	// [billing] <nil>
}
