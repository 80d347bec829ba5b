package enginetest

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/storetest"
)

// way is how a scenario is played.
type way struct {
	name string
	// fits reports whether the scenario can be played so; nil is always.
	fits func(s scenario, h storetest.Harness) bool
	play func(tb testing.TB, w *world, p plot)
}

// ways are all of them. Each scenario is played in each that fits it.
func ways() []way {
	return []way{
		{name: "over-faults", play: playOverFaults},
		{name: "again", play: playAgain},
		{name: "together", fits: func(s scenario, _ storetest.Harness) bool { return s.alone == "" }, play: playTogether},
		{name: "over-restarts", fits: func(_ scenario, h storetest.Harness) bool { return h.Reopen != nil }, play: playOverRestarts},
	}
}

// Run plays all scenarios of the Engine on the stores of the harness, each in a
// subtest of its room, and checks all invariants after each. The rooms run in
// parallel, on stores of their own.
//
// Without Peer the Engines that work together share one handle, and without Reopen
// nothing is restarted; t's log says so.
func Run(t *testing.T, h storetest.Harness) {
	t.Helper()
	run(t, h, 1)
}

// run is Run with every so-many-th of the faults at calls only, others each time.
func run(t *testing.T, h storetest.Harness, every int) {
	t.Helper()
	if h.Open == nil {
		t.Fatal("enginetest: the harness has no Open")
	}
	if h.Peer == nil {
		t.Log("enginetest: the harness has no Peer. Therefore all Engines share one handle")
	}
	if h.Reopen == nil {
		t.Log("enginetest: the harness has no Reopen. Therefore nothing is played over-restarts")
	}
	random := storetest.Seed(t)
	for _, r := range rooms() {
		if len(r.scenarios) == 0 {
			continue
		}
		from := random.IntN(every)
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := open(t, h)
			w.every = every
			for i, s := range r.scenarios {
				w.from = from + i
				t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) { s.playAll(t, w) })
			}
		})
	}
	seeds := random.Uint64()
	t.Run("crowd", func(t *testing.T) {
		t.Parallel()
		playCrowd(t, open(t, h), rand.New(rand.NewPCG(seeds, 0)))
	})
}

// playAll plays a scenario in all ways that fit, in one world.
func (s scenario) playAll(t *testing.T, w *world) {
	t.Helper()
	p := s.plot(t, w)
	for _, way := range ways() { // one after another, for they share the world
		if way.fits != nil && !way.fits(s, w.harness) {
			continue
		}
		t.Run(way.name, func(t *testing.T) { way.play(t, w, p) })
	}
}
