package routing

import (
	"strconv"
	"strings"
)

// Line is what tasks have in common that demand the same: who can take one of them, can take
// all of them, and so it is enough to look at the one that is next. What a task says for
// itself is in its [Demand].
type Line struct {
	// QueueSID and TaskChannelSID are where the tasks wait, and which capacity they take.
	QueueSID       string
	TaskChannelSID string
	// Expression is that of the target, bound to the task: in ScopeMatch, of workers only.
	Expression Expression
	// OrderBy is in which order workers are asked. Zero: who is idle for longest.
	OrderBy OrderBy
	// ForKnown says that the line is for one worker, who is Known. If Known has nothing in
	// it, the target names a worker whom the task does not know, and nobody can take it.
	ForKnown bool
	Known    KnownWorker
	// Fallback lets others take the tasks while the known worker cannot.
	Fallback bool
	// Direct says that the tasks are for the worker by their routing target: whether the
	// worker is in the queue does not matter.
	Direct bool
	// IgnoreCapacity lets them be offered to that worker whatever else they do.
	IgnoreCapacity bool
}

// LineOf returns the line that a task waits in, in a target of its workflow; see
// [Configuration.TargetOf].
//
// A task whose routing target is a worker is for that worker and no other, whatever the
// target says; only it can ignore capacities (TaskRouter's documentation, "Task Resource").
func LineOf(t Task, in Target, m Matching) Line {
	l := Line{QueueSID: t.QueueSID, TaskChannelSID: t.TaskChannelSID}
	if l.QueueSID == "" {
		l.QueueSID = in.Queue
	}
	if PrefixWorker.Valid(t.RoutingTarget) {
		l.ForKnown, l.Known = true, KnownWorker{SID: t.RoutingTarget}
		l.Direct, l.IgnoreCapacity = true, t.IgnoreCapacity
		return l
	}
	l.Expression = in.Expression.Bind(t.Attributes)
	l.OrderBy = in.OrderBy
	if in.knownSID != nil || in.knownName != nil {
		l.ForKnown, l.Known, l.Fallback = true, in.KnownWorker(t.Attributes), m.KnownWorkerFallback
		if !l.Fallback {
			l.OrderBy = OrderBy{} // There is nobody to order.
		}
	}
	return l
}

// TargetOf returns the target that a task waits in. It is false if the task has not entered
// its workflow, or if the workflow was changed since and has nothing any more where the task
// was: then it enters again.
//
// A task that is for a worker or a queue by its routing target does not go through the
// workflow: it waits in its queue until it expires.
func (c Configuration) TargetOf(t Task) (Target, bool) {
	if queue, ok := t.direct(); ok {
		return Target{Queue: queue}, true
	}
	if t.Waiting.Step.EnteredAt.IsZero() {
		return Target{}, false
	}
	return c.At(t.Waiting.Step)
}

// direct returns the queue of a task that does not go through its workflow, and whether it
// does not.
func (t Task) direct() (queue string, ok bool) {
	switch {
	case PrefixWorker.Valid(t.RoutingTarget):
		return t.QueueSID, true
	case PrefixQueue.Valid(t.RoutingTarget):
		return t.RoutingTarget, true
	}
	return "", false
}

// Key returns the line as a text: two lines have equal texts if, and only if, they are
// equal. It can be longer than a key of a store, and is meant to be hashed.
func (l Line) Key() string {
	var b strings.Builder
	for _, text := range []string{
		l.QueueSID, l.TaskChannelSID, l.Expression.String(), l.OrderBy.String(), l.Known.SID, l.Known.FriendlyName,
	} {
		b.WriteString(strconv.Itoa(len(text)))
		b.WriteByte(':')
		b.WriteString(text)
	}
	for _, is := range []bool{l.ForKnown, l.Fallback, l.Direct, l.IgnoreCapacity} {
		if is {
			b.WriteByte('1')
		} else {
			b.WriteByte('0')
		}
	}
	return b.String()
}

// means reports whether a worker is the one who is known. The case of names does not matter.
func (k KnownWorker) means(w *Worker) bool {
	if k.SID != "" {
		return k.SID == w.SID
	}
	return k.FriendlyName != "" && SameName(k.FriendlyName, w.FriendlyName)
}

// String returns whom it means, in words.
func (k KnownWorker) String() string {
	switch {
	case k.SID != "":
		return k.SID
	case k.FriendlyName != "":
		return strconv.Quote(k.FriendlyName)
	}
	return "nobody"
}
