package sqlite_test

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
	"github.com/engage-interactions/engage/storetest"
)

// other is a second kind.
var other = store.Kind{Name: "other", Indexes: []string{"topic"}}

// randomBatches returns batches of which some build on those before, and some conflict
// with them.
func randomBatches(r *rand.Rand, n int) []store.Batch {
	versions := make(map[store.Key]store.Version) // if none of them conflicted
	keys := make([]store.Key, 0, 24)
	for i := range cap(keys) {
		keys = append(keys, store.Key{
			Tenant: []string{"acme", "zeta"}[i%2], Kind: []string{note.Name, other.Name}[i/2%2], ID: fmt.Sprint("id", i%6),
		})
	}
	batches := make([]store.Batch, n)
	for i := range batches {
		b := store.Batch{ID: fmt.Sprint("b", i), Tenant: []string{"acme", "zeta"}[r.IntN(2)]}
		own := slices.DeleteFunc(slices.Clone(keys), func(k store.Key) bool { return k.Tenant != b.Tenant })
		slices.SortFunc(own, cmpKeys)
		own = slices.Compact(own)
		r.Shuffle(len(own), func(i, j int) { own[i], own[j] = own[j], own[i] })
		next := maps.Clone(versions)
		for _, key := range own[:1+r.IntN(3)] {
			expected := versions[key]
			if r.IntN(12) == 0 {
				expected = "another"
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
					record.Terms = map[string]string{"topic": fmt.Sprint(r.IntN(3))}
				}
				b.Puts = append(b.Puts, record)
				next[key] = store.Version(b.ID)
			}
		}
		for range r.IntN(3) {
			b.Events = append(b.Events, store.Event{Tenant: b.Tenant, ID: fmt.Sprint(b.ID, "-", len(b.Events)), Type: "x", Value: []byte(`{}`)})
		}
		batches[i] = b
		if r.IntN(6) > 0 && len(b.Puts)+len(b.Deletes) > 0 { // else those behind do not know of it
			versions = next
		}
	}
	return slices.DeleteFunc(batches, func(b store.Batch) bool { return len(b.Puts)+len(b.Deletes) == 0 })
}

func cmpKeys(a, b store.Key) int {
	return slices.Compare([]string{a.Tenant, a.Kind, a.ID}, []string{b.Tenant, b.Kind, b.ID})
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
