package storetest

import (
	"fmt"
	"strconv"
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

	t.patiently(func() { checkFailingUnseen(t, s, handles, version) })
	t.unchanged(handles, before, "many failing batches at the same time")

	checkAtomicAmongOthers(t, s)
	t.patiently(func() { checkSeenWhole(t) })
	checkOfOneSort(t, s)

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

// checkFailingUnseen looks for a batch that fails in passing.
func checkFailingUnseen(t *trial, s store.Store, handles []store.Store, version store.Version) {
	t.Helper()
	_, names := t.operations(version)
	var commits traffic
	failing := actor{least: 100, round: func(i int) bool {
		b, _ := t.operations(version)
		spoil(&b, i%len(names))
		err := commits.commit(func() error { return s.Commit(t.Context(), b) })
		return t.refused(err, store.ErrConflict, "Commit of a batch with a wrong version in %s", names[i%len(names)])
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
			whole := len(page.Records) == 7 || (page.Next != "" && len(page.Records) < 7)
			if err != nil || err2 != nil || err3 != nil || !whole || len(events) != 1 {
				return t.broken(fmt.Sprintf("%d records, %d events, errors %v, %v, %v", len(page.Records), len(events), err, err2, err3),
					"7 records, 1 event, no error", "Find and Events while only failing batches write")
			}
			return true
		}))
	}
	t.together(actors...)
}

// checkSeenWhole looks for a batch that shows in part. Each batch has the next
// number in two records and an event, and deletes what the one before it has
// created; so whoever has seen a number anywhere finds it, or a later one,
// wherever else it belongs. All is read one by one, as batches are under test
// and not what reads many at once.
func checkSeenWhole(t *trial) {
	t.Helper()
	handles := t.handles(t.open())
	var commits traffic
	version := none
	created := func(i int) store.Key { return note(fmt.Sprintf("created%06d", i)) }
	actors := append(t.crowd(handles), actor{least: 60, round: func(i int) bool {
		number := []byte(strconv.Itoa(i))
		b := t.batch(
			doc("first", version, string(number), terms{owner: fmt.Sprintf("%06d", i)}),
			store.Record{Key: created(i), Value: number},
			doc("second", version, string(number), nil))
		if i > 0 {
			b.Deletes = []store.Check{{Key: created(i - 1), Version: version}}
		}
		e := event(b.ID)
		e.Value = number
		b.Events = []store.Event{e}
		err := commits.commit(func() error { return handles[0].Commit(t.Context(), b) })
		version = store.Version(b.ID)
		return t.worked("Commit", err, "Commit of the only writer")
	}})
	number := func(s store.Store, id string) (int, bool) {
		records, err := s.Get(t.Context(), key(id))
		if err != nil || len(records) != 1 {
			return 0, t.unfit("Get", fmt.Sprintf("%d records, error %v", len(records), err), "one record", "Get of one key")
		}
		if !records[0].Exists() {
			return -1, true // before the first batch
		}
		n, err := strconv.Atoi(string(records[0].Value))
		if err != nil {
			return 0, t.unfit("Get", records[0], "a number", "Get of a numbered record")
		}
		return n, true
	}
	for i, h := range handles {
		for _, from := range []string{"first", "second"} {
			other := handles[len(handles)-1-i]
			after, logged := int64(0), -1
			actors = append(actors, commits.reader(100, func(int) bool {
				seen, ok := number(h, from)
				if !ok || seen < 0 {
					return ok
				}
				did := fmt.Sprintf("after Get of the record %q showed number %d, which one batch wrote everywhere", from, seen)
				for _, id := range []string{"second", "first"} {
					if n, ok := number(other, id); !ok || n < seen {
						return ok && t.broken(fmt.Sprintf("number %d", n), fmt.Sprintf("%d, or a later one", seen), "Get of the record %q %s", id, did)
					}
				}
				if seen > 0 {
					gone, err := other.Get(t.Context(), created(seen-1))
					if err != nil || len(gone) != 1 || gone[0].Exists() {
						return t.broken(fmt.Sprintf("%v, error %v", show(gone), err), "no record, for the same batch deleted it", "Get %s", did)
					}
				}
				page, err := other.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner, From: fmt.Sprintf("%06d", seen)})
				if err != nil || len(page.Records) != 1 {
					return t.broken(fmt.Sprintf("%v, error %v", show(page.Records), err), "the one record that has a term", "Find by a term of that number or a later one %s", did)
				}
				for logged < seen {
					events, err := other.Events(t.Context(), acme, after, store.MaxLimit)
					if err != nil || len(events) == 0 || !t.growing(events, after) {
						return t.broken(fmt.Sprintf("none behind that with number %d, error %v", logged, err), fmt.Sprintf("the event with number %d", seen), "Events %s", did)
					}
					last := events[len(events)-1]
					after = last.Position
					if logged, err = strconv.Atoi(string(last.Value)); err != nil {
						return t.unfit("Events", last, "a number", "Events of numbered events")
					}
				}
				return true
			}))
		}
	}
	t.together(actors...)
}

// checkOfOneSort commits batches that have one sort of operation, and an event.
func checkOfOneSort(t *trial, s store.Store) {
	t.Helper()
	logged := len(t.events(s, acme, 0))
	version := t.write(s, doc("changes", none, `1`, nil), doc("goes", none, `1`, nil))
	for what, b := range map[string]store.Batch{
		"creates":  t.change(nil, at("comes", none), nil),
		"replaces": t.change(nil, at("changes", version), nil),
		"deletes":  t.change(nil, nil, at("goes", version)),
	} {
		b.Events = []store.Event{event(b.ID)}
		t.commit(s, b)
		logged++
		if all := t.events(s, acme, 0); len(all) != logged || all[logged-1].ID != b.ID {
			t.broken(fmt.Sprintf("%d events", len(all)), fmt.Sprintf("%d, the last of which is the batch's", logged), "Events after a batch that only %s a record", what)
		}
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
