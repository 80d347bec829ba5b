package storetest

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage/store"
)

func checkEventsMonotonic(t *trial) {
	s := t.open()
	handles := t.handles(s)
	const writers, rounds = 4, 30
	type entry struct {
		id       string
		position int64
	}
	var (
		readers  = make([][]entry, 2*len(handles))
		finished = t.group()
		done     = make(chan struct{})
		reading  = t.group()
	)
	for r := range readers {
		reading.Go(func() {
			h, after, last := handles[r%len(handles)], int64(0), false
			for {
				page, err := h.Events(t.Context(), acme, after, []int{1, 7, store.MaxLimit}[r%3])
				if !t.worked("Events", err, "Events beside writers") || !t.growing(page, after) {
					return
				}
				if len(readers[r]) > maxRead {
					t.unfit("Events", fmt.Sprintf("%d events and no end", len(readers[r])), "an end", "Events, page by page, beside writers")
					return
				}
				for _, e := range page {
					readers[r] = append(readers[r], entry{e.ID, e.Position})
					after = e.Position
				}
				if len(page) > 0 {
					continue
				}
				if last {
					return
				}
				select {
				case <-done:
					last = true // and one more time, for what was written meanwhile
				default:
					runtime.Gosched()
				}
			}
		})
	}
	for w := range writers {
		finished.Go(func() {
			for i := range rounds {
				// Others need more time for theirs, so that those who began
				// earlier may end later.
				b := t.batch()
				for k := range 1 + (w*i)%9 {
					b.Puts = append(b.Puts, doc(fmt.Sprintf("w%d-%d-%d", w, i, k), none, `1`, terms{owner: "o"}))
				}
				b.Events = []store.Event{event(b.ID), event(b.ID + "+")}
				if !t.worked("Commit", handles[w%len(handles)].Commit(t.Context(), b), "Commit beside others, each with keys of its own") {
					return
				}
			}
		})
	}
	finished.Wait()
	close(done)
	reading.Wait()

	var all []entry
	for _, e := range t.events(s, acme, 0) {
		all = append(all, entry{e.ID, e.Position})
	}
	if len(all) != writers*rounds*2 {
		t.fatal(fmt.Sprintf("%d events", len(all)), writers*rounds*2, "Events after all writers are done")
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
	s := t.open()
	handles := t.handles(s)
	var commits traffic
	version := none
	actors := []actor{{least: 60, round: func(i int) bool {
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
	}}}
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
