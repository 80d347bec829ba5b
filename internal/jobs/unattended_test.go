package jobs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
)

// TestJobsThatNobodyDoesAreTold to who adds them and has not called Run: once in ten minutes, and
// not while anybody does them.
func TestJobsThatNobodyDoesAreTold(t *testing.T) {
	t.Parallel()
	c, st := newClock(), open(t)
	l := &log{}
	forgetful, other := newProcess(t, st, c.now, l.logs), newProcess(t, st, c.now).count()
	add := func(after time.Duration, want int) {
		t.Helper()
		c.pass(after)
		forgetful.add(jobs.Job{Type: "count", Data: []byte("1")})
		if got := strings.Count(l.text(), "have Engine.Run running"); got != want {
			t.Errorf("told %d times, want %d: %s", got, want, l.text())
		}
	}
	forgetful.add(jobs.Job{Type: "later", Due: c.now().Add(24 * time.Hour)})
	add(0, 0)
	add(29*time.Second, 0)
	add(time.Second, 1)
	add(time.Minute, 1)
	add(10*time.Minute, 2)
	other.due()
	add(10*time.Minute, 2) // it has just been added
	forgetful.count().due()
	add(time.Hour, 2) // whoever does jobs knows
	add(time.Hour, 2)
}
