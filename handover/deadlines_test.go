package handover_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
)

// No verb is begun from its deadline on, and none ends before that because somebody looks.
func TestDeadlinesToTheMoment(t *testing.T) {
	t.Parallel()
	for _, kind := range []handover.VerbKind{handover.VerbPass, handover.VerbRelease, handover.VerbTake, handover.VerbRequest} {
		for _, stage := range []handover.Stage{handover.StageDraining, handover.StageQueued, handover.StageSent, handover.StageAsked} {
			w := newScene(t, handover.Settings{Primary: handover.Bot, BotApp: botA.App}, true, botA)
			v := handover.Verb{ID: "v", Kind: kind, To: agents, Stage: stage, Cause: handover.AgentSends, Deadline: t0.Add(time.Minute)}
			switch kind {
			case handover.VerbPass:
				w.c.Party, v.To = agents, botA
			case handover.VerbRelease:
				w.c.Party, v.To = agents, nobody
			case handover.VerbTake, handover.VerbRequest, handover.VerbAsk:
			}
			w.c.Verb = &v
			before := w.c

			w.f.Now = v.Deadline.Add(-time.Nanosecond)
			if d := handover.Expire(w.c, v.ID, "next", w.f); !reflect.DeepEqual(d.Control, before) || d.AskOwner || len(d.Events) > 0 {
				t.Errorf("%s, %s: it ends before its deadline: %+v", kind, stage, d)
			}
			if _, begins := handover.Begin(w.c, v.ID, w.f); begins != (stage == handover.StageQueued) {
				t.Errorf("%s, %s: it is begun before its deadline: %v", kind, stage, begins)
			}
			w.f.Now = v.Deadline
			if d, begins := handover.Begin(w.c, v.ID, w.f); begins || !reflect.DeepEqual(d.Control, before) {
				t.Errorf("%s, %s: it is begun at its deadline: %+v", kind, stage, d)
			}
			if d := handover.Expire(w.c, "another", "next", w.f); !reflect.DeepEqual(d.Control, before) {
				t.Errorf("%s, %s: the deadline of another ends it: %+v", kind, stage, d)
			}
			d := handover.Expire(w.c, v.ID, "next", w.f)
			if stage == handover.StageSent { // what it did is to be seen
				if now := d.Control.Verb; !d.AskOwner || now == nil || !now.Unanswered || len(d.Events) > 0 {
					t.Errorf("%s at its deadline: asked: %v, under way %+v", kind, d.AskOwner, now)
				}
			} else if d.Control.Verb != nil && d.Control.Verb.ID == v.ID {
				t.Errorf("%s, %s: it goes on behind its deadline: %+v", kind, stage, d.Control.Verb)
			}
		}
	}
}
