package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
)

// bring brings the first job of a lane of two into a state, and returns both.
func bring(t *testing.T, state jobs.State) (p *process, o *world, c *clock, pair [2]string, end func()) {
	t.Helper()
	c, o, end = newClock(), &world{}, func() {}
	p = newProcess(t, open(t), c.now).send(o, false)
	added := p.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l"})
	begun, over := make(chan struct{}), make(chan struct{})
	o.does = func(_ context.Context, n int, j jobs.Job) (any, error) {
		o.effect(j.ID)
		switch {
		case n > 1, state == jobs.Pending, state == jobs.Done:
			return nil, nil
		case state == jobs.Uncertain:
			return nil, context.Canceled
		case state == jobs.Failed:
			return nil, jobs.Permanent(errors.New("no"))
		}
		close(begun)
		<-over
		return nil, nil
	}
	switch state {
	case jobs.Uncertain:
		p.due()
	case jobs.Failed:
		p.add(jobs.Job{Type: "send", Lane: "l", Due: c.now()}) // so that the lane is not empty
		p.do(func(ctx context.Context, w *work.Work) error { return p.Cancel(ctx, w, added[1]) })
		added[1] = p.add(jobs.Job{Type: "send", Lane: "l", Due: c.now().Add(time.Hour)})[0]
		p.due()
	case jobs.Running:
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.due()
		}()
		<-begun
		end = func() {
			close(over)
			<-done
		}
	case jobs.Pending, jobs.Done:
	}
	if got := p.state(added[0]); state != jobs.Done && got != state {
		t.Fatalf("%s", got)
	}
	if state == jobs.Done {
		p.do(func(ctx context.Context, w *work.Work) error { return p.Cancel(ctx, w, added[0]) })
	}
	return p, o, c, [2]string(added), end
}

// TestHandsOnJobs is the table of what may be done by hand in which state: the state
// after it, or what is in the way.
func TestHandsOnJobs(t *testing.T) {
	t.Parallel()
	settle := func(o jobs.Outcome) func(context.Context, *process, *work.Work, string) error {
		return func(ctx context.Context, p *process, w *work.Work, id string) error { return p.Settle(ctx, w, id, o) }
	}
	refused := jobs.State("refused")
	states := []jobs.State{jobs.Pending, jobs.Running, jobs.Uncertain, jobs.Failed}
	for _, test := range []struct {
		name string
		act  func(context.Context, *process, *work.Work, string) error
		want []jobs.State // in the order of states
		told string
	}{
		{"retry", func(ctx context.Context, p *process, w *work.Work, id string) error { return p.Retry(ctx, w, id) }, []jobs.State{jobs.Pending, refused, jobs.Pending, jobs.Pending}, ""},
		{"cancel", func(ctx context.Context, p *process, w *work.Work, id string) error { return p.Cancel(ctx, w, id) }, []jobs.State{jobs.Done, refused, jobs.Done, jobs.Done}, ""},
		{"settle", settle(jobs.Outcome{State: jobs.Done}), []jobs.State{jobs.Done, jobs.Running, jobs.Done, jobs.Done}, "done"},
		{"settle", settle(jobs.Outcome{State: jobs.Failed, Err: errors.New("so")}), []jobs.State{jobs.Failed, refused, jobs.Failed, refused}, "failed"},
		{"settle", settle(jobs.Outcome{State: jobs.Pending}), []jobs.State{jobs.Pending, refused, jobs.Pending, refused}, "pending"},
	} {
		for i, state := range states {
			t.Run(fmt.Sprintf("%s %s, %s", test.name, test.told, state), func(t *testing.T) {
				t.Parallel()
				p, _, _, pair, end := bring(t, state)
				first, second := pair[0], pair[1]
				err := p.try(func(ctx context.Context, w *work.Work) error { return test.act(ctx, p, w, first) })
				told := p.note(first).Told
				if test.want[i] == refused {
					blocked, ok := errors.AsType[*jobs.StateError](err)
					if !ok || !errors.Is(err, jobs.ErrState) || blocked.ID != first || blocked.State != state || blocked.Act != test.name {
						t.Errorf("%v", err)
					}
					if p.state(first) != state {
						t.Errorf("it is %s", p.state(first))
					}
					end()
					return
				}
				if err != nil || p.state(first) != test.want[i] {
					t.Errorf("%v, and it is %s", err, p.state(first))
				}
				if test.told != "" && (len(told) == 0 || told[len(told)-1] != test.told) {
					t.Errorf("told %v", told)
				}
				end()
				if state == jobs.Failed {
					return
				}
				p.due()
				if p.state(second) != jobs.Done {
					t.Errorf("the next is %s", p.state(second))
				}
				if n := p.state(first); n != jobs.Done && n != jobs.Failed {
					t.Errorf("the first is %s at last", n)
				}
			})
		}
	}
}

func TestHandsOnNothing(t *testing.T) {
	t.Parallel()
	p, _, _, pair, _ := bring(t, jobs.Done)
	gone, other := pair[0], pair[1]
	p.Within("tick", jobs.Within{})
	within := p.add(jobs.Job{Type: "tick"})[0]
	unknown := p.add(jobs.Job{Type: "unknown"})[0]
	for name, test := range map[string]struct {
		want error
		act  func(ctx context.Context, w *work.Work) error
	}{
		"get":    {jobs.ErrNotFound, func(ctx context.Context, w *work.Work) error { _, err := p.Get(ctx, w, gone); return err }},
		"retry":  {jobs.ErrNotFound, func(ctx context.Context, w *work.Work) error { return p.Retry(ctx, w, gone) }},
		"cancel": {jobs.ErrNotFound, func(ctx context.Context, w *work.Work) error { return p.Cancel(ctx, w, gone) }},
		"settle": {jobs.ErrNotFound, func(ctx context.Context, w *work.Work) error { return p.Settle(ctx, w, gone, jobs.Outcome{}) }},
		"no outcome": {jobs.ErrInvalid, func(ctx context.Context, w *work.Work) error {
			return p.Settle(ctx, w, other, jobs.Outcome{State: jobs.Uncertain})
		}},
		"nothing to say": {jobs.ErrInvalid, func(ctx context.Context, w *work.Work) error {
			return p.Settle(ctx, w, within, jobs.Outcome{State: jobs.Done})
		}},
		"not here": {jobs.ErrNotHere, func(ctx context.Context, w *work.Work) error {
			return p.Settle(ctx, w, unknown, jobs.Outcome{State: jobs.Done})
		}},
		"no type": {jobs.ErrInvalid, func(ctx context.Context, w *work.Work) error { _, err := p.Add(ctx, w, jobs.Job{}); return err }},
		"a lane too long": {jobs.ErrInvalid, func(ctx context.Context, w *work.Work) error {
			_, err := p.Add(ctx, w, jobs.Job{Type: "send", Lane: strings.Repeat("x", jobs.MaxLane+1)})
			return err
		}},
		"a lane with NUL": {jobs.ErrInvalid, func(ctx context.Context, w *work.Work) error {
			_, err := p.Add(ctx, w, jobs.Job{Type: "send", Lane: "\x00"})
			return err
		}},
	} {
		if err := p.try(test.act); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	p.add(jobs.Job{Type: "send", Lane: strings.Repeat("\x01", jobs.MaxLane)}) // the longest in every index
}

// TestFailedJobsGoToTheEndOfTheirLane when they are retried.
func TestFailedJobsGoToTheEndOfTheirLane(t *testing.T) {
	t.Parallel()
	p, o, c, pair, _ := bring(t, jobs.Failed)
	first, second := pair[0], pair[1]
	p.do(func(ctx context.Context, w *work.Work) error { return p.Retry(ctx, w, first) })
	p.due()
	if p.state(first) != jobs.Pending || p.get(first).Attempts != 0 {
		t.Errorf("%+v", p.get(first))
	}
	c.pass(time.Hour)
	p.due()
	if got := o.seen(); !slices.Equal(got[len(got)-2:], []string{second, first}) {
		t.Errorf("%v, want %s and %s at the end", got, second, first)
	}
}

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	p, _, _, _, _ := bring(t, jobs.Uncertain)
	for n := range 24 {
		p.add(jobs.Job{Type: "send", Lane: strconv.Itoa(n)})
	}
	p.fill(5, jobs.Job{Type: "sen"})
	p.fill(10, jobs.Job{Type: "tick"})
	for _, of := range []struct {
		typ   string
		state jobs.State
		count int
	}{
		{"", "", 41},
		{"", jobs.Uncertain, 1},
		{"", jobs.Pending, 40},
		{"", jobs.Failed, 0},
		{"send", "", 26},
		{"send", jobs.Pending, 25},
		{"send", jobs.Uncertain, 1},
		{"sen", "", 5},
		{"tick", jobs.Pending, 10},
		{"tick", jobs.Failed, 0},
		{"s", "", 0},
	} {
		var got []string // with their states, where they may differ
		for cursor := ""; ; {
			var page []jobs.Job
			p.do(func(ctx context.Context, w *work.Work) (err error) {
				page, cursor, err = p.List(ctx, w, of.typ, of.state, 7, cursor)
				return err
			})
			for _, j := range page {
				if of.typ == "" {
					got = append(got, j.ID)
				} else {
					got = append(got, string(j.State)+" "+j.ID)
				}
				if of.state != "" && j.State != of.state || of.typ != "" && j.Type != of.typ {
					t.Errorf("%+v among %+v", j, of)
				}
			}
			if cursor == "" {
				break
			}
		}
		if len(got) != of.count || !slices.IsSorted(got) || len(slices.Compact(got)) != of.count {
			t.Errorf("%+v: %v", of, got)
		}
	}
}

// TestHasten: only jobs that are pending become due, with the tries that they have left.
func TestHasten(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := &world{does: func(context.Context, int, jobs.Job) (any, error) { return nil, errors.New("no") }}
	p := newProcess(t, open(t), c.now, func(o *jobs.Options) { o.Tries = 2 }).send(o, false)
	failed := p.add(jobs.Job{Type: "send"})[0]
	p.due()
	c.pass(time.Hour)
	p.due()
	tried := p.add(jobs.Job{Type: "send"})[0]
	p.due()
	later := p.add(jobs.Job{Type: "send", Due: c.now().Add(time.Hour)})[0]
	tries := o.tries()
	err := p.runner.Do(t.Context(), func(w *work.Work) error {
		return p.Hasten(t.Context(), w, failed, later, "gone", tried)
	})
	if err != nil {
		t.Fatal(err)
	}
	if j := p.get(tried); j.State != jobs.Pending || !j.Due.IsZero() || j.Attempts != 1 || j.Error != "no" {
		t.Errorf("one that was tried: %+v", j)
	}
	if n := p.due(); n != 2 || o.tries() != tries+2 {
		t.Errorf("%d were done", n)
	}
	if p.state(failed) != jobs.Failed || p.state(tried) != jobs.Failed || p.state(later) != jobs.Pending {
		t.Errorf("failed: %s, its last try: %s, its first: %s", p.state(failed), p.state(tried), p.state(later))
	}
}
