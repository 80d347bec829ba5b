// Package messenger connects an Engine with Messenger, over the Graph API: [Platform] is
// what it calls, [Webhook] what calls it. On Messenger several apps may answer for one
// page, of which one at a time controls a conversation (seed 001, "thread control"): the
// company's bot, the app through which its agents write, or the page's inbox.
//
// # Outwards
//
// [New] makes a Platform of an app. It sends texts and files; it requests, takes, passes
// and releases control, and asks who has it. What Messenger answers is an [Error], with a
// word on what it means to the Engine: one table says so, for all calls. Where nobody knows
// whether a call has been done it says that, and the Engine asks for the owner, or waits
// for the echo.
//
// # Inwards
//
// Messenger is given the URL of a Webhook, which is made of an Engine. It checks the
// signature, and hands on contents to Threads.Receive, and a [Report] of what is told of
// thread control to Control.Report, unless the host takes either itself.
// [Parse] and [CheckSignature] are the pure parts, for hosts that get webhooks another way.
//
// What the company writes comes back as an echo: of our own app with the key of its
// delivery, so that it is known again; of another app as a content of that bot. An echo in
// a conversation that our app stands by also says who has control, since only that app
// can write there.
//
// # The rules of Messenger
//
// There have been several. The handover protocol has a primary app, or none; conversation
// routing, which has followed it, has a default app, or none, and knows no request where
// there is one. [handover.Settings] has what the Engine needs to know: Primary, NoRequest,
// MayTake. A conversation that nobody has, our app gets in any case: where the page does not
// let it take control, [Platform.Take] passes that to itself. From another app it comes then
// only if that passes it.
//
// Messenger ends control after 24 hours in which nothing is written, whatever
// Settings.Inactivity says, and tells nobody. With conversation routing, what agents send
// then shows it: it is refused, the Engine asks who has control, and gets it back. With the
// handover protocol Messenger takes what is sent while nobody has control, and whoever is
// primary gets what the customer writes next. A host that wants control to last calls
// [Platform.Extend].
//
// Package messengertest has a Messenger in memory that keeps to either, to test
// with.
package messenger
