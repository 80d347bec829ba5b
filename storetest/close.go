package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

func checkCloseWaits(t *trial) {
	for round := range 6 {
		t.closeUnderLoad(round)
		if t.Failed() {
			return
		}
	}
}

// closeUnderLoad closes a store while others call it. A call that Close waited
// for has done what it does when Close returns, and any other does nothing; so
// what is there right after Close is what the callers are told then and later.
func (t *trial) closeUnderLoad(round int) {
	t.Helper()
	s := t.open()
	witness := s
	if t.harness.Peer != nil {
		witness = t.peer(s)
	}
	const workers = 6
	var (
		wg      sync.WaitGroup
		begun   = make(chan struct{}, workers)
		mu      sync.Mutex
		told    = map[string]bool{} // batches, and whether they were acknowledged
		readers atomic.Int64
	)
	for w := range workers {
		wg.Go(func() {
			for i := range 10_000 {
				if i == 1+round { // each is under way, and further in each round
					begun <- struct{}{}
				}
				id := fmt.Sprintf("w%d-%05d", w, i)
				b := t.batch(doc(id, none, `1`, terms{owner: "o"}), store.Record{Key: note(id), Value: []byte(`1`)})
				b.Events = []store.Event{event(id)}
				err := s.Commit(t.Context(), b)
				mu.Lock()
				told[id] = err == nil
				mu.Unlock()
				if err == nil {
					_, err = s.Get(t.Context(), key(id))
				}
				if err == nil {
					_, err = s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner, Limit: 2})
				}
				if err == nil {
					_, err = s.Events(t.Context(), acme, 0, 2)
				}
				if err != nil {
					readers.Add(1)
					t.refused(err, store.ErrClosed, "calling a store while another goroutine closes it")
					return
				}
			}
			t.broken("10,000 calls and no error", "ErrClosed", "calling a store while another goroutine closes it")
		})
	}
	for range workers {
		<-begun
	}
	t.succeed(s.Close(), "Close while %d goroutines call the store", workers)
	var atOnce []store.Event
	if witness != s {
		atOnce = t.events(witness, acme, 0)
	}
	wg.Wait()

	if witness == s {
		if t.harness.Reopen == nil {
			return // nothing to look through
		}
		witness = t.reopen(s)
		atOnce = t.events(witness, acme, 0)
	}
	there := map[string]bool{}
	for _, e := range atOnce {
		there[e.ID] = true
	}
	if later := t.events(witness, acme, 0); len(later) != len(atOnce) {
		t.fatal(fmt.Sprintf("%d events, and %d a little later", len(atOnce), len(later)), "no change after Close has returned", "Events through another handle after Close")
	}
	for id, acknowledged := range told {
		if there[id] != acknowledged {
			t.broken(fmt.Sprintf("there: %v", there[id]), fmt.Sprintf("there: %v, for that is what Commit said", acknowledged), "reading a batch through another handle right after Close")
		}
		for _, r := range t.get(witness, key(id), note(id)) {
			if r.Exists() != acknowledged {
				t.broken(r, fmt.Sprintf("a record: %v", acknowledged), "Get of a record of that batch through another handle after Close")
			}
		}
	}
}

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
		t.succeed(s.Commit(ctx, t.batch(doc("a", none, `1`, nil))), "Commit")
		cancel()
		if err := s.Commit(ctx, t.batch(doc("cancelled", none, `1`, nil))); err == nil {
			t.fatal(err, "the context's error", "Commit with a context that is cancelled")
		}
		t.succeed(s.Close(), "Close")
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
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 3 {
				id := fmt.Sprintf("exercise%d-%d", w, i)
				b := t.batch(doc(id, none, `1`, terms{owner: "o"}))
				b.Events = []store.Event{event(id)}
				err := s.Commit(t.Context(), b)
				_, err2 := s.Get(t.Context(), key(id))
				_, err3 := s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner, Limit: 1})
				_, err4 := s.Events(t.Context(), acme, 1<<40, 1)
				err5 := s.Trim(t.Context(), acme, 1)
				if err := errors.Join(err, err2, err3, err4, err5); err != nil {
					t.broken(err, "no error", "calling all methods from several goroutines")
				}
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

func checkCloseClosed(t *trial) {
	s := t.open()
	b := t.batch(doc("a", none, `1`, terms{owner: "o"}))
	b.Events = []store.Event{event("e1"), event("e2")}
	version := t.commit(s, b)
	position := t.events(s, acme, 0)[0].Position
	var other store.Store
	if t.harness.Peer != nil {
		other = t.peer(s)
	}
	before := t.dump(s)
	t.succeed(s.Close(), "Close")
	for range 2 {
		for _, c := range t.calls(version, position) {
			t.refused(c.do(t.Context(), s), store.ErrClosed, "%s after Close", c.name)
		}
		t.succeed(s.Close(), "Close again")
	}
	if other != nil {
		t.same(before, t.dump(other), "calls after Close, looking through another handle, which goes on working")
		t.write(other, doc("b", none, `1`, nil))
		t.write(other, doc("a", version, `2`, nil))
		t.succeed(other.Close(), "Close of the other handle")
		for _, c := range t.calls(version, position) {
			t.refused(c.do(t.Context(), other), store.ErrClosed, "%s after Close of the other handle, too", c.name)
		}
	} else if t.harness.Reopen != nil {
		t.same(before, t.dump(t.reopen(s)), "calls after Close, having opened the store again")
	}
}

func checkCloseIdempotent(t *trial) {
	s := t.open()
	t.write(s, doc("a", none, `1`, nil))
	for i := range 3 {
		t.succeed(s.Close(), "Close, for time %d", i+1)
	}
	_, err := s.Get(t.Context(), key("a"))
	t.refused(err, store.ErrClosed, "Get after several times Close")
	t.succeed(s.Close(), "Close after a call that gave ErrClosed")

	s = t.open() // and several at the same time
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := s.Close(); err != nil {
				t.broken(err, "no error", "Close from 8 goroutines at the same time")
			}
			_, err := s.Get(t.Context(), key("a"))
			t.refused(err, store.ErrClosed, "Get after one of several Close at the same time has returned")
		})
	}
	wg.Wait()

	// A handle that was never used, or has only just prepared, closes too.
	s = t.harness.Open(t.TB)
	t.succeed(s.Close(), "Close of a store that was never used")
	t.succeed(s.Close(), "Close of a store that was never used, again")
}
