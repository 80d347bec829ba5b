package jobs

import (
	"errors"
	"log/slog"
	"time"
)

// policy is how often, and when, jobs are tried again.
type policy struct {
	tries   int
	backoff func(n int) time.Duration
	logger  *slog.Logger
}

// policyOf returns the policy for the jobs of a handler.
func (q *Jobs) policyOf(h handler) policy {
	p := q.policy
	if h.outside != nil && h.outside.Spacing != nil {
		p.backoff = h.outside.Spacing
	}
	return p
}

// judge says what an attempt's answer means for its job, of which it is the n-th
// attempt:
//
//	no error                     → done
//	Permanent                    → failed
//	nobody knows, tries left     → pending, uncertain if it is not idempotent
//	nobody knows, the last try   → failed, uncertain if it is not idempotent
//	lost, the last try           → pending, uncertain if it is not idempotent
//	certainly not done           → pending
//	the same, the last try       → failed
//
// An idempotent job whose last try gave no answer fails: it is as safe to retry by
// hand as any that failed. That a process died is no answer of the world outside, which may
// have done it: so it is asked once more, but once only, or a job that kills its process
// would do so for ever.
func (p policy) judge(n int, idempotent bool, value any, err error, now time.Time) Outcome {
	if err == nil {
		return Outcome{State: Done, Value: value}
	}
	a, advised := errors.AsType[*advice](err)
	switch {
	case advised && a.permanent:
		return Outcome{State: Failed, Err: err}
	case unknown(err) && !idempotent:
		return Outcome{State: Uncertain, Err: err}
	case n == p.tries && errors.Is(err, errLost): // once more
	case n >= p.tries:
		return Outcome{State: Failed, Err: err}
	}
	wait := p.wait(n)
	if advised {
		wait = max(wait, a.after)
	}
	return Outcome{State: Pending, Err: err, When: now.Add(wait)}
}

// wait returns the time between the n-th attempt and the next.
func (p policy) wait(n int) (d time.Duration) {
	err := calm(func() error { d = p.backoff(n); return nil })
	if err != nil {
		p.logger.Error("jobs: Options.Backoff failed, and the default counts", slog.Int("n", n), slog.Any("error", err))
		d = spacing(n)
	}
	return d
}

// spacing is the default of Options.Backoff: that of Engage Digital's retries.
func spacing(n int) time.Duration {
	waits := [...]time.Duration{32 * time.Second, 4 * time.Minute, 17 * time.Minute, 52 * time.Minute, 2 * time.Hour}
	return waits[min(max(n, 1), len(waits))-1]
}
