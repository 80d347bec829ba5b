package faults_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest/faults"
)

const tenant = "acme"

func key(id string) store.Key { return store.Key{Tenant: tenant, Kind: "doc", ID: id} }

// open returns a store with the records a, b and c, which have the version v1, and
// three events.
func open(tb testing.TB) store.Store {
	tb.Helper()
	st := memory.New()
	tb.Cleanup(func() { _ = st.Close() })
	if err := st.Prepare(tb.Context(), store.Kind{Name: "doc", Indexes: []string{"by"}}); err != nil {
		tb.Fatal(err)
	}
	b := store.Batch{ID: "v1", Tenant: tenant}
	for _, id := range []string{"a", "b", "c"} {
		b.Puts = append(b.Puts, store.Record{Key: key(id), Terms: map[string]string{"by": id}, Value: []byte("1")})
		b.Events = append(b.Events, store.Event{Tenant: tenant, ID: id, Type: "told", Time: time.Unix(1, 0), Value: []byte("1")})
	}
	if err := st.Commit(tb.Context(), b); err != nil {
		tb.Fatal(err)
	}
	return st
}

// batch replaces a, checks b, deletes c and creates d.
func batch(id string) store.Batch {
	return store.Batch{
		ID: id, Tenant: tenant,
		Checks:  []store.Check{{Key: key("b"), Version: "v1"}},
		Puts:    []store.Record{{Key: key("a"), Version: "v1", Value: []byte("2")}, {Key: key("d"), Value: []byte("2")}},
		Deletes: []store.Check{{Key: key("c"), Version: "v1"}},
	}
}

// versions returns those of a, b, c and d.
func versions(tb testing.TB, st store.Store) []store.Version {
	tb.Helper()
	records, err := st.Get(tb.Context(), key("a"), key("b"), key("c"), key("d"))
	if err != nil {
		tb.Fatal(err)
	}
	var all []store.Version
	for _, r := range records {
		all = append(all, r.Version)
	}
	return all
}

// method is a call of one method on what open returns.
type method struct {
	call func(ctx context.Context, st store.Store) (answer any, err error)
	// done reports whether the call had its effect, if it has one.
	done func(tb testing.TB, below store.Store) bool
}

// known reports whether a kind is prepared.
func known(tb testing.TB, st store.Store, kind string) bool {
	tb.Helper()
	_, err := st.Get(tb.Context(), store.Key{Tenant: tenant, Kind: kind, ID: "x"})
	if err != nil && !errors.Is(err, store.ErrInvalid) {
		tb.Fatal(err)
	}
	return err == nil
}

var methods = map[faults.Method]method{
	faults.Prepare: {
		call: func(ctx context.Context, st store.Store) (any, error) {
			return nil, st.Prepare(ctx, store.Kind{Name: "other"})
		},
		done: func(tb testing.TB, below store.Store) bool { tb.Helper(); return known(tb, below, "other") },
	},
	faults.Get: {call: func(ctx context.Context, st store.Store) (any, error) {
		r, err := st.Get(ctx, key("a"), key("b"))
		if r == nil {
			return nil, err
		}
		return len(r), err
	}},
	faults.Find: {call: func(ctx context.Context, st store.Store) (any, error) {
		p, err := st.Find(ctx, store.Query{Tenant: tenant, Kind: "doc", Limit: 2})
		if p.Records == nil && p.Next == "" {
			return nil, err
		}
		return len(p.Records), err
	}},
	faults.Commit: {
		call: func(ctx context.Context, st store.Store) (any, error) {
			b := batch("v2")
			err := st.Commit(ctx, b)
			for i := range b.Puts { // the bytes are the caller's again
				b.Puts[i].Value[0] = '!'
				b.Puts[i].ID = "!"
			}
			return nil, err
		},
		done: func(tb testing.TB, below store.Store) bool {
			tb.Helper()
			records, err := below.Get(tb.Context(), key("a"), key("c"), key("d"))
			if err != nil {
				tb.Fatal(err)
			}
			done := []bool{string(records[0].Value) == "2", !records[1].Exists(), string(records[2].Value) == "2"}
			if slices.Contains(done, !done[0]) {
				tb.Errorf("done in part: %v", done)
			}
			return done[0]
		},
	},
	faults.Events: {call: func(ctx context.Context, st store.Store) (any, error) {
		e, err := st.Events(ctx, tenant, 0, 0)
		if e == nil {
			return nil, err
		}
		return len(e), err
	}},
	faults.Trim: {
		call: func(ctx context.Context, st store.Store) (any, error) { return nil, st.Trim(ctx, tenant, 2) },
		done: func(tb testing.TB, below store.Store) bool {
			tb.Helper()
			_, err := below.Events(tb.Context(), tenant, 0, 0)
			if err != nil && !errors.Is(err, store.ErrTrimmed) {
				tb.Fatal(err)
			}
			return err != nil
		},
	},
	faults.Close: {
		call: func(_ context.Context, st store.Store) (any, error) { return nil, st.Close() },
		done: func(tb testing.TB, below store.Store) bool {
			tb.Helper()
			_, err := below.Get(tb.Context(), key("a"))
			return errors.Is(err, store.ErrClosed)
		},
	},
}

// answers are what the calls that read give if all goes well.
var answers = map[faults.Method]any{faults.Get: 2, faults.Find: 2, faults.Events: 3}
