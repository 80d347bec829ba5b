package engage

import (
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// storedWorkspace is a workspace with what all that happens in it goes by. Who creates or
// deletes an activity, a task channel or a workflow rewrites it.
type storedWorkspace struct {
	routing.Workspace

	// ActivitySIDs, TaskChannelSIDs and WorkflowSIDs are all that it has of them, sorted.
	ActivitySIDs    []string `json:"activity_sids,omitempty"`
	TaskChannelSIDs []string `json:"task_channel_sids,omitempty"`
	WorkflowSIDs    []string `json:"workflow_sids,omitempty"`
	Joins           Joins    `json:"joins,omitzero"`
}

// crew is the workers for whom one expression holds: those of all queues that say the same.
type crew struct {
	ID         string `json:"id"`         // see crewID
	Expression string `json:"expression"` // in its canonical form
	// QueueSIDs are the queues that it works for, sorted. None: it goes.
	QueueSIDs []string `json:"queue_sids,omitempty"`
	// Turn is that of the workspace in which it was last begun to be put together, or to be
	// taken apart; Settled is the last one that is done.
	Turn    int64 `json:"turn"`
	Settled int64 `json:"settled,omitempty"`
}

// storedCrews are all crews of a workspace. The one record is the guard of which there are:
// whoever makes a worker, or changes what is known of one, reads it.
type storedCrews struct {
	WorkspaceSID string `json:"workspace_sid"`
	Crews        []crew `json:"crews,omitempty"` // by ID
	// Places are the activities that queues name, with the SIDs of these.
	Places map[string][]string `json:"places,omitempty"`
	// Turn counts what all workers have to be brought up to date with; Job does so, as long
	// as there is something.
	Turn int64  `json:"turn"`
	Job  string `json:"job,omitempty"`
}

// storedQueue is a queue with the crew that works for it.
type storedQueue struct {
	routing.Queue

	CrewID string `json:"crew_id"`
	// WorkflowSIDs are the workflows that name it, also in a configuration by which tasks
	// are waiting still, sorted.
	WorkflowSIDs []string `json:"workflow_sids,omitempty"`
	// Turn counts what the tasks that wait in it have to be ordered anew for; Job does so,
	// as long as there may be some.
	Turn int64  `json:"turn,omitempty"`
	Job  string `json:"job,omitempty"`
}

// storedWorkflow is a workflow as it is now. Tasks that wait go by the version of its
// configuration that they were lined up by, until they are lined up anew.
type storedWorkflow struct {
	routing.Workflow

	Version int64 `json:"version"` // of the configuration, from 1
	// Oldest is the first version by which tasks may be waiting still.
	Oldest int64 `json:"oldest"`
	// Anew is the version with which tasks go through it from the beginning that were lined
	// up by an older one.
	Anew int64 `json:"anew,omitempty"`
	// Job moves tasks to the version, as long as there may be some.
	Job string `json:"job,omitempty"`
}

// storedConfiguration is one version of a workflow's configuration. It never changes.
type storedConfiguration struct {
	WorkflowSID   string                `json:"workflow_sid"`
	Version       int64                 `json:"version"`
	Configuration routing.Configuration `json:"configuration"`
}

// storedWorker is a worker with the crews that they belong to.
type storedWorker struct {
	routing.Worker

	CrewIDs []string `json:"crew_ids,omitempty"` // sorted
	// SingleTask says that they stand ready only while they have no task at all: how the
	// workspace was when that was written.
	SingleTask bool `json:"single_task,omitempty"`
	// Gone says that they were deleted, and what they had is being given to others.
	Gone bool `json:"gone,omitempty"`
}

// readyWorker says that a worker of a crew can take one more task on a task channel. There
// is one as long as that is so.
type readyWorker struct {
	CrewID         string `json:"crew_id"`
	TaskChannelSID string `json:"task_channel_sid"`
	WorkerSID      string `json:"worker_sid"`
	IdleKey        string `json:"idle_key"`
}

// storedTask is a task with its place among those that wait.
type storedTask struct {
	routing.Task

	// LineID is the line that it waits in; see [routing.Line]. Empty: it is in none, for it
	// does not wait, or its channel is not set up.
	LineID string `json:"line_id,omitempty"`
	// ForKey names the worker whom it waits for, if it is for nobody else.
	ForKey string `json:"for_key,omitempty"`
	// Place is where it stands in the line; see [routing.Task.OrderKey].
	Place string `json:"place,omitempty"`
	// Tried says that workers were sought for it in the line, and nobody could take it;
	// Behind that somebody was turned down only because of the task itself.
	Tried  bool `json:"tried,omitempty"`
	Behind bool `json:"behind,omitempty"`
	// ConfigurationVersion is which one of the workflow's configurations it goes by.
	ConfigurationVersion int64 `json:"configuration_version,omitempty"`
	// Held says that it is not routed yet: its channel is being set up.
	Held bool `json:"held,omitempty"`
	// Accept has it accepted as soon as it is offered.
	Accept bool `json:"accept,omitempty"`
	// RouteJob is the job that looks after it as long as it waits, RouteAt when it does so
	// next; zero: at once.
	RouteJob string    `json:"route_job,omitempty"`
	RouteAt  time.Time `json:"route_at,omitzero"`
}

// storedReservation is a reservation with the job that ends its time.
type storedReservation struct {
	routing.Reservation

	// TimeOutJob looks whether the worker has let the time go by.
	TimeOutJob string `json:"time_out_job,omitempty"`
	// Decision says how the worker was chosen; see [routing.Trace.Brief].
	Decision routing.Trace `json:"decision,omitzero"`
}

// The tables of routing.
var (
	workspaces = work.Table[storedWorkspace]{
		Kind: "workspace", Format: 2,
		ID: func(w *storedWorkspace) string { return w.SID },
	}
	routingNames = work.Table[foreignKey]{Kind: "routing_name", Format: 1, ID: hashID} // what, workspace, name
	activities   = work.Table[routing.Activity]{
		Kind: "activity", Format: 1,
		ID:      func(a *routing.Activity) string { return a.SID },
		Indexes: []work.Index[routing.Activity]{{Name: byWorkspace, Term: func(a *routing.Activity) (string, bool) { return inWorkspace(a.WorkspaceSID, a.SID), true }}},
	}
	taskChannels = work.Table[routing.TaskChannel]{
		Kind: "task_channel", Format: 1,
		ID: func(c *routing.TaskChannel) string { return c.SID },
		Indexes: []work.Index[routing.TaskChannel]{{Name: byWorkspace, Term: func(c *routing.TaskChannel) (string, bool) {
			return inWorkspace(c.WorkspaceSID, c.SID), true
		}}},
	}
	crews = work.Table[storedCrews]{
		Kind: "crews", Format: 1,
		ID: func(c *storedCrews) string { return c.WorkspaceSID },
	}
	queues = work.Table[storedQueue]{
		Kind: "task_queue", Format: 1,
		ID:      func(q *storedQueue) string { return q.SID },
		Indexes: []work.Index[storedQueue]{{Name: byWorkspace, Term: func(q *storedQueue) (string, bool) { return inWorkspace(q.WorkspaceSID, q.SID), true }}},
	}
	workflows = work.Table[storedWorkflow]{
		Kind: "workflow", Format: 1,
		ID:      func(w *storedWorkflow) string { return w.SID },
		Indexes: []work.Index[storedWorkflow]{{Name: byWorkspace, Term: func(w *storedWorkflow) (string, bool) { return inWorkspace(w.WorkspaceSID, w.SID), true }}},
	}
	configurations = work.Table[storedConfiguration]{
		Kind: "workflow_configuration", Format: 1,
		ID: func(c *storedConfiguration) string { return configurationID(c.WorkflowSID, c.Version) },
	}
	workers = work.Table[storedWorker]{
		Kind: "worker", Format: 2,
		ID: func(w *storedWorker) string { return w.SID },
		Indexes: []work.Index[storedWorker]{
			{Name: byWorkspace, Term: func(w *storedWorker) (string, bool) { return inWorkspace(w.WorkspaceSID, w.SID), !w.Gone }},
			{Name: byActivity, Term: func(w *storedWorker) (string, bool) { return idTerm(w.ActivitySID).Text(w.SID).String(), !w.Gone }},
			{Name: byAgent, Term: func(w *storedWorker) (string, bool) { return idTerm(plain(w.AgentID)).Text(w.SID).String(), !w.Gone }},
		},
	}
	readyWorkers = work.Table[readyWorker]{
		Kind: "ready_worker", Format: 1,
		ID: func(r *readyWorker) string {
			return idTerm(r.CrewID).Text(r.TaskChannelSID).Text(r.WorkerSID).String()
		},
		Indexes: []work.Index[readyWorker]{{Name: byIdle, Term: func(r *readyWorker) (string, bool) {
			return readyTerm(r.CrewID, r.TaskChannelSID).Text(r.IdleKey).String(), true
		}}},
	}
	tasks = work.Table[storedTask]{
		Kind: "task", Format: 2,
		ID: func(k *storedTask) string { return k.SID },
		Indexes: []work.Index[storedTask]{
			{Name: byLine, Term: func(k *storedTask) (string, bool) {
				return lineTerm(k.QueueSID, k.TaskChannelSID).Text(k.LineID).Text(k.Place).String(), k.LineID != "" && k.ForKey == ""
			}},
			{Name: byPlace, Term: func(k *storedTask) (string, bool) {
				return idTerm(k.QueueSID).Text(k.Place).String(), k.LineID != "" && k.ForKey == ""
			}},
			{Name: byKnown, Term: func(k *storedTask) (string, bool) {
				return knownTerm(k), k.LineID != "" && k.ForKey != ""
			}},
			{Name: byQueueWaiting, Term: func(k *storedTask) (string, bool) {
				return queueWaitingTerm(k), k.QueueSID != "" && k.waits()
			}},
			{Name: byWorkflowWaiting, Term: func(k *storedTask) (string, bool) {
				return workflowWaitingTerm(k), k.waits()
			}},
			{Name: byWorkspace, Term: func(k *storedTask) (string, bool) { return inWorkspace(k.WorkspaceSID, k.SID), true }},
			{Name: byWorkspaceStatus, Term: func(k *storedTask) (string, bool) {
				return idTerm(k.WorkspaceSID).Text(string(k.Status)).Text(k.SID).String(), true
			}},
			{Name: byQueue, Term: func(k *storedTask) (string, bool) {
				return idTerm(k.QueueSID).Text(k.SID).String(), k.QueueSID != ""
			}},
			{Name: byChannel, Term: func(k *storedTask) (string, bool) {
				return idTerm(k.ChannelSID).Text(k.SID).String(), k.ChannelSID != ""
			}},
		},
	}
	reservations = work.Table[storedReservation]{
		Kind: "reservation", Format: 2, Mend: mendReservation,
		ID: func(r *storedReservation) string { return r.SID },
		Indexes: []work.Index[storedReservation]{
			{Name: byTask, Term: func(r *storedReservation) (string, bool) { return idTerm(r.TaskSID).Text(r.SID).String(), true }},
			{Name: byWorker, Term: func(r *storedReservation) (string, bool) { return idTerm(r.WorkerSID).Text(r.SID).String(), true }},
			{Name: byWorkerLive, Term: func(r *storedReservation) (string, bool) {
				return idTerm(r.WorkerSID).Text(r.SID).String(), r.Status.Live()
			}},
			{Name: byWorkerPending, Term: func(r *storedReservation) (string, bool) {
				return idTerm(r.WorkerSID).Text(r.SID).String(), r.Status == routing.ReservationPending
			}},
		},
	}
	taskCounts = work.Table[shardedTasks]{
		Kind: "task_count", Format: 1,
		ID: func(c *shardedTasks) string { return shardID(c.QueueSID, c.Shard) },
	}
	workerCounts = work.Table[shardedWorkers]{
		Kind: "worker_count", Format: 1,
		ID: func(c *shardedWorkers) string { return shardID(c.CrewID, c.Shard) },
	}
)

// routingTables are those of routing.
func routingTables() []work.Kept {
	return []work.Kept{
		&workspaces, &routingNames, &activities, &taskChannels, &crews, &queues, &workflows, &configurations,
		&workers, &readyWorkers, &tasks, &reservations, &taskCounts, &workerCounts,
	}
}

// The indexes of routing. Where nothing else is said, the last part is the SID.
const (
	byWorkspace       = "workspace"
	byWorkspaceStatus = "workspace_status"
	byActivity        = "activity"
	byAgent           = "agent"
	byIdle            = "crew_channel_idle"
	byLine            = "queue_channel_line_order"
	byPlace           = "queue_order"
	byKnown           = "known_worker_line_order"
	byQueue           = "queue"
	byQueueWaiting    = "queue_waiting_created"
	byWorkflowWaiting = "workflow_waiting"
	byChannel         = "channel"
	byTask            = "task"
	byWorker          = "worker"
	byWorkerLive      = "worker_live"
	byWorkerPending   = "worker_pending"
	byContext         = "context"
)

// waits reports whether nobody has the task yet.
func (k *storedTask) waits() bool {
	return k.Status == routing.TaskPending || k.Status == routing.TaskReserved
}

func inWorkspace(workspaceSID, sid string) string { return idTerm(workspaceSID).Text(sid).String() }

// readyTerm begins the terms of the workers of a crew who can take one more task on a task
// channel.
func readyTerm(crewID, taskChannelSID string) store.Tuple { return idTerm(crewID).Text(taskChannelSID) }

// lineTerm begins the terms of the tasks that wait in a queue, on a task channel.
func lineTerm(queueSID, taskChannelSID string) store.Tuple {
	return idTerm(queueSID).Text(taskChannelSID)
}

func knownTerm(k *storedTask) string {
	return idTerm(k.ForKey).Text(k.LineID).Text(k.Place).String()
}

func queueWaitingTerm(k *storedTask) string {
	return idTerm(k.QueueSID).Time(k.CreatedAt).Text(k.SID).String()
}

func workflowWaitingTerm(k *storedTask) string { return idTerm(k.WorkflowSID).Text(k.SID).String() }

func configurationID(workflowSID string, version int64) string {
	return idTerm(workflowSID).Int(version).String()
}

// crewID is the ID of the crew of a workspace for whom an expression holds, in its canonical
// form.
func crewID(workspaceSID string, e routing.Expression) string {
	return hashOf(workspaceSID, e.String())[:32]
}

// lineID is what stands for a line in an index. When a queue has another crew, its tasks wait
// in other lines: that nobody of the one could take them says nothing of the other.
func lineID(crewID string, l routing.Line) string { return hashOf(crewID, l.Key())[:32] }

// forKey names the worker whom tasks wait for: by SID, or by name, which is unique in a
// workspace whatever its case.
func forKey(workspaceSID string, k routing.KnownWorker) string {
	switch {
	case routing.PrefixWorker.Valid(k.SID):
		return k.SID
	case k.SID != "": // what a task says of whom it knows can be any text
		return "nobody"
	case k.FriendlyName != "":
		return nameHash(nameOfWorker, workspaceSID, k.FriendlyName)[:32]
	}
	return "nobody"
}
