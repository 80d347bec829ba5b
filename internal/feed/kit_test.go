package feed_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

const tenant = "acme"

// The options of the processes here, unless a test says otherwise.
const (
	lease     = 30 * time.Second
	skew      = 5 * time.Second
	poll      = 500 * time.Millisecond
	abandoned = 30 * 24 * time.Hour
)

// pageSize is how many events may be handled again after a crash.
const pageSize = 100

var ids atomic.Int64

func newID() string { return fmt.Sprintf("id-%08d", ids.Add(1)) }

// open returns a store and a peer of it, both prepared.
func open(tb testing.TB) (st, peer store.Store) {
	tb.Helper()
	m := memory.New()
	p := m.Peer()
	for _, s := range []store.Store{m, p} {
		tb.Cleanup(func() { _ = s.Close() })
		if err := s.Prepare(tb.Context(), append(feed.Kinds(), store.Kind{Name: "note"})...); err != nil {
			tb.Fatal(err)
		}
	}
	return m, p
}

// process is one process that works on a store.
type process struct {
	t      testing.TB
	runner *work.Runner
	feed   *feed.Feed
}

func newProcess(tb testing.TB, st store.Store, change ...func(*feed.Options)) *process {
	tb.Helper()
	opts := feed.Options{
		Clock: now,
		Lease: lease, Skew: skew, Poll: poll, Abandoned: abandoned,
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, do := range change {
		do(&opts)
	}
	p := &process{t: tb}
	p.runner = work.NewRunner(st, work.Options{
		Tenant: tenant, NewID: newID,
		Backoff:   func(int) time.Duration { return 0 },
		Committed: func() { p.feed.Wake() },
	})
	p.feed = feed.New(p.runner, opts)
	return p
}

// now is the clock of a process whose clock is right.
func now() time.Time {
	return time.Now() //nolint:forbidigo // within bubbles, whose time is fake; elsewhere only leases hang on it, and none ends
}

// off returns an option that sets a process's clock wrong.
func off(by time.Duration) func(*feed.Options) {
	return func(o *feed.Options) { o.Clock = func() time.Time { return now().Add(by) } }
}

// at returns an option that gives a process a clock which is moved by hand.
func at(clock *atomic.Int64) func(*feed.Options) {
	return func(o *feed.Options) {
		o.Clock = func() time.Time { return time.Unix(0, clock.Load()).UTC() }
	}
}

// pass lets time go by, and all that happens then come to rest.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // within bubbles only, where it costs nothing
}

// append appends n events, each in a commit of its own.
func (p *process) append(n int) {
	p.t.Helper()
	for range n {
		err := p.runner.Do(p.t.Context(), func(w *work.Work) error {
			id := w.ID()
			if err := w.Insert(store.Record{Key: w.Key("note", id), Value: []byte(`{}`)}); err != nil {
				return err
			}
			return w.Append(store.Event{ID: id, Type: "noted", Time: time.Unix(1, 0), Value: []byte(`"` + id + `"`)})
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
}

// positions returns the positions of all events behind after.
func positions(tb testing.TB, st store.Store, after int64) (all []int64) {
	tb.Helper()
	for {
		events, err := st.Events(tb.Context(), tenant, after, store.MaxLimit)
		if err != nil {
			tb.Fatal(err)
		}
		if len(events) == 0 {
			return all
		}
		for _, e := range events {
			after = e.Position
			all = append(all, after)
		}
	}
}

// consumer returns the state of a consumer, nil if there is none.
func (p *process) consumer(name string) *feed.Consumer {
	p.t.Helper()
	all, err := p.feed.Consumers(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, c := range all {
		if c.Name == name {
			return &c
		}
	}
	return nil
}

// consumption is a Consume that runs in the background.
type consumption struct {
	cancel context.CancelFunc
	done   chan error

	mu  sync.Mutex
	got []int64
}

// consume begins to consume under the name "reader". Then, which may be nil, is called for each event
// after it was noted.
func (p *process) consume(then func(ctx context.Context, e store.Event) error) *consumption {
	ctx, cancel := context.WithCancel(p.t.Context())
	c := &consumption{cancel: cancel, done: make(chan error, 1)}
	go func() {
		c.done <- p.feed.Consume(ctx, "reader", func(ctx context.Context, e store.Event) error {
			c.mu.Lock()
			c.got = append(c.got, e.Position)
			c.mu.Unlock()
			if then == nil {
				return nil
			}
			return then(ctx, e)
		})
	}()
	return c
}

// seen returns the positions that were handed over so far.
func (c *consumption) seen() []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]int64(nil), c.got...)
}

// end ends the consumption and returns what it says.
func (c *consumption) end() error {
	c.cancel()
	return <-c.done
}

// consumeUntil consumes until the handler says that this was the last one.
func (p *process) consumeUntil(name string, last func(store.Event) bool) (got []int64, err error) {
	ctx, cancel := context.WithCancel(p.t.Context())
	defer cancel()
	err = p.feed.Consume(ctx, name, func(_ context.Context, e store.Event) error {
		got = append(got, e.Position)
		if last(e) {
			cancel()
		}
		return nil
	})
	return got, err
}

// atPosition is for consumeUntil.
func atPosition(n int64) func(store.Event) bool {
	return func(e store.Event) bool { return e.Position >= n }
}

// call is a call of a store: the n-th, counted from 1.
type call struct {
	n   int
	op  string
	ctx context.Context //nolint:containedctx // it is the call's, and ends with it
}

// tap is a store on whose calls something happens.
type tap struct {
	store.Store

	mu     sync.Mutex
	calls  int
	before func(call) error        // an error is given instead of the call
	after  func(call, error) error // may give another answer
}

// set changes what happens.
func (s *tap) set(before func(call) error, after func(call, error) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = before, after
}

func (s *tap) do(ctx context.Context, op string, do func() error) error {
	s.mu.Lock()
	s.calls++
	c := call{n: s.calls, op: op, ctx: ctx}
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil {
		if err := before(c); err != nil {
			return err
		}
	}
	err := do()
	if after != nil {
		return after(c, err)
	}
	return err
}

func (s *tap) Get(ctx context.Context, keys ...store.Key) (r []store.Record, err error) {
	err = s.do(ctx, "get", func() (err error) { r, err = s.Store.Get(ctx, keys...); return err })
	return r, err
}

func (s *tap) Find(ctx context.Context, q store.Query) (p store.Page, err error) {
	err = s.do(ctx, "find", func() (err error) { p, err = s.Store.Find(ctx, q); return err })
	return p, err
}

func (s *tap) Commit(ctx context.Context, b store.Batch) error {
	return s.do(ctx, "commit", func() error { return s.Store.Commit(ctx, b) })
}

func (s *tap) Events(ctx context.Context, tenant string, after int64, limit int) (e []store.Event, err error) {
	err = s.do(ctx, "events", func() (err error) { e, err = s.Store.Events(ctx, tenant, after, limit); return err })
	return e, err
}

func (s *tap) Trim(ctx context.Context, tenant string, upTo int64) error {
	return s.do(ctx, "trim", func() error { return s.Store.Trim(ctx, tenant, upTo) })
}
