package memory_test

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// TestTermsThatStandWithinEachOther come back as they went in, whether they share their
// memory with another, with the ID or with the value, and whatever is done to the bytes that
// went in and came out.
func TestTermsThatStandWithinEachOther(t *testing.T) {
	t.Parallel()
	st := memory.New()
	closed(t, st)
	kind := store.Kind{Name: "doc"}
	for n := range 40 {
		kind.Indexes = append(kind.Indexes, fmt.Sprintf("i%02d", n))
	}
	if err := st.Prepare(t.Context(), kind); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", store.MaxText)
	for n, terms := range []map[string]string{
		nil,
		{"i00": ""},
		{"i00": "", "i01": "", "i39": ""},
		{"i00": "abc", "i01": "b", "i02": "bc", "i03": "abcabc", "i04": "cab", "i05": "abc", "i06": "abcd"},
		{"i00": "b", "i01": "ab", "i02": "abc"},
		{"i10": "doc-5", "i11": "5", "i12": "value doc-5"},
		{"i00": long, "i01": long[1:], "i02": long, "i03": "y" + long[1:]},
		manyTerms(40, func(n int) string { return strings.Repeat("ab", n) }),
		manyTerms(40, func(n int) string { return fmt.Sprint("term ", n) }),
		{"i00": "abc"},
	} {
		id := fmt.Sprintf("doc-%d", n)
		value := fmt.Appendf(nil, `{"id":"%s","text":"value doc-5 abcabc","more":"%s"}`, id, strings.Repeat("z", n*100))
		want := bytes.Clone(value)
		key := store.Key{Tenant: "acme", Kind: "doc", ID: id}
		if err := st.Commit(t.Context(), store.Batch{ID: "batch " + id, Tenant: "acme", Puts: []store.Record{{Key: key, Terms: terms, Value: value}}}); err != nil {
			t.Fatal(err)
		}
		clear(value)
		for range 2 {
			got, err := st.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			r := got[0]
			if r.Key != key || r.Version != store.Version("batch "+id) || !maps.Equal(r.Terms, terms) || !bytes.Equal(r.Value, want) {
				t.Errorf("%d: %+v", n, r)
			}
			clear(r.Value)
			clear(r.Terms)
		}
		for index, term := range terms {
			page, err := st.Find(t.Context(), store.Query{Tenant: "acme", Kind: "doc", Index: index, Prefix: term, Limit: store.MaxLimit})
			if err != nil {
				t.Fatal(err)
			}
			if last := page.Records[len(page.Records)-1]; term == long && last.ID != id {
				t.Errorf("%d: %s finds %s last", n, index, last.ID)
			}
			found := false
			for _, r := range page.Records {
				found = found || r.ID == id
			}
			if !found {
				t.Errorf("%d is not found by %s %q", n, index, term)
			}
		}
	}
}

func manyTerms(n int, term func(n int) string) map[string]string {
	terms := map[string]string{}
	for i := range n {
		terms[fmt.Sprintf("i%02d", i)] = term(i)
	}
	return terms
}
