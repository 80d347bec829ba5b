// Package layering holds the architecture of engage. It consists of a test
// and has nothing to import.
//
// The packages of the module are rooms, and imports go one way:
//
//	engage ──▶ interaction, schema, handover, routing      the domain, pure
//	   │         (handover and routing may use interaction)
//	   ├─────▶ internal/work, internal/feed, …
//	   │         │
//	   └─────────┴▶ store ◀── store/memory, store/sqlite, storetest
//
// Pure means: values in, values or a typed error out. No context, clock,
// randomness, goroutine, logging or I/O; time and new IDs are arguments.
//
// The rules are the tables in rules_test.go. A package without a rule fails
// the test, so a new one begins by saying there whom it may import.
package layering
