package feed

import (
	"time"

	"github.com/engage-interactions/engage/internal/lease"
)

// term ends the work of a holder before its lease does: by a timer that is set before the
// lease is asked for, whatever the clock shows when the store has answered; and by the
// clock, which may go on while a process stands still, and its timers with it.
type term struct {
	lease lease.Terms
	clock func() time.Time
	end   func() // the work

	asked *time.Timer   // of a lease that was asked for
	given []*time.Timer // of the one that was given
}

// ask takes a lease, which is given when it is committed.
func (t *term) ask(holder string) (l lease.Lease, now time.Time) {
	if t.asked != nil {
		t.asked.Stop() // that one was not given
	}
	t.asked = time.AfterFunc(t.lease.Span(), t.end)
	now = t.clock()
	return t.lease.Take(holder, now), now
}

// got says that the lease that was asked for last was given.
func (t *term) got(l lease.Lease) {
	before := t.given
	t.given, t.asked = []*time.Timer{t.asked, time.AfterFunc(t.lease.Left(l, t.clock()), t.end)}, nil
	for _, timer := range before {
		timer.Stop()
	}
}

// stop ends nothing any more.
func (t *term) stop() {
	if t.asked != nil {
		t.asked.Stop()
	}
	for _, timer := range t.given {
		timer.Stop()
	}
}
