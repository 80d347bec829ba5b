package storetest

import (
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/engage-interactions/engage/store"
)

// view is everything that can be read of what a killed process has left.
type view struct {
	lines  [crew]map[line]int // of each worker, and how often each
	mark   int64
	events []store.Event
	at     map[int64]string // the event at each position
}

// line is one way to read a record or an event, and what it comes back as.
type line struct {
	id, text string
	event    bool
}

// The ways to read a record.
const (
	byGet   = "Get"
	byID    = "Find by ID"
	byOwner = "Find by owner"
	byState = "Find by state"
)

func recordLine(by string, r store.Record) line {
	return line{id: r.ID, text: fmt.Sprintf("%s: %s %s, version %s, terms %q, value %s", by, r.Kind, r.ID, r.Version, r.Terms, valueText(r.Value))}
}

func eventLine(e store.Event) line {
	return line{id: e.ID, event: true, text: fmt.Sprintf("event %s of type %s at %s, value %s", e.ID, e.Type, e.Time.Format(time.RFC3339Nano), valueText(e.Value))}
}

// valueText is a value, or if it is long its beginning and what tells it from
// others.
func valueText(value []byte) string {
	if len(value) <= 60 {
		return string(value)
	}
	return fmt.Sprintf("%.40s… (%d bytes, checksum %08x)", value, len(value), crc32.ChecksumIEEE(value))
}

// add counts a line, of a record or event that is a worker's.
func (v *view) add(l line) {
	if w, ok := workerOf(l.id); ok {
		v.lines[w][l]++
	}
}

// view reads everything, and by Get what is named besides what Find gives. It
// takes no offence at what is odd.
func (t *trial) view(s store.Store, ids map[store.Key]bool) *view {
	t.Helper()
	v := &view{at: map[int64]string{}}
	for w := range v.lines {
		v.lines[w] = map[line]int{}
	}
	for _, q := range []struct{ by, kind, index string }{{byID, "doc", ""}, {byOwner, "doc", owner}, {byState, "doc", state}, {byID, "note", ""}} {
		for _, r := range t.found(s, store.Query{Tenant: acme, Kind: q.kind, Index: q.index, Limit: store.MaxLimit}) {
			v.add(recordLine(q.by, r))
			ids[r.Key] = true
		}
	}
	all := make([]store.Key, 0, len(ids))
	for k := range ids {
		all = append(all, k)
	}
	for _, r := range t.get(s, all...) {
		if r.Exists() {
			v.add(recordLine(byGet, r))
		}
	}
	v.mark, v.events = t.left(s)
	for _, e := range v.events {
		if v.at[e.Position] != e.ID { // or the same was read twice, in a log that is out of order
			v.add(eventLine(e))
		}
		v.at[e.Position] = e.ID
	}
	return v
}

// found returns the records of all pages, some twice if Find gives them twice.
func (t *trial) found(s store.Store, q store.Query) []store.Record {
	t.Helper()
	var all []store.Record
	for {
		page := t.find(s, q)
		all = append(all, page.Records...)
		if page.Next == "" || len(page.Records) == 0 || len(all) > maxRead {
			return all
		}
		q.Cursor = page.Next
	}
}

// left returns the trim mark and the events above it, as Events gives them.
func (t *trial) left(s store.Store) (mark int64, all []store.Event) {
	t.Helper()
	for tries := 1; ; tries++ {
		mark, all = t.mark(s, acme), nil
		for after := mark; ; {
			page, err := s.Events(t.Context(), acme, after, store.MaxLimit)
			if errors.Is(err, store.ErrTrimmed) && tries < 5 {
				break // by a Trim of the dead process, which a server may still be at
			}
			t.succeed("Events", err, "Events after %d", after)
			all = append(all, page...)
			if len(page) == 0 || page[len(page)-1].Position <= after || len(all) > maxRead {
				return mark, all
			}
			after = page[len(page)-1].Position
		}
	}
}
