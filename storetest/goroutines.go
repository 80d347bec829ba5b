package storetest

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// goroutineLabel marks the goroutines that a store starts: a goroutine has the
// labels of the one that started it.
const goroutineLabel = "storetest"

func checkCloseGoroutines(t *trial) {
	t.exercise(t.open()) // starts what a process starts once, and keeps

	for round := range 3 {
		value := fmt.Sprintf("%p-%d", t, round)
		ctx, cancel := context.WithCancel(t.Context())
		pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(goroutineLabel, value)))
		s := t.open()
		t.exercise(s)
		t.succeed("Commit", s.Commit(ctx, t.batch(doc("a", none, `1`, nil))), "Commit")
		cancel()
		if err := s.Commit(ctx, t.batch(doc("cancelled", none, `1`, nil))); err == nil {
			t.unfit("Commit", err, "the context's error", "Commit with a context that is cancelled")
		}
		t.succeed("Close", s.Close(), "Close")
		pprof.SetGoroutineLabels(t.Context()) // the check's own goroutine is none of them
		// A goroutine that has done all it does may still be on its way out.
		var left string
		for range 200 {
			if left = goroutines(value); left == "" {
				break
			}
			runtime.Gosched()
		}
		if left != "" {
			t.fatal(left, "none of the goroutines that were started since Open", "Close of a store that was used, looking at the goroutines")
		}
	}
}

// exercise calls every method, from several goroutines at the same time.
func (t *trial) exercise(s store.Store) {
	t.Helper()
	wg := t.group()
	for w := range 4 {
		wg.Go(func() {
			for i := range 3 {
				id := fmt.Sprintf("exercise%d-%d", w, i)
				b := t.batch(doc(id, none, `1`, terms{owner: "o"}))
				b.Events = []store.Event{event(id)}
				const did = "calling all methods from several goroutines"
				t.worked("Commit", s.Commit(t.Context(), b), did)
				_, err := s.Get(t.Context(), key(id))
				t.worked("Get", err, did)
				_, err = s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner, Limit: 1})
				t.worked("Find", err, did)
				_, err = s.Events(t.Context(), acme, 1<<40, 1)
				t.worked("Events", err, did)
				t.worked("Trim", s.Trim(t.Context(), acme, 1), did)
			}
		})
	}
	wg.Wait()
}

// goroutines returns the stacks of the goroutines with that label.
func goroutines(value string) string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return err.Error()
	}
	var left []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, strconv.Quote(value)) {
			left = append(left, stack)
		}
	}
	return strings.Join(left, "\n\n")
}
