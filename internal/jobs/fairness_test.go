package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
)

// arrival is a job of the property below.
type arrival struct {
	After, Due, Takes time.Duration // since the start; after that, 0 at once; each attempt
	Lane, Class       string
	Fails             int // attempts
}

func drawArrival(rt *rapid.T) arrival {
	span := func(name string, most int) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(rt, name)) * 100 * time.Millisecond
	}
	return arrival{
		After: span("after", 100), Takes: span("takes", 50), Due: span("due", 100) * time.Duration(rapid.IntRange(0, 1).Draw(rt, "timed")),
		Lane:  rapid.SampledFrom([]string{"", "", "", "a", "b", "c"}).Draw(rt, "lane"),
		Class: rapid.SampledFrom([]string{"p", "p", "p", "q"}).Draw(rt, "class"),
		Fails: max(rapid.IntRange(-4, 3).Draw(rt, "fails"), 0),
	}
}

// againAfter is the spacing of the property's retries.
func againAfter(n int) time.Duration { return time.Duration(n) * 1300 * time.Millisecond }

// moment is something that happened to a job.
type moment struct {
	at   time.Time
	what string // added, begins, failed, done
	id   string
}

// diary is what happened, in order.
type diary struct {
	mu   sync.Mutex
	all  []moment
	jobs map[string]arrival
}

func (d *diary) note(what, id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, moment{bubble(), what, id})
}

// TestTheOldestIsBegunFirst: no job is begun while an older one of its class is waiting that
// could be, whether it is a new one, the next of its lane, one that has a time, or one that
// is tried again. So nothing waits for those that come after it, in whatever number. All
// that is drawn here is more than can be done while it comes.
func TestTheOldestIsBegunFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		arrivals := rapid.SliceOfN(rapid.Custom(drawArrival), 1, 100).Draw(rt, "arrivals")
		hands := rapid.IntRange(1, 4).Draw(rt, "hands")
		processes := rapid.IntRange(1, 2).Draw(rt, "processes")
		var wrong []string
		synctest.Test(t, func(t *testing.T) { wrong = queueUp(t, arrivals, hands, processes) })
		if len(wrong) > 0 {
			rt.Fatalf("%v", wrong)
		}
	})
}

func queueUp(t *testing.T, arrivals []arrival, hands, processes int) []string {
	t.Helper()
	d := &diary{jobs: map[string]arrival{}}
	o := &world{does: func(_ context.Context, _ int, j jobs.Job) (any, error) {
		d.note("begins", j.ID)
		d.mu.Lock()
		is := d.jobs[j.ID]
		d.mu.Unlock()
		pass(is.Takes)
		if j.Attempts <= is.Fails {
			d.note("failed", j.ID)
			return nil, errors.New("no")
		}
		d.note("done", j.ID)
		return nil, nil
	}}
	st := open(t)
	var all []*process
	var runs []running
	for range processes {
		p := newProcess(t, st, bubble, func(o *jobs.Options) {
			o.Concurrency, o.Backoff, o.Poll = hands, againAfter, time.Minute
		}).classes(o, false, "p", "q")
		all = append(all, p)
		runs = append(runs, p.run())
	}
	start := bubble()
	slices.SortStableFunc(arrivals, func(a, b arrival) int { return int(a.After/time.Millisecond - b.After/time.Millisecond) })
	for n, is := range arrivals {
		pass(start.Add(is.After).Sub(bubble()))
		id := newID()
		d.mu.Lock()
		d.jobs[id] = is
		d.mu.Unlock()
		d.note("added", id)
		j := jobs.Job{ID: id, Type: "send", Lane: is.Lane, Class: is.Class}
		if is.Due > 0 {
			j.Due = bubble().Add(is.Due)
		}
		all[n%processes].add(j)
	}
	pass(time.Hour) // one hand needs half of it
	for _, r := range runs {
		_ = r.end()
	}
	return d.judge()
}

// waiter is a job of the diary that is not done.
type waiter struct {
	arrival

	id   string
	age  time.Time // since when it is owed
	busy bool
}

// judge returns which jobs were begun before others.
func (d *diary) judge() (wrong []string) {
	var there []*waiter // in the order in which they were added
	find := func(id string) *waiter {
		return there[slices.IndexFunc(there, func(w *waiter) bool { return w.id == id })]
	}
	for len(d.all) > 0 {
		// What happens at one moment has no order that would be known.
		at, n := d.all[0].at, 1
		for n < len(d.all) && d.all[n].at.Equal(at) {
			n++
		}
		now := d.all[:n]
		d.all = d.all[n:]
		begun := map[string]bool{}
		for _, m := range now {
			if m.what == "begins" {
				begun[m.id] = true
			}
		}
		ready := ripe(there, at)
		for _, m := range now {
			switch m.what {
			case "added":
				age := at.Add(d.jobs[m.id].Due)
				there = append(there, &waiter{arrival: d.jobs[m.id], id: m.id, age: age})
			case "begins":
				w := find(m.id)
				for _, other := range ready {
					if !begun[other.id] && other.Class == w.Class && other.age.Before(w.age) {
						wrong = append(wrong, fmt.Sprintf("%v: %+v is begun before %+v", at, *w, *other))
					}
				}
				w.busy = true
			case "failed":
				w := find(m.id)
				w.busy, w.Fails = false, w.Fails-1
				w.age = at.Add(againAfter(d.jobs[m.id].Fails - w.Fails))
			case "done":
				there = slices.DeleteFunc(there, func(w *waiter) bool { return w.id == m.id })
			}
		}
	}
	if len(there) > 0 {
		wrong = append(wrong, fmt.Sprintf("%d are never done", len(there)))
	}
	return wrong
}

// ripe returns those who could have been begun before a moment.
func ripe(there []*waiter, at time.Time) (ready []*waiter) {
	held := map[string]bool{}
	for _, w := range there {
		if !held[w.Lane] && !w.busy && w.age.Before(at) {
			ready = append(ready, w)
		}
		held[w.Lane] = w.Lane != ""
	}
	return ready
}

// TestABacklogHoldsUpNoLane: the next of a lane is as old as it is, though it could not be
// begun before; and one that is retried by hand is as old as it ever was.
func TestABacklogHoldsUpNoLane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o, started := &world{}, bubble()
		var mu sync.Mutex
		at := map[string]time.Duration{}
		o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
			pass(time.Second)
			mu.Lock()
			defer mu.Unlock()
			if _, twice := at[j.ID]; !twice && j.Lane == "hard" {
				at[j.ID] = 0
				return nil, jobs.Permanent(errors.New("no"))
			}
			at[j.ID] = bubble().Sub(started) - time.Millisecond
			return nil, nil
		}
		p := newProcess(t, open(t), bubble).classes(o, false, "p")
		hard := p.add(jobs.Job{Type: "send", Class: "p", Lane: "hard"})[0]
		var lane []string
		for range 10 {
			lane = append(lane, p.add(jobs.Job{Type: "send", Class: "p", Lane: "l"})...)
		}
		pass(time.Millisecond)
		const backlog, hands = 800, 8
		for n := range backlog {
			p.add(jobs.Job{Type: "send", Class: "p", Lane: fmt.Sprint("other ", n)})
		}
		r := p.run()
		pass(20*time.Second + time.Millisecond)
		p.do(func(ctx context.Context, w *work.Work) error { return p.Retry(ctx, w, hard) })
		pass(backlog / hands * 2 * time.Second)
		_ = r.end()
		mu.Lock()
		defer mu.Unlock()
		for n, id := range lane {
			if want := time.Duration(n+1) * time.Second; at[id] != want {
				t.Errorf("the %d. of the lane is done after %v, not %v", n+1, at[id], want)
			}
		}
		if at[hard] == 0 || at[hard] > 22*time.Second {
			t.Errorf("what was retried after 20 s is done after %v", at[hard])
		}
	})
}

// TestOverloadIsShared: more comes than can be done, all the time. What has failed is tried
// again as soon as all that was added before its time is begun; and the next of a lane
// comes right after the one before it.
func TestOverloadIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &world{}
		var mu sync.Mutex
		var added, done []string
		ended := map[string]time.Time{}
		failed := map[string]time.Time{}
		o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
			pass(time.Second)
			mu.Lock()
			defer mu.Unlock()
			if j.Lane == "hard" && j.Attempts == 1 {
				failed[j.ID] = bubble()
				return nil, errors.New("busy")
			}
			done = append(done, j.ID)
			ended[j.ID] = bubble()
			return nil, nil
		}
		p := newProcess(t, open(t), bubble).classes(o, false, "p")
		r := p.run()
		var pair []string
		var hard string
		for n := range 300 { // 10 a second; 8 can be done
			for m := range 10 {
				lane := ""
				switch {
				case n == 100 && m == 0:
					lane = "hard"
				case n == 100 && m < 3:
					lane = "pair"
				}
				id := p.add(jobs.Job{Type: "send", Class: "p", Lane: lane})[0]
				added = append(added, id)
				switch lane {
				case "hard":
					hard = id
				case "pair":
					pair = append(pair, id)
				}
			}
			pass(time.Second)
		}
		mu.Lock()
		if len(done) < 8*290 || len(added)-len(done) < 500 {
			t.Errorf("%d of %d are done: that is no overload", len(done), len(added))
		}
		if gap := ended[pair[1]].Sub(ended[pair[0]]); ended[pair[1]].IsZero() || gap > 2*time.Second {
			t.Errorf("the second of a lane is done %v after the first", gap)
		}
		// It is due 32 s after it has failed. What was added by then is begun before it:
		// what waited when it failed (a quarter of what was done by then), and 32 s of what comes.
		waiting := failed[hard].Sub(ended[done[0]]) / 4
		if took, most := ended[hard].Sub(failed[hard]), waiting+2*32*time.Second; ended[hard].IsZero() || took > most {
			t.Errorf("what has failed is done after %v, not %v (%v)", took, most, ended[hard])
		}
		mu.Unlock()
		_ = r.end()
	})
}

// TestOneHandDoesAllInOrder: with one, RunDue does the jobs of a class in the order in
// which they were added.
func TestOneHandDoesAllInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &world{}
		p := newProcess(t, open(t), bubble, func(o *jobs.Options) { o.Concurrency = 1 }).send(o, false)
		var added []string
		for n := range 300 {
			lane := []string{"", "a", "a", "b", "c"}[n%5]
			j := jobs.Job{Type: "send", Lane: lane}
			if n%7 == 0 {
				j.Due = bubble()
			}
			added = append(added, p.add(j)...)
			pass(time.Millisecond)
		}
		p.due()
		if !slices.Equal(o.seen(), added) {
			t.Errorf("%v, want %v", o.seen(), added)
		}
	})
}
