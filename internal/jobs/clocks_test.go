package jobs_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestJobsThatAreDueAtOnceMindNoClock, and keep their order.
func TestJobsThatAreDueAtOnceMindNoClock(t *testing.T) {
	t.Parallel()
	c, o := newClock(), &world{}
	p := newProcess(t, open(t), c.now).send(o, false)
	c.pass(2 * time.Hour)
	first := p.add(jobs.Job{Type: "send", Lane: "l"})[0]
	dated := p.add(jobs.Job{Type: "send", Due: c.now()})[0]
	c.pass(-2 * time.Hour)
	second := p.add(jobs.Job{Type: "send", Lane: "l"})[0]
	if n := p.due(); n != 2 || strings.Join(o.seen(), " ") != first+" "+second {
		t.Errorf("%d were done: %v", n, o.seen())
	}
	if p.state(dated) != jobs.Pending {
		t.Error("one that has a time was done before it")
	}
}

// TestPendingJobsCanBeHurried: they are due now, where they stand, and all tries are
// before them.
func TestPendingJobsCanBeHurried(t *testing.T) {
	t.Parallel()
	c, o := newClock(), &world{}
	o.does = func(_ context.Context, n int, j jobs.Job) (any, error) {
		if n <= 5 {
			return nil, errors.New("down")
		}
		o.effect(j.ID)
		return nil, nil
	}
	p := newProcess(t, open(t), c.now).send(o, false)
	added := p.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l", Due: c.now().Add(24 * time.Hour)})
	for range 5 {
		p.due()
		c.pass(3 * time.Hour)
	}
	c.pass(-3 * time.Hour)
	retry := func(id string) {
		p.do(func(ctx context.Context, w *work.Work) error { return p.Retry(ctx, w, id) })
	}
	retry(added[1])
	if p.due() != 0 || p.state(added[1]) != jobs.Pending {
		t.Error("it has overtaken the one before it")
	}
	retry(added[0])
	if j := p.get(added[0]); j.State != jobs.Pending || j.Attempts != 0 || j.Error != "" {
		t.Errorf("%+v", j)
	}
	if n := p.due(); n != 2 || strings.Join(o.seen(), " ") != strings.Join(added, " ") {
		t.Errorf("%d were done: %v", n, o.seen())
	}
}

// TestLeasesOfAClockThatWasAhead are over as soon as it is put back, unless it was no
// further ahead than clocks may be.
func TestLeasesOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		ahead, later time.Duration
		state        jobs.State // of the job that was running, idempotent
	}{
		{2 * time.Hour, 0, jobs.Done},
		{skew + 1, 0, jobs.Done},
		{skew, 0, jobs.Running},
		{skew, away + skew - 1, jobs.Running},
		{skew, away + skew, jobs.Done},
		{0, away - 1, jobs.Running},
		{0, away, jobs.Done},
	} {
		c, o, st := newClock(), &world{}, open(t)
		healthy := newProcess(t, st, c.now).classes(o, true, "p")
		added := healthy.add(jobs.Job{Type: "send", Class: "p", Lane: "l"}, jobs.Job{Type: "send", Class: "p", Lane: "l"})
		ahead := func() time.Time { return c.now().Add(test.ahead) }
		_, _ = newProcess(t, newMortal(st, 1, true), ahead).classes(o, true, "p").RunDue(t.Context())
		c.pass(test.later)
		healthy.due()
		if got := healthy.state(added[0]); got != test.state || healthy.state(added[1]) == jobs.Done != (got == jobs.Done) {
			t.Errorf("%v ahead, %v later: %s, the next is %s", test.ahead, test.later, got, healthy.state(added[1]))
		}
	}
}

// TestRunFindsLeasesOfAClockThatWasAhead, too, and leaves its own attempts alone, though
// its clock is put back while they are under way.
func TestRunFindsLeasesOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		ahead.Store(int64(time.Hour))
		o, st := &world{}, open(t)
		o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
			pass(20 * time.Second)
			o.effect(j.ID)
			return nil, nil
		}
		p := newProcess(t, st, func() time.Time { return bubble().Add(time.Duration(ahead.Load())) }).classes(o, false, "mine")
		r := p.run()
		mine := p.add(jobs.Job{Type: "send", Class: "mine"})[0]
		pass(time.Second)
		ahead.Store(0)
		pass(10 * time.Second)
		if p.state(mine) != jobs.Running {
			t.Errorf("%+v", p.get(mine))
		}
		pass(10 * time.Second)
		if p.state(mine) != jobs.Done || o.tries() != 1 {
			t.Errorf("%+v after %d tries", p.get(mine), o.tries())
		}
		other := newProcess(t, newMortal(st, 1, true), func() time.Time { return bubble().Add(time.Hour) }).classes(o, false, "p")
		lost := p.add(jobs.Job{Type: "send", Class: "p"})[0]
		_, _ = other.RunDue(t.Context())
		if p.state(lost) != jobs.Running {
			t.Errorf("%+v", p.get(lost))
		}
		pass(time.Minute)
		if p.state(lost) != jobs.Uncertain {
			t.Errorf("%+v", p.get(lost))
		}
		_ = r.end()
	})
}

// TestAttemptsThatComeTooLatePause: when the claim is committed, the lease is nearly over.
func TestAttemptsThatComeTooLatePause(t *testing.T) {
	t.Parallel()
	for _, none := range []bool{true, false} {
		c, o, st := newClock(), &world{}, faults.New(open(t))
		p := newProcess(t, st, c.now, func(o *jobs.Options) {
			o.Tries = 1
			if none {
				o.Backoff = func(int) time.Duration { return 0 }
			}
		}).send(o, false)
		id := p.add(jobs.Job{Type: "send"})[0]
		slow := faults.After("the commit takes long", func(context.Context, faults.Call, error) { c.pass(timeout + 10*time.Second) }).On(faults.Commit)
		st.Inject(slow, 1)
		p.due()
		j := p.get(id)
		if j == nil || j.State != jobs.Pending || j.Attempts != 0 || o.tries() != 0 || !strings.Contains(j.Error, "not begun") || j.Due.Before(c.now().Add(time.Second)) {
			t.Fatalf("%+v, %d attempts", j, o.tries())
		}
		c.pass(j.Due.Sub(c.now()))
		p.due()
		if p.state(id) != jobs.Done {
			t.Errorf("%+v", p.get(id))
		}
	}
}
