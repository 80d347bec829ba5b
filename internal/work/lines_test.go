package work

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/engage-interactions/engage/store"
)

func lineKey(i int) store.Key { return store.Key{Tenant: "t", Kind: "k", ID: string(rune('a' + i))} }

// TestLinesExclude lets many works take random sets of lines, growing them while
// they hold some: nobody is ever beside another in a line, and all get through.
func TestLinesExclude(t *testing.T) {
	t.Parallel()
	const keys = 5
	var l lines
	var inside [keys]sync.Mutex // TryLock tells whether somebody else is there
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 1))
			for range 200 {
				h := l.none()
				for range 3 {
					for range random.IntN(3) + 1 {
						if _, err := h.extend(t.Context(), []store.Key{lineKey(random.IntN(keys)), lineKey(random.IntN(keys))}); err != nil {
							t.Error(err)
						}
					}
					for _, k := range h.keys {
						if !inside[k.ID[0]-'a'].TryLock() {
							t.Errorf("two works hold the line of %v", k)
						}
					}
					for _, k := range h.keys {
						inside[k.ID[0]-'a'].Unlock()
					}
				}
				h.release()
			}
		})
	}
	wg.Wait()
	if len(l.line) != 0 {
		t.Errorf("%d lines are left over", len(l.line))
	}
}

// TestLinesAreFirstComeFirstServed, and who leaves the line does not hold it up.
func TestLinesAreFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l lines
		head := l.none()
		if waited, err := head.extend(t.Context(), []store.Key{lineKey(0)}); waited || err != nil {
			t.Fatal(waited, err)
		}
		leaving, leave := context.WithCancel(t.Context())
		var order []int
		for i := range 5 {
			ctx := t.Context()
			if i == 2 {
				ctx = leaving
			}
			go func() {
				h := l.none()
				waited, err := h.extend(ctx, []store.Key{lineKey(0)})
				if i == 2 {
					if !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					return
				}
				if !waited || err != nil {
					t.Error(waited, err)
				}
				order = append(order, i) // only the head of the line gets here
				h.release()
			}()
			synctest.Wait()
		}
		leave()
		synctest.Wait()
		head.release()
		synctest.Wait()
		for at, want := range []int{0, 1, 3, 4} {
			if len(order) != 4 || order[at] != want {
				t.Fatalf("served in the order %v", order)
			}
		}
	})
}
