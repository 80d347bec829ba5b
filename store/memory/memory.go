// Package memory is a [store.Store] that keeps everything in memory, for tests
// and for hosts that need no disk.
//
//	st := memory.New()
//	defer st.Close()
//
// Reads never wait: each one looks at an immutable snapshot of all data, which a
// commit replaces by a new one in a single step. A snapshot shares with the one
// before it all that did not change (copy-on-write trees), so that a commit
// costs what it touches, not what is stored. Commits go one after another.
//
// Nothing outlives the process. [Store.Peer] gives a second handle on the same
// data, as another process would have on a database.
package memory

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/engage-interactions/engage/store"
)

// Store is a handle on data in memory. Make one with New; it implements
// [store.Store].
type Store struct {
	catalog store.Catalog
	data    *data

	calls  sync.RWMutex // held for reading by every call under way, for writing by Close
	closed bool
}

var _ store.Store = (*Store)(nil)

// data is what the handles of one store share.
type data struct {
	writer  chan struct{} // holds a token while a writer prepares the next snapshot
	current atomic.Pointer[snapshot]
}

// New returns an empty store.
func New() *Store {
	d := &data{writer: make(chan struct{}, 1)}
	d.current.Store(newSnapshot())
	return &Store{data: d}
}

// Peer returns another handle on the same data: it prepares its own kinds and is
// closed by itself, and the data is there as long as any handle is. The peer of
// a closed store works.
func (s *Store) Peer() *Store { return &Store{data: s.data} }

// enter begins a call; the caller calls leave if it succeeds. A closed store
// comes before a context that is done.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	s.calls.RLock()
	if s.closed {
		s.calls.RUnlock()
		return nil, store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		s.calls.RUnlock()
		return nil, err
	}
	return s.calls.RUnlock, nil
}

// Prepare makes kinds known to this handle.
func (s *Store) Prepare(ctx context.Context, kinds ...store.Kind) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return s.catalog.Add(kinds...)
}

// Get returns one record for each key.
func (s *Store) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := s.catalog.Keys(keys...); err != nil {
		return nil, err
	}
	now := s.data.current.Load()
	var of *tenant
	records := make([]store.Record, len(keys))
	for i, key := range keys {
		if of == nil || of.name != key.Tenant {
			of = now.tenant(key.Tenant)
		}
		records[i].Key = key
		table := of.table(key.Kind)
		if row := table.get(key.ID); row != nil {
			indexes, _ := s.catalog.Indexes(key.Kind)
			records[i] = row.record(key.Tenant, table, indexes)
		}
	}
	return records, nil
}

// Find returns one page of the records that q selects.
func (s *Store) Find(ctx context.Context, q store.Query) (store.Page, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return store.Page{}, err
	}
	defer leave()
	q, after, err := s.catalog.Query(q)
	if err != nil {
		return store.Page{}, err
	}
	var page store.Page
	var rows []*row
	var last store.Position
	t := s.data.current.Load().tenant(q.Tenant).table(q.Kind)
	t.scan(q, after, func(r *row, at store.Position) bool {
		if len(rows) == q.Limit {
			page.Next = store.EncodeCursor(q, last)
			return false
		}
		rows = append(rows, r)
		last = at
		return true
	})
	indexes, _ := s.catalog.Indexes(q.Kind)
	page.Records = make([]store.Record, len(rows))
	for n, r := range rows {
		page.Records[n] = r.record(q.Tenant, t, indexes)
	}
	return page, nil
}

// Commit applies a batch whole or not at all.
func (s *Store) Commit(ctx context.Context, b store.Batch) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := s.catalog.Batch(b); err != nil {
		return err
	}
	return s.data.write(ctx, func(now *snapshot) (*snapshot, error) {
		of := now.tenant(b.Tenant)
		if err := of.check(b); err != nil {
			return nil, err
		}
		return now.with(of.apply(b)), nil
	})
}

// Events returns events of a tenant in the order of their positions.
func (s *Store) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	leave, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	limit, err = store.EventsFrom(tenant, after, limit)
	if err != nil {
		return nil, err
	}
	return s.data.current.Load().tenant(tenant).log.read(tenant, after, limit)
}

// Trim forgets the tenant's events up to and with position upTo.
func (s *Store) Trim(ctx context.Context, tenant string, upTo int64) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := store.TrimTo(tenant, upTo); err != nil {
		return err
	}
	return s.data.write(ctx, func(now *snapshot) (*snapshot, error) {
		of := *now.tenant(tenant)
		of.log.trim(upTo)
		return now.with(&of), nil
	})
}

// Close ends this handle. The data stays with the others.
func (s *Store) Close() error {
	s.calls.Lock()
	defer s.calls.Unlock()
	s.closed = true
	return nil
}

// write makes the snapshot that follows the current one, unless change refuses
// or the context ends before the turn comes.
func (d *data) write(ctx context.Context, change func(*snapshot) (*snapshot, error)) error {
	select {
	case d.writer <- struct{}{}:
		defer func() { <-d.writer }()
	case <-ctx.Done():
		return ctx.Err()
	}
	next, err := change(d.current.Load())
	if err != nil {
		return err
	}
	d.current.Store(next)
	return nil
}
