package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
)

// trial is the test of one clause: what a check works with and reports to.
type trial struct {
	testing.TB

	clause  Clause
	harness Harness
	peers   []store.Store // those that Peer gave since the last Reopen
	until   time.Time     // for so long a check that depends on luck tries more
	latest  time.Time     // and for so long if it could not try much
	ids     atomic.Int64
	reports atomic.Int64
	pending calls       // under way
	hung    atomic.Bool // one of them is not answered, and all contexts have ended
}

// fatal reports that the clause does not hold and ends the check. It must not be
// called on a goroutine that the check has started; broken may.
func (t *trial) fatal(got, want any, did string, args ...any) {
	t.Helper()
	t.broken(got, want, did, args...)
	t.FailNow()
}

// broken reports that the clause does not hold, and goes on. It returns false,
// for those who then stop.
func (t *trial) broken(got, want any, did string, args ...any) bool {
	t.Helper()
	t.report(t.verdict(got, want, fmt.Sprintf(did, args...)) + "\n\tread: the documentation of " + t.clause.Read)
	return false
}

// unfit reports a method that does not do what the check needs it for. Unless
// the clause is about that method, that says nothing about its rule. It returns
// false, and may be called on any goroutine.
func (t *trial) unfit(method string, got, want any, did string, args ...any) bool {
	t.Helper()
	if t.clause.about == method || t.ofContexts(got) {
		return t.broken(got, want, did, args...)
	}
	t.report(t.verdict(got, want, fmt.Sprintf(did, args...)) +
		"\n\t" + notTheRule + "\n\tread: the documentation of store.Store." + method)
	return false
}

// ofContexts is whether the clause is about contexts, and something failed because
// of one, though its own goes on.
func (t *trial) ofContexts(got any) bool {
	err, ok := got.(error)
	return ok && strings.Contains(t.clause.ID, "context") && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded))
}

const notTheRule = "not the rule under test: a call that it needs failed"

func (t *trial) verdict(got, want any, did string) string {
	return fmt.Sprintf("[%s] %s\n\tdone: %s\n\tgot:  %s\n\twant: %s", t.clause.ID, t.clause.Text, cut(did), show(got), show(want))
}

// maxReports is how many failures of one clause are printed. What goes wrong
// once mostly goes wrong a hundred times.
const maxReports = 3

func (t *trial) report(text string) {
	t.Helper()
	if t.hung.Load() || t.reports.Add(1) > maxReports {
		t.Fail()
		return
	}
	t.Error(text)
}

// rest says how many failures were not printed.
func (t *trial) rest() {
	if more := t.reports.Load() - maxReports; more > 0 {
		t.Logf("[%s] … and %d more like these", t.clause.ID, more)
	}
}

// recovered, when deferred, reports a panic and ends it: a method that is not
// written yet often panics, and all other clauses are still to be checked.
func (t *trial) recovered() {
	if r := recover(); r != nil {
		// The stack is that of the panic: what deferred this has not returned.
		_, stack, _ := strings.Cut(string(debug.Stack()), "\npanic(")
		lines := strings.Split(stack, "\n")
		lines = lines[min(2, len(lines)):] // the rest of panic's own
		t.report(fmt.Sprintf("[%s] the check could not go on: panic: %s\n\t%s",
			t.clause.ID, cut(fmt.Sprint(r)), strings.Join(lines[:min(12, len(lines))], "\n\t")))
	}
}

// worked reports a call that must succeed and did not. It may be called on any
// goroutine.
func (t *trial) worked(method string, err error, did string, args ...any) bool {
	t.Helper()
	return err == nil || t.unfit(method, err, "no error", did, args...)
}

// succeed ends the check if a call that must succeed did not.
func (t *trial) succeed(method string, err error, did string, args ...any) {
	t.Helper()
	if !t.worked(method, err, did, args...) {
		t.FailNow()
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
func (t *trial) conflict(err error, key store.Key, expected store.Version, did string, args ...any) {
	t.Helper()
	t.conflictOf(err, []store.Check{{Key: key, Version: expected}}, did, args...)
}

// conflictOf reports an error that is not the ConflictError for one of those
// that do not hold.
func (t *trial) conflictOf(err error, broken []store.Check, did string, args ...any) {
	t.Helper()
	if !t.refused(err, store.ErrConflict, did, args...) {
		return
	}
	c, ok := errors.AsType[*store.ConflictError](err)
	if !ok {
		t.broken(fmt.Sprintf("%T: %v", err, err), "a *store.ConflictError in the chain", did, args...)
		return
	}
	for _, b := range broken {
		if c.Key == b.Key && c.Expected == b.Version {
			return
		}
	}
	t.broken(fmt.Sprintf("a conflict of %v, expected at %q", c.Key, c.Expected),
		fmt.Sprintf("one of %v, expected at %q", broken[0].Key, broken[0].Version), did, args...)
}
