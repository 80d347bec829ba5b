// Package routing decides who gets the next conversation: Flex interactions and their
// channels, and the tasks, reservations, workers, queues and workflows that they are
// routed by. It is pure: values go in, values or a typed refusal come out; times and IDs
// are arguments.
//
// # The values
//
//	Interaction ── Channel ──┬── Participant   who is on it
//	                         ├── Invite        asks for an agent, each with a Task
//	                         └── Transfer      hands it over to another agent
//
//	Workspace ──┬── Workflow ──► Queue ──► Task ──► Reservation ──► Worker
//	            ├── TaskChannel                                        │
//	            └── Activity                     WorkerChannel ────────┘
//
// An [Interaction] is a conversation with a customer over one [Channel]; each agent on it
// has a [Task]. A task waits in a [Queue] until it is offered to a [Worker]: that is a
// [Reservation]. How much a worker can do at a time is said by a [WorkerChannel] for each
// [TaskChannel].
//
// All of them are named by SIDs, such as KD and 32 hexadecimal digits; see [Prefix].
//
// # What is kept, and what is shown
//
// The values themselves are what is kept, with JSON in snake case. What the APIs of the
// platform show is derived from them, as a rule from several: View and [Task.Properties]
// return it, with the JSON of seed 003 and of TaskRouter's documentation: attributes are a
// text of JSON, times are seconds or ISO 8601, ages are as of a moment, URLs begin with a
// [Base].
//
// # Requests
//
// [ParseCreate] reads a request for an interaction as client libraries send it, and says all
// that is wrong at once: each [Problem] has a path and, where one is documented, the
// platform's code. [ParseInvite], [ParseParticipant], [ParseChannelUpdate] and
// [ParseParticipantUpdate] do so for the requests that come later. [Known] puts what every
// task has among the attributes of its creator.
//
// # Expressions and workflows
//
// An [Expression] says which workers a queue has, which tasks a filter of a workflow is for,
// and which workers can do a task; [ParseExpression] reads one. [ParseConfiguration] reads
// the configuration of a workflow; [Configuration.Enter] and [Configuration.Next] take a task
// through it, step by step.
//
// # Matching
//
// [Configuration.Advance] says what is to be done about a waiting task, from its creation to
// its end: seek workers, wait and until when, or cancel; [Assignment.Follow] does it. [Choose]
// finds the workers for a task, [ChooseTask] the task for a worker who is free. Both explain
// themselves by a [Trace]: why this one, why not the others.
//
// Tasks that demand the same are in one [Line], in the order of [Task.OrderKey]; workers are
// in the order of [Worker.IdleKey]. Both are texts that compare bytewise and are written once,
// so that an index has the next one first. What a queue can have beyond the platform is in
// [Matching].
//
// # Lifecycles
//
// What can happen stands in tables: [TaskLifecycle], [ReservationLifecycle],
// [ChannelLifecycle], [InviteLifecycle], [ParticipantLifecycle] and [TransferLifecycle]. What
// happens to one thing happens to others as well: [Assignment] is a task with its
// reservations, [ChannelWork] a channel with all that belongs to it; their methods decide
// the whole of it. What is not possible is refused with a [*RefusedError], which has the rule,
// and the platform's code and words where they are known. The file LIFECYCLES.md beside this
// one has the tables, drawn and with the events.
//
// # The life of a task
//
//	stateDiagram-v2
//	    [*] --> pending: create
//	    pending --> pending: enter [it is in no queue]
//	    pending --> pending: enter [it is not in that queue already]
//	    pending --> pending: update
//	    reserved --> reserved: update
//	    assigned --> assigned: update
//	    wrapping --> wrapping: update
//	    completed --> completed: update
//	    canceled --> canceled: update
//	    pending --> reserved: reserve [it was reserved less than 1000 times]
//	    reserved --> reserved: reserve
//	    reserved --> pending: release [none of its reservations is pending]
//	    reserved --> assigned: accept
//	    assigned --> wrapping: wrap_up
//	    assigned --> completed: complete [a reason is given]
//	    wrapping --> completed: complete [a reason is given]
//	    pending --> canceled: cancel [a reason is given]
//	    reserved --> canceled: cancel [a reason is given]
//	    pending --> canceled: expire [its time to live is over]
//	    reserved --> canceled: expire [its time to live is over]
//	    pending --> canceled: exhaust [it was reserved 1000 times]
//	    reserved --> canceled: exhaust [it was reserved 1000 times]
//	    pending --> canceled: run_out
//	    reserved --> canceled: run_out
//
// # The life of a reservation
//
//	stateDiagram-v2
//	    [*] --> pending: create
//	    pending --> accepted: accept
//	    pending --> rejected: reject
//	    pending --> timeout: time_out [the time to answer is over]
//	    pending --> canceled: cancel
//	    pending --> rescinded: rescind
//	    accepted --> wrapping: wrap_up
//	    accepted --> completed: complete
//	    wrapping --> completed: complete
//
// # The life of a channel
//
//	stateDiagram-v2
//	    [*] --> setup: create
//	    setup --> active: set_up
//	    setup --> failed: fail
//	    setup --> closed: close
//	    active --> closed: close
//	    inactive --> closed: close
//	    pause --> closed: close
//	    transfer --> closed: close
//	    setup --> closed: settle [none of its tasks is live, and none of its invites is open, and none of its transfers is open]
//	    active --> closed: settle [none of its tasks is live, and none of its invites is open, and none of its transfers is open]
//	    transfer --> closed: settle [none of its tasks is live, and none of its invites is open, and none of its transfers is open]
//	    active --> pause: pause
//	    active --> inactive: inactivate [its tasks are completed with it]
//	    transfer --> inactive: inactivate [its tasks are completed with it]
//	    pause --> active: resume [an agent is asked for]
//	    pause --> active: reroute [it has been paused for 14 days, and an agent is asked for]
//	    inactive --> active: customer_writes [an agent is asked for]
//	    pause --> active: customer_writes [an agent is asked for]
//	    setup --> setup: customer_writes
//	    active --> active: customer_writes
//	    transfer --> transfer: customer_writes
//	    active --> transfer: begin_transfer
//	    transfer --> transfer: begin_transfer
//	    transfer --> active: end_transfer [none of its transfers is open]
//	    transfer --> transfer: end_transfer
//
// # Where the rules come from
//
// From seed 003 (Twilio Flex, "Interactions") and the public documentation of the Flex
// Interactions API and of TaskRouter. Where these are silent, the doc comments say what was
// decided.
package routing
