// Package dispatch has no code, only tests: of who gets which task while many do something at
// the same time, with several Engines on one store, on each kind of store and on one that is
// only as strong as the contract says; and of what is left of it when the store fails, or
// the process ends, at any moment.
//
// The ledger stands between the Engines and the store, and holds each batch against the
// lifecycles and the sums of routing: by the batch itself, and by what was written under the
// versions that it names. When all is quiet, everything that is stored is counted again, and
// each task that waits is held against all workers.
//
// Both must find stores that break their promises, by which the Engine breaks its own.
package dispatch
