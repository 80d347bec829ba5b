package engage

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Recount works out from scratch all that routing keeps beside the records themselves, and
// returns where what is kept is something else: who is in which crew and stands ready where,
// the counts, where tasks wait, what names what. No job may be due.
func Recount(ctx context.Context, e *Engine) (wrong []string, err error) {
	err = e.core.runner.Look(ctx, func(w *work.Work) error {
		r := &recount{turn: e.core.system(w), ctx: ctx}
		r.all()
		wrong = r.wrong
		return r.err
	})
	return wrong, err
}

type recount struct {
	*turn

	ctx   context.Context //nolint:containedctx // it lives as long as one call
	wrong []string
	err   error
}

func (r *recount) says(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

// allOf reads a whole table, by ID.
func allOf[T any](r *recount, table *work.Table[T]) map[string]*T {
	all := map[string]*T{}
	for cursor := ""; ; {
		page, next, err := table.Find(r.ctx, r.Work, store.Query{Limit: store.MaxLimit, Cursor: cursor})
		if err != nil {
			r.err = err
			return all
		}
		for _, v := range page {
			all[table.ID(v)] = v
		}
		if cursor = next; next == "" {
			return all
		}
	}
}

// same compares what is kept with what it should be, by ID.
func same[T comparable](r *recount, what string, kept, want map[string]T) {
	for _, id := range sortedKeys(want) {
		if is, there := kept[id]; !there || is != want[id] {
			r.says("%s %q: %v is kept, not %v", what, id, is, want[id])
		}
	}
	for _, id := range sortedKeys(kept) {
		if _, there := want[id]; !there {
			r.says("%s %q: %v is kept, and should not be there", what, id, kept[id])
		}
	}
}

func (r *recount) all() {
	in, staff, all := allOf(r, &workspaces), allOf(r, &workers), allOf(r, &tasks)
	offers, lines, flows := allOf(r, &reservations), allOf(r, &queues), allOf(r, &workflows)
	for _, sid := range sortedKeys(in) {
		r.workspaceOf(in[sid], lines, flows)
	}
	r.names(in, staff, lines, flows)
	r.staff(in, staff, offers)
	r.tasks(all, lines, flows)
	same(r, "crews", keysOf(allOf(r, &crews)), keysOf(in))
}

func keysOf[T any](m map[string]*T) map[string]bool {
	keys := map[string]bool{}
	for id := range m {
		keys[id] = true
	}
	return keys
}

// workspaceOf looks at what a workspace, its crews and its queues say of each other.
func (r *recount) workspaceOf(w *storedWorkspace, lines map[string]*storedQueue, flows map[string]*storedWorkflow) {
	c, err := r.crewsOf(r.ctx, w.SID)
	if err != nil {
		r.err = err
		return
	}
	if c.Job != "" {
		r.says("workspace %s: job %s goes on, or does not", w.SID, c.Job)
	}
	list := func(sids []string) map[string]bool {
		set := map[string]bool{}
		for _, sid := range sids {
			set[sid] = true
		}
		return set
	}
	there := map[string]bool{}
	for sid, a := range allOf(r, &activities) {
		if a.WorkspaceSID == w.SID {
			there[sid] = true
		}
	}
	same(r, "activities", list(w.ActivitySIDs), there)
	there = map[string]bool{}
	for sid, a := range allOf(r, &taskChannels) {
		if a.WorkspaceSID == w.SID {
			there[sid] = true
		}
	}
	same(r, "task channels", list(w.TaskChannelSIDs), there)
	there, named := map[string]bool{}, map[string]string{}
	for sid, f := range flows {
		if f.WorkspaceSID != w.SID {
			continue
		}
		there[sid] = true
		if f.Job != "" || f.Oldest != f.Version {
			r.says("workflow %s has job %q, and versions %d to %d", sid, f.Job, f.Oldest, f.Version)
		}
		for _, queue := range f.Configuration.Queues() {
			named[queue+" by "+sid] = sid
		}
	}
	same(r, "workflows", list(w.WorkflowSIDs), there)

	kept, crewed, want, places := map[string]string{}, map[string]string{}, map[string]string{}, map[string]string{}
	for sid, q := range lines {
		if q.WorkspaceSID != w.SID {
			continue
		}
		for _, workflow := range q.WorkflowSIDs {
			kept[sid+" by "+workflow] = workflow
		}
		e, err := routing.ParseExpression(q.TargetWorkers, routing.ScopeWorker)
		if err != nil || q.CrewID != crewID(w.SID, e) {
			r.says("queue %s has crew %s for %s", sid, q.CrewID, q.TargetWorkers)
		}
		want[sid] = q.CrewID
		for _, a := range []string{q.ReservationActivitySID, q.AssignmentActivitySID} {
			if a != "" {
				places[a+" by "+sid] = sid
			}
		}
	}
	same(r, "workflows that name queues", kept, named)
	for _, crew := range c.Crews {
		if len(crew.QueueSIDs) == 0 || crew.Settled != crew.Turn {
			r.says("crew %s works for %d queues, in turn %d, settled %d", crew.ID, len(crew.QueueSIDs), crew.Turn, crew.Settled)
		}
		for _, sid := range crew.QueueSIDs {
			crewed[sid] = crew.ID
		}
	}
	same(r, "crews of queues", crewed, want)
	noted := map[string]string{}
	for a, queues := range c.Places {
		for _, sid := range queues {
			noted[a+" by "+sid] = sid
		}
	}
	same(r, "activities of queues", noted, places)
}

// names looks at who has which name.
func (r *recount) names(in map[string]*storedWorkspace, staff map[string]*storedWorker, lines map[string]*storedQueue, flows map[string]*storedWorkflow) {
	want := map[string]string{}
	for sid, w := range in {
		want[nameHash(nameOfWorkspace, "", w.FriendlyName)] = sid
	}
	for sid, w := range staff {
		if !w.Gone {
			want[nameHash(nameOfWorker, w.WorkspaceSID, w.FriendlyName)] = sid
		}
	}
	for sid, q := range lines {
		want[nameHash(nameOfQueue, q.WorkspaceSID, q.FriendlyName)] = sid
	}
	for sid, f := range flows {
		want[nameHash(nameOfWorkflow, f.WorkspaceSID, f.FriendlyName)] = sid
	}
	for sid, a := range allOf(r, &activities) {
		want[nameHash(nameOfActivity, a.WorkspaceSID, a.FriendlyName)] = sid
	}
	for sid, c := range allOf(r, &taskChannels) {
		want[nameHash(nameOfTaskChannel, c.WorkspaceSID, c.FriendlyName)] = sid
		want[nameHash(nameOfUnique, c.WorkspaceSID, c.UniqueName)] = sid
	}
	kept := map[string]string{}
	for hash, name := range allOf(r, &routingNames) {
		kept[hash] = name.TargetID
	}
	same(r, "names", kept, want)
}

// staff looks at workers, where they stand ready, and how they are counted.
func (r *recount) staff(in map[string]*storedWorkspace, staff map[string]*storedWorker, offers map[string]*storedReservation) {
	ready, counts := map[string]readyWorker{}, map[string]int64{}
	for _, sid := range sortedKeys(staff) {
		w := staff[sid]
		if w.Gone {
			r.says("worker %s is gone, and still there", sid)
			continue
		}
		s, _, err := r.settingOf(r.ctx, w.WorkspaceSID)
		if err != nil {
			r.err = err
			return
		}
		fit := w.clone()
		if r.err = r.fit(r.ctx, s, fit); r.err != nil {
			return
		}
		if !slices.Equal(fit.CrewIDs, w.CrewIDs) || !slices.Equal(fit.Channels, w.Channels) || fit.ActivityName != w.ActivityName {
			r.says("worker %s is\n%+v, not\n%+v", sid, w, fit)
		}
		if w.SingleTask == in[w.WorkspaceSID].MultiTask {
			r.says("worker %s has the single task %t", sid, w.SingleTask)
		}
		for n := range fit.Channels {
			fit.Channels[n].Pending, fit.Channels[n].Accepted, fit.Channels[n].Wrapping = 0, 0, 0
		}
		for _, o := range offers {
			if o.WorkerSID == sid && o.Status.Live() {
				fit.Worker = fit.Count(o.TaskChannelSID, "", o.Status)
			}
		}
		if !slices.Equal(fit.Channels, w.Channels) {
			r.says("worker %s has\n%+v, by their reservations\n%+v", sid, w.Channels, fit.Channels)
		}
		for id, stands := range w.stands() {
			ready[id] = *stands
		}
		for _, of := range append([]string{w.WorkspaceSID}, w.CrewIDs...) {
			counts[of+" "+w.ActivitySID]++
			if w.Available {
				counts[of]++
			}
		}
	}
	kept := map[string]readyWorker{}
	for id, is := range allOf(r, &readyWorkers) {
		kept[id] = *is
	}
	same(r, "ready", kept, ready)
	sums := map[string]int64{}
	for _, count := range allOf(r, &workerCounts) {
		sums[count.CrewID] += count.Available
		for activity, n := range count.Activities {
			sums[count.CrewID+" "+activity] += n
		}
	}
	maps.DeleteFunc(sums, func(_ string, n int64) bool { return n == 0 })
	same(r, "workers", sums, counts)
}

// tasks looks at where tasks wait, and how they are counted.
func (r *recount) tasks(all map[string]*storedTask, lines map[string]*storedQueue, flows map[string]*storedWorkflow) {
	counts := map[string]int64{}
	for _, sid := range sortedKeys(all) {
		k := all[sid]
		if !k.Status.Live() {
			if k.LineID != "" || k.RouteJob != "" {
				r.says("task %s is %s, and waits: %+v", sid, k.Status, k)
			}
			continue
		}
		if k.QueueSID != "" {
			counts[k.QueueSID+" "+string(k.Status)]++
		} else if routing.PrefixQueue.Valid(k.RoutingTarget) {
			counts[k.RoutingTarget+" "+string(comesLater)]++
		}
		counts[k.WorkflowSID+" "+string(routing.TaskPending)]++
		counts[k.TaskChannelSID+" "+string(routing.TaskPending)]++
		if k.QueueSID != "" && lines[k.QueueSID] == nil || flows[k.WorkflowSID] == nil {
			r.says("task %s is in queue %s by workflow %s, which are not there", sid, k.QueueSID, k.WorkflowSID)
			continue
		}
		if !k.waits() {
			continue
		}
		if k.ConfigurationVersion != flows[k.WorkflowSID].Version {
			r.says("task %s goes by version %d of %d", sid, k.ConfigurationVersion, flows[k.WorkflowSID].Version)
		}
		is := *k
		if r.err = r.lineUp(r.ctx, &is); r.err != nil {
			return
		}
		if is.LineID != k.LineID || is.ForKey != k.ForKey || is.Place != k.Place {
			r.says("task %s waits in %s for %q at %s, not in %s for %q at %s", sid, k.LineID, k.ForKey, k.Place, is.LineID, is.ForKey, is.Place)
		}
		if k.LineID == "" {
			continue
		}
		choice, err := r.choose(r.ctx, k)
		if r.err = err; err != nil {
			return
		}
		for _, w := range choice.Workers {
			r.says("task %s waits, and worker %s could take it", sid, w.SID)
		}
	}
	sums := map[string]int64{}
	for _, count := range allOf(r, &taskCounts) {
		for status, n := range count.Tasks {
			sums[count.QueueSID+" "+string(status)] += n
		}
	}
	maps.DeleteFunc(sums, func(_ string, n int64) bool { return n == 0 })
	same(r, "tasks", sums, counts)
}
