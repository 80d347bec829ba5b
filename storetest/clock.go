package storetest

import (
	"runtime"
	"sync"
	"time"
)

// What the suite takes from the clock decides how much it tries, and when in a
// call it does something. It never decides what passes.

// patience is for how long a check that depends on luck goes on trying when it
// has done what it must, if Effort is 1.
const patience = 300 * time.Millisecond

// alone lets one check at a time try its luck. Those of other clauses would keep
// its goroutines from meeting: on few processors they take turns, and then each
// has the store to itself.
var alone sync.Mutex

// patiently does a part of a check that depends on luck, once and then again
// while there is time. What the part does together goes on for as long. So a
// fast store is tried much more often than a slow one, in about the same time,
// which decides nothing else.
func (t *trial) patiently(part func()) {
	t.Helper()
	if !t.clause.hasty {
		alone.Lock()
		defer alone.Unlock()
		t.until = time.Now().Add(patience * time.Duration(Effort(t)))
	}
	t.latest = t.until.Add(2 * patience) // long past, if there is no time
	defer func() { t.until, t.latest = time.Time{}, time.Time{} }()
	for {
		part()
		if t.Failed() || !t.patient() {
			return
		}
	}
}

// patient reports whether there is time to try more.
func (t *trial) patient() bool { return time.Now().Before(t.until) }

// veryPatient is patient for some longer, for an actor who could not try much: the
// machine may be busy with other things.
func (t *trial) veryPatient() bool { return time.Now().Before(t.latest) }

// timed returns how long f takes.
func timed(f func()) time.Duration {
	begin := time.Now()
	f()
	return time.Since(begin) //nolint:forbidigo // says how much to try, never what passes
}

// linger lets others run for a part of the time that a call takes.
func linger(d time.Duration) {
	for begin := time.Now(); time.Since(begin) < d; { //nolint:forbidigo // says when to do something, never what passes
		runtime.Gosched()
	}
}
