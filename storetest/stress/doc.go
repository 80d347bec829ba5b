// Package stress tries a [store.Store] with what nobody would think of: random
// calls, compared with a model of the contract, and histories of clients that
// work at the same time. It is the deep end of package storetest, for a store
// that passes [storetest.Run], and takes the same harness:
//
//	func TestStress(t *testing.T) { stress.Run(t, harness()) }
//
//	func FuzzStore(f *testing.F) { stress.Fuzz(f, harness()) }
//
// It is a package of its own because it stands on two modules, rapid and
// porcupine, which nobody shall need who runs storetest.
//
// # What it does
//
// [Run] has three subtests:
//
//   - sequences makes random calls of every method one after another, through
//     several handles that are opened and closed meanwhile, with restarts, with
//     contexts that are done or end during the call, with arguments that must be
//     refused, and with batches that are sent again. A model of the contract in
//     plain Go says of each answer whether it is allowed. Where the contract
//     leaves an outcome open, the model follows both, until an answer tells.
//   - histories lets several clients read and write single records at the same
//     time, through all handles, and records every call and its answer. The
//     history must be linearizable: there must be an order in which the calls
//     could have been made one after another, each at one moment between its
//     call and its return.
//   - batches does so with batches over several records and events, and with
//     reads of several records, of a whole kind and of the log. These histories
//     are short, and looked at as a whole.
//
// With Reopen in the harness, the last reads of a history come after a restart.
//
// # What a failure shows
//
// A sequence that fails is made as short as rapid can make it in half a minute,
// and printed call by call with what came back; at the end stands the answer that
// is wrong, and what the model says to it:
//
//	[rapid] draw call: handle 0: Commit(batch b1 of acme puts [acme/doc/a@absent owner=x "1"])
//		= ok
//	[rapid] draw call: handle 1: Get([acme/doc/a])
//		= [acme/doc/a@absent ""]
//		the version of acme/doc/a is "b1"
//
// What stands behind @ is a version, the one that is expected or that was read.
// Rapid keeps the sequence in a file below testdata/rapid, which it tries first
// from then on, and says with which flag it is repeated. A sequence may pass when
// it is tried again, if a store depends on chance; it is printed as it was, then.
//
// A history that fails is cut off after the first answer that no order explains,
// and printed call by call, each with the times of call and return. It is also
// written as a page, whose path is printed: open it in a browser, and click on a
// call to see which calls can come before it, and what was stored then. The page
// is among the artifacts of the test if go test is run with -artifacts, and in a
// temporary directory otherwise, where it stays.
//
// Whether a history is right is a search, which could take too long. If it does,
// the test fails: not to know is no pass.
//
// # Longer, and again
//
// Without further ado each subtest takes some seconds, and tries as much as fits
// in. The environment variable STORETEST_EFFORT makes that so many times longer:
//
//	STORETEST_EFFORT=200 go test -race -run TestStress -timeout 1h
//
// Sequences follow the flags of rapid: -rapid.checks for their number,
// -rapid.steps for their length, -rapid.seed and -rapid.failfile to repeat one.
// The choices of histories follow STORETEST_SEED, which is printed; but which
// calls meet is up to the scheduler, so that a failure need not come again.
//
// The fuzz target finds its way by the code that is covered. Its inputs are long
// and are not worth making short before a failure is found:
//
//	go test -run '^$' -fuzz FuzzStore -fuzzminimizetime 10x
//
// # What it does not show
//
// Nothing that is found is a matter of luck, but what is not found is. Values and
// batches are small, so that the limits are left to storetest. A store that waits
// for no lock that it should wait for is found out by histories only if the calls
// meet: give them more than one processor, and the race detector.
package stress
