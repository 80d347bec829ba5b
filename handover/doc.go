// Package handover decides who controls a conversation, a bot or the agents, and what
// happens when somebody writes, engages or asks for control. It is pure: values go in,
// values or a typed refusal come out; times and IDs are arguments.
//
// # Control
//
// On channels such as Messenger one app at a time may write to a customer (seed 001,
// "thread control"). A [Control] says which: the agents, a bot, another app, or nobody.
// There is one per identity and source. It has an epoch, which grows with each change, so
// that what a bot began to say while it had control is not said after it has lost it.
//
// # The rule
//
// Control passes from the agents to a bot only if no intervention is engaged with the
// identity. [Settings.InTheWay] is that rule; it is asked when a pass is decided, when
// the platform is about to be told of it, and when it is done. While the platform has
// been told and has not answered, nobody can engage whom the rule counts; after the deadline of the pass
// anybody can, and then control is uncertain until the platform says who has it.
//
// What the platform does by itself is another matter: an app that takes control on the
// platform has it, whoever was engaged. Such a change is told as what it is, a report, and
// the agents who were displaced get control back as far as the platform lets them.
//
// # What happens when
//
// [Decide] holds a [Trigger] against [Rules], the table of what is done; [Begin],
// [Answer], [OwnerIs], [Apply], [Expire] and [Delivered] take what was begun to its end.
// Each returns a [Decision]: the Control from now on, what becomes of a content, which
// [Verb] the platform is to be told, and what to tell everybody. A verb ends by the
// platform's answer, by a report, or by what the platform says when it is asked, and
// never by the clock; but none is begun or repeated past its deadline.
//
// The diagram is made from the table, for the time while nothing is under way; the file
// CONTROL.md beside this one has the whole of it, and the workflows of the seed.
//
//	stateDiagram-v2
//	    idle --> agent: customer_writes [a side is primary]
//	    idle --> bot: customer_writes [a side is primary]
//	    idle --> agent: agent_sends
//	    bot --> agent: agent_sends
//	    other --> agent: agent_sends
//	    bot --> agent: agent_engages
//	    other --> agent: agent_engages
//	    idle --> bot: bot_sends [no agent has an open intervention with the identity]
//	    idle --> agent: handover_to_agent [control was not handed over too often lately]
//	    bot --> agent: handover_to_agent [the bot that has control says so, and posts through this library, and control was not handed over too often lately]
//	    bot --> agent: handover_to_agent [control was not handed over too often lately]
//	    idle --> bot: handover_to_bot [the bot's app is named, and control was not handed over too often lately, and no intervention is engaged with the identity]
//	    agent --> bot: handover_to_bot [the bot's app is named, and control was not handed over too often lately, and no intervention is engaged with the identity]
//	    agent --> idle: engaged_ends
//	    agent --> bot: engaged_ends
//	    agent --> idle: inactivity [nobody has written for long enough, and no intervention is engaged with the identity]
//	    bot --> idle: inactivity [nobody has written for long enough]
//	    other --> idle: inactivity [nobody has written for long enough]
//
// # Without a platform
//
// Where the source has no platform that passes control, this package is the arbiter:
// what it decides is so at once. A request of the agents still waits for the bot, which
// accepts, declines, or lets the deadline go by.
package handover
