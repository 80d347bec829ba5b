package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/engage-interactions/engage/store"
)

// log commits batches of so many events each, and returns the IDs of the events
// in their order.
func (t *trial) log(s store.Store, sizes ...int) []string {
	t.Helper()
	var logged []string
	for _, size := range sizes {
		b := t.batch()
		b.Puts = []store.Record{doc(b.ID, none, `1`, nil)}
		for i := range size {
			b.Events = append(b.Events, event(fmt.Sprintf("%s-%03d", b.ID, i)))
		}
		t.commit(s, b)
		logged = append(logged, eventIDs(b.Events)...)
	}
	return logged
}

func eventIDs(events []store.Event) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i] = e.ID
	}
	return all
}

func checkEventsPage(t *trial) {
	s := t.open()
	for _, limit := range []int{0, 1, store.MaxLimit} {
		if page, err := s.Events(t.Context(), acme, 0, limit); err != nil || len(page) != 0 {
			t.fatal(fmt.Sprintf("%d events, error %v", len(page), err), "no event and no error", "Events of an empty log, limit %d", limit)
		}
	}
	want := t.log(s, 1, 0, 3, 600, 1, 0, 500, 2)
	all := t.events(s, acme, 0)
	if got := eventIDs(all); !slices.Equal(got, want) {
		gotFrom, wantFrom := apart(got, want)
		t.fatal("events: "+gotFrom, "events: "+wantFrom, "Events, over all pages")
	}
	for _, limit := range []int{0, 1, 2, 99, 100, 101, 999, store.MaxLimit} {
		most := limit
		if limit == 0 {
			most = store.DefaultLimit
		}
		for _, i := range []int{0, 1, 2, 3, 300, 604, 605, len(all) - 2, len(all) - 1, len(all)} {
			after := int64(0)
			if i > 0 {
				after = all[i-1].Position
			}
			page, err := s.Events(t.Context(), acme, after, limit)
			t.succeed("Events", err, "Events(%q, %d, %d)", acme, after, limit)
			rest := want[i:]
			if len(page) > most || (len(page) == 0 && len(rest) > 0) || !slices.Equal(eventIDs(page), rest[:min(len(page), len(rest))]) {
				t.fatal(page, fmt.Sprintf("at most %d of the %d events that follow, beginning with the first", most, len(rest)),
					"Events(%q, %d, %d)", acme, after, limit)
			}
		}
	}
	last := all[len(all)-1].Position
	for _, after := range []int64{last, last + 1, last + 1_000_000, 1<<63 - 1} {
		if page, err := s.Events(t.Context(), acme, after, 0); err != nil || len(page) != 0 {
			t.broken(fmt.Sprintf("%d events, error %v", len(page), err), "no event and no error", "Events after position %d; the last is %d", after, last)
		}
	}
	for _, limit := range []int{-1, store.MaxLimit + 1, math.MaxInt32} {
		_, err := s.Events(t.Context(), acme, 0, limit)
		t.invalid(err, "Events with limit %d", limit)
	}
	_, err := s.Events(t.Context(), acme, -1, 0)
	t.invalid(err, "Events after position -1")
	for _, tenant := range append(badTexts(), "") {
		_, err := s.Events(t.Context(), tenant, 0, 0)
		t.invalid(err, "Events of tenant %.20q", tenant)
	}
}

func checkEventsExact(t *trial) {
	s := t.open()
	moments := []time.Time{
		time.Date(2026, 3, 1, 12, 30, 45, 123456789, time.UTC), time.Date(2026, 3, 1, 12, 30, 45, 1, time.UTC),
		time.Date(2026, 3, 1, 0, 30, 0, 999999999, time.FixedZone("east", 5*3600+1800)), time.Date(2026, 12, 31, 23, 30, 0, 500, time.FixedZone("west", -8*3600)),
		time.Date(2026, 7, 1, 12, 0, 0, 0, time.Local), //nolint:gosmopolitan // the local zone is one of those that must not matter
		{},
		time.Unix(0, 0), time.Unix(0, -1), time.Unix(-1, 1), time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(1677, 9, 21, 0, 12, 43, 0, time.UTC), time.Date(2262, 4, 11, 23, 47, 16, 854775808, time.UTC), // beyond 64 bits of nanoseconds
	}
	var want []store.Event
	texts := hardTexts()
	for i, at := range moments {
		for j, value := range exactValues() {
			if i > 0 && j != i%len(exactValues()) {
				continue // every value once, and every moment
			}
			want = append(want, store.Event{
				Tenant: acme, ID: texts[len(want)%len(texts)], Type: texts[(len(want)*7+1)%len(texts)], Time: at, Value: []byte(value),
			})
		}
	}
	b := t.batch(doc("a", none, `1`, nil))
	for i, e := range want {
		e.Position = int64(1_000_000 - i) // is ignored
		b.Events = append(b.Events, e)
	}
	t.allows(s, b, "events whose texts, times and values are in order")
	for i, position := range []int64{math.MaxInt64, math.MaxInt64 - 1, math.MinInt64, -1} { // which stands for nothing, too
		last := event(fmt.Sprintf("last%d", i))
		want = append(want, last)
		last.Position = position
		b := t.batch(doc(last.ID, none, `1`, nil))
		b.Events = []store.Event{last}
		t.allows(s, b, fmt.Sprintf("an event with the position %d, which is to be ignored", position))
	}
	look := func(s store.Store) {
		t.Helper()
		got := t.logged(s, len(want))
		for i, e := range got {
			w := want[i]
			if e.Tenant != w.Tenant || e.ID != w.ID || e.Type != w.Type || !bytes.Equal(e.Value, w.Value) {
				t.broken(e, w, "Events of what was committed")
			}
			if !e.Time.Equal(w.Time) || e.Time.Location() != time.UTC {
				t.broken(fmt.Sprintf("%v in %v", e.Time.Format(time.RFC3339Nano), e.Time.Location()), w.Time.UTC().Format(time.RFC3339Nano)+" in UTC",
					"Events of an event whose time was %v", w.Time)
			}
		}
	}
	for _, h := range t.handles(s) {
		look(h)
	}
	look(t.reopen(s))
}

func checkEventsOrder(t *trial) {
	s := t.open()
	handles := t.handles(s)
	var want []string
	for i := range 12 { // through one handle and the other
		want = append(want, t.log(handles[i%len(handles)], []int{1, 3, 0, 7}[i%4])...)
	}
	for i, h := range handles {
		got := t.events(h, acme, 0)
		if !slices.Equal(eventIDs(got), want) {
			gotFrom, wantFrom := apart(eventIDs(got), want)
			t.fatal("events: "+gotFrom, "events: "+wantFrom, "Events through handle %d", i+1)
		}
	}

	checkOrderOfWorkers(t, s, handles, want)
	// Those who have the processors for themselves are stopped in the middle of a
	// call more often, and those who share them at more places.
	t.patiently(func() { checkOrderOfChain(t, 2, nil) })
	t.patiently(func() { checkOrderOfChain(t, 3, nil) })
	t.patiently(func() { checkOrderOfChain(t, 4, t.crowd) })
}

// checkOrderOfWorkers is about several who commit at the same time. Whoever was
// acknowledged before another began stands before it; and the events of one batch
// stand together in their own order.
func checkOrderOfWorkers(t *trial, s store.Store, handles []store.Store, want []string) {
	t.Helper()
	const workers, rounds = 6, 10
	wg := t.group()
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				b := t.batch(doc(fmt.Sprintf("w%d-%d", w, i), none, `1`, nil))
				for j := range 3 {
					b.Events = append(b.Events, event(fmt.Sprintf("w%d-%02d-%d", w, i, j)))
				}
				if !t.worked("Commit", handles[w%len(handles)].Commit(t.Context(), b), "Commit beside others, each with keys of its own") {
					return
				}
			}
		})
	}
	wg.Wait()
	all := t.logged(s, len(want)+workers*rounds*3)
	last := map[string]string{}
	for i, e := range all[len(want):] {
		if len(e.ID) != len("w0-00-0") {
			t.fatal(e, "an event of one of the workers", "Events after commits at the same time")
		}
		worker := e.ID[:2]
		if e.ID <= last[worker] {
			t.fatal(fmt.Sprintf("%s behind %s", e.ID, last[worker]), "the order in which that worker committed", "Events after commits at the same time")
		}
		last[worker] = e.ID
		if i%3 == 0 {
			for j, other := range all[len(want)+i : min(len(want)+i+3, len(all))] {
				if wanted := fmt.Sprintf("%s-%d", e.ID[:len(e.ID)-2], j); other.ID != wanted {
					t.fatal(other.ID, wanted, "Events after commits at the same time: the events of one batch")
				}
			}
		}
	}
}

// checkOrderOfChain lets several write one record. Each version names the one
// before it, which tells the order of the commits whatever the log says.
func checkOrderOfChain(t *trial, workers int, others func(handles []store.Store) []actor) {
	t.Helper()
	handles := t.handles(t.open())
	var actors []actor
	if others != nil {
		actors = others(handles)
	}
	for w := range workers {
		h := handles[w%len(handles)]
		actors = append(actors, actor{least: 40, round: func(int) bool {
			records, err := h.Get(t.Context(), key("chain"))
			if err != nil || len(records) != 1 {
				return t.unfit("Get", fmt.Sprintf("%d records, error %v", len(records), err), "one record", "Get of a record that others write")
			}
			b := t.batch(doc("chain", records[0].Version, `1`, nil))
			e := event(b.ID)
			e.Value = []byte(strconv.Quote(string(records[0].Version)))
			b.Events = []store.Event{e}
			if err := h.Commit(t.Context(), b); err != nil && !errors.Is(err, store.ErrConflict) {
				return t.unfit("Commit", err, "no error, or a conflict", "Commit of a record that others write")
			}
			return true
		}})
	}
	t.together(actors...)
	if t.Failed() {
		return
	}
	for i, h := range handles {
		last := ""
		for n, e := range t.events(h, acme, 0) {
			if string(e.Value) != strconv.Quote(last) {
				t.fatal(fmt.Sprintf("the event of the batch that found version %s", e.Value), fmt.Sprintf("that of the batch that found %q", last),
					"Events through handle %d, number %d, of batches that put the same record one after another", i+1, n+1)
			}
			last = e.ID
		}
	}
}

func checkEventsPositions(t *trial) {
	s := t.open()
	highest := int64(0)
	grow := func(what string) {
		t.Helper()
		before := highest
		logged := t.log(s, 2)
		got := t.events(s, acme, max(before, t.mark(s, acme)))
		if !slices.Equal(eventIDs(got), logged) {
			t.fatal(got, logged, "Events after the highest position so far, %d, when two were committed %s", before, what)
		}
		highest = got[len(got)-1].Position
	}
	trim := func(upTo int64) {
		t.Helper()
		t.trim(s, acme, upTo)
	}
	grow("at first")
	grow("next")
	trim(highest - 1)
	grow("after Trim of some")
	trim(highest)
	grow("after Trim of all")
	trim(1<<63 - 1)
	grow("after Trim of all, far beyond the last")
	trim(highest)
	s = t.reopen(s)
	grow("after Trim of all, and opening the store again if the harness can")
	s = t.reopen(s)
	grow("after opening the store again if the harness can")

	b := t.batch(doc("conflicting", wrong, `1`, nil)) // uses no position that is seen
	b.Events = []store.Event{event("never")}
	t.conflict(s.Commit(t.Context(), b), key("conflicting"), wrong, "Commit of a batch with a wrong version")
	grow("after a batch that failed")
	for _, r := range t.findAll(s, store.Query{}) { // nothing but the log knows them
		b := t.batch()
		remove(&b, []store.Record{r})
		t.commit(s, b)
	}
	trim(highest)
	s = t.reopen(s)
	grow("after all records were deleted and all events trimmed")
	s = t.peer(s)
	grow("through a second handle, if the harness has one")
}
