package interaction_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/interaction"
)

var (
	ann      = interaction.Actor{Type: interaction.ActorAgent, ID: "ann"}
	bob      = interaction.Actor{Type: interaction.ActorAgent, ID: "bob"}
	bot      = interaction.Actor{Type: interaction.ActorBot, ID: "bot"}
	bot2     = interaction.Actor{Type: interaction.ActorBot, ID: "bot2"}
	customer = interaction.Actor{Type: interaction.ActorCustomer, ID: "cat"}
	nameless = interaction.Actor{Type: interaction.ActorAgent}
	nobody   = interaction.Actor{}

	interventionStates = []interaction.InterventionStatus{
		"", interaction.InterventionOpen, interaction.InterventionDeferred, interaction.InterventionClosed, interaction.InterventionCanceled,
	}
	interventionVerbs = []interaction.InterventionVerb{
		interaction.InterventionEngages, interaction.InterventionReopens, interaction.InterventionWritten, interaction.InterventionReplies,
		interaction.InterventionDefers, interaction.InterventionResumes, interaction.InterventionFallsDue, interaction.InterventionAssigns,
		interaction.InterventionTransfers, interaction.InterventionJoins, interaction.InterventionLeaves, interaction.InterventionCloses,
		interaction.InterventionCancels,
	}
)

// answers reports whether somebody can own an intervention.
func answers(a interaction.Actor) bool {
	return a.ID != "" && (a.Type == "agent" || a.Type == "bot")
}

// interventionRules are the rules in words, stated anew.
var interventionRules = map[string]func(interaction.InterventionFacts) bool{
	"its thread is open": func(f interaction.InterventionFacts) bool { return f.ThreadOpen },
	"no other one with the customer in the thread is open or deferred": func(f interaction.InterventionFacts) bool { return !f.Other },
	"an agent engages, and no agent owns it who still exists": func(f interaction.InterventionFacts) bool {
		return !agentHasIt(f) && f.NewOwner.Type == "agent" && answers(f.NewOwner)
	},
	"the time is in the future": func(f interaction.InterventionFacts) bool { return f.Future },
	"the time has come":         func(f interaction.InterventionFacts) bool { return f.Due },
	"there was a reply":         func(f interaction.InterventionFacts) bool { return f.Replies >= 1 },
	"there was no reply":        func(f interaction.InterventionFacts) bool { return f.Replies < 1 },
	"its owner does so, or somebody who may manage others' ones, or nobody owns it who still exists": mayEnd,
	"the categories and the disposition that are demanded are there, or it ends by itself": func(f interaction.InterventionFacts) bool {
		return f.Disposition || f.ByItself
	},
	"who replies owns it or takes part":        func(f interaction.InterventionFacts) bool { return f.TakesPart },
	"the new owner is an agent or a bot":       func(f interaction.InterventionFacts) bool { return answers(f.NewOwner) },
	"no new owner is named":                    func(f interaction.InterventionFacts) bool { return f.NewOwner == nobody },
	"the owner becomes another":                func(f interaction.InterventionFacts) bool { return f.NewOwner != f.Owner },
	"who leaves is not the owner":              func(f interaction.InterventionFacts) bool { return f.NewOwner != f.Owner },
	"who joins or leaves is an agent or a bot": func(f interaction.InterventionFacts) bool { return answers(f.NewOwner) },
	"less than 100 others take part":           func(f interaction.InterventionFacts) bool { return f.Others <= 99 },
	"no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones": mayTake,
}

// agentHasIt reports whether an agent owns it who is not gone.
func agentHasIt(f interaction.InterventionFacts) bool { return f.Owner.Type == "agent" && !f.OwnerGone }

// mayTake reports whether who acts may take an intervention away from its owner.
func mayTake(f interaction.InterventionFacts) bool { return !agentHasIt(f) || f.MayManage }

// mayEnd reports whether who acts may close it.
func mayEnd(f interaction.InterventionFacts) bool {
	return f.MayManage || f.OwnerGone || f.Owner == nobody
}

// whatInterventionsDo states the rules as plain conditions: those of each verb, and that
// one which would be left to an owner who is gone loses it.
func whatInterventionsDo(from interaction.InterventionStatus, by interaction.InterventionVerb, f interaction.InterventionFacts) outcome[interaction.InterventionStatus] {
	does := whatVerbsDo(from, by, f)
	if does.possible && isLeftToNobody(by, f) {
		does.events = append(does.events, "intervention.user_updated")
	}
	return does
}

// whatVerbsDo states the rules verb by verb.
func whatVerbsDo(from interaction.InterventionStatus, by interaction.InterventionVerb, f interaction.InterventionFacts) outcome[interaction.InterventionStatus] {
	const (
		opened   = interaction.InterventionOpen
		deferred = interaction.InterventionDeferred
		closed   = interaction.InterventionClosed
		canceled = interaction.InterventionCanceled
	)
	live := from == opened || from == deferred
	free := f.ThreadOpen && !f.Other // nothing keeps one from being opened
	var refused outcome[interaction.InterventionStatus]
	switch by {
	case interaction.InterventionEngages:
		switch {
		case from == "" && free && answers(f.NewOwner):
			return into(opened, "intervention.opened")
		case from == closed && free && answers(f.NewOwner):
			return into(opened, "intervention.reopened")
		case live && !agentHasIt(f) && f.NewOwner.Type == "agent" && answers(f.NewOwner):
			return into(opened, "intervention.user_updated")
		}
	case interaction.InterventionReopens:
		if from == closed && free {
			return into(opened, "intervention.reopened")
		}
	case interaction.InterventionWritten:
		switch {
		case from == closed && free:
			return into(opened, "intervention.reopened")
		case from == opened:
			return into(opened)
		case from == deferred:
			return into(opened, "intervention.reactivated")
		}
	case interaction.InterventionReplies:
		if from == opened && f.TakesPart {
			return into(opened)
		}
	case interaction.InterventionDefers:
		if from == opened && f.Future && mayTake(f) {
			return into(deferred, "intervention.deferred")
		}
	case interaction.InterventionResumes:
		if from == deferred && mayTake(f) {
			return into(opened, "intervention.reactivated")
		}
	case interaction.InterventionFallsDue:
		if from == deferred && f.Due {
			return into(opened, "intervention.reactivated")
		}
	case interaction.InterventionAssigns:
		if live && answers(f.NewOwner) && f.Owner != f.NewOwner && mayTake(f) {
			return into(from, "intervention.assigned", "intervention.user_updated")
		}
	case interaction.InterventionTransfers:
		switch {
		case !live || f.Owner == f.NewOwner || !mayTake(f):
			return refused
		case f.NewOwner == nobody:
			return into(from, "intervention.user_updated")
		case answers(f.NewOwner):
			return into(from, "intervention.assigned", "intervention.user_updated")
		}
	case interaction.InterventionJoins:
		if live && answers(f.NewOwner) && mayTake(f) && f.Others < 100 {
			return into(from, "intervention.participant_joined")
		}
	case interaction.InterventionLeaves:
		if live && answers(f.NewOwner) && mayTake(f) && f.Owner != f.NewOwner {
			return into(from, "intervention.participant_left")
		}
	case interaction.InterventionCloses:
		if live && f.Replies > 0 && mayEnd(f) && (f.Disposition || f.ByItself) {
			return into(closed, "intervention.closed")
		}
	case interaction.InterventionCancels:
		if live && f.Replies == 0 && mayTake(f) {
			return into(canceled, "intervention.canceled")
		}
	}
	return refused
}

func TestInterventionLifecycle(t *testing.T) {
	t.Parallel()
	var all []interaction.InterventionFacts
	for bits := range 1 << 9 {
		is := func(n int) bool { return bits>>n&1 == 1 }
		for _, owner := range []interaction.Actor{nobody, ann, bot} {
			for _, newOwner := range []interaction.Actor{nobody, ann, bob, bot, bot2, customer, nameless} {
				for n, replies := range []int64{0, 2, 1} {
					all = append(all, interaction.InterventionFacts{
						ThreadOpen: is(0), Other: is(1), MayManage: is(2), Disposition: is(3), TakesPart: is(4), Future: is(5), Due: is(6), ByItself: is(7), OwnerGone: is(8),
						Owner: owner, NewOwner: newOwner, Replies: replies, Others: []int{0, interaction.MaxParticipants - 1, interaction.MaxParticipants}[n],
					})
				}
			}
		}
	}
	for _, from := range interventionStates {
		for _, by := range interventionVerbs {
			t.Run(string(from)+" "+string(by), func(t *testing.T) {
				t.Parallel()
				for _, f := range all {
					walk(t, interaction.InterventionLifecycle, from, by, f, whatInterventionsDo(from, by, f), interventionRules)
				}
			})
		}
	}
}

// TestInterventionLives lives random lives of interventions: whatever happens, its
// fields say what its status says, nothing is changed by a refusal or in place, and its
// owner with a disposition can end it in exactly one way.
func TestInterventionLives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
		anybody := rapid.SampledFrom([]interaction.Actor{nobody, ann, bob, bot, bot2, customer})
		mostly := rapid.Map(rapid.IntRange(0, 7), func(n int) bool { return n != 7 })
		var i interaction.Intervention
		reopened := 0
		for range rapid.IntRange(10, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "hours")) * time.Hour)
			before, participants := i, slices.Clone(i.Participants)
			what := rapid.IntRange(0, 9).Draw(t, "what")
			if i.Status == "" {
				what = 9 // before it is there, hardly anything else is possible
			}
			switch what {
			case 0, 1, 3:
				who, allowed, leaves := anybody.Draw(t, "who"), mostly.Draw(t, "allowed"), what == 1
				verb, join, told := interaction.InterventionJoins, i.Join, "intervention.participant_joined"
				takesPart, changes := slices.Contains(i.Participants, who), who != i.Owner && !slices.Contains(i.Participants, who)
				if leaves {
					verb, join, told, changes = interaction.InterventionLeaves, i.Leave, "intervention.participant_left", takesPart
				}
				gone := !mostly.Draw(t, "the owner is there")
				want := whatInterventionsDo(i.Status, verb, interaction.InterventionFacts{Owner: i.Owner, NewOwner: who, MayManage: allowed, OwnerGone: gone})
				next, events, err := join(who, interaction.InterventionFacts{MayManage: allowed, OwnerGone: gone}, now)
				if (err == nil) != want.possible {
					t.Fatalf("%v: %s of one of %v that is %q, allowed %v: %v", who, verb, i.Owner, i.Status, allowed, err)
				}
				if changes = changes && err == nil; changes != slices.Equal(events, []string{told}) || !changes && len(events) > 0 {
					t.Fatalf("%s tells %v, want something %v", verb, events, changes)
				}
				if is := slices.Contains(next.Participants, who); is != (takesPart != changes) {
					t.Fatalf("after %s %v takes part: %v", verb, who, is)
				}
				i = next
			case 2:
				by := i.Owner
				if !mostly.Draw(t, "the owner replies") {
					by = anybody.Draw(t, "replies")
				}
				takesPart := by != nobody && by == i.Owner
				for _, p := range i.Participants {
					takesPart = takesPart || p == by
				}
				if err := i.Reply(by); (err == nil) != (takesPart && i.Status == interaction.InterventionOpen) {
					t.Fatalf("%v replies: %v", by, err)
				} else if err == nil {
					i.Replies = i.Replies.Add("reply", time.Time{}, now)
				}
			default:
				by := rapid.SampledFrom(interventionVerbs).Draw(t, "verb")
				if by == interaction.InterventionReplies || by == interaction.InterventionCancels && mostly.Draw(t, "goes on") {
					continue // nothing comes after a cancellation
				}
				change := interaction.Change{
					Owner:          anybody.Draw(t, "new owner"),
					Until:          now.Add(time.Duration(rapid.IntRange(-1, 3).Draw(t, "until")) * time.Hour),
					DispositionIDs: []string{"solved"},
					Cause:          rapid.SampledFrom([]interaction.CloseCause{"", interaction.CauseInactivity}).Draw(t, "cause"),
				}
				facts := interaction.InterventionFacts{
					ThreadOpen: mostly.Draw(t, "thread open"), Other: !mostly.Draw(t, "no other"),
					MayManage: mostly.Draw(t, "may manage"), Disposition: mostly.Draw(t, "disposition"),
					OwnerGone: rapid.Bool().Draw(t, "the owner is gone"),
				}
				if by == interaction.InterventionJoins || by == interaction.InterventionLeaves {
					continue // these are calls of their own, above
				}
				next, events, err := i.Apply(by, change, facts, now)
				all := facts
				all.Owner, all.NewOwner, all.Replies = i.Owner, change.Owner, i.UserRepliesCount
				all.Future, all.Due, all.ByItself = change.Until.After(now), !i.DeferredAt.After(now), change.Cause != ""
				want := whatInterventionsDo(i.Status, by, all)
				switch {
				case want.possible != (err == nil):
					t.Fatalf("%q, %s, %+v: %v", i.Status, by, all, err)
				case err != nil:
					if next.Status != i.Status || next.Owner != i.Owner || next.UpdatedAt != i.UpdatedAt || events != nil {
						t.Fatalf("a refusal of %s changed it", by)
					}
				default:
					if next.Status != want.to || !slices.Equal(events, want.events) || !next.UpdatedAt.Equal(now) {
						t.Fatalf("%s: %q with %v, want %+v", by, next.Status, events, want)
					}
					checkApplied(t, i, next, by, change, facts)
					if i.Status == interaction.InterventionClosed {
						reopened++
					}
					i = next
				}
			}
			if !slices.Equal(before.Participants, participants) {
				t.Fatal("the participants were changed in place")
			}
			checkIntervention(t, i, now, reopened)
		}
	})
}

func TestDeferralsFallDueToTheNanosecond(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	i := interaction.Intervention{Status: interaction.InterventionDeferred, DeferredAt: until}
	if _, _, err := i.Apply(interaction.InterventionFallsDue, interaction.Change{}, interaction.InterventionFacts{}, until.Add(-1)); err == nil {
		t.Error("due before the time")
	}
	if _, _, err := i.Apply(interaction.InterventionFallsDue, interaction.Change{}, interaction.InterventionFacts{}, until); err != nil {
		t.Error(err)
	}
}

func TestNobodyDoesNotReply(t *testing.T) {
	t.Parallel()
	i := interaction.Intervention{Status: interaction.InterventionOpen} // transferred to whoever engages next
	if i.Reply(nobody) == nil || i.Reply(ann) == nil {
		t.Error("somebody replies who does not take part")
	}
}

// checkApplied compares an intervention with what it was before a verb.
func checkApplied(t *rapid.T, was, is interaction.Intervention, by interaction.InterventionVerb, c interaction.Change, f interaction.InterventionFacts) {
	takesOver := by == interaction.InterventionEngages || by == interaction.InterventionAssigns || by == interaction.InterventionTransfers
	owner := was.Owner
	if takesOver {
		owner = c.Owner
	}
	if f.Owner = was.Owner; isLeftToNobody(by, f) {
		owner = nobody
	}
	if is.Owner != owner {
		t.Fatalf("after %s by %v's, %v owns it, before it was %v", by, c.Owner, is.Owner, was.Owner)
	}
	if is.Status == interaction.InterventionDeferred && by == interaction.InterventionDefers && !is.DeferredAt.Equal(c.Until) {
		t.Fatalf("deferred until %v, not %v", is.DeferredAt, c.Until)
	}
	if is.Status == was.Status && !is.DeferredAt.Equal(was.DeferredAt) {
		t.Fatalf("%s has moved the deferral", by)
	}
	if by == interaction.InterventionCloses && (is.DispositionMissing == f.Disposition || is.ClosedAutomatically != c.Cause || len(is.DispositionIDs) != 1) {
		t.Fatalf("closed with %+v, %+v: %+v", c, f, is)
	}
	if is.UserRepliesCount != was.UserRepliesCount {
		t.Fatalf("%s has counted a reply", by)
	}
}

// checkIntervention holds what is true of an intervention at any time.
func checkIntervention(t *rapid.T, i interaction.Intervention, now time.Time, reopened int) {
	ended := i.Status == interaction.InterventionClosed || i.Status == interaction.InterventionCanceled
	switch {
	case ended && len(i.Participants) > 0:
		t.Fatalf("%q, and somebody takes part: %v", i.Status, i.Participants)
	case i.DeferredAt.IsZero() == (i.Status == interaction.InterventionDeferred):
		t.Fatalf("%q, deferred until %v", i.Status, i.DeferredAt)
	case i.ClosedAt.IsZero() == ended:
		t.Fatalf("%q, closed at %v", i.Status, i.ClosedAt)
	case !ended && (i.ClosedAutomatically != "" || i.DispositionMissing || len(i.DispositionIDs) > 0):
		t.Fatalf("%q, and says how it ended: %+v", i.Status, i)
	case i.Reopened != reopened:
		t.Fatalf("reopened %d times, says %d", reopened, i.Reopened)
	}
	seen := map[interaction.Actor]bool{i.Owner: i.Owner != nobody}
	for _, p := range i.Participants {
		if seen[p] {
			t.Fatalf("%v takes part twice, beside the owner %v: %v", p, i.Owner, i.Participants)
		}
		seen[p] = true
	}
	facts := interaction.InterventionFacts{MayManage: true, Disposition: true}
	_, _, closing := i.Apply(interaction.InterventionCloses, interaction.Change{DispositionIDs: []string{"solved"}}, facts, now)
	_, _, canceling := i.Apply(interaction.InterventionCancels, interaction.Change{}, facts, now)
	if i.Status.Live() && (closing == nil) == (canceling == nil) {
		t.Fatalf("%q with %d replies: close says %v, cancel says %v", i.Status, i.UserRepliesCount, closing, canceling)
	}
	if !i.Status.Live() && (closing == nil || canceling == nil) {
		t.Fatalf("%q is ended again: %v, %v", i.Status, closing, canceling)
	}
}
