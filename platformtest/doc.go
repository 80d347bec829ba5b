// Package platformtest has a platform in memory: what tests and examples connect an
// Engine to where a host would connect Messenger or its e-mail. It remembers what it
// was asked to deliver, shows what the customer sees, and goes wrong when told to.
//
//	p := platformtest.New()
//	eng, err := engage.New(ctx, st, &engage.Options{Platforms: map[string]engage.Platform{"chat": p}})
//	…
//	p.Will(platformtest.Fail(err), platformtest.Next(2)) // the next two sends fail
//	p.Will(platformtest.LoseAnswer(), platformtest.Body("Sold out"))
//	…
//	p.Seen("ada")  // what the customer reads
//	p.Check(t)     // and the engine kept to the rules
//
// # What it does
//
// A send is delivered at once, unless a [Behaviour] that [Platform.Will] has set is
// for it. The first that was set and is for it counts:
//
//   - [Fail]: it is not delivered, and the answer is an error, which may come from
//     [engage.Permanent] or [engage.RetryAfter].
//   - [NoAnswer]: it is not delivered, and nobody knows.
//   - [LoseAnswer]: it is delivered, and nobody knows.
//   - [Hang]: nothing happens until the context ends.
//   - [DeliverTwice]: the customer sees it twice, under two foreign IDs.
//   - [Panic]: the platform's code is broken.
//   - [Crash]: the process that sends dies.
//   - a [Hold]: nothing happens until the test says what happens; with [Hold.Late],
//     even if the sender has given up meanwhile.
//   - [DeliverThen]: it is delivered, and then something else happens.
//   - [Do]: what you like.
//
// Nothing in it looks at a clock, and no goroutine is its own: whatever waits, waits
// for the test, the context, or [Platform.Close].
//
// # Echoes
//
// Most platforms tell of all that is said in a conversation, of what they were asked
// to deliver too. [Platform.OnDeliver] is for an echo that comes before the answer,
// [Platform.Echo] for one that comes when the test says so; both hand over what
// Threads.Receive wants to know: the foreign ID, the key, the body.
//
// # What it watches
//
// [Platform.Check] reports where the sender broke what [engage.Platform] promises to
// those who write one: see there.
//
// # Several processes
//
// [Platform.Process] is the same world as another process sees it. With
// [Platform.Crash] one of them dies, and the other lives on: what was delivered stays
// delivered.
package platformtest
