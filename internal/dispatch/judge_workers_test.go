package dispatch_test

import (
	"maps"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// sums are numbers by what they count. Those that are zero are not there.
type sums map[[3]string]int64

func (s sums) add(of, what, which string, n int64) {
	at := [3]string{of, what, which}
	if s[at] += n; s[at] == 0 {
		delete(s, at)
	}
}

// has counts the reservations of a worker, as their record says, or as a reservation does.
func (s sums) hasWorker(w storedWorker, by int64) {
	for _, c := range w.Channels {
		s.add(w.SID, c.TaskChannelSID, string(routing.ReservationPending), by*int64(c.Pending))
		s.add(w.SID, c.TaskChannelSID, string(routing.ReservationAccepted), by*int64(c.Accepted))
		s.add(w.SID, c.TaskChannelSID, string(routing.ReservationWrapping), by*int64(c.Wrapping))
	}
}

func (s sums) hasReservation(r storedReservation, by int64) {
	if r.SID != "" && r.Status.Live() {
		s.add(r.WorkerSID, r.TaskChannelSID, string(r.Status), by)
	}
}

func (s sums) hasTask(k storedTask, by int64) {
	if k.SID == "" || !k.Status.Live() {
		return
	}
	if k.QueueSID != "" {
		s.add(k.QueueSID, "tasks", string(k.Status), by)
	}
	s.add(k.WorkflowSID, "tasks", string(routing.TaskPending), by)
	s.add(k.TaskChannelSID, "tasks", string(routing.TaskPending), by)
}

func (s sums) saysTasks(c taskCount, by int64) {
	for status, n := range c.Tasks {
		s.add(c.Of, "tasks", string(status), by*n)
	}
}

func (s sums) isWorker(w storedWorker, by int64) {
	if w.SID == "" || w.Gone {
		return
	}
	for _, of := range append([]string{w.WorkspaceSID}, w.CrewIDs...) {
		s.add(of, "workers", w.ActivitySID, by)
		if w.Available {
			s.add(of, "available", "", by)
		}
	}
}

func (s sums) saysWorkers(c workerCount, by int64) {
	for activity, n := range c.Activities {
		s.add(c.Of, "workers", activity, by*n)
	}
	s.add(c.Of, "available", "", by*c.Available)
}

// judgeWorkers looks whether workers have what they are counted for, stand ready where they
// can take more, and are then looked for something.
func (j *judged) judgeWorkers() {
	counted, happened := sums{}, sums{}
	should, stands := map[readyWorker]int{}, map[readyWorker]int{}
	written(j, "worker", func(key store.Key, was, is storedWorker, existed, exists bool) {
		counted.hasWorker(was, -1)
		counted.hasWorker(is, 1)
		for at := range was.stands() {
			should[at]--
		}
		for at := range is.stands() {
			should[at]++
		}
		if !exists {
			if !was.Gone || was.busy() > 0 {
				j.blame("worker %+v is removed", was)
			}
			return
		}
		if workspace, there, named := then[routing.Workspace](j, j.key("workspace", is.WorkspaceSID)); !there || !named || is.SingleTask == workspace.MultiTask {
			j.blame("worker %s has one task at a time: %v, and the workspace several: %v (%v)", is.SID, is.SingleTask, workspace.MultiTask, named)
		}
		if len(is.stands()) > 0 && !j.seeks(is.SID) {
			j.blame("worker %s can take more, and nobody looks for something", is.SID)
		}
	})
	written(j, "reservation", func(_ store.Key, was, is storedReservation, _, _ bool) {
		happened.hasReservation(was, -1)
		happened.hasReservation(is, 1)
	})
	if !maps.Equal(counted, happened) {
		j.blame("workers are counted %v, and what happens is %v", counted, happened)
	}
	written(j, "ready_worker", func(_ store.Key, was, is readyWorker, existed, exists bool) {
		if existed {
			stands[was]--
		}
		if exists {
			stands[is]++
		}
	})
	zero := func(_ readyWorker, n int) bool { return n == 0 }
	maps.DeleteFunc(should, zero)
	maps.DeleteFunc(stands, zero)
	if !maps.Equal(should, stands) {
		j.blame("it is written that %v stand ready, and it should be %v", stands, should)
	}
}

// seeks reports whether the batch adds a job that seeks tasks for a worker.
func (j *judged) seeks(workerSID string) (found bool) {
	written(j, "job", func(_ store.Key, _, is storedJob, existed, exists bool) {
		found = found || exists && is.Type == "worker.route" && is.Data.WorkerSID == workerSID
	})
	return found
}

// judgeCounts looks whether tasks and workers are counted as they change.
func (j *judged) judgeCounts() {
	counted, happened := sums{}, sums{}
	written(j, "task_count", func(_ store.Key, was, is taskCount, _, _ bool) {
		counted.saysTasks(was, -1)
		counted.saysTasks(is, 1)
	})
	written(j, "worker_count", func(_ store.Key, was, is workerCount, _, _ bool) {
		counted.saysWorkers(was, -1)
		counted.saysWorkers(is, 1)
	})
	written(j, "task", func(_ store.Key, was, is storedTask, _, _ bool) {
		happened.hasTask(was, -1)
		happened.hasTask(is, 1)
	})
	written(j, "worker", func(_ store.Key, was, is storedWorker, _, _ bool) {
		happened.isWorker(was, -1)
		happened.isWorker(is, 1)
	})
	if !maps.Equal(counted, happened) {
		j.blame("it is counted %v, and what happens is %v", counted, happened)
	}
}
