package storetest

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/engage-interactions/engage/store"
)

func checkConcurrentUse(t *trial) {
	t.patiently(func() { checkEveryMethod(t) })
}

// checkEveryMethod calls every method while every other one is called.
func checkEveryMethod(t *trial) {
	t.Helper()
	s := t.open()
	t.write(s, doc("a", none, `1`, terms{owner: "o"}))
	t.dump(s) // what fails alone is another matter
	t.trim(s, acme, 0)
	ctx := t.Context()
	var actors []actor
	do := func(what string, call func(w, i int) error) {
		for w := range 3 {
			actors = append(actors, actor{least: 20, round: func(i int) bool {
				if err := call(w, i); err != nil {
					return t.broken(err, "no error", "%s while every other method is called too", what)
				}
				return true
			}})
		}
	}
	do("Prepare", func(w, i int) error {
		return s.Prepare(ctx, store.Kind{Name: "doc", Indexes: []string{owner, state}}, store.Kind{Name: "k" + strconv.Itoa(i%5), Indexes: []string{"i" + strconv.Itoa(w)}})
	})
	do("Get", func(_, i int) error {
		_, err := s.Get(ctx, key("a"), key("w0-"+strconv.Itoa(i)), note("b"))
		return err
	})
	do("Find", func(w, i int) error {
		q := store.Query{Tenant: acme, Kind: "doc", Index: []string{"", owner, state}[w], Limit: 1 + i%7, Reverse: i%2 == 1}
		page, err := s.Find(ctx, q)
		if err != nil || page.Next == "" {
			return err
		}
		q.Cursor = page.Next
		_, err = s.Find(ctx, q)
		return err
	})
	do("Commit", func(w, i int) error {
		b := t.batch(doc(fmt.Sprintf("w%d-%d", w, i), none, `1`, terms{owner: "o", state: strconv.Itoa(i)}))
		b.Events = []store.Event{event(b.ID)}
		return s.Commit(ctx, b)
	})
	do("Events", func(int, int) error {
		after := int64(1 << 40) // above all that Trim forgets
		_, err := s.Events(ctx, acme, after, 10)
		return err
	})
	do("Trim", func(_, i int) error { return s.Trim(ctx, acme, int64(i)) })
	t.together(actors...)

	for _, r := range t.findAll(s, store.Query{Index: owner}) {
		if got := t.get(s, r.Key)[0]; !sameRecord(got, r) {
			t.fatal(got, r, "Get of what Find shows, after all methods were used at the same time")
		}
	}
}

func checkReadLatest(t *trial) {
	s := t.open()
	handles := t.handles(s)
	last := len(handles) - 1
	const rounds = 24
	for direction := range 2 { // from the first handle to the second, and back
		from, to := handles[direction*last], handles[last-direction*last]
		id := "r" + strconv.Itoa(direction)
		version := none
		ok := true
		var last int64 // that the reader has seen
		for i := 0; i < rounds && ok; i++ {
			b := t.batch()
			b.Events = []store.Event{event(b.ID)}
			if i%4 == 3 {
				b.Deletes = []store.Check{{Key: key(id), Version: version}}
				version = none
			} else {
				b.Puts = []store.Record{doc(id, version, strconv.Itoa(i), terms{owner: b.ID, state: "s" + strconv.Itoa(i%3)})}
				version = store.Version(b.ID)
			}
			t.before(to, b, last)
			if !t.worked("Commit", from.Commit(t.Context(), b), "Commit of the only writer") {
				return
			}
			ok = false
			wg := t.group()
			wg.Go(func() { // on a goroutine that has not written
				ok = t.follows(to, b, &last) && t.sees(to, b) && t.sees(from, b)
			})
			wg.Wait()
		}
	}
	t.patiently(func() { checkLatestAmong(t, 1, 8) }) // what readers remember, or share
	t.patiently(func() { checkLatestAmong(t, 1, 4) })
	t.patiently(func() { checkLatestAmong(t, 24, 0) }) // what is committed together
}

// before reads what a batch is about to change: a store that remembers what it was
// asked must learn that it has changed, even if it was nothing.
func (t *trial) before(s store.Store, b store.Batch, last int64) {
	t.Helper()
	for _, put := range b.Puts {
		t.get(s, put.Key)
		for index, term := range put.Terms {
			t.find(s, store.Query{Tenant: acme, Kind: "doc", Index: index, Prefix: term})
		}
	}
	t.events(s, acme, last)
}

// follows reads the log from where it was read the last time to its end, which
// must be the event of the batch.
func (t *trial) follows(s store.Store, b store.Batch, last *int64) bool {
	t.Helper()
	id := ""
	for {
		events, err := s.Events(t.Context(), acme, *last, store.MaxLimit)
		if err != nil || (id == "" && len(events) == 0) {
			return t.broken(fmt.Sprintf("%d events, error %v", len(events), err), fmt.Sprintf("the event of batch %s", b.ID),
				"Events after the last position that was read, right after the Commit was acknowledged")
		}
		if len(events) == 0 {
			break
		}
		if !t.growing(events, *last) {
			return false
		}
		*last, id = events[len(events)-1].Position, events[len(events)-1].ID
	}
	return id == b.ID || t.broken(id, b.ID, "Events after the last position that was read, right after the Commit was acknowledged: the last of them")
}

// sees reports what of the last batch cannot be read.
func (t *trial) sees(s store.Store, b store.Batch) bool {
	t.Helper()
	did := "by another goroutine, or through another handle, right after the Commit was acknowledged"
	var k store.Key
	want := none
	if len(b.Puts) > 0 {
		k, want = b.Puts[0].Key, store.Version(b.ID)
	} else {
		k = b.Deletes[0].Key
	}
	records, err := s.Get(t.Context(), k)
	if err != nil || len(records) != 1 || records[0].Version != want {
		return t.broken(fmt.Sprintf("%v, error %v", show(records), err), fmt.Sprintf("version %q", want), "Get %s", did)
	}
	for _, index := range []string{"", owner, state} {
		q := store.Query{Tenant: acme, Kind: "doc", Index: index}
		switch {
		case index == "":
			q.Prefix = k.ID
		case len(b.Puts) > 0:
			q.Prefix = b.Puts[0].Terms[index]
		default:
		}
		var all []store.Record
		for {
			page, err := s.Find(t.Context(), q)
			if err != nil {
				return t.broken(err, "no error", "Find by index %q %s", index, did)
			}
			all = append(all, page.Records...)
			if q.Cursor = page.Next; q.Cursor == "" || len(page.Records) == 0 {
				break
			}
		}
		all = slices.DeleteFunc(all, func(r store.Record) bool { return r.Key != k })
		if there := want != none; (there && (len(all) != 1 || all[0].Version != want)) || (!there && len(all) > 0) {
			return t.broken(all, fmt.Sprintf("%v at version %q", k, want), "Find by index %q %s", index, did)
		}
	}
	for after, read := int64(0), 0; ; {
		events, err := s.Events(t.Context(), acme, after, store.MaxLimit)
		if err != nil || len(events) == 0 {
			return t.broken(fmt.Sprintf("%d events, error %v", len(events), err), fmt.Sprintf("the event of batch %s at the end", b.ID), "Events %s", did)
		}
		if events[len(events)-1].ID == b.ID {
			return true
		}
		if !t.growing(events, after) {
			return false
		}
		if read += len(events); read > maxRead {
			return t.unfit("Events", fmt.Sprintf("%d events and no end", read), "an end", "Events, page by page")
		}
		after = events[len(events)-1].Position
	}
}
