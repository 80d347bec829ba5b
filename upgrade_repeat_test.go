package engage_test

import (
	"context"
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
