package handover_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// TestContested: an agent who engages does so contested exactly if nobody can tell who has
// control then, and whatever makes that known says so.
func TestContested(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	robot := handover.Party{Owner: handover.Bot, App: "robot"}
	ann := handover.Engaged{InterventionID: "i", Owner: interaction.Actor{Type: interaction.ActorAgent, ID: "ann"}, Status: interaction.InterventionOpen}
	seen := map[string]int{}
	check := func(what string, before handover.Control, d handover.Decision, contested bool) {
		t.Helper()
		certain := before.Uncertain && !d.Control.Uncertain
		if d.Certain != certain || slices.Contains(d.Events, handover.ControlCertain) != certain {
			t.Errorf("%s: certain again: %t, %v; before %+v, after %+v", what, d.Certain, d.Events, before, d.Control)
		}
		if d.Contested != contested || slices.Contains(d.Events, handover.ControlContested) != contested {
			t.Errorf("%s: contested: %t, %v; before %+v, after %+v", what, d.Contested, d.Events, before, d.Control)
		}
		if d.Certain {
			seen["certain by "+what]++
		}
		if d.Contested {
			seen["contested"]++
		}
	}
	verb := func(kind handover.VerbKind, to handover.Party, stage handover.Stage) *handover.Verb {
		return &handover.Verb{ID: "v", Kind: kind, To: to, Stage: stage, Deadline: now}
	}
	agents := handover.Party{Owner: handover.Agent}
	for _, uncertain := range []bool{false, true} {
		for _, party := range []handover.Party{{Owner: handover.Idle}, agents, robot, {Owner: handover.Other, App: "inbox"}} {
			for _, v := range []*handover.Verb{
				nil, verb(handover.VerbTake, agents, handover.StageSent), verb(handover.VerbTake, agents, handover.StageQueued),
				verb(handover.VerbRequest, agents, handover.StageAsked), verb(handover.VerbPass, robot, handover.StageSent),
				verb(handover.VerbPass, robot, handover.StageQueued), verb(handover.VerbRelease, handover.Party{Owner: handover.Idle}, handover.StageSent),
			} {
				for _, at := range []time.Time{now.Add(-time.Second), now} {
					c := handover.Control{Party: party, Uncertain: uncertain, Verb: v, Epoch: 4, Revision: 7}
					f := handover.Facts{Settings: handover.Settings{Primary: handover.Agent}, Platform: true, Now: at}
					for _, trigger := range handover.Triggers() {
						d, err := handover.Decide(c, handover.Input{Trigger: trigger, ID: "next", App: "robot", Epoch: 4, Engages: ann}, f)
						if _, refused := errors.AsType[*handover.RefusedError](err); refused {
							continue
						}
						check(string(trigger), c, d, trigger == handover.AgentEngages && d.Control.Uncertain)
					}
					for _, who := range []*handover.Party{nil, &agents, &robot, {Owner: handover.Idle}} {
						d := handover.OwnerIs(c, 7, who, "next", f)
						check("owner", c, d, false)
						if who != nil && d.Control.Uncertain {
							t.Errorf("the platform says that %v has control, and it is uncertain: before %+v, after %+v", *who, c, d.Control)
						}
						if who != nil {
							check("report", c, handover.Apply(c, handover.Report{Party: *who, At: at}, "next", f), false)
						}
					}
					check("deadline", c, handover.Expire(c, "v", "next", f), false)
					settled, err := handover.Settle(c, robot, interaction.Actor{}, "next", f)
					if err == nil {
						check("settled", c, settled, false)
					}
					if v == nil {
						continue
					}
					for _, outcome := range []handover.Outcome{handover.Done, handover.Granted, handover.Rejected, handover.NoAnswer, handover.NotTold} {
						check("answer", c, handover.Answer(c, *v, outcome, "", "next", f), false)
					}
				}
			}
		}
	}
	for _, what := range []string{"contested", "certain by owner", "certain by report", "certain by answer", "certain by settled"} {
		if seen[what] == 0 {
			t.Errorf("never %s: %v", what, seen)
		}
	}
}
