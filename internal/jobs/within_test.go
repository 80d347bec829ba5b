package jobs_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// TestStepsOfATask keep what they have made of the data, and end with the last.
func TestStepsOfATask(t *testing.T) {
	t.Parallel()
	c, st := newClock(), open(t)
	p := newProcess(t, st, c.now)
	p.Within("step", jobs.Within{Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
		j.Data = append(j.Data[:len(j.Data)-1:len(j.Data)-1], []byte(`1"`)...)
		if string(j.Data) == `"111"` {
			return time.Time{}, nil
		}
		return c.now().Add(time.Minute), nil
	}})
	id := p.add(jobs.Job{Type: "step", Lane: "l", Data: []byte(`""`)})[0]
	for _, want := range []string{`"1"`, `"11"`} {
		if n := p.due(); n != 1 || string(p.get(id).Data) != want || !p.get(id).Due.Equal(c.now().Add(time.Minute)) {
			t.Fatalf("%d, %+v", n, p.get(id))
		}
		c.pass(time.Minute)
	}
	if n := p.due(); n != 1 || p.get(id) != nil || records(t, st, "job_lane") != 0 {
		t.Errorf("%d, %+v", n, p.get(id))
	}
}

// TestRefusalsWithinAreTriedAgain, leave nothing behind, and fail in the end.
func TestRefusalsWithinAreTriedAgain(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	for name, refuse := range map[string]func(ctx context.Context, w *work.Work) error{
		"an error":      func(context.Context, *work.Work) error { return no },
		"a panic":       func(context.Context, *work.Work) error { panic(no) },
		"a time-out":    func(context.Context, *work.Work) error { return context.DeadlineExceeded },
		"a store's":     func(context.Context, *work.Work) error { return store.ErrUnavailable },
		"a bad record":  func(_ context.Context, w *work.Work) error { return w.Insert(store.Record{Key: w.Key("note", "x")}) },
		"a blind write": func(_ context.Context, w *work.Work) error { return w.Delete(w.Key("note", "x")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			p := newProcess(t, open(t), c.now, func(o *jobs.Options) { o.Tries = 3 })
			p.Within("refuse", jobs.Within{
				Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
					j.Data = []byte(`"changed"`)
					return time.Time{}, errors.Join(write(ctx, w, j.ID, func(n *note) { n.Claims++ }), refuse(ctx, w))
				},
				Failed: func(ctx context.Context, w *work.Work, j jobs.Job, err error) error {
					return write(ctx, w, j.ID, func(n *note) { n.Told = append(n.Told, "failed") })
				},
			})
			id := p.add(jobs.Job{Type: "refuse", Lane: "l"})[0]
			next := p.add(jobs.Job{Type: "refuse", Lane: "l"})[0]
			for n, wait := range []time.Duration{32 * time.Second, 4 * time.Minute} {
				if did := p.due(); did != 1 {
					t.Fatalf("%d", did)
				}
				if j := p.get(id); j.State != jobs.Pending || j.Attempts != n+1 || j.Error == "" || !j.Due.Equal(c.now().Add(wait)) || j.Data != nil {
					t.Fatalf("%+v", j)
				}
				if p.note(id).Claims != 0 {
					t.Error("what it wrote was kept")
				}
				c.pass(wait)
			}
			p.due()
			if j := p.get(id); j.State != jobs.Failed || !slices.Equal(p.note(id).Told, []string{"failed"}) {
				t.Errorf("%+v, %+v", j, p.note(id))
			}
			if p.get(next).Attempts != 1 {
				t.Error("the lane does not go on")
			}
		})
	}
}

// TestWithinMayCancelItsOwnJob, or others of its lane.
func TestWithinMayChangeItsLane(t *testing.T) {
	t.Parallel()
	c, st := newClock(), open(t)
	p := newProcess(t, st, c.now)
	var cancel []string
	p.Within("cancel", jobs.Within{Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
		var err error
		for _, id := range cancel {
			err = errors.Join(err, p.Cancel(ctx, w, id))
		}
		cancel = nil
		if err == nil {
			_, err = p.Add(ctx, w, jobs.Job{Type: "cancel", Lane: "l", Due: c.now().Add(time.Hour)})
		}
		return time.Time{}, err
	}})
	added := p.add(jobs.Job{Type: "cancel", Lane: "l"}, jobs.Job{Type: "cancel", Lane: "l"}, jobs.Job{Type: "cancel", Lane: "l"})
	cancel = added[:2]
	if n := p.due(); n != 2 { // the first, and the third, behind which two are added
		t.Errorf("%d", n)
	}
	c.pass(time.Hour)
	p.due()
	c.pass(-time.Hour)
	if n := records(t, st, "job"); n != 2 || records(t, st, "job_lane") != 1 {
		t.Errorf("%d jobs, %d lanes", n, records(t, st, "job_lane"))
	}
}

// TestWithinIsDoneExactlyOnce whatever befalls whichever call of the store, and
// though others do the same jobs.
func TestWithinIsDoneExactlyOnce(t *testing.T) {
	t.Parallel()
	for _, fault := range faults.Legal() {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			for trial := range faults.Sweep(fault) {
				c, below := newClock(), open(t)
				st := trial.Wrap(below)
				healthy := newProcess(t, below, c.now).count()
				var added []string
				for n := range 4 {
					added = append(added, healthy.add(jobs.Job{Type: "count", Lane: strconv.Itoa(n % 2), Due: c.now(), Data: []byte("3")})...)
				}
				shaky := newProcess(t, st, c.now).count()
				trial.Start()
				_, err := shaky.RunDue(trial.Context(t.Context()))
				trial.End()
				if err == nil && records(t, below, "job") > 0 {
					t.Errorf("%v: it says that all is done", trial)
				}
				healthy.due()
				for _, id := range added {
					if got := healthy.note(id); got.Claims != 3 || healthy.get(id) != nil {
						t.Errorf("%v: %+v, %+v", trial, got, healthy.get(id))
					}
				}
			}
		})
	}
}

// TestRefusalOfThePastIsNotRecorded: while a process refuses a job, another one does it.
func TestRefusalOfThePastIsNotRecorded(t *testing.T) {
	t.Parallel()
	c, st := newClock(), open(t)
	one, two := newProcess(t, st, c.now), newProcess(t, st, c.now)
	one.Within("step", jobs.Within{Do: func(context.Context, *work.Work, *jobs.Job) (time.Time, error) {
		two.due()
		return time.Time{}, errors.New("no")
	}})
	two.Within("step", jobs.Within{Do: func(context.Context, *work.Work, *jobs.Job) (time.Time, error) {
		return c.now().Add(time.Hour), nil
	}})
	id := one.add(jobs.Job{Type: "step"})[0]
	one.due()
	if j := one.get(id); j.Attempts != 0 || j.Error != "" || !j.Due.Equal(c.now().Add(time.Hour)) {
		t.Errorf("%+v", j)
	}
}
