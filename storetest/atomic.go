package storetest

import (
	"fmt"
	"strings"

	"github.com/engage-interactions/engage/store"
)

// operations returns a batch with several operations of every sort, all of which
// hold after seed, and the names of those that name a version.
func (t *trial) operations(version store.Version) (b store.Batch, names []string) {
	b = t.batch(
		doc("put0", version, `"new"`, terms{owner: "new", state: "new"}),
		doc("put1", version, `"new"`, nil),
		doc("new0", none, `"new"`, terms{owner: "new"}),
		doc("new1", none, `"new"`, terms{state: "new"}),
	)
	b.Checks = []store.Check{{Key: key("check0"), Version: version}, {Key: key("check1"), Version: version}, {Key: key("absent")}}
	for _, id := range []string{"delete0", "delete1", "delete2"} {
		b.Deletes = append(b.Deletes, store.Check{Key: key(id), Version: version})
	}
	b.Events = []store.Event{event(b.ID + "-0"), event(b.ID + "-1")}
	for _, list := range []struct {
		name string
		n    int
	}{{"Checks", len(b.Checks)}, {"Puts", len(b.Puts)}, {"Deletes", len(b.Deletes)}} {
		for i := range list.n {
			names = append(names, fmt.Sprintf("%s[%d]", list.name, i))
		}
	}
	return b, names
}

// wrong is a version that no record ever has.
const wrong store.Version = "never-written"

// spoil makes the i-th of the versions that a batch names wrong, and returns its
// key.
func spoil(b *store.Batch, i int) store.Key {
	if i < len(b.Checks) {
		b.Checks[i].Version = wrong
		return b.Checks[i].Key
	}
	if i -= len(b.Checks); i < len(b.Puts) {
		b.Puts[i].Version = wrong
		return b.Puts[i].Key
	}
	i -= len(b.Puts)
	b.Deletes[i].Version = wrong
	return b.Deletes[i].Key
}

// seed writes the records that operations are about, and more if they are named.
func (t *trial) seed(s store.Store, more ...string) store.Version {
	t.Helper()
	var puts []store.Record
	for _, id := range append([]string{"put0", "put1", "check0", "check1", "delete0", "delete1", "delete2"}, more...) {
		puts = append(puts, doc(id, none, `"old"`, terms{owner: "old", state: id}))
	}
	b := t.batch(puts...)
	b.Events = []store.Event{event("seed")}
	return t.commit(s, b)
}

func checkCommitAtomic(t *trial) {
	s := t.open()
	version := t.seed(s)
	handles := t.handles(s)
	before := t.dump(s)

	_, names := t.operations(version)
	for i, name := range names {
		b, _ := t.operations(version)
		spoilt := spoil(&b, i)
		t.conflict(s.Commit(t.Context(), b), spoilt, wrong, "Commit of a batch with a wrong version in %s", name)
		if !t.unchanged(handles, before, "a batch that failed because of %s", name) {
			return
		}
	}

	// Nobody sees a failing batch in passing, either.
	var commits traffic
	failing := actor{least: 100, round: func(i int) bool {
		b, _ := t.operations(version)
		spoilt := spoil(&b, i%len(names))
		err := commits.commit(func() error { return s.Commit(t.Context(), b) })
		return t.conflict(err, spoilt, wrong, "Commit of a batch with a wrong version in %s", names[i%len(names)])
	}}
	actors := []actor{failing, failing}
	for _, h := range handles {
		actors = append(actors, commits.reader(100, func(int) bool {
			records, err := h.Get(t.Context(), keys("put0", "put1", "new0", "new1", "delete0", "delete1", "delete2")...)
			for i, r := range records {
				if absent := strings.HasPrefix(r.ID, "new"); r.Exists() == absent || (!absent && r.Version != version) {
					return t.broken(records[i], "the record as it was before", "Get while only failing batches write")
				}
			}
			page, err2 := h.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner})
			events, err3 := h.Events(t.Context(), acme, 0, 0)
			if err != nil || err2 != nil || err3 != nil || len(page.Records) != 7 || len(events) != 1 {
				return t.broken(fmt.Sprintf("%d records, %d events, errors %v, %v, %v", len(page.Records), len(events), err, err2, err3),
					"7 records, 1 event, no error", "Find and Events while only failing batches write")
			}
			return true
		}))
	}
	t.together(actors...)
	t.unchanged(handles, before, "many failing batches at the same time")

	checkAtomicAmongOthers(t, s)

	b, _ := t.operations(version)
	t.commit(s, b)
	s = t.reopen(s)
	for _, r := range t.get(s, keys("put0", "put1", "new0", "new1")...) {
		if r.Version != store.Version(b.ID) || string(r.Value) != `"new"` {
			t.broken(r, "the record that the batch put", "Get after a batch that holds")
		}
	}
	for _, r := range t.get(s, keys("delete0", "delete1", "delete2")...) {
		if r.Exists() {
			t.broken(r, "no record", "Get of what a batch that holds deleted")
		}
	}
	events := t.events(s, acme, 0)
	if n := len(events); n < 2 || events[n-2].ID != b.ID+"-0" || events[n-1].ID != b.ID+"-1" {
		t.broken(events, "the batch's two events at the end", "Events after a batch that holds")
	}
}

// checkAtomicAmongOthers commits good, conflicting and invalid batches at the
// same time, so that a store that takes several together must tell them apart.
func checkAtomicAmongOthers(t *trial, s store.Store) {
	t.Helper()
	const workers, rounds = 8, 8
	wg := t.group()
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				id := fmt.Sprintf("among-%d-%d", w, i)
				b := t.batch(doc(id+"a", none, `1`, terms{owner: id}), doc(id+"b", none, `2`, terms{state: id}))
				b.Events = []store.Event{event(id)}
				switch (w + i) % 3 {
				case 0:
					t.worked("Commit", s.Commit(t.Context(), b), "Commit of a good batch among conflicting and invalid ones")
				case 1:
					b.Puts = append(b.Puts, doc("check0", wrong, `3`, nil))
					t.conflict(s.Commit(t.Context(), b), key("check0"), wrong, "Commit of a conflicting batch among good ones")
				default:
					b.Puts = append(b.Puts, doc("check0", wrong, `{`, nil))
					t.invalid(s.Commit(t.Context(), b), "Commit of an invalid batch among good ones")
				}
			}
		})
	}
	wg.Wait()
	logged := map[string]bool{}
	for _, e := range t.events(s, acme, 0) {
		logged[e.ID] = true
	}
	for w := range workers {
		for i := range rounds {
			id := fmt.Sprintf("among-%d-%d", w, i)
			good := (w+i)%3 == 0
			a, b := t.get(s, key(id+"a"))[0].Exists(), t.get(s, key(id+"b"))[0].Exists()
			found := len(t.findAll(s, store.Query{Index: owner, Prefix: id, To: id + "\x01"})) == 1
			if a != good || b != good || found != good || logged[id] != good {
				t.broken(fmt.Sprintf("records %v and %v, term %v, event %v", a, b, found, logged[id]), fmt.Sprintf("%v in all places", good),
					"reading batch %s, one of many good, conflicting and invalid ones", id)
			}
		}
	}
}
