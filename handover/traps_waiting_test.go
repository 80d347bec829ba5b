package handover_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// WhenFree with an intervention that goes.
func TestWhenFreeGoes(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, false, agents)
	_ = w.engage("n", "ann", handover.AgentEngages)
	_ = w.engage("m", "bob", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-v", Virtual: true, InterventionID: "n", WhenFree: true})
	w.ends("m")
	if w.c.Owner != handover.Bot || w.d.Goes != "n" {
		t.Errorf("only n is engaged, which goes with it: %v, goes %q, when free %v", w.c.Party, w.d.Goes, w.c.WhenFree)
	}
}

// WhenFree for one virtual bot, while another has control.
func TestWhenFreeVirtual(t *testing.T) {
	t.Parallel()
	va, vb := handover.Party{Owner: handover.Bot, App: "va", Virtual: true}, "vb"
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, va)
	_ = w.engage("n", "va", handover.OthersEngage)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: vb, Virtual: true, WhenFree: true})
	w.ends("n")
	if w.c.App != vb && w.c.Verb == nil {
		t.Errorf("the pass to vb is lost: %v, when free %v", w.c.Party, w.c.WhenFree)
	}
}

// settle to agents is released at once.
func TestSettle(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, false, botA)
	d, err := handover.Settle(w.c, agents, interaction.Actor{}, "x", w.f)
	if err != nil || d.Control.Owner != handover.Agent {
		t.Errorf("settled to the agents: %v, %v %+v", err, d.Control.Party, d.Changes)
	}
}

// a queued reach is dropped by a report that another has control.
func TestQueuedReach(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, true, botA)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.report(inbox)
	if w.c.Verb == nil {
		t.Errorf("ann is engaged, %v has control, nothing is under way", w.c.Party)
	}
	w = newScene(t, botPrimary, true, botA)
	w.must(handover.Input{Trigger: handover.HandoverToAgent})
	w.report(nobody)
	if w.c.Verb == nil {
		t.Errorf("200 to bot->agent, %v has control, nothing is under way", w.c.Party)
	}
	// in flight: asked of one who has it no more
	w = newScene(t, botPrimary, true, botA)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.AgentSends})
	v := w.begin()
	w.report(nobody)
	w.answer(v, handover.Done)
	if w.c.Verb != nil && w.c.Verb.Stage == handover.StageAsked {
		t.Errorf("nobody has control, and the content waits for whoever had it: %+v", *w.c.Verb)
	}
}

// handover to agent while a release is on the wire.
func TestReleasing(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, true, agents)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.ends("n")
	v := w.begin()
	err := w.decide(handover.Input{Trigger: handover.HandoverToAgent})
	if err != nil {
		return
	}
	act := w.d.Act
	w.answer(v, handover.Done)
	if w.c.Owner != handover.Agent && w.c.Verb == nil {
		t.Errorf("bot->agent: 200, %q, and then %v has control", act, w.c.Party)
	}
	// idle, pass queued
	w = newScene(t, botPrimary, true, nobody)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"})
	w.must(handover.Input{Trigger: handover.HandoverToAgent})
	if w.c.Owner != handover.Agent && w.c.Verb == nil {
		t.Errorf("bot->agent on idle with a queued pass: %q, %v has control, nothing under way", w.d.Act, w.c.Party)
	}
}

// the bot's own handover is withdrawn with the agent's.
func TestCause(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, true, botA)
	_ = w.engage("n", "ann", handover.AgentEngages)
	v := w.begin()
	w.answer(v, handover.Done)
	w.must(handover.Input{Trigger: handover.HandoverToAgent}) // 200
	w.ends("n")
	w.report(agents)
	if w.c.Verb != nil {
		t.Errorf("the bot handed over, and control is given up at once: %+v", *w.c.Verb)
	}
}

// an ask that is withdrawn is forgotten.
func TestAsk(t *testing.T) {
	t.Parallel()
	s := botPrimary
	s.NoRequest = true
	w := newScene(t, s, true, botA)
	_ = w.engage("n", "ann", handover.AgentEngages)
	if w.c.Verb.Kind != handover.VerbAsk {
		t.Fatal(w.c.Verb)
	}
	w.ends("n")
	w.report(agents)
	if w.c.Owner == handover.Agent && w.c.Verb == nil {
		t.Errorf("control arrived for a withdrawn request and is not released: %v", w.c.Party)
	}
}

// doubts do not ask.
func TestDoubt(t *testing.T) {
	t.Parallel()
	for _, by := range []handover.Trigger{handover.AgentEngages, handover.OthersEngage} {
		w := newScene(t, botPrimary, true, agents)
		w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"})
		v := w.begin()
		w.f.Now = v.Deadline
		if err := w.engage("n", "ann", by); err != nil {
			t.Fatal(err)
		}
		ask := w.d.AskOwner
		w.expire(v.ID)
		if !ask && !w.d.AskOwner {
			t.Errorf("%s: uncertain %v, and the platform is not asked; verb %+v", by, w.c.Uncertain, w.c.Verb)
		}
	}
}

// late answers where the platform cannot be asked.
func TestLateNoOwner(t *testing.T) {
	t.Parallel()
	for _, o := range []handover.Outcome{handover.Done, handover.Rejected} {
		s := botPrimary
		s.NoOwner = true
		w := newScene(t, s, true, agents)
		w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"})
		v := w.begin()
		w.f.Now = v.Deadline
		w.expire(v.ID)
		w.answer(v, o)
		if w.c.Uncertain {
			t.Errorf("the platform has answered %s: %v uncertain %v", o, w.c.Party, w.c.Uncertain)
		}
	}
}

// WhenFree, and a pass withdrawn.
func TestWhenFreeLost(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a", WhenFree: true})
	w.ends("n")
	_ = w.engage("n", "ann", handover.AgentEngages) // before the platform is told
	w.ends("n")
	if w.c.Verb == nil || w.c.Verb.Kind != handover.VerbPass {
		t.Errorf("no intervention is engaged, and the bot that waited does not get control: %+v", w.c.Verb)
	}
}

// Returned and a pass in one decision.
func TestReturned(t *testing.T) {
	t.Parallel()
	s := handover.Settings{Primary: handover.Bot, BotApp: "bot-a", IgnoreBots: true}
	w := newScene(t, s, false, botA)
	_ = w.engage("v", "bot-a", handover.OthersEngage)
	w.f.Engaged = append(w.f.Engaged, handover.Engaged{InterventionID: "n", IdentityID: "i", Owner: interaction.Actor{Type: interaction.ActorAgent, ID: "ann"}, Status: interaction.InterventionDeferred})
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-b", WhenFree: true})
	w.f.Engaged = w.f.Engaged[:1]
	_ = w.engage("n", "ann", handover.AgentEngages) // resumes
	w.must(handover.Input{Trigger: handover.AgentSends})
	w.ends("n") // a reply was accepted
	w.must(handover.Input{Trigger: handover.BotAccepts, App: "bot-a"})
	if w.d.Returned && w.c.Verb != nil && w.c.Verb.Kind == handover.VerbPass {
		t.Errorf("a pass is decided (%s) with the commit that leaves v without owner, so that it counts", w.c.Verb.Stage)
	}
	// without contents
	w = newScene(t, s, false, botA)
	_ = w.engage("v", "bot-a", handover.OthersEngage)
	w.c.WhenFree = &handover.Waiting{Party: handover.Party{Owner: handover.Bot, App: "bot-b"}}
	d, err := handover.Settle(w.c, agents, interaction.Actor{}, "x", w.f)
	t.Logf("settle: %v returned %v %+v", err, d.Returned, d.Changes)
}

// queued pass: the customer's content goes to agents and is postponed.
func TestQueued(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, true, agents)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"})
	w.must(handover.Input{Trigger: handover.CustomerWrites})
	if w.d.Side == handover.Agent {
		t.Errorf("a pass is under way (%s), and the customer goes to %s; postponed %v", w.c.Verb.Stage, w.d.Side, w.c.Postponed)
	}
}

// Returning: documented default.
func TestReturning(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, botA)
	w.must(handover.Input{Trigger: handover.CustomerWrites})
	t.Logf("agent primary, returning empty, bot in control: side %s", w.d.Side)
	s := botPrimary
	s.Returning = handover.Agent
	w = newScene(t, s, true, agents)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"})
	w.begin()
	w.must(handover.Input{Trigger: handover.CustomerWrites})
	t.Logf("returning agent, passing: side %s", w.d.Side)
	if err := w.engage("n", "ann", handover.AgentEngages); err != nil && w.d.Side == handover.Agent {
		t.Errorf("the content is for agents now, and waking the intervention is refused: %v", err)
	}
}

// moves.
func TestMoves(t *testing.T) {
	t.Parallel()
	s := handover.Settings{Primary: handover.Bot, BotApp: "bot-a", MaxMoves: 1, MovesWithin: 3600}
	w := newScene(t, s, false, botA)
	w.must(handover.Input{Trigger: handover.HandoverToAgent})
	w.must(handover.Input{Trigger: handover.BotDeclines, App: "bot-a"})
	if err := w.decide(handover.Input{Trigger: handover.HandoverToAgent}); err != nil {
		t.Errorf("control was never handed over: %v; moves %v", err, w.c.Moves)
	}
	w = newScene(t, s, false, agents)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a", WhenFree: true})
	w.ends("n")
	t.Logf("%v, moves %v", w.c.Party, w.c.Moves)
	if len(w.c.Moves) == 0 && w.c.Owner == handover.Bot {
		t.Errorf("handed over, and not counted")
	}
}

// rejected reach while our app has control.
func TestRejected(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, botA) // the truth: ours
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.AgentSends})
	v := w.begin()
	w.answer(v, handover.Rejected)
	if w.c.Verb != nil && w.c.Verb.Stage == handover.StageQueued {
		v = w.begin()
		w.answer(v, handover.Rejected)
	}
	if w.d.Held == handover.Fails && !w.d.AskOwner {
		t.Errorf("%s, and nobody asks who has control", w.d.Reason)
	}
}

// release of a virtual bot rejected / agent displaced during a release.
func TestAfterRelease(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.ends("n")
	v := w.begin()
	_ = w.engage("m", "ann", handover.AgentEngages)
	w.report(inbox)
	w.answer(v, handover.Rejected)
	if w.c.Verb == nil {
		t.Errorf("displaced by %v while engaged, and nothing is under way; ask %v", w.c.Party, w.d.AskOwner)
	}
	if w.d.AskOwner {
		who := inbox
		w.owner(w.c.Revision, &who)
		t.Logf("after asking: %v %+v", w.c.Party, w.c.Verb)
	}
}

// app_id elsewhere than on Messenger.
func TestApp(t *testing.T) {
	t.Parallel()
	r := handover.Request{IdentityForeignID: "x", From: handover.Agent, To: handover.Bot, Type: "twitter"}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	w := newScene(t, handover.Settings{Primary: handover.Agent, BotApp: "bot-a"}, true, agents)
	if err := w.decide(handover.Input{Trigger: r.HandoverTrigger()}); err != nil {
		t.Errorf("a request that passes Check, with BotApp set: %v", err)
	}
}

// control.requested is told twice.
func TestTwice(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, true, botA)
	n := 0
	count := func() {
		for _, e := range w.d.Events {
			if e == handover.ControlRequested {
				n++
			}
		}
	}
	w.must(handover.Input{Trigger: handover.HandoverToAgent})
	count()
	v := w.begin()
	count()
	w.answer(v, handover.Done)
	count()
	if n != 1 {
		t.Errorf("requested once, told %d times", n)
	}
}

// WholeContact: release waits for another identity's intervention and is never done.
func TestWhole(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Bot, BotApp: "bot-a", WholeContact: true}, false, agents)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.f.Engaged = append(w.f.Engaged, handover.Engaged{InterventionID: "o", IdentityID: "other", Owner: interaction.Actor{Type: interaction.ActorAgent, ID: "bob"}, Status: interaction.InterventionOpen})
	w.ends("n")
	if w.c.Owner == handover.Agent {
		t.Errorf("the last intervention with i has ended: %v", w.c.Party)
	}
	w.f.Now = t0.Add(100 * 24 * time.Hour)
	w.must(handover.Input{Trigger: handover.Inactivity})
	t.Logf("after 100 days: %v", w.c.Party)
}

// TestWhoAsksAgainWaitsOnce: the same bot asks twice for control as soon as it is free.
func TestWhoAsksAgainWaitsOnce(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
	if err := w.engage("n", "ann", handover.AgentEngages); err != nil {
		t.Fatal(err)
	}
	ask := handover.Input{Trigger: handover.HandoverToBot, App: "bot-a", WhenFree: true}
	w.must(ask)
	if len(w.d.Events) != 1 {
		t.Errorf("the first time: %v", w.d.Events)
	}
	w.must(ask)
	if len(w.d.Events) != 0 || w.c.WhenFree == nil {
		t.Errorf("again: %v, %+v", w.d.Events, w.c.WhenFree)
	}
	ask.App = "bot-b"
	w.must(ask)
	if len(w.d.Events) != 1 || w.c.WhenFree.App != "bot-b" {
		t.Errorf("another: %v, %+v", w.d.Events, w.c.WhenFree)
	}
}
