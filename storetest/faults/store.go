package faults

import (
	"context"
	"slices"
	"sync"

	"github.com/engage-interactions/engage/store"
)

// Store is a [store.Store] some of whose calls go wrong. It is safe for concurrent
// use, as is the one below.
type Store struct {
	below store.Store

	mu       sync.Mutex
	injected []*injection
	calls    []Call
	closed   bool

	contexts *contexts

	landing sync.Mutex // held while what is late lands, which comes before any other call
	late    []func()
}

var _ store.Store = (*Store)(nil)

// New returns a store whose calls go to st. Nothing goes wrong with them until a
// fault is injected. Closing it closes st.
func New(st store.Store) *Store { return &Store{below: st, contexts: &contexts{}} }

// Below returns the store that the calls go to.
func (s *Store) Below() store.Store { return s.below }

// Inject lets a fault befall calls from now on: the n-th one that it can befall,
// from 1, for each n that is given, or all of them if none is. If several faults
// befall one call, the one that was injected first is the outermost: it sees what
// the others make of the call.
//
// No fault befalls a call whose context is done already, nor one after Close. Such
// calls do not count.
func (s *Store) Inject(f Fault, at ...int) {
	s.inject(&injection{fault: f, at: slices.Clone(at), on: true})
}

func (s *Store) inject(i *injection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.injected = append(s.injected, i)
}

// Heal takes all faults away, and lets what is late land.
func (s *Store) Heal() {
	s.mu.Lock()
	s.injected = nil
	s.mu.Unlock()
	s.land()
}

// Context returns a context that ends with parent, or when a fault of this store
// says that the caller's context ends. All that it has given end then.
func (s *Store) Context(parent context.Context) context.Context { return s.contexts.derive(parent) }

// Calls returns the calls since New or the last Restart, in the order in which they
// began, without their arguments.
func (s *Store) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Restart begins to count the calls anew. What was injected goes on counting.
func (s *Store) Restart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// do makes a call, and lets befall it what strikes now.
func (s *Store) do(ctx context.Context, c Call, call func(context.Context) error) error {
	s.land()
	if ctx.Err() != nil {
		return call(ctx)
	}
	next := call
	for _, f := range slices.Backward(s.begin(&c)) {
		inner := next
		next = func(ctx context.Context) error { return f.around(ctx, c, inner) }
	}
	return next(ctx)
}

// begin notes a call and returns what befalls it.
func (s *Store) begin(c *Call) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.store = s
	if s.closed {
		return nil
	}
	s.closed = c.Method == Close
	c.N = len(s.calls) + 1
	var strikes []Fault
	for _, i := range s.injected {
		if i.strikes(*c) {
			strikes = append(strikes, i.fault)
			c.Faults = append(c.Faults, i.fault.String())
		}
	}
	s.calls = append(s.calls, c.bare())
	return strikes
}

// later keeps what is to happen before the next call.
func (s *Store) later(do func()) {
	s.landing.Lock()
	defer s.landing.Unlock()
	s.late = append(s.late, do)
}

// land lets happen what is late.
func (s *Store) land() {
	s.landing.Lock()
	defer s.landing.Unlock()
	for _, do := range s.late {
		do()
	}
	s.late = nil
}

// Prepare implements [store.Store].
func (s *Store) Prepare(ctx context.Context, kinds ...store.Kind) error {
	return s.do(ctx, Call{Method: Prepare, Kinds: kinds}, func(ctx context.Context) error {
		return s.below.Prepare(ctx, kinds...)
	})
}

// Get implements [store.Store].
func (s *Store) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	var records []store.Record
	err := s.do(ctx, Call{Method: Get, Keys: keys}, func(ctx context.Context) (err error) {
		records, err = s.below.Get(ctx, keys...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// Find implements [store.Store].
func (s *Store) Find(ctx context.Context, q store.Query) (store.Page, error) {
	var page store.Page
	err := s.do(ctx, Call{Method: Find, Query: q}, func(ctx context.Context) (err error) {
		page, err = s.below.Find(ctx, q)
		return err
	})
	if err != nil {
		return store.Page{}, err
	}
	return page, nil
}

// Commit implements [store.Store].
func (s *Store) Commit(ctx context.Context, b store.Batch) error {
	return s.do(ctx, Call{Method: Commit, Batch: b}, func(ctx context.Context) error {
		return s.below.Commit(ctx, b)
	})
}

// Events implements [store.Store].
func (s *Store) Events(ctx context.Context, tenant string, after int64, limit int) ([]store.Event, error) {
	var events []store.Event
	c := Call{Method: Events, Tenant: tenant, Position: after, Limit: limit}
	err := s.do(ctx, c, func(ctx context.Context) (err error) {
		events, err = s.below.Events(ctx, tenant, after, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// Trim implements [store.Store].
func (s *Store) Trim(ctx context.Context, tenant string, upTo int64) error {
	return s.do(ctx, Call{Method: Trim, Tenant: tenant, Position: upTo}, func(ctx context.Context) error {
		return s.below.Trim(ctx, tenant, upTo)
	})
}

// Close implements [store.Store]. Of the faults, only those befall it that were
// narrowed to it with [Fault.On].
func (s *Store) Close() error {
	return s.do(context.Background(), Call{Method: Close}, func(context.Context) error {
		return s.below.Close()
	})
}
