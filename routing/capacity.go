package routing

import (
	"slices"
	"time"
)

// DefaultCapacity is how many tasks of a channel a worker can have at a time, unless it is
// said otherwise.
const DefaultCapacity = 1

// MaxCapacity is the most that can be said. The platform documents no limit; this one keeps
// sums within 32 bits.
const MaxCapacity = 10_000

// WorkerChannel says how much a worker can do on a task channel at a time, and does. There
// is one for each worker and task channel; no capacity is shared between task channels
// (TaskRouter's documentation, "WorkerChannel Resource"). This is what is kept;
// [WorkerChannel.View] is what is shown.
type WorkerChannel struct {
	SID            string `json:"sid"`
	TaskChannelSID string `json:"task_channel_sid"`
	TaskChannel    string `json:"task_channel_unique_name"`
	// Capacity is how many reservations they can have; 0: none.
	Capacity int `json:"configured_capacity"`
	// Available says whether they take tasks of the channel at all.
	Available bool `json:"available"`
	// Pending, Accepted and Wrapping count their reservations on the channel that have not
	// ended, by state.
	Pending   int       `json:"pending,omitempty"`
	Accepted  int       `json:"accepted,omitempty"`
	Wrapping  int       `json:"wrapping,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Reservations is what takes up capacity: pending, accepted and wrapping.
func (c WorkerChannel) Reservations() int { return c.Pending + c.Accepted + c.Wrapping }

// AssignedTasks is what the platform calls so: only what is accepted.
func (c WorkerChannel) AssignedTasks() int { return c.Accepted }

// AvailablePercentage is how much of the capacity is left, floor((1 - reservations /
// configured) * 100), from 0 to 100. A worker whose capacity was lowered below what they
// have has 0, and so has one without any.
func (c WorkerChannel) AvailablePercentage() int {
	free := c.Capacity - c.Reservations()
	if free <= 0 {
		return 0
	}
	return int(int64(free) * 100 / int64(c.Capacity))
}

// Takes reports whether one more task can be offered on the channel.
func (c WorkerChannel) Takes() bool { return c.Available && c.Reservations() < c.Capacity }

// Count returns the channel after one of its reservations went from a state to another;
// empty: it is new. A state that takes up nothing is not counted, and no count goes below
// 0.
func (c WorkerChannel) Count(from, to ReservationStatus) WorkerChannel {
	if n := counter(&c, from); n != nil && *n > 0 {
		*n--
	}
	if n := counter(&c, to); n != nil {
		*n++
	}
	return c
}

// counter is where reservations of a state are counted; nil: nowhere.
func counter(c *WorkerChannel, s ReservationStatus) *int {
	switch s {
	case ReservationPending:
		return &c.Pending
	case ReservationAccepted:
		return &c.Accepted
	case ReservationWrapping:
		return &c.Wrapping
	case ReservationRejected, ReservationTimeout, ReservationCanceled, ReservationRescinded, ReservationCompleted:
	}
	return nil
}

// Channel returns the worker's channel for a task channel, and whether there is one.
func (w Worker) Channel(taskChannelSID string) (WorkerChannel, bool) {
	n := slices.IndexFunc(w.Channels, func(c WorkerChannel) bool { return c.TaskChannelSID == taskChannelSID })
	if n < 0 {
		return WorkerChannel{}, false
	}
	return w.Channels[n], true
}

// Busy reports whether the worker has a reservation that has not ended, on whatever task
// channel.
func (w Worker) Busy() bool {
	return slices.ContainsFunc(w.Channels, func(c WorkerChannel) bool { return c.Reservations() > 0 })
}

// Open returns the SIDs of the task channels on which one more task can be offered to the
// worker: those with room, if their activity is an available one. Where a worker can have one
// task at a time only (the workspace is without multitasking), they are not busy either. What a
// task that ignores capacity needs is the activity alone.
func (w Worker) Open(singleTask bool) (taskChannelSIDs []string) {
	if !w.Available || singleTask && w.Busy() {
		return nil
	}
	for _, c := range w.Channels {
		if c.Takes() {
			taskChannelSIDs = append(taskChannelSIDs, c.TaskChannelSID)
		}
	}
	return taskChannelSIDs
}

// Count returns the worker after one of their reservations went from a state to another;
// see [WorkerChannel.Count]. What they have not got a channel for is not counted.
func (w Worker) Count(taskChannelSID string, from, to ReservationStatus) Worker {
	w.Channels = slices.Clone(w.Channels)
	for n, c := range w.Channels {
		if c.TaskChannelSID == taskChannelSID {
			w.Channels[n] = c.Count(from, to)
		}
	}
	return w
}
