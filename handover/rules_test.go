package handover_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// expected says for each trigger what is done with each owner while nothing is under way:
// free, and where the second differs, while an agent's intervention is engaged. A name of
// an error is a refusal.
var expected = map[handover.Trigger]map[handover.Owner][2]string{
	handover.CustomerWrites: {
		handover.Idle: {"give", ""}, handover.Agent: {"nothing", ""}, handover.Bot: {"nothing", ""}, handover.Other: {"nothing", ""},
	},
	handover.AgentSends: {
		handover.Idle: {"reach", ""}, handover.Agent: {"send", ""}, handover.Bot: {"reach", ""}, handover.Other: {"reach", ""},
	},
	handover.AgentEngages: {
		handover.Idle: {"nothing", ""}, handover.Agent: {"nothing", ""}, handover.Bot: {"reach", ""}, handover.Other: {"reach", ""},
	},
	handover.OthersEngage: {
		handover.Idle: {"nothing", ""}, handover.Agent: {"nothing", ""}, handover.Bot: {"nothing", ""}, handover.Other: {"nothing", ""},
	},
	handover.BotSends: {
		handover.Idle: {"claim", "not_in_control"}, handover.Agent: {"not_in_control", ""}, handover.Bot: {"send", ""}, handover.Other: {"not_in_control", ""},
	},
	handover.HandoverToAgent: {
		handover.Idle: {"reach", ""}, handover.Agent: {"nothing", ""}, handover.Bot: {"request", ""}, handover.Other: {"wrong_from", ""},
	},
	handover.HandoverToBot: {
		handover.Idle: {"pass", "intervention_engaged"}, handover.Agent: {"pass", "intervention_engaged"}, handover.Bot: {"nothing", ""}, handover.Other: {"wrong_from", ""},
	},
	handover.EngagedEnds: {
		handover.Idle: {"next", ""}, handover.Agent: {"next", ""}, handover.Bot: {"next", ""}, handover.Other: {"next", ""},
	},
	handover.Inactivity: {
		handover.Idle: {"nothing", ""}, handover.Agent: {"expire", "nothing"}, handover.Bot: {"expire", ""}, handover.Other: {"expire", ""},
	},
	handover.BotAccepts: {
		handover.Idle: {"not_requested", ""}, handover.Agent: {"not_requested", ""}, handover.Bot: {"not_requested", ""}, handover.Other: {"not_requested", ""},
	},
	handover.BotDeclines: {
		handover.Idle: {"not_requested", ""}, handover.Agent: {"not_requested", ""}, handover.Bot: {"not_requested", ""}, handover.Other: {"not_requested", ""},
	},
}

var engagedByAnn = []handover.Engaged{{
	InterventionID: "n", SourceID: "s", IdentityID: "i", Owner: interaction.Actor{Type: interaction.ActorAgent, ID: "ann"}, Status: interaction.InterventionOpen,
}}

// outcome decides, and returns the act or the name of the error.
func outcome(t *testing.T, c handover.Control, in handover.Input, f handover.Facts) (string, handover.Decision) {
	t.Helper()
	d, err := handover.Decide(c, in, f)
	if refused, ok := errors.AsType[*handover.RefusedError](err); ok {
		if handover.RefusedBy(err) != refused.Code || refused.Rule == "" || refused.Remedy == "" {
			t.Errorf("a refusal without words: %+v", refused)
		}
		if refused.Code == handover.CodeEngaged && len(refused.InTheWay) == 0 {
			t.Errorf("%v names no intervention", refused)
		}
		return string(refused.Code), d
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(d.Act), d
}

// verbs are one for each phase, and none.
func verbs(to handover.Party) map[handover.Phase]*handover.Verb {
	verb := func(kind handover.VerbKind, to handover.Party, stage handover.Stage) *handover.Verb {
		return &handover.Verb{ID: "old", Kind: kind, To: to, Stage: stage, DecidedAt: t0, Deadline: t0.Add(time.Minute), Cause: handover.AgentSends}
	}
	return map[handover.Phase]*handover.Verb{
		handover.Still:     nil,
		handover.Queued:    verb(handover.VerbPass, to, handover.StageQueued),
		handover.Reaching:  verb(handover.VerbRequest, agents, handover.StageAsked),
		handover.Passing:   verb(handover.VerbPass, to, handover.StageSent),
		handover.Releasing: verb(handover.VerbRelease, nobody, handover.StageSent),
	}
}

// TestRules walks the whole table: each trigger with each owner, phase and primary side,
// free and engaged, with a platform and without.
func TestRules(t *testing.T) {
	t.Parallel()
	primaries := []handover.Owner{"", handover.Agent, handover.Bot}
	for _, trigger := range handover.Triggers() {
		for _, owner := range handover.Owners() {
			for phase, verb := range verbs(botA) {
				for _, primary := range primaries {
					for _, engaged := range [][]handover.Engaged{nil, engagedByAnn} {
						for _, platform := range []bool{false, true} {
							name := fmt.Sprintf("%s, %s, %s, primary %q, %d engaged, platform %v", trigger, owner, phase, primary, len(engaged), platform)
							c := handover.Control{SourceID: "s", IdentityID: "i", Party: handover.Party{Owner: owner}, Verb: verb, Epoch: 7, ActiveAt: t0.Add(-48 * time.Hour)}
							if owner == handover.Bot {
								c.App, c.Virtual = botA.App, platform
							}
							f := handover.Facts{
								Settings: handover.Settings{Primary: primary, BotApp: "bot-a", VirtualBot: platform}, Platform: platform, Engaged: engaged, Now: t0,
							}
							in := handover.Input{Trigger: trigger, ID: "new", App: "bot-a", Virtual: platform, Epoch: 7, Engages: engagedByAnn[0]}
							got, d := outcome(t, c, in, f)
							check(t, name, c, f, in, got, d)
						}
					}
				}
			}
		}
	}
}

func check(t *testing.T, name string, c handover.Control, f handover.Facts, in handover.Input, got string, d handover.Decision) {
	t.Helper()
	phase, busy := c.Phase(), len(f.Engaged) > 0
	if phase == handover.Still {
		want := expected[in.Trigger][c.Owner][0]
		if busy && expected[in.Trigger][c.Owner][1] != "" {
			want = expected[in.Trigger][c.Owner][1]
		}
		if in.Trigger == handover.CustomerWrites && f.Settings.Primary == "" {
			want = "nothing"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	after := d.Control
	passes := after.Verb != nil && after.Verb.Kind == handover.VerbPass && after.Verb.ID == "new" ||
		c.Owner == handover.Agent && after.Owner == handover.Bot
	refused := d.Act == ""
	switch {
	case busy && passes:
		t.Errorf("%s: control passes to a bot", name)
	case refused && (after.Owner != c.Owner || after.Verb != c.Verb || len(d.Events) > 0):
		t.Errorf("%s: a refusal changes something: %+v", name, d)
	case in.Trigger == handover.AgentEngages && phase == handover.Passing && got != string(handover.CodeInProgress):
		t.Errorf("%s: %s, while a pass is under way", name, got)
	case in.Trigger == handover.AgentSends && refused, in.Trigger == handover.CustomerWrites && refused:
		t.Errorf("%s: refused: %s", name, got)
	case in.Trigger == handover.AgentSends && (d.Content == handover.Sends) != (after.Owner == handover.Agent && after.Phase() == handover.Still):
		t.Errorf("%s: the content: %s, with %v in control and %s", name, d.Content, after.Owner, after.Phase())
	case in.Trigger == handover.BotSends && d.Content == handover.Sends && (after.Owner != handover.Bot || after.App != in.App):
		t.Errorf("%s: a bot sends that has no control", name)
	case !f.Platform && d.Start:
		t.Errorf("%s: a verb without a platform", name)
	case slices.Contains(d.Events, handover.ControlChanged) != (len(d.Changes) > 0):
		t.Errorf("%s: %d changes, and the events %v", name, len(d.Changes), d.Events)
	}
}

// TestRulesAreAllOfUse finds rows that never count.
func TestRulesAreAllOfUse(t *testing.T) {
	t.Parallel()
	for n, row := range handover.Rules {
		if !slices.Contains(handover.Triggers(), row.On) {
			t.Errorf("row %d is about %q", n, row.On)
		}
		if row.Do == "" && (len(row.When) == 0 || row.When[len(row.When)-1].Code == "") {
			t.Errorf("row %d does nothing, and refuses nothing", n)
		}
	}
}
