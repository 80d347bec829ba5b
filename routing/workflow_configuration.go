package routing

import (
	"fmt"
	"slices"
	"time"
)

// MaxConfiguration is how long a workflow's configuration may be, in bytes (TaskRouter's
// documentation, "Workflow Resource").
const MaxConfiguration = 1_038_576

// MaxPriority is the highest priority of a task, also of one that a target gives
// (TaskRouter's documentation, "Task").
const MaxPriority = 1<<31 - 1

// maxTargetTimeout is the longest timeout of a target, in seconds. None is documented; a
// task expires long before this one.
const maxTargetTimeout = 1<<31 - 1

// Configuration says which queues a task goes through (TaskRouter's documentation,
// "Workflows Overview"): filters, of which the first that matches the task is entered,
// their targets, one after the other, and what is left for tasks that match none.
//
// It is read by [ParseConfiguration] and keeps the text that it was read from. The zero
// Configuration has nowhere to go.
type Configuration struct {
	Filters []Filter
	Default *Target // nil: there is none
	text    string
}

// Filter is for tasks that it matches.
type Filter struct {
	FriendlyName string
	Expression   Expression // in ScopeTask
	Targets      []Target   // at least one
}

// Target is a step of a task's way: a queue, and who in it can take the task.
type Target struct {
	// Queue is its SID. A target that names none has that of the one before it, and
	// says so in InheritsQueue.
	Queue         string
	InheritsQueue bool
	// Expression says which of the queue's workers can take the task, in ScopeMatch.
	// Zero: all. It is not inherited.
	Expression Expression
	// Priority is what the task has from now on, also in later steps. Nil: it keeps what
	// it has.
	Priority *int
	// Timeout is how long a task waits here. 0: until it expires. It is not inherited.
	Timeout time.Duration
	// OrderBy is in which order workers are asked. Zero: who is idle longest.
	OrderBy OrderBy
	// SkipIf, in ScopeSkip, lets a task go on at once. Nil: it does not. See
	// [Target.Skips].
	SkipIf *Expression

	knownSID, knownName *operand
}

// Skips says whether a task does not wait here. It is asked once, when the task has come
// to the target and no reservation could be made at once (TaskRouter's documentation,
// "Skipping based on Worker availability").
func (t Target) Skips(workers WorkersFacts) bool {
	return t.SkipIf != nil && t.SkipIf.Holds(Facts{Workers: workers})
}

// KnownWorker is the one worker who is to take a task in a target; see [Choose]. A worker is
// known by one of the two; both are empty if nobody is known.
type KnownWorker struct {
	SID          string
	FriendlyName string
}

// KnownWorker gives whom known_worker_sid or known_worker_friendly_name of the target
// means for a task. If both are there, the SID counts, and the name if the task has no
// SID; the case of the SID's digits does not matter. Whether the worker is in the queue at
// all is for the caller to see: the platform's errors are [CodeKnownWorkerQueue] and
// [CodeKnownWorkerWorkspace].
func (t Target) KnownWorker(task Attributes) KnownWorker {
	f := &Facts{Task: task}
	text := func(o *operand) string {
		if o == nil {
			return ""
		}
		if v := o.value(f); v.kind == kindString {
			return v.text
		}
		return ""
	}
	if sid := text(t.knownSID); sid != "" {
		if PrefixWorker.Valid(sid) {
			sid = PrefixWorker.Alike(sid)
		}
		return KnownWorker{SID: sid}
	}
	return KnownWorker{FriendlyName: text(t.knownName)}
}

// String gives the text that the configuration was read from, as it was given.
func (c Configuration) String() string { return c.text }

// MarshalText keeps the configuration as the text that it was read from, byte for byte.
func (c Configuration) MarshalText() ([]byte, error) { return []byte(c.text), nil }

// UnmarshalText reads what MarshalText gave.
func (c *Configuration) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*c = Configuration{}
		return nil
	}
	*c, err = ParseConfiguration(text)
	return err
}

// Queues gives the SIDs of the queues that the configuration names, sorted, each once.
func (c Configuration) Queues() []string {
	var all []string
	c.named(func(_, queue string) { all = append(all, queue) })
	slices.Sort(all)
	return slices.Compact(all)
}

// Check says which of the queues that the configuration names do not exist. The error is
// a [*ProblemsError].
func (c Configuration) Check(exists func(sid string) bool) error {
	var p problems
	c.named(func(path, queue string) {
		if !exists(queue) {
			p.add(path, "there is no queue "+queue)
		}
	})
	return p.err()
}

// named visits each place where a queue is named.
func (c Configuration) named(visit func(path, queue string)) {
	for i, f := range c.Filters {
		for n, t := range f.Targets {
			if !t.InheritsQueue {
				visit(targetPath(i, n)+".queue", t.Queue)
			}
		}
	}
	if c.Default != nil {
		visit(defaultPath+".queue", c.Default.Queue)
	}
}

const defaultPath = "task_routing.default_filter"

func filterPath(filter int) string { return fmt.Sprintf("task_routing.filters[%d]", filter) }

func targetPath(filter, target int) string {
	return fmt.Sprintf("%s.targets[%d]", filterPath(filter), target)
}
