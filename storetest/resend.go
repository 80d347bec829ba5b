package storetest

import (
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// resends returns batches to send twice, one for each sort of operation and one
// with all. All of them hold after seed.
func (t *trial) resends(version store.Version) map[string]store.Batch {
	mixed, _ := t.operations(version)
	creates := t.batch(doc("create0", none, `1`, terms{owner: "c"}), doc("create1", none, `1`, nil))
	replaces := t.batch(doc("replace0", version, `2`, terms{owner: "r"}), doc("replace1", version, `2`, nil))
	deletes := t.batch()
	deletes.Deletes = []store.Check{{Key: key("remove0"), Version: version}, {Key: key("remove1"), Version: version}}
	for _, b := range []*store.Batch{&creates, &replaces, &deletes} {
		b.Events = []store.Event{event(b.ID + "-0"), event(b.ID + "-1")}
	}
	return map[string]store.Batch{"creates records": creates, "replaces records": replaces, "deletes records": deletes, "does all of these": mixed}
}

// written returns what a batch expected of the records that it has changed since.
func written(b store.Batch) []store.Check {
	all := slices.Clone(b.Deletes)
	for _, put := range b.Puts {
		all = append(all, store.Check{Key: put.Key, Version: put.Version})
	}
	return all
}

func checkCommitResend(t *trial) {
	s := t.open()
	version := t.seed(s, "replace0", "replace1", "remove0", "remove1")
	handles := t.handles(s)
	batches := t.resends(version)
	for what, b := range batches {
		t.commit(s, b)
		before := t.dump(s)
		for i, h := range handles {
			for range 2 {
				t.conflictOf(h.Commit(t.Context(), b), written(b), "Commit, again through handle %d, of a batch that %s and was applied", i+1, what)
			}
		}
		if !t.unchanged(handles, before, "sending a batch again that %s and was applied", what) {
			return
		}
	}

	// A sender that gives up waiting may send again while the first is under way.
	once := t.batch(doc("once", none, `1`, terms{owner: "once"}))
	once.Events = []store.Event{event(once.ID)}
	errs := make([]error, 6)
	t.atOnce(len(errs), func(n int) { errs[n] = handles[n%len(handles)].Commit(t.Context(), once) })
	for _, err := range errs {
		if err != nil {
			t.refused(err, store.ErrConflict, "Commit of the same batch %d times at the same time", len(errs))
		}
	}
	if n := winners(errs); n != 1 {
		t.broken(fmt.Sprintf("%d of them succeeded", n), "exactly one", "Commit of the same batch %d times at the same time", len(errs))
	}
	logged := 0
	for _, e := range t.events(s, acme, 0) {
		if e.ID == once.ID {
			logged++
		}
	}
	if logged != 1 {
		t.broken(logged, 1, "counting the events of a batch that was sent 6 times at the same time")
	}

	before := t.dump(s)
	s = t.reopen(s)
	for what, b := range batches {
		t.conflictOf(s.Commit(t.Context(), b), written(b), "Commit, after opening the store again if the harness can, of a batch that %s and was applied before", what)
	}
	t.same(before, t.dump(s), "sending all batches again, after opening the store again if the harness can")
}
