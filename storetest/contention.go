package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

// duel is several batches about the same records, of which not all can be
// applied in any order.
type duel struct {
	what    string
	seed    []string // the names of the records that are there before
	batches func(t *trial, name func(string) string, version store.Version) []store.Batch
	most    int // of them can be applied
}

// change returns a batch of what may stand in one, with a Put for each version
// that put names.
func (t *trial) change(checks, puts, deletes []store.Check) store.Batch {
	b := t.batch()
	b.Checks, b.Deletes = checks, deletes
	for _, put := range puts {
		b.Puts = append(b.Puts, store.Record{Key: put.Key, Version: put.Version, Value: []byte(`1`), Terms: terms{owner: b.ID}})
	}
	return b
}

// at names the versions of a record in a duel: that it was seeded with, or none.
func at(name string, version store.Version) []store.Check {
	return []store.Check{{Key: key(name), Version: version}}
}

// duels returns an actor that has batches of one duel after the other committed
// at the same moment, and hands their answers to judge.
func (t *trial) duels(handles []store.Store, least int, all []duel, judge func(d duel, errs []error) bool) actor {
	var version store.Version
	const together = 20 // so many are seeded with one batch
	const many = 200    // of each duel, unless that takes long
	done := 0
	enough := func() bool { return done >= many*len(all) || !t.veryPatient() }
	return actor{least: least, enough: enough, round: func(i int) bool {
		done++
		name := func(i int) func(string) string {
			return func(record string) string { return fmt.Sprintf("%p-%06d-%s", all, i, record) }
		}
		if i%together == 0 {
			b := t.batch(store.Record{Key: note(name(i)("seed")), Value: []byte(`1`)})
			for j := range together {
				for _, record := range all[(i+j)%len(all)].seed {
					b.Puts = append(b.Puts, doc(name(i+j)(record), none, `0`, nil))
				}
			}
			if !t.worked("Commit", handles[0].Commit(t.Context(), b), "Commit of records that nobody else writes") {
				return false
			}
			version = store.Version(b.ID)
		}
		d := all[i%len(all)]
		batches := d.batches(t, name(i), version)
		if len(batches) < 4 { // two of each sort meet more often, and one of a sort succeeds at most
			batches = append(batches, d.batches(t, name(i), version)...)
		}
		errs := make([]error, len(batches))
		t.atOnce(len(batches), func(n int) {
			h := handles[0]
			if i/len(all)%3 != 0 { // mostly through both, sometimes through one
				h = handles[(i+n)%len(handles)]
			}
			errs[n] = h.Commit(t.Context(), batches[n])
		})
		for _, err := range errs {
			if err != nil && !errors.Is(err, store.ErrConflict) {
				return t.unfit("Commit", err, "no error, or a conflict", "Commit of %d batches at the same time, %s", len(batches), d.what)
			}
		}
		return judge(d, errs)
	}}
}

// atOnce calls f as often at the same time as goroutines can. Who is first is left to
// chance: on one processor it would always be the same.
func (t *trial) atOnce(n int, f func(n int)) {
	wg := t.group()
	var arrived atomic.Int64
	for _, i := range rand.Perm(n) { //nolint:gosec // a test's luck
		wg.Go(func() {
			arrived.Add(1)
			for spins := 1; arrived.Load() < int64(n); spins++ {
				if spins%100 == 0 {
					runtime.Gosched()
				}
			}
			f(i)
		})
	}
	wg.Wait()
}

// winners counts the batches that were applied.
func winners(errs []error) int {
	n := 0
	for _, err := range errs {
		if err == nil {
			n++
		}
	}
	return n
}

// atMost reports a duel of which too many batches were applied.
func (t *trial) atMost(d duel, errs []error) bool {
	if n := winners(errs); n > d.most {
		return t.broken(fmt.Sprintf("%d of them succeeded", n), fmt.Sprintf("at most %d", d.most), "Commit of %d batches at the same time, %s", len(errs), d.what)
	}
	return true
}

func checkCommitContention(t *trial) {
	checkOwnKeys(t)
	t.patiently(func() {
		handles := t.handles(t.open())
		// The first of several batches cannot conflict with the others.
		actors := append(t.crowd(handles), t.duels(handles, 30, append(exclusive(), serial()...), func(d duel, errs []error) bool {
			if winners(errs) == 0 {
				return t.broken("all of them conflicted", "one that succeeds, for there is nothing else that it could conflict with", "Commit of %d batches at the same time, %s", len(errs), d.what)
			}
			return true
		}))
		t.together(actors...)
	})
	t.patiently(func() {
		handles := t.handles(t.open())
		t.together(append(t.crowd(handles), t.besideFailing(handles)...)...)
	})
}

// checkOwnKeys lets each work on keys of its own, in pages, terms and a log that
// all share, and checks a record that all of them check and nobody writes.
func checkOwnKeys(t *trial) {
	t.Helper()
	s := t.open()
	handles := t.handles(s)
	version := t.write(s, doc("shared", none, `1`, terms{owner: "all"}))
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
}

// besideFailing writes a record whose version always holds, while others commit
// batches that write it too but fail for another reason. Those never happened,
// and so are no reason for a conflict.
func (t *trial) besideFailing(handles []store.Store) []actor {
	t.Helper()
	s := handles[0]
	var current atomic.Value
	current.Store(t.write(s, doc("steady", none, `0`, nil), doc("shared", none, `0`, nil)))
	actors := []actor{{least: 50, round: func(i int) bool {
		version, _ := current.Load().(store.Version)
		b := t.batch(doc("steady", version, strconv.Itoa(i), nil))
		if !t.worked("Commit", s.Commit(t.Context(), b), "Commit of the only writer whose batches hold, beside batches on the same key that fail") {
			return false
		}
		current.Store(store.Version(b.ID))
		return true
	}}}
	for n := range 2 {
		h := handles[n%len(handles)]
		actors = append(actors, actor{least: 50, round: func(int) bool {
			version, _ := current.Load().(store.Version)
			b := t.batch(doc("steady", version, `"never"`, nil), doc("shared", wrong, `"never"`, nil))
			err := h.Commit(t.Context(), b)
			return t.refused(err, store.ErrConflict, "Commit of a batch with a wrong version")
		}})
	}
	return actors
}

// exclusive returns duels in which all want the same version of a record.
func exclusive() []duel {
	return []duel{
		{"all of which create the same record", nil, func(t *trial, name func(string) string, _ store.Version) []store.Batch {
			return []store.Batch{t.change(nil, at(name("x"), none), nil), t.change(nil, at(name("x"), none), nil)}
		}, 1},
		{"all of which put the same version of a record", []string{"x"}, func(t *trial, name func(string) string, v store.Version) []store.Batch {
			return []store.Batch{t.change(nil, at(name("x"), v), nil), t.change(nil, at(name("x"), v), nil)}
		}, 1},
		{"some of which delete the version of a record that the others put", []string{"x"}, func(t *trial, name func(string) string, v store.Version) []store.Batch {
			return []store.Batch{t.change(nil, at(name("x"), v), nil), t.change(nil, nil, at(name("x"), v))}
		}, 1},
		{"all of which delete the same version of a record", []string{"x"}, func(t *trial, name func(string) string, v store.Version) []store.Batch {
			return []store.Batch{t.change(nil, nil, at(name("x"), v)), t.change(nil, nil, at(name("x"), v))}
		}, 1},
		{"all of which write the same two records, in this order or that", []string{"x", "y"}, func(t *trial, name func(string) string, v store.Version) []store.Batch {
			x, y := at(name("x"), v), at(name("y"), v)
			return []store.Batch{
				t.change(nil, append(x[:1:1], y...), nil), t.change(nil, append(y[:1:1], x...), nil),
				t.change(nil, x, y), t.change(nil, y, x),
			}
		}, 1},
	}
}

func checkCommitExclusive(t *trial) {
	t.patiently(func() {
		s := t.open()
		handles := t.handles(s)
		actors := append(t.crowd(handles), t.duels(handles, 40, exclusive(), t.atMost))
		t.together(actors...)
	})
	checkCounter(t)
}

// checkCounter lets many add one to the same number, each reading it first. Not
// one addition may get lost.
func checkCounter(t *trial) {
	t.Helper()
	t.patiently(func() {
		handles := t.handles(t.open())
		const workers = 4
		t.write(handles[0], doc("counter", none, `0`, nil))
		var successes atomic.Int64
		actors := t.crowd(handles)
		for w := range workers {
			h := handles[w%len(handles)]
			actors = append(actors, actor{least: 10, round: func(int) bool {
				records, err := h.Get(t.Context(), key("counter"))
				if err != nil || len(records) != 1 {
					return t.unfit("Get", fmt.Sprintf("%d records, error %v", len(records), err), "one record", "Get of a counter")
				}
				n, err := strconv.Atoi(string(records[0].Value))
				if err != nil {
					return t.unfit("Get", records[0], "a number", "Get of a counter")
				}
				b := t.batch(doc("counter", records[0].Version, strconv.Itoa(n+1), nil))
				b.Events = []store.Event{event(b.ID)}
				if err := h.Commit(t.Context(), b); err == nil {
					successes.Add(1)
				} else if !errors.Is(err, store.ErrConflict) {
					return t.unfit("Commit", err, "no error, or a conflict", "Commit of a counter that others write too")
				}
				return true
			}})
		}
		t.together(actors...)
		if t.Failed() {
			return
		}
		for i, h := range handles {
			if got, want := string(t.get(h, key("counter"))[0].Value), strconv.FormatInt(successes.Load(), 10); got != want {
				t.broken(got, want, "Get, through handle %d, of a counter to which %d workers together added 1 successfully so many times", i+1, workers)
			}
		}
		if got := int64(len(t.events(handles[0], acme, 0))); got != successes.Load() {
			t.broken(fmt.Sprintf("%d events", got), successes.Load(), "Events of the batches that added to the counter")
		}
	})
}
