package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

// checkTrimUnderReaders reads a log from where its mark is, again and again, while
// another trims it event by event.
func checkTrimUnderReaders(t *trial) {
	t.Helper()
	s := t.open()
	handles := t.handles(s)
	const n = 400
	all := t.fullLog(s, n)
	var trimmed atomic.Int64 // so many, for which Trim has returned nil
	actors := []actor{{least: n / 4, round: func(int) bool {
		next := trimmed.Load()
		if next == n {
			return true
		}
		runtime.Gosched()
		h := handles[len(handles)-1]
		if !t.worked("Trim", h.Trim(t.Context(), acme, all[next].Position), "Trim beside readers") {
			return false
		}
		trimmed.Add(1)
		return true
	}}}
	for r := range 2 * len(handles) {
		actors = append(actors, actor{round: func(i int) bool {
			next, after := trimmed.Load(), int64(0)
			if next == n {
				return true
			}
			if next > 0 {
				after = all[next-1].Position
			}
			page, err := handles[r%len(handles)].Events(t.Context(), acme, after, 1+i%3)
			if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok && trimmed.Mark > after {
				return true
			}
			if err != nil {
				return t.broken(err, fmt.Sprintf("no error, or a trim mark above %d", after), "Events after %d, beside one who trims", after)
			}
			if len(page) == 0 || page[0].Position != all[next].Position {
				return t.broken(eventIDs(page), fmt.Sprintf("%q, which is the next, or ErrTrimmed", all[next].ID), "Events after %d, beside one who trims", after)
			}
			return true
		}})
	}
	t.together(actors...)
}

// fullLog commits that many events at once, and returns them as they are logged.
func (t *trial) fullLog(s store.Store, n int) []store.Event {
	t.Helper()
	b := t.batch(doc("first", none, `1`, nil))
	for _, id := range numbered("event", n) {
		b.Events = append(b.Events, event(id))
	}
	t.commit(s, b)
	return t.logged(s, n)
}

// checkTrimBeside reads a log whose events are numbered while another trims it:
// a number is missing only where an error has said so.
func checkTrimBeside(t *trial) {
	t.Helper()
	s := t.open()
	handles := t.handles(s)
	trimmer := handles[len(handles)-1]
	writer := actor{least: 60, round: func(i int) bool {
		b := t.batch(doc("w"+strconv.Itoa(i), none, `1`, nil))
		for j := range 3 {
			e := event(b.ID)
			e.Value = []byte(strconv.Itoa(3*i + j))
			b.Events = append(b.Events, e)
		}
		return t.worked("Commit", s.Commit(t.Context(), b), "Commit of the only writer")
	}}
	seen := int64(0)
	trim := actor{least: 20, round: func(int) bool {
		page, err := trimmer.Events(t.Context(), acme, seen, 5)
		if !t.worked("Events", err, "Events behind the mark of the only one who trims") {
			return false
		}
		if len(page) == 0 {
			return true
		}
		seen = page[len(page)/2].Position
		return t.worked("Trim", trimmer.Trim(t.Context(), acme, seen), "Trim beside a writer and readers")
	}}
	actors := append(t.crowd(handles), writer, trim)
	for _, h := range handles {
		after, next := int64(0), 0
		actors = append(actors, actor{least: 100, round: func(i int) bool {
			page, err := h.Events(t.Context(), acme, after, 1+i%4)
			if trimmed, ok := errors.AsType[*store.TrimmedError](err); ok {
				if trimmed.Mark <= after {
					return t.broken(trimmed.Mark, fmt.Sprintf("a mark above %d, or no error", after), "Events after %d beside one who trims", after)
				}
				after, next = trimmed.Mark, -1
				return true
			}
			if err != nil {
				return t.broken(err, "no error but ErrTrimmed", "Events beside one who trims")
			}
			for _, e := range page {
				n, err := strconv.Atoi(string(e.Value))
				if err != nil || (next >= 0 && n != next) {
					return t.broken(fmt.Sprintf("event %s", e.Value), fmt.Sprintf("event %d", next), "Events after %d, page by page, beside one who trims", after)
				}
				after, next = e.Position, n+1
			}
			return true
		}})
	}
	t.together(actors...)
}

// checkTrimKeeps trims a log event by event while others write it. What stands
// above the mark stays there.
func checkTrimKeeps(t *trial) {
	t.Helper()
	s := t.open()
	handles := t.handles(s)
	const n, writers = 400, 3
	all := t.fullLog(s, n)
	trimmed := 0
	actors := []actor{{least: n / 8, round: func(int) bool {
		if trimmed == n {
			return true
		}
		trimmed++
		return t.worked("Trim", s.Trim(t.Context(), acme, all[trimmed-1].Position), "Trim beside writers")
	}}}
	var logged [writers][]string
	for w := range writers {
		h, own := handles[w%len(handles)], fmt.Sprintf("w%d", w)
		version := none
		actors = append(actors, actor{least: 20, round: func(int) bool {
			b := t.batch(doc(own, version, `1`, nil))
			b.Events = []store.Event{event(own + " " + b.ID)}
			if !t.worked("Commit", h.Commit(t.Context(), b), "Commit beside one who trims") {
				return false
			}
			version = store.Version(b.ID)
			logged[w] = append(logged[w], b.Events[0].ID)
			return true
		}})
	}
	t.together(actors...)
	if t.Failed() {
		return
	}
	for i, h := range handles {
		var got [writers][]string
		for _, e := range t.events(h, acme, all[trimmed-1].Position) {
			for w := range writers {
				if strings.HasPrefix(e.ID, fmt.Sprintf("w%d ", w)) {
					got[w] = append(got[w], e.ID)
				}
			}
		}
		for w := range writers {
			if gotFrom, wantFrom := apart(got[w], logged[w]); !slices.Equal(got[w], logged[w]) {
				t.broken("events: "+gotFrom, "events: "+wantFrom, "Events through handle %d, of one of %d who wrote while another trimmed, event by event, what was there before", i+1, writers)
			}
		}
	}
}
