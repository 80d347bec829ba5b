package dispatch_test

import (
	"slices"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// judgeTasks looks whether a task is offered and accepted as its state says, belongs to its
// channel, and is looked after as long as it waits.
func (j *judged) judgeTasks() {
	written(j, "task", func(key store.Key, was, is storedTask, existed, exists bool) {
		if !exists {
			j.blame("task %s is removed", key.ID)
			return
		}
		count := map[routing.ReservationStatus]int{}
		var asked []string
		for _, sid := range is.ReservationSIDs {
			r, there, named := then[storedReservation](j, j.key("reservation", sid))
			if !there || !named || !r.Status.Live() || r.TaskSID != is.SID {
				j.blame("task %s has reservation %s, which is %+v, %v", is.SID, sid, r, named)
			}
			if slices.Contains(asked, r.WorkerSID) {
				j.blame("task %s is offered to worker %s twice", is.SID, r.WorkerSID)
			}
			asked = append(asked, r.WorkerSID)
			count[r.Status]++
		}
		n, pending := len(is.ReservationSIDs), count[routing.ReservationPending]
		ok := false
		switch is.Status {
		case routing.TaskPending, routing.TaskCompleted, routing.TaskCanceled:
			ok = n == 0
		case routing.TaskReserved:
			ok = n > 0 && n == pending
		case routing.TaskAssigned:
			ok = n == 1 && count[routing.ReservationAccepted] == 1
		case routing.TaskWrapping:
			ok = n == 1 && count[routing.ReservationWrapping] == 1
		}
		if !ok {
			j.blame("task %s is %s with the reservations %v", is.SID, is.Status, count)
		}
		if existed && is.Version < was.Version || is.Version > was.Version+1 || !existed && is.Version != 0 {
			j.blame("task %s: version %d after %d", is.SID, is.Version, was.Version)
		}
		if is.Version == was.Version && is.Status != was.Status && existed {
			j.blame("task %s goes from %s to %s in version %d", is.SID, was.Status, is.Status, is.Version)
		}
		j.judgeWaiting(was, is, existed)
		if is.ChannelSID != "" {
			c, there, named := then[storedChannel](j, j.key("interaction_channel", is.ChannelSID))
			if !there || !named || slices.Contains(c.TaskSIDs, is.SID) != is.Status.Live() {
				j.blame("task %s is %s, and its channel has %v (%v)", is.SID, is.Status, c.TaskSIDs, named)
			}
		}
	})
}

// judgeWaiting looks whether somebody looks after a task that waits, and nobody after another.
func (j *judged) judgeWaiting(was, is storedTask, existed bool) {
	if is.waits() != (is.RouteJob != "") {
		j.blame("task %s is %s, and job %q looks after it", is.SID, is.Status, is.RouteJob)
	}
	if (is.LineID != "") && (is.Status != routing.TaskPending || is.Held) {
		j.blame("task %s is %s, and in a line", is.SID, is.Status)
	}
	if is.RouteJob != "" {
		job, there, named := then[storedJob](j, j.key("job", is.RouteJob))
		switch {
		case is.RouteJob != was.RouteJob && (!named || !there || job.Type != "task.route" || job.Data.TaskSID != is.SID):
			j.blame("task %s is to be looked after by %s, which is %+v", is.SID, is.RouteJob, job)
		case named && !there:
			j.blame("task %s waits, and its job %s is removed", is.SID, is.RouteJob)
		case named && job.Due.After(is.RouteAt) && !(is.RouteAt.IsZero() && job.Due.IsZero()):
			j.blame("task %s is to be looked after at %v, and its job is due at %v", is.SID, is.RouteAt, job.Due)
		}
	}
	moved := is.LineID != was.LineID || is.ForKey != was.ForKey || is.Place != was.Place
	if moved && is.LineID != "" && (is.Tried || is.Behind) {
		j.note("moved and tried")
	}
	if moved && is.LineID != "" && !is.Tried && !is.RouteAt.IsZero() {
		j.blame("task %s has come to another place, and is looked at only at %v", is.SID, is.RouteAt)
	}
	if existed && was.RouteJob != "" && was.RouteJob != is.RouteJob {
		if _, touched := j.after[j.key("job", was.RouteJob)]; !touched {
			j.note("a job was left to find out by itself")
		}
	}
}

// judgeReservations looks whether what is offered may be, and whether it is known wherever it
// must be.
func (j *judged) judgeReservations() {
	written(j, "reservation", func(key store.Key, was, is storedReservation, existed, exists bool) {
		if !exists {
			j.blame("reservation %s is removed", key.ID)
			return
		}
		task, there, named := then[storedTask](j, j.key("task", is.TaskSID))
		if !there || !named || slices.Contains(task.ReservationSIDs, is.SID) != is.Status.Live() {
			j.blame("reservation %s is %s, and its task has %v (%v)", is.SID, is.Status, task.ReservationSIDs, named)
		}
		if !task.Status.Live() && is.Status.Live() {
			j.blame("reservation %s is %s, and its task %s", is.SID, is.Status, task.Status)
		}
		if existed && was.Status != is.Status && is.Version != was.Version+1 {
			j.blame("reservation %s: version %d after %d", is.SID, is.Version, was.Version)
		}
		if is.Status == routing.ReservationTimeout && is.EndedAt.Before(is.DueAt) {
			j.blame("reservation %s times out at %v, and was due at %v", is.SID, is.EndedAt, is.DueAt)
		}
		if (is.Status == routing.ReservationPending) != (is.TimeOutJob != "") {
			j.blame("reservation %s is %s, and job %q times it out", is.SID, is.Status, is.TimeOutJob)
		}
		if is.TimeOutJob != "" && is.TimeOutJob != was.TimeOutJob {
			if job, there, _ := then[storedJob](j, j.key("job", is.TimeOutJob)); !there || job.Data.ReservationSID != is.SID || !job.Due.Equal(is.DueAt) {
				j.blame("reservation %s is timed out by %+v", is.SID, job)
			}
		}
		if was.Status != is.Status {
			if _, written := j.after[j.key("worker", is.WorkerSID)]; !written {
				j.blame("reservation %s goes from %q to %s, and worker %s is not counted", is.SID, was.Status, is.Status, is.WorkerSID)
			}
			j.note("reservation " + string(is.Status))
		}
		if !existed {
			j.judgeOffer(task, is)
		}
	})
}

// judgeOffer looks whether a worker can take what they are offered.
func (j *judged) judgeOffer(task storedTask, is storedReservation) {
	was, there, named := before[storedWorker](j, j.key("worker", is.WorkerSID))
	if !there || !named || was.Gone || !was.Available {
		j.blame("%s is offered to worker %+v", is.TaskSID, was)
		return
	}
	before, existed, named := before[storedTask](j, j.key("task", is.TaskSID))
	if !existed || !named || before.Status != routing.TaskPending || before.LineID == "" || before.Held {
		j.blame("what is offered is %+v", before)
	}
	direct := routing.PrefixWorker.Valid(task.RoutingTarget)
	if direct && task.RoutingTarget != is.WorkerSID {
		j.blame("%s is offered to %s, and is for %s", is.TaskSID, is.WorkerSID, task.RoutingTarget)
	}
	if !direct {
		queue, there, named := then[storedQueue](j, j.key("task_queue", is.QueueSID))
		if !there || !named || !slices.Contains(was.CrewIDs, queue.CrewID) {
			j.blame("%s is offered to %s, who is not in the queue %s (%v)", is.TaskSID, is.WorkerSID, is.QueueSID, named)
		}
	}
	if task.IgnoreCapacity {
		j.note("whatever the capacity")
		return
	}
	c, has := was.Channel(is.TaskChannelSID)
	if !has || !c.Available || c.Reservations() >= c.Capacity {
		j.blame("%s is offered to %s, who has %+v", is.TaskSID, is.WorkerSID, c)
	}
	workspace, there, named := then[routing.Workspace](j, j.key("workspace", is.WorkspaceSID))
	if !there || !named || !workspace.MultiTask && was.busy() > 0 {
		j.blame("%s is offered to %s, who has %d tasks, and may have one (%v)", is.TaskSID, is.WorkerSID, was.busy(), named)
	}
}
