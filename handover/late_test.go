package handover_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
)

// What a platform answers when the deadline of a verb is over ends it: the deadline does not
// come again.
func TestAnswersAfterTheDeadline(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	bot := handover.Party{Owner: handover.Bot, App: "bot"}
	for _, row := range []struct {
		name    string
		verb    handover.Verb
		outcome handover.Outcome
	}{
		{"the bot was asked", handover.Verb{Kind: handover.VerbRequest, To: handover.Party{Owner: handover.Agent}}, handover.Done},
		{"it was not told of a request", handover.Verb{Kind: handover.VerbRequest, To: handover.Party{Owner: handover.Agent}}, handover.NotTold},
		{"it was not told of a pass", handover.Verb{Kind: handover.VerbPass, To: handover.Party{Owner: handover.Bot, App: "other"}}, handover.NotTold},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.verb.ID, row.verb.Stage, row.verb.Deadline, row.verb.Unanswered = "v", handover.StageSent, noon, true
			c := handover.Control{Party: bot, Held: 1, Verb: &row.verb}
			if row.verb.Kind == handover.VerbPass {
				c.Party, c.Held = handover.Party{Owner: handover.Agent}, 0
			}
			f := handover.Facts{Platform: true, Now: noon.Add(-time.Second)}
			if d := handover.Answer(c, row.verb, row.outcome, "", "next", f); d.Control.Verb == nil || d.Control.Verb.Unanswered {
				t.Errorf("before the deadline: %+v", d.Control.Verb)
			}
			f.Now = noon
			d := handover.Answer(c, row.verb, row.outcome, "", "next", f)
			if d.Control.Verb != nil || c.Held > 0 && d.Held != handover.Fails || len(d.Events) != 1 || d.Events[0] != handover.ControlFailed {
				t.Errorf("at the deadline: %+v, under way %+v", d, d.Control.Verb)
			}
		})
	}
}
