// Package storetest checks whether an implementation of [store.Store] keeps the
// contract. If you write a store, run it from a test of yours:
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, storetest.Harness{
//			Open: func(tb testing.TB) store.Store {
//				st := open(tb.TempDir())
//				tb.Cleanup(func() { _ = st.Close() })
//				return st
//			},
//		})
//	}
//
// Open gives a new, empty store. Add Peer, a second handle on the same data;
// Reopen, the same data after a restart; and Crash, how a child process gets at
// it, as soon as your store can have them: without, much of what goes wrong in
// practice is not looked at. [Run] lists what that is in the log of the test,
// which go test prints with -v, or when something fails.
//
// docs/writing-a-store.md is the way from an empty file to a store that passes,
// and store/CONTRACT.md the list of all rules with the functions that check them.
//
// # Reading the result
//
// Each rule of the contract is a [Clause], and each clause a subtest that has its
// ID for a name, as it stands in brackets in the documentation of package store.
// So one rule is run with
//
//	go test -race -run 'TestConformance/commit-atomic$'
//
// and all but one that is slow with
//
//	go test -race -skip 'TestConformance/commit-limits$'
//
// A failure prints the rule, what was done, what came back, what was wanted, and
// where to read more: the first few of a clause, and how many more there were.
//
// A check of one clause cannot help but use the rest of the store. When a call
// that it needs does not succeed, the report says that this is not the rule under
// test, and where to read about the method that failed. When a method panics, the
// report says that the check could not go on, and the other clauses are checked
// all the same. So the suite can be run from the first day, when most of the store
// is still to be written.
//
// Begin with the clauses that Run checks first, one after another: of Prepare,
// Get, Commit, Find and Events those that all others rest on. If one of them
// fails, most of the others do too, and the log says so.
//
// # What a store cannot do yet
//
// A clause that a store is known to break, and why, belongs into KnownFailures of
// its harness. It is checked all the same: while it fails, go test shows it as
// skipped, with the reason; once it passes, the test fails until the entry is
// taken out. Nothing else is left out: a part that the harness does not have is
// reported with the clauses that went unchecked.
//
// # Trying longer
//
// Some faults show only when goroutines meet, or when a process dies at the wrong
// moment. STORETEST_EFFORT=100 in the environment of go test lets the checks that
// need luck try a hundred times as long, see [Effort]; STORETEST_SEED repeats the
// choices of a run that has logged its seed, see [Seed].
//
// Around this package there are others, for what needs more than the standard
// library:
//
//   - storetest/stress compares a store with a model of the contract over random
//     sequences of calls, and checks histories of concurrent callers for
//     linearizability;
//   - storetest/faults is a store on which a call goes wrong, for testing what
//     stands on a store;
//   - storetest/weak is a store that keeps the contract, and nothing beyond it;
//   - storetest/enginetest runs the engine on a store, and looks whether it keeps
//     what it promises.
//
// [Benchmark] measures a store under names that are the same for all of them.
//
// # What it shows, and what it does not
//
// What fails is wrong: whether a check fails depends neither on time nor on
// anything that the contract leaves open. What passes is not proven right:
//
//   - Faults of concurrency show when goroutines meet, which is up to the
//     scheduler. Run the suite several times, on more than one processor, and
//     always with the race detector: it sees what no check can.
//   - A restart by Reopen happens in good order. With Crash, a process is killed
//     while it writes, many times, at random moments: that shows what a store
//     keeps only in its own memory. It says nothing about power loss: the
//     operating system outlives the process and still writes what it was given,
//     synced or not. Whether a store syncs what it acknowledges, in the right
//     order, shows only when writes that were not synced are dropped, on a
//     virtual machine that is switched off or on a device that loses them.
//   - Peer is a handle in the same process. Clocks and networks between machines
//     are not tried.
//   - No error of a disk or a network is brought about, so that neither
//     store.ErrUnavailable nor store.ErrUnknownOutcome is ever forced. A batch of
//     unknown outcome is accepted where the contract allows one.
//   - Nothing is said about speed or about large amounts of data, but for the
//     limits of a single batch. A call that is not answered within a minute, times
//     the effort, is reported under its clause with the stacks of those that wait,
//     and left behind. A store that panics on a goroutine of its own ends the whole
//     test.
//
// The suite needs a few hundred MB of memory for those limits, and seconds for a
// store that is fast. Leave out what is slow, but not for good.
package storetest
