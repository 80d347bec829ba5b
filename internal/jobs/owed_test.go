package jobs_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// outage is a store that is away for some time. Nothing that a process knows may be lost by
// that, as long as it lives.
type outage struct {
	*faults.Store

	down atomic.Bool
}

func newOutage(t *testing.T) *outage {
	t.Helper()
	s := &outage{Store: faults.New(open(t))}
	s.Inject(faults.Instead("it is away", func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
		if s.down.Load() {
			return store.ErrUnavailable
		}
		return next(ctx)
	}))
	return s
}

// begins lets the store be away from now on, for so long.
func (s *outage) begins(lasts time.Duration) {
	if lasts > 0 {
		s.down.Store(true)
		time.AfterFunc(lasts, func() { s.down.Store(false) })
	}
}

// outages are shorter and longer than anybody goes on trying, and than a lease.
var outages = []time.Duration{0, time.Second, 4 * time.Second, 9 * time.Second, 20 * time.Second, 10 * time.Minute}

// settled fails unless a job was done once, and nothing else is known of it.
func settled(t *testing.T, p *process, o *world, id string, told ...string) {
	t.Helper()
	if got := p.note(id); p.state(id) != jobs.Done || !got.Done || len(o.seen()) != 1 {
		t.Errorf("it is %s, %+v, done %d times, and the domain knows %+v", p.state(id), p.get(id), len(o.seen()), got)
	} else if len(told) > 0 && !slices.Equal(got.Told, told) {
		t.Errorf("told %v, want %v", got.Told, told)
	}
}

// TestOutagesLeaveNoDoubt: the store is away from a claim, or the commit of an answer, on,
// whether that has landed or not, and whoever looks for jobs.
func TestOutagesLeaveNoDoubt(t *testing.T) {
	t.Parallel()
	for _, run := range []string{"Run", "RunDue"} {
		for _, at := range []int{1, 2} { // the claim, the answer
			for _, landed := range []bool{true, false} {
				for _, lasts := range outages {
					synctest.Test(t, func(t *testing.T) {
						st, o := newOutage(t), &world{}
						p := newProcess(t, st, bubble).send(o, false)
						id := p.add(jobs.Job{Type: "send", Lane: "l"})[0]
						st.Inject(faults.Instead("it goes away", func(ctx context.Context, _ faults.Call, next func(context.Context) error) error {
							st.begins(lasts)
							if !landed {
								return store.ErrUnavailable
							}
							_ = next(ctx)
							return store.ErrUnknownOutcome
						}).On(faults.Commit), at)
						if run == "Run" {
							r := p.run()
							pass(20 * time.Minute)
							_ = r.end()
						}
						for range 150 {
							_, _ = p.RunDue(t.Context()) // what it says is the store's
							pass(10 * time.Second)
						}
						settled(t, p, o, id)
						if t.Failed() {
							t.Logf("%s, commit %d, landed %v, away for %v", run, at, landed, lasts)
						}
					})
				}
			}
		}
	}
}

// TestLateAnswersOutlastOutages, while Run goes on, or when it runs again.
func TestLateAnswersOutlastOutages(t *testing.T) {
	t.Parallel()
	for _, lasts := range outages {
		for _, again := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				st, o := newOutage(t), &world{}
				o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
					pass(timeout + 10*time.Second) // longer than anybody waits for it
					st.begins(lasts)
					o.effect(j.ID)
					return nil, nil
				}
				p := newProcess(t, st, bubble).send(o, false)
				id := p.add(jobs.Job{Type: "send", Lane: "l"})[0]
				r := p.run()
				pass(timeout + 5*time.Second)
				if again {
					_ = r.end()
					pass(11 * time.Minute)
					r = p.run()
				}
				pass(11 * time.Minute)
				settled(t, p, o, id, "uncertain", "late done")
				_ = r.end()
			})
		}
	}
}

// TestStopsOutlastOutages: the store is away when a process is told to stop, and an attempt
// is under way. Shortly after, it is told; else when the process runs again.
func TestStopsOutlastOutages(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(p *process) running{"Run": (*process).run, "RunDue": (*process).runDue} {
		for _, lasts := range outages {
			synctest.Test(t, func(t *testing.T) {
				st, o := newOutage(t), &world{}
				o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
					pass(2 * time.Second)
					o.effect(j.ID)
					return nil, nil
				}
				p := newProcess(t, st, bubble).send(o, false)
				id := p.add(jobs.Job{Type: "send", Lane: "l"})[0]
				r := start(p)
				pass(time.Second)
				st.begins(lasts)
				stopped := bubble()
				_ = r.end()
				if took := bubble().Sub(stopped); took > 12*time.Second {
					t.Errorf("%s, away for %v: the stop takes %v", name, lasts, took)
				}
				if lasts > 10*time.Second {
					pass(lasts)
					if got := p.due(); got != 1 {
						t.Errorf("%s, away for %v: it has worked on %d jobs", name, lasts, got)
					}
				}
				settled(t, p, o, id, "done")
			})
		}
	}
}
