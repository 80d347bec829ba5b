package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

const (
	tenant  = "acme"
	timeout = 30 * time.Second
	skew    = 5 * time.Second
	// away is after how long an attempt of which nothing was heard is taken for lost:
	// its lease and the skew.
	away = timeout + 10*time.Second + skew
)

var ids atomic.Int64

// newID mints IDs whose order says nothing, as that of IDs of several processes does.
func newID() string {
	n := ids.Add(1)
	return fmt.Sprintf("id-%02d-%08d", n%7, n)
}

// clock is a clock that is moved by hand.
type clock struct{ at atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time        { return time.Unix(0, c.at.Load()) }
func (c *clock) pass(by time.Duration) { c.at.Add(int64(by)) }

// bubble is the clock within a bubble.
func bubble() time.Time {
	return time.Now() //nolint:forbidigo // within bubbles, whose time is fake
}

// pass lets time go by in a bubble.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // within bubbles only, where it costs nothing
}

// open returns a store with the kinds of these tests.
func open(tb testing.TB) *memory.Store {
	tb.Helper()
	m := memory.New()
	tb.Cleanup(func() { _ = m.Close() })
	prepare(tb, m)
	return m
}

func prepare(tb testing.TB, st store.Store) {
	tb.Helper()
	if err := st.Prepare(tb.Context(), append(jobs.Kinds(), store.Kind{Name: "note"})...); err != nil {
		tb.Fatal(err)
	}
}

// process is one process that does jobs on a store.
type process struct {
	t      testing.TB
	runner *work.Runner
	*jobs.Jobs
}

func newProcess(tb testing.TB, st store.Store, clock func() time.Time, change ...func(*jobs.Options)) *process {
	tb.Helper()
	opts := jobs.Options{Clock: clock, Timeout: timeout, Skew: skew, Logger: slog.New(slog.DiscardHandler)}
	for _, do := range change {
		do(&opts)
	}
	p := &process{t: tb}
	p.runner = work.NewRunner(st, work.Options{
		Tenant: tenant, NewID: newID, Backoff: func(int) time.Duration { return 0 },
	})
	p.Jobs = jobs.New(p.runner, opts)
	return p
}

// do runs a work that must succeed.
func (p *process) do(what func(ctx context.Context, w *work.Work) error) {
	p.t.Helper()
	if err := p.try(what); err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) try(what func(ctx context.Context, w *work.Work) error) error {
	ctx := context.WithoutCancel(p.t.Context())
	return p.runner.Do(ctx, func(w *work.Work) error { return what(ctx, w) })
}

// add adds jobs, each in a work of its own.
func (p *process) add(all ...jobs.Job) (added []string) {
	p.t.Helper()
	for _, j := range all {
		var id string
		p.do(func(ctx context.Context, w *work.Work) (err error) {
			id, err = p.Add(ctx, w, j)
			return err
		})
		added = append(added, id)
	}
	p.Wake()
	return added
}

// get returns a job, nil if there is none.
func (p *process) get(id string) (found *jobs.Job) {
	p.t.Helper()
	p.do(func(ctx context.Context, w *work.Work) error {
		found = nil
		j, err := p.Get(ctx, w, id)
		if errors.Is(err, jobs.ErrNotFound) {
			return nil
		}
		found = &j
		return err
	})
	return found
}

// state returns the state of a job, Done if there is none.
func (p *process) state(id string) jobs.State {
	p.t.Helper()
	if j := p.get(id); j != nil {
		return j.State
	}
	return jobs.Done
}

// due does what is due, and must succeed.
func (p *process) due() int {
	p.t.Helper()
	n, err := p.RunDue(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}

// records returns how many records of a kind there are.
func records(tb testing.TB, st store.Store, kind string) (n int) {
	tb.Helper()
	q := store.Query{Tenant: tenant, Kind: kind, Limit: store.MaxLimit}
	for {
		page, err := st.Find(context.WithoutCancel(tb.Context()), q)
		if err != nil {
			tb.Fatal(err)
		}
		n += len(page.Records)
		if q.Cursor = page.Next; page.Next == "" {
			return n
		}
	}
}

// note is the domain's record of a job: how often it was told what.
type note struct {
	Claims int      `json:"claims"`
	Told   []string `json:"told"`
	Done   bool     `json:"done"`
}

var notes = work.Table[noted]{Kind: "note", Format: 1, ID: func(n *noted) string { return n.ID }}

type noted struct {
	ID   string `json:"id"`
	Note note   `json:"note"`
}

// write changes the domain's record of a job.
func write(ctx context.Context, w *work.Work, id string, change func(*note)) error {
	n, err := notes.Get(ctx, w, id)
	if err != nil {
		return err
	}
	if n == nil {
		n = &noted{ID: id}
	}
	change(&n.Note)
	return notes.Put(w, n)
}

// note returns the domain's record of a job.
func (p *process) note(id string) (got note) {
	p.t.Helper()
	p.do(func(ctx context.Context, w *work.Work) error {
		got = note{}
		n, err := notes.Get(ctx, w, id)
		if n != nil {
			got = n.Note
		}
		return err
	})
	return got
}

// world is the world outside: what was done there, in order.
type world struct {
	mu      sync.Mutex
	effects []string
	begun   int
	does    func(ctx context.Context, n int, j jobs.Job) (any, error) // instead; n counts from 1
}

func (o *world) do(ctx context.Context, j jobs.Job) (any, error) {
	o.mu.Lock()
	o.begun++
	n, does := o.begun, o.does
	o.mu.Unlock()
	if does != nil {
		return does(ctx, n, j)
	}
	o.effect(j.ID)
	return "answer to " + j.ID, nil
}

func (o *world) effect(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.effects = append(o.effects, id)
}

func (o *world) seen() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.effects)
}

// tries returns how many attempts have begun.
func (o *world) tries() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.begun
}

// send registers jobs of type "send", which are done in the world outside. The domain
// notes all that it is told.
func (p *process) send(o *world, idempotent bool) *process {
	p.Outside("send", jobs.Outside{
		Claim: func(ctx context.Context, w *work.Work, j *jobs.Job) (jobs.Verdict, error) {
			return jobs.Go(), write(ctx, w, j.ID, func(n *note) { n.Claims++ })
		},
		Do: o.do,
		Settle: func(ctx context.Context, w *work.Work, j jobs.Job, outcome jobs.Outcome) error {
			return write(ctx, w, j.ID, func(n *note) {
				told := string(outcome.State)
				if outcome.Late {
					told = "late " + told
				}
				n.Told = append(n.Told, told)
				n.Done = n.Done || outcome.State == jobs.Done
			})
		},
		Idempotent: func(jobs.Job) bool { return idempotent },
	})
	return p
}

// count registers jobs of type "count", which are done within the store: they count
// up to the number that is their data.
func (p *process) count() *process {
	p.Within("count", jobs.Within{
		Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
			var left int
			if err := json.Unmarshal(j.Data, &left); err != nil {
				return time.Time{}, err
			}
			if err := write(ctx, w, j.ID, func(n *note) { n.Claims++ }); err != nil {
				return time.Time{}, err
			}
			left--
			if left == 0 {
				return time.Time{}, nil
			}
			j.Data = fmt.Append(nil, left)
			return time.Unix(0, 0), nil // at once
		},
		Failed: func(ctx context.Context, w *work.Work, j jobs.Job, err error) error {
			return write(ctx, w, j.ID, func(n *note) { n.Told = append(n.Told, err.Error()) })
		},
	})
	return p
}
