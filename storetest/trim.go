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

// trimmed reports an error that is not the TrimmedError with that mark.
func (t *trial) trimmed(err error, tenant string, mark int64, did string, args ...any) bool {
	t.Helper()
	if !t.refused(err, store.ErrTrimmed, did, args...) {
		return false
	}
	e, ok := errors.AsType[*store.TrimmedError](err)
	if !ok {
		return t.broken(fmt.Sprintf("%T: %v", err, err), "a *store.TrimmedError in the chain", did, args...)
	}
	if want := (store.TrimmedError{Tenant: tenant, Mark: mark}); *e != want {
		return t.broken(fmt.Sprintf("%+v", *e), fmt.Sprintf("%+v", want), did, args...)
	}
	return true
}

func checkEventsTrimmed(t *trial) {
	s := t.open()
	n := len(t.log(s, 3, 1, 4, 2))
	all := t.logged(s, n)
	handles := t.handles(s)
	for _, h := range handles {
		t.events(h, acme, 0) // what a handle has learned here must not be all it knows later
	}
	for _, cut := range []int{1, 2, 5, n - 1, n} { // the last forgets all
		mark := all[cut-1].Position
		t.trim(s, acme, mark)
		for _, h := range append(handles[:len(handles):len(handles)], t.peer(s)) {
			for _, limit := range []int{0, 1, store.MaxLimit} {
				below := []int64{0, mark - 1}
				if cut > 1 {
					below = append(below, all[cut-2].Position)
				}
				for _, after := range below {
					if after == mark {
						continue
					}
					page, err := h.Events(t.Context(), acme, after, limit)
					t.trimmed(err, acme, mark, "Events after %d, trimmed up to %d", after, mark)
					if len(page) > 0 {
						t.broken(page, "no events beside the error", "Events after %d, trimmed up to %d", after, mark)
					}
				}
				page, err := h.Events(t.Context(), acme, mark, limit)
				t.succeed("Events", err, "Events after the trim mark, %d", mark)
				if want := eventIDs(all[cut:]); !slices.Equal(eventIDs(page), want[:min(len(page), len(want))]) || (len(page) == 0 && len(want) > 0) {
					t.fatal(page, fmt.Sprintf("the first of the events %q", want), "Events after the trim mark, %d", mark)
				}
			}
		}
	}
	t.patiently(func() { checkTrimBeside(t) })
	t.patiently(func() { checkTrimUnderReaders(t) })
}

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

func checkTrimMark(t *trial) {
	s := t.open()
	trim := func(upTo int64) {
		t.Helper()
		t.trim(s, acme, upTo)
	}
	// There is nothing to forget in an empty log, and so no mark.
	for _, upTo := range []int64{0, 1, 1<<63 - 1} {
		trim(upTo)
		if page, err := s.Events(t.Context(), acme, 0, 0); err != nil || len(page) != 0 {
			t.fatal(fmt.Sprintf("%d events, error %v", len(page), err), "no event and no error", "Events after Trim(%d) of an empty log", upTo)
		}
	}
	t.log(s, 2, 3, 1)
	if _, err := s.Events(t.Context(), acme, 0, 0); err != nil {
		t.fatal(err, "no error", "Events after Trim of an empty log, far beyond its end, and six events then")
	}
	all := t.logged(s, 6)
	holds := func(cut int, what string) {
		t.Helper()
		mark := int64(0)
		if cut > 0 {
			mark = all[cut-1].Position
		}
		for _, h := range t.handles(s) {
			if got := t.mark(h, acme); got != mark {
				t.fatal(got, mark, "reading the trim mark after %s", what)
			}
			if got := t.events(h, acme, mark); !slices.Equal(eventIDs(got), eventIDs(all[cut:])) {
				t.fatal(got, all[cut:], "Events from the trim mark after %s", what)
			}
		}
	}
	before := t.dump(s)
	trim(0)
	holds(0, "Trim up to 0")
	t.same(before, t.dump(s), "Trim up to 0")
	trim(all[2].Position)
	holds(3, "Trim up to the third of six events")
	for _, upTo := range []int64{all[2].Position, all[1].Position, all[0].Position, 1, 0} {
		trim(upTo)
		holds(3, fmt.Sprintf("Trim up to %d, which is at or below the mark", upTo))
	}
	s = t.reopen(s)
	holds(3, "Trim, and opening the store again if the harness can")
	trim(all[3].Position)
	holds(4, "Trim up to the fourth")
	trim(all[5].Position + 1000)
	holds(6, "Trim up to a position far beyond the last")
	trim(1<<63 - 1)
	holds(6, "Trim of everything, again")
	s = t.reopen(s)
	holds(6, "Trim of everything, and opening the store again if the harness can")

	// What comes then is there, however far beyond the last Trim was asked for.
	t.log(s, 2)
	all = append(all, t.events(s, acme, all[5].Position)...)
	holds(6, "two more events, when everything had been trimmed")
	if len(all) != 8 {
		t.fatal(all, "8 events", "Events after two more events")
	}

	for _, upTo := range []int64{-1, -1 << 63} {
		t.invalid(s.Trim(t.Context(), acme, upTo), "Trim up to %d", upTo)
	}
	for _, tenant := range append(badTexts(), "") {
		t.invalid(s.Trim(t.Context(), tenant, 1), "Trim of tenant %.20q", tenant)
	}
	holds(6, "Trim with arguments that are out of order")
	if got := len(t.findAll(s, store.Query{})); got != 4 {
		t.fatal(got, 4, "counting the records, which Trim does not touch")
	}
	t.patiently(func() { checkTrimKeeps(t) })
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
