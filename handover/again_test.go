package handover_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
)

// TestWhatCouldNotBeToldIsBegunAnew: a platform that is away for longer than the deadline
// costs neither the bot that waits its control, nor the agents' release; it is tried again,
// at growing distances, until somebody is engaged or control goes elsewhere.
func TestWhatCouldNotBeToldIsBegunAnew(t *testing.T) {
	t.Parallel()
	for _, waits := range []bool{false, true} {
		w := newScene(t, handover.Settings{Primary: handover.Bot, BotApp: "bot-a"}, true, agents)
		if err := w.engage("n", "ann", handover.AgentEngages); err != nil {
			t.Fatal(err)
		}
		want := handover.VerbRelease
		if waits {
			w.must(handover.Input{Trigger: handover.HandoverToBot, App: "bot-a", WhenFree: true})
			want = handover.VerbPass
		}
		w.ends("n")
		last := time.Duration(0)
		for range 12 {
			v := w.begin()
			if v.Kind != want {
				t.Fatalf("waits %v: %s is begun", waits, v.Kind)
			}
			w.f.Now = v.Deadline
			w.answer(v, handover.NotTold)
			if w.c.Verb != nil || w.c.AgainAt.IsZero() || (w.c.WhenFree != nil) != waits || w.d.Reason == "" {
				t.Fatalf("waits %v: it ended as %+v, reason %q", waits, w.c, w.d.Reason)
			}
			pause := w.c.AgainAt.Sub(w.f.Now)
			if pause < last || pause > time.Hour {
				t.Errorf("a pause of %v after one of %v", pause, last)
			}
			last = pause
			w.take(handover.Again(w.c, w.id(), w.f))
			if w.c.Verb != nil {
				t.Fatal("it begins before its time")
			}
			w.f.Now = w.c.AgainAt
			w.take(handover.Again(w.c, w.id(), w.f))
		}
		if err := w.engage("m", "ann", handover.AgentEngages); err != nil {
			t.Fatal(err)
		}
		w.f.Now = w.f.Now.Add(time.Hour)
		w.take(handover.Again(w.c, w.id(), w.f))
		if w.c.Verb != nil || w.c.Owner != handover.Agent {
			t.Errorf("waits %v: while ann is engaged: %+v", waits, w.c)
		}
	}
}

// TestWhatIsRefusedIsNotBegunAnew: a platform that says no says it again.
func TestWhatIsRefusedIsNotBegunAnew(t *testing.T) {
	t.Parallel()
	w := newScene(t, handover.Settings{Primary: handover.Agent, NoOwner: true}, true, agents)
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: "typo"})
	w.answer(w.begin(), handover.Rejected)
	if w.c.Verb != nil || !w.c.AgainAt.IsZero() || w.d.Reason != "the platform refused: no" {
		t.Errorf("%+v, reason %q", w.c, w.d.Reason)
	}
}

// TestNobodyAnswersLate: a bot cannot answer a request behind its deadline, whether or not
// somebody has noticed it.
func TestNobodyAnswersLate(t *testing.T) {
	t.Parallel()
	for _, by := range []handover.Trigger{handover.BotAccepts, handover.BotDeclines} {
		w := newScene(t, handover.Settings{Primary: handover.Bot, BotApp: "bot-a"}, false, botA)
		w.must(handover.Input{Trigger: handover.HandoverToAgent})
		w.f.Now = w.c.Verb.Deadline
		if err := w.decide(handover.Input{Trigger: by, App: "bot-a"}); handover.RefusedBy(err) != handover.CodeNotRequested {
			t.Errorf("%s: %v", by, err)
		}
	}
}
