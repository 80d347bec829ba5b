package storetest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
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
	if h.hooks.close != nil {
		return h.hooks.close(h.Store)
	}
	return h.Store.Close()
}

// harness returns a harness whose stores have hooks. A restart is a second
// handle on the data, for which the first is closed.
func harness(newHooks func() *hooks) Harness {
	closed := func(tb testing.TB, h *handle) store.Store {
		tb.Helper()
		tb.Cleanup(func() { _ = h.Store.Close() })
		return h
	}
	return Harness{
		Open: func(tb testing.TB) store.Store {
			return closed(tb, &handle{memory.New(), newHooks()})
		},
		Peer: func(tb testing.TB, s store.Store) store.Store {
			h := s.(*handle) // of no other type
			return closed(tb, &handle{h.Store.Peer(), h.hooks})
		},
		Reopen: func(tb testing.TB, s store.Store) store.Store {
			h := s.(*handle) // of no other type
			_ = h.Close()
			again := h.Store.Peer()
			if h.hooks.reopen != nil {
				again = h.hooks.reopen(h.Store)
			}
			return closed(tb, &handle{again, h.hooks})
		},
	}
}

// recorder looks on while a clause is checked. What the check reports does not
// reach the test that the recorder stands in for.
type recorder struct {
	testing.TB

	mu      sync.Mutex
	failed  bool
	skipped bool
	reports []string
}

func (r *recorder) report(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports = append(r.reports, text)
}

func (r *recorder) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Skipped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.skipped
}

func (r *recorder) SkipNow() {
	r.mu.Lock()
	r.skipped = true
	r.mu.Unlock()
	runtime.Goexit()
}

func (r *recorder) FailNow()                    { r.Fail(); runtime.Goexit() }
func (r *recorder) Error(args ...any)           { r.report(fmt.Sprint(args...)); r.Fail() }
func (r *recorder) Errorf(f string, a ...any)   { r.report(fmt.Sprintf(f, a...)); r.Fail() }
func (r *recorder) Fatal(args ...any)           { r.report(fmt.Sprint(args...)); r.FailNow() }
func (r *recorder) Fatalf(f string, a ...any)   { r.report(fmt.Sprintf(f, a...)); r.FailNow() }
func (r *recorder) Skip(args ...any)            { r.report(fmt.Sprint(args...)); r.SkipNow() }
func (r *recorder) Skipf(f string, args ...any) { r.report(fmt.Sprintf(f, args...)); r.SkipNow() }
func (r *recorder) Log(...any)                  {}
func (r *recorder) Logf(string, ...any)         {}

// watch checks a clause and returns what was reported.
func watch(t *testing.T, c Clause, h Harness) *recorder {
	t.Helper()
	r := &recorder{TB: t}
	var wg sync.WaitGroup
	wg.Go(func() { c.verify(r, h) }) // which may end its goroutine
	wg.Wait()
	return r
}

// TestSoundStorePasses keeps the broken stores honest: what they are made from
// breaks no clause.
func TestSoundStorePasses(t *testing.T) {
	t.Parallel()
	Run(t, harness(func() *hooks { return &hooks{} }))
}

// TestBrokenStoresFail checks the clause that a store breaks, for each of them.
// Its failure must be about that clause.
func TestBrokenStoresFail(t *testing.T) {
	t.Parallel()
	clauses := map[string]Clause{}
	caught := map[string]bool{}
	for _, c := range Clauses() {
		clauses[c.ID] = c
	}
	for _, b := range brokenStores() {
		c, ok := clauses[b.clause]
		if !ok {
			t.Errorf("there is no clause %q for a store that %s", b.clause, b.fault)
			continue
		}
		caught[b.clause] = true
		t.Run(b.clause+"/"+strings.ReplaceAll(b.fault, " ", "-"), func(t *testing.T) {
			t.Parallel()
			r := watch(t, c, harness(b.hooks))
			for tries := 1; !r.Failed() && tries < 3; tries++ { // goroutines do not always meet
				r = watch(t, c, harness(b.hooks))
			}
			if !r.Failed() {
				t.Fatalf("the suite lets pass a store that %s", b.fault)
			}
			for _, report := range r.reports {
				if !strings.HasPrefix(report, "["+c.ID+"] "+c.Text) {
					t.Errorf("a report that is not about %s: %s", c.ID, report)
				}
			}
			t.Logf("%s", r.reports[0])
		})
	}
	for _, c := range Clauses() {
		if !caught[c.ID] {
			t.Errorf("no store breaks %s, so nothing shows that its check can fail", c.ID)
		}
	}
}

func TestWhatTheHarnessLeavesOutIsSaid(t *testing.T) {
	t.Parallel()
	h := harness(func() *hooks { return &hooks{} })
	if lines := unchecked(h); len(lines) != 0 {
		t.Errorf("a full harness leaves out %q", lines)
	}
	h.Reopen = nil
	lines := unchecked(h)
	if !slices.Contains(lines, "commit-durable: not checked, there is no Reopen") || !slices.Contains(lines, "trim-mark: checked in part, there is no Reopen") {
		t.Errorf("without Reopen, the harness leaves out %q", lines)
	}
	for _, c := range Clauses() {
		if c.ID != "commit-durable" {
			continue
		}
		if r := watch(t, c, h); !r.Skipped() || r.Failed() || !strings.Contains(r.reports[0], "not checked: the harness has no Reopen") {
			t.Errorf("%s, without Reopen: %q", c.ID, r.reports)
		}
	}
	h.Peer = nil
	if lines := unchecked(h); !slices.Contains(lines, "close-waits: checked in part, there is no Peer and no Reopen") {
		t.Errorf("without Peer and Reopen, the harness leaves out %q", lines)
	}
	for _, c := range Clauses() { // and yet the rest is checked
		if c.needs != 0 || c.ID == "commit-limits" {
			continue
		}
		if r := watch(t, c, h); r.Failed() || r.Skipped() {
			t.Errorf("%s, without Peer and Reopen: %q", c.ID, r.reports)
		}
	}
}
