package sqlite_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest"
)

// other is a second kind.
var other = store.Kind{Name: "other", Indexes: []string{"topic"}}

// randomBatches returns batches which build on those before them, but for some that
// conflict with them.
func randomBatches(r *rand.Rand, n int) []store.Batch {
	versions := make(map[store.Key]store.Version) // as the batches so far leave them
	batches := make([]store.Batch, 0, n)
	for len(batches) < n {
		b := store.Batch{ID: fmt.Sprint("b", len(batches)), Tenant: []string{"acme", "zeta"}[r.IntN(2)]}
		next := maps.Clone(versions)
		for _, i := range r.Perm(8)[:1+r.IntN(3)] {
			key := store.Key{Tenant: b.Tenant, Kind: []string{note.Name, other.Name}[i%2], ID: fmt.Sprint("id", i/2)}
			expected := versions[key]
			if r.IntN(12) == 0 {
				expected, next = "another", nil
			}
			switch what := r.IntN(5); {
			case what == 0:
				b.Checks = append(b.Checks, store.Check{Key: key, Version: expected})
			case what == 1 && expected != "":
				b.Deletes = append(b.Deletes, store.Check{Key: key, Version: expected})
				delete(next, key)
			default:
				record := store.Record{Key: key, Version: expected, Value: fmt.Appendf(nil, `{"n":%d}`, r.IntN(100))}
				if r.IntN(3) > 0 {
					record.Terms = map[string]string{"topic": strconv.Itoa(r.IntN(3))}
				}
				b.Puts = append(b.Puts, record)
				if next != nil {
					next[key] = store.Version(b.ID)
				}
			}
		}
		if len(b.Puts)+len(b.Deletes) == 0 {
			continue
		}
		for range r.IntN(3) {
			b.Events = append(b.Events, store.Event{Tenant: b.Tenant, ID: fmt.Sprint(b.ID, "-", len(b.Events)), Type: "x", Value: []byte(`{}`)})
		}
		batches = append(batches, b)
		if next != nil {
			versions = next
		}
	}
	return batches
}

// contents is all that a store holds of two tenants.
func contents(t *testing.T, s store.Store) (all []any) {
	t.Helper()
	for _, tenant := range []string{"acme", "zeta"} {
		for _, q := range []store.Query{{Kind: note.Name}, {Kind: other.Name}, {Kind: note.Name, Index: "topic"}, {Kind: other.Name, Index: "topic"}} {
			q.Tenant = tenant
			page, err := s.Find(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, page)
		}
		events, err := s.Events(t.Context(), tenant, 0, store.MaxLimit)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, events)
	}
	return all
}

// Batches that are written together come to what they would have come to one by one:
// to the same answers, records and events.
func TestTogetherIsOneByOne(t *testing.T) {
	t.Parallel()
	r := storetest.Seed(t)
	for range 8 {
		var wire tap
		together, alone := openWith(t, newPath(t), nil, wire.dial), open(t, newPath(t), nil)
		for _, s := range []*sqlite.Store{together, alone} {
			if err := s.Prepare(t.Context(), other); err != nil {
				t.Fatal(err)
			}
		}
		batches := randomBatches(r, 40)
		for len(batches) > 0 {
			some := batches[:min(1+r.IntN(20), len(batches))]
			batches = batches[len(some):]
			again := 0
			count := func(w *tap) {
				w.before = func(_ driver.Conn, statement string, _ []driver.NamedValue) error {
					if strings.HasPrefix(statement, "BEGIN") {
						again++
					}
					return nil
				}
			}
			for _, a := range group(t, together, &wire, count, some...) {
				err := alone.Commit(t.Context(), a.batch)
				var want, got *store.ConflictError
				if errors.As(err, &want) != errors.As(a.err, &got) || (err == nil) != (a.err == nil) || !reflect.DeepEqual(want, got) {
					t.Fatalf("batch %+v: %v together, %v alone", a.batch, a.err, err)
				}
			}
			if again > 0 {
				t.Error("they were not written together")
			}
			if got, want := contents(t, together), contents(t, alone); !reflect.DeepEqual(got, want) {
				t.Fatalf("together they left\n%+v\nand one by one\n%+v", got, want)
			}
		}
	}
}
