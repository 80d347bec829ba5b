package jobs

import (
	"fmt"
	"log/slog"
	"time"
)

// Options of Jobs; see Check. All but Clock and Logger have a default.
type Options struct {
	Clock func() time.Time // required
	// Timeout is how long one attempt may take. What is done in the store gets 30 s at
	// least. Default 30 s.
	Timeout time.Duration
	// Lease is how long an attempt owns its job. Nine tenths of it bound the
	// attempt, too, and begin with its claim. Default Timeout + 10 s.
	Lease time.Duration
	// Skew is by how much the clocks of processes may differ: an attempt is taken
	// for lost that long after the end of its lease. Default 5 s.
	Skew time.Duration
	// Poll is how often to look for jobs of other processes; those of this process
	// are seen when Wake is called. Default 500 ms.
	Poll time.Duration
	// Tries is how many attempts a job gets before it fails. Default 6: one, and
	// one after each default Backoff. An idempotent one that is lost in the last gets
	// one more.
	Tries int
	// Backoff is the time between the n-th attempt and the next, n = 1, 2, ….
	// Default: 32 s, 4 min, 17 min, 52 min, 2 h, as Engage Digital spaces its
	// retries; then always 2 h. The default is taken if it panics, too.
	Backoff func(n int) time.Duration
	// Concurrency is how many jobs of one type and class are done at a time. Default 8.
	// With 1, RunDue does one job at a time in all, and the same ones in the same order.
	Concurrency int
	Logger      *slog.Logger // required
}

// The bounds of the durations in Options, so that an attempt can begin before its time
// is over, and no sum of them overflows.
const (
	MinSpan = time.Millisecond
	MaxSpan = 365 * 24 * time.Hour
)

// Check refuses options that can never work: a Timeout, Lease or Poll that is not 0 and
// not from MinSpan to MaxSpan, a Skew that is negative or more than MaxSpan, and negative
// numbers. The error wraps ErrInvalid, and is an [*OptionError].
func (o Options) Check() error {
	for _, is := range []struct {
		name  string
		d     time.Duration
		least time.Duration
	}{
		{"Timeout", o.Timeout, MinSpan}, {"Lease", o.Lease, MinSpan}, {"Poll", o.Poll, MinSpan}, {"Skew", o.Skew, 0},
	} {
		if is.d != 0 && (is.d < is.least || is.d > MaxSpan) {
			return &OptionError{Option: is.name, Reason: fmt.Sprintf("is %v, not from %v to %v", is.d, is.least, MaxSpan)}
		}
	}
	switch {
	case o.Tries < 0:
		return &OptionError{Option: "Tries", Reason: "is negative"}
	case o.Concurrency < 0:
		return &OptionError{Option: "Concurrency", Reason: "is negative"}
	}
	return nil
}

// storeTime is how long the store gets for what an attempt needs of it, its claim, what it
// reads before it begins, and the commit of its answer each, however short an attempt's own
// time is; and for a job within the store.
func (o Options) storeTime() time.Duration { return max(o.Timeout, 30*time.Second) }

// OptionError says which of the Options can never work.
type OptionError struct{ Option, Reason string }

// Error names the option, and says why.
func (e *OptionError) Error() string { return fmt.Sprintf("jobs: %s %s", e.Option, e.Reason) }

// Unwrap returns ErrInvalid.
func (e *OptionError) Unwrap() error { return ErrInvalid }

// complete returns the options with the defaults set.
func (o Options) complete() Options {
	orDefault(&o.Timeout, 30*time.Second)
	orDefault(&o.Lease, o.Timeout+10*time.Second)
	orDefault(&o.Skew, 5*time.Second)
	orDefault(&o.Poll, 500*time.Millisecond)
	orDefault(&o.Tries, 6)
	orDefault(&o.Concurrency, 8)
	if o.Backoff == nil {
		o.Backoff = spacing
	}
	return o
}

func orDefault[T ~int | ~int64](v *T, value T) {
	if *v == 0 {
		*v = value
	}
}
