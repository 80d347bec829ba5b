package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

func TestJobIsDoneWhenItIsDue(t *testing.T) {
	t.Parallel()
	c, o, st := newClock(), &world{}, open(t)
	p := newProcess(t, st, c.now).send(o, false)
	id := p.add(jobs.Job{Type: "send", Due: c.now().Add(time.Minute), Data: []byte(`{"a":1}`)})[0]
	c.pass(time.Minute - 1)
	if n := p.due(); n != 0 || p.state(id) != jobs.Pending {
		t.Fatalf("%d were done too early", n)
	}
	c.pass(1)
	if n := p.due(); n != 1 || !slices.Equal(o.seen(), []string{id}) {
		t.Errorf("%d, %v", n, o.seen())
	}
	if got := p.note(id); got.Claims != 1 || !slices.Equal(got.Told, []string{"done"}) {
		t.Errorf("%+v", got)
	}
	if n := records(t, st, "job") + records(t, st, "job_lane"); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

// TestAnswersMeanWhatTheySay is the table of judge, seen from outside.
func TestAnswersMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	no := errors.New("no")
	for _, test := range []struct {
		name       string
		answer     func() error
		idempotent jobs.State // after the first of several tries
		other      jobs.State
		last       jobs.State // after the last try, of an idempotent one
	}{
		{"done", func() error { return nil }, jobs.Done, jobs.Done, jobs.Done},
		{"an error", func() error { return no }, jobs.Pending, jobs.Pending, jobs.Failed},
		{"for good", func() error { return jobs.Permanent(no) }, jobs.Failed, jobs.Failed, jobs.Failed},
		{"for good, wrapped", func() error { return fmt.Errorf("so: %w", jobs.Permanent(context.Canceled)) }, jobs.Failed, jobs.Failed, jobs.Failed},
		{"later", func() error { return jobs.RetryAfter(no, time.Hour) }, jobs.Pending, jobs.Pending, jobs.Failed},
		{"too long", func() error { return fmt.Errorf("so: %w", context.DeadlineExceeded) }, jobs.Pending, jobs.Uncertain, jobs.Failed},
		{"canceled", func() error { return context.Canceled }, jobs.Pending, jobs.Uncertain, jobs.Failed},
		{"unknown", func() error { return store.ErrUnknownOutcome }, jobs.Pending, jobs.Uncertain, jobs.Failed},
		{"a panic", func() error { panic("oh") }, jobs.Pending, jobs.Uncertain, jobs.Failed},
		{"its goroutine ends", func() error { runtime.Goexit(); return nil }, jobs.Pending, jobs.Uncertain, jobs.Failed},
		{"not done after all", func() error { return jobs.NotDone(context.Canceled) }, jobs.Pending, jobs.Pending, jobs.Failed},
	} {
		for _, idempotent := range []bool{true, false} {
			for _, tries := range []int{1, 6} {
				t.Run(fmt.Sprintf("%s, idempotent %v, %d tries", test.name, idempotent, tries), func(t *testing.T) {
					t.Parallel()
					want := test.other
					switch {
					case idempotent && tries == 1:
						want = test.last
					case idempotent:
						want = test.idempotent
					case tries == 1 && want == jobs.Pending:
						want = jobs.Failed
					}
					c := newClock()
					o := &world{does: func(context.Context, int, jobs.Job) (any, error) { return nil, test.answer() }}
					p := newProcess(t, open(t), c.now, func(o *jobs.Options) { o.Tries = tries }).send(o, idempotent)
					added := p.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l"})
					p.due()
					if got := p.state(added[0]); got != want || !slices.Equal(p.note(added[0]).Told, []string{string(want)}) {
						t.Errorf("%s, want %s; told %v", got, want, p.note(added[0]).Told)
					}
					if j := p.get(added[0]); j != nil && (j.Error == "" || j.Attempts != 1 || j.Lease.Holder != "") {
						t.Errorf("%+v", j)
					}
					// The lane goes on only if the first has left it.
					if left, second := want == jobs.Done || want == jobs.Failed, o.tries() == 2; left != second {
						t.Errorf("it has left the lane: %v, the next began: %v", left, second)
					}
				})
			}
		}
	}
}

// TestTriesAreSpacedAsDocumented until the job fails.
func TestTriesAreSpacedAsDocumented(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := &world{does: func(context.Context, int, jobs.Job) (any, error) { return nil, errors.New("no") }}
	p := newProcess(t, open(t), c.now).send(o, false)
	id := p.add(jobs.Job{Type: "send", Lane: "l"})[0]
	p.due()
	for n, wait := range []time.Duration{32 * time.Second, 4 * time.Minute, 17 * time.Minute, 52 * time.Minute, 2 * time.Hour} {
		if j := p.get(id); j.State != jobs.Pending || !j.Due.Equal(c.now().Add(wait)) || j.Attempts != n+1 {
			t.Fatalf("after try %d: %+v", n+1, j)
		}
		c.pass(wait - 1)
		if p.due() != 0 {
			t.Fatalf("try %d came too early", n+2)
		}
		c.pass(1)
		p.due()
	}
	if j := p.get(id); j.State != jobs.Failed || j.Attempts != 6 || o.tries() != 6 || j.Error != "no" {
		t.Errorf("%+v", j)
	}
	c.pass(24 * time.Hour)
	if p.due() != 0 {
		t.Error("it is tried again")
	}
}

func TestHandlersMayAskForALaterTry(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{time.Second: 32 * time.Second, time.Hour: time.Hour} {
		c := newClock()
		o := &world{does: func(context.Context, int, jobs.Job) (any, error) {
			return nil, jobs.RetryAfter(context.DeadlineExceeded, asked)
		}}
		p := newProcess(t, open(t), c.now).send(o, false)
		id := p.add(jobs.Job{Type: "send"})[0]
		p.due()
		if j := p.get(id); !j.Due.Equal(c.now().Add(want)) {
			t.Errorf("asked for %v: %+v", asked, j)
		}
	}
}

// TestClaimDecides whether there is anything to do.
func TestClaimDecides(t *testing.T) {
	t.Parallel()
	c, o := newClock(), &world{}
	var verdict jobs.Verdict
	var refusal error
	p := newProcess(t, open(t), c.now)
	p.Outside("send", jobs.Outside{
		Claim: func(ctx context.Context, w *work.Work, j *jobs.Job) (jobs.Verdict, error) {
			j.Data = []byte(`"changed"`)
			return verdict, errors.Join(write(ctx, w, j.ID, func(n *note) { n.Claims++ }), refusal)
		},
		Do: o.do,
		Settle: func(ctx context.Context, w *work.Work, j jobs.Job, o jobs.Outcome) error {
			return write(ctx, w, j.ID, func(n *note) { n.Told = append(n.Told, string(o.State)+": "+o.Err.Error()) })
		},
	})
	id := p.add(jobs.Job{Type: "send", Lane: "l"})[0]
	verdict = jobs.Wait(c.now().Add(time.Hour))
	p.due()
	if j := p.get(id); j.State != jobs.Pending || !j.Due.Equal(c.now().Add(time.Hour)) || j.Attempts != 0 || string(j.Data) != `"changed"` {
		t.Errorf("it waits: %+v", j)
	}
	c.pass(time.Hour)
	refusal = errors.New("not now")
	p.due()
	if j := p.get(id); j.State != jobs.Pending || j.Attempts != 1 || j.Error != "not now" || p.note(id).Claims != 1 {
		t.Errorf("it is refused: %+v, %+v", j, p.note(id))
	}
	c.pass(time.Hour)
	verdict, refusal = jobs.End(), nil
	p.due()
	if j := p.get(id); j != nil || p.note(id).Claims != 2 || o.tries() != 0 {
		t.Errorf("it is over: %+v, %+v", j, p.note(id))
	}
	verdict = jobs.Fail(errors.New("never"))
	id, behind := p.add(jobs.Job{Type: "send", Lane: "l"})[0], p.add(jobs.Job{Type: "send", Lane: "l"})[0]
	p.due()
	if j := p.get(id); j.State != jobs.Failed || j.Error != "never" || !j.Due.IsZero() || p.note(id).Claims != 1 || o.tries() != 0 ||
		!slices.Equal(p.note(id).Told, []string{"failed: never"}) {
		t.Errorf("it is not to be done: %+v, %+v", j, p.note(id))
	}
	if j := p.get(behind); j.State != jobs.Failed {
		t.Errorf("the one behind it: %+v", j)
	}
}

// TestHandlersThatCannotSettle leave the job where a person sees it, and a lane that
// is not lost.
func TestHandlersThatCannotSettle(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]func(ctx context.Context, w *work.Work) error{
		"an error": func(context.Context, *work.Work) error { return errors.New("no") },
		"a panic":  func(context.Context, *work.Work) error { panic("no") },
		"a record that was not read": func(_ context.Context, w *work.Work) error {
			return w.Put(store.Record{Key: w.Key("note", "x"), Value: []byte("{}")})
		},
		"no JSON": func(_ context.Context, w *work.Work) error {
			return w.Insert(store.Record{Key: w.Key("note", "x"), Value: []byte("{")})
		},
	} {
		for answer, want := range map[error]jobs.State{
			nil: jobs.Uncertain, errors.New("no"): jobs.Pending, jobs.Permanent(errors.New("no")): jobs.Failed,
		} {
			t.Run(fmt.Sprintf("%s, and %s", name, want), func(t *testing.T) {
				t.Parallel()
				c := newClock()
				broken := true
				p := newProcess(t, open(t), c.now)
				p.Outside("send", jobs.Outside{
					Do: func(context.Context, jobs.Job) (any, error) { return nil, answer },
					Settle: func(ctx context.Context, w *work.Work, j jobs.Job, _ jobs.Outcome) error {
						if broken {
							return settle(ctx, w)
						}
						return write(ctx, w, j.ID, func(n *note) { n.Done = true })
					},
				})
				id := p.add(jobs.Job{Type: "send", Lane: "l"})[0]
				p.due()
				if j := p.get(id); j == nil || j.State != want || j.Error == "" {
					t.Fatalf("%+v", j)
				}
				broken = false
				p.do(func(ctx context.Context, w *work.Work) error {
					return p.Settle(ctx, w, id, jobs.Outcome{State: jobs.Done})
				})
				if p.state(id) != jobs.Done || !p.note(id).Done {
					t.Errorf("%+v, %+v", p.get(id), p.note(id))
				}
			})
		}
	}
}

// TestAttemptEndsBeforeItsLease whatever the two are set to.
func TestAttemptEndsBeforeItsLease(t *testing.T) {
	t.Parallel()
	for _, lasts := range []time.Duration{10 * time.Second, timeout, timeout + 10*time.Second} {
		synctest.Test(t, func(t *testing.T) {
			o := &world{}
			p := newProcess(t, open(t), bubble, func(o *jobs.Options) { o.Lease = lasts }).send(o, true)
			var ended time.Time
			var was jobs.Job
			o.does = func(ctx context.Context, _ int, j jobs.Job) (any, error) {
				was = *p.get(j.ID)
				<-ctx.Done()
				ended = bubble()
				return nil, ctx.Err()
			}
			p.add(jobs.Job{Type: "send"})
			p.due()
			if !ended.Before(was.Lease.Until) || ended.Before(was.Lease.Until.Add(-lasts/2)) {
				t.Errorf("lease %v: it ended %v before", lasts, was.Lease.Until.Sub(ended))
			}
		})
	}
}
