package storetest

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// serial returns duels in which each checks what another writes, and writes
// something else itself.
func serial() []duel {
	return []duel{
		{"each of which checks the record that others put, and puts the one that they check", []string{"x", "y"}, func(t *trial, name func(string) string, v store.Version) []store.Batch {
			x, y := at(name("x"), v), at(name("y"), v)
			return []store.Batch{t.change(x, y, nil), t.change(y, x, nil)}
		}, 1},
		{"each of which checks that the record that others create is absent, and creates the one that they check", nil, func(t *trial, name func(string) string, _ store.Version) []store.Batch {
			x, y := at(name("x"), none), at(name("y"), none)
			return []store.Batch{t.change(x, y, nil), t.change(y, x, nil)}
		}, 1},
		{"each of which checks the record that others delete, and deletes the one that they check", []string{"x", "y"}, func(t *trial, name func(string) string, v store.Version) []store.Batch {
			x, y := at(name("x"), v), at(name("y"), v)
			return []store.Batch{t.change(x, nil, y), t.change(y, nil, x)}
		}, 1},
		{
			"some of which check a record and create a second, while the others delete the first and check that there is no second",
			[]string{"parent"},
			func(t *trial, name func(string) string, v store.Version) []store.Batch {
				parent, child := at(name("parent"), v), at(name("child"), none)
				return []store.Batch{t.change(parent, child, nil), t.change(child, nil, parent)}
			}, 1,
		},
		{
			"some of which check a guard and create a record, while the others put the guard and check that the record is absent",
			[]string{"guard"},
			func(t *trial, name func(string) string, v store.Version) []store.Batch {
				guard, member := at(name("guard"), v), at(name("member"), none)
				return []store.Batch{t.change(guard, member, nil), t.change(member, guard, nil)}
			}, 1,
		},
		{"each of which checks the record that the next sort, in a ring of three, puts", []string{"x", "y", "z"}, func(t *trial, name func(string) string, v store.Version) []store.Batch {
			x, y, z := at(name("x"), v), at(name("y"), v), at(name("z"), v)
			return []store.Batch{t.change(y, x, nil), t.change(z, y, nil), t.change(x, z, nil)}
		}, 2},
	}
}

func checkCommitSerial(t *trial) {
	t.patiently(func() {
		handles := t.handles(t.open())
		t.together(append(t.crowd(handles), t.duels(handles, 48, serial(), t.atMost))...)
	})
	t.patiently(func() { checkSums(t) })
}

// checkSums lets several count, each in a record of its own, checking those of
// all others. In whatever order batches are applied, each of them adds one to
// the sum; so no two that succeed have read the same sum, and none has read one
// that never was.
func checkSums(t *trial) {
	t.Helper()
	handles := t.handles(t.open())
	const counters = 3
	names := numbered("counter", counters)
	var puts []store.Record
	for _, id := range names {
		puts = append(puts, doc(id, none, `0`, nil))
	}
	t.write(handles[0], puts...)

	var mu sync.Mutex
	read := map[int]string{} // a sum, and the batch that has read it
	actors := t.crowd(handles)
	for w := range counters {
		h := handles[w%len(handles)]
		actors = append(actors, actor{least: 20, round: func(int) bool {
			records, err := h.Get(t.Context(), keys(names...)...)
			if err != nil || len(records) != counters {
				return t.unfit("Get", fmt.Sprintf("%d records, error %v", len(records), err), "all counters", "Get of counters")
			}
			b, sum := t.batch(), 0
			for i, r := range records {
				n, err := strconv.Atoi(string(r.Value))
				if err != nil {
					return t.unfit("Get", r, "a number", "Get of counters")
				}
				sum += n
				if i == w {
					b.Puts = []store.Record{doc(r.ID, r.Version, strconv.Itoa(n+1), nil)}
				} else {
					b.Checks = append(b.Checks, store.Check{Key: r.Key, Version: r.Version})
				}
			}
			if err := h.Commit(t.Context(), b); errors.Is(err, store.ErrConflict) {
				return true
			} else if err != nil {
				return t.unfit("Commit", err, "no error, or a conflict", "Commit of a counter, with checks of those of others")
			}
			mu.Lock()
			defer mu.Unlock()
			if other, twice := read[sum]; twice {
				return t.broken(fmt.Sprintf("both %s and %s succeeded", other, b.ID), "at most one of them",
					"Commit of two batches that have read the same counters, which add up to %d, and each put one of them and check the others", sum)
			}
			read[sum] = b.ID
			return true
		}})
	}
	t.together(actors...)
	for sum := range len(read) {
		if _, ok := read[sum]; !ok && !t.Failed() {
			t.broken(fmt.Sprintf("%d batches succeeded, and none of them has read the sum %d", len(read), sum), "each sum to be read by one",
				"Commit of batches that each add one to a sum of counters, and check all of them")
		}
	}
}
