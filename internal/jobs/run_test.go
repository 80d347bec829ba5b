package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// running is a Run in the background.
type running struct {
	stop context.CancelFunc
	done chan error
}

func (p *process) run() running {
	ctx, stop := context.WithCancel(p.t.Context())
	r := running{stop: stop, done: make(chan error, 1)}
	go func() { r.done <- p.Run(ctx) }()
	return r
}

func (p *process) runDue() running {
	ctx, stop := context.WithCancel(p.t.Context())
	r := running{stop: stop, done: make(chan error, 1)}
	go func() {
		_, err := p.RunDue(ctx)
		r.done <- err
	}()
	return r
}

// end stops it, and returns what Run says.
func (r running) end() error {
	r.stop()
	return <-r.done
}

// TestRunDoesJobsOnTime: at once when it is woken, when they become due, and those of
// other processes when it looks.
func TestRunDoesJobsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := open(t)
		peer := st.Peer()
		defer func() { _ = peer.Close() }()
		prepare(t, peer)
		var at []time.Time
		var mu sync.Mutex
		o := &world{does: func(context.Context, int, jobs.Job) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, bubble())
			return nil, nil
		}}
		p, other := newProcess(t, st, bubble).send(o, false), newProcess(t, peer, bubble)
		r := p.run()
		synctest.Wait()
		start := bubble()
		p.add(jobs.Job{Type: "send"})
		p.add(jobs.Job{Type: "send", Due: start.Add(10*time.Second + 1)})
		pass(20*time.Second + time.Millisecond)
		other.add(jobs.Job{Type: "send"})
		pass(time.Second)
		if err := r.end(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if len(at) != 3 || !at[0].Equal(start) || !at[1].Equal(start.Add(10*time.Second+1)) || at[2].Sub(start) > 20*time.Second+501*time.Millisecond {
			t.Errorf("from %v: %v", start, at)
		}
	})
}

// TestRunStopsCleanly, and RunDue: it begins nothing new, lets the attempts under way go
// on as long as they may, waits for their answers, and leaves nothing behind.
func TestRunStopsCleanly(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer func(ctx context.Context) error
		state  jobs.State
		within time.Duration
	}{
		"has a while to go": {func(ctx context.Context) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Second):
				return nil
			}
		}, jobs.Done, 19 * time.Second},
		"waits for its end": {func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}, jobs.Uncertain, timeout - time.Second},
		"knows that nothing was": {func(ctx context.Context) error {
			<-ctx.Done()
			return jobs.NotDone(ctx.Err())
		}, jobs.Pending, timeout - time.Second},
		"stubborn": {func(context.Context) error {
			pass(time.Hour)
			return context.Canceled
		}, jobs.Uncertain, timeout + 10*time.Second},
	} {
		for run, start := range map[string]func(p *process) running{"Run": (*process).run, "RunDue": (*process).runDue} {
			t.Run(name+", "+run, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					o := &world{does: func(ctx context.Context, _ int, _ jobs.Job) (any, error) { return nil, test.answer(ctx) }}
					p := newProcess(t, open(t), bubble).send(o, false)
					added := p.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l"})
					r := start(p)
					pass(time.Second)
					stopped := bubble()
					if err := r.end(); !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
					if took := bubble().Sub(stopped); took > test.within {
						t.Errorf("it took %v to stop", took)
					}
					if got := p.state(added[0]); got != test.state || o.tries() != 1 {
						t.Errorf("%s after %d tries", got, o.tries())
					}
					pass(2 * time.Hour) // until the stubborn one is back, too
				})
			})
		}
	}
}

// TestStopOfWhatIsWithin comes at once, and nothing is done by halves.
func TestStopOfWhatIsWithin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newProcess(t, open(t), bubble)
		p.Within("step", jobs.Within{Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
			err := write(ctx, w, j.ID, func(n *note) { n.Done = true })
			<-ctx.Done()
			return time.Time{}, errors.Join(err, ctx.Err())
		}})
		id := p.add(jobs.Job{Type: "step"})[0]
		r := p.run()
		pass(time.Second)
		stopped := bubble()
		_ = r.end()
		if j := p.get(id); j == nil || j.Attempts != 0 || j.State != jobs.Pending || p.note(id).Done || !bubble().Equal(stopped) {
			t.Errorf("%v later: %+v, %+v", bubble().Sub(stopped), j, p.note(id))
		}
	})
}

// TestNothingBeginsAfterTheStoreHasFailed: who looks for jobs finds more just then.
func TestNothingBeginsAfterTheStoreHasFailed(t *testing.T) {
	t.Parallel()
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			st := faults.New(open(t))
			o := &world{}
			p := newProcess(t, st, bubble, func(o *jobs.Options) { o.Concurrency = 50 }).send(o, false)
			for range 40 {
				p.add(jobs.Job{Type: "send"})
			}
			var gone atomic.Bool
			st.Inject(faults.Instead("a slow page, and a failure meanwhile", func(ctx context.Context, c faults.Call, next func(context.Context) error) error {
				if c.Method == faults.Find && c.Query.Cursor != "" {
					pass(time.Second)
				}
				if c.Method == faults.Commit && o.tries() > 0 && !gone.Swap(true) {
					return store.ErrClosed
				}
				return next(ctx)
			}))
			if _, err := p.RunDue(t.Context()); !errors.Is(err, store.ErrClosed) {
				t.Error(err)
			}
			if n := o.tries(); n == 0 || n > 20 {
				t.Errorf("%d attempts", n)
			}
		})
	}
}

// TestRunAndTheStore: Run ends when no waiting helps, and pauses when it does.
func TestRunAndTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := faults.New(open(t))
		o := &world{}
		p := newProcess(t, st, bubble).send(o, false)
		r := p.run()
		pass(time.Second)
		st.Inject(faults.Unavailable())
		pass(10 * time.Minute)
		if n := len(st.Calls()); n > 100 {
			t.Errorf("%d calls in an outage", n)
		}
		st.Heal()
		p.add(jobs.Job{Type: "send"})
		pass(time.Minute)
		if len(o.seen()) != 1 {
			t.Errorf("%v", o.seen())
		}
		st.Inject(faults.Fail(store.ErrClosed))
		pass(time.Minute)
		if err := <-r.done; !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
		if _, err := p.RunDue(t.Context()); !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
}

// TestAnswersOutliveAnOutage of the store: what the world outside has said is not lost.
func TestAnswersOutliveAnOutage(t *testing.T) {
	t.Parallel()
	for _, idempotent := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			st := faults.New(open(t))
			o := &world{}
			p := newProcess(t, st, bubble).send(o, idempotent)
			o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
				o.effect(j.ID)
				st.Inject(faults.Unavailable())
				return nil, nil
			}
			r := p.run()
			defer func() { _ = r.end() }()
			id := p.add(jobs.Job{Type: "send"})[0]
			pass(time.Hour)
			st.Heal()
			pass(time.Minute)
			if got := p.note(id); p.state(id) != jobs.Done || !got.Done || len(o.seen()) != 1 {
				t.Errorf("%s, %+v, %v", p.state(id), got, o.seen())
			}
		})
	}
}

// TestSoManyAtATime as the options say, and no more.
func TestSoManyAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		o := &world{does: func(context.Context, int, jobs.Job) (any, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			pass(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return nil, nil
		}}
		p := newProcess(t, open(t), bubble, func(o *jobs.Options) { o.Concurrency = 3 }).send(o, false)
		for range 30 {
			p.add(jobs.Job{Type: "send"})
		}
		started := bubble()
		if n := p.due(); n != 30 || most != 3 || bubble().Sub(started) != 10*time.Second {
			t.Errorf("%d jobs, %d at a time, in %v", n, most, bubble().Sub(started))
		}
	})
}

// TestTwoProcessesShareTheWork: each job is done once, and those of a lane in order.
func TestTwoProcessesShareTheWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := open(t)
		peer := st.Peer()
		defer func() { _ = peer.Close() }()
		prepare(t, peer)
		o := &world{}
		var mu sync.Mutex
		atWork := map[string]int{}
		o.does = func(_ context.Context, n int, j jobs.Job) (any, error) {
			mu.Lock()
			atWork[j.Lane]++
			if j.Lane != "" && atWork[j.Lane] > 1 {
				t.Errorf("two at a time in lane %s", j.Lane)
			}
			mu.Unlock()
			pass(time.Duration(n%5) * time.Second)
			mu.Lock()
			atWork[j.Lane]--
			mu.Unlock()
			o.effect(j.ID)
			return nil, nil
		}
		one, two := newProcess(t, st, bubble).send(o, false), newProcess(t, peer, bubble).send(o, false)
		byLane := map[string][]string{}
		runs := []running{one.run(), two.run()}
		for n := range 200 {
			lane := ""
			if n%4 > 0 {
				lane = fmt.Sprint("lane ", n%13)
			}
			p := []*process{one, two}[n%2]
			byLane[lane] = append(byLane[lane], p.add(jobs.Job{Type: "send", Lane: lane})...)
		}
		pass(10 * time.Minute)
		for _, r := range runs {
			_ = r.end()
		}
		got := o.seen()
		if len(got) != 200 {
			t.Errorf("%d effects", len(got))
		}
		for lane, want := range byLane {
			did := slices.DeleteFunc(slices.Clone(got), func(id string) bool { return !slices.Contains(want, id) })
			if lane != "" && !slices.Equal(did, want) {
				t.Errorf("lane %s: %v, want %v", lane, did, want)
			}
		}
		if n := records(t, st, "job") + records(t, st, "job_lane"); n != 0 {
			t.Errorf("%d records are left", n)
		}
	})
}

// TestRunDueDoesWhatBecomesDueThroughIt, to the end.
func TestRunDueDoesWhatBecomesDueThroughIt(t *testing.T) {
	t.Parallel()
	c, o := newClock(), &world{}
	p := newProcess(t, open(t), c.now).send(o, false).count()
	p.Within("spawn", jobs.Within{Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
		_, err := p.Add(ctx, w, jobs.Job{Type: "send", Lane: j.Lane, Due: c.now()})
		return time.Time{}, err
	}})
	for range 3 {
		p.add(jobs.Job{Type: "spawn", Lane: "l"}, jobs.Job{Type: "spawn"}, jobs.Job{Type: "count", Due: c.now(), Data: []byte("5")})
	}
	if n := p.due(); n != 3*(2+2+5) || len(o.seen()) != 6 || records(t, p.runner.Store(), "job") != 0 {
		t.Errorf("%d, %v", n, o.seen())
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := p.RunDue(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
