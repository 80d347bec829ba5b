package routing

import (
	"slices"
	"strings"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// MaxReservedWorkers is to how many workers a task is offered at a time at most
// (TaskRouter's documentation, "TaskQueue Resource").
const MaxReservedWorkers = 50

// Happening is an event: its type, and what it is about.
type Happening struct {
	Type string // such as "reservation.accepted"
	SID  string
}

// Assignment is a task with its reservations. What happens to one of them happens to the
// others as well: this is where it is decided what. Its methods return what it is
// afterwards, and change nothing in place; if they refuse, it is what it was.
//
// Reservations that have ended may be left out; those that have not are all there.
type Assignment struct {
	Task         Task
	Reservations []Reservation
	// Happenings tell what has happened since the assignment was put together, in order.
	Happenings []Happening
}

// Offer returns the assignment with the task offered to a worker: to the first, or to one
// more where several are asked at once. The reservation comes with its SID, its worker and
// its due time, without a status. The error is a [*RefusedError].
func (a Assignment) Offer(r Reservation, now time.Time) (Assignment, error) {
	if a.live() >= MaxReservedWorkers {
		return a, &RefusedError{Err: &interaction.TransitionError{
			Of: TaskLifecycle.Of, From: string(a.Task.Status), By: string(TaskReserves),
			Rule: "it is offered to less than 50 workers", Remedy: "wait until one of them answers",
		}}
	}
	r.TaskSID, r.AccountSID, r.WorkspaceSID = a.Task.SID, a.Task.AccountSID, a.Task.WorkspaceSID
	r.QueueSID, r.TaskChannelSID = a.Task.QueueSID, a.Task.TaskChannelSID
	next := a.clone()
	if err := next.task(TaskReserves, TaskChange{}, now); err != nil {
		return a, err
	}
	next.Reservations = append(next.Reservations, r)
	if err := next.reservation(len(next.Reservations)-1, ReservationStarts, now); err != nil {
		return a, err
	}
	return next.done(), nil
}

// Answer returns the assignment after something has happened to one of its reservations.
// The first who accepts has the task, and the other offers are rescinded; once all have
// ended without that, the task waits again, or, if it was offered too often, is canceled.
// Wrapping up or completing the accepted reservation does the same to the task, for which
// the reason is. The error is a [*RefusedError].
func (a Assignment) Answer(sid string, by ReservationVerb, reason string, now time.Time) (Assignment, error) {
	n := slices.IndexFunc(a.Reservations, func(r Reservation) bool { return r.SID == sid })
	if n < 0 || by == ReservationStarts {
		return a, &RefusedError{Err: &interaction.TransitionError{Of: ReservationLifecycle.Of, By: string(by)}}
	}
	next := a.clone()
	if err := next.reservation(n, by, now); err != nil {
		return a, err
	}
	var err error
	switch by {
	case ReservationAccepts:
		if err = next.task(TaskAccepts, TaskChange{}, now); err == nil {
			err = next.others(ReservationRescinds, now)
		}
	case ReservationRejects, ReservationTimesOut, ReservationCancels, ReservationRescinds:
		if next.live() > 0 {
			break
		}
		if err = next.task(TaskReleases, TaskChange{}, now); err == nil && next.Task.Assignments >= MaxAssignments {
			err = next.task(TaskExhausts, TaskChange{}, now)
		}
	case ReservationWrapsUp:
		err = next.task(TaskWrapsUp, TaskChange{}, now)
	case ReservationCompletes:
		err = next.task(TaskCompletes, TaskChange{Reason: reason}, now)
	case ReservationStarts: // refused above
	}
	if err != nil {
		return a, err
	}
	return next.done(), nil
}

// Happen returns the assignment after something has happened to its task by itself: it
// enters a queue, is updated, or ends. Offers end with it, and so does the accepted
// reservation. What happens by a reservation is for [Assignment.Offer] and
// [Assignment.Answer]. The error is a [*RefusedError].
func (a Assignment) Happen(by TaskVerb, c TaskChange, now time.Time) (Assignment, error) {
	next := a.clone()
	if err := next.task(by, c, now); err != nil {
		return a, err
	}
	var err error
	switch by {
	case TaskCancels, TaskExpires, TaskExhausts, TaskRunsOut:
		err = next.others(ReservationCancels, now)
	case TaskWrapsUp:
		err = next.others(ReservationWrapsUp, now)
	case TaskCompletes:
		err = next.others(ReservationCompletes, now)
	case TaskReserves, TaskReleases, TaskAccepts:
		err = &RefusedError{Err: &interaction.TransitionError{
			Of: TaskLifecycle.Of, From: string(a.Task.Status), By: string(by),
			Rule: "its reservation does so", Remedy: "change the reservation",
		}}
	case TaskStarts, TaskEnters, TaskUpdates:
	}
	if err != nil {
		return a, err
	}
	return next.done(), nil
}

// assigning is an assignment while it changes: a copy.
type assigning struct{ Assignment }

func (a Assignment) clone() *assigning {
	a.Reservations = slices.Clone(a.Reservations)
	a.Happenings = slices.Clip(a.Happenings)
	return &assigning{a}
}

// live returns how many reservations have not ended.
func (a Assignment) live() int {
	n := 0
	for _, r := range a.Reservations {
		if r.Status.Live() {
			n++
		}
	}
	return n
}

// task does something to the task.
func (a *assigning) task(by TaskVerb, c TaskChange, now time.Time) error {
	next, events, err := a.Task.Apply(by, c, now)
	if err != nil {
		return err
	}
	a.Task = next
	for _, event := range events {
		a.Happenings = append(a.Happenings, Happening{Type: event, SID: next.about(event)})
	}
	return nil
}

// about returns the SID of what an event of the task is about.
func (t Task) about(event string) string {
	switch kind, _, _ := strings.Cut(event, "."); kind {
	case "workflow":
		return t.WorkflowSID
	case "task-queue":
		return t.QueueSID
	}
	return t.SID
}

// reservation does something to one of the reservations.
func (a *assigning) reservation(n int, by ReservationVerb, now time.Time) error {
	next, events, err := a.Reservations[n].Apply(by, now)
	if err != nil {
		return err
	}
	a.Reservations[n] = next
	for _, event := range events {
		a.Happenings = append(a.Happenings, Happening{Type: event, SID: next.SID})
	}
	return nil
}

// others does something to all reservations to which it can happen.
func (a *assigning) others(by ReservationVerb, now time.Time) error {
	for n, r := range a.Reservations {
		if r.Status != "" && ReservationLifecycle.Possible(r.Status, by) {
			if err := a.reservation(n, by, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// done writes down in the task which reservations have not ended.
func (a *assigning) done() Assignment {
	a.Task.ReservationSIDs = nil
	for _, r := range a.Reservations {
		if r.Status.Live() {
			a.Task.ReservationSIDs = append(a.Task.ReservationSIDs, r.SID)
		}
	}
	return a.Assignment
}
