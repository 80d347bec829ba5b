package handover_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// situations are the words of expected that say what is not as usual, and what they mean.
var situations = map[string]func(*occasion){
	"nobody is primary": func(o *occasion) { o.primaries = []handover.Owner{""} },
	"it does not count": func(o *occasion) {
		o.in.Engages.Owner, o.facts.Settings.IgnoreBots = person(interaction.ActorBot), true
	},
	"an agent is engaged": func(o *occasion) { o.engaged = engagedByAnn },
	"an agent is engaged whose intervention goes along": func(o *occasion) {
		o.engaged, o.in.InterventionID = engagedByAnn, engagedByAnn[0].InterventionID
	},
	"another bot":             func(o *occasion) { o.in.App = "bot-b" },
	"the bot of the settings": func(o *occasion) { o.in.App = "" },
	"without an app":          func(o *occasion) { o.in.App, o.noApp, o.primaries = "", true, []handover.Owner{handover.Agent, ""} },
	"in an old epoch":         func(o *occasion) { o.in.Epoch-- },
	"too often":               func(o *occasion) { o.facts.Settings.MaxMoves, o.facts.Settings.MovesWithin = 2, 60 },
	"the bot says so":         func(o *occasion) { o.in.By = interaction.Actor{Type: interaction.ActorBot, ID: botA.App} },
	"another bot says so":     func(o *occasion) { o.in.By = interaction.Actor{Type: interaction.ActorBot, ID: "bot-b"} },
	"a bot on the platform says so": func(o *occasion) {
		o.in.By, o.onPlatform = interaction.Actor{Type: interaction.ActorBot, ID: botA.App}, true
	},
	"the bot writes on the platform": func(o *occasion) { o.onPlatform = true },
	"as soon as it is free":          func(o *occasion) { o.in.WhenFree = true },
	"of a bot that nobody knows":     func(o *occasion) { o.unknown = true },
	"a content waits":                func(o *occasion) { o.held = 1 },
	"a bot has handed over":          func(o *occasion) { o.cause = handover.HandoverToAgent },
	"nobody has asked it yet":        func(o *occasion) { o.stage = handover.StageSent },
	"somebody has written":           func(o *occasion) { o.idleFor = 23 * time.Hour },
}

// occasion is a trigger in a situation, and what is done for each owner and whatever is
// under way.
type occasion struct {
	name string
	in   handover.Input
	want map[string][]string // by what is under way: for each of handover.Owners

	facts      handover.Facts
	engaged    []handover.Engaged
	primaries  []handover.Owner
	onPlatform bool // the bot in control writes there by itself
	unknown    bool // and it is not known which it is
	noApp      bool // the settings name no bot
	held       int
	cause      handover.Trigger // of what is requested
	stage      handover.Stage
	idleFor    time.Duration
}

// occasions reads them from expected.
func occasions(t *testing.T) []*occasion {
	t.Helper()
	var all []*occasion
	usual := map[string]map[string][]string{}
	for line := range strings.Lines(expected) {
		line = strings.TrimRight(line, "\n")
		if line == "" {
			continue
		}
		if cells, ok := strings.CutPrefix(line, "  "); ok {
			o := all[len(all)-1]
			way, cells := strings.TrimSpace(cells[:27]), cells[27:]
			var want []string
			for range handover.Owners() {
				width := min(22, len(cells))
				want = append(want, strings.TrimSpace(cells[:width]))
				cells = cells[width:]
			}
			o.want[way] = want
			continue
		}
		name := strings.TrimSpace(line)
		if trigger, head, ok := strings.Cut(line, " "); ok && strings.Join(strings.Fields(head), " ") == "idle agent bot other" {
			name = trigger
		}
		words := strings.Split(name, ", ")
		o := &occasion{
			name: name, in: handover.Input{Trigger: handover.Trigger(words[0]), ID: "new", App: botA.App, Epoch: 7, Engages: engagedByAnn[0]},
			want: map[string][]string{}, primaries: []handover.Owner{handover.Agent, handover.Bot},
			cause: handover.AgentSends, stage: handover.StageAsked, idleFor: 24 * time.Hour,
		}
		for _, word := range words[1:] {
			change, ok := situations[word]
			if !ok {
				t.Fatalf("what does %q mean?", word)
			}
			change(o)
		}
		if len(words) == 1 {
			usual[words[0]] = o.want
			if o.in.Trigger != handover.CustomerWrites {
				o.primaries = append(o.primaries, "")
			}
		} else {
			maps.Copy(o.want, usual[words[0]])
		}
		all = append(all, o)
	}
	return all
}

// underWay is what can be under way, by the names that expected has for it.
func (o *occasion) underWay(way string) *handover.Verb {
	v := &handover.Verb{ID: "old", Kind: handover.VerbPass, To: botA, Stage: handover.StageSent, DecidedAt: t0, Deadline: t0.Add(time.Minute), Cause: handover.HandoverToBot}
	switch way {
	case "still":
		return nil
	case "pass decided":
		v.Stage = handover.StageQueued
	case "release decided":
		v.Kind, v.To, v.Stage, v.Cause = handover.VerbRelease, nobody, handover.StageQueued, handover.EngagedEnds
	case "requested":
		v.Kind, v.To, v.Stage, v.Cause = handover.VerbRequest, agents, o.stage, o.cause
	case "claimed":
		v.Kind, v.Stage, v.Cause = handover.VerbTake, handover.StageQueued, handover.BotSends
	case "passing":
	case "pass overdue":
		v.Deadline = t0
	case "releasing":
		v.Kind, v.To, v.Cause = handover.VerbRelease, nobody, handover.EngagedEnds
	default:
		panic(fmt.Sprintf("what is %q?", way))
	}
	return v
}

// control is a conversation with an owner, and something under way.
func (o *occasion) control(owner handover.Owner, way string, platform bool) handover.Control {
	c := handover.Control{
		SourceID: "s", IdentityID: "i", Party: handover.Party{Owner: owner}, Verb: o.underWay(way), Epoch: 7,
		ActiveAt: t0.Add(-o.idleFor), Held: o.held, Moves: []time.Time{t0.Add(-time.Second), t0.Add(-time.Second)},
	}
	switch owner {
	case handover.Bot:
		c.App, c.Virtual = botA.App, platform && !o.onPlatform
		if o.unknown {
			c.Party = handover.Party{Owner: handover.Bot}
		}
	case handover.Other:
		c.Party = inbox
	case handover.Idle, handover.Agent:
	}
	return c
}

var ways = []string{"still", "pass decided", "release decided", "requested", "claimed", "passing", "pass overdue", "releasing"}

// each goes through all cases of an occasion.
func (o *occasion) each(yield func(way string, n int, c handover.Control, f handover.Facts)) {
	for _, way := range ways {
		for n, owner := range handover.Owners() {
			for _, primary := range o.primaries {
				for _, platform := range []bool{true, false} {
					if o.onPlatform && !platform {
						continue
					}
					f := o.facts
					f.Settings.Primary, f.Settings.BotApp, f.Settings.VirtualBot = primary, botA.App, platform && !o.onPlatform
					if o.noApp {
						f.Settings.BotApp, f.Settings.VirtualBot = "", false
					}
					f.Platform, f.Engaged, f.Now = platform, o.engaged, t0
					yield(way, n, o.control(owner, way, platform), f)
				}
			}
		}
	}
}
