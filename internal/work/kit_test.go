package work_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest/faults"
)

const (
	tenant = "acme"
	kind   = "account"
)

// trouble is what can go wrong at a call of the store, and what is known afterwards.
type trouble struct {
	faults.Fault

	fail      error // what the caller may be told
	traceless bool  // nobody can tell afterwards whether an update was done
	gone      bool  // nor whether a record was created, because it could have been deleted
}

// rival is another process that deposits 1 into the accounts.
func rival(_ context.Context, c faults.Call) { deposit(c.Below(), "a", "b", "guard") }

// deposit adds 1 to each of the accounts, in one batch.
func deposit(st store.Store, ids ...string) {
	keys := make([]store.Key, len(ids))
	for i, id := range ids {
		keys[i] = key(id)
	}
	records, err := st.Get(context.Background(), keys...)
	if err != nil {
		panic(err)
	}
	b := store.Batch{ID: newID(), Tenant: tenant}
	for _, r := range records {
		r.Value = fmt.Appendf(nil, "%d", number(r)+1)
		b.Puts = append(b.Puts, r)
	}
	if err := st.Commit(context.Background(), b); err != nil {
		panic(err)
	}
}

// touchEntries rewrites all entries, so that none has the version of its maker.
func touchEntries(st store.Store) {
	page, err := st.Find(context.Background(), store.Query{Tenant: tenant, Kind: "entry"})
	if err == nil && len(page.Records) > 0 {
		err = st.Commit(context.Background(), store.Batch{ID: newID(), Tenant: tenant, Puts: page.Records})
	}
	if err != nil {
		panic(err)
	}
}

// rewriting is a rival that leaves no record with the version of its maker.
var rewriting = faults.After("a rival writes", func(ctx context.Context, c faults.Call, _ error) {
	rival(ctx, c)
	touchEntries(c.Below())
})

var troubles = []trouble{
	{Fault: faults.Before("a rival changes the records before the call", rival)},
	{Fault: faults.After("a rival changes the records after the call", func(ctx context.Context, c faults.Call, _ error) { rival(ctx, c) })},
	{Fault: faults.Unavailable(), fail: store.ErrUnavailable},
	{Fault: faults.LostBefore()},
	{Fault: faults.LostAfter()},
	{Fault: faults.LostLate()},
	{Fault: faults.LostAfter().Around(rewriting), traceless: true},
	{Fault: rewriting.Around(faults.LostBefore()), traceless: true, gone: true},
}

var ids atomic.Int64

func newID() string { return fmt.Sprintf("id-%08d", ids.Add(1)) }

func key(id string) store.Key { return store.Key{Tenant: tenant, Kind: kind, ID: id} }

func number(r store.Record) (n int) {
	if r.Exists() {
		if _, err := fmt.Sscan(string(r.Value), &n); err != nil {
			panic(err)
		}
	}
	return n
}

func open(tb testing.TB) store.Store {
	tb.Helper()
	st := memory.New()
	tb.Cleanup(func() { _ = st.Close() })
	if err := st.Prepare(tb.Context(), store.Kind{Name: kind, Indexes: []string{"by"}}, store.Kind{Name: "entry"}); err != nil {
		tb.Fatal(err)
	}
	return st
}

func runner(st store.Store) *work.Runner {
	return work.NewRunner(st, work.Options{
		Tenant:  tenant,
		NewID:   newID,
		Backoff: func(int) time.Duration { return 0 },
	})
}
