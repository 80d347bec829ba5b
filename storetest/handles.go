package storetest

import (
	"testing"

	"github.com/engage-interactions/engage/store"
)

// guarded is the test that a function of the harness is handed. A Close that
// panics in a Cleanup would otherwise take all other clauses with it.
type guarded struct {
	testing.TB

	trial *trial
}

// Cleanup has f called at the end of the test, and a panic reported.
func (g guarded) Cleanup(f func()) {
	g.TB.Helper()
	g.TB.Cleanup(func() {
		defer g.trial.recovered()
		f()
	})
}

// given returns the store that a function of the harness gave.
func (t *trial) given(s store.Store, by string) store.Store {
	t.Helper()
	if s == nil {
		t.Fatalf("[%s] the check could not go on: %s of the harness gave no store", t.clause.ID, by)
	}
	return watched{s, &t.pending}
}

// inner returns the store that the harness has given.
func inner(s store.Store) store.Store {
	if w, ok := s.(watched); ok {
		return w.Store
	}
	return s
}

// openBare returns an empty store that has prepared nothing.
func (t *trial) openBare() store.Store {
	t.Helper()
	defer end(t.pending.begin(ofOpen))
	return t.given(t.harness.Open(guarded{t.TB, t}), "Open")
}

// open returns an empty store that has prepared the usual kinds.
func (t *trial) open() store.Store {
	t.Helper()
	s := t.openBare()
	t.prepare(s, kinds()...)
	return s
}

// peerBare returns a second handle on the data of s that has prepared nothing.
// The harness must have Peer.
func (t *trial) peerBare(s store.Store) store.Store {
	t.Helper()
	defer end(t.pending.begin(ofOpen))
	p := t.given(t.harness.Peer(guarded{t.TB, t}, inner(s)), "Peer")
	t.peers = append(t.peers, p)
	return p
}

// peer returns a second handle on the data of s that has prepared the usual
// kinds, or s itself if the harness has no Peer.
func (t *trial) peer(s store.Store) store.Store {
	t.Helper()
	if t.harness.Peer == nil {
		return s
	}
	p := t.peerBare(s)
	t.prepare(p, kinds()...)
	return p
}

// handles returns s and, if the harness has Peer, a second handle on its data.
func (t *trial) handles(s store.Store) []store.Store {
	t.Helper()
	if t.harness.Peer == nil {
		return []store.Store{s}
	}
	return []store.Store{s, t.peer(s)}
}

// reopenBare returns the data of s after a restart, through a handle that has
// prepared nothing. The harness must have Reopen.
func (t *trial) reopenBare(s store.Store) store.Store {
	t.Helper()
	for _, p := range t.peers { // those of other stores too, which the check is done with
		t.succeed("Close", p.Close(), "Close of a second handle, before the store is opened again")
	}
	t.peers = nil
	defer end(t.pending.begin(ofOpen))
	return t.given(t.harness.Reopen(guarded{t.TB, t}, inner(s)), "Reopen")
}

// reopen returns the data of s after a restart, or s itself if the harness has
// no Reopen. No other handle works then.
func (t *trial) reopen(s store.Store) store.Store {
	t.Helper()
	if t.harness.Reopen == nil {
		return s
	}
	s = t.reopenBare(s)
	t.prepare(s, kinds()...)
	return s
}

// done closes a store of which a check needs many, one after another: on a server
// each holds connections until it is closed.
func (t *trial) done(s store.Store) {
	t.Helper()
	t.succeed("Close", s.Close(), "Close of a store that the check is done with")
}
