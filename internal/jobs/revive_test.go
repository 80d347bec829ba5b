package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// TestFailedJobsAreRevived: they are failed, and told of once, but are tried again each
// time that their time has come, until they are done.
func TestFailedJobsAreRevived(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, lane := range []string{"", "l"} {
		c, st := newClock(), open(t)
		p := newProcess(t, st, c.now, func(o *jobs.Options) { o.Tries = 2 })
		refused := errors.New("no")
		var again time.Duration
		p.Within("step", jobs.Within{
			Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
				if again == 0 {
					return time.Time{}, refused
				}
				return c.now().Add(again), refused
			},
			Failed: func(ctx context.Context, w *work.Work, j jobs.Job, err error) error {
				return write(ctx, w, j.ID, func(n *note) { n.Told = append(n.Told, err.Error()) })
			},
			Revive: day,
		})
		id := p.add(jobs.Job{Type: "step", Lane: lane})[0]
		p.due()
		c.pass(32 * time.Second)
		for n := range 3 {
			if did := p.due(); did != 1 {
				t.Fatalf("%q, %d: did %d", lane, n, did)
			}
			j := p.get(id)
			if j.State != jobs.Failed || j.Attempts != n+2 || j.Error != "no" || !j.Due.Equal(c.now().Add(day)) {
				t.Fatalf("%q, %d: %+v", lane, n, j)
			}
			if told := p.note(id).Told; !slices.Equal(told, []string{"no"}) || records(t, st, "job_lane") != 0 {
				t.Errorf("%q, %d: told %v, %d lanes", lane, n, told, records(t, st, "job_lane"))
			}
			c.pass(day - 1)
			if p.due() != 0 {
				t.Errorf("%q, %d: it came too early", lane, n)
			}
			c.pass(1)
		}
		refused, again = nil, time.Minute
		p.due()
		// It is as any other now: what stands in its lane waits for it.
		if j := p.get(id); j.State != jobs.Pending || j.Attempts != 0 || j.Error != "" || !j.Due.Equal(c.now().Add(again)) {
			t.Fatalf("%q: %+v", lane, j)
		}
		next := p.add(jobs.Job{Type: "step", Lane: lane})[0]
		again = 0
		p.due()
		if waits := p.get(next) != nil; waits != (lane != "") {
			t.Errorf("%q: the next waits: %t", lane, waits)
		}
		c.pass(time.Minute)
		p.due()
		if n := records(t, st, "job") + records(t, st, "job_lane"); n != 0 {
			t.Errorf("%q: %d records are left", lane, n)
		}
	}
}

// TestARevivedJobStaysFailed though it says otherwise why it cannot be done, and though
// its tries were not used up when it failed.
func TestARevivedJobStaysFailed(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := newProcess(t, open(t), c.now)
	says := jobs.Permanent(errors.New("never"))
	told := 0
	p.Within("step", jobs.Within{
		Do:     func(context.Context, *work.Work, *jobs.Job) (time.Time, error) { return time.Time{}, says },
		Failed: func(context.Context, *work.Work, jobs.Job, error) error { told++; return nil },
		Revive: time.Hour,
	})
	id := p.add(jobs.Job{Type: "step"})[0]
	p.due()
	says = errors.New("not now")
	c.pass(time.Hour)
	p.due()
	if j := p.get(id); j.State != jobs.Failed || j.Attempts != 2 || j.Error != "not now" || told != 1 {
		t.Errorf("%+v, told %d times", j, told)
	}
	p.do(func(ctx context.Context, w *work.Work) error { return p.Retry(ctx, w, id) })
	p.due()
	if j := p.get(id); j.State != jobs.Pending || j.Attempts != 1 {
		t.Errorf("%+v", j)
	}
}

// TestStepsThatAreDueAtOnceMindNoClock: they go on though it is put back after each.
func TestStepsThatAreDueAtOnceMindNoClock(t *testing.T) {
	t.Parallel()
	c, st := newClock(), open(t)
	steps := 0
	p := newProcess(t, thereupon{st, func() { c.pass(-2 * time.Hour) }}, c.now)
	p.Within("step", jobs.Within{Do: func(context.Context, *work.Work, *jobs.Job) (time.Time, error) {
		steps++
		if steps == 5 {
			return time.Time{}, nil
		}
		return c.now(), nil
	}})
	id := p.add(jobs.Job{Type: "step"})[0]
	p.due()
	if steps != 5 || p.get(id) != nil {
		t.Errorf("%d steps, %+v", steps, p.get(id))
	}
}

// thereupon is a store after whose commits something happens.
type thereupon struct {
	store.Store

	then func()
}

func (s thereupon) Commit(ctx context.Context, b store.Batch) error {
	defer s.then()
	return s.Store.Commit(ctx, b)
}

// TestStepsThatAreDueAtOnceStandBehindThoseThatHaveWaited: a long task holds up no other
// job of its type, whether that has a time or has none.
func TestStepsThatAreDueAtOnceStandBehindThoseThatHaveWaited(t *testing.T) {
	t.Parallel()
	c := newClock()
	p := newProcess(t, open(t), c.now, func(o *jobs.Options) { o.Concurrency = 1 })
	var did []string
	left := map[string]int{"long": 5, "other": 2}
	p.Within("step", jobs.Within{Do: func(_ context.Context, _ *work.Work, j *jobs.Job) (time.Time, error) {
		did = append(did, string(j.Data))
		c.pass(time.Second)
		var name string
		if err := json.Unmarshal(j.Data, &name); err != nil {
			return time.Time{}, err
		}
		left[name]--
		if left[name] > 0 {
			return time.Unix(0, 0), nil
		}
		return time.Time{}, nil
	}})
	p.add(jobs.Job{Type: "step", Data: []byte(`"long"`)})
	c.pass(time.Minute)
	p.add(
		jobs.Job{Type: "step", Data: []byte(`"other"`)},
		jobs.Job{Type: "step", Due: c.now().Add(1500 * time.Millisecond), Data: []byte(`"timed"`)},
	)
	p.due()
	want := []string{`"long"`, `"other"`, `"long"`, `"timed"`, `"other"`, `"long"`, `"long"`, `"long"`}
	if !slices.Equal(did, want) {
		t.Errorf("did %v, want %v", did, want)
	}
}
