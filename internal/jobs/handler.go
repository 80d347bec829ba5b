package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/internal/work"
)

// Within is how jobs of a type are done that have no effect outside of the store,
// such as timers and the steps of long tasks: in the one commit that ends them, so
// exactly once.
type Within struct {
	// Do does the job in w. If again is not zero, the job stays, and is due then, or
	// now if that is past, behind those that have waited longer; what Do has made of j.Data stays with it, and its attempts begin anew. It
	// runs as a function of a work does: maybe several times, without effects
	// outside of w. If it returns an error, or panics, nothing that it wrote counts:
	// the job is tried again later, and is failed in the end. A time that has come
	// already is at once, and stays so if the clock is put back then.
	Do func(ctx context.Context, w *work.Work, j *Job) (again time.Time, err error)
	// Failed, if not nil, adds to the commit by which the job fails for good: the
	// event that tells of it, say.
	Failed func(ctx context.Context, w *work.Work, j Job, err error) error
	// Revive, if not zero, is how long after it has failed for good a job is tried
	// once more, and again that long after that: what was in the way may be gone, or
	// the job no longer wanted. It is failed until then, without another call of
	// Failed. Zero: it stays as it is until it is retried by hand.
	Revive time.Duration
}

// Outside is how jobs of a type are done whose effect is in the outside world.
type Outside struct {
	// Claim, if not nil, is asked in the commit that begins an attempt, and adds to
	// it what it writes. It may change j.Data. An error, or a panic, is an attempt
	// that was certainly not done.
	Claim func(ctx context.Context, w *work.Work, j *Job) (Verdict, error)
	// Do does the job. Its context ends before the lease does; it should return
	// then. One that does not is no longer waited for, and its answer is late. See
	// [Permanent], [NotDone] and [RetryAfter] for what its error can say.
	Do func(ctx context.Context, j Job) (value any, err error)
	// Prepare, if not nil, reads from the store what the job needs, and returns what
	// does it, in place of Do: nothing has left the house when it ends, however it
	// ends. It gets as long as the store gets, and that time is none of the attempt's
	// own. If the store fails, or the error is [NotBegun], the attempt was not begun, and does not count; any other
	// error, or a panic, is an attempt that was certainly not done.
	Prepare func(ctx context.Context, j Job) (do func(context.Context) (value any, err error), err error)
	// Settle, if not nil, is called in the commit that takes the answer, and writes
	// what it means for the domain. The job is as it was claimed; of one that is
	// settled by hand, as it is. If it returns an error or panics, the job is settled
	// without it; one that was done is then uncertain, so that somebody looks at it.
	//
	// A late outcome may be about a job that has meanwhile been settled otherwise, and,
	// when the answer of a commit was lost, one that was settled just so already.
	Settle func(ctx context.Context, w *work.Work, j Job, o Outcome) error
	// Spacing, if not nil, is how long after the n-th attempt the next one is, n = 1, 2, …,
	// for jobs of this type: in place of Options.Backoff.
	Spacing func(n int) time.Duration
	// Idempotent says whether doing the job twice is as good as once, because the
	// world outside honours its ID. Nil: no job is.
	Idempotent func(j Job) bool
	// Classes, if not nil, returns the classes of jobs that this process can do. It is
	// asked again and again. Nil: those without a class. Jobs of others are left to
	// other processes.
	Classes func() []string
	// Missing, if not nil, says what this process would need to do jobs of a class
	// that is not among Classes: for those who wonder why they wait.
	Missing func(class string) string
}

// Verdict is what a Claim says. Its zero value is Go.
type Verdict struct {
	end  bool
	fail error
	wait time.Time
}

// Go says that the attempt may begin.
func Go() Verdict { return Verdict{} }

// End says that there is nothing left to do: the job is removed.
func End() Verdict { return Verdict{end: true} }

// Fail says that the job is not to be done, and why: it has failed for good, as if an
// attempt had said so that is [Permanent], and Settle is told of it in the same commit.
func Fail(err error) Verdict { return Verdict{fail: err} }

// Wait says that the job must wait until t, which does not count as an attempt. In
// a lane, all behind it wait too.
func Wait(t time.Time) Verdict { return Verdict{wait: t} }

// Outcome is what became of an attempt.
type Outcome struct {
	// State is Done, Pending if the job will be tried again, Failed or Uncertain.
	State State
	When  time.Time // of Pending, and of Failed if it is revived: when it will be tried again
	Value any       // of Done: what Do returned
	Err   error     // of all others: what went wrong
	// Late says that the answer came after the attempt had been given up. A late
	// outcome is Done, unless the job is still uncertain because of this attempt.
	Late bool
	// NotBegun says that nothing was attempted after all: Err is why, if that is known, and says
	// nothing of the attempts before. The outcome is Pending then.
	NotBegun bool

	still string // what Job.Error goes on to say, if there is no Err
}

// Within registers how jobs of a type are done. It panics if the type has a handler
// already, and must not be called after Run or RunDue.
func (q *Jobs) Within(typ string, h Within) {
	q.register(typ, handler{within: &h})
}

// Outside registers how jobs of a type are done. It panics if the type has a handler
// already, and must not be called after Run or RunDue.
func (q *Jobs) Outside(typ string, h Outside) {
	q.register(typ, handler{outside: &h})
}

func (q *Jobs) register(typ string, h handler) {
	if _, twice := q.handlers[typ]; twice {
		panic(fmt.Sprintf("jobs: type %q has a handler already", typ))
	}
	q.handlers[typ] = h
}

// handler is one of both kinds, or none.
type handler struct {
	within  *Within
	outside *Outside
}

func (h handler) known() bool { return h.within != nil || h.outside != nil }

// idempotent reports whether an attempt without an answer may be repeated. A job
// within the store leaves no doubt.
func (h handler) idempotent(j Job) bool {
	if h.outside == nil {
		return true
	}
	return h.outside.Idempotent != nil && h.outside.Idempotent(j)
}

// classes returns the classes of jobs that can be done here.
func (h handler) classes() []string {
	switch {
	case !h.known():
		return nil
	case h.outside != nil && h.outside.Classes != nil:
		return h.outside.Classes()
	}
	return []string{""}
}

// missing says why jobs of a sort that the handler does not do cannot be done here.
func (h handler) missing(p sort) error {
	switch {
	case !h.known():
		return fmt.Errorf("%w: type %q has no handler", ErrNotHere, p.typ)
	case h.outside != nil && h.outside.Missing != nil:
		return fmt.Errorf("%w: %s", ErrNotHere, h.outside.Missing(p.class))
	}
	return fmt.Errorf("%w: type %q has no handler for class %q", ErrNotHere, p.typ, p.class)
}

// settle tells the domain what became of a job.
func (h handler) settle(ctx context.Context, w *work.Work, j Job, o Outcome) error {
	switch {
	case h.outside != nil && h.outside.Settle != nil:
		return h.outside.Settle(ctx, w, j, o)
	case h.within != nil && h.within.Failed != nil && o.State == Failed && j.State != Failed:
		return h.within.Failed(ctx, w, j, o.Err)
	}
	return nil
}

// part runs a handler's function as a part of a work. What it wrote is taken back if
// it fails. If the store has failed, that is err, and ends the work; else refused is
// what the handler says.
func part(ctx context.Context, w *work.Work, do func() error) (refused, err error) {
	refused = w.Part(func() error { return calm(do) })
	if err := w.Load(ctx); err != nil { // of nothing: it tells whether the store has failed
		return nil, err
	}
	return refused, nil
}

// calm runs do, and makes an error of its panic.
func calm(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p}
		}
	}()
	return do()
}
