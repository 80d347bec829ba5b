package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/storetest/faults"
)

// notHere registers handlers that say so of jobs whose data is "elsewhere".
func (p *process) notHere(o *world) *process {
	say := func(j *jobs.Job) error {
		if string(j.Data) == `"elsewhere"` {
			return fmt.Errorf("%w: no platform", jobs.ErrNotHere)
		}
		return nil
	}
	p.Outside("send", jobs.Outside{
		Claim: func(_ context.Context, _ *work.Work, j *jobs.Job) (jobs.Verdict, error) { return jobs.Go(), say(j) },
		Do:    o.do,
	})
	p.Within("tick", jobs.Within{Do: func(_ context.Context, _ *work.Work, j *jobs.Job) (time.Time, error) {
		return time.Time{}, say(j)
	}})
	return p
}

// TestJobsForOtherProcessesAreLeftToThem, are in nobody's way, cost little, and are
// seen.
func TestJobsForOtherProcessesAreLeftToThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		below := open(t)
		st := faults.New(below)
		o := &world{}
		p := newProcess(t, st, bubble, func(o *jobs.Options) { o.Tries = 1 }).notHere(o)
		var foreign []string
		for range 300 {
			foreign = append(foreign, p.add(
				jobs.Job{Type: "send", Data: []byte(`"elsewhere"`)},
				jobs.Job{Type: "tick", Data: []byte(`"elsewhere"`)},
				jobs.Job{Type: "unknown"},
			)...)
		}
		r := p.run()
		mine := p.add(jobs.Job{Type: "send", Due: bubble()})[0]
		pass(100 * time.Millisecond)
		if p.state(mine) != jobs.Done {
			t.Error("a job that can be done waits behind those that cannot")
		}
		pass(10 * time.Second)
		for _, id := range foreign {
			if j := p.get(id); j.State != jobs.Pending || j.Attempts != 0 || !strings.Contains(j.Error, jobs.ErrNotHere.Error()) {
				t.Fatalf("%+v", j)
			}
		}
		st.Restart()
		pass(45 * time.Second)                  // while they are left alone
		if n := len(st.Calls()); n > 2*45*2+2 { // two for each poll: what is due, and what will be
			t.Errorf("%d calls in 45 s", n)
		}
		st.Restart()
		pass(10 * time.Minute)
		if n := len(st.Calls()); n > 10*(2*120+3*len(foreign)) {
			t.Errorf("%d calls in 10 minutes", n)
		}
		// Another process that can do them gets them all, though this one goes on.
		peer := below.Peer()
		defer func() { _ = peer.Close() }()
		prepare(t, peer)
		other := newProcess(t, peer, bubble)
		for _, typ := range []string{"send", "unknown"} {
			other.Outside(typ, jobs.Outside{Do: o.do})
		}
		other.Within("tick", jobs.Within{Do: func(context.Context, *work.Work, *jobs.Job) (time.Time, error) { return time.Time{}, nil }})
		s := other.run()
		pass(2 * time.Minute)
		if err := errors.Join(r.end(), s.end()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if n := records(t, below, "job"); n != 0 || len(o.seen()) != 601 {
			t.Errorf("%d are left, %d were done", n, len(o.seen()))
		}
	})
}

// TestProcessesTakeTurns with RunDue, one of which can do nothing: the other finds what
// it can do.
func TestProcessesTakeTurns(t *testing.T) {
	t.Parallel()
	c, o, st := newClock(), &world{}, open(t)
	without, with := newProcess(t, st, c.now), newProcess(t, st, c.now).send(o, false)
	for range 10 {
		id := without.add(jobs.Job{Type: "send", Lane: "l"})[0]
		without.due()
		c.pass(time.Second)
		with.due()
		if with.state(id) != jobs.Done {
			t.Errorf("%+v", with.get(id))
		}
		c.pass(time.Minute)
	}
	// A lost attempt of a type that nobody knows is not touched either.
	id := without.add(jobs.Job{Type: "send"})[0]
	_, _ = newProcess(t, newMortal(st, 1, true), c.now).send(o, false).RunDue(t.Context())
	c.pass(away)
	for range 3 {
		without.due()
		c.pass(10 * time.Second)
	}
	if j := with.get(id); j.State != jobs.Running || j.Error == "" {
		t.Errorf("%+v", j)
	}
	c.pass(time.Minute)
	with.due()
	if with.state(id) != jobs.Uncertain {
		t.Errorf("%+v", with.get(id))
	}
}
