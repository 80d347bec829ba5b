// Package work runs units of work on a [store.Store]: reads that remember what
// they saw, buffered writes, and one Commit that holds only if what was read is
// still so.
//
//	err := runner.Do(ctx, func(w *work.Work) error {
//		records, err := w.Get(ctx, guard, order)   // versions are remembered
//		…decide with a pure function, or return its refusal…
//		changed.Terms = …                          // all it is to have: Get may leave them out
//		return w.Put(changed)                      // seen by later reads and finds of w
//	})
//
// A [Table] sets the terms by itself.
//
// It keeps what the contract asks of those who use a store:
//
//   - Every record that was read, absent ones included, is checked or rewritten
//     by the commit.
//   - A refusal (an error that the function returns), and an answer that rests on
//     several reads, are confirmed by one last Get over all that was read. If a
//     version moved, the function decides again, so that neither ever tells of a
//     state that never was.
//     Only [Runner.Look] confirms nothing: it is for lists, which others who write
//     must not keep from an end.
//   - IDs are minted once and are the same in every run of the function.
//   - Works of one Runner that write the same records commit one after another,
//     first come first served, each having read what the one before it wrote.
//     Only conflicts with other processes use up the bounded tries.
//   - An unknown outcome is resolved by looking for the batch's ID, and sending
//     the identical batch again if it is not there.
//
// What a Find returned is as good as read, but records that appear in its range
// later are not noticed: a function that decides on what it did not find first
// reads a guard record, which all who write into that range rewrite, and rewrites
// it itself.
package work
