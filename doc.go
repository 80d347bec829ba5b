// Package engage keeps customer engagement straight, inside your program and in one place:
// what customers did, as interactions that are checked against a schema you declare; what they
// said, as threads of contents from any platform; who is answering, as interventions of agents
// and bots, one side of which may control a conversation at a time; and who answers next, as
// tasks that are routed to workers.
//
//	st, err := sqlite.Open(ctx, "engage.db", nil)     // or memory.New(), or a store of your own
//	eng, err := engage.New(ctx, st, &engage.Options{
//		Platforms: map[string]engage.Platform{"messenger": messenger},
//		Logger:    slog.Default(), // tells what nobody is there to receive as an error
//	})
//	go eng.Run(ctx)                                   // delivers, and does what falls due
//
//	recorded, err := eng.Interactions.Record(ctx, submission)
//	received, err := eng.Threads.Receive(ctx, inbound)
//
//	agent := eng.As(engage.Agent("ann"))
//	intervention, err := agent.Interventions.Engage(ctx, engage.Engagement{ThreadID: received.ThreadID})
//	posted, err := agent.Contents.Post(ctx, engage.Post{ThreadID: received.ThreadID, Message: …})
//	closed, err := agent.Interventions.Close(ctx, intervention.ID, engage.Closing{})
//
// # Contents
//
//	to begin              Services: what an Engine is made of
//	                      Stories: what a user can do, each with an Example that runs
//	what customers did    What happens to a submission
//	what they said        How a conversation goes
//	a bot, or agents      Who has control
//	who answers next      Who answers next
//	to rely on it         What is guaranteed; Time, identity, tenants
//	where rules are from  Sources
//
// The words and how they fit are one picture in [docs/concepts.md]. How to run it, with SQLite,
// backups, several processes, tenants and limits, says [docs/running.md]; how a conversation finds
// an agent, [docs/routing.md]. All pages are in [docs]. The first of the examples is a whole program:
// a bot hands over to an agent.
//
// Every exported name says which rule it keeps to and which errors it gives. The rules themselves
// are pure functions and tables in packages schema, interaction, handover and routing; package
// store is the contract for a store of your own.
//
// # Services
//
// An [Engine] is a set of services over a [store.Store]. What customers did:
//
//   - [Schemas] declares what interactions look like: create, supersede, delete.
//   - [Interactions] records what contacts did, and finds it again: by contact, by
//     schema, by time, as a contact card.
//   - [Quarantine] keeps what its schema rejected, until it is replayed or discarded.
//   - [Triggers] waits for a contact's first interaction with some value.
//   - [Segments] finds contacts by what they did, how often and when.
//
// What they said, and who answers:
//
//   - [Sources] are where conversations come from: accounts on platforms.
//   - [Identities] are the accounts of customers, [Contacts] the persons behind them,
//     with a timeline of all that happened, merged and unmerged.
//   - [Threads] are the conversations: received, listed, annotated, closed.
//   - [Contents] is what was said in them; it posts what the company says.
//   - [Interventions] is how agents and bots take a customer's matter upon themselves.
//   - [Categories] are the trees that threads and interventions are sorted into, and
//     where dispositions come from.
//   - [Control] says who may write to the customer, a bot or the agents, on sources where
//     one side at a time does.
//
// Who answers next:
//
//   - [Flex] keeps interactions: conversations that agents are found for, who are invited,
//     hand over, pause, leave and end.
//   - [Tasks] are what is routed, [Reservations] their offers to workers.
//   - [Workers] are who does tasks, with what they can do, and do.
//   - [Workspaces], [Activities], [TaskChannels], [Queues] and [Workflows] say how tasks find
//     workers.
//
// And for all of it:
//
//   - [Events] is the log of all that happened, read from any position or handed to
//     named consumers that survive restarts.
//   - [Jobs] is what is to happen later or outside; [Engine.Run] does it.
//
// [Engine.As] acts for an agent, a bot or a customer, and Options.Authorize guards
// every call. [Engine.Atomically] makes several calls one.
//
// # Stories
//
// What the documents of the seeds let a user do, with the Example that shows it. Those with the name
// of a package stand there.
//
// A whole program:
//
//   - to let a bot answer and hand over to an agent: Example
//
// Interactions, their schemas, and what is made of them (seed 002):
//
//   - to define a kind of interaction: ExampleSchemas_Create
//   - to fetch all schemas, or one: ExampleSchemas_List
//   - to change a schema: ExampleSchemas_Supersede
//   - to delete a schema: ExampleSchemas_Delete
//   - to send an interaction, of which what does not match is left out: ExampleInteractions_Record
//   - to send many: ExampleInteractions_RecordMany
//   - to see what would come of one: ExampleInteractions_Check
//   - to get one by its ID: ExampleInteractions_Get
//   - to get those of a contact and a schema: ExampleInteractions_List
//   - to delete one: ExampleInteractions_Delete
//   - to mend what was rejected: ExampleQuarantine_Replay
//   - to see one on the contact card: ExampleInteractions_Card
//   - to see reviews, posts, referrals, repairs and favourites there: Example_contactCard
//   - to segment by how often, and by value: ExampleSegments
//   - to segment by time: ExampleSegments_ByCount
//   - to start an automation on "New Interaction": ExampleInteractionEvent
//   - to start one on "New specific interaction": ExampleEvents_Consume
//   - to do several things or none: ExampleEngine_Atomically
//
// Conversations (seed 000, and the Engage Digital API):
//
//   - to declare a source: ExampleSources_Create
//   - to connect a third party: ExamplePlatform
//   - to receive what a customer writes: ExampleThreads_Receive
//   - to import what was said before: Example_import
//   - to read a discussion as a tree: ExampleContents_Tree
//   - to list the threads that agents can engage with: ExampleThreads_ListEngageable
//   - to engage: ExampleInterventions_Engage
//   - to post a message back: ExampleContents_Post
//   - to write first: ExampleThreads_Open
//   - to resolve, with a disposition: ExampleInterventions_Close
//   - to cancel: ExampleInterventions_Cancel
//   - to assign: ExampleInterventions_Assign
//   - to transfer: ExampleInterventions_Transfer
//   - to defer: ExampleInterventions_Defer
//   - to see who has come back: ExampleInterventions_ListWaiting
//   - to help a colleague: ExampleInterventions_Join
//   - to note something within the company: ExampleInterventions_Comment
//   - to keep custom fields: ExampleInterventions_SetCustomFields
//   - to sort into categories: ExampleThreads_Categorize
//   - to add detail about the customer: ExampleThreads_Annotate
//   - to ignore what needs no answer: ExampleContents_Ignore
//   - to close a thread, and to open it again: ExampleThreads_Close
//   - to let a bot answer, resolve and transfer: Example_bot
//   - to notify a bot that comes later: ExampleEvents_Register
//   - to push events to a URL: Example_webhooks
//   - to see all of a person: ExampleContacts_Timeline
//   - to merge two who are one: ExampleContacts_Merge
//
// Thread control between bots and agents (seed 001):
//
//   - to say which side is primary: ExampleControl_Configure
//   - to hand over from bot to agent: ExampleControl_Handover
//   - to hand over from agent to bot, or learn what is in the way: ExampleControl_Explain
//   - to do so when nobody is engaged any more: Example_control
//   - to ask over HTTP: botsapi.Example
//   - to use Messenger, with the bot primary: Example_controlOnMessenger
//   - to work with the agents primary: Example_controlAgentPrimary
//   - to work with no primary side: Example_controlNoPrimary
//   - to interrupt a bot as an agent: Example_controlInterrupt
//   - to decline as a bot: ExampleControl_Decline
//   - to see who has control, and how it ends by itself: ExampleControl_Get
//
// Interactions that are routed (seed 003, and TaskRouter):
//
//   - to route a task to a worker: Example_routing
//   - to begin with routing, in a program that goes on: Example_routingBegin
//   - to route by skills, with a fallback, and to learn why: Example_routingSkills
//   - to create an inbound interaction: Example_flex
//   - to create an outbound one as an agent: Example_flexOutbound
//   - to create an outbound one by the API: Example_flexByAPI
//   - to say which source an address of the company is on: ExampleFlex_SetAddress
//   - to create for a channel that is there: ExampleFlex_Create
//   - to see whether the channel was set up: ExampleFlex_Channel
//   - to get, to list, and to find by context: ExampleFlex_FindByContext
//   - to update the task's attributes, and find the conversation: ExampleTasks_Update
//   - to invite another agent: ExampleFlex_Invite
//   - to add a participant: ExampleFlex_AddParticipant
//   - to leave as a participant: ExampleFlex_UpdateParticipant
//   - to transfer, cold: Example_flexTransfer
//   - to transfer, warm: ExampleFlex_Transfer
//   - to pause a conversation: ExampleFlex_Pause
//   - to close it for all: ExampleFlex_UpdateChannel
//   - to handle terminal events: Example_flexEvents
//   - to reject an offer: ExampleReservations_Reject
//   - to come to work, and say for how much: ExampleWorkers_Update
//   - to cancel a task: ExampleTasks_Cancel
//   - to watch queues: Example_routingWallboard
//   - to serve programs that are written for Twilio: flexapi.Example
//
// What a host does:
//
//   - to say who may do what: ExampleAuthorize
//   - to keep tenants apart: ExampleOptions_tenants
//   - to settle what nobody knows the end of: ExampleJobs_Settle
//   - to try again what has failed: ExampleJobs_Retry
//
// # What happens to a submission
//
//	submission ─► schema known? ─► payload a JSON object within the limits, date RFC 3339?
//	                  │ no                │ no                    │ yes
//	             ErrNotFound          ErrInvalid         what does not conform is left out
//	                                                              │
//	                                             all required properties still there?
//	                                                │ yes                     │ no
//	                                           Interaction              Quarantined
//	                                      tallies, triggers, event    violations, event
//
// Raw bytes are kept as they came, in either case. A rejection is a result, not an
// error. An idempotency key makes a repeated submission return the first one that was
// accepted; what is rejected again is quarantined again.
//
// # How a conversation goes
//
//	customer ─► platform ─► Threads.Receive ─► thread, content      content.imported
//	                                              │
//	            Threads.ListEngageable ◄──────────┤ nobody is on it
//	                                              ▼
//	              agent or bot ─► Interventions.Engage              intervention.opened
//	                                              │
//	                           ┌─► Contents.Post ─┤                 content.replied
//	                           │                  ▼
//	customer ◄─ platform ◄─ Run, as a job     synchronization       content.exported
//	                                              │
//	     writes again: the intervention is        │
//	     reopened or reactivated ◄────────────────┤
//	                                              ▼
//	                     Interventions.Close, with a disposition    intervention.closed
//
// A customer has at most one intervention in a thread that is open or deferred. Of
// several who engage at once one succeeds, and the others learn who. Who owns it, or
// takes part, replies; a reply makes it possible to close it, and without any it can be
// canceled. A customer who writes again is back with the owner, who learns of it by
// intervention.reopened or from Interventions.ListWaiting; an owner who does not exist any
// more (Options.OwnerExists) loses it, and the thread is engageable. Who may do what to an
// intervention is said at [Interventions], and what customers may at [Authorize]. The
// tables of what is possible in which state, and of what follows, are
// [interaction.InterventionLifecycle], [interaction.ThreadLifecycle] and
// [interaction.SyncLifecycle], drawn in package interaction.
//
// Contents reach their platform in the order of their thread, one at a time, and as
// often as needed: see [Platform] and [Jobs]. What the customer, the agent and the
// records show when a process dies, at each point at which it can, is the table "What a
// crash leaves" of [Engine.Run].
//
// # Who has control
//
// On channels such as Messenger one app at a time may write to a customer: the company's
// bot, or the app through which its agents write (seed 001). [Control.Configure] lets the
// Engine keep to that on a source; on other sources all of this means nothing.
//
//	who has it  what happens                          who has it then
//	nobody      a customer writes                     the side that is primary, if one is
//	nobody      who has an intervention posts         that side: it is claimed
//	nobody      Control.Handover                      the side that it names, by the same rules as below
//	a bot       an agent engages or posts             the agents, once the bot has passed it, or it was taken
//	a bot       Control.Handover from bot to agent    the agents, once the bot has passed it; at once, if it asks
//	                                                  itself and posts through the Engine
//	the agents  Control.Handover from agent to bot    the bot, if no intervention is engaged; else it is refused, or waits
//	the agents  the last engaged intervention ends    the bot that waits; else nobody: it is released (one
//	                                                  that is deferred has not ended)
//	anybody     nobody writes for a day               nobody; but the agents keep it while one is engaged
//	anybody     the platform tells of another         the other
//
// The rule is that control passes from the agents to a bot only if no intervention, open or
// deferred, is engaged with the identity, on whatever source. It is asked when the pass is
// decided, and again when the platform is about to be told; while the platform is passing
// control nobody can become engaged, which Interventions.Engage refuses as "in progress".
// The commit of a pass depends on the list of what is engaged, and that of an engagement on
// who has control: of two at the same time one is decided again, in whatever processes they
// are. What the platform does by itself is believed: an app that takes control there has
// it, whoever is engaged, and the agents request or take it back. [handover.Settings] name
// who is primary, bound how long things may take, and can leave interventions out of the
// rule or widen it to the whole contact.
//
// An agent who engages or posts while a bot has control is not refused: control is
// requested or taken, and the content is delivered once when it comes, or its delivery
// fails for all to see when it does not. A bot says which epoch of control it saw when it
// began to answer (Post.ControlEpoch), and is refused once control has changed.
//
// Where the source's platform is a [ControlPlatform], such as that of package messenger, it
// has the last word: the Engine tells it by jobs, believes what it answers and what it
// reports ([Control.Report]), and asks it where nobody knows; if it does not say then, again
// when somebody writes or engages. Else the Engine is the arbiter, and what it decides is so
// at once. Deadlines, fallbacks, inactivity and what a
// platform is told need Run.
//
// Bots ask with [Control.Handover], or over HTTP through package botsapi. A bot that posts
// through the Engine asks first, and engages once it has control: an intervention of its own
// would be in its way as well, unless the request names it, or handover.Settings.IgnoreBots
// leaves those of bots out. Package handover has the rules as one table, which CONTROL.md
// beside it draws.
//
// # Who answers next
//
// An interaction binds a conversation to routing (seed 003): a channel, which stands for the
// thread, and a task for each agent. The task goes through a workflow into a queue, is offered
// to a worker as a reservation, and is theirs once they accept, as the agent that the worker
// names.
//
//	customer ─► Threads.Receive ─► thread
//	                                  │
//	              Flex.Create ◄───────┘                        flex.interaction.created
//	                  │                                        flex.channel.created
//	                  ├─► channel: setup ─► active             flex.channel.status_updated
//	                  ▼
//	                task: pending                              task.created
//	                  │ workflow                               workflow.entered
//	                  ▼
//	                queue ◄──────────┐                         task-queue.entered
//	                  │              │ rejected, timed out     reservation.rejected, .timeout
//	                  ▼              │
//	         reservation: pending ───┘                         reservation.created
//	                  │ Reservations.Accept
//	                  ▼
//	    worker ─► agent ─► intervention: open                  reservation.accepted, intervention.opened
//	                  │
//	                  ├─► Contents.Post                        content.replied
//	                  │ Reservations.Complete
//	                  ▼
//	  task completed, intervention, channel, thread closed     task.completed, intervention.closed
//
// What routing does to the conversation is done in the commit that causes it; [Joins] has the
// table, and switches each of it off:
//
//	what happens               what follows
//	a worker accepts           their agent engages, or joins who has it; on a source with control it is asked for
//	a task ends, others go on  its agent leaves; if they owned the intervention, the next becomes owner
//	the last task ends         the intervention is closed, or canceled if it has no reply; channel and thread are closed
//	the channel is paused      the intervention is deferred
//	it becomes inactive        the intervention is closed; the thread stays open
//	a customer writes then     the channel is active again, and an agent is sought
//	the thread is closed       the channel is closed, and tasks that nobody has accepted are canceled
//
// So no conversation is left open because a task was canceled, expired or was declined: the
// commit that ends the last task of a channel, with no invite and no transfer open, closes both.
// A channel that could not be set up has failed; its thread, if there is one, is there for
// whoever engages.
//
// What is kept in order: of the tasks in one queue that demand the same of a worker, none is
// offered before the one ahead of it, which is said by [routing.TaskOrder], and by the ageing of
// priorities if the queue has it. A worker who can take more is offered the first of all tasks in
// their queues that they can take, as PrioritizeQueueOrder of the workspace says; a task is offered
// to who is idle for longest, or comes first by the target's order_by. What is not: a task that nobody can take
// now does not hold up those that demand something else, nor does one that a worker has just
// rejected, while it cools down. The order is that of the moment in which a job looks: what comes
// between that and its commit comes after it.
//
// Offers, their time-outs and the steps of a workflow are jobs: without Run nobody is offered
// anything. Any number of processes may do them: a task is accepted by one worker only, and
// nobody is offered more than their capacity, of which reservations that are pending, accepted or
// wrapping take up one each; a task for one worker alone may ignore it (NewTask.IgnoreCapacity).
// What an assignment costs hardly grows with the number of tasks that wait. There are limits to what a workspace can
// have ([MaxQueues], [MaxCrews] and so on), none to workers and tasks.
//
// [Tasks.Explain] says why nobody has a task, [Workers.Explain] why somebody has none, and
// [Reservations.Explain] why one was offered to them; [Queues.Counts] is how a queue is doing. Package routing has the rules as tables, which
// LIFECYCLES.md beside it draws; package flexapi is the platform's API over HTTP;
// docs/routing.md has the concepts on one page.
//
// # What is guaranteed
//
// Every change is decided by a pure function and committed whole: an interaction,
// the tallies it counts in, the triggers it fires and the event that tells of it are
// all there, or none is. A decision holds only if nothing that it rests on has
// changed at the time of the commit; if something has, it is made anew. This holds
// for any number of goroutines and processes on one store. A refusal never tells of
// a state that never was. Lists are the exception: outside of Atomically they are read as
// they are found, so that they do not fail because others write; Threads.List says what a
// page promises.
//
// An error that wraps [ErrUnknownOutcome], and only such a one, leaves open whether
// a commit was done: it comes when a context ends, or a store fails, in the middle
// of it. With an idempotency key, recording again what was accepted is harmless. Calls that work in
// several commits say so: RecordMany, Delete with Erase, ReplayAll, Merge, Unmerge. What they have
// committed stays, whatever error they end with.
//
// Callers of one Engine that contend for a record wait in line, first come first
// served, and do not fail. Between processes, or several Engines, they try again, some
// 30 times, before they give ErrConflict; calls that work in several commits take on
// less and less at a time.
//
// # Time, identity, tenants
//
// Time comes from Options.Clock alone. IDs are ULIDs, which sort by the time at which
// they were minted; IDs of contacts and idempotency keys belong to the host and are
// any text. An Engine works for one tenant; tenants that share a store see nothing of
// each other.
//
// # Sources
//
// engage follows public documents, which the comments call seeds and cite by section
// where a rule comes from one. Seed 000 is "Introduction to Engage Interactions" of
// RingCentral Engage Digital, whose API also names the fields and events of
// conversations. Seed 001 is about thread control, of the same. Seed 002 is "Interactions" of
// Voyado Engage. Seed 003 is "Interactions" of Twilio Flex, which names the fields and states of
// routing, together with the documentation of TaskRouter.
//
// [docs]: https://github.com/engage-interactions/engage/tree/main/docs
// [docs/concepts.md]: https://github.com/engage-interactions/engage/blob/main/docs/concepts.md
// [docs/running.md]: https://github.com/engage-interactions/engage/blob/main/docs/running.md
// [docs/routing.md]: https://github.com/engage-interactions/engage/blob/main/docs/routing.md
package engage
