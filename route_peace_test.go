package engage_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// peace is what must hold of a workspace whenever no job is due: all of it is found out again
// from tasks, reservations and workers, each looked at with each, and compared with what is kept.
type peace struct {
	testing.TB

	eng   *engage.Engine
	st    store.Store
	now   time.Time
	wrong []string

	workspace    routing.Workspace
	tasks        map[string]keptTask
	reservations map[string]keptReservation
	workers      map[string]routing.Worker
	queues       map[string]routing.Queue
	workflows    map[string]routing.Workflow
}

type keptTask struct {
	routing.Task

	RouteJob string `json:"route_job"`
}

type keptReservation struct {
	routing.Reservation

	TimeOutJob string `json:"time_out_job"`
}

// kept returns all records of a kind, by ID.
func kept[T any](tb testing.TB, st store.Store, kind string) map[string]T {
	tb.Helper()
	all := map[string]T{}
	q := store.Query{Tenant: engage.DefaultTenant, Kind: kind, Limit: store.MaxLimit}
	for {
		page := must(st.Find(tb.Context(), q))(tb)
		for _, r := range page.Records {
			var v T
			if err := json.Unmarshal(r.Value, &v); err != nil {
				tb.Fatal(err)
			}
			all[r.ID] = v
		}
		if q.Cursor = page.Next; page.Next == "" {
			return all
		}
	}
}

// atPeace wants everything to be in its place; no job may be due.
func atPeace(tb testing.TB, eng *engage.Engine, st store.Store, workspaceSID string, now time.Time) {
	tb.Helper()
	p := &peace{
		TB: tb, eng: eng, st: st, now: now, workspace: must(eng.Workspaces.Get(tb.Context(), workspaceSID))(tb),
		tasks: kept[keptTask](tb, st, "task"), reservations: kept[keptReservation](tb, st, "reservation"),
		workers: kept[routing.Worker](tb, st, "worker"), queues: kept[routing.Queue](tb, st, "task_queue"),
		workflows: kept[routing.Workflow](tb, st, "workflow"),
	}
	p.jobs()
	p.holdsOfTasks()
	p.holdsOfWorkers()
	p.matched()
	p.counts()
	if len(p.wrong) > 0 {
		slices.Sort(p.wrong)
		tb.Fatalf("at %v:\n%s", now.Format(time.TimeOnly), strings.Join(p.wrong, "\n"))
	}
}

func (p *peace) fail(format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Sprintf(format, args...))
}

// jobs wants each task that waits, and each offer, to have one job, in time, and no other.
func (p *peace) jobs() {
	want := map[string]time.Time{} // by which time at the latest
	for _, k := range p.tasks {
		switch {
		case k.Status != routing.TaskPending && k.Status != routing.TaskReserved:
			if k.RouteJob != "" {
				p.fail("task %s, %s, has a job", k.SID, k.Status)
			}
		case k.Status == routing.TaskPending && !k.Waiting.Step.Deadline.IsZero() && k.Waiting.Step.Deadline.Before(k.ExpiresAt()):
			want["task.route "+k.RouteJob] = k.Waiting.Step.Deadline
		default:
			want["task.route "+k.RouteJob] = k.ExpiresAt()
		}
	}
	for _, r := range p.reservations {
		if r.Status == routing.ReservationPending {
			want["reservation.time_out "+r.TimeOutJob] = r.DueAt
		}
	}
	q := engage.JobFilter{Limit: store.MaxLimit}
	for {
		page := must(p.eng.Jobs.List(p.Context(), q))(p)
		for _, j := range page.Items {
			latest, wanted := want[j.Type+" "+j.ID]
			delete(want, j.Type+" "+j.ID)
			switch {
			case j.State != engage.JobPending:
				p.fail("job %s %s is %s: %s", j.Type, j.ID, j.State, j.Error)
			case !j.Due.After(p.now):
				p.fail("job %s %s is due", j.Type, j.ID)
			case !wanted && (strings.HasPrefix(j.Type, "task.") || strings.HasPrefix(j.Type, "worker.") || strings.HasPrefix(j.Type, "reservation.")):
				p.fail("job %s %s is nobody's: %s", j.Type, j.ID, j.Data)
			case wanted && j.Due.After(latest):
				p.fail("job %s %s is due at %v, later than %v", j.Type, j.ID, j.Due, latest)
			}
		}
		if q.Continuation = page.Continuation; page.Continuation == "" {
			break
		}
	}
	for job := range want {
		p.fail("there is no job %s", job)
	}
}

// holdsOfTasks wants tasks and their reservations to fit.
func (p *peace) holdsOfTasks() {
	for _, k := range p.tasks {
		var live []string
		status := map[routing.ReservationStatus]int{}
		for _, r := range p.reservations {
			if r.TaskSID == k.SID && r.Status.Live() {
				live = append(live, r.SID)
				status[r.Status]++
			}
		}
		slices.Sort(live)
		slices.Sort(k.ReservationSIDs)
		if !slices.Equal(live, k.ReservationSIDs) {
			p.fail("task %s says it has the reservations %v, and has %v", k.SID, k.ReservationSIDs, live)
		}
		want := map[routing.ReservationStatus]int{}
		switch k.Status {
		case routing.TaskReserved:
			want[routing.ReservationPending] = max(1, len(live))
		case routing.TaskAssigned:
			want[routing.ReservationAccepted] = 1
		case routing.TaskWrapping:
			want[routing.ReservationWrapping] = 1
		case routing.TaskPending, routing.TaskCompleted, routing.TaskCanceled:
		}
		if !maps.Equal(want, status) {
			p.fail("task %s is %s and has reservations %v", k.SID, k.Status, status)
		}
		if k.Status.Live() && k.Status != routing.TaskAssigned && k.Status != routing.TaskWrapping && !p.now.Before(k.ExpiresAt()) {
			p.fail("task %s should have expired", k.SID)
		}
	}
}

// holdsOfWorkers wants what workers have to be counted, and no capacity to be exceeded.
func (p *peace) holdsOfWorkers() {
	ready := map[string]bool{}
	for _, r := range kept[struct {
		CrewID         string `json:"crew_id"`
		TaskChannelSID string `json:"task_channel_sid"`
		WorkerSID      string `json:"worker_sid"`
		IdleKey        string `json:"idle_key"`
	}](p, p.st, "ready_worker") {
		w := p.workers[r.WorkerSID]
		if r.IdleKey != w.IdleKey() {
			p.fail("worker %s stands ready since %s, not %s", w.FriendlyName, w.IdleKey(), r.IdleKey)
		}
		ready[r.CrewID+" "+r.TaskChannelSID+" "+r.WorkerSID] = true
	}
	crews := kept[struct {
		Crews []struct {
			ID         string   `json:"id"`
			Expression string   `json:"expression"`
			QueueSIDs  []string `json:"queue_sids"`
		} `json:"crews"`
	}](p, p.st, "crews")[p.workspace.SID].Crews
	for _, w := range p.workers {
		busy := false
		for _, c := range w.Channels {
			is := map[routing.ReservationStatus]int{}
			bound := 0 // by the capacity
			for _, r := range p.reservations {
				if r.WorkerSID == w.SID && r.TaskChannelSID == c.TaskChannelSID && r.Status.Live() {
					is[r.Status]++
					if !p.tasks[r.TaskSID].IgnoreCapacity {
						bound++
					}
				}
			}
			if c.Pending != is[routing.ReservationPending] || c.Accepted != is[routing.ReservationAccepted] || c.Wrapping != is[routing.ReservationWrapping] {
				p.fail("worker %s counts %+v, and has %v", w.FriendlyName, c, is)
			}
			if bound > c.Capacity {
				p.fail("worker %s has %d on %s, and a capacity of %d", w.FriendlyName, bound, c.TaskChannel, c.Capacity)
			}
			busy = busy || c.Reservations() > 0
		}
		for _, crew := range crews {
			if len(crew.QueueSIDs) == 0 || !must(routing.ParseExpression(crew.Expression, routing.ScopeWorker))(p).Holds(routing.Facts{Worker: w.Facts()}) {
				continue
			}
			for _, c := range w.Channels {
				if id := crew.ID + " " + c.TaskChannelSID + " " + w.SID; w.Available && c.Takes() && (!busy || p.workspace.MultiTask) {
					if !ready[id] {
						p.fail("worker %s does not stand ready on %s for %s", w.FriendlyName, c.TaskChannel, crew.Expression)
					}
					delete(ready, id)
				}
			}
		}
	}
	for id := range ready {
		p.fail("somebody stands ready who is not: %s (%s)", id, p.workers[id[strings.LastIndex(id, " ")+1:]].FriendlyName)
	}
}

// matched wants no task to wait that somebody could take.
func (p *peace) matched() {
	for _, k := range p.tasks {
		if k.Status != routing.TaskPending {
			continue
		}
		target, there := p.workflows[k.WorkflowSID].Configuration.TargetOf(k.Task)
		if !there {
			p.fail("task %s is nowhere in its workflow: %+v", k.SID, k.Waiting)
			continue
		}
		demand := routing.DemandOf(k.Task, target, p.queues[k.QueueSID], p.workspace, nil)
		choice := routing.Choose(demand, p.known(demand.Line), p.candidates(demand.Line.QueueSID), p.now)
		for _, w := range choice.Workers {
			p.fail("task %s (%s, priority %d) waits, and %s could take it: %s", k.SID, k.Attributes, k.Priority, w.FriendlyName, choice.Trace)
		}
	}
}

func (p *peace) candidate(w routing.Worker, queueSID string) routing.Candidate {
	expression := must(routing.ParseExpression(p.queues[queueSID].TargetWorkers, routing.ScopeWorker))(p)
	return routing.Candidate{Worker: w, InQueue: queueSID != "" && expression.Holds(routing.Facts{Worker: w.Facts()})}
}

func (p *peace) known(l routing.Line) *routing.Candidate {
	for _, w := range p.workers {
		if l.ForKnown && (l.Known.SID == w.SID || l.Known.SID == "" && routing.SameName(l.Known.FriendlyName, w.FriendlyName)) {
			c := p.candidate(w, l.QueueSID)
			return &c
		}
	}
	return nil
}

func (p *peace) candidates(queueSID string) iter.Seq[routing.Candidate] {
	all := slices.SortedFunc(maps.Values(p.workers), func(a, b routing.Worker) int { return cmp.Compare(a.IdleKey(), b.IdleKey()) })
	return func(yield func(routing.Candidate) bool) {
		for _, w := range all {
			if c := p.candidate(w, queueSID); c.InQueue && !yield(c) {
				return
			}
		}
	}
}

// counts wants tasks to be counted.
func (p *peace) counts() {
	want := map[string]int64{}
	for _, k := range p.tasks {
		if k.Status.Live() && k.QueueSID != "" {
			want[k.QueueSID+" "+string(k.Status)]++
		}
	}
	is := map[string]int64{}
	for _, c := range kept[struct {
		QueueSID string           `json:"queue_sid"`
		Tasks    map[string]int64 `json:"tasks"`
	}](p, p.st, "task_count") {
		if routing.PrefixQueue.Valid(c.QueueSID) {
			for status, n := range c.Tasks {
				is[c.QueueSID+" "+status] += n
			}
		}
	}
	maps.DeleteFunc(is, func(_ string, n int64) bool { return n == 0 })
	if !maps.Equal(want, is) {
		p.fail("tasks are counted as %v, not %v", is, want)
	}
}
