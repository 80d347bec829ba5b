package routing

import (
	"iter"
	"slices"
	"strings"
	"time"
)

// Choice is whom a task is offered to.
type Choice struct {
	// Workers are those who are asked, in the order in which they were chosen. None: the
	// task waits.
	Workers []Worker
	// Behind says that workers were turned down who fit the line of the task, and are not
	// asked for this task only (they have rejected it, say): the next task of the line may
	// find somebody where this one did not.
	Behind bool
	// Again is when the first of their cool-downs ends. Zero: looking again makes sense
	// only when a worker changes.
	Again time.Time
	// Trace explains the choice.
	Trace Trace
}

// Choose seeks workers for a task. The candidates come in the order of [Worker.IdleKey],
// who is idle for longest first; if no order_by has to be looked at, not more of them are
// taken than it needs to find enough. Nil: there are none. Known is the worker whom the line
// is for. Nil: there is no such worker in the workspace, or the line is for nobody.
//
// A worker is chosen who is in the queue, whose activity is an available one, who has room
// on the task channel (capacity beyond pending, accepted and wrapping reservations), and for
// whom the expression of the target holds. Of those, order_by decides, and then who is idle
// for longest (TaskRouter's documentation, "Ordering Workers"). An order_by that one of
// them has no integer for is ignored.
//
// A task that is for a known worker is offered to nobody else, and known workers are not
// taken from the candidates (TaskRouter's documentation, "Known Agent Routing"); with
// [Matching.KnownWorkerFallback], they are asked first, and only if they cannot take it, the
// candidates are.
func Choose(d Demand, known *Candidate, candidates iter.Seq[Candidate], now time.Time) Choice {
	s := seeking{demand: &d, now: now}
	s.choice.Trace.For = d.String()
	noteKnown(&s.choice.Trace, d.Line, known)
	if d.Workers <= 0 {
		s.note("it is offered to as many workers as it may be")
		return s.choice
	}
	if d.Line.ForKnown {
		if known != nil {
			s.look(*known)
		}
		if len(s.fits) > 0 || !d.Line.Fallback {
			s.take(1)
			return s.choice
		}
	}
	if holds, constant := d.Line.Expression.Constant(); constant && !holds {
		s.note("its target's expression holds for no worker")
		return s.choice
	}
	if candidates == nil {
		return s.choice
	}
	for c := range candidates {
		if d.Line.ForKnown && d.Line.Known.means(&c.Worker) {
			continue // was asked
		}
		s.look(c)
		if d.Line.OrderBy.IsZero() && len(s.fits) >= d.Workers {
			break
		}
	}
	s.take(d.Workers)
	return s.choice
}

// seeking is a choice while it is made.
type seeking struct {
	demand *Demand
	now    time.Time
	fits   []*fit
	choice Choice
}

// fit is a worker who could be chosen.
type fit struct {
	worker Worker
	facts  WorkerFacts
	key    string // in the order of order_by
	at     int    // the place of the judgement in the trace; -1: none
}

func (s *seeking) note(message string) {
	s.choice.Trace.Notes = append(s.choice.Trace.Notes, Problem{Message: message})
}

// look looks at a worker.
func (s *seeking) look(c Candidate) {
	l, verdict, why := lookAt(s.demand, &c, s.now)
	if verdict == "" {
		at := judge(&s.choice.Trace, c.Worker.SID, c.Worker.FriendlyName, VerdictLater, nil)
		s.fits = append(s.fits, &fit{worker: c.Worker, facts: l.facts, at: at})
		return
	}
	s.choice.Behind, s.choice.Again = only(&l, verdict, s.choice.Behind, s.choice.Again)
	judge(&s.choice.Trace, c.Worker.SID, c.Worker.FriendlyName, verdict, whyOf(why, &l))
}

// only notes a verdict that is about the task and the worker only, and not about the line.
func only(l *look, v Verdict, behind bool, again time.Time) (bool, time.Time) {
	switch v {
	case VerdictCoolDown:
		if until := l.coolDown(); again.IsZero() || until.Before(again) {
			again = until
		}
		return true, again
	case VerdictAsked:
		return true, again
	case VerdictChosen, VerdictLater, VerdictReserve, VerdictOther, VerdictQueue, VerdictActivity,
		VerdictNoChannel, VerdictClosed, VerdictFull, VerdictBusy, VerdictExpression:
	}
	return behind, again
}

// whyOf is why a rule does not hold, if it says so: it is asked only if there is room for it.
func whyOf(why func(*look) string, l *look) func() string {
	if why == nil {
		return nil
	}
	return func() string { return why(l) }
}

// take chooses the first of those who fit.
func (s *seeking) take(most int) {
	s.order()
	for n, f := range s.fits {
		if n == most {
			break
		}
		s.choice.Workers = append(s.choice.Workers, f.worker)
		if f.at >= 0 {
			s.choice.Trace.Judgements[f.at].Verdict = VerdictChosen
			continue
		}
		s.choice.Trace.More--
		judge(&s.choice.Trace, f.worker.SID, f.worker.FriendlyName, VerdictChosen, nil)
	}
}

// order puts those who fit in the order of order_by. Of equals, who came first stays first.
func (s *seeking) order() {
	by := s.demand.Line.OrderBy
	if by.IsZero() || len(s.fits) < 2 {
		return
	}
	for _, f := range s.fits {
		if !by.Applies(f.facts) {
			s.note("order_by is ignored: " + by.String() + " is not an integer for " + f.worker.SID)
			return
		}
	}
	for _, f := range s.fits {
		f.key = by.Key(f.facts)
	}
	slices.SortStableFunc(s.fits, func(a, b *fit) int { return strings.Compare(a.key, b.key) })
}

// String returns the demand in words, for a trace.
func (d Demand) String() string {
	var b strings.Builder
	l := &d.Line
	if l.QueueSID != "" {
		b.WriteString("queue " + l.QueueSID + ", ")
	}
	b.WriteString("task channel " + l.TaskChannelSID)
	if holds, constant := l.Expression.Constant(); !constant || !holds {
		b.WriteString(", " + clip(l.Expression.String()))
	}
	if !l.OrderBy.IsZero() {
		b.WriteString(", by " + clip(l.OrderBy.String()))
	}
	switch {
	case l.Direct:
		b.WriteString(", only for " + l.Known.String())
	case l.ForKnown && l.Fallback:
		b.WriteString(", first for " + l.Known.String())
	case l.ForKnown:
		b.WriteString(", for " + l.Known.String())
	}
	if l.IgnoreCapacity {
		b.WriteString(", whatever their capacity")
	}
	return b.String()
}
