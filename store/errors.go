package store

import (
	"errors"
	"fmt"
)

// The classes of errors that a Store gives. Test for them with errors.Is. An
// error of none of these classes is the context's, or a fault of the store that
// left everything unchanged.
var (
	// ErrInvalid says that an argument breaks a rule of this package: the call
	// can never succeed as it is. It comes as an [*InvalidError]
	// [arguments-invalid].
	ErrInvalid = errors.New("store: invalid")
	// ErrConflict says that a record no longer has the version that a batch
	// expects: read again and decide again. It comes as a [*ConflictError]
	// [commit-conflict].
	ErrConflict = errors.New("store: conflict")
	// ErrUnavailable says that the store could not do it now, because of
	// contention that did not pass or of a fault below it, and that nothing
	// changed. The same call may succeed later.
	ErrUnavailable = errors.New("store: unavailable")
	// ErrUnknownOutcome says that a batch may have been applied, or may yet be.
	// Read one of the keys that it put: if the version is the batch's ID, it
	// was applied. A Trim or Prepare that gives it can simply be repeated.
	ErrUnknownOutcome = errors.New("store: unknown outcome")
	// ErrTrimmed says that events after the requested position have been
	// forgotten. It comes as a [*TrimmedError] [events-trimmed].
	ErrTrimmed = errors.New("store: events trimmed")
	// ErrClosed says that the handle was closed before the call.
	ErrClosed = errors.New("store: closed")
)

// InvalidError says which argument breaks which rule. It never holds a value.
type InvalidError struct {
	Field  string // such as "Puts[3].Terms[contact]"
	Reason string // such as "is longer than 512 bytes"
}

// Error returns field and reason.
func (e *InvalidError) Error() string {
	return fmt.Sprintf("%v: %s %s", ErrInvalid, e.Field, e.Reason)
}

// Unwrap returns ErrInvalid.
func (e *InvalidError) Unwrap() error { return ErrInvalid }

// ConflictError names a record that did not have the expected version. There may
// be others.
type ConflictError struct {
	Key      Key
	Expected Version
}

// Error names the key and what was expected of it.
func (e *ConflictError) Error() string {
	if e.Expected == "" {
		return fmt.Sprintf("%v: %v exists", ErrConflict, e.Key)
	}
	return fmt.Sprintf("%v: %v is no longer at version %s", ErrConflict, e.Key, e.Expected)
}

// Unwrap returns ErrConflict.
func (e *ConflictError) Unwrap() error { return ErrConflict }

// TrimmedError says up to where a tenant's events have been forgotten. Reading
// with after = Mark works.
type TrimmedError struct {
	Tenant string
	Mark   int64
}

// Error names the tenant and its trim mark.
func (e *TrimmedError) Error() string {
	return fmt.Sprintf("%v: those of tenant %s up to position %d are gone", ErrTrimmed, e.Tenant, e.Mark)
}

// Unwrap returns ErrTrimmed.
func (e *TrimmedError) Unwrap() error { return ErrTrimmed }
