package handover_test

import (
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/handover"
)

// Limits of an exploration, in states.
const (
	// glance is how far a run goes that is not a soak. It goes breadth first, so that
	// whatever takes few steps is seen.
	glance = 600
	short  = 150
	probe  = 200       // of so many worlds one is compared with another of the same state
	most   = 2_000_000 // more would be a fault of the worlds, and not end
)

// TestExplore goes through every state that the rules can lead to, with a platform that
// loses answers, does things late and has other apps that interfere. In every state what
// must hold holds, and from each some way leads on to either side by ordinary steps.
//
// All that takes minutes, which a soak has: with STORETEST_EFFORT=2, or more, each is
// explored whole. Else the states nearest to the start are, which is all where there is no
// platform.
func TestExplore(t *testing.T) {
	t.Parallel()
	settings := map[string]handover.Settings{
		"agent primary":     {Primary: handover.Agent},
		"bot primary":       {Primary: handover.Bot, BotApp: "bot-a"},
		"no primary":        {},
		"falls back":        {Primary: handover.Bot, BotApp: "bot-a", MayTake: true, Fallback: handover.TakeOver},
		"without requests":  {Primary: handover.Bot, BotApp: "bot-a", NoRequest: true},
		"agents by default": {NoRequest: true, MayTake: true},
		"ignores deferred":  {Primary: handover.Agent, IgnoreDeferred: true},
		"ignores bots":      {Primary: handover.Agent, IgnoreBots: true},
		"ignores both":      {Primary: handover.Agent, IgnoreDeferred: true, IgnoreBots: true},
		"whole contact":     {Primary: handover.Agent, WholeContact: true},
	}
	whole := os.Getenv("STORETEST_EFFORT") != "" && os.Getenv("STORETEST_EFFORT") != "1"
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		s := settings[name]
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"arbiter", "platform", "platform that cannot be asked"} {
			for _, extras := range [][]extra{{}, {virtualBots, waits}, {interferes}, {late}, {another, waits}, {elsewhere, waits}, {recounts, waits}, {recounts, elsewhere}} {
				if slices.Contains(extras, recounts) && !s.IgnoreDeferred && !s.IgnoreBots && !s.WholeContact {
					continue // nothing that could change
				}
				limit := glance
				if slices.Contains(extras, recounts) { // during a pass that is told, which takes some steps
					limit *= 5
				}
				switch {
				case whole:
					limit = most
				case testing.Short():
					limit = short
				}
				t.Run(fmt.Sprint(name, ", ", kind, ", ", extras), func(t *testing.T) {
					t.Parallel()
					explore(t, newWorld(s, kind != "arbiter", kind == "platform", extras...), limit)
				})
			}
		}
	}
}

// found is a state that an exploration has come to.
type found struct {
	world  *world // nil once its steps have been taken
	parent int    // where it was come from, and by which step
	by     string
	sides  [2]bool // whether the agents, and a bot, have control for good
	back   []int32 // where one comes from to it by ordinary steps
}

// exploration is what has been found, in the order in which it was.
type exploration struct {
	start  world
	seen   map[[2]uint64]int // by the state, of which there are too many to keep
	seeds  [2]maphash.Seed
	states []found
	met    int // how often it has come to a state
}

// explore goes through the states that can be come to, or the first of them.
func explore(t *testing.T, start world, limit int) {
	t.Helper()
	e := exploration{start: start, seen: map[[2]uint64]int{}, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	e.find(start.fork(), 0, "")
	n := 0
	for ; n < len(e.states) && n < limit; n++ {
		w := e.states[n].world
		for _, s := range w.steps() {
			next := w.fork()
			if err := s.do(&next); errors.Is(err, errRefused) {
				continue
			} else if err != nil {
				t.Fatalf("%v\nafter %s\n%+v\n%+v", err, strings.Join(append(e.way(n), s.name), "; "), w.state(), next.state())
			}
			at := e.find(next, n, s.name)
			e.met++
			if e.met%probe == 0 && e.states[at].world != nil {
				if err := alike(e.states[at].world, &next); err != nil {
					t.Fatalf("%v\nafter %s\nand %s", err, strings.Join(e.way(at), "; "), strings.Join(append(e.way(n), s.name), "; "))
				}
			}
			if s.kind == ordinary {
				e.states[at].back = append(e.states[at].back, int32(n)) //nolint:gosec // there are far fewer
			}
		}
		e.states[n].world = nil
	}
	if n == most {
		t.Fatalf("more than %d states: %+v", n, e.states[n-1].by)
	}
	t.Logf("%d of %d states", n, len(e.states))
	for side, name := range []string{"the agents", "a bot"} {
		if stuck := e.stuck(side); stuck >= 0 {
			t.Errorf("from here nothing leads control to %s: %+v\nafter %s", name, e.again(stuck), strings.Join(e.way(stuck), "; "))
		}
	}
}

// find returns the number of a world's state.
func (e *exploration) find(w world, parent int, by string) int {
	s := w.state()
	key := [2]uint64{maphash.Comparable(e.seeds[0], s), maphash.Comparable(e.seeds[1], s)}
	if at, known := e.seen[key]; known {
		return at
	}
	at := len(e.states)
	e.seen[key] = at
	withAgents, withBot := w.sides()
	e.states = append(e.states, found{world: &w, parent: parent, by: by, sides: [2]bool{withAgents, withBot}})
	return at
}

// alike checks that of two worlds of the same state the same can become: that there is
// nothing else that the rules can tell of them.
func alike(a, b *world) error {
	steps := b.steps()
	for n, s := range a.steps() {
		if n >= len(steps) || steps[n].name != s.name {
			return fmt.Errorf("only one can do this: %s", s.name)
		}
		nextA, nextB := a.fork(), b.fork()
		errA, errB := s.do(&nextA), steps[n].do(&nextB)
		if errors.Is(errA, errRefused) != errors.Is(errB, errRefused) || errA == nil && errB == nil && nextA.state() != nextB.state() {
			return fmt.Errorf("after %s two that were alike are not: %+v, %w, and %+v, %w", s.name, nextA.state(), errA, nextB.state(), errB)
		}
	}
	return nil
}

// stuck returns a state from which no ordinary steps bring control to a side: -1 if there
// is none. Where steps have not been taken, anything may follow.
func (e *exploration) stuck(side int) int {
	reaches := make([]bool, len(e.states))
	var queue []int
	for n, s := range e.states {
		if s.sides[side] || s.world != nil {
			reaches[n] = true
			queue = append(queue, n)
		}
	}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, from := range e.states[n].back {
			if !reaches[from] {
				reaches[from] = true
				queue = append(queue, int(from))
			}
		}
	}
	return slices.Index(reaches, false)
}

// way returns the steps that lead to a state.
func (e *exploration) way(n int) (steps []string) {
	for ; n > 0; n = e.states[n].parent {
		steps = append(steps, e.states[n].by)
	}
	slices.Reverse(steps)
	return steps
}

// again goes to a state once more, and returns it.
func (e *exploration) again(n int) state {
	w := e.start.fork()
	for _, name := range e.way(n) {
		steps := w.steps()
		at := slices.IndexFunc(steps, func(s step) bool { return s.name == name })
		_ = steps[at].do(&w)
	}
	return w.state()
}
