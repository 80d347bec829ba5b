package storetest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/engage-interactions/engage/store"
)

func checkCommitRecreated(t *trial) {
	s := t.open()
	handles := t.handles(s)
	seed := t.batch(doc("bystander", none, `1`, nil))
	bystander := t.commit(s, seed)

	// The same bytes each time, and others; the same terms, and others.
	same := doc("a", none, `"the same"`, terms{owner: "o", state: "s"})
	records := []store.Record{same, same, doc("a", none, `"another"`, nil), same, doc("a", none, `1`, terms{owner: "o"}), same}
	var old []store.Version
	for i, r := range records {
		h := handles[i%len(handles)]
		t.refusesAll(handles, old, "while it is deleted")
		version := t.allows(h, t.batch(r), "a record that was deleted, expected absent")
		t.conflict(h.Commit(t.Context(), t.batch(r)), r.Key, none, "Commit with a Put of a record that must be absent, when it was deleted and created again")
		absent := t.batch(doc("other", none, `1`, nil))
		absent.Checks = []store.Check{{Key: r.Key}}
		t.conflict(h.Commit(t.Context(), absent), r.Key, none, "Commit with a Check that a record is absent, when it was deleted and created again")
		for _, h := range handles {
			found := t.findAll(h, store.Query{Prefix: "a"})
			if got := t.get(h, r.Key)[0]; got.Version != version || len(found) != 1 || found[0].Version != version {
				t.fatal(append(found, got), fmt.Sprintf("version %q, of the batch that created it", version), "Find and Get of a record that was deleted and created again")
			}
		}
		t.refusesAll(handles, old, "when it was deleted and created again")
		if i == 3 {
			s = t.reopen(s)
			handles = t.handles(s)
			h = handles[0]
			t.refusesAll(handles, old, "when it was deleted and created again, and the store opened again if the harness can")
		}
		old = append(old, version)
		if i == len(records)-1 {
			break
		}
		b := t.batch()
		b.Deletes = []store.Check{{Key: r.Key, Version: version}}
		t.commit(h, b)
		gone := t.batch(doc("bystander", bystander, `1`, nil)) // that it is absent holds now
		gone.Checks = []store.Check{{Key: r.Key}}
		bystander = t.allows(handles[(i+1)%len(handles)], gone, "a Check that a record is absent, which was deleted")
	}
	if t.Failed() {
		return
	}
	t.patiently(func() { checkRecreating(t) })
}

// refusesAll reports a version that the record "a" had once and that still holds,
// or a batch with one that changed something.
func (t *trial) refusesAll(handles []store.Store, versions []store.Version, when string) {
	t.Helper()
	before := t.dump(handles[0])
	for _, version := range versions {
		for _, h := range handles {
			for how, b := range map[string]store.Batch{
				"Check": t.change(at("a", version), at("new", none), nil), "Put": t.change(nil, at("a", version), nil), "Delete": t.change(nil, nil, at("a", version)),
			} {
				t.conflict(h.Commit(t.Context(), b), key("a"), version, "Commit with a %s of a record at a version that it had before, %s", how, when)
			}
		}
	}
	t.unchanged(handles, before, "batches with versions that a record had before, %s", when)
}

// checkRecreating deletes a record and creates it again, with the same bytes,
// while others hold on to the versions that it had.
func checkRecreating(t *trial) {
	t.Helper()
	handles := t.handles(t.open())
	var (
		mu  sync.Mutex
		old []store.Version // which the record will never have again
	)
	current := none
	actors := append(t.crowd(handles), actor{least: 40, round: func(i int) bool {
		b := t.change(nil, nil, at("a", current))
		if current == none {
			b = t.batch(doc("a", none, `"the same"`, terms{owner: "o"}))
		}
		err := handles[i%len(handles)].Commit(t.Context(), b)
		if errors.Is(err, store.ErrConflict) {
			return true // which must not be, but is another matter
		}
		if !t.worked("Commit", err, "Commit of the only writer whose versions hold") {
			return false
		}
		if current != none {
			mu.Lock()
			old = append(old, current)
			mu.Unlock()
			current = none
		} else {
			current = store.Version(b.ID)
		}
		return true
	}})
	for w := range 2 {
		h := handles[w%len(handles)]
		actors = append(actors, actor{least: 60, round: func(i int) bool {
			mu.Lock()
			version := wrong
			if n := len(old); n > 0 {
				version = old[max(0, n-1-i%3)]
			}
			mu.Unlock()
			b := t.change(nil, at("a", version), nil)
			switch i % 3 {
			case 0:
				b = t.change(nil, nil, at("a", version))
			case 1:
				b = t.change(at("a", version), at("never", none), nil)
			default:
			}
			if err := h.Commit(t.Context(), b); !errors.Is(err, store.ErrConflict) {
				return t.broken(err, "a conflict", "Commit with a version that a record had before it was deleted, while another deletes it and creates it again")
			}
			return true
		}})
	}
	t.together(actors...)
}
