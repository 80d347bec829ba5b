// Package enginetest checks that an Engine keeps what it promises on any store: the
// same scenarios, played over a store that fails in every way it may, by several
// callers at a time, and over restarts, and after each the same invariants.
//
// If you write a store, package storetest comes first: it says which rule of the
// contract is broken, and where it stands. This one shows what that would do to
// those who use it, and that all rules together are enough. It takes the same
// harness:
//
//	func TestEngine(t *testing.T) {
//		enginetest.Run(t, harness)
//	}
//
// All of it takes minutes, and on a store that syncs far longer than a test has by default: run it
// with -timeout 0, and while you are at it, a room at a time (-run 'TestEngine/routing').
//
// # How a scenario is played
//
// A scenario is something that a host does, in one call or several. What it comes to
// when all goes well is noted: what is in the store before it and after each of its
// commits. Then it is played
//
//   - over-faults: each fault that package storetest/faults calls legal befalls each
//     call of the store in turn, and then the call is made again;
//   - again: it is made twice;
//   - together: several callers make it at the same time, on two Engines over two
//     handles;
//   - over-restarts: the process ends at each commit in turn, before or after its
//     effect, the store is opened again, and the call is made again.
//
// Each time the store must hold one of the contents that were noted, the one that
// goes with what the caller was told; and the last one when the call has been made
// again. At last, a crowd plays all scenarios at once, over stores that are well and
// over such that are not; and then all that is due is done, until nothing is left.
//
// The outside world is two platforms of package platformtest, one of which honours
// keys. They outlive the process that a restart ends. What nobody can know then is
// settled as a person would: by what the customer sees.
//
// # Reading the result
//
// Each subtest is named by room, scenario and way, so that one is played with
//
//	go test -run 'TestEngine/schemas/a-schema-is-erased/over-faults$'
//
// A failure begins with the ID of an [Invariant] in brackets, and says what was done,
// what went wrong with it and at which call of the store, what came of it, and what
// was wanted. The first failure of a subtest ends it. STORETEST_EFFORT makes what
// depends on luck try longer, and STORETEST_SEED makes the choices of a run that was
// logged (see storetest).
//
// # Adding to it
//
// A room is a part of the Engine, and a file here: what it prepares for all
// scenarios, its scenarios and its invariants, which are lists. A new part of the
// Engine is a new file and a line in the list of rooms: every way of playing, and
// every invariant of the other rooms, then applies to its scenarios too, and its
// invariants to theirs. A scenario must be such that making it twice has the effect
// of making it once, by a key, or by a class of errors that says it was done before;
// and an invariant is read through the Engine, from the books of a tenant, and from
// what its platforms have seen.
//
// A scenario that lets time go by is played alone, for it takes over what others are
// at. What the clock has shown is one and the same time where contents are compared;
// so nothing may fall due at a time that it shows.
package enginetest
