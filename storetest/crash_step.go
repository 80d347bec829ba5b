package storetest

import (
	"fmt"
	"strings"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// crew is how many workers write at the same time in a process that is to be
// killed.
const crew = 4

// fenceID is the note that every batch of a worker checks, and that none puts.
const fenceID = "fence"

// step is one batch of the load under which processes are killed: that number of
// its worker, in a round. All that it does follows from this, so that whoever
// reads its ID knows what must be there. What was not applied is done again in the
// next round, under another ID.
type step struct{ worker, number, round int }

func (s step) id() string { return fmt.Sprintf("w%d-%06d-r%d", s.worker, s.number, s.round) }

// stepOf returns the step whose ID a text begins with, as the IDs of its records
// and events do.
func stepOf(id string) (s step, ok bool) {
	n, err := fmt.Sscanf(id, "w%d-%d-r%d", &s.worker, &s.number, &s.round)
	return s, n == 3 && err == nil
}

// padding is the beginning of a JSON text of 256 KiB, and what it is cut to is that
// of a shorter one.
var padding = sync.OnceValue(func() string { return `"` + strings.Repeat("x", 1<<18) })

// large is whether the batches of a round are.
func large(round int) bool { return round%6 == 5 }

// workerOf returns whose record or event an ID names, the counters included.
func workerOf(id string) (worker int, ok bool) {
	n, err := fmt.Sscanf(id, "w%d-", &worker)
	return worker, n == 1 && err == nil && worker >= 0 && worker < crew
}

func counterID(worker int) string { return fmt.Sprintf("w%d-counter", worker) }

// batch returns what the step commits, after the last two of its worker: it puts
// the worker's counter and its own records, deletes those of the step before the
// last, and appends its events.
func (s step) batch(last, before step, fence store.Version) store.Batch {
	b := store.Batch{
		ID: s.id(), Tenant: acme, Events: s.events(),
		Checks: []store.Check{{Key: note(fenceID), Version: fence}},
		Puts:   append(s.passing(), s.lasting()...),
	}
	for i := range b.Puts {
		b.Puts[i].Version = none
	}
	counter := s.counter()
	counter.Version = none
	if last.number > 0 {
		counter.Version = store.Version(last.id())
	}
	b.Puts = append(b.Puts, counter)
	if before.number > 0 {
		for _, r := range before.passing() {
			b.Deletes = append(b.Deletes, store.Check{Key: r.Key, Version: r.Version})
		}
	}
	return b
}

// counter is the record that all steps of a worker put, as this one leaves it. It
// has another place in an index each time.
func (s step) counter() store.Record {
	return doc(counterID(s.worker), store.Version(s.id()), fmt.Sprintf(`{"number":%d}`, s.number), s.terms())
}

// passing are the step's own records that the step after the next deletes.
func (s step) passing() []store.Record {
	size := 10
	switch {
	case large(s.round):
		size = 1 << 17 // so that a process is killed in the middle of writing it
	case s.number%5 == 0:
		size = 9_000 // more than one page of a file
	}
	value := fmt.Sprintf(`{"number":%d,"pad":%s}`, s.number, padding()[:size]+`"`)
	all := []store.Record{doc(s.id()+"-both", store.Version(s.id()), value, s.terms())}
	if s.number%2 == 0 {
		all = append(all, doc(s.id()+"-one", store.Version(s.id()), `2`, terms{state: s.id()}))
	}
	if s.number%3 == 0 {
		all = append(all, doc(s.id()+"-none", store.Version(s.id()), `3`, nil))
	}
	return all
}

// lasting are those that stay.
func (s step) lasting() []store.Record {
	if s.number%4 != 0 {
		return nil
	}
	return []store.Record{{Key: note(s.id() + "-note"), Version: store.Version(s.id()), Value: fmt.Appendf(nil, `{"number":%d}`, s.number)}}
}

func (s step) terms() terms {
	return terms{owner: fmt.Sprintf("w%d", s.worker), state: s.id()}
}

func (s step) events() []store.Event {
	all := []store.Event{event(s.id() + "-first"), event(s.id() + "-second")}
	if s.number%2 == 0 {
		all = append(all, event(s.id()+"-third"))
	}
	if large(s.round) {
		all[0].Value = []byte(padding() + `"`)
	}
	return all
}
