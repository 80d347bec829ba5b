package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
)

// preparedStore is all that prepareAll leaves in a store, to be put into others: a test
// that begins with it hundreds of times has it made once.
type preparedStore struct {
	at  prepared
	all store.Batch
}

// prepareStore lets prepareAll make it.
func prepareStore(tb testing.TB) preparedStore {
	tb.Helper()
	st := &counting{Store: newMemory(tb)}
	p := preparedStore{at: prepareAll(tb, newEngine(tb, st, nil)), all: records(tb, st)}
	for {
		page, err := st.Events(tb.Context(), engage.DefaultTenant, int64(len(p.all.Events)), store.MaxLimit)
		if err != nil {
			tb.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		p.all.Events = append(p.all.Events, page...)
	}
	if n := len(p.all.Puts); n < 50 || len(p.all.Events) < 50 {
		tb.Fatalf("only %d records and %d events are prepared", n, len(p.all.Events))
	}
	return p
}

// records returns a batch that puts all records of a store, of the kinds that its Engines
// have prepared, into an empty one.
func records(tb testing.TB, st *counting) store.Batch {
	tb.Helper()
	all := store.Batch{ID: "the same", Tenant: engage.DefaultTenant}
	kinds := map[string]bool{}
	for _, kind := range st.kinds { // each Engine names all of its own
		kinds[kind.Name] = true
	}
	delete(kinds, "data_format") // that one each Engine notes itself
	for kind := range kinds {
		for _, r := range find(tb, st, kind) {
			r.Version = ""
			all.Puts = append(all.Puts, r)
		}
	}
	return all
}

// in puts it into a store that has nothing yet, and whose Engine has been made.
func (p preparedStore) in(tb testing.TB, st store.Store) prepared {
	tb.Helper()
	if err := st.Commit(tb.Context(), p.all); err != nil {
		tb.Fatalf("copying what is prepared: %v", err)
	}
	return p.at
}
