package interaction

// InterventionVerb is something that happens to an intervention.
type InterventionVerb string

// What happens to interventions.
const (
	InterventionEngages   InterventionVerb = "engage"          // an agent or a bot undertakes it
	InterventionReopens   InterventionVerb = "reopen"          // somebody opens it again
	InterventionWritten   InterventionVerb = "customer_writes" // the customer writes again
	InterventionReplies   InterventionVerb = "reply"           // somebody of the company replies
	InterventionDefers    InterventionVerb = "defer"           // it rests until a time
	InterventionResumes   InterventionVerb = "resume"          // somebody ends the rest
	InterventionFallsDue  InterventionVerb = "fall_due"        // the time has come
	InterventionAssigns   InterventionVerb = "assign"          // somebody else is to own it
	InterventionTransfers InterventionVerb = "transfer"        // it goes from whom it was with, to somebody or to whoever engages next
	InterventionJoins     InterventionVerb = "join"            // somebody takes part beside the owner
	InterventionLeaves    InterventionVerb = "leave"           // somebody takes part no longer
	InterventionCloses    InterventionVerb = "close"           // it is solved
	InterventionCancels   InterventionVerb = "cancel"          // it needed no reply
)

// NeedsOwner reports whether by the verb the customer is left to the owner that the
// intervention has already. One who is gone loses it then, so that the customer does not
// wait for nobody: whoever lets it happen asks whether there still is such an owner.
func (v InterventionVerb) NeedsOwner() bool {
	switch v {
	case InterventionReopens, InterventionWritten, InterventionResumes, InterventionFallsDue:
		return true
	case InterventionEngages, InterventionReplies, InterventionDefers, InterventionAssigns, InterventionTransfers,
		InterventionJoins, InterventionLeaves, InterventionCloses, InterventionCancels:
	}
	return false
}

// InterventionFacts are what decides on what happens to an intervention. Apply sets
// those that are the intervention's own, or come with the verb.
type InterventionFacts struct {
	ThreadOpen  bool // its thread is open
	Other       bool // another intervention with the same customer in the thread is open or deferred
	MayManage   bool // who acts owns it, or may manage those of others; joins or leaves in person
	Disposition bool // its disposition and categories are all that is demanded
	TakesPart   bool // who acts owns it or takes part
	OwnerGone   bool // who owns it does not exist any more; of one that nobody owns it says nothing

	Owner    Actor // who owns it
	NewOwner Actor // who is to own it, to join or to leave
	Others   int   // how many take part beside the owner and who joins
	Replies  int64 // how many replies there were
	Future   bool  // the time that comes with the verb is in the future
	Due      bool  // the time until when it is deferred has come
	ByItself bool  // nobody ends it: it has a cause
}

// ownerGone reports whether somebody owns it who does not exist any more.
func (f InterventionFacts) ownerGone() bool { return f.OwnerGone && !f.Owner.IsZero() }

var (
	threadIsOpen = Guard[InterventionFacts]{
		Rule: "its thread is open", Remedy: "reopen the thread",
		Holds: func(f InterventionFacts) bool { return f.ThreadOpen },
	}
	isOnlyOne = Guard[InterventionFacts]{
		Rule: "no other one with the customer in the thread is open or deferred", Remedy: "use that one, or close or cancel it",
		Holds: func(f InterventionFacts) bool { return !f.Other },
	}
	noAgentHasIt = Guard[InterventionFacts]{
		Rule: "an agent engages, and no agent owns it who still exists", Remedy: "assign it or have it assigned, or wait until it is closed",
		Holds: func(f InterventionFacts) bool {
			return (f.Owner.Type != ActorAgent || f.ownerGone()) && f.NewOwner.Type == ActorAgent && CheckOwner(f.NewOwner) == nil
		},
	}
	isFuture = Guard[InterventionFacts]{
		Rule: "the time is in the future", Remedy: "name a later time",
		Holds: func(f InterventionFacts) bool { return f.Future },
	}
	isDue = Guard[InterventionFacts]{
		Rule: "the time has come", Remedy: "wait, or resume it",
		Holds: func(f InterventionFacts) bool { return f.Due },
	}
	isReplied = Guard[InterventionFacts]{
		Rule: "there was a reply", Remedy: "reply, or cancel it",
		Holds: func(f InterventionFacts) bool { return f.Replies > 0 },
	}
	isUnreplied = Guard[InterventionFacts]{
		Rule: "there was no reply", Remedy: "close it",
		Holds: func(f InterventionFacts) bool { return f.Replies == 0 },
	}
	mayManage = Guard[InterventionFacts]{
		Rule: "its owner does so, or somebody who may manage others' ones, or nobody owns it who still exists", Remedy: "have it assigned",
		Holds: func(f InterventionFacts) bool { return f.MayManage || f.Owner.IsZero() || f.ownerGone() },
	}
	mayTake = Guard[InterventionFacts]{
		Rule: "no agent owns it who still exists, or its owner does so, or somebody who may manage others' ones", Remedy: "have its owner do so",
		Holds: func(f InterventionFacts) bool { return f.Owner.Type != ActorAgent || f.MayManage || f.ownerGone() },
	}
	isParticipant = Guard[InterventionFacts]{
		Rule: "who joins or leaves is an agent or a bot", Remedy: "name one",
		Holds: func(f InterventionFacts) bool { return CheckOwner(f.NewOwner) == nil },
	}
	isNotOwner = Guard[InterventionFacts]{
		Rule: "who leaves is not the owner", Remedy: "assign or transfer it",
		Holds: func(f InterventionFacts) bool { return f.Owner != f.NewOwner },
	}
	hasRoom = Guard[InterventionFacts]{
		Rule: "less than 100 others take part", Remedy: "let somebody leave first",
		Holds: func(f InterventionFacts) bool { return f.Others < MaxParticipants },
	}
	isDisposed = Guard[InterventionFacts]{
		Rule: "the categories and the disposition that are demanded are there, or it ends by itself", Remedy: "categorise it, and close it with a disposition",
		Holds: func(f InterventionFacts) bool { return f.Disposition || f.ByItself },
	}
	takesPart = Guard[InterventionFacts]{
		Rule: "who replies owns it or takes part", Remedy: "engage, join it or have it assigned",
		Holds: func(f InterventionFacts) bool { return f.TakesPart },
	}
	isAnswerer = Guard[InterventionFacts]{
		Rule: "the new owner is an agent or a bot", Remedy: "name one",
		Holds: func(f InterventionFacts) bool { return CheckOwner(f.NewOwner) == nil },
	}
	isToNobody = Guard[InterventionFacts]{
		Rule: "no new owner is named", Remedy: "name none, or an agent or a bot",
		Holds: func(f InterventionFacts) bool { return f.NewOwner.IsZero() },
	}
	ownerIsGone = Guard[InterventionFacts]{
		Rule: "its owner does not exist any more", Remedy: "assign or transfer it",
		Holds: InterventionFacts.ownerGone,
	}
	ownerChanges = Guard[InterventionFacts]{
		Rule: "the owner becomes another", Remedy: "name somebody else",
		Holds: func(f InterventionFacts) bool { return f.Owner != f.NewOwner },
	}
)

type (
	interventionRow    = Transition[InterventionStatus, InterventionVerb, InterventionFacts]
	interventionGuards = []Guard[InterventionFacts]
)

var (
	none     = []InterventionStatus{""}
	open     = []InterventionStatus{InterventionOpen}
	deferred = []InterventionStatus{InterventionDeferred}
	live     = []InterventionStatus{InterventionOpen, InterventionDeferred}
	closed   = []InterventionStatus{InterventionClosed}
)

// InterventionLifecycle is the table of what happens to interventions. Close and
// cancel exclude each other: the first needs a reply, the second that there was none,
// so that exactly one of them is always possible. A canceled one has ended for good;
// nothing is ever destroyed. What an agent owns nobody takes away who may not, be it that
// they pass it on, cancel it, let it rest or end its rest: with what a bot or nobody owns,
// or an agent who is gone, anybody may. What a bot owns, too, only those close who may; what
// nobody owns, or somebody who is gone, anybody closes. Where it would be left to an owner who is gone (see
// InterventionVerb.NeedsOwner), nobody owns it afterwards.
var InterventionLifecycle = Lifecycle[InterventionStatus, InterventionVerb, InterventionFacts]{
	Of: "intervention",
	Rows: []interventionRow{
		{From: none, By: InterventionEngages, To: InterventionOpen, Guards: interventionGuards{isAnswerer, threadIsOpen, isOnlyOne}, Events: []string{"intervention.opened"}},
		{From: closed, By: InterventionEngages, To: InterventionOpen, Guards: interventionGuards{isAnswerer, threadIsOpen, isOnlyOne}, Events: []string{"intervention.reopened"}},
		{From: closed, By: InterventionReopens, To: InterventionOpen, Guards: interventionGuards{threadIsOpen, isOnlyOne, ownerIsGone}, Events: []string{"intervention.reopened", "intervention.user_updated"}},
		{From: closed, By: InterventionReopens, To: InterventionOpen, Guards: interventionGuards{threadIsOpen, isOnlyOne}, Events: []string{"intervention.reopened"}},
		{From: closed, By: InterventionWritten, To: InterventionOpen, Guards: interventionGuards{threadIsOpen, isOnlyOne, ownerIsGone}, Events: []string{"intervention.reopened", "intervention.user_updated"}},
		{From: closed, By: InterventionWritten, To: InterventionOpen, Guards: interventionGuards{threadIsOpen, isOnlyOne}, Events: []string{"intervention.reopened"}},
		{From: live, By: InterventionEngages, To: InterventionOpen, Guards: interventionGuards{noAgentHasIt}, Events: []string{"intervention.user_updated"}},

		{From: open, By: InterventionReplies, Guards: interventionGuards{takesPart}},
		{From: open, By: InterventionDefers, To: InterventionDeferred, Guards: interventionGuards{mayTake, isFuture}, Events: []string{"intervention.deferred"}},
		{From: open, By: InterventionWritten, To: InterventionOpen, Guards: interventionGuards{ownerIsGone}, Events: []string{"intervention.user_updated"}},
		{From: open, By: InterventionWritten, To: InterventionOpen},
		{From: deferred, By: InterventionWritten, To: InterventionOpen, Guards: interventionGuards{ownerIsGone}, Events: []string{"intervention.reactivated", "intervention.user_updated"}},
		{From: deferred, By: InterventionWritten, To: InterventionOpen, Events: []string{"intervention.reactivated"}},
		{From: deferred, By: InterventionResumes, To: InterventionOpen, Guards: interventionGuards{mayTake, ownerIsGone}, Events: []string{"intervention.reactivated", "intervention.user_updated"}},
		{From: deferred, By: InterventionResumes, To: InterventionOpen, Guards: interventionGuards{mayTake}, Events: []string{"intervention.reactivated"}},
		{From: deferred, By: InterventionFallsDue, To: InterventionOpen, Guards: interventionGuards{isDue, ownerIsGone}, Events: []string{"intervention.reactivated", "intervention.user_updated"}},
		{From: deferred, By: InterventionFallsDue, To: InterventionOpen, Guards: interventionGuards{isDue}, Events: []string{"intervention.reactivated"}},

		{From: live, By: InterventionAssigns, Guards: interventionGuards{mayTake, isAnswerer, ownerChanges}, Events: []string{"intervention.assigned", "intervention.user_updated"}},
		{From: live, By: InterventionTransfers, Guards: interventionGuards{mayTake, isAnswerer, ownerChanges}, Events: []string{"intervention.assigned", "intervention.user_updated"}},
		{From: live, By: InterventionTransfers, Guards: interventionGuards{mayTake, isToNobody, ownerChanges}, Events: []string{"intervention.user_updated"}},
		{From: live, By: InterventionJoins, Guards: interventionGuards{mayTake, isParticipant, hasRoom}, Events: []string{"intervention.participant_joined"}},
		{From: live, By: InterventionLeaves, Guards: interventionGuards{mayTake, isParticipant, isNotOwner}, Events: []string{"intervention.participant_left"}},
		{From: live, By: InterventionCloses, To: InterventionClosed, Guards: interventionGuards{mayManage, isReplied, isDisposed}, Events: []string{"intervention.closed"}},
		{From: live, By: InterventionCancels, To: InterventionCanceled, Guards: interventionGuards{mayTake, isUnreplied}, Events: []string{"intervention.canceled"}},
	},
}
