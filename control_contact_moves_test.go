package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// wholeContact are settings by which it counts who is engaged with any identity of the contact.
var wholeContact = handover.Settings{Primary: handover.Agent, WholeContact: true, BotApp: "robot"}

// tellsPass begins a pass to the bot that the platform has been told of, and does not answer.
func tellsPass(t *testing.T, c *controlled, s *scripted) {
	t.Helper()
	s.on = func(verb string, _ engage.Handling) error {
		if verb == "pass" || verb == "owner" {
			return errDropped
		}
		return nil
	}
	if err := c.toBot(false); err != nil {
		t.Fatal(err)
	}
	c.runs()
	if v := c.control().Verb; v == nil || v.Kind != handover.VerbPass || v.Stage != handover.StageSent {
		t.Fatal("no pass is under way")
	}
}

// atWork lets eve write with another account, which belongs to a contact.
func (c *controlled) atWork(contactID string) engage.Received {
	c.t.Helper()
	return must(c.Threads.Receive(c.t.Context(), engage.Inbound{
		SourceID: "chat", Customer: engage.Account{ForeignID: "eve-at-work", ContactID: contactID}, Message: interaction.Message{Body: "and here"},
	}))(c.t)
}

// refusesEngaging checks whether ann may engage in a thread: not while a pass is under way.
func (c *controlled) refusesEngaging(threadID string, want bool) {
	c.t.Helper()
	_, err := c.As(ann).Interventions.Engage(c.t.Context(), engage.Engagement{ThreadID: threadID})
	if refused := handover.RefusedBy(err) == handover.CodeInProgress; refused != want || !refused && err != nil {
		c.t.Errorf("engage: %v, refused as in progress: want %v", err, want)
	}
}

// comings are the ways in which an identity comes to a contact. Each returns what it wrote.
var comings = map[string]func(*controlled) engage.Received{
	"it moves": func(c *controlled) engage.Received {
		other := c.atWork("")
		must(c.Contacts.Move(c.t.Context(), other.IdentityID, c.eve.ContactID))(c.t)
		return other
	},
	"it is new": func(c *controlled) engage.Received { return c.atWork(c.eve.ContactID) },
	"its contact is merged into the other": func(c *controlled) engage.Received {
		other := c.atWork("")
		must(c.Contacts.Merge(c.t.Context(), c.eve.ContactID, other.ContactID))(c.t)
		return other
	},
	"the other contact is merged into its": func(c *controlled) engage.Received {
		other := c.atWork("")
		must(c.Contacts.Merge(c.t.Context(), other.ContactID, c.eve.ContactID))(c.t)
		return other
	},
	"it comes back": func(c *controlled) engage.Received {
		other := c.atWork(c.eve.ContactID)
		must(c.Contacts.Move(c.t.Context(), other.IdentityID, ""))(c.t)
		must(c.Contacts.Move(c.t.Context(), other.IdentityID, c.eve.ContactID))(c.t)
		return other
	},
	"its contact is merged again": func(c *controlled) engage.Received {
		other := c.atWork("")
		must(c.Contacts.Merge(c.t.Context(), c.eve.ContactID, other.ContactID))(c.t)
		must(c.Contacts.Unmerge(c.t.Context(), other.ContactID))(c.t)
		must(c.Contacts.Merge(c.t.Context(), c.eve.ContactID, other.ContactID))(c.t)
		return other
	},
}

// TestIdentityComesDuringAPass: nobody engages with an identity that has come to the contact
// while control is passed, and the settings count them all.
func TestIdentityComesDuringAPass(t *testing.T) {
	t.Parallel()
	for name, comes := range comings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := newScripted(t, wholeContact)
			tellsPass(t, c, s)
			other := comes(c)
			c.refusesEngaging(other.ThreadID, true)
		})
	}
}

// TestIdentityComesAndTheRuleDoesNotCountIt: where the settings count the identity alone,
// whoever else belongs to the contact is nobody's business.
func TestIdentityComesAndTheRuleDoesNotCountIt(t *testing.T) {
	t.Parallel()
	for name, comes := range comings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := newScripted(t, handover.Settings{Primary: handover.Agent, BotApp: "robot"})
			tellsPass(t, c, s)
			other := comes(c)
			c.refusesEngaging(other.ThreadID, false)
		})
	}
}

// TestIdentityLeavesDuringAPass: with an identity that has left the contact anybody engages, and
// that changes nothing in the conversation with who was the same person before.
func TestIdentityLeavesDuringAPass(t *testing.T) {
	t.Parallel()
	leavings := map[string]struct {
		from func(*controlled) engage.Received
		does func(*controlled, engage.Received)
	}{
		"it moves": {
			func(c *controlled) engage.Received { return c.atWork(c.eve.ContactID) },
			func(c *controlled, other engage.Received) {
				must(c.Contacts.Move(c.t.Context(), other.IdentityID, ""))(c.t)
			},
		},
		"the other moves": {
			func(c *controlled) engage.Received { return c.atWork(c.eve.ContactID) },
			func(c *controlled, _ engage.Received) {
				must(c.Contacts.Move(c.t.Context(), c.eve.IdentityID, ""))(c.t)
			},
		},
		"contacts are unmerged": {
			comings["its contact is merged into the other"],
			func(c *controlled, other engage.Received) {
				must(c.Contacts.Unmerge(c.t.Context(), other.ContactID))(c.t)
			},
		},
		"contacts are unmerged, the other way": {
			comings["the other contact is merged into its"],
			func(c *controlled, _ engage.Received) {
				must(c.Contacts.Unmerge(c.t.Context(), c.eve.ContactID))(c.t)
			},
		},
	}
	for name, leaves := range leavings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, s := newScripted(t, wholeContact)
			other := leaves.from(c)
			tellsPass(t, c, s)
			before := c.control()
			leaves.does(c, other)
			c.refusesEngaging(other.ThreadID, false)
			if v := c.control().Verb; v == nil || v.ID != before.Verb.ID {
				t.Errorf("the pass is over: %+v", v)
			}
			c.refusesEngaging(c.eve.ThreadID, true)
		})
	}
}

// TestEngagedIdentityComes: the platform is not told of a pass that was decided before an identity
// came with whom somebody is engaged.
func TestEngagedIdentityComes(t *testing.T) {
	t.Parallel()
	for _, whenFree := range []bool{false, true} {
		c, s := newScripted(t, wholeContact)
		other := c.atWork("")
		c.engages(ann, other.ThreadID)
		i := c.engages(ann, c.eve.ThreadID)
		if whenFree {
			if err := c.toBot(true); err != nil {
				t.Fatal(err)
			}
		}
		must(c.Interventions.Cancel(t.Context(), i.ID))(t)
		if !whenFree {
			if err := c.toBot(false); err != nil {
				t.Fatal(err)
			}
		}
		if v := c.control().Verb; v == nil || v.Kind != handover.VerbPass || v.Stage != handover.StageQueued {
			t.Fatalf("no pass is about to be told: %+v", v)
		}
		must(c.Contacts.Move(t.Context(), other.IdentityID, c.eve.ContactID))(t)
		c.runs()
		if now := c.control(); now.Owner == handover.Bot || len(s.told) > 0 {
			t.Errorf("when_free %v: the bot has control while somebody is engaged, or is to: %v, the platform was told %q", whenFree, now.Party, s.told)
		}
	}
}

// TestEngagedIdentityLeaves: a bot that waits gets control when the identity leaves with whom
// alone somebody is engaged.
func TestEngagedIdentityLeaves(t *testing.T) {
	t.Parallel()
	for _, unmerges := range []bool{false, true} {
		c := newControlled(t, wholeContact)
		other := c.atWork("")
		must(c.Contacts.Merge(t.Context(), c.eve.ContactID, other.ContactID))(t)
		c.engages(ann, other.ThreadID)
		if err := c.toBot(true); err != nil {
			t.Fatal(err)
		}
		c.has(handover.Agent)
		if unmerges {
			must(c.Contacts.Unmerge(t.Context(), other.ContactID))(t)
		} else {
			must(c.Contacts.Move(t.Context(), other.IdentityID, ""))(t)
		}
		c.has(handover.Bot)
	}
}

// TestMovesCostNoMoreWithoutControl: who gives a contact an identity, or takes one away, asks
// no more of the store where the rule never counted all of them.
func TestMovesCostNoMoreWithoutControl(t *testing.T) {
	t.Parallel()
	cost := func(settings *handover.Settings) (all []costs) {
		d, l := newLedgerDesk(t)
		c := &controlled{desk: d}
		if settings != nil {
			if err := c.Control.Configure(t.Context(), "chat", *settings); err != nil {
				t.Fatal(err)
			}
		}
		c.eve = c.writes("eve", "hello")
		i := c.engages(ann, c.eve.ThreadID)
		if settings != nil {
			if err := c.toBot(true); err != nil {
				t.Fatal(err)
			}
		}
		var other engage.Received
		comes := l.cost(func() { other = c.atWork(c.eve.ContactID) })
		all = append(all, comes, l.cost(func() { must(c.Contacts.Move(t.Context(), other.IdentityID, ""))(t) }))
		must(c.Interventions.Cancel(t.Context(), i.ID))(t)
		return all
	}
	without, with := cost(nil), cost(&handover.Settings{Primary: handover.Agent, BotApp: "robot"})
	if with[1] != without[1] {
		t.Errorf("a move: %+v without control, %+v with it", without[1], with[1])
	}
	if counts := cost(&wholeContact); counts[1] == without[1] {
		t.Errorf("a move where all identities count: %+v, so nobody looked", counts[1])
	}
}
