package engage_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// What counts can change while a pass is under way, and nobody engages: the settings count
// what they ignored, or an identity joins with which somebody is engaged. Then the platform is
// not told to pass control, and the bot does not get it.
func TestWhatCountsChangesDuringAPass(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		settings handover.Settings
		// lets only somebody be engaged whom the rule does not count, until what it returns
		ignored func(c *controlled, hers interaction.Intervention) func()
	}{
		{"settings", handover.Settings{Primary: handover.Agent, IgnoreDeferred: true}, func(c *controlled, hers interaction.Intervention) func() {
			must(c.As(ann).Interventions.Defer(c.t.Context(), hers.ID, c.clock.read().Add(time.Hour)))(c.t)
			return func() {
				if err := c.Control.Configure(c.t.Context(), "chat", handover.Settings{Primary: handover.Agent}); err != nil {
					c.t.Fatal(err)
				}
			}
		}},
		{"a merge", handover.Settings{Primary: handover.Agent, WholeContact: true}, func(c *controlled, hers interaction.Intervention) func() {
			if _, err := c.Interventions.Cancel(c.t.Context(), hers.ID); err != nil { // she has replied
				must(c.Interventions.Close(c.t.Context(), hers.ID, engage.Closing{}))(c.t)
			}
			joe := c.writes("joe", "hello")
			c.engages(bob, joe.ThreadID)
			return func() { must(c.Contacts.Merge(c.t.Context(), c.eve.ContactID, joe.ContactID))(c.t) }
		}},
	} {
		for _, way := range []struct{ platform, drains bool }{{false, true}, {true, false}, {true, true}} {
			for _, counts := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, platform %t, drains %t, counts %t", row.name, way.platform, way.drains, counts), func(t *testing.T) {
					t.Parallel()
					var c *controlled
					s := &scripted{}
					if way.platform {
						c, s = newScripted(t, row.settings)
					} else {
						c = newControlled(t, row.settings)
					}
					hers := c.engages(ann, c.eve.ThreadID)
					c.runs()
					if way.drains {
						c.replies(ann, c.eve.ThreadID, "Bye.")
					}
					count := row.ignored(c, hers)
					if err := c.toBot(false); err != nil {
						t.Fatal(err)
					}
					if now := c.control(); now.Phase() != handover.Queued || now.Verb.Kind != handover.VerbPass {
						t.Fatalf("%v has control, under way: %+v", now.Party, now.Verb)
					}
					want := handover.Bot
					if counts {
						count()
						want = handover.Agent
					}
					c.passes(3*time.Second, time.Second)
					c.has(want)
					if told := slices.Contains(s.told, "pass eve"); told != (way.platform && !counts) {
						t.Errorf("the platform was told: %v", s.told)
					}
					if verb := c.control().Verb; verb != nil {
						t.Errorf("under way: %+v", verb)
					}
				})
			}
		}
	}
}

// What the platform did before that is done, and is told of as what the platform says.
func TestWhatCountsChangesWhileAPassIsTold(t *testing.T) {
	t.Parallel()
	for _, counts := range []bool{false, true} {
		settings := handover.Settings{Primary: handover.Agent, IgnoreDeferred: true}
		c, s := newScripted(t, settings)
		i := c.engages(ann, c.eve.ThreadID)
		must(c.As(ann).Interventions.Defer(t.Context(), i.ID, c.clock.read().Add(time.Hour)))(t)
		c.runs()
		if err := c.toBot(false); err != nil {
			t.Fatal(err)
		}
		s.on = func(verb string, _ engage.Handling) error {
			if verb == "pass" && counts {
				settings.IgnoreDeferred = false
				return c.Control.Configure(t.Context(), "chat", settings)
			}
			return nil
		}
		c.runs()
		c.has(handover.Bot)
		list, kinds := controlEvents(t, c.Engine, 0)
		last := len(kinds) - 1
		for kinds[last] != engage.EventControlChanged {
			last--
		}
		if cause := list[last].Cause; (cause == "report") != counts {
			t.Errorf("counts %v: it is by %s", counts, cause)
		}
		if got := must(c.Interventions.Get(t.Context(), i.ID))(t); got.Status != interaction.InterventionDeferred || got.Owner != ann {
			t.Errorf("ann's is %s, with %v", got.Status, got.Owner)
		}
	}
}
