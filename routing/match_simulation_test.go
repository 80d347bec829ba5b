package routing_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// shift is a time of work in a world, in virtual time: tasks come, workers answer, talk, and
// have breaks. What is to be done is done in the two ways in which the engine does it: when a
// task waits, workers are sought for it, and when a worker is free, a task.
type shift struct {
	*world
	t           *rapid.T
	random      *rand.Rand
	assignments []routing.Assignment // of all tasks that have come
	due         []event
	made        int // reservations
}

// event is something that will happen. Of two at the same time, what lets old tasks be taken
// comes before new ones.
type event struct {
	at   time.Time
	late int
	do   func()
}

// shiftTargets are the targets of worldTargets with timeouts, and one for everybody.
var shiftTargets = strings.ReplaceAll(
	strings.Replace(worldTargets, `"order_by":"worker.level ASC"}`, `"order_by":"worker.level ASC"},{"queue":"WQ1","priority":5}`, 1),
	`{"queue":"WQ`, `{"timeout":40,"skip_if":"workers.available == 0","queue":"WQ`)

func (s *shift) after(seconds, late int, do func()) {
	e := event{at: s.now.Add(time.Duration(seconds) * time.Second), late: late, do: do}
	n, _ := slices.BinarySearchFunc(s.due, e, func(a, b event) int {
		if a.at.After(b.at) || a.at.Equal(b.at) && a.late > b.late {
			return 1
		}
		return -1
	})
	s.due = slices.Insert(s.due, n, e)
}

// keep takes an assignment over, and what the oracle knows of it.
func (s *shift) keep(n int, a routing.Assignment) {
	s.assignments[n] = a
	s.tasks, s.reservations = nil, nil
	for _, a := range s.assignments {
		if a.Task.Status == routing.TaskPending {
			s.tasks = append(s.tasks, a.Task)
		}
		for _, r := range a.Reservations {
			if r.Status.Live() {
				s.reservations = append(s.reservations, r)
			}
		}
	}
}

func (s *shift) worker(sid string) *routing.Worker {
	return &s.workers[slices.IndexFunc(s.workers, func(w routing.Worker) bool { return w.SID == sid })]
}

// available counts the workers of a queue for skip_if.
func (s *shift) available(queue routing.Queue) (f routing.WorkersFacts) {
	for _, w := range s.workers {
		switch {
		case !s.inQueue(w, queue):
		case w.Available:
			f.Available++
		default:
			f.Unavailable++
		}
	}
	return f
}

// routeTask takes a task through its workflow until it is offered, waits or has ended.
func (s *shift) routeTask(n int) {
	tried := routing.Tried{}
	for {
		o := s.targets.Advance(s.assignments[n].Task, tried, s.now)
		a, err := s.assignments[n].Follow(o, s.now)
		if err != nil {
			s.t.Fatal(err)
		}
		s.keep(n, a)
		if o.Do == routing.DoWait && o.Until.After(s.now) {
			s.after(int(o.Until.Sub(s.now)/time.Second), 1, func() { s.routeTask(n) })
		}
		if o.Do != routing.DoOffer {
			return
		}
		c := s.choose(a.Task)
		for _, w := range c.Workers {
			if next := s.next(*s.worker(w.SID)); next == nil || next.SID != a.Task.SID && !s.endsNow(next, w.SID) {
				s.t.Fatalf("%s is offered %s before %+v", w.SID, a.Task.SID, next)
			}
		}
		if len(c.Workers) > 0 {
			s.offer(n, c.Workers)
			return
		}
		if !c.Again.IsZero() {
			s.after(int(c.Again.Sub(s.now)/time.Second), 0, func() { s.routeTask(n) })
		}
		tried = routing.Tried{Nobody: true, Workers: s.available(s.queue(a.Task))}
	}
}

// endsNow says whether a task's cool-down ends in this moment: it comes up, too, but not
// before others in the same moment.
func (s *shift) endsNow(task *routing.Task, worker string) bool {
	return slices.ContainsFunc(task.Waiting.CoolDowns, func(c routing.CoolDown) bool {
		return c.WorkerSID == worker && c.Until.Equal(s.now)
	})
}

// routeWorker offers tasks to a worker until there is none or they can take no more.
func (s *shift) routeWorker(sid string) {
	for {
		w := *s.worker(sid)
		for _, task := range s.tasks {
			for _, c := range task.Waiting.CoolDowns {
				if c.WorkerSID == sid && c.Until.After(s.now) {
					s.after(int(c.Until.Sub(s.now)/time.Second), 0, func() { s.routeWorker(sid) })
				}
			}
		}
		task, want := s.pick(w), s.next(w)
		if (task == nil) != (want == nil) || task != nil && task.SID != want.SID {
			s.t.Fatalf("%s is offered %+v, not %+v", sid, task, want)
		}
		if task == nil {
			return
		}
		c := s.choose(*task)
		// Somebody may come before them whose cool-down has just ended, too, and who has not looked yet.
		first := func(w routing.Worker) bool { return w.SID == sid || s.endsNow(task, w.SID) }
		if !slices.ContainsFunc(c.Workers, first) {
			s.t.Fatalf("%s is not among those who take %s:\n%s", sid, task.SID, c.Trace)
		}
		s.offer(slices.IndexFunc(s.assignments, func(a routing.Assignment) bool { return a.Task.SID == task.SID }), c.Workers)
	}
}

// offer makes the reservations of a task, and lets its workers think.
func (s *shift) offer(n int, workers []routing.Worker) {
	for _, w := range workers {
		s.made++
		sid := numbered("WR", s.made)
		a, err := s.assignments[n].Offer(routing.Reservation{
			SID: sid, WorkerSID: w.SID, DueAt: routing.Workflow{ReservationTimeout: 30}.OfferedUntil(s.now),
		}, s.now)
		if err != nil {
			s.t.Fatal(err)
		}
		s.take(n, a, sid, "")
		switch s.random.IntN(8) {
		case 0:
			s.after(30, 2, func() { s.answer(n, sid, routing.ReservationTimesOut) })
		case 1, 2:
			s.after(s.random.IntN(30), 2, func() { s.answer(n, sid, routing.ReservationRejects) })
		default:
			s.after(s.random.IntN(30), 2, func() { s.answer(n, sid, routing.ReservationAccepts) })
		}
	}
}

// take takes over what became of an assignment, and counts it for the worker.
func (s *shift) take(n int, a routing.Assignment, sid string, from routing.ReservationStatus) {
	r := reservation(a, sid)
	w := s.worker(r.WorkerSID)
	*w = w.Count(r.TaskChannelSID, from, r.Status)
	if r.Status == routing.ReservationAccepted || r.Status == routing.ReservationCompleted {
		w.IdleSince = s.now
	}
	s.keep(n, a)
}

func reservation(a routing.Assignment, sid string) routing.Reservation {
	return a.Reservations[slices.IndexFunc(a.Reservations, func(r routing.Reservation) bool { return r.SID == sid })]
}

// answer is what a worker does with a reservation; it may have ended before.
func (s *shift) answer(n int, sid string, by routing.ReservationVerb) {
	before := s.assignments[n]
	a, err := before.Answer(sid, by, "done", s.now)
	if err != nil {
		return
	}
	var free []string
	for _, r := range before.Reservations {
		if now := reservation(a, r.SID).Status; now != r.Status {
			s.take(n, a, r.SID, r.Status)
			if !now.Live() {
				free = append(free, r.WorkerSID)
			}
		}
	}
	worker := reservation(a, sid).WorkerSID
	switch by {
	case routing.ReservationAccepts:
		s.after(10+s.random.IntN(100), 2, func() { s.answer(n, sid, routing.ReservationWrapsUp) })
	case routing.ReservationWrapsUp:
		s.after(s.random.IntN(20), 2, func() { s.answer(n, sid, routing.ReservationCompletes) })
	case routing.ReservationRejects:
		a.Task = a.Task.Cool(worker, s.queue(a.Task).Matching, s.now)
		s.keep(n, a)
	case routing.ReservationTimesOut:
		s.pause(worker, 60)
	case routing.ReservationStarts, routing.ReservationCancels, routing.ReservationRescinds, routing.ReservationCompletes:
	}
	// Old tasks first: the one that comes back looks for somebody else.
	if a.Task.Status == routing.TaskPending {
		s.routeTask(n)
	}
	for _, sid := range free {
		s.routeWorker(sid)
	}
}

// pause is a worker's break.
func (s *shift) pause(sid string, seconds int) {
	if w := s.worker(sid); w.Available {
		w.Available = false
		s.after(seconds, 2, func() {
			s.worker(sid).Available = true
			s.routeWorker(sid)
		})
	}
}

// check holds what must be so whenever nothing is left to be done.
func (s *shift) check() {
	count := map[[2]string]int{}
	for _, a := range s.assignments {
		for _, r := range a.Reservations {
			if r.Status.Live() && (a.Task.RoutingTarget == "" || !a.Task.IgnoreCapacity) {
				count[[2]string{r.WorkerSID, r.TaskChannelSID}]++
			}
		}
	}
	for _, w := range s.workers {
		for _, c := range w.Channels {
			if count[[2]string{w.SID, c.TaskChannelSID}] > c.Capacity {
				s.t.Fatalf("%s has more than they can: %+v", w.SID, c)
			}
		}
		if task := s.next(w); task != nil {
			s.t.Fatalf("%s could take %s at %v, and does not", w.SID, task.SID, s.now.Sub(start))
		}
	}
}

// Everything is right at any moment, and at last every task is done.
func TestAShift(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		s := &shift{world: drawWorld(t), t: t, random: rand.New(rand.NewPCG(seed, 0))}
		var err error
		if s.targets, err = routing.ParseConfiguration(withQueues(shiftTargets)); err != nil {
			t.Fatal(err)
		}
		last := &s.targets.Filters[0].Targets[6]
		last.Timeout, last.SkipIf = 0, nil // In the end everybody can take it.
		s.queues[0].TargetWorkers = "1==1"
		s.workspace.MultiTask = true
		tasks := s.tasks
		tasks = slices.Repeat(tasks, 4)
		s.tasks, s.reservations = nil, nil
		if len(s.workers) == 0 {
			s.workers = append(s.workers, drawWorker(t, 0))
		}
		for n := range s.workers {
			w := &s.workers[n]
			w.Available, w.Channels = true, nil
			for c, name := range []string{"chat", "voice"} {
				w.Channels = append(w.Channels, routing.WorkerChannel{
					TaskChannelSID: numbered("TC", c), TaskChannel: name, Capacity: 1 + s.random.IntN(2), Available: true,
				})
			}
			s.after(s.random.IntN(200), 2, func() { s.pause(w.SID, 60) })
		}
		for n, task := range tasks {
			if strings.HasPrefix(task.RoutingTarget, "WK") {
				task.RoutingTarget = s.workers[0].SID
			}
			task.SID, task.Waiting, task.QueueSID, task.Status = numbered("WT", n), routing.Waiting{}, "", ""
			if task.RoutingTarget != "" {
				task.QueueSID = queueSID(1)
			}
			s.after(s.random.IntN(300), 3, func() {
				task.VirtualStart = s.now.Add(-time.Duration(s.random.IntN(60)) * time.Second)
				a, err := routing.Assignment{Task: task}.Happen(routing.TaskStarts, routing.TaskChange{}, s.now)
				if err != nil {
					t.Fatal(err)
				}
				s.assignments = append(s.assignments, a)
				s.routeTask(len(s.assignments) - 1)
			})
		}
		for events := 0; len(s.due) > 0; events++ {
			if events > 50_000 {
				t.Fatal("does not end")
			}
			e := s.due[0]
			s.due = s.due[1:]
			s.now = e.at
			e.do()
			if len(s.due) == 0 || s.due[0].at.After(s.now) {
				s.check()
			}
		}
		if len(s.assignments) != len(tasks) {
			t.Fatalf("%d of %d tasks have come", len(s.assignments), len(tasks))
		}
		for _, a := range s.assignments {
			if a.Task.Status != routing.TaskCompleted {
				t.Fatalf("%s is %s: %s", a.Task.SID, a.Task.Status, a.Task.Reason)
			}
		}
	})
}
