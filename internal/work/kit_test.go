package work_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

const (
	tenant = "acme"
	kind   = "account"
)

// chaos is a store on which something goes wrong at one call.
type chaos struct {
	store.Store

	at    int // the call, counted from 1, at which trouble strikes; 0 for none
	do    trouble
	calls int
	late  *store.Batch // lands before the next call
}

// trouble is what can go wrong. It wraps one call; what it leaves nil goes well.
type trouble struct {
	name   string
	before func(c *chaos)                                           // the world changes before the call
	after  func(c *chaos)                                           // or right after it
	commit func(c *chaos, ctx context.Context, b store.Batch) error // instead of the commit
	fail   error                                                    // instead of any call

	traceless bool // nobody can tell afterwards whether an update was done
	gone      bool // nor whether a record was created, because it could have been deleted
}

// errUnplugged stands for any failure of a store.
var errUnplugged = fmt.Errorf("%w: unplugged", store.ErrUnavailable)

func (c *chaos) strike() (trouble, bool) {
	if c.late != nil {
		_ = c.Store.Commit(context.Background(), *c.late) // too late, perhaps
		c.late = nil
	}
	c.calls++
	return c.do, c.calls == c.at
}

func (c *chaos) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	do, now := c.strike()
	if !now {
		return c.Store.Get(ctx, keys...)
	}
	if do.fail != nil {
		return nil, do.fail
	}
	defer do.run(do.after, c)
	do.run(do.before, c)
	return c.Store.Get(ctx, keys...)
}

func (c *chaos) Find(ctx context.Context, q store.Query) (store.Page, error) {
	do, now := c.strike()
	if !now {
		return c.Store.Find(ctx, q)
	}
	if do.fail != nil {
		return store.Page{}, do.fail
	}
	defer do.run(do.after, c)
	do.run(do.before, c)
	return c.Store.Find(ctx, q)
}

func (c *chaos) Commit(ctx context.Context, b store.Batch) error {
	do, now := c.strike()
	switch {
	case !now:
		return c.Store.Commit(ctx, b)
	case do.fail != nil:
		return do.fail
	case do.commit != nil:
		return do.commit(c, ctx, b)
	}
	defer do.run(do.after, c)
	do.run(do.before, c)
	return c.Store.Commit(ctx, b)
}

func (trouble) run(do func(*chaos), c *chaos) {
	if do != nil {
		do(c)
	}
}

var errLost = fmt.Errorf("%w: the answer was lost", store.ErrUnknownOutcome)

// rival is another process that deposits 1 into the account "a".
func rival(c *chaos) { deposit(c.Store, "a", "b", "guard") }

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

var troubles = []trouble{
	{name: "nothing"},
	{name: "a rival changes the records before the call", before: rival},
	{name: "a rival changes the records after the call", after: rival},
	{name: "the call fails", fail: errUnplugged},
	{name: "the commit is lost before it lands", commit: func(*chaos, context.Context, store.Batch) error { return errLost }},
	{name: "the commit lands and its answer is lost", commit: func(c *chaos, ctx context.Context, b store.Batch) error {
		return errors.Join(c.Store.Commit(ctx, b), errLost)
	}},
	{name: "the commit lands late", commit: func(c *chaos, _ context.Context, b store.Batch) error {
		c.late = &b
		return errLost
	}},
	{name: "the commit lands, its answer is lost, and a rival writes", traceless: true, commit: func(c *chaos, ctx context.Context, b store.Batch) error {
		err := c.Store.Commit(ctx, b)
		rival(c)
		touchEntries(c.Store)
		return errors.Join(err, errLost)
	}},
	{name: "the commit is lost, and a rival writes", traceless: true, gone: true, commit: func(c *chaos, _ context.Context, _ store.Batch) error {
		rival(c)
		return errLost
	}},
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
