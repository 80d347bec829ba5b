package routing

import "time"

// Step is where a task is in its workflow. It is kept with the task, and is good also
// when the configuration has changed since: what it says of the task stays true, and
// [Configuration.Next] goes on from the same place in what there is now. To have the
// task routed anew, enter it again.
type Step struct {
	// Filter and Target are the indexes of the target that the task waits in, unless it
	// is in the default filter.
	Filter  int  `json:"filter"`
	Target  int  `json:"target"`
	Default bool `json:"default,omitempty"`
	// Queue is the SID of the queue that it waits in.
	Queue string `json:"queue"`
	// Priority is the task's: its own, or what the last target with a priority gave it.
	Priority int `json:"priority"`
	// EnteredAt is when it came to the target.
	EnteredAt time.Time `json:"entered_at"`
	// Deadline is when it goes on. Zero: it waits until it expires.
	Deadline time.Time `json:"deadline,omitzero"`
	// Waited says that a target before was left by its timeout: the task has matched a
	// filter, and the default filter is not for it any more.
	Waited bool `json:"waited,omitempty"`
}

// Due says whether the task has waited long enough.
func (s Step) Due(now time.Time) bool { return !s.Deadline.IsZero() && !now.Before(s.Deadline) }

// Leaving is why a task leaves a target without being taken.
type Leaving string

// The ways to leave a target.
const (
	LeftByTimeout Leaving = "timeout" // it has waited long enough
	LeftBySkip    Leaving = "skipped" // no reservation could be made at once, and skip_if held
)

// Leavings lists all of them.
func Leavings() []Leaving { return []Leaving{LeftByTimeout, LeftBySkip} }

// Move is where a task goes, and why.
type Move struct {
	// Step is where it is now.
	Step Step
	// Ended says that there is nowhere to go: the task is canceled, and workflow.timeout
	// tells of it. Step then keeps where it was last, if it was anywhere.
	Ended bool
	// Trace is what was looked at on the way, in order.
	Trace []Look
}

// Look is something that was looked at on a task's way through its workflow.
type Look struct {
	Path string   // in the configuration, such as "task_routing.filters[1]"
	Name string   // the filter's friendly name
	Saw  Sighting // what came of it
	Why  string   // in words, if there is more to say
}

// Sighting is what came of a look.
type Sighting string

// The sightings.
const (
	SawMatch    Sighting = "matched"     // the filter matches the task
	SawMismatch Sighting = "not matched" // it does not
	SawTarget   Sighting = "entered"     // the task waits here now
	SawTimeout  Sighting = "timeout"     // the target was left because it has waited long enough
	SawSkip     Sighting = "skipped"     // the target was left because of skip_if
	SawDefault  Sighting = "default"     // the task waits in the default filter now
	SawNoWay    Sighting = "ended"       // there is nothing left
)

// Sightings lists all of them.
func Sightings() []Sighting {
	return []Sighting{SawMatch, SawMismatch, SawTarget, SawTimeout, SawSkip, SawDefault, SawNoWay}
}

// Enter lets a task with these attributes and this priority into the workflow, or into
// it again: the first target of the first filter that matches it, else the default
// filter (TaskRouter's documentation, "Workflows Overview").
func (c Configuration) Enter(task Attributes, priority int, now time.Time) Move {
	w := walk{configuration: c, task: task, now: now, step: Step{Priority: priority}}
	w.seek(0)
	return w.move()
}

// Next lets a task leave the step that it is in: to the next target of the filter, else
// into the next filter that matches the task as it is now. The default filter is only
// for tasks that matched no filter, or left all targets of those that they matched
// because of skip_if. In the default filter there is no timeout, and the task stays.
//
// A target is entered now, and its timeout counts from now, however late that is: a task
// that was reserved meanwhile, or that nobody looked after, still waits in each target
// as long as the target says. (The platform's documentation adds the timeouts up by the
// age of the task; that comes to the same when each is left in time.)
func (c Configuration) Next(s Step, by Leaving, task Attributes, now time.Time) Move {
	w := walk{configuration: c, task: task, now: now, step: s}
	if s.Default {
		w.look(defaultPath, "", SawDefault, "the default filter has no timeout")
		return w.move()
	}
	filter, target := max(s.Filter, -1), max(s.Target, -1)
	switch by {
	case LeftByTimeout:
		w.step.Waited = true
		w.look(targetPath(filter, target), c.nameOf(filter), SawTimeout, "")
	case LeftBySkip:
		w.look(targetPath(filter, target), c.nameOf(filter), SawSkip, "")
	}
	if filter >= 0 && filter < len(c.Filters) && target+1 < len(c.Filters[filter].Targets) {
		w.enter(filter, target+1)
	} else {
		w.seek(filter + 1)
	}
	return w.move()
}

// At gives the target that a step is in, and false if the configuration has none there
// any more.
func (c Configuration) At(s Step) (Target, bool) {
	switch {
	case s.Default && c.Default != nil:
		return *c.Default, true
	case s.Default || s.Filter < 0 || s.Filter >= len(c.Filters):
		return Target{}, false
	}
	targets := c.Filters[s.Filter].Targets
	if s.Target < 0 || s.Target >= len(targets) {
		return Target{}, false
	}
	return targets[s.Target], true
}

func (c Configuration) nameOf(filter int) string {
	if filter < 0 || filter >= len(c.Filters) {
		return ""
	}
	return c.Filters[filter].FriendlyName
}

// walk is a task under way.
type walk struct {
	configuration Configuration
	task          Attributes
	now           time.Time
	step          Step
	ended         bool
	trace         []Look
}

func (w *walk) move() Move { return Move{Step: w.step, Ended: w.ended, Trace: w.trace} }

func (w *walk) look(path, name string, saw Sighting, why string) {
	w.trace = append(w.trace, Look{Path: path, Name: name, Saw: saw, Why: why})
}

// seek enters the first filter from an index on that matches, else the default filter,
// else it is the end.
func (w *walk) seek(from int) {
	facts := Facts{Task: w.task}
	for i := from; i < len(w.configuration.Filters); i++ {
		f := &w.configuration.Filters[i]
		if len(f.Targets) > 0 && f.Expression.Holds(facts) {
			w.look(filterPath(i), f.FriendlyName, SawMatch, "")
			w.enter(i, 0)
			return
		}
		w.look(filterPath(i), f.FriendlyName, SawMismatch, f.Expression.Explain(facts))
	}
	switch {
	case w.configuration.Default == nil:
		w.ended = true
		w.look("", "", SawNoWay, "there is no default filter")
	case w.step.Waited:
		w.ended = true
		w.look("", "", SawNoWay, "the default filter is not for a task that has waited in a filter")
	default:
		w.stand(*w.configuration.Default)
		w.step.Filter, w.step.Target, w.step.Default = 0, 0, true
		w.look(defaultPath, "", SawDefault, "")
	}
}

func (w *walk) enter(filter, target int) {
	f := &w.configuration.Filters[filter]
	w.stand(f.Targets[target])
	w.step.Filter, w.step.Target = filter, target
	w.look(targetPath(filter, target), f.FriendlyName, SawTarget, "")
}

// stand puts the task into a target.
func (w *walk) stand(t Target) {
	w.step.Queue = t.Queue
	if t.Priority != nil {
		w.step.Priority = *t.Priority
	}
	w.step.EnteredAt, w.step.Deadline = w.now, time.Time{}
	if t.Timeout > 0 {
		w.step.Deadline = w.now.Add(t.Timeout)
	}
}
