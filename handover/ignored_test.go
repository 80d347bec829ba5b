package handover_test

import (
	"testing"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// An intervention that the rule does not count stands against a release, and not against a pass:
// the bot that waits for control gets it when a release comes to nothing because of one.
func TestAReleaseThatIsNotBegunLetsTheBotHaveControl(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent, IgnoreBots: true}, true, agents)
	w.must(handover.Input{Trigger: handover.AgentSends})
	if err := w.engage("n", "ann", handover.AgentEngages); err != nil {
		t.Fatal(err)
	}
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App, WhenFree: true})
	w.ends("n")
	w.f.Now = w.c.Verb.Deadline
	w.expire(w.c.Verb.ID) // the pass: what agents wrote was not delivered
	w.f.Now = w.f.Now.Add(handover.DefaultInactivity.Duration())
	w.must(handover.Input{Trigger: handover.Inactivity})
	if v := w.c.Verb; v == nil || v.Kind != handover.VerbRelease || v.Stage != handover.StageDraining {
		t.Fatalf("under way %+v", v)
	}
	w.f.Engaged = []handover.Engaged{{InterventionID: "b", SourceID: "s", IdentityID: "i", Owner: person(interaction.ActorBot), Status: interaction.InterventionOpen}}
	w.must(handover.Input{Trigger: handover.OthersEngage, Engages: w.f.Engaged[0]})
	delivered(w)
	if v := w.c.Verb; w.c.Party != botA && (v == nil || v.Kind != handover.VerbPass) {
		t.Errorf("%v has control, %+v waits, under way %+v", w.c.Party, w.c.WhenFree, v)
	}
}
