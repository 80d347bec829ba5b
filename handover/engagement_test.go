package handover_test

import (
	"testing"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestEngagement walks all changes of an intervention: whatever begins to count for the
// rule is told as something that engages, and whatever ceases to as something that ends.
func TestEngagement(t *testing.T) {
	t.Parallel()
	var all []handover.Engaged
	for _, status := range []interaction.InterventionStatus{"", interaction.InterventionOpen, interaction.InterventionDeferred, interaction.InterventionClosed, interaction.InterventionCanceled} {
		for _, owner := range []interaction.ActorType{"", interaction.ActorAgent, interaction.ActorBot} {
			all = append(all, handover.Engaged{InterventionID: "n", SourceID: "s", IdentityID: "i", Status: status, Owner: interaction.Actor{Type: owner, ID: "x"}})
		}
	}
	answers := func(e handover.Engaged) bool {
		return e.Status == interaction.InterventionOpen && e.Owner.Type == interaction.ActorAgent
	}
	engages := func(trigger handover.Trigger) bool {
		return trigger == handover.AgentEngages || trigger == handover.OthersEngage
	}
	for n := range 4 {
		s := handover.Settings{IgnoreDeferred: n&1 != 0, IgnoreBots: n&2 != 0}
		counts := func(e handover.Engaged) bool {
			return len(s.InTheWay([]handover.Engaged{e}, "")) > 0 && e.Status.Live()
		}
		for _, before := range all {
			for _, after := range all {
				here, elsewhere := s.Engagement(before, after), s.EngagementElsewhere(before, after)
				begins, ends := counts(after) && !counts(before), counts(before) && !counts(after)
				switch {
				case begins && (!engages(here) || elsewhere != handover.OthersEngage),
					ends && (here != handover.EngagedEnds || elsewhere != handover.EngagedEnds),
					answers(after) && !answers(before) && here != handover.AgentEngages,
					answers(before) && !answers(after) && !engages(here) && here != handover.EngagedEnds,
					before == after && (here != "" || elsewhere != ""),
					elsewhere == handover.AgentEngages:
					t.Errorf("%+v: from %v %v to %v %v: %q, elsewhere %q", s, before.Owner.Type, before.Status, after.Owner.Type, after.Status, here, elsewhere)
				}
			}
		}
	}
}
