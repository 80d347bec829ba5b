package handover_test

import (
	"slices"
	"testing"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// What counts can change without anybody engaging: the settings count what they ignored, or
// an identity that somebody is engaged with joins the contact. So whether nobody is engaged is
// asked again wherever a pass goes on: before the platform is told, or told once more, and
// when it is done.
func TestTheRuleIsAskedAgain(t *testing.T) {
	t.Parallel()
	settings := handover.Settings{Primary: handover.Agent, WholeContact: true}
	counts := map[string]handover.Engaged{
		"an agent who was deferred": {IdentityID: "i", Owner: person(interaction.ActorAgent), Status: interaction.InterventionDeferred},
		"a bot":                     {IdentityID: "i", Owner: person(interaction.ActorBot), Status: interaction.InterventionOpen},
		"an agent":                  {IdentityID: "i", Owner: person(interaction.ActorAgent), Status: interaction.InterventionOpen},
		"an agent with an identity that has joined": {IdentityID: "i2", Owner: person(interaction.ActorAgent), Status: interaction.InterventionOpen},
	}
	queued := func(w *scene) { w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App}) }
	told := func(w *scene) {
		queued(w)
		w.begin()
	}
	for _, row := range []struct {
		when     string
		platform bool
		until    func(w *scene) // a pass is under way
		then     func(w *scene)
		goesOn   func(w *scene) bool // if nobody is engaged
	}{
		{"the platform is about to be told", true, queued, func(w *scene) {
			d, begins := handover.Begin(w.c, w.c.Verb.ID, w.f)
			if begins != (len(w.f.Engaged) == 0) {
				w.t.Errorf("the platform is told: %v", begins)
			}
			w.take(d)
		}, func(w *scene) bool { return w.c.Phase() == handover.Passing }},
		{"what agents wrote is delivered, here", false, drains, delivered, func(w *scene) bool { return w.c.Party == botA }},
		{"what agents wrote is delivered", true, drains, delivered, func(w *scene) bool {
			return w.d.Start && w.c.Verb.Stage == handover.StageQueued
		}},
		{"the platform has done nothing", true, func(w *scene) {
			told(w)
			w.answer(*w.c.Verb, handover.NoAnswer)
		}, func(w *scene) { w.owner(w.c.Revision, &agents) }, func(w *scene) bool { return w.d.Start }},
		{"the platform was not told", true, told, func(w *scene) { w.answer(*w.c.Verb, handover.NotTold) }, func(w *scene) bool {
			return w.c.Verb != nil && w.c.Verb.Stage == handover.StageQueued
		}},
	} {
		for _, who := range []string{"", "an agent who was deferred", "a bot", "an agent", "an agent with an identity that has joined"} {
			t.Run(row.when+", "+who, func(t *testing.T) {
				t.Parallel()
				w := newScene(t, settings, row.platform, agents)
				row.until(w)
				if who == "" {
					row.then(w)
					if !row.goesOn(w) || slices.Contains(w.d.Events, handover.ControlWithdrawn) {
						t.Errorf("nobody is engaged: %+v, under way %+v", w.d, w.c.Verb)
					}
					return
				}
				e := counts[who]
				e.InterventionID, e.SourceID = "n", "s"
				w.f.Engaged = []handover.Engaged{e}
				row.then(w)
				if w.c.Verb != nil || w.c.Party != agents || w.d.Start || !slices.Equal(w.d.Events, []handover.EventKind{handover.ControlWithdrawn}) {
					t.Errorf("the pass goes on: %v, %v, under way %+v", w.c.Party, w.d.Events, w.c.Verb)
				}
			})
		}
	}
}

// drains begins a pass that waits for a delivery.
func drains(w *scene) {
	w.must(handover.Input{Trigger: handover.AgentSends})
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App})
	if v := w.c.Verb; v == nil || v.Stage != handover.StageDraining {
		w.t.Fatalf("under way %+v", v)
	}
}

func delivered(w *scene) { w.take(handover.Delivered(w.c, w.c.Round+1, w.id(), w.f)) }

// What the platform has done is done. But where an intervention counts by then it is no pass of
// ours: it is told of as what the platform reports, no intervention goes along, and an agent who
// is engaged asks for control.
func TestAPassIsDoneWhileSomebodyIsEngaged(t *testing.T) {
	t.Parallel()
	done := map[string]func(w *scene, v handover.Verb){
		"answer": func(w *scene, v handover.Verb) { w.answer(v, handover.Done) },
		"owner":  func(w *scene, v handover.Verb) { w.answer(v, handover.NoAnswer); w.owner(w.c.Revision, &v.To) },
		"report": func(w *scene, v handover.Verb) { w.report(v.To) },
	}
	for by, done := range done {
		for _, engaged := range []interaction.ActorType{"", interaction.ActorAgent, interaction.ActorBot} {
			t.Run(by+", "+string(engaged), func(t *testing.T) {
				t.Parallel()
				w := newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
				if err := w.engage("goes", "ann", handover.AgentEngages); err != nil {
					t.Fatal(err)
				}
				w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App, InterventionID: "goes"})
				v := w.begin()
				if engaged != "" {
					w.f.Engaged = append(w.f.Engaged, handover.Engaged{
						InterventionID: "n", SourceID: "s", IdentityID: "i", Owner: person(engaged), Status: interaction.InterventionOpen,
					})
				}
				done(w, v)
				if len(w.d.Changes) != 1 || w.c.Party != botA {
					t.Fatalf("%v has control, changes %+v", w.c.Party, w.d.Changes)
				}
				ours := engaged == ""
				if cause := w.d.Changes[0].Cause; (w.d.Goes == "goes") != ours || !ours && cause != "report" {
					t.Errorf("by %s, %q goes along", cause, w.d.Goes)
				}
				if asks := w.c.Phase() == handover.Reaching; asks == ours { // ann, whose intervention does not go
					t.Errorf("under way %+v", w.c.Verb)
				}
			})
		}
	}
}
