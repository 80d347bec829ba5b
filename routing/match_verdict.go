package routing

import (
	"fmt"
	"slices"
	"time"
)

// Verdict is what comes of looking at a task and a worker together.
type Verdict string

// The verdicts. All but the first two say why it is not to be.
const (
	VerdictChosen     Verdict = "chosen"     // the task is offered to the worker
	VerdictLater      Verdict = "later"      // they fit, but another comes first
	VerdictReserve    Verdict = "in reserve" // they fit, but the known worker comes first
	VerdictCoolDown   Verdict = "cool-down"  // they fit, but the worker has just rejected the task
	VerdictAsked      Verdict = "asked"      // the task is offered to the worker already
	VerdictOther      Verdict = "other"      // the task is for another worker
	VerdictQueue      Verdict = "queue"      // the worker is not in the queue
	VerdictActivity   Verdict = "activity"   // what the worker is doing is not available
	VerdictNoChannel  Verdict = "no channel" // the worker has no capacity on the task channel
	VerdictClosed     Verdict = "closed"     // the worker takes nothing on the task channel now
	VerdictFull       Verdict = "full"       // the worker's capacity on the task channel is used up
	VerdictBusy       Verdict = "busy"       // the worker has a task, and the workspace allows no second
	VerdictExpression Verdict = "expression" // the target's expression does not hold for the worker
)

// Verdicts returns all verdicts.
func Verdicts() []Verdict {
	return []Verdict{
		VerdictChosen, VerdictLater, VerdictReserve, VerdictCoolDown, VerdictAsked, VerdictOther, VerdictQueue,
		VerdictActivity, VerdictNoChannel, VerdictClosed, VerdictFull, VerdictBusy, VerdictExpression,
	}
}

// Demand is what one task demands of those who are to take it.
type Demand struct {
	Line Line
	// Workers is how many workers are asked at once, 1 to MaxReservedWorkers.
	Workers int
	// SingleTask says that a worker can have one task at a time only, whatever the task
	// channel: the workspace is without multitasking.
	SingleTask bool
	// Asked are the SIDs of the workers to whom the task is offered already.
	Asked []string
	// CoolDowns are the task's.
	CoolDowns []CoolDown
}

// DemandOf returns what a task demands that waits in a target of its workflow, in a queue of
// a workspace. The reservations are those of the task that have not ended: who is asked
// already is not asked again, and counts among those that are asked at once.
func DemandOf(t Task, in Target, q Queue, w Workspace, reservations []Reservation) Demand {
	d := Demand{Line: LineOf(t, in, q.Matching), SingleTask: !w.MultiTask, CoolDowns: t.Waiting.CoolDowns}
	for _, r := range reservations {
		if r.Status.Live() {
			d.Asked = append(d.Asked, r.WorkerSID)
		}
	}
	d.Workers = min(max(q.MaxReservedWorkers, 1), MaxReservedWorkers) - len(d.Asked)
	return d
}

// Candidate is a worker who could take a task.
type Candidate struct {
	Worker Worker
	// InQueue says that the queue's expression holds for the worker.
	InQueue bool
}

// look is a task and a worker, looked at together.
type look struct {
	demand    *Demand
	candidate *Candidate
	channel   WorkerChannel
	has       bool        // the worker has the channel
	facts     WorkerFacts // of the worker, if the demand has an expression
	now       time.Time
}

// rules are what must hold for a task and a worker, in the order in which they are looked
// at: what holds for the whole line comes first, what is only between this task and this
// worker last. Each says what it makes of a worker for whom it does not hold, and why, if
// there is more to say.
var rules = []struct {
	verdict Verdict
	holds   func(l *look) bool
	why     func(l *look) string
}{
	{
		VerdictOther,
		func(l *look) bool {
			return !l.demand.Line.ForKnown || l.demand.Line.Fallback || l.known()
		},
		func(l *look) string { return "it is for " + l.demand.Line.Known.String() },
	},
	{
		VerdictQueue,
		func(l *look) bool { return l.candidate.InQueue || l.demand.Line.Direct },
		func(l *look) string { return "target_workers of " + l.demand.Line.QueueSID + " does not hold" },
	},
	{
		VerdictActivity,
		func(l *look) bool { return l.candidate.Worker.Available },
		func(l *look) string { return l.candidate.Worker.ActivityName + " is not available" },
	},
	{VerdictNoChannel, func(l *look) bool { return l.has || l.demand.Line.IgnoreCapacity }, nil},
	{VerdictClosed, func(l *look) bool { return l.channel.Available || l.demand.Line.IgnoreCapacity }, nil},
	{
		VerdictFull,
		func(l *look) bool { return l.channel.Takes() || l.demand.Line.IgnoreCapacity },
		func(l *look) string {
			c := l.channel
			return fmt.Sprintf("%d pending, %d accepted, %d wrapping of %d", c.Pending, c.Accepted, c.Wrapping, c.Capacity)
		},
	},
	{
		VerdictBusy,
		func(l *look) bool {
			return !l.demand.SingleTask || l.demand.Line.IgnoreCapacity || !l.candidate.Worker.Busy()
		},
		nil,
	},
	{
		VerdictExpression,
		func(l *look) bool { return l.demand.Line.Expression.Holds(Facts{Worker: l.facts}) },
		func(l *look) string { return l.demand.Line.Expression.Explain(Facts{Worker: l.facts}) },
	},
	{
		VerdictAsked,
		func(l *look) bool { return !slices.Contains(l.demand.Asked, l.candidate.Worker.SID) },
		nil,
	},
	{
		VerdictCoolDown,
		func(l *look) bool { return l.coolDown().IsZero() },
		func(l *look) string { return "until " + l.coolDown().UTC().Format(time.RFC3339) },
	},
}

// lookAt looks at a task and a worker. The verdict is empty if they fit.
func lookAt(d *Demand, c *Candidate, now time.Time) (l look, v Verdict, why func(*look) string) {
	l = look{demand: d, candidate: c, now: now}
	l.channel, l.has = c.Worker.Channel(d.Line.TaskChannelSID)
	if holds, known := d.Line.Expression.Constant(); !known || !holds || !d.Line.OrderBy.IsZero() {
		l.facts = c.Worker.Facts()
	}
	for n := range rules {
		if !rules[n].holds(&l) {
			return l, rules[n].verdict, rules[n].why
		}
	}
	return l, "", nil
}

// known reports whether the worker is the one who is known.
func (l *look) known() bool {
	return l.demand.Line.ForKnown && l.demand.Line.Known.means(&l.candidate.Worker)
}

// coolDown returns until when the task is not offered to the worker. Zero: it is.
func (l *look) coolDown() time.Time {
	for _, c := range l.demand.CoolDowns {
		if c.WorkerSID == l.candidate.Worker.SID && l.now.Before(c.Until) {
			return c.Until
		}
	}
	return time.Time{}
}
