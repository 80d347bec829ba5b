// Package interaction holds what is known of a customer's dealings with a
// company, and the rules for it, as pure functions over values: time and new IDs
// are arguments, and nothing is read or written.
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
// The rules are those of seed 002 (Voyado Engage, "Interactions"); where that is
// silent, the doc comments say what was decided.
package interaction
