package work_test

import (
	"context"
	"slices"
	"testing"

	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// What Find returns is the caller's, as what Get returns is: the work still knows what it read.
func TestWhatFindReturnedIsNotWhatTheWorkKnows(t *testing.T) {
	t.Parallel()
	st := memory.New()
	defer func() { _ = st.Close() }()
	if err := st.Prepare(t.Context(), store.Kind{Name: kind}); err != nil {
		t.Fatal(err)
	}
	b := store.Batch{ID: newID(), Tenant: tenant}
	for _, id := range []string{"a", "b", "c"} {
		b.Puts = append(b.Puts, store.Record{Key: key(id), Value: []byte(`"` + id + `"`)})
	}
	if err := st.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r := work.NewRunner(st, work.Options{Tenant: tenant, NewID: newID})
	err := r.Do(t.Context(), func(w *work.Work) error {
		page, err := w.Find(context.WithoutCancel(t.Context()), store.Query{Tenant: tenant, Kind: kind})
		if err != nil {
			return err
		}
		page.Records[1].Value[1] = 'X'
		slices.Reverse(page.Records)
		for _, id := range []string{"a", "b", "c"} {
			got, err := w.Get(t.Context(), key(id))
			if err != nil {
				return err
			}
			if got[0].ID != id || string(got[0].Value) != `"`+id+`"` {
				t.Errorf("%s: the work knows %s with %s", id, got[0].ID, got[0].Value)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
