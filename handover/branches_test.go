package handover_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// An agent who wants to write again wants the control that is on its way, though it was
// withdrawn or let go when the last intervention ended: it is not released when it comes.
func TestWhatIsWantedAgainIsKept(t *testing.T) {
	t.Parallel()
	for _, sends := range []bool{false, true} { // before the intervention ends
		for name, again := range map[string]func(w *scene){
			"nobody": func(*scene) {},
			"an agent engages": func(w *scene) {
				if err := w.engage("m", "bob", handover.AgentEngages); err != nil {
					w.t.Fatal(err)
				}
			},
			"a handover": func(w *scene) { w.must(handover.Input{Trigger: handover.HandoverToAgent}) },
		} {
			w := newScene(t, botPrimary, true, botA)
			if err := w.engage("n", "ann", handover.AgentEngages); err != nil {
				t.Fatal(err)
			}
			if sends {
				w.must(handover.Input{Trigger: handover.AgentSends})
			}
			v := w.begin()
			w.answer(v, handover.Done) // the bot is asked
			w.ends("n")
			if now := w.c.Verb; now == nil || now.Withdrawn == sends || now.Over != sends {
				t.Fatalf("under way %+v", now)
			}
			again(w)
			kept := name != "nobody"
			if now := w.c.Verb; now.Withdrawn != (!sends && !kept) || now.Over != (sends && !kept) {
				t.Errorf("%s, sends %v: under way %+v", name, sends, now)
			}
			w.report(agents)
			if released := w.c.Verb != nil && w.c.Verb.Kind == handover.VerbRelease; w.c.Party != agents || released == kept {
				t.Errorf("%s, sends %v: %v has control, under way %+v", name, sends, w.c.Party, w.c.Verb)
			}
		}
	}
}

// A bot claims control from nobody, and an agent is engaged by the time it comes: it is the
// agents'.
func TestTheAgentsWereFaster(t *testing.T) {
	t.Parallel()
	for _, engaged := range []bool{false, true} {
		w := newScene(t, handover.Settings{}, true, nobody)
		w.must(handover.Input{Trigger: handover.BotSends, App: "bot-v", Epoch: w.c.Epoch})
		v := w.begin()
		want := v.To
		if engaged { // untold, as where an identity joins
			want = agents
			w.f.Engaged = []handover.Engaged{{InterventionID: "n", SourceID: "s", IdentityID: "i", Owner: person(interaction.ActorAgent), Status: interaction.InterventionOpen}}
		}
		w.answer(v, handover.Granted)
		if w.c.Party != want {
			t.Errorf("engaged %v: %v has control, want %v", engaged, w.c.Party, want)
		}
	}
}

// A customer writes to whom nobody has control. The platform gives it to the bot; agents who are
// engaged ask for it. Who comes back is dealt with by the side that the settings name.
func TestWhoDealsWithACustomer(t *testing.T) {
	t.Parallel()
	for _, engaged := range []bool{false, true} {
		w := newScene(t, botPrimary, true, nobody)
		if engaged {
			w.f.Engaged = []handover.Engaged{{InterventionID: "n", SourceID: "s", IdentityID: "i", Owner: person(interaction.ActorAgent), Status: interaction.InterventionOpen}}
		}
		w.must(handover.Input{Trigger: handover.CustomerWrites})
		if w.c.Party.Owner != handover.Bot || (w.c.Phase() == handover.Reaching) != engaged {
			t.Errorf("engaged %v: %v has control, under way %+v", engaged, w.c.Party, w.c.Verb)
		}
	}
	for _, platform := range []bool{false, true} {
		for epoch, want := range []handover.Owner{handover.Bot, handover.Agent} { // at first, and when they come back
			s := botPrimary
			s.Returning = handover.Agent
			w := newScene(t, s, platform, nobody)
			w.c.Epoch = int64(epoch)
			w.must(handover.Input{Trigger: handover.CustomerWrites})
			if w.d.Side != want {
				t.Errorf("platform %v, epoch %d: %s deals with it, want %s", platform, epoch, w.d.Side, want)
			}
		}
	}
}

// Whoever writes keeps control from ending because nobody does.
func TestWhoeverWritesIsActive(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		owner handover.Party
		in    handover.Input
	}{
		{agents, handover.Input{Trigger: handover.AgentSends}},
		{agents, handover.Input{Trigger: handover.CustomerWrites}},
		{botA, handover.Input{Trigger: handover.BotSends, App: botA.App, Epoch: 1}},
		{botA, handover.Input{Trigger: handover.CustomerWrites}},
	} {
		w := newScene(t, botPrimary, false, row.owner)
		w.f.Now = t0.Add(handover.DefaultInactivity.Duration() - time.Second)
		w.must(row.in)
		w.f.Now = t0.Add(handover.DefaultInactivity.Duration())
		w.must(handover.Input{Trigger: handover.Inactivity})
		if w.c.Party != row.owner || w.c.Verb != nil || len(w.d.Changes) > 0 {
			t.Errorf("%s: %v has control, under way %+v", row.in.Trigger, w.c.Party, w.c.Verb)
		}
	}
}

// While nobody can say who has control, whatever is done is a reason to ask the platform.
func TestWhatIsDoneInDoubtAsks(t *testing.T) {
	t.Parallel()
	withAndWithoutOwner(t, func(t *testing.T, s handover.Settings) {
		for _, trigger := range []handover.Trigger{handover.CustomerWrites, handover.AgentSends, handover.AgentEngages} {
			for _, uncertain := range []bool{false, true} {
				w := newScene(t, s, true, botA)
				w.c.Uncertain = uncertain
				if trigger == handover.AgentEngages {
					if err := w.engage("n", "ann", trigger); err != nil {
						t.Fatal(err)
					}
				} else {
					w.must(handover.Input{Trigger: trigger})
				}
				if w.d.AskOwner != (uncertain && !s.NoOwner) {
					t.Errorf("%s, uncertain %v: asked: %v", trigger, uncertain, w.d.AskOwner)
				}
			}
		}
	})
}

// A bot that waited for control does not wait any more once the platform is told to pass it.
func TestWhoIsToldOfDoesNotWait(t *testing.T) {
	t.Parallel()
	for app, waits := range map[string]bool{botA.App: false, "another": true} {
		w := newScene(t, handover.Settings{Primary: handover.Agent}, true, agents)
		w.must(handover.Input{Trigger: handover.HandoverToBot, App: botA.App})
		w.c.WhenFree = &handover.Waiting{Party: handover.Party{Owner: handover.Bot, App: app}}
		w.begin()
		if (w.c.WhenFree != nil) != waits {
			t.Errorf("%s: waits %+v", app, w.c.WhenFree)
		}
	}
}

// What was withdrawn is not told again if the platform was not told of it.
func TestWhatIsWithdrawnIsNotToldAgain(t *testing.T) {
	t.Parallel()
	w := newScene(t, botPrimary, true, botA)
	if err := w.engage("n", "ann", handover.AgentEngages); err != nil {
		t.Fatal(err)
	}
	v := w.begin()
	w.ends("n")
	if !w.c.Verb.Withdrawn {
		t.Fatalf("under way %+v", w.c.Verb)
	}
	w.answer(v, handover.NotTold)
	if w.c.Verb != nil {
		t.Errorf("under way %+v", w.c.Verb)
	}
}
