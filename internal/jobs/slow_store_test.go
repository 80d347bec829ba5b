package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// slowStore is a store whose commits take some time, and land all the same.
type slowStore struct {
	store.Store

	mu    sync.Mutex
	takes time.Duration
	late  time.Duration // so long after the time that it takes does a commit land
	hangs bool          // each commit until its context ends, and it never lands
	find  error         // of each Find
}

func (s *slowStore) is(change func(*slowStore)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *slowStore) Commit(ctx context.Context, b store.Batch) error {
	s.mu.Lock()
	takes, late, hangs := s.takes, s.late, s.hangs
	s.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return errors.Join(store.ErrUnavailable, ctx.Err())
	}
	if late > 0 {
		time.AfterFunc(takes+late, func() { _ = s.Store.Commit(context.WithoutCancel(ctx), b) })
	}
	pass(takes)
	if late > 0 {
		return fmt.Errorf("%w: it is on its way", store.ErrUnknownOutcome)
	}
	err := s.Store.Commit(context.WithoutCancel(ctx), b)
	if err == nil && ctx.Err() != nil {
		return errors.Join(store.ErrUnknownOutcome, ctx.Err())
	}
	return err
}

func (s *slowStore) Find(ctx context.Context, q store.Query) (store.Page, error) {
	s.mu.Lock()
	err := s.find
	s.mu.Unlock()
	if err != nil {
		return store.Page{}, err
	}
	return s.Store.Find(ctx, q)
}

// TestClaimsThatTakeTooLongLeaveNoDoubt: the store stalls once, and commits the claim when
// nobody waits for it any more. The process lives, and knows that it has done nothing.
func TestClaimsThatTakeTooLongLeaveNoDoubt(t *testing.T) {
	t.Parallel()
	for _, stalls := range []time.Duration{31 * time.Second, 35 * time.Second, 2 * time.Minute} {
		for run, start := range map[string]func(p *process) running{"Run": (*process).run, "RunDue": (*process).runDue} {
			synctest.Test(t, func(t *testing.T) {
				st, o := &slowStore{Store: open(t)}, &world{}
				p := newProcess(t, st, bubble).send(o, false)
				added := p.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l"})
				st.is(func(s *slowStore) { s.takes = stalls })
				r := start(p)
				pass(10 * time.Second)
				st.is(func(s *slowStore) { s.takes = 0 })
				pass(10 * time.Minute)
				_ = r.end()
				j := p.get(added[0])
				if run == "RunDue" && j != nil && j.State == jobs.Pending && j.Attempts == 0 && o.tries() == 0 {
					p.due()
					j = p.get(added[0])
				}
				if j != nil || p.state(added[1]) != jobs.Done || len(o.seen()) != 2 {
					t.Errorf("%s, %v: %+v, %v", run, stalls, j, o.seen())
				}
			})
		}
	}
}

// TestClaimsThatAreGivenUpNeverLand, though the store may still have them: not even when
// the process has stopped meanwhile.
func TestClaimsThatAreGivenUpNeverLand(t *testing.T) {
	t.Parallel()
	for _, late := range []time.Duration{time.Second, 20 * time.Second, time.Minute} {
		for _, stops := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				st, o := &slowStore{Store: open(t)}, &world{}
				p := newProcess(t, st, bubble).send(o, false)
				id := p.add(jobs.Job{Type: "send"})[0]
				st.is(func(s *slowStore) { s.takes, s.late = 31*time.Second, late })
				r := p.run()
				pass(10 * time.Second)
				st.is(func(s *slowStore) { s.takes, s.late = 0, 0 })
				if stops {
					_ = r.end()
				}
				pass(10 * time.Minute)
				if stops {
					r = p.run()
					pass(time.Minute)
				}
				_ = r.end()
				if j := p.get(id); j != nil || len(o.seen()) != 1 {
					t.Errorf("%v, stops %v: %+v, %v", late, stops, j, o.seen())
				}
			})
		}
	}
}

// TestSlowStoresAreGivenTime: how long one attempt may take is not how long a commit may.
func TestSlowStoresAreGivenTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, o := &slowStore{Store: open(t)}, &world{}
		p := newProcess(t, st, bubble, func(o *jobs.Options) { o.Timeout = 100 * time.Millisecond }).send(o, false).count()
		added := p.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "count", Data: []byte("1")})
		st.is(func(s *slowStore) { s.takes = 150 * time.Millisecond })
		r := p.run()
		pass(5 * time.Second)
		_ = r.end()
		for _, id := range added {
			if j := p.get(id); j != nil {
				t.Errorf("%+v", j)
			}
		}
		if len(o.seen()) != 2 {
			t.Errorf("%v", o.seen())
		}
	})
}

// TestStopsWhileTheStoreHangs take a farewell longer than the attempt that is under way, and
// as long again if the store was about to say whether another was claimed.
func TestStopsWhileTheStoreHangs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		hangs time.Duration // after the start
		stop  time.Duration
		most  time.Duration
	}{
		"the answer":                  {500 * time.Millisecond, 0, 11 * time.Second},
		"the answer, for some time":   {500 * time.Millisecond, 20 * time.Second, 10 * time.Second},
		"the claim":                   {0, time.Second, 20 * time.Second},
		"the claim, and then nothing": {0, 29 * time.Second, 20 * time.Second},
	} {
		for run, start := range map[string]func(p *process) running{"Run": (*process).run, "RunDue": (*process).runDue} {
			synctest.Test(t, func(t *testing.T) {
				st, o := &slowStore{Store: open(t)}, &world{}
				o.does = func(context.Context, int, jobs.Job) (any, error) { pass(time.Second); return nil, nil }
				p := newProcess(t, st, bubble).send(o, false)
				p.add(jobs.Job{Type: "send"})
				st.is(func(s *slowStore) { s.hangs = test.hangs == 0 })
				r := start(p)
				pass(test.hangs)
				st.is(func(s *slowStore) { s.hangs = true })
				pass(test.stop)
				stopped := bubble()
				_ = r.end()
				if took := bubble().Sub(stopped); took > test.most {
					t.Errorf("%s, %s: it takes %v, more than %v", name, run, took, test.most)
				}
			})
		}
	}
}

// TestRunEndsThoughAnAnswerWaits: one sort of jobs meets what no waiting mends, while the
// store does not take the answer of another.
func TestRunEndsThoughAnAnswerWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, o := &slowStore{Store: open(t)}, &world{}
		o.does = func(context.Context, int, jobs.Job) (any, error) {
			pass(time.Second)
			st.is(func(s *slowStore) { s.hangs = true })
			return nil, nil
		}
		p := newProcess(t, st, bubble).send(o, false)
		r := p.run()
		p.add(jobs.Job{Type: "send"})
		pass(5 * time.Second)
		gone := errors.New("no such table")
		st.is(func(s *slowStore) { s.find = gone })
		pass(15 * time.Second)
		select {
		case err := <-r.done:
			if !errors.Is(err, gone) {
				t.Error(err)
			}
		default:
			t.Error("it goes on, and looks for nothing")
			st.is(func(s *slowStore) { s.hangs = false })
			_ = r.end()
		}
	})
}

// TestRunOutlastsTimeoutsOfTheStore: one that a Find ends with is not the caller's.
func TestRunOutlastsTimeoutsOfTheStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st, o := &slowStore{Store: open(t)}, &world{}
		p := newProcess(t, st, bubble).send(o, false)
		r := p.run()
		st.is(func(s *slowStore) { s.find = fmt.Errorf("the store: %w", context.DeadlineExceeded) })
		pass(5 * time.Minute)
		st.is(func(s *slowStore) { s.find = nil })
		id := p.add(jobs.Job{Type: "send"})[0]
		pass(time.Minute)
		if p.state(id) != jobs.Done {
			t.Errorf("it is %s", p.state(id))
		}
		if err := r.end(); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestSlowWorksWakeRunWhenTheyAreCommitted, however long they take after they have added
// a job, and whatever rings meanwhile.
func TestSlowWorksWakeRunWhenTheyAreCommitted(t *testing.T) {
	t.Parallel()
	for _, takes := range []time.Duration{0, time.Second, 1100 * time.Millisecond, 20 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			o, clock := &world{}, newClock()
			p := newProcess(t, open(t), clock.now, func(o *jobs.Options) { o.Poll = time.Hour }).send(o, false)
			r := p.run()
			pass(time.Second)
			var added string
			p.do(func(ctx context.Context, w *work.Work) (err error) {
				added, err = p.Add(ctx, w, jobs.Job{Type: "send"})
				for range 2 {
					pass(takes / 2)
					clock.pass(takes / 2)
					p.Wake()
				}
				return err
			})
			synctest.Wait()
			if p.state(added) != jobs.Done {
				t.Errorf("%v: it is not done at once", takes)
			}
			_ = r.end()
		})
	}
}
