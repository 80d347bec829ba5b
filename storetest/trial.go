package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// trial is the test of one clause: what a check works with and reports to.
type trial struct {
	testing.TB

	clause  Clause
	harness Harness
	ids     atomic.Int64
}

// fatal reports that the clause does not hold and ends the check. It must not be
// called on a goroutine that the check has started; broken may.
func (t *trial) fatal(got, want any, did string, args ...any) {
	t.Helper()
	t.Fatal(t.verdict(got, want, fmt.Sprintf(did, args...)))
}

// broken reports that the clause does not hold, and goes on. It returns false,
// for those who then stop.
func (t *trial) broken(got, want any, did string, args ...any) bool {
	t.Helper()
	t.Error(t.verdict(got, want, fmt.Sprintf(did, args...)))
	return false
}

func (t *trial) verdict(got, want any, did string) string {
	return fmt.Sprintf("[%s] %s\n\tdone: %s\n\tgot:  %s\n\twant: %s\n\tread: the documentation of %s",
		t.clause.ID, t.clause.Text, did, show(got), show(want), t.clause.Read)
}

// succeed ends the check if a call that must succeed did not.
func (t *trial) succeed(err error, did string, args ...any) {
	t.Helper()
	if err != nil {
		t.fatal(err, "no error", did, args...)
	}
}

// classes are the classes of errors, of which no error may be two.
func classes() []error {
	return []error{
		store.ErrInvalid, store.ErrConflict, store.ErrUnavailable,
		store.ErrUnknownOutcome, store.ErrTrimmed, store.ErrClosed,
	}
}

// refused reports an error that is not of the class that is wanted, or of
// another one besides. It may be called on any goroutine.
func (t *trial) refused(err, class error, did string, args ...any) bool {
	t.Helper()
	if !errors.Is(err, class) {
		return t.broken(err, fmt.Sprintf("an error that wraps %q", class), did, args...)
	}
	for _, other := range classes() {
		if other != class && errors.Is(err, other) { //nolint:errorlint // identity is meant: the classes themselves
			return t.broken(err, fmt.Sprintf("an error that wraps %q and not %q", class, other), did, args...)
		}
	}
	return true
}

// invalid reports an error that is not an InvalidError.
func (t *trial) invalid(err error, did string, args ...any) bool {
	t.Helper()
	if !t.refused(err, store.ErrInvalid, did, args...) {
		return false
	}
	if _, ok := errors.AsType[*store.InvalidError](err); !ok {
		return t.broken(fmt.Sprintf("%T: %v", err, err), "a *store.InvalidError in the chain", did, args...)
	}
	return true
}

// conflict reports an error that is not the ConflictError for that key.
func (t *trial) conflict(err error, key store.Key, expected store.Version, did string, args ...any) bool {
	t.Helper()
	if !t.refused(err, store.ErrConflict, did, args...) {
		return false
	}
	c, ok := errors.AsType[*store.ConflictError](err)
	if !ok {
		return t.broken(fmt.Sprintf("%T: %v", err, err), "a *store.ConflictError in the chain", did, args...)
	}
	if c.Key != key || c.Expected != expected {
		return t.broken(fmt.Sprintf("%+v", *c), fmt.Sprintf("%+v", store.ConflictError{Key: key, Expected: expected}), did, args...)
	}
	return true
}

// maxShown bounds what one failure prints of a value.
const maxShown = 1500

// show prints a value as a reader wants it: bytes as text, and not all of them.
func show(v any) string {
	var s string
	switch v := v.(type) {
	case nil:
		s = "no error"
	case string:
		s = v
	case []byte:
		s = fmt.Sprintf("%q", v)
	case store.Record:
		s = showRecord(v)
	case []store.Record:
		lines := make([]string, len(v))
		for i, r := range v {
			lines[i] = "\n\t      " + showRecord(r)
		}
		s = fmt.Sprintf("%d records%s", len(v), strings.Join(lines, ""))
	case store.Event:
		s = showEvent(v)
	case []store.Event:
		lines := make([]string, len(v))
		for i, e := range v {
			lines[i] = "\n\t      " + showEvent(e)
		}
		s = fmt.Sprintf("%d events%s", len(v), strings.Join(lines, ""))
	default:
		s = fmt.Sprintf("%+v", v)
	}
	if len(s) > maxShown {
		s = fmt.Sprintf("%s … (%d bytes more)", s[:maxShown], len(s)-maxShown)
	}
	return s
}

func showRecord(r store.Record) string {
	return fmt.Sprintf("%q version %q terms %q value %s", r.Key, r.Version, r.Terms, showValue(r.Value))
}

func showEvent(e store.Event) string {
	return fmt.Sprintf("%q position %d id %q type %q time %v value %s",
		e.Tenant, e.Position, e.ID, e.Type, e.Time, showValue(e.Value))
}

// showValue keeps large values out of what is printed and compared line by line.
func showValue(v []byte) string {
	const most = 200
	if len(v) > most {
		return fmt.Sprintf("%q… (%d bytes)", v[:most], len(v))
	}
	return fmt.Sprintf("%q", v)
}
