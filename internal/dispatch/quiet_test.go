package dispatch_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// stock is all that is stored of routing, by its SIDs.
type stock struct {
	now            time.Time
	tasks          map[string]storedTask
	reservations   map[string]storedReservation
	workers        map[string]storedWorker
	channels       map[string]storedChannel
	queues         map[string]storedQueue
	workflows      map[string]storedWorkflow
	configurations map[string]storedConfiguration
	workspaces     map[string]routing.Workspace
	crews          map[string]storedCrews
	jobs           map[string]storedJob
	threads        map[string]interaction.Thread
	interventions  map[string]interaction.Intervention
	ready          map[readyWorker]int
	counts         sums // as they are written
	wrong          []string
}

// kept returns all records of a kind by what they are called.
func kept[T any](ctx context.Context, st store.Store, kind string, name func(T) string) (map[string]T, error) {
	all := map[string]T{}
	q := store.Query{Tenant: engage.DefaultTenant, Kind: kind, Limit: store.MaxLimit}
	for {
		page, err := st.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			v, err := read[T](r.Value)
			if err != nil {
				return nil, err
			}
			all[name(v)] = v
		}
		if q.Cursor = page.Next; page.Next == "" {
			return all, nil
		}
	}
}

// take reads all that is stored of routing.
func take(ctx context.Context, st store.Store, now time.Time) (s *stock, err error) {
	s = &stock{now: now, ready: map[readyWorker]int{}, counts: sums{}}
	var errs []error
	get := func(err error) { errs = append(errs, err) }
	s.tasks, err = kept(ctx, st, "task", func(k storedTask) string { return k.SID })
	get(err)
	s.reservations, err = kept(ctx, st, "reservation", func(r storedReservation) string { return r.SID })
	get(err)
	s.workers, err = kept(ctx, st, "worker", func(w storedWorker) string { return w.SID })
	get(err)
	s.channels, err = kept(ctx, st, "interaction_channel", func(c storedChannel) string { return c.SID })
	get(err)
	s.queues, err = kept(ctx, st, "task_queue", func(q storedQueue) string { return q.SID })
	get(err)
	s.workflows, err = kept(ctx, st, "workflow", func(f storedWorkflow) string { return f.SID })
	get(err)
	s.configurations, err = kept(ctx, st, "workflow_configuration", func(c storedConfiguration) string {
		return fmt.Sprint(c.WorkflowSID, " ", c.Version)
	})
	get(err)
	s.workspaces, err = kept(ctx, st, "workspace", func(w routing.Workspace) string { return w.SID })
	get(err)
	s.crews, err = kept(ctx, st, "crews", func(c storedCrews) string { return c.WorkspaceSID })
	get(err)
	s.jobs, err = kept(ctx, st, "job", func(j storedJob) string { return j.ID })
	get(err)
	s.threads, err = kept(ctx, st, "content_thread", func(t interaction.Thread) string { return t.ID })
	get(err)
	s.interventions, err = kept(ctx, st, "intervention", func(i interaction.Intervention) string { return i.ID })
	get(err)
	ready, err := kept(ctx, st, "ready_worker", func(r readyWorker) string { return r.CrewID + r.TaskChannelSID + r.WorkerSID })
	get(err)
	for _, r := range ready {
		s.ready[r]++
	}
	n := 0
	_, err = kept(ctx, st, "task_count", func(c taskCount) string { n++; s.counts.saysTasks(c, 1); return strconv.Itoa(n) })
	get(err)
	_, err = kept(ctx, st, "worker_count", func(c workerCount) string { n++; s.counts.saysWorkers(c, 1); return strconv.Itoa(n) })
	get(err)
	return s, cmp.Or(errs...)
}

func (s *stock) blame(format string, args ...any) {
	s.wrong = append(s.wrong, fmt.Sprintf("at rest: "+format, args...))
}

// sorted returns what is in a map in the order of the keys.
func sorted[V any](m map[string]V) (all []V) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[key])
	}
	return all
}

// addsUp looks whether all that is counted, or written twice, is so.
func (s *stock) addsUp() {
	should, has, ready := sums{}, sums{}, map[readyWorker]int{}
	for _, k := range s.tasks {
		should.hasTask(k, 1)
	}
	for _, r := range s.reservations {
		has.hasReservation(r, 1)
	}
	for _, w := range s.workers {
		should.isWorker(w, 1)
		has.hasWorker(w, -1)
		for at := range w.stands() {
			ready[at]++
		}
	}
	if !maps.Equal(should, s.counts) {
		s.blame("it is counted %v, and should be %v", s.counts, should)
	}
	if len(has) > 0 {
		s.blame("workers have, and are not counted for it: %v", has)
	}
	if !maps.Equal(ready, s.ready) {
		s.blame("%v stand ready, and should be %v", s.ready, ready)
	}
	for _, k := range sorted(s.tasks) {
		s.taskAddsUp(k)
	}
	for _, r := range sorted(s.reservations) {
		if !r.Status.Live() {
			continue
		}
		if k := s.tasks[r.TaskSID]; !slices.Contains(k.ReservationSIDs, r.SID) {
			s.blame("reservation %s is %s, and task %s, %s, has %v", r.SID, r.Status, k.SID, k.Status, k.ReservationSIDs)
		}
	}
	for _, c := range sorted(s.channels) {
		var live []string
		for _, k := range sorted(s.tasks) {
			if k.ChannelSID == c.SID && k.Status.Live() {
				live = append(live, k.SID)
			}
		}
		listed := slices.Sorted(slices.Values(c.TaskSIDs))
		if !slices.Equal(live, listed) {
			s.blame("channel %s has %v, and should have %v", c.SID, listed, live)
		}
	}
	for _, w := range sorted(s.workers) {
		var should []string
		for _, crew := range s.crews[w.WorkspaceSID].Crews {
			e, err := routing.ParseExpression(crew.Expression, routing.ScopeWorker)
			if err == nil && e.Holds(routing.Facts{Worker: w.Facts()}) && len(crew.QueueSIDs) > 0 {
				should = append(should, crew.ID)
			}
		}
		slices.Sort(should)
		if !slices.Equal(should, w.CrewIDs) && !w.Gone {
			s.blame("worker %s is in the crews %v, and should be in %v", w.SID, w.CrewIDs, should)
		}
	}
}

// noConversationIsLeftOver looks whether each conversation with a channel is looked after, and
// none without, by whom routing has given it to.
func (s *stock) noConversationIsLeftOver() {
	busy := map[string]bool{}
	for _, k := range s.tasks {
		if k.Status == routing.TaskAssigned || k.Status == routing.TaskWrapping {
			busy[k.ChannelSID] = true
		}
	}
	for _, c := range sorted(s.channels) {
		thread := s.threads[c.ThreadID]
		if c.Status.Live() != (thread.ChannelSID == c.SID) || c.Status.Live() && thread.Status != interaction.ThreadOpen {
			s.blame("channel %s is %s, and its conversation is %s, with channel %q", c.SID, c.Status, thread.Status, thread.ChannelSID)
		}
	}
	for _, thread := range sorted(s.threads) {
		if c := s.channels[thread.ChannelSID]; thread.ChannelSID != "" && (c.ThreadID != thread.ID || !c.Status.Live()) {
			s.blame("conversation %s has channel %s, which is %s of %s", thread.ID, thread.ChannelSID, c.Status, c.ThreadID)
		}
	}
	for _, c := range sorted(s.channels) {
		thread := s.threads[c.ThreadID]
		if c.Status.Live() && c.Status != routing.ChannelInactive || busy[c.SID] || thread.ChannelSID != "" && thread.ChannelSID != c.SID {
			continue
		}
		for _, i := range sorted(s.interventions) {
			if i.ThreadID == c.ThreadID && i.Status.Live() && i.Owner == c.Owner && !c.Owner.IsZero() {
				s.blame("channel %s is %s, and %v has still intervention %s, which is %s", c.SID, c.Status, c.Owner, i.ID, i.Status)
			}
		}
	}
}

// taskAddsUp looks at a task that is at rest.
func (s *stock) taskAddsUp(k storedTask) {
	for _, sid := range k.ReservationSIDs {
		if r, there := s.reservations[sid]; !there || !r.Status.Live() {
			s.blame("task %s has reservation %s, which is %q", k.SID, sid, r.Status)
		}
	}
	if !k.waits() {
		return
	}
	job, there := s.jobs[k.RouteJob]
	due := job.Due
	if !there || job.Type != "task.route" || job.Data.TaskSID != k.SID || due.After(k.RouteAt) || due.After(k.ExpiresAt()) {
		s.blame("task %s is %s and due at %v, and its job is %+v", k.SID, k.Status, k.RouteAt, job)
	}
	if !s.now.Before(k.ExpiresAt()) {
		s.blame("task %s should have expired at %v", k.SID, k.ExpiresAt())
	}
	if k.Status == routing.TaskPending && !k.Held && k.LineID == "" {
		s.blame("task %s waits, and is in no line", k.SID)
	}
	if routing.PrefixWorker.Valid(k.RoutingTarget) {
		if w, there := s.workers[k.RoutingTarget]; !there || w.Gone {
			s.blame("task %s waits for worker %s, who is gone", k.SID, k.RoutingTarget)
		}
	}
}

// ours reports whether a job is one of routing.
func ours(typ string) bool {
	of, _, _ := strings.Cut(typ, ".")
	return slices.Contains([]string{"task", "reservation", "worker", "workspace", "queue", "workflow", "channel"}, of)
}

// settled looks whether nothing is due, and no job is left that nobody needs.
func (s *stock) settled() {
	for _, j := range sorted(s.jobs) {
		var wanted bool
		switch j.Type {
		case "task.route":
			k := s.tasks[j.Data.TaskSID]
			wanted = k.waits() && k.RouteJob == j.ID
		case "reservation.time_out":
			r := s.reservations[j.Data.ReservationSID]
			wanted = r.Status == routing.ReservationPending && r.TimeOutJob == j.ID
		case "channel.reroute":
			c := s.channels[j.Data.ChannelSID]
			wanted = c.Status == routing.ChannelPause && c.Job == j.ID
		default:
			if !ours(j.Type) {
				continue
			}
			wanted = false
		}
		if !wanted || j.State != "pending" || !j.Due.After(s.now) {
			s.blame("a job is left at %v: %+v", s.now, j)
		}
	}
	for _, q := range sorted(s.queues) {
		if q.Job != "" {
			s.blame("queue %s has job %s", q.SID, q.Job)
		}
	}
	for _, f := range sorted(s.workflows) {
		if f.Job != "" || f.Oldest != f.Version {
			s.blame("workflow %s has job %q, and versions from %d to %d", f.SID, f.Job, f.Oldest, f.Version)
		}
	}
	for _, c := range s.crews {
		if c.Job != "" {
			s.blame("the crews of %s have job %s", c.WorkspaceSID, c.Job)
		}
	}
	for _, w := range sorted(s.workers) {
		if w.Gone {
			s.blame("worker %s is gone, and still there", w.SID)
		}
	}
	for _, c := range sorted(s.channels) {
		if c.Status == routing.ChannelSetup {
			s.blame("channel %s is in setup", c.SID)
		}
	}
}

// noMatchIsLost holds every task that waits against every worker.
func (s *stock) noMatchIsLost() {
	for _, k := range sorted(s.tasks) {
		if k.Status != routing.TaskPending || k.Held {
			continue
		}
		f := s.workflows[k.WorkflowSID]
		if k.ConfigurationVersion != f.Version {
			s.blame("task %s goes by version %d of %d", k.SID, k.ConfigurationVersion, f.Version)
		}
		configuration := s.configurations[fmt.Sprint(k.WorkflowSID, " ", k.ConfigurationVersion)].Configuration
		target, there := configuration.TargetOf(k.Task)
		if !there {
			s.blame("task %s waits where its workflow has nothing", k.SID)
			continue
		}
		queue := s.queues[k.QueueSID]
		demand := routing.DemandOf(k.Task, target, queue.Queue, s.workspaces[k.WorkspaceSID], nil)
		var known *routing.Candidate
		var all []routing.Candidate
		for _, w := range sorted(s.workers) {
			if w.Gone || w.WorkspaceSID != k.WorkspaceSID {
				continue
			}
			c := routing.Candidate{Worker: w.Worker, InQueue: slices.Contains(w.CrewIDs, queue.CrewID)}
			if l := demand.Line; l.ForKnown && (l.Known.SID == w.SID || l.Known.SID == "" && l.Known.FriendlyName != "" && routing.SameName(l.Known.FriendlyName, w.FriendlyName)) {
				known = &c
			}
			all = append(all, c)
		}
		if choice := routing.Choose(demand, known, slices.Values(all), s.now); len(choice.Workers) > 0 {
			w := choice.Workers[0]
			s.blame("task %s waits (tried %v, behind %v, due at %v), and %s, %s could take it: %s\n%s", k.SID, k.Tried, k.Behind, k.RouteAt, w.SID, w.FriendlyName, demand, choice.Trace)
		}
		if at := k.Waiting.Step; at.Due(s.now) {
			s.blame("task %s should have left %+v", k.SID, at)
		}
	}
}

// atRest returns what is wrong in a store in which nothing is due any more.
func atRest(ctx context.Context, st store.Store, now time.Time) ([]string, error) {
	s, err := take(ctx, st, now)
	if err != nil {
		return nil, err
	}
	s.addsUp()
	s.settled()
	s.noMatchIsLost()
	s.noConversationIsLeftOver()
	return s.wrong, nil
}
