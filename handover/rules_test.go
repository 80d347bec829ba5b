package handover_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

var engagedByAnn = []handover.Engaged{{
	InterventionID: "n", SourceID: "s", IdentityID: "i", Owner: interaction.Actor{Type: interaction.ActorAgent, ID: "ann"}, Status: interaction.InterventionOpen,
}}

// outcome decides, and returns the act or the name of the error.
func outcome(t *testing.T, c handover.Control, in handover.Input, f handover.Facts) (string, handover.Decision) {
	t.Helper()
	d, err := handover.Decide(c, in, f)
	if refused, ok := errors.AsType[*handover.RefusedError](err); ok {
		if handover.RefusedBy(err) != refused.Code || refused.Rule == "" || refused.Remedy == "" {
			t.Errorf("a refusal without words: %+v", refused)
		}
		if refused.Code == handover.CodeEngaged && len(refused.InTheWay) == 0 {
			t.Errorf("%v names no intervention", refused)
		}
		return string(refused.Code), d
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(d.Act), d
}

// TestRules walks the whole table: each trigger in each situation, with each owner,
// whatever is under way and whichever side is primary, with a platform and without.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, o := range occasions(t) {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			if len(o.want) != len(ways) {
				t.Fatalf("%d lines, want %d", len(o.want), len(ways))
			}
			o.each(func(way string, n int, c handover.Control, f handover.Facts) {
				name := fmt.Sprintf("%v, %s, primary %q, platform %v", c.Party, way, f.Settings.Primary, f.Platform)
				got, d := outcome(t, c, o.in, f)
				if want := o.want[way][n]; got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
				check(t, name, c, o.in, f, got, d)
			})
		})
	}
}

// check checks what holds of every decision by the table.
func check(t *testing.T, name string, c handover.Control, in handover.Input, f handover.Facts, got string, d handover.Decision) {
	t.Helper()
	after, refused := d.Control, d.Act == ""
	passes := after.Verb != nil && after.Verb.Kind == handover.VerbPass && after.Verb.ID == "new" ||
		c.Owner == handover.Agent && after.Owner == handover.Bot && d.Act != handover.DoDoubt && d.Act != handover.DoAssume
	decided := c.Verb != nil && c.Verb.Stage == handover.StageQueued // nobody outside knows of it
	gone := after.Verb == nil || after.Verb.ID != "old"
	switch {
	case passes && len(f.Settings.InTheWay(f.Engaged, in.InterventionID)) > 0:
		t.Errorf("%s: control passes to a bot", name)
	case refused && (after.Owner != c.Owner || after.Verb != c.Verb || len(d.Events) > 0):
		t.Errorf("%s: a refusal changes something: %+v", name, d)
	case in.Trigger == handover.AgentSends && refused, in.Trigger == handover.CustomerWrites && refused:
		t.Errorf("%s: refused: %s", name, got)
	case in.Trigger == handover.AgentSends && (d.Content == handover.Sends) != (after.Owner == handover.Agent && after.Phase() == handover.Still):
		t.Errorf("%s: the content: %s, with %v in control and %s", name, d.Content, after.Owner, after.Phase())
	case in.Trigger == handover.BotSends && d.Content == handover.Sends && (after.Owner != handover.Bot || after.App != in.App):
		t.Errorf("%s: a bot sends that has no control", name)
	case in.Trigger != handover.AgentSends && in.Trigger != handover.BotSends && d.Content != "":
		t.Errorf("%s: a content: %s", name, d.Content)
	case !f.Platform && d.Start:
		t.Errorf("%s: a verb without a platform", name)
	case slices.Contains(d.Events, handover.ControlChanged) != (len(d.Changes) > 0):
		t.Errorf("%s: %d changes, and the events %v", name, len(d.Changes), d.Events)
	case decided && gone != slices.Contains(d.Events, handover.ControlWithdrawn):
		t.Errorf("%s: what was decided ends with %+v, and %v is told", name, after.Verb, d.Events)
	case c.Verb != nil && c.Verb.Stage == handover.StageSent && gone && d.Act != handover.DoDoubt && d.Act != handover.DoAssume:
		t.Errorf("%s: the platform has been told of a verb, and its answer is not waited for", name)
	}
}
