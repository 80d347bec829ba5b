package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// onePerson is a source where the rule counts the interventions with all identities of a
// contact, and joe, who may be eve.
func onePerson(t *testing.T) (c *controlled, joe engage.Received) {
	t.Helper()
	c = &controlled{desk: newDesk(t)}
	if err := c.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent, WholeContact: true}); err != nil {
		t.Fatal(err)
	}
	says := func(name string) engage.Received {
		in := c.says(name, "hello")
		in.Customer.ContactID = "person " + name
		return must(c.Threads.Receive(t.Context(), in))(t)
	}
	c.eve = says("eve")
	return c, says("joe")
}

// What was in the way of a pass may be gone because it was with somebody else.
func TestWhatWaitsIsDecidedWhenIdentitiesPart(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]func(c *controlled, joe engage.Received){
		"unmerged": func(c *controlled, _ engage.Received) {
			must(c.Contacts.Unmerge(c.t.Context(), "person joe"))(c.t)
		},
		"moved": func(c *controlled, joe engage.Received) {
			must(c.Contacts.Move(c.t.Context(), joe.IdentityID, "person jim"))(c.t)
		},
		"it is moved itself": func(c *controlled, _ engage.Received) {
			must(c.Contacts.Move(c.t.Context(), c.eve.IdentityID, "person jim"))(c.t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, joe := onePerson(t)
			must(c.Contacts.Merge(t.Context(), "person eve", "person joe"))(t)
			c.engages(bob, joe.ThreadID)
			if err := c.toBot(true); err != nil {
				t.Fatal(err)
			}
			c.waits(robot.ID)
			part(c, joe)
			c.has(handover.Bot)
		})
	}
}

// What waits goes on waiting for all who turn out to be the same person, and no longer.
func TestWhatWaitsWatchesWhoIsMerged(t *testing.T) {
	t.Parallel()
	c, joe := onePerson(t)
	hers, his := c.engages(ann, c.eve.ThreadID), c.engages(bob, joe.ThreadID)
	if err := c.toBot(true); err != nil {
		t.Fatal(err)
	}
	must(c.Contacts.Merge(t.Context(), "person eve", "person joe"))(t)
	must(c.Interventions.Cancel(t.Context(), hers.ID))(t)
	c.waits(robot.ID)
	must(c.Interventions.Cancel(t.Context(), his.ID))(t)
	c.has(handover.Bot)
}
