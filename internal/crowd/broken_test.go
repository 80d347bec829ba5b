package crowd_test

import (
	"fmt"
	"testing"

	"github.com/engage-interactions/engage/internal/trials"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
)

// What the Engine promises is found to be broken where the store breaks its promises: so
// it would be if the Engine did not keep to what it must, such as to let a decision depend
// on what it has read.
func TestLiesAreFound(t *testing.T) {
	t.Parallel()
	const control, list = "thread_control", "engaged_list"
	for _, lie := range []struct {
		does         trials.Lie
		kinds        []string
		told, booked bool // whether the answers, and the books, give it away
	}{
		{trials.LosesUpdates, []string{control, list, "content_thread", "correspondent", "intervention"}, true, false},
		{trials.ShowsOld, []string{list}, true, true},
		{trials.ShowsOld, []string{control}, true, true},
		{trials.Forgets, []string{control}, true, false},
	} {
		t.Run(fmt.Sprint(lie.does, lie.kinds), func(t *testing.T) {
			t.Parallel()
			rng := storetest.Seed(t)
			s := newHistory(t, trials.Stores()["memory"], rng, func(st store.Store) store.Store {
				return trials.NewLiar(st, lie.does, trials.Luck(rng), lie.kinds...)
			})
			told, booked := false, false
			for n := 0; n < 200 && (!told && lie.told || !booked && lie.booked); n++ {
				s.sourceID = []string{"agents", "bot", "nobody"}[n%3]
				s.settings = manySettings[s.sourceID]
				for _, h := range s.happens(t.Context(), rng, fmt.Sprint("ada-", n)) {
					told = told || h.unexplained() != ""
				}
				booked = booked || len(s.books.faults()) > 0
			}
			if !told && lie.told || !booked && lie.booked {
				t.Errorf("by the answers: %v, by the books: %v", told, booked)
			}
		})
	}
}
