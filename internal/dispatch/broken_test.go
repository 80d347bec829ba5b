package dispatch_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
)

// What the Engine promises is found to be broken where the store breaks its promises: so
// it would be if the Engine did not keep to what it must, such as to let a decision depend
// on what it has read.
func TestLiesOnTheFloorAreFound(t *testing.T) {
	t.Parallel()
	type lie struct {
		does  trials.Lie
		kinds []string
	}
	for _, lie := range some(t, []lie{
		{trials.LosesUpdates, []string{"worker"}},
		{trials.LosesUpdates, []string{"task", "interaction_channel"}},
		{trials.LosesUpdates, []string{"task_count"}},
		{trials.LosesUpdates, []string{"reservation", "task", "worker", "interaction_channel"}},
		{trials.ShowsOld, []string{"worker"}},
		{trials.ShowsOld, []string{"task"}},
		{trials.ShowsOld, []string{"reservation"}},
		{trials.ShowsOld, []string{"interaction_channel"}},
		{trials.Tears, []string{"ready_worker"}},
		{trials.Tears, []string{"task_count", "worker_count"}},
		{trials.Tears, []string{"job"}},
		{trials.Tears, []string{"content_thread"}},
	}, 6) {
		t.Run(fmt.Sprint(lie.does, lie.kinds), func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			for n := range 100 {
				st := memory.New()
				var liars []*trials.Liar
				f := newFloor(t, rng, st)
				f.lied, f.engines = true, nil
				for _, handle := range []store.Store{st, st.Peer()} {
					l := trials.NewLiar(handle, lie.does, trials.Luck(rng), lie.kinds...)
					liars = append(liars, l)
					f.engines = append(f.engines, must(newEngine(f, f.on(l)))(t))
				}
				f.acts(rng, 4, 25)
				for _, l := range liars {
					l.Reform()
				}
				if len(f.faults()) > 0 || f.lost() {
					t.Logf("found in round %d: %v", n, len(f.faults()))
					return
				}
			}
			t.Error("nobody has noticed")
		})
	}
}

// lost reports whether something is wrong at rest.
func (f *floor) lost() bool {
	for range 3 {
		f.clock.Pass(2 * time.Minute)
		for range 20 {
			if n, err := f.engines[0].RunDue(f.t.Context()); err == nil && n == 0 {
				break
			}
		}
	}
	wrong, err := atRest(f.t.Context(), f.st, f.clock.Now())
	return err != nil || len(wrong) > 0
}
