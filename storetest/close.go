package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

func checkCloseWaits(t *trial) {
	t.patiently(func() {
		for round := 0; round < 6 && !t.Failed(); round++ {
			t.closeUnderLoad(round)
		}
	})
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
	const (
		workers = 6
		most    = 1_000 // calls of one: on a busy machine Close may be long in coming
	)
	var (
		wg       = t.group()
		over     = make(chan struct{}) // closed when Close has returned, or the check has given up
		begun    sync.WaitGroup
		mu       sync.Mutex
		told     = map[string]bool{} // batches, and whether they were acknowledged
		closing  atomic.Bool         // Close is called
		closed   atomic.Bool         // Close has returned
		finished atomic.Bool         // or the check has given up
	)
	begun.Add(workers)
	for w := range workers {
		wg.Go(func() {
			begin := sync.OnceFunc(begun.Done)
			defer begin() // nobody waits for one that has ended
			for i := 0; ; i++ {
				if i == 1+round { // each is under way, and further in each round
					begin()
				}
				if i == most {
					<-over
				}
				if finished.Load() {
					return
				}
				late := closed.Load()
				id := fmt.Sprintf("w%d-%05d", w, i)
				method, err := t.everything(s, id, func(acknowledged bool) {
					mu.Lock()
					defer mu.Unlock()
					told[id] = acknowledged
				})
				switch {
				case err != nil && !closing.Load():
					t.unfit(method, err, "no error", "calling a store that nobody has closed yet")
					return
				case err != nil:
					t.refused(err, store.ErrClosed, "calling a store while another goroutine closes it")
					return
				case late:
					t.broken(err, "ErrClosed", "calling a store after Close has returned on another goroutine")
					return
				}
			}
		})
	}
	defer wg.Wait()
	release := sync.OnceFunc(func() { close(over) })
	defer release()
	defer finished.Store(true)
	begun.Wait()
	closing.Store(true)
	t.succeed("Close", s.Close(), "Close while %d goroutines call the store", workers)
	closed.Store(true)
	release()
	var atOnce []store.Event
	if t.harness.Peer != nil {
		atOnce = t.events(witness, acme, 0)
	}
	wg.Wait()
	if t.Failed() {
		return
	}

	if t.harness.Peer == nil {
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

// everything writes a batch, tells whether it was acknowledged, and reads. It
// returns the first error, and whose it is.
func (t *trial) everything(s store.Store, id string, tell func(acknowledged bool)) (method string, err error) {
	b := t.batch(doc(id, none, `1`, terms{owner: "o"}), store.Record{Key: note(id), Value: []byte(`1`)})
	b.Events = []store.Event{event(id)}
	err = s.Commit(t.Context(), b)
	tell(err == nil)
	if err != nil {
		return "Commit", err
	}
	if _, err = s.Get(t.Context(), key(id)); err != nil {
		return "Get", err
	}
	if _, err = s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner, Limit: 2}); err != nil {
		return "Find", err
	}
	_, err = s.Events(t.Context(), acme, 0, 2)
	return "Events", err
}

func checkCloseClosed(t *trial) {
	s := t.open()
	b := t.batch(doc("a", none, `1`, terms{owner: "o"}))
	b.Events = []store.Event{event("e1"), event("e2")}
	version := t.commit(s, b)
	position := t.logged(s, 2)[0].Position
	var other store.Store
	if t.harness.Peer != nil {
		other = t.peer(s)
	}
	before := t.dump(s)
	t.succeed("Close", s.Close(), "Close")
	for range 2 {
		for _, c := range t.calls(version, position) {
			t.refused(c.do(t.Context(), s), store.ErrClosed, "%s after Close", c.name)
		}
		t.succeed("Close", s.Close(), "Close again")
	}
	if other != nil {
		if _, err := other.Get(t.Context(), key("a")); err != nil {
			t.fatal(err, "no error", "Get through another handle, which nobody has closed, after Close of the first")
		}
		if err := other.Commit(t.Context(), t.batch(store.Record{Key: key("c"), Value: []byte(`1`)})); err != nil {
			t.fatal(err, "no error", "Commit through another handle, which nobody has closed, after Close of the first")
		}
		remove := t.batch()
		remove.Deletes = []store.Check{{Key: key("c"), Version: t.get(other, key("c"))[0].Version}}
		t.commit(other, remove)
		t.same(before, t.dump(other), "calls after Close, looking through another handle, which goes on working")
		t.write(other, doc("b", none, `1`, nil))
		t.write(other, doc("a", version, `2`, nil))
		t.succeed("Close", other.Close(), "Close of the other handle")
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
		t.succeed("Close", s.Close(), "Close, for time %d", i+1)
	}
	_, err := s.Get(t.Context(), key("a"))
	t.refused(err, store.ErrClosed, "Get after several times Close")
	t.succeed("Close", s.Close(), "Close after a call that gave ErrClosed")

	s = t.open() // and several at the same time
	wg := t.group()
	for range 8 {
		wg.Go(func() {
			t.worked("Close", s.Close(), "Close from 8 goroutines at the same time")
			_, err := s.Get(t.Context(), key("a"))
			t.refused(err, store.ErrClosed, "Get after one of several Close at the same time has returned")
		})
	}
	wg.Wait()

	// A handle that was never used, or has only just prepared, closes too.
	s = t.openBare()
	t.succeed("Close", s.Close(), "Close of a store that was never used")
	t.succeed("Close", s.Close(), "Close of a store that was never used, again")
}
