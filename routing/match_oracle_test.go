package routing_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// What follows does what the engine does: it keeps lines and eligibilities, and looks at
// heads.

func (w *world) demand(task routing.Task) routing.Demand {
	target, ok := w.targets.TargetOf(task)
	if !ok {
		panic("the task waits nowhere")
	}
	var own []routing.Reservation
	for _, r := range w.reservations {
		if r.TaskSID == task.SID {
			own = append(own, r)
		}
	}
	return routing.DemandOf(task, target, w.queue(task), w.workspace, own)
}

func (w *world) inQueue(worker routing.Worker, queue routing.Queue) bool {
	e, err := routing.ParseExpression(queue.TargetWorkers, routing.ScopeWorker)
	return err == nil && e.Holds(routing.Facts{Worker: worker.Facts()})
}

func (w *world) candidates(queue routing.Queue) []routing.Candidate {
	var all []routing.Candidate
	for _, worker := range w.workers {
		all = append(all, routing.Candidate{Worker: worker, InQueue: w.inQueue(worker, queue)})
	}
	slices.SortFunc(all, func(a, b routing.Candidate) int { return strings.Compare(a.Worker.IdleKey(), b.Worker.IdleKey()) })
	return all
}

func (w *world) known(d routing.Demand, queue routing.Queue) *routing.Candidate {
	for _, worker := range w.workers {
		if d.Line.ForKnown && (d.Line.Known.SID == worker.SID || d.Line.Known.SID == "" && routing.SameName(d.Line.Known.FriendlyName, worker.FriendlyName)) {
			return &routing.Candidate{Worker: worker, InQueue: w.inQueue(worker, queue)}
		}
	}
	return nil
}

func (w *world) choose(task routing.Task) routing.Choice {
	d, queue := w.demand(task), w.queue(task)
	return routing.Choose(d, w.known(d, queue), slices.Values(w.candidates(queue)), w.now)
}

// lines are the tasks by their lines, each line in its order.
func (w *world) lines() map[string][]routing.Task {
	lines := map[string][]routing.Task{}
	for _, task := range w.tasks {
		if len(w.live(task)) == 0 { // The others are reserved, and stand in no line.
			key := w.demand(task).Line.Key()
			lines[key] = append(lines[key], task)
		}
	}
	for _, line := range lines {
		o := w.queue(line[0]).Ordering()
		slices.SortFunc(line, func(a, b routing.Task) int { return strings.Compare(a.OrderKey(o), b.OrderKey(o)) })
	}
	return lines
}

// pick goes through the heads of the lines, and behind those that are in the way.
func (w *world) pick(worker routing.Worker) *routing.Task {
	lines := w.lines()
	var heads []routing.Head
	show := func(task routing.Task) {
		d, queue := w.demand(task), w.queue(task)
		heads = append(heads, routing.Head{
			Task: task, Demand: d, Ordering: queue.Ordering(), InQueue: w.inQueue(worker, queue), Known: w.known(d, queue),
		})
	}
	for _, line := range lines {
		show(line[0])
	}
	for {
		p := routing.ChooseTask(worker, heads, w.workspace.PrioritizeQueueOrder, w.now)
		if len(p.Behind) == 0 {
			if p.Head < 0 {
				return nil
			}
			return &heads[p.Head].Task
		}
		// What is in the way makes room for what is behind it.
		slices.Sort(p.Behind)
		for _, n := range slices.Backward(p.Behind) {
			key := heads[n].Demand.Line.Key()
			heads = slices.Delete(heads, n, n+1)
			if lines[key] = lines[key][1:]; len(lines[key]) > 0 {
				show(lines[key][0])
			}
		}
	}
}

// Whoever is chosen for a task is whom going over everybody finds.
func TestChooseFindsTheBestWorkers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		for _, task := range w.tasks {
			var want, got []string
			for _, worker := range w.best(task) {
				want = append(want, worker.SID)
			}
			c := w.choose(task)
			for _, worker := range c.Workers {
				got = append(got, worker.SID)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%v, want %v\n%s", got, want, c.Trace)
			}
			w.checkTrace(t, task, c)
		}
	})
}

// checkTrace holds what a trace says of each worker against the oracle.
func (w *world) checkTrace(t *rapid.T, task routing.Task, c routing.Choice) {
	chosen := map[string]bool{}
	for _, worker := range c.Workers {
		chosen[worker.SID] = true
	}
	seen := map[string]bool{}
	for _, j := range c.Trace.Judgements {
		worker := w.workers[slices.IndexFunc(w.workers, func(worker routing.Worker) bool { return worker.SID == j.SID })]
		fits := j.Verdict == routing.VerdictChosen || j.Verdict == routing.VerdictLater
		if seen[j.SID] || fits != w.fits(task, worker) || chosen[j.SID] != (j.Verdict == routing.VerdictChosen) {
			t.Fatalf("%s is not so:\n%s", j.SID, c.Trace)
		}
		seen[j.SID] = true
	}
	if c.Trace.More != 0 {
		t.Fatalf("has room for everybody:\n%s", c.Trace)
	}
}

// Whatever task a worker is offered is the one that going over all tasks finds, though only
// the heads of lines are looked at.
func TestChooseTaskFindsTheBestTask(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.reservations = nil
		w.alike(t)
		for _, worker := range w.workers {
			var want, got string
			if task := w.next(worker); task != nil {
				want = task.SID
			}
			if task := w.pick(worker); task != nil {
				got = task.SID
			}
			if got != want {
				t.Fatalf("%s: %q, want %q", worker.SID, got, want)
			}
		}
	})
}

// If a task and a worker fit, they are found from either side: a line whose head finds
// nobody, and says that nobody is behind it either, has no task that anybody fits.
func TestNoLineHidesAMatch(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.reservations = nil
		w.alike(t)
		for _, line := range w.lines() {
			for n, task := range line {
				c := w.choose(task)
				if len(c.Workers) > 0 || c.Behind {
					break
				}
				for _, behind := range line[n:] {
					if len(w.best(behind)) > 0 {
						t.Fatalf("%s is hidden:\n%s", behind.SID, c.Trace)
					}
				}
			}
		}
	})
}

// Tasks in one line demand the same: only what is between a task and a worker is different.
func TestALineIsOneDemand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.reservations = nil
		w.alike(t)
		for n := range w.tasks {
			w.tasks[n].Waiting.CoolDowns = nil
		}
		for _, line := range w.lines() {
			for _, worker := range w.workers {
				for _, task := range line[1:] {
					if w.fits(task, worker) != w.fits(line[0], worker) {
						t.Fatalf("%+v\n%+v\nin one line, and only one is for %+v", line[0], task, worker)
					}
				}
			}
		}
	})
}
