package routing

import (
	"slices"
	"time"
)

// Doing is what is to be done about a task.
type Doing string

// What is to be done about a task.
const (
	DoOffer   Doing = "offer"   // seek workers for it
	DoWait    Doing = "wait"    // nothing, until a time, or until a worker can take it
	DoEnd     Doing = "end"     // cancel it
	DoNothing Doing = "nothing" // it is not waiting
)

// Doings returns all of them.
func Doings() []Doing { return []Doing{DoOffer, DoWait, DoEnd, DoNothing} }

// Tried is what is known of the step that a task is in.
type Tried struct {
	// Nobody says that workers were sought in the step, and nobody could take the task.
	Nobody bool
	// Workers counts the workers of the queue, for skip_if; needed only with Nobody.
	Workers WorkersFacts
}

// Outcome is what is to be done about a task, and where it is then.
type Outcome struct {
	Do Doing
	// By is how it ends, for DoEnd: it expires, is exhausted, or runs out of steps.
	By TaskVerb
	// Waiting is what is kept of it from now on. Its step has the queue and the priority.
	Waiting Waiting
	// Until is when to look again at the latest. Zero: the task needs no further look.
	Until time.Time
	// Trace is what was looked at in the workflow.
	Trace []Look
	// events are those of the way through the workflow, and what they are about.
	events []Happening
}

// Advance says what is to be done about a task now. It is asked when a task is created or
// comes back from its reservations, when workers were sought for it in vain, and when the
// time is over until which it was to wait. It is done when it says something else than
// DoOffer: after DoOffer, seek workers ([Choose]), and if there is nobody, advance again.
// That ends, because a task goes through a workflow in one direction.
//
// A task that was not assigned when its time to live is over is canceled, also while it is
// offered, and so is one that has been reserved MaxAssignments times (TaskRouter's
// documentation, "Task lifecycle"). While it is offered it does not go on in its workflow,
// though the timeout of its target is counting ("Timeout evaluation"): that is looked at
// when it comes back.
func (c Configuration) Advance(t Task, tried Tried, now time.Time) Outcome {
	o := Outcome{Waiting: t.Waiting}
	expires := t.ExpiresAt()
	switch {
	case t.Status != TaskPending && t.Status != TaskReserved:
		o.Do = DoNothing
		return o
	case !now.Before(expires):
		o.Do, o.By = DoEnd, TaskExpires
		return o
	case t.Status == TaskPending && t.Assignments >= MaxAssignments:
		o.Do, o.By = DoEnd, TaskExhausts
		return o
	case t.Status == TaskReserved:
		o.Do, o.Until = DoWait, expires
		return o
	}
	c.route(&o, t, tried, now)
	if o.Do != DoEnd {
		o.Until = expires
		if deadline := o.Waiting.Step.Deadline; !deadline.IsZero() && deadline.Before(expires) {
			o.Until = deadline
		}
	}
	return o
}

// route takes a pending task through the workflow.
func (c Configuration) route(o *Outcome, t Task, tried Tried, now time.Time) {
	step := t.Waiting.Step
	target, there := c.TargetOf(t)
	queue, direct := t.direct()
	if !step.EnteredAt.IsZero() {
		// Somebody may have changed the priority that a target gave.
		step.Priority = t.Priority
		o.Waiting.Step = step
	}
	switch {
	case direct && step.EnteredAt.IsZero():
		o.enter(Step{Queue: queue, Priority: t.Priority, EnteredAt: now})
	case !there:
		o.tell("workflow.entered", t.WorkflowSID)
		o.move(c.Enter(t.Attributes, t.Priority, now), t)
	case step.Due(now):
		o.tell("task-queue.timeout", step.Queue)
		o.move(c.Next(step, LeftByTimeout, t.Attributes, now), t)
	case !step.Default && tried.Nobody && !t.Waiting.Settled && target.Skips(tried.Workers):
		o.tell("workflow.skipped", t.WorkflowSID)
		o.move(c.Next(step, LeftBySkip, t.Attributes, now), t)
	default:
		o.settle(tried)
	}
}

// move follows a move in the workflow.
func (o *Outcome) move(m Move, t Task) {
	o.Trace = m.Trace
	if m.Ended {
		o.Do, o.By = DoEnd, TaskRunsOut
		return
	}
	o.tell("workflow.target-matched", t.WorkflowSID)
	o.enter(m.Step)
}

func (o *Outcome) enter(s Step) {
	o.Do = DoOffer
	o.Waiting.Step, o.Waiting.Settled = s, false
}

// settle lets the task stay where it is.
func (o *Outcome) settle(tried Tried) {
	o.Do = DoOffer
	if tried.Nobody {
		o.Do, o.Waiting.Settled = DoWait, true
	}
}

func (o *Outcome) tell(event, sid string) {
	o.events = append(o.events, Happening{Type: event, SID: sid})
}

// Follow returns the assignment after an outcome: the task is in its step and in its queue,
// or has ended, and its offers with it. The error is a [*RefusedError].
func (a Assignment) Follow(o Outcome, now time.Time) (Assignment, error) {
	next := a
	next.Happenings = slices.Concat(a.Happenings, o.events)
	var err error
	switch o.Do {
	case DoEnd:
		if next, err = next.Happen(o.By, TaskChange{}, now); err != nil {
			return a, err
		}
	case DoOffer, DoWait:
		if step := o.Waiting.Step; !step.EnteredAt.IsZero() {
			if step.Queue != next.Task.QueueSID {
				if next, err = next.Happen(TaskEnters, TaskChange{QueueSID: step.Queue}, now); err != nil {
					return a, err
				}
			}
			if next.Task.Status == TaskPending {
				next.Task.Priority = step.Priority
			}
		}
	case DoNothing:
	}
	next.Task.Waiting = o.Waiting
	return next, nil
}

// OfferedUntil returns until when a task can be accepted that is offered now.
func (w Workflow) OfferedUntil(now time.Time) time.Time {
	seconds := w.ReservationTimeout
	if seconds <= 0 {
		seconds = DefaultReservationTimeout
	}
	return now.Add(time.Duration(seconds) * time.Second)
}
