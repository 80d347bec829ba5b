package memory

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/engage-interactions/engage/store"
)

// eventLog holds the events of a tenant above its trim mark. Logs that follow each other
// share one array, each with its own length.
type eventLog struct {
	mark   int64
	last   int64 // the last position given away
	events []event
}

// event is one of a log. Its ID, type and value are packed into one text, which the
// garbage collector need not look into.
type event struct {
	position int64
	seconds  int64 // since 1970
	nanos    int32
	id, typ  uint16 // how long they are
	packed   string
}

func newEvent(e store.Event, position int64) event {
	var b strings.Builder
	b.Grow(len(e.ID) + len(e.Type) + len(e.Value))
	b.WriteString(e.ID)
	b.WriteString(e.Type)
	b.Write(e.Value)
	return event{
		position: position, seconds: e.Time.Unix(), nanos: int32(e.Time.Nanosecond()),
		id: uint16(len(e.ID)), typ: uint16(len(e.Type)), packed: b.String(),
	}
}

// event returns a copy for a caller.
func (e *event) event(tenant string) store.Event {
	typ, value := int(e.id), int(e.id)+int(e.typ)
	return store.Event{
		Tenant: tenant, Position: e.position, Time: time.Unix(e.seconds, int64(e.nanos)).UTC(),
		ID: e.packed[:typ], Type: e.packed[typ:value], Value: []byte(e.packed[value:]),
	}
}

// append adds events to a copy of the newest log. Only that is ever appended to, so that
// nobody else writes to the array behind its end.
func (l *eventLog) append(events []store.Event) {
	l.events = slices.Grow(l.events, len(events))
	for _, e := range events {
		l.last++
		l.events = append(l.events, newEvent(e, l.last))
	}
}

func (l *eventLog) read(tenant string, after int64, limit int) ([]store.Event, error) {
	if after < l.mark {
		return nil, &store.TrimmedError{Tenant: tenant, Mark: l.mark}
	}
	behind := l.events[l.behind(after):]
	events := make([]store.Event, min(limit, len(behind)))
	for i := range events {
		events[i] = behind[i].event(tenant)
	}
	return events, nil
}

// trim forgets the events up to upTo in a copy of the newest log.
func (l *eventLog) trim(upTo int64) {
	if upTo = min(upTo, l.last); upTo > l.mark {
		l.mark = upTo
		l.events = slices.Clone(l.events[l.behind(upTo):]) // lets go of the old array
	}
}

// behind returns the index of the first event behind a position.
func (l *eventLog) behind(position int64) int {
	return sort.Search(len(l.events), func(i int) bool { return l.events[i].position > position })
}
