package routing

import "github.com/engage-interactions/engage/interaction"

// TaskStatus is the state of a task, its assignment_status.
type TaskStatus string

// The states of a task (TaskRouter's documentation, "Task lifecycle").
const (
	TaskPending   TaskStatus = "pending"   // nobody has it
	TaskReserved  TaskStatus = "reserved"  // it is offered to one or several workers
	TaskAssigned  TaskStatus = "assigned"  // a worker has accepted it
	TaskWrapping  TaskStatus = "wrapping"  // the talk is over, the worker finishes the work
	TaskCompleted TaskStatus = "completed" // it is done
	TaskCanceled  TaskStatus = "canceled"  // nobody has done it
)

// TaskStatuses returns all states of tasks.
func TaskStatuses() []TaskStatus {
	return []TaskStatus{TaskPending, TaskReserved, TaskAssigned, TaskWrapping, TaskCompleted, TaskCanceled}
}

// Live reports whether a task in the state has not ended.
func (s TaskStatus) Live() bool {
	switch s {
	case TaskPending, TaskReserved, TaskAssigned, TaskWrapping:
		return true
	case TaskCompleted, TaskCanceled:
	}
	return false
}

// TaskVerb is something that happens to a task.
type TaskVerb string

// What happens to tasks.
const (
	TaskStarts    TaskVerb = "create"
	TaskEnters    TaskVerb = "enter"    // its workflow sends it to a queue
	TaskUpdates   TaskVerb = "update"   // its attributes or its priority change
	TaskReserves  TaskVerb = "reserve"  // it is offered to a worker
	TaskReleases  TaskVerb = "release"  // nobody accepted it
	TaskAccepts   TaskVerb = "accept"   // a worker accepts it
	TaskWrapsUp   TaskVerb = "wrap_up"  // the talk is over
	TaskCompletes TaskVerb = "complete" // the work is done
	TaskCancels   TaskVerb = "cancel"   // somebody cancels it
	TaskExpires   TaskVerb = "expire"   // its time to live is over
	TaskExhausts  TaskVerb = "exhaust"  // it was offered too often
	TaskRunsOut   TaskVerb = "run_out"  // its workflow has no step left
)

// TaskVerbs returns all verbs of tasks.
func TaskVerbs() []TaskVerb {
	return []TaskVerb{
		TaskStarts, TaskEnters, TaskUpdates, TaskReserves, TaskReleases, TaskAccepts,
		TaskWrapsUp, TaskCompletes, TaskCancels, TaskExpires, TaskExhausts, TaskRunsOut,
	}
}

// TaskConditions are what decides on what happens to a task.
type TaskConditions struct {
	Reason      bool // a reason is given
	Pending     int  // how many of its reservations are pending afterwards
	Assignments int  // how often it went from pending to reserved
	Expired     bool // its time to live is over
	Queued      bool // it is in a queue
	Elsewhere   bool // the queue that it enters is another one
}

var (
	hasReason = interaction.Guard[TaskConditions]{
		Rule: "a reason is given", Remedy: "give one",
		Holds: func(c TaskConditions) bool { return c.Reason },
	}
	nobodyThinks = interaction.Guard[TaskConditions]{
		Rule: "none of its reservations is pending", Remedy: "wait until they are accepted, rejected or timed out",
		Holds: func(c TaskConditions) bool { return c.Pending == 0 },
	}
	mayBeOffered = interaction.Guard[TaskConditions]{
		Rule: "it was reserved less than 1000 times", Remedy: "cancel it, and create another one",
		Holds: func(c TaskConditions) bool { return c.Assignments < MaxAssignments },
	}
	offeredTooOften = interaction.Guard[TaskConditions]{
		Rule: "it was reserved 1000 times", Remedy: "cancel it",
		Holds: func(c TaskConditions) bool { return c.Assignments >= MaxAssignments },
	}
	isExpired = interaction.Guard[TaskConditions]{
		Rule: "its time to live is over", Remedy: "wait, or cancel it",
		Holds: func(c TaskConditions) bool { return c.Expired },
	}
	isNowhere = interaction.Guard[TaskConditions]{
		Rule: "it is in no queue", Remedy: "move it",
		Holds: func(c TaskConditions) bool { return !c.Queued },
	}
	isElsewhere = interaction.Guard[TaskConditions]{
		Rule: "it is not in that queue already", Remedy: "leave it there",
		Holds: func(c TaskConditions) bool { return c.Elsewhere },
	}
)

type (
	taskRow    = interaction.Transition[TaskStatus, TaskVerb, TaskConditions]
	taskGuards = []interaction.Guard[TaskConditions]
)

var (
	noTask       = []TaskStatus{""}
	waitingTasks = []TaskStatus{TaskPending, TaskReserved}
)

// TaskLifecycle is the table of what happens to tasks. What is assigned can never be
// canceled, only completed; what has ended has ended for good. That it is reserved,
// released and accepted is told by the events of its reservations.
var TaskLifecycle = interaction.Lifecycle[TaskStatus, TaskVerb, TaskConditions]{
	Of: "task",
	Rows: []taskRow{
		{From: noTask, By: TaskStarts, To: TaskPending, Events: []string{"task.created"}},
		{From: []TaskStatus{TaskPending}, By: TaskEnters, Guards: taskGuards{isNowhere}, Events: []string{"task-queue.entered"}},
		{From: []TaskStatus{TaskPending}, By: TaskEnters, Guards: taskGuards{isElsewhere}, Events: []string{"task-queue.moved"}},
		{From: TaskStatuses(), By: TaskUpdates, Events: []string{"task.updated"}},

		{From: []TaskStatus{TaskPending}, By: TaskReserves, To: TaskReserved, Guards: taskGuards{mayBeOffered}},
		{From: []TaskStatus{TaskReserved}, By: TaskReserves},
		{From: []TaskStatus{TaskReserved}, By: TaskReleases, To: TaskPending, Guards: taskGuards{nobodyThinks}},
		{From: []TaskStatus{TaskReserved}, By: TaskAccepts, To: TaskAssigned},
		{From: []TaskStatus{TaskAssigned}, By: TaskWrapsUp, To: TaskWrapping, Events: []string{"task.wrapup"}},
		{From: []TaskStatus{TaskAssigned, TaskWrapping}, By: TaskCompletes, To: TaskCompleted, Guards: taskGuards{hasReason}, Events: []string{"task.completed"}},

		{From: waitingTasks, By: TaskCancels, To: TaskCanceled, Guards: taskGuards{hasReason}, Events: []string{"task.canceled"}},
		{From: waitingTasks, By: TaskExpires, To: TaskCanceled, Guards: taskGuards{isExpired}, Events: []string{"task.canceled"}},
		{From: waitingTasks, By: TaskExhausts, To: TaskCanceled, Guards: taskGuards{offeredTooOften}, Events: []string{"task.canceled"}},
		{From: waitingTasks, By: TaskRunsOut, To: TaskCanceled, Events: []string{"workflow.timeout", "task.canceled"}},
	},
}
