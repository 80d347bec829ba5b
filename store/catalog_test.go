package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage/store"
)

func key(id string) store.Key { return store.Key{Tenant: "acme", Kind: "note", ID: id} }

func value(size int) []byte {
	return append(append([]byte{'"'}, bytes.Repeat([]byte{'x'}, size-2)...), '"')
}

func put(id string) store.Record { return store.Record{Key: key(id), Value: []byte(`{}`)} }

func event(id string) store.Event {
	return store.Event{Tenant: "acme", ID: id, Type: "t", Time: time.Unix(0, 0), Value: []byte(`1`)}
}

func TestBatchesAtTheEdge(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	long := strings.Repeat("é", store.MaxText/2)
	for _, test := range []struct {
		name   string
		change func(b *store.Batch)
		ok     bool
	}{
		{"as it is", func(*store.Batch) {}, true},
		{"no ID", func(b *store.Batch) { b.ID = "" }, false},
		{"the longest ID", func(b *store.Batch) { b.ID = long }, true},
		{"an ID too long", func(b *store.Batch) { b.ID = long + "x" }, false},
		{"an ID with NUL", func(b *store.Batch) { b.ID = "a\x00" }, false},
		{"an ID that is not UTF-8", func(b *store.Batch) { b.ID = "\xff" }, false},
		{"an ID with control characters", func(b *store.Batch) { b.ID = "\x01\n" }, true},
		{"no tenant", func(b *store.Batch) { b.Tenant = "" }, false},
		{"another tenant", func(b *store.Batch) { b.Tenant = "umbrella" }, false},
		{"nothing changed", func(b *store.Batch) { b.Puts = nil; b.Checks = []store.Check{{Key: key("c")}} }, false},
		{"a delete alone", func(b *store.Batch) { b.Puts = nil; b.Deletes = []store.Check{{Key: key("d"), Version: "v"}} }, true},
		{"a delete of nothing", func(b *store.Batch) { b.Deletes = []store.Check{{Key: key("d")}} }, false},
		{"put twice", func(b *store.Batch) { b.Puts = append(b.Puts, b.Puts[0]) }, false},
		{"put and checked", func(b *store.Batch) { b.Checks = []store.Check{{Key: b.Puts[0].Key}} }, false},
		{"put and deleted", func(b *store.Batch) { b.Deletes = []store.Check{{Key: b.Puts[0].Key, Version: "v"}} }, false},
		{"the same ID in two kinds", func(b *store.Batch) {
			other := b.Puts[0]
			other.Kind = "memo"
			b.Puts = append(b.Puts, other)
		}, true},
		{"an unknown kind", func(b *store.Batch) { b.Puts[0].Kind = "letter" }, false},
		{"an unknown index", func(b *store.Batch) { b.Puts[0].Terms = map[string]string{"date": "x"} }, false},
		{"an index of another kind", func(b *store.Batch) {
			b.Puts[0].Kind = "memo"
			b.Puts[0].Terms = map[string]string{"topic": "x"}
		}, false},
		{"an empty term", func(b *store.Batch) { b.Puts[0].Terms = map[string]string{"topic": ""} }, true},
		{"the longest term", func(b *store.Batch) { b.Puts[0].Terms = map[string]string{"topic": long} }, true},
		{"a term too long", func(b *store.Batch) { b.Puts[0].Terms = map[string]string{"topic": long + "x"} }, false},
		{"a term with NUL", func(b *store.Batch) { b.Puts[0].Terms = map[string]string{"topic": "\x00"} }, false},
		{"the longest record ID", func(b *store.Batch) { b.Puts[0].ID = long }, true},
		{"a record ID too long", func(b *store.Batch) { b.Puts[0].ID = long + "x" }, false},
		{"no record ID", func(b *store.Batch) { b.Puts[0].ID = "" }, false},
		{"a version too long", func(b *store.Batch) { b.Puts[0].Version = store.Version(long + "x") }, false},
		{"no value", func(b *store.Batch) { b.Puts[0].Value = nil }, false},
		{"no JSON", func(b *store.Batch) { b.Puts[0].Value = []byte(`{`) }, false},
		{"two values", func(b *store.Batch) { b.Puts[0].Value = []byte(`1 2`) }, false},
		{"JSON that is not UTF-8", func(b *store.Batch) { b.Puts[0].Value = []byte("\"\xff\"") }, false},
		{"the largest value", func(b *store.Batch) { b.Puts[0].Value = value(store.MaxValue) }, true},
		{"a value too large", func(b *store.Batch) { b.Puts[0].Value = value(store.MaxValue + 1) }, false},
		{"an event of another tenant", func(b *store.Batch) { b.Events[0].Tenant = "umbrella" }, false},
		{"an event without ID", func(b *store.Batch) { b.Events[0].ID = "" }, false},
		{"an event without type", func(b *store.Batch) { b.Events[0].Type = "" }, false},
		{"an event without value", func(b *store.Batch) { b.Events[0].Value = nil }, false},
		{"an event of the year 0", func(b *store.Batch) { b.Events[0].Time = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC) }, true},
		{"an event before the year 0", func(b *store.Batch) { b.Events[0].Time = time.Date(0, 1, 1, 0, 0, 0, -1, time.UTC) }, false},
		{"an event at the end of the year 9999", func(b *store.Batch) { b.Events[0].Time = time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC) }, true},
		{"an event of the year 10000", func(b *store.Batch) { b.Events[0].Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, false},
		{"an event twice", func(b *store.Batch) { b.Events = append(b.Events, b.Events[0]) }, true},
		{"as many operations as there may be", func(b *store.Batch) { fill(b, store.MaxOperations) }, true},
		{"one operation too many", func(b *store.Batch) { fill(b, store.MaxOperations+1) }, false},
		{"one event too many", func(b *store.Batch) {
			fill(b, store.MaxOperations)
			b.Events = append(b.Events, event("e"))
		}, false},
		{"as large as may be", func(b *store.Batch) { swell(b, store.MaxBatch) }, true},
		{"a byte too large", func(b *store.Batch) { swell(b, store.MaxBatch+1) }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := store.Batch{ID: "b", Tenant: "acme", Puts: []store.Record{put("a")}, Events: []store.Event{event("e")}}
			test.change(&b)
			err := c.Batch(b)
			if (err == nil) != test.ok || err != nil && !errors.Is(err, store.ErrInvalid) {
				t.Errorf("%v, want it accepted: %v", err, test.ok)
			}
		})
	}
}

// fill brings a batch to n operations, of all sorts.
func fill(b *store.Batch, n int) {
	for i := len(b.Puts) + len(b.Events); i < n; i++ {
		switch id := strconv.Itoa(i); i % 4 {
		case 0:
			b.Puts = append(b.Puts, put(id))
		case 1:
			b.Checks = append(b.Checks, store.Check{Key: key(id)})
		case 2:
			b.Deletes = append(b.Deletes, store.Check{Key: key(id), Version: "v"})
		default:
			b.Events = append(b.Events, event(id))
		}
	}
}

// swell brings a batch to a size.
func swell(b *store.Batch, size int) {
	b.Puts, b.Events = nil, nil
	for i := 0; size > 0; i++ {
		r := put(fmt.Sprintf("%04d", i))
		about := len(r.Tenant) + len(r.Kind) + len(r.ID)
		part := min(size, 10<<20)
		if rest := size - part; rest > 0 && rest < 1<<20 {
			part -= 1 << 20
		}
		r.Value = value(part - about)
		b.Puts = append(b.Puts, r)
		size -= part
	}
}

func TestKindsAtTheEdge(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{
		"a": true, "a1_": true, strings.Repeat("a", 40): true, "select": true,
		"": false, "1a": false, "_a": false, "A": false, "aB": false, "a-b": false, "ä": false, "a b": false,
		strings.Repeat("a", 41): false,
	} {
		for _, kind := range []store.Kind{{Name: name}, {Name: "kind", Indexes: []string{"index", name}}} {
			var c store.Catalog
			err := c.Add(store.Kind{Name: "before"}, kind)
			if (err == nil) != ok || err != nil && (!errors.Is(err, store.ErrInvalid) || len(c.Kinds()) != 0) {
				t.Errorf("%+v: %v, and %v", kind, err, c.Kinds())
			}
		}
	}
	if err := store.CheckKinds(store.Kind{Name: "a", Indexes: []string{"x", "y", "x"}}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("an index twice: %v", err)
	}
}

func TestPreparingAddsIndexes(t *testing.T) {
	t.Parallel()
	var c store.Catalog
	for _, indexes := range [][]string{{"b"}, {"a", "b"}, nil, {"c"}} {
		if err := c.Add(store.Kind{Name: "note", Indexes: indexes}); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok := c.Indexes("note"); !ok || !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("%v, %v", got, ok)
	}
	if _, ok := c.Indexes("memo"); ok {
		t.Error("a kind that was not prepared is")
	}
}

func TestQueriesAtTheEdge(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	long := strings.Repeat("x", store.MaxText)
	for _, test := range []struct {
		q  store.Query
		ok bool
	}{
		{store.Query{Tenant: "acme", Kind: "note"}, true},
		{store.Query{Kind: "note"}, false},
		{store.Query{Tenant: "acme", Kind: "letter"}, false},
		{store.Query{Tenant: "acme", Kind: "memo", Index: "topic"}, false},
		{store.Query{Tenant: "acme", Kind: "note", Limit: -1}, false},
		{store.Query{Tenant: "acme", Kind: "note", Limit: store.MaxLimit}, true},
		{store.Query{Tenant: "acme", Kind: "note", Limit: store.MaxLimit + 1}, false},
		{store.Query{Tenant: "acme", Kind: "note", Prefix: long, From: long, To: long}, true},
		{store.Query{Tenant: "acme", Kind: "note", Prefix: long + "x"}, false},
		{store.Query{Tenant: "acme", Kind: "note", From: "\x00"}, false},
		{store.Query{Tenant: "acme", Kind: "note", To: "\xff"}, false},
		{store.Query{Tenant: "acme", Kind: "note", From: "z", To: "a"}, true},
	} {
		got, _, err := c.Query(test.q)
		if (err == nil) != test.ok || err != nil && !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%+v: %v", test.q, err)
		}
		if want := test.q.Limit; err == nil && want == 0 && got.Limit != store.DefaultLimit {
			t.Errorf("the limit is %d", got.Limit)
		}
	}
}

func TestEventsAndTrimAtTheEdge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		tenant       string
		after        int64
		limit, given int
	}{
		{"acme", 0, 0, store.DefaultLimit},
		{"acme", 1 << 62, store.MaxLimit, store.MaxLimit},
		{"acme", -1, 0, -1},
		{"acme", 0, -1, -1},
		{"acme", 0, store.MaxLimit + 1, -1},
		{"", 0, 0, -1},
		{"\x00", 0, 0, -1},
		{strings.Repeat("x", store.MaxText+1), 0, 0, -1},
	} {
		limit, err := store.EventsFrom(test.tenant, test.after, test.limit)
		if (err == nil) != (test.given >= 0) || err == nil && limit != test.given {
			t.Errorf("%+v: %d, %v", test, limit, err)
		}
		if err := store.TrimTo(test.tenant, test.after); (err == nil) != (test.after >= 0 && len(test.tenant) == 4) {
			t.Errorf("trim %+v: %v", test, err)
		}
	}
}

func TestCatalogIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	c := catalog(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				if err := c.Add(store.Kind{Name: fmt.Sprintf("k%d", j), Indexes: []string{fmt.Sprintf("i%d", i)}}); err != nil {
					t.Error(err)
				}
				if err := c.Keys(key("1"), store.Key{Tenant: "acme", Kind: fmt.Sprintf("k%d", j), ID: "1"}); err != nil {
					t.Error(err)
				}
				if err := c.Batch(store.Batch{ID: "b", Tenant: "acme", Puts: []store.Record{put("1")}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, _ := c.Indexes("k0"); len(got) != 8 {
		t.Errorf("%v", got)
	}
}
