package stress

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// eventLog is a tenant's log. The contract leaves it to the store which positions
// it gives, so that they are learned from what is read, and held against what
// was learned before.
type eventLog struct {
	mark    int64   // the trim mark
	last    int64   // the greatest position that was seen
	entries []entry // in the order of commits, those that were trimmed left out
}

// entry is one event. Its position is 0 until somebody has read it.
type entry struct {
	event  store.Event
	atMost int64 // what its position cannot be above, 0 if nothing is known
}

func (l *eventLog) clone() *eventLog {
	c := *l
	c.entries = slices.Clone(l.entries)
	return &c
}

func (l *eventLog) append(events []store.Event) {
	for _, e := range events {
		e.Position = 0
		l.entries = append(l.entries, entry{event: e})
	}
}

// readTo returns the position up to which all is read, and whether that is all.
func (l *eventLog) readTo() (position int64, all bool) {
	position = l.mark
	for _, e := range l.entries {
		if e.event.Position == 0 {
			return position, false
		}
		position = e.event.Position
	}
	return position, true
}

// positions returns those that are known.
func (l *eventLog) positions() []int64 {
	var all []int64
	for _, e := range l.entries {
		if e.event.Position != 0 {
			all = append(all, e.event.Position)
		}
	}
	return all
}

// read says what is wrong with a page of events that begins behind a position,
// and learns the positions of those that it holds.
func (l *eventLog) read(after int64, limit int, page []store.Event) error {
	if limit == 0 {
		limit = store.DefaultLimit
	}
	if len(page) > limit {
		return fmt.Errorf("there are %d events, and the limit is %d", len(page), limit)
	}
	if len(page) == 0 {
		return l.readFrom(len(l.entries), after, page)
	}
	// Where the page begins: a batch that was applied twice, because what it
	// creates was deleted in between, has logged its events twice.
	var wrong error
	for _, from := range l.places(page[0]) {
		learned := l.clone()
		if wrong = learned.readFrom(from, after, page); wrong == nil {
			*l = *learned
			return nil
		}
	}
	if wrong == nil {
		return fmt.Errorf("no event %q was ever committed, or it was trimmed", page[0].ID)
	}
	return wrong
}

// places returns the entries that an event can be, one whose position is known to
// be the same before all others.
func (l *eventLog) places(got store.Event) []int {
	var exact, others []int
	for i, e := range l.entries {
		switch {
		case e.event.ID != got.ID:
		case e.event.Position == got.Position:
			exact = append(exact, i)
		default:
			others = append(others, i)
		}
	}
	return append(exact, others...)
}

// readFrom is read of a page that begins with a certain entry.
func (l *eventLog) readFrom(from int, after int64, page []store.Event) error {
	for i, e := range l.entries[:from] {
		if e.event.Position > after || (e.event.Position == 0 && l.below(i) >= after) {
			return fmt.Errorf("the event %q is left out", e.event.ID)
		}
		if e.event.Position == 0 && (e.atMost == 0 || e.atMost > after) {
			l.entries[i].atMost = after
		}
	}
	if len(page) > len(l.entries)-from {
		return fmt.Errorf("there are %d events, and only %d were committed", len(page), len(l.entries)-from)
	}
	for i, got := range page {
		if err := l.learn(from+i, after, got); err != nil {
			return err
		}
	}
	return nil
}

// trimmed reports whether err is what reading from below the mark gives.
func (l *eventLog) trimmed(err error) bool {
	t, ok := errors.AsType[*store.TrimmedError](err)
	return ok && t.Mark == l.mark && only(err, store.ErrTrimmed)
}

// learn compares an event with the entry that it must be, and keeps its position.
func (l *eventLog) learn(i int, after int64, got store.Event) error {
	e := &l.entries[i]
	want := e.event
	if got.Tenant != want.Tenant || got.ID != want.ID || got.Type != want.Type || !bytes.Equal(got.Value, want.Value) {
		return fmt.Errorf("event %d of the page is not %s, as it was committed", i, showEvent(want))
	}
	if !got.Time.Equal(want.Time) || got.Time.UTC().Format(exactTime) != got.Time.Format(exactTime) {
		return fmt.Errorf("the time of %q is not %s in UTC", got.ID, want.Time.UTC().Format(exactTime))
	}
	at := got.Position
	switch {
	case at <= after:
		return fmt.Errorf("the position %d of %q is not greater than %d", at, got.ID, after)
	case want.Position != 0 && at != want.Position:
		return fmt.Errorf("the position of %q is %d, and was %d", got.ID, at, want.Position)
	case want.Position == 0 && at <= l.below(i):
		return fmt.Errorf("the position %d of %q is not greater than %d, which was there or seen before", at, got.ID, l.below(i))
	case e.atMost != 0 && at > e.atMost:
		return fmt.Errorf("the position %d of %q is greater than %d, and was not when somebody read from there", at, got.ID, e.atMost)
	}
	for _, next := range l.entries[i+1:] {
		if p := next.event.Position; p != 0 && at >= p {
			return fmt.Errorf("the position %d of %q is not below that of %q, which was committed later", at, got.ID, next.event.ID)
		}
	}
	e.event.Position = at
	l.last = max(l.last, at)
	return nil
}

// below returns what the position of an event must be greater than: those of the
// events before it, and the mark. An event that follows the last one ever seen
// comes behind it, whatever was trimmed since.
func (l *eventLog) below(i int) int64 {
	least := l.mark
	for _, e := range l.entries[:i] {
		least = max(least, e.event.Position)
	}
	if !slices.ContainsFunc(l.entries[i:], func(e entry) bool { return e.event.Position != 0 }) {
		least = max(least, l.last)
	}
	return least
}

// trim forgets events up to a position. Every event that could be concerned has
// been read: whoever trims reads first.
func (l *eventLog) trim(upTo int64) {
	if upTo <= l.mark || len(l.entries) == 0 {
		return
	}
	if last := l.entries[len(l.entries)-1].event.Position; last != 0 {
		upTo = min(upTo, last)
	}
	l.mark = upTo
	l.entries = slices.DeleteFunc(slices.Clone(l.entries), func(e entry) bool {
		return e.event.Position != 0 && e.event.Position <= upTo
	})
}
