package stress

import (
	"context"
	"sync"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/storetest"
)

// faulty is a handle on a memory store, each of whose methods may go wrong.
type faulty struct {
	*memory.Store

	number int // of the handle: 0 is that of Open, or of Reopen
	data   *data
}

// data is what all handles on the same data share: each hook that is set is
// called in place of the method.
type data struct {
	get    func(ctx context.Context, s *faulty, keys ...store.Key) ([]store.Record, error)
	find   func(ctx context.Context, s *faulty, q store.Query) (store.Page, error)
	commit func(ctx context.Context, s *faulty, b store.Batch) error
	events func(ctx context.Context, s *faulty, tenant string, after int64, limit int) ([]store.Event, error)
	reopen func(s *faulty) *memory.Store

	mu      sync.Mutex
	handles int
}

func (s *faulty) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if s.data.get != nil {
		return s.data.get(ctx, s, keys...)
	}
	return s.Store.Get(ctx, keys...)
}

func (s *faulty) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if s.data.find != nil {
		return s.data.find(ctx, s, q)
	}
	return s.Store.Find(ctx, q)
}

func (s *faulty) Commit(ctx context.Context, b store.Batch) error {
	if s.data.commit != nil {
		return s.data.commit(ctx, s, b)
	}
	return s.Store.Commit(ctx, b)
}

func (s *faulty) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	if s.data.events != nil {
		return s.data.events(ctx, s, tenant, after, limit)
	}
	return s.Store.Events(ctx, tenant, after, limit)
}

// harness returns a harness of stores that go wrong in one way. A restart is
// another handle on the same data.
func harness(fault func() *data) storetest.Harness {
	opened := func(tb testing.TB, s *memory.Store, d *data) store.Store {
		tb.Helper()
		d.mu.Lock()
		defer d.mu.Unlock()
		f := &faulty{Store: s, number: d.handles, data: d}
		d.handles++
		tb.Cleanup(func() { _ = f.Close() })
		return f
	}
	return storetest.Harness{
		Open: func(tb testing.TB) store.Store {
			tb.Helper()
			return opened(tb, memory.New(), fault())
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			f := s.(*faulty)
			return opened(tb, f.Peer(), f.data)
		},
		Reopen: func(tb testing.TB, s store.Store) store.Store {
			tb.Helper()
			f := s.(*faulty)
			_ = f.Close()
			again := f.Peer()
			if f.data.reopen != nil {
				again = f.data.reopen(f)
			}
			f.data.handles = 0
			return opened(tb, again, f.data)
		},
	}
}
