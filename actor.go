package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// ActorType says what kind of party acts.
type ActorType = interaction.ActorType

// The parties. A host may have types of its own.
const (
	ActorSystem   = interaction.ActorSystem // the host itself
	ActorAgent    = interaction.ActorAgent
	ActorBot      = interaction.ActorBot
	ActorCustomer = interaction.ActorCustomer // reads, writes and records; see Authorize
)

// Actor is who a call is made for. It stands in every event that the call causes.
// The zero Actor is the system.
type Actor = interaction.Actor

// Agent returns the actor for an agent of the host.
func Agent(id string) Actor { return Actor{Type: ActorAgent, ID: id} }

// Bot returns the actor for a bot.
func Bot(id string) Actor { return Actor{Type: ActorBot, ID: id} }

// Customer returns the actor for a customer.
func Customer(id string) Actor { return Actor{Type: ActorCustomer, ID: id} }

// System returns the actor for the host itself.
func System() Actor { return Actor{Type: ActorSystem} }

func orSystem(a Actor) Actor {
	if a.IsZero() {
		return System()
	}
	return a
}

// checkActor refuses somebody who cannot act: without a type, or, unless it is the system
// or of a type of the host's own, without an ID.
func checkActor(a Actor) error {
	named := a.Type == ActorAgent || a.Type == ActorBot || a.Type == ActorCustomer
	switch {
	case a.Type == "":
		return invalid("actor", "has no type: engage.Agent, engage.Bot and engage.Customer make one that has")
	case named && a.ID == "":
		return invalid("actor", "has no ID: which "+string(a.Type)+" is it?")
	}
	return errors.Join(checkHostText("actor", string(a.Type)), checkHostText("actor", a.ID))
}

// Resource names what a call or an event is about.
type Resource struct {
	Type string `json:"type"` // such as "interaction"
	ID   string `json:"id,omitempty"`
}

// String returns type and ID. Of an ID that is longer than any that there can be, it returns the
// beginning.
func (r Resource) String() string {
	if r.ID == "" {
		return r.Type
	}
	return r.Type + " " + clipped(r.ID)
}

// The types of Resource.
const (
	ResourceSchema      = "interaction_schema"
	ResourceInteraction = "interaction"
	ResourceQuarantine  = "quarantined_interaction"
	ResourceContact     = "contact"
	ResourceTrigger     = "trigger"
	ResourceConsumer    = "consumer"

	ResourceSource       = "content_source"
	ResourceIdentity     = "identity"
	ResourceThread       = "content_thread"
	ResourceContent      = "content"
	ResourceIntervention = "intervention"
	ResourceComment      = "intervention_comment"
	ResourceCategory     = "category"
	ResourceJob          = "job"
	ResourceControl      = "thread_control" // of one conversation: the ID is "source/identity"

	// Of routing, the ID is the SID.
	ResourceWorkspace       = "workspace"
	ResourceActivity        = "activity"
	ResourceTaskChannel     = "task_channel"
	ResourceTaskQueue       = "task_queue"
	ResourceWorkflow        = "workflow"
	ResourceWorker          = "worker"
	ResourceTask            = "task"
	ResourceReservation     = "reservation"
	ResourceFlexInteraction = "flex_interaction"
	ResourceFlexChannel     = "interaction_channel"
	ResourceFlexInvite      = "interaction_invite"
	ResourceFlexParticipant = "interaction_participant"
	ResourceFlexTransfer    = "interaction_transfer"
	ResourceFlexAddress     = "interaction_address"

	ResourceIdempotencyKey = "idempotency_key"
	ResourceEvents         = "events"
)

// sidOf says of which kind the SID is that is the ID of a resource of routing.
var sidOf = map[string]routing.Prefix{
	ResourceWorkspace:       routing.PrefixWorkspace,
	ResourceActivity:        routing.PrefixActivity,
	ResourceTaskChannel:     routing.PrefixTaskChannel,
	ResourceTaskQueue:       routing.PrefixQueue,
	ResourceWorkflow:        routing.PrefixWorkflow,
	ResourceWorker:          routing.PrefixWorker,
	ResourceTask:            routing.PrefixTask,
	ResourceReservation:     routing.PrefixReservation,
	ResourceFlexInteraction: routing.PrefixInteraction,
	ResourceFlexChannel:     routing.PrefixChannel,
	ResourceFlexInvite:      routing.PrefixInvite,
	ResourceFlexParticipant: routing.PrefixParticipant,
	ResourceFlexTransfer:    routing.PrefixTransfer,
}

// Action names what a call does, as service and method: "interactions.record".
type Action string

// The actions that Options.Authorize is asked about.
const (
	ActionSchemasCreate    Action = "schemas.create"
	ActionSchemasRead      Action = "schemas.read"
	ActionSchemasSupersede Action = "schemas.supersede"
	ActionSchemasDelete    Action = "schemas.delete"

	ActionInteractionsRecord Action = "interactions.record"
	ActionInteractionsCheck  Action = "interactions.check"
	ActionInteractionsRead   Action = "interactions.read"
	ActionInteractionsDelete Action = "interactions.delete"

	ActionQuarantineRead    Action = "quarantine.read"
	ActionQuarantineReplay  Action = "quarantine.replay"
	ActionQuarantineDiscard Action = "quarantine.discard"

	ActionTriggersRegister Action = "triggers.register"
	ActionTriggersRead     Action = "triggers.read"
	ActionTriggersRemove   Action = "triggers.remove"

	ActionSegmentsRead Action = "segments.read"

	ActionSourcesCreate Action = "sources.create"
	ActionSourcesRead   Action = "sources.read"
	ActionSourcesUpdate Action = "sources.update"

	ActionIdentitiesRead   Action = "identities.read"
	ActionIdentitiesUpdate Action = "identities.update"

	ActionContactsRead  Action = "contacts.read"
	ActionContactsMerge Action = "contacts.merge" // and unmerge, and moving an identity

	ActionCategoriesRead   Action = "categories.read"
	ActionCategoriesManage Action = "categories.manage"

	ActionThreadsReceive    Action = "threads.receive"
	ActionThreadsOpen       Action = "threads.open"
	ActionThreadsRead       Action = "threads.read"
	ActionThreadsAnnotate   Action = "threads.annotate"
	ActionThreadsCategorize Action = "threads.categorize"
	ActionThreadsClose      Action = "threads.close"
	ActionThreadsReopen     Action = "threads.reopen"

	ActionContentsPost   Action = "contents.post"
	ActionContentsRead   Action = "contents.read"
	ActionContentsIgnore Action = "contents.ignore"

	ActionInterventionsEngage     Action = "interventions.engage"
	ActionInterventionsRead       Action = "interventions.read"
	ActionInterventionsComment    Action = "interventions.comment"
	ActionInterventionsCategorize Action = "interventions.categorize"
	ActionInterventionsUpdate     Action = "interventions.update" // custom fields
	ActionInterventionsAssign     Action = "interventions.assign" // and transfer, join and leave
	ActionInterventionsDefer      Action = "interventions.defer"  // and resume
	ActionInterventionsClose      Action = "interventions.close"
	ActionInterventionsCancel     Action = "interventions.cancel"
	ActionInterventionsReopen     Action = "interventions.reopen"
	// ActionInterventionsManage is to close an intervention of somebody else, or to
	// assign, transfer, defer, resume, cancel, let join or let leave that of another
	// agent. It is asked about beside the action itself; without Options.Authorize, only
	// the system may.
	ActionInterventionsManage Action = "interventions.manage"

	ActionControlConfigure Action = "control.configure"
	ActionControlRead      Action = "control.read" // and explain
	ActionControlHandover  Action = "control.handover"
	ActionControlAnswer    Action = "control.answer" // accept and decline
	ActionControlReport    Action = "control.report"
	ActionControlSettle    Action = "control.settle"

	ActionWorkspacesRead   Action = "workspaces.read" // and activities, task channels, queues, workflows
	ActionWorkspacesManage Action = "workspaces.manage"

	ActionWorkersRead   Action = "workers.read"
	ActionWorkersCreate Action = "workers.create"
	// ActionWorkersUpdate is to change what a worker is doing, their attributes and their
	// capacities.
	ActionWorkersUpdate Action = "workers.update"
	ActionWorkersDelete Action = "workers.delete"

	ActionTasksCreate Action = "tasks.create"
	ActionTasksRead   Action = "tasks.read" // and explain
	// ActionTasksUpdate is to change a task, to cancel it, to wrap it up and to complete it.
	ActionTasksUpdate Action = "tasks.update"

	ActionReservationsRead Action = "reservations.read"
	// ActionReservationsUpdate is to accept, reject, wrap up, complete or cancel one.
	ActionReservationsUpdate Action = "reservations.update"
	// ActionReservationsManage is to do so with one of another agent. It is asked about
	// beside the other; without Options.Authorize, only the system may.
	ActionReservationsManage Action = "reservations.manage"

	ActionFlexCreate    Action = "flex.create"
	ActionFlexRead      Action = "flex.read"
	ActionFlexUpdate    Action = "flex.update" // channels and participants
	ActionFlexInvite    Action = "flex.invite"
	ActionFlexTransfer  Action = "flex.transfer"
	ActionFlexConfigure Action = "flex.configure" // addresses

	ActionJobsRead   Action = "jobs.read"
	ActionJobsSettle Action = "jobs.settle" // and retry
	ActionJobsRun    Action = "jobs.run"

	ActionEventsRead    Action = "events.read"
	ActionEventsConsume Action = "events.consume"
	ActionEventsTrim    Action = "events.trim"
)

// ofCustomers are the actions that a customer may do, if the host allows it.
var ofCustomers = map[Action]bool{
	ActionThreadsReceive:     true,
	ActionInteractionsRecord: true,
	ActionInteractionsCheck:  true,

	ActionSchemasRead:       true,
	ActionInteractionsRead:  true,
	ActionQuarantineRead:    true,
	ActionTriggersRead:      true,
	ActionSegmentsRead:      true,
	ActionSourcesRead:       true,
	ActionIdentitiesRead:    true,
	ActionContactsRead:      true,
	ActionCategoriesRead:    true,
	ActionThreadsRead:       true,
	ActionContentsRead:      true,
	ActionInterventionsRead: true,
	ActionControlRead:       true,
	ActionWorkspacesRead:    true,
	ActionWorkersRead:       true,
	ActionTasksRead:         true,
	ActionReservationsRead:  true,
	ActionFlexRead:          true,
	ActionJobsRead:          true,
	ActionEventsRead:        true,
}

// notForCustomers refuses a customer what they do not do.
func notForCustomers(resource Resource) error {
	return &RefusedError{
		Rule: "customers only read, write and record", Resource: resource,
		Remedy: "act for an agent, a bot or the system with Engine.As; what a customer writes goes to Threads.Receive",
	}
}

// Authorize decides whether an actor may do something; an error says no. It is asked
// before every call of a service, about the resource that the call names: the contact
// and the schema for recorded interactions, each in turn; the source that something is
// received for or a thread is opened on; the thread that is posted in or engaged in; the
// intervention, content, identity, contact, category or job that is read or changed. Of a
// list it is the source, thread, identity, contact or owner that the filter names, the
// last with its ActorType for a type; where nothing is named, a Resource without an ID. A
// contact that was merged is asked about under the name that the caller used.
//
// A customer, that is an actor of the type ActorCustomer, may do little, and of the rest
// nobody is asked: customers read, they write, which is Threads.Receive without an Echo,
// and they record and check interactions. All else gives a [*RefusedError]. Whose things
// they may read, and for whom they may write and record, is for Authorize to say.
//
// Of thread control it is the conversation, [ResourceControl] with the ID
// "source/identity"; the source for Configure, Settings and Report. Handover and Explain
// name a customer by an ID of the platform's: they ask about the source, if the request
// names one, or about ResourceControl without an ID, and once the conversation is found,
// about that as well. What moves control beside something else, such as who engages or
// posts, is asked about as what it is, and not about control.
//
// Some calls ask more. To engage on a content whose thread is not named asks about the
// content, and, once it is read, about its thread. To engage for somebody else asks about
// ActionInterventionsAssign as well, to close a thread along with an intervention about
// ActionThreadsClose, and to take what another agent owns about
// ActionInterventionsManage.
//
// To answer for a reservation of another agent, or to end their work on it by its task, asks
// about ActionReservationsManage as well. A SID is given as it is kept, with its digits in lower
// case, however the caller has written it; what is no SID of the kind is given as it is, and names
// nothing.
//
// What routing does to a conversation, and closing a thread to its channel, is asked about
// as what causes it, and not once more: who may accept a reservation engages by that. See
// [Joins].
//
// It may be asked several times for one call, must be safe for concurrent use, and must
// not call the Engine.
type Authorize func(ctx context.Context, actor Actor, action Action, resource Resource) error
