package jobs_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
)

// stubborn is a world whose first attempt ignores its context, and answers when it is
// told to.
func stubborn(answer chan error) *world {
	o := &world{}
	o.does = func(_ context.Context, n int, j jobs.Job) (any, error) {
		if n == 1 {
			return nil, <-answer
		}
		o.effect(j.ID)
		return nil, nil
	}
	return o
}

// TestLateAnswers come when the attempt has been given up, and the job is already in
// some other state.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	retry := func(p *process, id string) {
		p.do(func(ctx context.Context, w *work.Work) error { return p.Retry(ctx, w, id) })
	}
	for _, test := range []struct {
		name       string
		idempotent bool
		tries      int
		meanwhile  func(p *process, id string)
		answer     error
		state      jobs.State // at last
		told       []string
		next       bool // the next of the lane has been done
	}{
		{"success, uncertain", false, 6, nil, nil, jobs.Done, []string{"uncertain", "late done"}, true},
		{"success, waiting for the next try", true, 6, nil, nil, jobs.Done, []string{"pending", "late done"}, true},
		{"success, failed", true, 1, nil, nil, jobs.Done, []string{"failed", "late done"}, true},
		{"success, retried by hand", false, 6, retry, nil, jobs.Done, []string{"uncertain", "late done"}, true},
		{"success, gone", false, 6, func(p *process, id string) {
			p.do(func(ctx context.Context, w *work.Work) error { return p.Cancel(ctx, w, id) })
		}, nil, jobs.Done, []string{"uncertain", "late done"}, true},
		{"success, done by another attempt", true, 6, func(p *process, _ string) {
			pass(time.Minute)
			p.due()
		}, nil, jobs.Done, []string{"pending", "done", "late done"}, true},
		{"failure, uncertain", false, 6, nil, no, jobs.Pending, []string{"uncertain", "late pending"}, false},
		{"failure for good, uncertain", false, 6, nil, jobs.Permanent(no), jobs.Failed, []string{"uncertain", "late failed"}, true},
		{"failure, waiting for the next try", true, 6, nil, jobs.Permanent(no), jobs.Pending, []string{"pending"}, false},
		{"failure, retried by hand", false, 6, retry, jobs.Permanent(no), jobs.Pending, []string{"uncertain"}, true},
		{"still unknown", false, 6, nil, context.DeadlineExceeded, jobs.Uncertain, []string{"uncertain"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				answer := make(chan error)
				o := stubborn(answer)
				p := newProcess(t, open(t), bubble, func(o *jobs.Options) { o.Tries = test.tries }).send(o, test.idempotent)
				added := p.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l"})
				started := bubble()
				p.due()
				if waited := bubble().Sub(started); waited > timeout+10*time.Second {
					t.Errorf("its answer was awaited for %v", waited)
				}
				if test.meanwhile != nil {
					test.meanwhile(p, added[0])
				}
				answer <- test.answer
				synctest.Wait()
				if got := p.state(added[0]); got != test.state {
					t.Errorf("it is %s, want %s", got, test.state)
				}
				if got := p.note(added[0]).Told; !slices.Equal(got, test.told) {
					t.Errorf("told %v, want %v", got, test.told)
				}
				p.due()
				if got := slices.Contains(o.seen(), added[1]); got != test.next {
					t.Errorf("the next was done: %v", got)
				}
			})
		})
	}
}

// TestLateSuccessWhileAnotherAttemptIsUnderWay: that one is the last, whatever comes of
// it, and the lane waits for it.
func TestLateSuccessWhileAnotherAttemptIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]error{"success": nil, "failure": errors.New("no"), "nobody knows": context.Canceled} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := &world{}
				answers := []chan error{make(chan error), make(chan error)}
				o.does = func(_ context.Context, n int, j jobs.Job) (any, error) {
					if n <= 2 {
						return nil, <-answers[n-1]
					}
					o.effect(j.ID)
					return nil, nil
				}
				p := newProcess(t, open(t), bubble).send(o, true)
				added := p.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l"})
				r := p.run()
				pass(timeout + time.Minute)
				if o.tries() != 2 || p.state(added[0]) != jobs.Running {
					t.Fatalf("%d tries, %+v", o.tries(), p.get(added[0]))
				}
				answers[0] <- nil
				pass(time.Second)
				if p.state(added[0]) != jobs.Running || !p.note(added[0]).Done || o.tries() != 2 {
					t.Errorf("%+v, %+v, %d tries", p.get(added[0]), p.note(added[0]), o.tries())
				}
				answers[1] <- second
				pass(time.Second)
				if p.state(added[0]) != jobs.Done || p.state(added[1]) != jobs.Done {
					t.Errorf("%+v, %+v", p.get(added[0]), p.get(added[1]))
				}
				if err := r.end(); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		})
	}
}

// TestStubbornAttemptDoesNotBlockOthers longer than its deadline.
func TestStubbornAttemptDoesNotBlockOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan error)
		o := stubborn(answer)
		p := newProcess(t, open(t), bubble, func(o *jobs.Options) { o.Concurrency = 1 }).send(o, false)
		p.add(jobs.Job{Type: "send"})
		p.do(func(ctx context.Context, w *work.Work) error {
			_, err := p.Add(ctx, w, jobs.Job{Type: "send", Due: bubble().Add(time.Second)})
			return err
		})
		r := p.run()
		pass(timeout + 5*time.Second)
		if len(o.seen()) != 1 {
			t.Errorf("%v", o.seen())
		}
		_ = r.end()
		answer <- nil // after Run has ended
		synctest.Wait()
		if n := records(t, p.runner.Store(), "job"); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
	})
}

// TestLateFailureSaysNothingOfALaterAttempt, which may have been done.
func TestLateFailureSaysNothingOfALaterAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan error)
		o := &world{does: func(_ context.Context, n int, _ jobs.Job) (any, error) {
			if n == 1 {
				return nil, <-answer
			}
			return nil, context.Canceled
		}}
		p := newProcess(t, open(t), bubble).send(o, false)
		id := p.add(jobs.Job{Type: "send"})[0]
		p.due()
		p.do(func(ctx context.Context, w *work.Work) error { return p.Retry(ctx, w, id) })
		p.due()
		answer <- errors.New("no")
		synctest.Wait()
		if got := p.state(id); got != jobs.Uncertain || o.tries() != 2 {
			t.Errorf("%s after %d attempts", got, o.tries())
		}
	})
}
