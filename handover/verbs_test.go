package handover_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
)

// TestVerbs says by which verb agents get control: seed 001, "HOP features", "Request
// thread control if Bot app is primary", "Take thread control if ED app is primary"; from
// nobody they claim it.
func TestVerbs(t *testing.T) {
	t.Parallel()
	const (
		take    = handover.VerbTake
		request = handover.VerbRequest
		ask     = handover.VerbAsk
	)
	for _, row := range []struct {
		primary            handover.Owner
		noRequest, mayTake bool
		fromNobody         handover.VerbKind // an agent sends, or a handover to the agents
		sends              handover.VerbKind // an agent sends or engages while a bot or another app has control
		handedOver         handover.VerbKind // a handover from the bot
	}{
		{"", false, false, request, request, request},
		{"", false, true, request, request, request},
		{"", true, false, take, ask, ask},
		{"", true, true, take, take, take},
		{handover.Agent, false, false, take, take, request},
		{handover.Agent, false, true, take, take, request},
		{handover.Agent, true, false, take, take, take},
		{handover.Agent, true, true, take, take, take},
		{handover.Bot, false, false, take, request, request},
		{handover.Bot, false, true, take, request, request},
		{handover.Bot, true, false, take, ask, ask},
		{handover.Bot, true, true, take, take, take},
	} {
		f := handover.Facts{
			Settings: handover.Settings{Primary: row.primary, BotApp: "bot-a", NoRequest: row.noRequest, MayTake: row.mayTake},
			Platform: true, Now: t0,
		}
		for _, c := range []struct {
			from    handover.Party
			trigger handover.Trigger
			want    handover.VerbKind
		}{
			{nobody, handover.AgentSends, row.fromNobody},
			{nobody, handover.HandoverToAgent, row.fromNobody},
			{botA, handover.AgentSends, row.sends},
			{botA, handover.AgentEngages, row.sends},
			{inbox, handover.AgentSends, row.sends},
			{inbox, handover.AgentEngages, row.sends},
			{botA, handover.HandoverToAgent, row.handedOver},
		} {
			d, err := handover.Decide(handover.Control{Party: c.from}, handover.Input{Trigger: c.trigger, ID: "v"}, f)
			v := d.Control.Verb
			switch {
			case err != nil || v == nil || v.Kind != c.want || v.To != agents:
				t.Errorf("%+v: on %s with %v in control: %+v, %v, want %s", row, c.trigger, c.from, v, err, c.want)
			case d.Start != (c.want != ask) || (v.Stage == handover.StageAsked) != (c.want == ask):
				t.Errorf("%+v: %s is %s, and begun: %v", row, v.Kind, v.Stage, d.Start)
			case !v.Deadline.Equal(t0.Add(time.Minute)):
				t.Errorf("%+v: %s until %v", row, v.Kind, v.Deadline)
			}
		}
	}
}

// TestArbiter: without a platform, and where a bot posts through this library, control goes
// at once; only the bot in control is asked by a handover.
func TestArbiter(t *testing.T) {
	t.Parallel()
	virtual := handover.Party{Owner: handover.Bot, App: "bot-v", Virtual: true}
	for _, c := range []struct {
		name     string
		platform bool
		from     handover.Party
		in       handover.Input
		want     handover.Party
		asks     bool
	}{
		{"agents take from a bot", false, botA, handover.Input{Trigger: handover.AgentSends}, agents, false},
		{"agents claim", false, nobody, handover.Input{Trigger: handover.AgentSends}, agents, false},
		{"a bot claims", false, nobody, handover.Input{Trigger: handover.BotSends, App: "bot-a"}, botA, false},
		{"a pass", false, agents, handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"}, botA, false},
		{"a release", false, agents, handover.Input{Trigger: handover.EngagedEnds}, nobody, false},
		{"a request", false, botA, handover.Input{Trigger: handover.HandoverToAgent}, botA, true},
		{"agents take from a virtual bot", true, virtual, handover.Input{Trigger: handover.AgentSends}, agents, false},
		{"a pass to a virtual bot", true, agents, handover.Input{Trigger: handover.HandoverToBot, App: "bot-v", Virtual: true}, virtual, false},
		{"a request to a virtual bot", true, virtual, handover.Input{Trigger: handover.HandoverToAgent}, virtual, true},
	} {
		c.in.ID = "v"
		f := handover.Facts{Settings: handover.Settings{Primary: handover.Agent}, Platform: c.platform, Now: t0}
		d, err := handover.Decide(handover.Control{Party: c.from}, c.in, f)
		asked := d.Control.Verb != nil && d.Control.Verb.Stage == handover.StageAsked
		if err != nil || d.Start || d.Control.Party != c.want || asked != c.asks || !asked && d.Control.Verb != nil {
			t.Errorf("%s: %v has control, %+v is under way, begun: %v, %v", c.name, d.Control.Party, d.Control.Verb, d.Start, err)
		}
	}
}
