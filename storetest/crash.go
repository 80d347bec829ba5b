package storetest

import (
	"fmt"
	"math/rand/v2"

	"github.com/engage-interactions/engage/store"
)

// The three clauses about a killed process have one check, which reports of what
// it finds what is its own. It kills child processes of this test, one after
// another on the same data, and looks each time at what is left. The load is in
// crash_step.go, what a child does in crash_child.go, how it is started and killed
// in crash_process.go, what is known of the data in crash_account.go, what is read
// of it in crash_view.go, and what of that is wrong in crash_judge.go.

func checkCrashDurable(t *trial)   { t.crashes() }
func checkCrashAtomic(t *trial)    { t.crashes() }
func checkCrashPositions(t *trial) { t.crashes() }

// crashRounds is how often a check looks at what a killed process has left.
const crashRounds = 12

func (t *trial) crashes() {
	if e, ok := errandOf(t); ok {
		t.runErrand(e) // this is a child, and does not return
	}
	rng := Seed(t)
	for range Effort(t) {
		for round := 0; round < crashRounds; {
			// With what breaks another clause nobody can go on: on to other data.
			round += t.killOn(rng, crashRounds-round)
			if t.Failed() {
				return
			}
		}
	}
}

// killOn kills processes that write to the same data, for that many rounds,
// and fewer if a clause turns out to be broken. It returns how many they were.
func (t *trial) killOn(rng *rand.Rand, rounds int) int {
	t.Helper()
	crash := t.harness.Crash
	s := t.openBare()
	where := crash.Where(guarded{t.TB, t}, inner(s))
	t.succeed("Close", s.Close(), "Close of a new store, before a child process opens its data")
	a := newAccount()
	var fence store.Version
	for round := 1; round <= rounds; round++ {
		e, at := a.errand(where, round, fence), moment{word: wordCommitted, times: 1 + rng.IntN(25), draws: rng.IntN(200_000)}
		switch round % 6 {
		case 1, 3: // under load
		case 2: // the same, and events are forgotten meanwhile
			e.Trims = true
		case 4: // when all events were forgotten, and perhaps no new one is there
			at = moment{word: wordTrimmed, times: 1, draws: rng.IntN(50_000)}
			e.Clears = true
		case 0: // when all events were forgotten, new ones too, and nothing comes then
			at = moment{word: wordTrimmed, times: 1, draws: rng.IntN(50_000)}
			e.Ends = true
		default: // under load, of large batches that are written for long
			at.times, at.draws = 1+rng.IntN(6), rng.IntN(2_000_000)
		}
		said := t.live(e, at)
		a.heard(said)
		if rng.IntN(3) == 0 { // while they open what the first has left
			e.Works = false
			t.live(e, moment{word: wordBegun, times: 1, draws: 1 << rng.IntN(22)})
		}

		s := t.given(crash.Open(guarded{t.TB, t}, where), "Crash.Open")
		t.prepare(s, kinds()...)
		fence = t.fence(s, round)
		v := t.view(s, a.doubtful(round))
		a.fenced(v, string(fence))
		t.succeed("Close", s.Close(), "Close after everything was read that a killed process has left")
		if faults := a.judge(v, round); len(faults) > 0 {
			for _, f := range faults {
				if f.clause == t.clause.ID {
					t.broken(f.got, f.want, "killing a process that had said of %d batches that they were committed, for time %d on the same data, opening the data again and reading everything",
						count(said, wordCommitted), round)
				}
			}
			return round
		}
	}
	return rounds
}

// fence makes sure that no batch of a dead process is applied from now on, as a
// server may that has got it before: they all check the record that it changes. Its
// event shows where the log goes on.
func (t *trial) fence(s store.Store, round int) store.Version {
	t.Helper()
	b := store.Batch{ID: fmt.Sprintf("fence-%d", round), Tenant: acme}
	b.Puts = []store.Record{{Key: note(fenceID), Version: t.get(s, note(fenceID))[0].Version, Value: []byte(`1`)}}
	b.Events = []store.Event{event(b.ID)}
	return t.commit(s, b)
}
