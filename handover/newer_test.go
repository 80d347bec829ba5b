package handover_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// withAndWithoutOwner runs a test with a platform that can be asked who has control, and with
// one that cannot.
func withAndWithoutOwner(t *testing.T, test func(t *testing.T, s handover.Settings)) {
	t.Helper()
	for name, s := range map[string]handover.Settings{
		"it can be asked":    {Primary: handover.Agent, BotApp: botA.App},
		"it cannot be asked": {Primary: handover.Agent, BotApp: botA.App, NoOwner: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s)
		})
	}
}

// A report that is older than the last one changes nothing, whether or not the platform can be
// asked, and it is not asked either.
func TestOlderReportsChangeNothing(t *testing.T) {
	t.Parallel()
	withAndWithoutOwner(t, func(t *testing.T, s handover.Settings) {
		for _, told := range []bool{false, true} {
			w := newScene(t, s, true, agents)
			if told {
				w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App})
				w.begin()
			}
			at := w.f.Now.Add(10 * time.Second)
			w.f.Now = at
			w.take(handover.Apply(w.c, handover.Report{Party: inbox, At: at}, w.id(), w.f))
			before := w.c
			if before.Party != inbox {
				t.Fatalf("%v has control", before.Party)
			}
			for _, who := range []handover.Party{nobody, agents, botA, {Owner: handover.Other, App: "another"}} {
				w.take(handover.Apply(w.c, handover.Report{Party: who, At: at.Add(-time.Second)}, w.id(), w.f))
				if !reflect.DeepEqual(w.c, before) || w.d.AskOwner || len(w.d.Events) > 0 {
					t.Errorf("an older report of %v: %+v", who, w.d)
				}
			}
		}
	})
}

// An answer to the question who has control says nothing if something has been learned since
// it was asked. If what is under way rests on it, the platform is asked again.
func TestAnswersToOlderQuestions(t *testing.T) {
	t.Parallel()
	for _, who := range []*handover.Party{nil, &agents, &botA, &nobody} {
		w := newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
		asked := w.c.Revision
		w.report(inbox)
		before := w.c
		w.owner(asked, who)
		if !reflect.DeepEqual(w.c, before) || w.d.AskOwner || len(w.d.Events) > 0 {
			t.Errorf("%v, nothing is under way: %+v", who, w.d)
		}

		w = newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
		w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App})
		w.answer(w.begin(), handover.NoAnswer)
		asked = w.c.Revision
		w.report(inbox)
		before = w.c
		w.owner(asked, who)
		if !reflect.DeepEqual(w.c, before) || !w.d.AskOwner || len(w.d.Events) > 0 {
			t.Errorf("%v, a pass had no answer: %+v", who, w.d)
		}
	}
}

// A verb that is done while something is reported: which came later is to be asked. Where that
// cannot be, what was done counts.
func TestDoneAfterAReport(t *testing.T) {
	t.Parallel()
	withAndWithoutOwner(t, func(t *testing.T, s handover.Settings) {
		for _, kind := range []handover.VerbKind{handover.VerbPass, handover.VerbTake} {
			w := newScene(t, s, true, agents)
			if kind == handover.VerbPass {
				w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App})
			} else {
				w.c.Party = botA
				w.must(handover.Input{Trigger: handover.AgentSends})
			}
			v := w.begin()
			if v.Kind != kind {
				t.Fatalf("%s is begun", v.Kind)
			}
			w.report(inbox)
			w.answer(v, handover.Done)
			if s.NoOwner {
				if w.c.Party != v.To || w.d.AskOwner {
					t.Errorf("%s: %v has control, asked: %v", kind, w.c.Party, w.d.AskOwner)
				}
				continue
			}
			if w.c.Party != inbox || w.c.Verb == nil || !w.c.Verb.Unanswered || !w.d.AskOwner || len(w.d.Changes) > 0 {
				t.Errorf("%s: %v has control, under way %+v, asked: %v", kind, w.c.Party, w.c.Verb, w.d.AskOwner)
			}
		}
	})
}

// Nobody can say by the deadline whether control was passed: the bot is taken for the owner, and
// an agent who is engaged by now asks for control.
func TestAPassOfWhichNobodyKnows(t *testing.T) {
	t.Parallel()
	for _, engaged := range []bool{false, true} {
		w := newScene(t, handover.Settings{Primary: handover.Agent, NoOwner: true}, true, agents)
		w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App})
		v := w.begin()
		if engaged { // what counts has changed
			w.f.Engaged = []handover.Engaged{{InterventionID: "n", SourceID: "s", IdentityID: "i", Owner: person(interaction.ActorAgent), Status: interaction.InterventionOpen}}
		}
		w.f.Now = v.Deadline
		w.expire(v.ID)
		if w.c.Party != botA || !w.c.Uncertain || (w.c.Phase() == handover.Reaching) != engaged {
			t.Errorf("engaged %v: %v has control, uncertain: %v, under way %+v", engaged, w.c.Party, w.c.Uncertain, w.c.Verb)
		}
	}
}

// A platform that refuses a pass or a release is asked who has control, if that is possible:
// perhaps it is not the agents.
func TestAfterARefusalThePlatformIsAsked(t *testing.T) {
	t.Parallel()
	withAndWithoutOwner(t, func(t *testing.T, s handover.Settings) {
		for _, in := range []handover.Input{{Trigger: handover.HandoverToBot, App: botA.App}, {Trigger: handover.EngagedEnds}} {
			w := newScene(t, s, true, agents)
			w.must(in)
			w.answer(w.begin(), handover.Rejected)
			if w.c.Verb != nil || w.d.AskOwner == s.NoOwner {
				t.Errorf("%s: asked: %v, under way %+v", in.Trigger, w.d.AskOwner, w.c.Verb)
			}
		}
	})
}
