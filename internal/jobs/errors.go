package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// The errors that callers get, and those that handlers return.
var (
	// ErrNotFound says that there is no job with this ID: it never was, or it is
	// done.
	ErrNotFound = errors.New("no such job")
	// ErrInvalid says that a job, or an outcome, can never be accepted as it is.
	ErrInvalid = errors.New("invalid job")
	// ErrState says that the job is in a state that does not allow it. It comes as
	// a [*StateError].
	ErrState = errors.New("the job's state does not allow it")
	// ErrNotHere says that this process cannot do the job, and another one perhaps
	// can: its type has no handler here, or that does no jobs of its class.
	ErrNotHere = errors.New("the job cannot be done in this process")
	// ErrNoAnswer says that an attempt gave no answer: it was not back at its
	// deadline, or its process died.
	ErrNoAnswer = errors.New("the attempt gave no answer")
)

// StateError says which state of a job is in the way of what.
type StateError struct {
	ID    string
	State State
	Act   string // "cancel", "retry" or "settle"
}

// Error names the job, its state and what it does not allow.
func (e *StateError) Error() string {
	return fmt.Sprintf("cannot %s job %s: it is %s", e.Act, e.ID, e.State)
}

// Unwrap returns ErrState.
func (e *StateError) Unwrap() error { return ErrState }

// PanicError is the panic of a handler.
type PanicError struct{ Value any }

// Error says what the handler panicked with.
func (e *PanicError) Error() string { return fmt.Sprintf("the handler panicked: %v", e.Value) }

// advice is an error with what it means for the job.
type advice struct {
	error

	permanent bool
	notDone   bool
	after     time.Duration
}

// Unwrap returns the error that the advice is about.
func (a *advice) Unwrap() error { return a.error }

// Permanent says that the job was not done, and that trying again is no use.
func Permanent(err error) error { return &advice{error: err, permanent: true} }

// IsPermanent reports whether err is, or wraps, one of Permanent.
func IsPermanent(err error) bool {
	a, ok := errors.AsType[*advice](err)
	return ok && a.permanent
}

// NotDone says that the job was certainly not done, whatever else err is: that the
// context ended before anything left the house, say.
func NotDone(err error) error { return &advice{error: err, notDone: true} }

// NotBegun says, of what Prepare returns, that what the claim rested on is not so any more:
// the job was not done, that is no attempt, and the handler is asked again at once.
func NotBegun(err error) error { return fmt.Errorf("%w: %w", errOutdated, err) }

// RetryAfter says that the job was not done, and asks not to try again before d is
// over.
func RetryAfter(err error, d time.Duration) error {
	return &advice{error: err, notDone: true, after: d}
}

// After returns how long err, or what it wraps, asks not to try again: see RetryAfter.
func After(err error) time.Duration {
	if a, ok := errors.AsType[*advice](err); ok {
		return a.after
	}
	return 0
}

// unknown reports whether err leaves open if the job was done.
func unknown(err error) bool {
	if a, ok := errors.AsType[*advice](err); ok && (a.permanent || a.notDone) {
		return false
	}
	if _, panicked := errors.AsType[*PanicError](err); panicked {
		return true
	}
	return errors.Is(err, ErrNoAnswer) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnknownOutcome)
}

// passes reports whether a failure of the store may pass by itself.
func passes(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrUnknownOutcome)
}

// mendless reports whether no waiting mends a failure of the store.
func mendless(err error) bool {
	return errors.Is(err, store.ErrClosed) || errors.Is(err, work.ErrOutdated)
}

// say returns what a job keeps of an error.
func say(err error) string {
	if err == nil {
		return ""
	}
	s := err.Error()
	if len(s) > maxError {
		s = s[:maxError]
	}
	return strings.ToValidUTF8(s, "")
}
