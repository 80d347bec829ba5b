package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// troubles are what a store may show, and what it costs those who wait for it.
func troubles() []faults.Fault {
	return append(faults.Legal(), faults.Instead("the call hangs", func(ctx context.Context, _ faults.Call, _ func(context.Context) error) error {
		select { // until its context ends, or for long
		case <-ctx.Done():
		case <-time.After(time.Minute):
		}
		return fmt.Errorf("%w: it hung", store.ErrUnavailable)
	}))
}

// TestOutsideSurvivesAnyFailure of any call of the store: no job is lost, those of a
// lane take effect in order, in an idempotent world each exactly once, in any other at
// most once, and what the domain knows is right.
func TestOutsideSurvivesAnyFailure(t *testing.T) {
	t.Parallel()
	for _, fault := range troubles() {
		for _, idempotent := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v, idempotent %v", fault, idempotent), func(t *testing.T) {
				t.Parallel()
				for trial := range faults.Sweep(fault) {
					synctest.Test(t, func(t *testing.T) { survive(t, trial, idempotent) })
				}
			})
		}
	}
}

func survive(t *testing.T, trial *faults.Trial, idempotent bool) {
	t.Helper()
	o, below := &world{}, open(t)
	st := trial.Wrap(below)
	healthy := newProcess(t, below, bubble).send(o, idempotent)
	byLane := map[string][]string{}
	for n := range 4 {
		lane := fmt.Sprint("lane ", n%2)
		byLane[lane] = append(byLane[lane], healthy.add(jobs.Job{Type: "send", Lane: lane})...)
	}
	shaky := newProcess(t, st, bubble, func(o *jobs.Options) { o.Concurrency = 1 }).send(o, idempotent)
	trial.Start()
	_, _ = shaky.RunDue(trial.Context(t.Context()))
	trial.End()
	for range 10 { // until all that was under way is settled, and settled again
		pass(away)
		healthy.due()
	}
	seen := o.seen()
	if !idempotent && len(firsts(seen)) != len(seen) {
		t.Errorf("%v: %v: done twice", trial, seen)
	}
	for lane, want := range byLane {
		var uncertain []string
		for _, id := range want {
			state, did, told := healthy.state(id), slices.Contains(seen, id), healthy.note(id)
			if len(uncertain) > 0 && (state != jobs.Pending || did) {
				t.Errorf("%v: %s is done: %v, and %s behind one that is uncertain", trial, id, did, state)
			}
			switch state {
			case jobs.Done:
				if !did || !told.Done {
					t.Errorf("%v: %s is gone; done: %v, told %+v", trial, id, did, told)
				}
			case jobs.Uncertain:
				uncertain = append(uncertain, id)
				if idempotent || told.Done || !slices.Contains(told.Told, "uncertain") {
					t.Errorf("%v: %s is uncertain, told %+v", trial, id, told)
				}
			case jobs.Pending:
				if len(uncertain) == 0 {
					t.Errorf("%v: %s waits for nothing: %+v", trial, id, healthy.get(id))
				}
			case jobs.Running, jobs.Failed:
				t.Errorf("%v: %s is %s", trial, id, state)
			}
		}
		did := slices.DeleteFunc(firsts(seen), func(id string) bool { return !slices.Contains(want, id) })
		if !slices.Equal(did, want[:len(did)]) {
			t.Errorf("%v: lane %s: %v, want %v", trial, lane, did, want)
		}
	}
}

// TestAddIsWholeOrNothing whatever befalls it, with all that it is written with.
func TestAddIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	for trial := range faults.Sweep(faults.Legal()...) {
		o, c, below := &world{}, newClock(), open(t)
		st := trial.Wrap(below)
		healthy, shaky := newProcess(t, below, c.now).send(o, false), newProcess(t, st, c.now)
		before := healthy.add(jobs.Job{Type: "send", Lane: "l"})
		trial.Start()
		ctx := trial.Context(t.Context())
		var id, beside string
		err := shaky.runner.Do(ctx, func(w *work.Work) (err error) {
			beside = w.ID()
			if err := write(ctx, w, beside, func(n *note) { n.Done = true }); err != nil {
				return err
			}
			id, err = shaky.Add(ctx, w, jobs.Job{Type: "send", Lane: "l"})
			return err
		})
		trial.End()
		want := before
		if healthy.note(beside).Done {
			want = append(want, id)
		} else if err == nil {
			t.Errorf("%v: it is not there", trial)
		}
		after := healthy.add(jobs.Job{Type: "send", Lane: "l"})
		healthy.due()
		if got := o.seen(); !slices.Equal(got, append(want, after...)) {
			t.Errorf("%v: %v, want %v and %v", trial, got, want, after)
		}
	}
}

// TestClaimWithoutAnAnswerIsStillOurs: an attempt that was begun, though the store could
// not say so, goes on, and does not become uncertain.
func TestClaimWithoutAnAnswerIsStillOurs(t *testing.T) {
	t.Parallel()
	for _, fault := range []faults.Fault{
		faults.LostAfter(), faults.LostLate(), faults.LostAndOvertaken(), faults.GoneAndOvertaken(),
		faults.CancelLostAfter().On(faults.Commit), faults.CancelLostLate().On(faults.Commit), faults.CancelUndecided().On(faults.Commit),
	} {
		c, o, st := newClock(), &world{}, faults.New(open(t))
		p := newProcess(t, st, c.now).send(o, false)
		id := p.add(jobs.Job{Type: "send"})[0]
		st.Inject(fault, 1)
		_, _ = p.RunDue(st.Context(t.Context())) // it may have to stop
		p.due()
		if got := p.note(id); p.state(id) != jobs.Done || got.Claims < 1 || len(o.seen()) != 1 {
			t.Errorf("%v: %+v, %+v", fault, p.get(id), got)
		}
	}
}

// TestStopsForgetNothing of what the attempts before have said.
func TestStopsForgetNothing(t *testing.T) {
	t.Parallel()
	c, o := newClock(), &world{}
	o.does = func(context.Context, int, jobs.Job) (any, error) { return nil, errors.New("the line is down") }
	ctx, stop := context.WithCancel(t.Context())
	claims := 0
	p := newProcess(t, open(t), c.now)
	p.Outside("send", jobs.Outside{
		Claim: func(context.Context, *work.Work, *jobs.Job) (jobs.Verdict, error) {
			claims++
			if claims == 2 {
				stop()
			}
			return jobs.Go(), nil
		},
		Do: o.do,
	})
	id := p.add(jobs.Job{Type: "send"})[0]
	p.due()
	before := p.get(id)
	c.pass(time.Hour)
	_, _ = p.RunDue(ctx)
	if j := p.get(id); claims != 2 || j.Error != "the line is down" || j.Error != before.Error || j.Attempts != 1 || !j.Due.Equal(before.Due) {
		t.Errorf("%+v, before %+v, %d claims", j, before, claims)
	}
}

// TestAttemptThatWasNotBegunDoesNotCount: the process stops right after the claim.
func TestAttemptThatWasNotBegunDoesNotCount(t *testing.T) {
	t.Parallel()
	c, o := newClock(), &world{}
	ctx, stop := context.WithCancel(t.Context())
	p := newProcess(t, open(t), c.now, func(o *jobs.Options) { o.Tries = 1 })
	p.Outside("send", jobs.Outside{
		Claim: func(context.Context, *work.Work, *jobs.Job) (jobs.Verdict, error) {
			stop()
			return jobs.Go(), nil
		},
		Do: o.do,
	})
	id := p.add(jobs.Job{Type: "send"})[0]
	_, _ = p.RunDue(ctx)
	if j := p.get(id); j == nil || j.State != jobs.Pending || j.Attempts != 0 || o.tries() != 0 {
		t.Fatalf("%+v, %d attempts", j, o.tries())
	}
	p.due()
	if p.state(id) != jobs.Done || o.tries() != 1 {
		t.Errorf("%s after %d attempts", p.state(id), o.tries())
	}
}
