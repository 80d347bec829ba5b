package routing

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Check holds a workspace against TaskRouter's documentation. Whether its activities exist
// is not looked at. The error is a [*ProblemsError].
func (w Workspace) Check() error {
	var f findings
	f.name(w.FriendlyName)
	f.order("prioritize_queue_order", w.PrioritizeQueueOrder)
	f.sid("default_activity_sid", CodeInvalid, PrefixActivity, w.DefaultActivitySID)
	f.sid("timeout_activity_sid", CodeInvalid, PrefixActivity, w.TimeoutActivitySID)
	return f.err()
}

// Check holds an activity against TaskRouter's documentation. The error is a
// [*ProblemsError].
func (a Activity) Check() error {
	var f findings
	f.name(a.FriendlyName)
	return f.err()
}

// Check holds a task channel against TaskRouter's documentation. The error is a
// [*ProblemsError].
func (c TaskChannel) Check() error {
	var f findings
	f.name(c.FriendlyName)
	f.uniqueName("unique_name", c.UniqueName)
	return f.err()
}

// Check holds a worker against TaskRouter's documentation: their name, their attributes and
// their capacities. Whether the name is unique and the activity exists is not looked at. The
// error is a [*ProblemsError].
func (w Worker) Check() error {
	var f findings
	f.name(w.FriendlyName)
	f.attributes("attributes", w.Attributes)
	f.sid("activity_sid", CodeInvalid, PrefixActivity, w.ActivitySID)
	for _, c := range w.Channels {
		f.between("channels."+c.TaskChannel+".configured_capacity", c.Capacity, 0, MaxCapacity)
	}
	return f.err()
}

// SameName reports whether two friendly names of workers are the same one: the case does
// not matter.
func SameName(a, b string) bool { return strings.EqualFold(a, b) }

// NameKey returns a text that two names have in common if, and only if, they are the same
// one; see [SameName].
func NameKey(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, name)
}

// Check holds a queue against TaskRouter's documentation. Whether its activities exist is
// not looked at. The error is a [*ProblemsError].
func (q Queue) Check() error {
	var f findings
	f.name(q.FriendlyName)
	f.between("max_reserved_workers", q.MaxReservedWorkers, 1, MaxReservedWorkers)
	f.order("task_order", q.TaskOrder)
	q.Matching.find(&f)
	f.sid("reservation_activity_sid", CodeInvalid, PrefixActivity, q.ReservationActivitySID)
	f.sid("assignment_activity_sid", CodeInvalid, PrefixActivity, q.AssignmentActivitySID)
	if _, err := ParseExpression(q.TargetWorkers, ScopeWorker); err != nil {
		f.problem("target_workers", CodeInvalid, err.Error())
	}
	return f.err()
}

// Check holds a workflow against TaskRouter's documentation. Its configuration was checked
// when it was read; that its queues exist is said by [Configuration.Check]. The error is a
// [*ProblemsError].
func (w Workflow) Check() error {
	var f findings
	f.name(w.FriendlyName)
	f.between("task_reservation_timeout", w.ReservationTimeout, 1, MaxReservationTimeout)
	f.text("assignment_callback_url", CodeInvalid, w.AssignmentCallbackURL)
	f.text("fallback_assignment_callback_url", CodeInvalid, w.FallbackAssignmentCallbackURL)
	if w.Configuration.String() == "" {
		f.problem("configuration", CodeInvalid, missing+"always")
	}
	return f.err()
}

// name finds what cannot be a friendly name.
func (f *findings) name(name string) {
	const path = "friendly_name"
	switch {
	case name == "":
		f.problem(path, CodeInvalid, missing+"always")
	case utf8.RuneCountInString(name) > MaxName:
		f.problem(path, CodeInvalid, "is longer than 64 characters")
	default:
		f.text(path, CodeInvalid, name)
	}
}

func (f *findings) order(path string, o TaskOrder) {
	if !slices.Contains(TaskOrders(), o) {
		f.problem(path, CodeInvalid, "must be one of "+names(TaskOrders()))
	}
}
