package jobs_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
)

// TestOptionsThatCanNeverWork are refused, and those at the bounds work.
func TestOptionsThatCanNeverWork(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		set     func(o *jobs.Options)
		refused string
	}{
		{func(*jobs.Options) {}, ""},
		{func(o *jobs.Options) { o.Timeout = math.MaxInt64 }, "Timeout"},
		{func(o *jobs.Options) { o.Timeout = jobs.MaxSpan + 1 }, "Timeout"},
		{func(o *jobs.Options) { o.Timeout = jobs.MinSpan - 1 }, "Timeout"},
		{func(o *jobs.Options) { o.Timeout = -1 }, "Timeout"},
		{func(o *jobs.Options) { o.Timeout = jobs.MaxSpan }, ""},
		{func(o *jobs.Options) { o.Lease = math.MaxInt64 }, "Lease"},
		{func(o *jobs.Options) { o.Lease = time.Microsecond }, "Lease"},
		{func(o *jobs.Options) { o.Lease = jobs.MaxSpan }, ""},
		{func(o *jobs.Options) { o.Skew = math.MaxInt64 }, "Skew"},
		{func(o *jobs.Options) { o.Skew = -1 }, "Skew"},
		{func(o *jobs.Options) { o.Skew = 1 }, ""},
		{func(o *jobs.Options) { o.Skew = jobs.MaxSpan }, ""},
		{func(o *jobs.Options) { o.Poll = math.MaxInt64 }, "Poll"},
		{func(o *jobs.Options) { o.Poll = jobs.MinSpan }, ""},
		{func(o *jobs.Options) { o.Tries = -1 }, "Tries"},
		{func(o *jobs.Options) { o.Concurrency = -1 }, "Concurrency"},
	} {
		var opts jobs.Options
		test.set(&opts)
		err := opts.Check()
		if test.refused == "" {
			c, o := newClock(), &world{}
			p := newProcess(t, open(t), c.now, test.set).send(o, false)
			id := p.add(jobs.Job{Type: "send"})[0]
			if n := p.due(); err != nil || n != 1 || p.state(id) != jobs.Done {
				t.Errorf("%+v: %v, %+v", opts, err, p.get(id))
			}
			continue
		}
		if got, ok := errors.AsType[*jobs.OptionError](err); !ok || got.Option != test.refused || !errors.Is(err, jobs.ErrInvalid) || !strings.Contains(err.Error(), test.refused) {
			t.Errorf("%+v: %v", opts, err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v: New takes it", opts)
				}
			}()
			jobs.New(nil, opts)
		}()
	}
}

// TestBackoffThatPanics costs nothing but itself.
func TestBackoffThatPanics(t *testing.T) {
	t.Parallel()
	c, l := newClock(), &log{}
	o := &world{does: func(context.Context, int, jobs.Job) (any, error) { return nil, errors.New("no") }}
	p := newProcess(t, open(t), c.now, l.logs, func(o *jobs.Options) {
		o.Backoff = func(n int) time.Duration { return []time.Duration{time.Hour}[n] }
	}).send(o, false)
	p.Within("refuse", jobs.Within{Do: func(context.Context, *work.Work, *jobs.Job) (time.Time, error) {
		return time.Time{}, errors.New("no")
	}})
	for _, id := range p.add(jobs.Job{Type: "send"}, jobs.Job{Type: "refuse"}) {
		p.due()
		if j := p.get(id); j.State != jobs.Pending || j.Attempts != 1 || !j.Due.Equal(c.now().Add(32*time.Second)) {
			t.Errorf("%+v", j)
		}
	}
	if n := strings.Count(l.text(), "Backoff"); n != 2 {
		t.Errorf("logged %d times: %s", n, l.text())
	}
}
