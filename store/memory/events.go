package memory

import (
	"bytes"
	"slices"
	"sort"

	"github.com/engage-interactions/engage/store"
)

// eventLog holds the events of a tenant above its trim mark. It never changes,
// but logs that follow each other share one array, each with its own length.
type eventLog struct {
	tenant string
	mark   int64
	last   int64 // the last position given away
	events []store.Event
}

// log returns the tenant's log, an empty one if it has none.
func (s *snapshot) log(tenant string) *eventLog {
	if l, ok := s.logs.Get(&eventLog{tenant: tenant}); ok {
		return l
	}
	return &eventLog{tenant: tenant}
}

// append returns the log with events behind its own. Only the newest log is
// ever appended to, so that nobody else writes to the array behind its end.
func (l *eventLog) append(events []store.Event) *eventLog {
	next := *l
	next.events = slices.Grow(l.events, len(events))
	for _, e := range events {
		next.last++
		e.Position = next.last
		e.Time = e.Time.Round(0).UTC()
		e.Value = bytes.Clone(e.Value)
		next.events = append(next.events, e)
	}
	return &next
}

func (l *eventLog) read(after int64, limit int) ([]store.Event, error) {
	if after < l.mark {
		return nil, &store.TrimmedError{Tenant: l.tenant, Mark: l.mark}
	}
	events := l.events[l.behind(after):]
	events = slices.Clone(events[:min(limit, len(events))])
	for i := range events {
		events[i].Value = bytes.Clone(events[i].Value)
	}
	return events, nil
}

// trim returns the snapshot in which the tenant's events up to upTo are gone.
func (s *snapshot) trim(tenant string, upTo int64) *snapshot {
	l := s.log(tenant)
	upTo = min(upTo, l.last)
	if upTo <= l.mark {
		return s
	}
	next := *l
	next.mark = upTo
	next.events = slices.Clone(l.events[l.behind(upTo):]) // lets go of the old array
	logs := s.logs.Copy()
	logs.Set(&next)
	return &snapshot{tables: s.tables, logs: logs}
}

// behind returns the index of the first event behind a position.
func (l *eventLog) behind(position int64) int {
	return sort.Search(len(l.events), func(i int) bool { return l.events[i].Position > position })
}
