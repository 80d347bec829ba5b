package sqlite_test

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/engage-interactions/engage/store"
)

// What is read lean is what is read otherwise, but for the terms.
func TestLean(t *testing.T) {
	t.Parallel()
	s := open(t, newPath(t), nil)
	var ids []string
	for i := range 20 {
		ids = append(ids, strconv.Itoa(i))
	}
	b := write("b1", ids...)
	b.Puts[3].Terms = nil
	commit(t, s, b)
	bare := func(records []store.Record) []store.Record {
		for i := range records {
			records[i].Terms = nil
		}
		return records
	}
	keys := []store.Key{key("none")}
	for _, r := range b.Puts {
		keys = append(keys, r.Key)
		full, err := s.Get(t.Context(), keys...)
		lean, leanErr := s.GetLean(t.Context(), keys...)
		if err != nil || leanErr != nil || !reflect.DeepEqual(lean, bare(full)) {
			t.Errorf("%d keys: %v, %v; want %v, %v", len(keys), lean, leanErr, full, err)
		}
	}
	for _, q := range []store.Query{{}, {Index: "topic"}, {Index: "topic", Reverse: true}, {Index: "author", Prefix: "ann"}} {
		q.Tenant, q.Kind, q.Limit = "acme", note.Name, 7
		for more := true; more; more = q.Cursor != "" {
			full, err := s.Find(t.Context(), q)
			lean, leanErr := s.FindLean(t.Context(), q)
			full.Records = bare(full.Records)
			if err != nil || leanErr != nil || !reflect.DeepEqual(lean, full) {
				t.Errorf("%+v: %v, %v; want %v, %v", q, lean, leanErr, full, err)
			}
			q.Cursor = full.Next
		}
	}
}
