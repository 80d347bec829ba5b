package interaction_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/interaction"
)

// outcome is what a transition does, as a test states it: nothing if it is refused.
type outcome[State ~string] struct {
	possible bool
	to       State
	events   []string
}

// into is the outcome of a transition that takes place.
func into[State ~string](to State, events ...string) outcome[State] {
	return outcome[State]{possible: true, to: to, events: events}
}

// walk asks a lifecycle about one state, verb and facts, and compares the answer with
// what is wanted. holds states the guards' rules anew, by their text. A refusal names
// the state, the verb and a rule that is broken, unless the state does not know the
// verb at all; nothing that takes place breaks a rule of the row that it took.
func walk[State, Verb ~string, Facts any](
	t *testing.T, l interaction.Lifecycle[State, Verb, Facts], from State, by Verb, facts Facts,
	want outcome[State], holds map[string]func(Facts) bool,
) {
	row, err := l.Next(from, by, facts)
	if want.possible {
		if err != nil || row.To != want.to || !slices.Equal(row.Events, want.events) {
			t.Fatalf("%s %q, %s, %+v: to %q with %v (%v), want %q with %v", l.Of, from, by, facts, row.To, row.Events, err, want.to, want.events)
		}
		return
	}
	refusal, ok := errors.AsType[*interaction.TransitionError](err)
	if !ok {
		t.Fatalf("%s %q, %s, %+v: to %q (%v), want a refusal", l.Of, from, by, facts, row.To, err)
	}
	if refusal.Of != l.Of || refusal.From != string(from) || refusal.By != string(by) {
		t.Fatalf("%s %q, %s: the refusal is of %q, %q, %q", l.Of, from, by, refusal.Of, refusal.From, refusal.By)
	}
	if l.Possible(from, by) == (refusal.Rule == "") || (refusal.Rule == "") != (refusal.Remedy == "") {
		t.Fatalf("%s %q, %s: possible in this state is %t, the rule is %q, the remedy %q", l.Of, from, by, l.Possible(from, by), refusal.Rule, refusal.Remedy)
	}
	if refusal.Rule == "" {
		return
	}
	if rule, known := holds[refusal.Rule]; !known || rule(facts) {
		t.Fatalf("%s %q, %s, %+v: refused because of %q, which is not broken", l.Of, from, by, facts, refusal.Rule)
	}
	for _, part := range []string{l.Of, string(from), string(by), refusal.Rule} {
		if !strings.Contains(err.Error(), part) {
			t.Fatalf("%q does not name %q", err, part)
		}
	}
}

// either is both truths.
var either = []bool{false, true}

func TestNextPrefersTheFirstRowThatIsPossible(t *testing.T) {
	t.Parallel()
	type facts struct{ a, b, c bool }
	guard := func(rule string, holds func(facts) bool) interaction.Guard[facts] {
		return interaction.Guard[facts]{Rule: rule, Remedy: "mend " + rule, Holds: holds}
	}
	a := guard("a", func(f facts) bool { return f.a })
	b := guard("b", func(f facts) bool { return f.b })
	c := guard("c", func(f facts) bool { return f.c })
	type row = interaction.Transition[string, string, facts]
	l := interaction.Lifecycle[string, string, facts]{Of: "lamp", Rows: []row{
		{From: []string{"off"}, By: "switch", To: "bright", Guards: []interaction.Guard[facts]{a, b}},
		{From: []string{"off", "bright"}, By: "switch", To: "dim", Guards: []interaction.Guard[facts]{c}},
		{From: []string{"dim"}, By: "wait"},
	}}
	for _, test := range []struct {
		from, by string
		facts    facts
		to, rule string
	}{
		{"off", "switch", facts{a: true, b: true, c: true}, "bright", ""},
		{"off", "switch", facts{a: true, c: true}, "dim", ""},
		{"off", "switch", facts{a: true}, "", "b"}, // the first row comes nearest
		{"off", "switch", facts{b: true}, "", "a"}, // none comes near: the first says why
		{"bright", "switch", facts{a: true, b: true}, "", "c"},
		{"dim", "wait", facts{}, "dim", ""}, // the state stays
		{"dim", "switch", facts{a: true, b: true, c: true}, "", ""},
	} {
		got, err := l.Next(test.from, test.by, test.facts)
		if got.To != test.to {
			t.Errorf("%+v: to %q (%v)", test, got.To, err)
		}
		if refusal, refused := errors.AsType[*interaction.TransitionError](err); refused != (test.to == "") || refused && refusal.Rule != test.rule {
			t.Errorf("%+v: %v", test, err)
		}
	}
	if l.Rows[2].To != "" {
		t.Error("Next has changed the table")
	}
}

func TestWhatIsNotThereYetIsNamedSo(t *testing.T) {
	t.Parallel()
	_, err := interaction.ThreadLifecycle.Next("", interaction.ThreadCloses, interaction.ThreadFacts{})
	if err == nil || err.Error() != "thread is not there yet: close is not possible" {
		t.Error(err)
	}
}

func TestThreadLifecycle(t *testing.T) {
	t.Parallel()
	const open, closed = interaction.ThreadOpen, interaction.ThreadClosed
	holds := map[string]func(interaction.ThreadFacts) bool{
		"it has been silent for long enough":            func(f interaction.ThreadFacts) bool { return f.Silent },
		"none of its interventions is open or deferred": func(f interaction.ThreadFacts) bool { return f.Live <= 0 },
	}
	want := func(from interaction.ThreadStatus, by interaction.ThreadVerb, f interaction.ThreadFacts) outcome[interaction.ThreadStatus] {
		switch string(from) + " " + string(by) {
		case " start":
			return into(open)
		case "open continue":
			return into(open)
		case "open close":
			return into(closed, "content.thread_closed")
		case "open time_out":
			if f.Silent && f.Live == 0 {
				return into(closed, "content.thread_auto_closed")
			}
		case "closed reopen":
			return into(open, "content.thread_opened")
		}
		return outcome[interaction.ThreadStatus]{}
	}
	for _, from := range []interaction.ThreadStatus{"", open, closed} {
		for _, by := range []interaction.ThreadVerb{
			interaction.ThreadStarts, interaction.ThreadCloses, interaction.ThreadTimesOut, interaction.ThreadReopens, interaction.ThreadContinues,
		} {
			for _, silent := range either {
				for _, live := range []int{0, 1, 2} {
					f := interaction.ThreadFacts{Silent: silent, Live: live}
					walk(t, interaction.ThreadLifecycle, from, by, f, want(from, by, f), holds)
				}
			}
		}
	}
}

func TestSyncLifecycle(t *testing.T) {
	t.Parallel()
	const (
		pending = interaction.SyncPending
		success = interaction.SyncSuccess
		failure = interaction.SyncFailure
		aborted = interaction.SyncAborted
	)
	holds := map[string]func(interaction.SyncFacts) bool{
		"it is certain that the platform does not have it": func(f interaction.SyncFacts) bool { return !f.Uncertain },
	}
	// What becomes of each status by each verb; "" is that it cannot happen. A
	// pending content is withdrawn only if the platform surely does not have it.
	verbs := []interaction.SyncVerb{
		interaction.SyncPosts, interaction.SyncReceives, interaction.SyncSucceeds, interaction.SyncFails,
		interaction.SyncDoubts, interaction.SyncWithdraws, interaction.SyncRetries,
	}
	table := map[interaction.SyncStatus][]interaction.SyncStatus{
		"":      {pending, success, "", "", "", "", ""},
		pending: {"", "", success, failure, pending, aborted, pending},
		success: {"", "", "", "", "", "", ""},
		failure: {"", "", success, "", "", "", pending},
		aborted: {"", "", success, "", "", "", pending},
	}
	for from, row := range table {
		for i, by := range verbs {
			for _, uncertain := range either {
				want := outcome[interaction.SyncStatus]{possible: row[i] != "", to: row[i]}
				if by == interaction.SyncWithdraws && uncertain {
					want = outcome[interaction.SyncStatus]{}
				}
				// An end is told of, whichever it is.
				if from != "" && want.possible && want.to != pending {
					want.events = []string{"content.exported"}
				}
				walk(t, interaction.SyncLifecycle, from, by, interaction.SyncFacts{Uncertain: uncertain}, want, holds)
			}
		}
	}
}
