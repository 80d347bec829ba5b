package work_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest/faults"
	"github.com/engage-interactions/engage/storetest/weak"
)

func TestIDsAreKeptOverRuns(t *testing.T) {
	t.Parallel()
	st := open(t)
	var runs [][]string
	err := runner(st).Do(t.Context(), func(w *work.Work) error {
		r, err := w.Get(t.Context(), key("a"))
		if err != nil {
			return err
		}
		runs = append(runs, []string{w.ID(), w.ID()})
		if len(runs) < 3 {
			deposit(st, "a")
		}
		r[0].Value = []byte("1")
		return w.Put(r[0])
	})
	if err != nil || len(runs) != 3 || !slices.Equal(runs[0], runs[1]) || !slices.Equal(runs[0], runs[2]) {
		t.Errorf("%v, %v", runs, err)
	}
}

func TestWorkIsDeadAfterwards(t *testing.T) {
	t.Parallel()
	var kept *work.Work
	r := runner(open(t))
	if err := r.Do(t.Context(), func(w *work.Work) error { kept = w; return nil }); err != nil {
		t.Fatal(err)
	}
	_, getErr := kept.Get(t.Context(), key("a"))
	_, findErr := kept.Find(t.Context(), store.Query{Tenant: tenant, Kind: kind})
	for _, err := range []error{
		getErr, findErr,
		kept.Put(store.Record{Key: key("a")}), kept.Insert(store.Record{Key: key("a")}),
		kept.Delete(key("a")), kept.Append(store.Event{}),
	} {
		if !errors.Is(err, work.ErrDone) {
			t.Errorf("%v, want ErrDone", err)
		}
	}
}

func TestWhatWasNotReadIsNotWritten(t *testing.T) {
	t.Parallel()
	r := runner(open(t))
	for name, decide := range map[string]func(*work.Work) error{
		"put unread":    func(w *work.Work) error { return w.Put(store.Record{Key: key("a"), Value: []byte("1")}) },
		"delete unread": func(w *work.Work) error { return w.Delete(key("a")) },
		"insert known": func(w *work.Work) error {
			if _, err := w.Get(t.Context(), key("a")); err != nil {
				return err
			}
			return w.Insert(store.Record{Key: key("a"), Value: []byte("1")})
		},
		"events alone": func(w *work.Work) error { return w.Append(store.Event{ID: "e", Type: "t", Value: []byte("1")}) },
		"error ignored": func(w *work.Work) error {
			_ = w.Put(store.Record{Key: key("b"), Value: []byte("1")})
			return nil
		},
	} {
		if err := r.Do(t.Context(), decide); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestWorkSeesItsOwnWrites compares a work with a plain map, over random writes,
// parts that fail, reads, and listings with random limits in both directions.
func TestWorkSeesItsOwnWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		st := open(t)
		model := map[string]store.Record{}
		write := func(id string) store.Record {
			r := store.Record{Key: key(id), Value: fmt.Appendf(nil, "%d", rapid.IntRange(0, 99).Draw(rt, "value"))}
			if term := rapid.SampledFrom([]string{"-", "", "x", "xa", "y"}).Draw(rt, "term"); term != "-" {
				r.Terms = map[string]string{"by": term}
			}
			return r
		}
		ids := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"})
		for range rapid.IntRange(0, 7).Draw(rt, "stored") {
			id := ids.Draw(rt, "id")
			r := write(id)
			r.Version = model[id].Version
			b := store.Batch{ID: newID(), Tenant: tenant, Puts: []store.Record{r}}
			if err := st.Commit(t.Context(), b); err != nil {
				rt.Fatal(err)
			}
			r.Version = store.Version(b.ID)
			model[id] = r
		}
		errPart := errors.New("this part fails")
		var events []string
		err := runner(st).Do(t.Context(), func(w *work.Work) error {
			var step func(depth int)
			step = func(depth int) {
				id := ids.Draw(rt, "id")
				switch rapid.SampledFrom([]string{"put", "insert", "append", "delete", "get", "find", "part"}).Draw(rt, "action") {
				case "insert":
					r := write(w.ID())
					must(rt, w.Insert(r))
					r.Version = "exists"
					model[r.ID] = r
				case "append":
					name := rapid.StringMatching("[a-z]{3}").Draw(rt, "event")
					must(rt, w.Append(store.Event{ID: w.ID(), Type: name, Value: []byte("{}")}))
					events = append(events, name)
				case "put":
					mustGet(rt, w, id)
					r := write(id)
					must(rt, w.Put(r))
					r.Version = "exists"
					model[id] = r
				case "delete":
					mustGet(rt, w, id)
					must(rt, w.Delete(key(id)))
					delete(model, id)
				case "get":
					got, want := mustGet(rt, w, id), model[id]
					if got.Exists() != want.Exists() || !bytes.Equal(got.Value, want.Value) {
						rt.Fatalf("%s: got %+v, want %+v", id, got, want)
					}
				case "find":
					compareListings(rt, w, model)
				case "part":
					if depth > 2 {
						return
					}
					before, told := maps.Clone(model), len(events)
					fails := rapid.Bool().Draw(rt, "fails")
					err := w.Part(func() error {
						for range rapid.IntRange(0, 4).Draw(rt, "steps") {
							step(depth + 1)
						}
						if fails {
							return errPart
						}
						return nil
					})
					if fails {
						model, events = before, events[:told]
					}
					if errors.Is(err, errPart) != fails {
						rt.Fatal(err)
					}
				}
			}
			for range rapid.IntRange(1, 20).Draw(rt, "steps") {
				step(0)
			}
			for range 5 {
				compareListings(rt, w, model)
			}
			mustGet(rt, w, "z") // events need a record to go with
			z := store.Record{Key: key("z"), Value: []byte("1")}
			model["z"] = store.Record{Key: z.Key, Value: z.Value, Version: "exists"}
			return w.Put(z)
		})
		must(rt, err)
		appended, err := st.Events(t.Context(), tenant, 0, 0)
		must(rt, err)
		if !slices.EqualFunc(appended, events, func(e store.Event, name string) bool { return e.Type == name }) {
			rt.Fatalf("appended %v, want %v", appended, events)
		}
		// And what was committed is what the work saw.
		must(rt, runner(st).Do(t.Context(), func(w *work.Work) error {
			compareListings(rt, w, model)
			return nil
		}))
	})
}

func must(t interface{ Fatal(...any) }, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func mustGet(t *rapid.T, w *work.Work, id string) store.Record {
	records, err := w.Get(t.Context(), key(id))
	must(t, err)
	return records[0]
}

func compareListings(t *rapid.T, w *work.Work, model map[string]store.Record) {
	q := store.Query{
		Tenant: tenant, Kind: kind,
		Index:   rapid.SampledFrom([]string{"", "by"}).Draw(t, "index"),
		Prefix:  rapid.SampledFrom([]string{"", "x", "c"}).Draw(t, "prefix"),
		From:    rapid.SampledFrom([]string{"", "b", "x"}).Draw(t, "from"),
		To:      rapid.SampledFrom([]string{"", "f", "xa"}).Draw(t, "to"),
		Reverse: rapid.Bool().Draw(t, "reverse"),
		Limit:   rapid.IntRange(1, 4).Draw(t, "limit"),
	}
	var want []store.Position
	for _, r := range model {
		if term, ok := q.Term(r); ok && q.Selects(term) {
			want = append(want, store.Position{Term: term, ID: r.ID})
		}
	}
	slices.SortFunc(want, store.Position.Compare)
	if q.Reverse {
		slices.Reverse(want)
	}
	var got []store.Position
	for {
		page, err := w.Find(t.Context(), q)
		must(t, err)
		if len(page.Records) > q.Limit {
			t.Fatalf("%d records on a page of %d", len(page.Records), q.Limit)
		}
		for _, r := range page.Records {
			term, _ := q.Term(r)
			got = append(got, store.Position{Term: term, ID: r.ID})
			if !bytes.Equal(r.Value, model[r.ID].Value) {
				t.Fatalf("%s has value %s, want %s", r.ID, r.Value, model[r.ID].Value)
			}
		}
		if page.Next == "" {
			break
		}
		q.Cursor = page.Next
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v\n got %v\nwant %v", q, got, want)
	}
}

func TestForeignCursorHarmsOnlyTheCall(t *testing.T) {
	t.Parallel()
	err := runner(open(t)).Do(t.Context(), func(w *work.Work) error {
		for _, cursor := range []string{"%", "e30x", "eyJzIjoiYWJjIn0"} {
			if _, err := w.Find(t.Context(), store.Query{Tenant: tenant, Kind: kind, Cursor: cursor}); !errors.Is(err, store.ErrInvalid) {
				t.Errorf("cursor %q: %v, want ErrInvalid", cursor, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestListingGoesOnBehindItsPages, although the work rewrites what it has listed, so
// that the records of all pages are its own by the end.
func TestListingGoesOnBehindItsPages(t *testing.T) {
	t.Parallel()
	r := runner(open(t))
	const all = 11
	must(t, r.Do(t.Context(), func(w *work.Work) error {
		for range all {
			must(t, w.Insert(store.Record{Key: key(w.ID()), Terms: map[string]string{"by": "x"}, Value: []byte("1")}))
		}
		return nil
	}))
	for _, q := range []store.Query{{Limit: 2}, {Limit: 3, Index: "by"}, {Limit: 2, Index: "by", Reverse: true}} {
		q.Tenant, q.Kind = tenant, kind
		seen := map[string]int{}
		must(t, r.Do(t.Context(), func(w *work.Work) error {
			q := q
			for {
				page, err := w.Find(t.Context(), q)
				if err != nil {
					return err
				}
				for _, record := range page.Records {
					seen[record.ID]++
					if err := w.Put(record); err != nil {
						return err
					}
				}
				if q.Cursor = page.Next; page.Next == "" {
					return nil
				}
			}
		}))
		for id, times := range seen {
			if times != 1 || len(seen) != all {
				t.Errorf("%+v: %d records, %s %d times", q, len(seen), id, times)
			}
		}
	}
}

// A store may give shorter pages than it was asked for. A cursor goes on in another work
// all the same.
func TestCursorsOfShortPagesGoOnElsewhere(t *testing.T) {
	t.Parallel()
	r := runner(weak.New(rand.New(rand.NewPCG(1, 2)))) //nolint:gosec // a test's luck
	must(t, r.Store().Prepare(t.Context(), store.Kind{Name: kind, Indexes: []string{"by"}}))
	const all = 50
	must(t, r.Do(t.Context(), func(w *work.Work) error {
		for range all {
			must(t, w.Insert(store.Record{Key: key(w.ID()), Terms: map[string]string{"by": "x"}, Value: []byte("1")}))
		}
		return nil
	}))
	for _, index := range []string{"", "by"} {
		q, seen := store.Query{Tenant: tenant, Kind: kind, Index: index, Limit: 7}, map[string]int{}
		for {
			var page store.Page
			must(t, r.Do(t.Context(), func(w *work.Work) (err error) {
				page, err = w.Find(t.Context(), q)
				return err
			}))
			for _, record := range page.Records {
				seen[record.ID]++
			}
			if q.Cursor = page.Next; page.Next == "" {
				break
			}
		}
		if len(seen) != all {
			t.Errorf("%d records by %q, want %d", len(seen), index, all)
		}
	}
}

// TestFailedPartsLeaveNothing, also if they end in a panic that somebody recovers.
func TestFailedPartsLeaveNothing(t *testing.T) {
	t.Parallel()
	r := runner(open(t))
	err := r.Do(t.Context(), func(w *work.Work) error {
		func() {
			defer func() { _ = recover() }()
			_ = w.Part(func() error {
				must(t, w.Insert(store.Record{Key: key("a"), Value: []byte("1")}))
				panic("half way")
			})
		}()
		if w.Size() != 0 {
			t.Errorf("%d operations are left", w.Size())
		}
		return nil
	})
	if records, gerr := r.Store().Get(t.Context(), key("a")); err != nil || gerr != nil || records[0].Exists() {
		t.Error(records, err, gerr)
	}
}

// TestALookStandsWriters: it is run once, whatever becomes of what it reads, and shows
// what each read found.
func TestALookStandsWriters(t *testing.T) {
	t.Parallel()
	st := faults.New(open(t))
	deposit(st.Below(), "a", "b")
	st.Inject(faults.Before("a rival deposits", func(_ context.Context, c faults.Call) { deposit(c.Below(), "a", "b") }).On(faults.Get, faults.Find))
	var seen []int
	read := func(w *work.Work) error {
		for _, id := range []string{"a", "b"} {
			records, err := w.Get(t.Context(), key(id))
			if err != nil {
				return err
			}
			seen = append(seen, number(records[0]))
		}
		_, err := w.Find(t.Context(), store.Query{Tenant: tenant, Kind: kind})
		return err
	}
	if err := runner(st).Look(t.Context(), read); err != nil || !slices.Equal(seen, []int{2, 3}) {
		t.Errorf("%v, %v", seen, err)
	}
	if err := runner(st).Do(t.Context(), read); !errors.Is(err, store.ErrConflict) {
		t.Errorf("what decides: %v, want ErrConflict", err)
	}
}

// TestALookFails as its function does, or the store, or because it writes.
func TestALookFails(t *testing.T) {
	t.Parallel()
	st := faults.New(open(t))
	r := runner(st)
	var kept *work.Work
	refusal := errors.New("refused")
	if err := r.Look(t.Context(), func(w *work.Work) error { kept = w; return refusal }); !errors.Is(err, refusal) {
		t.Errorf("%v, want what the function returned", err)
	}
	if _, err := kept.Get(t.Context(), key("a")); !errors.Is(err, work.ErrDone) {
		t.Errorf("%v, want ErrDone", err)
	}
	err := r.Look(t.Context(), func(w *work.Work) error {
		return w.Insert(store.Record{Key: key(w.ID()), Value: []byte("1")})
	})
	if err == nil || len(st.Calls()) > 0 {
		t.Errorf("it wrote: %v, %v", st.Calls(), err)
	}
	st.Inject(faults.Unavailable().On(faults.Get))
	if err := r.Look(t.Context(), func(w *work.Work) error { _, _ = w.Get(t.Context(), key("a")); return nil }); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Look(ctx, func(*work.Work) error { t.Error("it was run"); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want that of the context", err)
	}
}
