// Package crowd has no code, only tests: of who controls conversations while many do
// something at the same time, with two Engines on one store, on each kind of store and on
// one that is only as strong as the contract says.
//
// They look at it in two ways, which have nothing in common. The ledger stands between the
// Engines and the store, and holds every batch against the rule that control does not pass
// to a bot while an intervention is engaged: by itself, and by what was written under the
// versions that the batch names. The histories are what callers were told, and must be
// explained by an order in which the pure rules of package handover say the same.
//
// Both must find stores that break their promises, by which the Engine breaks its own.
package crowd
