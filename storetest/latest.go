package storetest

import (
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

// progress is a record that one writer counts up, and how far it has come.
type progress struct {
	key   store.Key
	acked atomic.Int64 // the highest number for which Commit has returned nil
}

// checkLatestAmong lets several count, each in a record of its own, and tell what
// was acknowledged. Whoever begins to read then, the writer before all others,
// reads that number or a higher one.
func checkLatestAmong(t *trial, writers, readers int) {
	t.Helper()
	handles := t.handles(t.open())
	all := make([]*progress, writers)
	var actors []actor
	for w := range all {
		p := &progress{key: key(fmt.Sprintf("progress%02d", w))}
		all[w] = p
		version, looks := none, t.looks(p)
		actors = append(actors, actor{least: 24, round: func(i int) bool {
			runtime.Gosched() // or the readers are done before, or wait behind, and never beside
			number := strconv.Itoa(i + 1)
			b := t.batch(doc(p.key.ID, version, number, terms{owner: p.key.ID, state: p.key.ID + number}))
			e := event(b.ID)
			e.Type, e.Value = p.key.ID, []byte(number)
			b.Events = []store.Event{e}
			if !t.worked("Commit", handles[(w+i/8)%len(handles)].Commit(t.Context(), b), "Commit beside others, each with a record of its own") {
				return false
			}
			version = store.Version(b.ID)
			p.acked.Store(int64(i + 1))
			return looks[i%(len(looks)-1)](handles[(w+i/4)%len(handles)])
		}})
	}
	for r := range readers {
		looks := t.looks(all[r%writers])
		actors = append(actors, actor{round: func(i int) bool {
			h := handles[r/2%len(handles)]
			if r%2 == 1 {
				return looks[len(looks)-1](h)
			}
			return looks[i/50%len(looks)](h) // for a while in the same way, so that several do it at once
		}})
	}
	t.together(actors...)
}

// looks returns the ways to read what a writer has come to. Each reports a number
// that is lower than one that was acknowledged before.
func (t *trial) looks(p *progress) []func(s store.Store) bool {
	behind := func(got any, want int64, did string) bool {
		return t.broken(got, fmt.Sprintf("number %d, for which Commit had returned nil before the call, or a higher one", want), "%s, while %s is counted up", did, p.key)
	}
	number := func(records []store.Record) int64 {
		if len(records) != 1 {
			return 0
		}
		n, err := strconv.ParseInt(string(records[0].Value), 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	get := func(keys ...store.Key) func(s store.Store) bool {
		return func(s store.Store) bool {
			want := p.acked.Load()
			records, err := s.Get(t.Context(), keys...)
			if !t.worked("Get", err, "Get beside writers") {
				return false
			}
			got := records[:min(1, len(records))]
			return number(got) >= want || behind(got, want, fmt.Sprintf("Get of %d keys", len(keys)))
		}
	}
	many := append([]store.Key{p.key}, keys(numbered("absent", 30)...)...)
	find := func(s store.Store) bool {
		want := p.acked.Load()
		page, err := s.Find(t.Context(), store.Query{Tenant: acme, Kind: "doc", Index: owner, Prefix: p.key.ID})
		if !t.worked("Find", err, "Find beside writers") {
			return false
		}
		return number(page.Records) >= want || behind(page.Records, want, "Find")
	}
	after, last := int64(0), int64(0)
	events := func(s store.Store) bool {
		want := p.acked.Load()
		for {
			page, err := s.Events(t.Context(), acme, after, store.MaxLimit)
			if !t.worked("Events", err, "Events beside writers") || !t.growing(page, after) {
				return false
			}
			if len(page) == 0 {
				return last >= want || behind(fmt.Sprintf("number %d", last), want, "Events, to the end of the log")
			}
			after = page[len(page)-1].Position
			for _, e := range page {
				if e.Type == p.key.ID {
					last++ // they are logged one by one
				}
			}
			if last >= want {
				return true
			}
		}
	}
	return []func(s store.Store) bool{get(p.key), find, get(p.key), events, get(many...)}
}
