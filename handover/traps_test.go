package handover_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

type scene struct {
	t *testing.T
	c handover.Control
	f handover.Facts
	n int
	d handover.Decision
}

func (w *scene) id() string { w.n++; return fmt.Sprintf("j%d", w.n) }
func (w *scene) decide(in handover.Input) error {
	w.t.Helper()
	in.ID = w.id()
	d, err := handover.Decide(w.c, in, w.f)
	if err != nil {
		return err
	}
	w.take(d)
	return nil
}

func (w *scene) must(in handover.Input) {
	w.t.Helper()
	if err := w.decide(in); err != nil {
		w.t.Fatalf("%s: %v", in.Trigger, err)
	}
}
func (w *scene) take(d handover.Decision) { w.d, w.c = d, d.Control }
func (w *scene) begin() handover.Verb {
	w.t.Helper()
	d, ok := handover.Begin(w.c, w.c.Verb.ID, w.f)
	if !ok {
		w.t.Fatalf("not begun: %+v", w.c.Verb)
	}
	w.take(d)
	return *w.c.Verb
}

func (w *scene) answer(v handover.Verb, o handover.Outcome) {
	w.take(handover.Answer(w.c, v, o, "no", w.id(), w.f))
}

func (w *scene) owner(asked int64, who *handover.Party) {
	w.take(handover.OwnerIs(w.c, asked, who, w.id(), w.f))
}

func (w *scene) report(p handover.Party) {
	w.f.Now = w.f.Now.Add(time.Millisecond)
	w.take(handover.Apply(w.c, handover.Report{Party: p, At: w.f.Now}, w.id(), w.f))
}
func (w *scene) expire(id string) { w.take(handover.Expire(w.c, id, w.id(), w.f)) }
func (w *scene) engage(id, who string, by handover.Trigger) error {
	typ := interaction.ActorAgent
	if by == handover.OthersEngage {
		typ = interaction.ActorBot
	}
	e := handover.Engaged{InterventionID: id, SourceID: "s", IdentityID: "i", Owner: interaction.Actor{Type: typ, ID: who}, Status: interaction.InterventionOpen}
	err := w.decide(handover.Input{Trigger: by, Engages: e})
	if err == nil {
		w.f.Engaged = append(slices.Clone(w.f.Engaged), e)
	}
	return err
}

func (w *scene) ends(id string) {
	w.t.Helper()
	w.f.Engaged = slices.DeleteFunc(slices.Clone(w.f.Engaged), func(e handover.Engaged) bool { return e.InterventionID == id })
	w.must(handover.Input{Trigger: handover.EngagedEnds})
}

func newScene(t *testing.T, s handover.Settings, platform bool, p handover.Party) *scene {
	return &scene{
		t: t, c: handover.Control{SourceID: "s", IdentityID: "i", Party: p, Epoch: 1, ActiveAt: t0, Since: t0},
		f: handover.Facts{Settings: s, Platform: platform, Now: t0},
	}
}

var botPrimary = handover.Settings{Primary: handover.Bot, BotApp: "bot-a"}

// an old question while a pass is on the wire makes it "queued", and an agent engages.
func TestOldQuestion(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
	asked := w.c.Revision // e.g. a send was refused, askOwner
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"})
	v := w.begin() // on the wire
	who := agents
	w.owner(asked, &who) // read before the pass lands
	t.Logf("stage %s start %v", w.c.Verb.Stage, w.d.Start)
	if err := w.engage("n", "ann", handover.AgentEngages); err != nil {
		t.Logf("refused as it should be: %v", err)
		return
	}
	t.Errorf("ann engages while the pass is on the wire: verb %+v gate %s", w.c.Verb, w.c.Gate(handover.Ticket{By: interaction.ActorAgent}))
	w.answer(v, handover.Done)
	bot := botA
	w.owner(w.c.Revision, &bot)
	t.Errorf("then: %v, changes %+v", w.c.Party, w.d.Changes)
}

// stuck after the deadline.
func TestStuckSent(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, botA)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.AgentSends})
	v := w.begin()
	w.answer(v, handover.NoAnswer)
	w.f.Now = w.c.Verb.Deadline
	w.expire(v.ID) // the one deadline job
	asked := w.c.Revision
	who := inbox
	w.owner(asked, &who)
	if w.c.Verb != nil && !w.d.AskOwner && !w.d.Start && w.c.Verb.ID == v.ID {
		t.Errorf("nothing ends it: owner %v, verb %+v, held %d, ask %v", w.c.Party, *w.c.Verb, w.c.Held, w.d.AskOwner)
	}
	w.report(inbox)
	w.f.Now = w.f.Now.Add(time.Hour)
	err := w.decide(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"})
	w.must(handover.Input{Trigger: handover.AgentSends})
	t.Logf("after: %v %v held %d verb %+v", err, w.d.Content, w.c.Held, *w.c.Verb)
	// agents have control, pass is sent
	w = newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a"})
	v = w.begin()
	w.answer(v, handover.NoAnswer)
	w.must(handover.Input{Trigger: handover.CustomerWrites})
	w.f.Now = w.c.Verb.Deadline
	w.expire(v.ID)
	w.owner(w.c.Revision, &who)
	if w.c.Verb != nil && !w.d.AskOwner && !w.d.Start {
		t.Errorf("pass: nothing ends it: owner %v, verb %+v, postponed %v", w.c.Party, *w.c.Verb, w.c.Postponed)
	}
}

// NotTold after the deadline.
func TestNotToldLate(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, botA)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.AgentSends})
	v := w.begin()
	w.f.Now = w.c.Verb.Deadline
	w.expire(v.ID)
	asked := w.c.Revision
	w.answer(v, handover.NotTold)
	who := botA
	w.owner(asked, &who)
	_, begins := handover.Begin(w.c, v.ID, w.f)
	if w.c.Verb != nil && !begins && !w.d.AskOwner {
		t.Errorf("queued for ever: %+v held %d, begins %v", *w.c.Verb, w.c.Held, begins)
	}
}

// a take's deadline moves with each repetition.
func TestTakeForever(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent}, true, botA)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.AgentSends})
	v := w.begin()
	first := v.Deadline
	for range 100 {
		w.f.Now = w.f.Now.Add(20 * time.Second)
		w.answer(v, handover.NoAnswer)
		who := botA
		w.owner(w.c.Revision, &who)
		if w.c.Verb == nil {
			break
		}
		v = w.begin()
	}
	if w.c.Verb != nil {
		t.Errorf("repeated %v after the first deadline; now %v held %d", w.f.Now.Sub(first), v.Deadline.Sub(first), w.c.Held)
	}
}

// a release is repeated while an agent is engaged.
func TestRelease(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"not told", "owner"} {
		w := newScene(t, handover.Settings{Primary: handover.Bot, BotApp: "bot-a"}, true, agents)
		_ = w.engage("n", "ann", handover.AgentEngages)
		w.ends("n")
		v := w.begin()
		if v.Kind != handover.VerbRelease {
			t.Fatal(v)
		}
		if err := w.engage("m", "ann", handover.AgentEngages); err != nil {
			t.Fatal(err)
		}
		if how == "not told" {
			w.answer(v, handover.NotTold)
		} else {
			w.answer(v, handover.NoAnswer)
			who := agents
			w.owner(w.c.Revision, &who)
		}
		_, ok := handover.Begin(w.c, v.ID, w.f)
		if ok {
			t.Errorf("%s: the release is told although ann is engaged: %+v", how, w.c.Verb)
		}
	}
}

// another's intervention ends: the request of an agent who is still engaged is withdrawn.
func TestNotTheLast(t *testing.T) {
	t.Parallel()
	for _, platform := range []bool{false, true} {
		w := newScene(t, botPrimary, platform, botA)
		_ = w.engage("n", "ann", handover.AgentEngages)
		_ = w.engage("m", "bob", handover.AgentEngages)
		if w.c.Verb == nil {
			t.Fatal("no request")
		}
		w.ends("n")
		if w.c.Verb == nil || w.c.Verb.Withdrawn {
			t.Errorf("platform %v: withdrawn, while %+v is engaged", platform, w.f.Engaged)
		}
	}
}

// an agent's reply was held, the intervention closed meanwhile: control is never released.
func TestNeverReleased(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, true, botA)
	_ = w.engage("n", "ann", handover.AgentEngages)
	w.must(handover.Input{Trigger: handover.AgentSends})
	v := w.begin()
	w.answer(v, handover.Done)
	w.ends("n")
	w.report(agents)
	t.Logf("held %s, sending %d", w.d.Held, w.c.Sending)
	w.take(handover.Delivered(w.c, w.c.Round+1, w.id(), w.f))
	if w.c.Owner == handover.Agent && w.c.Verb == nil {
		t.Errorf("delivered, nobody engaged, and control stays: %+v", w.c)
	}
}
