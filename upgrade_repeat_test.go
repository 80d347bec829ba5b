package engage_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// preceded is a store on which another process does something right after the first look.
type preceded struct {
	store.Store

	once  sync.Once
	other func()
}

func (o *preceded) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	records, err := o.Store.Get(ctx, keys...)
	o.once.Do(o.other)
	return records, err
}

// Whoever finds that another process has done it all leaves the guard as it is, so that those
// who check it have no conflict.
func TestBringingUpToDateWritesNothingIfNothingIsLeft(t *testing.T) {
	t.Parallel()
	st := memory.New()
	defer func() { _ = st.Close() }()
	var version store.Version
	other := func() {
		if _, err := engage.New(t.Context(), st, nil); err != nil {
			t.Error(err)
			return
		}
		version = find(t, st, "data_format")[0].Version
	}
	if _, err := engage.New(t.Context(), &preceded{Store: st, other: other}, nil); err != nil {
		t.Fatal(err)
	}
	if is := find(t, st, "data_format")[0].Version; version == "" || is != version {
		t.Errorf("the guard has the version %q; want %q", is, version)
	}
}

// A cursor that the store cannot read, of another version of it for example, ends nothing: what
// has been renewed is passed again.
func TestBringingUpToDateBeginsAKindAnewWithoutItsCursor(t *testing.T) {
	t.Parallel()
	st := memory.New()
	defer func() { _ = st.Close() }()
	newEngine(t, st, nil) // prepares
	guard := find(t, st, "data_format")[0]
	guard.Value = []byte(strings.Replace(string(guard.Value), `,"started_at"`, `,"behind":["contact"],"cursor":"damaged","started_at"`, 1))
	b := store.Batch{ID: "interrupted", Tenant: engage.DefaultTenant, Puts: []store.Record{guard, {
		Key:   store.Key{Tenant: engage.DefaultTenant, Kind: "contact", ID: "ann"},
		Value: []byte(`{"_format":1,"id":"ann","created_at":"2024-02-29T12:00:00Z"}`),
	}}}
	if err := st.Commit(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if _, err := engage.New(t.Context(), st, nil); err != nil {
		t.Fatalf("it does not begin: %v", err)
	}
	if ann := find(t, st, "contact")[0]; !strings.HasPrefix(string(ann.Value), `{"_format":2`) {
		t.Errorf("what was behind is %s", ann.Value)
	}
}
