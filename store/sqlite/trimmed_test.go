package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/sqlite"
)

// lookedAt is a context that ends when it is looked at for the n-th time.
type lookedAt struct {
	context.Context //nolint:containedctx // it is one

	left atomic.Int64
	end  context.CancelFunc
}

func (c *lookedAt) look() {
	if c.left.Add(-1) == 0 {
		c.end()
	}
}

func (c *lookedAt) Err() error {
	c.look()
	return c.Context.Err()
}

func (c *lookedAt) Done() <-chan struct{} {
	c.look()
	return c.Context.Done()
}

// TestTrimmedOrCanceled: whenever the context ends, Events says that or what is trimmed,
// never both.
func TestTrimmedOrCanceled(t *testing.T) {
	t.Parallel()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "trimmed.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	err = errors.Join(
		st.Prepare(t.Context(), store.Kind{Name: "doc"}),
		st.Commit(t.Context(), store.Batch{
			ID: "b1", Tenant: "acme",
			Puts:   []store.Record{{Key: store.Key{Tenant: "acme", Kind: "doc", ID: "a"}, Value: []byte(`1`)}},
			Events: []store.Event{{Tenant: "acme", ID: "e1", Type: "x", Value: []byte(`1`)}},
		}),
		st.Trim(t.Context(), "acme", 1),
	)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < 30; n++ {
		inner, end := context.WithCancel(t.Context())
		ctx := &lookedAt{Context: inner, end: end}
		ctx.left.Store(int64(n))
		_, err := st.Events(ctx, "acme", 0, 10)
		end()
		if errors.Is(err, context.Canceled) == errors.Is(err, store.ErrTrimmed) {
			t.Errorf("ended at look %d: %v", n, err)
		}
	}
}
