package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/engage-interactions/engage/store"
)

// The errors of this package. Test for them with errors.Is.
var (
	// ErrNotEngage says that the file is not a database of this package: it
	// is no SQLite database at all, or that of another application. It has not
	// been touched.
	ErrNotEngage = errors.New("sqlite: not an engage database")
	// ErrCorrupt says that the file is a database of this package, but cut
	// off or damaged. Any method may give it.
	ErrCorrupt = errors.New("sqlite: database is corrupt")
	// ErrNewer says that the file was written by a newer version of this
	// package, which this one cannot read. It has not been touched.
	ErrNewer = errors.New("sqlite: database is from a newer version")
	// ErrReadOnly says that the file, or its directory, cannot be written.
	ErrReadOnly = errors.New("sqlite: database is read-only")
)

// How long to pause before asking again for a lock that somebody else holds.
// SQLite's own waiting goes up to 100 ms, in which a busy process takes and
// leaves the lock many times: the other one would hardly ever find it free.
const (
	firstPause = 50 * time.Microsecond
	lastPause  = time.Millisecond
)

// patiently calls try until it gives something else than "busy", but gives up
// after the given time, and when ctx ends.
func patiently(ctx context.Context, patience time.Duration, try func() error) error {
	err := try()
	if !isBusy(err) {
		return err
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for wait := firstPause; ; wait = min(2*wait, lastPause) {
		pause.Reset(wait)
		select {
		case <-pause.C:
		case <-deadline.C:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
		if err = try(); !isBusy(err) {
			return err
		}
	}
}

// code returns SQLite's primary result code for err, and 0 if it has none.
func code(err error) int {
	if fault, ok := errors.AsType[*sqlite.Error](err); ok {
		return fault.Code() & 0xff // without what the extended code adds
	}
	return 0
}

// isBusy reports whether somebody else holds a lock, so that trying again helps.
func isBusy(err error) bool {
	switch code(err) {
	case lib.SQLITE_BUSY, lib.SQLITE_PROTOCOL:
		return true
	default:
		return false
	}
}

// commitError is an error of COMMIT.
type commitError struct{ err error }

func (e *commitError) Error() string { return "sqlite: committing: " + e.err.Error() }

func (e *commitError) Unwrap() error { return e.err }

// leavesDoubt reports whether err leaves open if the transaction has been, or
// will be, committed.
//
// SQLite writes a transaction to the end of the log, its last frame marked as
// the commit, forces it to the disk, and only then shows it to others. Whatever
// fails before COMMIT leaves no such frame; neither does a COMMIT for which the
// lock was missing or the disk full. After any other error of COMMIT the frame
// may stand in the log, unseen: should the machine die before the next commit
// writes over it, recovery would take it for committed.
func leavesDoubt(err error) bool {
	if _, ok := errors.AsType[*commitError](err); !ok {
		return false
	}
	switch code(err) {
	case lib.SQLITE_BUSY, lib.SQLITE_FULL:
		return false
	default:
		return true
	}
}

// classify gives an error of SQLite the class that its callers test for. The
// call has changed nothing.
func classify(err error) error {
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, ErrCorrupt) {
		return err // it has its class
	}
	switch code(err) {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return fmt.Errorf("%w: %w: %w", store.ErrUnavailable, ErrReadOnly, err)
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED, lib.SQLITE_PROTOCOL, lib.SQLITE_FULL, lib.SQLITE_IOERR,
		lib.SQLITE_CANTOPEN, lib.SQLITE_NOMEM, lib.SQLITE_INTERRUPT:
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	case 0:
		return err
	default:
		return fmt.Errorf("sqlite: %w", err)
	}
}

// unknown makes err one that leaves the outcome open.
func unknown(err error) error {
	return fmt.Errorf("%w: %w", store.ErrUnknownOutcome, err)
}
