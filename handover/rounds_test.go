package handover_test

import (
	"reflect"
	"testing"

	"github.com/engage-interactions/engage/handover"
)

// A content of a round that has failed is not counted any more, however late it is settled: it
// is not taken off those that wait, or are under way, now.
func TestDeliveriesOfAnEarlierRound(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, false, botA)
	w.must(handover.Input{Trigger: handover.AgentSends})
	round := w.c.Round + 1
	w.must(handover.Input{Trigger: handover.BotDeclines, App: botA.App})
	if w.c.Held != 0 || w.c.Round+1 == round {
		t.Fatalf("it has not failed: %+v", w.c)
	}
	w.must(handover.Input{Trigger: handover.AgentSends})
	w.take(handover.Delivered(w.c, round, w.id(), w.f))
	if w.c.Held != 1 {
		t.Errorf("%d wait, want 1", w.c.Held)
	}
	w.must(handover.Input{Trigger: handover.BotAccepts, App: botA.App})
	w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App})
	before := w.c
	if before.Sending != 1 || before.Verb == nil || before.Verb.Stage != handover.StageDraining {
		t.Fatalf("the pass does not wait for it: %+v", before)
	}
	w.take(handover.Delivered(w.c, round, w.id(), w.f))
	if !reflect.DeepEqual(w.c, before) {
		t.Errorf("control is passed before it is delivered: %+v", w.c)
	}
	delivered(w)
	if w.c.Party != botA {
		t.Errorf("%v has control", w.c.Party)
	}
}
