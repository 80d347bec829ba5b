// Package feed hands the events of a store to named consumers.
//
// Each consumer has a durable cursor: the position up to which it has handled
// the log. One holder at a time works for a name, in whatever process it is; the
// others wait for its lease to end. Events come in order, at least once; a
// handler that fails gets the same event again after a pause.
//
//	consumer  position of the cursor, lease: who holds it and until when
//	floor     no cursor is below it, and nothing above it is trimmed
//
// The floor is one record. Whoever registers a consumer reads and rewrites it,
// and so does a trim, which raises it to the lowest cursor before the store
// forgets anything: a consumer is never registered where events are gone. Who wants to
// begin elsewhere than with the oldest event registers first: [Feed.Register].
package feed
