package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store/memory"
)

// behavior is what an attempt does.
type behavior string

const (
	succeeds  behavior = "succeeds"
	slow      behavior = "succeeds after a while"
	fails     behavior = "fails"
	gives     behavior = "fails for good"
	hangs     behavior = "hangs until its context ends"
	panics    behavior = "panics"
	doneLate  behavior = "ignores its context, and succeeds late"
	failsLate behavior = "ignores its context, and fails late"
)

var behaviors = []behavior{succeeds, slow, fails, gives, hangs, panics, doneLate, failsLate}

// play is what a job does in its attempts; in those behind the last, it succeeds.
type play struct {
	Within     bool
	Idempotent bool
	Attempts   []behavior
}

// step is one thing that happens.
type step struct {
	What string // add, pass, crash, ahead, retry, cancel, settle
	At   int    // which process
	Lane string
	By   time.Duration
	Play play
	Nth  int // of the jobs that can be acted on
}

func drawStep(rt *rapid.T) step {
	duration := func(name string, most time.Duration) time.Duration {
		return time.Duration(rapid.Int64Range(0, int64(most/time.Millisecond)).Draw(rt, name)) * time.Millisecond
	}
	s := step{
		What: rapid.SampledFrom([]string{"add", "add", "add", "add", "pass", "pass", "pass", "crash", "ahead", "retry", "cancel", "settle"}).Draw(rt, "what"),
		At:   rapid.IntRange(0, 1).Draw(rt, "process"),
		Nth:  rapid.IntRange(0, 20).Draw(rt, "nth"),
	}
	switch s.What {
	case "add":
		s.Lane = rapid.SampledFrom([]string{"", "a", "a", "b"}).Draw(rt, "lane")
		s.By = duration("due in", time.Minute)
		s.Play = play{
			Within:     rapid.IntRange(0, 4).Draw(rt, "within") == 0,
			Idempotent: rapid.Bool().Draw(rt, "idempotent"),
			Attempts:   rapid.SliceOfN(rapid.SampledFrom(behaviors), 0, 3).Draw(rt, "attempts"),
		}
	case "pass":
		s.By = duration("time", 5*time.Minute)
	case "ahead":
		s.By = duration("ahead", skew/2)
	}
	return s
}

// machine is what goes on: the processes, the world outside, and what is known of
// all jobs.
type machine struct {
	t     *testing.T
	below *memory.Store

	mu     sync.Mutex
	ahead  [2]time.Duration
	known  map[string]*known
	order  []string       // of adding
	atWork map[string]int // attempts under way whose context has not ended, by lane
	wrong  []string
}

// known is what the model knows of a job.
type known struct {
	play     play
	lane     string
	begun    int
	active   int  // attempts whose Do is not back
	orphaned bool // an attempt was under way when its process died: its answer is lost
	effects  int
	byHand   bool // retried, canceled or settled: what is known of its order and number is less
	canceled bool
}

func (m *machine) fault(format string, args ...any) {
	m.wrong = append(m.wrong, fmt.Sprintf(format, args...))
}

// TestJobsKeepTheirPromises whatever they do, and whatever befalls two processes that
// do them.
func TestJobsKeepTheirPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 40).Draw(rt, "steps")
		var wrong []string
		synctest.Test(t, func(t *testing.T) { wrong = perform(t, steps) })
		if len(wrong) > 0 {
			rt.Fatalf("%v", wrong)
		}
	})
}

func perform(t *testing.T, steps []step) []string {
	t.Helper()
	m := &machine{t: t, below: open(t), known: map[string]*known{}, atWork: map[string]int{}}
	healthy := newProcess(t, m.below, bubble)
	m.handlers(healthy)
	halls := []*hall{m.start(0), m.start(1)}
	for _, s := range steps {
		switch h := halls[s.At]; s.What {
		case "add":
			m.add(h.process, s)
		case "pass":
			pass(s.By)
		case "crash":
			h.store.dead.Store(true)
			m.orphan()
			_ = h.end()
			halls[s.At] = m.start(s.At)
		case "ahead":
			m.mu.Lock()
			m.ahead[s.At] = s.By
			m.mu.Unlock()
		default:
			m.byHand(healthy, s)
		}
	}
	pass(6 * time.Hour) // until nothing happens any more
	for _, h := range halls {
		_ = h.end()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.judge(healthy)
	return m.wrong
}

// orphan notes which attempts may be those of a process that dies.
func (m *machine) orphan() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.known {
		k.orphaned = k.orphaned || k.active > 0
	}
}

func (m *machine) add(p *process, s step) {
	typ := "outside"
	if s.Play.Within {
		typ = "within"
	}
	err := p.try(func(ctx context.Context, w *work.Work) error {
		id := w.ID()
		m.mu.Lock()
		if m.known[id] == nil {
			m.known[id] = &known{play: s.Play, lane: s.Lane}
			m.order = append(m.order, id)
		}
		m.mu.Unlock()
		_, err := p.Add(ctx, w, jobs.Job{ID: id, Type: typ, Lane: s.Lane, Due: bubble().Add(s.By)})
		return err
	})
	if err != nil {
		m.t.Error(err)
	}
	p.Wake()
}

// byHand does what a person may do to a job that is there.
func (m *machine) byHand(p *process, s step) {
	var there []string
	for _, id := range m.order {
		if p.get(id) != nil {
			there = append(there, id)
		}
	}
	if len(there) == 0 {
		return
	}
	id := there[s.Nth%len(there)]
	m.mu.Lock()
	m.known[id].byHand = true
	m.mu.Unlock()
	err := p.try(func(ctx context.Context, w *work.Work) error {
		switch s.What {
		case "retry":
			return p.Retry(ctx, w, id)
		case "cancel":
			return p.Cancel(ctx, w, id)
		}
		return p.Settle(ctx, w, id, jobs.Outcome{State: jobs.Done})
	})
	if err != nil && !errors.Is(err, jobs.ErrState) && !errors.Is(err, jobs.ErrNotFound) && !errors.Is(err, jobs.ErrInvalid) {
		m.t.Error(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known[id].canceled = m.known[id].canceled || err == nil && s.What == "cancel"
	p.Wake()
}

// judge compares what is there in the end with what should be.
func (m *machine) judge(p *process) {
	lanes, heads := map[string]int{}, map[string]string{}
	for _, id := range m.order {
		k, r, told := m.known[id], m.stored(id), p.note(id)
		if r == nil {
			if !k.canceled && !told.Done && told.Claims == 0 {
				m.fault("%s is lost: %+v", id, k)
			}
			if k.play.Within && (told.Claims > 1 || told.Claims == 0 && !k.canceled) {
				m.fault("%s was done %d times", id, told.Claims)
			}
			if told.Done && k.effects == 0 && !k.byHand {
				m.fault("%s is said to be done, and is not", id)
			}
			continue
		}
		if (r.Turn > 0) != (r.Lane != "" && r.State != jobs.Failed) {
			m.fault("%s is %s, and has turn %d", id, r.State, r.Turn)
		}
		if r.Turn > 0 {
			lanes[r.Lane]++
			if !r.Behind {
				if heads[r.Lane] != "" {
					m.fault("%s and %s are heads of lane %s", heads[r.Lane], id, r.Lane)
				}
				heads[r.Lane] = id
			}
		}
		switch r.State {
		case jobs.Running:
			m.fault("%s is still running", id)
		case jobs.Pending:
			if !r.Behind {
				m.fault("%s is pending, and waits for nothing", id)
			}
		case jobs.Uncertain:
			if k.play.Idempotent || k.play.Within || told.Done {
				m.fault("%s is uncertain: %+v, %+v", id, k, told)
			}
		case jobs.Failed:
			if told.Done || !k.byHand && r.Attempts < 3 && !slices.Contains(k.play.Attempts, gives) {
				m.fault("%s failed after %d attempts: %+v, %+v", id, r.Attempts, k, told)
			}
			if k.effects > 0 && !k.orphaned {
				m.fault("%s failed, and took effect: %+v", id, k)
			}
		case jobs.Done:
		}
		if !k.play.Idempotent && !k.byHand && k.effects > 1 {
			m.fault("%s was done %d times", id, k.effects)
		}
	}
	for lane, n := range lanes {
		if heads[lane] == "" || p.get(heads[lane]).State != jobs.Uncertain {
			m.fault("lane %s of %d has head %q, which blocks nobody", lane, n, heads[lane])
		}
	}
	if n := records(m.t, m.below, "job_lane"); n != len(lanes) {
		m.fault("%d lanes, want %d", n, len(lanes))
	}
}
