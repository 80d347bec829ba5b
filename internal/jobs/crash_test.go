package jobs_test

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
)

// mortal is a store through which a process works that will die.
type mortal struct {
	*faults.Store

	dead atomic.Bool
}

// newMortal returns one whose process dies at its n-th commit, before or after its
// effect; never by itself if n is 0.
func newMortal(below store.Store, n int, landed bool) *mortal {
	m := &mortal{Store: faults.New(below)}
	var commits atomic.Int64
	m.Inject(faults.Instead("the process dies", func(ctx context.Context, c faults.Call, next func(context.Context) error) error {
		last := c.Method == faults.Commit && commits.Add(1) == int64(n)
		if !m.dead.Load() && !last {
			return next(ctx)
		}
		if !m.dead.Swap(true) && landed {
			_ = next(ctx)
		}
		return store.ErrClosed // whatever it says: nobody hears it
	}))
	return m
}

// TestProcessDies is the table of the package's documentation, and it is held to it.
func TestProcessDies(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	type fate struct {
		state   jobs.State
		effects int // what the world has seen, requests repeated included
	}
	gone := fate{jobs.Done, 1}
	for _, row := range []struct {
		when       string
		lost       bool // an attempt is under way from the start, whose process died before
		commit     int  // at which the process dies; 0: during Do
		landed     bool
		effect     bool // of Do, if it dies there
		record     jobs.State
		record2    jobs.State // if not idempotent
		idempotent fate
		other      fate
	}{
		{"before the claim is committed", false, 1, false, true, jobs.Pending, jobs.Pending, gone, gone},
		{"when the claim is committed, unanswered", false, 1, true, true, jobs.Running, jobs.Running, gone, fate{jobs.Uncertain, 0}},
		{"during Do, before the effect", false, 0, false, false, jobs.Running, jobs.Running, gone, fate{jobs.Uncertain, 0}},
		{"during Do, after the effect", false, 0, false, true, jobs.Running, jobs.Running, fate{jobs.Done, 2}, fate{jobs.Uncertain, 1}},
		{"after Do, before the answer is committed", false, 2, false, true, jobs.Running, jobs.Running, fate{jobs.Done, 2}, fate{jobs.Uncertain, 1}},
		{"when the answer is committed, unanswered", false, 2, true, true, jobs.Done, jobs.Done, gone, gone},
		{"after the answer is committed", false, 3, false, true, jobs.Done, jobs.Done, gone, gone},
		{"before a lost attempt is settled", true, 1, false, true, jobs.Running, jobs.Running, gone, fate{jobs.Uncertain, 0}},
		{"when a lost attempt is settled, unanswered", true, 1, true, true, jobs.Pending, jobs.Uncertain, gone, fate{jobs.Uncertain, 0}},
	} {
		for _, idempotent := range []bool{true, false} {
			name, want, record := row.when+", not idempotent", row.other, row.record2
			if idempotent {
				name, want, record = row.when+", idempotent", row.idempotent, row.record
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				documented(t, string(doc), row.when)
				c, o, below := newClock(), &world{}, open(t)
				healthy := newProcess(t, below, c.now).send(o, idempotent)
				id := healthy.add(jobs.Job{Type: "send", Lane: "l"})[0]
				if row.lost {
					first := newMortal(below, 1, true)
					_, _ = newProcess(t, first, c.now).send(o, idempotent).RunDue(t.Context())
					c.pass(away)
				}
				m := newMortal(below, row.commit, row.landed)
				if row.commit == 0 {
					o.does = func(_ context.Context, n int, j jobs.Job) (any, error) {
						if n == 1 {
							m.dead.Store(true)
						}
						if n > 1 || row.effect {
							o.effect(j.ID)
						}
						return nil, nil
					}
				}
				_, _ = newProcess(t, m, c.now).send(o, idempotent).RunDue(t.Context()) // what it says, nobody hears
				if row.commit < 3 && !m.dead.Load() {
					t.Fatal("the process did not die")
				}
				if got := healthy.state(id); got != record {
					t.Errorf("the record shows %s, want %s", got, record)
				}
				if record == jobs.Running && !row.lost { // nobody touches it before its time
					c.pass(away - 1)
					if healthy.due() != 0 {
						t.Error("the attempt is taken for lost too early")
					}
					c.pass(1)
				}
				healthy.due()
				if got := (fate{healthy.state(id), len(o.seen())}); got != want {
					t.Errorf("%v, want %v", got, want)
				}
				if got := healthy.note(id); got.Done != (want.state == jobs.Done) {
					t.Errorf("the domain knows %+v", got)
				}
				// By hand, or by a report, it comes to an end in any case.
				if want.state == jobs.Uncertain {
					healthy.do(func(ctx context.Context, w *work.Work) error {
						return healthy.Settle(ctx, w, id, jobs.Outcome{State: jobs.Done})
					})
				}
				if n := records(t, below, "job") + records(t, below, "job_lane"); n != 0 {
					t.Errorf("%d records are left", n)
				}
			})
		}
	}
	for _, row := range []struct {
		when   string
		commit int
		landed bool
		left   int // to count
	}{
		{"Within: before the commit", 1, false, 2},
		{"Within: when it is committed, unanswered", 2, true, 0},
		{"Within: after the commit", 3, false, 0},
	} {
		t.Run(row.when, func(t *testing.T) {
			t.Parallel()
			documented(t, string(doc), row.when)
			c, below := newClock(), open(t)
			healthy := newProcess(t, below, c.now).count()
			id := healthy.add(jobs.Job{Type: "count", Lane: "l", Due: c.now(), Data: []byte("2")})[0]
			_, _ = newProcess(t, newMortal(below, row.commit, row.landed), c.now).count().RunDue(t.Context())
			if got := 2 - healthy.note(id).Claims; got != row.left {
				t.Errorf("%d are left to count, want %d", got, row.left)
			}
			if got := healthy.state(id); (got == jobs.Done) != (row.left == 0) || got != jobs.Done && got != jobs.Pending {
				t.Errorf("the record shows %s", got)
			}
			healthy.due()
			if healthy.note(id).Claims != 2 || healthy.state(id) != jobs.Done {
				t.Errorf("%+v, %s", healthy.note(id), healthy.state(id))
			}
		})
	}
}

func documented(t *testing.T, doc, row string) {
	t.Helper()
	if !strings.Contains(doc, "//\t"+row+"  ") {
		t.Errorf("the documentation has no row %q", row)
	}
}

// TestProcessesDieAtEveryCall, one after another, each a call later than the one
// before: with an idempotent world each job takes effect, in the order of its lane.
func TestProcessesDieAtEveryCall(t *testing.T) {
	t.Parallel()
	for _, landed := range []bool{false, true} {
		for n := 1; n < 12; n++ {
			c, o, below := newClock(), &world{}, open(t)
			healthy := newProcess(t, below, c.now).send(o, true).count()
			var sends, counts []string
			for range 3 {
				sends = append(sends, healthy.add(jobs.Job{Type: "send", Lane: "l"})...)
				counts = append(counts, healthy.add(jobs.Job{Type: "count", Lane: "l", Due: c.now(), Data: []byte("2")})...)
			}
			for m := n; m > 0; m-- {
				one := func(o *jobs.Options) { o.Concurrency, o.Tries = 1, 100 }
				_, _ = newProcess(t, newMortal(below, m, landed), c.now, one).send(o, true).count().RunDue(t.Context())
				c.pass(away + time.Minute)
			}
			healthy.due()
			if got := firsts(o.seen()); strings.Join(got, " ") != strings.Join(sends, " ") {
				t.Errorf("commit %d: %v, want %v", n, got, sends)
			}
			for _, id := range append(sends, counts...) {
				if got := healthy.note(id); healthy.state(id) != jobs.Done || got.Claims < 1 {
					t.Errorf("commit %d: %+v, %+v", n, healthy.get(id), got)
				}
			}
			for _, id := range counts {
				if got := healthy.note(id); got.Claims != 2 {
					t.Errorf("commit %d: counted %d", n, got.Claims)
				}
			}
		}
	}
}

// firsts returns each once, as a world does that honours the IDs.
func firsts(all []string) (once []string) {
	seen := map[string]bool{}
	for _, id := range all {
		if !seen[id] {
			once = append(once, id)
		}
		seen[id] = true
	}
	return once
}

// TestProcessesDieAtTheLastTry: the world outside has not answered, and is asked once more
// if that does no harm. A job that kills its process does not do so for ever.
func TestProcessesDieAtTheLastTry(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		idempotent  bool
		tries, dead int // processes
		want        jobs.State
		attempts    int
	}{
		{true, 1, 1, jobs.Done, 0},
		{true, 1, 2, jobs.Failed, 2},
		{true, 3, 3, jobs.Done, 0},
		{true, 3, 4, jobs.Failed, 4},
		{false, 1, 1, jobs.Uncertain, 1},
		{false, 3, 1, jobs.Uncertain, 1},
	} {
		c, o, below := newClock(), &world{}, open(t)
		tries := func(o *jobs.Options) { o.Tries = row.tries }
		id := newProcess(t, below, c.now).add(jobs.Job{Type: "send", Lane: "l"})[0]
		for range row.dead {
			m := newMortal(below, 0, false)
			kills := &world{does: func(context.Context, int, jobs.Job) (any, error) {
				m.dead.Store(true)
				return nil, nil
			}}
			_, _ = newProcess(t, m, c.now, tries).send(kills, row.idempotent).RunDue(t.Context())
			c.pass(away + time.Minute)
		}
		last := newProcess(t, below, c.now, tries).send(o, row.idempotent)
		last.due()
		if j := last.get(id); last.state(id) != row.want || j != nil && j.Attempts != row.attempts {
			t.Errorf("%+v: %+v", row, j)
		}
	}
}
