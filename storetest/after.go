package storetest

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/engage-interactions/engage/store"
)

// ended returns a context for one call, and what ends it.
func (t *trial) ended(i int) (context.Context, func()) {
	if i%2 == 0 {
		return context.WithCancel(t.Context())
	}
	return context.WithTimeout(t.Context(), time.Hour)
}

// checkContextAfter ends the context of every call as soon as it has returned,
// and uses what the call did or gave.
func checkContextAfter(t *trial) {
	s := t.openBare()
	handles := []store.Store{s}
	if t.harness.Peer != nil {
		handles = append(handles, t.peerBare(s))
	}
	calls := 0
	during := func(method string, do func(ctx context.Context) error) {
		t.Helper()
		ctx, end := t.ended(calls)
		calls++
		err := do(ctx)
		end()
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			t.fatal(err, "no error, for its own context has not ended", "%s, when the contexts of all calls before it have ended", method)
		}
		t.succeed(method, err, "%s, when the contexts of all calls before it have ended", method)
	}
	for _, h := range handles {
		during("Prepare", func(ctx context.Context) error { return h.Prepare(ctx, kinds()[0]) })
		during("Prepare", func(ctx context.Context) error { return h.Prepare(ctx, kinds()[1]) })
	}

	const n = 12
	var want []string
	version := none
	for i, id := range numbered("r", n) {
		b := t.batch(doc(id, none, strconv.Itoa(i), terms{owner: "o" + id}), doc("last", version, strconv.Itoa(i), nil))
		b.Events = []store.Event{event(id)}
		during("Commit", func(ctx context.Context) error { return handles[i%len(handles)].Commit(ctx, b) })
		version = store.Version(b.ID)
		want = append(want, id)
	}
	var upTo int64
	for i, h := range handles {
		var records []store.Record
		during("Get", func(ctx context.Context) (err error) {
			records, err = h.Get(ctx, keys(append(want, "last")...)...)
			return err
		})
		for j, r := range records {
			if value := strconv.Itoa(min(j, n-1)); string(r.Value) != value || !r.Exists() {
				t.fatal(r, "value "+value, "Get through handle %d, when the contexts of all calls have ended", i+1)
			}
		}

		q := store.Query{Tenant: acme, Kind: "doc", Index: owner, Limit: 5}
		var got []string
		for {
			var page store.Page
			during("Find", func(ctx context.Context) (err error) { page, err = h.Find(ctx, q); return err })
			got = append(got, ids(page.Records)...)
			if page.Next == "" || len(page.Records) == 0 || len(got) > n {
				break
			}
			q.Cursor = page.Next
		}
		if !slices.Equal(got, want) {
			t.fatal(got, want, "Find, page by page, through handle %d, when the context of each page has ended before the next", i+1)
		}

		after := upTo
		var logged []string
		for len(logged) < n {
			var page []store.Event
			during("Events", func(ctx context.Context) (err error) { page, err = h.Events(ctx, acme, after, 5); return err })
			if len(page) == 0 || !t.growing(page, after) {
				break
			}
			logged = append(logged, eventIDs(page)...)
			after = page[len(page)-1].Position
			if upTo == 0 && i == len(handles)-1 {
				upTo = page[0].Position
			}
		}
		if !slices.Equal(logged, want) {
			t.fatal(logged, want, "Events, page by page, through handle %d, when the context of each page has ended before the next", i+1)
		}
	}
	during("Trim", func(ctx context.Context) error { return handles[len(handles)-1].Trim(ctx, acme, upTo) })

	before := t.dump(s)
	version = none
	for range 20 { // whatever is still under way is behind these then
		b := t.batch(store.Record{Key: store.Key{Tenant: "other", Kind: "note", ID: "n"}, Version: version, Value: []byte(`1`)})
		b.Tenant = "other"
		during("Commit", func(ctx context.Context) error { return s.Commit(ctx, b) })
		version = store.Version(b.ID)
	}
	t.unchanged(handles, before, "more commits, when the contexts of all calls have ended")
	s = t.reopen(s)
	t.unchanged(t.handles(s), before, "the end of the contexts of all calls, and opening the store again if the harness can")
}
