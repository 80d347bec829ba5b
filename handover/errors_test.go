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

// engagedBy returns that many interventions of somebody.
func engagedBy(owner interaction.Actor, status interaction.InterventionStatus, n int) (list []handover.Engaged) {
	for i := range n {
		list = append(list, handover.Engaged{InterventionID: fmt.Sprint("n", i+1), SourceID: "s", IdentityID: "i", Owner: owner, Status: status})
	}
	return list
}

// TestRefusals reads what is said of one refusal by each rule, and of the one by hand.
func TestRefusals(t *testing.T) {
	t.Parallel()
	ann, bob := person(interaction.ActorAgent), interaction.Actor{Type: interaction.ActorBot, ID: "bob"}
	passing := &handover.Verb{Kind: handover.VerbPass, To: botA, Stage: handover.StageSent, Deadline: t0.Add(time.Minute)}
	under := func(kind handover.VerbKind) *handover.Verb {
		return &handover.Verb{Kind: kind, Stage: handover.StageSent, To: agents, Deadline: t0.Add(time.Minute)}
	}
	in := func(on handover.Trigger, app string) handover.Input {
		return handover.Input{Trigger: on, App: app, Epoch: 7, Engages: engagedByAnn[0]}
	}
	toBot := in(handover.HandoverToBot, "bot-b")
	var never time.Time
	const closeThem = "close or cancel the interventions, or hand over as soon as they have ended (when_free)"
	for _, tt := range []struct {
		has     handover.Party
		verb    *handover.Verb
		engaged []handover.Engaged
		in      handover.Input
		code    handover.Code
		text    string
		remedy  string
		way     int // how many interventions are in it
		retry   time.Time
	}{
		{
			agents, nil, engagedByAnn, toBot, handover.CodeEngaged,
			"handover_to_bot needs that no intervention is engaged with the identity: intervention n is open with agent ann; the agents have control",
			closeThem, 1, never,
		},
		{
			botA, nil, append(engagedBy(bob, interaction.InterventionDeferred, 1), engagedByAnn...), toBot, handover.CodeEngaged,
			"handover_to_bot needs that no intervention is engaged with the identity: intervention n1 is deferred with bot bob, intervention n is open with agent ann; bot bot-a has control",
			closeThem, 2, never,
		},
		{
			nobody, nil, engagedBy(interaction.Actor{}, interaction.InterventionOpen, 7), toBot, handover.CodeEngaged,
			"handover_to_bot needs that no intervention is engaged with the identity: intervention n1 is open with nobody, intervention n2 is open with nobody, " +
				"intervention n3 is open with nobody, intervention n4 is open with nobody, intervention n5 is open with nobody, and 2 more; nobody has control",
			closeThem, 7, never,
		},
		{
			agents, passing, nil, in(handover.AgentEngages, ""), handover.CodeInProgress,
			"agent_engages needs that no pass is under way, or its deadline is over; the agents have control, and it is being passed to bot bot-a",
			"try again when it is settled", 0, t0.Add(time.Minute),
		},
		{
			agents, under(handover.VerbRelease), nil, in(handover.HandoverToAgent, ""), handover.CodeInProgress,
			"handover_to_agent needs that nothing is under way; the agents have control, and it is being released",
			"try again when it is settled", 0, t0.Add(time.Minute),
		},
		{
			nobody, under(handover.VerbTake), nil, toBot, handover.CodeInProgress,
			"handover_to_bot needs that nothing is under way; nobody has control, and it is being taken",
			"try again when it is settled", 0, t0.Add(time.Minute),
		},
		{
			botA, under(handover.VerbAsk), nil, toBot, handover.CodeInProgress,
			"handover_to_bot needs that nothing is under way; bot bot-a has control, and it is requested",
			"try again when it is settled", 0, t0.Add(time.Minute),
		},
		{
			inbox, nil, nil, in(handover.HandoverToAgent, ""), handover.CodeWrongFrom,
			"handover_to_agent needs that control is where it is said to come from; another app has control",
			"look who has control", 0, never,
		},
		{
			agents, nil, engagedByAnn, in(handover.BotSends, "bot-a"), handover.CodeNotInControl,
			"bot_sends needs that the bot that sends has control: intervention n is open with agent ann; the agents have control",
			"ask for control, or let the agents answer", 1, never,
		},
		{
			nobody, nil, engagedByAnn, in(handover.BotSends, "bot-a"), handover.CodeNotInControl,
			"bot_sends needs that no agent has an open intervention with the identity: intervention n is open with agent ann; nobody has control",
			"let the agent answer", 1, never,
		},
		{
			botA, nil, nil,
			handover.Input{Trigger: handover.BotSends, App: "bot-a", Epoch: 6},
			handover.CodeStaleEpoch,
			"bot_sends needs that control has not changed since the bot looked; bot bot-a has control",
			"look again before answering", 0, never,
		},
		{
			handover.Party{Owner: handover.Bot},
			nil, nil, in(handover.BotDeclines, ""), handover.CodeNotRequested,
			"bot_declines needs that control is requested of this bot, and the deadline is not over; a bot has control",
			"only the bot that has control answers, while it is requested; to give control away, hand it over", 0, never,
		},
		{
			agents, nil, nil, in(handover.HandoverToBot, ""), handover.CodeMissingApp,
			"handover_to_bot needs that the bot's app is named; the agents have control",
			"name it with app_id", 0, never,
		},
		{
			botA, &handover.Verb{Kind: handover.VerbRequest, To: agents, Stage: handover.StageAsked}, nil, in(handover.BotAccepts, "bot-a"), handover.CodeOnPlatform,
			"bot_accepts needs that the bot posts through this library; bot bot-a has control, and it is requested",
			"pass control on the platform", 0, never,
		},
	} {
		c := handover.Control{SourceID: "s", IdentityID: "i", Party: tt.has, Verb: tt.verb, Epoch: 7}
		f := handover.Facts{Platform: true, Engaged: tt.engaged, Now: t0}
		if tt.code == handover.CodeStaleEpoch {
			f.Platform = false
		}
		_, err := handover.Decide(c, tt.in, f)
		reads(t, err, tt.code, tt.text, tt.remedy, tt.way, tt.retry)
	}
	_, err := handover.Settle(handover.Control{IdentityID: "i", Party: agents}, botA, ann, "v", handover.Facts{Engaged: engagedByAnn})
	reads(t, err, handover.CodeEngaged, "settle needs that no intervention is engaged with the identity: intervention n is open with agent ann; the agents have control", closeThem, 1, never)
}

// reads checks what a refusal says, also when it is wrapped.
func reads(t *testing.T, err error, code handover.Code, text, remedy string, way int, retry time.Time) {
	t.Helper()
	refused, ok := errors.AsType[*handover.RefusedError](fmt.Errorf("engage: %w", err))
	if !ok {
		t.Errorf("%v, want: %s", err, text)
		return
	}
	if refused.Error() != text || refused.Remedy != remedy || handover.RefusedBy(fmt.Errorf("engage: %w", err)) != code {
		t.Errorf("%s: %s (%s)\nwant %s: %s (%s)", refused.Code, refused, refused.Remedy, code, text, remedy)
	}
	if len(refused.InTheWay) != way || !refused.RetryAt.Equal(retry) {
		t.Errorf("%s: %d in the way, to be tried again at %v", text, len(refused.InTheWay), refused.RetryAt)
	}
}

// TestTooManyHandovers says when to try again: when so many moves of late are over that one
// more is none too many.
func TestTooManyHandovers(t *testing.T) {
	t.Parallel()
	moves := []time.Time{t0.Add(-90 * time.Second), t0.Add(-50 * time.Second), t0.Add(-20 * time.Second), t0.Add(-10 * time.Second)}
	for most := 1; most <= 4; most++ {
		f := handover.Facts{Settings: handover.Settings{MaxMoves: most, MovesWithin: 60}, Now: t0}
		c := handover.Control{Party: agents, Moves: slices.Clone(moves)}
		in := handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"}
		d, err := handover.Decide(c, in, f)
		if most == 4 {
			if want := append(slices.Clone(moves[1:]), t0); err != nil || !slices.Equal(d.Control.Moves, want) {
				t.Errorf("%d may be: %v, and then %v, want %v", most, err, d.Control.Moves, want)
			}
			continue
		}
		again := moves[len(moves)-most].Add(time.Minute)
		reads(t, err, handover.CodeTooMany, "handover_to_bot needs that control was not handed over too often lately; the agents have control",
			"wait; whoever has control keeps it", 0, again)
		for _, at := range []time.Time{again.Add(-1), again} {
			f.Now = at
			if _, err := handover.Decide(c, in, f); (err == nil) != at.Equal(again) {
				t.Errorf("%d may be, at %v: %v", most, at, err)
			}
		}
	}
}

// TestFaultsOfRequests reads what is said of a request that is none, or of nobody.
func TestFaultsOfRequests(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"app_id is missing":                         &handover.MissingParameterError{Parameter: "app_id"},
		"from is none of bot, agent":                &handover.UnknownValueError{Parameter: "from", Value: "x", Known: []string{"bot", "agent"}},
		"source_id has a value that it cannot have": &handover.UnknownValueError{Parameter: "source_id", Value: "x"},
		"from and to are the same: bot":             &handover.SameSideError{Side: handover.Bot},
		"identity_foreign_id is known on 2 sources of the type messenger: name one with source_id": &handover.AmbiguousIdentityError{
			Type: "messenger", SourceIDs: []string{"a", "b"},
		},
		"identity_foreign_id is not known on any source of the type messenger with thread control: it is the ID of the customer on the platform, Identity.ForeignID": &handover.UnknownIdentityError{Type: "messenger"},
		"identity_foreign_id is not known on a source chat of the type messenger":                                                                                    &handover.UnknownIdentityError{Type: "messenger", SourceID: "chat"},
		"the source chat has no thread control: Control.Configure sets it":                                                                                           &handover.UnknownIdentityError{SourceID: "chat", NoControl: true},
		"identity_foreign_id is known on sources of the type messenger that have no thread control only: Control.Configure sets it": &handover.UnknownIdentityError{
			Type: "messenger", NoControl: true,
		},
	} {
		if err.Error() != want || handover.RefusedBy(err) != "" {
			t.Errorf("%v, by %q, want %s", err, handover.RefusedBy(err), want)
		}
	}
}
