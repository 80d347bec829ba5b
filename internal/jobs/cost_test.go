package jobs_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
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

// TestCrowd lets two processes with many hands each do thousands of jobs, while others
// add them and change their minds.
func TestCrowd(t *testing.T) {
	t.Parallel()
	m := memory.New()
	defer func() { _ = m.Close() }()
	prepare(t, m)
	peer := m.Peer()
	defer func() { _ = peer.Close() }()
	prepare(t, peer)
	o := &world{}
	started := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	at := func() time.Time { return started }
	quick := func(o *jobs.Options) { o.Poll, o.Concurrency = time.Millisecond, 16 }
	var atWork [10]atomic.Int32
	o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
		if lane := j.Lane; lane != "" {
			if n := &atWork[lane[0]-'0']; n.Add(1) > 1 {
				t.Errorf("two at a time in lane %s", lane)
			} else {
				defer n.Add(-1)
			}
		}
		o.effect(j.ID)
		return nil, nil
	}
	one, two := newProcess(t, m, at, quick).send(o, false).count(), newProcess(t, peer, at, quick).send(o, false).count()
	runs := []running{one.run(), two.run()}
	const adders, each = 4, 150
	added := make([][]string, adders)
	canceled := make([]map[string]bool, adders)
	var adding sync.WaitGroup
	for a := range adders {
		canceled[a] = map[string]bool{}
		adding.Go(func() {
			p := []*process{one, two}[a%2]
			for n := range each {
				j := jobs.Job{Type: "send", Due: started}
				if n%3 > 0 {
					j.Lane = strconv.Itoa((n + a) % 10)
				}
				if n%5 == 0 {
					j.Type, j.Data = "count", []byte("3")
				}
				id := p.add(j)[0]
				added[a] = append(added[a], id)
				if n%7 == 0 {
					err := p.try(func(ctx context.Context, w *work.Work) error { return p.Cancel(ctx, w, id) })
					canceled[a][id] = err == nil
				}
			}
		})
	}
	adding.Wait()
	for records(t, m, "job") > 0 {
		if t.Context().Err() != nil {
			t.Fatal("it takes too long")
		}
	}
	for _, r := range runs {
		_ = r.end()
	}
	times := map[string]int{}
	for _, id := range o.seen() {
		times[id]++
	}
	for a := range adders {
		for n, id := range added[a] {
			told := one.note(id)
			switch sent := times[id]; {
			case n%5 == 0 && !canceled[a][id] && told.Claims != 3:
				t.Errorf("%s was counted %d times", id, told.Claims)
			case n%5 != 0 && !canceled[a][id] && (sent != 1 || !told.Done):
				t.Errorf("%s was sent %d times, told %+v", id, sent, told)
			case canceled[a][id] && sent != 0:
				t.Errorf("%s was canceled, and sent", id)
			}
		}
	}
	if n := records(t, m, "job_lane"); n != 0 {
		t.Errorf("%d lanes are left", n)
	}
}
