package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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

// classes registers jobs of type "send" that are done for some classes only.
func (p *process) classes(o *world, idempotent bool, classes ...string) *process {
	p.Outside("send", jobs.Outside{
		Do:         o.do,
		Idempotent: func(jobs.Job) bool { return idempotent },
		Classes:    func() []string { return classes },
		Missing:    func(class string) string { return "bring a " + class },
	})
	return p
}

// log keeps what a process logs.
type log struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

func (l *log) logs(o *jobs.Options) { o.Logger = slog.New(slog.NewTextHandler(l, nil)) }

// commits returns the commits among the calls of a store.
func commits(st *faults.Store) (all []faults.Call) {
	for _, c := range st.Calls() {
		if c.Method == faults.Commit {
			all = append(all, c)
		}
	}
	return all
}

// TestProcessThatCannotDoJobsDoesNotSlowDownThoseThatCan, not by an instant.
func TestProcessThatCannotDoJobsDoesNotSlowDownThoseThatCan(t *testing.T) {
	t.Parallel()
	took := map[bool]time.Duration{}
	for _, both := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			below := open(t)
			o := &world{}
			var last atomic.Int64 // when the last was done
			o.does = func(_ context.Context, _ int, j jobs.Job) (any, error) {
				pass(time.Second)
				o.effect(j.ID)
				last.Store(bubble().UnixNano())
				return nil, nil
			}
			one := func(o *jobs.Options) { o.Concurrency = 2 }
			with := newProcess(t, below, bubble, one).classes(o, false, "p")
			peer := below.Peer()
			defer func() { _ = peer.Close() }()
			prepare(t, peer)
			st := faults.New(peer)
			without := newProcess(t, st, bubble).classes(o, false, "q")
			with.fill(400, jobs.Job{Type: "send", Class: "p"})
			st.Restart()
			started := bubble()
			runs := []running{with.run()}
			if both {
				runs = append(runs, without.run())
			}
			for len(o.seen()) < 400 && bubble().Sub(started) < time.Hour {
				pass(time.Second)
			}
			took[both] = time.Unix(0, last.Load()).Sub(started)
			for _, r := range runs {
				_ = r.end()
			}
			if n := len(commits(st)); n > 16*4 { // the first few jobs, once a minute
				t.Errorf("%d commits by who can do nothing", n)
			}
		})
	}
	if took[true] != took[false] || took[true] != 200*time.Second {
		t.Errorf("%v with the other, %v without", took[true], took[false])
	}
}

// TestJobsForOtherProcessesAreLeftToThem, are in nobody's way, cost little, and are
// seen.
func TestJobsForOtherProcessesAreLeftToThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		below := open(t)
		st, o, l := faults.New(below), &world{}, &log{}
		p := newProcess(t, st, bubble, l.logs).classes(o, false, "a")
		var foreign []string
		for range 300 {
			foreign = append(foreign, p.add(
				jobs.Job{Type: "send", Class: "b"},
				jobs.Job{Type: "send", Class: strings.Repeat("c", 1000), Due: bubble()},
				jobs.Job{Type: "unknown"},
			)...)
		}
		later := p.add(jobs.Job{Type: "send", Class: "d", Due: bubble().Add(24 * time.Hour)})[0]
		r := p.run()
		mine := p.add(jobs.Job{Type: "send", Class: "a"})[0]
		pass(time.Second)
		if p.state(mine) != jobs.Done {
			t.Error("a job that can be done waits behind those that cannot")
		}
		pass(2 * time.Minute)
		said := map[string]int{}
		for _, id := range append(foreign, later) {
			j := p.get(id)
			if j.State != jobs.Pending || j.Attempts != 0 || !j.Updated.Equal(j.Created) {
				t.Fatalf("%+v", j)
			}
			if j.Error != "" {
				said[j.Error[len(jobs.ErrNotHere.Error()):]]++
			}
		}
		if len(said) != 3 || said[`: type "unknown" has no handler`] < 5 || said[": bring a b"] < 5 || said[": bring a b"] > 20 {
			t.Errorf("it is said %v", said)
		}
		if n := strings.Count(l.text(), "bring a b"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, l.text())
		}
		st.Restart()
		pass(10 * time.Minute)
		if n, most := len(st.Calls()), 10*(2*120+2+5); n > most { // two sorts of its own, and once a minute all
			t.Errorf("%d calls in 10 minutes, more than %d", n, most)
		}
		if n := len(commits(st)); n > 0 {
			t.Errorf("%d commits by who has nothing to do", n)
		}
		if n := strings.Count(l.text(), "bring a b"); n != 2 {
			t.Errorf("logged %d times in 12 minutes", n)
		}
		// Another process that can do them gets them all at once, though this one goes on.
		peer := below.Peer()
		defer func() { _ = peer.Close() }()
		prepare(t, peer)
		other := newProcess(t, peer, bubble).classes(o, false, "b", strings.Repeat("c", 1000))
		other.Outside("unknown", jobs.Outside{Do: func(_ context.Context, j jobs.Job) (any, error) {
			if j.Error != "" {
				t.Errorf("its attempt still says %s", j.Error)
			}
			return o.do(t.Context(), j)
		}})
		s := other.run()
		pass(time.Second)
		if err := errors.Join(r.end(), s.end()); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if n := records(t, below, "job"); n != 1 || len(o.seen()) != 901 {
			t.Errorf("%d are left, %d were done", n, len(o.seen()))
		}
	})
}

// TestRunDueSaysAtOnceWhatItCannotDo, each time, and what it would need.
func TestRunDueSaysAtOnceWhatItCannotDo(t *testing.T) {
	t.Parallel()
	c, o, st, l := newClock(), &world{}, faults.New(open(t)), &log{}
	without, with := newProcess(t, st, c.now, l.logs).classes(o, false), newProcess(t, st, c.now).classes(o, false, "p")
	for range 3 {
		added := without.add(
			jobs.Job{Type: "send", Class: "p", Lane: "l"}, jobs.Job{Type: "send", Class: "p", Lane: "l"},
			jobs.Job{Type: "send", Class: "p", Due: c.now().Add(time.Hour)},
		)
		if n := without.due(); n != 0 {
			t.Errorf("%d were done", n)
		}
		for i, want := range []string{jobs.ErrNotHere.Error() + ": bring a p", "", ""} { // those that wait for others say nothing
			if j := without.get(added[i]); j.Error != want || j.State != jobs.Pending || j.Attempts != 0 {
				t.Errorf("%d: %+v", i, j)
			}
		}
		st.Restart()
		without.due()
		if n := len(commits(st)); n > 0 {
			t.Errorf("%d commits to say it again", n)
		}
		if with.due() != 2 {
			t.Error("the other process does not do them")
		}
		c.pass(time.Hour)
		with.due()
	}
	if n := strings.Count(l.text(), "bring a p"); n != 3 { // an hour apart
		t.Errorf("logged %d times", n)
	}
}

// TestWhoMarksAJobGivesWay to whoever changes it.
func TestWhoMarksAJobGivesWay(t *testing.T) {
	t.Parallel()
	c, st := newClock(), faults.New(open(t))
	p := newProcess(t, st, c.now).classes(&world{}, false)
	id := p.add(jobs.Job{Type: "send", Class: "p"})[0]
	st.Inject(faults.OvertakenBefore())
	st.Restart()
	p.due()
	if n := len(commits(st)); n != 1 || p.get(id).Error != "" {
		t.Errorf("%d commits, %+v", n, p.get(id))
	}
	st.Heal()
	p.due()
	if p.get(id).Error == "" {
		t.Error("nothing is said")
	}
}

// TestLostAttemptsAreSettledByWhoCannotBeginAny, but not of a type that nobody knows.
func TestLostAttemptsAreSettledByWhoCannotBeginAny(t *testing.T) {
	t.Parallel()
	for idempotent, want := range map[bool]jobs.State{true: jobs.Pending, false: jobs.Uncertain} {
		c, o, st := newClock(), &world{}, open(t)
		id := newProcess(t, st, c.now).add(jobs.Job{Type: "send", Class: "p"})[0]
		_, _ = newProcess(t, newMortal(st, 1, true), c.now).classes(o, idempotent, "p").RunDue(t.Context())
		c.pass(away)
		stranger, without := newProcess(t, st, c.now), newProcess(t, st, c.now).classes(o, idempotent)
		stranger.due()
		if j := stranger.get(id); j.State != jobs.Running || !strings.Contains(j.Error, "no handler") {
			t.Errorf("%+v", j)
		}
		without.due()
		if got := without.state(id); got != want || o.tries() != 0 {
			t.Errorf("%s after %d tries", got, o.tries())
		}
	}
}

// TestLostAttemptSettledMeanwhileIsNotBegunByWhoCannot: between finding it and beginning it,
// it has become a job of a class that only others do.
func TestLostAttemptSettledMeanwhileIsNotBegunByWhoCannot(t *testing.T) {
	t.Parallel()
	c, o, st := newClock(), &world{}, open(t)
	id := newProcess(t, st, c.now).add(jobs.Job{Type: "send", Class: "p"})[0]
	_, _ = newProcess(t, newMortal(st, 1, true), c.now).classes(o, true, "p").RunDue(t.Context())
	c.pass(away)
	first, slow := newProcess(t, st, c.now).classes(o, true), faults.New(st)
	slow.Inject(faults.After("another settles what was found", func(_ context.Context, call faults.Call, _ error) {
		if call.Method == faults.Find && call.Query.Index == "due" && first.state(id) == jobs.Running {
			first.due()
		}
	}))
	newProcess(t, slow, c.now).classes(o, true).due()
	if got := first.state(id); got != jobs.Pending || o.tries() != 0 {
		t.Errorf("%s after %d tries", got, o.tries())
	}
}

// TestWhatOthersHaveJustBegunIsNotMarked, nor what they may be about to begin.
func TestWhatOthersHaveJustBegunIsNotMarked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		below := open(t)
		st := faults.New(below)
		o := &world{does: func(context.Context, int, jobs.Job) (any, error) {
			pass(20 * time.Second)
			return nil, nil
		}}
		stranger := newProcess(t, st, bubble)
		peer := below.Peer()
		defer func() { _ = peer.Close() }()
		prepare(t, peer)
		other := newProcess(t, peer, bubble, func(o *jobs.Options) { o.Concurrency = 1 }).send(o, false)
		other.add(jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send", Lane: "l"}, jobs.Job{Type: "send"})
		r := other.run()
		pass(time.Second)
		s := stranger.run()
		pass(30 * time.Second) // the other two come a little later than now
		if n := len(commits(st)); n > 0 {
			t.Errorf("%d commits", n)
		}
		_, _ = s.end(), r.end()
	})
}

// TestClassesComeAndGo while Run looks for jobs.
func TestClassesComeAndGo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var classes []string
		set := func(to ...string) {
			mu.Lock()
			classes = to
			mu.Unlock()
			pass(time.Second)
		}
		o := &world{}
		p := newProcess(t, open(t), bubble)
		p.Outside("send", jobs.Outside{Do: o.do, Classes: func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(classes)
		}})
		r := p.run()
		var done []string
		for n := range 5 {
			class := fmt.Sprint("class ", n%2)
			id := p.add(jobs.Job{Type: "send", Class: class})[0]
			set()
			if p.state(id) != jobs.Pending {
				t.Errorf("%s is done", class)
			}
			set(class)
			done = append(done, id)
			if got := o.seen(); !slices.Equal(got, done) {
				t.Errorf("%v, want %v", got, done)
			}
		}
		_ = r.end()
	})
}

// TestNobodyWaitsForAnotherSort of jobs: neither for a class whose jobs all hang, nor for
// a crowd.
func TestNobodyWaitsForAnotherSort(t *testing.T) {
	t.Parallel()
	for _, width := range []int{1, 8} {
		synctest.Test(t, func(t *testing.T) {
			o := &world{}
			o.does = func(ctx context.Context, _ int, j jobs.Job) (any, error) {
				if j.Class == "bad" {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				o.effect(j.ID)
				return nil, nil
			}
			p := newProcess(t, open(t), bubble, func(o *jobs.Options) { o.Concurrency = width }).classes(o, true, "bad", "good")
			crowd := func(typ string) {
				p.Within(typ, jobs.Within{Do: func(context.Context, *work.Work, *jobs.Job) (time.Time, error) {
					pass(time.Second)
					return time.Time{}, nil
				}})
				p.fill(1000, jobs.Job{Type: typ})
			}
			crowd("a crowd")
			crowd("the last crowd")
			p.fill(100, jobs.Job{Type: "send", Class: "bad"})
			r := p.run()
			pass(10 * time.Second)
			for range 5 {
				at := bubble()
				good := p.add(jobs.Job{Type: "send", Class: "good"})[0]
				synctest.Wait()
				if p.state(good) != jobs.Done || !bubble().Equal(at) {
					t.Errorf("%d at a time: it is %s", width, p.state(good))
				}
				pass(7 * time.Second)
			}
			if n := 2000 + 100 - records(t, p.runner.Store(), "job"); n < 2*width*40 {
				t.Errorf("%d of the crowds were done", n)
			}
			_ = r.end()
		})
	}
}

// TestTermsOfClasses: whatever they are called, none is taken for another.
func TestTermsOfClasses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 500)
	classes := []string{"", "a", "a\x00", "a\x01", "a\x02", "ab", "lost", "=", "ä", long, long + "y", "\x00", "\U0010ffff"}
	c := newClock()
	st := open(t)
	for _, class := range classes {
		newProcess(t, st, c.now).add(jobs.Job{Type: "send", Class: class})
	}
	for n, class := range classes {
		o := &world{}
		p := newProcess(t, st, c.now).classes(o, false, class)
		p.due()
		if len(o.seen()) != 1 || records(t, st, "job") != len(classes)-n-1 {
			t.Errorf("%q: %v, and %d are left", class, o.seen(), records(t, st, "job"))
		}
		q := store.Query{Tenant: tenant, Kind: "job", Limit: store.MaxLimit}
		page, err := st.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records { // all others were found not to be done here
			if !strings.Contains(string(r.Value), jobs.ErrNotHere.Error()) {
				t.Errorf("%s", r.Value)
			}
		}
	}
}
