package storetest

import (
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

func checkEventsMonotonic(t *trial) {
	t.patiently(func() { checkFollowers(t) })
}

// checkFollowers reads a log page by page while others write it, and compares
// what was read with what is there in the end.
func checkFollowers(t *trial) {
	t.Helper()
	s := t.open()
	handles := t.handles(s)
	const writers = 4
	type entry struct {
		id       string
		position int64
	}
	var (
		readers   = make([][]entry, 2*len(handles))
		committed atomic.Int64 // events
		actors    = t.crowd(handles)
	)
	read := func(r int) (more, ok bool) {
		after := int64(0)
		if n := len(readers[r]); n > 0 {
			after = readers[r][n-1].position
		}
		page, err := handles[r%len(handles)].Events(t.Context(), acme, after, []int{1, 7, store.MaxLimit}[r%3])
		if !t.worked("Events", err, "Events beside writers") || !t.growing(page, after) {
			return false, false
		}
		for _, e := range page {
			readers[r] = append(readers[r], entry{e.ID, e.Position})
		}
		if len(readers[r]) > maxRead {
			return false, t.unfit("Events", fmt.Sprintf("%d events and no end", len(readers[r])), "an end", "Events, page by page, beside writers")
		}
		return len(page) > 0, true
	}
	for r := range readers {
		actors = append(actors, actor{round: func(int) bool { _, ok := read(r); return ok }})
	}
	for w := range writers {
		actors = append(actors, actor{least: 20, round: func(i int) bool {
			// Others need more time for theirs, so that those who began
			// earlier may end later.
			b := t.batch()
			for k := range 1 + (w*i)%9 {
				b.Puts = append(b.Puts, doc(fmt.Sprintf("w%d-%d-%d", w, i, k), none, `1`, terms{owner: "o"}))
			}
			b.Events = []store.Event{event(b.ID), event(b.ID + "+")}
			committed.Add(2)
			return t.worked("Commit", handles[w%len(handles)].Commit(t.Context(), b), "Commit beside others, each with keys of its own")
		}})
	}
	t.together(actors...)
	if t.Failed() {
		return
	}
	for r := range readers { // and what was written meanwhile
		for more := true; more; {
			var ok bool
			if more, ok = read(r); !ok {
				return
			}
		}
	}

	var all []entry
	for _, e := range t.events(s, acme, 0) {
		all = append(all, entry{e.ID, e.Position})
	}
	if want := committed.Load(); int64(len(all)) != want {
		t.fatal(fmt.Sprintf("%d events", len(all)), want, "Events after all writers are done")
	}
	for r, seen := range readers {
		if slices.Equal(seen, all) {
			continue
		}
		for i, e := range all {
			if !slices.Contains(seen, e) {
				t.fatal(fmt.Sprintf("event %d of %d, at position %d, never showed", i+1, len(all), e.position), "every event to show to a reader that goes on behind the last it has seen",
					"Events, page by page, by reader %d while %d others commit", r+1, writers)
			}
		}
		t.fatal(fmt.Sprintf("%d events %v", len(seen), seen), fmt.Sprintf("%d events %v", len(all), all), "Events, page by page, by reader %d while %d others commit", r+1, writers)
	}
}

func checkEventsRecords(t *trial) {
	t.patiently(func() { checkRecordsOfEvents(t) })
}

func checkRecordsOfEvents(t *trial) {
	t.Helper()
	handles := t.handles(t.open())
	var commits traffic
	version := none
	actors := append(t.crowd(handles), actor{least: 60, round: func(i int) bool {
		b := t.batch(doc("counter", version, strconv.Itoa(i), terms{owner: "o"}), store.Record{Key: note(fmt.Sprintf("new%05d", i)), Value: []byte(`1`)})
		e := event(b.ID)
		e.Value = []byte(strconv.Itoa(i))
		b.Events = []store.Event{e}
		err := commits.commit(func() error { return handles[0].Commit(t.Context(), b) })
		if !t.worked("Commit", err, "Commit of the only writer") {
			return false
		}
		version = store.Version(b.ID)
		return true
	}})
	for _, h := range handles {
		for _, other := range handles { // seen through one, read through any
			after := int64(0)
			actors = append(actors, commits.reader(200, func(int) bool {
				events, err := h.Events(t.Context(), acme, after, store.MaxLimit)
				if !t.worked("Events", err, "Events beside a writer") {
					return false
				}
				if len(events) == 0 {
					return true
				}
				e := events[len(events)-1]
				after = e.Position
				n, err := strconv.Atoi(string(e.Value))
				if err != nil {
					return t.broken(e, "a number", "Events of numbered events")
				}
				fresh := note(fmt.Sprintf("new%05d", n))
				got, err := other.Get(t.Context(), key("counter"), fresh)
				if err != nil || len(got) != 2 {
					return t.broken(err, "two records", "Get after Events")
				}
				if at, err := strconv.Atoi(string(got[0].Value)); err != nil || at < n || got[1].Version != store.Version(e.ID) {
					return t.broken(got, fmt.Sprintf("the records of batch %s, number %d, or of later ones", e.ID, n), "Get after Events showed the event of that batch")
				}
				page, err := other.Find(t.Context(), store.Query{Tenant: acme, Kind: "note", From: fresh.ID, Limit: 1})
				if err != nil || len(page.Records) == 0 || page.Records[0].Key != fresh {
					return t.broken(fmt.Sprintf("%v, error %v", page.Records, err), fresh, "Find after Events showed the event of the batch that put the record")
				}
				return true
			}))
		}
	}
	t.together(actors...)
}
