package bench_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
)

// queues is how many queues a centre has. Each worker is in three of them.
const queues = 20

// centre is a contact centre: workers on 20 queues, and tasks that wait in them. All workers
// are busy, unless it was made with none to wait for.
type centre struct {
	*engage.Engine

	through   *watched
	workspace string
	workflow  string
	available string
	lines     int
	workers   []string
	has       []routing.Reservation // what each of the workers has accepted
	asked     int                   // how many tasks there have been
}

// watched notes when a reservation was last made, by the time of a benchmark.
type watched struct {
	store.Store

	of      *testing.B // nil: none is being measured
	offered time.Duration
	sid     string
}

func (w *watched) Commit(ctx context.Context, b store.Batch) error {
	err := w.Store.Commit(ctx, b)
	for _, put := range b.Puts {
		if w.of != nil && put.Kind == "reservation" && put.Version == "" && err == nil {
			w.offered, w.sid = w.of.Elapsed(), put.ID
		}
	}
	return err
}

// newCentre returns a centre with so many workers, each of whom has a task. The tasks demand
// one of so many things: as many lines there are in each queue.
func newCentre(b *testing.B, st store.Store, staff, lines int) *centre {
	b.Helper()
	c := &centre{through: &watched{Store: st}, lines: lines}
	// One job after another: what is measured is the work, not how it is shared out.
	c.Engine = must(engage.New(b.Context(), c.through, &engage.Options{Jobs: engage.JobOptions{Concurrency: 1}}))(b)
	c.workspace = must(c.Workspaces.Create(b.Context(), engage.NewWorkspace{FriendlyName: "Support"}))(b).SID
	for _, a := range must(c.Activities.List(b.Context(), c.workspace, 0, ""))(b).Items {
		if a.FriendlyName == "Available" {
			c.available = a.SID
		}
	}
	var filters []string
	for n := range queues {
		q := must(c.Queues.Create(b.Context(), c.workspace, engage.NewQueue{
			FriendlyName: fmt.Sprint("skill ", n), TargetWorkers: fmt.Sprintf("skills HAS %d", n),
		}))(b)
		filters = append(filters, fmt.Sprintf(`{"expression":"skill == %d","targets":[{"queue":%q,"expression":"worker.level >= task.level"}]}`, n, q.SID))
	}
	c.workflow = must(c.Workflows.Create(b.Context(), c.workspace, engage.NewWorkflow{
		FriendlyName: "Skills", Configuration: `{"task_routing":{"filters":[` + strings.Join(filters, ",") + `]}}`,
	}))(b).SID
	c.hire(b, staff)
	c.ask(b, staff)
	c.has = make([]routing.Reservation, max(staff, 1))
	for n, sid := range c.workers {
		for _, r := range must(c.Reservations.List(b.Context(), engage.ReservationFilter{WorkerSID: sid, Live: true}))(b).Items {
			c.accept(b, n, r.SID)
		}
	}
	return c
}

// hire adds workers who are available: they can do whatever is demanded in their queues.
func (c *centre) hire(b *testing.B, many int) {
	b.Helper()
	c.batches(b, many, 50, func(w *engage.Work) error {
		n := len(c.workers)
		created, err := w.Workers.Create(b.Context(), c.workspace, engage.NewWorker{
			FriendlyName: fmt.Sprint("worker ", n), ActivitySID: c.available,
			Attributes: routing.Attributes{"skills": []any{n % queues, (n + 7) % queues, (n + 13) % queues}, "level": c.lines},
		})
		c.workers = append(c.workers, created.SID)
		return err
	}, func(done int) { c.workers = c.workers[:done] }, func() int { return len(c.workers) })
}

// ask adds tasks, and routes them: in each queue as many, and of each line in it as many.
func (c *centre) ask(b *testing.B, many int) {
	b.Helper()
	c.batches(b, many, 100, func(w *engage.Work) error {
		_, err := w.Tasks.Create(b.Context(), c.workspace, c.task(c.asked))
		c.asked++
		return err
	}, func(done int) { c.asked = done }, func() int { return c.asked })
}

// task is what is asked for by the n-th task.
func (c *centre) task(n int) engage.NewTask {
	return engage.NewTask{WorkflowSID: c.workflow, Attributes: routing.Attributes{"skill": n % queues, "level": n / queues % c.lines, "n": n}}
}

// batches does something many times, some at a time, and all that follows.
func (c *centre) batches(b *testing.B, many, size int, do func(w *engage.Work) error, reset func(done int), count func() int) {
	b.Helper()
	for many > 0 {
		part, before := min(many, size), count()
		many -= part
		err := c.Atomically(b.Context(), func(w *engage.Work) error {
			reset(before)
			for range part {
				if err := do(w); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		must(c.RunDue(b.Context()))(b)
	}
}

func (c *centre) accept(b *testing.B, n int, reservation string) {
	b.Helper()
	c.has[n] = must(c.Reservations.Accept(b.Context(), reservation, engage.Answer{}))(b)
}

// turnover is how long the parts of an assignment took.
type turnover struct {
	completed time.Duration // the call that completes
	offered   time.Duration // from its beginning until the next reservation is committed
	swept     time.Duration // from its beginning until nothing was due any more
	accepted  time.Duration // the call that accepts
}

// next has the n-th worker complete what they have, be offered the next, and accept it.
func (c *centre) next(b *testing.B, n int) (is turnover) {
	b.Helper()
	c.through.of, c.through.sid = b, ""
	began := b.Elapsed()
	if _, err := c.Reservations.Complete(b.Context(), c.has[n].SID, engage.Completion{Reason: "done"}); err != nil {
		b.Fatal(err)
	}
	is.completed = b.Elapsed() - began
	if _, err := c.RunDue(b.Context()); err != nil {
		b.Fatal(err)
	}
	is.swept, is.offered = b.Elapsed()-began, c.through.offered-began
	if c.through.sid == "" {
		b.Fatal("nothing was offered")
	}
	accepts := b.Elapsed()
	c.accept(b, n, c.through.sid)
	is.accepted = b.Elapsed() - accepts
	return is
}

// turnovers are those of a benchmark.
type turnovers []turnover

// typical is what a part takes when the machine does nothing else: a quarter of them took no
// longer. On a busy machine, the one in the middle says how busy it is.
func (ts turnovers) typical(part func(turnover) time.Duration) time.Duration {
	all := make([]time.Duration, len(ts))
	for n, t := range ts {
		all[n] = part(t)
	}
	slices.Sort(all)
	return all[len(all)/4]
}

// parts are those of an assignment, as they are reported.
var parts = map[string]func(turnover) time.Duration{
	"complete":       func(t turnover) time.Duration { return t.completed },
	"until-offered":  func(t turnover) time.Duration { return t.offered },
	"until-all-done": func(t turnover) time.Duration { return t.swept },
	"accept":         func(t turnover) time.Duration { return t.accepted },
}

// report adds the parts to the metrics of a benchmark.
func (ts turnovers) report(b *testing.B) {
	b.Helper()
	for name, part := range parts {
		b.ReportMetric(float64(ts.typical(part).Nanoseconds())/1000, name+"-µs")
	}
}

// refill is after how many assignments as many tasks are added again.
const refill = 50

// run measures assignments: as many tasks wait again and again.
func (c *centre) run(b *testing.B) {
	b.Helper()
	b.ReportAllocs()
	var all turnovers
	for b.Loop() {
		all = append(all, c.next(b, len(all)%len(c.workers)))
		if len(all)%refill == 0 {
			b.StopTimer()
			c.ask(b, refill)
			b.StartTimer()
		}
	}
	c.ask(b, len(all)%refill)
	all.report(b)
}

// route measures how long it takes from when a task is asked for until it is offered to somebody
// who is ready.
func (c *centre) route(b *testing.B) {
	b.Helper()
	b.ReportAllocs()
	var all turnovers
	for b.Loop() {
		c.through.of, c.through.sid = b, ""
		began := b.Elapsed()
		if _, err := c.Tasks.Create(b.Context(), c.workspace, c.task(0)); err != nil {
			b.Fatal(err)
		}
		created := b.Elapsed() - began
		if _, err := c.RunDue(b.Context()); err != nil {
			b.Fatal(err)
		}
		all = append(all, turnover{completed: created, offered: c.through.offered - began})
		if c.through.sid == "" {
			b.Fatal("nothing was offered")
		}
		b.StopTimer()
		c.accept(b, 0, c.through.sid)
		if _, err := c.Reservations.Complete(b.Context(), c.through.sid, engage.Completion{Reason: "done"}); err != nil {
			b.Fatal(err)
		}
		must(c.RunDue(b.Context()))(b)
		b.StartTimer()
	}
	b.ReportMetric(float64(all.typical(parts["complete"]).Nanoseconds())/1000, "create-µs")
	b.ReportMetric(float64(all.typical(parts["until-offered"]).Nanoseconds())/1000, "until-offered-µs")
}

// inMemory returns a store that goes with the benchmark.
func inMemory(b *testing.B) store.Store {
	b.Helper()
	st := memory.New()
	b.Cleanup(func() { _ = st.Close() })
	return st
}

// onFile returns a store on a new file, which goes with the benchmark.
func onFile(b *testing.B, to sqlite.Synchronous) store.Store {
	b.Helper()
	st := must(sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "engage.db"), &sqlite.Options{Synchronous: to}))(b)
	b.Cleanup(func() { _ = st.Close() })
	return st
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}
