package messengertest

import "slices"

// Generation is by which rules a page's apps share conversations.
type Generation string

// The generations. Of the handover protocol it is the second version; the first had no
// exclusive sending, and no idle conversations.
const (
	// HandoverPrimary is the handover protocol with a primary app: it gets a conversation
	// that nobody has when the customer writes, and may take control at any time.
	HandoverPrimary Generation = "handover protocol with a primary app"
	// Handover is the handover protocol without one: a conversation stays idle until an
	// app takes it.
	Handover Generation = "handover protocol without a primary app"
	// Routing is conversation routing with a default app, which gets what nobody has.
	Routing Generation = "conversation routing with a default app"
	// ZeroConfig is conversation routing without one.
	ZeroConfig Generation = "conversation routing without a default app"
)

// Generations are all of them.
func Generations() []Generation { return []Generation{HandoverPrimary, Handover, Routing, ZeroConfig} }

// leads reports whether one of the apps is before the others: the primary or default one.
func (g Generation) leads() bool { return g == HandoverPrimary || g == Routing }

// routes reports whether it is conversation routing.
func (g Generation) routes() bool { return g == Routing || g == ZeroConfig }

// Verb is what an app asks of Messenger: the last part of the path.
type Verb string

// The verbs.
const (
	Send    Verb = "messages"
	Take    Verb = "take_thread_control"
	Request Verb = "request_thread_control"
	Pass    Verb = "pass_thread_control"
	Release Verb = "release_thread_control"
	Extend  Verb = "extend_thread_control"
	Owner   Verb = "thread_owner"
)

// state is who has control, as the caller sees it.
type state string

const (
	idle    state = "idle"
	own     state = "own"
	foreign state = "another's"
)

// target is to whom control is to be passed.
type target string

const (
	toOther  target = "another app"
	toSelf   target = "the caller"
	toNobody target = "no app of the page"
)

// effect is what comes of a call.
type effect string

const (
	says      effect = "the customer reads it"
	takes     effect = "the caller has control; who had it is told of the take"
	claims    effect = "the caller has control, and is told of a pass"
	asks      effect = "who has control is told of the request"
	gives     effect = "the target has control, and is told of the pass"
	releases  effect = "nobody has control; nobody is told"
	extends   effect = "control lasts longer"
	tells     effect = "the owner and the expiration"
	tellsTime effect = "the expiration"
	tellsNone effect = "nothing"

	notTheOwner effect = "refused: (#100)"
	mayNotTake  effect = "refused: (#27)"
	mayNotSend  effect = "refused: (#10), 2018300"
)

// question is what the rules are asked.
type question struct {
	generation Generation
	verb       Verb
	state      state
	lead       bool // the caller is the primary or default app
	mayTake    bool // the page lets the caller take control
	target     target
}

// rule is a row of the table. What is empty stands for everything.
type rule struct {
	verb   Verb
	in     []Generation
	states []state
	who    func(question) bool
	to     target
	effect effect
}

var (
	handoverProtocol = []Generation{HandoverPrimary, Handover}
	routing          = []Generation{Routing}
)

func isLead(q question) bool  { return q.lead }
func mayTake(q question) bool { return q.mayTake }

// rules say who may do what, and what comes of it. The first row that fits counts.
var rules = []rule{
	// Who has control is the only one who writes.
	{verb: Send, states: []state{own}, effect: says},
	{verb: Send, states: []state{foreign}, effect: mayNotSend},
	{verb: Send, in: routing, who: isLead, effect: says},
	{verb: Send, in: routing, effect: mayNotSend},
	{verb: Send, effect: says},

	{verb: Take, in: handoverProtocol, who: isLead, effect: takes},
	{verb: Take, in: handoverProtocol, states: []state{idle}, effect: takes},
	{verb: Take, in: handoverProtocol, effect: mayNotTake},
	{verb: Take, in: routing, states: []state{own}, effect: notTheOwner},
	{verb: Take, in: routing, who: mayTake, effect: takes},
	{verb: Take, effect: mayNotTake},

	{verb: Request, in: routing, effect: notTheOwner}, // there is none
	{verb: Request, states: []state{own}, effect: notTheOwner},
	{verb: Request, states: []state{idle}, effect: claims},
	{verb: Request, states: []state{foreign}, effect: asks},

	{verb: Pass, states: []state{foreign}, effect: notTheOwner},
	{verb: Pass, to: toNobody, effect: notTheOwner},
	{verb: Pass, states: []state{own}, to: toSelf, effect: notTheOwner},
	{verb: Pass, effect: gives},

	{verb: Release, states: []state{own}, effect: releases},
	{verb: Release, effect: notTheOwner},

	{verb: Extend, states: []state{own}, effect: extends},
	{verb: Extend, effect: notTheOwner},

	{verb: Owner, states: []state{idle}, effect: tellsNone},
	{verb: Owner, states: []state{own}, effect: tells},
	{verb: Owner, who: isLead, effect: tells},
	{verb: Owner, effect: tellsTime},
}

// decide returns what comes of a call.
func decide(q question) effect {
	for _, r := range rules {
		if r.verb == q.verb && (r.in == nil || slices.Contains(r.in, q.generation)) &&
			(r.states == nil || slices.Contains(r.states, q.state)) &&
			(r.who == nil || r.who(q)) && (r.to == "" || r.to == q.target) {
			return r.effect
		}
	}
	return notTheOwner
}

// refusals are the errors of the Graph API.
var refusals = map[effect]apiError{
	notTheOwner: {Status: 400, Code: 100, Message: "(#100) The app cannot do this with this thread in its state"},
	mayNotTake:  {Status: 400, Code: 27, Message: "(#27) The app is not permitted to take control of this thread"},
	mayNotSend: {
		Status: 400, Code: 10, Subcode: 2018300,
		Message: "(#10) Message failed to send because another app is controlling this thread now.",
	},
}
