package routing

import "time"

// Ordering is how the tasks of a queue are ordered.
type Ordering struct {
	Order TaskOrder // empty: FIFO
	// Matching has the ageing of priorities.
	Matching Matching
}

// Ordering returns how the tasks of the queue are ordered.
func (q Queue) Ordering() Ordering { return Ordering{Order: q.TaskOrder, Matching: q.Matching} }

// OrderKey returns the place of the task among those that wait in a queue, as a text: the
// task whose key is first, bytewise, is next. It depends on nothing but the task and the
// ordering, so that it is written once and stays good however long the task waits. It has at
// most 102 bytes, all of them letters, digits and points.
//
// FIFO is by priority, the highest first, then by virtual start, the earliest first. LIFO is
// by virtual start, the latest first, whatever the priority (TaskRouter's documentation,
// "Queue Ordering"). Of tasks with the same virtual start, in milliseconds, the creation
// decides, and then the SID.
//
// With ageing, FIFO is by effective priority: a task gains one level for each PriorityAgeing
// that it has waited since its virtual start, in proportion also for parts of it. Of two
// tasks, both gain at the same rate, so which comes first does not change with time: at any
// moment, the order by priority + waited/ageing is the order by start - priority*ageing,
// and this is what is in the key, exactly, in 64 bits: priorities are less than 2^31,
// ageings less than 2^31 ms, and times between the years 1 and 9999.
func (t Task) OrderKey(o Ordering) string {
	start, created := milliseconds(t.VirtualStart), milliseconds(t.CreatedAt)
	b := make([]byte, 0, 3*17+SIDLength)
	if o.Order == LIFO {
		b = append(appendRank(b, -start), '.')
		b = append(appendRank(b, -created), '.')
		return string(append(b, t.SID...))
	}
	if ageing := o.Matching.ageing(); ageing > 0 {
		b = append(appendRank(b, start-t.level()*ageing), '.')
	} else {
		b = append(appendRank(b, -t.level()), '.')
	}
	b = append(appendRank(b, start), '.')
	b = append(appendRank(b, created), '.')
	return string(append(b, t.SID...))
}

// level returns the priority, within its bounds.
func (t Task) level() int64 { return int64(min(max(t.Priority, 0), MaxPriority)) }

// IdleKey returns the place of the worker among those who could take a task, as a text: who
// is idle for longest comes first, bytewise. A worker who never had a task comes before all
// others; of two who are idle since the same millisecond the SID decides. (The platform says
// neither.) It has at most 51 bytes.
func (w Worker) IdleKey() string {
	// The zero time is the first that there is.
	b := append(appendRank(make([]byte, 0, 17+SIDLength), milliseconds(w.IdleSince)), '.')
	return string(append(b, w.SID...))
}

// The times that keys can tell apart.
var (
	firstTime = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)
)

// milliseconds is the time in a key. What is beyond the bounds is at the bound.
func milliseconds(t time.Time) int64 {
	switch {
	case t.Before(firstTime):
		t = firstTime
	case t.After(lastTime):
		t = lastTime
	}
	return t.UnixMilli()
}

// appendRank appends 16 digits that compare bytewise as the numbers do.
func appendRank(b []byte, n int64) []byte {
	rank := uint64(n) ^ 1<<63 // the least number is 0
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[rank>>shift&15])
	}
	return b
}
