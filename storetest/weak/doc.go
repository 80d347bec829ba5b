// Package weak is a [store.Store] that keeps the contract, and nothing beyond it, to
// try on it what must be right on any store.
//
//	st := weak.New(rng)
//	other := st.Peer() // as another process would have one
//
// Other stores are stronger than they need to be: what one reads from memory is what
// there is when the read returns, and a commit that somebody sees has been answered.
// Whoever relies on that finds out here:
//
//   - Each read is of any one moment between its call and its return, and others have
//     done very much since when it returns. A Get and a Find, or two of one work, are of
//     moments that have nothing to do with each other.
//   - A commit is seen long before it is answered, or not before.
//   - Of the expectations of a batch that do not hold any one is named.
//   - Pages of Find and Events are shorter than they could be, also in the middle.
//
// What it keeps is what package storetest asks for: a commit is whole, and holds each
// of its versions against what is committed at its one moment; a read sees what was
// answered, and what another read has shown, before it was called.
//
// It lives in memory and is slow.
package weak
