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

// TestLeasesOfAClockThatWasAhead and was put back, by more than clocks may differ, end as
// long after somebody has seen that as they would have lasted, by no clock.
func TestLeasesOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		ahead, later time.Duration
		state        jobs.State // of the job that was running, idempotent
	}{
		{2 * time.Hour, 0, jobs.Running},
		{2 * time.Hour, away - 1, jobs.Running},
		{2 * time.Hour, away, jobs.Done},
		{skew + 1, away + skew, jobs.Running}, // by then its clock is as good as any
		{skew + 1, away + skew + 1, jobs.Done},
		{skew, away + skew - 1, jobs.Running},
		{skew, away + skew, jobs.Done},
		{0, away - 1, jobs.Running},
		{0, away, jobs.Done},
	} {
		synctest.Test(t, func(t *testing.T) {
			o, st := &world{}, open(t)
			healthy := newProcess(t, st, bubble).classes(o, true, "p")
			added := healthy.add(jobs.Job{Type: "send", Class: "p", Lane: "l"}, jobs.Job{Type: "send", Class: "p", Lane: "l"})
			ahead := func() time.Time { return bubble().Add(test.ahead) }
			_, _ = newProcess(t, newMortal(st, 1, true), ahead).classes(o, true, "p").RunDue(t.Context())
			healthy.due()
			pass(test.later)
			synctest.Wait()
			healthy.due()
			if got := healthy.state(added[0]); got != test.state || healthy.state(added[1]) == jobs.Done != (got == jobs.Done) {
				t.Errorf("%v ahead, %v later: %s, the next is %s", test.ahead, test.later, got, healthy.state(added[1]))
			}
		})
	}
}

// TestRunFindsLeasesOfAClockThatWasAhead, too, without being asked.
func TestRunFindsLeasesOfAClockThatWasAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, st := &world{}, open(t)
		p := newProcess(t, st, bubble, func(o *jobs.Options) { o.Poll = time.Hour }).classes(o, false, "p")
		other := newProcess(t, newMortal(st, 1, true), func() time.Time { return bubble().Add(24 * time.Hour) }).classes(o, false, "p")
		lost := p.add(jobs.Job{Type: "send", Class: "p"})[0]
		_, _ = other.RunDue(t.Context())
		r := p.run()
		pass(away - 1)
		if p.state(lost) != jobs.Running {
			t.Errorf("%+v", p.get(lost))
		}
		pass(1)
		synctest.Wait()
		if p.state(lost) != jobs.Uncertain {
			t.Errorf("%+v", p.get(lost))
		}
		_ = r.end()
	})
}

// TestClocksThatArePutBackDisturbNoAttempt: all processes share the clock. What is under way
// goes on, whoever looks, and those behind it wait for it.
func TestClocksThatArePutBackDisturbNoAttempt(t *testing.T) {
	t.Parallel()
	for _, idempotent := range []bool{true, false} {
		for _, back := range []time.Duration{skew + time.Second, 30 * time.Second, time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				var off atomic.Int64
				clock := func() time.Time { return bubble().Add(time.Duration(off.Load())) }
				o, st := &world{}, open(t)
				var atOnce atomic.Int32
				o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
					if atOnce.Add(1) > 1 {
						t.Error("two at a time")
					}
					pass(20 * time.Second)
					atOnce.Add(-1)
					o.effect(j.ID)
					return nil, nil
				}
				one, two := newProcess(t, st, clock).send(o, idempotent), newProcess(t, st, clock).send(o, idempotent)
				var added []string
				for range 4 {
					added = append(added, one.add(jobs.Job{Type: "send", Lane: "l"})...)
				}
				runs := []running{one.run()}
				pass(5 * time.Second)
				off.Store(-int64(back))
				runs = append(runs, two.run())
				pass(30 * time.Second) // in the middle of the next
				off.Store(-2 * int64(back))
				pass(10 * time.Minute)
				for _, r := range runs {
					_ = r.end()
				}
				if strings.Join(o.seen(), " ") != strings.Join(added, " ") {
					t.Errorf("%v back, idempotent %v: %v, want %v", back, idempotent, o.seen(), added)
				}
				for _, id := range added {
					if told := one.note(id).Told; strings.Join(told, " ") != "done" {
						t.Errorf("%v back, idempotent %v: told %v", back, idempotent, told)
					}
				}
			})
		}
	}
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
