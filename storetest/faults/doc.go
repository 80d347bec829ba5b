// Package faults makes a [store.Store] fail, on purpose and at a chosen call, so
// that a test can see what the code above it makes of that.
//
// [New] wraps a store. A [Fault] is a value that says what goes wrong, and
// [Store.Inject] lets it befall one call, or some, or all:
//
//	st := faults.New(memory.New())
//	eng, err := engage.New(ctx, st, nil) // or whatever else works on a store
//
//	st.Inject(faults.LostAfter(), 2)                       // the answer of the second Commit from now on
//	st.Inject(faults.Unavailable().On(faults.Get))         // every Get
//	st.Inject(faults.Fail(err).If(func(c faults.Call) bool { return c.Batch.ID == id }))
//	…
//	st.Heal() // all goes well from here on, and what was late has landed
//
// # What goes wrong
//
//   - A call fails: [Unavailable] and [Fail] before its effect, [FailAfter] after.
//   - The answer of a commit is lost: [LostBefore], [LostAfter], and [LostLate],
//     whose batch lands before the next call.
//   - The caller's context ends: [CancelBefore], [CancelAfter],
//     [CancelUndecided], [CancelLostBefore], [CancelLostAfter], [CancelLostLate].
//     It must be one that [Store.Context] gave.
//   - Others write the same records: [OvertakenBefore], [OvertakenAfter],
//     [LostAndOvertaken], [GoneAndOvertaken].
//   - A call takes its time: a [Gate] holds it up until the test opens it, or its
//     context ends. There is no clock in it.
//   - Anything else: [Before], [After], [Instead], and [Fault.Around], which
//     makes one fault of two.
//
// [Legal] returns those that a store which keeps the contract may show. Code that
// works on any store must stand them all: an ErrUnavailable means that nothing
// changed, and an ErrUnknownOutcome that the batch has landed, or has not, or will.
//
// # Every fault at every call
//
// Where a program breaks is mostly not where one thinks. [Sweep] tries a fault at
// the first call that it can befall, at the second, and so on, until the code under
// test is done before it comes to that call:
//
//	for trial := range faults.Sweep(faults.Legal()...) {
//		st := trial.Wrap(memory.New()) // all goes well so far
//		prepare(st)
//		trial.Start()                  // the calls count from here
//		err := transfer(trial.Context(t.Context()), st)
//		trial.End()                    // all goes well again
//
//		if n := transfers(st); err == nil && n != 1 || n > 1 {
//			t.Errorf("%v: %v, and %d transfers", trial, err, n)
//		}
//	}
//
// The trial prints as what went wrong and where: "the answer is lost after the
// effect, at call 7 of 12, a Commit".
//
// # What it is not
//
// A wrapped store in which no fault was injected keeps the contract as the store
// below does. What is wrong with calls that were never made (a power cut, a damaged
// disk) is beyond it, and so is what a store does wrong: see package storetest.
package faults
