package jobs_test

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// meter counts what a store is asked, and how many records it hands out.
type meter struct {
	store.Store

	calls, records atomic.Int64
}

func (m *meter) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	m.calls.Add(1)
	m.records.Add(int64(len(keys)))
	return m.Store.Get(ctx, keys...)
}

func (m *meter) Find(ctx context.Context, q store.Query) (store.Page, error) {
	page, err := m.Store.Find(ctx, q)
	m.calls.Add(1)
	m.records.Add(int64(len(page.Records)))
	return page, err
}

func (m *meter) Commit(ctx context.Context, b store.Batch) error {
	m.calls.Add(1)
	return m.Store.Commit(ctx, b)
}

// fill adds n jobs, many in a work.
func (p *process) fill(n int, j jobs.Job) {
	p.t.Helper()
	for n > 0 {
		part := min(n, 1000)
		n -= part
		p.do(func(ctx context.Context, w *work.Work) error {
			for range part {
				if _, err := p.Add(ctx, w, j); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// TestLongLanesCostPerJobWhatShortOnesDo, and so do crowds of jobs that are due, or
// will be.
func TestLongLanesCostPerJobWhatShortOnesDo(t *testing.T) {
	t.Parallel()
	c := newClock()
	costs := func(name string, fill func(p *process)) (calls, records float64) {
		st := &meter{Store: open(t)}
		p := newProcess(t, st, c.now, func(o *jobs.Options) { o.Concurrency = 1 })
		did := 0
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		p.Within("tick", jobs.Within{Do: func(context.Context, *work.Work, *jobs.Job) (time.Time, error) {
			did++
			if did == 50 {
				stop()
			}
			return time.Time{}, nil
		}})
		fill(p)
		st.calls.Store(0)
		st.records.Store(0)
		_, _ = p.RunDue(ctx)
		if did != 50 {
			t.Fatalf("%s: %d were done", name, did)
		}
		return float64(st.calls.Load()) / 50, float64(st.records.Load()) / 50
	}
	due, later := c.now(), c.now().Add(time.Hour)
	shortCalls, shortRecords := costs("short", func(p *process) {
		for n := range 25 {
			p.fill(2, jobs.Job{Type: "tick", Due: due, Lane: strconv.Itoa(n)})
		}
	})
	for name, fill := range map[string]func(p *process){
		"a lane of 10,000": func(p *process) { p.fill(10_000, jobs.Job{Type: "tick", Due: due, Lane: "l"}) },
		"10,000 due":       func(p *process) { p.fill(10_000, jobs.Job{Type: "tick", Due: due}) },
		"10,000 not yet due": func(p *process) {
			p.fill(10_000, jobs.Job{Type: "tick", Due: later})
			p.fill(50, jobs.Job{Type: "tick", Due: due, Lane: "l"})
		},
	} {
		calls, records := costs(name, fill)
		t.Logf("%s: %.1f calls and %.1f records per job; short lanes: %.1f and %.1f", name, calls, records, shortCalls, shortRecords)
		if calls > 2*shortCalls+4 || records > shortRecords+40 {
			t.Errorf("%s: %.1f calls and %.1f records per job; short lanes: %.1f and %.1f", name, calls, records, shortCalls, shortRecords)
		}
	}
}

// TestAddingWithoutALaneReadsNothing, and costs one commit for any number.
func TestAddingWithoutALaneReadsNothing(t *testing.T) {
	t.Parallel()
	st := faults.New(open(t))
	p := newProcess(t, st, newClock().now)
	st.Restart()
	p.fill(1000, jobs.Job{Type: "tick"})
	if calls := st.Calls(); len(calls) != 1 || calls[0].Method != faults.Commit {
		t.Errorf("%v", calls)
	}
}

// TestIdleRunCostsAFindForEachSortAndPoll, and nothing for what others commit meanwhile.
func TestIdleRunCostsAFindForEachSortAndPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := faults.New(open(t))
		p := newProcess(t, st, bubble).count().classes(&world{}, false, "a", "b")
		p.add(jobs.Job{Type: "count", Due: bubble().Add(time.Hour)}, jobs.Job{Type: "send", Class: "a", Due: bubble().Add(time.Hour)})
		r := p.run()
		pass(5*time.Second + 1)
		st.Restart()
		for range 1000 {
			p.Wake()
			pass(10 * time.Millisecond)
		}
		// Twice a second each of a, b, count, and what was lost.
		if n := len(st.Calls()); n < 20*4 || n > 21*4 {
			t.Errorf("%d calls in 10 s", n)
		}
		at := bubble()
		mine := p.add(jobs.Job{Type: "send", Class: "b"})[0]
		synctest.Wait()
		if p.state(mine) != jobs.Done || !bubble().Equal(at) {
			t.Errorf("it is %s", p.state(mine))
		}
		_ = r.end()
	})
}

// TestJobsForLaterWakeNobody: who adds timers pays for no looks.
func TestJobsForLaterWakeNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := faults.New(open(t))
		p := newProcess(t, st, bubble).count()
		r := p.run()
		pass(time.Second + 1)
		st.Restart()
		p.add(jobs.Job{Type: "count", Due: bubble().Add(time.Hour), Lane: "l"})
		for range 1000 {
			p.add(jobs.Job{Type: "count", Due: bubble().Add(time.Hour)}, jobs.Job{Type: "count", Lane: "l"})
			pass(time.Millisecond)
		}
		if n := finds(st); n > 2*2 { // those of one second
			t.Errorf("%d looks", n)
		}
		soon := p.add(jobs.Job{Type: "count", Data: []byte("1"), Due: bubble().Add(10 * time.Millisecond)})[0]
		pass(10 * time.Millisecond)
		synctest.Wait()
		if p.state(soon) != jobs.Done {
			t.Error("one that is due before the next look is not seen")
		}
		_ = r.end()
	})
}

// TestClocksThatStandCostLittle, though a job is due very soon by them.
func TestClocksThatStandCostLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, c := faults.New(open(t)), newClock()
		p := newProcess(t, st, c.now).count()
		r := p.run()
		pass(time.Second + 1)
		st.Restart()
		id := p.add(jobs.Job{Type: "count", Data: []byte("1"), Due: c.now().Add(10 * time.Microsecond)})[0]
		pass(10 * time.Second)
		if n := finds(st); n > 2*20+15 {
			t.Errorf("%d looks in 10 s", n)
		}
		c.pass(10 * time.Microsecond)
		pass(500 * time.Millisecond)
		if p.state(id) != jobs.Done {
			t.Error("it is not done when it is due")
		}
		_ = r.end()
	})
}

// finds counts the calls of Find.
func finds(st *faults.Store) (n int) {
	for _, c := range st.Calls() {
		if c.Method == faults.Find {
			n++
		}
	}
	return n
}

// TestBacklogsCostPerJobWhatTheyDoNotHold: who looks for the oldest anew before each job
// reads no more of a long backlog than of a short one.
func TestBacklogsCostPerJobWhatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	costs := func(backlog, retries int) (calls, records float64) {
		synctest.Test(t, func(t *testing.T) {
			st, o := &meter{Store: open(t)}, &world{}
			o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
				pass(time.Second)
				o.effect(j.ID)
				return nil, nil
			}
			p := newProcess(t, st, bubble).classes(o, false, "p")
			p.fill(retries, jobs.Job{Type: "send", Class: "p", Due: bubble().Add(-time.Minute)})
			p.fill(backlog, jobs.Job{Type: "send", Class: "p"})
			st.calls.Store(0)
			st.records.Store(0)
			r := p.run()
			pass(20*time.Second + 1)
			calls, records = float64(st.calls.Load()), float64(st.records.Load())
			_ = r.end()
			if n := float64(len(o.seen())); n < 150 {
				t.Errorf("%v were done", n)
			} else {
				calls, records = calls/n, records/n
			}
		})
		return calls, records
	}
	calls, records := costs(200, 10)
	for _, of := range [][2]int{{2000, 0}, {2000, 2000}, {0, 2000}} {
		c, r := costs(of[0], of[1])
		t.Logf("%v: %.1f calls and %.1f records per job; of a short one: %.1f and %.1f", of, c, r, calls, records)
		if c > calls+2 || r > records+2*(8+4) {
			t.Errorf("%v: %.1f calls and %.1f records per job; of a short one: %.1f and %.1f", of, c, r, calls, records)
		}
	}
}
