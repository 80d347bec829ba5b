package storetest

import (
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

func checkCommitContention(t *trial) {
	s := t.open()
	handles := t.handles(s)
	version := t.write(s, doc("shared", none, `1`, terms{owner: "all"}))

	// Each works on keys of its own, in pages, terms and a log that all share,
	// and checks a record that all of them check and nobody writes.
	const workers, rounds = 12, 10
	wg := t.group()
	for w := range workers {
		wg.Go(func() {
			h, last := handles[w%len(handles)], none
			for i := range rounds {
				own := fmt.Sprintf("own%02d", w)
				b := t.batch(doc(own, last, strconv.Itoa(i), terms{owner: "all", state: strconv.Itoa(i)}),
					doc(fmt.Sprintf("%s-%d", own, i), none, `1`, terms{owner: "all"}))
				b.Checks = []store.Check{{Key: key("shared"), Version: version}, {Key: key("absent")}}
				b.Events = []store.Event{event(b.ID)}
				if i > 0 {
					b.Deletes = []store.Check{{Key: key(fmt.Sprintf("%s-%d", own, i-1)), Version: last}}
				}
				if !t.worked("Commit", h.Commit(t.Context(), b), "Commit of %d workers at the same time, each of which writes keys of its own", workers) {
					return
				}
				last = store.Version(b.ID)
				_, err := h.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner})
				t.worked("Find", err, "Find beside %d writers", workers)
			}
		})
	}
	wg.Wait()
	if got := len(t.findAll(s, store.Query{Index: owner, Prefix: "all"})); got != 1+2*workers {
		t.broken(got, 1+2*workers, "counting the records after all workers are done")
	}
	if got := len(t.events(s, acme, 0)); got != workers*rounds {
		t.broken(got, workers*rounds, "counting the events after all workers are done")
	}

	checkContentionWithFailing(t, handles)
}

// checkContentionWithFailing writes a record whose version always holds, while
// others commit batches that write it too but fail for another reason. Those
// never happened, and so are no reason for a conflict.
func checkContentionWithFailing(t *trial, handles []store.Store) {
	t.Helper()
	s := handles[0]
	var current atomic.Value
	current.Store(t.write(s, doc("steady", none, `0`, nil)))
	good := actor{least: 50, round: func(i int) bool {
		version, _ := current.Load().(store.Version)
		b := t.batch(doc("steady", version, strconv.Itoa(i), nil))
		if !t.worked("Commit", s.Commit(t.Context(), b), "Commit of the only writer whose batches hold, beside batches on the same key that fail") {
			return false
		}
		current.Store(store.Version(b.ID))
		return true
	}}
	actors := []actor{good}
	for n := range 4 {
		h := handles[n%len(handles)]
		actors = append(actors, actor{least: 50, round: func(i int) bool {
			version, _ := current.Load().(store.Version)
			b := t.batch(doc("steady", version, `"never"`, nil), doc("shared", wrong, `"never"`, nil))
			err := h.Commit(t.Context(), b)
			return t.refused(err, store.ErrConflict, "Commit of a batch with a wrong version")
		}})
	}
	t.together(actors...)
}

// race commits batches at the same time, each through the next of the handles,
// and reports if not exactly one of them succeeds and the others conflict.
func (t *trial) race(handles []store.Store, batches []store.Batch, what string) {
	t.Helper()
	wg := t.group()
	var winners atomic.Int64
	start := make(chan struct{})
	for i, b := range batches {
		wg.Go(func() {
			<-start
			if err := handles[i%len(handles)].Commit(t.Context(), b); err == nil {
				winners.Add(1)
			} else {
				t.refused(err, store.ErrConflict, "Commit of %d batches at the same time, %s", len(batches), what)
			}
		})
	}
	close(start)
	wg.Wait()
	if got := winners.Load(); got != 1 {
		t.fatal(fmt.Sprintf("%d of them succeeded", got), "exactly one", "Commit of %d batches at the same time, %s", len(batches), what)
	}
}

func checkCommitExclusive(t *trial) {
	s := t.open()
	handles := t.handles(s)
	checkCounter(t, handles)

	remove := func(key store.Key, version store.Version) store.Batch {
		b := t.batch()
		b.Deletes = []store.Check{{Key: key, Version: version}}
		return b
	}
	checked := func(b store.Batch, key store.Key, version store.Version) store.Batch {
		b.Checks = []store.Check{{Key: key, Version: version}}
		return b
	}
	for i := range 10 {
		x, y := fmt.Sprintf("x%d", i), fmt.Sprintf("y%d", i)
		var creators []store.Batch
		for range 6 {
			creators = append(creators, t.batch(doc(x, none, `1`, nil), doc(y, none, `1`, nil)))
		}
		t.race(handles, creators, "all of which create the same records")

		version := t.get(s, key(x))[0].Version
		t.race(handles, []store.Batch{
			t.batch(doc(x, version, `2`, nil), doc(y, version, `2`, nil)), t.batch(doc(y, version, `3`, nil), doc(x, version, `3`, nil)),
			t.batch(doc(x, version, `4`, nil), doc(y, version, `4`, nil)), t.batch(doc(y, version, `5`, nil), doc(x, version, `5`, nil)),
		}, "all of which write the same two records, in this order or that")

		version = t.get(s, key(x))[0].Version
		t.race(handles, []store.Batch{
			checked(t.batch(doc(x, version, `6`, nil)), key(y), version), checked(t.batch(doc(y, version, `6`, nil)), key(x), version),
		}, "each of which checks the record that the other writes")

		version = t.get(s, key(x))[0].Version
		t.race(handles, []store.Batch{
			remove(key(x), version), t.batch(doc(x, version, `7`, nil)), remove(key(x), version), t.batch(doc(x, version, `8`, nil)),
		}, "some of which delete a record that the others put")
	}
}

// checkCounter lets many add one to the same number, each reading it first. Not
// one addition may get lost.
func checkCounter(t *trial, handles []store.Store) {
	t.Helper()
	const workers, successes = 6, 8
	t.write(handles[0], doc("counter", none, `0`, nil))
	wg := t.group()
	for w := range workers {
		wg.Go(func() {
			h := handles[w%len(handles)]
			// Each conflict is somebody else's success, so this has an end.
			for done, tries := 0, 0; done < successes && tries < 100*workers*successes; tries++ {
				records, err := h.Get(t.Context(), key("counter"))
				if err != nil || len(records) != 1 {
					t.unfit("Get", fmt.Sprintf("%d records, error %v", len(records), err), "one record", "Get of a counter")
					return
				}
				n, err := strconv.Atoi(string(records[0].Value))
				if err != nil {
					t.unfit("Get", records[0], "a number", "Get of a counter")
					return
				}
				b := t.batch(doc("counter", records[0].Version, strconv.Itoa(n+1), nil))
				b.Events = []store.Event{event(b.ID)}
				if err := h.Commit(t.Context(), b); err == nil {
					done++
				} else if !t.conflict(err, key("counter"), records[0].Version, "Commit of a counter that others write too") {
					return
				}
			}
		})
	}
	wg.Wait()
	for i, h := range handles {
		if got := string(t.get(h, key("counter"))[0].Value); got != strconv.Itoa(workers*successes) {
			t.broken(got, workers*successes, "Get, through handle %d, of a counter to which %d workers added 1 successfully, %d times each", i+1, workers, successes)
		}
	}
	if got := len(t.events(handles[0], acme, 0)); got != workers*successes {
		t.broken(fmt.Sprintf("%d events", got), workers*successes, "Events of the batches that added to the counter")
	}
}
