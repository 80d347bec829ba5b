// Package engage keeps customer engagement straight, in process and in one place:
// it records what customers did, as interactions that are checked against a schema
// the host declares. It is the ground floor of a library that will also keep what
// they said, who is answering, and who should answer next.
//
//	st, err := sqlite.Open(ctx, "engage.db", nil)     // or memory.New(), or a store of your own
//	eng, err := engage.New(ctx, st, nil)
//
//	schema, err   := eng.Schemas.Create(ctx, definition)
//	recorded, err := eng.Interactions.Record(ctx, submission)
//
// # Services
//
// An [Engine] is a set of services over a [store.Store]:
//
//   - [Schemas] declares what interactions look like: create, supersede, delete.
//   - [Interactions] records what contacts did, and finds it again: by contact, by
//     schema, by time, as a contact card.
//   - [Quarantine] keeps what its schema rejected, until it is replayed or discarded.
//   - [Triggers] waits for a contact's first interaction with some value.
//   - [Segments] finds contacts by what they did, how often and when.
//   - [Events] is the log of all that happened, read from any position or handed to
//     named consumers that survive restarts.
//
// [Engine.As] acts for an agent, a bot or a customer, and Options.Authorize guards
// every call. [Engine.Atomically] makes several calls one.
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
// error. An idempotency key makes a repeated submission return the first one.
//
// # What is guaranteed
//
// Every change is decided by a pure function and committed whole: an interaction,
// the tallies it counts in, the triggers it fires and the event that tells of it are
// all there, or none is. A decision holds only if nothing that it rests on has
// changed at the time of the commit; if something has, it is made anew. This holds
// for any number of goroutines and processes on one store. A refusal never tells of
// a state that never was.
//
// An error that wraps [ErrUnknownOutcome], and only such a one, leaves open whether
// a commit was done: it comes when a context ends, or a store fails, in the middle
// of it. With an idempotency key, recording again is harmless. Calls that work in
// several commits say so: RecordMany, Delete with Erase, ReplayAll. What they have
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
// where a rule comes from one. Seed 002 is "Interactions" of Voyado Engage.
package engage
