package engage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// jobWorkers brings all workers of a workspace up to date: the crews that they are in, the
// task channels that they have, what their activity is called, and whether they can have
// several tasks. It begins anew, from the first, as long as something has changed meanwhile.
const jobWorkers = "workspace.workers"

type workersDue struct {
	WorkspaceSID string `json:"workspace_sid"`
	// Turn is what they are being brought up to date with; see storedCrews.
	Turn   int64  `json:"turn,omitempty"`
	Cursor string `json:"cursor,omitempty"` // behind the worker who was looked at last
}

// crewsOf reads the crews of a workspace, which are the guard of what its queues are.
func (t *turn) crewsOf(ctx context.Context, workspaceSID string) (*storedCrews, error) {
	return need(crews.Get(ctx, t.Work, workspaceSID))(workspaceResource(workspaceSID))
}

// crew returns a crew by its ID, nil if there is none.
func (c *storedCrews) crew(id string) *crew {
	n, there := slices.BinarySearchFunc(c.Crews, id, func(in crew, id string) int { return cmp.Compare(in.ID, id) })
	if !there {
		return nil
	}
	return &c.Crews[n]
}

func crewIDs(c *storedCrews) []string {
	ids := make([]string, len(c.Crews))
	for n := range c.Crews {
		ids[n] = c.Crews[n].ID
	}
	return ids
}

// namesActivity returns the SID of a queue that names an activity, "" if there is none.
func (c *storedCrews) namesActivity(sid string) string {
	if queues := c.Places[sid]; len(queues) > 0 {
		return queues[0]
	}
	return ""
}

// place notes which activities a queue names, in place of those that it named.
func (c *storedCrews) place(queueSID string, sids ...string) {
	for _, sid := range sortedKeys(c.Places) {
		if c.Places[sid] = without(c.Places[sid], queueSID); len(c.Places[sid]) == 0 {
			delete(c.Places, sid)
		}
	}
	for _, sid := range sids {
		if sid == "" {
			continue
		}
		if c.Places == nil {
			c.Places = map[string][]string{}
		}
		c.Places[sid] = with(c.Places[sid], queueSID)
	}
}

// queueCount returns how many queues there are.
func (c *storedCrews) queueCount() (n int) {
	for _, crew := range c.Crews {
		n += len(crew.QueueSIDs)
	}
	return n
}

// enlist has the crew of an expression work for a queue. It reports whether that crew has to
// be put together.
func (c *storedCrews) enlist(q *storedQueue, e routing.Expression) (fresh bool, err error) {
	q.CrewID = crewID(c.WorkspaceSID, e)
	n, there := slices.BinarySearchFunc(c.Crews, q.CrewID, func(in crew, id string) int { return cmp.Compare(in.ID, id) })
	if !there {
		bytes := len(e.String())
		for _, crew := range c.Crews {
			bytes += len(crew.Expression)
		}
		switch {
		case len(c.Crews) >= MaxCrews:
			return false, limitReached(workspaceResource(c.WorkspaceSID), MaxCrews, "different expressions of queues")
		case bytes > MaxExpressions:
			return false, limitReached(workspaceResource(c.WorkspaceSID), MaxExpressions, "bytes of expressions of queues")
		}
		c.Crews = slices.Insert(c.Crews, n, crew{ID: q.CrewID, Expression: e.String()})
	}
	is := &c.Crews[n]
	fresh = len(is.QueueSIDs) == 0
	is.QueueSIDs = with(is.QueueSIDs, q.SID)
	if fresh {
		is.Turn = c.Turn + 1
	}
	return fresh, nil
}

// discharge has a crew work for a queue no longer. It reports whether the crew has to be
// taken apart.
func (c *storedCrews) discharge(q *storedQueue) (idle bool) {
	is := c.crew(q.CrewID)
	if is == nil {
		return false
	}
	is.QueueSIDs = without(is.QueueSIDs, q.SID)
	if idle = len(is.QueueSIDs) == 0; idle {
		is.Turn = c.Turn + 1
	}
	return idle
}

// bringUpToDate has all workers of a workspace looked at.
func (t *turn) bringUpToDate(ctx context.Context, workspaceSID string) error {
	c, err := t.crewsOf(ctx, workspaceSID)
	if err != nil {
		return err
	}
	return t.keepCrews(ctx, c, true)
}

// keepCrews writes the crews of a workspace. If they have changed, all workers are looked at.
func (t *turn) keepCrews(ctx context.Context, c *storedCrews, changed bool) (err error) {
	if changed {
		c.Turn++
		c.Job, err = t.ensure(ctx, c.Job, jobWorkers, workersDue{WorkspaceSID: c.WorkspaceSID})
	}
	return errors.Join(err, crews.Put(t.Work, c))
}

// ensure sees to it that a job goes on that finds out itself what is to be done: the one
// that there is, if it is still there, or another one. One that has failed, or waits for its next
// try, is tried at once: what kept it may have changed. It returns its ID.
func (t *turn) ensure(ctx context.Context, jobID, typ string, data any) (string, error) {
	if jobID != "" {
		j, err := t.core.jobs.Get(ctx, t.Work, jobID)
		switch {
		case err == nil && j.Attempts > 0:
			return jobID, t.core.jobs.Retry(ctx, t.Work, jobID)
		case err == nil:
			return jobID, nil
		case !errors.Is(err, jobs.ErrNotFound):
			return "", err
		}
	}
	return t.later(ctx, typ, time.Time{}, data)
}

// theseCrews are the crews of a workspace, ready to be asked who is in them.
type theseCrews struct {
	ids         []string
	expressions []routing.Expression
}

// parse reads the expressions of all crews that work for a queue.
func (c *storedCrews) parse() (these theseCrews, err error) {
	for _, crew := range c.Crews {
		if len(crew.QueueSIDs) == 0 {
			continue
		}
		e, err := routing.ParseExpression(crew.Expression, routing.ScopeWorker)
		if err != nil {
			return these, fmt.Errorf("the expression of crew %s: %w", crew.ID, err)
		}
		these.ids, these.expressions = append(these.ids, crew.ID), append(these.expressions, e)
	}
	return these, nil
}

// of returns the crews that a worker is in, sorted.
func (c theseCrews) of(w routing.Worker) (in []string) {
	facts := routing.Facts{Worker: w.Facts()}
	for n, e := range c.expressions {
		if e.Holds(facts) {
			in = append(in, c.ids[n])
		}
	}
	return in
}

// setting is what follows for a worker from what there is in their workspace.
type setting struct {
	workspace *storedWorkspace
	crews     theseCrews
	channels  []*routing.TaskChannel
}

// settingOf reads what workers of a workspace go by.
func (t *turn) settingOf(ctx context.Context, workspaceSID string) (*setting, *storedCrews, error) {
	w, err := t.workspace(ctx, workspaceSID)
	if err != nil {
		return nil, nil, err
	}
	c, err := t.crewsOf(ctx, w.SID)
	if err != nil {
		return nil, nil, err
	}
	s := &setting{workspace: w}
	if s.crews, err = c.parse(); err != nil {
		return nil, nil, err
	}
	s.channels, err = taskChannels.All(ctx, t.Work, w.TaskChannelSIDs...)
	return s, c, err
}

// registerStaff says how the jobs of workers and of what they do are done.
func (c *core) registerStaff() {
	c.jobs.Within(jobWorkers, within(c, func(ctx context.Context, t *turn, d *workersDue) (time.Time, error) {
		return t.updateWorkers(ctx, d)
	}))
	c.jobs.Within(jobReorder, within(c, func(ctx context.Context, t *turn, d *reorder) (time.Time, error) {
		return t.reorder(ctx, d)
	}))
	c.jobs.Within(jobRelined, within(c, func(ctx context.Context, t *turn, d *relined) (time.Time, error) {
		return t.relineAll(ctx, d)
	}))
	c.jobs.Within(jobRemoveWorker, within(c, func(ctx context.Context, t *turn, d *removeWorker) (time.Time, error) {
		return t.removeWorker(ctx, d)
	}))
	c.jobs.Within(jobRejectPending, within(c, func(ctx context.Context, t *turn, d *rejectPending) (time.Time, error) {
		return t.rejectPending(ctx, d.WorkerSID)
	}))
}

// maxStep is how many operations a step of a long work comes to before it leaves the rest to
// the next one. What one more worker or task comes to fits beside it.
const maxStep = 500

// updateWorkers brings some of the workers of a workspace up to date.
func (t *turn) updateWorkers(ctx context.Context, d *workersDue) (again time.Time, err error) {
	s, c, err := t.settingOf(ctx, d.WorkspaceSID)
	if err != nil {
		return time.Time{}, gone(err)
	}
	if d.Turn == 0 {
		d.Turn = c.Turn
	}
	page := inWorkspaceQuery(d.WorkspaceSID, t.Share(stepSize), "")
	if d.Cursor != "" {
		page.From = inWorkspace(d.WorkspaceSID, d.Cursor) + "\x01"
	}
	list, next, err := workers.Find(ctx, t.Work, page)
	if err != nil {
		return time.Time{}, err
	}
	for n, w := range list {
		if n > 0 && t.Size() > maxStep {
			return atOnce, nil // the next step goes on behind the last one
		}
		if err := t.updateWorker(ctx, s, w); err != nil {
			return time.Time{}, err
		}
		d.Cursor = w.SID
	}
	if next != "" {
		return atOnce, nil
	}
	return t.settleCrews(ctx, c, d)
}

// settleCrews ends a pass over all workers of a workspace, or begins another one if
// something has changed meanwhile.
func (t *turn) settleCrews(ctx context.Context, c *storedCrews, d *workersDue) (again time.Time, err error) {
	var kept []crew
	for _, is := range c.Crews {
		if is.Turn <= d.Turn {
			is.Settled = is.Turn
			if len(is.QueueSIDs) == 0 { // nobody is in it any more
				if err := dropCounts(ctx, t, &workerCounts, is.ID); err != nil {
					return time.Time{}, err
				}
				continue
			}
		}
		kept = append(kept, is)
	}
	c.Crews = kept
	if c.Turn > d.Turn {
		d.Turn, d.Cursor, again = c.Turn, "", atOnce
	} else {
		c.Job = ""
	}
	return again, crews.Put(t.Work, c)
}

// updateWorker brings a worker up to date.
func (t *turn) updateWorker(ctx context.Context, s *setting, before *storedWorker) error {
	after := before.clone()
	if err := t.fit(ctx, s, after); err != nil {
		return err
	}
	same := slices.Equal(after.CrewIDs, before.CrewIDs) && slices.Equal(after.Channels, before.Channels) &&
		after.ActivityName == before.ActivityName && after.SingleTask == !s.workspace.MultiTask
	if same {
		return nil
	}
	return t.keepWorker(ctx, s.workspace, before, after)
}

// fit puts a worker into the crews that they belong to, gives them a channel for each task
// channel, and takes from them those for which there is none any more.
func (t *turn) fit(ctx context.Context, s *setting, w *storedWorker) error {
	w.CrewIDs = s.crews.of(w.Worker)
	w.Channels = slices.DeleteFunc(w.Channels, func(has routing.WorkerChannel) bool {
		return !slices.ContainsFunc(s.channels, func(c *routing.TaskChannel) bool { return c != nil && c.SID == has.TaskChannelSID })
	})
	for _, c := range s.channels {
		if c != nil {
			t.openChannel(w, c)
		}
	}
	name, err := t.activityName(ctx, w.ActivitySID)
	if err == nil && name != "" {
		w.ActivityName = name
	}
	return err
}

// openChannel gives a worker a channel for a task channel, unless they have it.
func (t *turn) openChannel(w *storedWorker, c *routing.TaskChannel) {
	n, there := slices.BinarySearchFunc(w.Channels, c.SID, func(has routing.WorkerChannel, sid string) int { return strings.Compare(has.TaskChannelSID, sid) })
	if there {
		return
	}
	w.Channels = slices.Insert(w.Channels, n, routing.WorkerChannel{
		SID: t.sid(routing.PrefixWorkerChannel), TaskChannelSID: c.SID, TaskChannel: c.UniqueName,
		Capacity: routing.DefaultCapacity, Available: true, CreatedAt: t.now, UpdatedAt: t.now,
	})
}

// giveChannel gives a worker the channel on which a reservation of theirs is to be counted. A
// task that is for them whatever else they do may come on one that is so new that they have
// none for it yet.
func (t *turn) giveChannel(ctx context.Context, w *storedWorker, taskChannelSID string) error {
	if _, there := w.Channel(taskChannelSID); there {
		return nil
	}
	c, err := t.taskChannel(ctx, taskChannelSID)
	if err != nil {
		return gone(err)
	}
	t.openChannel(w, c)
	return nil
}

// waitingIn returns the query of the tasks that wait, by an index whose terms begin with
// what they wait in: of those behind a term, if there is one.
func waitingIn(index, of string, limit int, behind string) store.Query {
	q := store.Query{Index: index, Prefix: idTerm(of).String(), Limit: limit}
	if behind != "" {
		q.From = behind + "\x01"
	}
	return q
}
