package broken

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// methods are what a store does in place of what is right. One that is nil goes
// well. Each is called for all handles on the same data, with the handle's own
// memory store to work with.
type methods struct {
	prepare func(ctx context.Context, s *inner, kinds ...store.Kind) error
	get     func(ctx context.Context, s *inner, keys ...store.Key) ([]store.Record, error)
	find    func(ctx context.Context, s *inner, q store.Query) (store.Page, error)
	commit  func(ctx context.Context, s *inner, b store.Batch) error
	events  func(ctx context.Context, s *inner, tenant string, after int64, limit int) ([]store.Event, error)
	trim    func(ctx context.Context, s *inner, tenant string, upTo int64) error
	close   func(s *inner) error
	reopen  func(s *inner) *memory.Store
}

// data is what the handles on the same data share.
type data struct {
	methods *methods
	journal *journal // for one of Journals
	open    sync.Map // the handles that nobody has closed
}

// handle returns a handle, which is closed when the test ends.
func (d *data) handle(tb testing.TB, s *memory.Store) *handle {
	tb.Helper()
	h := &handle{data: d, inner: &inner{Store: s}}
	d.open.Store(h, true)
	tb.Cleanup(func() { _ = h.Close() })
	return h
}

// inner is the sound store inside a handle.
type inner struct {
	*memory.Store

	catalog store.Catalog // what this handle has prepared
}

// Prepare prepares, and remembers what.
func (s *inner) Prepare(ctx context.Context, kinds ...store.Kind) error {
	if err := s.Store.Prepare(ctx, kinds...); err != nil {
		return err
	}
	return s.catalog.Add(kinds...)
}

// ready reports whether a batch would be applied as things are: nothing is wrong
// with it, and all versions hold. It gives no error of its own: a batch that is
// not ready is best sent, and refused, as it is.
func (s *inner) ready(ctx context.Context, b store.Batch) bool {
	if ctx.Err() != nil || s.catalog.Batch(b) != nil {
		return false
	}
	for _, named := range named(b) {
		now, err := s.Get(ctx, named.Key)
		if err != nil || now[0].Version != named.Version {
			return false
		}
	}
	return true
}

// named returns the records that a batch names, with the versions it expects.
func named(b store.Batch) []store.Check {
	all := append([]store.Check(nil), b.Checks...)
	for _, put := range b.Puts {
		all = append(all, store.Check{Key: put.Key, Version: put.Version})
	}
	return append(all, b.Deletes...)
}

var asides atomic.Int64

// aside logs events by themselves, with a record of a kind that nobody looks at.
func (s *inner) aside(ctx context.Context, tenant string, events ...store.Event) {
	const kind = "aside"
	ctx = context.WithoutCancel(ctx)
	p := s.Peer()
	id := fmt.Sprintf("aside-%d", asides.Add(1))
	_ = p.Prepare(ctx, store.Kind{Name: kind})
	_ = p.Commit(ctx, store.Batch{
		ID: id, Tenant: tenant, Events: events,
		Puts: []store.Record{{Key: store.Key{Tenant: tenant, Kind: kind, ID: id}, Value: []byte(`1`)}},
	})
}

// linger holds a window open: all other goroutines that can run get their turn, once or
// several times: about as often as turns says. How often is left to chance, so that on one processor, where goroutines
// go in step, not everybody is always where they were.
func linger(turns int) {
	for range 1 + rand.IntN(2*turns) { //nolint:gosec // a test's luck
		runtime.Gosched()
	}
}

// handle is a handle on a memory store in which any method may go wrong.
type handle struct {
	data  *data
	inner *inner
}

func (h *handle) Prepare(ctx context.Context, kinds ...store.Kind) error {
	if do := h.data.methods.prepare; do != nil {
		return do(ctx, h.inner, kinds...)
	}
	return h.inner.Prepare(ctx, kinds...)
}

func (h *handle) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if do := h.data.methods.get; do != nil {
		return do(ctx, h.inner, keys...)
	}
	return h.inner.Get(ctx, keys...)
}

func (h *handle) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if do := h.data.methods.find; do != nil {
		return do(ctx, h.inner, q)
	}
	return h.inner.Find(ctx, q)
}

func (h *handle) Commit(ctx context.Context, b store.Batch) error {
	if do := h.data.methods.commit; do != nil {
		return do(ctx, h.inner, b)
	}
	return h.inner.Commit(ctx, b)
}

func (h *handle) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	if do := h.data.methods.events; do != nil {
		return do(ctx, h.inner, tenant, after, limit)
	}
	return h.inner.Events(ctx, tenant, after, limit)
}

func (h *handle) Trim(ctx context.Context, tenant string, upTo int64) error {
	if do := h.data.methods.trim; do != nil {
		return do(ctx, h.inner, tenant, upTo)
	}
	return h.inner.Trim(ctx, tenant, upTo)
}

func (h *handle) Close() error {
	h.data.open.Delete(h)
	if do := h.data.methods.close; do != nil {
		return do(h.inner)
	}
	return h.inner.Close()
}
