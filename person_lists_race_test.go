package engage_test

import (
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
)

// TestListsWhileContactsComeAndGo at any moment, in another process perhaps: they are
// never refused, have what is the person's throughout, and nothing of a stranger's.
func TestListsWhileContactsComeAndGo(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		c := &crowd{desk: newDeskOn(t, a), below: &counting{Store: a}}
		declare(t, c.Engine, plainSchema())
		c.writes("e1", "eve")
		lists := append(personLists(false), personLists(true)...)
		own := make([]map[string]bool, len(lists)) // while it goes back, what was recorded is another's
		for n, l := range lists {
			own[n] = c.has(t, l, "eve")
		}
		c.writes("e2", "eve")
		c.visits("eve")

		reader := must(engage.New(t.Context(), b, &c.opts))(t)
		end, listed := make(chan struct{}), make([]map[string]bool, 3)
		var wg sync.WaitGroup
		for r := range listed {
			listed[r] = map[string]bool{}
			wg.Go(func() {
				for n := r; ; n++ {
					select {
					case <-end:
						return
					default:
					}
					l := lists[n%len(lists)]
					got, err := l.whole(t, reader, "eve")
					if err != nil {
						t.Errorf("%s: %v", l.name, err)
						return
					}
					for id := range own[n%len(lists)] {
						if !got[id] {
							t.Errorf("%s: %s is missing", l.name, id)
						}
					}
					maps.Copy(listed[r], got)
				}
			})
		}
		strange := map[string]bool{}
		for n := range 8 {
			other := fmt.Sprint("other ", n)
			c.writes(other, other)
			c.visits(other)
			c.merges("eve", other)
			c.unmergesEve()
			shared := map[string]bool{} // it was eve's for a while
			for _, l := range lists {
				maps.Copy(shared, c.has(t, l, other))
			}
			c.writes(other, "")
			c.visits(other)
			for _, l := range lists {
				for id := range c.has(t, l, other) {
					strange[id] = !shared[id]
				}
			}
			c.moves("e2", other)
			c.moves("e2", "eve")
		}
		close(end)
		wg.Wait()
		for _, ids := range listed {
			for id := range ids {
				if strange[id] {
					t.Errorf("%s is a stranger's", id)
				}
			}
		}
	})
}

// whole reads a list page by page, while others change it.
func (l personList) whole(t *testing.T, eng *engage.Engine, contact string) (map[string]bool, error) {
	t.Helper()
	got, next := map[string]bool{}, ""
	for range 10_000 {
		ids, after, err := l.read(t.Context(), eng, contact, 2, next)
		for _, id := range ids {
			got[id] = true
		}
		if next = after; err != nil || next == "" {
			return got, err
		}
	}
	return got, errors.New("it has no end")
}
