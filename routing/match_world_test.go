package routing_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/routing"
)

// world is a small contact centre: what the engine knows, and nothing that is worked out.
type world struct {
	now          time.Time
	workspace    routing.Workspace
	queues       []routing.Queue
	targets      routing.Configuration // one filter; a task waits in one of its targets
	workers      []routing.Worker
	tasks        []routing.Task
	reservations []routing.Reservation
}

// worldTargets are the targets in which tasks wait.
const worldTargets = `{"task_routing":{"filters":[{"targets":[
	{"queue":"WQ1"},
	{"queue":"WQ2","expression":"task.lang IN worker.langs"},
	{"queue":"WQ1","expression":"worker.level >= task.level OR worker.sid == task.agent","order_by":"worker.level DESC"},
	{"queue":"WQ3","order_by":"worker.odd ASC, worker.channel.chat.assigned_tasks ASC"},
	{"queue":"WQ2","known_worker_sid":"task.agent"},
	{"queue":"WQ1","known_worker_friendly_name":"task.name","expression":"worker.level > 1","order_by":"worker.level ASC"}
],"expression":"1==1"}]}}`

func drawWorld(t *rapid.T) *world {
	w := &world{now: start}
	var err error
	if w.targets, err = routing.ParseConfiguration(withQueues(worldTargets)); err != nil {
		t.Fatal(err)
	}
	w.workspace = routing.Workspace{
		PrioritizeQueueOrder: rapid.SampledFrom(routing.TaskOrders()).Draw(t, "first"),
		MultiTask:            rapid.IntRange(0, 5).Draw(t, "multi") > 0,
	}
	for n := 1; n <= 3; n++ {
		w.queues = append(w.queues, routing.Queue{
			SID:                queueSID(n),
			TargetWorkers:      rapid.SampledFrom([]string{"1==1", "1==1", "level > 1", "langs HAS 'en'"}).Draw(t, "target_workers"),
			MaxReservedWorkers: rapid.SampledFrom([]int{1, 1, 2, 3}).Draw(t, "max_reserved_workers"),
			TaskOrder:          rapid.SampledFrom(routing.TaskOrders()).Draw(t, "task_order"),
			Matching: routing.Matching{
				PriorityAgeing:      rapid.SampledFrom([]int{0, 1, 60}).Draw(t, "ageing"),
				RejectCoolDown:      60,
				KnownWorkerFallback: rapid.Bool().Draw(t, "fallback"),
			},
		})
	}
	for n := range rapid.IntRange(0, 6).Draw(t, "workers") {
		w.workers = append(w.workers, drawWorker(t, n))
	}
	for n := range rapid.IntRange(1, 6).Draw(t, "tasks") {
		w.tasks = append(w.tasks, w.drawTask(t, n))
	}
	return w
}

func drawWorker(t *rapid.T, n int) routing.Worker {
	few := func(label string, most int) int { return rapid.IntRange(0, most).Draw(t, label) }
	worker := routing.Worker{
		SID: numbered("WK", n), FriendlyName: fmt.Sprintf("Agent %d", n), Available: few("available", 4) > 0, ActivityName: "Desk",
		Attributes: routing.Attributes{"level": few("level", 3), "langs": rapid.SampledFrom([][]string{{"en"}, {"es"}, {"en", "es"}, {}}).Draw(t, "langs")},
	}
	switch few("odd", 8) {
	case 0:
		worker.Attributes["odd"] = "no integer"
	case 1:
	default:
		worker.Attributes["odd"] = few("odd value", 2)
	}
	if idle := few("idle", 4); idle > 0 {
		worker.IdleSince = start.Add(-time.Duration(idle) * time.Minute)
	}
	for c, name := range []string{"chat", "voice"} {
		if few("channel", 9) > 0 {
			worker.Channels = append(worker.Channels, routing.WorkerChannel{
				TaskChannelSID: numbered("TC", c), TaskChannel: name, Capacity: few("capacity", 3), Available: few("open", 6) > 0,
				Pending: few("pending", 1), Accepted: few("accepted", 1), Wrapping: few("wrapping", 1),
			})
		}
	}
	return worker
}

func (w *world) drawTask(t *rapid.T, n int) routing.Task {
	target := rapid.IntRange(0, 5).Draw(t, "target")
	agent := rapid.IntRange(0, 7).Draw(t, "agent")
	task := routing.Task{
		SID: numbered("WT", n), Status: routing.TaskPending, TaskChannelSID: numbered("TC", rapid.IntRange(0, 1).Draw(t, "channel")),
		Priority:     rapid.IntRange(0, 2).Draw(t, "priority"),
		CreatedAt:    w.now.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "age")) * time.Minute),
		Attributes:   routing.Attributes{"lang": rapid.SampledFrom([]string{"en", "es"}).Draw(t, "lang"), "level": rapid.IntRange(1, 4).Draw(t, "level")},
		VirtualStart: w.now.Add(-time.Duration(rapid.IntRange(0, 3).Draw(t, "start")) * time.Minute),
	}
	switch rapid.IntRange(0, 3).Draw(t, "knows") {
	case 0:
		task.Attributes["agent"] = nil
	default:
		task.Attributes["agent"], task.Attributes["name"] = numbered("WK", agent), fmt.Sprintf("AGENT %d", agent)
	}
	step := routing.Step{Target: target, Queue: w.targets.Filters[0].Targets[target].Queue, EnteredAt: w.now}
	switch rapid.IntRange(0, 7).Draw(t, "routing target") {
	case 0:
		task.RoutingTarget = numbered("WK", agent)
	case 1:
		task.RoutingTarget = queueSID(1)
		step.Queue = queueSID(1)
	}
	task.IgnoreCapacity = rapid.Bool().Draw(t, "ignore capacity")
	task.QueueSID, task.Waiting.Step = step.Queue, step
	if len(w.workers) > 0 && rapid.IntRange(0, 2).Draw(t, "rejected") == 0 {
		who := rapid.SampledFrom(w.workers).Draw(t, "by").SID
		task.Waiting.CoolDowns = []routing.CoolDown{{WorkerSID: who, Until: w.now.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "until")) * time.Second)}}
	}
	if len(w.workers) > 0 && rapid.IntRange(0, 5).Draw(t, "asked") == 0 {
		w.reservations = append(w.reservations, routing.Reservation{
			TaskSID: task.SID, WorkerSID: rapid.SampledFrom(w.workers).Draw(t, "whom").SID,
			Status: rapid.SampledFrom([]routing.ReservationStatus{routing.ReservationPending, routing.ReservationRejected}).Draw(t, "status"),
		})
	}
	return task
}

// alike makes tasks demand the same as the first one, so that they stand in its line.
func (w *world) alike(t *rapid.T) {
	first := w.tasks[0]
	for n := range w.tasks {
		if rapid.IntRange(0, 2).Draw(t, "alike") > 0 {
			task := &w.tasks[n]
			task.TaskChannelSID, task.Attributes, task.RoutingTarget = first.TaskChannelSID, first.Attributes, first.RoutingTarget
			task.QueueSID, task.IgnoreCapacity, task.Waiting.Step = first.QueueSID, first.IgnoreCapacity, first.Waiting.Step
		}
	}
}

func (w *world) queue(task routing.Task) routing.Queue {
	return w.queues[slices.IndexFunc(w.queues, func(q routing.Queue) bool { return q.SID == task.QueueSID })]
}

func (w *world) target(task routing.Task) routing.Target {
	if task.RoutingTarget != "" {
		return routing.Target{}
	}
	return w.targets.Filters[0].Targets[task.Waiting.Step.Target]
}

// live are the workers to whom a task is offered already.
func (w *world) live(task routing.Task) (asked []string) {
	for _, r := range w.reservations {
		if r.TaskSID == task.SID && r.Status == routing.ReservationPending {
			asked = append(asked, r.WorkerSID)
		}
	}
	return asked
}

// What follows is the oracle: it is written from the documentation, goes over everything,
// and knows nothing of lines, keys and heads.

// mine says whether a task is for one worker: for all, for this one, or for another one.
func (w *world) mine(task routing.Task, worker routing.Worker) (exclusive, is bool) {
	if strings.HasPrefix(task.RoutingTarget, "WK") {
		return true, task.RoutingTarget == worker.SID
	}
	if task.RoutingTarget != "" {
		return false, false
	}
	switch task.Waiting.Step.Target {
	case 4:
		return true, task.Attributes["agent"] == worker.SID
	case 5:
		return true, task.Attributes["agent"] != nil && strings.EqualFold(fmt.Sprint(task.Attributes["name"]), worker.FriendlyName)
	}
	return false, false
}

// can says whether a worker could take a task, if it is for them.
func (w *world) can(task routing.Task, worker routing.Worker) bool {
	direct := strings.HasPrefix(task.RoutingTarget, "WK")
	ignore := direct && task.IgnoreCapacity
	inQueue, err := routing.ParseExpression(w.queue(task).TargetWorkers, routing.ScopeWorker)
	if err != nil || !worker.Available || !direct && !inQueue.Holds(routing.Facts{Worker: worker.Facts()}) {
		return false
	}
	room, all := false, 0
	for _, c := range worker.Channels {
		has := c.Pending + c.Accepted + c.Wrapping
		all += has
		room = room || c.TaskChannelSID == task.TaskChannelSID && c.Available && has < c.Capacity
	}
	if !ignore && (!room || !w.workspace.MultiTask && all > 0) {
		return false
	}
	if !w.target(task).Expression.Holds(routing.Facts{Task: task.Attributes, Worker: worker.Facts()}) {
		return false
	}
	for _, c := range task.Waiting.CoolDowns {
		if c.WorkerSID == worker.SID && c.Until.After(w.now) {
			return false
		}
	}
	return !slices.Contains(w.live(task), worker.SID)
}

// fits says whether a task can be offered to a worker now.
func (w *world) fits(task routing.Task, worker routing.Worker) bool {
	exclusive, is := w.mine(task, worker)
	if !w.can(task, worker) || len(w.live(task)) >= w.queue(task).MaxReservedWorkers {
		return false
	}
	if !exclusive || is {
		return true
	}
	if strings.HasPrefix(task.RoutingTarget, "WK") || !w.queue(task).Matching.KnownWorkerFallback {
		return false
	}
	return !slices.ContainsFunc(w.workers, func(other routing.Worker) bool {
		_, is := w.mine(task, other)
		return is && w.can(task, other)
	})
}

// best are those who are offered a task, the first first.
func (w *world) best(task routing.Task) []routing.Worker {
	var all []routing.Worker
	known := false
	for _, worker := range w.workers {
		if w.fits(task, worker) {
			all = append(all, worker)
			_, is := w.mine(task, worker)
			known = known || is
		}
	}
	slices.SortFunc(all, func(a, b routing.Worker) int {
		if idle := a.IdleSince.Compare(b.IdleSince); idle != 0 {
			return idle
		}
		return strings.Compare(a.SID, b.SID)
	})
	w.sortByTarget(task, all)
	most := w.queue(task).MaxReservedWorkers - len(w.live(task))
	if known {
		most = 1
	}
	return all[:min(len(all), most)]
}

// sortByTarget sorts by the order_by of the target.
func (w *world) sortByTarget(task routing.Task, all []routing.Worker) {
	if task.RoutingTarget != "" {
		return
	}
	const last = 1 << 20
	level := func(a routing.Worker) int { return a.Attributes["level"].(int) }
	by := func(a, b routing.Worker) int { return 0 }
	switch task.Waiting.Step.Target {
	case 2:
		by = func(a, b routing.Worker) int { return level(b) - level(a) }
	case 5:
		by = func(a, b routing.Worker) int { return level(a) - level(b) }
	case 3:
		odd := func(a routing.Worker) int {
			if n, ok := a.Attributes["odd"].(int); ok {
				return n
			}
			return last
		}
		assigned := func(a routing.Worker) int {
			for _, c := range a.Channels {
				if c.TaskChannel == "chat" {
					return c.Accepted
				}
			}
			return last
		}
		if slices.ContainsFunc(all, func(a routing.Worker) bool { _, text := a.Attributes["odd"].(string); return text }) {
			return
		}
		by = func(a, b routing.Worker) int {
			if odd(a) != odd(b) {
				return odd(a) - odd(b)
			}
			return assigned(a) - assigned(b)
		}
	}
	slices.SortStableFunc(all, by)
}

// next is the task that a worker is offered: the first of all that they fit.
func (w *world) next(worker routing.Worker) *routing.Task {
	var best *routing.Task
	for n := range w.tasks {
		task := &w.tasks[n]
		if w.fits(*task, worker) && (best == nil || w.before(*task, *best)) {
			best = task
		}
	}
	return best
}

// before says whether a worker who fits both is offered a before b.
func (w *world) before(a, b routing.Task) bool {
	qa, qb := w.queue(a), w.queue(b)
	if qa.TaskOrder != qb.TaskOrder {
		return qa.TaskOrder == w.workspace.PrioritizeQueueOrder
	}
	if qa.TaskOrder == routing.LIFO {
		return compareOrdered(a, b, qa.Ordering(), w.now) < 0
	}
	if c := effective(a, qa.Ordering(), w.now).Cmp(effective(b, qb.Ordering(), w.now)); c != 0 {
		return c > 0
	}
	a.Priority, b.Priority = 0, 0 // The rest is the same in all queues.
	return compareOrdered(a, b, routing.Ordering{}, w.now) < 0
}
