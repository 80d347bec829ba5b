// Package interaction holds what is known of a customer's dealings with a company,
// and the rules for it, as pure functions over values: time and new IDs are arguments,
// nothing is read or written, and no value is changed in place. There are two kinds of
// dealings: conversations, and interactions that are recorded.
//
// # Conversations
//
// A conversation comes from a [Source]: one account, page or mailbox of the company on
// a platform. Who writes there is an [Identity], one account of a customer, with the
// [Profile] that the platform tells. The person behind identities is a [Contact];
// identities are linked to it, also those of other sources.
//
// What the customer writes opens a [Thread], and each thing said in it is a [Content]:
// a node of the thread's tree, with the [Message] that somebody wrote, its author, and,
// if the company wrote it, the [Synchronization], which says how far it is delivered.
// What comes later joins the thread as long as [Source.Includes] says so; a thread that
// is silent for long closes ([Thread.TimeOut]). A thread can have several customers. A
// [Correspondent] is one of them in one thread; it knows what is unanswered, and since
// when the customer has been waiting.
//
// Who answers, an agent or a bot, does so under an [Intervention] with that customer in
// that thread: a ticket, or case. It has an owner, others who take part,
// [InterventionComment]s, and the count of its [Replies]; it can rest until a time; and
// it ends closed, if there was a reply, or canceled. Each [Actor] who does something is
// an agent, a bot, a customer or the system.
//
//	Source ──── Thread ──── Content            what was said
//	              │            │ author
//	        Correspondent ── Identity ── Contact
//	              │                        who said it
//	         Intervention                  who is answering
//	              │
//	          Category                     what it is about, how it ended
//
// A [Category] says what a thread or an intervention is about; one of a tree for
// post-qualification is a disposition and says how an intervention ended. All
// categories are a [CategoryTree]: [CategoryTree.Check] says what can be chosen for a
// source, and [CategoryTree.CheckClosing] what must be before an intervention is
// closed.
//
// # Lifecycles
//
// What can happen to threads, interventions and deliveries stands in three tables,
// [ThreadLifecycle], [InterventionLifecycle] and [SyncLifecycle]. A [Lifecycle] says
// which verb is possible in which state, under which conditions, where that leads, and
// which events tell of it. What is not possible is refused with a [*TransitionError]:
// from where, by what, which condition does not hold, and what would help. The diagrams
// below are made from the tables, in the language of Mermaid: a line is a state, the one
// that follows it, the verb, and in brackets what it needs; [*] is before there is
// anything. The file LIFECYCLES.md beside this one has them drawn, with the events.
//
// # The life of a thread
//
//	stateDiagram-v2
//	    [*] --> open: start
//	    open --> open: continue
//	    open --> closed: close
//	    open --> closed: time_out [it has been silent for long enough, and none of its interventions is open or deferred, and it has no channel, or one that rests]
//	    closed --> open: reopen
//
// # The life of an intervention
//
// Close and cancel exclude each other, and whoever owns an intervention can always do
// one of them.
//
//	stateDiagram-v2
//	    [*] --> open: engage [the new owner is an agent or a bot, and its thread is open, and no other one with the customer in the thread is open or deferred]
//	    closed --> open: engage [the new owner is an agent or a bot, and its thread is open, and no other one with the customer in the thread is open or deferred]
//	    closed --> open: reopen [its thread is open, and no other one with the customer in the thread is open or deferred, and its owner does not exist any more]
//	    closed --> open: reopen [its thread is open, and no other one with the customer in the thread is open or deferred]
//	    closed --> open: customer_writes [its thread is open, and no other one with the customer in the thread is open or deferred, and its owner does not exist any more]
//	    closed --> open: customer_writes [its thread is open, and no other one with the customer in the thread is open or deferred]
//	    open --> open: engage [an agent engages, and no agent owns it who still exists]
//	    deferred --> open: engage [an agent engages, and no agent owns it who still exists]
//	    open --> open: reply [who replies owns it or takes part]
//	    open --> deferred: defer [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and the time is in the future]
//	    open --> open: customer_writes [its owner does not exist any more]
//	    open --> open: customer_writes
//	    deferred --> open: customer_writes [its owner does not exist any more]
//	    deferred --> open: customer_writes
//	    deferred --> open: resume [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and its owner does not exist any more]
//	    deferred --> open: resume [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones]
//	    deferred --> open: fall_due [the time has come, and its owner does not exist any more]
//	    deferred --> open: fall_due [the time has come]
//	    open --> open: assign [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and the new owner is an agent or a bot, and the owner becomes another]
//	    deferred --> deferred: assign [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and the new owner is an agent or a bot, and the owner becomes another]
//	    open --> open: transfer [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and the new owner is an agent or a bot, and the owner becomes another]
//	    deferred --> deferred: transfer [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and the new owner is an agent or a bot, and the owner becomes another]
//	    open --> open: transfer [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and no new owner is named, and the owner becomes another]
//	    deferred --> deferred: transfer [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and no new owner is named, and the owner becomes another]
//	    open --> open: join [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and who joins or leaves is an agent or a bot, and less than 100 others take part]
//	    deferred --> deferred: join [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and who joins or leaves is an agent or a bot, and less than 100 others take part]
//	    open --> open: leave [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and who joins or leaves is an agent or a bot, and who leaves is not the owner]
//	    deferred --> deferred: leave [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and who joins or leaves is an agent or a bot, and who leaves is not the owner]
//	    open --> closed: close [its owner does so, or somebody who may manage others' ones, or nobody owns it who still exists, and there was a reply, and the categories and the disposition that are demanded are there, or it ends by itself]
//	    deferred --> closed: close [its owner does so, or somebody who may manage others' ones, or nobody owns it who still exists, and there was a reply, and the categories and the disposition that are demanded are there, or it ends by itself]
//	    open --> canceled: cancel [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and there was no reply]
//	    deferred --> canceled: cancel [no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones, and there was no reply]
//
// # The life of a delivery
//
// What customers write begins as a success: the platform has it.
//
//	stateDiagram-v2
//	    [*] --> export_pending: post
//	    [*] --> success: receive
//	    export_pending --> success: succeed
//	    export_failure --> success: succeed
//	    export_aborted --> success: succeed
//	    export_pending --> export_failure: fail
//	    export_pending --> export_pending: doubt
//	    export_pending --> export_aborted: withdraw [it is certain that the platform does not have it]
//	    export_pending --> export_pending: retry
//	    export_failure --> export_pending: retry
//	    export_aborted --> export_pending: retry
//
// # Recorded interactions
//
// A host sends a [Submission]; [Validate] holds it against the schema that it names
// and returns a [Validation]. Either the submission becomes an [Interaction], whose
// payload is what conformed to the schema, beside the raw bytes as they came. Or
// it is [Quarantined] with the reasons, to be validated again when the schema has
// been mended.
//
//	Submission ──Validate──► Interaction   counted in the contact's Tallies,
//	    ▲           │                       may fire Triggers
//	    │           └──────► Quarantined
//	    └────────replay──────────┘
//
// A [Tally] counts the interactions of a contact, over all schemas and for each;
// it also knows how many there ever were, so that being the first happens once
// only. A [Trigger] waits for a contact's first interaction with one value of one
// property.
//
// # Where the rules come from
//
// Conversations are those of seed 000 (RingCentral Engage Digital, "Introduction to
// Engage Interactions") and of the public Engage Digital API, whose names the JSON has.
// Recorded interactions are those of seed 002 (Voyado Engage, "Interactions"). Where
// these are silent, the doc comments say what was decided.
package interaction
