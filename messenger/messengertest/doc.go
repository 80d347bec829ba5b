// Package messengertest has a Messenger in memory, which keeps to the documented rules of
// thread control: who may write, take, request, pass and release control in which state, and
// which app is told what. It is for tests of whatever talks with Messenger, and imports
// nothing of this module, so that both sides are held against the rules and not against each
// other.
//
//	m := messengertest.New(clock)
//	page := m.Page("page", messengertest.HandoverPrimary)
//	bot := page.App("bot").Bot()                   // the first app is the primary one
//	desk := page.App("desk", messengertest.NeedsProof())
//	desk.Subscribe(webhook)                        // an http.Handler, such as messenger.Webhook
//	…
//	page.Customer("ada").Writes("Hello?")
//	m.Deliver(ctx)                                 // the webhooks, and what comes of them
//
// # Calls
//
// [Messenger] is an [http.Handler]: the Graph API of its pages. [Messenger.Client] is an
// HTTP client that comes to it without a network, whatever the address. Other programs are
// played with [App.Call], or by a [Bot].
//
// [Messenger.Will] says what goes wrong: [Fail] and [Break] before it is done, [DoThen]
// after it, [Hang], and a [Hold], with which a call is done after its caller has given up.
//
// # Webhooks
//
// Nothing is delivered by itself. [Messenger.Deliver] brings what is on its way, all of it
// or what a test picks; [Messenger.Rearrange] loses, repeats and reorders. What an app does
// not answer with 200 is brought again by the next Deliver.
//
// # The rules
//
// There are four sets of them, the [Generation] of a page. What is documented for none of
// them in particular holds for all; where Messenger does not document the code of a refusal
// it is (#100), or (#27) if control may not be taken. It differs from Messenger in that
// customers may be written to at any time, and not for 24 hours only, and that there are
// no entry points that route conversations.
package messengertest
