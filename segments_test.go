package engage_test

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// collect reads a segment, in which nobody may stand twice.
func collect(tb testing.TB, segment iter.Seq2[string, error]) []string {
	tb.Helper()
	var ids []string
	for id, err := range segment {
		if err != nil {
			tb.Fatalf("reading a segment: %v", err)
		}
		if slices.Contains(ids, id) {
			tb.Errorf("%q is twice in a segment", id)
		}
		ids = append(ids, id)
	}
	return ids
}

// same fails if two lists do not hold the same.
func same(tb testing.TB, what string, got, want []string) {
	tb.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		tb.Errorf("%s: %.200q, want %.200q", what, got, want)
	}
}

// failure returns the error that ends a segment.
func failure(tb testing.TB, segment iter.Seq2[string, error]) error {
	tb.Helper()
	var last error
	for id, err := range segment {
		if last != nil {
			tb.Errorf("%q after an error", id)
		}
		last = err
	}
	return last
}

const segmentProperties = `"n":{"type":"number","addToSegmentation":true},"s":{"type":"string","addToSegmentation":"true"},"b":{"type":"boolean","addToSegmentation":true},"u":{"type":"integer"},"f":{"type":"integer","addToSegmentation":"false"}`

func TestASegmentThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	ctx := t.Context()
	declare(t, eng, declaring("s", segmentProperties))
	f := func(f float64) *float64 { return &f }
	n := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		segment iter.Seq2[string, error]
		class   error
		field   string
	}{
		"a property not marked":        {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "u"}), engage.ErrInvalid, "Property"},
		"a property marked false":      {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "f"}), engage.ErrInvalid, "Property"},
		"an unknown property":          {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "x"}), engage.ErrInvalid, "Property"},
		"no property":                  {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s"}), engage.ErrInvalid, "Property"},
		"an unknown schema":            {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "x", Property: "n"}), engage.ErrNotFound, ""},
		"an impossible schema":         {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "\xff", Property: "n"}), engage.ErrNotFound, ""},
		"a value of another type":      {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "n", Equals: []byte(`"1"`)}), engage.ErrInvalid, "Equals"},
		"a value that is none":         {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "n", Equals: []byte(`x`)}), engage.ErrInvalid, "Equals"},
		"an empty value":               {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "n", Equals: []byte{}}), engage.ErrInvalid, "Equals"},
		"null":                         {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "s", Equals: []byte(`null`)}), engage.ErrInvalid, "Equals"},
		"bounds of a string":           {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "s", AtLeast: f(1)}), engage.ErrInvalid, "AtLeast"},
		"bounds and a value":           {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "n", AtMost: f(1), Equals: []byte(`1`)}), engage.ErrInvalid, "AtLeast"},
		"a bound that is no number":    {eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "n", AtMost: f(math.NaN())}), engage.ErrInvalid, "AtLeast"},
		"a negative count":             {eng.Segments.ByCount(ctx, engage.CountSegment{AtLeast: -1}), engage.ErrInvalid, "AtLeast"},
		"counts the wrong way round":   {eng.Segments.ByCount(ctx, engage.CountSegment{AtLeast: 2, AtMost: n(1)}), engage.ErrInvalid, "AtLeast"},
		"a count of impossible schema": {eng.Segments.ByCount(ctx, engage.CountSegment{SchemaID: "a b"}), engage.ErrNotFound, ""},
	} {
		err := failure(t, c.segment)
		wrong, ok := errors.AsType[*engage.InvalidError](err)
		if !errors.Is(err, c.class) || ok != (c.field != "") || ok && wrong.Field != c.field {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestASegmentCanBeLeftEarly(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, declaring("s", segmentProperties))
		for n := range 5 {
			accepted(t, eng, submission(fmt.Sprintf("c%d", n), "s", `{"n":1}`))
		}
		for name, segment := range map[string]iter.Seq2[string, error]{
			"by count":     eng.Segments.ByCount(t.Context(), engage.CountSegment{AtLeast: 1}),
			"of all known": eng.Segments.ByCount(t.Context(), engage.CountSegment{}),
			"in a window":  eng.Segments.ByCount(t.Context(), engage.CountSegment{AtLeast: 1, From: time.Unix(0, 0)}),
			"not in one":   eng.Segments.ByCount(t.Context(), engage.CountSegment{To: time.Unix(0, 0)}),
			"by value":     eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "s", Property: "n"}),
		} {
			for round := range 2 { // a segment can be read again
				read := 0
				for id, err := range segment {
					if err != nil || id == "" {
						t.Errorf("%s: %q, %v", name, id, err)
					}
					read++
					if read == 2 && round == 0 {
						break
					}
				}
				if want := []int{2, 5}[round]; read != want {
					t.Errorf("%s: %d read, want %d", name, read, want)
				}
			}
		}
	})
}

// A consumer may call the Engine for each contact, also on a store with few
// connections.
func TestASegmentCanBeActedOnWhileItIsRead(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		declare(t, eng, declaring("s", segmentProperties))
		for n := range 5 {
			accepted(t, eng, submission(fmt.Sprintf("c%d", n), "s", `{"n":1}`))
		}
		for id, err := range eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "s", Property: "n", Equals: []byte(`1`)}) {
			if err != nil {
				t.Fatal(err)
			}
			accepted(t, eng, submission(id, "s", `{"n":2}`))
		}
		same(t, "acted on", collect(t, eng.Segments.ByCount(t.Context(), engage.CountSegment{AtLeast: 2})), []string{"c0", "c1", "c2", "c3", "c4"})
	})
}

// More contacts than one page of the store holds.
func TestASegmentMayBeLong(t *testing.T) {
	t.Parallel()
	large(t)
	const count = 2_300
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, declaring("s", segmentProperties))
	var all []interaction.Submission
	var want []string
	for n := range count {
		all = append(all, submission(strconv.Itoa(n), "s", fmt.Sprintf(`{"n":%d,"s":"x"}`, n%7)))
		want = append(want, strconv.Itoa(n))
	}
	for _, outcome := range eng.Interactions.RecordMany(t.Context(), all) {
		if outcome.Err != nil {
			t.Fatal(outcome.Err)
		}
	}
	most := int64(1)
	for name, segment := range map[string]iter.Seq2[string, error]{
		"by count":     eng.Segments.ByCount(t.Context(), engage.CountSegment{SchemaID: "s", AtLeast: 1, AtMost: &most}),
		"of all known": eng.Segments.ByCount(t.Context(), engage.CountSegment{AtMost: &most}),
		"in a window":  eng.Segments.ByCount(t.Context(), engage.CountSegment{AtLeast: 1, From: time.Unix(0, 0)}),
		"any value":    eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "s", Property: "n"}),
		"equal":        eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "s", Property: "s", Equals: []byte(`"x"`)}),
	} {
		got := map[string]bool{}
		for id, err := range segment {
			if err != nil || got[id] {
				t.Fatalf("%s: %q, %v", name, id, err)
			}
			got[id] = true
		}
		same(t, name, slices.Collect(maps.Keys(got)), want)
	}
}

// Neighbours in the index that share a float are told apart.
func TestLargeNumbersAreNotMistakenForEachOther(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	declare(t, eng, declaring("s", segmentProperties))
	for _, n := range []string{"9007199254740992", "9007199254740993", "0.1", "0.1000000000000000055511151231257827"} {
		accepted(t, eng, submission(n, "s", `{"n":`+n+`}`))
	}
	for _, n := range []string{"9007199254740992", "9007199254740993", "0.1", "0.1000000000000000055511151231257827"} {
		got := collect(t, eng.Segments.ByValue(t.Context(), engage.ValueSegment{SchemaID: "s", Property: "n", Equals: []byte(n)}))
		same(t, n, got, []string{n})
	}
}

func TestAPropertyCountsForSegmentsSinceItWasMarked(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	ctx := t.Context()
	force := &engage.SupersedeOptions{Force: true}
	unmarked, marked := declaring("s", `"n":{"type":"number"}`), declaring("s", `"n":{"type":"number","addToSegmentation":true}`)
	segment := func() []string {
		return collect(t, eng.Segments.ByValue(ctx, engage.ValueSegment{SchemaID: "s", Property: "n"}))
	}
	declare(t, eng, unmarked)
	before := accepted(t, eng, submission("before", "s", `{"n":1}`))
	if _, err := eng.Schemas.Supersede(ctx, definition(t, marked), nil); err != nil {
		t.Fatal(err)
	}
	since := accepted(t, eng, submission("since", "s", `{"n":1}`))
	both := accepted(t, eng, submission("before", "s", `{"n":1}`))
	same(t, "marked", segment(), []string{"since", "before"})
	if err := eng.Interactions.Delete(ctx, before.ID); err != nil { // did not count
		t.Fatal(err)
	}
	same(t, "after deleting what did not count", segment(), []string{"since", "before"})
	if _, err := eng.Schemas.Supersede(ctx, definition(t, unmarked), force); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{since.ID, both.ID} {
		if err := eng.Interactions.Delete(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := eng.Schemas.Supersede(ctx, definition(t, marked), force); err != nil {
		t.Fatal(err)
	}
	same(t, "after deleting all", segment(), nil)
}
