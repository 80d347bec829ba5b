package storetest

import (
	"context"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// handle is a handle on a memory store in which any method may go wrong: each
// hook that is set is called in place of the method.
type handle struct {
	*memory.Store

	hooks *hooks
}

// hooks are what all handles on the same data share. Each gets the handle's own
// memory store to work with.
type hooks struct {
	prepare func(ctx context.Context, s *memory.Store, kinds ...store.Kind) error
	get     func(ctx context.Context, s *memory.Store, keys ...store.Key) ([]store.Record, error)
	find    func(ctx context.Context, s *memory.Store, q store.Query) (store.Page, error)
	commit  func(ctx context.Context, s *memory.Store, b store.Batch) error
	events  func(ctx context.Context, s *memory.Store, tenant string, after int64, limit int) ([]store.Event, error)
	trim    func(ctx context.Context, s *memory.Store, tenant string, upTo int64) error
	close   func(s *memory.Store) error
	reopen  func(s *memory.Store) *memory.Store

	open sync.Map // the handles that nobody has closed
}

func (h *handle) Prepare(ctx context.Context, kinds ...store.Kind) error {
	if h.hooks.prepare != nil {
		return h.hooks.prepare(ctx, h.Store, kinds...)
	}
	return h.Store.Prepare(ctx, kinds...)
}

func (h *handle) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if h.hooks.get != nil {
		return h.hooks.get(ctx, h.Store, keys...)
	}
	return h.Store.Get(ctx, keys...)
}

func (h *handle) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if h.hooks.find != nil {
		return h.hooks.find(ctx, h.Store, q)
	}
	return h.Store.Find(ctx, q)
}

func (h *handle) Commit(ctx context.Context, b store.Batch) error {
	if h.hooks.commit != nil {
		return h.hooks.commit(ctx, h.Store, b)
	}
	return h.Store.Commit(ctx, b)
}

func (h *handle) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	if h.hooks.events != nil {
		return h.hooks.events(ctx, h.Store, tenant, after, limit)
	}
	return h.Store.Events(ctx, tenant, after, limit)
}

func (h *handle) Trim(ctx context.Context, tenant string, upTo int64) error {
	if h.hooks.trim != nil {
		return h.hooks.trim(ctx, h.Store, tenant, upTo)
	}
	return h.Store.Trim(ctx, tenant, upTo)
}

func (h *handle) Close() error {
	h.hooks.open.Delete(h)
	if h.hooks.close != nil {
		return h.hooks.close(h.Store)
	}
	return h.Store.Close()
}

// harness returns a harness whose stores have hooks. A restart is a second
// handle on the data, for which the first is closed. It cannot be had while
// others are open, as if their process had locked a file.
func harness(newHooks func() *hooks) Harness {
	opened := func(tb testing.TB, h *handle) store.Store {
		tb.Helper()
		h.hooks.open.Store(h, true)
		tb.Cleanup(func() { _ = h.Close() })
		return h
	}
	return Harness{
		Open: func(tb testing.TB) store.Store {
			return opened(tb, &handle{memory.New(), newHooks()})
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			h := s.(*handle) // of no other type
			return opened(tb, &handle{h.Store.Peer(), h.hooks})
		},
		Reopen: func(tb testing.TB, s store.Store) store.Store {
			h := s.(*handle) // of no other type
			_ = h.Close()
			h.hooks.open.Range(func(any, any) bool {
				tb.Fatal("Reopen, while another handle is open")
				return false
			})
			again := h.Store.Peer()
			if h.hooks.reopen != nil {
				again = h.hooks.reopen(h.Store)
			}
			return opened(tb, &handle{again, h.hooks})
		},
	}
}
